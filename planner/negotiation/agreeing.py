"""From a lender's written word to the schedule: the one place where talks change what a loan asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm.attributes import flag_modified

from ..documents.proposal import ProposalDocument, Request
from ..engine.arrangement import AgreedRow, check_rows, continued
from ..engine.book import LedgerRow
from ..engine.ledger import apply_payments
from ..engine.requests import Outcome
from ..errors import Conflict
from ..extensions import db
from ..loans import agreed
from ..loans import services as loans
from ..loans.services import LoanPosition
from ..models import Arrangement, Case, Confirmation, Evidence, ProposalItem, Response

# What a written word should say, in the order of the form.
CHECKLIST = ("amount", "dates", "interest_fees", "waived", "credit_record", "breach")


@dataclass(frozen=True, slots=True)
class Agreed:
    """What was agreed on: the due dates of the contract it replaces, and its own rows, as of the day they were worked out.

    `annual_rate` is the rate that was agreed, None where the rows say it.
    """

    replaced: Sequence[date]
    rows: Sequence[AgreedRow]
    as_of: date
    annual_rate: Decimal | None = None


def of_request(document: ProposalDocument, request: Request) -> Agreed:
    """What was offered, as it was frozen."""
    due = tuple(row.due_on for row in request.contract_rows)
    return Agreed(due, agreed.rows_of(request.rows), document.created_on, request.asked.annual_rate)


def of_outcome(outcome: Outcome, as_of: date) -> Agreed:
    """A counter-offer as it was worked out on a day."""
    rows = tuple(
        AgreedRow(row.due_date, row.principal_minor, row.interest_minor + row.fee_minor, row.balance_minor)
        for row in outcome.rows_after
    )
    return Agreed(tuple(row.due_date for row in outcome.rows_before), rows, as_of, outcome.asked.annual_rate)


@dataclass(frozen=True, slots=True)
class Word:
    """A written confirmation: what it says of each point of CHECKLIST, and its proof, a file or a reference."""

    received_on: date
    terms: Mapping[str, Any]
    evidence: Evidence | None
    reference: str | None
    response: Response | None
    review_on: date | None


def confirm(
    case: Case, item: ProposalItem, position: LoanPosition, what: Agreed, word: Word, now: datetime
) -> Arrangement:
    """Record the lender's word; from now on the agreement is the loan's schedule.

    Raises ValueError without proof, TermsError("rows") for rows that cannot be a schedule, Conflict when the item has an
    agreement that runs, and StaleDataError for the second of two at once.
    """
    if word.evidence is None and not word.reference:
        raise ValueError("a confirmation needs a file or a reference")
    if position.agreed is not None and position.agreed.row.item_id == item.id:
        raise Conflict
    settled, rows = rows_of(position, what)
    confirmation = Confirmation(
        case_id=case.id, item_id=item.id, response_id=word.response.id if word.response else None,
        evidence_id=word.evidence.id if word.evidence else None, reference=word.reference, received_on=word.received_on,
        terms=dict(word.terms), created_at=now,
    )  # fmt: skip
    db.session.add(confirmation)
    flag_modified(item, "asked")  # counts the item's version up, so that of two at once the second finds it changed
    db.session.flush()
    if position.agreed is not None:
        agreed.end(position.agreed.row, position.ledger.as_of, "replaced")
    row = Arrangement(
        case_id=case.id, loan_id=position.loan.id, item_id=item.id, confirmation_id=confirmation.id, confirmation=confirmation,
        from_on=what.rows[0].due_on, settled=settled, rows=agreed.rows_as_json(rows, position.loan.currency),
        annual_rate=what.annual_rate, review_on=word.review_on, created_at=now,
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    return row


def rows_of(position: LoanPosition, what: Agreed) -> tuple[int, tuple[AgreedRow, ...]]:
    """How many instalments of the contract stay in front, and the rows after them, with one for what was paid already of those
    that are replaced: the agreed rows leave it out. Raises TermsError("rows")."""
    schedule = position.schedule
    first, replaced = what.replaced[0], set(what.replaced)
    settled = sum(due < first for due in schedule.due)
    # What falls between the overdue instalments and the request's first day is paid as the contract has it.
    kept = [
        AgreedRow(row.due_date, row.principal_minor, row.interest_minor + row.fee_minor, 0)
        for row in schedule.rows[settled:]
        if row.due_date not in replaced and row.due_date < what.rows[0].due_on
    ]
    new = sorted([*_paid_before(position, settled, what), *kept, *what.rows], key=lambda row: row.due_on)
    rows = _balanced(new, what.rows[-1].balance_minor)
    check_rows(rows, schedule.due[settled - 1] if settled else None)
    running = position.agreed
    return continued((running.settled, running.rows) if running else None, settled, rows)


def _paid_before(position: LoanPosition, settled: int, what: Agreed) -> list[AgreedRow]:
    """A row for the money that had been paid, when the agreement was worked out, on instalments that are now replaced."""
    as_of = what.as_of
    paid = [payment for payment in loans.engine_payments(position) if payment.paid_on <= as_of]
    state = apply_payments(position.schedule, paid, paid_before=position.loan.paid_before, as_of=as_of)
    part = [_parts(row) for row in state.rows[settled:] if row.paid_minor]
    principal, other = sum(each[0] for each in part), sum(each[1] for each in part)
    before = position.schedule.due[settled - 1] if settled else date.min
    return [AgreedRow(max(before, min(as_of, what.rows[0].due_on)), principal, other, 0)] if principal + other else []


def _parts(row: LedgerRow) -> tuple[int, int]:
    """What was paid of an instalment: of its principal, and of the rest."""
    principal = row.instalment.principal_minor - row.principal_left_minor
    return principal, row.paid_minor - principal


def _balanced(rows: Sequence[AgreedRow], last: int) -> list[AgreedRow]:
    """The rows with their balances, from what is owed after the last one."""
    found, balance = [], last
    for row in reversed(rows):
        found.append(row._replace(balance_minor=balance))
        balance += row.principal_minor
    return found[::-1]
