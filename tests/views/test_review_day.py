"""The day a plan is looked at again: ahead, while the plan runs, and none for a sum that ends it."""

from __future__ import annotations

import json
from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from planner.documents.proposal import Asked
from planner.extensions import db
from planner.models import Proposal
from tests.factories import Household
from tests.lender import make_plan
from tests.pages import get, post, words


def made(app: Flask, household: Household, asked: Asked) -> str:
    """The address of a plan that asks the consumer lender for this."""
    with app.app_context():
        key = make_plan(household, asked).id
        db.session.commit()
    return f"/c/{household.case_id}/plans/{key}"


@pytest.fixture
def plan(app: Flask, household: Household) -> str:
    """One that runs until 18 Sep 2027."""
    return made(app, household, Asked("reduce", 124000, date(2027, 1, 18)))


def offer(**more: str) -> dict[str, str]:
    return {"n1-is_included": "y", "n1-offered": "1240"} | more


def in_copy(borrower: FlaskClient, plan: str) -> tuple[str | None, str, str]:
    """The day in the value, and what the lender reads in the table and in the calendar."""
    value = json.loads(borrower.get(f"{plan}/document.json").data)
    table = borrower.get(f"{plan}/document.csv?creditor=1").get_data(as_text=True)
    calendar = borrower.get(f"{plan}/document.ics?creditor=1").get_data(as_text=True)
    return value["review_on"], table, calendar


@pytest.mark.parametrize(
    ("day", "sentence"),
    [
        ("2020-01-01", "Enter"),
        ("2026-12-08", "Enter"),
        ("2027-09-19", "The plan ends on 18 Sep 2027; enter an earlier day"),
    ],
)
def test_a_day_that_is_past_or_after_the_end_is_refused(
    app: Flask, borrower: FlaskClient, plan: str, day: str, sentence: str
) -> None:
    page = post(borrower, f"{plan}/offer", offer(review_on=day), status=422)
    assert sentence in words(page)
    assert f'value="{day}"' in page
    with app.app_context():
        assert db.session.scalars(select(Proposal.review_on)).one() is None


def test_a_day_while_it_runs_is_kept(borrower: FlaskClient, plan: str) -> None:
    post(borrower, f"{plan}/offer", offer(review_on="2027-09-18"), status=303)
    assert in_copy(borrower, plan)[0] == "2027-09-18"


def test_what_was_only_left_standing_is_not_refused_when_the_plan_gets_shorter(
    borrower: FlaskClient, plan: str
) -> None:
    assert 'value="2027-07-18"' in get(borrower, f"{plan}/offer")
    form = offer(review_on="2027-07-18") | {"n1-offered": "1900"}
    post(borrower, f"{plan}/offer", form, status=303)
    value, table, calendar = in_copy(borrower, plan)
    assert (value, "Review on" in table, "Plan: review" in calendar) == (None, False, False)


def test_a_settlement_is_not_looked_at_again(app: Flask, household: Household, borrower: FlaskClient) -> None:
    plan = made(app, household, Asked("settle", 900_000, on=date(2027, 1, 10)))
    value, table, calendar = in_copy(borrower, plan)
    assert (value, "Review on" in table, "Plan: review" in calendar) == (None, False, False)
    assert "look at it again" not in words(get(borrower, f"{plan}/preview"))
    with app.app_context():
        db.session.scalars(select(Proposal)).one().review_on = date(2027, 5, 1)
        db.session.commit()
    assert in_copy(borrower, plan)[0] is None
