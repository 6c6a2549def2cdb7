"""A proposal from first thought to frozen version: what can be afforded, what is offered, and what the lender will read."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import select

from ..access import select_rows
from ..budget import services as budget
from ..budget.services import MonthView, Row
from ..documents.proposal import (
    BudgetItem,
    BudgetStatement,
    Cause,
    OfferRow,
    ProposalDocument,
    Side,
    from_json,
    to_json,
)
from ..engine import offers
from ..engine.amortisation import Instalment
from ..engine.annual_cost import cost_of
from ..engine.budget import Necessity
from ..engine.errors import EngineError, NoRate, SeveralRates
from ..engine.events import outstanding
from ..extensions import db
from ..loans import services as loans
from ..loans.services import LoanPosition
from ..models import Case, Loan, Proposal, ProposalVersion

REPLY_DAYS = 14
_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


@dataclass(frozen=True)
class Affordable:
    """The month the plan must fit into, in minor units. `available_minor` is what is left for this creditor; may be negative."""

    month: MonthView
    income_minor: int
    living_minor: int
    others_minor: int

    @property
    def available_minor(self) -> int:
        """Income less living costs less what other creditors keep getting."""
        return self.income_minor - self.living_minor - self.others_minor


@dataclass(frozen=True)
class Draft:
    """A proposal worked out: what can be afforded, the contract's remaining rows, and the plan where one is possible."""

    proposal: Proposal
    position: LoanPosition
    affordable: Affordable
    contract_rows: tuple[Instalment, ...]
    settled: int
    plan: offers.Plan | None

    @property
    def contract_minor(self) -> int:
        """The contract's next instalment."""
        return self.contract_rows[0].payment_minor

    @property
    def gap_minor(self) -> int:
        """What is left in a month after the contract's instalment; negative is what is missing."""
        return self.affordable.available_minor - self.contract_minor

    @property
    def is_above_available(self) -> bool:
        """Whether more is offered than the month leaves."""
        return self.plan is not None and self.plan.payment_minor > max(self.affordable.available_minor, 0)

    @property
    def left_minor(self) -> int:
        """What the offer leaves in a month."""
        return self.affordable.available_minor - (self.plan.payment_minor if self.plan else 0)

    @property
    def comparison(self) -> offers.Comparison | None:
        """The plan beside the contract."""
        return offers.compare(self.plan, self.contract_rows) if self.plan else None


def list_proposals(case: Case) -> list[Proposal]:
    """The case's proposals, the newest first."""
    return list(db.session.scalars(select_rows(Proposal, case).order_by(Proposal.id.desc())))


def create(case: Case, loan: Loan, today: date, now: datetime) -> Proposal:
    """A new draft for the loan's creditor, beginning with the next instalment that is not due within a week."""
    proposal = Proposal(
        case_id=case.id, loan_id=loan.id, loan=loan, reference=new_reference(today), created_at=now, updated_at=now,
        first_due=suggested_first(loans.position(loan, today), today),
    )  # fmt: skip
    db.session.add(proposal)
    db.session.flush()
    return proposal


def new_reference(today: date) -> str:
    """A name for the proposal that people can say on the phone: RP-2026-1209-4F7K."""
    tail = "".join(secrets.choice(_LETTERS) for _ in range(5))
    return f"RP-{today:%Y-%m%d}-{tail}"


def suggested_first(position: LoanPosition, today: date) -> date:
    """The first due date that leaves the lender the two weeks to answer, so that nothing due before is touched."""
    soonest = today + timedelta(days=REPLY_DAYS)
    dates = [row.instalment.due_date for row in position.ledger.rows if not row.is_paid]
    return next((due for due in dates if due > soonest), max(dates[-1], soonest) if dates else soonest)


def work_out(case: Case, proposal: Proposal, today: date) -> Draft:
    """Everything the pages and documents of a proposal show, from one reading of budget and loans."""
    positions = loans.positions(case, today)
    position = next((p for p in positions if p.loan.id == proposal.loan_id), None) or loans.position(
        proposal.loan, today
    )
    first = proposal.first_due or suggested_first(position, today)
    settled = _settled(position, first, today)
    return Draft(
        proposal, position, affordable(case, proposal, positions, first, today), position.schedule.rows[settled:], settled,
        _plan(position, settled, proposal.offered_minor, first),
    )  # fmt: skip


def affordable(
    case: Case, proposal: Proposal, positions: Sequence[LoanPosition], first: date, today: date
) -> Affordable:
    """The month in which the plan begins, with the income the borrower expects then."""
    month = budget.month_view(case, first.replace(day=1), today, positions)
    others = sum(item.amount_minor for item in month.instalments if item.loan_id != proposal.loan_id)
    income = month.summary.income_minor if proposal.new_income_minor is None else proposal.new_income_minor
    return Affordable(month, income, month.living_minor, others)


