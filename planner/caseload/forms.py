"""What a counsellor writes down about a client: notes, tasks, times to meet, the next step; and names of saved views."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField

from ..forms import (
    DayField,
    Form,
    LongTextField,
    RadioChoice,
    TextField,
    ValidationError,
    WholeNumberField,
    at_most,
    optional,
    required,
)
from ..models import Appointment
from ..reminders.forms import ClockField

MOST_MINUTES = 480
FURTHEST = timedelta(days=1830)


class How(StrEnum):
    """How counsellor and client meet."""

    IN_PERSON = "in_person"
    PHONE = "phone"
    VIDEO = "video"


HOWS = {How.IN_PERSON: _l("In person"), How.PHONE: _l("On the phone"), How.VIDEO: _l("By video")}


class NoteForm(Form):
    """A note about a client."""

    text = LongTextField(_l("New note"), [*required(_l("Write the note")), at_most(4000)])
    is_shared = BooleanField(_l("Share with the client"))


class TaskForm(Form):
    """Something to be done by a day."""

    task = TextField(_l("Task"), [*required(_l("Enter what is to be done")), at_most(200)])
    due_on = DayField(_l("By"), required(_l("Enter the day, such as 2026-12-18")))


class NextStepForm(Form):
    """What the counsellor does next, perhaps on a day."""

    next_step = TextField(_l("Next step"), [*optional(), at_most(200)])
    next_on = DayField(_l("On"), optional())

    def validate_next_on(self, field: DayField) -> None:
        """A day belongs to a step."""
        if field.data and not self.next_step.data:
            raise ValidationError(_l("Enter the step that belongs to this day"))


class AppointmentForm(Form):
    """When, for how long and how to meet. Times are those of the counsellor's clock."""

    day = DayField(_l("Day"), required(_l("Enter the day, such as 2026-12-18")))
    time = ClockField(_l("Time"), required(_l("Enter a time such as 09:00")))
    minutes = WholeNumberField(_l("Minutes"), required(_l("Enter how long it takes")), least=5, most=MOST_MINUTES)
    how = RadioChoice(_l("How"), choices=list(HOWS.items()), default=How.IN_PERSON)
    text = TextField(_l("What it is about"), [*optional(), at_most(200)])

    def within(self, today: date) -> AppointmentForm:
        """Take days from today for some years."""
        self.day.least, self.day.most = today, today + FURTHEST
        return self

    def starts_at(self, zone: str) -> datetime:
        """The instant that was typed."""
        at = time.fromisoformat(self.time.data or "00:00")
        return datetime.combine(self.day.data or date.min, at, ZoneInfo(zone)).astimezone(UTC)


class PersonForm(Form):
    """What the agency's list says of a client."""

    name = TextField(_l("Name"), [*required(_l("Enter the name")), at_most(80)])
    place = TextField(_l("Place"), [*optional(), at_most(80)])
    contact = TextField(_l("Contact"), [*optional(), at_most(120)])


class ViewForm(Form):
    """A name for what the caseload shows now."""

    name = TextField(_l("Name of this view"), [*required(_l("Enter a name for this view")), at_most(40)])


def appointment_data(row: Appointment, zone: str) -> dict[str, Any]:
    """An appointment as its form shows it."""
    local = row.starts_at.astimezone(ZoneInfo(zone))
    return {
        "day": local.date(), "time": local.strftime("%H:%M"), "minutes": row.minutes, "how": row.how, "text": row.text,
        "version": row.version,
    }  # fmt: skip
