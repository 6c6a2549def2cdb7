"""Where the talks with a creditor stand, from what happened."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from planner.engine.negotiation import (
    Agreement,
    Answer,
    Facts,
    Kind,
    Sharing,
    Stage,
    State,
    Step,
    reply_due,
    where_it_stands,
)

ZONE = ZoneInfo("Asia/Shanghai")
DAY = timedelta(days=1)
DRAFTED = datetime(2026, 12, 1, 9, tzinfo=ZONE)
SENT = Sharing(DRAFTED + DAY, DRAFTED + 31 * DAY)
READ = SENT.at + timedelta(hours=5)


def state(days: int = 0, /, **facts: Any) -> State:
    """The state so many days after the offer was shared."""
    return where_it_stands(Facts(DRAFTED, **facts), SENT.at + days * DAY, ZONE)


def test_a_draft_is_to_be_shared() -> None:
    assert state() == State(Stage.DRAFTED, DRAFTED, None, Step.SHARE, date(2026, 12, 2))


def test_a_link_waits_two_weeks_and_then_one_asks_again() -> None:
    waiting = state(14, shared=[SENT])
    assert (waiting.stage, waiting.next, waiting.reply_due) == (Stage.SHARED, Step.WAIT, date(2026, 12, 16))
    late = state(15, shared=[SENT], viewed=[READ])
    assert (late.stage, late.next, late.next_on) == (Stage.NO_REPLY, Step.ASK_AGAIN, date(2026, 12, 17))


def test_the_first_reading_after_the_last_link_counts() -> None:
    read = state(1, shared=[SENT], viewed=[READ, READ + DAY])
    assert (read.stage, read.since) == (Stage.VIEWED, READ)
    again = Sharing(READ + 2 * DAY, READ + 30 * DAY)
    assert state(3, shared=[SENT, again], viewed=[READ]).stage == Stage.SHARED


@pytest.mark.parametrize(
    "closed", [SENT._replace(closes_at=SENT.at + DAY), SENT._replace(is_used_up=True)], ids=["expired", "used up"]
)
def test_a_link_that_no_longer_opens_is_to_be_made_again(closed: Sharing) -> None:
    assert state(2, shared=[closed]).next == Step.SHARE


@pytest.mark.parametrize(
    ("kind", "stage", "step"),
    [
        (Kind.ACCEPT, Stage.ACCEPTED, Step.GET_IN_WRITING),
        (Kind.COUNTER, Stage.COUNTERED, Step.LOOK_AT_COUNTER),
        (Kind.ASK, Stage.ASKED, Step.REPLY),
        (Kind.DECLINE, Stage.DECLINED, Step.OFFER_AGAIN),
    ],
)
def test_an_answer_stands_until_a_new_offer_is_shared(kind: Kind, stage: Stage, step: Step) -> None:
    answered = state(4, shared=[SENT], viewed=[READ], answers=[Answer(kind, READ)])
    assert (answered.stage, answered.next, answered.since, answered.reply_due) == (stage, step, READ, None)
    anew = Sharing(READ + DAY, READ + 30 * DAY)
    assert state(4, shared=[SENT, anew], viewed=[READ], answers=[Answer(kind, READ)]).stage == Stage.SHARED


def test_an_answer_by_phone_needs_no_link() -> None:
    assert state(answers=[Answer(Kind.ACCEPT, DRAFTED + timedelta(hours=1))]).stage == Stage.ACCEPTED


def test_the_last_answer_counts() -> None:
    answers = [Answer(Kind.COUNTER, READ), Answer(Kind.ACCEPT, READ + DAY)]
    assert state(4, shared=[SENT], answers=answers).stage == Stage.ACCEPTED


RUNNING = Agreement(
    READ + 2 * DAY, is_broken=False, is_kept=False, next_due=date(2027, 1, 18), review_on=date(2027, 3, 1)
)


@pytest.mark.parametrize(
    ("change", "stage", "step", "on"),
    [
        ({}, Stage.RUNNING, Step.PAY, date(2027, 1, 18)),
        ({"review_on": date(2026, 12, 4)}, Stage.RUNNING, Step.REVIEW, date(2026, 12, 4)),
        ({"is_broken": True}, Stage.BROKEN, Step.TALK_AGAIN, date(2026, 12, 9)),
        ({"is_kept": True, "next_due": None}, Stage.KEPT, Step.NOTHING, None),
        ({"ended_on": date(2026, 12, 8), "end_reason": "broken"}, Stage.BROKEN, Step.TALK_AGAIN, None),
        ({"ended_on": date(2026, 12, 8), "end_reason": "cancelled"}, Stage.ENDED, Step.NOTHING, None),
    ],
)
def test_an_agreement_runs_is_kept_or_broken(change: dict[str, Any], stage: Stage, step: Step, on: date | None) -> None:
    found = state(
        7,
        shared=[SENT],
        answers=[Answer(Kind.ACCEPT, READ)],
        confirmed_at=READ + DAY,
        agreement=RUNNING._replace(**change),
    )
    assert (found.stage, found.next, found.next_on) == (stage, step, on)
    assert not found.is_open


def test_after_a_broken_agreement_a_new_offer_starts_the_talks_again() -> None:
    ended = RUNNING._replace(ended_on=date(2026, 12, 8), end_reason="broken")
    anew = Sharing(SENT.at + 10 * DAY, SENT.at + 40 * DAY)
    assert state(11, shared=[SENT, anew], agreement=ended).stage == Stage.SHARED


def test_a_written_word_alone_is_not_yet_an_agreement() -> None:
    found = state(7, shared=[SENT], answers=[Answer(Kind.ACCEPT, READ)], confirmed_at=READ + DAY)
    assert (found.stage, found.is_open) == (Stage.CONFIRMED, True)


def test_days_are_those_of_the_household() -> None:
    late_evening = datetime(2026, 12, 1, 17, tzinfo=ZoneInfo("UTC"))  # already the 2nd in Shanghai
    assert reply_due(late_evening, ZONE) == date(2026, 12, 16)
