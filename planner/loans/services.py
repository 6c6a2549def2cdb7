"""Loans as everything above reads them: contract, schedule, what was paid, what is due, and what it truly costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from .. import clock
from ..access import select_rows
from ..engine.amortisation import Schedule, build_schedule
from ..engine.annual_cost import AnnualCost, schedule_cost
from ..engine.contract import terms_from_dict, terms_to_dict
from ..engine.errors import NoRate, SeveralRates
from ..engine.ledger import LedgerRow, LedgerState, apply_payments
from ..engine.ledger import Payment as LedgerPayment
from ..engine.loan import LoanTerms, Method
from ..errors import NotFound
from ..extensions import db
from ..models import Case, Loan, Payment


@dataclass(frozen=True)
class LoanPosition:
    """Where a loan stands on a day. The annual cost is worked out when a page first asks for it."""

    loan: Loan
    terms: LoanTerms
    schedule: Schedule
    ledger: LedgerState

    @cached_property
    def cost(self) -> AnnualCost | None:
        """The true annual cost; None when no single rate balances the flows."""
        try:
            return schedule_cost(self.terms, self.schedule)
        except (NoRate, SeveralRates):
            return None

    @property
    def has_end(self) -> bool:
        """Whether the contract says how many instalments there are; a card does not."""
        return self.terms.method != Method.FIXED_PAYMENT

    @property
    def upfront_fee_minor(self) -> int:
        """Fees taken when the money was paid out."""
        return sum(fee.amount_minor for fee in self.terms.fees if fee.upfront)

    @property
    def received_minor(self) -> int:
        """What the borrower had in hand."""
        return self.terms.principal_minor - self.upfront_fee_minor

    @property
    def total_cost_minor(self) -> int:
        """Interest and fees over the whole contract."""
        return self.schedule.payment_minor - self.received_minor


@dataclass(frozen=True, slots=True)
class DueItem:
    """One instalment on a calendar. `of` is None for a card, which has no last instalment."""

    loan_id: int
    title: str
    n: int
    of: int | None
    due_on: date
    left_minor: int
    amount_minor: int
    is_paid: bool


def position(loan: Loan, today: date) -> LoanPosition:
    """Where this loan stands today."""
    terms = terms_from_dict(loan.terms)
    schedule = build_schedule(terms)
    paid = [LedgerPayment(p.paid_on, p.amount_minor, p.instalment_n) for p in loan.payments if p.reversed_on is None]
    return LoanPosition(
        loan, terms, schedule, apply_payments(schedule, paid, paid_before=loan.paid_before, as_of=today)
    )


def positions(case: Case, today: date, *, include_closed: bool = False) -> list[LoanPosition]:
    """Where each loan of the case stands, in the order they were entered; two queries whatever their number."""
    chosen = select_rows(Loan, case).order_by(Loan.id)
    if not include_closed:
        chosen = chosen.where(Loan.closed_on.is_(None))
    return [position(loan, today) for loan in db.session.scalars(chosen)]


def due_items(found: Sequence[LoanPosition], first: date, last: date) -> list[DueItem]:
    """The instalments due from `first` to `last`, both included, by date."""
    items = [_due_item(p, row) for p in found for row in p.ledger.rows if first <= row.instalment.due_date <= last]
    return sorted(items, key=lambda item: (item.due_on, item.loan_id))


def create_loan(case: Case, terms: LoanTerms, values: Mapping[str, Any], now: datetime) -> Loan:
    """Add a loan with this contract; `values` are the columns besides the contract."""
    loan = Loan(case_id=case.id, currency=terms.currency.code, terms=terms_to_dict(terms), created_at=now, **values)
    db.session.add(loan)
    db.session.flush()
    return loan


def mark_paid(loan: Loan, n: int, paid_on: date) -> Payment:
    """Record what is left of instalment `n` as paid on a day. Raises NotFound when there is no such unpaid instalment."""
    rows = position(loan, paid_on).ledger.rows
    row = rows[n - 1] if 1 <= n <= len(rows) else None
    if row is None or row.is_paid:
        raise NotFound
    return add_payment(loan, row.left_minor, paid_on, n)


def add_payment(loan: Loan, amount_minor: int, paid_on: date, n: int | None = None) -> Payment:
    """Record a payment."""
    payment = Payment(
        case_id=loan.case_id, amount_minor=amount_minor, paid_on=paid_on, instalment_n=n, created_at=clock.now()
    )
    loan.payments.append(payment)
    db.session.flush()
    return payment


def _due_item(found: LoanPosition, row: LedgerRow) -> DueItem:
    instalment, of = row.instalment, len(found.schedule.rows) if found.has_end else None
    return DueItem(
        found.loan.id,
        found.loan.title,
        instalment.n,
        of,
        instalment.due_date,
        row.left_minor,
        instalment.payment_minor,
        row.is_paid,
    )
