"""Several loans together: the plans side by side, shortfall mode, bad input, other people, a weaker role."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories import Household, sign_in_as
from tests.pages import get, post, words


@pytest.fixture
def address(household: Household) -> str:
    return f"/c/{household.case_id}/payoff"


@pytest.fixture
def two(app: Flask, household: Household) -> tuple[FlaskClient, str]:
    """A case with two level loans entered today: 6,000 at 24 % and 3,000 at 6 %, each over 60 and 24 instalments."""
    client = sign_in_as(app, household.stranger_id)
    loans = f"/c/{household.stranger_case_id}/loans/new"
    common = {"method": "annuity", "start_date": "2026-12-09", "frequency": "monthly"}
    post(client, loans, common | {"creditor": "Card", "principal": "6000", "annual_rate": "24", "instalments": "60"})
    post(client, loans, common | {"creditor": "Car", "principal": "3000", "annual_rate": "6", "instalments": "24"})
    return client, f"/c/{household.stranger_case_id}/payoff"


def test_the_orders_side_by_side(two: tuple[FlaskClient, str]) -> None:
    """Instalments: 172.61 and 132.96. With 1,000 in all the card gets 867.04 first; the interest of month one is 135."""
    client, address = two
    html = get(client, f"{address}?order=avalanche&money=total&total=1000")
    text = words(html)
    for figure in (
        "Highest rate first",
        "Smallest first",
        "As agreed, nothing on top",
        "¥867.04",
        "¥132.96",
        "Sep 2027",
    ):
        assert figure in text
    assert "¥305.57 a month" in text
    snowball = words(get(client, f"{address}?order=snowball&money=total&total=1000"))
    assert "¥827.39" in snowball


def test_an_own_order_a_sum_and_freed_instalments(two: tuple[FlaskClient, str], household: Household) -> None:
    client, address = two
    loans = [f"rank_{n}" for n in (4, 5)]
    own = f"{address}?order=custom&money=extra&extra=500&freed=keep&lump=1000&lump_month=2&{loans[0]}=2&{loans[1]}=1"
    text = words(get(client, own))
    assert "My own order" in text
    assert "¥632.96" in text  # the car's 132.96 and the 500 on top
    assert "¥1,632.96" in text  # the sum in the second month


def test_no_end_is_said_with_what_would_be_enough(app: Flask, household: Household) -> None:
    """Interest only, 6,000 at 24 %: 120 a month for ever; 172.61 would end it in sixty months."""
    client = sign_in_as(app, household.stranger_id)
    loan = {"creditor": "Friend", "method": "interest_only", "principal": "6000", "annual_rate": "24", "instalments": "12",
            "start_date": "2026-12-09", "frequency": "monthly"}  # fmt: skip
    post(client, f"/c/{household.stranger_case_id}/loans/new", loan)
    address = f"/c/{household.stranger_case_id}/payoff"
    text = words(get(client, f"{address}?order=avalanche&money=extra&extra=0"))
    assert "It never ends like this" in text
    assert "¥172.61 a month in all it would end in five years" in text
    enough = words(get(client, f"{address}?order=avalanche&money=total&total=172.61"))
    assert "Nov 2031" in enough


def test_it_starts_with_what_the_month_leaves(address: str, borrower: FlaskClient) -> None:
    """December leaves 219.91 in the mock-ups' household; the card's balance is what the statement says."""
    html = get(borrower, address)
    assert 'value="219.91"' in html
    for figure in ("Free of debt in", "Paid off in this order", "海尔分期", "快惠小贷"):
        assert figure in words(html)


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("order=avalanche&money=total&total=", "Enter what you can pay each month in all"),
        ("order=avalanche&money=total&total=100", "The instalments alone need ¥205.57 more"),
        ("order=avalanche&money=extra&extra=lots", "Use numbers only"),
        ("order=best&money=extra", "Choose one of the options"),
        ("order=avalanche&money=extra&extra=0&lump=500", "Enter the month it comes"),
        ("order=avalanche&money=extra&extra=0&lump=500&lump_month=0", "Enter a whole number from 1 to 120"),
    ],
)
def test_bad_input_says_what_to_enter(two: tuple[FlaskClient, str], query: str, sentence: str) -> None:
    client, address = two
    assert sentence in words(get(client, f"{address}?{query}", 422))


def test_shortfall_mode_shares_out_to_the_cent(two: tuple[FlaskClient, str]) -> None:
    """200 for 172.61 and 132.96, with a month's interest 6,120 and 3,015 owed: in proportion 133.99 and 66.01; or the car
    first in full, the card the rest.
    """
    client, address = two
    even = words(get(client, f"{address}/shortfall?available=200"))
    for figure in ("¥133.99", "¥66.01", "¥105.57"):
        assert figure in even
    first = words(get(client, f"{address}/shortfall?available=200&priority=5"))
    for figure in ("¥132.96", "¥67.04", "in full", "of ¥172.61 due, ¥105.57 stays unpaid", "Make a plan for Card"):
        assert figure in first
    token = words(get(client, f"{address}/shortfall?available=0&tokens=token"))
    assert token.count("¥1 ") >= 2


def test_what_a_contract_charges_for_being_late_is_in_the_cost(two: tuple[FlaskClient, str]) -> None:
    """Of 172.61 due 105.57 stays unpaid: 24 % a year instead of the contract's rate, and a fee of 15.00."""
    client, address = two
    before = words(get(client, f"{address}/shortfall?available=200&priority=5"))
    assert "What does paying late cost?" in before
    loans = address.replace("/payoff", "/loans")
    page = re.search(rf"{loans}/\d+/late", get(client, f"{address}/shortfall?available=200&priority=5"))
    assert page
    post(client, page[0], {"how": "rate", "rate": "48", "per": "year", "base": "overdue_principal", "compounding": "none",
                           "days_in_year": "360", "late_fee": "15", "order": "penalty_first", "version": "1"})  # fmt: skip
    after = words(get(client, f"{address}/shortfall?available=200&priority=5"))
    assert "What does paying late cost?" not in after
    charge = re.search(r"late charges about ¥([0-9.]+)", after)
    assert charge
    assert 15 < float(charge[1]) < 15 + 105.57 * 0.48 / 12 + 0.01
    assert f"Late charges this month: about ¥{charge[1]}" in after


