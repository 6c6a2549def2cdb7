"""LoanTerms: one contract, and what may be said of it. Impossible values are refused with an error that names the field."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from .dates import MONTHLY, Frequency, MonthEndRule, Unit
from .errors import TermsError
from .money import Currency

MAX_INSTALMENTS = 600
MAX_RATE = Decimal(10)
MAX_PRINCIPAL = 10**13


class Method(StrEnum):
    """How a contract is repaid (reference: vectors/FORMAT.md), and our own payment_plan for payments that are given."""

    ANNUITY = "annuity"
    EQUAL_PRINCIPAL = "equal_principal"
    INTEREST_ONLY = "interest_only"
    FLAT = "flat"
    FIXED_PAYMENT = "fixed_payment"
    PAYMENT_PLAN = "payment_plan"


@dataclass(frozen=True, slots=True)
class Fee:
    """A charge in minor units: on every instalment, or upfront on the day the money is paid out."""

    amount_minor: int
    upfront: bool = False


@dataclass(frozen=True, slots=True)
class LoanTerms:
    """A contract. Money in minor units of `currency`, `annual_rate` a fraction per year (0.0725), dates as agreed."""

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

    def __post_init__(self) -> None:
        if not 0 < self.principal_minor <= MAX_PRINCIPAL:
            raise TermsError("principal_minor", "out_of_range", most=MAX_PRINCIPAL)
        if not 0 <= self.annual_rate <= MAX_RATE:
            raise TermsError("annual_rate", "out_of_range", most=MAX_RATE)
        if self.frequency.every < 1 or self.frequency.every > 366:
            raise TermsError("frequency", "out_of_range")
        if not date(1970, 1, 1) <= self.start_date <= date(2100, 12, 31):
            raise TermsError("start_date", "out_of_range")
        if self.first_due_date is not None and self.first_due_date < self.start_date:
            raise TermsError("first_due_date", "before_start")
        self._check_count()
        self._check_payments()
        if any(fee.amount_minor < 0 for fee in self.fees):
            raise TermsError("fees", "negative")

    def _check_count(self) -> None:
        if self.method == Method.FIXED_PAYMENT:
            return
        if self.instalments is None or not 1 <= self.instalments <= MAX_INSTALMENTS:
            raise TermsError("instalments", "out_of_range", least=1, most=MAX_INSTALMENTS)

    def _check_payments(self) -> None:
        if self.method == Method.FIXED_PAYMENT and not self.fixed_instalment_minor:
            raise TermsError("fixed_instalment_minor", "missing")
        if self.fixed_instalment_minor is not None and self.fixed_instalment_minor <= 0:
            raise TermsError("fixed_instalment_minor", "out_of_range")
        if self.method == Method.PAYMENT_PLAN:
            if len(self.payments_minor) != self.instalments or min(self.payments_minor, default=-1) < 0:
                raise TermsError("payments_minor", "one_for_each_instalment")
            if sum(self.payments_minor) < self.principal_minor:
                raise TermsError("payments_minor", "less_than_received")

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
    ) -> LoanTerms:
        """The contract of an everyday form: interest and instalment rounded half up to the minor unit, the last row clears."""
        return cls(
            Method(method), currency, principal_minor, annual_rate, instalments, start_date, first_due_date, frequency,
            fixed_instalment_minor=fixed_instalment_minor, payments_minor=tuple(payments_minor), fees=tuple(fees),
        )  # fmt: skip

    @property
    def periods_per_year(self) -> Decimal:
        """How many instalments a year has: 12 for monthly, 52 for weekly, 365 for daily."""
        a_year = {Unit.DAY: 365, Unit.WEEK: 52, Unit.MONTH: 12, Unit.YEAR: 1}[self.frequency.unit]
        return Decimal(a_year) / self.frequency.every
