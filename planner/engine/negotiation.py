"""Where the talks with one creditor stand: derived from what happened, so that there is one truth and nothing to keep in step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum
from typing import NamedTuple

REPLY_DAYS = 14


class Stage(StrEnum):
    """How far the talks are. The order is that in which they usually go."""

    DRAFTED = "drafted"
    SHARED = "shared"
    VIEWED = "viewed"
    NO_REPLY = "no_reply"
    COUNTERED = "countered"
    ASKED = "asked"
    DECLINED = "declined"
    ACCEPTED = "accepted"
    CONFIRMED = "confirmed"
    RUNNING = "running"
    KEPT = "kept"
    BROKEN = "broken"
    ENDED = "ended"


class Step(StrEnum):
    """The one thing to do next."""

    SHARE = "share"
    WAIT = "wait"
    ASK_AGAIN = "ask_again"
    LOOK_AT_COUNTER = "look_at_counter"
    REPLY = "reply"
    OFFER_AGAIN = "offer_again"
    GET_IN_WRITING = "get_in_writing"
    PAY = "pay"
    REVIEW = "review"
    TALK_AGAIN = "talk_again"
    NOTHING = "nothing"


class Kind(StrEnum):
    """What a lender answered."""

    ACCEPT = "accept"
    COUNTER = "counter"
    ASK = "ask"
    DECLINE = "decline"


class Sharing(NamedTuple):
    """A link made at an instant; it closes at `closes_at`, by itself or withdrawn. `is_used_up`: its openings are."""

    at: datetime
    closes_at: datetime
    is_used_up: bool = False


class Answer(NamedTuple):
    """What was answered, and when."""

    kind: Kind
    at: datetime


class Agreement(NamedTuple):
    """What was agreed and how it goes. `next_due` is the oldest unpaid instalment's date, None when all are paid."""

    made_at: datetime
    is_broken: bool
    is_kept: bool
    next_due: date | None
    review_on: date | None
    ended_on: date | None = None
    end_reason: str | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What happened with one creditor; each list in the order of time, instants aware.

    Readings count once, whichever link was opened. `confirmed_at` is when a written word was recorded.
    """

    drafted_at: datetime
    shared: Sequence[Sharing] = ()
    viewed: Sequence[datetime] = ()
    answers: Sequence[Answer] = ()
    confirmed_at: datetime | None = None
    agreement: Agreement | None = None


class State(NamedTuple):
    """Where the talks stand: since when, until when a reply is due (None: none is awaited), what is next and on which day."""

    stage: Stage
    since: datetime
    reply_due: date | None
    next: Step
    next_on: date | None

    @property
    def is_open(self) -> bool:
        """Whether the talks themselves go on: nothing is agreed and nothing ended."""
        return self.stage not in (Stage.RUNNING, Stage.KEPT, Stage.BROKEN, Stage.ENDED)


_ANSWERED = {
    Kind.ACCEPT: (Stage.ACCEPTED, Step.GET_IN_WRITING),
    Kind.COUNTER: (Stage.COUNTERED, Step.LOOK_AT_COUNTER),
    Kind.ASK: (Stage.ASKED, Step.REPLY),
    Kind.DECLINE: (Stage.DECLINED, Step.OFFER_AGAIN),
}


def where_it_stands(facts: Facts, now: datetime, zone: tzinfo, reply_days: int = REPLY_DAYS) -> State:
    """The state at the instant `now` for a household in `zone`. What happened last decides: a new offer after an answer waits
    for a reply again."""
    today = now.astimezone(zone).date()
    sent = facts.shared[-1].at if facts.shared else None
    answer = facts.answers[-1] if facts.answers else None
    latest = max(at for at in (facts.drafted_at, sent, answer and answer.at) if at is not None)
    if facts.agreement is not None and (facts.agreement.ended_on is None or latest <= facts.agreement.made_at):
        return _agreed(facts.agreement, today)
    if facts.confirmed_at is not None and facts.agreement is None and facts.confirmed_at >= latest:
        return State(Stage.CONFIRMED, facts.confirmed_at, None, Step.NOTHING, None)
    if answer is not None and (sent is None or answer.at >= sent):
        stage, step = _ANSWERED[answer.kind]
        return State(stage, answer.at, None, step, today)
    if sent is None:
        return State(Stage.DRAFTED, facts.drafted_at, None, Step.SHARE, today)
    return _waiting(facts, now, today, zone, reply_days)


def reply_due(shared_at: datetime, zone: tzinfo, reply_days: int = REPLY_DAYS) -> date:
    """The day by which a reply to an offer shared then is due."""
    return shared_at.astimezone(zone).date() + timedelta(days=reply_days)


def _waiting(facts: Facts, now: datetime, today: date, zone: tzinfo, reply_days: int) -> State:
    last = facts.shared[-1]
    due = reply_due(last.at, zone, reply_days)
    read = [at for at in facts.viewed if at >= last.at]
    if today > due:
        return State(Stage.NO_REPLY, last.at, due, Step.ASK_AGAIN, today)
    stage, since = (Stage.VIEWED, read[0]) if read else (Stage.SHARED, last.at)
    if last.closes_at <= now or (last.is_used_up and not read):
        return State(stage, since, due, Step.SHARE, today)
    return State(stage, since, due, Step.WAIT, due)


def _agreed(found: Agreement, today: date) -> State:
    if found.ended_on is not None:
        stage = Stage.BROKEN if found.end_reason == "broken" else Stage.ENDED
        return State(stage, found.made_at, None, Step.TALK_AGAIN if stage == Stage.BROKEN else Step.NOTHING, None)
    if found.is_kept:
        return State(Stage.KEPT, found.made_at, None, Step.NOTHING, None)
    if found.is_broken:
        return State(Stage.BROKEN, found.made_at, None, Step.TALK_AGAIN, today)
    if found.review_on is not None and found.review_on <= today:
        return State(Stage.RUNNING, found.made_at, None, Step.REVIEW, found.review_on)
    return State(Stage.RUNNING, found.made_at, None, Step.PAY, found.next_due)
