"""A schedule: its columns of whole numbers, and the same as rows for those who read it one instalment at a time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True, slots=True)
class Instalment:
    """One scheduled payment, all in minor units; `balance_minor` is the principal outstanding after it."""

    n: int
    due_date: date
    days: int
    principal_minor: int
    interest_minor: int
    fee_minor: int
    balance_minor: int

    @property
    def payment_minor(self) -> int:
        """Principal, interest and fee together."""
        return self.principal_minor + self.interest_minor + self.fee_minor


@dataclass(slots=True)
class Columns:
    """The numbers of a schedule, one list each, while it is made."""

    due: list[date] = field(default_factory=list)
    days: list[int] = field(default_factory=list)
    principal: list[int] = field(default_factory=list)
    interest: list[int] = field(default_factory=list)
    fee: list[int] = field(default_factory=list)
    balance: list[int] = field(default_factory=list)

    def add(self, due: date, days: int, principal: int, interest: int, fee: int, balance: int) -> None:
        """One more row."""
        self.due.append(due)
        self.days.append(days)
        self.principal.append(principal)
        self.interest.append(interest)
        self.fee.append(fee)
        self.balance.append(balance)


@dataclass(frozen=True, slots=True)
class Schedule:
    """All instalments of a contract. Money in units of 10^-digits: minor units, unless the contract never rounds.

    Held as columns, because most who ask need sums; the rows are made when they are first read.
    """

    due: tuple[date, ...]
    days: tuple[int, ...]
    principal: tuple[int, ...]
    interest: tuple[int, ...]
    fee: tuple[int, ...]
    balance: tuple[int, ...]
    pays_off: bool
    digits: int
    _rows: list[tuple[Instalment, ...]] = field(default_factory=list, init=False, repr=False, compare=False)

    @classmethod
    def of(cls, columns: Columns, *, pays_off: bool, digits: int) -> Schedule:
        """The finished schedule of columns."""
        return cls(
            tuple(columns.due), tuple(columns.days), tuple(columns.principal), tuple(columns.interest),
            tuple(columns.fee), tuple(columns.balance), pays_off, digits,
        )  # fmt: skip

    @classmethod
    def from_rows(cls, rows: Iterable[Instalment], *, pays_off: bool, digits: int) -> Schedule:
        """The schedule of rows that were made one by one."""
        columns = Columns()
        for row in rows:
            columns.add(
                row.due_date, row.days, row.principal_minor, row.interest_minor, row.fee_minor, row.balance_minor
            )
        return cls.of(columns, pays_off=pays_off, digits=digits)

    def __len__(self) -> int:
        return len(self.due)

    @property
    def rows(self) -> tuple[Instalment, ...]:
        """The instalments, numbered from 1."""
        if not self._rows:
            numbers = range(1, len(self.due) + 1)
            columns = (numbers, self.due, self.days, self.principal, self.interest, self.fee, self.balance)
            self._rows.append(tuple(map(Instalment, *columns)))
        return self._rows[0]

    @property
    def payments(self) -> tuple[int, ...]:
        """What is paid with each instalment."""
        return tuple(map(sum, zip(self.principal, self.interest, self.fee, strict=True)))

    @property
    def principal_minor(self) -> int:
        """Sum of the principal parts; equals what was lent when the schedule pays off without extra payments."""
        return sum(self.principal)

    @property
    def interest_minor(self) -> int:
        """Sum of the interest parts."""
        return sum(self.interest)

    @property
    def fee_minor(self) -> int:
        """Sum of the fees charged with instalments."""
        return sum(self.fee)

    @property
    def payment_minor(self) -> int:
        """Sum of all instalments."""
        return self.principal_minor + self.interest_minor + self.fee_minor

    @property
    def last_due(self) -> date:
        """When the last instalment is due."""
        return self.due[-1]
