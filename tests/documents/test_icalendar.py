"""The calendar file, read back by two independent parsers."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import ics
from icalendar import Calendar

from planner.documents.icalendar import CalendarEntry, to_ics

NOW = datetime(2026, 12, 9, 0, 12, tzinfo=UTC)
ENTRIES = [
    CalendarEntry(
        "loan-1-6-20261218@steady",
        date(2026, 12, 18),
        "稳步：有一件事要办",
        "还不上？看看有什么办法：" + "长" * 200,
        "https://p/c/1",
    ),
    CalendarEntry("loan-2-1-20270131@steady", date(2027, 1, 31), "a; b, c \\ d", "line\nbreak", "https://p/c/2"),
]


def made() -> bytes:
    return to_ics(ENTRIES, name="稳步", now=NOW, alarm_days=(7, 3, 0), at_hour=9)


def test_icalendar_reads_every_day_and_alarm_back() -> None:
    calendar = Calendar.from_ical(made())
    events = list(calendar.walk("VEVENT"))
    assert [(str(e["UID"]), e.decoded("DTSTART"), e.decoded("DTEND"), str(e["SUMMARY"])) for e in events] == [
        (entry.uid, entry.on, entry.on + timedelta(days=1), entry.title) for entry in ENTRIES
    ]
    assert [str(e["DESCRIPTION"]) for e in events] == [entry.text for entry in ENTRIES]
    alarms = [a.decoded("TRIGGER") for a in events[0].walk("VALARM")]
    assert alarms == [timedelta(days=-7, hours=9), timedelta(days=-3, hours=9), timedelta(hours=9)]
    assert calendar["VERSION"] == "2.0"
    assert calendar["PRODID"]


def test_a_second_parser_agrees() -> None:
    calendar = ics.Calendar(made().decode())
    found = sorted((event.begin.date(), event.name, len(event.alarms)) for event in calendar.events)
    assert found == [(entry.on, entry.title, 3) for entry in ENTRIES]


def test_it_keeps_the_letter_of_rfc_5545() -> None:
    content = made()
    lines = content.split(b"\r\n")
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert all(len(line) <= 75 for line in lines)
    assert content.startswith(b"BEGIN:VCALENDAR\r\n")
    assert content.endswith(b"END:VCALENDAR\r\n")
    assert content.count(b"DTSTAMP:20261209T001200Z") == 2


def test_the_same_instalment_keeps_its_uid_in_every_file() -> None:
    uids = [line for line in made().split(b"\r\n") if line.startswith(b"UID")]
    again = to_ics(ENTRIES, name="x", now=NOW + timedelta(days=1), alarm_days=(1,), at_hour=10)
    assert uids == [line for line in again.split(b"\r\n") if line.startswith(b"UID")]


def test_no_entries_make_an_empty_but_whole_calendar() -> None:
    assert list(Calendar.from_ical(to_ics([], name="x", now=NOW, alarm_days=(), at_hour=9)).walk("VEVENT")) == []
