"""The four steps of a proposal: cause, budget check, offer, preview."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l

from ..forms import DayField, Form, LongTextField, MoneyField, RadioChoice, at_most, optional, required

CAUSES = {
    "income": _l("Income became less"),
    "illness": _l("Illness or injury"),
    "family": _l("Something in the family"),
    "costs": _l("Costs became more"),
    "other": _l("Another cause"),
}


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


class OfferForm(Form):
    """How much each month, and from when."""

    offered = MoneyField(_l("Each instalment"), required(_l("Enter what you can keep paying, such as 1,240")))
    first_due = DayField(_l("First payment on"), required(_l("Enter a date such as 2026-12-18")))

    def limit_dates(self, today: date, latest: date) -> OfferForm:
        """The first payment lies ahead."""
        self.first_due.least, self.first_due.most = today, latest
        return self
