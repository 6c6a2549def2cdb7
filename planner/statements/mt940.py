"""SWIFT MT940: statements of tagged fields, reversals, and value dates that follow the banks' own calendar."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from .numbers import parse_amount
from .values import Direction, Entry, Statement

_FIELD = re.compile(r":(\d{2}[A-Z]?):")
_ENTRY = re.compile(
    r"(?P<value>\d{6})(?P<entry>\d{4})?\s*(?P<mark>R?[CD]|E[CD])(?P<fund>[A-Z])?\s*(?P<amount>\d[\d.]*(?:,\d*)?)"
    r"\s*(?P<kind>[NFS][A-Z0-9]{3})?(?P<reference>.*)"
)
_BALANCE = re.compile(r"(?P<mark>[CD])(?P<day>\d{6})(?P<currency>[A-Z]{3})?\s*(?P<amount>\d[\d.]*(?:,\d*)?)")
# German banks number the parts of field 86; others write /NAME/ or plain text.
_GERMAN = re.compile(r"^\d{3}\?")
_PART = re.compile(r"\?(\d{2})([^?]*)")
_NAME = re.compile(r"/(?:NAME|BENM//NAME|ORDP//NAME|CNTP/[^/]*/[^/]*)/([^/]+)")


@dataclass(slots=True)
class Field:
    """One tagged field: its line in the file, its tag such as "61", and its lines of text."""

    line: int
    tag: str
    lines: list[str]

    @property
    def text(self) -> str:
        """The lines together."""
        return "\n".join(self.lines)


def fields(text: str) -> Iterator[Field]:
    """The fields in order; lines without a tag continue the field before, "-" and envelopes end it."""
    current: Field | None = None
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.strip("\x01\x03\x1a")
        found = _FIELD.match(line) or _FIELD.search(line[line.find("{4:") :] if "{4:" in line else "")
        if found:
            if current:
                yield current
            current = Field(number, found[1], [found.string[found.end() :]])
        elif line.rstrip() in ("-", "-}") or line.startswith(("{", "-}")):
            if current:
                yield current
            current = None
        elif current and line.strip():
            current.lines.append(line)
    if current:
        yield current


def read_mt940(text: str, statement: Statement) -> None:
    """Read all statements of an MT940 file and hold the rows of each against its balances."""
    reader = _Reader(statement)
    for item in fields(text):
        reader.take(item)
    reader.end()
    if reader.torn:
        statement.doubt("cut_off")
    if reader.adjusted:
        statement.doubt("date_adjusted", count=reader.adjusted)
    if reader.broken:
        statement.doubt("balance_differs", count=reader.broken)


class _Reader:
    """The state between fields: the account, its currency and running balance, and the entry field 86 belongs to."""

    def __init__(self, statement: Statement) -> None:
        self.statement = statement
        self.account = ""
        self.currency: str | None = None
        self.running: Decimal | None = None
        self.entry: Entry | None = None
        self.adjusted = self.broken = self.first = 0
        self.unclosed = self.torn = False

    def take(self, item: Field) -> None:
        """Take in one field."""
        tag = item.tag[:2]
        if tag == "20":
            self.end()
            self.currency, self.entry, self.first = None, None, len(self.statement.entries)
        elif tag == "25":
            self.account = item.text.split("\n")[0].strip()
        elif tag in ("60", "62"):
            self._balance(tag, item)
        elif tag == "90":
            # An interim report (MT942) ends with its number of rows and has no closing balance.
            self.unclosed = False
        elif tag == "61":
            self._entry(item)
        elif tag == "86" and self.entry:
            _describe(self.entry, item.text)
            self.entry = None

    def _balance(self, tag: str, item: Field) -> None:
        found = _BALANCE.match(item.text.strip())
        amount = parse_amount(found["amount"], ",") if found else None
        value = None
        if found and amount:
            value = amount.value if found["mark"] == "C" else -amount.value
        self.unclosed = tag == "60" or value is None
        if tag == "60":
            self.running = value
            self._in_currency(found["currency"] if found else None)
        else:
            self._in_currency(self.currency or (found["currency"] if found else None))
            self.check_balance(value)
            self.entry = None

    def _in_currency(self, code: str | None) -> None:
        """Take the currency of a balance; a closing one speaks for the rows before it where there was no opening one."""
        self.currency = code
        if code and (self.account, code) not in self.statement.accounts:
            self.statement.accounts.append((self.account, code))
        for entry in self.statement.entries[self.first :]:
            entry.currency = entry.currency or code
        self.first = len(self.statement.entries)

    def end(self) -> None:
        """End a statement; one that had rows or an opening balance and no closing one is torn."""
        self.torn = self.torn or self.unclosed
        self.unclosed, self.running = False, None

    def check_balance(self, stated: Decimal | None) -> None:
        """Count a closing balance that does not follow from the opening one and the rows."""
        if stated is not None and self.running is not None and stated != self.running:
            self.broken += 1
        self.running = None

    def _entry(self, item: Field) -> None:
        self.unclosed = True
        first, _, more = item.text.partition("\n")
        found = _ENTRY.match(first.strip())
        amount = parse_amount(found["amount"], ",") if found else None
        day = self._day(found) if found else None
        self.entry = None
        if not found or amount is None or day is None:
            self.statement.bad(item.line, "malformed" if not found else "no_date" if amount else "no_amount", first)
            return
        # A reversed credit goes out and a reversed debit comes in; E marks what is only expected.
        credit = found["mark"] in ("C", "EC", "RD")
        if self.running is not None:
            self.running += amount.value if credit else -amount.value
        if found["mark"].startswith("E"):
            self.statement.doubt("pending_counted", count=1)
        reference = (found["reference"] or "").strip()
        self.entry = Entry(item.line, day, amount.value, Direction.IN if credit else Direction.OUT, self.currency,
                           text=more.strip(), category=found["kind"] or "", reference=reference, account=self.account,
                           status="reversal" if found["mark"].startswith("R") else "")  # fmt: skip
        self.statement.add(self.entry)

    def _day(self, found: re.Match[str]) -> date | None:
        """The value date; 29 and 30 February exist for banks that count 30 days a month, and become the month's last."""
        year, month, day = (int(found["value"][i : i + 2]) for i in (0, 2, 4))
        year += 2000 if year < 70 else 1900
        if not 1 <= month <= 12 or not 1 <= day <= 31:
            return None
        last = calendar.monthrange(year, month)[1]
        self.adjusted += day > last
        return date(year, month, min(day, last))


def _describe(entry: Entry, text: str) -> None:
    if _GERMAN.match(text):
        parts = _PART.findall(text.replace("\n", ""))
        purpose = "".join(value for code, value in parts if "20" <= code <= "29" or "60" <= code <= "63")
        entry.counterparty = "".join(value for code, value in parts if code in ("32", "33")).strip()
        entry.text = purpose.strip() or "".join(value for code, value in parts if code == "00")
        return
    name = _NAME.search(text.replace("\n", ""))
    entry.counterparty = name[1].strip() if name else ""
    entry.text = " ".join((entry.text + " " + text).split())
