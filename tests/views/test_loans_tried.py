"""Trying things out on a loan, and the decoder."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.factories import Household
from tests.pages import get, words
from tests.views.test_loans import base, one


@pytest.mark.parametrize(
    ("loan", "query", "figures"),
    [
        (
            "card",
            "kind=extra&extra=300",
            ("Paid off 11 months earlier", "¥700.00", "Nov 2028", "Dec 2027", "¥1,549.20", "18.25%"),
        ),
        ("card", "kind=longer&longer=12", ("less a month", "12 months more", "Nov 2029")),
        ("card", "kind=once&once=1000", ("earlier", "less in all", "¥1,400.00")),
        ("micro", "kind=longer&longer=3", ("less a month", "3 months more")),
        (
            "haier",
            "kind=longer&longer=3",
            ("¥519.64 less a month", "3 months more, and ¥253.69 more in all", "16.22%", "Ask the lender first"),
        ),
        ("haier", "", ("earlier", "less in all")),
    ],
)
def test_trying_something_out(
    app: Flask, household: Household, borrower: FlaskClient, loan: str, query: str, figures: tuple[str, ...]
) -> None:
    text = words(get(borrower, f"{one(household, loan)}/what-if?{query}"))
    for figure in figures:
        assert figure in text


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("kind=extra&extra=lots", "Use numbers only"), ("kind=extra&extra=-1", "Enter an amount above zero"),
        ("kind=longer&longer=0", "Enter a whole number from 1 to 599"), ("kind=longer&longer=599", "Enter from 1 to 593"),
        ("kind=magic", "Choose one of the options"),
    ],
)  # fmt: skip
def test_a_what_if_that_cannot_be_says_why(
    household: Household, borrower: FlaskClient, query: str, sentence: str
) -> None:
    html = get(borrower, f"{one(household, 'haier')}/what-if?{query}", 422)
    assert sentence in words(html)


def test_another_loan_is_chosen_by_address(household: Household, borrower: FlaskClient) -> None:
    answer = borrower.get(f"{one(household, 'haier')}/what-if?loan={household.loan_ids['card']}")
    assert answer.location == f"{one(household, 'card')}/what-if"
    get(borrower, f"{one(household, 'haier')}/what-if?loan=987654", 404)


def test_the_script_gets_the_result_alone(household: Household, borrower: FlaskClient) -> None:
    for address in (f"{one(household, 'card')}/what-if?kind=extra&extra=300",
                    f"{base(household)}/decode?principal=20000&payment=1816.67&instalments=12"):  # fmt: skip
        html = borrower.get(address, headers={"X-Fragment": "result"}).get_data(as_text=True)
        assert "<h1" not in html
        assert 'role="status"' in html
        assert 'class="sprite"' in html


def test_the_decoder_names_the_true_rate_and_what_is_hidden(household: Household, borrower: FlaskClient) -> None:
    query = "principal=20000&payment=1816.67&instalments=12&advertised_rate=9&frequency=monthly"
    html = get(borrower, f"{base(household)}/decode?{query}")
    for figure in ("16.2%", "¥21,800.04", "¥1,800.04", "¥20,988.36", "¥811.68 more", "17.48%"):
        assert figure in words(html)
    take_over = re.search(r'href="([^"]+/new\?[^"]+)"', html)
    assert take_over
    filled = get(borrower, take_over[1].replace("&amp;", "&"))
    assert 'value="1816.67"' in filled
    assert 'value="20000"' in filled
    assert 'value="9"' in filled


def test_the_decoder_counts_fees(household: Household, borrower: FlaskClient) -> None:
    html = get(
        borrower,
        f"{base(household)}/decode?principal=10000&upfront_fee=500&payment=900&instalments=12&instalment_fee=20",
    )
    assert "¥9,500" in words(html)
    assert "¥11,040" in words(html)


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("principal=20000&payment=1000&instalments=12", "All instalments together are less"),
        ("principal=20000&payment=&instalments=12", "Enter what you pay each time"),
        ("principal=x&payment=1&instalments=1000", "Enter a whole number from 1 to 600"),
        ("principal=1&payment=99999&instalments=12", "above 1,000 per cent"),
        ("frequency=hourly&principal=1&payment=2&instalments=2", "Choose one of the options"),
    ],
)
def test_a_decoder_that_cannot_work_it_out_says_why(
    household: Household, borrower: FlaskClient, query: str, sentence: str
) -> None:
    assert sentence in words(get(borrower, f"{base(household)}/decode?{query}", 422))
