"""QIF, as Quicken and many banks write it: letters at the start of lines, records ended by a caret."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice

from .dates import Order, date_order, parse_date
from .numbers import decimal_mark, parse_amount
from .values import MAX_ROWS, Direction, Entry, Statement, Unreadable

_MONEY_TYPES = ("bank", "cash", "ccard", "oth a", "oth l")
_OPENING = re.compile(r"opening balance|saldo inicial|solde initial|anfangsbestand|beginsaldo", re.IGNORECASE)


@dataclass(slots=True)
class Record:
    """The first value of each letter in a record, its first line, the section it stands in, and whether it is ended.

    `merged` says that a second date or amount stands in it, so that the caret before another record is missing.
    """

    line: int
    section: str
    account: str
    fields: dict[str, str] = field(default_factory=dict)
    splits: list[str] = field(default_factory=list)
    ended: bool = True
    merged: bool = False


def records(text: str) -> Iterator[Record]:
    """The records of all sections; `!Account` names the account of the sections after it."""
    section, account, record = "bank", "", None
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.strip()
        if line.startswith("!"):
            section = line[1:].strip().lower().removeprefix("type:").strip()
            record = None
        elif line.startswith("^"):
            if record and section == "account":
                account = record.fields.get("N", account)
            if record:
                yield record
            record = None
        elif line and not line.startswith("#"):
            record = record or Record(number, section, account)
            _collect(record, line[0], line[1:].strip())
    if record:
        record.ended = False
        yield record


def _collect(record: Record, letter: str, value: str) -> None:
    if letter == "$":
        record.splits.append(value)
    again = letter == "T" or (letter == "D" and "S" not in record.fields)
    record.merged = record.merged or (again and letter in record.fields)
    # What stands after a split (its own date, say) belongs to the split.
    if letter not in record.fields and ("S" not in record.fields or letter in "TUPLNC^"):
        record.fields[letter] = value


def read_qif(text: str, statement: Statement) -> None:
    """Read the bank, cash and card sections of a QIF file; investments are counted in a doubt, lists are passed over."""
    found = list(islice(records(text), MAX_ROWS + 1))
    if len(found) > MAX_ROWS:
        raise Unreadable("too_many_rows", rows=MAX_ROWS)
    money = [record for record in found if record.section in _MONEY_TYPES]
    skipped = sum(1 for record in found if record.section == "invst")
    order, sure = date_order(record.fields.get("D", "") for record in money)
    if not sure:
        statement.doubt("date_order_guessed")
    if skipped:
        statement.doubt("investments_skipped", count=skipped)
    mark = decimal_mark(text for record in money for text in _amounts(record))
    for record in money:
        _read(record, statement, order, mark)
    if any(not record.ended for record in money):
        statement.doubt("cut_off")


def _read(record: Record, statement: Statement, order: Order | None, mark: str | None) -> None:
    fields = record.fields
    if record.merged:
        statement.bad(record.line, "malformed", " ".join(fields.values()))
        return
    amount = _amount(record, mark)
    moment = parse_date(fields.get("D", ""), order)
    if amount is None or moment is None:
        code = "no_amount" if amount is None else "no_date"
        statement.bad(record.line, code, fields.get("T" if amount is None else "D", ""))
        return
    unsure = sum(1 for text in _amounts(record) if (found := parse_amount(text, mark)) and found.unsure)
    if unsure:
        statement.doubt("decimal_guessed", count=unsure)
    direction = Direction.IN if amount > 0 else Direction.OUT if amount < 0 else Direction.NEUTRAL
    if _OPENING.fullmatch(fields.get("P", "")):
        direction = Direction.NEUTRAL
    statement.add(
        Entry(record.line, moment.day, abs(amount), direction, None, None, fields.get("P", ""), fields.get("M", ""),
              fields.get("L") or fields.get("S", ""), fields.get("N", ""), record.account)
    )  # fmt: skip


def _amounts(record: Record) -> list[str]:
    """The total as written, else the splits where the total is left out."""
    text = record.fields.get("T") or record.fields.get("U")
    return [text] if text else record.splits


def _amount(record: Record, mark: str | None) -> Decimal | None:
    parts = [parse_amount(text, mark) for text in _amounts(record)]
    return sum((part.value for part in parts if part), Decimal(0)) if parts and all(parts) else None
