"""A counter-offer looked at at once: whether it fits, from when not, what it costs; and taken over with one tap."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from ..documents.proposal import ProposalDocument, Request
from ..engine.errors import EngineError, TermsError
from ..engine.ledger import LedgerRow
from ..errors import NotFound
from ..loans import services as loans
from ..models import Case, Response, ResponseKind
from ..proposals import services as proposals
from ..proposals.drafting import running_of
from ..proposals.services import Retest
from . import agreeing, counters, services
from .counters import Counter
from .services import Talk

VERSION = "version-"  # a basis of an agreement: another version than the one on the table, by its number


class Trouble(StrEnum):
    """Why a counter-offer cannot be made our offer: nothing comes of it, what it says makes no one schedule, the day it begins
    has passed, or no one request says it. The last two can still be agreed to as they are."""

    UNWORKABLE = "unworkable"
    APART = "apart"
    BEGUN = "begun"
    COMBINED = "combined"


class Stuck(Exception):
    """A counter-offer that cannot be made our offer; `trouble` says why."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble)
        self.trouble = trouble


@dataclass(frozen=True, slots=True)
class Told:
    """A counter-offer with what it answers. It is worked out as of the day on which it was said: what is paid
    and what falls due since changes nothing of it."""

    answer: Response
    document: ProposalDocument
    offered: Request
    said_on: date


@dataclass(frozen=True, slots=True)
class Tested:
    """A counter-offer beside the offers; `what` and `found` are None when it cannot be worked out."""

    what: agreeing.Agreed | None
    found: Retest | None
    trouble: Trouble | None


def test_counter(case: Case, talk: Talk, today: date) -> Tested | None:
    """The counter-offer that waits, tested beside the offer it answers; None when none does."""
    told = _told(talk)
    if told is None or talk.counter is None:
        return None
    try:
        counter = _work_out(talk, told)
        ours = proposals.as_offered(told.document, told.offered, counter.outcome.periods_per_year)
        found = proposals.retest(case, talk.item, proposals.Terms(counter.outcome, told.said_on), ours, today)
        return Tested(agreeing.of_outcome(counter.outcome, told.said_on), found, _trouble(counter, today))
    except (EngineError, NotFound) as error:
        return Tested(None, None, trouble_of(error))


def take_over(talk: Talk, today: date, now: datetime) -> None:
    """Make the counter-offer what is asked of this creditor. Raises Stuck where that cannot be."""
    told = _told(talk)
    if told is None:
        raise NotFound
    try:
        counter = _work_out(talk, told)
    except EngineError as error:
        raise Stuck(trouble_of(error)) from None
    trouble = _trouble(counter, today)
    if trouble is not None or counter.asked is None:
        raise Stuck(trouble or Trouble.COMBINED)
    proposals.ask(talk.item, counter.asked, counter.outcome)
    talk.item.proposal.updated_at = now
    services.mark_seen(talk.unread, now)


def other_versions(talk: Talk) -> list[int]:
    """The numbers of the versions that were shared besides the one on the table: a written word may be about one of them."""
    current = services.version_of(talk, talk.standing)
    shared = {share.version.number for share in talk.shares}
    return sorted(shared - {current.number} if current else shared, reverse=True)


def agreed_on(talk: Talk, basis: str) -> agreeing.Agreed | None:
    """What was agreed on: the offer on the table, another version that was shared, or their last counter-offer.

    Raises EngineError, and NotFound once the loan is closed.
    """
    if basis != "counter":
        offered = _offered(talk, basis)
        return None if offered is None else agreeing.of_request(*offered)
    told = _told(talk)
    return None if told is None else agreeing.of_outcome(_work_out(talk, told).outcome, told.said_on)


def due_before(talk: Talk, what: agreeing.Agreed) -> list[LedgerRow]:
    """The contract's instalments that stay due before what was agreed begins."""
    begins, rows = max(what.replaced[0], what.rows[0].due_on), talk.position.ledger.rows if talk.position else ()
    ahead = (row for row in rows if not row.is_paid and row.instalment.due_date < begins)
    return [row for row in ahead if row.instalment.due_date not in what.replaced]


def trouble_of(error: Exception) -> Trouble:
    """Why nothing comes of a counter-offer."""
    return Trouble.APART if isinstance(error, TermsError) and error.code == counters.APART else Trouble.UNWORKABLE


def counter_trouble(talk: Talk) -> Trouble | None:
    """Why the last counter-offer cannot be agreed to as it was said; None where it can, or there is none."""
    try:
        agreed_on(talk, "counter")
    except (EngineError, NotFound) as error:
        return trouble_of(error)
    return None


def find_agreed_on(talk: Talk, basis: str) -> agreeing.Agreed | None:
    """The same; None also when it cannot be worked out."""
    try:
        return agreed_on(talk, basis)
    except (EngineError, NotFound):
        return None


def _offered(talk: Talk, basis: str) -> services.Offered | None:
    if not basis.startswith(VERSION):
        return services.offer_of(talk)
    found = (share.version for share in talk.shares if f"{VERSION}{share.version.number}" == basis)
    return services.offer_in(talk, next(found, None))


def _told(talk: Talk) -> Told | None:
    """The last counter-offer; None when there was none, or nothing was offered by then."""
    countered = [row for row in talk.responses if row.kind == ResponseKind.COUNTER and row.terms]
    offered = services.offer_in(talk, services.version_of(talk, countered[-1])) if countered else None
    if offered is None:
        return None
    answer, (document, request) = countered[-1], offered
    zone = ZoneInfo(proposals.case_of(talk.item.proposal).timezone)
    return Told(answer, document, request, answer.said_at.astimezone(zone).date())


def _work_out(talk: Talk, told: Told) -> Counter:
    """What it comes to. Raises EngineError, and NotFound once the loan is closed."""
    if talk.position is None:
        raise NotFound
    running = running_of(loans.position_on(talk.position, told.said_on), told.said_on)
    return counters.work_out_terms(told.answer.terms or {}, told.offered, told.document.unit, running)


def _trouble(counter: Counter, today: date) -> Trouble | None:
    if counter.outcome.asked.begins < today:
        return Trouble.BEGUN
    return Trouble.COMBINED if counter.asked is None else None
