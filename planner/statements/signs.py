"""What a plus and a minus mean in a table with one amount column: by balances, by written plus signs, else by words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

from .layouts import Layout, Sign

# What a card calls the payment of its bill; in an account's table the same words are money going out.
_CARD_IN_WORDS = re.compile(r"payment received|thank you|还款", re.IGNORECASE)
_IN_WORDS = re.compile(
    r"refund|return:|salary|payroll|wages|direct dep|cash ?back|interest (paid|earned)|gehalt|lohn|"
    r"salaire|nómina|nomina|stipendio|工资|代发|退款|退货|结息|利息入账",
    re.IGNORECASE,
)


class Written(NamedTuple):
    """One row's amount as written: with its sign, whether a plus is written, its balance, its words, and a CR or DR."""

    value: Decimal
    plus: bool
    balance: Decimal | None
    text: str
    mark: str = ""


def settle_sign(layout: Layout, card: bool, rows: Sequence[Written]) -> tuple[Sign, bool]:
    """What positive means, and whether that follows from the file."""
    if layout.sign is not None:
        return layout.sign, True
    marks = {row.mark for row in rows} - {""}
    rows = [row._replace(value=Decimal(0), plus=False) if row.mark else row for row in rows]
    follow, against = _by_balance(rows)
    # A card's balance may be what is owed, which grows when money goes out: then it proves nothing.
    owed = card and any(row.balance is not None and row.balance > 0 for row in rows)
    if follow != against and not owed:
        return (Sign.IN if follow > against else Sign.OUT), True
    if any(row.plus for row in rows) and any(row.value < 0 for row in rows):
        return Sign.IN, True
    if len(marks) == 1 and all(row.value >= 0 for row in rows):
        # Only what came in is marked (or only what went out): the rest goes the other way.
        return (Sign.OUT if "CR" in marks else Sign.IN), False
    return _by_words(card, rows), False


def _by_balance(rows: Sequence[Written]) -> tuple[int, int]:
    """How many neighbouring balances differ by the amount, and how many by its opposite, whichever way rows are sorted."""
    steps = [0, 0, 0, 0]
    for older, newer in pairwise(rows):
        if older.balance is None or newer.balance is None:
            continue
        change = newer.balance - older.balance
        for index, expected in enumerate((newer.value, -older.value, -newer.value, older.value)):
            steps[index] += bool(expected) and change == expected
    return max(steps[:2]), max(steps[2:])


def _by_words(card: bool, rows: Sequence[Written]) -> Sign:
    income = [
        row.value > 0
        for row in rows
        if row.value and (_IN_WORDS.search(row.text) or (card and _CARD_IN_WORDS.search(row.text)))
    ]
    if income and all(income) != any(income):
        income = []
    if income:
        return Sign.IN if income[0] else Sign.OUT
    positive = sum(1 for row in rows if row.value > 0)
    negative = sum(1 for row in rows if row.value < 0)
    return Sign.OUT if card and positive >= negative else Sign.IN


def balance_breaks(rows: Sequence[tuple[Decimal, Decimal | None]]) -> int:
    """In how many places balances do not follow from the signed amounts, in the better of both orders; 0 without balances.

    Nothing is said where fewer than half of the places fit: then the rows are sorted otherwise, or edited.
    """
    places = [(a, b) for a, b in pairwise(rows) if a[1] is not None and b[1] is not None]
    forward = sum(1 for (_, old), (amount, new) in places if (new or 0) - (old or 0) != amount)
    backward = sum(1 for (amount, new), (_, old) in places if (new or 0) - (old or 0) != amount)
    fewest = min(forward, backward)
    return fewest if places and fewest <= len(places) // 2 else 0
