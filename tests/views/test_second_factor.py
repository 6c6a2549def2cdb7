"""The pages of the second factor: at sign-in, before changes, and where it is set up; who is let in and who is not."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pyotp
import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from planner.accounts import second_factor, services
from planner.app import create_app
from planner.config import Settings
from planner.extensions import db
from planner.models import AuthenticatorApp, RecoveryCode, SignIn, User
from tests.conftest import NOW
from tests.factories import Household, sign_in_as
from tests.pages import get, post, words

PASSWORD = "correct horse battery"
RIGHT = {"email": "sun@example.org", "password": PASSWORD}
INDEX, APP, CODES = "/account/second-factor", "/account/second-factor/app", "/account/second-factor/codes"
PROVE = "/sign-in/second"


@pytest.fixture(autouse=True)
def _cheap_codes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashing ten recovery codes as dearly as in earnest takes a second a test."""
    monkeypatch.setattr(services, "_KIBIBYTES", 64)


@pytest.fixture
def secret(app: Flask, household: Household) -> str:
    """The secret in the borrower's authenticator app, confirmed a while ago."""
    return give_app(app, household.user_id)


def give_app(app: Flask, user_id: int) -> str:
    made = second_factor.new_secret()
    with app.app_context():
        user = db.session.get(User, user_id)
        assert user
        assert second_factor.confirm_app(user, made, pyotp.TOTP(made).at(NOW - timedelta(seconds=30)))
        db.session.commit()
    return made


def give_codes(app: Flask, user_id: int) -> list[str]:
    with app.app_context():
        user = db.session.get(User, user_id)
        assert user
        made = second_factor.new_recovery_codes(user)
        db.session.commit()
    return made


def later(app: Flask, minutes: float) -> None:
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], fixed_now=NOW + timedelta(minutes=minutes))


def code(secret: str, steps: int = 0) -> dict[str, str]:
    """The form with the code the app shows, some half-minutes from the stopped clock's time."""
    return {"way": "code", "code": pyotp.TOTP(secret).at(NOW + timedelta(seconds=30 * steps))}


WRONG = {"way": "code", "code": "000000"}


def is_in(client: FlaskClient) -> bool:
    return 'class="tabs"' in client.get("/").get_data(as_text=True)


def cookie_of(client: FlaskClient) -> str:
    found = client.get_cookie("planner")
    assert found
    return found.value


def copy_of(app: Flask, value: str) -> FlaskClient:
    client = app.test_client()
    client.set_cookie("planner", value)
    return client


# ---- Signing in ----


def test_a_password_alone_opens_nothing_and_the_code_opens_the_page_asked_for(
    app: Flask, household: Household, client: FlaskClient, secret: str
) -> None:
    asked = f"/c/{household.case_id}/loans"
    to_proof = post(client, f"/sign-in?next={asked}", RIGHT)
    assert to_proof == f"{PROVE}?next={asked}"
    assert not is_in(client)
    assert client.get(asked).status_code == 302
    page = get(client, to_proof + "&lang=en")
    assert 'autocomplete="one-time-code"' in page
    assert "Now show the second thing that only you have" in words(page)
    assert post(client, to_proof, code(secret)) == asked
    assert "海尔" in get(client, asked)
    assert "proved a second factor" in words(get(client, "/account?lang=en"))
    with app.app_context():
        assert db.session.scalars(select(SignIn.second_factor_at)).all() == [NOW]


def test_without_a_second_factor_signing_in_is_as_before(app: Flask, household: Household, client: FlaskClient) -> None:
    assert post(client, "/sign-in", RIGHT) == "/"
    with app.app_context():
        assert db.session.scalars(select(SignIn.second_factor_at)).all() == [None]


def test_a_wrong_password_tells_nothing_of_a_second_factor(
    app: Flask, household: Household, client: FlaskClient, secret: str
) -> None:
    def refusal(email: str) -> tuple[str, str | None]:
        answer = app.test_client().post("/sign-in?lang=en", data={"email": email, "password": "wrong password"})
        assert answer.status_code == 422
        page = re.sub(r'nonce="[^"]+"|name="csrf_token" value="[^"]+"', "", answer.get_data(as_text=True))
        return page.replace(email, "…"), answer.headers.get("Set-Cookie", "").split("=")[0]

    assert refusal("sun@example.org") == refusal("viewer@example.org") == refusal("nobody@example.org")
    assert client.get(PROVE).location == "/sign-in", "nobody is waiting to prove anything"


