"""Guests, registration, sign-in and sign-out: success, bad input, other people, and what an attacker would try."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from planner.accounts import services
from planner.extensions import db, limiter
from planner.models import BudgetLine, Case, SignIn, User
from tests.conftest import NOW
from tests.factories import Household
from tests.pages import get, post, words

PASSWORD = "correct horse battery"
NEW = {"email": "New@Example.org", "password": "several words to keep", "name": "新"}
WAGE = {"name": "Wage", "amount": "6800", "frequency": "monthly", "day_of_month": "10", "category": "wage"}


def count(app: Flask, model: type) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(model)) or 0


def guest(client: FlaskClient) -> str:
    """Begin without an account and enter a wage; the case's address."""
    post(client, "/start", {})
    case = get(client, "/").split('href="/c/')[1].split("/")[0]
    post(client, f"/c/{case}/budget/new?kind=income", WAGE)
    return f"/c/{case}"


def test_anybody_begins_without_an_account(app: Flask, client: FlaskClient) -> None:
    case = guest(client)
    assert "¥6,800" in get(client, f"{case}/budget")
    with app.app_context():
        assert db.session.scalars(select(User)).one().is_guest


def test_beginning_twice_on_one_device_makes_one_guest(app: Flask, client: FlaskClient) -> None:
    post(client, "/start", {})
    post(client, "/start", {})
    assert (count(app, User), count(app, Case)) == (1, 1)


def test_registering_keeps_everything_the_guest_entered(app: Flask, client: FlaskClient) -> None:
    case = guest(client)
    post(client, "/register", NEW)
    assert "¥6,800" in get(client, f"{case}/budget")
    assert (count(app, User), count(app, Case), count(app, BudgetLine)) == (1, 1, 1)
    other = app.test_client()
    post(other, "/sign-in", {"email": "new@example.ORG ", "password": NEW["password"]})
    assert "¥6,800" in get(other, f"{case}/budget")


def test_signing_in_brings_the_guests_case_along_and_opens_it(
    app: Flask, household: Household, client: FlaskClient
) -> None:
    case = guest(client)
    post(client, "/sign-in", {"email": "sun@example.org", "password": PASSWORD})
    assert f'href="{case}/budget"' in get(client, "/")
    assert "¥6,800" in get(client, f"{case}/budget")
    assert "Your files" in words(get(client, f"{case}/more?lang=en"))
    assert count(app, User) == 3


def test_an_empty_guest_case_is_not_brought_along(app: Flask, household: Household, client: FlaskClient) -> None:
    post(client, "/start", {})
    post(client, "/sign-in", {"email": "sun@example.org", "password": PASSWORD})
    assert f'href="/c/{household.case_id}/budget"' in get(client, "/")
    assert count(app, Case) == 2


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"email": "li.wei@"}, "Enter a whole address"),
        ({"email": ""}, "Enter your e-mail address"),
        ({"email": "sun@example.org"}, "This address already has an account"),
        ({"email": "SUN@example.org"}, "This address already has an account"),
        ({"password": ""}, "Choose a password of at least 8 characters"),
        ({"password": "short"}, "Choose a password of at least 8 characters"),
        ({"password": "password1"}, "Many people use this one"),
        ({"password": "QWERTYUIOP"}, "Many people use this one"),
        ({"password": "x" * 201}, "Use at most 200 characters"),
        ({"name": "x" * 81}, "Use at most 80 characters"),
    ],
)
def test_a_registration_that_cannot_be_says_why_and_makes_nobody(
    app: Flask, household: Household, client: FlaskClient, change: dict[str, str], sentence: str
) -> None:
    page = post(client, "/register?lang=en", NEW | change, status=422)
    assert sentence in words(page)
    assert (NEW | change)["password"] not in page or not (NEW | change)["password"]
    assert count(app, User) == 3


@pytest.mark.parametrize("password", ["vq7kw2zp", "长密码也可以用中文写", "p" * 63 + "Z9", " leading and trailing "])
def test_every_character_of_a_password_counts(app: Flask, client: FlaskClient, password: str) -> None:
    post(client, "/register", NEW | {"password": password})
    post(client, "/sign-out", {})
    post(client, "/sign-in", {"email": NEW["email"], "password": password[:-1] + "?"}, status=422)
    post(client, "/sign-in", {"email": NEW["email"], "password": password})


def test_passwords_are_kept_as_argon2id_with_enough_memory(app: Flask, household: Household) -> None:
    with app.app_context():
        stored = db.session.get_one(User, household.user_id).password_hash or ""
    kind, _version, costs = stored.split("$")[1:4]
    values = dict(pair.split("=") for pair in costs.split(","))
    assert kind == "argon2id"
    assert int(values["m"]) >= 19 * 1024
    assert int(values["t"]) >= 2


