"""What a loan truly costs a year: the rate at which what was received and what is paid balance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from .amortisation import Schedule
from .errors import NoRate, SeveralRates
from .loan import LoanTerms

_LOW, _HIGH = -0.99, 10.0


@dataclass(frozen=True, slots=True)
class AnnualCost:
    """A rate per period and per year, as fractions. `nominal` is what China calls the IRR annual rate: periodic x periods.

    `effective` compounds: (1 + periodic)^periods - 1. Source: PBOC Announcement [2021] No. 3 and its practice.
    """

    periodic: Decimal
    nominal: Decimal
    effective: Decimal


def irr_per_period(flows: Sequence[int]) -> float:
    """The rate per period at which equally spaced flows (received positive, paid negative, or the reverse) sum to zero.

    Newton on Horner's scheme, with bisection behind it. Raises NoRate when the flows have one sign or no root in
    (-99 %, 1000 %), SeveralRates when their balance changes sign more than once and no single rate can be named.
    """
    if not (min(flows, default=0) < 0 < max(flows, default=0)):
        raise NoRate("the flows are all of one sign")
    if _sign_changes(flows) > 1 and _several_roots(flows):
        raise SeveralRates("the flows balance at more than one rate")
    rate = _newton(flows)
    return _bisect(flows) if rate is None else rate


def schedule_cost(terms: LoanTerms, schedule: Schedule, received_minor: int | None = None) -> AnnualCost:
    """The annual cost of a contract: what was received (less upfront fees) against all instalments with their fees.

    Raises NoRate when there is no such rate, as for a loan that costs nothing to receive.
    """
    upfront = sum(fee.amount_minor for fee in terms.fees if fee.upfront)
    received = terms.principal_minor - upfront if received_minor is None else received_minor
    return cost_of(received, [row.payment_minor for row in schedule.rows], terms.periods_per_year)


def cost_of(received_minor: int, payments_minor: Sequence[int], periods_per_year: Decimal) -> AnnualCost:
    """The annual cost of receiving a sum and paying one amount each period after it. Raises NoRate, SeveralRates."""
    if received_minor <= 0:
        raise NoRate("nothing was received")
    periodic = Decimal(repr(irr_per_period([received_minor, *(-payment for payment in payments_minor)])))
    if abs(periodic) < Decimal("1e-12"):
        periodic = Decimal(0)
    effective = Decimal(repr((1 + float(periodic)) ** float(periods_per_year) - 1))
    return AnnualCost(periodic, periodic * periods_per_year, effective)


def _sign_changes(flows: Sequence[int]) -> int:
    signs = [flow > 0 for flow in flows if flow]
    return sum(a != b for a, b in zip(signs, signs[1:], strict=False))


def _value(flows: Sequence[int], rate: float) -> float:
    """Present value times (1 + rate)^n, which has the same roots: no division, no overflow for sensible rates."""
    total, factor = 0.0, 1.0 + rate
    for flow in flows:
        total = total * factor + flow
    return total


def _several_roots(flows: Sequence[int]) -> bool:
    grid = [_LOW + (_HIGH - _LOW) * (i / 400) ** 3 for i in range(401)]
    values = [_value(flows, rate) > 0 for rate in grid]
    return sum(a != b for a, b in zip(values, values[1:], strict=False)) > 1


def _newton(flows: Sequence[int]) -> float | None:
    rate = 0.01
    for _step in range(50):
        value, slope, factor = 0.0, 0.0, 1.0 + rate
        for flow in flows:
            slope = slope * factor + value
            value = value * factor + flow
        if slope == 0:
            return None
        change = value / slope
        rate -= change
        if not _LOW < rate < _HIGH:
            return None
        if abs(change) < 1e-15:
            return rate
    return rate if abs(change) < 1e-12 else None


def _bisect(flows: Sequence[int]) -> float:
    low, high = _LOW, _HIGH
    below = _value(flows, low) > 0
    if below == (_value(flows, high) > 0):
        raise NoRate("no rate balances the flows")
    for _step in range(200):
        middle = (low + high) / 2
        if (_value(flows, middle) > 0) == below:
            low = middle
        else:
            high = middle
    return (low + high) / 2
