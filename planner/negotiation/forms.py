"""An answer given by phone or letter; a lender's written word against its checklist; the end of an agreement."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField

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
from ..loans.agreed import END_REASONS
from ..models import ResponseKind, ResponseSource
from ..sharing.forms import ANSWERS, AnswerForm

HEARD = {ResponseSource.PHONE: _l("By phone"), ResponseSource.LETTER: _l("In writing")}
ENDS = dict(zip(END_REASONS, (
    _l("It could not be kept"), _l("Something else was agreed instead"), _l("It was cancelled"),
), strict=True))  # fmt: skip
BASES = {"offer": _l("What I offered"), "counter": _l("Their counter-offer")}
# Checklist points that are read and written down, besides the amount and the dates, which must be as agreed.
READ = ("interest_fees", "waived", "credit_record", "breach")


class LogForm(AnswerForm):
    """What a lender said elsewhere than on the page: when, who, in which words."""

    source = RadioChoice(_l("How did it come?"), choices=list(HEARD.items()), default=ResponseSource.PHONE)
    kind = RadioChoice(_l("What did they say?"), choices=list(ANSWERS.items()), default=ResponseKind.ACCEPT)
    person = TextField(
        _l("Who said it"), [*required(_l("Enter the name, or what they called themselves")), at_most(80)]
    )
    reference = TextField(_l("Their reference"), [*optional(), at_most(60)])
    said_on = DayField(_l("Day"), required(_l("Enter the day, such as 2026-12-18")))
    said_time = TextField(_l("Time"), [*optional(), at_most(5)])

    def prepare(self, code: str, today: date) -> LogForm:
        """A first payment may lie before today, where it lay ahead on the day on which it was said."""
        super().prepare(code, today)
        self.first_on.least = min(self.said_on.data or today, today)
        return self

    def validate_said_time(self, field: TextField) -> None:
        """A time as clocks show it."""
        if field.data and self.clock_time is None:
            raise ValidationError(_l("Enter the time as 14:30"))

    @property
    def clock_time(self) -> time | None:
        """The time that was typed; None for none, or one no clock shows."""
        try:
            return time.fromisoformat((self.said_time.data or "").replace("：", ":").zfill(5))
        except ValueError:
            return None

    def said_at(self, zone: ZoneInfo, now: datetime, shared: Iterable[datetime]) -> datetime:
        """The instant. Where only the day is known: now if it is today, else noon, but not before a link made that day
        (`shared`), which it then answers."""
        on = self.said_on.data or date.min
        if self.clock_time is not None:
            return datetime.combine(on, self.clock_time, zone)
        if on == now.astimezone(zone).date():
            return now
        noon = datetime.combine(on, time(12), zone)
        return max([noon, *(at for at in shared if at.astimezone(zone).date() == on)])


class ConfirmForm(Form):
    """A written confirmation against the checklist. Amount and dates must say what was agreed; the rest is written down."""

    basis = RadioChoice(_l("What was agreed?"), choices=list(BASES.items()), default="offer")
    received_on = DayField(_l("Received on"), required(_l("Enter the day it came, such as 2026-12-18")))
    evidence = Choice(_l("The letter or message"), choices=[], default="")
    reference = TextField(_l("Its reference or number"), [*optional(), at_most(60)])
    amount = BooleanField(_l("It names these amounts"))
    dates = BooleanField(_l("It names these dates"))
    interest_fees = TextField(_l("Interest and fees meanwhile"), [*optional(), at_most(300)])
    interest_fees_silent = BooleanField(_l("It says nothing about interest and fees"))
    waived = TextField(_l("What is waived"), [*optional(), at_most(300)])
    waived_silent = BooleanField(_l("It says nothing about waiving"))
    credit_record = TextField(_l("What it does to the credit record"), [*optional(), at_most(300)])
    credit_record_silent = BooleanField(_l("It says nothing about the credit record"))
    breach = TextField(_l("What happens if a payment is late"), [*optional(), at_most(300)])
    breach_silent = BooleanField(_l("It says nothing about late payments"))
    review_on = DayField(_l("Look at it again on"), optional())

    def set_versions(self, versions: list[tuple[str, str]]) -> None:
        """Offer other versions that were shared as well."""
        self.basis.choices = [*BASES.items(), *versions]

    def set_files(self, files: list[tuple[str, str]]) -> None:
        """Offer the files of the case, none first."""
        self.evidence.choices = options([("", _l("None; I enter the reference")), *files])

    def validate(self, extra_validators: Any = None) -> bool:
        """Besides each field: a proof, the agreed amounts and dates, and a word on every other point."""
        super().validate(extra_validators)
        if not self.evidence.data and not self.reference.data:
            self.refuse("reference", _l("Choose the file, or enter the reference of the letter or message. Without one nothing "
                                        "changes yet"))  # fmt: skip
        for name in ("amount", "dates"):
            if not self[name].data:
                self.refuse(name, _l("If it says something else, record that as their counter-offer first"))
        for name in READ:
            if not self[name].data and not self[f"{name}_silent"].data:
                self.refuse(name, _l("Write what it says, or tick that it says nothing about it"))
        return not self.errors

    @property
    def terms(self) -> dict[str, str | bool | None]:
        """The checklist as it was read; None where the lender's word is silent."""
        return {"amount": True, "dates": True} | {name: self[name].data for name in READ}


class EndForm(Form):
    """Why an agreement no longer holds."""

    reason = RadioChoice(_l("Why does it no longer hold?"), choices=list(ENDS.items()), default=END_REASONS[0])