def test_an_unknown_account_and_a_wrong_password_look_the_same(household: Household, client: FlaskClient) -> None:
    pages = [
        words(post(client, "/sign-in?lang=en", {"email": email, "password": "wrong words"}, status=422)).replace(
            email, ""
        )
        for email in ("sun@example.org", "nobody@example.org")
    ]
    assert pages[0] == pages[1]
    assert "E-mail and password do not belong together." in pages[0]


def test_an_account_without_a_password_cannot_be_signed_in_to(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        assert not services.is_password_of(User(email=None), "nobody has this password")
        assert not services.is_password_of(None, "nobody has this password")


def test_the_token_is_new_at_sign_in_and_dead_after_sign_out(
    app: Flask, household: Household, client: FlaskClient
) -> None:
    post(client, "/start", {})
    before = client.get_cookie("planner")
    post(client, "/sign-in", {"email": "sun@example.org", "password": PASSWORD})
    signed_in = client.get_cookie("planner")
    assert before is not None
    assert signed_in is not None
    thief, old = app.test_client(), app.test_client()
    thief.set_cookie("planner", signed_in.value)
    old.set_cookie("planner", before.value)
    get(thief, f"/c/{household.case_id}/budget")
    assert old.get(f"/c/{household.case_id}/budget").status_code == 302
    answer = client.post("/sign-out")
    assert '"storage"' in answer.headers["Clear-Site-Data"]
    assert thief.get(f"/c/{household.case_id}/budget").status_code == 302
    assert count(app, SignIn) == 0


def test_a_session_ends_after_its_limits(app: Flask, household: Household, borrower: FlaskClient) -> None:
    get(borrower, f"/c/{household.case_id}/budget")
    app.config["SETTINGS"] = replace(
        app.config["SETTINGS"], fixed_now=NOW + services.ABSOLUTE_LIMIT + timedelta(minutes=1)
    )
    assert borrower.get(f"/c/{household.case_id}/budget").status_code == 302


def test_devices_are_listed_and_one_can_be_signed_out_by_its_owner_only(
    app: Flask, household: Household, borrower: FlaskClient, stranger: FlaskClient
) -> None:
    other = app.test_client()
    post(
        other, "/sign-in", {"email": "sun@example.org", "password": PASSWORD}, headers={"User-Agent": "Firefox Android"}
    )
    page = get(borrower, "/account?lang=en")
    assert "Firefox Android" in words(page)
    end = page.split('action="')[1].split('"')[0]
    post(stranger, end, {}, status=404)
    get(other, f"/c/{household.case_id}/budget")
    post(borrower, end, {})
    assert other.get(f"/c/{household.case_id}/budget").status_code == 302


@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/%0d%0a", "\\\\x"]
)
def test_after_sign_in_nobody_is_led_elsewhere(household: Household, client: FlaskClient, target: str) -> None:
    answer = client.post(
        "/sign-in", query_string={"next": target}, data={"email": "sun@example.org", "password": PASSWORD}
    )
    assert answer.location in ("/", "/%0d%0a")


def test_sign_in_leads_back_to_where_one_was_going(household: Household, client: FlaskClient) -> None:
    asked = client.get(f"/c/{household.case_id}/loans").location
    answer = client.post(asked, data={"email": "sun@example.org", "password": PASSWORD})
    assert answer.location.startswith(f"/c/{household.case_id}/loans")


def test_guessing_is_limited_by_address_and_account_and_the_owner_still_gets_in(
    app: Flask, household: Household, client: FlaskClient
) -> None:
    limiter.enabled = True
    try:
        place = {"REMOTE_ADDR": "203.0.113.9"}
        wrong = {"email": "sun@example.org", "password": "wrong words"}
        forged = {"X-Forwarded-For": "198.51.100.1"}
        answers = [
            client.post("/sign-in", data=wrong, environ_base=place, headers=forged).status_code for _ in range(12)
        ]
        assert answers[0] == 422
        assert answers[-1] == 429
        owner = app.test_client()
        right = {"email": "sun@example.org", "password": PASSWORD}
        assert owner.post("/sign-in", data=right, environ_base={"REMOTE_ADDR": "203.0.113.10"}).status_code == 303
    finally:
        limiter.enabled = False


def test_the_language_is_kept_for_the_account(app: Flask, household: Household, borrower: FlaskClient) -> None:
    post(borrower, "/language", {"lang": "zh", "next": "/"})
    with app.app_context():
        assert db.session.get_one(User, household.user_id).locale == "zh_Hans_CN"
    assert "今天" in get(borrower, "/")


def test_settings_of_the_case_for_its_borrower_only(
    household: Household, borrower: FlaskClient, viewer: FlaskClient, stranger: FlaskClient
) -> None:
    address = f"/c/{household.case_id}/settings"
    get(viewer, address, 403)
    get(stranger, address, 404)
    page = post(borrower, address, {"currency": "XXX", "timezone": "Mars/Base"}, status=422)
    assert words(page).count("Choose one of the options") >= 2
    post(borrower, address, {"currency": "GBP", "timezone": "Europe/London"})
    assert "£" in get(borrower, f"/c/{household.case_id}/budget")
