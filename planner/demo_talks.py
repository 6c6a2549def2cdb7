"""The talks with lenders of the demonstration's clients: a plan that was sent, what was answered, what was agreed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from .demo_stories import Person, Story
from .documents import plain
from .documents.proposal import SHOWN_AT_FIRST, Asked
from .engine.money import currency
from .extensions import db
from .loans import services as loans
from .models import Case, Loan, ProposalItem, ProposalVersion, Response, ResponseKind, ResponseSource, Share, User
from .negotiation import agreeing
from .proposals import services as proposals
from .sharing import services as sharing

ANSWERS = {
    Story.ACCEPTED: ResponseKind.ACCEPT, Story.COUNTERED: ResponseKind.COUNTER, Story.ASKED: ResponseKind.ASK,
    Story.DECLINED: ResponseKind.DECLINE, Story.REVIEW: ResponseKind.ACCEPT,
}  # fmt: skip
NOTICE = timedelta(days=10)  # from today to the first instalment that is asked to be lower


@dataclass(frozen=True, slots=True)
class Now:
    """The instant of loading, and its day where the agency is."""

    at: datetime
    today: date


class Household(NamedTuple):
    """A client as made: the case, its borrower (None where there is no account), and the loans."""

    case: Case
    borrower: User | None
    loans: list[Loan]


def make_talk(n: int, person: Person, home: Household, now: Now) -> None:
    """A plan that went to one creditor, what it said, and for a review what was agreed."""
    loan, sent = home.loans[0], now.at - timedelta(days=6 + n % 5)
    day = sent.astimezone(ZoneInfo(home.case.timezone)).date()
    plan = proposals.create(home.case, loan, day, sent)
    plan.reference, plan.cause, plan.borrower_name = f"RP-{day:%Y-%m%d}-DEM{n:02}", "income", person.name
    item = next(item for item in plan.items if item.loan_id == loan.id)
    ahead = [row.instalment for row in loans.position(loan, now.today).ledger.rows if not row.is_paid]
    first = next(row for row in ahead if row.due_date > now.today + NOTICE)
    amount, begins = first.payment_minor * 3 // 5, first.due_date
    unit = currency(loan.currency)
    item.asked = plain.write(Asked("reduce", amount, begins), unit)
    version = proposals.freeze(plan, day, sent)
    share, _token = sharing.create(version, item, sharing.Wishes(SHOWN_AT_FIRST, lang=home.case.locale), sent)
    if person.story in ANSWERS:
        answer = _answer(person.story, share, item, amount, begins, now)
        if person.story == Story.REVIEW:
            answer.seen_at = answer.said_at
            _agree(home, item, version, answer, now)


def _answer(story: Story, share: Share, item: ProposalItem, amount: int, begins: date, now: Now) -> Response:
    """What the creditor said on the page of the link; nobody has read it yet."""
    kind, terms = ANSWERS[story], None
    if kind == ResponseKind.COUNTER:
        counter = plain.write(Asked("counter", amount * 5 // 4, begins), currency(item.loan.currency))
        terms = {name: value for name, value in counter.items() if value is not None}
    texts = {ResponseKind.ASK: "请补充最近三个月的工资流水。", ResponseKind.DECLINE: "目前不符合减免条件。"}
    said_at = now.at - timedelta(days=2)
    row = Response(
        case_id=share.case_id, item_id=item.id, share_id=share.id, source=ResponseSource.LINK, kind=kind, terms=terms,
        text=texts.get(kind), person="客服 3107", said_at=said_at, created_at=said_at,
    )  # fmt: skip
    share.view_count = 1
    db.session.add(row)
    db.session.flush()
    return row


def _agree(home: Household, item: ProposalItem, version: ProposalVersion, answer: Response, now: Now) -> None:
    """The creditor's written word; what was offered is the schedule from now on."""
    document = proposals.load(version)
    word = agreeing.Word(
        now.today - timedelta(days=1), dict.fromkeys(agreeing.CHECKLIST, "yes"), None, f"AG-{item.loan.reference}",
        answer, now.today + timedelta(days=5),
    )  # fmt: skip
    place = loans.position(item.loan, now.today)
    agreeing.confirm(home.case, item, place, agreeing.of_request(document, document.request(item.n)), word, now.at)
