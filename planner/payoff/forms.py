"""How several loans shall be paid. Sent by GET: it changes nothing."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from ..engine.payoff import Order
from ..forms import Choice, Form, MoneyField, RadioChoice, WholeNumberField, optional

ORDERS = {
    Order.AVALANCHE: _l("Highest rate first"),
    Order.SNOWBALL: _l("Smallest first"),
    Order.CUSTOM: _l("My own order"),
}
MONEY = {"extra": _l("On top of all instalments"), "total": _l("A fixed total a month")}
FREED = {"roll": _l("Goes on to the next loan"), "keep": _l("Stays with you")}
TOKENS = {"none": _l("Nothing"), "token": _l("A small sign of goodwill")}
MOST_LUMPS = 3


class _Asking(Form):
    class Meta:
        """A form that changes nothing needs no token."""

        csrf = False


class StrategyForm(_Asking):
    """Which loan gets what is left, and how much that is."""

    order = RadioChoice(_l("Which loan first?"), choices=ORDERS.items(), default=Order.AVALANCHE)
    money = RadioChoice(_l("How much each month?"), choices=MONEY.items(), default="extra")
    extra = MoneyField(_l("On top, each month"), optional(), zero=True)
    total = MoneyField(_l("In all, each month"), optional())
    freed = Choice(_l("When one is paid off, its instalment"), choices=FREED.items(), default="roll")
    lump = MoneyField(_l("A sum once (bonus, refund)"), optional())
    lump_month = WholeNumberField(_l("In which month from now? 1 is this one"), optional(), least=1, most=120)

    def in_currency(self, code: str) -> Any:
        """Take amounts in this currency."""
        for field in self:
            if isinstance(field, MoneyField):
                field.currency = code
        return self

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
