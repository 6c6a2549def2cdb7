"""The agency: who works there, who looks after it, and the clients it makes files for."""

from __future__ import annotations

import io

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from planner.agencies import command
from planner.extensions import db
from planner.models import (
    Agency,
    AgencyMember,
    AgencyRole,
    AuditAct,
    AuditEntry,
    Case,
    Client,
    Consent,
    Invitation,
    Membership,
)
from tests.agency import Desk, give_consent
from tests.consenting import CLIENT, SPOKEN, TERMS, VERBAL, invite_client, shown
from tests.factories import Household, make_user, sign_in_as
from tests.pages import get, post, words


def member_id(app: Flask, user_id: int) -> int:
    with app.app_context():
        return db.session.scalars(select(AgencyMember.id).where(AgencyMember.user_id == user_id)).one()


def role_of(app: Flask, user_id: int) -> str | None:
    with app.app_context():
        return db.session.scalar(select(AgencyMember.role).where(AgencyMember.user_id == user_id))


FOR_ADMINS = ("/agency/edit", "/agency/members/invite")
POSTS = (
    "/agency/edit", "/agency/members/invite", "/agency/members/invitations/1/cancel", "/agency/members/1/role",
    "/agency/members/1/remove",
)  # fmt: skip


def test_members_see_their_colleagues_and_administrators_manage(
    app: Flask, lin: FlaskClient, admin: FlaskClient
) -> None:
    text, page = words(get(lin, "/agency")), get(admin, "/agency")
    for name in ("Wu Yan", "Lin Yan", "Chen Yan"):
        assert name in text
    assert "Remove" not in text
    assert "Make administrator" in page
    for address in FOR_ADMINS:
        get(admin, address)


def test_a_counsellor_manages_nobody(lin: FlaskClient) -> None:
    for address in FOR_ADMINS:
        get(lin, address, 403)
    for address in POSTS:
        post(lin, address, {"role": "admin", "name": "Mine"}, 403)


def test_nobody_else_finds_an_agency(borrower: FlaskClient, desk: Desk) -> None:
    for address in ("/agency", "/agency/invite", "/agency/verbal", "/agency/invitation", *FOR_ADMINS):
        get(borrower, address, 404)
    for address in (*POSTS, "/agency/invite", "/agency/verbal", "/agency/clients/1/claim"):
        post(borrower, address, {}, 404)


def test_without_a_second_proof_nothing_opens(app: Flask, desk: Desk) -> None:
    bare = sign_in_as(app, desk.admin_id)
    assert bare.get("/agency").location.startswith("/")
    assert bare.get("/agency").status_code == 302
    assert bare.post("/agency/members/invite", data={"role": "admin"}).status_code == 302
    with app.app_context():
        assert not db.session.scalars(select(Invitation)).all()


def test_the_agencys_name_and_how_to_reach_it(app: Flask, admin: FlaskClient) -> None:
    text = words(post(admin, "/agency/edit", {"name": "", "phone": "1", "email": "nobody"}, 422))
    assert "Enter the name of the agency" in text
    assert "Enter a whole address" in text
    post(admin, "/agency/edit", {"name": "Harbour", "phone": "1", "email": "a@harbour.example", "created_at": "x"}, 303)
    with app.app_context():
        row = db.session.scalars(select(Agency)).one()
        assert (row.name, row.phone, row.email) == ("Harbour", "1", "a@harbour.example")


def test_roles_change_but_one_administrator_stays(app: Flask, admin: FlaskClient, desk: Desk) -> None:
    lin, wu = member_id(app, desk.lin_id), member_id(app, desk.admin_id)
    post(admin, f"/agency/members/{wu}/role", {"role": "counsellor"}, 303)
    assert role_of(app, desk.admin_id) == AgencyRole.ADMIN
    assert "keeps at least one administrator" in get(admin, "/agency")
    post(admin, f"/agency/members/{wu}/remove", {}, 303)
    assert role_of(app, desk.admin_id) == AgencyRole.ADMIN
    post(admin, f"/agency/members/{lin}/role", {"role": "owner"}, 404)
    post(admin, f"/agency/members/{lin}/role", {"role": "admin"}, 303)
    post(admin, f"/agency/members/{wu}/role", {"role": "counsellor"}, 303)
    assert (role_of(app, desk.lin_id), role_of(app, desk.admin_id)) == ("admin", "counsellor")
    get(admin, "/agency/edit", 403)


