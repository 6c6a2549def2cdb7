"""A counter-offer looked at at once: whether it fits, from when not, what it costs; and taken over with one tap."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from ..documents.proposal import Asked, Request
from ..engine.errors import EngineError
from ..engine.requests import Outcome, work_out
from ..errors import NotFound
from ..models import Case, ResponseKind
from ..proposals import services as proposals
from ..proposals.drafting import running_of
from ..proposals.services import Retest
from . import agreeing, counters, services
from .services import Talk

VERSION = "version-"  # a basis of an agreement: another version than the one on the table, by its number


@dataclass(frozen=True, slots=True)
class Tested:
    """A counter-offer as a request, and how it stands beside the offers; `found` None when it cannot be worked out."""

    asked: Asked
    outcome: Outcome | None
    found: Retest | None


def test_counter(case: Case, talk: Talk, today: date) -> Tested | None:
    """The counter-offer that waits, tested beside the offer it answers; None when none does."""
    told = _told(talk)
    if told is None or talk.counter is None:
        return None
    asked, offered = told
    try:
        outcome = _outcome(talk, asked, today)
        if outcome is None:
            raise NotFound
        ours = proposals.as_offered(offered, outcome.periods_per_year)
        return Tested(asked, outcome, proposals.retest(case, talk.item, outcome, ours, today))
    except (EngineError, NotFound):
        return Tested(asked, None, None)


def take_over(case: Case, talk: Talk, today: date, now: datetime) -> None:
    """Make the counter-offer what is asked of this creditor. Raises EngineError when it cannot be worked out."""
    told = _told(talk)
    outcome = None if told is None else _outcome(talk, told[0], today)
    if told is None or outcome is None:
        raise NotFound
    proposals.ask(talk.item, told[0], outcome)
    talk.item.proposal.updated_at = now
    services.mark_seen(talk.unread, now)


def other_versions(talk: Talk) -> list[int]:
    """The numbers of the versions that were shared besides the one on the table: a written word may be about one of them."""
    current = services.version_of(talk, talk.standing)
    shared = {share.version.number for share in talk.shares}
    return sorted(shared - {current.number} if current else shared, reverse=True)


def agreed_on(talk: Talk, basis: str, today: date) -> agreeing.Agreed | None:
    """What was agreed on: the offer on the table, another version that was shared, or their last counter-offer.

    Raises EngineError.
    """
    if basis != "counter":
        offered = _offered(talk, basis)
        return None if offered is None else agreeing.of_request(*offered)
    told = _told(talk)
    outcome = None if told is None else _outcome(talk, told[0], today)
    return None if outcome is None else agreeing.of_outcome(outcome, today)


def find_agreed_on(talk: Talk, basis: str, today: date) -> agreeing.Agreed | None:
    """The same; None also when it cannot be worked out."""
    try:
        return agreed_on(talk, basis, today)
    except EngineError:
        return None


def _offered(talk: Talk, basis: str) -> services.Offered | None:
    if not basis.startswith(VERSION):
        return services.offer_of(talk)
    found = (share.version for share in talk.shares if f"{VERSION}{share.version.number}" == basis)
    return services.offer_in(talk, next(found, None))


def _told(talk: Talk) -> tuple[Asked, Request] | None:
    """The last counter-offer as a request, with what it answers; None when there was none, or nothing was offered by then."""
    countered = [row for row in talk.responses if row.kind == ResponseKind.COUNTER and row.terms]
    offered = services.offer_in(talk, services.version_of(talk, countered[-1])) if countered else None
    if offered is None:
        return None
    document, request = offered
    return counters.as_asked(countered[-1].terms or {}, request, document.unit), request


def _outcome(talk: Talk, asked: Asked, today: date) -> Outcome | None:
    return None if talk.position is None else work_out(running_of(talk.position, today), asked)
