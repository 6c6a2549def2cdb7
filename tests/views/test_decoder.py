"""The decoder: engine/decode.py on a page, beside the reference lines of the country; it names and never judges."""

from __future__ import annotations

from flask import Flask
from flask.testing import FlaskClient

from planner.extensions import db
from planner.models import Case
from tests.factories import Household
from tests.pages import get, words
from tests.views.test_loans import base


def decoded(client: FlaskClient, household: Household, query: str) -> str:
    return words(get(client, f"{base(household)}/decode?{query}"))


def test_the_decoder_compares_with_the_lines_and_never_judges(household: Household, borrower: FlaskClient) -> None:
    # 10,000 for 12 x 1,000: about 35.07 % a year (the annuity factor 10 gives 2.9229 % a month), above 24 % and 4 x 3.0 %.
    text = decoded(borrower, household, "principal=10000&payment=1000&instalments=12&advertised_rate=12")
    for figure in ("35.07%", "24%", "12%", "Ask the lender for the all-in cost table", "may fall outside the guideline",
                   "Only for: loans between private people", "press reports; not a limit for one loan"):  # fmt: skip
        assert figure in text
    assert "illegal" not in text.lower()
    # At 12 % a year: 10,000 x 0.01 / (1 - 1.01^-12) = 888.49, x 12 = 10,661.88; 1,338.12 of 2,000 is 67 %.
    for figure in ("¥10,661.88", "¥1,338.12", "That is 67% of the cost"):
        assert figure in text


def test_the_decoder_takes_the_line_of_the_contracts_day(household: Household, borrower: FlaskClient) -> None:
    # LPR 3.85 % in 2021: four times 15.4 %; 16.2 % is above it.
    text = decoded(borrower, household, "principal=20000&payment=1816.67&instalments=12&start_date=2021-06-18")
    assert "The line lies at 15.4%, this offer at 16.22%" in text
    assert "2025" not in text.split("Beside known lines")[0]
    assert "micro-loan" not in text


def test_the_decoder_counts_days_when_both_are_known(household: Household, borrower: FlaskClient) -> None:
    # One payment of 11,000 for 10,000 after 73 days (a fifth of a year): 1.1^5 - 1 = 61.05 % with interest on interest.
    query = "principal=10000&payment=11000&instalments=1&start_date=2026-01-01&first_due_date=2026-03-15"
    text = decoded(borrower, household, query)
    assert "61.05%" in text
    assert "The days from the payout to each payment count" in text
    # Without dates one month lies in between: 10 % a month, 120 % a year.
    assert "120.0%" in decoded(borrower, household, "principal=10000&payment=11000&instalments=1")
    html = get(
        borrower,
        f"{base(household)}/decode?{query}&first_due_date=x&start_date=2026-09-01".replace(
            "first_due_date=2026-03-15", ""
        ),
        422,
    )
    assert "Enter a date such as" in words(html)
    late = "principal=10000&payment=11000&instalments=1&start_date=2026-04-01&first_due_date=2026-03-15"
    assert "before the money was paid out" in words(get(borrower, f"{base(household)}/decode?{late}", 422))


def test_a_case_without_lines_shows_none(app: Flask, household: Household, stranger: FlaskClient) -> None:
    for code, shown in (("EUR", False), ("GBP", False), ("USD", True)):
        with app.app_context():
            db.session.get_one(Case, household.stranger_case_id).currency = code
            db.session.commit()
        page = f"/c/{household.stranger_case_id}/loans/decode?principal=10000&payment=1000&instalments=12"
        assert ("Beside known lines" in words(get(stranger, page))) is shown
    with app.app_context():
        db.session.get_one(Case, household.stranger_case_id).currency = "GBP"
        db.session.commit()
    # 300 for one payment of 620 after a month: the cost is 320, more than the 300 received.
    page = f"/c/{household.stranger_case_id}/loans/decode?principal=300&payment=500&instalments=1"
    text = words(get(stranger, page))
    assert "The line lies at 100%, this offer at 66.67%" in text
    assert "not above" in text


def test_what_was_decoded_goes_on_to_the_loan_with_its_dates(household: Household, borrower: FlaskClient) -> None:
    query = "principal=10000&payment=1000&instalments=12&start_date=2026-11-20&first_due_date=2026-12-25"
    html = get(borrower, f"{base(household)}/new?{query}")
    for value in ("10000", "1000", "12", "2026-11-20", "2026-12-25"):
        assert f'value="{value}"' in html
    # Without a day it starts today.
    assert 'value="2026-12-09"' in get(borrower, f"{base(household)}/new?principal=10000&payment=1000&instalments=12")
