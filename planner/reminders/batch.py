"""A batch of claimed messages with everything they need to be worded, read in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from ..cases.calendar import calendar_of
from ..engine import notices, reminding
from ..engine.calendars import WorkCalendar
from ..engine.reminding import Drop, Rules, Step, local_date
from ..extensions import db
from ..loans import services as loans
from ..loans.agreed import all_agreed
from ..loans.services import LoanPosition
from ..models import Case, Channel, Dispatch, Loan, PushSubscription, Reminder, ReminderKind
from ..negotiation.services import Talk
from ..radar import services as radar
from ..radar.services import Radar
from . import picture as pictures
from . import push, talking
from .wishes import Wishes, wishes_of_many


@dataclass
class Letter:
    """One message: its row, whom it is for, the steps that still help, and those that do not with the reason why.

    `to` is the address of its channel, None when there is none any more; `device` is set for a notification.
    """

    dispatch: Dispatch
    wishes: Wishes
    to: str | None
    device: PushSubscription | None
    reminders: list[Reminder] = field(default_factory=list)
    dropped: dict[Reminder, str] = field(default_factory=dict)
    positions: Mapping[int, LoanPosition] = field(default_factory=dict)
    snoozed: dict[tuple[int, date], date] = field(default_factory=dict)
    talks: dict[int, Talk] = field(default_factory=dict)
    radar: Radar | None = None
    today: date = date.min

    @cached_property
    def calendar(self) -> WorkCalendar:
        """The working days around what it is about."""
        last = max((reminder.due_on for reminder in self.dispatch.reminders), default=self.today)
        return calendar_of(self.wishes.case, min(self.today, last), max(self.today, last))

    def position(self, reminder: Reminder) -> LoanPosition | None:
        """The loan of a reminder; None for one about a red day."""
        return self.positions.get(reminder.loan_id or 0)


@dataclass(frozen=True)
class _Read:
    """What a batch needs of its households, read at once; by case key where not said otherwise."""

    now: datetime
    wishes: Mapping[int, Wishes]
    positions: Mapping[int, LoanPosition]
    devices: Mapping[tuple[int, str], PushSubscription]
    snoozed: dict[tuple[int, date], date]
    radars: Mapping[int, Radar | None]
    talks: Mapping[int, dict[int, Talk]]


def load(keys: Sequence[int], now: datetime) -> list[Letter]:
    """The claimed messages, each with the state of its household at `now`."""
    rows = list(db.session.scalars(
        select(Dispatch).where(Dispatch.id.in_(keys)).options(selectinload(Dispatch.reminders)).order_by(Dispatch.fire_at)
    ))  # fmt: skip
    read = _read(rows, now)
    return [_letter(row, read) for row in rows]


def _read(rows: Sequence[Dispatch], now: datetime) -> _Read:
    cases = {
        case.id: case for case in db.session.scalars(select(Case).where(Case.id.in_({row.case_id for row in rows})))
    }
    wishes = wishes_of_many(list(cases.values()))
    loan_ids = {reminder.loan_id for row in rows for reminder in row.reminders if reminder.loan_id}
    found = list(db.session.scalars(select(Loan).where(Loan.id.in_(loan_ids))))
    agreed, today = all_agreed(found), {key: local_date(now, each.rules) for key, each in wishes.items()}
    radars = {key: radar.look(cases[key], today[key]) for key in _with(rows, ReminderKind.RADAR)}
    talks = {key: talking.talks_of(cases[key], now) for key in _with(rows, ReminderKind.TALK)}
    return _Read(
        now,
        wishes,
        {loan.id: loans.position(loan, today[loan.case_id], agreed.get(loan.id)) for loan in found},
        _devices(rows, now),
        pictures.snoozes_of(cases),
        radars,
        talks,
    )


def _with(rows: Sequence[Dispatch], kind: ReminderKind) -> set[int]:
    """The cases that are told of such a thing."""
    return {row.case_id for row in rows if any(reminder.kind == kind for reminder in row.reminders)}


def letter_for(dispatch: Dispatch, now: datetime) -> Letter:
    """One message with its household's state."""
    return load([dispatch.id], now)[0]


def _devices(rows: Sequence[Dispatch], now: datetime) -> dict[tuple[int, str], PushSubscription]:
    keys = {int(row.target) for row in rows if row.channel == Channel.PUSH}
    return push.reachable(keys, now) if keys else {}


def _letter(row: Dispatch, read: _Read) -> Letter:
    wishes = read.wishes[row.case_id]
    today = local_date(read.now, wishes.rules)
    device = read.devices.get((row.case_id, row.target)) if row.channel == Channel.PUSH else None
    letter = Letter(
        row, wishes, _address(row, wishes, device), device, positions=read.positions, snoozed=read.snoozed,
        talks=read.talks.get(row.case_id, {}), radar=read.radars.get(row.case_id), today=today,
    )  # fmt: skip
    for reminder in row.reminders:
        reason = drop_reason(letter, reminder, read.now)
        if reason:
            letter.dropped[reminder] = reason
        else:
            letter.reminders.append(reminder)
    return letter


def _address(row: Dispatch, wishes: Wishes, device: PushSubscription | None) -> str | None:
    if row.channel == Channel.PUSH:
        return push.address_of(device) if device else None
    return wishes.email_to if row.channel == Channel.EMAIL else ""


def drop_reason(letter: Letter, reminder: Reminder, now: datetime) -> str | None:
    """Why one step of a message is not to be said at `now`; None when it is."""
    rules = letter.wishes.rules_of(reminder.loan_id)
    if reminder.kind == ReminderKind.RADAR:
        return _red_reason(letter, reminder, rules, now)
    if reminder.kind == ReminderKind.TALK:
        return talking.drop_reason(letter.talks, reminder, rules, now)
    position = letter.position(reminder)
    if position is None or position.loan.closed_on:
        return Drop.CLOSED
    n = _instalment(position, reminder)
    if n is None:
        return Drop.CLOSED
    due = pictures.due_of(position, n, letter.wishes, letter.snoozed)
    if reminder.kind == ReminderKind.INSTALMENT:
        return reminding.drop_reason(due, rules.step(reminder.step), rules, now)
    if due.settled or reminder.kind == ReminderKind.SNOOZED:
        return due.settled or (Drop.PAUSED if reminding.is_paused(now, rules) else None)
    return None if notices.helps(due.due_on, Step(reminder.step), rules, now=now) else Drop.TOO_LATE


def _instalment(position: LoanPosition, reminder: Reminder) -> int | None:
    """The number of the instalment it is about; None when the schedule no longer has it on that day."""
    n = reminder.instalment_n or 0
    rows = position.ledger.rows
    return n if 1 <= n <= len(rows) and rows[n - 1].instalment.due_date == reminder.due_on else None


def _red_reason(letter: Letter, reminder: Reminder, rules: Rules, now: datetime) -> str | None:
    if reminding.is_paused(now, rules):
        return Drop.PAUSED
    if letter.today > reminder.due_on:
        return Drop.TOO_LATE
    if any(other.kind == reminder.kind and other.due_on == reminder.due_on and other.id > reminder.id
           for other in letter.dispatch.reminders if reminder.id):  # fmt: skip
        return Drop.SUPERSEDED  # it worsened while both waited: one message says it once
    return None if letter.radar and letter.radar.red_day(reminder.due_on) else Drop.FITS
