"""A counter-offer looked at at once: whether it fits, from when not, what it costs; and taken over with one tap."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from ..documents.proposal import Asked, Request
from ..engine.errors import EngineError
from ..engine.requests import Outcome, work_out
from ..errors import NotFound
from ..loans import services as loans
from ..models import Case, Response, ResponseKind
from ..proposals import services as proposals
from ..proposals.drafting import running_of
from ..proposals.services import Retest
from . import agreeing, counters, services
from .services import Talk

VERSION = "version-"  # a basis of an agreement: another version than the one on the table, by its number


class Trouble(StrEnum):
    """Why a counter-offer cannot be made our offer: nothing comes of it, or the day it begins has passed."""

    UNWORKABLE = "unworkable"
    BEGUN = "begun"


class Stuck(Exception):
    """A counter-offer that cannot be made our offer; `trouble` says why."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble)
        self.trouble = trouble


@dataclass(frozen=True, slots=True)
class Told:
    """A counter-offer as a request, with what it answers. It is worked out as of the day on which it was said: what is paid
    and what falls due since changes nothing of it."""

    answer: Response
    asked: Asked
    offered: Request
    said_on: date


@dataclass(frozen=True, slots=True)
class Tested:
    """A counter-offer beside the offers; `outcome` and `found` are None when it cannot be worked out."""

    outcome: Outcome | None
    found: Retest | None
    trouble: Trouble | None


def test_counter(case: Case, talk: Talk, today: date) -> Tested | None:
    """The counter-offer that waits, tested beside the offer it answers; None when none does."""
    told = _told(talk)
    if told is None or talk.counter is None:
        return None
    try:
        outcome = _outcome(talk, told)
        ours = proposals.as_offered(told.offered, outcome.periods_per_year)
        found = proposals.retest(case, talk.item, outcome, ours, today)
        return Tested(outcome, found, _trouble(outcome, today))
    except (EngineError, NotFound):
        return Tested(None, None, Trouble.UNWORKABLE)


def take_over(talk: Talk, today: date, now: datetime) -> None:
    """Make the counter-offer what is asked of this creditor. Raises Stuck where that cannot be."""
    told = _told(talk)
    if told is None:
        raise NotFound
    try:
        outcome = _outcome(talk, told)
    except EngineError:
        raise Stuck(Trouble.UNWORKABLE) from None
    trouble = _trouble(outcome, today)
    if trouble is not None:
        raise Stuck(trouble)
    proposals.ask(talk.item, told.asked, outcome)
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
    return None if told is None else agreeing.of_outcome(_outcome(talk, told), told.said_on)


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
    asked = counters.as_asked(answer.terms or {}, request, document.unit)
    return Told(answer, asked, request, answer.said_at.astimezone(zone).date())


def _outcome(talk: Talk, told: Told) -> Outcome:
    """What it comes to. Raises EngineError, and NotFound once the loan is closed."""
    if talk.position is None:
        raise NotFound
    return work_out(running_of(loans.position_on(talk.position, told.said_on), told.said_on), told.asked)


def _trouble(outcome: Outcome, today: date) -> Trouble | None:
    return Trouble.BEGUN if outcome.asked.begins < today else None