def test_whoever_is_removed_is_let_in_by_nobody_any_more(
    app: Flask, admin: FlaskClient, lin: FlaskClient, household: Household, desk: Desk
) -> None:
    path, _code = invite_client(lin)
    with app.app_context():
        give_consent(household.case_id, desk, desk.lin_id)
        db.session.commit()
    get(lin, f"/c/{household.case_id}/budget")
    post(admin, f"/agency/members/{member_id(app, desk.lin_id)}/remove", {}, 303)
    get(lin, f"/c/{household.case_id}/budget", 404)
    get(lin, "/agency", 404)
    get(admin, path, 404)
    with app.app_context():
        row = db.session.scalars(select(Consent)).one()
        assert row.ended_by_id == desk.admin_id
        assert (
            db.session.scalars(select(AuditEntry).where(AuditEntry.act == AuditAct.END)).one().who.startswith("Lin Yan")
        )


def test_another_agency_is_out_of_reach(app: Flask, admin: FlaskClient, household: Household) -> None:
    with app.app_context():
        db.session.add(Agency(name="Other", created_at=db.session.scalars(select(Agency)).one().created_at))
        db.session.flush()
        other = db.session.scalars(select(Agency).where(Agency.name == "Other")).one()
        db.session.add(
            AgencyMember(agency_id=other.id, user_id=household.stranger_id, role="admin", created_at=other.created_at)
        )
        db.session.commit()
    theirs = member_id(app, household.stranger_id)
    post(admin, f"/agency/members/{theirs}/role", {"role": "counsellor"}, 404)
    post(admin, f"/agency/members/{theirs}/remove", {}, 404)
    assert role_of(app, household.stranger_id) == "admin"
    other_admin = sign_in_as(app, household.stranger_id, second_factor=True)
    post(admin, "/agency/members/invite", {"role": "admin"}, 303)
    post(other_admin, "/agency/members/invitations/1/cancel", {}, 404)
    assert "Harbour" not in get(other_admin, "/agency")


def test_an_invitation_to_a_colleague_is_shown_once_and_can_be_cancelled(
    app: Flask, admin: FlaskClient, stranger: FlaskClient
) -> None:
    post(admin, "/agency/members/invite", {"role": "boss"}, 422)
    post(admin, "/agency/members/invite", {"role": "admin"}, 303)
    path, _code = shown(get(admin, "/agency/invitation"))
    assert post_location(admin) == "/agency"
    assert "as an administrator" in words(get(stranger, path))
    post(admin, "/agency/members/invitations/1/cancel", {}, 303)
    get(stranger, path, 404)
    post(admin, "/agency/members/invitations/1/cancel", {}, 404)


def post_location(client: FlaskClient) -> str | None:
    answer = client.get("/agency/invitation")
    assert answer.status_code == 303
    return answer.location


# Clients.


def test_a_client_is_asked_and_stands_on_the_list(app: Flask, lin: FlaskClient, chen: FlaskClient, desk: Desk) -> None:
    get(lin, "/agency/invite")
    invite_client(lin)
    with app.app_context():
        row = db.session.scalars(select(Client)).one()
        assert (row.name, row.number, row.counsellor_id, row.case_id) == ("Sun Qian", 1, desk.lin_id, None)
        key = db.session.scalars(select(Invitation.id)).one()
    assert "Not answered yet" in get(lin, "/agency/invite")
    assert "Not answered yet" not in get(chen, "/agency/invite")
    post(chen, f"/agency/invitations/{key}/cancel", {}, 404)
    post(lin, f"/agency/invitations/{key}/cancel", {}, 303)
    assert "Not answered yet" not in get(lin, "/agency/invite")


