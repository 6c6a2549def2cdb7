"""OFX and QFX, SGML and XML alike, read as a stream of tags.

Own code instead of ofxparse: real files leave tags open, close them in the wrong place, declare encodings they are not
in, or hold amounts with commas; ofxparse then drops rows or fails, and it sees no transactions in investment accounts.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from .numbers import currency_code, decimal_mark, parse_amount
from .values import Direction, Entry, Statement, Unreadable

_TAG = re.compile(r"<(/?)([A-Za-z0-9.]{1,40})\s*/?>([^<]*)")
_AMOUNT = re.compile(r"[+-]?[\d.,' ]*\d[\d.,]*[+-]?")
_AMOUNTS = re.compile(r"<TRNAMT>([^<]{1,60})", re.IGNORECASE)
_ACCOUNTS = ("BANKACCTFROM", "CCACCTFROM", "INVACCTFROM")
_TRADES = re.compile(r"<(?:BUY|SELL)(?:STOCK|MF|DEBT|OPT|OTHER)>|<REINVEST>|<INCOME>", re.IGNORECASE)
# Rows not booked yet come again in the next file, booked and with another identity: counting both would be wrong.
_PENDING = re.compile(r"<STMTTRNP>", re.IGNORECASE)
_SURELY_OUT = ("DEBIT", "ATM", "POS", "SRVCHG", "FEE")
_SURELY_IN = ("CREDIT", "DEP", "DIRECTDEP")


class Leaf(NamedTuple):
    """A tag as it comes: its line, whether it closes, its name, and the text after it."""

    line: int
    closes: bool
    name: str
    text: str


def _leaves(text: str) -> Iterator[Leaf]:
    line, done = 1, 0
    for found in _TAG.finditer(text):
        line += text.count("\n", done, found.start())
        done = found.start()
        yield Leaf(line, bool(found[1]), found[2].upper(), html.unescape(found[3]).strip())


def read_ofx(text: str, statement: Statement) -> None:
    """Read all accounts of an OFX file. Raises Unreadable when the bank answered with an error or only investments."""
    if "<!DOCTYPE" in text[:5000].upper() or "<!ENTITY" in text[:5000].upper():
        raise Unreadable("dtd")
    reader = _Reader(statement, decimal_mark(amount.strip() for amount in _AMOUNTS.findall(text)))
    for leaf in _leaves(text[max(0, text.upper().find("<OFX")) :]):
        reader.take(leaf)
    reader.flush()
    trades = len(_TRADES.findall(text))
    if not statement.entries and not statement.bad_rows and not reader.listed:
        if reader.error:
            raise Unreadable("bank_error", message=reader.error[:200])
        if trades or "<INVSTMT" in text.upper():
            raise Unreadable("investment_only")
    if reader.error:
        statement.doubt("part_missing", message=reader.error[:200])
    if trades:
        statement.doubt("investments_skipped", count=trades)
    pending = len(_PENDING.findall(text))
    if pending:
        statement.doubt("pending_skipped", count=pending)
    if "</OFX>" not in text.upper():
        statement.doubt("cut_off")
    if reader.against_type:
        statement.doubt("sign_against_type", count=reader.against_type)


class _Reader:
    """The state between tags: the account, the transaction being collected, an error status."""

    def __init__(self, statement: Statement, mark: str | None) -> None:
        self.statement, self.mark = statement, mark
        self.account, self.currency = "", ""
        self.inside = ""
        self.fields: dict[str, str] | None = None
        self.line = self.against_type = 0
        self.error = ""
        self.listed = False
        self._severe = False

    def take(self, leaf: Leaf) -> None:
        """Take in one tag."""
        if leaf.name == "STMTTRN":
            self.flush()
            self.fields, self.line = (None if leaf.closes else {}), leaf.line
        elif leaf.name in ("BANKTRANLIST", "LEDGERBAL", "AVAILBAL", "STMTRS", "CCSTMTRS", "INVSTMTRS", "STMTTRNP"):
            self.flush()
            self._open_account(leaf)
        elif leaf.closes:
            self.inside = "" if leaf.name == self.inside else self.inside
        elif self.fields is not None:
            self._field(leaf)
        else:
            self._frame(leaf)

    def _open_account(self, leaf: Leaf) -> None:
        if leaf.name.endswith("STMTRS") and not leaf.closes:
            self.account, self.currency = "", ""
        elif leaf.name == "BANKTRANLIST" and not leaf.closes and self.account:
            self.listed = True
            key = (self.account, self.currency or None)
            if key not in self.statement.accounts:
                self.statement.accounts.append(key)

    def _field(self, leaf: Leaf) -> None:
        if leaf.name in ("CURRENCY", "ORIGCURRENCY", "BANKACCTTO", "CCACCTTO", "PAYEE") and not leaf.text:
            self.inside = leaf.name
        if self.fields is not None and leaf.text and not (leaf.name == "CURSYM" and self.inside == "ORIGCURRENCY"):
            self.fields.setdefault(leaf.name, leaf.text)

    def _frame(self, leaf: Leaf) -> None:
        if leaf.name in _ACCOUNTS:
            self.inside = leaf.name
        elif leaf.name == "CURDEF":
            self.currency = leaf.text.upper() if re.fullmatch(r"[A-Za-z]{3}", leaf.text) else ""
        elif leaf.name == "ACCTID" and self.inside in _ACCOUNTS:
            self.account = leaf.text
        elif leaf.name == "SEVERITY":
            self._severe = leaf.text.upper() == "ERROR"
            self.error = self.error or ("no reason given" if self._severe else "")
        elif leaf.name == "MESSAGE" and self._severe:
            self.error = " ".join(leaf.text.split())

    def flush(self) -> None:
        """Turn the fields collected into a transaction or a bad row."""
        fields, self.fields, self.inside = self.fields, None, ""
        if not fields:
            return
        text = fields.get("TRNAMT", "")
        amount = parse_amount(text, self.mark) if _AMOUNT.fullmatch(text) else None
        if amount is None:
            self.statement.bad(self.line, "no_amount", text or " ".join(fields.values()))
            return
        if amount.unsure:
            self.statement.doubt("decimal_guessed", count=1)
        self._add(fields, amount.value)

    def _add(self, fields: dict[str, str], value: Decimal) -> None:
        stated = fields.get("DTPOSTED") or fields.get("DTUSER") or ""
        kind = fields.get("TRNTYPE", "").upper()
        self.against_type += bool(value) and kind in (_SURELY_IN if value < 0 else _SURELY_OUT)
        direction = Direction.OUT if value < 0 or (value == 0 and kind in _SURELY_OUT) else Direction.IN
        unit = currency_code(fields.get("CURSYM")) or self.currency
        name, memo = fields.get("NAME", ""), fields.get("MEMO", "")
        memo = "" if memo == name else memo
        self.statement.add(
            Entry(self.line, _day(stated), abs(value), direction, unit or None, None, name, memo, kind.lower(),
                  fields.get("FITID", ""), self.account)
        )  # fmt: skip


def _day(stated: str) -> date | None:
    """The day as the bank writes it, without moving it to another zone.

    The time of day is left out: most banks write noon or the time of the export, which would tell two exports of one
    row apart.
    """
    found = re.match(r"(\d{4})-?(\d{2})-?(\d{2})", stated)
    try:
        return date(*(int(part) for part in found.groups())) if found else None
    except ValueError:
        return None
