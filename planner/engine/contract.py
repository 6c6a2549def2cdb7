"""LoanTerms as JSON and back: how a contract is stored and exchanged. Money in decimal strings, dates in ISO form."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from .dates import Frequency, MonthEndRule, Unit
from .loan import Fee, LoanTerms, Method
from .money import Currency, from_minor, to_minor


def terms_to_dict(terms: LoanTerms) -> dict[str, Any]:
    """The contract as JSON values."""

    def amount(minor: int) -> str:
        return format(from_minor(minor, terms.currency), "f")

    found: dict[str, Any] = {
        "currency": {"code": terms.currency.code, "minor_digits": terms.currency.minor_digits},
        "start_date": terms.start_date.isoformat(),
        "disbursements": [{"date": terms.start_date.isoformat(), "amount": amount(terms.principal_minor)}],
        "nominal_annual_rate_pct": format(terms.annual_rate * 100, "f"),
        "method": str(terms.method),
        "installments": terms.instalments,
        "frequency": {"unit": str(terms.frequency.unit), "every": terms.frequency.every},
        "month_end_rule": str(terms.month_end_rule),
        "fees": [
            {"when": "upfront" if f.upfront else "each_installment", "amount": amount(f.amount_minor)}
            for f in terms.fees
        ],
    }
    if terms.first_due_date:
        found["first_due_date"] = terms.first_due_date.isoformat()
    if terms.fixed_instalment_minor is not None:
        found["fixed_installment"] = amount(terms.fixed_instalment_minor)
    if terms.payments_minor:
        found["payments"] = [amount(minor) for minor in terms.payments_minor]
    return found


def terms_from_dict(found: dict[str, Any]) -> LoanTerms:
    """The contract in JSON values. Raises TermsError for values no contract can have, KeyError for missing ones."""
    unit = Currency(found["currency"]["code"], found["currency"]["minor_digits"])
    first_due, fixed = found.get("first_due_date"), found.get("fixed_installment")
    return LoanTerms(
        method=Method(found["method"]),
        currency=unit,
        principal_minor=to_minor(found["disbursements"][0]["amount"], unit),
        annual_rate=Decimal(found["nominal_annual_rate_pct"]) / 100,
        instalments=found["installments"],
        start_date=date.fromisoformat(found["start_date"]),
        first_due_date=date.fromisoformat(first_due) if first_due else None,
        frequency=Frequency(Unit(found["frequency"]["unit"]), found["frequency"]["every"]),
        month_end_rule=MonthEndRule(found["month_end_rule"]),
        fixed_instalment_minor=to_minor(fixed, unit) if fixed else None,
        payments_minor=tuple(to_minor(amount, unit) for amount in found.get("payments", ())),
        fees=tuple(Fee(to_minor(fee["amount"], unit), fee["when"] == "upfront") for fee in found["fees"]),
    )
