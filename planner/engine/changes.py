"""Changes to a running loan as values: what a borrower may ask for, each said once. `events.what_if` works them out.

Money in minor units of the loan. `first` says with which of the instalments ahead a change begins: 1 is the next one that is
not overdue.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum


class Then(StrEnum):
    """What happens to the rest: the instalment stays and the end moves, or the end stays and the instalment is solved again."""

    SHORTER = "shorter"
    LOWER = "lower"


class DeferredInterest(StrEnum):
    """What becomes of the interest of postponed instalments. Lenders differ: it is asked, never assumed."""

    WAIVED = "waived"
    CAPITALISED = "capitalised"
    FIRST = "on_first"
    SPREAD = "spread"


@dataclass(frozen=True, slots=True)
class ExtraPayment:
    """Pay `amount_minor` more with every instalment from `first` on, or once with that one."""

    amount_minor: int
    monthly: bool = True
    then: Then = Then.SHORTER
    first: int = 1


@dataclass(frozen=True, slots=True)
class NewRate:
    """Another yearly rate from the due date before `first` on; every later change of the contract falls away.

    Then.SHORTER keeps the instalment: the end comes earlier at a lower rate, later at a higher one.
    """

    annual_rate: Decimal
    then: Then = Then.LOWER
    first: int = 1


@dataclass(frozen=True, slots=True)
class ChangeTerm:
    """So many instalments more (or, negative, fewer), the instalment solved again."""

    instalments: int
    first: int = 1


@dataclass(frozen=True, slots=True)
class Deferral:
    """Postpone `count` instalments: from `first` on everything falls due so many periods later, on the same days.

    Waived: no interest for that time. Capitalised: each period's interest joins the debt, the instalment is solved again over
    as many rows. On the first instalment, or spread in equal parts over all of them: the simple interest of that time, which
    bears none itself.
    """

    count: int
    interest: DeferredInterest
    first: int = 1


@dataclass(frozen=True, slots=True)
class Holiday:
    """Pay nothing, or interest only, for `count` instalments while the end stays: later instalments are solved again.

    Interest that is not paid joins the debt each period.
    """

    count: int
    pays_interest: bool = False
    first: int = 1


@dataclass(frozen=True, slots=True)
class MoveDueDay:
    """Every later due date on this day of the month: the first one on or after the old due date, so that nobody pays earlier.

    The days in between bear interest once, on top of that instalment.
    """

    day: int
    first: int = 1


@dataclass(frozen=True, slots=True)
class LowerInstalment:
    """Pay `amount_minor` with each instalment due until a day, this included. What the interest needs more joins the debt.

    Afterwards Then.LOWER keeps the end (higher instalments), Then.SHORTER the old instalment until all is paid (more of them).
    """

    amount_minor: int
    until: date
    then: Then = Then.LOWER
    first: int = 1


@dataclass(frozen=True, slots=True)
class Settle:
    """A sum on a day that ends the loan; the lender gives up the rest of what is owed that day."""

    amount_minor: int
    on: date


@dataclass(frozen=True, slots=True)
class SpreadArrears:
    """Pay what is overdue in `count` equal parts with the next instalments instead of at once; it bears nothing more."""

    count: int


Event = ExtraPayment | NewRate | ChangeTerm | Deferral | Holiday | MoveDueDay | LowerInstalment | Settle | SpreadArrears