@pytest.mark.parametrize(
    ("typed", "field", "told"),
    [
        (WRONG, "code", "This code is not right any more"),
        ({"way": "code", "code": ""}, "code", "Enter the 6 digits"),
        ({"way": "code", "code": "1" * 41}, "code", "Use at most 40 characters"),
        ({}, "code", "Enter the 6 digits"),
        ({"way": "elsewhere", "code": "1"}, "code", "This code is not right any more"),
        ({"way": "recovery", "recovery": "abcde-fghjk"}, "recovery", "none of your unused recovery codes"),
        ({"way": "recovery", "recovery": ""}, "recovery", "Enter a recovery code"),
        ({"way": "recovery", "code": "123456"}, "recovery", "Enter a recovery code"),
    ],
)
def test_a_wrong_code_is_told_beside_its_field_and_opens_nothing(
    app: Flask, household: Household, client: FlaskClient, secret: str, typed: dict[str, str], field: str, told: str
) -> None:
    give_codes(app, household.user_id)
    post(client, "/sign-in", RIGHT)
    page = post(client, f"{PROVE}?lang=en", typed, 422)
    found = re.search(rf'<p class="error" id="{field}-error">(.*?)</p>', page, re.DOTALL)
    assert found
    assert told in words(found[1])
    assert not is_in(client)
    post(client, PROVE, code(secret))
    assert is_in(client), "and it can be tried again"


def test_the_password_once_more_is_no_second_factor(household: Household, client: FlaskClient, secret: str) -> None:
    post(client, "/sign-in", RIGHT)
    post(client, PROVE, {"way": "password", "password": PASSWORD}, 422)
    assert not is_in(client)


def test_a_code_opens_one_session(app: Flask, household: Household, client: FlaskClient, secret: str) -> None:
    other = app.test_client()
    for each in (client, other):
        post(each, "/sign-in", RIGHT)
    post(client, PROVE, code(secret))
    post(other, PROVE, code(secret), 422)
    assert not is_in(other)


def test_a_recovery_code_opens_one_session_and_says_how_many_are_left(
    app: Flask, household: Household, client: FlaskClient, secret: str
) -> None:
    codes = give_codes(app, household.user_id)
    typed = {"way": "recovery", "recovery": codes[0]}
    post(client, "/sign-in", RIGHT)
    post(client, PROVE, typed)
    assert "9 recovery codes are left" in words(get(client, "/account?lang=en"))
    other = app.test_client()
    post(other, "/sign-in", RIGHT)
    post(other, PROVE, typed, 422)
    for n in range(1, 10):
        post(other, PROVE, typed | {"recovery": codes[n]})
        post(other, "/sign-out", {})
        post(other, "/sign-in", RIGHT)
    page = get(other, f"{PROVE}?lang=en")
    assert "Use a recovery code" not in words(page), "none is left to be used"


def test_somebody_elses_code_does_not_do(app: Flask, household: Household, client: FlaskClient, secret: str) -> None:
    theirs, their_codes = give_app(app, household.stranger_id), give_codes(app, household.stranger_id)
    give_codes(app, household.user_id)
    post(client, "/sign-in", RIGHT)
    post(client, PROVE, code(theirs), 422)
    post(client, PROVE, {"way": "recovery", "recovery": their_codes[0]}, 422)
    assert not is_in(client)


def test_what_a_guest_entered_joins_the_account_after_the_code_and_not_before(
    household: Household, client: FlaskClient, secret: str
) -> None:
    post(client, "/start", {})
    address = re.search(r'href="(/c/\d+)/more"', get(client, "/"))
    assert address
    line = {"name": "Wage", "category": "wage", "amount": "8000", "frequency": "monthly", "starts_on": "2026-12-15"}
    post(client, f"{address[1]}/budget/new?kind=income", line)
    post(client, "/sign-in", RIGHT)
    assert "Keep what you entered" in get(client, f"{address[1]}/more?lang=en"), "still the guest"
    get(client, f"/c/{household.case_id}/loans", 404)
    post(client, PROVE, code(secret))
    assert "Wage" in get(client, f"{address[1]}/budget")
    assert "海尔" in get(client, f"/c/{household.case_id}/loans")


def test_a_session_planted_before_opens_nothing_after(
    app: Flask, household: Household, client: FlaskClient, secret: str
) -> None:
    post(client, "/start", {})
    planted = cookie_of(client)
    post(client, "/sign-in", RIGHT)
    pending = cookie_of(client)
    post(client, PROVE, code(secret))
    assert not is_in(copy_of(app, planted))
    copied = copy_of(app, pending)
    get(copied, f"/c/{household.case_id}/loans", 302)
    post(copied, PROVE, code(secret), 422)


