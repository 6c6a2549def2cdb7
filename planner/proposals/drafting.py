"""A proposal worked out: what the month leaves, how it is shared out, and what is asked of each creditor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from ..budget import services as budget
from ..budget.services import MonthView
from ..documents import plain
from ..documents.proposal import Asked
from ..engine.asked import WITH_AMOUNT, Kind
from ..engine.dates import add_months
from ..engine.errors import EngineError, TermsError
from ..engine.money import currency
from ..engine.offers import Claim, Offer, available, split_offers
from ..engine.outcome import Running
from ..engine.requests import Outcome, Standing, each_time, monthly_minor, stand, work_out
from ..engine.suggestions import Why, suggest
from ..loans import services as loans
from ..loans.services import LoanPosition
from ..models import Case, Loan, Proposal, ProposalItem

REPLY_DAYS = 14
REVIEW_MONTHS = 6


@dataclass(frozen=True)
class Part:
    """One creditor in a draft; amounts a month in minor units. `share_minor` is its fair share of what the month leaves.

    `asked` is what the borrower chose, else what is suggested (`why`); None is paid as agreed. `outcome` is what it comes to,
    `error` why it cannot be worked out.
    """

    item: ProposalItem
    position: LoanPosition
    begins: date
    standing: Standing
    share: Offer
    asked: Asked | None
    why: Why | None
    outcome: Outcome | None
    error: EngineError | None = None

    @property
    def n(self) -> int:
        """Its number in the proposal, from 1."""
        return self.item.n

    @property
    def loan(self) -> Loan:
        """The contract's row."""
        return self.position.loan

    @property
    def has_amount(self) -> bool:
        """Whether what is asked is an amount a month, which may be adjusted beside the others'."""
        return self.asked is None or self.asked.kind in WITH_AMOUNT

    @property
    def offered_minor(self) -> int:
        """What it gets a month while the plan runs."""
        if self.outcome is not None:
            return monthly_minor(self.outcome)
        if self.asked is not None and self.asked.amount_minor is not None:
            return self.asked.amount_minor
        return self.standing.monthly_minor

    @property
    def is_over_before(self) -> bool:
        """Whether it asks for nothing and gets nothing while the plan runs: it is paid off before."""
        return self.asked is None and not self.standing.monthly_minor

    @property
    def is_token(self) -> bool:
        """Whether it gets a token only."""
        return self.share.is_token and self.asked is not None and self.offered_minor <= self.share.amount_minor


@dataclass(frozen=True)
class Draft:
    """A proposal worked out from one reading of budget and loans. `month` is the first in which all of it runs.

    `elsewhere` are loans in another currency, left out of every sum; `missing` loans the proposal does not know yet.
    """

    case: Case
    proposal: Proposal
    today: date
    month: MonthView
    income_minor: int
    available_minor: int
    parts: tuple[Part, ...]
    elsewhere: tuple[LoanPosition, ...]
    missing: tuple[LoanPosition, ...]

    @property
    def offered_minor(self) -> int:
        """What all creditors get a month together."""
        return sum(part.offered_minor for part in self.parts)

    @property
    def tokens_minor(self) -> int:
        """What of it is of one unit of the currency or less, on request: good will that stands above what holds."""
        token = 10 ** currency(self.case.currency).minor_digits
        return sum(part.offered_minor for part in self.parts if part.asked is not None and part.offered_minor <= token)

    @property
    def contract_minor(self) -> int:
        """What all contracts ask for a month together."""
        return sum(part.standing.monthly_minor for part in self.parts)

    @property
    def left_minor(self) -> int:
        """What the offers leave in a month; negative is what is missing."""
        return self.available_minor - self.offered_minor

    @property
    def gap_minor(self) -> int:
        """What the contracts would leave."""
        return self.available_minor - self.contract_minor

    @cached_property
    def asking(self) -> tuple[Part, ...]:
        """The creditors something is asked of."""
        return tuple(part for part in self.parts if part.outcome is not None)

    @cached_property
    def sharing(self) -> tuple[Part, ...]:
        """The creditors whose monthly amount can be set, those among them for whom the contract's fits."""
        return tuple(
            part for part in self.parts if part.item.is_included and part.has_amount and not part.is_over_before
        )

    @property
    def is_ready(self) -> bool:
        """Whether there is something to send, and all of it can be worked out."""
        return bool(self.asking) and all(part.error is None for part in self.parts)

    @property
    def ends(self) -> date | None:
        """The last payment of all that is asked for; None where nothing goes on, as when every loan is settled by one sum."""
        lasting = (part.outcome for part in self.asking if part.outcome and part.outcome.asked.kind != Kind.SETTLE)
        return max((outcome.rows_after[-1].due_date for outcome in lasting), default=None)

    @property
    def review_on(self) -> date | None:
        """When to look at it again, ahead and while the plan runs; None where it ends before."""
        chosen = self.proposal.review_on
        on = chosen if chosen and chosen >= self.today else add_months(self.begins, REVIEW_MONTHS)
        if not self.asking:
            return on
        return on if self.ends and on <= self.ends else None

    @property
    def begins(self) -> date:
        """The first date of anything that is asked, or of the month."""
        return min((part.asked.begins for part in self.asking if part.asked), default=self.month.first)

    def part(self, n: int) -> Part | None:
        """Creditor `n`; None when there is none."""
        return next((part for part in self.parts if part.n == n), None)


