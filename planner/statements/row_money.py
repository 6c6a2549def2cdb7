"""The money of a table row: its amount, and which way that counts by columns, words, marks and signs."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from .grid import Row
from .layouts import Layout, Sign, direction_word, first_word_direction
from .mapping import Mapping
from .numbers import Amount, parse_amount
from .row_words import BLANK, REFUND_NOTE
from .values import Direction, Statement

_TOO_LARGE = re.compile(r"[-+]?[\d.,' ]{17,}")


class Money(NamedTuple):
    """An amount with the direction it counts in, and what its cell said about its currency."""

    value: Decimal
    direction: Direction
    written: Amount


class MoneyReader:
    """Reads the money of one section's rows, and counts what is odd about it."""

    def __init__(
        self, mapping: Mapping, layout: Layout, statement: Statement, rows: Sequence[Row], counts: Counter[str]
    ) -> None:
        self.map, self.layout, self.statement, self.counts = mapping, layout, statement, counts
        self._below = Counter[Direction]()
        self._above = Counter[Direction]()
        self._blank_means = _blank_direction(mapping, layout, rows)
        self._plain_minus = tuple(_minus_is_plain(mapping, column, rows) for column in (mapping.out, mapping.into))
        self._has_minus = mapping.amount is not None and any("-" in row.cell(mapping.amount) for row in rows)

    def read(self, row: Row) -> Money | str | None:
        """The amount; None where the cells are blank, a code where they cannot be read."""
        if self.map.amount is None:
            return self._from_pair(row)
        cell = row.cell(self.map.amount)
        if cell in BLANK:
            return None
        amount = parse_amount(cell, self.map.decimal) or self._with_note(cell)
        if amount is None:
            return "too_large" if _TOO_LARGE.fullmatch(cell) else "no_amount"
        return self._directed(row, amount)

    def _with_note(self, cell: str) -> Amount | None:
        """An amount with a word about its refund behind it, as JD writes: 12.50(已全额退款)."""
        found = REFUND_NOTE.fullmatch(cell)
        amount = parse_amount(found[1], self.map.decimal) if found else None
        self.counts["failed_counted"] += amount is not None
        return amount

    def _from_pair(self, row: Row) -> Money | str | None:
        cells = [row.cell(column) for column in (self.map.out, self.map.into)]
        parsed = [None if cell in BLANK else parse_amount(cell, self.map.decimal) for cell in cells]
        if any(amount is None and cell not in BLANK for amount, cell in zip(parsed, cells, strict=True)):
            return "no_amount"
        out, into = parsed
        if out is None and into is None:
            return None
        # Some banks write a column of its own with a minus throughout; elsewhere that is a payment taken back.
        spent, came = (
            Decimal(0) if amount is None else abs(amount.value) if plain else amount.value
            for amount, plain in zip(parsed, self._plain_minus, strict=True)
        )
        if spent and came:
            return "no_sign"
        self.counts["counted_back"] += spent < 0 or came < 0
        value = came - spent
        direction = Direction.OUT if value < 0 or (value == 0 and into is None) else Direction.IN
        return Money(abs(value), direction, (into if into and into.value else out) or into or Amount(value))

    def _directed(self, row: Row, amount: Amount) -> Money:
        if self.map.direction is not None:
            return self._by_word(row, amount)
        if amount.mark:
            return Money(abs(amount.value), Direction.IN if amount.mark == "CR" else Direction.OUT, amount)
        if self.map.sign == Sign.FIRST_WORD:
            return self._by_first_word(row, amount)
        value = -amount.value if self.map.sign == Sign.OUT else amount.value
        direction = Direction.IN if value > 0 else Direction.OUT if value < 0 else Direction.NEUTRAL
        return Money(abs(value), direction, amount)

    def _by_word(self, row: Row, amount: Amount) -> Money:
        cell = row.cell(self.map.direction)
        word = direction_word(cell)
        if word == "":
            word = self._blank_means
        if word is None and self._has_minus:
            self.statement.doubt("sign_guessed")
            word = "out" if amount.value < 0 else "in"
        if word is None:
            self.counts["direction_unknown"] += 1
        direction = Direction(word or "neutral")
        self._below[direction] += amount.value < 0
        self._above[direction] += amount.value > 0
        keeps = self.layout.keeps_sign and direction != Direction.NEUTRAL
        return Money(amount.value if keeps else abs(amount.value), direction, amount)

    def _by_first_word(self, row: Row, amount: Amount) -> Money:
        text = next((row.cell(c) for c in self.map.text if row.cell(c)), "")
        word = first_word_direction(text)
        if word is None:
            self.counts["direction_unknown"] += 1
        return Money(abs(amount.value), Direction(word or "neutral"), amount)

    def contradictions(self) -> None:
        """Say how many signs contradict their words."""
        below, above = self._below, self._above
        odd = below[Direction.IN] + (min(below[Direction.OUT], above[Direction.OUT]))
        if self.layout.keeps_sign:
            if below[Direction.IN] + below[Direction.OUT]:
                self.statement.doubt("below_zero", count=below[Direction.IN] + below[Direction.OUT])
        elif odd:
            self.statement.doubt("sign_contradicts", count=odd)


def _blank_direction(mapping: Mapping, layout: Layout, rows: Sequence[Row]) -> str | None:
    """What an empty direction cell means: neutral in wallets, the other way where only one word is ever written."""
    if mapping.direction is None or layout.blank_is_neutral:
        return "neutral"
    words = {direction_word(row.cell(mapping.direction)) for row in rows} - {"", None}
    return {"in": "out", "out": "in"}.get(words.pop() or "") if len(words) == 1 else None


def _minus_is_plain(mapping: Mapping, column: int | None, rows: Sequence[Row]) -> bool:
    """Whether one of the two columns writes all of it with a minus, so that a minus there is no reversal."""
    if column is None or column == mapping.amount:
        return False
    amounts = [parse_amount(row.cell(column), mapping.decimal) for row in rows]
    values = [amount.value for amount in amounts if amount and amount.value]
    return bool(values) and all(value < 0 for value in values)
