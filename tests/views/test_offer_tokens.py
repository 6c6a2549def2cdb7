"""The test at hard months ends with tokens too: they stand above what holds, and nothing is left to take back."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from planner.extensions import db
from planner.models import Loan
from tests.factories import Household
from tests.pages import get, post, words

EVERYBODY = {f"n{n}-is_included": "y" for n in (1, 2, 3)}


@pytest.fixture
def plan(app: Flask, household: Household, borrower: FlaskClient) -> str:
    """A plan for all creditors of whom one comes first."""
    with app.app_context():
        loan = db.session.get(Loan, household.loan_ids["card"])
        assert loan is not None
        loan.is_priority = True
        db.session.commit()
    return post(borrower, f"/c/{household.case_id}/plans", {}).removesuffix("/cause")


def test_tokens_above_what_holds_are_said_and_ask_for_no_lower_offer(borrower: FlaskClient, plan: str) -> None:
    post(borrower, f"{plan}/cause", {"cause": "income", "new_income": "4,728"})
    for _ in range(2):
        text = words(get(borrower, f"{plan}/offer"))
        assert "Offered ¥102" in text
        assert "The plan allows at most ¥100, for all lenders together. Above it stand the tokens, ¥2 a month" in text
        for gone in ("Offer ¥100 in all", "The offers are above what survives", "A plan that breaks is worse"):
            assert gone not in text
        post(borrower, f"{plan}/offer/largest", {})


def test_with_nothing_left_the_tokens_alone_are_no_warning(borrower: FlaskClient, plan: str) -> None:
    post(borrower, f"{plan}/cause", {"cause": "income", "new_income": "4,000"})
    text = words(get(borrower, f"{plan}/offer"))
    assert "The plan leaves nothing for lenders. Above it stand the tokens, ¥3 a month together" in text
    assert "The offers are above what survives" not in text


def test_more_than_tokens_above_what_holds_is_still_warned_of(borrower: FlaskClient, plan: str) -> None:
    post(borrower, f"{plan}/cause", {"cause": "income", "new_income": "4,728"})
    post(borrower, f"{plan}/offer", EVERYBODY | {"n3-offered": "150"})
    text = words(get(borrower, f"{plan}/offer"))
    assert "A plan that breaks is worse than a smaller one that holds." in text
    assert "Offer ¥100 in all" in text
