"""A household and several counsellors of one agency: who has it in their caseload, and what goes along when that changes."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from planner.extensions import db
from planner.models import Agency, Client, Consent, Part, Scope
from tests.agency import Desk, give_consent
from tests.conftest import NOW
from tests.factories import Household
from tests.pages import get, post, words

PAGE = "/desk/clients/1"


@pytest.fixture
def both(app: Flask, household: Household, desk: Desk) -> tuple[int, int]:
    """The household let Lin in, then Chen, who looks after it by the list; keys of both consents."""
    with app.app_context():
        first = give_consent(household.case_id, desk, desk.lin_id, Scope.VIEW, (Part.BUDGET, Part.LOANS))
        second = give_consent(household.case_id, desk, desk.chen_id, days=60)
        db.session.scalars(select(Client)).one().counsellor_id = desk.chen_id
        db.session.commit()
        return first.id, second.id


def test_each_counsellor_who_is_let_in_has_the_client(
    lin: FlaskClient, chen: FlaskClient, admin: FlaskClient, both: tuple[int, int]
) -> None:
    post(chen, f"{PAGE}/tasks", {"task": "Ask for the contract", "due_on": "2026-12-11"})
    for person, until in ((lin, "5 Mar"), (chen, "3 Feb")):
        assert "Sun Qian" in get(person, "/desk")
        assert f"Consent to {until}" in words(get(person, PAGE))
        assert "Sun Qian Ask for the contract" in words(get(person, "/desk/calendar"))
        [row] = json.loads(person.post("/desk/export.json").data)["clients"]
        assert row["name"] == "Sun Qian"
    get(admin, PAGE, 404)
    assert "Sun Qian" not in get(admin, "/desk")


def test_each_sees_what_was_shared_with_them_and_no_more(
    lin: FlaskClient, chen: FlaskClient, both: tuple[int, int]
) -> None:
    assert "You may look. " in words(get(lin, PAGE)) + " "
    assert "talks with lenders" in words(get(lin, PAGE)).split("Not shared:")[1]
    assert "You may look and change things." in words(get(chen, PAGE))


def test_whoever_is_still_let_in_looks_after_the_client(
    app: Flask, household: Household, desk: Desk, lin: FlaskClient, chen: FlaskClient, borrower: FlaskClient,
    both: tuple[int, int],
) -> None:  # fmt: skip
    post(borrower, f"/c/{household.case_id}/access/{both[1]}/end", {}, 303)
    get(chen, PAGE, 404)
    assert "Sun Qian" in words(get(lin, PAGE))
    with app.app_context():
        assert db.session.scalars(select(Client)).one().counsellor_id == desk.lin_id
    post(borrower, f"/c/{household.case_id}/access/{both[0]}/end", {}, 303)
    assert "withdrawn" in words(get(lin, PAGE))
    assert "Sun Qian" not in get(lin, PAGE)


def test_a_consent_whose_time_is_over_opens_nothing_and_takes_nobody_s_place(
    app: Flask, lin: FlaskClient, chen: FlaskClient, both: tuple[int, int]
) -> None:
    with app.app_context():
        db.session.get_one(Consent, both[0]).expires_at = NOW - timedelta(seconds=1)
        db.session.commit()
    get(lin, PAGE, 404)
    assert "Sun Qian" not in get(lin, "/desk")
    assert "Sun Qian" in get(chen, "/desk")


def test_a_consent_to_another_agency_s_counsellor_opens_no_page_of_this_one(
    app: Flask, lin: FlaskClient, both: tuple[int, int]
) -> None:
    with app.app_context():
        other = Agency(name="Other", created_at=NOW)
        db.session.add(other)
        db.session.flush()
        db.session.scalars(select(Client)).one().agency_id = other.id
        db.session.commit()
    get(lin, PAGE, 404)


def test_a_second_counsellor_costs_no_query_more(
    count_queries: Callable[[], int], household: Household, app: Flask, desk: Desk, chen: FlaskClient
) -> None:
    seen = []
    for user_id in (desk.chen_id, desk.lin_id):
        with app.app_context():
            give_consent(household.case_id, desk, user_id)
            db.session.commit()
        get(chen, "/desk")
        before = count_queries()
        get(chen, "/desk")
        seen.append(count_queries() - before)
    assert seen[0] == seen[1] < 10
