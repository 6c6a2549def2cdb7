"""The cheapest plan that fits the cash, as a page: its figures, its proof, what does not fit, other people, a weaker role."""

from __future__ import annotations

import sys
from datetime import date
from decimal import Decimal

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from planner.engine.payoff import Promo
from planner.extensions import db
from planner.models import Case
from planner.payoff import cheapest, services
from tests.factories import Household, sign_in_as
from tests.pages import assert_sound, get, post, words
from tests.views.test_payoff_pages import address, two

__all__ = ["address", "two"]  # fixtures


def test_it_stands_beside_the_simple_ways_with_its_proof(two: tuple[FlaskClient, str]) -> None:
    """6,000 at 24 % and 3,000 at 6 % with 1,000 a month: the dearer first is provably best, and the page says so."""
    client, page = two
    html = get(client, f"{page}/cheapest?cash=fixed&amount=1000")
    assert_sound(html)
    text = words(html)
    for part in ("Paying the highest rate first is already the cheapest found", "Proven: within", "Smallest first",
                 "Only what is due", "¥867.04", "Sep 2027", "Month by month", "¥0.00"):  # fmt: skip
        assert part in text
    assert "The cheapest plan that fits your cash" in words(get(client, page))


def test_a_fee_for_paying_early_changes_the_answer(two: tuple[FlaskClient, str]) -> None:
    client, page = two
    dear = words(get(client, f"{page}/cheapest?cash=fixed&amount=1000&l5-early=20"))
    free = words(get(client, f"{page}/cheapest?cash=fixed&amount=1000"))
    assert dear != free
    assert "Paying the highest rate first is already the cheapest" not in dear


def test_postponing_is_named_where_the_plan_does_it(two: tuple[FlaskClient, str]) -> None:
    """305.57 are due; with 305.56 a month one instalment has to wait, at a price."""
    client, page = two
    without = words(get(client, f"{page}/cheapest?cash=fixed&amount=305.56"))
    assert "Dec 2026 does not fit" in without
    assert "¥0.01 is missing" in without
    text = words(get(client, f"{page}/cheapest?cash=fixed&amount=305.56&l4-postpone=3&l4-price=5"))
    assert "What this plan puts off" in text
    assert "Card postponed" in text


def test_a_card_pays_its_share_and_a_rate_to_come_counts_from_its_month(app: Flask, household: Household) -> None:
    """1,000 at 24 %, at least 10 % of the debt and 50; and 2,000 at 0 % until March, then 12 %."""
    client = sign_in_as(app, household.stranger_id)
    loans = f"/c/{household.stranger_case_id}/loans/new"
    common = {"start_date": "2026-12-09", "frequency": "monthly"}
    post(client, loans, common | {"creditor": "Card", "method": "pct_of_balance", "principal": "1000", "annual_rate": "24",
                                  "minimum_rate": "10", "minimum_amount": "50"})  # fmt: skip
    post(client, loans, common | {"creditor": "Shop", "method": "annuity", "principal": "2000", "annual_rate": "0",
                                  "instalments": "20", "rate_changes": "2027-03-09 12"})  # fmt: skip
    page = f"/c/{household.stranger_case_id}/payoff"
    html = get(client, f"{page}/cheapest?cash=fixed&amount=400&l4-early=5")
    assert 'name="l4-early"' not in html
    assert 'name="l5-early"' in html
    assert "¥102" in words(get(client, page))  # a tenth of 1,000 and its interest of 20
    with app.app_context():
        card, shop = services.household(db.session.get_one(Case, household.stranger_case_id), date(2026, 12, 9)).debts
    assert (card.minimum_rate, card.minimum_minor, card.promo) == (Decimal("0.1"), 5_000, None)
    assert (shop.annual_rate, shop.promo) == (Decimal("0.12"), Promo(3, Decimal(0)))


def test_the_budget_gives_the_cash_of_each_month(two: tuple[FlaskClient, str]) -> None:
    client, page = two
    budget = page.replace("/payoff", "/budget")
    post(client, f"{budget}/new?kind=income", {"name": "Wage", "category": "wage", "amount": "2000", "frequency": "monthly",
                                          "day_of_month": "10", "starts_on": "2026-01-10"})  # fmt: skip
    text = words(get(client, f"{page}/cheapest"))
    assert "as in the budget" in text
    assert "¥1,867.04" in text  # 2,000 less the car's 132.96


