"""Taking a plan away: a draft and a shared one with a button that asks first; one that a lender confirmed stays."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from planner.extensions import db
from planner.models import Arrangement, Confirmation, Proposal, Share
from tests.factories import Household
from tests.lender import Plan, make_plan, share_plan, visitor
from tests.pages import get, post, words

WORD = {
    "basis": "offer", "received_on": "2026-12-09", "reference": "HF-77", "amount": "y", "dates": "y", "review_on": "2027-03-09",
    "interest_fees": "16.2% a year goes on", "waived_silent": "y", "credit_record": "as rearranged", "breach_silent": "y",
}  # fmt: skip


@pytest.fixture
def shared(app: Flask, household: Household) -> Plan:
    """A plan shared with the consumer lender."""
    with app.app_context():
        return share_plan(household)


@pytest.fixture
def plan(household: Household, shared: Plan) -> str:
    """Its address."""
    return f"/c/{household.case_id}/plans/{shared.proposal_id}"


def counts(app: Flask) -> list[int]:
    with app.app_context():
        return [
            db.session.scalar(select(func.count()).select_from(model)) or 0
            for model in (Proposal, Share, Confirmation, Arrangement)
        ]


def agree(household: Household, borrower: FlaskClient, shared: Plan) -> None:
    post(borrower, f"/c/{household.case_id}/talks/{shared.item_id}/confirmation", WORD, status=303)


def test_a_draft_is_deleted_from_its_page(app: Flask, household: Household, borrower: FlaskClient) -> None:
    with app.app_context():
        key = make_plan(household).id
        db.session.commit()
    page = get(borrower, f"/c/{household.case_id}/plans/{key}/cause")
    assert f'action="/c/{household.case_id}/plans/{key}/delete"' in page
    assert 'data-confirm="Delete this plan? This cannot be taken back."' in page
    assert post(borrower, f"/c/{household.case_id}/plans/{key}/delete", {}).endswith("/plans")
    assert counts(app) == [0, 0, 0, 0]


def test_who_deletes_a_shared_plan_is_told_that_its_link_closes(
    app: Flask, borrower: FlaskClient, shared: Plan, plan: str
) -> None:
    for page in ("cause", "links"):
        assert 'data-confirm="Delete this plan? Its link closes at once' in get(borrower, f"{plan}/{page}")
    post(borrower, f"{plan}/delete", {})
    get(visitor(app), shared.link, 404)
    assert counts(app) == [0, 0, 0, 0]


def test_a_plan_that_a_lender_confirmed_stays_also_when_the_agreement_has_ended(
    app: Flask, household: Household, borrower: FlaskClient, shared: Plan, plan: str
) -> None:
    agree(household, borrower, shared)
    assert "hang on it. Nothing was deleted." in words(post(borrower, f"{plan}/delete", {}, status=409))
    with app.app_context():
        key = db.session.scalar(select(Arrangement.id))
    post(borrower, f"/c/{household.case_id}/agreements/{key}/end", {"reason": "broken"}, status=303)
    post(borrower, f"{plan}/delete", {}, status=409)
    assert counts(app) == [1, 1, 1, 1]
    for page in ("cause", "links"):
        assert "Delete this plan" not in get(borrower, f"{plan}/{page}")


def test_only_who_may_write_finds_the_button(viewer: FlaskClient, stranger: FlaskClient, plan: str) -> None:
    assert "Delete this plan" not in get(viewer, f"{plan}/links")
    post(viewer, f"{plan}/delete", {}, status=403)
    post(stranger, f"{plan}/delete", {}, status=404)
