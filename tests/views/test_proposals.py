"""The Plan tab's four steps: success, bad input, another user, a weaker role."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from planner.extensions import db
from planner.models import Proposal, ProposalVersion
from tests.factories import Household
from tests.pages import get, post, words

CAUSE = {"cause": "income", "new_income": "6400", "cause_since": "2027-01-01", "cause_text": "厂里从 1 月起取消加班。"}
OFFER = {"offered": "1,240", "first_due": "2027-01-18"}


@pytest.fixture
def plan(household: Household, borrower: FlaskClient) -> str:
    """The address of a new proposal for the consumer loan."""
    location = post(borrower, f"/c/{household.case_id}/plans", {"loan_id": str(household.loan_ids["haier"])})
    return location.removesuffix("/cause")


@pytest.fixture
def finished(borrower: FlaskClient, plan: str) -> str:
    """The address of a proposal with cause and offer, as the mock-ups have it."""
    post(borrower, f"{plan}/cause", CAUSE)
    post(borrower, f"{plan}/offer", OFFER)
    return plan


def stored(app: Flask) -> Proposal:
    with app.app_context():
        return db.session.scalars(select(Proposal).order_by(Proposal.id.desc())).first() or pytest.fail("no proposal")


def test_the_four_steps_carry_the_mock_ups_figures(borrower: FlaskClient, plan: str) -> None:
    assert "What has happened?" in get(borrower, f"{plan}/cause")
    assert post(borrower, f"{plan}/cause", CAUSE).endswith("/budget")
    text = words(get(borrower, f"{plan}/budget"))
    assert "From Jan 2027, ¥444.67 a month is missing" in text
    assert "at most ¥1,372 a month is left for 海尔消费金融" in text
    text = words(get(borrower, f"{plan}/offer?offered=1240&first_due=2027-01-18"))
    assert "¥576.67 less each month, 3 more instalments, ¥215.59 more in all." in text
    assert "¥132 a month stays for the unexpected." in text
    assert "16.2%" in text
    assert post(borrower, f"{plan}/offer", OFFER).endswith("/preview")
    text = words(get(borrower, f"{plan}/preview"))
    for figure in ("¥1,240", "¥11,115.57", "18 Sep 2027", "¥10,899.98", "厂里从 1 月起取消加班。"):
        assert figure in text


def test_the_offer_is_worked_out_without_being_saved(app: Flask, borrower: FlaskClient, plan: str) -> None:
    get(borrower, f"{plan}/offer?offered=1000&first_due=2027-01-18")
    assert stored(app).offered_minor is None


def test_an_offer_above_what_is_left_is_warned_about_and_still_allowed(borrower: FlaskClient, plan: str) -> None:
    post(borrower, f"{plan}/cause", CAUSE)
    page = get(borrower, f"{plan}/offer?offered=1500&first_due=2027-01-18")
    assert "This is more than the month leaves." in words(page)
    assert "¥128 a month would be missing." in words(page)
    post(borrower, f"{plan}/offer", OFFER | {"offered": "1500"})


@pytest.mark.parametrize(
    ("step", "change", "sentence"),
    [
        ("cause", {"cause": "lazy"}, "Choose one of the options"),
        ("cause", {"new_income": "much"}, "Use numbers only"),
        ("cause", {"cause_until": "2026-01-01"}, "This is before it began"),
        ("cause", {"cause_text": "x" * 601}, "Use at most 600 characters"),
        ("offer", {"offered": ""}, "Enter what you can keep paying"),
        ("offer", {"offered": "1"}, "This does not cover the interest"),
        ("offer", {"offered": "0"}, "Enter an amount above zero"),
        ("offer", {"first_due": "2026-12-01"}, "Enter a date between 2026-12-09"),
        ("offer", {"first_due": "2200-01-01"}, "Enter a date between"),
        ("offer", {"first_due": "soon"}, "Enter a date such as"),
    ],
)
def test_bad_input_says_what_to_type_and_writes_nothing(
    app: Flask, borrower: FlaskClient, plan: str, step: str, change: dict[str, Any], sentence: str
) -> None:
    page = post(borrower, f"{plan}/{step}", ({"cause": CAUSE, "offer": OFFER}[step]) | change, status=422)
    assert sentence in words(page)
    kept = stored(app)
    assert (kept.cause, kept.offered_minor) == (None, None)


def test_a_preview_before_there_is_an_offer_leads_back_to_it(borrower: FlaskClient, plan: str) -> None:
    assert borrower.get(f"{plan}/preview").location.endswith("/offer")
    assert borrower.get(f"{plan}/document.json").status_code == 404


def test_a_stale_save_keeps_both(borrower: FlaskClient, plan: str) -> None:
    version = re.search(r'name="version" value="(\d+)"', get(borrower, f"{plan}/cause")).group(1)  # type: ignore[union-attr]
    post(borrower, f"{plan}/cause", CAUSE | {"version": version})
    page = post(borrower, f"{plan}/cause", CAUSE | {"version": version, "cause_text": "mine"}, status=409)
    assert "Someone changed this in the meantime" in words(page)
    assert "mine" in page


@pytest.mark.parametrize("loan_id", ["", "x", "0", "999999", "9" * 30])
def test_a_proposal_for_no_loan_of_the_case_is_not_found(
    household: Household, borrower: FlaskClient, loan_id: str
) -> None:
    post(borrower, f"/c/{household.case_id}/plans", {"loan_id": loan_id}, status=404)


def test_another_user_finds_nothing_and_a_viewer_changes_nothing(
    household: Household, stranger: FlaskClient, viewer: FlaskClient, finished: str
) -> None:
    own = finished.replace(f"/c/{household.case_id}/", f"/c/{household.stranger_case_id}/")
    for address in (finished, own):
        for page in ("cause", "budget", "offer", "preview", "links", "document.pdf", "document.json"):
            get(stranger, f"{address}/{page}", 404)
        post(stranger, f"{address}/delete", {}, status=404)
        post(stranger, f"{address}/links", {"days": "14"}, status=404)
    post(stranger, f"/c/{household.stranger_case_id}/plans", {"loan_id": str(household.loan_ids["haier"])}, status=404)
    get(viewer, f"{finished}/links")
    get(viewer, f"{finished}/preview", 403)
    post(viewer, f"{finished}/cause", CAUSE, status=403)
    post(viewer, f"{finished}/links", {"days": "14"}, status=403)


def test_the_borrowers_copies_agree(borrower: FlaskClient, finished: str) -> None:
    value = json.loads(borrower.get(f"{finished}/document.json").data)
    table = borrower.get(f"{finished}/document.csv").data.decode("utf-8-sig")
    assert value["offer"]["total"] == "11115.57"
    assert value["offer"]["total"] in table
    assert [row["payment"] for row in value["instalments"]] == ["1240.00"] * 8 + ["1195.57"]
    assert borrower.get(f"{finished}/document.pdf").data.startswith(b"%PDF-")


def test_looking_freezes_nothing(app: Flask, borrower: FlaskClient, finished: str) -> None:
    borrower.get(f"{finished}/document.json")
    get(borrower, f"{finished}/preview")
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(ProposalVersion)) == 0


def test_removing_a_plan_removes_its_links(
    app: Flask, household: Household, borrower: FlaskClient, finished: str
) -> None:
    post(borrower, f"{finished}/links", {"days": "14"})
    address = re.search(r"/s/[\w-]+", get(borrower, f"{finished}/links")).group()  # type: ignore[union-attr]
    get(borrower, address)
    post(borrower, f"{finished}/delete", {})
    get(borrower, address, 404)
    assert "Your plans" not in words(get(borrower, f"/c/{household.case_id}/plans"))
