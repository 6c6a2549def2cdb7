"""The amount that ends a running loan on a day: what is overdue as the ledger has it, and what has run since."""

from __future__ import annotations

from bisect import bisect_right
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from .errors import NoRate, SeveralRates
from .ledger import LedgerState
from .loan import LoanTerms
from .money import round_ratio
from .parts import Method
from .remaining import outstanding
from .schedule import Schedule
from .settlement import settle_when_due_is_made


class PayoffAmount(NamedTuple):
    """What ends a loan on a day, in minor units by what it is for.

    `principal_minor` and `interest_minor` hold what is overdue and what has run since the last due date; `ahead_minor` was
    paid on instalments still to come and counts against the sum. An estimate where the contract names no rate.
    """

    principal_minor: int
    interest_minor: int
    fee_minor: int
    penalty_minor: int
    late_fee_minor: int
    ahead_minor: int
    is_estimate: bool

    @property
    def amount_minor(self) -> int:
        """What has to be paid; 0 when more was paid than is owed (`over_minor`)."""
        return max(self._balance_minor, 0)

    @property
    def over_minor(self) -> int:
        """What the lender would have to give back."""
        return max(-self._balance_minor, 0)

    @property
    def _balance_minor(self) -> int:
        return sum(self[:5]) - self.ahead_minor


def payoff_amount(terms: LoanTerms, schedule: Schedule, state: LedgerState) -> PayoffAmount:
    """What ends the loan on the day of `state`, given what was really paid by then.

    `terms` and `schedule` hold the extra principal already paid. Instalments due by that day count as they stand in the
    ledger, penalty and late fees included; what comes later counts as its principal and the interest of the days used
    (settlement.py). Where the contract only lists payments, those to come count at the loan's own internal rate.
    Raises TermsError("settlement_date") before the loan began.
    """
    on = state.as_of
    running = settle_when_due_is_made(terms, on)
    reached = bisect_right(schedule.due, on)
    is_listed = terms.method == Method.PAYMENT_PLAN
    principal, interest = _implied(terms, schedule, reached, on) if is_listed else running
    overdue, later = state.rows[:reached], state.rows[reached:]
    return PayoffAmount(
        principal + sum(row.principal_left_minor for row in overdue),
        interest + sum(row.interest_left_minor for row in overdue),
        sum(row.fee_left_minor for row in overdue),
        state.penalty_left_minor,
        state.late_fee_left_minor,
        sum(row.paid_minor for row in later) + state.over_minor,
        is_listed,
    )


def _implied(terms: LoanTerms, schedule: Schedule, reached: int, on: date) -> tuple[int, int]:
    """Payments still to come, at the rate that all of them together imply; their plain sum where they imply none."""
    if reached == len(schedule):
        return 0, 0
    try:
        owed, rate = outstanding(terms, schedule, reached)
    except (NoRate, SeveralRates):
        return sum(schedule.payments[reached:]), 0
    since = schedule.due[reached - 1] if reached else terms.start_date
    share = Fraction((on - since).days, (schedule.due[reached] - since).days)
    interest = owed * Fraction(max(rate, Decimal(0))) * share
    return owed, round_ratio(interest.numerator, interest.denominator)
