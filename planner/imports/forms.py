"""Choosing a file, saying how its columns are to be read, and confirming what was read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField

from ..forms import Choice, Form, TextField, at_most, optional, options
from ..statements.dates import Order
from ..statements.layouts import Sign
from ..statements.mapping import Mapping
from .mappings import COLUMNS

SIGNS = {"": _l("As the file shows"), Sign.IN: _l("Money in"), Sign.OUT: _l("Money out")}
ORDERS = {
    "": _l("As the file shows"), Order.DAY_FIRST: _l("Day first"), Order.MONTH_FIRST: _l("Month first"),
    Order.YEAR_FIRST: _l("Year first: 24-01-31"),
}  # fmt: skip
DECIMALS = {"": _l("As the file shows"), ".": _l("Point: 1,234.56"), ",": _l("Comma: 1.234,56")}
_SEVERAL = ("date", "counterparty", "text")


def clean_name(name: str) -> str:
    """A column's name without control characters."""
    return "".join(char for char in name if char.isprintable())[:40]


class FileForm(Form):
    """A statement file."""

    file = FileField(_l("Statement file"))


class LookForm(Form):
    """How a table is to be read, and the currency where the file is silent."""

    currency = TextField(_l("Currency, where the file does not say"), [*optional(), at_most(3)])
    date = Choice(_l("Date"), coerce=int)
    amount = Choice(_l("Amount"), coerce=int)
    into = Choice(_l("Money in"), coerce=int)
    out = Choice(_l("Money out"), coerce=int)
    direction = Choice(_l("Word for in or out"), coerce=int)
    counterparty = Choice(_l("Other side"), coerce=int)
    text = Choice(_l("Text"), coerce=int)
    sign = Choice(_l("A plain number means"), choices=SIGNS.items(), default="")
    order = Choice(_l("Dates"), choices=ORDERS.items(), default="")
    decimal = Choice(_l("Decimals"), choices=DECIMALS.items(), default="")

    def prepare(self, mapping: Mapping | None, names: Sequence[str] = ()) -> LookForm:
        """Fit the form to a table's columns; other formats only have a currency."""
        if mapping is None:
            for name in (*COLUMNS, "sign", "order", "decimal"):
                del self[name]
            return self
        pairs = [(-1, _l("None")), *((n, clean_name(name) or str(n + 1)) for n, name in enumerate(names or [""] * 12))]
        for name in COLUMNS:
            self[name].choices = options((n, str(label)) for n, label in pairs)
            if not self[name].raw_data:
                value = getattr(mapping, name)
                self[name].data = (value[0] if value else -1) if name in _SEVERAL else -1 if value is None else value
        for name in ("sign", "order", "decimal"):
            if not self[name].raw_data:
                self[name].data = str(getattr(mapping, name) or "")
        return self

    def change(self, mapping: Mapping) -> dict[str, Any]:
        """The mapping with what was chosen, as its JSON."""
        found = mapping.to_dict()
        for name in COLUMNS:
            column = self[name].data
            if name in _SEVERAL:
                # The other columns joined to the first stay where the first stays.
                kept = getattr(mapping, name)
                found[name] = list(kept) if kept and kept[0] == column else [] if column < 0 else [column]
            else:
                found[name] = None if column < 0 else column
        for name in ("sign", "order", "decimal"):
            found[name] = self[name].data or None
        return found
