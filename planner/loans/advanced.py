"""The advanced part of the loan form: what the engine can and an everyday loan does not need. All of it may stay empty."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField

from ..engine.dates import MonthEndRule, Unit
from ..engine.day_counts import DayCount
from ..engine.loan import MAX_INSTALMENTS, Method
from ..engine.money import RoundingMode
from ..engine.parts import FeeBase, Final, PercentBase
from ..forms import Choice, Form, MoneyField, PercentField, WholeNumberField, optional
from .line_fields import DatedAmountsField, RateChangesField, SpansField

CURRENCIES = ("CNY", "HKD", "TWD", "USD", "EUR", "GBP", "JPY", "KRW", "SGD", "AUD", "CAD", "KWD")
OTHER = "other"  # a frequency that none of the names fits
UNIT = "unit"  # a rounding step of one minor unit, whichever the currency has
DAY_COUNTS = {
    DayCount.PERIOD: _l("The usual way: a month is a twelfth of a year"),
    DayCount.ACT_365: _l("Actual days, year of 365 days"),
    DayCount.ACT_360: _l("Actual days, year of 360 days"),
    DayCount.ACT_364: _l("Actual days, year of 364 days"),
    DayCount.ACT_ACT_ISDA: _l("Actual days, leap years have 366"),
    DayCount.ACT_ACT_DEC31: _l("Actual days, leap years have 366, split at 31 December"),
    DayCount.ACT_ACT_FEB29: _l("Actual days, 366 only when 29 February lies within"),
    DayCount.PERIOD_30_360: _l("Months of 30 days, odd days by the calendar"),
    DayCount.E30_360: _l("Months of 30 days, European (30E/360)"),
    DayCount.U30_360: _l("Months of 30 days, American (30U/360)"),
}
STEPS = {
    UNIT: _l("The smallest unit, such as a cent"),
    "0.1": _l("Tenths (0.1)"),
    "1": _l("Whole units (1)"),
    "10": _l("Tens (10)"),
}
MODES = {
    RoundingMode.HALF_UP: _l("Half up, as usual"),
    RoundingMode.UP: _l("Always up"),
    RoundingMode.DOWN: _l("Always down"),
    RoundingMode.HALF_EVEN: _l("Half to even"),
}
MONTH_ENDS = {
    MonthEndRule.CLAMP: _l("Due on the last day of that month"),
    MonthEndRule.NEXT_MONTH_FIRST: _l("Due on the first day of the next month"),
}
FEE_BASES = {
    FeeBase.PAYMENT: _l("of the instalment"),
    FeeBase.PRINCIPAL: _l("of its principal"),
    FeeBase.INTEREST: _l("of its interest"),
}
PERCENT_BASES = {
    PercentBase.BALANCE_PLUS_INTEREST: _l("of the balance with its interest, interest included"),
    PercentBase.BALANCE: _l("of the balance, interest on top"),
}
FINALS = {
    Final.CLEARS_BALANCE: _l("It clears whatever is left"),
    Final.KEEPS_BALANCE: _l("It is like the others; a rest may stay"),
}
UNITS = {
    Unit.DAY: _l("days"),
    Unit.WEEK: _l("weeks"),
    Unit.MONTH: _l("months"),
    Unit.YEAR: _l("years"),
}

_DATES = {"every_count", "every_unit", "anchor_day", "month_end_rule"}
_INTEREST = {"day_count", "interest_step", "interest_mode", "instalment_step", "instalment_mode", "rate_changes", "pauses",
             "tranches", "fee_rate", "fee_of", "extra_fee", "extra_fee_n", "grace_interest_payment",
             "grace_interest_free"}  # fmt: skip
_SCHEDULED = _DATES | _INTEREST | {"down_payment", "in_advance", "final", "negative"}
_LEVEL = _SCHEDULED | {"grace_principal", "balloon"}
# Which of the advanced fields count for a method; all others are left alone, whatever stands in them.
APPLIES: dict[str, set[str]] = {
    Method.PAYMENT_PLAN: _DATES | {"plan"},
    Method.ANNUITY: _LEVEL,
    Method.EQUAL_PRINCIPAL: _LEVEL,
    Method.INTEREST_ONLY: _SCHEDULED,
    Method.FLAT: _LEVEL,
    Method.FIXED_PAYMENT: _DATES | _INTEREST | {"negative"},
    Method.PCT_OF_BALANCE: _DATES | _INTEREST | {"minimum_rate", "minimum_amount", "minimum_base"},
    Method.WEIGHTED: _LEVEL,
    Method.FIXED_PLAN: _SCHEDULED,
}


def _choice(label: Any, options: dict[Any, Any]) -> Any:
    """A list whose first entry is the usual one."""
    return Choice(
        label, choices=[(str(value), text) for value, text in options.items()], default=str(next(iter(options)))
    )


def _count(label: Any, least: int = 0, most: int = MAX_INSTALMENTS) -> Any:
    return WholeNumberField(label, optional(), least=least, most=most)


class AdvancedFields(Form):
    """What only some contracts say. Lists are typed one entry a line."""

    currency = Choice(_l("Currency"), choices=[(code, code) for code in CURRENCIES])
    every_count = _count(_l("One instalment every"), 1, 366)
    every_unit = _choice(_l("Counted in"), UNITS)
    anchor_day = _count(_l("Usual due day of the month"), 1, 31)
    month_end_rule = _choice(_l("In a month without that day"), MONTH_ENDS)
    plan = DatedAmountsField(_l("Payments that differ, one a line"), most=MAX_INSTALMENTS)
    minimum_rate = PercentField(_l("Minimum payment, share of what you owe"), optional(), most=100)
    minimum_amount = MoneyField(_l("But at least"), optional(), zero=True)
    minimum_base = _choice(_l("The share is taken"), PERCENT_BASES)
    day_count = _choice(_l("How days are counted"), DAY_COUNTS)
    interest_step = _choice(_l("Interest is rounded to"), STEPS)
    interest_mode = _choice(_l("Interest is rounded"), MODES)
    instalment_step = _choice(_l("The instalment is rounded to"), STEPS)
    instalment_mode = _choice(_l("The instalment is rounded"), MODES)
    rate_changes = RateChangesField(_l("Changes of the rate, one a line"), most=12)
    pauses = SpansField(_l("Times without interest, one a line"), most=6)
    tranches = DatedAmountsField(_l("Money paid out in parts, one a line"), most=12)
    grace_principal = _count(_l("First instalments of interest only"))
    grace_interest_payment = _count(_l("First instalments whose interest is collected later"))
    grace_interest_free = _count(_l("First instalments without interest"))
    balloon = MoneyField(_l("Left for the last instalment"), optional(), zero=True)
    down_payment = PercentField(_l("Down payment, share of the amount"), optional(), most=100)
    fee_rate = PercentField(_l("Fee with each instalment, in per cent"), optional())
    fee_of = _choice(_l("That percentage is taken"), FEE_BASES)
    extra_fee = MoneyField(_l("A single fee later on"), optional(), zero=True)
    extra_fee_n = _count(_l("It comes with instalment"), 1)
    final = _choice(_l("The last instalment"), FINALS)
    in_advance = BooleanField(_l("The first instalment is due on the day of the payout"))
    negative = BooleanField(_l("Instalments may be smaller than the interest"))

    def is_touched(self, *names: str) -> bool:
        """Whether one of these fields is filled, differs from the usual, or is wrong: its part of the page then stands open."""
        fields = [self[name] for name in names]
        return any(field.errors or field.data not in (None, (), False, "", field.default) for field in fields)
