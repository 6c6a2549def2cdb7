"""The four steps of a proposal: cause, budget check, offer, preview; and the one request to a creditor."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField

from ..documents.proposal import Asked
from ..engine.asked import ALLOWED, NEEDED, Kind
from ..engine.changes import DeferredInterest, Then
from ..engine.rescheduling import MOST_DEFERRED
from ..formatting import day
from ..forms import (
    Choice,
    DayField,
    Form,
    LongTextField,
    MoneyField,
    PercentField,
    RadioChoice,
    TextField,
    WholeNumberField,
    at_most,
    optional,
)
from .checking import RIGHT

CAUSES = {
    "costs": _l("The cost of living rose"),
    "lost_income": _l("Income is gone"),
    "income": _l("Income became less"),
    "illness": _l("Illness or injury"),
    "family": _l("Something in the family"),
    "other": _l("Another cause"),
}
AGREED = "agreed"
KINDS: Mapping[str, Any] = {
    Kind.REDUCE: _l("Pay less until all is repaid"),
    Kind.REDUCE_UNTIL: _l("Pay less for a while"),
    Kind.POSTPONE: _l("Postpone instalments"),
    Kind.LONGER: _l("More instalments"),
    Kind.RATE: _l("A lower rate"),
    Kind.FREEZE: _l("No interest for a time"),
    Kind.MOVE_DUE: _l("Another due day"),
    Kind.SETTLE: _l("End it with one sum"),
    AGREED: _l("Ask for nothing, pay as agreed"),
}
INTEREST = {
    "": _l("Choose what you ask for"),
    DeferredInterest.WAIVED: _l("The lender waives it"),
    DeferredInterest.SPREAD: _l("It is spread over all instalments"),
    DeferredInterest.FIRST: _l("It is due with the first instalment after"),
    DeferredInterest.CAPITALISED: _l("It joins the debt"),
}
REST = {"": _l("It goes on"), DeferredInterest.WAIVED: _l("It rests until then")}
THEN = {Then.SHORTER: _l("The old instalment, for longer"), Then.LOWER: _l("The end stays, the instalment changes")}
MISSING = {
    "amount": _l("Enter what you can keep paying, such as 1,240"), "sum": _l("Enter the sum you can pay, such as 9,000"),
    "interest": _l("Choose what you ask for: lenders treat it differently"), "count": _l("Enter how many, such as 2"),
    "rate": _l("Enter the rate in per cent, such as 9.5"), "more": _l("Enter how many more, such as 6"),
    "day": _l("Enter a day of the month, such as 25"),
}  # fmt: skip
# The form's field for each field of Asked; a settlement has its own sum and day.
_FIELDS = {"amount_minor": "amount", "annual_rate": "rate", "instalments": "more"}
_SETTLING = {"amount_minor": "sum", "on": "sum_on"}


class CauseForm(Form):
    """What happened, and the income from then on."""

    cause = RadioChoice(_l("What has happened?"), choices=list(CAUSES.items()), default="income")
    cause_since = DayField(_l("Since when?"), optional())
    cause_until = DayField(_l("Until when, as far as you know?"), optional())
    new_income = MoneyField(_l("Income of the household a month from now on"), optional(), zero=True)
    cause_text = LongTextField(_l("A few words to the lender"), [*optional(), at_most(600)])

    def validate(self, extra_validators: Any = None) -> bool:
        """Besides each field: it does not end before it began."""
        sound: bool = super().validate(extra_validators)
        if self.cause_since.data and self.cause_until.data and self.cause_until.data < self.cause_since.data:
            self.refuse("cause_until", _l("This is before it began; enter a later date"))
            return False
        return sound


class AnswerForm(Form):
    """The answer to one question of the budget check; one of several in a page's form, which has the token."""

    class Meta:
        csrf = False

    answer = RadioChoice(
        _l("Is it right?"), choices=[("", _l("Not yet")), (RIGHT, _l("It is right")), ("explain", _l("I explain it"))]
    )
    text = TextField(_l("Your explanation"), [*optional(), at_most(200)])

    @property
    def words(self) -> str | None:
        """What is kept: "right", the explanation, or nothing yet."""
        if self.answer.data == RIGHT:
            return RIGHT
        return self.text.data if self.answer.data == "explain" else None

    def validate(self, extra_validators: Any = None) -> bool:
        """Besides each field: an explanation has words."""
        sound: bool = super().validate(extra_validators)
        if self.answer.data == "explain" and not self.text.data and not self.text.errors:
            self.refuse("text", _l("Write a few words, such as: medicine for my mother"))
            return False
        return sound


