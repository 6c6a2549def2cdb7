"""The money in hand."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField

from ..forms import Form, MoneyField, required


class BalanceForm(Form):
    """What there is now, on all accounts used for living."""

    balance = MoneyField(
        _l("Money you have now"), required(_l("Enter what you have now, such as 1,700; 0 is fine")), zero=True
    )
    has_today = BooleanField(_l("What comes and goes today is in it already"))
