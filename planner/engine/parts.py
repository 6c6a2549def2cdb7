"""The parts a contract is made of: small values that LoanTerms holds. Money in units, rates as fractions."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import NamedTuple

from .money import Rounding, RoundingMode


class Method(StrEnum):
    """How a contract is repaid (reference: vectors/FORMAT.md), and our own payment_plan for payments that are given."""

    ANNUITY = "annuity"
    EQUAL_PRINCIPAL = "equal_principal"
    INTEREST_ONLY = "interest_only"
    FLAT = "flat"
    FIXED_PAYMENT = "fixed_payment"
    FIXED_PLAN = "fixed_plan"
    PCT_OF_BALANCE = "pct_of_balance"
    WEIGHTED = "weighted"
    PAYMENT_PLAN = "payment_plan"


class FeeBase(StrEnum):
    """What a percentage fee is a share of: an instalment's principal, its interest, or both together."""

    PAYMENT = "payment"
    PRINCIPAL = "principal"
    INTEREST = "interest"


class Fee(NamedTuple):
    """A charge: on every instalment, on instalment `n` alone, or upfront on the day the money is paid out.

    Either an amount, or `rate` (0.01 = 1 %) of `of`.
    """

    amount_minor: int = 0
    upfront: bool = False
    n: int | None = None
    rate: Decimal | None = None
    of: FeeBase = FeeBase.PAYMENT


class Disbursement(NamedTuple):
    """Money paid out on a day. On a due date it joins the balance after that instalment."""

    on: date
    amount_minor: int


class RateChange(NamedTuple):
    """The rate of every night from `effective` on; `resolve` solves the instalment again from the row holding that day."""

    effective: date
    annual_rate: Decimal
    resolve: bool = True


class Span(NamedTuple):
    """Two dates. As an interest pause: the nights from `first` up to the one ending on `last`. As a payment holiday of
    interest: the due dates from `first` to `last`, both included."""

    first: date
    last: date


class ExtraEffect(StrEnum):
    """What an extra payment of principal does to the contract."""

    REDUCE_TERM = "reduce_term"
    REDUCE_INSTALMENT = "reduce_installment"


class ExtraPrincipal(NamedTuple):
    """Principal paid besides the instalment; the balance is lower from the close of the day `on`."""

    on: date
    amount_minor: int
    effect: ExtraEffect = ExtraEffect.REDUCE_TERM


class Grace(NamedTuple):
    """Counts of leading rows: without principal, without collected interest (it is due in the row after), without interest."""

    principal: int = 0
    interest_payment: int = 0
    interest_free: int = 0


NO_GRACE = Grace()


class PercentBase(StrEnum):
    """What a card's percentage is taken of."""

    BALANCE = "balance"
    BALANCE_PLUS_INTEREST = "balance_plus_interest"


class PercentOfBalance(NamedTuple):
    """Pay `rate` (0.02 = 2 %) of the balance, at least `minimum_minor`. Of the balance: as principal; with interest: in all."""

    rate: Decimal
    minimum_minor: int
    base: PercentBase = PercentBase.BALANCE


class Roundings(NamedTuple):
    """How interest (once a row), the level instalment, and the principal of equal_principal are rounded; None = as default.

    The default is half up to the minor unit; `principal` follows `instalment` when it is not given.
    """

    interest: Rounding
    instalment: Rounding
    principal: Rounding | None = None


@cache
def half_up(digits: int) -> Roundings:
    """Everything half up to the minor unit of a currency with so many decimals."""
    step = Rounding(Decimal(1).scaleb(-digits), RoundingMode.HALF_UP)
    return Roundings(step, step)


class Basis(StrEnum):
    """Where the level instalment comes from: the true factors of all rows, or the plain rate per period."""

    EXACT = "exact"
    PERIOD_RATE = "period_rate"


class Adjustment(StrEnum):
    """Whether what the last row would differ by is spread over all rows (as Apache Fineract does)."""

    NONE = "none"
    SPREAD_LAST_DIFFERENCE = "spread_last_difference"


class Final(StrEnum):
    """What the last row does: pay all that is left, or its ordinary part."""

    CLEARS_BALANCE = "clears_balance"
    KEEPS_BALANCE = "keeps_balance"


class FlatBase(StrEnum):
    """What flat interest is charged on: the original amount, or what is left of it after the down payment."""

    ORIGINAL = "original"
    NET = "net"
