"""The messages to come, grouped and worded as they would be sent; nothing is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from flask_babel import force_locale
from sqlalchemy import select
from sqlalchemy.orm import contains_eager

from ..access import select_rows
from ..cases.calendar import calendar_of
from ..engine.calendars import WorkCalendar
from ..engine.reminding import local_date
from ..extensions import db
from ..models import Case, Channel, Dispatch, DispatchStatus, Reminder, ReminderKind, Wording
from . import composing, planning
from . import picture as pictures
from .batch import Letter, drop_reason
from .picture import Picture
from .planned import Planned
from .wishes import Wishes

# More than asked for, so that no message is shown with half of what it will carry.
_MARGIN = 20


@dataclass(frozen=True, slots=True)
class ComingMessage:
    """A message to come: when, by which ways, what a locked screen shows, and each sentence inside with its advice.

    `if_unpaid`: everything in it is about days after an instalment's own, so it only comes if that is not paid by then.
    """

    fire_at: datetime
    channels: tuple[Channel, ...]
    title: str
    items: tuple[tuple[str, str], ...]
    if_unpaid: bool


def coming(picture: Picture, now: datetime, count: int = 10) -> list[ComingMessage]:
    """The messages that carry the next `count` reminders as things stand, each worded for the day it goes out."""
    wishes = picture.wishes
    ahead = _ahead(picture, now, count + _MARGIN)
    live = [channel for channel, _target in planning.targets_of(wishes.case, wishes, now)]
    found, said = [], 0
    calendar = _calendar(wishes, ahead, now)
    for parts in _by_message(wishes, ahead):
        if said >= count:
            break
        said += len(parts)
        found += [_message(picture, group, channels, calendar) for group, channels in _by_ways(wishes, parts, live)]
    return found


def _ahead(picture: Picture, now: datetime, count: int) -> list[Planned]:
    """What comes, by time: the rows as they wait in their messages, and what the rules say of everything that is no row yet."""
    ruled = pictures.next_reminders(picture, now, count)
    rows = _rows(picture.wishes.case, now)
    found = [each for each in ruled if each.key not in rows]
    found += _waiting(picture, [row for row in rows.values() if _waits(row, now)], {each.key: each for each in ruled})
    return sorted(found, key=lambda each: each.fire_at)


def _by_message(wishes: Wishes, ahead: Iterable[Planned]) -> list[list[Planned]]:
    """What goes out together: everything of one day, or else of one moment."""
    groups: dict[object, list[Planned]] = {}
    for each in ahead:
        key = local_date(each.fire_at, wishes.rules) if wishes.one_a_day else each.fire_at
        groups.setdefault(key, []).append(each)
    return list(groups.values())


def _by_ways(
    wishes: Wishes, parts: Sequence[Planned], live: Sequence[Channel]
) -> list[tuple[tuple[Planned, ...], tuple[Channel, ...]]]:
    """The parts each way carries; ways that carry the same are told together."""
    found: dict[tuple[Planned, ...], list[Channel]] = {}
    for channel in dict.fromkeys(live):
        carried = tuple(p for p in parts if channel == Channel.APP or channel in _wanted(wishes, p))
        if carried:
            found.setdefault(carried, []).append(channel)
    return [(carried, tuple(channels)) for carried, channels in found.items()]


def _wanted(wishes: Wishes, each: Planned) -> Iterable[str]:
    return wishes.channels if each.channels is None else each.channels


def _message(
    picture: Picture, parts: Sequence[Planned], channels: tuple[Channel, ...], calendar: WorkCalendar
) -> ComingMessage:
    """The texts in the language of the case, as composing.py would write them on that day."""
    wishes, fire_at = picture.wishes, min(each.fire_at for each in parts)
    rows = [_row(wishes.case, each) for each in parts]
    row = Dispatch(case_id=wishes.case.id, channel=channels[0], target="", fire_at=fire_at, reminders=rows)
    letter = _letter(picture, row, rows)
    letter.calendar = calendar
    full = wishes.wording == Wording.FULL
    with force_locale(wishes.case.locale):
        items = tuple(
            (composing.headline(letter, each, full=full), composing.advice(letter, each)) for each in letter.reminders
        )
        title = composing.title(letter)
    return ComingMessage(fire_at, channels, title, items, all(each.due_on < letter.today for each in rows))


def _letter(picture: Picture, row: Dispatch, rows: list[Reminder]) -> Letter:
    """A message as it will stand when its time has come."""
    positions = {p.loan.id: p for p in picture.positions}
    return Letter(row, picture.wishes, "", None, rows, {}, positions, picture.snoozed, picture.talks, picture.radar,
                  local_date(row.fire_at, picture.wishes.rules))  # fmt: skip


def _row(case: Case, each: Planned) -> Reminder:
    """A reminder that is never stored."""
    return Reminder(
        case_id=case.id, key=each.key, kind=each.kind, loan_id=each.loan_id, instalment_n=each.n, due_on=each.due_on,
        step=each.step, short_minor=each.short_minor, fire_at=each.fire_at,
    )  # fmt: skip


def _rows(case: Case, now: datetime) -> dict[str, Reminder]:
    """What is written down already of what is ahead, or still waits, by key; the app's own list has everything."""
    waits = (Dispatch.status == DispatchStatus.SCHEDULED) & (Dispatch.fire_at > now)
    rows = db.session.scalars(
        select_rows(Reminder, case).outerjoin(Reminder.dispatch).options(contains_eager(Reminder.dispatch))
        .where(Reminder.channel == Channel.APP, (Reminder.fire_at > now) | waits).order_by(Reminder.id)
    )  # fmt: skip
    return {row.key: row for row in rows}


def _waits(row: Reminder, now: datetime) -> bool:
    """Whether its message is still to go out; a day's message takes along what would be due later that day."""
    message = row.dispatch
    return (
        row.dropped is None
        and message is not None
        and message.status == DispatchStatus.SCHEDULED
        and message.fire_at > now
    )


def _waiting(picture: Picture, rows: Sequence[Reminder], ruled: Mapping[str, Planned]) -> list[Planned]:
    """Rows in messages to come, without those that will be dropped then, as the sender decides it."""
    by_key = _channels_of(picture.wishes.case, [row.key for row in rows if row.key not in ruled])
    found = []
    for row in rows:
        message = row.dispatch
        if message is None or drop_reason(_letter(picture, message, []), row, message.fire_at):
            continue
        each = ruled.get(row.key) or _planned(row, tuple(by_key[row.key]))
        found.append(replace(each, fire_at=message.fire_at))
    return found


def _planned(row: Reminder, channels: tuple[str, ...]) -> Planned:
    return Planned(row.key, ReminderKind(row.kind), row.loan_id, row.instalment_n, row.due_on, row.step, row.fire_at,
                   channels, row.short_minor)  # fmt: skip


def _channels_of(case: Case, keys: Sequence[str]) -> dict[str, list[str]]:
    """The ways each of these reminders goes."""
    found: dict[str, list[str]] = {}
    same = select(Reminder.key, Reminder.channel).where(Reminder.case_id == case.id, Reminder.key.in_(keys))
    for key, channel in db.session.execute(same.distinct()) if keys else ():
        found.setdefault(key, []).append(channel)
    return found


def _calendar(wishes: Wishes, ahead: Sequence[Planned], now: datetime) -> WorkCalendar:
    """Working days around all of it, read once."""
    today = local_date(now, wishes.rules)
    days: list[date] = [today, *(each.due_on for each in ahead)]
    return calendar_of(wishes.case, min(days), max(days))
