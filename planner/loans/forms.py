"""The forms of a loan. Names of fields are shared between them, so that what was decoded can be taken over as a loan."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l

from ..engine.loan import MAX_INSTALMENTS, Method
from ..forms import (
    Choice,
    DayField,
    Form,
    MoneyField,
    PercentField,
    RadioChoice,
    TextField,
    WholeNumberField,
    at_most,
    optional,
    required,
)

METHODS = {
    Method.PAYMENT_PLAN: _l("I only know what I received and what I pay"),
    Method.ANNUITY: _l("Level payment"),
    Method.EQUAL_PRINCIPAL: _l("Level principal"),
    Method.INTEREST_ONLY: _l("Interest first, the amount at the end"),
    Method.FLAT: _l("Flat fee"),
    Method.FIXED_PAYMENT: _l("Credit card or credit line"),
}
METHOD_NOTES = {
    Method.PAYMENT_PLAN: _l("The yearly rate is worked out from it."),
    Method.ANNUITY: _l("The same payment each time, interest on what is left."),
    Method.EQUAL_PRINCIPAL: _l("Payments fall as the interest falls."),
    Method.INTEREST_ONLY: _l("Only interest until the last instalment."),
    Method.FLAT: _l("The same fee each time, on the original amount."),
    Method.FIXED_PAYMENT: _l("No end is fixed: you pay an amount of your choice each month."),
}
FREQUENCIES = {
    "monthly": _l("Every month"),
    "weekly": _l("Every week"),
    "fortnightly": _l("Every two weeks"),
    "four_weekly": _l("Every four weeks"),
    "quarterly": _l("Every three months"),
    "yearly": _l("Every year"),
}
NEEDED = {
    Method.PAYMENT_PLAN: ("instalments", "payment"),
    Method.ANNUITY: ("annual_rate", "instalments"),
    Method.EQUAL_PRINCIPAL: ("annual_rate", "instalments"),
    Method.INTEREST_ONLY: ("annual_rate", "instalments"),
    Method.FLAT: ("period_rate", "instalments"),
    Method.FIXED_PAYMENT: ("annual_rate", "payment"),
}
_ASK = {
    "annual_rate": _l("Enter the yearly rate, such as 9.5; 0 if there is none"),
    "period_rate": _l("Enter the fee rate of one instalment, such as 0.75"),
    "instalments": _l("Enter how many instalments there are, such as 12"),
    "payment": _l("Enter what you pay each time, such as 1,816.67"),
}


class _TermsFields(Form):
    """What the loan form and the decoder both ask."""

    principal = MoneyField(_l("Amount borrowed"), required(_l("Enter the amount you borrowed, such as 20,000")))
    payment = MoneyField(_l("What you pay each time"), optional())
    instalments = WholeNumberField(_l("Number of instalments"), optional(), least=1, most=MAX_INSTALMENTS)
    frequency = Choice(_l("How often?"), choices=list(FREQUENCIES.items()), default="monthly")
    upfront_fee = MoneyField(_l("Fee taken off at the start"), optional(), zero=True)
    instalment_fee = MoneyField(_l("Fee on top of each instalment"), optional(), zero=True)
    advertised_rate = PercentField(_l("Advertised yearly rate"), optional())
    last_payment = MoneyField(_l("Last payment, if it differs"), optional())

    def prepare(self, currency: str) -> Any:
        """Take amounts in this currency."""
        for field in self:
            if isinstance(field, MoneyField):
                field.currency = currency
        return self

    def check_needed(self, names: tuple[str, ...]) -> bool:
        """Whether the fields this method cannot do without are filled; says what to enter where one is not."""
        missing = [name for name in names if self[name].data is None and not self[name].errors]
        for name in missing:
            self.refuse(name, _ASK[name])
        return not missing


class LoanForm(_TermsFields):
    """A loan. Which fields count depends on `method`; the others are ignored."""

    creditor = TextField(
        _l("Who lent the money?"), [*required(_l("Enter the lender, such as a bank or an app")), at_most(80)]
    )
    name = TextField(_l("Your own name for it"), [*optional(), at_most(80)])
    reference = TextField(_l("Contract number"), [*optional(), at_most(60)])
    method = RadioChoice(_l("How is it repaid?"), choices=list(METHODS.items()), default=Method.PAYMENT_PLAN)
    annual_rate = PercentField(_l("Yearly rate in the contract"), optional())
    period_rate = PercentField(_l("Fee rate of one instalment"), optional(), most=100)
    start_date = DayField(_l("Paid out on"), required(_l("Enter the day the money was paid out, such as 2026-06-18")))
    first_due_date = DayField(_l("First due date"), optional())
    paid_before = WholeNumberField(_l("Instalments already paid"), optional(), least=0, most=MAX_INSTALMENTS)

    _fields: dict[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The error summary lists fields in this order: that of the page, which begins with the lender.
        first = {name: self._fields[name] for name in ("creditor", "method", "principal", "annual_rate", "period_rate")}
        self._fields = first | self._fields

    def validate(self, extra_validators: Any = None) -> bool:
        """Each field, and those the chosen method needs; fields of other methods are not held against anyone."""
        ignored = {name for names in NEEDED.values() for name in names} - set(NEEDED.get(self.method.data, ()))
        sound: bool = super().validate(extra_validators)
        for name in ignored:
            self[name].errors = []
        sound = sound or not any(self[name].errors for name in self._fields)
        return self.check_needed(NEEDED.get(self.method.data, ())) and sound


class DecodeForm(_TermsFields):
    """I received X and pay Y x n. Sent by GET: it changes nothing."""

    class Meta:
        """A form that changes nothing needs no token."""

        csrf = False

    def validate(self, extra_validators: Any = None) -> bool:
        """Each field, and the two without which nothing can be worked out."""
        sound: bool = super().validate(extra_validators)
        return self.check_needed(NEEDED[Method.PAYMENT_PLAN]) and sound


class PaymentForm(Form):
    """Money paid on a loan."""

    amount = MoneyField(_l("Amount paid"), required(_l("Enter the amount you paid, such as 1,816.67")))
    paid_on = DayField(_l("Paid on"), required(_l("Enter the day you paid, such as 2026-12-18")))
    today = date.max

    def prepare(self, currency: str, today: date) -> PaymentForm:
        """Fit the form to the loan and the day."""
        self.amount.currency, self.today = currency, today
        return self

    def validate(self, extra_validators: Any = None) -> bool:
        """Besides each field: what is not paid yet is not a payment."""
        sound: bool = super().validate(extra_validators)
        if self.paid_on.data is not None and self.paid_on.data > self.today:
            self.refuse("paid_on", _l("This day is still to come; enter the day you paid"))
            return False
        return sound
