"""The second factor at sign-in: who is let in, who is not, and how often one may try."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from planner.accounts import second_factor, services
from planner.extensions import db
from planner.models import SignIn, User
from tests.conftest import NOW
from tests.factories import Household
from tests.pages import get, post, words
from tests.proving import (
    PASSWORD,
    PROVE,
    RIGHT,
    WRONG,
    code,
    cookie_of,
    copy_of,
    give_app,
    give_codes,
    guess,
    is_in,
)

pytestmark = pytest.mark.usefixtures("cheap_codes")


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
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
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
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
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
def test_one_sign_in_has_ten_tries_whatever_devices_it_claims_to_be(
    app: Flask, household: Household, secret: str
) -> None:
    marks = []
    for n in (0, 1):
        phone = pending(app)
        assert guess(phone, data=code(secret, n)) == 303
        mark = phone.get_cookie("known")
        assert mark
        marks.append(mark.value)
    one, tries = pending(app), []
    for mark_value in marks:
        one.set_cookie("known", mark_value)
        tries += [guess(one) for _ in range(6)]
    assert tries == [422] * 10 + [429] * 2


@pytest.mark.usefixtures("limits")
def test_one_account_s_guesses_are_not_another_s(app: Flask, household: Household, secret: str) -> None:
    theirs = give_app(app, household.stranger_id)
    assert [guess(pending(app)) for _ in range(11)][-1] == 429
    other = app.test_client()
    post(other, "/sign-in", {"email": "stranger@example.org", "password": PASSWORD})
    assert guess(other, data=code(theirs)) == 303
