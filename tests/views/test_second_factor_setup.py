"""Where a second factor is set up, changed and removed: only by accounts, and only after a fresh proof."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from planner.accounts import second_factor
from planner.app import create_app
from planner.config import Settings
from planner.extensions import db
from planner.models import AuthenticatorApp, RecoveryCode, SignIn
from tests.conftest import NOW
from tests.factories import Household, sign_in_as
from tests.pages import get, post, words
from tests.proving import (
    APP,
    CODES,
    INDEX,
    PASSWORD,
    PROVE,
    RIGHT,
    code,
    cookie_of,
    copy_of,
    give_app,
    give_codes,
    guess,
    is_in,
    later,
)

pytestmark = pytest.mark.usefixtures("cheap_codes")


# ---- Setting up an app ----


def held(page: str) -> str:
    found = re.search(r'name="held" value="([^"]+)"', page)
    assert found
    return found[1]


def shown_secret(page: str) -> str:
    found = re.search(r'id="app-key">([A-Z2-7 ]+)<', page)
    assert found
    return found[1].replace(" ", "")


def test_an_app_is_set_up_with_a_first_code_and_recovery_codes_are_shown_once(
    app: Flask, household: Household, borrower: FlaskClient, client: FlaskClient
) -> None:
    assert "Off: whoever has your password" in words(get(borrower, "/account"))
    page = get(borrower, APP)
    new = shown_secret(page)
    assert 'class="qr"' in page
    assert f'href="otpauth://totp/Steady:sun%40example.org?secret={new}&amp;issuer=Steady"' in page
    assert post(client, "/sign-in", RIGHT) == "/", "it does not count yet"
    assert post(borrower, APP, {"held": held(page), **code(new)}) == CODES
    codes = re.findall(r'<li class="nb">([a-z2-9]{5}-[a-z2-9]{5})</li>', get(borrower, CODES))
    assert len(codes) == 10
    assert "On: a password alone does not" in words(get(borrower, "/account"))
    assert "proved a second factor" in words(get(borrower, "/account")), "setting up is a proof"
    assert post(borrower, CODES.replace("codes", "nothing"), {}, 404)
    assert borrower.get(CODES).location == INDEX
    assert "Recovery codes are shown once" in words(get(borrower, INDEX))
    post(client, "/sign-out", {})
    post(client, "/sign-in", RIGHT)
    post(client, PROVE, {"way": "recovery", "recovery": codes[4]})
    assert is_in(client)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("", "Enter the 6 digits"),
        ("000000", "This code is not right any more"),
        ("9" * 41, "Use at most 40 characters"),
    ],
)
def test_a_wrong_first_code_sets_nothing_up_and_keeps_the_secret(
    app: Flask, borrower: FlaskClient, typed: str, told: str
) -> None:
    page = get(borrower, APP)
    again = post(borrower, APP, {"held": held(page), "code": typed}, 422)
    assert words(again).count(told) == 2, "in the summary and beside the field"
    assert shown_secret(again) == shown_secret(page), "what was scanned stays good"
    with app.app_context():
        assert db.session.scalars(select(AuthenticatorApp)).all() == []


def test_a_secret_of_ones_own_or_of_somebody_else_is_not_taken(
    app: Flask, borrower: FlaskClient, stranger: FlaskClient
) -> None:
    page = get(stranger, APP)
    for forged in (held(page), "JBSWY3DPEHPK3PXP", ""):
        again = post(borrower, APP, {"held": forged, **code(shown_secret(page))}, 422)
        assert "open for too long" in again
        assert shown_secret(again) != shown_secret(page)
    with time_machine.travel(NOW, tick=False) as clock:
        page = get(borrower, APP)
        clock.shift(timedelta(hours=1, seconds=1))
        post(borrower, APP, {"held": held(page), **code(shown_secret(page))}, 422)


def test_the_code_that_set_it_up_does_not_sign_in(borrower: FlaskClient, client: FlaskClient) -> None:
    page = get(borrower, APP)
    used = code(shown_secret(page))
    post(borrower, APP, {"held": held(page), **used})
    post(client, "/sign-in", RIGHT)
    post(client, PROVE, used, 422)


def test_a_guest_is_told_to_register_first(app: Flask, client: FlaskClient) -> None:
    post(client, "/start", {})
    page = get(client, f"{INDEX}?lang=en")
    assert "Make one first; everything you entered stays" in words(page)
    assert 'href="/register"' in page
    for method, address in [("GET", APP), ("POST", APP), ("POST", CODES), ("POST", f"{APP}/remove"),
                            ("GET", "/account/passkeys/new"), ("POST", "/account/passkeys/options")]:  # fmt: skip
        answer = client.open(address, method=method)
        assert (answer.status_code, answer.location) == (303, INDEX), address
    assert client.get(PROVE).location == "/sign-in"
    with app.app_context():
        assert db.session.scalars(select(AuthenticatorApp)).all() == []


def test_who_is_not_signed_in_is_sent_there(client: FlaskClient) -> None:
    for method, address in [("GET", INDEX), ("GET", APP), ("POST", APP), ("POST", CODES), ("GET", CODES),
                            ("POST", f"{APP}/remove"), ("POST", "/account/passkeys/1/remove")]:  # fmt: skip
        assert "/sign-in" in (client.open(address, method=method).location or ""), address


# ---- Changing needs a fresh proof ----

CHANGES = [
    ("GET", APP), ("POST", APP), ("POST", f"{APP}/remove"), ("POST", CODES), ("GET", CODES), ("GET", "/account/passkeys/new"),
    ("POST", "/account/passkeys/new"), ("POST", "/account/passkeys/options"), ("POST", "/account/passkeys/1/remove"),
]  # fmt: skip


def test_a_session_that_proved_no_factor_changes_none(
    app: Flask, household: Household, borrower: FlaskClient, secret: str
) -> None:
    for method, address in CHANGES:
        wanted = address if method == "GET" else INDEX
        answer = borrower.open(address, method=method)
        assert (answer.status_code, answer.location) == (303, f"{PROVE}?next={wanted}"), (method, address)
    page = get(borrower, f"{PROVE}?next={APP}")
    assert "It counts for 15 minutes" in words(page)
    assert post(borrower, f"{PROVE}?next={APP}", code(secret)) == APP
    get(borrower, APP)


def test_a_proof_is_fresh_for_fifteen_minutes(
    app: Flask, household: Household, borrower: FlaskClient, secret: str
) -> None:
    post(borrower, PROVE, code(secret))
    later(app, 14.9)
    get(borrower, APP)
    later(app, 15)
    assert borrower.get(APP).location == f"{PROVE}?next={APP}"
    assert post(borrower, f"{APP}/remove", {}) == f"{PROVE}?next={INDEX}"
    with app.app_context():
        assert len(db.session.scalars(select(AuthenticatorApp)).all()) == 1


def test_proving_again_changes_the_session_so_that_a_copy_made_before_is_dead(
    app: Flask, household: Household, borrower: FlaskClient, secret: str
) -> None:
    copied = cookie_of(borrower)
    assert is_in(copy_of(app, copied))
    post(borrower, PROVE, code(secret))
    assert is_in(borrower)
    assert not is_in(copy_of(app, copied))


def test_a_first_factor_needs_a_recent_password(app: Flask, household: Household, borrower: FlaskClient) -> None:
    """Else whoever finds the phone unlocked could lock its owner out."""
    later(app, 20)
    assert borrower.get(APP).location == f"{PROVE}?next={APP}"
    page = get(borrower, f"{PROVE}?next={APP}")
    assert 'autocomplete="current-password"' in page
    told = post(borrower, PROVE, {"way": "password", "password": "wrong password"}, 422)
    assert "This is not your password" in words(told)
    assert post(borrower, f"{PROVE}?next={APP}", {"way": "password", "password": PASSWORD}) == APP
    get(borrower, APP)
    with app.app_context():
        assert db.session.scalars(select(SignIn.second_factor_at)).all() == [None]


@pytest.mark.usefixtures("limits")
def test_passwords_are_not_guessed_there_either(app: Flask, household: Household, borrower: FlaskClient) -> None:
    tries = [guess(borrower, data={"way": "password", "password": "wrong password"}) for _ in range(11)]
    assert tries == [422] * 10 + [429]


def test_a_sign_in_to_another_account_left_half_done_does_not_stand_in_the_way(
    app: Flask, household: Household, secret: str
) -> None:
    theirs, stranger = give_app(app, household.stranger_id), sign_in_as(app, household.stranger_id)
    post(stranger, "/sign-in", RIGHT)
    post(stranger, f"{APP}/remove", {})
    post(stranger, PROVE, code(theirs))
    assert "海尔" not in get(stranger, "/"), "it is the stranger's own step that was asked for"
    assert "stranger@example.org" in get(stranger, APP).replace("%40", "@")


# ---- Removing, and new codes ----


def test_the_app_is_removed_and_the_password_alone_opens_again(
    app: Flask, household: Household, borrower: FlaskClient, client: FlaskClient, secret: str
) -> None:
    give_codes(app, household.user_id)
    post(borrower, PROVE, code(secret))
    assert post(borrower, f"{APP}/remove", {}) == INDEX
    assert "The authenticator app is removed" in words(get(borrower, INDEX))
    assert post(client, "/sign-in", RIGHT) == "/"
    with app.app_context():
        assert db.session.scalars(select(RecoveryCode)).all() == []


def test_the_last_one_of_somebody_who_must_have_one_stays(
    app: Flask, household: Household, borrower: FlaskClient, secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(second_factor, "is_required_of", lambda user: True)
    post(borrower, PROVE, code(secret))
    page = post(borrower, f"{APP}/remove", {}, 422)
    assert "Set up another first, then remove this one" in words(page)
    with app.app_context():
        assert len(db.session.scalars(select(AuthenticatorApp)).all()) == 1


def test_who_must_have_one_and_has_none_is_told(
    household: Household, borrower: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "so you need a second factor" not in words(get(borrower, INDEX))
    monkeypatch.setattr(second_factor, "is_required_of", lambda user: True)
    assert "so you need a second factor" in words(get(borrower, INDEX))


def test_new_codes_replace_the_old_and_are_shown_once(
    app: Flask, household: Household, borrower: FlaskClient, secret: str
) -> None:
    old = give_codes(app, household.user_id)
    post(borrower, PROVE, code(secret))
    assert post(borrower, CODES, {}) == CODES
    with borrower.session_transaction() as session:
        kept = str(dict(session))
    page = get(borrower, CODES)
    new = re.findall(r'<li class="nb">([a-z2-9]{5}-[a-z2-9]{5})</li>', page)
    assert len(new) == 10
    assert not any(each in kept for each in new), "the cookie holds them encrypted"
    assert not set(new) & set(old)
    assert borrower.get(CODES).location == INDEX
    other = app.test_client()
    post(other, "/sign-in", RIGHT)
    post(other, PROVE, {"way": "recovery", "recovery": old[0]}, 422)
    post(other, PROVE, {"way": "recovery", "recovery": new[0]})
    assert is_in(other)


def test_codes_without_a_factor_are_not_made(app: Flask, household: Household, borrower: FlaskClient) -> None:
    assert post(borrower, CODES, {}) == INDEX
    with app.app_context():
        assert db.session.scalars(select(RecoveryCode)).all() == []


def test_two_left_are_a_warning(app: Flask, household: Household, borrower: FlaskClient, secret: str) -> None:
    give_codes(app, household.user_id)
    with app.app_context():
        rows = db.session.scalars(select(RecoveryCode)).all()
        for row in rows[:8]:
            row.used_at = NOW
        db.session.commit()
    assert '<p class="warn">2 codes are left' in get(borrower, INDEX)


def test_every_form_needs_the_sites_token(settings: Settings, household: Household, secret: str) -> None:
    guarded = create_app(settings)
    guarded.config["TESTING"] = True
    client = sign_in_as(guarded, household.user_id)
    for address in (PROVE, APP, f"{APP}/remove", CODES, "/sign-in/passkey", "/sign-in/passkey/options",
                    "/account/passkeys/new", "/account/passkeys/options", "/account/passkeys/1/remove"):  # fmt: skip
        assert client.post(address).status_code == 403, address
    guarded.extensions["planner_engine"].dispose()
