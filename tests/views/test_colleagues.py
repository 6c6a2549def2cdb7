"""A household and several counsellors of one agency: who has it in their caseload, and what goes along when that changes."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from planner.extensions import db
from planner.models import Agency, AgencyMember, Appointment, Client, Consent, Invitation, Part, Scope
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


# ---- Appointments ----

MEETING = {"day": "2026-12-20", "time": "10:00", "minutes": "45", "how": "in_person", "text": "Plan for Haier"}
NEW = f"{PAGE}/appointments/new"
ONE = f"{PAGE}/appointments/1"


@pytest.fixture
def alone(app: Flask, household: Household, desk: Desk) -> int:
    """Lin is let in, nobody else; the key of the consent."""
    with app.app_context():
        made = give_consent(household.case_id, desk, desk.lin_id)
        db.session.commit()
        return made.id


def meetings(app: Flask) -> list[tuple[datetime, int]]:
    with app.app_context():
        return [(row.starts_at, row.counsellor_id) for row in db.session.scalars(select(Appointment))]


def hand_over(app: Flask, household: Household, desk: Desk, lin: FlaskClient, borrower: FlaskClient) -> None:
    """From Lin to Chen, with the household's word."""
    with app.app_context():
        chen = db.session.scalars(select(AgencyMember.id).where(AgencyMember.user_id == desk.chen_id)).one()
    post(lin, "/agency/clients/1/hand-over", {"colleague": chen}, 303)
    with app.app_context():
        key = db.session.scalars(select(Invitation.id)).one()
    post(borrower, f"/c/{household.case_id}/access/questions/{key}", {"answer": "yes"}, 303)


def test_coming_appointments_go_along_at_a_hand_over_and_past_ones_stay(
    app: Flask, household: Household, desk: Desk, lin: FlaskClient, chen: FlaskClient, borrower: FlaskClient, alone: int
) -> None:
    post(lin, NEW, MEETING)
    with app.app_context():
        own = {"agency_id": desk.agency_id, "client_id": 1, "counsellor_id": desk.lin_id, "minutes": 30, "how": "phone"}
        db.session.add(Appointment(starts_at=NOW - timedelta(days=2), created_at=NOW, **own))
        db.session.commit()
    hand_over(app, household, desk, lin, borrower)
    assert [who for _at, who in meetings(app)] == [desk.chen_id, desk.lin_id]
    assert "Chen Yan" in words(get(borrower, f"/c/{household.case_id}/from-counsellors"))
    assert "10:00" in words(get(chen, "/desk/calendar"))
    assert "10:00" not in words(get(lin, "/desk/calendar"))
    get(lin, ONE, 404)
    post(lin, f"{ONE}/cancel", {}, 404)
    get(chen, ONE)
    post(chen, f"{ONE}/cancel", {}, 303)
    assert [who for _at, who in meetings(app)] == [desk.lin_id]


def test_once_nobody_is_let_in_no_appointment_is_left(
    app: Flask, household: Household, lin: FlaskClient, borrower: FlaskClient, alone: int
) -> None:
    post(lin, NEW, MEETING)
    shared = f"/c/{household.case_id}/from-counsellors"
    assert "20 Dec 10:00" in words(get(borrower, shared))
    post(borrower, f"/c/{household.case_id}/access/{alone}/end", {}, 303)
    assert meetings(app) == []
    assert "20 Dec" not in words(get(borrower, shared))


def test_with_one_of_two_out_the_other_s_appointments_stay(
    app: Flask, household: Household, desk: Desk, lin: FlaskClient, chen: FlaskClient, borrower: FlaskClient,
    both: tuple[int, int],
) -> None:  # fmt: skip
    post(lin, NEW, MEETING)
    post(chen, NEW, MEETING | {"day": "2026-12-21"})
    post(borrower, f"/c/{household.case_id}/access/{both[1]}/end", {}, 303)
    assert [who for _at, who in meetings(app)] == [desk.lin_id]


def test_an_appointment_is_on_no_list_while_consent_is_over_by_its_time(
    app: Flask, household: Household, lin: FlaskClient, borrower: FlaskClient, alone: int
) -> None:
    post(lin, NEW, MEETING)
    with app.app_context():
        db.session.get_one(Consent, alone).expires_at = NOW - timedelta(seconds=1)
        db.session.commit()
    assert "20 Dec" not in words(get(borrower, f"/c/{household.case_id}/from-counsellors"))
    assert "10:00" not in words(get(lin, "/desk/calendar"))
