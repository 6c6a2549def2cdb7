"""Terms to schedule, to the minor unit. Interest of a period is balance x rate / periods per year, rounded half up once per row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext

from .dates import add_period
from .errors import NeverPaysOff
from .loan import MAX_INSTALMENTS, LoanTerms, Method
from .money import RoundingMode, round_ratio


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


@dataclass(frozen=True, slots=True)
class Schedule:
    """All instalments of a contract, and their sums in minor units."""

    rows: tuple[Instalment, ...]
    pays_off: bool
    digits: int

    @property
    def principal_minor(self) -> int:
        """Sum of the principal parts; equals what was lent when the schedule pays off."""
        return sum(row.principal_minor for row in self.rows)

    @property
    def interest_minor(self) -> int:
        """Sum of the interest parts."""
        return sum(row.interest_minor for row in self.rows)

    @property
    def fee_minor(self) -> int:
        """Sum of the fees charged with instalments."""
        return sum(row.fee_minor for row in self.rows)

    @property
    def payment_minor(self) -> int:
        """Sum of all instalments."""
        return sum(row.payment_minor for row in self.rows)

    @property
    def last_due(self) -> date:
        """When the last instalment is due."""
        return self.rows[-1].due_date


def build_schedule(terms: LoanTerms) -> Schedule:
    """The schedule of a contract. Its principal parts sum to the principal exactly.

    Raises NeverPaysOff when a fixed payment never exceeds the interest.
    """
    parts = list(_PARTS[terms.method](terms))
    fee = sum(f.amount_minor for f in terms.fees if not f.upfront)
    rows, balance, before = [], terms.principal_minor, terms.start_date
    for n, (principal, interest) in enumerate(parts, 1):
        balance -= principal
        due = due_date(terms, n)
        rows.append(Instalment(n, due, (due - before).days, principal, interest, fee, balance))
        before = due
    return Schedule(tuple(rows), balance == 0, terms.currency.minor_digits)


def due_date(terms: LoanTerms, n: int) -> date:
    """When instalment `n` (from 1) is due; clamped month ends go back to the anchor day."""
    if terms.first_due_date is not None:
        return add_period(terms.first_due_date, terms.frequency, n - 1, terms.month_end_rule)
    return add_period(terms.start_date, terms.frequency, n, terms.month_end_rule)


def level_instalment(principal_minor: int, periodic_rate: Decimal, count: int) -> int:
    """The level payment P i / (1 - (1 + i)^-n), rounded half up to the minor unit."""
    if periodic_rate == 0:
        return round_ratio(principal_minor, count)
    with localcontext() as context:
        context.prec = 50
        exact = principal_minor * periodic_rate / (1 - (1 + periodic_rate) ** -count)
        return int(exact.quantize(Decimal(1), rounding="ROUND_HALF_UP"))


def period_interest(terms: LoanTerms, balance_minor: int) -> int:
    """One period's interest on a balance, rounded half up to the minor unit."""
    top, bottom = _ratio(terms)
    return round_ratio(balance_minor * top, bottom, RoundingMode.HALF_UP)


def _ratio(terms: LoanTerms) -> tuple[int, int]:
    """The rate of one period as an exact fraction."""
    rate_top, rate_bottom = terms.annual_rate.as_integer_ratio()
    per_top, per_bottom = terms.periods_per_year.as_integer_ratio()
    return rate_top * per_bottom, rate_bottom * per_top


def _annuity(terms: LoanTerms) -> Iterator[tuple[int, int]]:
    count = terms.instalments or 0
    payment = terms.fixed_instalment_minor or level_instalment(
        terms.principal_minor, terms.annual_rate / terms.periods_per_year, count
    )
    balance = terms.principal_minor
    for n in range(1, count + 1):
        interest = period_interest(terms, balance)
        principal = balance if n == count else min(max(payment - interest, 0), balance)
        balance -= principal
        yield principal, interest


def _equal_principal(terms: LoanTerms) -> Iterator[tuple[int, int]]:
    count, balance = terms.instalments or 0, terms.principal_minor
    part = round_ratio(terms.principal_minor, count)
    for n in range(1, count + 1):
        interest = period_interest(terms, balance)
        principal = balance if n == count else min(part, balance)
        balance -= principal
        yield principal, interest


def _interest_only(terms: LoanTerms) -> Iterator[tuple[int, int]]:
    count = terms.instalments or 0
    interest = period_interest(terms, terms.principal_minor)
    for n in range(1, count + 1):
        yield (terms.principal_minor if n == count else 0), interest


def _flat(terms: LoanTerms) -> Iterator[tuple[int, int]]:
    """Interest on the original amount every period; the last row takes the rest of principal and interest."""
    count = terms.instalments or 0
    top, bottom = _ratio(terms)
    interest = round_ratio(terms.principal_minor * top, bottom)
    total = round_ratio(terms.principal_minor * top * count, bottom)
    part = round_ratio(terms.principal_minor * bottom + terms.principal_minor * top * count, bottom * count) - interest
    for n in range(1, count):
        yield part, interest
    yield terms.principal_minor - part * (count - 1), total - interest * (count - 1)


def _fixed_payment(terms: LoanTerms) -> Iterator[tuple[int, int]]:
    balance, payment, n = terms.principal_minor, terms.fixed_instalment_minor or 0, 0
    while balance:
        interest = period_interest(terms, balance)
        n += 1
        if payment <= interest or n > MAX_INSTALMENTS:
            raise NeverPaysOff
        principal = min(payment - interest, balance)
        balance -= principal
        yield principal, interest


def _payment_plan(terms: LoanTerms) -> Iterator[tuple[int, int]]:
    """Payments are given; the last row's interest balances, so that each payment is exactly as given."""
    balance = terms.principal_minor
    for payment in terms.payments_minor[:-1]:
        interest = min(period_interest(terms, balance), payment)
        principal = min(payment - interest, balance)
        balance -= principal
        yield principal, payment - principal
    yield balance, terms.payments_minor[-1] - balance


_PARTS = {
    Method.ANNUITY: _annuity,
    Method.EQUAL_PRINCIPAL: _equal_principal,
    Method.INTEREST_ONLY: _interest_only,
    Method.FLAT: _flat,
    Method.FIXED_PAYMENT: _fixed_payment,
    Method.PAYMENT_PLAN: _payment_plan,
}
