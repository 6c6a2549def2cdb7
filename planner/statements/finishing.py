"""What concerns a whole file once its rows are read: currencies, fingerprints, and doubts that only show at the end."""

from __future__ import annotations

import hashlib
import unicodedata
from collections import Counter

from .values import Entry, Statement, unit_digits


def finish(statement: Statement, account_currency: str | None) -> Statement:
    """Add fingerprints and currencies, and say what is doubtful about the file as a whole."""
    _fingerprint(statement.entries)
    _fill_currency(statement, account_currency)
    undated = sum(1 for entry in statement.entries if entry.day is None)
    if undated:
        statement.doubt("undated", count=undated)
    finer = sum(1 for entry in statement.entries if _decimals(entry) > unit_digits(entry.currency))
    if finer:
        statement.doubt("extra_decimals", count=finer)
    if not statement.entries and not statement.bad_rows:
        statement.doubt("no_rows")
    return statement


def _decimals(entry: Entry) -> int:
    exponent = entry.amount.normalize().as_tuple().exponent
    return -exponent if isinstance(exponent, int) and exponent < 0 else 0


def _fill_currency(statement: Statement, account_currency: str | None) -> None:
    """The user's word where the file says nothing; else the likely currency, and a doubt."""
    for entry in statement.entries:
        if entry.currency is None:
            entry.currency = account_currency or entry.likely
            if entry.currency is None:
                statement.doubt("currency_unknown")
            elif account_currency is None:
                statement.doubt("currency_guessed", currency=entry.currency)
    known = {account: code for account, code in statement.accounts if code}
    statement.accounts = [
        (account, code or account_currency) for account, code in statement.accounts if code or account not in known
    ]


def _fingerprint(entries: list[Entry]) -> None:
    """Mark each row by what it says, and rows that say the same by their number among those.

    So an overlapping export of the same bank gives the same marks, and two real purchases alike on one day stay two.
    What changes between exports of one row (its status, line, category, and the currency a user adds) takes no part.
    """
    seen: Counter[str] = Counter()
    for entry in entries:
        said = _said(entry)
        seen[said] += 1
        entry.fingerprint = hashlib.sha256(f"{said}\x1f{seen[said]}".encode()).hexdigest()[:32]


def _said(entry: Entry) -> str:
    amount = entry.amount.normalize() + 0
    parts = (
        entry.account, entry.day or "", entry.clock or "", entry.currency or "", entry.direction, f"{amount:f}",
        entry.counterparty, entry.text, entry.reference,
    )  # fmt: skip
    return "\x1f".join(" ".join(unicodedata.normalize("NFKC", str(part)).split()) for part in parts)
