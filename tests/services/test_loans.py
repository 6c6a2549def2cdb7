"""Positions, due items, payments: what every other page builds on."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask

from planner.engine.contract import terms_from_dict, terms_to_dict
from planner.engine.errors import NeverPaysOff, TermsError
from planner.engine.events import ChangeTerm, ExtraPayment, what_if
from planner.engine.loan import Method
from planner.errors import Conflict, NotFound
from planner.extensions import db
from planner.loans import contracts, services
from planner.loans.forms import METHODS, NEEDED
from planner.loans.shown import form_values
from planner.models import Case, Loan
from tests.factories import Household

TODAY = date(2026, 12, 9)
FIELDS: dict[str, Any] = {
    "creditor": "Bank", "name": None, "reference": None, "advertised_rate": None, "paid_before": 0, "method": "annuity",
    "principal": 1_200_000, "instalments": 12, "annual_rate": Decimal("0.12"), "period_rate": Decimal("0.006"),
    "payment": 107_200, "last_payment": None, "start_date": date(2026, 1, 15), "first_due_date": None,
    "frequency": "monthly", "upfront_fee": None, "instalment_fee": None,
}  # fmt: skip


def loan(household: Household, name: str) -> Loan:
    return db.session.get_one(Loan, household.loan_ids[name])


def case_of(household: Household) -> Case:
    return db.session.get_one(Case, household.case_id)


def test_the_mock_ups_loans_stand_where_the_mock_ups_say(context: Flask, household: Household) -> None:
    haier, micro, card = (services.position(loan(household, name), TODAY) for name in ("haier", "micro", "card"))
    assert [p.left_minor for p in (haier, micro, card)] == [1_271_665, 53_542, 786_000]
    assert [p.days_left for p in (haier, micro, card)] == [9, -4, 16]
    assert [p.is_overdue for p in (haier, micro, card)] == [False, True, False]
    assert (haier.total_minor, haier.cost_minor, haier.received_minor) == (2_180_000, 180_000, 2_000_000)
    assert haier.cost is not None
    assert round(haier.cost.nominal * 100, 1) == Decimal("16.2")
    assert round(haier.cost.effective * 100, 1) == Decimal("17.5")
    assert (haier.count, card.count, card.schedule.interest_minor) == (12, None, 154_920)


def test_due_items_are_sorted_and_say_what_is_left(context: Flask, household: Household) -> None:
    services.add_payment(loan(household, "card"), 15_000, TODAY)
    found = services.positions(case_of(household), TODAY)
    items = services.due_items(found, date(2026, 12, 1), date(2026, 12, 31))
    assert [(i.title, i.due_on.day, i.n, i.of, i.left_minor, i.amount_minor, i.is_paid) for i in items] == [
        ("快惠小贷", 5, 6, 6, 53_542, 53_542, False),
        ("海尔分期", 18, 6, 12, 181_667, 181_667, False),
        ("信用卡 2046", 25, 1, None, 25_000, 40_000, False),
    ]
    assert services.due_items(found, date(2026, 11, 1), date(2026, 11, 30))[-1].is_paid


def test_a_paid_instalment_moves_the_loan_on(context: Flask, household: Household) -> None:
    haier = loan(household, "haier")
    payment = services.mark_paid(haier, 6, TODAY)
    assert (payment.amount_minor, payment.instalment_n) == (181_667, 6)
    here = services.position(haier, TODAY)
    assert here.next is not None
    assert (here.next.instalment.n, here.left_minor) == (7, 1_271_665 - 181_667)
    with pytest.raises(Conflict):
        services.mark_paid(haier, 6, TODAY)
    with pytest.raises(NotFound):
        services.mark_paid(haier, 13, TODAY)


def test_marking_pays_only_what_is_still_left(context: Flask, household: Household) -> None:
    haier = loan(household, "haier")
    services.add_payment(haier, 100_000, TODAY)
    assert services.mark_paid(haier, 6, TODAY).amount_minor == 81_667


def test_taking_a_payment_back_and_putting_it_back(context: Flask, household: Household) -> None:
    micro = loan(household, "micro")
    payment = services.mark_paid(micro, 6, TODAY)
    assert services.position(micro, TODAY).is_paid_off
    services.take_back(payment, TODAY)
    assert services.position(micro, TODAY).is_overdue
    services.put_back(payment)
    assert services.position(micro, TODAY).is_paid_off


def test_a_cards_balance_falls_by_what_exceeds_the_interest(context: Flask, household: Household) -> None:
    card = loan(household, "card")
    services.add_payment(card, 10_000, TODAY)
    assert services.position(card, TODAY).left_minor == 786_000  # the first 119.54 of an instalment are interest
    services.add_payment(card, 30_000, TODAY)
    assert services.position(card, TODAY).left_minor == 786_000 - 28_046


def test_a_closed_loan_is_left_out_unless_asked_for(context: Flask, household: Household) -> None:
    loan(household, "micro").closed_on = TODAY
    db.session.flush()
    case = case_of(household)
    assert len(services.positions(case, TODAY)) == 2
    assert len(services.positions(case, TODAY, include_closed=True)) == 3


def test_the_number_of_queries_does_not_grow_with_the_loans(
    context: Flask, household: Household, count_queries: Callable[[], int]
) -> None:
    case = case_of(household)
    services.positions(case, TODAY)
    few = _queries(case, count_queries)
    for _n in range(20):
        services.create_loan(case, FIELDS | {"terms": contracts.build_terms(FIELDS, "CNY", TODAY)})
    db.session.commit()
    assert _queries(case, count_queries) == few <= 4
    assert len(services.positions(case, TODAY)) == 23


def _queries(case: Case, count_queries: Callable[[], int]) -> int:
    db.session.expire_all()
    _ = case.id
    before = count_queries()
    services.positions(case, TODAY)
    return count_queries() - before


@pytest.mark.parametrize("method", list(METHODS))
@pytest.mark.parametrize("frequency", list(contracts.FREQUENCY))
def test_a_stored_loan_fills_its_form_with_what_was_typed(method: Method, frequency: str) -> None:
    typed = FIELDS | {"method": method, "frequency": frequency, "upfront_fee": 5_000, "instalment_fee": 300,
                      "first_due_date": date(2026, 2, 20), "last_payment": 107_100}  # fmt: skip
    if method == Method.FIXED_PAYMENT:
        typed["payment"] = 500_000  # more than a year's interest
    typed |= {"minimum_rate": Decimal("0.5"), "minimum_amount": 10_000}
    terms = contracts.build_terms(typed, "CNY", TODAY)
    stored = terms_from_dict(json.loads(json.dumps(terms_to_dict(terms))))
    assert stored == terms
    shown = form_values(Loan(creditor="Bank", paid_before=0, version=1), stored)
    asked = {"principal", "method", "start_date", "first_due_date", "frequency", "upfront_fee", "instalment_fee"}
    for name in asked | set(NEEDED[method]):
        assert shown[name] == typed[name], name
    assert contracts.build_terms(shown, "CNY", TODAY) == terms


@pytest.mark.parametrize(
    ("method", "payment", "interest"),
    [
        ("annuity", 106_619, 79_423),
        ("equal_principal", 112_000, 78_000),
        ("interest_only", 12_000, 144_000),
        ("flat", 107_200, 86_400),
    ],
)
def test_the_reference_figures_come_out(method: str, payment: int, interest: int) -> None:
    """reference/formats.md section 8: 12,000 over 12 months at 12 %, and a flat fee of 0.6 % a month."""
    terms = contracts.build_terms(FIELDS | {"method": method}, "CNY", TODAY)
    schedule = services.build_schedule(terms)
    assert (schedule.rows[0].payment_minor, schedule.interest_minor) == (payment, interest)
    assert schedule.principal_minor == 1_200_000


def test_received_and_paid_gives_the_flat_loans_rate() -> None:
    terms = contracts.build_terms(FIELDS | {"method": "payment_plan"}, "CNY", TODAY)
    cost = contracts.find_cost(terms)
    assert cost is not None
    assert (round(cost.nominal * 100, 2), round(cost.effective * 100, 2)) == (Decimal("13.03"), Decimal("13.84"))
    assert [row.payment_minor for row in services.build_schedule(terms).rows] == [107_200] * 12


def test_a_fee_at_the_start_raises_the_true_cost() -> None:
    plain, dear = (contracts.build_terms(FIELDS | {"upfront_fee": fee}, "CNY", TODAY) for fee in (None, 60_000))
    costs = [contracts.find_cost(terms) for terms in (plain, dear)]
    assert costs[0] is not None
    assert costs[1] is not None
    assert costs[1].nominal > costs[0].nominal + Decimal("0.05")


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"method": "payment_plan", "payment": 90_000}, "payments_minor", "less_than_received"),
        ({"method": "payment_plan", "payment": 10**12}, "annual_rate", "out_of_range"),
        ({"upfront_fee": 1_200_000}, "fees", "more_than_received"),
        ({"first_due_date": date(2026, 1, 14)}, "first_due_date", "before_start"),
        ({"frequency": "yearly", "instalments": 600, "start_date": date(2100, 1, 1)}, None, None),
        ({"annual_rate": Decimal(11)}, "annual_rate", "out_of_range"),
    ],
)
def test_what_no_contract_can_have_is_refused_by_name(
    change: dict[str, Any], field: str | None, code: str | None
) -> None:
    if field is None:
        assert services.build_schedule(contracts.build_terms(FIELDS | change, "CNY", TODAY)).pays_off
        return
    with pytest.raises(TermsError) as refused:
        contracts.build_terms(FIELDS | change, "CNY", TODAY)
    assert (refused.value.field, refused.value.code) == (field, code)


def test_a_payment_that_the_interest_eats_up_is_refused() -> None:
    with pytest.raises(NeverPaysOff):
        contracts.build_terms(FIELDS | {"method": "fixed_payment", "payment": 12_000}, "CNY", TODAY)


def test_a_loan_without_interest_costs_nothing(context: Flask, household: Household) -> None:
    terms = contracts.build_terms(FIELDS | {"annual_rate": Decimal(0)}, "CNY", TODAY)
    made = services.create_loan(case_of(household), FIELDS | {"terms": terms})
    here = services.position(made, TODAY)
    assert here.cost is not None
    assert (here.cost.nominal, here.cost_minor) == (0, 0)


def test_positions_are_shared_values_that_no_payment_changes(context: Flask, household: Household) -> None:
    """The worked-out schedule is kept between requests, so it must not carry one borrower's payments to another."""
    haier = loan(household, "haier")
    before = services.position(haier, TODAY)
    services.mark_paid(haier, 6, TODAY)
    assert services.position(haier, TODAY).schedule is before.schedule
    assert before.ledger.paid_count == 5
    assert replace(before).left_minor == 1_271_665


@pytest.mark.parametrize("method", list(METHODS))
@pytest.mark.parametrize("fee", [None, 1_000])
def test_every_kind_of_loan_can_be_tried_out(method: Method, fee: int | None) -> None:
    """Fees go on through a change: a longer term pays more of them, never fewer."""
    paid = {"payment": 110_000, "minimum_rate": Decimal("0.1"), "minimum_amount": 60_000, "instalment_fee": fee}
    terms = contracts.build_terms(FIELDS | paid | {"method": method}, "CNY", TODAY)
    longer, extra = (what_if(terms, event, paid=3) for event in (ChangeTerm(6), ExtraPayment(20_000)))
    assert longer.months_change == 6
    assert longer.total_change_minor > 6 * (fee or 0)
    assert longer.rows_after[-1].balance_minor == 0
    assert extra.total_change_minor < 0
    assert extra.rows_after[-1].balance_minor == 0
    assert all(row.fee_minor == (fee or 0) for row in (*longer.rows_after, *extra.rows_after))