def draft_of(case: Case, proposal: Proposal, today: date, positions: Sequence[LoanPosition] | None = None) -> Draft:
    """Everything the pages and documents of a proposal show."""
    found = list(loans.positions(case, today)) if positions is None else list(positions)
    own = [p for p in found if p.loan.currency == case.currency and not p.is_paid_off]
    by_loan = {item.loan_id: item for item in proposal.items}
    pairs = sorted(((by_loan[p.loan.id], p) for p in own if p.loan.id in by_loan), key=lambda pair: pair[0].n)
    placed = [(item, p, begins_of(item, p, today)) for item, p in pairs]
    month = budget.month_view(case, _first_month([begins for _i, _p, begins in placed], today), today, found)
    income = month.summary.income_minor if proposal.new_income_minor is None else proposal.new_income_minor
    left = available(month.summary) + income - month.summary.income_minor
    stood = [(item, p, begins, standing_of(p, begins, today)) for item, p, begins in placed]
    shares = _shares(stood, left, case.currency)
    parts = tuple(_part(*each, shares[each[0].n], proposal) for each in stood)
    elsewhere = tuple(p for p in found if p.loan.currency != case.currency and not p.is_paid_off)
    missing = tuple(p for p in own if p.loan.id not in by_loan)
    return Draft(case, proposal, today, month, income, left, parts, elsewhere, missing)


def is_unapproved(proposal: Proposal) -> bool:
    """Whether a counsellor drew it up and the borrower has yet to approve it: nobody else is told of it before."""
    return proposal.agency_id is not None and proposal.approved_at is None


def begins_of(item: ProposalItem, position: LoanPosition, today: date) -> date:
    """The first day of what is asked: as chosen, else the first due date after the two weeks a lender has to answer."""
    asked = asked_of(item, position)
    if asked is not None:
        return asked.begins
    soonest = today + timedelta(days=REPLY_DAYS)
    dates = [row.instalment.due_date for row in position.ledger.rows if not row.is_paid]
    return next((due for due in dates if due > soonest), max(dates[-1], soonest) if dates else soonest)


def running_of(position: LoanPosition, today: date) -> Running:
    """The loan as the engine takes it."""
    return Running(position.terms, position.paid_in_order, position.part_minor, today)


def asked_of(item: ProposalItem, position: LoanPosition) -> Asked | None:
    """What the borrower chose to ask; None while they have not."""
    if item.asked is None:
        return None
    found: Asked = plain.read(Asked, item.asked, currency(position.loan.currency))
    return found


def _first_month(begins: Sequence[date], today: date) -> date:
    latest = max(begins, default=today + timedelta(days=REPLY_DAYS))
    return latest.replace(day=1)


def standing_of(position: LoanPosition, begins: date, today: date) -> Standing:
    """A contract whose owed amount cannot be named by a rate, or under an agreement, is weighed by what is left to pay."""
    try:
        if position.agreed is not None:
            raise TermsError("terms", "replaced")
        return stand(running_of(position, today), max(begins, today))
    except EngineError:
        each = position.next.instalment.payment_minor if position.next else 0
        return Standing(position.left_minor, each, each, 0, each)


def is_asking(item: ProposalItem, position: LoanPosition) -> bool:
    """Whether anything is asked of this creditor. While an agreement runs, that is kept, and changed only in its own talk."""
    return item.is_included and position.agreed is None


def _shares(
    stood: Sequence[tuple[ProposalItem, LoanPosition, date, Standing]], left: int, code: str
) -> dict[int, Offer]:
    """The fair shares by number: those paid as agreed get that first, the others share what is left."""
    asking = [each for each in stood if is_asking(each[0], each[1])]
    kept = {item.n: s.monthly_minor for item, p, _b, s in stood if not is_asking(item, p)}
    claims = [Claim(str(item.n), s.owed_minor, s.most_minor, p.loan.is_priority) for item, p, _b, s in asking]
    split = split_offers(left - sum(kept.values()), claims, 10 ** currency(code).minor_digits)
    found = {n: Offer(str(n), amount) for n, amount in kept.items()}
    return found | {int(offer.key): offer for offer in split.offers}


def _part(
    item: ProposalItem, position: LoanPosition, begins: date, standing: Standing, share: Offer, proposal: Proposal
) -> Part:
    if not is_asking(item, position):
        return Part(item, position, begins, standing, share, None, None, None)
    asked, why, running = asked_of(item, position), None, running_of(position, position.ledger.as_of)
    if asked is None:
        monthly = share.amount_minor if item.offered_minor is None else item.offered_minor
        each = each_time(monthly, position.terms.periods_per_year)
        asked, why = suggest(
            running, begins, each, standing, is_token=share.is_token and item.offered_minor is None,
            cause_until=proposal.cause_until,
        )  # fmt: skip
    if asked is None:
        return Part(item, position, begins, standing, share, None, why, None)
    try:
        return Part(item, position, begins, standing, share, asked, why, work_out(running, asked))
    except EngineError as error:
        return Part(item, position, begins, standing, share, asked, why, None, error)


__all__ = ["Draft", "Part", "asked_of", "begins_of", "draft_of", "running_of"]
