"""An agreement with a lender as the rest of a contract: after the settled instalments its rows take the place of those to come.

Conventions. The rows repay what is owed once the settled instalments are paid in full: money paid beyond those counts for the
rows, in their order. Each row's balance is the one before less its principal. Interest, and fees with it, is as agreed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

from .annual_cost import cost_of
from .book import LedgerRow
from .errors import NoRate, SeveralRates, TermsError
from .loan import MAX_INSTALMENTS
from .schedule import Columns, Schedule

USUAL_GRACE_DAYS = 3  # a transfer over a weekend is no broken promise


class AgreedRow(NamedTuple):
    """One agreed instalment in minor units; `interest_minor` holds fees too, `balance_minor` is what is owed after it."""

    due_on: date
    principal_minor: int
    interest_minor: int
    balance_minor: int

    @property
    def payment_minor(self) -> int:
        """What is to be paid."""
        return self.principal_minor + self.interest_minor


def check_rows(rows: Sequence[AgreedRow], after: date | None = None) -> None:
    """Refuse rows that cannot be a schedule. `after` is the due date of the last settled instalment.

    Raises TermsError("rows") with the code none, out_of_range (more than 600), negative, dates (one before the one before it), or
    balance (one is not the balance before less the principal; the last may be smaller, where the rest is given up).
    """
    if not rows:
        raise TermsError("rows", "none")
    if len(rows) > MAX_INSTALMENTS:
        raise TermsError("rows", "out_of_range", most=MAX_INSTALMENTS)
    if any(row.payment_minor < 0 or row.interest_minor < 0 for row in rows):
        raise TermsError("rows", "negative")
    days = [after] if after else []
    days += [row.due_on for row in rows]
    if any(later < earlier for earlier, later in pairwise(days)):
        raise TermsError("rows", "dates")
    jumps = [row.balance_minor - before.balance_minor + row.principal_minor for before, row in pairwise(rows)]
    if any(jumps[:-1]) or (jumps and jumps[-1] > 0):
        raise TermsError("rows", "balance")


def arranged(schedule: Schedule, settled: int, rows: Sequence[AgreedRow]) -> Schedule:
    """The contract's first `settled` instalments, then the agreed rows, numbered on."""
    made = Columns()
    for row in schedule.rows[:settled]:
        made.add(row.due_date, row.days, row.principal_minor, row.interest_minor, row.fee_minor, row.balance_minor)
    before = made.due[-1] if made.due else None
    for agreed in rows:
        days = (agreed.due_on - before).days if before else 0
        made.add(agreed.due_on, days, agreed.principal_minor, agreed.interest_minor, 0, agreed.balance_minor)
        before = agreed.due_on
    return Schedule.of(made, pays_off=not made.balance[-1], digits=schedule.digits)


def continued(
    running: tuple[int, Sequence[AgreedRow]] | None, settled: int, rows: Sequence[AgreedRow]
) -> tuple[int, tuple[AgreedRow, ...]]:
    """A new agreement said from the contract's own instalments on, where one is `running` (its settled count and its rows).

    `settled` counts in the schedule as it stands, of which some are rows of the running agreement: those stay in front.
    """
    if running is None or settled <= running[0]:
        return settled, tuple(rows)
    return running[0], (*running[1][: settled - running[0]], *rows)


def opening(rows: Sequence[AgreedRow]) -> int:
    """What is owed when the rows begin, in minor units."""
    return rows[0].balance_minor + rows[0].principal_minor


def implied_rate(rows: Sequence[AgreedRow], per_year: Decimal) -> Decimal:
    """The yearly rate the rows run at (periodic times `per_year`); 0 where they imply none, as where nothing is charged."""
    if not any(row.interest_minor for row in rows):
        return Decimal(0)
    try:
        found = cost_of(opening(rows), [row.payment_minor for row in rows], per_year).nominal
    except (NoRate, SeveralRates):
        return Decimal(0)
    return max(found, Decimal(0))


def is_broken(rows: Sequence[LedgerRow], settled: int, today: date, grace_days: int = USUAL_GRACE_DAYS) -> bool:
    """Whether an agreed instalment is unpaid more than `grace_days` after it was due. `rows` are those of the whole loan."""
    last = today - timedelta(days=grace_days)
    return any(not row.is_paid and row.instalment.due_date < last for row in rows[settled:])


def is_kept(rows: Sequence[LedgerRow], settled: int) -> bool:
    """Whether every agreed instalment is paid, and all before them."""
    return all(row.is_paid for row in rows) and len(rows) > settled
