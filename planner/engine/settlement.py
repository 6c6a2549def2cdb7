"""What would settle a loan on a day: the principal left and the interest since the last instalment that was paid."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import NamedTuple

from .errors import TermsError
from .loan import LoanTerms
from .parts import Method
from .solving import round_units
from .walk import Walk


class Settlement(NamedTuple):
    """Units of the contract. `interest_minor` runs from the last due date paid to the day, rounded once."""

    principal_minor: int
    interest_minor: int

    @property
    def amount_minor(self) -> int:
        """What has to be paid on the day."""
        return self.principal_minor + self.interest_minor


def settle(terms: LoanTerms, paid: int, on: date) -> Settlement:
    """Settle after `paid` instalments on a day; instalments due since then and not paid bear no interest on interest.

    Flat interest runs by its share of each period, as if the lender charged no more than the time used; lenders may ask
    for more. Raises TermsError("paid_installments") or ("settlement_date") for what the schedule does not have.
    """
    machine = Walk(terms)
    reached = 0
    if paid:
        reached = next((k for k in machine.run() if k == paid), 0)
    if reached != paid:
        raise TermsError("paid_installments", "out_of_range", most=len(machine.columns.due))
    since = machine.periods[paid - 1].due if paid else terms.start_date
    if on < since:
        raise TermsError("settlement_date", "before_last_due_date")
    return _at(machine, paid, on)


def settle_when_due_is_made(terms: LoanTerms, on: date) -> Settlement:
    """Settle on a day with every instalment due by then made. Raises TermsError("settlement_date") before the start."""
    if on < terms.start_date:
        raise TermsError("settlement_date", "before_start", least=terms.start_date)
    machine, paid = Walk(terms), 0
    if machine.periods and machine.periods[0].due <= on:
        for paid in machine.run():
            if paid == len(machine.periods) or machine.periods[paid].due > on:
                break
    return _at(machine, paid, on)


def _at(machine: Walk, paid: int, on: date) -> Settlement:
    interest = round_units(_accrued(machine, paid, on), machine.interest_steps) + machine.carried
    return Settlement(machine.balance, interest)


def _accrued(machine: Walk, paid: int, on: date) -> Fraction:
    """Unrounded interest from the last paid due date to the day, across as many periods as lie between."""
    total = Fraction(0)
    for k, period in enumerate(machine.periods[paid:], paid + 1):
        if period.start >= on and k > paid + 1:
            break
        opening, end = machine.balance, min(on, period.due)
        changes = list(machine.enter(period, until=end))
        if k > machine.terms.grace.interest_free:
            flat = machine.terms.method == Method.FLAT
            base = (machine.flat_base, []) if flat else (opening, changes)
            total += machine.rates.interest(period, *base, until=end)
    return total
