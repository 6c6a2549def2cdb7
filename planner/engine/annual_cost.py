"""What a loan truly costs a year: the rate at which what was received and what is paid balance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from .errors import NoRate
from .fees import upfront_fees
from .loan import LoanTerms
from .roots import polynomial_root, root_of_flows, sign_changes, spaced_value
from .schedule import Schedule


@dataclass(frozen=True, slots=True)
class AnnualCost:
    """A rate per period and per year, as fractions. `nominal` is what China calls the IRR annual rate: periodic x periods.

    `effective` compounds: (1 + periodic)^periods - 1. Source: PBOC Announcement [2021] No. 3 and its practice.
    """

    periodic: Decimal
    nominal: Decimal
    effective: Decimal


def irr_per_period(flows: Sequence[float]) -> float:
    """The rate per period at which equally spaced flows (received positive, paid negative, or the reverse) sum to zero.

    Good to about 1e-14. Raises NoRate when the flows have one sign or no rate above -100 % balances them, SeveralRates
    when more than one does and none can be named.
    """
    changes = sign_changes(flows)
    if changes == 0:
        raise NoRate("the flows are all of one sign")
    if changes == 1:
        return polynomial_root(flows)
    return math.expm1(root_of_flows(spaced_value(flows), flows, max(len(flows) - 1, 1)))


def schedule_cost(terms: LoanTerms, schedule: Schedule, received_minor: int | None = None) -> AnnualCost:
    """The annual cost of a contract: what was received (less upfront fees) against all instalments with their fees.

    One period lies between any two instalments, as Chinese practice has it; use `rate_of_dated` where dates are to count.
    Raises NoRate when there is no such rate, as for a loan that costs nothing to receive.
    """
    upfront = upfront_fees(terms.fees, terms.principal_minor, terms.digits)
    received = terms.principal_minor - upfront if received_minor is None else received_minor
    return cost_of(received, schedule.payments, terms.periods_per_year, in_advance=terms.in_advance)


def cost_of(
    received_minor: int, payments_minor: Sequence[int], periods_per_year: Decimal, *, in_advance: bool = False
) -> AnnualCost:
    """The annual cost of receiving a sum and paying one amount each period after it (or the first at once, in advance).

    Raises NoRate, SeveralRates.
    """
    if received_minor <= 0:
        raise NoRate("nothing was received")
    payments = [float(-payment) for payment in payments_minor]
    if in_advance and payments:
        return annual_cost([received_minor + payments[0], *payments[1:]], periods_per_year)
    return annual_cost([float(received_minor), *payments], periods_per_year)


def annual_cost(flows: Sequence[float], periods_per_year: Decimal) -> AnnualCost:
    """The annual cost of equally spaced flows. Raises NoRate, SeveralRates."""
    if not any(flows):
        return AnnualCost(Decimal(0), Decimal(0), Decimal(0))
    rate = irr_per_period(flows)
    periodic = as_decimal(rate if abs(rate) >= 1e-13 else 0.0)
    growth = math.log1p(float(periodic)) * float(periods_per_year)
    if growth > 700:
        raise NoRate("the rate is beyond any number")
    return AnnualCost(periodic, periodic * periods_per_year, as_decimal(math.expm1(growth)))


def as_decimal(value: float) -> Decimal:
    """A rate in the shortest digits that name the same float; never in exponent form once printed."""
    return Decimal(repr(value))
