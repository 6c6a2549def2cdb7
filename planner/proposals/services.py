"""A proposal from first thought to frozen version. What it comes to is worked out in drafting.py."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import func, select

from .. import models
from ..access import may_see, select_rows
from ..budget.services import Row
from ..documents import plain
from ..documents.proposal import (
    Agency,
    Asked,
    BudgetItem,
    BudgetStatement,
    Cause,
    CreditorShare,
    EvidenceItem,
    OfferRow,
    ProposalDocument,
    Request,
    Side,
    from_json,
    to_json,
)
from ..engine.asked import WITH_AMOUNT
from ..engine.budget import Necessity
from ..engine.money import currency
from ..engine.requests import Outcome, each_time, monthly_minor
from ..engine.schedule import Instalment
from ..errors import InForce, NotFound
from ..extensions import db
from ..loans import services as loans
from ..models import Case, Client, Confirmation, Consent, Loan, Proposal, ProposalItem, ProposalVersion, Response, Share
from .drafting import REPLY_DAYS, Draft, Part, draft_of, is_unapproved
from .retesting import Retest, Terms, as_offered, retest

__all__ = [
    "Retest", "Terms", "add_missing", "as_offered", "ask", "build_document", "case_of", "cause_of", "count_links", "create",
    "document_of", "find_draft", "freeze", "is_confirmed", "is_unapproved", "latest_version", "list_proposals", "load",
    "new_reference", "remove", "retest", "set_amount", "sign", "status_of",
]  # fmt: skip
_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def list_proposals(case: Case) -> list[Proposal]:
    """The case's proposals, the newest first."""
    return list(db.session.scalars(select_rows(Proposal, case).order_by(Proposal.id.desc())))


def create(case: Case, loan: Loan | None, today: date, now: datetime) -> Proposal:
    """A new draft for all creditors; one that starts from a loan asks its creditor alone, the others are paid as agreed."""
    proposal = Proposal(case_id=case.id, reference=new_reference(today), checked={}, created_at=now, updated_at=now)
    add_missing(case, proposal, today, only=loan)
    db.session.add(proposal)
    db.session.flush()
    return proposal


def sign(proposal: Proposal, consent: Consent | None, approved_at: datetime | None) -> None:
    """Keep who drew it up and for which agency; a household's own plan names nobody."""
    if consent is not None:
        proposal.drafted_by_id, proposal.agency_id = consent.user_id, consent.agency_id
        proposal.approved_at = approved_at


def add_missing(case: Case, proposal: Proposal, today: date, only: Loan | None = None) -> int:
    """Add the creditors the proposal does not have yet; returns how many. With `only` the others are not asked for anything."""
    known = {item.loan_id for item in proposal.items}
    found = [
        p.loan for p in loans.positions(case, today)
        if p.loan.currency == case.currency and not p.is_paid_off and p.loan.id not in known
    ]  # fmt: skip
    last = max((item.n for item in proposal.items), default=0)
    for n, loan in enumerate(found, last + 1):
        included = only is None or loan.id == only.id
        proposal.items.append(ProposalItem(case_id=case.id, loan=loan, loan_id=loan.id, n=n, is_included=included))
    return len(found)


def new_reference(today: date) -> str:
    """A name for the proposal that people can say on the phone: RP-2026-1209-4F7KQ."""
    tail = "".join(secrets.choice(_LETTERS) for _ in range(5))
    return f"RP-{today:%Y-%m%d}-{tail}"


def find_draft(proposal: Proposal, today: date) -> Draft:
    """The proposal worked out as of today."""
    return draft_of(case_of(proposal), proposal, today)


def case_of(proposal: Proposal) -> Case:
    """The case of a proposal that was loaded through access.py. Raises NotFound when it is gone."""
    found = db.session.get(Case, proposal.case_id)
    if found is None:
        raise NotFound
    return found


def ask(item: ProposalItem, asked: Asked, outcome: Outcome) -> None:
    """Keep what is asked of a creditor, and what it brings a month."""
    item.asked = plain.write(asked, currency(item.loan.currency))
    item.offered_minor = monthly_minor(outcome) if asked.kind in WITH_AMOUNT else None
    item.is_included = True


