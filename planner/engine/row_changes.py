"""Rows of a schedule changed by hand: a part of them paid already, what is overdue paid along with them, numbered anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from .money import largest_remainder
from .schedule import Instalment

Rows = tuple[Instalment, ...]


def less_part(rows: Rows, part: int) -> tuple[Rows, int]:
    """Rows with a sum paid on them already: of each row fees first, then interest, then principal; and the principal in it."""
    if not part:
        return rows, 0
    found, taken = [], 0
    for row in rows:
        amounts = []
        for due in (row.fee_minor, row.interest_minor, row.principal_minor):
            paid = min(part, due)
            part -= paid
            amounts.append(due - paid)
        taken += row.principal_minor - amounts[2]
        if any(amounts):
            found.append(replace(row, fee_minor=amounts[0], interest_minor=amounts[1], principal_minor=amounts[2]))
    return tuple(found), taken


def with_late(rows: Rows, late: Rows, first: date | None) -> Rows:
    """The rows with what is overdue in equal parts on those from `first` on (or all); their balances say so."""
    if not late:
        return rows
    start = next((i for i, row in enumerate(rows) if first is None or row.due_date >= first), 0)
    weights = [0] * start + [1] * (len(rows) - start)
    owed = sum(row.principal_minor for row in late)
    parts = [largest_remainder(sum(getattr(row, name) for row in late), weights)
             for name in ("principal_minor", "interest_minor", "fee_minor")]  # fmt: skip
    found = []
    for row, principal, interest, fee in zip(rows, *parts, strict=True):
        owed -= principal
        found.append(replace(
            row, principal_minor=row.principal_minor + principal, interest_minor=row.interest_minor + interest,
            fee_minor=row.fee_minor + fee, balance_minor=row.balance_minor + owed,
        ))  # fmt: skip
    return tuple(found)


def numbered(rows: Sequence[Instalment]) -> Rows:
    return tuple(replace(row, n=n) for n, row in enumerate(rows, 1))
