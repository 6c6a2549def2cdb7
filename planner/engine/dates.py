"""Due dates that clamp to month ends without drifting, and the frequencies contracts name."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from .errors import TermsError


class Unit(StrEnum):
    """What a frequency counts in."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class Frequency:
    """Every `every` units: Frequency(Unit.MONTH, 3) is quarterly."""

    unit: Unit
    every: int = 1


MONTHLY = Frequency(Unit.MONTH, 1)


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
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(anchor_day or start.day, last))


def add_period(start: date, frequency: Frequency, count: int, rule: MonthEndRule = MonthEndRule.CLAMP,
               anchor_day: int | None = None) -> date:  # fmt: skip
    """`count` periods after `start`, counted from `start` itself, so that clamped days never drift."""
    steps = frequency.every * count
    if frequency.unit in (Unit.DAY, Unit.WEEK):
        return start + timedelta(days=steps * (7 if frequency.unit == Unit.WEEK else 1))
    months = steps * (12 if frequency.unit == Unit.YEAR else 1)
    anchor = anchor_day or start.day
    due = add_months(start, months, anchor)
    if due.day < anchor and rule == MonthEndRule.NEXT_MONTH_FIRST:
        return due + timedelta(days=1)
    return due