def set_amount(part: Part, monthly: int | None) -> None:
    """Offer a creditor this much a month; None takes the fair share, whatever was chosen before."""
    item = part.item
    item.offered_minor = monthly
    if monthly is None:
        item.asked = None
    elif item.asked is not None and part.asked is not None and part.asked.kind in WITH_AMOUNT:
        each = max(each_time(monthly, part.position.terms.periods_per_year), 1)
        item.asked = plain.write(replace(part.asked, amount_minor=each), currency(part.loan.currency))


def freeze(proposal: Proposal, today: date, now: datetime) -> ProposalVersion:
    """The proposal's present state as a version that no later edit changes; the last version when nothing has changed.

    What was only suggested is kept as chosen: an offer that went out does not change with the budget or the day.
    """
    for part in find_draft(proposal, today).asking:
        if part.item.asked is None and part.outcome is not None:
            ask(part.item, part.outcome.asked, part.outcome)
    latest = latest_version(proposal)
    document = build_document(proposal, today)
    if latest is not None and document == load(latest):
        return latest
    version = ProposalVersion(
        case_id=proposal.case_id, proposal=proposal, number=document.number, value=to_json(document),
        sha256=document.sha256, created_at=now,
    )  # fmt: skip
    db.session.add(version)
    db.session.flush()
    return version


def is_confirmed(proposal: Proposal) -> bool:
    """Whether a lender has given their written word on any of it, also where that agreement has ended since."""
    given = select(Confirmation.id).join(ProposalItem, Confirmation.item_id == ProposalItem.id)
    return db.session.scalar(given.where(ProposalItem.proposal_id == proposal.id).limit(1)) is not None


def count_links(proposal: Proposal, now: datetime) -> int:
    """How many of its links still open."""
    mine = select(func.count(Share.id)).join(ProposalVersion).where(ProposalVersion.proposal_id == proposal.id)
    return db.session.scalar(mine.where(Share.revoked_at.is_(None), Share.expires_at > now)) or 0


def remove(proposal: Proposal) -> None:
    """Take it away with its versions, links and answers. Raises InForce when a lender confirmed it in writing."""
    if is_confirmed(proposal):
        raise InForce
    db.session.delete(proposal)
    db.session.flush()


def load(version: ProposalVersion) -> ProposalDocument:
    """The frozen value."""
    return from_json(version.value)


def latest_version(proposal: Proposal) -> ProposalVersion | None:
    """The version frozen last."""
    mine = select(ProposalVersion).where(ProposalVersion.proposal_id == proposal.id)
    return db.session.scalars(mine.order_by(ProposalVersion.number.desc()).limit(1)).one_or_none()


def build_document(proposal: Proposal, today: date) -> ProposalDocument:
    """The full value as it would be frozen now; with the number and days of the last version if nothing has changed since.

    A creditor whose request cannot be worked out stands in the table without one (Draft.is_ready says so beforehand).
    """
    latest = latest_version(proposal)
    document = document_of(find_draft(proposal, today))
    if latest is None:
        return document
    frozen = load(latest)
    same_day = replace(document, number=frozen.number, created_on=frozen.created_on, reply_by=frozen.reply_by)
    return frozen if same_day == frozen else replace(document, number=frozen.number + 1)


def status_of(item: ProposalItem) -> str:
    """Where the talk with this creditor stands: draft, shared, viewed, or, to whom talks are shared, what was answered last."""
    answers = (
        select(Response.kind).where(Response.item_id == item.id).order_by(Response.said_at.desc(), Response.id.desc())
    )
    answer = db.session.scalar(answers.limit(1)) if may_see(models.Part.CONTACTS) else None
    if answer is not None:
        return answer
    views = db.session.scalars(select(Share.view_count).where(Share.item_id == item.id)).all()
    return "viewed" if any(views) else "shared" if views else "draft"