@pytest.mark.parametrize("wrong", [{"name": ""}, {"scope": "all"}, {"until": "2030-01-01"}, {"name": "x" * 81}])
def test_a_client_cannot_be_asked_wrongly(app: Flask, lin: FlaskClient, wrong: dict[str, str]) -> None:
    page = post(lin, "/agency/invite", CLIENT | TERMS | wrong, 422)
    assert "138 0000 0000" in page
    with app.app_context():
        assert not db.session.scalars(select(Client)).all()


def test_a_file_is_made_with_what_was_said_aloud(
    app: Flask, lin: FlaskClient, chen: FlaskClient, admin: FlaskClient, desk: Desk
) -> None:
    assert "You make the file for them" in get(lin, "/agency/verbal")
    form = VERBAL | {
        "currency": "GBP",
        "timezone": "Europe/London",
        "locale": "en",
        "spoken_time": "0:05",
        "spoken_how": "video",
    }
    post(lin, "/agency/verbal", form, 303)
    with app.app_context():
        row = db.session.scalars(select(Consent)).one()
        case = db.session.get_one(Case, row.case_id)
        assert (case.currency, case.timezone, case.locale) == ("GBP", "Europe/London", "en")
        assert not db.session.scalars(select(Membership).where(Membership.case_id == case.id)).all()
        assert (row.how, row.recorded_by_id, row.given_by_id) == ("verbal", desk.lin_id, None)
        assert (row.spoken_by, row.spoken_how, row.spoken_at.isoformat()) == (
            "Sun Qian",
            "video",
            "2026-12-09T00:05:00+00:00",
        )
        assert (row.scope, row.parts) == ("propose", ["budget", "loans"])
        assert db.session.scalars(select(Client)).one().case_id == case.id
        assert db.session.scalars(select(AuditEntry).where(AuditEntry.act == AuditAct.GRANT)).one().case_id == case.id
        address = f"/c/{case.id}/budget"
    get(lin, address)
    for person in (chen, admin):
        get(person, address, 404)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [({"spoken_on": "2026-12-10"}, "This is still to come"), ({"spoken_time": "09:00"}, "This is still to come"),
     ({"spoken_time": "25:00"}, "Enter the time as 14:30"), ({"spoken_by": ""}, "Enter the client's name"),
     ({"spoken_how": "dream"}, "Choose one of the options"), ({"timezone": "Mars/Base"}, "Choose one of the options"),
     ({"currency": "XXX"}, "Choose one of the options"), ({"spoken_on": ""}, "Enter the day it was said")],
)  # fmt: skip
def test_what_was_said_must_make_sense(app: Flask, lin: FlaskClient, wrong: dict[str, str], said: str) -> None:
    page = post(lin, "/agency/verbal", VERBAL | wrong, 422)
    assert said in words(page).replace("&#39;", "'")
    assert "138 0000 0000" in page
    with app.app_context():
        assert not db.session.scalars(select(Consent)).all()
        assert not db.session.scalars(select(Client)).all()


def test_a_client_without_a_phone_is_handed_over_by_what_they_say(
    app: Flask, lin: FlaskClient, chen: FlaskClient, desk: Desk
) -> None:
    client_id = int(post(lin, "/agency/verbal", VERBAL, 303).rsplit("/", 1)[1])
    page = get(lin, f"/agency/clients/{client_id}/hand-over")
    assert "write down what they said to it" in page
    form = (
        {"colleague": member_id(app, desk.chen_id)}
        | SPOKEN
        | TERMS
        | {"spoken_how": "in_person", "until": "2027-06-01"}
    )
    post(lin, f"/agency/clients/{client_id}/hand-over", {"colleague": form["colleague"]}, 422)
    post(lin, f"/agency/clients/{client_id}/hand-over", form, 303)
    with app.app_context():
        old, new = db.session.scalars(select(Consent).order_by(Consent.id)).all()
        assert old.ended_at is not None
        assert (new.user_id, new.how, new.spoken_how, new.recorded_by_id) == (
            desk.chen_id,
            "verbal",
            "in_person",
            desk.lin_id,
        )
        assert new.expires_at.isoformat() == "2027-06-01T16:00:00+00:00"
        row = db.session.scalars(select(Client)).one()
        assert (row.counsellor_id, row.name) == (desk.chen_id, "Sun Qian")
        case_id = new.case_id
    get(chen, f"/c/{case_id}/budget")
    get(lin, f"/c/{case_id}/budget", 404)
    get(lin, f"/agency/clients/{client_id}/hand-over", 404)


