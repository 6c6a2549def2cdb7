"""Plaid's JSON: lists of transactions whose positive amounts are money going out."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from .dates import parse_date
from .values import Direction, Entry, Statement, Unreadable

_LISTS = ("transactions", "added", "modified")
_MAX_DEPTH = 30
_MAX_PARTS = 1_000_000


def read_plaid(text: str, statement: Statement) -> None:
    """Read every list of transactions in the JSON. Raises Unreadable for damaged JSON and JSON of other kinds."""
    if sum(text.count(mark) for mark in "{[,") > _MAX_PARTS:
        raise Unreadable("bomb")
    try:
        data = json.loads(text, parse_float=Decimal, parse_int=_whole)
    except (ValueError, RecursionError):
        raise Unreadable("json") from None
    found = list(_lists(data, "", 0))
    if not found:
        raise Unreadable("json_kind")
    lines = _lines(text)
    for account, items in found:
        for item in items:
            _read(item, account, statement, next(lines, 0))


def _whole(text: str) -> Decimal:
    return Decimal(text if len(text) < 40 else "NaN")


def _plausible(amount: Decimal) -> bool:
    exponent = amount.as_tuple().exponent
    return isinstance(exponent, int) and exponent > -20 and amount.adjusted() < 13


def _lists(value: Any, account: str, depth: int) -> Iterator[tuple[str, list[Any]]]:
    if depth > _MAX_DEPTH:
        return
    if isinstance(value, list):
        for index, item in enumerate(value, 1):
            kind = str(item.get("subtype") or "") if isinstance(item, dict) else ""
            yield from _lists(item, f"{kind} {index}" if kind else account, depth + 1)
    elif isinstance(value, dict):
        for name, item in value.items():
            if name in _LISTS and isinstance(item, list):
                yield account, item
            elif isinstance(item, dict | list):
                yield from _lists(item, account, depth + 1)


def _lines(text: str) -> Iterator[int]:
    line, done = 1, 0
    for found in re.finditer(r'"amount"\s*:', text):
        line += text.count("\n", done, found.start())
        done = found.start()
        yield line


def _read(item: Any, account: str, statement: Statement, line: int) -> None:
    amount = item.get("amount") if isinstance(item, dict) else None
    if not isinstance(amount, Decimal) or not _plausible(amount):
        statement.bad(line, "no_amount", str(amount or "")[:80])
        return
    stated = next((str(item[name]) for name in ("date_transacted", "date", "date_posted") if item.get(name)), "")
    moment = parse_date(stated)
    if stated and moment is None:
        statement.bad(line, "no_date", stated)
        return
    if item.get("pending") is True:
        statement.doubt("pending_counted", count=1)
    currency = str(item.get("iso_currency_code") or item.get("currency") or "").upper()
    name = str(item.get("merchant_name") or "")
    statement.add(
        Entry(line, moment.day if moment else None, abs(amount), Direction.OUT if amount > 0 else Direction.IN,
              currency if re.fullmatch("[A-Z]{3}", currency) else None, None, name,
              str(item.get("description") or item.get("name") or ""), reference=str(item.get("transaction_id") or ""),
              account=str(item.get("account_id") or account))
    )  # fmt: skip
