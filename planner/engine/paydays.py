"""Payday to payday: the stretch of time a wage has to last, and what falls into it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from .budget import BudgetLine, Kind, MonthSummary, Necessity, RepeatFrequency, monthly_equivalent, occurrences
from .calendars import WEEKDAYS, IsWorkingDay
from .cashflow import everyday_by_day

_WAGES = (
    RepeatFrequency.WEEKLY, RepeatFrequency.FORTNIGHTLY, RepeatFrequency.FOUR_WEEKLY, RepeatFrequency.MONTHLY
)  # fmt: skip
# Longer than any of these periods, working days and clamped month ends included.
_REACH = timedelta(days=70)


class Cycle(NamedTuple):
    """From a payday to the day before the next, both included."""

    first: date
    last: date


def pay_cycle(lines: Iterable[BudgetLine], day: date, is_working_day: IsWorkingDay = WEEKDAYS) -> Cycle | None:
    """The cycle that holds `day`, by the largest income that comes at least monthly and has a payday on both sides of it: a job
    that ended sets no cycle after its last wage. None without one, or before it began.
    """
    wages = [line for line in lines if line.kind == Kind.INCOME and line.frequency in _WAGES]
    by_size = sorted(wages, key=monthly_equivalent, reverse=True)
    return next((cycle for wage in by_size if (cycle := _cycle_of(wage, day, is_working_day))), None)


def _cycle_of(wage: BudgetLine, day: date, is_working_day: IsWorkingDay) -> Cycle | None:
    paydays = occurrences(wage, day - _REACH, day + _REACH, is_working_day)
    first = max((payday for payday in paydays if payday <= day), default=None)
    following = min((payday for payday in paydays if payday > day), default=None)
    if first is None or following is None:
        return None
    return Cycle(first, following - timedelta(days=1))


def cycle_summary(
    dated: Iterable[BudgetLine], everyday: Iterable[BudgetLine], instalments_minor: Sequence[int], cycle: Cycle,
    is_working_day: IsWorkingDay = WEEKDAYS,
) -> MonthSummary:  # fmt: skip
    """What falls into a cycle, in minor units: dated lines each time they are due, everyday ones a thirtieth a day."""
    totals: dict[str, int] = dict.fromkeys((Kind.INCOME, *Necessity), 0)
    for lines, is_everyday in ((dated, False), (everyday, True)):
        for line in lines:
            group = line.necessity or Kind.INCOME
            totals[group] += cycle_amount(line, cycle, is_everyday=is_everyday, is_working_day=is_working_day)
    return MonthSummary(
        totals[Kind.INCOME], totals[Necessity.ESSENTIAL], totals[Necessity.FLEXIBLE], totals[Necessity.SAVINGS],
        sum(instalments_minor),
    )  # fmt: skip


def cycle_amount(line: BudgetLine, cycle: Cycle, *, is_everyday: bool, is_working_day: IsWorkingDay = WEEKDAYS) -> int:
    """What a cycle counts for one line, in minor units."""
    if not is_everyday:
        return line.amount_minor * len(occurrences(line, *cycle, is_working_day))
    first, last = max(cycle.first, line.starts_on), min(cycle.last, line.ends_on or cycle.last)
    return sum(everyday_by_day(monthly_equivalent(line), first, max((last - first).days + 1, 0)))
