"""From a contract to the form that shows it: the inverse of contracts.py, and whether the form shows all of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from ..engine.amortisation import build_schedule
from ..engine.dates import Unit
from ..engine.errors import EngineError
from ..engine.loan import Fee, LoanTerms, Method
from ..engine.money import Rounding, RoundingMode
from ..engine.parts import Disbursement, FeeBase, PercentBase, RateChange
from ..models import Loan
from .advanced import MODES, OTHER, STEPS, UNIT
from .contracts import FREQUENCY, contract_parts
from .line_fields import shown_rate

_FREQUENCY_NAME = {frequency: name for name, frequency in FREQUENCY.items()}


def form_values(loan: Loan, terms: LoanTerms) -> dict[str, Any]:
    """The loan as its form shows it: what is said of the loan, and its contract."""
    return {
        "creditor": loan.creditor, "name": loan.name, "reference": loan.reference, "version": loan.version,
        "paid_before": loan.paid_before, "is_priority": loan.is_priority,
        "advertised_rate": loan.advertised_rate, **terms_values(terms),
    }  # fmt: skip


def terms_values(terms: LoanTerms) -> dict[str, Any]:
    """The contract alone, in the form's fields. Amounts finer than the minor unit lose their rest here."""
    flat = terms.method == Method.FLAT
    rate = shown_rate(terms.annual_rate / terms.periods_per_year) if flat else shown_rate(terms.annual_rate)
    return {
        "method": terms.method, "currency": terms.currency.code, "principal": _minor(terms, terms.principal_minor),
        "annual_rate": None if flat else rate, "period_rate": rate if flat else None, "instalments": terms.instalments,
        **_dates(terms), **_payments(terms), **_fees(terms), **_roundings(terms), **_interest(terms),
        "balloon": _minor(terms, terms.balloon_minor) or None, "final": terms.final,
        "down_payment": shown_rate(terms.down_payment_rate) or None, "in_advance": terms.in_advance,
        "negative": terms.allow_negative_amortisation,
    }  # fmt: skip


def is_shown_whole(terms: LoanTerms) -> bool:
    """Whether the form alone, filled with this contract, would make it again."""
    try:
        return LoanTerms(**contract_parts(terms_values(terms), terms.currency.code, terms.start_date)) == terms
    except EngineError:
        return False


def _dates(terms: LoanTerms) -> dict[str, Any]:
    name = _FREQUENCY_NAME.get(terms.frequency, OTHER)
    return {
        "start_date": terms.start_date, "first_due_date": terms.first_due_date, "frequency": name,
        "every_count": terms.frequency.every if name == OTHER else None,
        "every_unit": terms.frequency.unit if name == OTHER else Unit.DAY,
        "anchor_day": terms.anchor_day, "month_end_rule": terms.month_end_rule,
    }  # fmt: skip


def _payments(terms: LoanTerms) -> dict[str, Any]:
    """Equal payments as one amount, others as a plan of dates; and what a card asks for."""
    amounts, rule = [_minor(terms, amount) for amount in terms.payments_minor], terms.percent
    equal = not terms.due_dates and len(set(amounts[:-1])) <= 1
    plan = (
        ()
        if equal or not amounts
        else tuple(map(Disbursement, (r.due_date for r in build_schedule(terms).rows), amounts))
    )
    fixed = terms.fixed_instalment_minor
    return {
        "plan": plan,
        "payment": amounts[0] if amounts and equal else _minor(terms, fixed) if fixed else None,
        "last_payment": amounts[-1] if equal and amounts and amounts[-1] != amounts[0] else None,
        "minimum_rate": shown_rate(rule.rate) if rule else None,
        "minimum_amount": _minor(terms, rule.minimum_minor) if rule else None,
        "minimum_base": rule.base if rule else PercentBase.BALANCE_PLUS_INTEREST,
    }  # fmt: skip


def _fees(terms: LoanTerms) -> dict[str, Any]:
    """The first fee of each kind the form asks for; several upfront or on each instalment stand as their sum."""
    share = next((fee for fee in terms.fees if fee.rate and not fee.upfront and fee.n is None), None)
    single = next((fee for fee in terms.fees if fee.n is not None and fee.rate is None), Fee())
    return {
        "upfront_fee": _minor(terms, sum(fee.amount_minor for fee in terms.fees if fee.upfront)) or None,
        "instalment_fee": _minor(terms, sum(f.amount_minor for f in terms.fees if not f.upfront and f.n is None)) or None,
        "fee_rate": shown_rate(share.rate) if share and share.rate else None, "fee_of": share.of if share else FeeBase.PAYMENT,
        "extra_fee": _minor(terms, single.amount_minor) or None, "extra_fee_n": single.n,
    }  # fmt: skip


def _roundings(terms: LoanTerms) -> dict[str, Any]:
    used = terms.roundings
    return {
        "interest_step": _step(terms, used.interest), "interest_mode": _mode(used.interest),
        "instalment_step": _step(terms, used.instalment), "instalment_mode": _mode(used.instalment),
    }  # fmt: skip


def _step(terms: LoanTerms, rounding: Rounding) -> str:
    if rounding.step == Decimal(1).scaleb(-terms.currency.minor_digits):
        return UNIT
    return next((key for key in STEPS if key != UNIT and Decimal(key) == rounding.step), UNIT)


def _mode(rounding: Rounding) -> RoundingMode:
    """One that the form offers, so that a field nobody touches comes back as it was shown."""
    return rounding.mode if rounding.mode in MODES else RoundingMode.HALF_UP


def _interest(terms: LoanTerms) -> dict[str, Any]:
    grace = terms.grace
    return {
        "day_count": terms.day_count, "pauses": terms.interest_pauses,
        "rate_changes": tuple(RateChange(c.effective, shown_rate(c.annual_rate), c.resolve) for c in terms.rate_changes),
        "tranches": tuple(Disbursement(t.on, _minor(terms, t.amount_minor)) for t in terms.disbursements),
        "grace_principal": grace.principal or None, "grace_interest_payment": grace.interest_payment or None,
        "grace_interest_free": grace.interest_free or None,
    }  # fmt: skip


def _minor(terms: LoanTerms, units: int) -> int:
    return units // 10**terms.finer
