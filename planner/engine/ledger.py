"""Payments as they happened, laid against the schedule: what each instalment still needs, and how old the oldest gap is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from .amortisation import Instalment, Schedule


@dataclass(frozen=True, slots=True)
class Payment:
    """Money paid. `instalment_n` names the instalment it was meant for; without it the oldest unpaid comes first."""

    paid_on: date
    amount_minor: int
    instalment_n: int | None = None


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """An instalment and what was paid on it, in minor units."""

    instalment: Instalment
    paid_minor: int

    @property
    def left_minor(self) -> int:
        """What this instalment still needs."""
        return self.instalment.payment_minor - self.paid_minor

    @property
    def is_paid(self) -> bool:
        """Whether nothing is left of it."""
        return self.left_minor == 0


@dataclass(frozen=True, slots=True)
class LedgerState:
    """Where a loan stands on the day `as_of`. `over_minor` is money paid beyond the whole schedule."""

    rows: tuple[LedgerRow, ...]
    as_of: date
    over_minor: int

    @property
    def next_due(self) -> LedgerRow | None:
        """The oldest instalment that is not paid in full."""
        return next((row for row in self.rows if not row.is_paid), None)

    @property
    def left_minor(self) -> int:
        """All that is still to be paid under the contract."""
        return sum(row.left_minor for row in self.rows)

    @property
    def principal_left_minor(self) -> int:
        """The principal of the instalments that are not paid in full."""
        return sum(row.instalment.principal_minor for row in self.rows if not row.is_paid)

    @property
    def paid_count(self) -> int:
        """How many instalments are paid in full."""
        return sum(row.is_paid for row in self.rows)

    @property
    def arrears_minor(self) -> int:
        """What was due before `as_of` and is not paid."""
        return sum(row.left_minor for row in self.rows if row.instalment.due_date < self.as_of)

    @property
    def days_past_due(self) -> int:
        """How many days the oldest unpaid instalment is past due; 0 when none is."""
        oldest = self.next_due
        return max((self.as_of - oldest.instalment.due_date).days, 0) if oldest else 0


def apply_payments(
    schedule: Schedule, payments: Sequence[Payment], *, paid_before: int = 0, as_of: date
) -> LedgerState:
    """Lay payments against the schedule: those meant for an instalment there first, the rest oldest instalment first.

    The first `paid_before` instalments count as paid: they were settled before the payments were recorded here.
    """
    paid = [row.payment_minor if row.n <= paid_before else 0 for row in schedule.rows]
    loose = sum(_lay(schedule, paid, payment) for payment in sorted(payments, key=lambda p: p.instalment_n is None))
    for i, row in enumerate(schedule.rows):
        taken = min(loose, row.payment_minor - paid[i])
        paid[i], loose = paid[i] + taken, loose - taken
    rows = tuple(LedgerRow(row, amount) for row, amount in zip(schedule.rows, paid, strict=True))
    return LedgerState(rows, as_of, loose)


def _lay(schedule: Schedule, paid: list[int], payment: Payment) -> int:
    """Put a payment on the instalment it was meant for; returns what is left of it."""
    n = payment.instalment_n
    if n is None or not 1 <= n <= len(paid):
        return payment.amount_minor
    taken = min(payment.amount_minor, schedule.rows[n - 1].payment_minor - paid[n - 1])
    paid[n - 1] += taken
    return payment.amount_minor - taken