class ShareForm(Form):
    """What one creditor is offered; one of several in the form of the offer, which has the token."""

    class Meta:
        csrf = False

    is_included = BooleanField(_l("Ask this lender"))
    offered = MoneyField(_l("Offer a month"), optional(), zero=True)


class ShownForm(Form):
    """What of the household a lender is shown, on a link or in a letter; named as documents/proposal.PARTS."""

    borrower_name = TextField(_l("Your name"), [*optional(), at_most(80)])
    borrower_contact = TextField(_l("Phone or e-mail for the lender"), [*optional(), at_most(120)])
    name = BooleanField(_l("My name"))
    contact = BooleanField(_l("How to reach me"))
    contract_number = BooleanField(_l("The contract number"))
    cause = BooleanField(_l("The cause"))
    budget = BooleanField(_l("The budget"))


class OfferForm(Form):
    """The offers to all creditors together."""

    review_on = DayField(_l("Look at it again on"), optional())

    def prepare(self, today: date) -> OfferForm:
        """Nobody looks at a plan again on a day that is past."""
        self.review_on.least = today
        return self

    def limit(self, ends: date | None) -> None:
        """A plan is looked at again while it runs: refuse a day after its last payment."""
        if self.review_on.data and ends and self.review_on.data > ends:
            self.refuse(
                "review_on", _l("The plan ends on %(day)s; enter an earlier day, or none", day=day(ends, "full"))
            )


class RequestForm(Form):
    """The one request to a creditor; only the fields of the chosen kind count."""

    kind = RadioChoice(_l("What do you ask for?"), choices=list(KINDS.items()))
    amount = MoneyField(_l("Each instalment"), optional())
    from_on = DayField(_l("From when?"), optional())
    until = DayField(_l("Until"), optional())
    count = WholeNumberField(_l("Instalments to postpone"), optional(), least=1, most=MOST_DEFERRED)
    interest = Choice(_l("The interest of that time?"), choices=list(INTEREST.items()), default="")
    rest = Choice(_l("The interest meanwhile?"), choices=list(REST.items()), default="")
    then = Choice(_l("And afterwards?"), choices=list(THEN.items()), default=Then.SHORTER)
    rate = PercentField(_l("New yearly rate"), optional())
    more = WholeNumberField(_l("How many instalments more"), optional(), least=1, most=359)
    day = WholeNumberField(_l("New day of the month"), optional(), least=1, most=31)
    sum = MoneyField(_l("A sum that ends the loan"), optional())
    sum_on = DayField(_l("Paid on"), optional())

    def prepare(self, currency: str, today: date, latest: date) -> RequestForm:
        """Amounts in the loan's currency; nothing begins before today."""
        self.amount.currency = self.sum.currency = currency
        for field in (self.from_on, self.sum_on):
            field.least, field.most = today, latest
        return self

    def names(self) -> tuple[str, ...]:
        """The fields of the chosen kind, by their names in the form."""
        if self.kind.data not in list(Kind):
            return ()
        kind = Kind(self.kind.data)
        return tuple(form_field(kind, name) for name in (*NEEDED[kind], *ALLOWED.get(kind, ())))

    def find_asked(self) -> Asked | None:
        """The request in the form; None, with the reason beside its field, when it is not whole."""
        self.validate()
        names = self.names()
        for field in self:
            if field.name not in ("kind", "version", "csrf_token", *names):
                field.errors = []  # fields of other kinds are not held against anyone
        if any(field.errors for field in self) or not names:
            return None
        kind = Kind(self.kind.data)
        for name in NEEDED[kind]:
            field = form_field(kind, name)
            if self[field].data in (None, "") and not self[field].errors:
                self.refuse(field, MISSING.get(field, _l("Enter a date such as 2026-12-18")))
        if any(field.errors for field in self):
            return None
        both = (*NEEDED[kind], *ALLOWED.get(kind, ()))
        values = {name: self[form_field(kind, name)].data for name in both}
        return Asked(str(kind), **{name: None if value == "" else value for name, value in values.items()})


def form_field(kind: Kind, name: str) -> str:
    """The form's name of a field of Asked."""
    if kind == Kind.SETTLE:
        return _SETTLING.get(name, name)
    if kind == Kind.REDUCE_UNTIL and name == "interest":
        return "rest"
    return _FIELDS.get(name, name)


def request_data(asked: Asked | None) -> Mapping[str, Any]:
    """A request as its form shows it."""
    if asked is None:
        return {"kind": AGREED}
    kind = Kind(asked.kind)
    names = (*NEEDED[kind], *ALLOWED.get(kind, ()))
    return {"kind": kind} | {form_field(kind, name): getattr(asked, name) for name in names}
