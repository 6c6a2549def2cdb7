"""LoanTerms as JSON values: the writing half of contract.py, in the same words (vectors/FORMAT.md, "Contract")."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from .loan import LoanTerms
from .parts import NO_GRACE, Fee, Grace, Roundings, Span


def terms_to_dict(terms: LoanTerms) -> dict[str, Any]:
    """The contract as JSON values, which `terms_from_dict` reads back to an equal contract. Defaults are left out."""
    return {name: value for name, value in (_basics(terms) | _additions(terms)).items() if value not in (None, [])}


def _basics(terms: LoanTerms) -> dict[str, Any]:
    """What every contract says."""
    return {
        "currency": {"code": terms.currency.code, "minor_digits": terms.currency.minor_digits},
        "start_date": terms.start_date.isoformat(),
        "disbursements": [_dated(terms, t.on, t.amount_minor) for t in terms.tranches],
        "nominal_annual_rate_pct": _percent_text(terms.annual_rate),
        "method": str(terms.method),
        "installments": terms.instalments,
        "frequency": {"unit": str(terms.frequency.unit), "every": terms.frequency.every},
        "first_due_date": terms.first_due_date and terms.first_due_date.isoformat(),
        "month_end_rule": str(terms.month_end_rule),
        "day_count": str(terms.day_count),
        "fixed_installment": _optional(terms, terms.fixed_instalment_minor),
        "payments": [_text(terms, amount) for amount in terms.payments_minor],
        "fees": [_fee_out(terms, fee) for fee in terms.fees],
        "rounding": terms.rounding and _roundings_out(terms.rounding),
        "finer": terms.finer or None,
    }


def _additions(terms: LoanTerms) -> dict[str, Any]:
    """What only some contracts say."""
    rule, grace = terms.percent, terms.grace
    return {
        "rate_changes": [
            {"effective": c.effective.isoformat(), "nominal_annual_rate_pct": _percent_text(c.annual_rate), "resolve": c.resolve}
            for c in terms.rate_changes
        ],
        "interest_pauses": _spans_out(terms.interest_pauses),
        "interest_payment_holidays": _spans_out(terms.interest_holidays),
        "due_dates": [day.isoformat() for day in terms.due_dates],
        "regular_due_dates": terms.regular_due_dates or None,
        "anchor_day": terms.anchor_day,
        "installment_basis": str(terms.basis),
        "installment_adjustment": str(terms.adjustment),
        "final_installment": str(terms.final),
        "down_payment": {"pct": _percent_text(terms.down_payment_rate)} if terms.down_payment_rate else None,
        "flat_interest_on": str(terms.flat_interest_on),
        "grace": {name: getattr(grace, name) for name in Grace._fields} if grace != NO_GRACE else None,
        "extra_principal": [
            _dated(terms, e.on, e.amount_minor) | {"effect": str(e.effect)} for e in terms.extra_principal
        ],
        "balloon": _optional(terms, terms.balloon_minor or None),
        "principal_plan": [_text(terms, amount) for amount in terms.principal_plan],
        "pct_of_balance": rule and {
            "pct": _percent_text(rule.rate), "minimum": _text(terms, rule.minimum_minor), "base": str(rule.base)
        },
        "installment_weights": [format(weight, "f") for weight in terms.weights],
        "installments_in_advance": terms.in_advance or None,
        "allow_negative_amortization": terms.allow_negative_amortisation or None,
        "carried_interest": [_text(terms, amount) for amount in terms.carried_minor],
    }  # fmt: skip


def _text(terms: LoanTerms, units: int) -> str:
    return format(Decimal(units).scaleb(-terms.digits), "f")


def _optional(terms: LoanTerms, units: int | None) -> str | None:
    return None if units is None else _text(terms, units)


def _dated(terms: LoanTerms, on: date, units: int) -> dict[str, Any]:
    return {"date": on.isoformat(), "amount": _text(terms, units)}


def _spans_out(spans: Sequence[Span]) -> list[dict[str, str]]:
    return [{"from": span.first.isoformat(), "to": span.last.isoformat()} for span in spans]


def _percent_text(rate: Decimal) -> str:
    return format(rate.scaleb(2), "f")


def _fee_out(terms: LoanTerms, fee: Fee) -> dict[str, Any]:
    when = "upfront" if fee.upfront else "each_installment" if fee.n is None else "installment"
    share = {} if fee.rate is None else {"pct": _percent_text(fee.rate), "of": str(fee.of)}
    number = {} if fee.n is None else {"n": fee.n}
    return {"when": when, "amount": _text(terms, fee.amount_minor), **number, **share}


def _roundings_out(rounding: Roundings) -> dict[str, Any]:
    parts = {"interest": rounding.interest, "installment": rounding.instalment, "principal": rounding.principal}
    return {name: {"step": format(r.step, "f"), "mode": str(r.mode)} for name, r in parts.items() if r is not None}
