"""A client's name, place and contact on the agency's list: corrected, and taken off again where there is no file."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from planner.extensions import db
from planner.models import Client, ClientNote, ClientTask
from tests.agency import CREATED, Desk, give_consent
from tests.conftest import NOW
from tests.factories import Household, sign_in_as
from tests.pages import get, post, words

SUN = {"name": "Sun Qianqian", "place": "Qingdao", "contact": "138 0000 0000"}


@pytest.fixture
def page(app: Flask, household: Household, desk: Desk) -> str:
    """Lin's client with a file."""
    with app.app_context():
        give_consent(household.case_id, desk, desk.lin_id)
        db.session.commit()
        return f"/desk/clients/{db.session.scalars(select(Client.id)).one()}"


@pytest.fixture
def listed(app: Flask, desk: Desk) -> str:
    """Lin's client who has none: a name on the list."""
    with app.app_context():
        client = Client(agency_id=desk.agency_id, counsellor_id=desk.lin_id, number=7, name="Ma Li", created_at=CREATED)
        db.session.add(client)
        db.session.flush()
        texts = {"agency_id": desk.agency_id, "client_id": client.id, "created_at": CREATED}
        db.session.add_all([ClientNote(text="rang", **texts), ClientTask(text="ring", due_on=NOW.date(), **texts)])
        db.session.commit()
        return f"/desk/clients/{client.id}"


def stored(app: Flask) -> list[tuple[str | None, str | None, str | None]]:
    with app.app_context():
        return [(client.name, client.place, client.contact) for client in db.session.scalars(select(Client))]


def test_a_name_is_corrected_and_stands_on_the_page_and_the_list(app: Flask, lin: FlaskClient, page: str) -> None:
    assert 'value="Sun Qian"' in get(lin, f"{page}/edit")
    post(lin, f"{page}/edit", SUN)
    assert stored(app) == [("Sun Qianqian", "Qingdao", "138 0000 0000")]
    assert "Sun Qianqian Client 0001, Qingdao, 138 0000 0000" in words(get(lin, page))
    assert "Sun Qianqian" in get(lin, "/desk")


@pytest.mark.parametrize(
    ("field", "typed", "says"),
    [
        ("name", " ", "Enter the name"),
        ("name", "x" * 81, "80"),
        ("place", "x" * 81, "80"),
        ("contact", "x" * 121, "120"),
    ],
)
def test_bad_input_is_refused_beside_its_field_and_kept(
    app: Flask, lin: FlaskClient, page: str, field: str, typed: str, says: str
) -> None:
    html = post(lin, f"{page}/edit", SUN | {field: typed}, 422)
    assert says in words(html)
    assert all(f'value="{text}"' in html for name, text in SUN.items() if name != field)
    assert stored(app) == [("Sun Qian", None, None)]


def test_a_stale_save_keeps_both_texts(app: Flask, lin: FlaskClient, page: str) -> None:
    post(lin, f"{page}/edit", SUN | {"version": "1"})
    html = post(lin, f"{page}/edit", SUN | {"name": "Sun Q.", "version": "1"}, 409)
    assert "Stored now: Sun Qianqian, Qingdao, 138 0000 0000" in words(html)
    assert 'value="Sun Q."' in html
    assert stored(app)[0][0] == "Sun Qianqian"


def test_others_get_404_and_change_nothing(
    app: Flask, desk: Desk, chen: FlaskClient, borrower: FlaskClient, listed: str
) -> None:
    for browser in (chen, borrower, sign_in_as(app, desk.admin_id, second_factor=True)):
        get(browser, f"{listed}/edit", 404)
        post(browser, f"{listed}/edit", SUN, 404)
        post(browser, f"{listed}/remove", {}, 404)
    assert stored(app) == [("Ma Li", None, None)]


def test_who_has_no_file_is_taken_off_the_list_with_everything(app: Flask, lin: FlaskClient, listed: str) -> None:
    assert "Take off the list" in get(lin, f"{listed}/edit")
    assert post(lin, f"{listed}/remove", {}) == "/desk"
    with app.app_context():
        assert not [row for model in (Client, ClientNote, ClientTask) for row in db.session.scalars(select(model))]
    get(lin, listed, 404)


def test_who_has_a_file_stays(app: Flask, lin: FlaskClient, page: str) -> None:
    assert "Take off the list" not in get(lin, f"{page}/edit")
    post(lin, f"{page}/remove", {}, 404)
    assert len(stored(app)) == 1