def suggested_offer(draft: Draft) -> int:
    """An offer to begin with: what the month leaves less a tenth for the unexpected, in whole tens; at most the contract's."""
    tens = 10 * 10**draft.position.terms.currency.minor_digits
    kept = max(draft.affordable.available_minor, 0) * 9 // 10
    return max(min(kept // tens * tens, draft.contract_minor), least_offer(draft))


def least_offer(draft: Draft) -> int:
    """The smallest instalment that still repays: a little more than the first interest, in whole units."""
    owed, rate = outstanding(draft.position.terms, draft.position.schedule, draft.settled)
    unit = 10**draft.position.terms.currency.minor_digits
    return offers.payment_for(owed, rate, 360, unit) if owed else unit


def freeze(draft: Draft, today: date, now: datetime) -> ProposalVersion:
    """The proposal's present state as a version that no later edit changes; the last version when nothing has changed."""
    latest = latest_version(draft.proposal)
    document = build_document(draft, today, latest)
    if latest is not None and document == load(latest):
        return latest
    version = ProposalVersion(
        case_id=draft.proposal.case_id, proposal=draft.proposal, number=document.number, value=to_json(document),
        sha256=document.sha256, created_at=now,
    )  # fmt: skip
    db.session.add(version)
    db.session.flush()
    return version


def load(version: ProposalVersion) -> ProposalDocument:
    """The frozen value."""
    return from_json(version.value)


def latest_version(proposal: Proposal) -> ProposalVersion | None:
    """The version frozen last."""
    mine = select(ProposalVersion).where(ProposalVersion.proposal_id == proposal.id)
    return db.session.scalars(mine.order_by(ProposalVersion.number.desc()).limit(1)).one_or_none()


def build_document(draft: Draft, today: date, latest: ProposalVersion | None) -> ProposalDocument:
    """The value as it would be frozen now; with the number of `latest` if nothing has changed since."""
    document = _document(draft, today)
    if latest is None:
        return document
    frozen = load(latest)
    same_day = replace(document, number=frozen.number, created_on=frozen.created_on, reply_by=frozen.reply_by)
    return frozen if same_day == frozen else replace(document, number=frozen.number + 1)


def _document(draft: Draft, today: date) -> ProposalDocument:
    proposal, terms, plan = draft.proposal, draft.position.terms, draft.plan
    if plan is None:
        raise EngineError("a proposal without an offer has no document")
    return ProposalDocument(
        reference=proposal.reference,
        number=1,
        created_on=today,
        reply_by=today + timedelta(days=REPLY_DAYS),
        unit=terms.currency,
        creditor=proposal.loan.creditor,
        contract_number=proposal.loan.reference,
        borrower_name=proposal.borrower_name,
        borrower_contact=proposal.borrower_contact,
        cause=_cause(proposal),
        budget=_statement(draft.affordable),
        opening_minor=plan.opening_minor,
        contract=_side(draft.contract_rows, plan.opening_minor, draft),
        offer=_side(plan.rows, plan.opening_minor, draft),
        rows=tuple(
            OfferRow(
                row.n,
                row.due_date,
                row.principal_minor,
                row.interest_minor + row.fee_minor,
                row.payment_minor,
                row.balance_minor,
            )
            for row in plan.rows
        ),
    )


def _settled(position: LoanPosition, first: date, today: date) -> int:
    """How many instalments count as paid when the plan begins.

    Those due from today until then are paid as agreed. With an instalment past due the plan takes over everything unpaid.
    """
    if position.is_overdue:
        return position.paid_in_order
    return min(
        sum(row.is_paid or row.instalment.due_date < first for row in position.ledger.rows),
        len(position.ledger.rows) - 1,
    )


def _plan(position: LoanPosition, settled: int, payment_minor: int | None, first: date) -> offers.Plan | None:
    if not payment_minor or position.is_paid_off:
        return None
    try:
        return offers.plan_for(position.terms, settled, payment_minor, first)
    except EngineError:
        return None


def _cause(proposal: Proposal) -> Cause | None:
    return (
        Cause(proposal.cause, proposal.cause_since, proposal.cause_until, proposal.cause_text)
        if proposal.cause
        else None
    )


def _statement(found: Affordable) -> BudgetStatement:
    s = found.month.summary
    items = [
        *_items("income", found.month.income, found.income_minor == s.income_minor),
        *_items(Necessity.ESSENTIAL, found.month.essential),
        *_items(Necessity.FLEXIBLE, found.month.flexible),
        *_items(Necessity.SAVINGS, found.month.savings),
    ]
    return BudgetStatement(
        found.income_minor,
        s.essential_minor,
        s.flexible_minor,
        s.savings_minor,
        found.others_minor,
        found.available_minor,
        tuple(items),
    )


def _items(group: str, rows: Sequence[Row], as_planned: bool = True) -> list[BudgetItem]:
    """The lines of a group; the incomes are left out when the borrower expects another sum, which stands as the total."""
    return [BudgetItem(row.line.name, group, row.monthly_minor) for row in rows] if as_planned else []


def _side(rows: Sequence[Instalment], opening: int, draft: Draft) -> Side:
    payments = [row.payment_minor for row in rows]
    try:
        cost = cost_of(opening, payments, draft.position.terms.periods_per_year).nominal
    except (NoRate, SeveralRates):
        cost = None
    return Side(payments[0], len(rows), rows[0].due_date, rows[-1].due_date, sum(payments), cost and round(cost, 6))
