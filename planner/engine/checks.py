"""What no contract can have: each check names the field at fault. Called when LoanTerms are made."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from .dates import Frequency, Unit
from .errors import TermsError
from .parts import Method

if TYPE_CHECKING:
    from .loan import LoanTerms

MAX_RATE = Decimal(10)
MAX_AMOUNT = 10**15  # in minor units; a thousand billion yen or ten thousand billion of a currency with cents
_FIRST_DAY, _LAST_DAY = date(1900, 1, 1), date(2200, 12, 31)
_FIRST_START, _LAST_START = date(1970, 1, 1), date(2200, 12, 31)
# The longest contract by its unit, in rows; and a hundred years, after which a debt without a last row never ends.
MOST_ROWS = {Unit.DAY: 36_600, Unit.WEEK: 5_220, Unit.MONTH: 1_200, Unit.YEAR: 600}
_A_HUNDRED_YEARS = {Unit.DAY: 36_600, Unit.WEEK: 5_220, Unit.MONTH: 1_200, Unit.YEAR: 100}
_OPEN_ENDED = (Method.FIXED_PAYMENT, Method.PCT_OF_BALANCE)


def rows_in_a_hundred_years(frequency: Frequency) -> int:
    """How many instalments that is: 1,200 monthly ones, 36,600 daily ones."""
    return max(_A_HUNDRED_YEARS[frequency.unit] // frequency.every, 1)


def check(terms: LoanTerms) -> None:
    """Raise TermsError with the name of the first field that no contract can have."""
    _check_money(terms)
    _check_rates(terms)
    _check_dates(terms)
    _check_count(terms)
    _check_method(terms)
    _check_grace(terms)
    _check_fees(terms)


def _check_money(terms: LoanTerms) -> None:
    scale = 10**terms.finer
    _within("principal_minor", terms.principal_minor, 1, MAX_AMOUNT * scale)
    for tranche in terms.disbursements:
        _within("disbursements", tranche.amount_minor, 1, MAX_AMOUNT * scale)
    if terms.disbursements and sum(t.amount_minor for t in terms.disbursements) != terms.principal_minor:
        raise TermsError("disbursements", "not_the_principal")
    for extra in terms.extra_principal:
        _within("extra_principal", extra.amount_minor, 1, MAX_AMOUNT * scale)
    if terms.fixed_instalment_minor is not None:
        _within("fixed_instalment_minor", terms.fixed_instalment_minor, 1, MAX_AMOUNT * scale)
    for carried in terms.carried_minor:
        _within("carried_minor", carried, 0, MAX_AMOUNT * scale)
    _within("balloon_minor", terms.balloon_minor, 0, terms.principal_minor)
    for rounding in (terms.roundings.interest, terms.roundings.instalment, terms.roundings.principal):
        if rounding is not None and not _is_step(rounding.step, terms.digits):
            raise TermsError("rounding", "not_in_units", digits=terms.digits)


def _check_rates(terms: LoanTerms) -> None:
    _within("annual_rate", terms.annual_rate, 0, MAX_RATE)
    for change in terms.rate_changes:
        _within("rate_changes", change.annual_rate, 0, MAX_RATE)
    _within("down_payment_rate", terms.down_payment_rate, 0, 1)


def _check_dates(terms: LoanTerms) -> None:
    _within("start_date", terms.start_date, _FIRST_START, _LAST_START)
    for field in ("rate_changes", "interest_pauses", "interest_holidays", "extra_principal", "due_dates"):
        for day in _days(getattr(terms, field)):
            _within(field, day, _FIRST_DAY, _LAST_DAY)
    if terms.first_due_date is not None:
        _within("first_due_date", terms.first_due_date, _FIRST_DAY, _LAST_DAY)
        if terms.first_due_date < terms.start_date:
            raise TermsError("first_due_date", "before_start")
    _ascending("disbursements", [t.on for t in terms.disbursements], terms.start_date)
    _ascending("rate_changes", [c.effective for c in terms.rate_changes])
    _ascending("due_dates", terms.due_dates, terms.start_date, strictly=True)
    _ascending("extra_principal", [e.on for e in terms.extra_principal], terms.start_date)
    for field, spans in (("interest_pauses", terms.interest_pauses), ("interest_holidays", terms.interest_holidays)):
        if any(span.last < span.first for span in spans):
            raise TermsError(field, "ends_before_start")
    if terms.anchor_day is not None:
        _within("anchor_day", terms.anchor_day, 1, 31)


def _check_count(terms: LoanTerms) -> None:
    _within("frequency", terms.frequency.every, 1, 366)
    most = MOST_ROWS[Unit.DAY] if terms.due_dates else MOST_ROWS[terms.frequency.unit]
    if terms.instalments is not None:
        _within("instalments", terms.instalments, 1, most)
    elif terms.method not in _OPEN_ENDED:
        raise TermsError("instalments", "missing")
    if terms.instalments is not None and len(terms.carried_minor) > terms.instalments:
        raise TermsError("carried_minor", "one_for_each_instalment")
    if terms.due_dates and terms.instalments is not None and len(terms.due_dates) < terms.instalments:
        raise TermsError("due_dates", "one_for_each_instalment")


def _check_method(terms: LoanTerms) -> None:
    method = terms.method
    if method == Method.FIXED_PAYMENT and terms.fixed_instalment_minor is None:
        raise TermsError("fixed_instalment_minor", "missing")
    if method == Method.PCT_OF_BALANCE:
        if terms.percent is None:
            raise TermsError("percent", "missing")
        _within("percent", terms.percent.rate, 0, 1)
        _within("percent", terms.percent.minimum_minor, 0, MAX_AMOUNT * 10**terms.finer)
    if method == Method.FIXED_PLAN:
        least = -terms.principal_minor if terms.allow_negative_amortisation else 0
        _one_each("principal_plan", terms.principal_plan, terms.instalments, least)
    if method == Method.WEIGHTED:
        for weight in terms.weights:
            _within("weights", weight, 0, MAX_AMOUNT)
        _one_each("weights", terms.weights, terms.instalments)
        if not any(terms.weights):
            raise TermsError("weights", "all_zero")
    if method == Method.PAYMENT_PLAN:
        _one_each("payments_minor", terms.payments_minor, terms.instalments)
        if sum(terms.payments_minor) < terms.principal_minor:
            raise TermsError("payments_minor", "less_than_received")


def _check_grace(terms: LoanTerms) -> None:
    grace, count = terms.grace, terms.instalments
    if min(grace.principal, grace.interest_payment, grace.interest_free) < 0:
        raise TermsError("grace", "out_of_range", least=0)
    if count is not None and grace.principal >= count and count > 0 and grace.principal > 0:
        raise TermsError("grace", "leaves_no_instalment", most=count - 1)


def _check_fees(terms: LoanTerms) -> None:
    for fee in terms.fees:
        if fee.amount_minor < 0 or (fee.rate is not None and fee.rate.is_signed()):
            raise TermsError("fees", "negative")
        _within("fees", fee.amount_minor, 0, MAX_AMOUNT * 10**terms.finer)
        _within("fees", Decimal(0) if fee.rate is None else fee.rate, 0, MAX_RATE)
        if fee.n is not None and fee.n < 1:
            raise TermsError("fees", "out_of_range", least=1)


def _within(field: str, value: Any, least: Any, most: Any) -> None:
    """Refuse what lies outside, and numbers that are none."""
    if (isinstance(value, Decimal) and not value.is_finite()) or not least <= value <= most:
        raise TermsError(field, "out_of_range", least=least, most=most)


def _one_each(field: str, values: Sequence[Any], count: int | None, least: int = 0) -> None:
    if len(values) != count or min(values, default=least - 1) < least:
        raise TermsError(field, "one_for_each_instalment")


def _ascending(field: str, days: Sequence[date], least: date | None = None, *, strictly: bool = False) -> None:
    if days and least is not None and days[0] < least:
        raise TermsError(field, "before_start")
    if any(a > b or (strictly and a == b) for a, b in pairwise(days)):
        raise TermsError(field, "not_ascending")


def _days(parts: Sequence[Any]) -> list[date]:
    """The days a part of a contract names."""
    names = ("on", "effective", "first", "last")
    return [
        day
        for part in parts
        for day in ([part] if isinstance(part, date) else [getattr(part, n) for n in names if hasattr(part, n)])
    ]


def _is_step(step: Decimal, digits: int) -> bool:
    """Whether a rounding step is a whole number of units, 0 included."""
    if not step.is_finite() or step < 0:
        return False
    units = step.scaleb(digits)
    return units == units.to_integral_value()
