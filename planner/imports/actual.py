"""Plan against what really happened, heading by heading, for one month or pay cycle."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from flask_babel import gettext as _

from ..access import may_see
from ..budget import services as budget
from ..budget.services import MonthView
from ..budget.statement import heading_label
from ..engine.budget import Kind, Necessity
from ..models import Case, Part
from ..packs import find_heading, headings
from .sorting import Sorted, What, sorted_rows

MOST_UNSORTED = 12


class HeadingRow(NamedTuple):
    """One heading: what was planned and what really happened, in minor units; `key` is None for what has no heading yet."""

    key: str | None
    label: str
    planned_minor: int
    actual_minor: int

    @property
    def left_minor(self) -> int:
        """What of the plan is not used; negative when more was spent."""
        return self.planned_minor - self.actual_minor


class Unsorted(NamedTuple):
    """Payments with one other side that belong to no heading yet."""

    payee: str
    direction: str
    who: str
    times: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Actual:
    """A month or cycle in plan and in truth. `own_minor` moved between own pockets and is in no sum."""

    month: MonthView
    income: tuple[HeadingRow, ...]
    spending: dict[str, tuple[HeadingRow, ...]]
    planned_repaid_minor: int
    repaid_minor: int
    own_minor: int
    unsorted: tuple[Unsorted, ...]
    is_running: bool
    count: int

    @property
    def income_minor(self) -> int:
        """What really came in."""
        return sum(row.actual_minor for row in self.income)

    @property
    def spent_minor(self) -> int:
        """What was really spent, money back taken off, repayments apart."""
        return sum(row.actual_minor for rows in self.spending.values() for row in rows)

    @property
    def left_minor(self) -> int:
        """What really was left."""
        return self.income_minor - self.spent_minor - self.repaid_minor


def actual(case: Case, month: MonthView, today: date) -> Actual:
    """The plan of a month beside the rows of its days; a month without debts tells of no repayment."""
    rows = sorted_rows(case, month.first, month.last)
    repaid = sum(r.amount_minor for r in rows if r.what == What.REPAYMENT) if month.has_debts else 0
    planned, done = _planned(month), _done(rows)
    income = _rows(case, Kind.INCOME, planned, done)
    groups: dict[str, list[HeadingRow]] = {name: [] for name in Necessity}
    for row in _rows(case, Kind.EXPENSE, planned, done):
        groups[_group(case, month, row.key)].append(row)
    return Actual(
        month, income, {name: tuple(found) for name, found in groups.items() if found}, month.summary.instalments_minor,
        repaid, sum(r.amount_minor for r in rows if r.what == What.OWN),
        _unsorted(rows), month.first <= today <= month.last, len(rows),
    )  # fmt: skip


def _planned(month: MonthView) -> dict[tuple[str, str | None], int]:
    found: dict[tuple[str, str | None], int] = defaultdict(int)
    for row in (*month.income, *month.essential, *month.flexible, *month.savings):
        found[row.line.kind, row.line.category] += row.monthly_minor
    return found


def _done(rows: Iterable[Sorted]) -> dict[tuple[str, str | None], int]:
    found: dict[tuple[str, str | None], int] = defaultdict(int)
    for row in rows:
        if row.what == What.INCOME:
            found[Kind.INCOME, row.category] += row.amount_minor
        elif row.what in (What.SPENDING, What.REFUND):
            found[Kind.EXPENSE, row.category] += row.amount_minor if row.what == What.SPENDING else -row.amount_minor
    return found


def _rows(
    case: Case, kind: str, planned: dict[tuple[str, str | None], int], done: dict[tuple[str, str | None], int]
) -> tuple[HeadingRow, ...]:
    """The headings of one kind that were planned or used, in display order; what has no heading last."""
    keys = {key for of, key in (*planned, *done) if of == kind and key}
    order = [*(key for key in headings(case.currency) if key in keys), *sorted(keys - set(headings(case.currency)))]
    found = [
        HeadingRow(key, heading_label(key, case.currency), planned.get((kind, key), 0), done.get((kind, key), 0))
        for key in order
    ]
    if done.get((kind, None)):
        found.append(HeadingRow(None, _("Not sorted yet"), 0, done[kind, None]))
    return tuple(found)


def _group(case: Case, month: MonthView, key: str | None) -> str:
    """Whether a heading's spending is essential: as its lines say, else as new lines under it start."""
    for row in (*month.essential, *month.flexible, *month.savings):
        if row.line.category == key and row.line.necessity:
            return row.line.necessity
    heading = find_heading(key, case.currency) if key else None
    return (heading.necessity if heading else None) or Necessity.FLEXIBLE


def _unsorted(rows: Sequence[Sorted]) -> tuple[Unsorted, ...]:
    """Whom most of the unsorted money went to or came from."""
    groups: dict[tuple[str, str], list[Sorted]] = defaultdict(list)
    for row in rows:
        if row.category is None and row.what in (What.INCOME, What.SPENDING):
            groups[row.payee, row.direction].append(row)
    found = [
        Unsorted(payee, direction, members[-1].who, len(members), sum(r.amount_minor for r in members))
        for (payee, direction), members in groups.items()
    ]
    return tuple(sorted(found, key=lambda each: (-each.amount_minor, each.payee))[:MOST_UNSORTED])


def view_of(case: Case, wanted_month: str | None, wanted_cycle: str | None, today: date) -> MonthView:
    """The month or pay cycle an address asks for, without the debts where the reader may not see them."""
    has_debts = may_see(Part.LOANS)
    if wanted_cycle is not None:
        found = budget.find_cycle_view(case, budget.parse_day(wanted_cycle, today), today, has_debts=has_debts)
        if found is not None:
            return found
    return budget.month_view(case, budget.parse_month(wanted_month, today), today, has_debts=has_debts)
