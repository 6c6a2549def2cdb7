"""Terms to schedule, to the unit: `build_schedule`. Plain contracts take a short way through, all others the general one."""

from __future__ import annotations

from decimal import Decimal

from .loan import LoanTerms
from .money import RoundingMode, round_ratio
from .plain import plain_schedule
from .schedule import Instalment, Schedule
from .solving import level_exact, rounded
from .walk import walk

__all__ = ["Instalment", "Schedule", "build_schedule", "level_instalment", "period_interest"]


def build_schedule(terms: LoanTerms) -> Schedule:
    """The schedule of a contract. With a clearing last row its principal parts and extra payments sum to what was lent.

    Raises NeverPaysOff when the payments never clear the balance (or not in a hundred years), TermsError for what only
    shows while it is made: negative amortisation that is not allowed, money paid out after the last due date.
    """
    return plain_schedule(terms) or walk(terms)


def level_instalment(principal_minor: int, periodic_rate: Decimal, count: int) -> int:
    """The level payment P i / (1 - (1 + i)^-n), rounded half up to the minor unit."""
    return rounded(level_exact(principal_minor, periodic_rate, count), (1, RoundingMode.HALF_UP))


def period_interest(terms: LoanTerms, balance_minor: int) -> int:
    """One regular period's interest on a balance at the contract's first rate, rounded half up to the minor unit."""
    rate_top, rate_bottom = terms.annual_rate.as_integer_ratio()
    per_top, per_bottom = terms.periods_per_year.as_integer_ratio()
    return round_ratio(balance_minor * rate_top * per_bottom, rate_bottom * per_top)
