"""The facts an agency's report of outcomes is made of, from what is stored. What is published of them is engine/outcomes.py.

A client counts from the day consent was given to the day it ended by its time, within the quarter or year of the report. Of
those who took their consent back nothing is read; they are a number. Only whole quarters and years that are past can be asked
for: spans that anybody may choose would tell of one client by what they differ in.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from ..documents import plain
from ..documents.proposal import OfferRow
from ..engine.dates import add_months
from ..engine.money import currency
from ..engine.outcomes import ClientFacts, Report, report
from ..extensions import db
from ..loans import services as loans
from ..loans.agreed import Agreed, rows_of
from ..models import Arrangement, Case, Consent, Loan, Part, Reminder, ReminderKind, Response, Share

QUARTERS, YEARS = 8, 3
_AT_ONCE = 200
_DAY = timedelta(days=1)


class Span(NamedTuple):
    """A whole quarter or year, both days included."""

    first: date
    last: date

    @property
    def key(self) -> str:
        """2026-Q3 or 2026, as addresses and files name it."""
        is_year = self.first.month == 1 and self.last.month == 12
        return f"{self.first.year}" if is_year else f"{self.first.year}-Q{self.last.month // 3}"


@dataclass(frozen=True, slots=True)
class Watched:
    """One client whose consent was not taken back: the days of the report that fall within it, and the parts shared."""

    case: Case
    parts: frozenset[str]
    given_on: date
    first: date
    last: date


def closed_spans(today: date) -> list[Span]:
    """The quarters and years that are over, of which there can be a report: the newest first, quarters before years."""
    running = date(today.year, today.month - (today.month - 1) % 3, 1)
    starts = [add_months(running, -3 * n) for n in range(1, QUARTERS + 1)]
    years = [today.year - n for n in range(1, YEARS + 1)]
    return [
        *(Span(start, add_months(start, 3) - _DAY) for start in starts),
        *(Span(date(year, 1, 1), date(year, 12, 31)) for year in years),
    ]


def span_of(key: str | None, today: date) -> Span:
    """The one of them with this key; the last quarter for a word that is none of theirs."""
    spans = closed_spans(today)
    return next((span for span in spans if span.key == key), spans[0])


def outcomes_of(agency_id: int, span: Span, now: datetime, zone: str) -> Report:
    """The report of an agency for this span, as it runs in `zone`."""
    watched, withdrawn = _clients(agency_id, span, now, ZoneInfo(zone))
    parts = (watched[n : n + _AT_ONCE] for n in range(0, len(watched), _AT_ONCE))
    facts = [each for some in parts for each in _facts(some)]
    return report(facts, withdrawn)


def _clients(agency_id: int, span: Span, now: datetime, zone: ZoneInfo) -> tuple[list[Watched], int]:
    """The clients with consent in this span, and how many had it and took it back since."""
    first, last = (datetime.combine(day, time(), zone) for day in (span.first, span.last + _DAY))
    rows = select(Consent, Case).join(Case, Case.id == Consent.case_id).where(
        Consent.agency_id == agency_id, Consent.given_at < last
    )  # fmt: skip
    by_case: dict[int, list[tuple[Consent, Case]]] = defaultdict(list)
    for consent, case in db.session.execute(rows.order_by(Consent.id)):
        by_case[consent.case_id].append((consent, case))
    watched, withdrawn = [], 0
    for pairs in by_case.values():
        found = [consent for consent, _case in pairs if _until(consent) >= first]
        lasting = [consent for consent in found if consent.ended_at is None]
        if lasting:
            watched.append(_watched(pairs[0][1], [each for each, _case in pairs], lasting[-1], span, now))
        elif found:
            withdrawn += 1
    return watched, withdrawn


def _until(consent: Consent) -> datetime:
    return min(consent.expires_at, consent.ended_at or consent.expires_at)


def _watched(case: Case, consents: Sequence[Consent], lasting: Consent, span: Span, now: datetime) -> Watched:
    """Handed over or renewed, consent counts from when it was first given; one that was over in between does not."""
    zone, given = ZoneInfo(case.timezone), lasting.given_at
    for earlier in reversed(consents):
        if earlier is not lasting and _until(earlier) >= given:
            given = min(given, earlier.given_at)
    given_on = given.astimezone(zone).date()
    today, over = now.astimezone(zone).date(), (lasting.expires_at - timedelta(seconds=1)).astimezone(zone).date()
    last = min(span.last, today, over)
    return Watched(case, frozenset(lasting.parts), given_on, max(span.first, given_on), last)


def _facts(some: Sequence[Watched]) -> Iterator[ClientFacts]:
    """What is known of these clients, in a few queries for all of them."""
    keys = [each.case.id for each in some]
    owed, agreed = _by_case(Loan, keys), _by_case(Arrangement, keys)
    shares, answers = _by_case(Share, keys), _by_case(Response, keys)
    named = _named(keys)
    for each in some:
        key = each.case.id
        book = Book(each, owed[key], agreed[key]) if Part.LOANS in each.parts else None
        sees_days = book is not None and Part.BUDGET in each.parts
        days = (
            [book.came_true(day) for day in named[key] if each.first <= day <= each.last] if book and sees_days else []
        )
        talks = Talks(each, shares[key], answers[key]) if Part.PLANS in each.parts else None
        yield ClientFacts(
            book.overdue(each.given_on) if book else None, book.overdue(each.last) if book else None,
            days.count(False), days.count(True), talks.answers if talks else (), talks.reply_days if talks else (),
        )  # fmt: skip


class Book:
    """A client's loans as they stood on any day: payments, agreements and closings after it are left out."""

    def __init__(self, client: Watched, owed: Sequence[Loan], agreed: Iterable[Arrangement]) -> None:
        self.zone, self.loans = ZoneInfo(client.case.timezone), owed
        self.agreed: dict[int, list[Arrangement]] = defaultdict(list)
        for row in agreed:
            self.agreed[row.loan_id].append(row)

    def overdue(self, on: date) -> dict[str, int]:
        """What is overdue on a day by currency, without what being late costs."""
        found: dict[str, int] = defaultdict(int)
        for loan in self.loans:
            if loan.closed_on is None or loan.closed_on > on:
                found[loan.currency] += loans.ledger_on(loan, on, self._agreement(loan, on)).arrears_minor
        return dict(found)

    def came_true(self, day: date) -> bool | None:
        """Whether an instalment due on this day stayed unpaid that day; None where none was due, by contract or agreement."""
        by_contract, dues = False, []
        for loan in self.loans:
            if loan.closed_on is None or loan.closed_on > day:
                state = loans.ledger_on(loan, day, self._agreement(loan, day))
                dues += [row.is_paid for row in state.rows if row.instalment.due_date == day]
                contract = loans.ledger_on(loan, day, None)
                by_contract = by_contract or any(row.instalment.due_date == day for row in contract.rows)
        return not all(dues) if dues or by_contract else None

    def _agreement(self, loan: Loan, on: date) -> Agreed | None:
        """The agreement that ran on a day."""
        for row in reversed(self.agreed[loan.id]):
            made_on = row.created_at.astimezone(self.zone).date()
            if made_on <= on and (row.ended_on is None or row.ended_on > on):
                unit = currency(loan.currency)
                return Agreed(row, row.settled, rows_of([plain.read(OfferRow, each, unit) for each in row.rows]))
        return None


