"""What a column name stands for: its role in the table, and the currency it may state."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from .numbers import currency_code
from .vocabulary import COLUMNS, squeezed

# What a name contains when it is in none of the lists above; tried only for what a table cannot do without.
_PARTS = {
    "date": re.compile(r"date|datum|日期|时间|fecha|dátum|päiv|дата"),
    "amount": re.compile(
        r"amount|betrag|bedrag|importe|montant|importo|kwota|金额|金額|belopp|beløb|částka|összeg|сумма|umsatz"
    ),
    "out": re.compile(r"withdraw|paid out|money out|支出|取出|ausgang|outflow|\bdebit\b|débit|借方|支取"),
    "in": re.compile(r"deposit|paid in|money in|收入|存入|eingang|inflow|\bcredit\b|crédit|贷方"),
}
_NOT_PARTS = re.compile(
    r"original|foreign|fremd|fee|balance|tax|limit|refund|local|shipping|auth|rate|kurs|converted|instructed|原|外币|"
    r"card|update|due|birth|expir|费|税|退款|余额|number|count|手续|折扣|积分|type|status|code|currency|währung|币种"
)


class Known(NamedTuple):
    """What a column name stands for: its role, its rank among columns of that role, and the currency it names."""

    role: str
    rank: int
    unit: str | None


@lru_cache(maxsize=4096)
def known(cell: str) -> tuple[Known, ...]:
    """The roles a column of this name can have; none for a name never met."""
    name = unicodedata.normalize("NFKC", cell).strip(" \"'\t*#").lower()
    if not name or len(name) > 60:
        return ()
    unit = None
    roles = COLUMNS.get(squeezed(name))
    if roles is None:
        name, unit = _without_unit(name)
        roles = COLUMNS.get(squeezed(name), [])
    if squeezed(name) == "人民币金额":
        unit = "CNY"
    return tuple(Known(role, rank, unit) for role, rank in roles)


def _without_unit(name: str) -> tuple[str, str | None]:
    """Split "amount (EUR)", "金额(元)" or "částka CZK" into name and currency code."""
    found = re.fullmatch(r"(.+?)\s*[(\[]\s*(?:in\s+)?([^()\[\]]{1,4})\s*[)\]]", name) or re.fullmatch(
        r"(.+?)\s+([a-z]{3}|euros?)", name
    )
    if not found:
        return name, None
    code = (
        {"元": "CNY", "euro": "EUR", "euros": "EUR"}.get(found[2])
        or currency_code(found[2])
        or currency_code(found[2].upper())
    )
    return (found[1], code) if code and squeezed(found[1]) in COLUMNS else (name, None)


def guessed_roles(cell: str) -> tuple[str, ...]:
    """The roles a name may have by a part of it; weaker than `known`."""
    name = unicodedata.normalize("NFKC", cell).strip().lower()
    if not 2 <= len(name) <= 40 or _NOT_PARTS.search(name):
        return ()
    return tuple(role for role, part in _PARTS.items() if part.search(name))
