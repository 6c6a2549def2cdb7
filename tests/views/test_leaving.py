"""A counsellor leaves: the clients whom the agency alone knows stay with it, and are handed on."""

from __future__ import annotations

import io
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from planner.extensions import db
from planner.models import AgencyMember, AgencyRole, Client, Invitation
from tests.agency import Desk, give_consent
from tests.conftest import NOW
from tests.consenting import VERBAL, invite_client
from tests.factories import Household
from tests.pages import get, post, words

LIST = b"name,contact\nZhao Min,13800000001\nQian Li,13800000002\n"
MEETING = {"day": "2026-12-20", "time": "10:00", "minutes": "45", "how": "in_person"}


def member_id(app: Flask, user_id: int) -> int:
    with app.app_context():
        return db.session.scalars(select(AgencyMember.id).where(AgencyMember.user_id == user_id)).one()


def keepers(app: Flask) -> dict[str | None, int]:
    """Who looks after each client, by name."""
    with app.app_context():
        return {client.name: client.counsellor_id for client in db.session.scalars(select(Client))}


@pytest.fixture
def listed(app: Flask, lin: FlaskClient) -> None:
    """Lin took a list over: two clients without a file, one of whom has an appointment."""
    page = lin.post("/desk/import", data={"file": (io.BytesIO(LIST), "a.csv")}, content_type="multipart/form-data")
    packed = re.search(r'name="list"[^>]*value="([^"]+)"', page.get_data(as_text=True))
    assert packed
    post(lin, "/desk/import/confirm", {"list": packed[1]}, 303)
    post(lin, "/desk/clients/1/appointments/new", MEETING, 303)


def remove_lin(app: Flask, by: FlaskClient, desk: Desk) -> None:
    post(by, f"/agency/members/{member_id(app, desk.lin_id)}/remove", {}, 303)


def test_clients_without_a_file_go_to_the_administrator_who_removes_their_counsellor(
    app: Flask, desk: Desk, lin: FlaskClient, admin: FlaskClient, chen: FlaskClient, listed: None
) -> None:
    remove_lin(app, admin, desk)
    assert keepers(app) == {"Zhao Min": desk.admin_id, "Qian Li": desk.admin_id}
    assert "Zhao Min" in get(admin, "/desk")
    assert "20 Dec 10:00" in words(get(admin, "/desk/clients/1"))
    get(admin, "/desk/clients/1/appointments/1")
    get(chen, "/desk/clients/1", 404)


def test_a_household_s_file_goes_to_nobody_with_its_counsellor(
    app: Flask, household: Household, desk: Desk, lin: FlaskClient, admin: FlaskClient
) -> None:
    with app.app_context():
        give_consent(household.case_id, desk, desk.lin_id)
        db.session.commit()
    remove_lin(app, admin, desk)
    assert keepers(app) == {None: desk.lin_id}
    get(admin, "/desk/clients/1", 404)
    get(admin, f"/c/{household.case_id}/budget", 404)


def test_an_administrator_who_leaves_passes_them_to_another(
    app: Flask, desk: Desk, lin: FlaskClient, listed: None
) -> None:
    with app.app_context():
        db.session.scalars(
            select(AgencyMember).where(AgencyMember.user_id == desk.lin_id)
        ).one().role = AgencyRole.ADMIN
        db.session.commit()
    remove_lin(app, lin, desk)
    assert set(keepers(app).values()) == {desk.admin_id}


def test_a_client_without_a_file_is_handed_on_with_nobody_asked(
    app: Flask, desk: Desk, lin: FlaskClient, chen: FlaskClient, admin: FlaskClient, listed: None
) -> None:
    assert "/agency/clients/1/hand-over" in get(lin, "/desk/clients/1")
    assert "nobody is asked" in words(get(lin, "/agency/clients/1/hand-over"))
    form = {"colleague": member_id(app, desk.chen_id)}
    for person in (chen, admin):
        get(person, "/agency/clients/1/hand-over", 404)
        post(person, "/agency/clients/1/hand-over", form, 404)
    assert "Choose one of the options" in post(lin, "/agency/clients/1/hand-over", {"colleague": "999"}, 422)
    post(lin, "/agency/clients/1/hand-over", form, 303)
    assert keepers(app) == {"Zhao Min": desk.chen_id, "Qian Li": desk.lin_id}
    get(chen, "/desk/clients/1/appointments/1")
    get(lin, "/desk/clients/1", 404)


def test_all_without_a_file_are_handed_on_at_once_and_no_others(
    app: Flask, household: Household, desk: Desk, lin: FlaskClient, chen: FlaskClient, listed: None
) -> None:
    with app.app_context():
        give_consent(household.case_id, desk, desk.lin_id)
        db.session.commit()
    form = {"colleague": member_id(app, desk.chen_id), "all_listed": "y"}
    post(lin, "/agency/clients/1/hand-over", form, 303)
    assert keepers(app) == {"Zhao Min": desk.chen_id, "Qian Li": desk.chen_id, "Sun Qian": desk.lin_id}


def test_what_a_client_was_asked_for_ends_when_they_are_handed_on(
    app: Flask, desk: Desk, lin: FlaskClient, stranger: FlaskClient
) -> None:
    link, _code = invite_client(lin)
    post(lin, "/agency/clients/1/hand-over", {"colleague": member_id(app, desk.chen_id)}, 303)
    get(stranger, link, 404)
    with app.app_context():
        assert db.session.scalars(select(Invitation)).one().cancelled_at == NOW


def test_the_page_of_a_client_without_a_phone_leads_to_a_code_and_a_colleague(lin: FlaskClient) -> None:
    address = post(lin, "/agency/verbal", VERBAL, 303)
    key = address.rsplit("/", 1)[1]
    assert f"/agency/clients/{key}/hand-over" in get(lin, address)
    assert f"/agency/clients/{key}/claim" in get(lin, address)


def test_the_page_of_a_household_with_a_phone_offers_no_code(
    app: Flask, household: Household, desk: Desk, lin: FlaskClient
) -> None:
    with app.app_context():
        give_consent(household.case_id, desk, desk.lin_id)
        db.session.commit()
    assert "/claim" not in get(lin, "/desk/clients/1")
