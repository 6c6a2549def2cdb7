"""A running loan, and what a change makes of it: the values that `events.what_if` takes and gives."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any, NamedTuple

from .annual_cost import AnnualCost
from .loan import LoanTerms
from .schedule import Instalment, Schedule


@dataclass(frozen=True, slots=True)
class Running:
    """A loan on its way: `paid` whole instalments paid, `part_minor` of the next one, seen on the day `on`.

    Instalments due before `on` are overdue: payable now, whatever changes. Without a day nothing counts as overdue.
    """

    terms: LoanTerms
    paid: int = 0
    part_minor: int = 0
    on: date | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """What is still ahead of a loan, in minor units: the next instalment, how many, until when, and what they cost.

    `instalment_minor` is the next one that is not overdue, `largest_minor` the largest. `cost_minor` is interest and fees still
    to be paid (for a flat contract: what is paid beyond the value of what is owed); `annual_cost` the yearly rate over it.
    """

    instalment_minor: int
    largest_minor: int
    months: int
    last_date: date
    interest_minor: int
    fees_minor: int
    total_minor: int
    annual_cost: AnnualCost | None

    @property
    def cost_minor(self) -> int:
        """Interest and fees together."""
        return self.interest_minor + self.fees_minor


class Difference(NamedTuple):
    """One line of what changes: instalment, months, last_date, interest, fees, total, annual_cost, forgiven."""

    name: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The loan's remaining instalments before and after. `forgiven_minor` is what the lender gives up.

    `notes` are codes: debt_grows (interest that is not paid joins the debt), flat_assumed (a flat contract goes on at its
    internal rate), last_row_larger (the last instalment is more than twice the one before).
    """

    before: Summary
    after: Summary
    schedule_before: Schedule
    schedule_after: Schedule
    paid: int = 0
    forgiven_minor: int = 0
    notes: tuple[str, ...] = ()

    @property
    def rows_before(self) -> tuple[Instalment, ...]:
        """The instalments as agreed, numbered as in the contract."""
        return self._numbered(self.schedule_before)

    @property
    def rows_after(self) -> tuple[Instalment, ...]:
        """The instalments with the change."""
        return self._numbered(self.schedule_after)

    @property
    def instalment_change_minor(self) -> int:
        """How much more (or, negative, less) the instalment is."""
        return self.after.instalment_minor - self.before.instalment_minor

    @property
    def months_change(self) -> int:
        """How many instalments more (or, negative, fewer)."""
        return self.after.months - self.before.months

    @property
    def total_change_minor(self) -> int:
        """How much more (or, negative, less) is paid in all."""
        return self.after.total_minor - self.before.total_minor

    @property
    def differences(self) -> tuple[Difference, ...]:
        """A line for each figure that is not the same."""
        b, a = self.before, self.after
        lines = (
            Difference("instalment", b.instalment_minor, a.instalment_minor),
            Difference("months", b.months, a.months),
            Difference("last_date", b.last_date, a.last_date),
            Difference("interest", b.interest_minor, a.interest_minor),
            Difference("fees", b.fees_minor, a.fees_minor),
            Difference("total", b.total_minor, a.total_minor),
            Difference("annual_cost", b.annual_cost, a.annual_cost),
            Difference("forgiven", 0, self.forgiven_minor),
        )
        return tuple(line for line in lines if line.before != line.after)

    def _numbered(self, schedule: Schedule) -> tuple[Instalment, ...]:
        return tuple(replace(row, n=row.n + self.paid) for row in schedule.rows)
