"""What a link shows and for how long; what a lender answers; the code of a link; a fingerprint to look up."""

from __future__ import annotations

from datetime import date
from typing import Any

from email_validator import EmailNotValidError, validate_email
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField

from ..forms import (
    Choice,
    DayField,
    Form,
    HiddenField,
    LongTextField,
    MoneyField,
    PercentField,
    RadioChoice,
    TextField,
    ValidationError,
    WholeNumberField,
    at_most,
    optional,
    required,
)
from ..i18n import LOCALES
from ..models import ResponseKind
from ..proposals.forms import ShownForm

VALIDITY = {"7": _l("7 days"), "14": _l("14 days"), "30": _l("30 days")}
LEAST_CODE = 6
ANSWERS = {
    ResponseKind.ACCEPT: _l("Accept"),
    ResponseKind.COUNTER: _l("Counter"),
    ResponseKind.ASK: _l("Ask"),
    ResponseKind.DECLINE: _l("Decline"),
}


class ShareForm(ShownForm):
    """What the lender sees, for how long, in which language."""

    other_creditors = BooleanField(_l("What other lenders are offered"))
    other_names = BooleanField(_l("The other lenders' names"))
    evidence = BooleanField(_l("The files that support it"))
    days = RadioChoice(_l("How long does the link open?"), choices=list(VALIDITY.items()), default="30")
    lang = Choice(_l("Language the lender reads"), choices=list(LOCALES.items()), default="zh_Hans_CN")
    passcode = TextField(_l("Code the lender must enter"), [*optional(), at_most(40)])
    most_views = WholeNumberField(_l("How often it may be opened"), optional(), least=1, most=999)
    email = TextField(_l("The lender's e-mail address"), [*optional(), at_most(254)])

    def validate_passcode(self, field: TextField) -> None:
        """Short codes are guessed."""
        if field.data and len(field.data) < LEAST_CODE:
            raise ValidationError(_l("Use at least %(n)d characters", n=LEAST_CODE))

    def validate_email(self, field: TextField) -> None:
        """An address that can exist; nothing is looked up."""
        if field.data:
            field.data = sound_address(field.data)


class AnswerForm(Form):
    """What a lender answers; also what the borrower logs of a call or a letter. A counter-offer says at least one thing."""

    kind = RadioChoice(_l("Your answer"), choices=list(ANSWERS.items()), default=ResponseKind.ACCEPT)
    amount = MoneyField(_l("Each instalment"), optional())
    first_on = DayField(_l("First payment on"), optional())
    count = WholeNumberField(_l("Number of instalments"), optional(), least=1, most=600)
    annual_rate = PercentField(_l("Interest a year"), optional(), most=100)
    text = LongTextField(_l("Note, question or reason"), [*optional(), at_most(2000)])
    person = TextField(_l("Your name and role"), [*required(_l("Enter your name and role")), at_most(80)])
    reference = TextField(_l("Your reference"), [*optional(), at_most(60)])
    step = HiddenField()

    def prepare(self, code: str, today: date) -> AnswerForm:
        """Fit the form to the currency and the day; payments lie ahead, within ten years."""
        self.amount.currency = code
        self.first_on.least, self.first_on.most = today, date(today.year + 10, 12, 31)
        return self

    def validate(self, extra_validators: Any = None) -> bool:
        """Besides each field: a counter-offer offers something, a question asks, a refusal has a reason."""
        sound: bool = super().validate(extra_validators)
        if self.kind.data == ResponseKind.COUNTER and not self.errors and not self.has_terms:
            self.refuse(
                "amount", _l("Enter what you would agree to: an amount, a date, a number of instalments or a rate")
            )
        if self.kind.data == ResponseKind.ASK and not self.text.data:
            self.refuse("text", _l("Write your question"))
        if self.kind.data == ResponseKind.DECLINE and not self.text.data:
            self.refuse("text", _l("Write the reason, so that another offer can be made"))
        return sound and not self.errors

    @property
    def has_terms(self) -> bool:
        """Whether anything is offered instead."""
        return any(self[name].data is not None for name in ("amount", "first_on", "count", "annual_rate"))


class CodeForm(Form):
    """The code of a link, where it has one."""

    code = TextField(_l("Code"), [*optional(), at_most(80)])


class CheckForm(Form):
    """The fingerprint printed on a copy. Sent by GET: it changes nothing."""

    mark = TextField(_l("Fingerprint on the copy"), [*required(_l("Enter the letters and digits printed on the copy"))])

    class Meta:
        """A form that changes nothing needs no token."""

        csrf = False


def sound_address(text: str) -> str:
    """The address in its usual form. Raises ValidationError with what to type."""
    try:
        return validate_email(text, check_deliverability=False).normalized
    except EmailNotValidError:
        raise ValidationError(_l("Enter a whole address, such as name@example.org")) from None
