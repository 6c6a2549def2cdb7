"""One table row to one transaction, a bad row, more text for the row above, or nothing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from datetime import date, time
from decimal import Decimal
from typing import NamedTuple

from .dates import Moment, day_and_month, parse_clock, parse_date
from .grid import Row
from .layouts import Layout, Sign, direction_word, first_word_direction
from .mapping import Mapping
from .numbers import Amount, currency_code, parse_amount
from .row_words import BALANCE, FAILED, FEE_REMARK, REFUND_NOTE, STATES_BALANCE, TOTAL, WAITING
from .signs import balance_breaks
from .values import Direction, Entry, Statement

_LONGEST_TEXT = 1000
_BLANK = {"", "-", "--", "/", "—", "–", "n/a", "N/A"}
_TOO_LARGE = re.compile(r"[-+]?[\d.,' ]{17,}")


class Money(NamedTuple):
    """An amount with the direction it counts in, and what its cell said about its currency."""

    value: Decimal
    direction: Direction
    written: Amount


class RowReader:
    """Reads the rows of one section into a statement; `close` adds what only shows after the last row."""

    def __init__(
        self,
        mapping: Mapping,
        layout: Layout,
        statement: Statement,
        rows: Sequence[Row],
        month: tuple[int, int, bool] | None = None,
    ) -> None:
        self.map, self.layout, self.statement, self.month = mapping, layout, statement, month
        self.entries: list[Entry] = []
        self.hints: Counter[str] = Counter()
        self.counts: Counter[str] = Counter()
        self._below = Counter[Direction]()
        self._above = Counter[Direction]()
        self._balances: dict[tuple[str, str | None], list[tuple[Decimal, Decimal | None]]] = {}
        self._years_guessed = False
        self._blank_means = _blank_direction(mapping, layout, rows)
        self._plain_minus = tuple(_minus_is_plain(mapping, column, rows) for column in (mapping.out, mapping.into))
        self._has_minus = mapping.amount is not None and any("-" in row.cell(mapping.amount) for row in rows)

    def read(self, row: Row) -> None:
        """Take in one row."""
        moment = self._moment(row)
        money = self._money(row)
        if moment and isinstance(money, Money):
            self._add(row, moment, money)
        elif isinstance(money, Money):
            self._undated(row, money)
        elif moment:
            self._without_amount(row, money)
        else:
            self._other(row)

    # Dates

    def _moment(self, row: Row) -> Moment | None:
        for column in self.map.date:
            cell = row.cell(column)
            if cell:
                found = parse_date(cell, self.map.order) or self._with_year(cell)
                if found:
                    return found
        return None

    def _with_year(self, cell: str) -> Moment | None:
        """A date without a year belongs to the statement's year, or to the year before when its month comes later."""
        parts = day_and_month(cell)
        if not parts or not self.month:
            return None
        year, month, sure = self.month
        self._years_guessed = self._years_guessed or not sure
        try:
            return Moment(date(year - (parts[0] > month), *parts), None)
        except ValueError:
            return None

    # Amounts

    def _money(self, row: Row) -> Money | str | None:
        """The amount; None where the cells are blank, a code where they cannot be read."""
        if self.map.amount is None:
            return self._from_pair(row)
        cell = row.cell(self.map.amount)
        if cell in _BLANK:
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
        parsed = [None if cell in _BLANK else parse_amount(cell, self.map.decimal) for cell in cells]
        if any(amount is None and cell not in _BLANK for amount, cell in zip(parsed, cells, strict=True)):
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

    # What a row becomes

    def _add(self, row: Row, moment: Moment | None, money: Money) -> None:
        cell, written = row.cell, money.written
        unit = currency_code(cell(self.map.currency)) or written.unit or self.map.unit
        if self.layout.currency_sure:
            unit = unit or self.layout.currency
        names = [text for c in self.map.counterparty if (text := cell(c)) and text not in _BLANK]
        texts = list(dict.fromkeys(text for c in self.map.text if (text := cell(c)) and text not in _BLANK))
        entry = Entry(
            row.line, moment.day if moment else None, money.value, money.direction, unit, self._clock(row, moment),
            names[0] if names else "", " ".join(texts or names[1:]), cell(self.map.category), cell(self.map.reference),
            cell(self.map.account).strip("'"), cell(self.map.status),
        )  # fmt: skip
        if any(STATES_BALANCE.fullmatch(words) for words in (entry.text, entry.counterparty)):
            entry.direction = Direction.NEUTRAL
            self.counts["balance_rows"] += 1
        self._note(entry, row, written)
        self.entries.append(entry)

    def _clock(self, row: Row, moment: Moment | None) -> time | None:
        if moment and moment.clock:
            return moment.clock
        return parse_clock(row.cell(self.map.time)) if self.map.time is not None else None

    def _note(self, entry: Entry, row: Row, written: Amount) -> None:
        if written.hint:
            self.hints[written.hint] += 1
        self.counts["decimal_guessed"] += written.unsure
        self.counts["grouping_odd"] += written.odd
        fee = parse_amount(row.cell(self.map.fee), self.map.decimal)
        self.counts["fees_apart"] += bool((fee and fee.value) or FEE_REMARK.search(entry.text))
        self.counts["pending_counted"] += bool(WAITING.fullmatch(entry.status))
        moved = entry.direction != Direction.NEUTRAL and entry.amount != 0
        closed = FAILED.search(entry.status) or ("退款" in entry.status and entry.direction == Direction.OUT)
        self.counts["failed_counted"] += bool(moved and closed)
        balance = parse_amount(row.cell(self.map.balance), self.map.decimal)
        sign = {Direction.IN: 1, Direction.OUT: -1, Direction.NEUTRAL: 0}[entry.direction]
        pocket = self._balances.setdefault((entry.account, entry.currency), [])
        pocket.append((entry.amount * sign, balance.value if balance else None))

    def _undated(self, row: Row, money: Money) -> None:
        """An amount without a date: a total, a row still waiting to be booked, or a bad row."""
        stated = [row.cell(column) for column in self.map.date if row.cell(column)]
        words = [cell for cell in row.cells if cell][:3]
        if any(TOTAL.match(cell) for cell in words):
            return
        if any(WAITING.search(cell) for cell in stated):
            self._add(row, None, money)
        elif not any(BALANCE.search(cell) for cell in words):
            self.statement.bad(row.line, "no_date", stated[0] if stated else "")

    def _without_amount(self, row: Row, problem: Money | str | None) -> None:
        texts = [cell for cell in row.cells if cell]
        if problem is None and any(BALANCE.search(cell) for cell in texts):
            return
        excerpt = " ".join(row.cell(c) for c in self.map.money_columns)
        self.statement.bad(row.line, problem if isinstance(problem, str) else "no_amount", excerpt)

    def _other(self, row: Row) -> None:
        """Neither date nor amount: a row with both cells filled is bad, bare text continues the row above."""
        dates = [row.cell(c) for c in self.map.date if row.cell(c)]
        amounts = [row.cell(c) for c in self.map.money_columns if row.cell(c)]
        if any(re.search(r"\d", cell) for cell in dates) and any(re.search(r"\d", cell) for cell in amounts):
            self.statement.bad(row.line, "malformed", " ".join((*dates, *amounts)))
        elif not dates and not amounts and self.entries and row.filled <= 2:
            more = " ".join(row.cell(c) for c in self.map.text if row.cell(c))
            self.entries[-1].text = " ".join(part for part in (self.entries[-1].text, more) if part)[:_LONGEST_TEXT]

    def close(self) -> None:
        """Hand over the entries and say what is doubtful about them."""
        statement, counts = self.statement, self.counts
        statement.entries.extend(self.entries)
        if self.map.confirmed:
            counts.pop("decimal_guessed", None)
        for code in (
            "direction_unknown",
            "decimal_guessed",
            "grouping_odd",
            "pending_counted",
            "failed_counted",
            "fees_apart",
            "counted_back",
            "balance_rows",
        ):
            if counts[code]:
                statement.doubt(code, count=counts[code])
        self._contradictions()
        breaks = sum(balance_breaks(rows) for rows in self._balances.values())
        if breaks:
            statement.doubt("balance_differs", count=breaks)
        if self._years_guessed:
            statement.doubt("year_guessed")
        self._currency()

    def _contradictions(self) -> None:
        below, above = self._below, self._above
        odd = below[Direction.IN] + (min(below[Direction.OUT], above[Direction.OUT]))
        if self.layout.keeps_sign:
            if below[Direction.IN] + below[Direction.OUT]:
                self.statement.doubt("below_zero", count=below[Direction.IN] + below[Direction.OUT])
        elif odd:
            self.statement.doubt("sign_contradicts", count=odd)

    def _currency(self) -> None:
        """Fill in the likely currency where none is stated; `finish` says so, or takes the user's instead."""
        likely = self.layout.currency or (self.hints.most_common(1)[0][0] if self.hints else None)
        for entry in self.entries:
            if entry.currency is None:
                entry.likely = likely


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
