"""The US annual percentage rate by the actuarial method (12 CFR 1026, Regulation Z, appendix J), as a fraction a year."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from .dates import add_months
from .errors import NoRate, TermsError
from .flows import Flow, Offset, whole_months_back
from .roots import root_of_flows


class PeriodUnit(StrEnum):
    """What a unit-period is counted in; `term` is the whole term of a single payment within a year."""

    DAY = "day"
    WEEK = "week"
    SEMIMONTH = "semimonth"
    MONTH = "month"
    YEAR = "year"
    TERM = "term"


class UnitPeriod(NamedTuple):
    """A unit-period: `n` units. `months` is the length of a term that is a whole number of months."""

    unit: PeriodUnit
    n: int = 1
    months: int | None = None

    @property
    def per_year(self) -> float:
        """Unit-periods in a year: 365 / n days, 52 / n weeks, 24 / n semimonths, 12 / n months, 1 / n years."""
        a_year = {PeriodUnit.DAY: 365, PeriodUnit.WEEK: 52, PeriodUnit.SEMIMONTH: 24, PeriodUnit.MONTH: 12}
        return a_year.get(self.unit, 1) / self.n


def us_apr(flows: Sequence[Flow], unit: UnitPeriod) -> float:
    """The rate per unit-period times the unit-periods of a year. Raises NoRate, SeveralRates, TermsError("unit_period")."""
    if unit.unit == PeriodUnit.TERM:
        return _single_payment(flows, unit)
    start = _first_drawdown(flows)
    timed = sorted((*_count(flow.when, start, unit), float(flow.amount)) for flow in flows)
    net: dict[tuple[int, float], float] = {}
    for whole, part, amount in timed:
        net[whole, part] = net.get((whole, part), 0.0) + amount
    points = [(whole, part, amount) for (whole, part), amount in net.items() if amount]
    return _rate(points) * unit.per_year if points else 0.0


def _rate(points: Sequence[tuple[int, float, float]]) -> float:
    """The i with the sum of amount / ((1 + f i)(1 + i)^t) = 0, sought as the force ln(1 + i)."""
    last = points[-1][0]

    def value(force: float) -> float:
        rate, base = math.expm1(min(force, 700.0)), 0 if force >= 0 else last
        return math.fsum(
            amount * math.exp(-force * (whole - base)) / (1 + part * rate) for whole, part, amount in points
        )

    span = last + points[-1][1] - points[0][0] - points[0][1]
    force = root_of_flows(value, [amount for _whole, _part, amount in points], span)
    if force > 700:
        raise NoRate("the rate is beyond any number")
    return math.expm1(force)


def _single_payment(flows: Sequence[Flow], unit: UnitPeriod) -> float:
    """Simple interest: what is paid beyond the advance, x 365 / days, or x 12 / months for a term of whole months."""
    start = _first_drawdown(flows)
    lent = sum(flow.amount for flow in flows if flow.when == start)
    repaid = [flow for flow in flows if flow.when != start]
    if len({flow.when for flow in repaid}) != 1 or lent <= 0:
        raise TermsError("unit_period", "not_a_single_payment")
    return float(-sum(flow.amount for flow in repaid) / lent - 1) * _terms_per_year(start, repaid[0].when, unit)


def _terms_per_year(start: date | Offset, end: date | Offset, unit: UnitPeriod) -> float:
    if unit.months:
        return 12 / unit.months
    if isinstance(start, date) and isinstance(end, date):
        months, reached = whole_months_back(start, end)
        if reached == start and months > 0:
            return 12 / months
        return 365 / (end - start).days
    years = float(_offset(end).years - _offset(start).years)
    return 1 / years


def _first_drawdown(flows: Sequence[Flow]) -> date | Offset:
    drawn = [flow.when for flow in flows if flow.amount > 0]
    if not drawn:
        raise NoRate("nothing was received")
    return min(drawn, key=lambda when: when if isinstance(when, date) else when.years)


def _count(when: date | Offset, start: date | Offset, unit: UnitPeriod) -> tuple[int, float]:
    """Whole unit-periods counted back from a flow, and the odd days before them as a fraction of one."""
    if isinstance(when, date) and isinstance(start, date):
        if when < start:
            raise TermsError("flows", "before_the_first_drawdown")
        if unit.unit in (PeriodUnit.DAY, PeriodUnit.WEEK):
            return _by_days((when - start).days, unit)
        months, reached = whole_months_back(start, when)
        if unit.unit == PeriodUnit.YEAR and reached != start:
            years = months // (12 * unit.n)
            return years, (add_months(when, -12 * unit.n * years) - start).days / (365 * unit.n)
        return _by_months(months, (reached - start).days, unit)
    parts, begin = _offset(when), _offset(start)
    months, days = parts.months - begin.months, parts.days - begin.days + 7 * (parts.weeks - begin.weeks)
    if months < 0 or days < 0:
        raise TermsError("flows", "before_the_first_drawdown")
    if unit.unit in (PeriodUnit.DAY, PeriodUnit.WEEK):
        if months:
            raise TermsError("flows", "months_in_a_count_of_days")
        return _by_days(days, unit)
    return _by_months(months, days, unit)


def _by_days(days: int, unit: UnitPeriod) -> tuple[int, float]:
    length = unit.n * (7 if unit.unit == PeriodUnit.WEEK else 1)
    return days // length, days % length / length


def _by_months(months: int, days: int, unit: UnitPeriod) -> tuple[int, float]:
    """Months back and the odd days before them: in semimonths of 15 days, else in months of 30 days."""
    if unit.unit == PeriodUnit.SEMIMONTH:
        whole, left = divmod(2 * months + days // 15, unit.n)
        return whole, (15 * left + days % 15) / (15 * unit.n)
    length = unit.n * (12 if unit.unit == PeriodUnit.YEAR else 1)
    whole, left = divmod(months, length)
    return whole, (30 * left + days) / (30 * length)


def _offset(when: date | Offset) -> Offset:
    if isinstance(when, date):
        raise TermsError("flows", "dates_and_offsets_mixed")
    return when
