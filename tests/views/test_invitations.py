"""Invitations: who may take which up, what becomes of it, that it works once, and that a bad one tells nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, true, update

from planner import clock
from planner.consent import invitations
from planner.extensions import db
from planner.models import (
    AgencyMember,
    AgencyRole,
    Client,
    ClientNote,
    Consent,
    Invitation,
    Membership,
    Role,
    User,
)
from tests.agency import Desk, give_consent
from tests.consenting import TERMS, VERBAL, invite_client, invite_counsellor, race, shown
from tests.factories import Household, make_case, make_user, sign_in_as
from tests.pages import get, post, words


def consents(app: Flask) -> list[Consent]:
    with app.app_context():
        return list(db.session.scalars(select(Consent).order_by(Consent.id)))


def guest(app: Flask, *, locale: str = "en") -> tuple[FlaskClient, int]:
    """Somebody without an account, and the key of their empty case."""
    with app.app_context():
        user = make_user(None, locale=locale)
        case_id, user_id = make_case(user).id, user.id
        db.session.commit()
    return sign_in_as(app, user_id), case_id


# A borrower invites a counsellor.


def test_a_counsellor_accepts_and_is_in(
    app: Flask, borrower: FlaskClient, lin: FlaskClient, client: FlaskClient, household: Household, desk: Desk
) -> None:
    path, _code = invite_counsellor(borrower, household.case_id)
    get(lin, f"/c/{household.case_id}/budget", 404)
    text = words(get(client, path + "?lang=en"))
    assert "sun@example.org invites a counsellor to their file" in text
    assert "Suggest changes Budget and Loans" in text
    assert "9 Mar 2027" in text
    assert post(lin, f"{path}/accept", {}, 303).startswith("/desk/clients/")
    get(lin, f"/c/{household.case_id}/budget")
    [row] = consents(app)
    assert (row.user_id, row.scope, row.parts, row.how) == (desk.lin_id, "propose", ["budget", "loans"], "invited")
    assert row.expires_at == datetime.fromisoformat("2027-03-10T00:00+08:00")
    assert row.given_by_id == household.user_id
    with app.app_context():
        made = db.session.scalars(select(Client)).one()
        assert (made.case_id, made.counsellor_id, made.agency_id) == (household.case_id, desk.lin_id, desk.agency_id)


def test_forged_fields_raise_nothing(app: Flask, borrower: FlaskClient, lin: FlaskClient, household: Household) -> None:
    path, _code = invite_counsellor(borrower, household.case_id, scope="view")
    forged = {"scope": "edit", "plans": "y", "own": "y", "until": "2099-01-01", "case_id": household.stranger_case_id,
              "kind": "claim", "role": "admin"}  # fmt: skip
    post(lin, f"{path}/accept", forged, 303)
    [row] = consents(app)
    assert (row.scope, row.parts, row.case_id) == ("view", ["budget", "loans"], household.case_id)
    assert row.expires_at.year == 2027


def test_looking_changes_nothing(
    app: Flask, borrower: FlaskClient, lin: FlaskClient, client: FlaskClient, household: Household
) -> None:
    path, _code = invite_counsellor(borrower, household.case_id)
    for reader in (client, lin, borrower):
        get(reader, path)
        assert reader.head(path).status_code == 200
    assert consents(app) == []
    with app.app_context():
        row = db.session.scalars(select(Invitation)).one()
        assert (row.used_at, row.used_by_id) == (None, None)


def test_the_borrower_cannot_accept_their_own(
    app: Flask, borrower: FlaskClient, household: Household, desk: Desk
) -> None:
    path, _code = invite_counsellor(borrower, household.case_id)
    assert "This is your own invitation" in words(get(borrower, path))
    post(borrower, f"{path}/accept", {}, 403)
    with app.app_context():  # nor somebody of the household who is a counsellor too
        db.session.add(
            Membership(case_id=household.case_id, user_id=desk.lin_id, role=Role.VIEWER, created_at=clock.now())
        )
        db.session.commit()
    post(sign_in_as(app, desk.lin_id, second_factor=True), f"{path}/accept", {}, 403)
    assert consents(app) == []


def test_what_is_missing_is_told(
    app: Flask, borrower: FlaskClient, stranger: FlaskClient, client: FlaskClient, household: Household, desk: Desk
) -> None:
    path, _code = invite_counsellor(borrower, household.case_id)
    assert "belongs to an agency" in words(post(stranger, f"{path}/accept", {}, 403))
    bare = sign_in_as(app, desk.lin_id)
    assert "second proof" in words(post(bare, f"{path}/accept", {}, 403))
    assert "Sign in with your own account first" in words(get(client, path + "?lang=en"))
    assert "/sign-in" in post(client, f"{path}/accept", {})
    assert consents(app) == []


def test_it_works_once(
    app: Flask, borrower: FlaskClient, lin: FlaskClient, chen: FlaskClient, household: Household
) -> None:
    path, code = invite_counsellor(borrower, household.case_id)
    post(lin, f"{path}/accept", {}, 303)
    for reader in (lin, chen):
        post(reader, f"{path}/accept", {}, 404)
        get(reader, path, 404)
        post(reader, "/i", {"code": code}, 404)
    assert len(consents(app)) == 1


def spoil(app: Flask, how: str) -> None:
    changes = {"expired": {"expires_at": clock_now(app)}, "used": {"used_at": clock_now(app)},
               "cancelled": {"cancelled_at": clock_now(app)}}  # fmt: skip
    with app.app_context():
        db.session.execute(update(Invitation).values(**changes[how]))
        db.session.commit()


def clock_now(app: Flask) -> datetime:
    with app.app_context():
        return clock.now()


@pytest.mark.parametrize("how", ["expired", "used", "cancelled"])
def test_expired_used_cancelled_and_unknown_look_the_same(
    app: Flask, borrower: FlaskClient, lin: FlaskClient, household: Household, how: str
) -> None:
    path, code = invite_counsellor(borrower, household.case_id)
    typed = post(lin, "/i", {"code": code}, 303)
    spoil(app, how)

    def plain(page: str) -> str:
        return re.sub(r'(nonce|value)="[^"]+"', "", page)

    unknown = plain(get(lin, "/i/AAAAAAAAAAAAAAAAAAAAAA", 404))
    assert "It may have expired or been withdrawn" in unknown
    assert {plain(get(lin, path, 404)), plain(get(lin, typed, 404)), plain(post(lin, f"{path}/accept", {}, 404))} == {
        unknown
    }
    wrong = plain(post(lin, "/i", {"code": "0000 0000 0000"}, 404))
    assert plain(post(lin, "/i", {"code": code}, 404)) == wrong
    post(lin, f"{path}/start", {}, 404)
    assert consents(app) == []


def test_an_invitation_ends_after_seven_days_to_the_second(
    app: Flask, borrower: FlaskClient, lin: FlaskClient, household: Household
) -> None:
    path, _code = invite_counsellor(borrower, household.case_id)
    with app.app_context():
        row = db.session.scalars(select(Invitation)).one()
        assert row.expires_at - row.created_at == timedelta(days=7)
        row.expires_at = clock.now() + timedelta(microseconds=1)
        db.session.commit()
    get(lin, path)


def test_one_whose_last_day_is_past_gives_nothing(
    app: Flask, borrower: FlaskClient, lin: FlaskClient, household: Household
) -> None:
    path, _code = invite_counsellor(borrower, household.case_id)
    with app.app_context():
        db.session.execute(update(Invitation).values(until=date(2026, 12, 1)))
        db.session.commit()
    post(lin, f"{path}/accept", {}, 404)
    assert consents(app) == []


def test_one_of_a_borrower_who_is_none_any_more_gives_nothing(
    app: Flask, borrower: FlaskClient, lin: FlaskClient, household: Household
) -> None:
    path, _code = invite_counsellor(borrower, household.case_id)
    with app.app_context():
        db.session.execute(update(Membership).where(Membership.user_id == household.user_id).values(role=Role.VIEWER))
        db.session.commit()
    post(lin, f"{path}/accept", {}, 404)
    assert consents(app) == []
    with app.app_context():
        assert db.session.scalars(select(Invitation)).one().used_at is None


# Codes.


@pytest.mark.parametrize("write", [str.lower, lambda c: c.replace(" ", ""), lambda c: c.replace(" ", "-"),
                                   lambda c: f"  {c}  ", lambda c: c.replace("0", "o").replace("1", "l")])  # fmt: skip
def test_a_code_is_read_as_people_write_it(
    app: Flask, borrower: FlaskClient, lin: FlaskClient, household: Household, write: Callable[[str], str]
) -> None:
    _path, code = invite_counsellor(borrower, household.case_id)
    leads_to = post(lin, "/i", {"code": write(code)}, 303)
    post(lin, f"{leads_to}/accept", {}, 303)
    assert len(consents(app)) == 1


def test_codes_are_random_and_have_no_look_alikes() -> None:
    codes = {invitations.new_code() for _each in range(500)}
    assert len(codes) == 500
    assert set("".join(codes)) == set(invitations.ALPHABET)
    assert len(invitations.ALPHABET) ** invitations.CODE_LENGTH >= 2**60
    assert not set("ILOU") & set(invitations.ALPHABET)


@pytest.mark.parametrize(
    "code", ["", "123", "ILOVE YOU", "7K3M 9QXV 2B4", "7K3M9QXV2B4DD", "7K3M 9QXV 2B4U", "'; --", "x" * 5000]
)
def test_what_is_no_code_is_refused_with_a_sentence(client: FlaskClient, code: str) -> None:
    text = post(client, "/i?lang=en", {"code": code}, 422)
    assert "12 letters and digits" in text or "Use at most" in text
    get(client, "/i")


def test_wrong_codes_are_counted_by_network(
    app: Flask, borrower: FlaskClient, lin: FlaskClient, household: Household, limits: None
) -> None:
    _path, code = invite_counsellor(borrower, household.case_id)
    guesser = app.test_client()
    guesser.environ_base["REMOTE_ADDR"] = "198.51.100.9"
    statuses = [guesser.post("/i", data={"code": f"0000 0000 {n:04}"}).status_code for n in range(12)]
    assert statuses == [404] * 10 + [429] * 2
    assert guesser.post("/i", data={"code": code}).status_code == 429
    assert guesser.post("/i", data={"code": code}, headers={"X-Forwarded-For": "203.0.113.1"}).status_code == 429
    assert lin.post("/i", data={"code": code}).status_code == 303


def test_wrong_links_are_counted_by_network(app: Flask, client: FlaskClient, limits: None) -> None:
    statuses = [client.get(f"/i/{n:022}").status_code for n in range(62)]
    assert statuses == [404] * 60 + [429] * 2


def test_a_forged_address_of_a_typed_code_opens_nothing(
    app: Flask, borrower: FlaskClient, lin: FlaskClient, household: Household
) -> None:
    invite_counsellor(borrower, household.case_id)
    with app.app_context():
        key = db.session.scalars(select(Invitation)).one().id
        wrong = invitations.sign("something else", key)
    for token in (str(key), wrong, f"{wrong}x"):
        get(lin, f"/i/{token}", 404)


def test_pages_of_invitations_are_kept_out_of_search_and_caches(
    client: FlaskClient, borrower: FlaskClient, household: Household
) -> None:
    path, _code = invite_counsellor(borrower, household.case_id)
    headers = client.get(path).headers
    assert headers["X-Robots-Tag"] == "noindex, nofollow"
    assert "no-store" in headers["Cache-Control"]
    assert headers["Referrer-Policy"] in ("same-origin", "no-referrer")


# An agency asks a client.


def test_a_client_accepts_less_than_was_asked(
    app: Flask, stranger: FlaskClient, lin: FlaskClient, household: Household, desk: Desk
) -> None:
    path, _code = invite_client(lin, scope="edit", plans="y", files="y")
    page = get(stranger, path)
    assert "Lin Yan of Harbour Debt Advice would like to work" in words(page)
    assert 'name="contacts"' not in page
    assert 'name="case"' not in page
    form = {"scope": "view", "budget": "y", "until": "2026-12-31"}
    post(stranger, f"{path}/accept", form, 303)
    [row] = consents(app)
    assert (row.scope, row.parts, row.how) == ("view", ["budget"], "accepted")
    assert row.expires_at == datetime.fromisoformat("2027-01-01T00:00+08:00")
    assert (row.case_id, row.user_id, row.given_by_id) == (
        household.stranger_case_id,
        desk.lin_id,
        household.stranger_id,
    )
    with app.app_context():
        made = db.session.scalars(select(Client)).one()
        assert (made.case_id, made.name, made.place) == (household.stranger_case_id, "Sun Qian", "Qingdao")
    get(lin, f"/c/{household.stranger_case_id}/budget")


@pytest.mark.parametrize("forged", [{"scope": "edit"}, {"until": "2027-12-01"}])
def test_a_client_cannot_be_made_to_grant_more(
    app: Flask, stranger: FlaskClient, lin: FlaskClient, forged: dict[str, str]
) -> None:
    path, _code = invite_client(lin, scope="propose")
    post(stranger, f"{path}/accept", TERMS | forged, 422)
    assert consents(app) == []
    post(stranger, f"{path}/accept", TERMS | {"files": "y", "contacts": "y", "own": "y"}, 303)
    assert consents(app)[0].parts == ["budget", "loans"]


def test_a_client_unticks_everything_and_is_asked_again(app: Flask, stranger: FlaskClient, lin: FlaskClient) -> None:
    path, _code = invite_client(lin)
    text = words(post(stranger, f"{path}/accept", {"scope": "view", "until": "2026-12-31"}, 422))
    assert "Tick at least one part" in text
    assert consents(app) == []


def test_a_client_with_several_files_chooses_one_of_their_own(
    app: Flask, stranger: FlaskClient, lin: FlaskClient, household: Household
) -> None:
    with app.app_context():
        user = db.session.get_one(User, household.stranger_id)
        second = make_case(user).id
        db.session.commit()
    path, _code = invite_client(lin)
    assert "For which of your files?" in get(stranger, path)
    post(stranger, f"{path}/accept", TERMS | {"case": household.case_id}, 422)
    post(stranger, f"{path}/accept", TERMS | {"case": second}, 303)
    assert [row.case_id for row in consents(app)] == [second]


def test_a_viewer_of_a_file_cannot_give_access_to_it(app: Flask, viewer: FlaskClient, lin: FlaskClient) -> None:
    path, _code = invite_client(lin)
    get(viewer, path, 404)
    post(viewer, f"{path}/accept", TERMS, 404)
    assert consents(app) == []


def test_somebody_without_a_phone_account_begins_as_a_guest_and_comes_back(
    app: Flask, lin: FlaskClient, client: FlaskClient
) -> None:
    path, _code = invite_client(lin)
    page = words(get(client, path + "?lang=en"))
    assert "Go on without an account" in page
    assert "a lost phone loses it" in page
    assert post(client, f"{path}/start", {}, 303) == path
    post(client, f"{path}/accept", TERMS, 303)
    [row] = consents(app)
    with app.app_context():
        assert db.session.get_one(User, row.given_by_id).is_guest


def test_nobody_of_the_agency_answers_for_the_client(
    app: Flask, lin: FlaskClient, chen: FlaskClient, admin: FlaskClient
) -> None:
    path, _code = invite_client(lin)
    for person in (lin, chen, admin):
        post(person, f"{path}/accept", TERMS, 403)
    assert consents(app) == []


def test_a_household_the_agency_has_already_keeps_its_number_and_gets_the_notes(
    app: Flask, borrower: FlaskClient, lin: FlaskClient, household: Household, desk: Desk
) -> None:
    path, _code = invite_counsellor(borrower, household.case_id)
    post(lin, f"{path}/accept", {}, 303)
    again, _code = invite_client(lin)
    with app.app_context():
        new = db.session.scalars(select(Client).order_by(Client.id.desc())).first()
        assert new is not None
        db.session.add(ClientNote(agency_id=desk.agency_id, client_id=new.id, text="Rang", created_at=clock.now()))
        db.session.commit()
    post(borrower, f"{again}/accept", TERMS, 303)
    with app.app_context():
        row = db.session.scalars(select(Client)).one()
        assert (row.number, row.name) == (1, "Sun Qian")
        assert db.session.scalars(select(ClientNote)).one().client_id == row.id
    assert [bool(row.ended_at) for row in consents(app)] == [True, False]


def test_consent_whose_time_is_over_can_be_given_anew(
    app: Flask, borrower: FlaskClient, lin: FlaskClient, household: Household, desk: Desk
) -> None:
    with app.app_context():
        give_consent(household.case_id, desk, desk.lin_id, days=2)
        db.session.commit()
    get(lin, f"/c/{household.case_id}/budget", 404)
    path, _code = invite_counsellor(borrower, household.case_id)
    post(lin, f"{path}/accept", {}, 303)
    get(lin, f"/c/{household.case_id}/budget")
    first, second = consents(app)
    assert (first.ended_at, second.ended_at) == (first.expires_at, None)


def test_an_invitation_of_a_counsellor_who_left_gives_nothing(
    app: Flask, stranger: FlaskClient, lin: FlaskClient, desk: Desk
) -> None:
    path, _code = invite_client(lin)
    with app.app_context():
        db.session.delete(db.session.scalars(select(AgencyMember).where(AgencyMember.user_id == desk.lin_id)).one())
        db.session.commit()
    post(stranger, f"{path}/accept", TERMS, 404)
    assert consents(app) == []


# A client takes over a file that the agency made.


def made_verbally(lin: FlaskClient) -> int:
    """The key of the client whose file Lin made."""
    return int(post(lin, "/agency/verbal", VERBAL, 303).rsplit("/", 1)[1])


def claim(lin: FlaskClient, client_id: int) -> str:
    post(lin, f"/agency/clients/{client_id}/claim", {}, 303)
    return shown(get(lin, "/agency/invitation"))[0]


@pytest.mark.parametrize("kind", ["guest", "account"])
def test_a_client_claims_the_file_owns_it_and_lets_the_agency_out(
    app: Flask, stranger: FlaskClient, lin: FlaskClient, household: Household, kind: str
) -> None:
    client_id = made_verbally(lin)
    path = claim(lin, client_id)
    phone, own = guest(app) if kind == "guest" else (stranger, household.stranger_case_id)
    assert "Lin Yan of Harbour Debt Advice made a file for you" in words(get(phone, path))
    address = post(phone, f"{path}/accept", {}, 303)
    [row] = consents(app)
    assert address == f"/c/{row.case_id}/access"
    text = words(get(phone, address))
    assert (
        "Said aloud, and written down by the agency: Sun Qian, 9 Dec 08:00, Over the phone. Written down by Lin Yan."
        in text
    )
    get(phone, f"/c/{row.case_id}/budget")
    get(phone, f"/c/{own}/budget")
    get(lin, f"/c/{row.case_id}/budget")
    post(phone, f"{address}/{row.id}/end", {}, 303)
    get(lin, f"/c/{row.case_id}/budget", 404)
    post(lin, f"/agency/clients/{client_id}/claim", {}, 404)


def test_a_claimed_file_cannot_be_claimed_again_and_a_new_code_ends_the_old(
    app: Flask, lin: FlaskClient, stranger: FlaskClient, borrower: FlaskClient
) -> None:
    client_id = made_verbally(lin)
    old, new = claim(lin, client_id), claim(lin, client_id)
    post(stranger, f"{old}/accept", {}, 404)
    post(stranger, f"{new}/accept", {}, 303)
    post(borrower, f"{new}/accept", {}, 404)
    with app.app_context():
        case_id = db.session.scalars(select(Client)).one().case_id
        owners = db.session.scalars(select(Membership).where(Membership.case_id == case_id)).all()
        assert [owner.role for owner in owners] == [Role.BORROWER]
    post(lin, f"/agency/clients/{client_id}/claim", {}, 404)


def test_the_agency_cannot_claim_its_clients_file(
    app: Flask, lin: FlaskClient, chen: FlaskClient, admin: FlaskClient
) -> None:
    path = claim(lin, made_verbally(lin))
    for person in (lin, chen, admin):
        post(person, f"{path}/accept", {}, 403)
    with app.app_context():
        case_id = db.session.scalars(select(Client)).one().case_id
        assert not db.session.scalars(select(Membership).where(Membership.case_id == case_id)).all()


def test_only_the_counsellor_who_is_let_in_makes_a_claim_code(
    lin: FlaskClient, chen: FlaskClient, admin: FlaskClient
) -> None:
    client_id = made_verbally(lin)
    for person in (chen, admin):
        post(person, f"/agency/clients/{client_id}/claim", {}, 404)


# Joining an agency.


def invite_member(admin: FlaskClient, role: str = "counsellor") -> str:
    post(admin, "/agency/members/invite", {"role": role}, 303)
    return shown(get(admin, "/agency/invitation"))[0]


def test_somebody_joins_with_the_role_they_were_invited_to(
    app: Flask, stranger: FlaskClient, admin: FlaskClient, household: Household
) -> None:
    path = invite_member(admin)
    assert "invites you to work at Harbour Debt Advice as a counsellor" in words(get(stranger, path))
    assert post(stranger, f"{path}/accept", {"role": "admin", "member_role": "admin"}, 303) == "/agency"
    with app.app_context():
        row = db.session.scalars(select(AgencyMember).where(AgencyMember.user_id == household.stranger_id)).one()
        assert row.role == AgencyRole.COUNSELLOR


def test_a_guest_makes_an_account_first_and_nobody_joins_two(app: Flask, admin: FlaskClient, lin: FlaskClient) -> None:
    path = invite_member(admin)
    phone, _case = guest(app)
    assert "needs an account" in words(post(phone, f"{path}/accept", {}, 403))
    assert "You belong to an agency already" in words(post(lin, f"{path}/accept", {}, 403))
    with app.app_context():
        assert db.session.scalar(select(func.count(AgencyMember.id))) == 3


def test_an_invitation_of_an_administrator_who_is_none_any_more_gives_nothing(
    app: Flask, stranger: FlaskClient, admin: FlaskClient, desk: Desk
) -> None:
    path = invite_member(admin, "admin")
    with app.app_context():
        db.session.execute(
            update(AgencyMember).where(AgencyMember.user_id == desk.admin_id).values(role=AgencyRole.COUNSELLOR)
        )
        db.session.commit()
    post(stranger, f"{path}/accept", {}, 404)
    with app.app_context():
        assert db.session.scalar(select(func.count(AgencyMember.id))) == 3


# A colleague goes on.


def hand_over(app: Flask, lin: FlaskClient, household: Household, desk: Desk) -> tuple[int, int]:
    """Lin asks the household to let Chen go on; keys of the question and of Lin's consent."""
    with app.app_context():
        consent = give_consent(household.case_id, desk, desk.lin_id)
        client = db.session.scalars(select(Client)).one()
        chen = db.session.scalars(select(AgencyMember).where(AgencyMember.user_id == desk.chen_id)).one()
        keys = client.id, chen.id, consent.id
        db.session.commit()
    post(lin, f"/agency/clients/{keys[0]}/hand-over", {"colleague": keys[1]}, 303)
    with app.app_context():
        return db.session.scalars(select(Invitation)).one().id, keys[2]


