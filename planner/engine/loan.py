"""LoanTerms: one contract, and what may be said of it. Impossible values are refused with an error that names the field."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from .checks import MAX_AMOUNT, MAX_RATE, check
from .dates import MONTHLY, Frequency, MonthEndRule
from .day_counts import PERIODS_A_YEAR, DayCount
from .money import Currency
from .parts import (
    NO_GRACE,
    Adjustment,
    Basis,
    Disbursement,
    ExtraPrincipal,
    Fee,
    Final,
    FlatBase,
    Grace,
    Method,
    PercentOfBalance,
    RateChange,
    Roundings,
    Span,
    half_up,
)

__all__ = ["MAX_AMOUNT", "MAX_INSTALMENTS", "MAX_RATE", "Fee", "LoanTerms", "Method"]

# What the app's forms offer. The engine itself goes on to a hundred years.
MAX_INSTALMENTS = 600


@dataclass(frozen=True, slots=True)
class LoanTerms:
    """A contract. `annual_rate` is a fraction a year (0.0725), dates are as agreed.

    Money is in units: minor units of `currency`, or finer ones by `finer` decimals for contracts that never round (the
    app's contracts have finer 0). `principal_minor` is paid out on the start date unless `disbursements` say otherwise; it
    is their sum. `carried_minor` is interest of earlier times that falls due with the first rows, bearing none itself;
    `regular_due_dates` says that the dates listed are those of the frequency, so that each is a whole period.
    Raises TermsError naming the field for what no contract can have.
    """

    method: Method
    currency: Currency
    principal_minor: int
    annual_rate: Decimal
    instalments: int | None
    start_date: date
    first_due_date: date | None = None
    frequency: Frequency = MONTHLY
    month_end_rule: MonthEndRule = MonthEndRule.CLAMP
    fixed_instalment_minor: int | None = None
    payments_minor: tuple[int, ...] = ()
    fees: tuple[Fee, ...] = ()
    day_count: DayCount = DayCount.PERIOD
    rounding: Roundings | None = None
    finer: int = 0
    disbursements: tuple[Disbursement, ...] = ()
    rate_changes: tuple[RateChange, ...] = ()
    interest_pauses: tuple[Span, ...] = ()
    due_dates: tuple[date, ...] = ()
    anchor_day: int | None = None
    basis: Basis = Basis.EXACT
    adjustment: Adjustment = Adjustment.NONE
    final: Final = Final.CLEARS_BALANCE
    down_payment_rate: Decimal = Decimal(0)
    flat_interest_on: FlatBase = FlatBase.ORIGINAL
    grace: Grace = NO_GRACE
    interest_holidays: tuple[Span, ...] = ()
    extra_principal: tuple[ExtraPrincipal, ...] = ()
    balloon_minor: int = 0
    principal_plan: tuple[int, ...] = ()
    percent: PercentOfBalance | None = None
    weights: tuple[Decimal, ...] = ()
    in_advance: bool = False
    allow_negative_amortisation: bool = False
    carried_minor: tuple[int, ...] = ()
    regular_due_dates: bool = False

    def __post_init__(self) -> None:
        check(self)

    @classmethod
    def simple(
        cls,
        *,
        method: Method,
        principal_minor: int,
        currency: Currency,
        annual_rate: Decimal,
        instalments: int | None,
        start_date: date,
        first_due_date: date | None = None,
        frequency: Frequency = MONTHLY,
        fixed_instalment_minor: int | None = None,
        payments_minor: Sequence[int] = (),
        fees: Sequence[Fee] = (),
        day_count: DayCount = DayCount.PERIOD,
    ) -> LoanTerms:
        """The contract of an everyday form: interest and instalment rounded half up to the minor unit, the last row clears."""
        return cls(
            Method(method), currency, principal_minor, annual_rate, instalments, start_date, first_due_date, frequency,
            fixed_instalment_minor=fixed_instalment_minor, payments_minor=tuple(payments_minor), fees=tuple(fees),
            day_count=day_count,
        )  # fmt: skip

    @property
    def periods_per_year(self) -> Decimal:
        """How many instalments a year has: 12 for monthly, 52 for weekly, 365 for daily."""
        return Decimal(PERIODS_A_YEAR[self.frequency.unit]) / self.frequency.every

    @property
    def digits(self) -> int:
        """How many decimals one unit of this contract has."""
        return self.currency.minor_digits + self.finer

    @property
    def roundings(self) -> Roundings:
        """The rounding rules, half up to the minor unit where none are given."""
        return self.rounding or half_up(self.currency.minor_digits)

    @property
    def tranches(self) -> tuple[Disbursement, ...]:
        """What is paid out and when; the whole principal on the start date unless said otherwise."""
        return self.disbursements or (Disbursement(self.start_date, self.principal_minor),)
