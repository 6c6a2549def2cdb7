"""When to be reminded, and by which way."""

from __future__ import annotations

import re
from typing import Any

from email_validator import EmailNotValidError, validate_email
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, SelectMultipleField

from ..forms import Form, RadioChoice, TextField, ValidationError, at_most, options, required

STEPS = {
    -14: _l("14 days before"),
    -7: _l("7 days before"),
    -3: _l("3 days before"),
    -1: _l("1 day before"),
    0: _l("On the day"),
    1: _l("1 day after"),
}
DETAILS = {"no": _l("Only that something is due"), "yes": _l("With loan and amount")}


class SettingsForm(Form):
    """The case's reminders."""

    steps = SelectMultipleField(_l("When?"), choices=options((str(days), words) for days, words in STEPS.items()))
    send_at = TextField(_l("At what time?"), [*required(_l("Enter a time such as 09:00"))])
    email_on = BooleanField(_l("By e-mail"))
    email_to = TextField(_l("E-mail address"), [at_most(254)])
    show_details = RadioChoice(_l("What may the subject say?"), choices=list(DETAILS.items()), default="no")

    def validate_send_at(self, field: Any) -> None:
        """A time of the day, outside the quiet hours."""
        found = re.fullmatch(r"([01]?\d|2[0-3])[:：]([0-5]\d)", field.data or "")
        if not found:
            raise ValidationError(_l("Enter a time such as 09:00"))
        field.data = f"{int(found[1]):02d}:{found[2]}"
        if not "09:00" <= field.data < "21:00":
            raise ValidationError(_l("Enter a time from 09:00 to 20:59; at night nothing is sent"))

    def validate_email_to(self, field: Any) -> None:
        """An address is needed where e-mail is wanted."""
        if not self.email_on.data:
            return
        try:
            field.data = validate_email(field.data or "", check_deliverability=False).normalized
        except EmailNotValidError:
            raise ValidationError(_l("Enter a whole address, such as name@example.org")) from None

    def validate(self, extra_validators: Any = None) -> bool:
        """An address that is not asked for is not checked either."""
        if not self.email_on.data:
            self.email_to.validators = ()
        return bool(super().validate(extra_validators))
