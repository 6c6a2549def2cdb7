"""The form of a budget line."""

from __future__ import annotations

from typing import Any

from flask_babel import get_locale
from flask_babel import lazy_gettext as _l

from ..engine.budget import Kind, Necessity, RepeatFrequency
from ..engine.calendars import Shift
from ..forms import (
    Choice,
    DayField,
    Form,
    MoneyField,
    RadioChoice,
    TextField,
    WholeNumberField,
    at_most,
    optional,
    options,
    required,
)
from ..models import Case
from ..packs import Category, find_heading, headings

FREQUENCIES = {
    RepeatFrequency.MONTHLY: _l("Every month"),
    RepeatFrequency.WEEKLY: _l("Every week"),
    RepeatFrequency.FORTNIGHTLY: _l("Every two weeks"),
    RepeatFrequency.FOUR_WEEKLY: _l("Every four weeks"),
    RepeatFrequency.QUARTERLY: _l("Every three months"),
    RepeatFrequency.YEARLY: _l("Every year"),
    RepeatFrequency.ONCE: _l("Once"),
}
NECESSITIES = {
    Necessity.ESSENTIAL: _l("Essential"),
    Necessity.FLEXIBLE: _l("Flexible"),
    Necessity.SAVINGS: _l("Savings"),
}


WORKING_DAYS = {
    0: _l("On a day of the month"),
    1: _l("On the first working day"),
    2: _l("On the second working day"),
    3: _l("On the third working day"),
    -2: _l("On the last working day but one"),
    -1: _l("On the last working day"),
}


SHIFTS = {
    Shift.NONE: _l("Stays on that day"),
    Shift.EARLIER: _l("On the last working day before"),
    Shift.LATER: _l("On the first working day after"),
}


class LineForm(Form):
    """An income or an expense. Which of the two is fixed by the page the form stands on."""

    name = TextField(_l("What is it?"), [*required(_l("Enter a name, such as rent")), at_most(80)])
    amount = MoneyField(_l("Amount each time"), required(_l("Enter the amount, such as 1,600")))
    frequency = Choice(_l("How often?"), choices=list(FREQUENCIES.items()), default=RepeatFrequency.MONTHLY)
    working_day = Choice(_l("When in the month?"), choices=list(WORKING_DAYS.items()), coerce=int, default=0)
    day_of_month = WholeNumberField(_l("On which day of the month?"), optional(), least=1, most=31)
    shift = Choice(_l("On a weekend or holiday?"), choices=list(SHIFTS.items()), default=Shift.NONE)
    low = MoneyField(_l("In a bad month"), optional(), zero=True)
    starts_on = DayField(_l("First date"), optional())
    ends_on = DayField(_l("Last date"), optional())
    necessity = RadioChoice(
        _l("Essential or flexible?"), choices=list(NECESSITIES.items()), default=Necessity.ESSENTIAL
    )
    category = Choice(_l("Heading"))
    note = TextField(_l("Note for the statement"), [*optional(), at_most(200)])

    def prepare(self, case: Case, kind: str, stored: str | None = None) -> LineForm:
        """Fit the form to the case's currency and to incomes or expenses; `stored` is the heading a line has already."""
        self.amount.currency = self.low.currency = case.currency
        self.category.choices = options(
            (c.key, c.label(str(get_locale()))) for c in self._headings(case, stored) if c.kind == kind
        )
        if kind == Kind.INCOME:
            del self.necessity
        else:
            del self.low
        return self

    def _headings(self, case: Case, stored: str | None) -> list[Category]:
        """The country's headings, and one from before the household changed its currency."""
        found = list(headings(case.currency).values())
        other = find_heading(stored, case.currency) if stored else None
        return found if other is None or other in found else [*found, other]

    def validate(self, extra_validators: Any = None) -> bool:
        """Besides each field: the last date is not before the first, and what does not repeat monthly has a first date."""
        sound: bool = super().validate(extra_validators)
        if self.frequency.data != RepeatFrequency.MONTHLY and self.starts_on.data is None and not self.starts_on.errors:
            self.refuse("starts_on", _l("Enter the first date, such as 2026-12-18"))
            sound = False
        low = self.low.data if "low" in self else None
        if low is not None and self.amount.data is not None and low > self.amount.data:
            self.refuse("low", _l("A bad month brings less than the usual amount; enter a smaller one"))
            sound = False
        if self.starts_on.data and self.ends_on.data and self.ends_on.data < self.starts_on.data:
            self.refuse("ends_on", _l("The last date is before the first; enter a later one"))
            sound = False
        return sound


class GuidelineForm(Form):
    """What its owner was told is usual for one heading, and by whom; one of several in a page's form, which has the token."""

    class Meta:
        csrf = False

    amount = MoneyField(_l("Guideline a month"), optional(), zero=True)
    source = TextField(_l("Whose guideline?"), [*optional(), at_most(80)])
