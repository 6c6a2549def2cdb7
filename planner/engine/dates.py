"""Due dates that clamp to month ends without drifting, and the frequencies contracts name."""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from itertools import repeat
from typing import NamedTuple

from .errors import TermsError


class Unit(StrEnum):
    """What a frequency counts in."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


class Frequency(NamedTuple):
    """Every `every` units: Frequency(Unit.MONTH, 3) is quarterly."""

    unit: Unit
    every: int = 1


MONTHLY = Frequency(Unit.MONTH, 1)
_TABLE = range(1970 * 12, 2120 * 12)  # the months of 1970 to 2119


class MonthEndRule(StrEnum):
    """What happens to a day that a month does not have; later dates always go back to the anchor day."""

    CLAMP = "clamp"
    NEXT_MONTH_FIRST = "next_month_first"


def add_months(start: date, months: int, anchor_day: int | None = None) -> date:
    """`months` later on the anchor day (that of `start` unless given), clamped to the month's last day.

    Raises TermsError("date") beyond the calendar (years 1 to 9999).
    """
    years, month = divmod(start.month - 1 + months, 12)
    year = start.year + years
    if not 1 <= year <= 9999:
        raise TermsError("date", "out_of_calendar")
    day = anchor_day or start.day
    # Every month has 28 days; asking how many it has is most of the work here.
    return date(year, month + 1, day if day <= 28 else min(day, calendar.monthrange(year, month + 1)[1]))


def add_period(start: date, frequency: Frequency, count: int, rule: MonthEndRule = MonthEndRule.CLAMP,
               anchor_day: int | None = None) -> date:  # fmt: skip
    """`count` periods after `start`, counted from `start` itself, so that clamped days never drift.

    Raises TermsError("date") beyond the calendar.
    """
    steps = frequency.every * count
    if frequency.unit in (Unit.DAY, Unit.WEEK):
        try:
            return start + timedelta(days=steps * (7 if frequency.unit == Unit.WEEK else 1))
        except OverflowError:
            raise TermsError("date", "out_of_calendar") from None
    months = steps * (12 if frequency.unit == Unit.YEAR else 1)
    anchor = anchor_day or start.day
    due = add_months(start, months, anchor)
    if due.day < anchor and rule == MonthEndRule.NEXT_MONTH_FIRST:
        return due + timedelta(days=1)
    return due


@lru_cache(maxsize=256)
def due_dates(
    start: date,
    frequency: Frequency,
    count: int,
    rule: MonthEndRule = MonthEndRule.CLAMP,
    first_due: date | None = None,
    anchor_day: int | None = None,
    in_advance: bool = False,
) -> tuple[date, ...]:
    """The first `count` due dates: one period after `start` and on, or from `first_due` on, or from `start` itself in advance.

    Each is counted from the first, not from the one before, so a month without the anchor day moves no later date. Kept for
    the last few contracts, because a what-if asks for the same dates again. Raises TermsError("date") beyond the calendar.
    """
    if first_due is not None:
        rest = _series(first_due, frequency, 1, count - 1, rule, anchor_day)
        return (first_due, *rest) if count else ()
    return tuple(_series(start, frequency, 0 if in_advance else 1, count, rule, anchor_day))


def _series(
    base: date, frequency: Frequency, first: int, count: int, rule: MonthEndRule, anchor: int | None
) -> list[date]:
    """`count` dates from `first` periods after `base` on; whole months on an early day are made in one go."""
    day = anchor or base.day
    if frequency.unit in (Unit.DAY, Unit.WEEK) or day > 28:
        return [add_period(base, frequency, n, rule, anchor) for n in range(first, first + count)]
    step = frequency.every * (12 if frequency.unit == Unit.YEAR else 1)
    begin = base.year * 12 + base.month - 1 + step * first
    months = range(begin, begin + step * count, step)
    if months and not 12 <= months[0] <= months[-1] < 120_000:
        raise TermsError("date", "out_of_calendar")
    if months and _TABLE.start <= months[0] and months[-1] < _TABLE.stop:
        return list(_table(day)[begin - _TABLE.start : months[-1] - _TABLE.start + 1 : step])
    return list(map(date, [m // 12 for m in months], [m % 12 + 1 for m in months], repeat(day)))


@lru_cache(maxsize=28)
def _table(day: int) -> tuple[date, ...]:
    """One day of the month in every month that loans of our time reach; made once, because making dates is what takes long."""
    return tuple(date(month // 12, month % 12 + 1, day) for month in _TABLE)
