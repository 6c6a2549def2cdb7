"""Schedules: what a contract can say, against published tables and figures worked by hand; and what always holds."""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from planner.engine.amortisation import build_schedule, level_instalment
from planner.engine.contract import terms_from_dict, terms_to_dict
from planner.engine.errors import NeverPaysOff, TermsError
from planner.engine.loan import Method
from planner.engine.money import Rounding, RoundingMode
from planner.engine.parts import ExtraEffect, ExtraPrincipal, Fee, FeeBase, Roundings
from planner.engine.schedule import Schedule
from planner.engine.walk import walk
from tests.engine.contracts import column, contract, plain_terms, rounding, scheduled

WHOLE = {"interest": rounding(), "installment": rounding("1")}
FREE = {"interest": rounding("0"), "installment": rounding("0")}


def test_nights_without_interest_leave_the_instalment_as_it_was() -> None:
    """Apache Fineract, LoanInterestPause.feature C3475 and C3476: a pause inside one period, and one across two."""
    inside = scheduled(interest_pauses=[{"from": "2024-02-04", "to": "2024-02-10"}])
    assert column(inside, "interest") == ["0.58", "0.39", "0.39", "0.29", "0.20", "0.10"]
    assert column(inside, "balance") == ["83.57", "66.95", "50.33", "33.61", "16.80", "0.00"]
    across = scheduled(interest_pauses=[{"from": "2024-02-09", "to": "2024-03-10"}])
    assert column(across, "interest") == ["0.58", "0.13", "0.28", "0.29", "0.19", "0.10"]
    assert across.payments[-1] == 1652


def test_uncollected_interest_is_due_in_the_row_after_without_interest_on_it() -> None:
    """Apache Fineract, LoanRepayment.feature RS07: six rows without principal, three of them without paid interest."""
    found = scheduled(
        disbursements=[{"date": "2024-01-01", "amount": "5000"}], nominal_annual_rate_pct="12", installments=18,
        rounding=WHOLE, day_count="PERIOD", grace={"principal": 6, "interest_payment": 3, "interest_free": 0},
    )  # fmt: skip
    assert column(found, "interest")[:8] == ["0.00", "0.00", "0.00", "200.00", "50.00", "50.00", "50.00", "46.06"]
    assert column(found, "principal")[5:8] == ["0.00", "394.00", "397.94"]
    assert column(found, "balance")[16:] == ["442.66", "0.00"]
    assert found.interest_minor == 63_109


def test_a_holiday_of_interest_moves_it_to_the_next_row() -> None:
    usual = scheduled()
    found = scheduled(interest_payment_holidays=[{"from": "2024-02-15", "to": "2024-04-01"}])
    assert found.principal == usual.principal
    assert found.interest[1:4] == (0, 0, sum(usual.interest[1:4]))
    last = scheduled(interest_payment_holidays=[{"from": "2024-07-01", "to": "2024-07-01"}])
    assert last == usual, "the last row collects whatever is left"


def test_rows_without_any_interest_are_part_of_the_level_instalment() -> None:
    """E = 100 (1.01)^2 / (1 + 1.01 + 1.01^2) for four rows of which the first two bear nothing: solved by hand, 25.38."""
    found = scheduled(
        nominal_annual_rate_pct="12", installments=4, day_count="PERIOD", rounding=FREE,
        grace={"principal": 0, "interest_payment": 0, "interest_free": 2},
    )  # fmt: skip
    assert found.interest[:2] == (0, 0)
    level = Decimal(100) * Decimal("1.01") ** 2 / (1 + Decimal("1.01") + 2 * Decimal("1.01") ** 2)
    assert abs(Decimal(found.payments[0]).scaleb(-found.digits) - level) < Decimal("1e-10")
    assert max(found.payments) - min(found.payments) < 100, "all rows pay the same, to the last decimals"


def test_a_balloon_is_left_for_the_last_row() -> None:
    found = scheduled(nominal_annual_rate_pct="0", balloon="40", day_count="PERIOD")
    assert column(found, "payments") == ["10.00"] * 5 + ["50.00"]
    kept = scheduled(nominal_annual_rate_pct="0", balloon="40", final_installment="keeps_balance")
    assert (column(kept, "balance")[-1], kept.pays_off) == ("40.00", False)


def test_payments_in_advance_start_with_the_loan() -> None:
    """An annuity due is an ordinary one / (1 + i): 100 over 3 months at 1 % a month, 34.0022 / 1.01 = 33.6656."""
    found = scheduled(nominal_annual_rate_pct="12", installments=3, installments_in_advance=True, day_count="PERIOD")
    assert (found.due[0], found.interest[0]) == (date(2024, 1, 1), 0)
    assert column(found, "payments")[:2] == ["33.67", "33.67"]


