"""`planner statement FILE`: what a statement file says, as JSON or as a table, or why it cannot be read."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any, TextIO

from .detector import read
from .values import MAX_BYTES, AccountSum, Entry, Statement, Unreadable, unit_digits
from .wording import bad_row_text, doubt_text, refusal_text


def run(path: str, format: str = "json", account_currency: str | None = None, *, out: TextIO, err: TextIO) -> int:
    """Print what the file says and return 0; for a file that cannot be read, one line to `err`, and return 2."""
    try:
        statement = read(_bytes(path), Path(path).name, account_currency=account_currency)
    except Unreadable as error:
        err.write(f"planner: {_printable(Path(path).name)}: {_printable(refusal_text(error))}\n")
        return 2
    if format == "table":
        out.write(as_table(statement))
    else:
        json.dump(as_json(statement), out, ensure_ascii=False, indent=2)
        out.write("\n")
    return 0


def _bytes(path: str) -> bytes:
    """The file's bytes; too large a file is refused before it is read."""
    try:
        file = Path(path)
        if file.exists() and not file.is_file():
            raise Unreadable("not_a_file")
        if file.stat().st_size > MAX_BYTES:
            raise Unreadable("too_large", megabytes=MAX_BYTES // 1024**2)
        return file.read_bytes()
    except FileNotFoundError:
        raise Unreadable("missing") from None
    except (OSError, ValueError):
        raise Unreadable("not_a_file") from None


def as_json(statement: Statement) -> dict[str, Any]:
    """The statement as JSON values: amounts as decimal strings, dates as in ISO 8601."""
    return {
        "format": statement.format,
        "encoding": statement.encoding,
        "accounts": [_account(account) for account in statement.sums()],
        "transactions": [_transaction(entry) for entry in statement.entries],
        "bad_rows": [{"line": row.line, "reason": bad_row_text(row)} for row in statement.bad_rows],
        "doubts": [doubt_text(doubt) for doubt in statement.doubts],
    }


def _account(account: AccountSum) -> dict[str, Any]:
    return {
        "currency": account.currency,
        "in": amount_text(account.money_in, account.currency),
        "out": amount_text(account.money_out, account.currency),
        "neutral": amount_text(account.neutral, account.currency),
        "count": account.count,
        "first": account.first and account.first.isoformat(),
        "last": account.last and account.last.isoformat(),
    }


def _transaction(entry: Entry) -> dict[str, Any]:
    return {
        "line": entry.line,
        "date": entry.day and entry.day.isoformat(),
        "time": entry.clock and entry.clock.isoformat(),
        "amount": amount_text(entry.amount, entry.currency),
        "currency": entry.currency,
        "direction": entry.direction.value,
        "counterparty": entry.counterparty,
        "text": entry.text,
        "category": entry.category,
        "reference": entry.reference,
        "account": entry.account or None,
        "status": entry.status,
        "fingerprint": entry.fingerprint,
    }


def amount_text(amount: Decimal, code: str | None) -> str:
    """An exact amount with at least the currency's decimals."""
    digits = unit_digits(code)
    exponent = amount.normalize().as_tuple().exponent
    finer = -exponent if isinstance(exponent, int) and exponent < 0 else 0
    return f"{amount:.{max(digits, finer)}f}"


def as_table(statement: Statement) -> str:
    """The statement for reading: sums, rows, bad rows and doubts."""
    lines = [f"{statement.format}, {statement.encoding}"]
    for account in statement.sums():
        values = {"account": account.account or None, **_account(account)}
        said = {name: "-" if value is None else value for name, value in values.items()}
        lines.append(
            "{account}  {currency}  {count} rows  in {in}  out {out}  neutral {neutral}  {first} to {last}".format(
                **said
            )
        )
    lines.append("")
    for entry in statement.entries:
        words = " · ".join(part for part in (entry.counterparty, entry.text) if part)
        lines.append(f"{entry.day or '?'!s:<10}  {entry.direction.value:<7}  {amount_text(entry.amount, entry.currency):>14} "
                     f"{entry.currency or '?':<3}  {words[:70]}")  # fmt: skip
    lines += [f"line {row.line}: {bad_row_text(row)}" for row in statement.bad_rows]
    lines += [f"doubt: {doubt_text(doubt)}" for doubt in statement.doubts]
    return "".join(_printable(line) + "\n" for line in lines)


def _printable(text: str) -> str:
    """Text without control characters, which could steer a terminal."""
    return "".join(char if char.isprintable() else " " for char in text)
