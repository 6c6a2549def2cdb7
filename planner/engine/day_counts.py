"""Day counts: which share of a year lies between two dates, as an exact ratio (definitions: vectors/FORMAT.md, ISDA 2006)."""

from __future__ import annotations

import calendar
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

from .dates import Frequency, Unit, add_months
from .errors import TermsError


class DayCount(StrEnum):
    """How a year is counted. PERIOD counts periods, whatever their days; the others count days."""

    PERIOD = "PERIOD"
    PERIOD_30_360 = "30/360-PERIOD"
    ACT_365 = "ACT/365"
    ACT_360 = "ACT/360"
    ACT_364 = "ACT/364"
    ACT_ACT_ISDA = "ACT/ACT-ISDA"
    ACT_ACT_DEC31 = "ACT/ACT-DEC31"
    ACT_ACT_FEB29 = "ACT/ACT-FEB29"
    E30_360 = "30E/360"
    U30_360 = "30U/360"


Ratio = tuple[int, int]
PERIODS_A_YEAR = {Unit.DAY: 365, Unit.WEEK: 52, Unit.MONTH: 12, Unit.YEAR: 1}
_NOMINAL_DAYS = {Unit.DAY: 1, Unit.WEEK: 7, Unit.MONTH: 30, Unit.YEAR: 360}
FIXED_YEAR = {DayCount.ACT_365: 365, DayCount.ACT_360: 360, DayCount.ACT_364: 364}
_BOTH_YEARS = 365 * 366


class Period(NamedTuple):
    """One repayment period. `regular`: its dates come from the frequency, so it counts nominally."""

    start: date
    due: date
    frequency: Frequency | None
    regular: bool = True

    @property
    def days(self) -> int:
        """Nights from the start to the due date."""
        return (self.due - self.start).days


def year_fraction(start: date, end: date, day_count: DayCount, frequency: Frequency | None = None) -> Fraction:
    """The years from `start` to `end`. PERIOD needs the frequency; 30/360-PERIOD counts whole months and the days left.

    Raises TermsError("day_count") when PERIOD has no frequency, TermsError("pairs") when `end` is before `start`.
    """
    if end < start:
        raise TermsError("pairs", "end_before_start")
    if day_count == DayCount.PERIOD and frequency is None:
        raise TermsError("day_count", "needs_frequency")
    return Fraction(*period_ratio(Period(start, end, frequency, regular=day_count == DayCount.PERIOD), day_count))


def period_ratio(period: Period, day_count: DayCount) -> Ratio:
    """The years of a whole period, as numerator and denominator. A period without a night counts nothing."""
    if period.due <= period.start:
        return 0, 1
    if day_count == DayCount.PERIOD and period.frequency is not None:
        return period.frequency.every, PERIODS_A_YEAR[period.frequency.unit]
    if day_count == DayCount.PERIOD_30_360:
        if period.regular and period.frequency is not None:
            return _NOMINAL_DAYS[period.frequency.unit] * period.frequency.every, 360
        return _whole_months_and_days(period.start, period.due)
    return _counted(period.start, period.due, day_count, period)


def part_ratio(period: Period, day_count: DayCount, start: date, end: date) -> Ratio:
    """The years of the part of a period from `start` to `end`; nominal periods count by their share of days."""
    if (start, end) == (period.start, period.due):
        return period_ratio(period, day_count)
    if day_count in (DayCount.PERIOD, DayCount.PERIOD_30_360):
        top, bottom = period_ratio(period, day_count)
        return top * (end - start).days, bottom * max(period.days, 1)
    return _counted(start, end, day_count, period)


def _counted(start: date, end: date, day_count: DayCount, period: Period) -> Ratio:
    days = (end - start).days
    if day_count in FIXED_YEAR:
        return days, FIXED_YEAR[day_count]
    if day_count in (DayCount.E30_360, DayCount.U30_360):
        return _thirty(start, end, us=day_count == DayCount.U30_360), 360
    if day_count == DayCount.ACT_ACT_ISDA:
        return _split_by_year(start.toordinal(), end.toordinal())
    if day_count == DayCount.ACT_ACT_FEB29 and not _holds_leap_day(period.start, period.due):
        return days, 365
    if day_count == DayCount.ACT_ACT_FEB29 and period.start.year == period.due.year:
        return days, 366
    # Split at 31 December: a night belongs to the year it ends in, so count as from the morning after.
    return _split_by_year(start.toordinal() + 1, end.toordinal() + 1)


def _split_by_year(first: int, last: int) -> Ratio:
    """Days of leap years / 366 + the others / 365, over the common denominator; each day counts by the year it is in."""
    total, day = 0, first
    while day < last:
        year = date.fromordinal(day).year
        stop = min(last, date(year, 12, 31).toordinal() + 1)
        total += (stop - day) * (365 if calendar.isleap(year) else 366)
        day = stop
    return total, _BOTH_YEARS


def _holds_leap_day(start: date, due: date) -> bool:
    """Whether 29 February lies after `start` and not after `due`."""
    leap_days = (date(year, 2, 29) for year in range(start.year, due.year + 1) if calendar.isleap(year))
    return any(start < day <= due for day in leap_days)


def _thirty(start: date, end: date, *, us: bool) -> int:
    """Days of 30-day months: 30E caps both days at 30; 30U (NASD) makes the last of February a 30th and caps by its rule."""
    first, last = start.day, end.day
    if us:
        if _ends_february(start):
            last = 30 if _ends_february(end) else last
            first = 30
        last = 30 if last == 31 and first >= 30 else last
        first = min(first, 30)
    else:
        first, last = min(first, 30), min(last, 30)
    return 360 * (end.year - start.year) + 30 * (end.month - start.month) + last - first


def _ends_february(day: date) -> bool:
    return day.month == 2 and day.day == calendar.monthrange(day.year, 2)[1]


def _whole_months_and_days(start: date, end: date) -> Ratio:
    """Whole months forward from the start, and the days left over the days of the month they begin in, in years."""
    months = (end.year - start.year) * 12 + end.month - start.month
    if add_months(start, months) > end:
        months -= 1
    reached = add_months(start, months)
    length = calendar.monthrange(reached.year, reached.month)[1]
    return months * length + (end - reached).days, 12 * length
