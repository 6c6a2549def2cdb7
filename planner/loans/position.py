"""One loan as it stands on a day, and its instalments as items of a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ..engine import arrangement
from ..engine.annual_cost import AnnualCost
from ..engine.fees import upfront_fees
from ..engine.ledger import LedgerRow, LedgerState
from ..engine.loan import LoanTerms, Method
from ..engine.schedule import Schedule
from ..models import Loan
from .agreed import Agreed


@dataclass(frozen=True, slots=True)
class LoanPosition:
    """One loan as it stands on a day. Amounts are minor units of the loan's currency.

    `terms` and `cost` are the contract's. `agreed` is the agreement that runs, None without one: its rows are then the rest of
    `schedule` and `ledger`, and what only the contract knows (a what-if, a payoff amount) cannot be worked out.
    """

    loan: Loan
    terms: LoanTerms
    schedule: Schedule
    ledger: LedgerState
    cost: AnnualCost | None
    agreed: Agreed | None = None

    @property
    def is_revolving(self) -> bool:
        """Whether no end was agreed (a card): what is left is then today's balance, not a sum of instalments."""
        return self.agreed is None and self.terms.method in (Method.FIXED_PAYMENT, Method.PCT_OF_BALANCE)

    @property
    def agreed_rate(self) -> Decimal:
        """What interest runs at a year under the agreement; 0 without one."""
        if self.agreed is None:
            return Decimal(0)
        if self.agreed.annual_rate is not None:
            return self.agreed.annual_rate
        return arrangement.implied_rate(self.agreed.rows, self.terms.periods_per_year)

    @property
    def is_agreement_broken(self) -> bool:
        """Whether an agreed instalment is unpaid past its grace: the contract's, or the few days any transfer may take."""
        if self.agreed is None:
            return False
        grace = max(self.ledger.rules.grace_days, arrangement.USUAL_GRACE_DAYS)
        return arrangement.is_broken(self.ledger.rows, self.agreed.settled, self.ledger.as_of, grace)

    @property
    def is_agreement_kept(self) -> bool:
        """Whether everything that was agreed is paid."""
        return self.agreed is not None and arrangement.is_kept(self.ledger.rows, self.agreed.settled)

    @property
    def next(self) -> LedgerRow | None:
        """The oldest instalment that is not paid in full; None when everything is paid."""
        return self.ledger.next_due

    @property
    def left_minor(self) -> int:
        """What is still to be paid under the contract or the agreement; for a card, the balance now."""
        if not self.is_revolving:
            return self.ledger.left_minor
        return max(self.ledger.principal_left_minor, 0)

    @property
    def days_left(self) -> int:
        """Days until the next instalment; negative when it is past due, 0 when nothing is left."""
        return (self.next.instalment.due_date - self.ledger.as_of).days if self.next else 0

    @property
    def is_overdue(self) -> bool:
        """Whether an instalment that was due before today is not paid in full."""
        return self.next is not None and self.days_left < 0

    @property
    def is_paid_off(self) -> bool:
        """Whether nothing is left to pay."""
        return self.next is None

    @property
    def count(self) -> int | None:
        """How many instalments were agreed; None for a card."""
        return None if self.is_revolving else len(self.schedule.rows)

    @property
    def received_minor(self) -> int:
        """What reached the borrower: the amount less what was taken off at the start."""
        if self.loan.received_minor is not None:
            return self.loan.received_minor
        return self.terms.principal_minor - upfront_fees(
            self.terms.fees, self.terms.principal_minor, self.schedule.digits
        )

    @property
    def total_minor(self) -> int:
        """All instalments together, and principal paid at once."""
        return self.schedule.payment_minor + sum(extra.amount_minor for extra in self.terms.extra_principal)

    @property
    def rest_minor(self) -> int:
        """What the contract leaves owing after its last instalment; 0 for nearly all."""
        return self.schedule.rows[-1].balance_minor if self.schedule.rows else 0

    @property
    def cost_minor(self) -> int:
        """What the loan costs in all: everything paid, and what then still is owed, less what was received."""
        return self.total_minor + self.rest_minor - self.received_minor

    @property
    def paid_in_order(self) -> int:
        """How many instalments are paid without a gap: everything before the oldest unpaid one."""
        return self.next.instalment.n - 1 if self.next else len(self.schedule.rows)

    @property
    def extra_since_minor(self) -> int:
        """Principal paid at once since the last instalment that was paid."""
        n = self.paid_in_order
        since = self.schedule.due[n - 1] if n else date.min
        return sum(extra.amount_minor for extra in self.terms.extra_principal if extra.on > since)

    @property
    def part_minor(self) -> int:
        """What is paid already of the row that comes next, principal paid at once included."""
        return (self.next.paid_minor if self.next else 0) + self.extra_since_minor

    @property
    def due_minor(self) -> int:
        """What the oldest unpaid instalment asks for today, with what being late added to it."""
        return self.next.left_minor + self.next.late_left_minor if self.next else 0


@dataclass(frozen=True, slots=True)
class DueItem:
    """One instalment on one day. `of` is None for a card; `left_minor` is what is not paid of `amount_minor` yet."""

    loan_id: int
    title: str
    n: int
    of: int | None
    due_on: date
    left_minor: int
    amount_minor: int
    is_paid: bool
    currency: str