def test_the_second_step_waits_ten_minutes_and_then_asks_for_the_password(
    household: Household, client: FlaskClient, secret: str
) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        post(client, "/sign-in?next=/account", RIGHT)
        clock.shift(timedelta(minutes=9, seconds=59))
        assert client.get(PROVE).status_code == 200
        clock.shift(timedelta(seconds=2))
        assert post(client, f"{PROVE}?next=/account", code(secret)) == "/sign-in?next=/account"
        assert "More than 10 minutes have passed" in words(get(client, "/sign-in?lang=en"))
        assert not is_in(client)


def test_another_password_or_no_factor_ends_what_is_pending(
    app: Flask, household: Household, client: FlaskClient, secret: str
) -> None:
    post(client, "/sign-in", RIGHT)
    with app.app_context():
        user = db.session.get(User, household.user_id)
        assert user
        before, user.password_hash = user.password_hash, services.hash_password("another password")
        db.session.commit()
    assert post(client, PROVE, code(secret)) == "/sign-in"
    with app.app_context():
        user = db.session.get(User, household.user_id)
        assert user
        user.password_hash = before
        second_factor.remove_app(user)
        db.session.commit()
    post(client, "/sign-in", RIGHT)
    assert is_in(client)


def test_nobody_proves_anything_without_a_password_first(
    household: Household, client: FlaskClient, secret: str
) -> None:
    assert client.get(f"{PROVE}?next=/account").location == "/sign-in?next=/account"
    assert post(client, PROVE, code(secret)) == "/sign-in"
    with client.session_transaction() as session:
        session["pending"] = f"[{household.user_id}]"
    assert post(client, PROVE, code(secret)) == "/sign-in"


@pytest.mark.parametrize("elsewhere", ["https://evil.example", "//evil.example", "/\\evil.example"])
def test_the_second_step_leads_nowhere_else(
    household: Household, client: FlaskClient, secret: str, elsewhere: str
) -> None:
    to_proof = client.post("/sign-in", query_string={"next": elsewhere}, data=RIGHT).location
    assert client.post(to_proof, data=code(secret)).location == "/"


# ---- Guessing ----


def guess(client: FlaskClient, address: str = "198.51.100.1", data: dict[str, str] = WRONG) -> int:
    return client.post(PROVE, data=data, environ_base={"REMOTE_ADDR": address}).status_code


def pending(app: Flask) -> FlaskClient:
    """A browser that was never here and knows the password."""
    client = app.test_client()
    assert client.post("/sign-in", data=RIGHT).status_code == 303
    return client


@pytest.mark.usefixtures("limits")
def test_ten_wrong_codes_are_the_last_however_often_and_from_wherever_one_signs_in(
    app: Flask, household: Household, secret: str
) -> None:
    tries = [guess(pending(app), f"198.51.100.{n}") for n in range(11)]
    assert tries == [422] * 10 + [429]
    one = pending(app)
    assert guess(one, data={"way": "recovery", "recovery": "abcde-fghjk"}) == 429, "recovery codes count with them"
    assert guess(one, data=code(secret)) == 429
    assert one.post("/sign-in/passkey", data={"credential": "{}"}).status_code == 429


@pytest.mark.usefixtures("limits")
def test_the_owner_is_not_locked_out_on_a_device_that_was_in_before(
    app: Flask, household: Household, secret: str
) -> None:
    phone = pending(app)
    assert guess(phone, data=code(secret)) == 303
    post(phone, "/sign-out", {})
    for n in range(11):
        guess(pending(app), f"198.51.100.{n}")
    post(phone, "/sign-in", RIGHT)
    assert guess(phone, data=code(secret, 1)) == 303


@pytest.mark.usefixtures("limits")
def test_a_right_password_makes_no_known_device(app: Flask, household: Household, secret: str) -> None:
    """Else everybody with the password would have ten tries of their own at each sign-in."""
    assert pending(app).get_cookie("known") is None


@pytest.mark.usefixtures("limits")
def test_a_known_device_has_ten_tries_too(app: Flask, household: Household, secret: str) -> None:
    phone = pending(app)
    guess(phone, data=code(secret))
    tries = []
    for _ in range(11):
        post(phone, "/sign-out", {})
        post(phone, "/sign-in", RIGHT)
        tries.append(guess(phone))
    assert tries == [422] * 10 + [429]


@pytest.mark.usefixtures("limits")
def test_one_account_s_guesses_are_not_another_s(app: Flask, household: Household, secret: str) -> None:
    theirs = give_app(app, household.stranger_id)
    assert [guess(pending(app)) for _ in range(11)][-1] == 429
    other = app.test_client()
    post(other, "/sign-in", {"email": "stranger@example.org", "password": PASSWORD})
    assert guess(other, data=code(theirs)) == 303


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