def test_the_household_agrees_and_the_colleague_goes_on(
    app: Flask, borrower: FlaskClient, lin: FlaskClient, chen: FlaskClient, household: Household, desk: Desk
) -> None:
    question, old = hand_over(app, lin, household, desk)
    get(chen, f"/c/{household.case_id}/budget", 404)
    address = f"/c/{household.case_id}/access"
    assert "May Chen Yan go on in place of Lin Yan?" in words(get(borrower, address))
    post(borrower, f"{address}/questions/{question}", {"answer": "yes"}, 303)
    get(chen, f"/c/{household.case_id}/budget")
    get(lin, f"/c/{household.case_id}/budget", 404)
    first, second = consents(app)
    assert (first.id, bool(first.ended_at), second.how) == (old, True, "handed_over")
    assert (second.scope, second.parts, second.expires_at) == (first.scope, first.parts, first.expires_at)
    with app.app_context():
        row = db.session.scalars(select(Client)).one()
        assert (row.counsellor_id, row.name) == (desk.chen_id, "Sun Qian")
    post(borrower, f"{address}/questions/{question}", {"answer": "yes"}, 404)


def test_the_household_declines_and_nothing_changes(
    app: Flask, borrower: FlaskClient, lin: FlaskClient, chen: FlaskClient, household: Household, desk: Desk
) -> None:
    question, _old = hand_over(app, lin, household, desk)
    post(borrower, f"/c/{household.case_id}/access/questions/{question}", {"answer": "no"}, 303)
    get(lin, f"/c/{household.case_id}/budget")
    get(chen, f"/c/{household.case_id}/budget", 404)
    assert "May Chen Yan go on" not in get(borrower, f"/c/{household.case_id}/access")