def test_extra_principal_cuts_the_instalment_or_the_term() -> None:
    fewer = scheduled(extra_principal=[{"date": "2024-03-01", "amount": "40", "effect": "reduce_term"}])
    assert len(fewer) < 6
    assert fewer.payments[2] == scheduled().payments[2]
    lower = scheduled(extra_principal=[{"date": "2024-03-01", "amount": "40", "effect": "reduce_installment"}])
    assert len(lower) == 6
    assert lower.payments[2] == level_instalment(2705, Decimal("0.07") / 12, 4)
    inside = scheduled(extra_principal=[{"date": "2024-03-10", "amount": "40", "effect": "reduce_installment"}])
    assert inside.payments[2] == scheduled().payments[2], "the row of the period it falls into is as it was"
    assert inside.payments[3] == level_instalment(inside.balance[2], Decimal("0.07") / 12, 3)
    gone = scheduled(extra_principal=[{"date": "2024-03-01", "amount": "400", "effect": "reduce_term"}])
    assert (len(gone), gone.balance[-1], gone.pays_off) == (2, 0, True)


def test_each_tranche_pays_its_share_down_as_a_row_of_its_own() -> None:
    found = scheduled(
        disbursements=[{"date": "2024-01-01", "amount": "100"}, {"date": "2024-02-01", "amount": "60"}],
        down_payment={"pct": "25"}, nominal_annual_rate_pct="0",
    )  # fmt: skip
    assert [day.isoformat() for day in found.due[:4]] == ["2024-01-01", "2024-02-01", "2024-02-01", "2024-03-01"]
    assert column(found, "principal")[:4] == ["25.00", "12.50", "15.00", "21.50"]
    assert column(found, "balance")[:4] == ["75.00", "62.50", "107.50", "86.00"]


def test_fees_of_every_kind() -> None:
    fees = [
        {"when": "each_installment", "pct": "1", "of": "principal"},
        {"when": "each_installment", "pct": "10", "of": "interest"},
        {"when": "each_installment", "amount": "0.20"},
        {"when": "installment", "n": 2, "amount": "5"},
        {"when": "upfront", "amount": "3"},
    ]
    found, usual = scheduled(fees=fees), scheduled()
    assert column(found, "fee") == ["0.42", "5.42", "0.41", "0.40", "0.39", "0.38"]
    assert (found.principal, found.interest) == (usual.principal, usual.interest)


def test_a_card_pays_a_share_of_its_balance_until_the_minimum_clears_it() -> None:
    card = {"pct": "10", "minimum": "20", "base": "balance"}
    found = scheduled(method="pct_of_balance", installments=None, pct_of_balance=card, nominal_annual_rate_pct="12",
                      day_count="PERIOD", disbursements=[{"date": "2024-01-01", "amount": "300"}])  # fmt: skip
    assert column(found, "principal")[:5] == ["30.00", "27.00", "24.30", "21.87", "20.00"]
    assert column(found, "interest")[:2] == ["3.00", "2.70"]
    assert found.pays_off


