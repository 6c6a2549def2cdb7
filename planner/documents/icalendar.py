"""A calendar of what is coming (RFC 5545): whole days or times, alarms at exact instants, the same UID for the same matter.

Whole days mean that day wherever the phone is, and times and alarms are instants in UTC, so no VTIMEZONE is needed;
X-WR-TIMEZONE says where the household lives. The same entries give the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from icalendar import Alarm, Calendar, Event

PRODUCT = "-//Steady//planner//EN"
REFRESH = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class CalendarEntry:
    """One day worth remembering. `uid` is stable and holds nothing private; `url` is where to go on.

    With `starts_at` (aware) it is not the whole day but `minutes` from then. `alarms` are instants (aware). `stamp` (aware) is
    when the entry came to be, and `revision` grows when it changes.
    """

    uid: str
    on: date
    title: str
    text: str
    url: str
    stamp: datetime
    revision: int = 0
    alarms: tuple[datetime, ...] = ()
    starts_at: datetime | None = None
    minutes: int = 0


def to_ics(entries: Sequence[CalendarEntry], *, name: str, timezone: str) -> bytes:
    """The calendar: one event an entry. `timezone` is an IANA name."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", name)
    calendar.add("x-wr-timezone", timezone)
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT6H")
    for entry in entries:
        calendar.add_component(_event(entry))
    content: bytes = calendar.to_ical()
    return content


def _event(entry: CalendarEntry) -> Event:
    event = Event()
    event.add("uid", entry.uid)
    event.add("dtstamp", entry.stamp)
    event.add("sequence", entry.revision)
    _add_time(event, entry)
    event.add("summary", entry.title)
    event.add("description", entry.text)
    event.add("url", entry.url)
    event.add("transp", "TRANSPARENT" if entry.starts_at is None else "OPAQUE")
    for at in entry.alarms:
        event.add_component(_alarm(entry, at))
    return event


def _add_time(event: Event, entry: CalendarEntry) -> None:
    """From when to when: the whole day, or its minutes in UTC."""
    if entry.starts_at is None:
        event.add("dtstart", entry.on)
        event.add("dtend", entry.on + timedelta(days=1))
    else:
        begins = entry.starts_at.astimezone(UTC)
        event.add("dtstart", begins)
        event.add("dtend", begins + timedelta(minutes=entry.minutes))


def _alarm(entry: CalendarEntry, at: datetime) -> Alarm:
    """An alarm at an instant: `at` in UTC, whatever hour the phone shows by then."""
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", entry.title)
    alarm.add("trigger", at, parameters={"VALUE": "DATE-TIME"})
    return alarm