def test_a_lowered_consent_is_handed_over_lowered_and_an_ended_one_not_at_all(
    app: Flask, borrower: FlaskClient, lin: FlaskClient, household: Household, desk: Desk
) -> None:
    question, old = hand_over(app, lin, household, desk)
    address = f"/c/{household.case_id}/access"
    post(borrower, f"{address}/{old}", {"scope": "view", "budget": "y", "until": "2026-12-31"}, 303)
    post(borrower, f"{address}/questions/{question}", {"answer": "yes"}, 303)
    second = consents(app)[1]
    assert (second.scope, second.parts) == ("view", ["budget"])
    post(borrower, f"{address}/{second.id}/end", {}, 303)
    assert "May Chen Yan go on" not in get(borrower, address)


def test_a_question_goes_with_the_consent(
    app: Flask, borrower: FlaskClient, lin: FlaskClient, household: Household, desk: Desk
) -> None:
    question, old = hand_over(app, lin, household, desk)
    address = f"/c/{household.case_id}/access"
    post(borrower, f"{address}/{old}/end", {}, 303)
    post(borrower, f"{address}/questions/{question}", {"answer": "yes"}, 404)
    assert [bool(row.ended_at) for row in consents(app)] == [True]


def test_another_household_answers_no_question(
    app: Flask, stranger: FlaskClient, lin: FlaskClient, household: Household, desk: Desk
) -> None:
    question, _old = hand_over(app, lin, household, desk)
    post(stranger, f"/c/{household.stranger_case_id}/access/questions/{question}", {"answer": "yes"}, 404)


# Many at once.


def test_of_thirty_at_once_one_is_let_in(app: Flask, desk: Desk) -> None:
    assert race(app, 30) == 1


def test_without_the_condition_more_would_be_let_in(app: Flask, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invitations, "_may_use", lambda: (true(),))
    assert race(app, 8) > 1