def document_of(draft: Draft) -> ProposalDocument:
    """A draft as the value that is frozen, as its first version."""
    proposal = draft.proposal
    return ProposalDocument(
        reference=proposal.reference,
        number=1,
        created_on=draft.today,
        reply_by=draft.today + timedelta(days=REPLY_DAYS),
        review_on=draft.review_on,
        unit=currency(draft.case.currency),
        to=None,
        borrower_name=proposal.borrower_name,
        borrower_contact=proposal.borrower_contact,
        agency=_agency_of(proposal),
        cause=cause_of(proposal),
        budget=_statement(draft),
        creditors=tuple(_creditor(part) for part in draft.parts if not part.is_over_before),
        requests=tuple(_request(part.n, part.outcome) for part in draft.parts if part.outcome is not None),
        evidence=tuple(EvidenceItem(e.name, e.kind, e.size, e.sha256) for e in proposal.evidence),
    )


def _agency_of(proposal: Proposal) -> Agency | None:
    """The agency that helped, how to reach it, and the number the household has there."""
    row = db.session.get(models.Agency, proposal.agency_id) if proposal.agency_id else None
    if row is None:
        return None
    number = select(Client.number).where(Client.agency_id == row.id, Client.case_id == proposal.case_id)
    found = db.session.scalars(number).first()
    contact = ", ".join(filter(None, (row.phone, row.email)))
    return Agency(row.name, contact or None, None if found is None else str(found))


def cause_of(proposal: Proposal) -> Cause | None:
    """Why the borrower asks; None while they have not said."""
    if not proposal.cause:
        return None
    return Cause(proposal.cause, proposal.cause_since, proposal.cause_until, proposal.cause_text)


def _statement(draft: Draft) -> BudgetStatement:
    """The month; incomes are left out one by one when another sum is expected, which stands as the total."""
    month, s = draft.month, draft.month.summary
    groups: Sequence[tuple[str, Iterable[Row]]] = (
        ("income", month.income if draft.income_minor == s.income_minor else ()),
        (Necessity.ESSENTIAL, month.essential),
        (Necessity.FLEXIBLE, month.flexible),
        (Necessity.SAVINGS, month.savings),
    )
    items = [
        BudgetItem(row.line.name, str(group), row.monthly_minor, row.line.category, row.line.note)
        for group, rows in groups for row in rows
    ]  # fmt: skip
    priority = sum(part.offered_minor for part in draft.parts if part.loan.is_priority and not part.is_token)
    return BudgetStatement(
        draft.income_minor, s.essential_minor, s.flexible_minor, s.savings_minor, draft.available_minor, priority,
        tuple(items),
    )  # fmt: skip


def _creditor(part: Part) -> CreditorShare:
    return CreditorShare(
        part.n, part.loan.creditor, part.loan.reference, part.standing.owed_minor, part.standing.most_minor,
        part.offered_minor, part.loan.is_priority, part.is_token,
    )  # fmt: skip


def _request(n: int, outcome: Outcome) -> Request:
    return Request(
        n=n,
        asked=outcome.asked,
        opening_minor=outcome.opening_minor,
        arrears_minor=outcome.arrears_minor,
        forgiven_minor=outcome.forgiven_minor,
        resumes_on=outcome.resumes_on,
        contract=_side(outcome.rows_before, outcome.cost_before),
        offer=_side(outcome.rows_after, outcome.cost_after),
        contract_rows=_rows(outcome.rows_before),
        rows=_rows(outcome.rows_after),
    )


def _side(rows: Sequence[Instalment], cost: Decimal | None) -> Side:
    """One side; its payment is the first one, or the second where a part of the first is paid or late."""
    payments = [row.payment_minor for row in rows]
    return Side(
        payments[1] if len(payments) > 2 else payments[0], len(rows), rows[0].due_date, rows[-1].due_date, sum(payments),
        None if cost is None else round(cost, 6),
    )  # fmt: skip


def _rows(rows: Sequence[Instalment]) -> tuple[OfferRow, ...]:
    return tuple(
        OfferRow(r.n, r.due_date, r.principal_minor, r.interest_minor + r.fee_minor, r.payment_minor, r.balance_minor)
        for r in rows
    )
