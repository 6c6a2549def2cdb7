"""The forms of consent: what is shared with whom and until when; a code that was typed; what somebody said aloud."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField

from .. import clock
from ..forms import (
    Choice,
    DayField,
    Form,
    RadioChoice,
    TextField,
    ValidationError,
    at_most,
    optional,
    options,
    required,
)
from ..models import Part, Scope
from .services import LONGEST_DAYS, Terms, whole
from .words import PARTS, SCOPES, SPOKEN

USUAL_DAYS = 90
# From the weakest to the strongest; whoever accepts may choose a weaker one, never a stronger.
STRENGTH = (Scope.VIEW, Scope.PROPOSE, Scope.EDIT)


class TermsForm(Form):
    """What a counsellor may do, with which parts, until when. The ticks are named as models.Part."""

    scope = RadioChoice(_l("What may they do?"), choices=list(SCOPES.items()), default=Scope.PROPOSE)
    budget = BooleanField(PARTS[Part.BUDGET])
    loans = BooleanField(PARTS[Part.LOANS])
    plans = BooleanField(PARTS[Part.PLANS])
    contacts = BooleanField(PARTS[Part.CONTACTS])
    files = BooleanField(PARTS[Part.FILES])
    until = DayField(_l("Until when?"), required(_l("Enter the last day, such as 2027-03-09")))

    def prepare(self, today: date) -> Any:
        """Let the last day lie between today and a year ahead; three months where nothing was said."""
        self.until.least, self.until.most = today, today + timedelta(days=LONGEST_DAYS)
        if self.until.data is None and not self.until.raw_data:
            self.until.data = today + timedelta(days=USUAL_DAYS)
        return self

    def limit(self, most: Terms) -> Any:
        """Offer these terms or less; what the page does not offer cannot be sent."""
        at = STRENGTH.index(most.scope)
        self.scope.choices = options((scope, SCOPES[scope]) for scope in STRENGTH[: at + 1])
        for part in PARTS:
            if part not in most.parts:
                del self[part]
        self.until.most = min(self.until.most, most.until)
        return self

    def validate(self, extra_validators: Any = None) -> bool:
        """Besides each field: at least one part is shared."""
        sound: bool = super().validate(extra_validators)
        if not self.parts:
            self.refuse(next(part for part in PARTS if part in self), _l("Tick at least one part"))
            return False
        return sound

    @property
    def parts(self) -> frozenset[Part]:
        """The ticked parts, with those they bring along."""
        return whole(Part(part) for part in PARTS if part in self and self[part].data)

    @property
    def terms(self) -> Terms:
        """What was agreed, once the form is valid."""
        return Terms(Scope(self.scope.data), self.parts, self.until.data or date.min)


class InviteForm(TermsForm):
    """A borrower invites; one without a name may say one, so that the counsellor knows who it is."""

    name = TextField(_l("Your name, as the counsellor knows you"), [*optional(), at_most(80)])


class AcceptForm(TermsForm):
    """A client accepts what an agency asks, or less, for one of their own files."""

    case = Choice(_l("For which of your files?"), coerce=int)

    def offer(self, cases: list[tuple[int, str]]) -> AcceptForm:
        """The client's own files, the one they come home to first; a single one is not asked for."""
        self.case.choices = options(cases)
        if len(cases) < 2:
            del self.case
        return self


class SpokenForm(TermsForm):
    """Consent that was said aloud: by whom, when, how, and to what."""

    spoken_by = TextField(_l("Who said it?"), [*required(_l("Enter the client's name")), at_most(80)])
    spoken_on = DayField(_l("On which day?"), required(_l("Enter the day it was said, such as 2026-12-09")))
    spoken_time = TextField(_l("What time was it?"), [*required(_l("Enter the time as 14:30")), at_most(5)])
    spoken_how = RadioChoice(_l("How?"), choices=list(SPOKEN.items()), default="phone")
    zone = ZoneInfo("Asia/Shanghai")

    def prepare(self, today: date, zone: str = "Asia/Shanghai") -> Any:
        """Besides the terms: times are those of the client's clock."""
        self.zone = ZoneInfo(zone)
        return super().prepare(today)

    @property
    def spoken_at(self) -> datetime | None:
        """The instant; None where day or time cannot be read."""
        if self.spoken_on.data is None or self.clock_time is None:
            return None
        return datetime.combine(self.spoken_on.data, self.clock_time, self.zone)

    @property
    def clock_time(self) -> time | None:
        """The time that was typed; None for none, or one no clock shows."""
        try:
            return time.fromisoformat((self.spoken_time.data or "").replace("：", ":").zfill(5)).replace(tzinfo=None)
        except ValueError:
            return None

    def validate_spoken_time(self, field: TextField) -> None:
        """A time as clocks show it."""
        if field.data and self.clock_time is None:
            raise ValidationError(_l("Enter the time as 14:30"))

    def validate(self, extra_validators: Any = None) -> bool:
        """Besides each field: what is still to come was not said."""
        sound: bool = super().validate(extra_validators)
        if self.spoken_at is not None and self.spoken_at > clock.now():
            self.refuse("spoken_on", _l("This is still to come; enter when it was said"))
            return False
        return sound


class CodeForm(Form):
    """The code of an invitation, as somebody reads it from paper or hears it."""

    code = TextField(_l("Code"), [*required(_l("Enter the 12 letters and digits of the code")), at_most(40)])


def first_values(terms: Terms) -> dict[str, Any]:
    """Terms as their form shows them."""
    return {"scope": terms.scope, "until": terms.until} | {part: part in terms.parts for part in PARTS}
