"""One case as the values its files are made of: the case itself as far as it is shared, and its standard statement."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from sqlalchemy import select

from ..access import select_rows
from ..budget import services as budget
from ..budget.services import MonthView
from ..budget.statement import Debt, statement_of
from ..documents import plain
from ..documents.case_file import (
    ArrangementPart,
    BudgetRow,
    CaseFile,
    LoanPart,
    PaidRow,
    PlanPart,
    ScheduleRow,
)
from ..documents.proposal import BudgetItem, BudgetStatement, CreditorShare, OfferRow, ProposalDocument
from ..engine.budget import Necessity
from ..engine.money import currency, from_minor
from ..engine.offers import available
from ..extensions import db
from ..loans import services as loans
from ..loans.services import LoanPosition
from ..models import Arrangement, Case, Loan, Part, Proposal, ProposalItem, Response, Share

Facts = list[tuple[str, str]]


def case_file(case: Case, number: int, parts: Collection[str], today: date) -> CaseFile:
    """The case as one value: of client `number`, with these parts of it."""
    places = loans.positions(case, today, include_closed=True) if Part.LOANS in parts else None
    has_budget, has_talks = Part.BUDGET in parts, Part.CONTACTS in parts
    return CaseFile(
        number, today, currency(case.currency), case.balance_minor if has_budget else None,
        case.balance_on if has_budget else None, _budget(case, today) if has_budget else None,
        None if places is None else tuple(_loan(place) for place in places),
        _plans(case, has_talks=has_talks) if Part.PLANS in parts else None,
        _arrangements(case) if has_talks else None,
    )  # fmt: skip


def statement_document(case: Case, number: int, today: date) -> tuple[ProposalDocument, Facts]:
    """The present month in the form of the standard statement, and what it is. No offer is in it: what its structure calls an
    offer is what each contract asks for."""
    found = statement_of(case, today)
    s, debts = found.summary, [*found.priority, *found.others]
    own = [debt for debt in debts if debt.loan.currency == case.currency]
    month = BudgetStatement(
        s.income_minor, s.essential_minor, s.flexible_minor, s.savings_minor, available(s),
        sum(debt.monthly_minor for debt in found.priority if debt in own), _items(found.month),
    )  # fmt: skip
    document = ProposalDocument(
        f"CLIENT-{number:04}", 1, today, today, None, currency(case.currency), None, None, None, None, None, month,
        tuple(_creditor(n, debt) for n, debt in enumerate(own, 1)), (), (),
    )  # fmt: skip
    return document, _facts(document, number, [debt for debt in debts if debt not in own])


def _facts(document: ProposalDocument, number: int, foreign: Sequence[Debt]) -> Facts:
    found = [
        (_("Client"), str(number)),
        (_("Date"), document.created_on.isoformat()),
        (_("Currency"), document.unit.code),
        (_("Offers"), _("None is made here: what stands as an offer is what the contract asks for this month.")),
    ]
    for debt in foreign:
        left = format(from_minor(debt.left_minor, currency(debt.loan.currency)), "f")
        found.append((_("In no sum, in another currency"), f"{debt.loan.creditor} {debt.loan.currency} {left}"))
    return found


def _items(month: MonthView) -> tuple[BudgetItem, ...]:
    groups = (
        ("income", month.income),
        (Necessity.ESSENTIAL, month.essential),
        (Necessity.FLEXIBLE, month.flexible),
        (Necessity.SAVINGS, month.savings),
    )
    return tuple(
        BudgetItem(row.line.name, str(group), row.monthly_minor, row.line.category, row.line.note)
        for group, rows in groups for row in rows
    )  # fmt: skip


def _creditor(n: int, debt: Debt) -> CreditorShare:
    loan, monthly = debt.loan, debt.monthly_minor
    return CreditorShare(
        n, loan.creditor, loan.reference, debt.left_minor, monthly, monthly, loan.is_priority, is_token=False
    )


def _budget(case: Case, today: date) -> tuple[BudgetRow, ...]:
    month = budget.month_view(case, today.replace(day=1), today, ())
    counted = {
        row.line.id: row.monthly_minor
        for rows in (month.income, month.essential, month.flexible, month.savings) for row in rows
    }  # fmt: skip
    return tuple(
        BudgetRow(
            line.name, line.kind, line.necessity, line.category, line.amount_minor, line.frequency, line.starts_on,
            line.ends_on, counted.get(line.id, 0), line.note,
        )
        for line in budget.lines(case)
    )  # fmt: skip


def _loan(place: LoanPosition) -> LoanPart:
    loan, state = place.loan, place.ledger
    return LoanPart(
        currency(loan.currency), loan.creditor, loan.name, loan.reference, loan.is_priority, loan.advertised_rate,
        round(place.cost.nominal, 6) if place.cost else None, loan.closed_on, place.left_minor, state.overdue_minor,
        state.days_past_due, loan.terms, _schedule(place), _payments(loan),
    )  # fmt: skip


def _schedule(place: LoanPosition) -> tuple[ScheduleRow, ...]:
    rows = ((row.instalment, row.left_minor) for row in place.ledger.rows)
    return tuple(
        ScheduleRow(i.n, i.due_date, i.principal_minor, i.interest_minor, i.fee_minor, i.payment_minor, left)
        for i, left in rows
    )


def _payments(loan: Loan) -> tuple[PaidRow, ...]:
    return tuple(
        PaidRow(paid.paid_on, paid.amount_minor, paid.instalment_n, paid.purpose, paid.returned_on)
        for paid in loans.live_payments(loan)
    )


def _plans(case: Case, *, has_talks: bool) -> tuple[PlanPart, ...]:
    """What was proposed to whom, one row a creditor, in the order in which the plans were made; answers belong to the talks."""
    zone = ZoneInfo(case.timezone)
    items = db.session.scalars(
        select_rows(ProposalItem, case).where(ProposalItem.is_included).order_by(ProposalItem.id)
    )
    shared = _by_item(db.session.scalars(select_rows(Share, case).order_by(Share.id.desc())))
    said = select_rows(Response, case).order_by(Response.said_at, Response.id)
    answers = _by_item(db.session.scalars(said) if has_talks else ())
    references = dict(
        db.session.execute(select(Proposal.id, Proposal.reference).where(Proposal.case_id == case.id)).all()
    )
    found = []
    for item in items:
        share, answer = shared.get(item.id), answers.get(item.id)
        found.append(PlanPart(
            references[item.proposal_id], item.loan.creditor,
            share.created_at.astimezone(zone).date() if share else None, answer.kind if answer else None,
            answer.said_at.astimezone(zone).date() if answer else None,
        ))  # fmt: skip
    return tuple(found)


def _by_item(rows: Any) -> dict[int, Any]:
    """The last of these rows for each item."""
    return {row.item_id: row for row in rows if row.item_id is not None}


def _arrangements(case: Case) -> tuple[ArrangementPart, ...]:
    lenders = {loan.id: loan for loan in db.session.scalars(select_rows(Loan, case))}
    found = []
    for row in db.session.scalars(select_rows(Arrangement, case).order_by(Arrangement.id)):
        loan = lenders[row.loan_id]
        unit = currency(loan.currency)
        rows = tuple(plain.read(OfferRow, each, unit) for each in row.rows)
        found.append(ArrangementPart(unit, loan.creditor, row.from_on, row.review_on, row.ended_on, rows))
    return tuple(found)
