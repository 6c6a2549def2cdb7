"""The queue of messages: claimed with a lease, stored as attempted, handed over, marked. A crash at any point loses nothing.

A message whose sender died is claimed again when its lease is over, and goes out with the same key. What no longer helps is
dropped with its reason; what cannot be handed over is tried again at growing distances and given up visibly.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import CTE, select, update

from ..config import Settings
from ..delivery import Carrier, DeliveryError, email, in_app, web_push
from ..engine import reminding
from ..extensions import db
from ..models import Channel, Dispatch, DispatchStatus
from . import outcomes, push
from .batch import Letter, load
from .composing import compose

LEASE = timedelta(minutes=10)
BATCH = 200
MOST_ATTEMPTS = 5
# Minutes until the next try after each failed one.
BACK_OFF = (5, 30, 120, 480)
WAITING = (DispatchStatus.SCHEDULED, DispatchStatus.ATTEMPTED)
# A batch stops here, well within its lease, however slow the other side is; the rest goes back.
LONGEST_BATCH_SECONDS = LEASE.total_seconds() / 2
# Adding a channel is a file in planner/delivery and a line here.
CARRIERS: Mapping[str, Callable[[Settings], AbstractContextManager[Carrier]]] = {
    Channel.APP: in_app.connect,
    Channel.PUSH: web_push.connect,
    Channel.EMAIL: email.connect,
}
log = logging.getLogger("planner.reminders")


def send_due(now: datetime) -> int:
    """Claim and send everything whose time has come, batch by batch; returns how many messages went out."""
    sent = 0
    while keys := claim(now):
        sent += deliver(keys, now)
    return sent


def claim(now: datetime, most: int = BATCH) -> list[int]:
    """Take the next due messages for this worker alone, for as long as the lease lasts."""
    chosen = _next_due(now, most)
    taken = (
        update(Dispatch)
        .where(Dispatch.id.in_(select(chosen.c.id)), Dispatch.status.in_(WAITING), Dispatch.next_at <= now)
        .values(next_at=now + LEASE)
        .returning(Dispatch.id)
    )
    keys = list(db.session.scalars(taken, execution_options={"synchronize_session": False}))
    db.session.commit()
    return keys


def _next_due(now: datetime, most: int) -> CTE:
    """The keys of the messages waiting longest. A CTE, so that PostgreSQL works out the limit once; rows that another worker
    is claiming are passed over there, and on SQLite writers take turns."""
    waiting = select(Dispatch.id).where(Dispatch.status.in_(WAITING), Dispatch.next_at <= now)
    return waiting.order_by(Dispatch.next_at).limit(most).with_for_update(skip_locked=True).cte("chosen")


def deliver(keys: Sequence[int], now: datetime) -> int:
    """Send claimed messages, one connection a channel; each one's outcome is stored by itself. Returns how many went out.

    Those never tried go first. Then each repeat alone, the least tried first: should it be what ends its worker, it holds up
    nobody and uses up its own tries only.
    """
    db.session.expire_all()
    until = time.monotonic() + LONGEST_BATCH_SECONDS
    ready = [letter for letter in load(keys, now) if _is_wanted(letter, now)]
    db.session.commit()
    closed: dict[str, DeliveryError] = {}
    return sum(_deliver_group(group, closed, now, until) for group in _groups(ready))


def _groups(ready: Sequence[Letter]) -> list[list[Letter]]:
    fresh: dict[str, list[Letter]] = {}
    for letter in ready:
        if not letter.dispatch.attempts:
            fresh.setdefault(letter.dispatch.channel, []).append(letter)
    repeats = [letter for letter in ready if letter.dispatch.attempts]
    return [*fresh.values(), *([each] for each in sorted(repeats, key=lambda letter: letter.dispatch.attempts))]


def _deliver_group(group: list[Letter], closed: dict[str, DeliveryError], now: datetime, until: float) -> int:
    """Send over one connection. A channel that is `closed` fails for the rest of the batch without being asked again."""
    channel, sent = group[0].dispatch.channel, list[Letter]()
    try:
        if channel in closed:
            raise closed[channel]
        with CARRIERS[channel](current_app.config["SETTINGS"]) as carrier, outcomes.open_table(now) as table:
            sent, left = _deliver_each(group, carrier, table, now, until)
    except DeliveryError as error:
        closed[channel] = error
        _fail_all(group, error, now)
    else:
        for letter in left:
            letter.dispatch.next_at = now  # claimed but not begun: somebody else may take it at once
        for letter in sent:
            _note(letter, None)
    db.session.commit()
    return len(sent)


def _deliver_each(
    group: list[Letter], carrier: Carrier, table: outcomes.Outcomes, now: datetime, until: float
) -> tuple[list[Letter], list[Letter]]:
    """One after the other until the time is over: those that were taken, and those that were not begun.

    Each is stored as attempted before it is handed over, and its outcome before another one is.
    """
    sent, done, left = list[Letter](), None, deque(group)
    while left and time.monotonic() < until:
        letter = left.popleft()
        is_there = table.step(done, letter)
        done = letter if is_there and _hand_over(carrier, letter, now) else None
        if done:
            sent.append(done)
    if done:
        table.step(done, None)
    return sent, list(left)


def _fail_all(letters: Sequence[Letter], error: DeliveryError, now: datetime) -> None:
    """None could even be tried, which counts as a try."""
    for letter in letters:
        letter.dispatch.attempts += 1
        _failed(letter, error, now)


def _is_wanted(letter: Letter, now: datetime) -> bool:
    """Whether a message still goes out now: some step of it helps, it was not tried too often, and it is no night."""
    row = letter.dispatch
    for reminder, reason in letter.dropped.items():
        reminder.dropped = reason
    if not letter.reminders:
        row.status, row.reason = DispatchStatus.DROPPED, next(iter(letter.dropped.values()), "closed")
    elif letter.to is None:
        row.status, row.reason = DispatchStatus.DROPPED, "no_address"
    elif row.attempts >= MOST_ATTEMPTS:
        row.status, row.reason = DispatchStatus.FAILED, row.reason or "gave_up"
    elif row.channel != Channel.APP and (waits := _night_end(letter, now)) is not None:
        row.status, row.next_at = DispatchStatus.SCHEDULED, waits
    else:
        return True
    return False


def _night_end(letter: Letter, now: datetime) -> datetime | None:
    """When a late or repeated message may go out; one that is on time has its hour from the rules."""
    is_late = letter.dispatch.attempts > 0 or now - letter.dispatch.fire_at > LEASE
    return reminding.quiet_until(now, letter.wishes.rules) if is_late else None


def _hand_over(carrier: Carrier, letter: Letter, now: datetime) -> bool:
    """Hand one message over; whether it was taken. Why it was not is stored here."""
    try:
        carrier.send(compose(letter), now)
        return True
    except DeliveryError as error:
        _failed(letter, error, now)
    except Exception:
        db.session.rollback()
        log.exception("message %s could not be written", letter.dispatch.id)
        _failed(letter, DeliveryError("fault"), now)
    db.session.commit()
    return False


def _failed(letter: Letter, error: DeliveryError, now: datetime) -> None:
    """Try again later, at growing distances; give up visibly when that is no use or the tries are used up."""
    row = letter.dispatch
    row.reason = str(error)[:200]
    _note(letter, error)
    if not error.passing or row.attempts >= MOST_ATTEMPTS:
        row.status = DispatchStatus.FAILED
    else:
        pause = timedelta(minutes=BACK_OFF[min(row.attempts, len(BACK_OFF)) - 1])
        row.status, row.next_at = DispatchStatus.SCHEDULED, now + max(pause, error.wait or pause)


def _note(letter: Letter, error: DeliveryError | None) -> None:
    """A device keeps what went wrong last, for its owner to see."""
    if letter.device is not None and letter.device in db.session:
        push.note_outcome(letter.device, error)
