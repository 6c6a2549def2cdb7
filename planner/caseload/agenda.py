"""What the coming weeks hold for a counsellor, on a page and in their calendar.

In the calendar a client is a number: no name, no amount, nothing that was typed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import groupby
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import Row, select

from .. import tokens
from ..documents.icalendar import CalendarEntry, to_ics
from ..errors import Gone
from ..extensions import db
from ..i18n import DEFAULT
from ..messages import absolute_url
from ..models import AgencyMember, Appointment, ClientTask
from . import listing, notes
from .clients import zone_of
from .forms import HOWS, How

DAYS = 30
FEED_BACK, FEED_AHEAD = timedelta(days=30), timedelta(days=366)
_MIDNIGHT = time()


class Kind(StrEnum):
    """What an agenda holds."""

    APPOINTMENT = "appointment"
    TASK = "task"
    REPLY = "reply"
    REVIEW = "review"
    ENDING = "ending"


class Item(NamedTuple):
    """One thing of a day. `name` is None where it is not to be seen; `row` is the appointment or the task."""

    on: date
    at: time
    kind: Kind
    client_id: int
    number: int
    name: str | None
    row: Any = None


class Day(NamedTuple):
    """A day with what it holds."""

    on: date
    items: list[Item]


def days(member: AgencyMember, zone: str, now: datetime) -> list[Day]:
    """The coming weeks by day; tasks that are past their day come first."""
    today = now.astimezone(ZoneInfo(zone)).date()
    until = today + timedelta(days=DAYS)
    begins = datetime.combine(today, _MIDNIGHT, ZoneInfo(zone))
    meetings = notes.coming_appointments(member, begins, begins + timedelta(days=DAYS + 1), now)
    tasks = [(task, number) for task, number in notes.open_tasks(member, now) if task.due_on <= until]
    named = {row.client_id for row, _n in meetings} | {task.client_id for task, _n in tasks}
    clients = {row.client_id: row for row in listing.ahead(member, now, today, until, named)}
    found = [item for row in clients.values() for item in _of_case(row, today, until, zone)]
    for row, number in meetings:
        local = row.starts_at.astimezone(ZoneInfo(zone))
        found.append(_item(Kind.APPOINTMENT, local.date(), local.time(), clients.get(row.client_id), number, row))
    found += [_item(Kind.TASK, task.due_on, _MIDNIGHT, clients.get(task.client_id), n, task) for task, n in tasks]
    found.sort(key=lambda item: (item.on, item.at, item.number, item.kind))
    return [Day(on, list(items)) for on, items in groupby(found, key=lambda item: item.on)]


def find_member(token: str) -> AgencyMember:
    """Whose calendar a secret address is. Raises Gone for one that is unknown, replaced or switched off."""
    mine = select(AgencyMember).where(AgencyMember.feed_hash == tokens.token_hash(token))
    member = db.session.scalars(mine).one_or_none()
    if member is None:
        raise Gone
    return member


def open_address(member: AgencyMember) -> str:
    """A new secret address in place of any before; returns its token, which is shown once and not stored."""
    token = tokens.new_token()
    member.feed_hash = tokens.token_hash(token)
    db.session.flush()
    return token


def close_address(member: AgencyMember) -> None:
    """From this moment on no address opens."""
    member.feed_hash = None
    db.session.flush()


def as_bytes(member: AgencyMember, now: datetime) -> bytes:
    """The calendar in the counsellor's language: appointments and tasks."""
    zone = zone_of(member)
    with force_locale(member.user.locale or DEFAULT):
        meetings = [
            _meeting(*each, zone) for each in notes.coming_appointments(member, now - FEED_BACK, now + FEED_AHEAD, now)
        ]
        tasks = [_task(task, number) for task, number in notes.open_tasks(member, now)]
        found = sorted([*meetings, *tasks], key=lambda entry: (entry.on, entry.uid))
        return to_ics(found, name=_("Steady: clients"), timezone=zone)


def _item(kind: Kind, on: date, at: time, client: Row[Any] | None, number: int, row: Any = None) -> Item:
    """An item; a client who is with a colleague by now keeps only the number."""
    return Item(on, at, kind, client.client_id if client else 0, number, client.name if client else None, row)


def _of_case(row: Row[Any], today: date, until: date, zone: str) -> Iterator[Item]:
    """What is known of a client's case: replies, reviews, the end of consent."""
    ends = row.expires_at.astimezone(ZoneInfo(zone)).date() - timedelta(days=1) if row.is_open else None
    for kind, on in ((Kind.REPLY, row.reply_on), (Kind.REVIEW, row.review_on), (Kind.ENDING, ends)):
        if on is not None and today <= on <= until:
            yield _item(kind, on, _MIDNIGHT, row, row.number)


def _meeting(row: Appointment, number: int, zone: str) -> CalendarEntry:
    address = absolute_url("caseload.detail", client_id=row.client_id)
    on = row.starts_at.astimezone(ZoneInfo(zone)).date()
    title = _("Client %(number)s, %(how)s", number=f"{number:04d}", how=HOWS[How(row.how)])
    return CalendarEntry(
        f"meeting-{row.id}@steady",
        on,
        title,
        address,
        address,
        row.created_at,
        row.version,
        (),
        row.starts_at,
        row.minutes,
    )


def _task(task: ClientTask, number: int) -> CalendarEntry:
    address = absolute_url("caseload.detail", client_id=task.client_id)
    title = _("Task for client %(number)s", number=f"{number:04d}")
    return CalendarEntry(f"task-{task.id}@steady", task.due_on, title, address, address, task.created_at)
