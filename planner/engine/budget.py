"""Budget lines, the days they fall on, and the month they add up to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from .calendars import WEEKDAYS, IsWorkingDay, Shift, nth_working_day, shifted
from .dates import Frequency, Unit, add_months, add_period
from .errors import TermsError
from .money import round_ratio


class Kind(StrEnum):
    """Money in or money out."""

    INCOME = "income"
    EXPENSE = "expense"


class Necessity(StrEnum):
    """What an expense is to the household."""

    ESSENTIAL = "essential"
    FLEXIBLE = "flexible"
    SAVINGS = "savings"


class RepeatFrequency(StrEnum):
    """How often a line comes round."""

    WEEKLY = "weekly"
    FORTNIGHTLY = "fortnightly"
    FOUR_WEEKLY = "four_weekly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    YEARLY = "yearly"
    ONCE = "once"


class Reading(StrEnum):
    """How a month counts a line: its monthly average while it runs, or what really falls on days of that month."""

    AVERAGED = "averaged"
    ACTUAL = "actual"


MOST_WORKING_DAY = 15
_SHIFT_SLACK = timedelta(days=31)

# Monthly equivalents (reference/formats.md section 2): weekly x 52 / 12, fortnightly x 26 / 12, four-weekly x 13 / 12.
_PER_YEAR = {
    RepeatFrequency.WEEKLY: 52,
    RepeatFrequency.FORTNIGHTLY: 26,
    RepeatFrequency.FOUR_WEEKLY: 13,
    RepeatFrequency.MONTHLY: 12,
    RepeatFrequency.QUARTERLY: 4,
    RepeatFrequency.YEARLY: 1,
}
_STEP = {
    RepeatFrequency.WEEKLY: Frequency(Unit.WEEK, 1),
    RepeatFrequency.FORTNIGHTLY: Frequency(Unit.WEEK, 2),
    RepeatFrequency.FOUR_WEEKLY: Frequency(Unit.WEEK, 4),
    RepeatFrequency.MONTHLY: Frequency(Unit.MONTH, 1),
    RepeatFrequency.QUARTERLY: Frequency(Unit.MONTH, 3),
    RepeatFrequency.YEARLY: Frequency(Unit.YEAR, 1),
}


@dataclass(frozen=True, slots=True)
class BudgetLine:
    """One income or expense. `amount_minor` is what is paid each time; `anchor_day` keeps the 31st through short months.

    `working_day` n makes a monthly line fall on the n-th working day instead (-1: the last one of the month); `shift` says what
    happens to a day that is not worked.
    """

    kind: Kind
    amount_minor: int
    frequency: RepeatFrequency
    starts_on: date
    ends_on: date | None = None
    anchor_day: int | None = None
    necessity: Necessity | None = None
    working_day: int | None = None
    shift: Shift = Shift.NONE

    def __post_init__(self) -> None:
        if self.amount_minor < 0:
            raise TermsError("amount_minor", "negative")
        if self.ends_on is not None and self.ends_on < self.starts_on:
            raise TermsError("ends_on", "before_start")
        if (self.kind == Kind.EXPENSE) != (self.necessity is not None):
            raise TermsError("necessity", "only_and_always_for_expenses")
        if self.working_day is not None:
            self._check_working_day(self.working_day)

    def _check_working_day(self, n: int) -> None:
        """A month may have as few as 15 working days, and only months are counted in them."""
        if self.frequency != RepeatFrequency.MONTHLY:
            raise TermsError("working_day", "only_monthly")
        if not 1 <= abs(n) <= MOST_WORKING_DAY:
            raise TermsError("working_day", "out_of_range", least=1, most=MOST_WORKING_DAY)


@dataclass(frozen=True, slots=True)
class MonthSummary:
    """A month in minor units. `surplus_minor` = income - essential - flexible - savings - instalments; it may be negative."""

    income_minor: int
    essential_minor: int
    flexible_minor: int
    savings_minor: int
    instalments_minor: int

    @property
    def surplus_minor(self) -> int:
        """What is left when everything planned is paid."""
        return self.available_minor - self.instalments_minor

    @property
    def available_minor(self) -> int:
        """What is left for instalments: income less all living costs and savings."""
        return self.income_minor - self.essential_minor - self.flexible_minor - self.savings_minor


def occurrences(line: BudgetLine, first: date, last: date, is_working_day: IsWorkingDay = WEEKDAYS) -> tuple[date, ...]:
    """The days from `first` to `last`, both included, on which the line is paid, moved as its `shift` says, in order.

    Raises TermsError("n") when a month has fewer working days than the line counts.
    """
    if line.shift == Shift.NONE:
        return _planned(line, first, last, is_working_day)
    near = _planned(line, first - _SHIFT_SLACK, last + _SHIFT_SLACK, is_working_day)
    days = (shifted(day, line.shift, is_working_day) for day in near)
    return tuple(day for day in days if first <= day <= last)


def _planned(line: BudgetLine, first: date, last: date, is_working_day: IsWorkingDay) -> tuple[date, ...]:
    """The days before any of them is moved."""
    until = min(last, line.ends_on or last)
    if line.frequency == RepeatFrequency.ONCE:
        return (line.starts_on,) if first <= line.starts_on <= until else ()
    if line.working_day is not None:
        return tuple(_working_days(line.working_day, max(first, line.starts_on), until, is_working_day))
    step, days = _STEP[line.frequency], []
    if step.unit == Unit.WEEK:
        return tuple(_every(timedelta(weeks=step.every), line.starts_on, first, until))
    count = _periods_before(line.starts_on, first, step)
    while (day := add_period(line.starts_on, step, count, anchor_day=line.anchor_day)) <= until:
        if day >= max(first, line.starts_on):
            days.append(day)
        count += 1
    return tuple(days)


def monthly_equivalent(line: BudgetLine) -> int:
    """The line as a monthly average in minor units, rounded half up; 0 for what comes once."""
    return round_ratio(line.amount_minor * _PER_YEAR.get(line.frequency, 0), 12)


def month_amount(
    line: BudgetLine,
    year: int,
    month: int,
    reading: Reading = Reading.AVERAGED,
    is_working_day: IsWorkingDay = WEEKDAYS,
) -> int:
    """What a month counts for the line, in minor units.

    Averaged: its monthly equivalent while it runs in that month; actual: every time it falls in it. Once is the same in both.
    """
    first = date(year, month, 1)
    last = add_months(first, 1) - timedelta(days=1)
    if reading == Reading.ACTUAL or line.frequency == RepeatFrequency.ONCE:
        return line.amount_minor * len(occurrences(line, first, last, is_working_day))
    runs = line.starts_on <= last and (line.ends_on is None or line.ends_on >= first)
    return monthly_equivalent(line) if runs else 0


def month_summary(
    lines: Iterable[BudgetLine],
    instalments_minor: Sequence[int],
    year: int,
    month: int,
    reading: Reading = Reading.AVERAGED,
    is_working_day: IsWorkingDay = WEEKDAYS,
) -> MonthSummary:
    """The month's plan: every line by `month_amount`, and the instalments due in it, in minor units."""
    totals: dict[str, int] = dict.fromkeys((Kind.INCOME, *Necessity), 0)
    for line in lines:
        totals[line.necessity or Kind.INCOME] += month_amount(line, year, month, reading, is_working_day)
    return MonthSummary(
        totals[Kind.INCOME], totals[Necessity.ESSENTIAL], totals[Necessity.FLEXIBLE], totals[Necessity.SAVINGS],
        sum(instalments_minor),
    )  # fmt: skip


def _every(step: timedelta, start: date, first: date, until: date) -> Iterator[date]:
    """The days from `first` to `until` that are whole steps after `start`."""
    day = start if first <= start else start - (start - first) // step * step
    while day <= until:
        yield day
        day += step


def _working_days(n: int, first: date, last: date, is_working_day: IsWorkingDay) -> Iterator[date]:
    month = first.replace(day=1)
    while month <= last:
        day = nth_working_day(month.year, month.month, n, is_working_day)
        if first <= day <= last:
            yield day
        month = add_months(month, 1)


def _periods_before(start: date, first: date, step: Frequency) -> int:
    """A number of periods that surely does not pass `first`; saves walking through years of them."""
    if first <= start:
        return 0
    longest = {Unit.DAY: 1, Unit.WEEK: 7, Unit.MONTH: 31, Unit.YEAR: 366}[step.unit] * step.every
    return (first - start).days // longest
