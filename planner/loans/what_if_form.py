"""The form of the what-if page: every kind of change has its own fields, and only those of the chosen kind count."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from ..engine.events import DeferredInterest, Then
from ..engine.loan import MAX_INSTALMENTS
from ..engine.rescheduling import MOST_DEFERRED
from ..forms import Choice, DayField, Form, MoneyField, PercentField, RadioChoice, WholeNumberField, optional

ROOM = MAX_INSTALMENTS - 1
EXTRA_THEN = {Then.SHORTER: _l("Ends earlier"), Then.LOWER: _l("Later instalments get smaller")}
LESS_THEN = {Then.LOWER: _l("Same end, higher instalments"), Then.SHORTER: _l("The old instalment, for longer")}
RATE_THEN = {
    Then.LOWER: _l("The end stays, the instalment changes"),
    Then.SHORTER: _l("The instalment stays, the end moves"),
}
INTEREST = {
    DeferredInterest.CAPITALISED: _l("It joins the debt"),
    DeferredInterest.FIRST: _l("It is due with the first instalment after"),
    DeferredInterest.SPREAD: _l("It is spread over all instalments"),
    DeferredInterest.WAIVED: _l("The lender waives it"),
}
PAYS = {"nothing": _l("Nothing; the interest joins the debt"), "interest": _l("Only the interest")}
WAYS = {"longer": _l("More instalments"), "shorter": _l("Fewer instalments")}


class WhatIfForm(Form):
    """What is to be tried. Sent by GET: it changes nothing."""

    class Meta:
        """A form that changes nothing needs no token."""

        csrf = False

    kind = RadioChoice(_l("What to try"), choices=[], default="extra")
    extra = MoneyField(_l("More each time"), optional())
    extra_then = Choice(_l("What does it do?"), choices=EXTRA_THEN.items(), default=Then.SHORTER)
    once = MoneyField(_l("Once, with the next instalment"), optional())
    once_then = Choice(_l("What does it do?"), choices=EXTRA_THEN.items(), default=Then.SHORTER)
    less = MoneyField(_l("Only this much each time"), optional())
    until = DayField(_l("Until"), optional())
    less_then = Choice(_l("And afterwards?"), choices=LESS_THEN.items(), default=Then.LOWER)
    defer = WholeNumberField(_l("Instalments to postpone"), optional(), least=1, most=MOST_DEFERRED)
    interest = Choice(_l("The interest of that time?"), choices=INTEREST.items(), default=DeferredInterest.CAPITALISED)
    pause = WholeNumberField(_l("Instalments to leave out"), optional(), least=1, most=ROOM)
    pays = Choice(_l("What is paid meanwhile?"), choices=PAYS.items(), default="nothing")
    way = Choice(_l("More or fewer?"), choices=WAYS.items(), default="longer")
    longer = WholeNumberField(_l("How many instalments"), optional(), least=1, most=ROOM)
    rate = PercentField(_l("New yearly rate"), optional())
    rate_then = Choice(_l("What stays?"), choices=RATE_THEN.items(), default=Then.LOWER)
    day = WholeNumberField(_l("New day of the month"), optional(), least=1, most=31)
    settle = MoneyField(_l("A sum that ends the loan"), optional())
    settle_on = DayField(_l("Paid on"), optional())
    spread = WholeNumberField(_l("Over how many instalments"), optional(), least=1, most=ROOM)

    def in_currency(self, code: str) -> WhatIfForm:
        """Take amounts in this currency."""
        for field in self:
            if isinstance(field, MoneyField):
                field.currency = code
        return self
