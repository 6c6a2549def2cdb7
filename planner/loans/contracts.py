"""Between a filled-in form and a contract: both directions, and the sentences for what no contract can have."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _l

from ..engine.amortisation import build_schedule, period_interest
from ..engine.annual_cost import AnnualCost, cost_of, schedule_cost
from ..engine.dates import Frequency, Unit
from ..engine.errors import EngineError, NeverPaysOff, NoRate, SeveralRates, TermsError
from ..engine.loan import Fee, LoanTerms, Method
from ..engine.money import currency
from ..formatting import money
from ..forms import Form
from ..models import Loan

FREQUENCY = {
    "monthly": Frequency(Unit.MONTH, 1),
    "weekly": Frequency(Unit.WEEK, 1),
    "fortnightly": Frequency(Unit.WEEK, 2),
    "four_weekly": Frequency(Unit.WEEK, 4),
    "quarterly": Frequency(Unit.MONTH, 3),
    "yearly": Frequency(Unit.YEAR, 1),
}
_FREQUENCY_NAME = {frequency: name for name, frequency in FREQUENCY.items()}
# Which field of the form a field of the contract was typed into.
_FIELD = {
    "principal_minor": "principal",
    "annual_rate": "annual_rate",
    "instalments": "instalments",
    "start_date": "start_date",
    "first_due_date": "first_due_date",
    "date": "start_date",
    "frequency": "frequency",
    "fixed_instalment_minor": "payment",
    "payments_minor": "payment",
    "fees": "upfront_fee",
}
_SENTENCE = {
    ("first_due_date", "before_start"): _l("The first due date is before the money was paid out; enter a later one"),
    ("date", "out_of_calendar"): _l("With so many instalments the last one lies beyond the calendar; enter fewer"),
    ("payments_minor", "less_than_received"): _l(
        "All instalments together are less than what you received; check the amounts"
    ),
    ("fees", "more_than_received"): _l("The fee is as large as the loan itself; check both amounts"),
    ("annual_rate", "out_of_range"): _l("That makes a yearly rate above 1,000 per cent; check the amounts"),
}
_OTHERWISE = _l("No contract can have this; check what you entered")


def build_terms(values: Mapping[str, Any], code: str, today: date) -> LoanTerms:
    """The contract in the validated values of a LoanForm or DecodeForm.

    Raises TermsError for what no contract can have, NeverPaysOff for a payment that the interest eats up.
    """
    method = Method(values.get("method", Method.PAYMENT_PLAN))
    frequency = FREQUENCY[values["frequency"]]
    terms = LoanTerms.simple(
        method=method,
        principal_minor=values["principal"],
        currency=currency(code),
        annual_rate=_annual_rate(method, values, frequency),
        instalments=None if method == Method.FIXED_PAYMENT else values["instalments"],
        start_date=values.get("start_date") or today,
        first_due_date=values.get("first_due_date"),
        frequency=frequency,
        fixed_instalment_minor=values["payment"] if method == Method.FIXED_PAYMENT else None,
        payments_minor=_payments(values) if method == Method.PAYMENT_PLAN else (),
        fees=_fees(values),
    )
    build_schedule(terms)
    return terms


def form_values(loan: Loan, terms: LoanTerms) -> dict[str, Any]:
    """The loan as its form shows it: the inverse of `build_terms`."""
    payments = terms.payments_minor
    flat, periods = terms.method == Method.FLAT, terms.periods_per_year
    return {
        "creditor": loan.creditor, "name": loan.name, "reference": loan.reference, "version": loan.version,
        "paid_before": loan.paid_before, "advertised_rate": loan.advertised_rate, "method": terms.method,
        "principal": terms.principal_minor, "instalments": terms.instalments, "start_date": terms.start_date,
        "first_due_date": terms.first_due_date, "frequency": _FREQUENCY_NAME.get(terms.frequency, "monthly"),
        "annual_rate": None if flat else terms.annual_rate, "period_rate": terms.annual_rate / periods if flat else None,
        "payment": payments[0] if payments else terms.fixed_instalment_minor,
        "last_payment": payments[-1] if payments and payments[-1] != payments[0] else None,
        "upfront_fee": sum(fee.amount_minor for fee in terms.fees if fee.upfront) or None,
        "instalment_fee": sum(fee.amount_minor for fee in terms.fees if not fee.upfront) or None,
    }  # fmt: skip


def find_cost(terms: LoanTerms, received_minor: int | None = None) -> AnnualCost | None:
    """The annual cost of a contract, or None where no single rate can honestly be named."""
    try:
        return schedule_cost(terms, build_schedule(terms), received_minor)
    except (NoRate, SeveralRates):
        return None


def refuse(form: Form, error: EngineError, values: Mapping[str, Any], code: str) -> None:
    """Put what the engine refused beside the field it was typed into, as a sentence that says what to do."""
    if isinstance(error, NeverPaysOff):
        form.refuse("payment", _never_ends(values, code))
    elif isinstance(error, TermsError):
        name = _FIELD.get(error.field, "principal")
        form.refuse(_shown_field(name, values), _SENTENCE.get((error.field, error.code), _OTHERWISE))
    else:
        form.refuse("payment", _SENTENCE["annual_rate", "out_of_range"])


def _shown_field(name: str, values: Mapping[str, Any]) -> str:
    """The field of the rate depends on the method; a decoder has no rate and no dates of its own."""
    method = values.get("method", Method.PAYMENT_PLAN)
    if name == "annual_rate":
        return {Method.FLAT: "period_rate", Method.PAYMENT_PLAN: "payment"}.get(method, name)
    return name if name in values else "instalments"


def _never_ends(values: Mapping[str, Any], code: str) -> Any:
    """What to enter instead of a payment that does not exceed the interest of the first period."""
    frequency = FREQUENCY[values["frequency"]]
    terms = LoanTerms.simple(
        method=Method.INTEREST_ONLY, principal_minor=values["principal"], currency=currency(code),
        annual_rate=values["annual_rate"], instalments=1, start_date=date(2026, 1, 1), frequency=frequency,
    )  # fmt: skip
    interest = money(period_interest(terms, values["principal"]), code)
    return _l(
        "The interest alone is %(interest)s each time; only more than that brings the debt down", interest=interest
    )


def _annual_rate(method: Method, values: Mapping[str, Any], frequency: Frequency) -> Decimal:
    per_year = _periods(frequency)
    if method == Method.FLAT:
        return Decimal(values["period_rate"]) * per_year
    if method == Method.PAYMENT_PLAN:
        return _solved(values, per_year)
    return Decimal(values["annual_rate"])


def _solved(values: Mapping[str, Any], per_year: Decimal) -> Decimal:
    """The yearly rate at which what was received and what is paid balance; fees come on top of it."""
    payments = _payments(values)
    if sum(payments) < values["principal"]:
        raise TermsError("payments_minor", "less_than_received")
    try:
        return cost_of(values["principal"], payments, per_year).nominal
    except NoRate:
        raise TermsError("annual_rate", "out_of_range") from None


def _payments(values: Mapping[str, Any]) -> tuple[int, ...]:
    last = values.get("last_payment") or values["payment"]
    return (*(values["payment"],) * (values["instalments"] - 1), last)


def _fees(values: Mapping[str, Any]) -> list[Fee]:
    upfront, each = values.get("upfront_fee") or 0, values.get("instalment_fee") or 0
    if upfront >= values["principal"]:
        raise TermsError("fees", "more_than_received")
    return [fee for fee in (Fee(upfront, upfront=True), Fee(each)) if fee.amount_minor]


def _periods(frequency: Frequency) -> Decimal:
    a_year = {Unit.DAY: 365, Unit.WEEK: 52, Unit.MONTH: 12, Unit.YEAR: 1}[frequency.unit]
    return Decimal(a_year) / frequency.every