def test_shortfall_bad_input(two: tuple[FlaskClient, str]) -> None:
    client, address = two
    assert "Use numbers only" in words(get(client, f"{address}/shortfall?available=x", 422))
    assert "Choose one of the options" in words(get(client, f"{address}/shortfall?available=5&tokens=gold", 422))
    get(client, f"{address}/shortfall?available=5&priority=x&priority=99999999999999999999&priority=-1")


@pytest.mark.parametrize("page", ["", "/shortfall"])
def test_without_a_loan_there_is_a_way_on(app: Flask, household: Household, page: str) -> None:
    client = sign_in_as(app, household.stranger_id)
    assert "Nothing to compare yet" in words(get(client, f"/c/{household.stranger_case_id}/payoff{page}"))


@pytest.mark.parametrize("page", ["", "/shortfall?available=100"])
def test_strangers_find_nothing_and_viewers_may_look(app: Flask, household: Household, address: str, page: str) -> None:
    assert sign_in_as(app, household.stranger_id).get(address + page).status_code == 404
    assert "Make a plan for" not in words(get(sign_in_as(app, household.viewer_id), address + page))


def test_the_script_gets_the_result_alone(two: tuple[FlaskClient, str]) -> None:
    client, address = two
    for page in ("?order=snowball&money=extra&extra=10", "/shortfall?available=50"):
        html = client.get(address + page, headers={"X-Fragment": "result"}).get_data(as_text=True)
        assert "<h1" not in html
        assert 'role="status"' in html


ODD = st.sampled_from(["0", "-1", "1e9", "²", "999999999999", "", "x", "3"])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(
        st.sampled_from(
            ["order", "money", "extra", "total", "lump", "lump_month", "freed", "rank_1", "priority", "available"]
        ),
        ODD,
    )
)
def test_no_address_breaks_the_pages(borrower: FlaskClient, address: str, query: dict[str, str]) -> None:
    for page in ("", "/shortfall"):
        assert borrower.get(address + page, query_string=query).status_code in (200, 422)
