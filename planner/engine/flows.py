"""Dated and offset cash flows, the time between them by each convention, and the effective yearly rate that balances them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

from .dates import Frequency, Unit, add_months, add_period
from .day_counts import DayCount, year_fraction
from .errors import NoRate, TermsError
from .roots import root_of_flows


class Time(StrEnum):
    """How the time between two dates is told, in years."""

    ACT_365 = "act/365"
    ACT_365_25 = "act/365.25"
    US_30_360 = "30u/360"
    EU = "eu"


class Offset(NamedTuple):
    """Time from the first drawdown in its own parts: months, weeks and days are never turned into each other."""

    months: int = 0
    weeks: int = 0
    days: int = 0
    days_in_year: Decimal = Decimal(365)

    @property
    def years(self) -> Fraction:
        """months / 12 + weeks / 52 + days / days in the year (directive 2014/17/EU, annex I, remark c)."""
        return Fraction(self.months, 12) + Fraction(self.weeks, 52) + self.days / Fraction(self.days_in_year)


class Flow(NamedTuple):
    """Money received (positive) or paid (negative), at a date or at an offset."""

    amount: Decimal
    when: date | Offset


def later(when: date | Offset, every: Frequency, count: int) -> date | Offset:
    """`count` steps after a date (months clamp, without drift) or an offset."""
    if isinstance(when, date):
        return add_period(when, every, count)
    steps = every.every * count
    months = steps * {Unit.MONTH: 1, Unit.YEAR: 12}.get(every.unit, 0)
    weeks, days = (steps if every.unit == unit else 0 for unit in (Unit.WEEK, Unit.DAY))
    return Offset(when.months + months, when.weeks + weeks, when.days + days, when.days_in_year)


def whole_months_back(earlier: date, end: date) -> tuple[int, date]:
    """How many whole months, counted back from `end`, fit after `earlier`, and the day they reach.

    A last day of a month that lies a whole number of clamped months after `earlier` counts as exactly that many.
    """
    months = (end.year - earlier.year) * 12 + end.month - earlier.month
    if months >= 0 and add_months(earlier, months) == end:
        return months, earlier
    if add_months(end, -months) < earlier:
        months -= 1
    return months, add_months(end, -months)


def years_between(start: date, end: date, time: Time) -> Fraction:
    """The years from one date to another by a convention; negative when `end` comes first."""
    if end < start:
        return -years_between(end, start, time)
    if time == Time.US_30_360:
        return year_fraction(start, end, DayCount.U30_360)
    days = (end - start).days
    if time == Time.ACT_365:
        return Fraction(days, 365)
    if time == Time.ACT_365_25:
        return Fraction(4 * days, 1461)
    months, reached = whole_months_back(start, end)
    return Fraction(months, 12) + Fraction((reached - start).days, (reached - add_months(reached, -12)).days)


def effective_rate(flows: Sequence[Flow], time: Time) -> float:
    """The yearly X with sum of flow / (1 + X)^t = 0: the EU's APRC, the UK's APR, XIRR; as a fraction.

    Flows that cancel day by day cost nothing: 0. Raises NoRate, SeveralRates.
    """
    drawn = [flow.when for flow in flows if flow.amount > 0]
    origin = min((when for when in drawn if isinstance(when, date)), default=None)
    net: dict[Fraction, Decimal] = {}
    for flow in flows:
        years = _years(flow.when, origin, time)
        net[years] = net.get(years, Decimal(0)) + flow.amount
    return rate_at_times([(float(years), float(net[years])) for years in sorted(net) if net[years]])


def _years(when: date | Offset, origin: date | None, time: Time) -> Fraction:
    if isinstance(when, Offset):
        return when.years
    if origin is None:
        raise NoRate("nothing was received")
    return years_between(origin, when, time)


def rate_at_times(points: Sequence[tuple[float, float]]) -> float:
    """The yearly rate that balances (years, amount) in time order. Raises NoRate, SeveralRates."""
    if not points:
        return 0.0
    first, last = points[0][0], points[-1][0]

    def value(force: float) -> float:
        # Each at the end where no power can overflow; the sign, and so the root, is the same.
        base = first if force >= 0 else last
        return math.fsum(amount * math.exp(-force * (years - base)) for years, amount in points)

    force = root_of_flows(value, [amount for _years, amount in points], last - first)
    if force > 700:
        raise NoRate("the rate is beyond any number")
    return math.expm1(force)


def rate_of_payments(owed: float, points: Sequence[tuple[float, float]], guess: float) -> float:
    """The rate per unit of time at which payments at (time > 0, amount >= 0) are worth what is owed now.

    One debt and only payments have one rate at most, so Newton's steps from a rate near it (`guess`) find it; where they do
    not settle, `rate_at_times` looks everywhere. Raises NoRate, SeveralRates.
    """
    force = math.log1p(max(guess, -0.5))
    for _step in range(30):
        worth = [(time, amount * math.exp(-force * time)) for time, amount in points]
        slope = math.fsum(time * value for time, value in worth)
        if not slope:
            break
        move = (math.fsum(value for _time, value in worth) - owed) / slope
        force += move
        if abs(move) < 1e-13:
            return math.expm1(force)
        if abs(force) > 5:
            break
    return rate_at_times([(0.0, owed), *((time, -amount) for time, amount in points)])


def check_kind(flows: Sequence[Flow]) -> None:
    """Dates and offsets cannot be set against each other. Raises TermsError("flows")."""
    if len({isinstance(flow.when, date) for flow in flows}) > 1:
        raise TermsError("flows", "dates_and_offsets_mixed")
