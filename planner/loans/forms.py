"""The forms of a loan. Names of fields are shared between them, so that what was decoded can be taken over as a loan."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField

from ..engine.ledger import Purpose
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
    options,
    required,
)
from .advanced import APPLIES, OTHER, AdvancedFields
from .line_fields import DatedAmountsField
from .services import LoanPosition

METHODS = {
    Method.PAYMENT_PLAN: _l("I only know what I received and what I pay"),
    Method.ANNUITY: _l("Level payment"),
    Method.EQUAL_PRINCIPAL: _l("Level principal"),
    Method.INTEREST_ONLY: _l("Interest first, the amount at the end"),
    Method.FLAT: _l("Flat fee"),
    Method.FIXED_PAYMENT: _l("Credit card or credit line"),
    Method.PCT_OF_BALANCE: _l("Credit card, only the minimum payment"),
}
METHOD_NOTES = {
    Method.PAYMENT_PLAN: _l("The yearly rate is worked out from it."),
    Method.ANNUITY: _l("The same payment each time, interest on what is left."),
    Method.EQUAL_PRINCIPAL: _l("Payments fall as the interest falls."),
    Method.INTEREST_ONLY: _l("Only interest until the last instalment."),
    Method.FLAT: _l("The same fee each time, on the original amount."),
    Method.FIXED_PAYMENT: _l("No end is fixed: you pay an amount of your choice each month."),
    Method.PCT_OF_BALANCE: _l("A share of what you owe, which falls as the debt falls."),
}
# Methods this form cannot make: offered only for a loan that has one already.
STORED_METHODS = {
    Method.WEIGHTED: _l("As stored: instalments in fixed proportions"),
    Method.FIXED_PLAN: _l("As stored: a plan of its own for the principal"),
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
    Method.PCT_OF_BALANCE: ("annual_rate", "minimum_rate"),
    Method.WEIGHTED: ("annual_rate", "instalments"),
    Method.FIXED_PLAN: ("annual_rate", "instalments"),
}
_ASK = {
    "annual_rate": _l("Enter the yearly rate, such as 9.5; 0 if there is none"),
    "period_rate": _l("Enter the fee rate of one instalment, such as 0.75"),
    "instalments": _l("Enter how many instalments there are, such as 12"),
    "payment": _l("Enter what you pay each time, such as 1,816.67"),
    "minimum_rate": _l("Enter the share in the card's terms, such as 5"),
    "every_count": _l("Enter a number, such as 10 for every 10 days"),
    "extra_fee_n": _l("Enter which instalment it comes with, such as 12"),
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
            if isinstance(field, MoneyField | DatedAmountsField):
                field.currency = currency
        return self

    def check_needed(self, names: tuple[str, ...]) -> bool:
        """Whether the fields this method cannot do without are filled; says what to enter where one is not."""
        missing = [name for name in names if self[name].data is None and not self[name].errors]
        for name in missing:
            self.refuse(name, _ASK[name])
        return not missing


class LoanForm(AdvancedFields, _TermsFields):
    """A loan. Which fields count depends on `method`; the others are ignored."""

    creditor = TextField(
        _l("Who lent the money?"), [*required(_l("Enter the lender, such as a bank or an app")), at_most(80)]
    )
    name = TextField(_l("Your own name for it"), [*optional(), at_most(80)])
    reference = TextField(_l("Contract number"), [*optional(), at_most(60)])
    method = RadioChoice(_l("How is it repaid?"), choices=list(METHODS.items()), default=Method.PAYMENT_PLAN)
    annual_rate = PercentField(_l("Yearly rate in the contract"), optional())
    period_rate = PercentField(_l("Fee rate of one instalment"), optional(), most=100)
    frequency = Choice(
        _l("How often?"), choices=[*FREQUENCIES.items(), (OTHER, _l("Another interval"))], default="monthly"
    )
    start_date = DayField(_l("Paid out on"), required(_l("Enter the day the money was paid out, such as 2026-06-18")))
    first_due_date = DayField(_l("First due date"), optional())
    is_priority = BooleanField(_l("Not paying it could cost me my home, my work or my light"))
    paid_before = WholeNumberField(_l("Instalments already paid"), optional(), least=0, most=MAX_INSTALMENTS)

    _fields: dict[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The error summary lists fields in this order: that of the page, which begins with the lender.
        first = {name: self._fields[name] for name in _PAGE_ORDER}
        self._fields = first | self._fields

    def prepare(self, currency: str, method: str | None = None) -> LoanForm:
        """Take amounts in the currency chosen, else in this one; offer the method a stored loan has, whichever it is."""
        codes = {currency, *(choice.value for choice in self.currency.choices)}
        if len(codes) > len(self.currency.choices):
            self.currency.choices = [*options([(currency, currency)]), *self.currency.choices]
        if self.currency.data not in codes:
            self.currency.data = self.currency.data if self.currency.raw_data else currency
        if method in STORED_METHODS:
            self.method.choices = [*self.method.choices, *options([(method, STORED_METHODS[Method(method)])])]
        chosen = self.currency.data
        super().prepare(chosen if chosen in codes else currency)
        return self

    def validate(self, extra_validators: Any = None) -> bool:
        """Each field, and those the chosen method needs; fields of other methods are not held against anyone."""
        ignored = self._ignored()
        super().validate(extra_validators)
        for name in ignored:
            self[name].errors = []
        sound = not any(self[name].errors for name in self._fields)
        return self.check_needed(self._needed()) and sound

    def _needed(self) -> tuple[str, ...]:
        """What the method cannot do without. A list of payments says how many and how much by itself."""
        needed = NEEDED.get(self.method.data, ())
        if self.method.data == Method.PAYMENT_PLAN and (self.plan.data or self.plan.errors):
            needed = ()
        if self.frequency.data == OTHER:
            needed = (*needed, "every_count")
        return (*needed, "extra_fee_n") if self.extra_fee.data and "extra_fee" not in self._ignored() else needed

    def _ignored(self) -> set[str]:
        """The fields that say nothing about a contract of the chosen method."""
        method = self.method.data
        if method not in NEEDED:
            return set()
        basic = {name for names in NEEDED.values() for name in names} | {"last_payment"}
        used = {*NEEDED[method], *APPLIES[method]} | ({"last_payment"} if method == Method.PAYMENT_PLAN else set())
        return (basic | set().union(*APPLIES.values())) - used


_PAGE_ORDER = ("creditor", "method", "principal", "annual_rate", "period_rate", "payment", "minimum_rate", "minimum_amount",
               "minimum_base", "instalments", "start_date", "paid_before", "advertised_rate", "frequency", "every_count",
               "every_unit", "first_due_date", "upfront_fee", "instalment_fee", "last_payment", "plan")  # fmt: skip


class DecodeForm(_TermsFields):
    """I received X and pay Y x n. Sent by GET: it changes nothing. With both dates their days count."""

    start_date = DayField(_l("Paid out on"), optional())
    first_due_date = DayField(_l("First due date"), optional())

    class Meta:
        """A form that changes nothing needs no token."""

        csrf = False

    def validate(self, extra_validators: Any = None) -> bool:
        """Each field, and the two without which nothing can be worked out."""
        sound: bool = super().validate(extra_validators)
        return self.check_needed(NEEDED[Method.PAYMENT_PLAN]) and sound


PURPOSES = {
    Purpose.INSTALMENT: _l("The instalments"),
    Purpose.SHORTER: _l("The debt itself, to end earlier"),
    Purpose.LOWER: _l("The debt itself, for smaller instalments"),
}


class PaymentForm(Form):
    """Money paid on a loan."""

    amount = MoneyField(_l("Amount paid"), required(_l("Enter the amount you paid, such as 1,816.67")))
    paid_on = DayField(_l("Paid on"), required(_l("Enter the day you paid, such as 2026-12-18")))
    purpose = Choice(_l("What was it for?"), choices=PURPOSES.items(), default=Purpose.INSTALMENT)
    today, start = date.max, date.min

    def prepare(self, position: LoanPosition, today: date) -> PaymentForm:
        """Fit the form to the loan and the day."""
        self.amount.currency, self.today, self.start = position.loan.currency, today, position.terms.start_date
        if self.purpose.data is None or position.terms.method == Method.PAYMENT_PLAN or position.agreed is not None:
            self.purpose.data = Purpose.INSTALMENT
        return self

    def validate(self, extra_validators: Any = None) -> bool:
        """Besides each field: what is not paid yet is not a payment, nor what was paid before there was a loan."""
        sound: bool = super().validate(extra_validators)
        if self.paid_on.data is not None and self.paid_on.data > self.today:
            self.refuse("paid_on", _l("This day is still to come; enter the day you paid"))
            return False
        if self.paid_on.data is not None and not self.paid_on.errors and self.paid_on.data < self.start:
            self.refuse(
                "paid_on", _l("The loan began on %(day)s; enter that day or a later one", day=self.start.isoformat())
            )
            return False
        return sound


class ReturnForm(Form):
    """The day on which the bank sent a payment back."""

    returned_on = DayField(_l("Returned on"), required(_l("Enter the day the bank returned it, such as 2026-12-18")))


class PayoffForm(Form):
    """The day on which a loan shall end. Sent by GET: it changes nothing."""

    on = DayField(_l("Paid on"), optional())

    class Meta:
        """A form that changes nothing needs no token."""

        csrf = False
