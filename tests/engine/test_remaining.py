"""What is left of a contract is a contract with the same rows: the ground every what-if stands on."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.engine.amortisation import build_schedule
from planner.engine.contract import terms_from_dict, terms_to_dict
from planner.engine.errors import EngineError, TermsError
from planner.engine.loan import LoanTerms, Method
from planner.engine.plain import plain_schedule
from planner.engine.remaining import outstanding, remaining_terms

from .contracts import column, contract, rounding, scheduled
from .test_second_reading import contracts

COLUMNS = ("due", "principal", "interest", "fee", "balance")


def columns(terms: LoanTerms, first: int = 0) -> list[tuple[Any, ...]]:
    schedule = build_schedule(terms)
    return [getattr(schedule, name)[first:] for name in COLUMNS]


def same_rows(found: dict[str, Any]) -> None:
    terms = terms_from_dict(found)
    schedule = build_schedule(terms)
    for paid in range(1, len(schedule)):
        if not schedule.balance[paid - 1]:  # only interest that was held back
            with pytest.raises(TermsError, match="nothing_left"):
                remaining_terms(terms, paid)
            continue
        assert columns(remaining_terms(terms, paid)) == columns(terms, paid), paid


@pytest.mark.parametrize(
    "changes",
    [
        {}, {"method": "equal_principal"}, {"method": "interest_only"}, {"method": "flat", "day_count": "PERIOD"},
        {"start_date": "2024-01-31", "disbursements": [{"date": "2024-01-31", "amount": "100"}]},
        {"method": "weighted", "installment_weights": ["1", "2", "1", "0", "2", "3"]},
        {"method": "fixed_plan", "principal_plan": ["10", "20", "5", "30", "25", "10"]},
        {"fees": [{"when": "each_installment", "pct": "1", "of": "payment"}, {"when": "installment", "n": 4, "amount": "3"}]},
        {"balloon": "40"}, {"installments_in_advance": True}, {"grace": {"interest_payment": 2}},
        {"grace": {"principal": 2, "interest_free": 3}}, {"carried_interest": ["1", "2", "0.5"]},
        {"interest_payment_holidays": [{"from": "2024-03-01", "to": "2024-04-01"}]},
        {"rate_changes": [{"effective": "2024-03-01", "nominal_annual_rate_pct": "9", "resolve": True}]},
        {"disbursements": [{"date": "2024-01-01", "amount": "0.13"}], "nominal_annual_rate_pct": "0",
         "rounding": {"interest": rounding(), "installment": rounding("0.05", "floor")}},
        {"disbursements": [{"date": "2024-01-01", "amount": "0.13"}], "nominal_annual_rate_pct": "0", "method": "equal_principal",
         "rounding": {"interest": rounding(), "installment": rounding("0.05", "floor")}},
        {"due_dates": [f"2024-{month:02}-07" for month in range(2, 8)]}, {"installment_adjustment": "spread_last_difference"},
    ],
)  # fmt: skip
def test_the_rest_has_the_rows_that_are_left(changes: dict[str, Any]) -> None:
    same_rows(contract(**changes))


@settings(max_examples=250, deadline=None)
@given(contracts())
def test_the_rest_of_any_contract_has_its_rows(found: dict[str, Any]) -> None:
    """Payouts still to come are left out: a level instalment they change is solved again, see `remaining_terms`."""
    case = found | {"disbursements": found["disbursements"][:1]}
    try:
        rows = len(build_schedule(terms_from_dict(case)))
    except EngineError:
        return
    if rows < 60:
        same_rows(case)


def test_money_paid_out_later_is_still_paid_out() -> None:
    tranches = [{"date": "2024-01-01", "amount": "60"}, {"date": "2024-03-15", "amount": "40"}]
    terms = terms_from_dict(contract(disbursements=tranches))
    rest = remaining_terms(terms, 1)
    assert [tranche.amount_minor for tranche in rest.tranches] == [build_schedule(terms).balance[0], 4_000]
    assert build_schedule(rest).due == build_schedule(terms).due[1:]


def test_a_plain_contract_stays_plain() -> None:
    terms = LoanTerms.simple(
        method=Method.ANNUITY, principal_minor=24_000_000, currency=terms_from_dict(contract()).currency,
        annual_rate=Decimal("0.035"), instalments=360, start_date=date(2026, 1, 31),
    )  # fmt: skip
    assert plain_schedule(remaining_terms(terms, 100)) is not None


@pytest.mark.parametrize("method", ["annuity", "flat", "interest_only"])
def test_nothing_is_left_after_the_last(method: str) -> None:
    terms = terms_from_dict(contract(method=method, day_count="PERIOD"))
    assert remaining_terms(terms, 0) is terms
    for paid in (6, 7):
        with pytest.raises(TermsError, match="nothing_left"):
            remaining_terms(terms, paid)


def test_carried_interest_is_due_with_its_rows_and_bears_none() -> None:
    plain, carried = scheduled(), scheduled(carried_interest=["1.50", "0", "2"])
    differences = [b - a for a, b in zip(plain.interest, carried.interest, strict=True)]
    assert differences == [150, 0, 200, 0, 0, 0]
    assert column(plain, "balance") == column(carried, "balance")


def test_a_flat_contract_is_owed_at_its_own_rate() -> None:
    """12 x 1,816.67 for 20,000: after five, seven payments are worth more than seven twelfths of the principal."""
    terms = LoanTerms.simple(
        method=Method.FLAT, principal_minor=2_000_000, currency=terms_from_dict(contract()).currency,
        annual_rate=Decimal("0.09"), instalments=12, start_date=date(2026, 6, 18),
    )  # fmt: skip
    owed, rate = outstanding(terms, build_schedule(terms), 5)
    assert 1_166_667 < owed < 7 * 181_667
    assert float(rate) * 12 == pytest.approx(0.162, abs=0.0005)


@given(st.integers(0, 5))
def test_a_loan_with_a_rest_survives_being_stored(paid: int) -> None:
    rest = remaining_terms(terms_from_dict(contract(method="flat", day_count="PERIOD")), paid)
    assert terms_from_dict(terms_to_dict(rest)) == rest
