"""From what is due to rows: each step once for each channel and target, and each in the message that will carry it.

A case is worked out when something in it changed (noticing.py) and once an hour. Unique keys decide: working it out twice, or on
two machines at once, writes the same rows.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta

from flask import current_app
from sqlalchemy import select, update

from ..engine.reminding import local_date
from ..extensions import db, insert_for
from ..models import Case, Channel, Dispatch, DispatchStatus, Reminder, ReminderPlan
from . import picture as pictures
from .picture import LOOK_BACK
from .planned import Planned
from .push import subscriptions_of
from .wishes import Wishes, wishes_of

HORIZON = timedelta(days=2)
EVERY = timedelta(hours=1)
BATCH = 20
# A message that waits for tomorrow's must still leave this many days to act; otherwise it goes out beside today's.
LEAVES_DAYS = 2
log = logging.getLogger("planner.reminders")


def plan_due(now: datetime) -> int:
    """Work out the cases whose turn it is, each in a transaction of its own; returns how many there were."""
    count = 0
    while keys := _claim(now):
        for key in keys:
            _plan_one(key, now)
        count += len(keys)
    return count


def plan_case(case: Case, now: datetime) -> None:
    """Write the missing rows of one case; those that are there stay as they are."""
    wishes = wishes_of(case)
    picture = pictures.look(wishes, now)
    told = pictures.told_before(_told(case, local_date(now, wishes.rules)))
    wanted = [*pictures.planned(picture, now, HORIZON), *pictures.red_days(picture, told, now)]
    book = _Book(wishes, now)
    for each in wanted:
        if each.dropped and each.fire_at > now:
            continue  # it may yet be wanted: paid by mistake, a pause taken back
        for channel, target in _targets(each, wishes, book.targets):
            book.write(each, channel, target)


def targets_of(case: Case, wishes: Wishes, now: datetime) -> list[tuple[Channel, str]]:
    """Where the case's messages go: its list in the app, each device of its borrowers, and its e-mail address.

    Where no mail server is set up there is nothing to try, and to fail at, again and again.
    """
    devices = ((Channel.PUSH, str(device.id)) for device in subscriptions_of(case, now))
    found = [(Channel.APP, ""), *devices]
    can_mail = current_app.config["SETTINGS"].smtp is not None
    return [*found, (Channel.EMAIL, "")] if wishes.email_to and can_mail else found


def replan(case: Case, now: datetime) -> None:
    """Forget what waits and was never tried, and work the case out anew: its wishes have changed."""
    waiting = select(Dispatch.id).where(
        Dispatch.case_id == case.id, Dispatch.status == DispatchStatus.SCHEDULED, Dispatch.attempts == 0
    )
    keys = list(db.session.scalars(waiting.with_for_update(skip_locked=True)))
    for row in db.session.scalars(select(Reminder).where(Reminder.dispatch_id.in_(keys), Reminder.kind != "snoozed")):
        db.session.delete(row)
    db.session.flush()
    for message in db.session.scalars(select(Dispatch).where(Dispatch.id.in_(keys))):
        db.session.refresh(message, ["reminders"])
        if not message.reminders:
            db.session.delete(message)
    db.session.flush()
    plan_case(case, now)


def put(case: Case, each: Planned, now: datetime) -> None:
    """Write one reminder by hand, on every channel of the case."""
    wishes = wishes_of(case)
    book = _Book(wishes, now)
    for channel, target in _targets(each, wishes, book.targets):
        book.write(each, channel, target)


class _Book:
    """The rows of one case while they are written."""

    def __init__(self, wishes: Wishes, now: datetime) -> None:
        self.wishes, self.now, self.case = wishes, now, wishes.case
        self.targets = targets_of(self.case, wishes, now)
        since = now - LOOK_BACK - timedelta(days=1)
        known = select(Reminder.key, Reminder.channel, Reminder.target)
        self.known = {tuple(row) for row in db.session.execute(
            known.where(Reminder.case_id == self.case.id, Reminder.fire_at >= since))}  # fmt: skip
        self.messages = {(m.channel, m.target, m.slot): m for m in db.session.scalars(
            select(Dispatch).where(Dispatch.case_id == self.case.id, Dispatch.fire_at >= since))}  # fmt: skip

    def write(self, each: Planned, channel: Channel, target: str) -> None:
        """Write one reminder, and the message that carries it, unless its key is there already."""
        if (each.key, channel, target) in self.known:
            return
        values = {
            "case_id": self.case.id, "key": each.key, "kind": each.kind, "channel": channel, "target": target,
            "loan_id": each.loan_id, "instalment_n": each.n, "due_on": each.due_on, "step": each.step,
            "short_minor": each.short_minor, "fire_at": each.fire_at, "dropped": each.dropped, "created_at": self.now,
        }  # fmt: skip
        insert = insert_for(Reminder).values(values).on_conflict_do_nothing().returning(Reminder.id)
        key = db.session.scalar(insert)
        if key is not None and each.dropped is None:
            carrier = self._message(each, channel, target)
            db.session.execute(update(Reminder).where(Reminder.id == key).values(dispatch_id=carrier))

    def _message(self, each: Planned, channel: Channel, target: str) -> int:
        """The key of the message that carries it: the day's, when that one has not been tried yet."""
        for slot, fire_at in self._slots(each, channel, target):
            known = self.messages.get((channel, target, slot))
            if known is None:
                known = self._create(channel, target, slot, fire_at)
            if known is not None and self._join(known, fire_at):
                return known.id
        raise AssertionError("there is always a further slot")

    def _slots(self, each: Planned, channel: Channel, target: str) -> Iterator[tuple[str, datetime]]:
        """Names of messages that could carry it, in order of preference, with when each would go out."""
        day, rules = local_date(each.fire_at, self.wishes.rules), self.wishes.rules
        name = str(day) if self.wishes.one_a_day else f"{each.fire_at:%Y%m%dT%H%M}"
        yield name, each.fire_at
        tomorrow = local_date(self.now, rules) + timedelta(days=1)
        was_sent = (known := self.messages.get((channel, target, name))) and known.status in ("attempted", "sent")
        if was_sent and self.wishes.one_a_day and (each.due_on - tomorrow).days >= LEAVES_DAYS:
            yield str(tomorrow), _at(tomorrow, rules.send_at, self.wishes)
        for number in range(2, 100):
            yield f"{name}+{number}", each.fire_at

    def _create(self, channel: Channel, target: str, slot: str, fire_at: datetime) -> Dispatch | None:
        """A new message; None when somebody else has just made it."""
        name = f"{self.case.id}:{channel}:{target}:{slot}"
        values = {
            "case_id": self.case.id, "channel": channel, "target": target, "slot": slot, "fire_at": fire_at,
            "next_at": fire_at, "status": DispatchStatus.SCHEDULED, "attempts": 0, "created_at": self.now,
            "idempotency_key": hashlib.sha256(name.encode()).hexdigest()[:32],
        }  # fmt: skip
        made = insert_for(Dispatch).values(values).on_conflict_do_nothing().returning(Dispatch)
        message = db.session.scalar(made)
        if message is None:
            mine = select(Dispatch).where(Dispatch.case_id == self.case.id, Dispatch.channel == channel)
            message = db.session.scalar(mine.where(Dispatch.target == target, Dispatch.slot == slot))
        if message is not None:
            self.messages[channel, target, slot] = message
        return message

    def _join(self, message: Dispatch, fire_at: datetime) -> bool:
        """Let a message carry one more step, at the earlier of both times; False once it has been tried or is done with."""
        earliest = min(message.fire_at, fire_at)
        joined = db.session.execute(
            update(Dispatch)
            .where(Dispatch.id == message.id, Dispatch.status == DispatchStatus.SCHEDULED, Dispatch.attempts == 0)
            .values(fire_at=earliest, next_at=earliest)
        )
        return bool(joined.rowcount)  # type: ignore[attr-defined]  # an UPDATE's result has it


