"""What a statement file says once read: transactions, rows that could not be read, and what is only a guess."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, time
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from ..engine.errors import TermsError
from ..engine.money import Currency
from ..engine.money import currency as currency_of

MAX_BYTES = 10 * 1024 * 1024
MAX_ROWS = 200_000


class Direction(StrEnum):
    """Which way the money went; neutral is moved between own pockets, or not said."""

    IN = "in"
    OUT = "out"
    NEUTRAL = "neutral"


class Unreadable(Exception):
    """The file cannot be read as a statement: a code and the values its sentence needs (see wording.py)."""

    def __init__(self, code: str, **params: str | int) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something that does not follow from the file: a code and the values its sentence needs (see wording.py)."""

    code: str
    params: tuple[tuple[str, str | int], ...] = ()


def doubt(code: str, **params: str | int) -> Doubt:
    """A doubt with its values."""
    return Doubt(code, tuple(params.items()))


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that looks like a transaction and could not be read: its line in the file, and why."""

    line: int
    code: str
    excerpt: str = ""


@dataclass(slots=True)
class Entry:
    """One transaction. Readers fill it; `finishing.finish` adds what concerns the whole file.

    `amount` is exact, in major units, and counts in `direction`; it is below zero only where the file itself lists an
    expense or income below zero. `currency` is None where neither file nor user says it. `day` is None where the file
    has no usable date. `line` counts from 1. `likely` is the currency to assume, with a doubt, where none is stated.
    """

    line: int
    day: date | None
    amount: Decimal
    direction: Direction
    currency: str | None = None
    clock: time | None = None
    counterparty: str = ""
    text: str = ""
    category: str = ""
    reference: str = ""
    account: str = ""
    status: str = ""
    likely: str | None = None
    fingerprint: str = ""

    @property
    def amount_minor(self) -> int:
        """The amount in minor units of its currency (2 decimals where that is unknown), rounded half up."""
        digits = unit_digits(self.currency)
        return int(self.amount.scaleb(digits).to_integral_value(ROUND_HALF_UP))


@dataclass(frozen=True, slots=True)
class AccountSum:
    """The sums of one account in one currency, in major units, with its first and last dated day."""

    account: str
    currency: str | None
    money_in: Decimal
    money_out: Decimal
    neutral: Decimal
    count: int
    first: date | None
    last: date | None


@dataclass(slots=True)
class Statement:
    """A whole file, read. `doubts` is empty only when everything follows from the file."""

    format: str
    encoding: str
    entries: list[Entry] = field(default_factory=list)
    bad_rows: list[BadRow] = field(default_factory=list)
    doubts: list[Doubt] = field(default_factory=list)
    accounts: list[tuple[str, str | None]] = field(default_factory=list)

    def doubt(self, code: str, **params: str | int) -> None:
        """Add a doubt; the same doubt with a `count` grows, any other is kept once."""
        for index, old in enumerate(self.doubts):
            values = dict(old.params)
            if old.code == code and {**values, "count": 0} == {**params, "count": 0}:
                if "count" in params:
                    self.doubts[index] = doubt(code, count=int(values["count"]) + int(params["count"]))
                return
        self.doubts.append(doubt(code, **params))

    def add(self, entry: Entry) -> None:
        """Add a transaction. Raises Unreadable("too_many_rows") where no real statement gets to."""
        if len(self.entries) >= MAX_ROWS:
            raise Unreadable("too_many_rows", rows=MAX_ROWS)
        self.entries.append(entry)

    def bad(self, line: int, code: str, excerpt: str = "") -> None:
        """Report a row that could not be read; the excerpt is cut to what fits a line. Raises as `add` does."""
        if len(self.bad_rows) >= MAX_ROWS:
            raise Unreadable("too_many_rows", rows=MAX_ROWS)
        self.bad_rows.append(BadRow(line, code, " ".join(excerpt[:200].split())[:80]))

    def sums(self) -> list[AccountSum]:
        """The sums per account and currency, in the file's order; accounts without rows are listed with zero."""
        groups: dict[tuple[str, str | None], list[Entry]] = {key: [] for key in self.accounts}
        for entry in self.entries:
            groups.setdefault((entry.account, entry.currency), []).append(entry)
        return [_sum(account, code, entries) for (account, code), entries in groups.items()]


def _sum(account: str, code: str | None, entries: list[Entry]) -> AccountSum:
    totals = dict.fromkeys(Direction, Decimal(0))
    for entry in entries:
        totals[entry.direction] += entry.amount
    days = [entry.day for entry in entries if entry.day is not None]
    return AccountSum(
        account, code, totals[Direction.IN], totals[Direction.OUT], totals[Direction.NEUTRAL], len(entries),
        min(days, default=None), max(days, default=None),
    )  # fmt: skip


def unit_digits(code: str | None) -> int:
    """How many decimals a currency's minor unit has; 2 where the currency is not known."""
    unit = known_currency(code)
    return unit.minor_digits if unit else 2


def known_currency(code: str | None) -> Currency | None:
    """The currency of a code, or None for what is no code."""
    try:
        return currency_of(code) if code else None
    except TermsError:
        return None