def test_only_ones_own_client_goes_to_a_colleague_of_ones_own(
    app: Flask, lin: FlaskClient, chen: FlaskClient, admin: FlaskClient, household: Household, desk: Desk
) -> None:
    with app.app_context():
        give_consent(household.case_id, desk, desk.lin_id)
        key = db.session.scalars(select(Client.id)).one()
        db.session.commit()
    form = {"colleague": member_id(app, desk.chen_id)}
    for person in (chen, admin):
        get(person, f"/agency/clients/{key}/hand-over", 404)
        post(person, f"/agency/clients/{key}/hand-over", form, 404)
    for wrong in ("", "999999", str(member_id(app, desk.lin_id)), "x"):
        post(lin, f"/agency/clients/{key}/hand-over", {"colleague": wrong}, 422)
    get(lin, "/agency/clients/999/hand-over", 404)
    post(lin, f"/agency/clients/{key}/claim", {}, 404)  # the household has it already
    with app.app_context():
        assert db.session.scalar(select(func.count(Invitation.id))) == 0


def test_rows_of_the_more_page(app: Flask, borrower: FlaskClient, desk: Desk) -> None:
    text = words(get(borrower, "/c/1/more"))
    assert "Nobody outside your household has access" in text
    assert "My desk" not in text
    with app.app_context():
        db.session.add(AgencyMember(agency_id=desk.agency_id, user_id=1, role="counsellor",
                                    created_at=db.session.scalars(select(Agency)).one().created_at))  # fmt: skip
        db.session.commit()
    page = get(borrower, "/c/1/more")
    assert 'href="/desk"' in page
    assert 'href="/agency"' in page


# The command.


def run(app: Flask, name: str, email: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    with app.app_context():
        return command.run(name, email, out=out, err=err), out.getvalue(), err.getvalue()


def test_the_command_makes_an_agency_for_an_account(app: Flask, household: Household) -> None:
    assert run(app, "  New   Start ", "SUN@example.org")[0] == 0
    with app.app_context():
        row = db.session.scalars(select(AgencyMember)).one()
        assert (row.agency.name, row.user_id, row.role) == ("New Start", household.user_id, "admin")
    status, _out, err = run(app, "Another", "sun@example.org")
    assert (status, "belongs to an agency already" in err) == (2, True)


@pytest.mark.parametrize(
    ("name", "email", "said"),
    [
        ("", "sun@example.org", "1 to 120"),
        ("x" * 121, "sun@example.org", "1 to 120"),
        ("A", "nobody@example.org", "no account"),
    ],
)
def test_the_command_says_what_is_wrong(app: Flask, household: Household, name: str, email: str, said: str) -> None:
    status, out, err = run(app, name, email)
    assert (status, out) == (2, "")
    assert said in err
    with app.app_context():
        assert not db.session.scalars(select(Agency)).all()


def test_an_account_may_be_a_borrower_and_a_counsellor(app: Flask, desk: Desk) -> None:
    with app.app_context():
        make_user("both@example.org")
        db.session.commit()
    assert run(app, "Second", "both@example.org")[0] == 0


def test_whoever_alone_can_open_a_file_hands_it_over_before_they_go(
    app: Flask, desk: Desk, lin: FlaskClient, admin: FlaskClient
) -> None:
    post(lin, "/agency/verbal", VERBAL, 303)
    address = f"/agency/members/{member_id(app, desk.lin_id)}/remove"
    post(admin, address, {}, 303)
    assert "look after 1 file that only they can open" in words(get(admin, "/agency"))
    assert role_of(app, desk.lin_id) == "counsellor"
    with app.app_context():
        give_consent(db.session.scalars(select(Consent.case_id)).one(), desk, desk.chen_id)
        db.session.commit()
    post(admin, address, {}, 303)
    assert role_of(app, desk.lin_id) is None
