"""The instalments before and after in one table: by date, or one beside the other where the due date itself moves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import zip_longest

from ..formatting import day, money
from .proposal import OfferRow, Request


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table: the contract's instalment, the proposal's, or both."""

    before: OfferRow | None
    after: OfferRow | None


class Printer:
    """Lines as cells in the reader's language. Babel takes its time, and most amounts and dates come again and again."""

    def __init__(self, code: str) -> None:
        self._money: Callable[[int], str] = cache(lambda minor: money(minor, code, cents=True))
        self._day: Callable[[date], str] = cache(lambda on: day(on, "full"))

    def cells(self, line: Line) -> list[str]:
        """Due date, contract, proposal, principal, interest and fees, balance; empty where there is nothing."""
        after = line.after
        parts = (after.payment_minor, after.principal_minor, after.interest_minor, after.balance_minor) if after else ()
        before = self._money(line.before.payment_minor) if line.before else ""
        return [self.dates(line), before, *([self._money(minor) for minor in parts] or [""] * 4)]

    def dates(self, line: Line) -> str:
        """The due date, or the old and the new one."""
        found = [row.due_on for row in (line.before, line.after) if row]
        return " → ".join(self._day(on) for on in dict.fromkeys(found))


def lines(request: Request) -> list[Line]:
    """All instalments of both sides, each once, in order."""
    if request.asked.kind == "move_due":
        return [Line(before, after) for before, after in zip_longest(request.contract_rows, request.rows)]
    before = {row.due_on: row for row in request.contract_rows}
    after = {row.due_on: row for row in request.rows}
    if len(before) < len(request.contract_rows) or len(after) < len(request.rows):  # two rows on one day
        return [Line(old, new) for old, new in zip_longest(request.contract_rows, request.rows)]
    return [Line(before.get(on), after.get(on)) for on in sorted(before.keys() | after.keys())]
