"""What a letter is about, and its text. Nothing is stored: a letter lives on the page until it is taken away."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, timedelta

from sqlalchemy import or_

from ..access import get_row, select_rows
from ..documents.letters import LETTERS, ContactFact, LetterFacts, facts_of, fill, letter_for
from ..documents.proposal import Cause, ProposalDocument
from ..engine.money import currency
from ..errors import NotFound
from ..extensions import db
from ..loans import services as loans
from ..loans.services import LoanPosition
from ..models import Case, Loan, Proposal, ProposalItem
from ..proposals import services as proposals
from ..proposals.drafting import REPLY_DAYS, standing_of

WITHOUT_PLAN = ("hold", "complaint")
REQUESTS = tuple(letter for letter in LETTERS if letter not in WITHOUT_PLAN)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the borrower ticked (parts of documents/proposal.PARTS) and typed for a letter, in zh or en."""

    lang: str
    shown: Collection[str]
    name: str | None = None
    contact: str | None = None
    contacts: tuple[ContactFact, ...] = ()
    asks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Subject:
    """What a letter is about on a day: a loan, and for a request the plan's item and whole value."""

    letter: str
    today: date
    position: LoanPosition
    item: ProposalItem | None = None
    whole: ProposalDocument | None = None
    cause: Cause | None = None

    @property
    def loan(self) -> Loan:
        """The contract's row."""
        return self.position.loan

    @property
    def asked_kind(self) -> str | None:
        """What the plan asks of this creditor; None for nothing."""
        found = self.whole.requests if self.whole and self.item else ()
        return next((each.asked.kind for each in found if self.item and each.n == self.item.n), None)

    @property
    def obstacle(self) -> str:
        """Why the letter cannot be filled: paid_off, nothing_asked or other_request; empty when it can."""
        if self.letter == "complaint":
            return ""
        if self.position.is_paid_off:
            return "paid_off"
        if self.letter not in REQUESTS:
            return ""
        if self.asked_kind is None:
            return "nothing_asked"
        return "" if letter_for(self.asked_kind) == self.letter else "other_request"

    @property
    def parts(self) -> tuple[str, ...]:
        """What may be ticked, as far as there is something to show."""
        there = {"name": True, "contact": True, "contract_number": bool(self.loan.reference), "cause": bool(self.cause)}
        if self.whole is not None:
            there |= {"budget": bool(self.whole.budget), "other_creditors": bool(self.whole.budget),
                      "evidence": bool(self.whole.evidence)}  # fmt: skip
        return tuple(part for part, is_there in there.items() if is_there)


def items_of(case: Case) -> list[ProposalItem]:
    """Every creditor a plan asks something of, the newest plan first; a counsellor's draft counts once it is approved."""
    plans = [plan for plan in proposals.list_proposals(case) if not proposals.is_unapproved(plan)]
    return [item for plan in plans for item in plan.items if item.is_included]


def find_subject(case: Case, letter: str, keys: tuple[int | None, int | None], today: date) -> Subject | None:
    """The subject for the keys of an item and a loan; None while there is more than one, or none.

    Raises NotFound for a row that is not the case's.
    """
    item_id, loan_id = keys
    item = get_row(ProposalItem, item_id, case) if item_id is not None else None
    if item is not None and proposals.is_unapproved(item.proposal):
        raise NotFound
    loan = get_row(Loan, loan_id, case) if loan_id is not None else item.loan if item else None
    if letter in REQUESTS:
        return _of_plan(case, letter, item or _only_item(case, loan), today)
    loan = loan or _only_loan(case, letter, today)
    if loan is None:
        return None
    cause = _newest_cause(case, loan) if letter == "hold" else None
    return Subject(letter, today, loans.position(loan, today), item, cause=cause)


def loans_for(case: Case, letter: str, today: date) -> list[LoanPosition]:
    """The loans a letter without a plan may be about: a complaint also about one that is paid."""
    found = loans.positions(case, today, include_closed=letter == "complaint")
    return [place for place in found if letter == "complaint" or not place.is_paid_off]


def loans_without_plan(case: Case, today: date) -> list[LoanPosition]:
    """The loans a plan can begin with, as no plan asks anything for them yet."""
    known = {item.loan_id for item in items_of(case)}
    return [
        place for place in loans.positions(case, today)
        if not place.is_paid_off and place.loan.currency == case.currency and place.loan.id not in known
    ]  # fmt: skip


def write(subject: Subject, wishes: Wishes) -> str:
    """The letter as text to edit. Raises ValueError where `subject.obstacle` says why."""
    return fill(subject.letter, _facts(subject, wishes), lang=wishes.lang)


def _facts(subject: Subject, wishes: Wishes) -> LetterFacts:
    """Only what was ticked; what is owed today (the plan weighs by its own first day), and a day to answer by still to come."""
    reply_by = subject.today + timedelta(days=REPLY_DAYS)
    if subject.whole is None or subject.item is None:
        return _facts_of_loan(subject, wishes, reply_by)
    whole = replace(subject.whole, borrower_name=wishes.name, borrower_contact=wishes.contact)
    found = facts_of(whole.copy_for(subject.item.n, wishes.shown), subject.today)
    return replace(
        found, owed_minor=_owed_today(subject), reply_by=found.reply_by if found.reply_by > subject.today else reply_by
    )


def _facts_of_loan(subject: Subject, wishes: Wishes, reply_by: date) -> LetterFacts:
    # A card was opened before the balance it was entered with.
    loan, place, shown = subject.loan, subject.position, wishes.shown
    owed = _owed_today(subject)
    return LetterFacts(
        written_on=subject.today, unit=currency(loan.currency), creditor=loan.creditor, reply_by=reply_by,
        contract_number=loan.reference if "contract_number" in shown else None,
        name=wishes.name if "name" in shown else None, contact=wishes.contact if "contact" in shown else None,
        opened_on=None if place.is_revolving else place.terms.start_date,
        borrowed_minor=place.terms.principal_minor, owed_minor=owed,
        arrears_minor=place.ledger.overdue_minor if owed else None,
        cause=subject.cause if "cause" in shown else None, contacts=wishes.contacts, asks=wishes.asks,
    )  # fmt: skip


def _owed_today(subject: Subject) -> int:
    place = subject.position
    return 0 if place.is_paid_off else standing_of(place, subject.today, subject.today).owed_minor


def _of_plan(case: Case, letter: str, item: ProposalItem | None, today: date) -> Subject | None:
    if item is None:
        return None
    whole = proposals.build_document(item.proposal, today)
    return Subject(letter, today, loans.position(item.loan, today), item, whole, whole.cause)


def _only_item(case: Case, loan: Loan | None) -> ProposalItem | None:
    """Of a loan the newest; of all the only one."""
    found = [item for item in items_of(case) if loan is None or item.loan_id == loan.id]
    return found[0] if found and (loan is not None or len(found) == 1) else None


def _only_loan(case: Case, letter: str, today: date) -> Loan | None:
    found = loans_for(case, letter, today)
    return found[0].loan if len(found) == 1 else None


def _newest_cause(case: Case, loan: Loan) -> Cause | None:
    """Why the borrower asks, as the newest plan says that knows this loan."""
    plans = select_rows(Proposal, case).join(ProposalItem, ProposalItem.proposal_id == Proposal.id)
    known = or_(Proposal.agency_id.is_(None), Proposal.approved_at.is_not(None))
    mine = plans.where(ProposalItem.loan_id == loan.id, Proposal.cause.is_not(None), known).order_by(Proposal.id.desc())
    plan = db.session.scalars(mine.limit(1)).first()
    return proposals.cause_of(plan) if plan else None
