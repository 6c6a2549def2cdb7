"""A file made for a client without a phone, after the consent that was said aloud is over: said anew, or taken over by code."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from planner.extensions import db
from planner.models import AgencyMember, AuditAct, AuditEntry, Client, Consent
from tests.agency import Desk, give_consent
from tests.conftest import NOW
from tests.consenting import SPOKEN, TERMS, VERBAL, shown
from tests.factories import Household
from tests.pages import get, post, words

PAGE, AGAIN, CLAIM = "/desk/clients/1", "/agency/clients/1/verbal-again", "/agency/clients/1/claim"
SAID = SPOKEN | TERMS | {"scope": "edit", "until": "2027-03-01", "spoken_how": "in_person"}


@pytest.fixture
def over(app: Flask, lin: FlaskClient) -> int:
    """The key of a file whose consent is over by its time; Lin made it."""
    post(lin, "/agency/verbal", VERBAL, 303)
    return expire(app)


def expire(app: Flask) -> int:
    with app.app_context():
        row = db.session.scalars(select(Consent).order_by(Consent.id.desc()).limit(1)).one()
        row.expires_at = NOW - timedelta(minutes=1)
        db.session.commit()
        return row.case_id


def test_what_is_said_anew_opens_the_file_again(app: Flask, desk: Desk, lin: FlaskClient, over: int) -> None:
    get(lin, f"/c/{over}/budget", 404)
    assert AGAIN in get(lin, PAGE)
    page = get(lin, AGAIN)
    assert 'value="Sun Qian"' in page
    assert "What may you do?" in words(page)
    assert post(lin, AGAIN, SAID, 303) == PAGE
    get(lin, f"/c/{over}/budget")
    assert "Sun Qian" in words(get(lin, PAGE))
    with app.app_context():
        old, new = db.session.scalars(select(Consent).order_by(Consent.id))
        assert old.ended_at == old.expires_at
        assert (new.how, new.scope, new.spoken_how, new.recorded_by_id) == ("verbal", "edit", "in_person", desk.lin_id)
        granted = select(AuditEntry).where(AuditEntry.case_id == over, AuditEntry.act == AuditAct.GRANT)
        assert len(db.session.scalars(granted).all()) == 2


def test_it_can_be_said_anew_before_it_is_over_and_nothing_is_lost(app: Flask, lin: FlaskClient) -> None:
    post(lin, "/agency/verbal", VERBAL, 303)
    assert AGAIN in get(lin, PAGE)
    post(lin, AGAIN, SAID, 303)
    with app.app_context():
        assert [bool(row.ended_at) for row in db.session.scalars(select(Consent).order_by(Consent.id))] == [True, False]
        assert db.session.scalars(select(Client.name)).one() == "Sun Qian"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [({"spoken_by": ""}, "Enter the client's name"), ({"spoken_on": "2026-12-10"}, "This is still to come"),
     ({"until": "2028-01-01"}, "Enter a date between"), ({"budget": "", "loans": ""}, "Tick at least one part")],
)  # fmt: skip
def test_bad_input_is_refused_and_kept(
    app: Flask, lin: FlaskClient, over: int, wrong: dict[str, str], said: str
) -> None:
    form = {name: value for name, value in (SAID | wrong).items() if value}
    page = post(lin, AGAIN, form, 422)
    assert said in words(page).replace("&#39;", "'")
    assert 'value="08:00"' in page
    get(lin, f"/c/{over}/budget", 404)


def test_a_code_is_made_after_consent_is_over_and_the_client_owns_the_file(
    app: Flask, lin: FlaskClient, stranger: FlaskClient, over: int
) -> None:
    post(lin, CLAIM, {}, 303)
    path = shown(get(lin, "/agency/invitation"))[0]
    post(stranger, f"{path}/accept", {}, 303)
    get(stranger, f"/c/{over}/budget")
    get(lin, f"/c/{over}/budget", 404)
    get(lin, AGAIN, 404)
    post(lin, AGAIN, SAID, 404)
    assert AGAIN not in get(lin, PAGE)


def test_nobody_else_writes_consent_down(
    app: Flask, household: Household, desk: Desk, lin: FlaskClient, chen: FlaskClient, admin: FlaskClient,
    borrower: FlaskClient, over: int,
) -> None:  # fmt: skip
    for person in (chen, admin, borrower):
        get(person, AGAIN, 404)
        post(person, AGAIN, SAID, 404)
        post(person, CLAIM, {}, 404)
    with app.app_context():
        give_consent(household.case_id, desk, desk.lin_id)
        key = db.session.scalars(select(Client.id).where(Client.case_id == household.case_id)).one()
        db.session.commit()
    get(lin, f"/agency/clients/{key}/verbal-again", 404)
    post(lin, f"/agency/clients/{key}/verbal-again", SAID, 404)
    with app.app_context():
        assert len(db.session.scalars(select(Consent)).all()) == 2


def test_whoever_handed_the_file_over_cannot_come_back_in(
    app: Flask, desk: Desk, lin: FlaskClient, chen: FlaskClient
) -> None:
    post(lin, "/agency/verbal", VERBAL, 303)
    with app.app_context():
        to = db.session.scalars(select(AgencyMember.id).where(AgencyMember.user_id == desk.chen_id)).one()
    post(lin, "/agency/clients/1/hand-over", SAID | {"colleague": to}, 303)
    expire(app)
    post(lin, AGAIN, SAID, 404)
    get(chen, AGAIN)


def test_the_administrator_goes_on_for_a_counsellor_who_left(
    app: Flask, desk: Desk, lin: FlaskClient, admin: FlaskClient, over: int
) -> None:
    with app.app_context():
        key = db.session.scalars(select(AgencyMember.id).where(AgencyMember.user_id == desk.lin_id)).one()
    post(admin, f"/agency/members/{key}/remove", {}, 303)
    get(admin, f"/c/{over}/budget", 404)
    post(admin, AGAIN, SAID, 303)
    get(admin, f"/c/{over}/budget")
