"""The contracts people enter every day, against figures worked out elsewhere, and what must hold for all of them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from planner.engine.amortisation import Schedule, build_schedule
from planner.engine.annual_cost import cost_of, schedule_cost
from planner.engine.contract import terms_from_dict, terms_to_dict
from planner.engine.errors import TermsError
from planner.engine.ledger import Payment, apply_payments
from planner.engine.loan import LoanTerms, Method
from planner.engine.money import currency

CNY = currency("CNY")
FOUR = (Method.ANNUITY, Method.EQUAL_PRINCIPAL, Method.INTEREST_ONLY, Method.FLAT)


def loan(method: Method, principal: int, rate: str, count: int, start: date = date(2024, 1, 1)) -> LoanTerms:
    return LoanTerms.simple(
        method=method,
        principal_minor=principal,
        currency=CNY,
        annual_rate=Decimal(rate),
        instalments=count,
        start_date=start,
    )


# reference/formats.md section 8: 12 000 over 12 months, computed independently.
@pytest.mark.parametrize(
    ("method", "rate", "first", "last", "interest"),
    [
        (Method.ANNUITY, "0.12", 106619, 106614, 79423),
        (Method.EQUAL_PRINCIPAL, "0.12", 112000, 101000, 78000),
        (Method.INTEREST_ONLY, "0.12", 12000, 1212000, 144000),
        (Method.FLAT, "0.072", 107200, 107200, 86400),
    ],
)
def test_the_four_methods_to_the_cent(method: Method, rate: str, first: int, last: int, interest: int) -> None:
    rows = build_schedule(loan(method, 1200000, rate, 12)).rows
    assert (rows[0].payment_minor, rows[-1].payment_minor) == (first, last)
    assert sum(row.interest_minor for row in rows) == interest


def test_a_flat_fee_costs_almost_twice_what_it_says() -> None:
    terms = loan(Method.FLAT, 1200000, "0.072", 12)
    cost = schedule_cost(terms, build_schedule(terms))
    assert round(cost.nominal * 100, 2) == Decimal("13.03")
    assert round(cost.effective * 100, 2) == Decimal("13.84")


def test_the_households_loan() -> None:
    """../shared/design/src/example.py: 20,000 over 12 at 0.75 % a month of the original sum."""
    terms = loan(Method.FLAT, 2000000, "0.09", 12, date(2026, 6, 18))
    rows = build_schedule(terms).rows
    assert [row.payment_minor for row in rows] == [181667] * 11 + [181663]
    assert rows[5].due_date == date(2026, 12, 18)
    assert sum(row.payment_minor for row in rows[5:]) == 1271665
    assert round(schedule_cost(terms, build_schedule(terms)).nominal * 100, 1) == Decimal("16.2")


# First and second rows as published (../shared/vectors/cases.json, the ids in brackets), rounded to the cent.
@pytest.mark.parametrize(
    ("method", "principal", "rate", "count", "payments"),
    [
        (Method.EQUAL_PRINCIPAL, 100000000, "0.05", 360, [694444, 693287]),  # cn-delenzhang-equalprincipal
        (Method.ANNUITY, 100000000, "0.0325", 12, [8480762]),  # cn-loankit-annuity
        (Method.EQUAL_PRINCIPAL, 100000000, "0.0325", 12, [8604166]),  # cn-loankit-equalprincipal
        (Method.ANNUITY, 10000000, "0.045", 12, [853785]),  # cn-annuity-4.5-12
        (Method.ANNUITY, 120000, "0.1431", 12, [10792]),  # cn-liam-14.31
        (Method.ANNUITY, 60000000, "0.05537", 240, [413987]),  # cn-lpr-600k
        (Method.EQUAL_PRINCIPAL, 100000000, "0.049", 360, [686111]),  # cn-equalprincipal-4.9-360
        (Method.FLAT, 1200000, "0.072", 12, [107200, 107200]),  # cn-flat-0.6-12
    ],
)
def test_published_instalments(method: Method, principal: int, rate: str, count: int, payments: list[int]) -> None:
    rows = build_schedule(loan(method, principal, rate, count)).rows
    found = [row.payment_minor for row in rows[: len(payments)]]
    assert all(abs(ours - theirs) <= 1 for ours, theirs in zip(found, payments, strict=True)), found


contracts = st.builds(
    loan,
    st.sampled_from(FOUR),
    st.integers(100_000, 10**11),
    st.one_of(st.just("0"), st.decimals("0.01", 3, places=4).map(str)),
    st.integers(1, 60),
    st.dates(date(1970, 1, 1), date(2050, 12, 31)),
)


@given(contracts)
@settings(deadline=None)
def test_principal_sums_exactly_and_the_balance_never_turns_negative(terms: LoanTerms) -> None:
    schedule: Schedule = build_schedule(terms)
    assert sum(row.principal_minor for row in schedule.rows) == terms.principal_minor
    assert schedule.rows[-1].balance_minor == 0
    assert all(row.balance_minor >= 0 for row in schedule.rows)
    assert all(row.interest_minor >= 0 for row in schedule.rows)
    assert len(schedule.rows) == terms.instalments
    assert all(a.due_date < b.due_date for a, b in zip(schedule.rows, schedule.rows[1:], strict=False))


@given(contracts)
@settings(deadline=None)
def test_a_contract_survives_being_stored(terms: LoanTerms) -> None:
    assert build_schedule(terms_from_dict(terms_to_dict(terms))).rows == build_schedule(terms).rows


@given(st.integers(10_000, 10**9), st.integers(1, 60), st.decimals(1, 3, places=3))
@settings(deadline=None)
def test_payments_that_are_given_are_paid_exactly(received: int, count: int, times: Decimal) -> None:
    payments = [int(received * times) // count + 1] * count
    rate = cost_of(received, payments, Decimal(12)).nominal
    assume(0 <= rate <= 9)
    terms = LoanTerms.simple(
        method=Method.PAYMENT_PLAN, principal_minor=received, currency=CNY, annual_rate=rate, instalments=count,
        start_date=date(2026, 1, 31), payments_minor=payments,
    )  # fmt: skip
    rows = build_schedule(terms).rows
    assert [row.payment_minor for row in rows] == payments
    assert sum(row.principal_minor for row in rows) == received


@given(
    contracts,
    st.lists(st.tuples(st.integers(1, 10**10), st.one_of(st.none(), st.integers(1, 600))), max_size=8),
    st.integers(0, 600),
)
@settings(deadline=None)
def test_no_payment_is_lost_or_counted_twice(terms: LoanTerms, paid: list[tuple[int, int | None]], before: int) -> None:
    schedule = build_schedule(terms)
    before = min(before, len(schedule.rows))
    payments = [Payment(date(2026, 1, 1), amount, n) for amount, n in paid]
    state = apply_payments(schedule, payments, paid_before=before, as_of=date(2026, 6, 1))
    settled = sum(row.payment_minor for row in schedule.rows[:before])
    assert sum(row.paid_minor for row in state.rows) + state.over_minor == sum(amount for amount, _n in paid) + settled
    assert all(0 <= row.left_minor <= row.instalment.payment_minor for row in state.rows)


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("principal_minor", {"principal_minor": 0}),
        ("principal_minor", {"principal_minor": -1}),
        ("annual_rate", {"annual_rate": Decimal(-1)}),
        ("annual_rate", {"annual_rate": Decimal(11)}),
        ("instalments", {"instalments": 0}),
        ("instalments", {"instalments": None}),
        ("first_due_date", {"first_due_date": date(2023, 1, 1)}),
    ],
)
def test_impossible_values_are_refused_by_the_field_they_stand_in(field: str, change: dict[str, object]) -> None:
    values: dict[str, object] = {
        "method": Method.ANNUITY, "principal_minor": 100, "currency": CNY, "annual_rate": Decimal("0.1"), "instalments": 12,
        "start_date": date(2024, 1, 1),
    }  # fmt: skip
    with pytest.raises(TermsError) as refused:
        LoanTerms.simple(**(values | change))  # type: ignore[arg-type]  # wrong on purpose
    assert refused.value.field == field
