"""Rows that repay a loan become payments on it, once each; those counted or marked before are left alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from sqlalchemy import select

from ..access import get_row, may_see, select_rows
from ..extensions import db
from ..loans import services as loans
from ..models import Case, Loan, Part, PayeeRule, Payment, Transaction
from ..statements.values import Direction
from .sorting import Rules, payee_key

_CLOSE = timedelta(days=10)
_ALIKE = 50  # a payment marked by hand is the same when it differs by at most a fiftieth


class Repaid(NamedTuple):
    """A row that would be recorded as a payment."""

    transaction_id: int
    on: date
    amount_minor: int


def choices(case: Case, today: date) -> list[loans.LoanPosition]:
    """The loans that rows of the case's currency may repay; none for a reader whom no loan is shared with."""
    found = loans.positions(case, today) if may_see(Part.LOANS) else []
    return [p for p in found if p.loan.currency == case.currency]


def to_record(case: Case, loan: Loan, rows: Sequence[Repaid], today: date) -> list[Repaid]:
    """Those of a loan's rows that no payment stands for yet.

    A row belongs to the instalment whose due date is nearest; those of instalments paid before the loan was entered here count
    there already. A payment marked by hand within ten days, of about the amount, takes one row's place.
    """
    due = [row.instalment.due_date for row in loans.position(loan, today).ledger.rows]
    start = loans.terms_of(loan).start_date
    stored = {payment.transaction_id for payment in loan.payments}
    by_hand = [p for p in loans.live_payments(loan) if p.transaction_id is None]
    found = []
    for row in sorted(rows, key=lambda each: (each.on, each.transaction_id)):
        nearest = min(range(len(due)), key=lambda i: (abs(due[i] - row.on), i), default=0)
        if row.transaction_id in stored or row.on < start or nearest < loan.paid_before:
            continue
        same = next((p for p in by_hand if _is_same(p, row)), None)
        if same is None:
            found.append(row)
        else:
            by_hand.remove(same)
    return found


def record(case: Case, today: date) -> int:
    """Record every row that the owner's rules say repays a loan and that is not recorded; returns how many.

    Whoever may not see the loans records none: the rows wait for the next statement of somebody who may.
    """
    if not may_see(Part.LOANS):
        return 0
    count = 0
    for loan_id in db.session.scalars(select(PayeeRule.loan_id).where(PayeeRule.case_id == case.id).distinct()):
        if loan_id is not None:
            count += record_loan(case, get_row(Loan, loan_id, case), today)
    return count


def record_loan(case: Case, loan: Loan, today: date) -> int:
    """The same for one loan; rows that were payments on another before are moved."""
    rows = ruled_rows(case, loan)
    _let_go(case, loan, [row.transaction_id for row in rows])
    found = to_record(case, loan, rows, today)
    for row in found:
        payment = loans.add_payment(loan, row.amount_minor, row.on)
        payment.transaction_id = row.transaction_id
    db.session.flush()
    return len(found)


def _let_go(case: Case, loan: Loan, ids: Sequence[int]) -> None:
    """Take these rows off the other loans that they were payments on: a row pays once, on the loan the rules say now."""
    stray = select_rows(Payment, case).where(Payment.transaction_id.in_(ids), Payment.loan_id != loan.id)
    for payment in db.session.scalars(stray):
        payment.loan.payments.remove(payment)
    db.session.flush()


def is_kept(case: Case, import_id: int) -> bool:
    """Whether an import holds payments on loans, and the reader may not see loans: then they cannot take it back."""
    rows = select(Transaction.id).where(Transaction.import_id == import_id)
    paid = select_rows(Payment, case).where(Payment.transaction_id.in_(rows)).limit(1)
    return not may_see(Part.LOANS) and db.session.scalars(paid).first() is not None


def ruled_rows(case: Case, loan: Loan) -> list[Repaid]:
    """The rows that the owner's rules say repay this loan."""
    rules = Rules(case)
    return [
        repaid
        for repaid, row in _out_rows(case, loan)
        if (rule := rules.find(row.counterparty or row.text, row.direction, row.amount_minor))
        and rule.loan_id == loan.id
    ]


def rows_of(case: Case, loan: Loan, payee_name: str, ids: Sequence[int]) -> list[Repaid]:
    """The rows with these keys and this other side, as repayments of a loan."""
    wanted = set(ids)
    return [
        repaid
        for repaid, row in _out_rows(case, loan)
        if row.id in wanted and payee_key(row.counterparty or row.text) == payee_name
    ]


def _out_rows(case: Case, loan: Loan) -> list[tuple[Repaid, Transaction]]:
    query = select_rows(Transaction, case).where(
        Transaction.direction == Direction.OUT, Transaction.currency == loan.currency
    )
    if loan.closed_on is not None:
        query = query.where(Transaction.on <= loan.closed_on)
    return [(Repaid(row.id, row.on, row.amount_minor), row) for row in db.session.scalars(query) if row.on]


def _is_same(payment: Payment, row: Repaid) -> bool:
    close = abs(payment.paid_on - row.on) <= _CLOSE
    return close and abs(payment.amount_minor - row.amount_minor) * _ALIKE <= row.amount_minor
