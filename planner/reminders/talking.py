"""Reminders about the talks with lenders: an answer that came, one that is due, a review, an agreement that is not kept."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from enum import StrEnum

from flask_babel import gettext as _
from sqlalchemy import or_, select

from ..engine import reminding
from ..engine.negotiation import Stage
from ..engine.reminding import Drop, Rules, local_date
from ..extensions import db
from ..formatting import day
from ..models import Case, Reminder, ReminderKind, Response, Share
from ..negotiation import services as negotiation
from ..negotiation.services import Talk
from .planned import Planned
from .wishes import Wishes

# A talk's reminder that could not be sent for so long is no news.
STILL_NEWS = timedelta(days=3)


class About(StrEnum):
    """What a talk's reminder says."""

    ANSWER = "answer"
    REPLY_DUE = "reply_due"
    REVIEW = "review"
    BROKEN = "broken"


def talks_of(case: Case, now: datetime) -> dict[int, Talk]:
    """The talks of a case by item; none is read where nothing was shared or answered yet."""
    begun = (
        select(Share.id).where(Share.case_id == case.id).exists(),
        select(Response.id).where(Response.case_id == case.id).exists(),
    )
    if not db.session.scalar(select(or_(*begun))):
        return {}
    return {talk.item.id: talk for talk in negotiation.talks(case, now)}


def planned(talks: dict[int, Talk], wishes: Wishes, now: datetime, horizon: timedelta) -> Iterator[Planned]:
    """What is to be said of the talks from three days ago until `now + horizon`."""
    rules = wishes.rules
    for talk in talks.values():
        for about, on, fire_at, mark in _matters(talk, rules, now):
            if now - STILL_NEWS < fire_at <= now + horizon:
                dropped = Drop.PAUSED if reminding.is_paused(fire_at, rules) else None
                key = f"{ReminderKind.TALK}:{about}:{talk.item.id}:{mark}"
                yield Planned(key, ReminderKind.TALK, None, None, on, 0, fire_at, dropped=dropped)


def drop_reason(talks: dict[int, Talk], reminder: Reminder, rules: Rules, now: datetime) -> str | None:
    """Why it need not be said any more; None when it does."""
    about, talk = _read(talks, reminder)
    if talk is None:
        return Drop.CLOSED
    if reminding.is_paused(now, rules):
        return Drop.PAUSED
    still = {
        About.ANSWER: bool(talk.unread),
        About.REPLY_DUE: talk.state.reply_due == reminder.due_on,
        About.REVIEW: talk.state.stage == Stage.RUNNING,
        About.BROKEN: talk.state.stage == Stage.BROKEN,
    }[about]
    return None if still else Drop.SEEN


def headline(talks: dict[int, Talk], reminder: Reminder, *, full: bool) -> str:
    """The one sentence; with `full` it names the lender."""
    about, talk = _read(talks, reminder)
    on, lender = day(reminder.due_on), talk.item.loan.creditor if talk else ""
    if not full:
        return {
            About.ANSWER: _("There is an answer to your plan"),
            About.REPLY_DUE: _("An answer to your plan is due by %(day)s", day=on),
            About.REVIEW: _("Something you agreed on is to be looked at again on %(day)s", day=on),
            About.BROKEN: _("Something you agreed on is not marked as done"),
        }[about]
    return {
        About.ANSWER: _("%(lender)s has answered your plan", lender=lender),
        About.REPLY_DUE: _("%(lender)s: an answer to your plan is due by %(day)s", lender=lender, day=on),
        About.REVIEW: _("%(lender)s: the agreement is to be looked at again on %(day)s", lender=lender, day=on),
        About.BROKEN: _("%(lender)s: an agreed payment is not marked as paid", lender=lender),
    }[about]


def advice(reminder: Reminder) -> str:
    """What to do about it."""
    return {
        About.ANSWER: _("Read it in peace: nothing is agreed before you say so, and before it is in writing."),
        About.REPLY_DUE: _("If nothing has come, ask once more, in writing. Pay what you offered meanwhile."),
        About.REVIEW: _("Does it still fit your money? If not, say so early: it can be changed together."),
        About.BROKEN: _(
            "If it was paid, mark it. If not, tell the lender now what you can do; a new plan is possible."
        ),
    }[_about(reminder)]


def item_id(reminder: Reminder) -> int:
    """The plan's item a talk's reminder is about, by its key."""
    return int(reminder.key.split(":")[2])


def _about(reminder: Reminder) -> About:
    return About(reminder.key.split(":")[1])


def _read(talks: dict[int, Talk], reminder: Reminder) -> tuple[About, Talk | None]:
    return _about(reminder), talks.get(item_id(reminder))


def _matters(talk: Talk, rules: Rules, now: datetime) -> Iterator[tuple[About, date, datetime, str]]:
    """What there is to say: about what, which day, when, and a mark that makes it one of its kind for good."""
    for row in talk.unread:
        yield About.ANSWER, local_date(row.created_at, rules), _waking(row.created_at, rules), str(row.id)
    if talk.state.reply_due is not None:
        due = talk.state.reply_due
        yield About.REPLY_DUE, due, _morning(due, rules), str(due)
    review = talk.arrangement.review_on if talk.arrangement else None
    if review is not None and talk.state.stage == Stage.RUNNING:
        yield About.REVIEW, review, _morning(review, rules), str(review)
    if talk.state.stage == Stage.BROKEN and talk.arrangement and talk.arrangement.ended_on is None:
        late = (
            talk.position.next.instalment.due_date if talk.position and talk.position.next else local_date(now, rules)
        )
        yield About.BROKEN, late, _waking(now, rules), f"{talk.arrangement.id}:{late}"


def _morning(on: date, rules: Rules) -> datetime:
    at = datetime.combine(on, rules.send_at, tzinfo=rules.zone)
    return reminding.quiet_until(at, rules) or at


def _waking(at: datetime, rules: Rules) -> datetime:
    return reminding.quiet_until(at, rules) or at
