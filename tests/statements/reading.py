"""What the tests of readers share: read a fixture, and look at it as its sums."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from planner.statements.detector import read
from planner.statements.values import Statement


def read_text(text: str, *, encoding: str = "utf-8", filename: str = "", **options: str | None) -> Statement:
    """Read a fixture given as text; its first line break is not part of it."""
    return read(text.removeprefix("\n").encode(encoding), filename, **options)  # type: ignore[arg-type]


def sums(statement: Statement) -> dict[str, str]:
    """The sums by direction and currency, such as {"in EUR": "10.00"}; zero is left out."""
    totals: dict[str, Decimal] = defaultdict(Decimal)
    for entry in statement.entries:
        totals[f"{entry.direction} {entry.currency or '?'}"] += entry.amount
    return {name: f"{total:.2f}" for name, total in sorted(totals.items()) if total}


def doubts(statement: Statement) -> set[str]:
    """The codes of the doubts."""
    return {doubt.code for doubt in statement.doubts}


def days(statement: Statement) -> list[str]:
    """The days of the rows, "-" where there is none."""
    return [str(entry.day or "-") for entry in statement.entries]
