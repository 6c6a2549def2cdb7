"""A counter-offer looked at at once: whether it fits, from when not, what it costs; and taken over with one tap."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from ..documents.proposal import Asked, ProposalDocument, Request
from ..engine.errors import EngineError
from ..engine.requests import Outcome, work_out
from ..errors import NotFound
from ..models import Case, ResponseKind
from ..proposals import holding
from ..proposals import services as proposals
from ..proposals.drafting import running_of
from ..proposals.holding import Retest
from . import agreeing, counters, services
from .services import Talk


@dataclass(frozen=True, slots=True)
class Tested:
    """A counter-offer as a request, and how it stands beside the offers; `found` None when it cannot be worked out."""

    asked: Asked
    outcome: Outcome | None
    found: Retest | None


def test_counter(case: Case, talk: Talk, today: date) -> Tested | None:
    """The counter-offer that waits, tested; None when none does."""
    asked = _asked(talk)
    if asked is None or talk.counter is None:
        return None
    try:
        outcome = _outcome(talk, asked, today)
        return Tested(asked, outcome, holding.retest(case, talk.item, asked, today))
    except (EngineError, NotFound):
        return Tested(asked, None, None)


def take_over(case: Case, talk: Talk, today: date, now: datetime) -> None:
    """Make the counter-offer what is asked of this creditor. Raises EngineError when it cannot be worked out."""
    asked = _asked(talk)
    outcome = None if asked is None else _outcome(talk, asked, today)
    if asked is None or outcome is None:
        raise NotFound
    proposals.ask(talk.item, asked, outcome)
    talk.item.proposal.updated_at = now
    services.mark_seen(talk.unread, now)


def agreed_on(talk: Talk, basis: str, today: date) -> agreeing.Agreed | None:
    """What was agreed on: our offer as it was shared last, or their last counter-offer. Raises EngineError."""
    if basis == "offer":
        offered = services.offer_of(talk)
        return None if offered is None else agreeing.of_request(*offered)
    asked = _asked(talk)
    outcome = None if asked is None else _outcome(talk, asked, today)
    return None if outcome is None else agreeing.of_outcome(outcome, today)


def find_agreed_on(talk: Talk, basis: str, today: date) -> agreeing.Agreed | None:
    """The same; None also when it cannot be worked out."""
    try:
        return agreed_on(talk, basis, today)
    except EngineError:
        return None


def _asked(talk: Talk) -> Asked | None:
    """The last counter-offer as a request; None when there was none, or nothing was offered that it answers."""
    offered: tuple[ProposalDocument, Request] | None = services.offer_of(talk)
    countered = [row for row in talk.responses if row.kind == ResponseKind.COUNTER and row.terms]
    if offered is None or not countered:
        return None
    document, request = offered
    return counters.as_asked(countered[-1].terms or {}, request, document.unit)


def _outcome(talk: Talk, asked: Asked, today: date) -> Outcome | None:
    return None if talk.position is None else work_out(running_of(talk.position, today), asked)
