"""The calendar file, read back by two independent parsers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import ics
from icalendar import Calendar

from planner.documents.icalendar import CalendarEntry, to_ics

STAMP = datetime(2026, 12, 1, 8, 30, tzinfo=UTC)
ALARMS = tuple(datetime(2026, 12, day, 1, tzinfo=UTC) for day in (11, 15, 18))
ENTRIES = [
    CalendarEntry("loan-1-6@steady", date(2026, 12, 18), "稳步：有一件事要办", "还不上？看看有什么办法：" + "长" * 200, "https://p/c/1",
                  STAMP, 3, ALARMS),
    CalendarEntry("loan-2-1@steady", date(2027, 1, 31), "a; b, c \\ d", "line\nbreak", "https://p/c/2", STAMP),
]  # fmt: skip


def made(entries: list[CalendarEntry] = ENTRIES) -> bytes:
    return to_ics(entries, name="稳步", timezone="Asia/Shanghai")


def test_icalendar_reads_every_day_and_alarm_back() -> None:
    calendar = Calendar.from_ical(made())
    events = list(calendar.walk("VEVENT"))
    assert [(str(e["UID"]), e.decoded("DTSTART"), e.decoded("DTEND"), str(e["SUMMARY"])) for e in events] == [
        (entry.uid, entry.on, entry.on + timedelta(days=1), entry.title) for entry in ENTRIES
    ]
    assert [str(e["DESCRIPTION"]) for e in events] == [entry.text for entry in ENTRIES]
    assert [e.decoded("SEQUENCE") for e in events] == [3, 0]
    assert tuple(a.decoded("TRIGGER") for a in events[0].walk("VALARM")) == ALARMS
    assert list(events[1].walk("VALARM")) == []
    assert (calendar["VERSION"], calendar["X-WR-TIMEZONE"], calendar["METHOD"]) == ("2.0", "Asia/Shanghai", "PUBLISH")
    assert calendar["PRODID"]


def test_a_second_parser_agrees_on_days_and_on_the_instants_of_the_alarms() -> None:
    calendar = ics.Calendar(made().decode())
    found = sorted((e.begin.date(), e.name, sorted(a.trigger.datetime for a in e.alarms)) for e in calendar.events)
    assert found == [(entry.on, entry.title, list(entry.alarms)) for entry in ENTRIES]


def test_it_keeps_the_letter_of_rfc_5545() -> None:
    content = made()
    lines = content.split(b"\r\n")
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert all(len(line) <= 75 for line in lines)
    assert content.startswith(b"BEGIN:VCALENDAR\r\n")
    assert content.endswith(b"END:VCALENDAR\r\n")
    assert content.count(b"DTSTAMP:20261201T083000Z") == 2
    # An alarm at an instant must say so: without VALUE a trigger is read as a duration.
    assert content.count(b"TRIGGER;VALUE=DATE-TIME:202612") == 3


def test_the_same_entries_are_the_same_bytes_and_another_title_keeps_the_uid() -> None:
    assert made() == made()
    changed = made([replace(ENTRIES[0], title="x", alarms=())])
    assert changed != made(ENTRIES[:1])
    assert b"UID:loan-1-6@steady" in changed


def test_no_entries_make_an_empty_but_whole_calendar() -> None:
    assert list(Calendar.from_ical(made([])).walk("VEVENT")) == []
