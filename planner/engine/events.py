"""What-if: changes to a running loan, each simulated by the same schedule maths, compared before and after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from .amortisation import Instalment, Schedule, build_schedule, level_instalment
from .annual_cost import AnnualCost, cost_of
from .errors import NeverPaysOff, NoRate, SeveralRates, TermsError
from .loan import MAX_INSTALMENTS, LoanTerms, Method
from .money import RoundingMode, round_ratio


@dataclass(frozen=True, slots=True)
class ExtraPayment:
    """Pay more: `amount_minor` with every instalment to come, or once with the next one. The term gets shorter."""

    amount_minor: int
    monthly: bool = True


@dataclass(frozen=True, slots=True)
class ExtendTerm:
    """Spread what is left over `extra_instalments` more, at the same yearly cost."""

    extra_instalments: int


Event = ExtraPayment | ExtendTerm


@dataclass(frozen=True, slots=True)
class Summary:
    """What is still ahead of a loan, in minor units: the next instalment, how many, until when, and what they cost.

    `cost_minor` is interest and fees still to be paid; `annual_cost` the yearly rate over what is left.
    """

    instalment_minor: int
    months: int
    last_date: date
    cost_minor: int
    total_minor: int
    annual_cost: AnnualCost | None


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The loan's remaining instalments before and after the change."""

    before: Summary
    after: Summary
    rows_before: tuple[Instalment, ...]
    rows_after: tuple[Instalment, ...]

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


def what_if(terms: LoanTerms, event: Event, *, paid: int = 0) -> WhatIf:
    """The remaining loan after `paid` instalments, as it is and with the change.

    A flat contract (等本等息) charges its fee on the original sum whatever was repaid. What is owed under it today is taken as
    the value of its remaining instalments at the contract's own yearly cost, and a change keeps that yearly cost; whether
    the lender waives later fees must be asked. Raises TermsError for an impossible change, NeverPaysOff, NoRate.
    """
    schedule = build_schedule(terms)
    rows = schedule.rows[paid:]
    if not rows:
        raise TermsError("paid", "nothing_left")
    owed, rate = outstanding(terms, schedule, paid)
    before = _summary(terms, rows, owed)
    after_rows = tuple(_changed(terms, event, rows, owed, rate))
    return WhatIf(before, _summary(terms, after_rows, owed), rows, after_rows)


def outstanding(terms: LoanTerms, schedule: Schedule, paid: int) -> tuple[int, Decimal]:
    """What is owed after `paid` instalments, in minor units, and the rate per period it goes on at.

    For a flat contract: the remaining instalments' value at the contract's internal rate, not the bare principal.
    """
    if terms.method != Method.FLAT:
        owed = schedule.rows[paid - 1].balance_minor if paid else terms.principal_minor
        return owed, terms.annual_rate / terms.periods_per_year
    payments = [row.payment_minor - row.fee_minor for row in schedule.rows]  # fees stay outside, as everywhere
    rate = cost_of(terms.principal_minor, payments, terms.periods_per_year).periodic
    value, factor = Decimal(0), Decimal(1)
    for payment in payments[paid:]:
        factor *= 1 + rate
        value += payment / factor
    return int(value.to_integral_value("ROUND_HALF_UP")), rate


def level_rows(owed: int, rate: Decimal, payment: int, dates: Sequence[date], start: date) -> list[Instalment]:
    """Pay `payment` on each date until `owed` is cleared; the last row takes the rest. Interest is rounded half up a row.

    Raises NeverPaysOff when the payment does not exceed the interest.
    """
    top, bottom = rate.as_integer_ratio()
    rows, balance, before = [], owed, start
    for n, due in enumerate(dates, 1):
        interest = round_ratio(balance * top, bottom, RoundingMode.HALF_UP)
        if payment <= interest and n < len(dates):
            raise NeverPaysOff
        principal = balance if n == len(dates) else min(payment - interest, balance)
        balance -= principal
        rows.append(Instalment(n, due, (due - before).days, principal, interest, 0, balance))
        before = due
        if not balance:
            break
    return rows


def _changed(terms: LoanTerms, event: Event, rows: Sequence[Instalment], owed: int, rate: Decimal) -> list[Instalment]:
    if isinstance(event, ExtraPayment):
        return _with_extra(terms, event, rows, owed, rate)
    if not 1 <= event.extra_instalments <= MAX_INSTALMENTS - len(rows):
        raise TermsError("extra_instalments", "out_of_range", least=1, most=MAX_INSTALMENTS - len(rows))
    count = len(rows) + event.extra_instalments
    dates = _dates(terms, rows, count)
    start = rows[0].due_date
    if terms.method == Method.EQUAL_PRINCIPAL:
        return _renumbered(build_schedule(_rest(terms, owed, count, start)).rows, rows)
    if terms.method == Method.INTEREST_ONLY:
        return _renumbered(build_schedule(_rest(terms, owed, count, start)).rows, rows)
    level = level_rows(owed, rate, level_instalment(owed, rate, count), dates, start)
    return [replace(row, fee_minor=rows[0].fee_minor) for row in level]


def _rest(terms: LoanTerms, owed: int, count: int, first_due: date) -> LoanTerms:
    """What is left of a contract as a contract of its own."""
    return replace(
        terms, principal_minor=owed, instalments=count, first_due_date=first_due, start_date=min(terms.start_date, first_due),
        payments_minor=(), fixed_instalment_minor=None,
    )  # fmt: skip


def _renumbered(new: Sequence[Instalment], old: Sequence[Instalment]) -> list[Instalment]:
    return [replace(row, n=old[0].n + i) for i, row in enumerate(new)]


def _with_extra(
    terms: LoanTerms, event: ExtraPayment, rows: Sequence[Instalment], owed: int, rate: Decimal
) -> list[Instalment]:
    if event.amount_minor <= 0:
        raise TermsError("amount_minor", "out_of_range")
    top, bottom = rate.as_integer_ratio()
    found, balance = [], owed
    for i, row in enumerate(rows):
        interest = round_ratio(balance * top, bottom, RoundingMode.HALF_UP)
        planned = max(row.payment_minor - row.fee_minor - interest, 0)
        extra = event.amount_minor if event.monthly or i == 0 else 0
        principal = balance if i == len(rows) - 1 else min(planned + extra, balance)
        balance -= principal
        found.append(replace(row, principal_minor=principal, interest_minor=interest, balance_minor=balance))
        if not balance:
            break
    return found


def _dates(terms: LoanTerms, rows: Sequence[Instalment], count: int) -> list[date]:
    plain = replace(terms, method=Method.INTEREST_ONLY, instalments=count, fixed_instalment_minor=None)
    rest = _rest(plain, 1, count, rows[0].due_date)
    return [row.due_date for row in build_schedule(rest).rows]


def _summary(terms: LoanTerms, rows: Sequence[Instalment], owed: int) -> Summary:
    payments = [row.payment_minor for row in rows]
    try:
        cost = cost_of(owed, payments, terms.periods_per_year)
    except (NoRate, SeveralRates):
        cost = None
    total = sum(payments)
    return Summary(payments[0], len(rows), rows[-1].due_date, total - owed, total, cost)
