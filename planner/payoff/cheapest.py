"""The cheapest plan that fits the cash: a household and its cash for the engine, and its answer for the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from flask_babel import gettext as _

from ..budget import services as budget
from ..engine.dates import add_months
from ..engine.late import PenaltyBase
from ..engine.optimum import MOST_MONTHS, Optimum, optimise, strategies
from ..engine.paying import Choices, Course
from ..formatting import day
from ..models import Case
from .figures import Ending
from .forms import CheapestForm, PricesForm
from .services import Household, late_rate

SECONDS = 2.0
MONTHS_KNOWN = 12


@dataclass(frozen=True, slots=True)
class Cheapest:
    """The answer, and the known ways under the same cash. `cash_minor` is what there is month by month."""

    best: Optimum
    known: Mapping[str, Course]
    cash_minor: tuple[int, ...]


class Beside(NamedTuple):
    """One way beside the cheapest; `course` None where it does not fit the cash."""

    name: str
    course: Course | None
    more_minor: int


def find_cheapest(
    case: Case, home: Household, form: CheapestForm, prices: Sequence[PricesForm], today: date
) -> Cheapest:
    """The cheapest plan for valid forms. Raises OptimiserMissing, NoPlan with the month that does not fit, TermsError."""
    debts = tuple(_choices(home, place, each) for place, each in enumerate(prices))
    cash = _cash(case, form, today)
    digits = home.positions[0].schedule.digits
    return _found(debts, cash, form.keep.data == "keep", digits)


def beside(found: Cheapest) -> list[Beside]:
    """The known ways under the same cash, as the other page names them."""
    names = {
        "avalanche": _("Highest rate first"),
        "snowball": _("Smallest first"),
        "minimums": _("Only what is due"),
    }
    least = found.best.cost_minor
    courses = ((name, found.known.get(key)) for key, name in names.items())
    return [Beside(name, course, course.cost_minor - least if course else 0) for name, course in courses]


def endings(home: Household, course: Course, today: date) -> list[Ending]:
    """The loans in the order in which the plan pays them off."""
    ends: dict[int, int] = {}
    for month in course.months:
        for i, left in enumerate(month.left_minor):
            if not left:
                ends.setdefault(i, month.number)
    order = sorted(ends.items(), key=lambda item: item[1])
    return [Ending(home.positions[i].loan.title, day(add_months(today, number - 1), "month")) for i, number in order]


def ends_on(course: Course, today: date) -> str:
    """The month of the last payment."""
    return day(add_months(today, max(len(course.months) - 1, 0)), "month")


def delays(home: Household, course: Course, today: date) -> list[str]:
    """What the plan puts off, in words: month by month, which loan is late or postponed."""
    found = []
    for month in course.months:
        on = day(add_months(today, month.number - 1), "month")
        found += [
            _("%(month)s: %(name)s postponed", month=on, name=home.positions[i].loan.title)
            for i in sorted(month.deferred)
        ]
        found += [
            _("%(month)s: %(name)s late", month=on, name=home.positions[i].loan.title) for i in sorted(month.late)
        ]
    return found


def _choices(home: Household, place: int, prices: PricesForm) -> Choices:
    debt, position = home.debts[place], home.positions[place]
    rules = position.ledger.rules
    # A penalty on the whole debt cannot be put as a price of the arrears alone: such a loan is never late here.
    may_be_late = (
        prices.late.data == "yes" and position.loan.late_rules is not None and rules.base != PenaltyBase.BALANCE
    )
    return Choices(
        debt,
        rules.late_fee_minor if may_be_late else None,
        late_rate(position, debt) if may_be_late else Decimal(0),
        prices.postpone.data or 0,
        prices.price.data or 0,
        Decimal(0) if debt.minimum_rate else prices.early.data or Decimal(0),  # cards charge nothing for paying early
    )


def _cash(case: Case, form: CheapestForm, today: date) -> tuple[int, ...]:
    if form.cash.data == "fixed":
        return (form.amount.data or 0,)
    year = budget.cash_ahead(case, today.replace(day=1), MONTHS_KNOWN)
    months = year + [year[place % 12] for place in range(MONTHS_KNOWN, MOST_MONTHS)]
    return tuple(set_aside(months))


def set_aside(months: Sequence[int]) -> list[int]:
    """What each month can give to loans when a month that lacks money is covered by those before it."""
    found, lacking = list(months), 0
    for place in reversed(range(len(found))):
        found[place] -= lacking
        lacking = max(-found[place], 0)
        found[place] = max(found[place], 0)
    return found


@lru_cache(maxsize=64)
def _found(debts: tuple[Choices, ...], cash: tuple[int, ...], carry_over: bool, digits: int) -> Cheapest:
    best = optimise(debts, cash, carry_over=carry_over, seconds=SECONDS, digits=digits)
    return Cheapest(best, strategies(debts, cash, carry_over=carry_over), cash)
