"""Payments as they happened, laid against the schedule: what each paid, what each instalment still needs, what being late costs.

Conventions. Money counts on the day it arrives: first for what is due by then, in the order the contract states (late.py),
then for the next instalments. Paying an instalment early saves no interest; money meant for the principal does, through
the contract (`with_extras`). A payment the bank returned never paid anything: what it had paid runs as unpaid from its
own due date (a lender books the return with the value date of the payment).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from .book import Book, LedgerRow
from .errors import TermsError
from .late import LateRules
from .loan import LoanTerms
from .payments import EFFECTS, Counted, Payment, Purpose, with_extras
from .penalty import PenaltyRates
from .schedule import Schedule

__all__ = ["Counted", "LedgerRow", "LedgerState", "Payment", "Purpose", "apply_payments", "with_extras"]

_NO_RULES = LateRules()


@dataclass(frozen=True, slots=True)
class LedgerState:
    """Where a loan stands on the day `as_of`. `over_minor` is money paid beyond the whole schedule; `counted` says what each
    payment paid, in the order in which they were given."""

    rows: tuple[LedgerRow, ...]
    as_of: date
    over_minor: int
    counted: tuple[Counted, ...] = ()
    rules: LateRules = field(default=_NO_RULES)

    @property
    def next_due(self) -> LedgerRow | None:
        """The oldest instalment that is not paid in full."""
        return next((row for row in self.rows if not row.is_paid), None)

    @property
    def left_minor(self) -> int:
        """All that is still to be paid under the contract, without what being late costs."""
        return sum(row.left_minor for row in self.rows)

    @property
    def principal_left_minor(self) -> int:
        """The principal not paid, overdue or still to come."""
        return sum(row.principal_left_minor for row in self.rows)

    @property
    def paid_count(self) -> int:
        """How many instalments are paid in full."""
        return sum(row.is_paid for row in self.rows)

    @property
    def arrears_minor(self) -> int:
        """What was due before `as_of` and is not paid, without what being late costs."""
        return sum(row.left_minor for row in self.rows if row.instalment.due_date < self.as_of)

    @property
    def missed_count(self) -> int:
        """How many instalments are overdue, in part or whole."""
        return sum(not row.is_paid and row.instalment.due_date < self.as_of for row in self.rows)

    @property
    def penalty_left_minor(self) -> int:
        """Penalty interest up to `as_of` that is not paid."""
        return sum(row.penalty_left_minor for row in self.rows)

    @property
    def late_fee_left_minor(self) -> int:
        """Fees for being late that are not paid."""
        return sum(row.late_fee_left_minor for row in self.rows)

    @property
    def overdue_minor(self) -> int:
        """All that is overdue: the instalments, the penalty and the fees for being late."""
        return self.arrears_minor + self.penalty_left_minor + self.late_fee_left_minor

    @property
    def days_past_due(self) -> int:
        """How many days the oldest unpaid instalment is past due, agreed pauses left out; 0 when none is."""
        oldest = self.next_due
        return self.rules.counted(oldest.instalment.due_date, self.as_of) if oldest else 0


def apply_payments(
    schedule: Schedule,
    payments: Sequence[Payment],
    *,
    paid_before: int = 0,
    as_of: date,
    late: LateRules | None = None,
    terms: LoanTerms | None = None,
) -> LedgerState:
    """Lay payments against the schedule of the contract `terms`, to which the extra principal among them belongs already.

    The first `paid_before` instalments count as paid: they were settled before the payments were recorded here. A payment
    meant for an instalment goes there first. Payments of one day count in the order given, those meant for an instalment
    first. Raises TermsError("uplift") when the rules raise a contract's rate and no contract is given.
    """
    rules = late or _NO_RULES
    if rules.uplift is not None and terms is None:
        raise TermsError("uplift", "no_contract")
    book = Book(schedule, paid_before, rules, PenaltyRates(rules, terms))
    counted = [Counted()] * len(payments)
    for i in sorted(range(len(payments)), key=lambda i: (payments[i].paid_on, payments[i].instalment_n is None, i)):
        payment = payments[i]
        if payment.is_returned:
            continue
        if payment.purpose in EFFECTS:
            counted[i] = Counted(principal_minor=payment.amount_minor)
            continue
        book.advance(payment.paid_on)
        counted[i] = book.take(payment)
    book.advance(as_of)
    return LedgerState(book.rows(), as_of, sum(c.over_minor for c in counted), tuple(counted), rules)
