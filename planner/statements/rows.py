"""One table row to one transaction, a bad row, more text for the row above, or nothing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from datetime import date, time
from decimal import Decimal

from .dates import Moment, day_and_month, parse_clock, parse_date
from .grid import Row
from .layouts import Layout
from .mapping import Mapping
from .numbers import Amount, currency_code, parse_amount
from .row_money import Money, MoneyReader
from .row_words import BALANCE, BLANK, FAILED, FEE_REMARK, STATES_BALANCE, STATES_SUM, TOTAL, WAITING
from .signs import balance_breaks
from .values import Direction, Entry, Statement

_LONGEST_TEXT = 1000
_SPLIT = re.compile(r"[-+]?(\d+,\d\d|\d{1,3},\d{3}(\.\d\d)?)")


class RowReader:
    """Reads the rows of one section into a statement; `close` adds what only shows after the last row.

    `width` is how many columns a text table has by its names, else by its shortest row; None where nothing is split.
    """

    def __init__(
        self,
        mapping: Mapping,
        layout: Layout,
        statement: Statement,
        rows: Sequence[Row],
        month: tuple[int, int, bool] | None = None,
        width: int | None = None,
    ) -> None:
        self.map, self.layout, self.statement, self.month = mapping, layout, statement, month
        self.width = width
        self.entries: list[Entry] = []
        self.hints: Counter[str] = Counter()
        self.counts: Counter[str] = Counter()
        self._balances: dict[tuple[str, str | None], list[tuple[Decimal, Decimal | None]]] = {}
        self._years_guessed = False
        self._totals: list[int] = []
        self._money = MoneyReader(mapping, layout, statement, rows, self.counts)

    def read(self, row: Row) -> None:
        """Take in one row."""
        moment = self._moment(row)
        money = self._money.read(row)
        if (moment or self._waits(row)) and self._too_wide(row):
            self.statement.bad(row.line, "malformed", " ".join(cell for cell in row.cells if cell))
        elif moment and isinstance(money, Money):
            self._add(row, moment, money)
        elif isinstance(money, Money):
            self._undated(row, money)
        elif moment:
            self._without_amount(row, money)
        else:
            self._other(row)

    def _too_wide(self, row: Row) -> bool:
        """Whether a comma inside an amount or text has split the row: then cells stand beyond the last column."""
        beyond = () if self.width is None else row.cells[self.width :]
        if not beyond or (self.map.header and any(beyond)):
            return bool(beyond)
        return any(self._split(row, column) for column in self.map.money_columns)

    def _split(self, row: Row, column: int) -> bool:
        """Whether the next cell, where no amount belongs, goes on with this one: "10" and "50", "1" and "234.50"."""
        numeric = (*self.map.money_columns, self.map.balance, self.map.fee)
        return column + 1 not in numeric and bool(_SPLIT.fullmatch(f"{row.cell(column)},{row.cell(column + 1)}"))

    def _waits(self, row: Row) -> bool:
        return any(WAITING.search(row.cell(column)) for column in self.map.date)

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

    # What a row becomes

    def _add(self, row: Row, moment: Moment | None, money: Money) -> None:
        cell, written = row.cell, money.written
        unit = currency_code(cell(self.map.currency)) or written.unit or self.map.unit
        if self.layout.currency_sure:
            unit = unit or self.layout.currency
        names = [text for c in self.map.counterparty if (text := cell(c)) and text not in BLANK]
        texts = list(dict.fromkeys(text for c in self.map.text if (text := cell(c)) and text not in BLANK))
        entry = Entry(
            row.line, moment.day if moment else None, money.value, money.direction, unit, self._clock(row, moment),
            names[0] if names else "", " ".join(texts or names[1:]), cell(self.map.category), cell(self.map.reference),
            cell(self.map.account).strip("'"), cell(self.map.status),
        )  # fmt: skip
        summing = next((text for text in row.cells if STATES_SUM.fullmatch(text)), "")
        if summing.lower() == "total":
            self._totals.append(len(self.entries))
        elif summing or any(STATES_BALANCE.fullmatch(words) for words in (entry.text, entry.counterparty)):
            self._only_states(entry)
        self._note(entry, row, written)
        self.entries.append(entry)

    def _only_states(self, entry: Entry) -> None:
        """Count a row that moves nothing as neutral."""
        entry.direction = Direction.NEUTRAL
        self.counts["balance_rows"] += 1

    def _settle_totals(self) -> None:
        """A row called Total is a sum where it adds up, or stands alone at the end; else fuel was bought at Total."""
        sums = self._adding_up() if self._totals else []
        if not sums and self._totals == [len(self.entries) - 1]:
            sums = self.entries[-1:]
        for entry in sums:
            self._only_states(entry)

    def _adding_up(self) -> list[Entry]:
        """The rows called Total whose amount is what came in above, what went out, or the one less the other."""
        called, found = set(self._totals), []
        moved = dict.fromkeys(Direction, Decimal(0))
        for index, entry in enumerate(self.entries):
            came, spent = moved[Direction.IN], moved[Direction.OUT]
            if index and index in called and entry.amount in (came, spent, abs(came - spent)):
                found.append(entry)
            else:
                moved[entry.direction] += entry.amount
        return found

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
        pocket.append((entry.amount * sign, balance.in_account if balance else None))

    def _undated(self, row: Row, money: Money) -> None:
        """An amount without a date: a total, a row still waiting to be booked, or a bad row."""
        stated = [row.cell(column) for column in self.map.date if row.cell(column)]
        # Shops are called so too: beside a date that cannot be read, such words in the text say nothing.
        words = stated or [cell for cell in row.cells if cell][:3]
        if any(TOTAL.match(cell) for cell in words):
            return
        if self._waits(row):
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
        amounts = [row.cell(c) for c in self.map.money_columns if row.cell(c) not in BLANK]
        summing = any(TOTAL.match(cell) or BALANCE.search(cell) for cell in dates)
        if dates and amounts and not summing and any(char.isdigit() for char in "".join((*dates, *amounts))):
            self.statement.bad(row.line, "malformed", " ".join((*dates, *amounts)))
        elif not dates and not amounts and self.entries and row.filled <= 2:
            more = " ".join(row.cell(c) for c in self.map.text if row.cell(c))
            self.entries[-1].text = " ".join(part for part in (self.entries[-1].text, more) if part)[:_LONGEST_TEXT]

    def close(self) -> None:
        """Hand over the entries and say what is doubtful about them."""
        statement, counts = self.statement, self.counts
        self._settle_totals()
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
        self._money.contradictions()
        breaks = sum(balance_breaks(rows) for rows in self._balances.values())
        if breaks:
            statement.doubt("balance_differs", count=breaks)
        if self._years_guessed:
            statement.doubt("year_guessed")
        self._currency()

    def _currency(self) -> None:
        """Fill in the likely currency where none is stated; `finish` says so, or takes the user's instead."""
        likely = self.layout.currency or (self.hints.most_common(1)[0][0] if self.hints else None)
        for entry in self.entries:
            if entry.currency is None:
                entry.likely = likely