def _targets(each: Planned, wishes: Wishes, known: Iterable[tuple[Channel, str]]) -> list[tuple[Channel, str]]:
    """Where one reminder goes. The app's own list has everything, so that nothing is lost when all else is off."""
    wanted = {*(wishes.channels if each.channels is None else each.channels), Channel.APP}
    return [(channel, target) for channel, target in known if channel in wanted]


def _claim(now: datetime) -> list[int]:
    """Take the next cases for this worker alone; a change made meanwhile puts a case at the front again."""
    chosen = select(ReminderPlan.case_id).where(ReminderPlan.next_at <= now).order_by(ReminderPlan.next_at).limit(BATCH)
    cte = chosen.with_for_update(skip_locked=True).cte("chosen")
    taken = update(ReminderPlan).where(ReminderPlan.case_id.in_(select(cte.c.case_id)), ReminderPlan.next_at <= now)
    keys = list(db.session.scalars(taken.values(next_at=now + EVERY).returning(ReminderPlan.case_id)))
    db.session.commit()
    return keys


def _plan_one(case_id: int, now: datetime) -> None:
    """One household's odd data must not keep the others from being reminded."""
    try:
        case = db.session.get(Case, case_id)
        if case is not None:
            plan_case(case, now)
        db.session.commit()
    except Exception:
        db.session.rollback()
        log.exception("reminders of case %s could not be planned", case_id)


def _told(case: Case, today: date) -> Iterable[Reminder]:
    """What was said of red days ahead, and of those since the balance was entered: a gap may be open since then."""
    since = min(case.balance_on or today, today)
    return db.session.scalars(
        select(Reminder).where(Reminder.case_id == case.id, Reminder.kind == "radar", Reminder.due_on >= since)
    )


def _at(day: date, at: time, wishes: Wishes) -> datetime:
    return datetime.combine(day, at, tzinfo=wishes.rules.zone)
