"""A calendar file of coming instalments (RFC 5545): whole days, two alarms each, the same UID for the same instalment always."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from icalendar import Alarm, Calendar, Event

PRODUCT = "-//Steady//planner//EN"


@dataclass(frozen=True, slots=True)
class CalendarEntry:
    """One day worth remembering. `uid` is stable and holds nothing private; `url` is where to go on."""

    uid: str
    on: date
    title: str
    text: str
    url: str


def to_ics(
    entries: Sequence[CalendarEntry], *, name: str, now: datetime, alarm_days: Sequence[int], at_hour: int
) -> bytes:
    """The file: one all-day event an entry, with an alarm `days` before (or after, negative) at `at_hour` local time.

    All-day events need no time zone: they mean that day wherever the phone is. `now` is the instant of writing (DTSTAMP, UTC).
    """
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", name)
    for entry in entries:
        calendar.add_component(_event(entry, now, alarm_days, at_hour))
    content: bytes = calendar.to_ical()
    return content


def _event(entry: CalendarEntry, now: datetime, alarm_days: Sequence[int], at_hour: int) -> Event:
    event = Event()
    event.add("uid", entry.uid)
    event.add("dtstamp", now)
    event.add("dtstart", entry.on)
    event.add("dtend", entry.on + timedelta(days=1))
    event.add("summary", entry.title)
    event.add("description", entry.text)
    event.add("url", entry.url)
    event.add("transp", "TRANSPARENT")
    for days in alarm_days:
        event.add_component(_alarm(entry, timedelta(days=-days, hours=at_hour)))
    return event


def _alarm(entry: CalendarEntry, trigger: timedelta) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", entry.title)
    alarm.add("trigger", trigger)
    return alarm