def test_without_money_the_month_is_named_and_leads_on(household: Household, two: tuple[FlaskClient, str]) -> None:
    client, page = two
    text = words(get(client, f"{page}/cheapest"))  # no budget yet
    assert "Dec 2026 does not fit" in text
    assert "¥305.57 is missing" in text
    assert "See who should get what" in text


def test_being_late_is_only_offered_where_its_price_is_known(two: tuple[FlaskClient, str]) -> None:
    client, page = two
    assert 'name="l4-late"' not in get(client, f"{page}/cheapest")
    post(client, f"{page.replace('/payoff', '/loans')}/4/late", {
        "how": "rate", "rate": "36", "per": "year", "base": "overdue_principal", "compounding": "none", "days_in_year": "360",
        "late_fee": "1", "order": "penalty_first", "version": "1"})  # fmt: skip
    assert 'name="l4-late"' in get(client, f"{page}/cheapest")
    refused = words(get(client, f"{page}/cheapest?cash=fixed&amount=300"))
    assert "does not fit" in refused
    text = words(get(client, f"{page}/cheapest?cash=fixed&amount=300&l4-late=yes"))
    assert "Card late" in text


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("cash=fixed&amount=", "Enter what you can pay each month in all"), ("cash=fixed&amount=x", "Use numbers only"),
        ("cash=all", "Choose one of the options"), ("l4-postpone=13", "Enter a whole number from 0 to 12"),
        ("l4-early=101", "Enter a rate between 0 and 100"), ("l5-price=-1", "Enter an amount above zero"),
        ("keep=x", "Choose one of the options"),
    ],
)  # fmt: skip
def test_bad_input_gets_a_sentence_and_is_kept(two: tuple[FlaskClient, str], query: str, sentence: str) -> None:
    client, page = two
    html = get(client, f"{page}/cheapest?{query}", 422)
    assert sentence in words(html)
    assert "Not worked out yet" in words(html)


def test_without_the_solver_the_page_says_so(two: tuple[FlaskClient, str], monkeypatch: pytest.MonkeyPatch) -> None:
    client, page = two
    monkeypatch.setitem(sys.modules, "highspy", None)
    cheapest._found.cache_clear()
    assert "This installation has no solver" in words(get(client, f"{page}/cheapest?cash=fixed&amount=777"))


def test_without_a_loan_there_is_a_way_on(app: Flask, household: Household) -> None:
    client = sign_in_as(app, household.stranger_id)
    assert "Nothing to compare yet" in words(get(client, f"/c/{household.stranger_case_id}/payoff/cheapest"))


def test_strangers_find_nothing_and_viewers_may_look(app: Flask, household: Household, address: str) -> None:
    assert sign_in_as(app, household.stranger_id).get(f"{address}/cheapest").status_code == 404
    get(sign_in_as(app, household.viewer_id), f"{address}/cheapest?cash=fixed&amount=3000")


def test_chinese_is_complete(borrower: FlaskClient, address: str) -> None:
    text = words(get(borrower, f"{address}/cheapest?cash=fixed&amount=3000&lang=zh"))
    assert "最省的还法" in text
    assert "Month by month" not in text


def test_a_month_that_lacks_money_is_covered_by_those_before_it() -> None:
    assert cheapest.set_aside([100, 50, -120, 30]) == [30, 0, 0, 30]
    assert cheapest.set_aside([-5, 10]) == [0, 10]


ODD = st.sampled_from(["0", "-1", "1e9", "²", "999999999999", "", "x", "3", "\u3000", "100000"])


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(st.sampled_from(["cash", "amount", "keep", "l1-early", "l1-postpone", "l1-price", "l1-late"]), ODD)
)
def test_no_address_breaks_the_page(borrower: FlaskClient, address: str, query: dict[str, str]) -> None:
    assert borrower.get(f"{address}/cheapest", query_string={"cash": "fixed", **query}).status_code in (200, 422)