def test_a_rate_change_that_keeps_the_instalment_falls_on_the_last_row() -> None:
    change = {"effective": "2024-04-01", "nominal_annual_rate_pct": "0"}
    kept = scheduled(rate_changes=[change | {"resolve": False}])
    assert kept.payments[:5] == scheduled().payments[:5]
    assert column(kept, "payments")[-1] == "16.41"
    solved = scheduled(rate_changes=[change | {"resolve": True}])
    assert column(solved, "payments")[3:] == ["16.81"] * 3


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"method": "fixed_payment", "installments": None, "fixed_installment": "0.58"}, NeverPaysOff),
        ({"method": "fixed_payment", "installments": None, "fixed_installment": "0.10"}, NeverPaysOff),
        ({"method": "annuity", "fixed_installment": "0.10"}, TermsError),
        ({"disbursements": [{"date": "2024-01-01", "amount": "9"}, {"date": "2030-01-01", "amount": "9"}]}, TermsError),
    ],
)
def test_what_never_ends_or_grows_is_refused(changes: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        scheduled(**changes)


def test_negative_amortisation_where_it_is_allowed_is_said() -> None:
    found = scheduled(fixed_installment="0.10", allow_negative_amortization=True, final_installment="keeps_balance")
    assert (found.balance[-1] > 10_000, found.pays_off) == (True, False)


def test_every_part_of_a_contract_survives_being_stored() -> None:
    said = contract(
        rate_changes=[{"effective": "2024-03-05", "nominal_annual_rate_pct": "5.5", "resolve": False}],
        interest_pauses=[{"from": "2024-02-04", "to": "2024-02-10"}], anchor_day=31, month_end_rule="next_month_first",
        grace={"principal": 1, "interest_payment": 1, "interest_free": 1}, down_payment={"pct": "10"}, balloon="5",
        interest_payment_holidays=[{"from": "2024-05-01", "to": "2024-05-31"}], fixed_installment="17.0125",
        extra_principal=[{"date": "2024-03-15", "amount": "3", "effect": "reduce_installment"}], installments_in_advance=True,
        fees=[{"when": "each_installment", "pct": "1", "of": "payment"}, {"when": "installment", "n": 2, "amount": "1"}],
        rounding={"interest": rounding("0"), "installment": rounding("0.05", "ceiling"), "principal": rounding("1", "up")},
        installment_basis="period_rate", installment_adjustment="spread_last_difference", flat_interest_on="net",
        allow_negative_amortization=True, final_installment="keeps_balance", first_due_date="2024-01-20",
        installment_weights=["1"] * 6, principal_plan=["1"] * 6, due_dates=[f"2024-{m:02}-03" for m in range(2, 8)],
        pct_of_balance={"pct": "2", "minimum": "1", "base": "balance_plus_interest"},
    )  # fmt: skip
    terms = terms_from_dict(said)
    assert terms_from_dict(json.loads(json.dumps(terms_to_dict(terms)))) == terms
    left_out = {name for name in said if name not in terms_to_dict(terms)}
    assert not left_out


# --- what always holds ------------------------------------------------------------------------------------------------


@given(terms=plain_terms())
@settings(max_examples=300, deadline=None)
def test_the_short_way_and_the_general_way_give_the_same_rows(terms: Any) -> None:
    try:
        expected = walk(terms)
    except TermsError as error:
        with pytest.raises(TermsError, match=error.code):
            build_schedule(terms)
    else:
        assert build_schedule(terms) == expected


@given(terms=plain_terms(tuple(m for m in Method if m in ("annuity", "equal_principal", "interest_only", "flat"))))
@settings(max_examples=200, deadline=None)
def test_principal_sums_exactly_and_the_balance_closes(terms: Any) -> None:
    try:
        found = build_schedule(terms)
    except TermsError as error:
        refusal = error.code
        assume(refusal != "negative_amortisation")
        raise
    assert found.principal_minor == terms.principal_minor
    assert found.balance[-1] == 0
    assert min(found.balance) >= 0
    assert min(found.interest) >= 0
    assert list(found.balance) == sorted(found.balance, reverse=True)
    assert [row.payment_minor for row in found.rows] == list(found.payments)
    if terms.annual_rate == 0:
        assert found.interest_minor == 0


@given(terms=plain_terms((Method.ANNUITY, Method.EQUAL_PRINCIPAL, Method.INTEREST_ONLY)), data=st.data())
@settings(max_examples=150, deadline=None)
def test_extra_principal_never_raises_the_interest(terms: Any, data: st.DataObject) -> None:
    """With exact instalments; a coarse rounding of the instalment can outweigh a tiny extra payment."""
    terms = replace(terms, rounding=None, in_advance=False, allow_negative_amortisation=True)
    usual = build_schedule(terms)
    extra = ExtraPrincipal(
        data.draw(st.sampled_from(usual.due)),
        data.draw(st.integers(20_000, 10**6)),
        data.draw(st.sampled_from(ExtraEffect)),
    )
    found = build_schedule(replace(terms, extra_principal=(extra,)))
    assert found.interest_minor <= usual.interest_minor + len(usual)
    paid_extra = terms.principal_minor - found.principal_minor
    assert 0 <= paid_extra <= extra.amount_minor
    assert found.pays_off


@given(start=st.dates(date(2020, 1, 1), date(2028, 12, 31)), count=st.integers(1, 60), every=st.integers(1, 6))
def test_due_dates_never_drift(start: date, count: int, every: int) -> None:
    found = scheduled(start_date=start.isoformat(), disbursements=[{"date": start.isoformat(), "amount": "100000"}],
                      installments=count, frequency={"unit": "month", "every": every})  # fmt: skip
    months = [(due.year - start.year) * 12 + due.month - start.month for due in found.due]
    assert months == [every * n for n in range(1, count + 1)]
    assert all(due.day == start.day or (due.day < start.day and due.day >= 28) for due in found.due)


def test_rows_and_columns_are_the_same() -> None:
    found = scheduled()
    assert Schedule.from_rows(found.rows, pays_off=True, digits=2) == found
    assert (found.rows[0].n, found.rows[-1].due_date, found.last_due) == (1, date(2024, 7, 1), date(2024, 7, 1))
    assert found.payment_minor == sum(found.payments)


def test_fee_of_yen_is_whole_yen() -> None:
    found = scheduled(currency={"code": "JPY", "minor_digits": 0}, disbursements=[{"date": "2024-01-01", "amount": "10000"}],
                      rounding={"interest": rounding("1"), "installment": rounding("1")},
                      fees=[{"when": "each_installment", "pct": "1", "of": "payment"}])  # fmt: skip
    assert found.digits == 0
    assert set(found.fee) == {17}
    assert Fee(rate=Decimal("0.01")).of == FeeBase.PAYMENT


@pytest.mark.parametrize("number", ["NaN", "sNaN", "Infinity", "-Infinity"])
def test_numbers_that_are_none_are_refused(number: str) -> None:
    terms, odd = terms_from_dict(contract()), Decimal(number)
    for changes in (
        {"annual_rate": odd},
        {"fees": (Fee(rate=odd),)},
        {"rounding": Roundings(Rounding(odd, RoundingMode.UP), Rounding(Decimal(1), RoundingMode.UP))},
        {"method": Method.WEIGHTED, "weights": (odd,) * 6},
        {"down_payment_rate": odd},
    ):
        with pytest.raises(TermsError):
            replace(terms, **changes)
