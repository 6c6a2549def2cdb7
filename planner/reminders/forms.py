"""What a household wants to be reminded of, for all its loans and for one; days have a part of their own, shared by both."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, time
from typing import Any

from email_validator import EmailNotValidError, validate_email
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, FieldList, FormField, SelectMultipleField
from wtforms import Form as PlainForm

from ..engine.notices import MAX_LEAD_DAYS, PayWay
from ..engine.reminding import MAX_OFFSET_DAYS, QuietHours, Step
from ..forms import (
    Choice,
    DayField,
    Form,
    RadioChoice,
    TextField,
    ValidationError,
    WholeNumberField,
    at_most,
    optional,
    options,
)
from ..models import Channel, Wording

# Chips for the days people choose most; every other day is a row of its own.
COMMON = {
    -14: _l("14 days before"),
    -7: _l("7 days before"),
    -3: _l("3 days before"),
    -1: _l("1 day before"),
    0: _l("On the day"),
    1: _l("1 day after"),
}
# The ways one step may go; the app's own list always has it.
WAYS: dict[str, Any] = {
    "": _l("As for the others"),
    "push email": _l("Notification and e-mail"),
    "push": _l("Notification only"),
    "email": _l("E-mail only"),
    "app": _l("Only in the app"),
}
WORDINGS = {
    Wording.NEUTRAL: _l("Only that there is a reminder"),
    Wording.DATE: _l("With the date"),
    Wording.FULL: _l("With everything"),
}
PAY_WAYS: dict[str, Any] = {
    "": _l("Not said"),
    PayWay.AUTOMATIC: _l("Taken from the account by itself"),
    PayWay.ONLINE: _l("Online, by app or bank transfer"),
    PayWay.IN_PERSON: _l("In person, at a counter"),
    PayWay.POST: _l("By post"),
}
MOST_OWN = 12


class ClockField(TextField):
    """A time of the day as browsers send it, or typed as 9:00 or 9：00; `data` is 09:00."""

    def pre_validate(self, form: Any) -> None:
        """Refuse what is no time; empty passes, for `Filled` to judge."""
        if not self.data:
            return
        found = re.fullmatch(r"([01]?\d|2[0-3])[:：]([0-5]\d)(?:[:：]\d\d)?", self.data)
        if not found:
            raise ValidationError(_l("Enter a time such as 09:00"))
        self.data = f"{int(found[1]):02d}:{found[2]}"


class StepRow(PlainForm):
    """One day of one's own: so many days before or after, perhaps at a time and by a way of its own."""

    days = WholeNumberField(_l("Days"), optional(), most=MAX_OFFSET_DAYS)
    side = Choice(_l("Before or after"), choices=[("before", _l("days before")), ("after", _l("days after"))],
                  default="before")  # fmt: skip
    at = ClockField(_l("Time"))
    ways = Choice(_l("By which way"), choices=list(WAYS.items()), default="")
    remove = BooleanField(_l("Remove"))

    @property
    def step(self) -> Step | None:
        """The step of this row; None for an empty one, and one to be removed."""
        if self.days.data is None or self.remove.data:
            return None
        offset = self.days.data if self.side.data == "after" else -self.days.data
        channels = tuple(Channel(way) for way in self.ways.data.split()) if self.ways.data else None
        return Step(offset, time.fromisoformat(self.at.data) if self.at.data else None, channels)


class StepsForm(Form):
    """The days to be reminded on: chips for the common ones, rows for the rest. A row counts before the chip of its day."""

    chips = SelectMultipleField(
        _l("Which days?"), choices=options((str(days), words) for days, words in COMMON.items())
    )
    own = FieldList(FormField(StepRow), _l("Other days"), max_entries=MOST_OWN + 1)

    def steps(self) -> tuple[Step, ...]:
        """What was chosen, by day."""
        rows = [step for entry in self.own if (step := entry.form.step)]
        taken = {step.offset_days for step in rows}
        chips = [Step(int(days)) for days in self.chips.data or [] if int(days) not in taken]
        return tuple(sorted([*rows, *chips], key=lambda step: step.offset_days))

    def offer_row(self) -> None:
        """One empty row at the end, so that a day can be added without JavaScript."""
        rows = list(self.own)
        if len(rows) < MOST_OWN and (not rows or rows[-1].form.days._value()):
            self.own.append_entry()

    def validate(self, extra_validators: Any = None) -> bool:
        """A day stands in one row; a row that is to go need not be right. Errors of the rows are told by sentences."""
        sound = bool(super().validate(extra_validators))
        wrong = [error for entry in self.own if not entry.form.remove.data
                 for messages in entry.form.errors.values() for error in messages]  # fmt: skip
        days = [step.offset_days for entry in self.own if not entry.form.errors and (step := entry.form.step)]
        if len(set(days)) != len(days):
            wrong.append(_l("A day stands in two rows; remove one of them"))
        others = any(field.errors for name, field in self._fields.items() if name != "own")
        self.own.errors = wrong
        return not wrong and (sound or not others)


