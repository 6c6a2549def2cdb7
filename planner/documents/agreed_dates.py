"""The dates of a proposal as a calendar file (RFC 5545): whole days with neutral titles, no amounts, no names.

What stands on a lock screen must not tell others about debts, so an event says only that a step of the plan is due, by its
reference. The same value gives the same bytes and the same UIDs.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from flask_babel import gettext as _
from icalendar import Calendar, Event

from . import course
from .icalendar import PRODUCT
from .proposal import ProposalDocument


def to_ics(document: ProposalDocument) -> bytes:
    """One event an instalment of the plan, one for the reply, one for the review."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", document.reference)
    if document.fingerprint:
        calendar.add("x-sha256", document.fingerprint)
    for uid, on, title in _days(document):
        calendar.add_component(_event(document, uid, on, title))
    content: bytes = calendar.to_ical()
    return content


def _days(document: ProposalDocument) -> list[tuple[str, date, str]]:
    found = [("reply", document.reply_by, _("Plan: reply due"))]
    if review := course.review_on(document):
        found.append(("review", review, _("Plan: review")))
    for request in document.requests:
        found += [(f"{request.n}-{row.n}", row.due_on, _("Plan: payment")) for row in request.rows]
    return sorted(found, key=lambda entry: (entry[1], entry[0]))


def _event(document: ProposalDocument, uid: str, on: date, title: str) -> Event:
    event = Event()
    event.add("uid", f"{document.reference}-{uid}@steady".lower())
    event.add("dtstamp", datetime.combine(document.created_on, time(), UTC))
    event.add("sequence", document.number)
    event.add("dtstart", on)
    event.add("dtend", on + timedelta(days=1))
    event.add("summary", title)
    event.add("description", f"{document.reference} / {document.number}")
    event.add("transp", "TRANSPARENT")
    return event
