"""How several loans shall be paid. Sent by GET: it changes nothing."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from ..engine.payoff import Order
from ..forms import Choice, Form, MoneyField, PercentField, RadioChoice, WholeNumberField, optional

ORDERS = {
    Order.AVALANCHE: _l("Highest rate first"),
    Order.SNOWBALL: _l("Smallest first"),
    Order.CUSTOM: _l("My own order"),
}
MONEY = {"extra": _l("On top of all instalments"), "total": _l("A fixed total a month")}
FREED = {"roll": _l("Goes on to the next loan"), "keep": _l("Stays with you")}
TOKENS = {"none": _l("Nothing"), "token": _l("A small sign of goodwill")}
LATE = {"no": _l("No: being late also harms the credit record"), "yes": _l("Yes, where that is cheaper")}


class _Asking(Form):
    class Meta:
        """A form that changes nothing needs no token."""

        csrf = False

    def in_currency(self, code: str) -> Any:
        """Take amounts in this currency."""
        for field in self:
            if isinstance(field, MoneyField):
                field.currency = code
        return self


class StrategyForm(_Asking):
    """Which loan gets what is left, and how much that is."""

    order = RadioChoice(_l("Which loan first?"), choices=ORDERS.items(), default=Order.AVALANCHE)
    money = RadioChoice(_l("How much each month?"), choices=MONEY.items(), default="extra")
    extra = MoneyField(_l("On top, each month"), optional(), zero=True)
    total = MoneyField(_l("In all, each month"), optional())
    freed = Choice(_l("When one is paid off, its instalment"), choices=FREED.items(), default="roll")
    lump = MoneyField(_l("A sum once (bonus, refund)"), optional())
    lump_month = WholeNumberField(_l("In which month from now? 1 is this one"), optional(), least=1, most=120)

    def validate(self, extra_validators: Any = None) -> bool:
        """Besides each field: a fixed total needs its amount, a sum its month."""
        sound: bool = super().validate(extra_validators)
        if self.money.data == "total" and self.total.data is None and not self.total.errors:
            self.refuse("total", _l("Enter what you can pay each month in all, such as 3,000"))
            sound = False
        if self.lump.data and not self.lump_month.data and not self.lump_month.errors:
            self.refuse("lump_month", _l("Enter the month it comes, such as 3"))
            sound = False
        return sound


class ShortfallForm(_Asking):
    """What there is, and what those get for whom nothing is left."""

    available = MoneyField(_l("Left for loans this month"), optional(), zero=True)
    tokens = Choice(_l("Lenders for whom nothing is left get"), choices=TOKENS.items(), default="none")


CASH = {"budget": _l("What the budget leaves each month"), "fixed": _l("The same each month")}
KEEP = {"keep": _l("May wait for a later month"), "spend": _l("Is gone at the end of the month")}


class CheapestForm(_Asking):
    """With which money the cheapest plan is looked for."""

    cash = RadioChoice(_l("Which money?"), choices=CASH.items(), default="budget")
    amount = MoneyField(_l("In all, each month"), optional())
    keep = Choice(_l("What is not paid in a month"), choices=KEEP.items(), default="keep")

    def validate(self, extra_validators: Any = None) -> bool:
        """Besides each field: the same each month needs its amount."""
        sound: bool = super().validate(extra_validators)
        if self.cash.data == "fixed" and self.amount.data is None and not self.amount.errors:
            self.refuse("amount", _l("Enter what you can pay each month in all, such as 3,000"))
            sound = False
        return sound


class PricesForm(_Asking):
    """What one lender offers at a price; nothing typed means that it is not offered."""

    early = PercentField(_l("Fee for paying early, of what is paid early"), optional(), most=100)
    postpone = WholeNumberField(_l("How often may an instalment be postponed?"), optional(), most=12)
    price = MoneyField(_l("Price of postponing once"), optional(), zero=True)
    late = Choice(_l("May the plan be late at the contract's price?"), choices=LATE.items(), default="no")