def step_data(steps: Iterable[Step]) -> dict[str, Any]:
    """The values of StepsForm for stored steps."""
    steps = list(steps)
    plain = {step.offset_days for step in steps if step.offset_days in COMMON and _is_plain(step)}
    return {
        "chips": [str(days) for days in plain],
        "own": [_row_data(step) for step in steps if step.offset_days not in plain],
    }


def _is_plain(step: Step) -> bool:
    return step.send_at is None and step.channels is None


def _row_data(step: Step) -> dict[str, Any]:
    named = [str(way) for way in (Channel.PUSH, Channel.EMAIL) if way in (step.channels or ())]
    ways = [] if step.channels is None else named or [str(Channel.APP)]
    return {
        "days": abs(step.offset_days), "side": "after" if step.offset_days > 0 else "before",
        "at": step.send_at.strftime("%H:%M") if step.send_at else None, "ways": " ".join(ways),
    }  # fmt: skip


class SettingsForm(StepsForm):
    """What holds for all loans of a case."""

    send_at = ClockField(_l("At what time?"))
    push_on = BooleanField(_l("Notifications"))
    email_on = BooleanField(_l("By e-mail"))
    email_to = TextField(_l("E-mail address"), [at_most(254)])
    radar = BooleanField(_l("Tell me at once when something will not fit"))
    quiet_from = ClockField(_l("Begin"))
    quiet_until = ClockField(_l("End"))
    wording = RadioChoice(_l("What may a locked screen say?"), choices=list(WORDINGS.items()), default=Wording.NEUTRAL)
    weekly = BooleanField(_l("Once a week while something is past due"))
    one_a_day = BooleanField(_l("At most one message a day, for all loans together"))
    paused_until = DayField(_l("No reminders before"), optional())
    signed_by = TextField(_l("Their name"), [at_most(80)])
    reply_to = TextField(_l("Answers go to"), [at_most(254)])

    def validate_send_at(self, field: Any) -> None:
        """A time of the day, and none that the quiet hours would move away from it."""
        _need_time(field)
        quiet = self.quiet_hours()
        if quiet and not field.errors and quiet.covers(time.fromisoformat(field.data)):
            raise ValidationError(_l("This lies in the quiet hours; enter another time, or change those"))

    def validate_quiet_from(self, field: Any) -> None:
        """Both ends are needed; the same time twice means never quiet."""
        _need_time(field)

    validate_quiet_until = validate_quiet_from

    def validate_email_to(self, field: Any) -> None:
        """An address is needed where e-mail is wanted; one that is not asked for is not checked."""
        if self.email_on.data:
            field.data = _address(field.data)

    def validate_reply_to(self, field: Any) -> None:
        """A whole address, or none."""
        if field.data:
            field.data = _address(field.data)

    def validate_signed_by(self, field: Any) -> None:
        """A name, not an address: what stands before the @ would be read as who it comes from."""
        if field.data and re.search(r"[<>@\"]", field.data):
            raise ValidationError(_l("Enter a name only, such as Chen Jing"))

    def quiet_hours(self) -> QuietHours | None:
        """The quiet hours as typed; None while one end is no time."""
        try:
            start, end = self.quiet_from.data or "", self.quiet_until.data or ""
            return QuietHours(time.fromisoformat(start), time.fromisoformat(end))
        except ValueError:
            return None


class LoanForm(StepsForm):
    """What one loan has otherwise than the rest, and what is known of its lender."""

    use = RadioChoice(
        _l("When?"), choices=[("same", _l("As for all loans")), ("own", _l("On its own days"))], default="same"
    )
    is_muted = BooleanField(_l("No reminders for this loan"))
    paused_until = DayField(_l("No reminders before"), optional())
    lead_days = WholeNumberField(_l("Asks for a deferral at least"), optional(), least=1, most=MAX_LEAD_DAYS)
    pay_way = Choice(_l("How do you pay?"), choices=list(PAY_WAYS.items()), default="")

    def validate_use(self, field: Any) -> None:
        """Days of its own need one day at least."""
        if field.data == "own" and not self.own.errors and not self.steps():
            raise ValidationError(_l("Choose at least one day, or switch the reminders of this loan off"))


class SnoozeForm(Form):
    """When to hear of it again."""

    days = RadioChoice(_l("When?"), choices=[("1", _l("Tomorrow")), ("3", _l("In 3 days")), ("7", _l("In a week"))],
                       default="1")  # fmt: skip


def not_before(form: SettingsForm | LoanForm, today: date) -> None:
    """A pause ends in the days to come; one that is over is forgotten."""
    form.paused_until.most = date(today.year + 1, today.month, min(today.day, 28))
    if form.paused_until.data is not None and form.paused_until.data <= today:
        form.paused_until.data = None


def _need_time(field: Any) -> None:
    if not field.data:
        raise ValidationError(_l("Enter a time such as 09:00"))


def _address(text: str | None) -> str:
    try:
        return validate_email(text or "", check_deliverability=False).normalized
    except EmailNotValidError:
        raise ValidationError(_l("Enter a whole address, such as name@example.org")) from None