class Talks:
    """What was sent to lenders within a client's days, and what they answered by their end: one proposal a creditor and plan."""

    def __init__(self, client: Watched, shares: Iterable[Share], answers: Iterable[Response]) -> None:
        zone, sent = ZoneInfo(client.case.timezone), dict[int, datetime]()
        for share in shares:
            if share.item_id is not None:
                sent[share.item_id] = min(sent.get(share.item_id, share.created_at), share.created_at)
        self.sent = {k: at for k, at in sent.items() if client.first <= at.astimezone(zone).date() <= client.last}
        self.said: dict[int, list[Response]] = defaultdict(list)
        for row in sorted(answers, key=lambda row: (row.said_at, row.id)):
            if row.item_id in self.sent and row.said_at.astimezone(zone).date() <= client.last:
                self.said[row.item_id].append(row)

    @property
    def answers(self) -> tuple[str, ...]:
        """The last answer to each proposal, or that there is none."""
        return tuple(str(self.said[key][-1].kind) if self.said.get(key) else "unanswered" for key in self.sent)

    @property
    def reply_days(self) -> tuple[int, ...]:
        """How many days each first answer took."""
        return tuple(max((rows[0].said_at - self.sent[key]).days, 0) for key, rows in self.said.items() if rows)


def _by_case(model: Any, keys: Sequence[int]) -> dict[int, list[Any]]:
    """All rows of these cases, whose consents were looked at before."""
    query = select(model).where(model.case_id.in_(keys)).order_by(model.id)
    if model is Arrangement:
        query = query.options(joinedload(Arrangement.confirmation))
    found: dict[int, list[Any]] = defaultdict(list)
    for row in db.session.scalars(query):
        found[row.case_id].append(row)
    return found


def _named(keys: Sequence[int]) -> dict[int, list[date]]:
    """The days that were named as short in a reminder."""
    told = select(Reminder.case_id, Reminder.due_on).where(
        Reminder.case_id.in_(keys), Reminder.kind == ReminderKind.RADAR, Reminder.dropped.is_(None)
    )
    found: dict[int, list[date]] = defaultdict(list)
    for case_id, due_on in db.session.execute(told.distinct().order_by(Reminder.due_on)):
        found[case_id].append(due_on)
    return found
