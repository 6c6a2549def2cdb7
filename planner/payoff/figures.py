"""What the pages of several loans draw and list."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from flask_babel import gettext as _
from markupsafe import Markup

from .. import charts
from ..charts import At
from ..engine.dates import add_months
from ..engine.paying import Course
from ..engine.strategies import Plan
from ..formatting import day, money
from .services import Comparison, Household

SHOWN_MONTHS = 24
LONGEST_CHART = 240


class PlanLine(NamedTuple):
    """One plan in the comparison. `more_minor` is what it costs beyond the cheapest one; None where it never ends."""

    name: str
    ends: str
    cost_minor: int | None
    total_minor: int | None
    more_minor: int | None
    is_chosen: bool


class MonthLine(NamedTuple):
    """One month of a plan, or a year's sum: each loan's payment, all together, and what is left of all."""

    label: str
    paid_minor: tuple[int, ...]
    total_minor: int
    left_minor: int


class Ending(NamedTuple):
    """When a loan is paid off."""

    title: str
    day: str


def plan_lines(found: Comparison, today: date) -> list[PlanLine]:
    """The plans side by side, as agreed last."""
    names = {
        "avalanche": _("Highest rate first"),
        "snowball": _("Smallest first"),
        "custom": _("My own order"),
        "minimums": _("As agreed, nothing on top"),
    }
    least = found.best.cost_minor if found.best else 0
    lines = []
    for plan in found.plans:
        ends, pays = plan.ends_on(today), plan.result.pays_off
        lines.append(PlanLine(
            names[plan.name], day(ends, "month") if ends else _("never"), plan.cost_minor if pays else None,
            plan.result.paid_minor if pays else None, plan.cost_minor - least if pays else None, plan is found.chosen,
        ))  # fmt: skip
    return lines


def endings(home: Household, plan: Plan, today: date) -> list[Ending]:
    """The loans in the order in which the plan pays them off."""
    titles = {str(p.loan.id): p.loan.title for p in home.positions}
    order = sorted(plan.result.payoff_month.items(), key=lambda item: item[1])
    return [Ending(titles[key], day(add_months(today, month - 1), "month")) for key, month in order]


def month_lines(plan: Plan | Course, today: date) -> list[MonthLine]:
    """The first two years by the month, then by the year."""
    rows = [(add_months(today, month.number - 1), month) for month in plan.months]
    found = [
        MonthLine(day(on, "month"), month.paid_minor, month.total_minor, sum(month.left_minor))
        for on, month in rows[:SHOWN_MONTHS]
    ]
    later: dict[int, list[int]] = {}
    for index, (on, _month) in enumerate(rows[SHOWN_MONTHS:], SHOWN_MONTHS):
        later.setdefault(on.year, []).append(index)
    for year, places in later.items():
        months = [rows[place][1] for place in places]
        paid = tuple(map(sum, zip(*(month.paid_minor for month in months), strict=True)))
        found.append(MonthLine(str(year), paid, sum(paid), sum(months[-1].left_minor)))
    return found


def chart(found: Comparison, currency: str, today: date) -> Markup:
    """All debt over time: dashed as agreed, solid the chosen plan."""
    length = max(len(found.chosen.result.totals_after), 13)
    base = _until(found.agreed.result.totals_after, max(length * 2, 60))
    other = _until(found.chosen.result.totals_after, LONGEST_CHART)
    ends = sorted({len(base) - 1, len(other) - 1})
    ticks = [At(at, day(add_months(today, max(at - 1, 0)), "month")) for at in ends[-1:] if at]
    return charts.payoff(
        base, other, key="payoff", title=_("How all debt falls"),
        desc=_("Today %(amount)s. The table below has every month.", amount=money(base[0], currency)),
        base_label=_("As agreed"), other_label=_("This plan"), grid=[At(base[0], money(base[0], currency))],
        ticks=[At(0, _("Now")), *ticks],
    )  # fmt: skip


def _until(totals: Sequence[int], most: int) -> list[int]:
    return list(totals[: most + 1])
