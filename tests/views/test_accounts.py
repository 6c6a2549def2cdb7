"""Welcome, start, register, sign in and out, language, devices: all without JavaScript, as a test client is."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from planner.accounts import services
from planner.accounts.forms import RegisterForm
from planner.extensions import db
from planner.models import Case, SignIn, User
from tests.factories import Household, sign_in_as
from tests.pages import get, post, words

PASSWORD = "correct horse battery"
ENGLISH = {"Accept-Language": "en"}
LINE = {
    "name": "Wage", "category": "wage", "amount": "8000", "frequency": "monthly", "starts_on": "2026-12-15", "day_of_month": "15",
}  # fmt: skip


def count(app: Flask, model: type[object]) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(model)) or 0


def case_address(client: FlaskClient) -> str:
    """The address of the case this browser comes home to, as the tabs link it."""
    found = re.search(r'href="(/c/\d+)/more"', get(client, "/"))
    assert found
    return found[1]


def enter(client: FlaskClient, **fields: str) -> str:
    """Sign in; the address it leads to."""
    return post(client, "/sign-in", {"email": "sun@example.org", "password": PASSWORD, **fields})


def test_welcome_offers_a_start_without_an_account_and_a_sign_in(client: FlaskClient) -> None:
    page = get(client, "/welcome", headers=ENGLISH)
    assert "Try it without an account" in page
    assert 'href="/sign-in"' in page
    assert "opens on this device only" in page


def test_starting_makes_a_guest_with_a_case_and_starting_twice_makes_no_second(app: Flask, client: FlaskClient) -> None:
    assert post(client, "/start", {}) == "/"
    address = case_address(client)
    assert post(client, "/start", {}) == "/"
    assert case_address(client) == address
    assert (count(app, User), count(app, Case), count(app, SignIn)) == (1, 1, 1)


def test_registering_keeps_what_a_guest_entered(app: Flask, client: FlaskClient) -> None:
    post(client, "/start", {}, headers=ENGLISH)
    address = case_address(client)
    post(client, f"{address}/budget/new?kind=income", LINE)
    assert "Wage" in get(client, f"{address}/budget")
    assert (
        post(client, "/register", {"email": "New@Example.org", "password": PASSWORD, "name": "Sun"}, headers=ENGLISH)
        == "/"
    )
    assert "Your account is ready" in get(client, "/?lang=en")
    assert "Wage" in get(client, f"{address}/budget")
    other_phone = app.test_client()
    enter(other_phone, email="new@example.org")
    assert "Wage" in get(other_phone, f"{address}/budget")
    assert count(app, User) == 1


def test_registering_without_a_start_makes_an_account_with_an_empty_case(app: Flask, client: FlaskClient) -> None:
    assert post(client, "/register", {"email": "new@example.org", "password": PASSWORD}) == "/"
    assert case_address(client)
    assert (count(app, User), count(app, Case)) == (1, 1)


@pytest.mark.parametrize(
    ("field", "typed", "told"),
    [
        ("email", "", "Enter your e-mail address"),
        ("email", "nobody", "Enter a whole address"),
        ("email", "a@b@c.org", "Enter a whole address"),
        ("email", f"{'a' * 250}@example.org", "Use at most 254 characters"),
        ("email", "SUN＠example.org", "already has an account"),
        ("password", "", "Choose a password of at least 8 characters"),
        ("password", "a1b2c3d", "Choose a password of at least 8 characters"),
        ("password", "x!3" * 100, "Use at most 200 characters"),
        ("password", "1qaz2wsx", "Many people use this one"),
        ("password", "Woaini1314", "Many people use this one"),
        ("password", "8888888888", "Many people use this one"),
        ("password", "my new@example.org!", "Many people use this one"),
        ("name", "n" * 81, "Use at most 80 characters"),
    ],
)
def test_registration_says_what_to_enter_instead_and_keeps_what_was_typed(
    app: Flask, household: Household, client: FlaskClient, field: str, typed: str, told: str
) -> None:
    before = count(app, User)
    data = {"name": "孙", "email": "new@example.org", "password": PASSWORD} | {field: typed}
    page = post(client, "/register", data, 422, headers=ENGLISH)
    assert words(page).count(told) >= 2, "in the summary and beside the field"
    assert f'value="{data["name"]}"' in page
    assert f'value="{data["email"].strip()}"' in page
    assert PASSWORD not in page, "a password is never sent back"
    assert count(app, User) == before


def test_the_address_taken_between_check_and_save_is_said_beside_the_field(
    app: Flask, household: Household, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RegisterForm, "validate_email", lambda form, field: None)
    post(client, "/start", {}, headers=ENGLISH)
    page = post(client, "/register", {"email": "sun@example.org", "password": PASSWORD}, 422)
    assert "already has an account" in page
    assert "Keep what you entered" in get(client, f"{case_address(client)}/more?lang=en"), "still the guest"


def test_somebody_with_an_account_is_not_asked_again(borrower: FlaskClient) -> None:
    for path in ("/register", "/sign-in"):
        answer = borrower.get(path)
        assert (answer.status_code, answer.location) == (303, "/")
    assert post(borrower, "/register", {"email": "two@example.org", "password": PASSWORD}) == "/"


def test_signing_in_leads_to_today_or_to_the_page_that_was_asked_for(household: Household, client: FlaskClient) -> None:
    asked = f"/c/{household.case_id}/loans?x=1"
    to_sign_in = client.get(asked).location
    assert post(client, to_sign_in, {"email": "sun@example.org", "password": PASSWORD}) == asked
    assert "海尔" in get(client, asked)


def test_an_unknown_account_and_a_wrong_password_look_the_same(household: Household, client: FlaskClient) -> None:
    def refusal(email: str) -> str:
        page = post(client, "/sign-in", {"email": email, "password": "wrong password"}, 422, headers=ENGLISH)
        return re.sub(r'nonce="[^"]+"|name="csrf_token" value="[^"]+"', "", page).replace(email, "…")

    assert refusal("sun@example.org") == refusal("nobody@example.org")
    assert "do not belong together" in refusal("sun@example.org")


@pytest.mark.parametrize("missing", ["email", "password"])
def test_signing_in_with_half_says_which_half_is_missing(
    household: Household, client: FlaskClient, missing: str
) -> None:
    data = {"email": "sun@example.org", "password": PASSWORD} | {missing: ""}
    assert f'href="#{missing}"' in post(client, "/sign-in", data, 422)


def test_a_guests_entries_join_the_account_and_are_what_opens(
    app: Flask, household: Household, client: FlaskClient
) -> None:
    post(client, "/start", {})
    address = case_address(client)
    post(client, f"{address}/budget/new?kind=income", LINE)
    assert "joins your account when you sign in" in get(client, "/sign-in?lang=en")
    users = count(app, User)
    enter(client)
    assert case_address(client) == address, "what was just entered is not out of sight"
    assert "Wage" in get(client, f"{address}/budget")
    assert "海尔" in get(client, f"/c/{household.case_id}/loans")
    assert count(app, User) == users - 1
    more = get(client, f"{address}/more")
    assert f'href="/c/{household.case_id}/"' in more, "and the account's own file is one tap away"


def test_a_guest_who_entered_nothing_leaves_no_empty_file_behind(
    app: Flask, household: Household, client: FlaskClient
) -> None:
    cases = count(app, Case)
    post(client, "/start", {})
    enter(client)
    assert case_address(client) == f"/c/{household.case_id}"
    assert count(app, Case) == cases


def test_signing_out_leads_to_welcome_and_clears_the_device(borrower: FlaskClient) -> None:
    answer = borrower.post("/sign-out")
    assert (answer.status_code, answer.location) == (303, "/welcome")
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert answer.headers["X-Signed-Out"] == "1"
    assert "Try it without" in get(borrower, "/", headers=ENGLISH)


def test_signing_out_twice_or_as_nobody_is_no_mistake(client: FlaskClient) -> None:
    assert [post(client, "/sign-out", {}) for _ in range(2)] == ["/welcome"] * 2


def test_a_chosen_language_stays_and_is_the_accounts_on_another_phone(app: Flask, household: Household) -> None:
    phone = sign_in_as(app, household.user_id)
    assert post(phone, "/language", {"lang": "zh", "next": f"/c/{household.case_id}/more"}).endswith("/more")
    assert 'lang="zh-CN"' in get(phone, "/")
    assert 'lang="zh-CN"' in get(sign_in_as(app, household.user_id), "/", headers=ENGLISH)


def test_an_unknown_language_changes_nothing(client: FlaskClient) -> None:
    client.get("/", headers=ENGLISH)
    assert post(client, "/language", {"lang": "tlh"}, headers=ENGLISH) == "/"
    assert 'lang="en"' in get(client, "/", headers=ENGLISH)


def test_the_language_switch_returns_to_the_page_it_stands_on(household: Household, borrower: FlaskClient) -> None:
    page = get(borrower, f"/c/{household.case_id}/more?a=1")
    assert f'name="next" value="/c/{household.case_id}/more?a=1"' in page


def test_the_devices_are_listed_and_another_can_be_signed_out(
    app: Flask, household: Household, borrower: FlaskClient
) -> None:
    lost = sign_in_as(app, household.user_id)
    assert "海尔" in get(lost, "/")
    page = get(borrower, "/account")
    assert words(page).count("this device") == 1
    ends = re.findall(r'action="(/account/devices/\d+/end)"', page)
    assert len(ends) == 1, "this device is signed out from More, with its data"
    assert post(borrower, ends[0], {}) == "/account"
    assert "Try it without" in get(lost, "/", headers=ENGLISH)
    assert "That device is signed out" in get(borrower, "/account")


def test_nobody_ends_somebody_elses_session(
    app: Flask, household: Household, borrower: FlaskClient, stranger: FlaskClient
) -> None:
    with app.app_context():
        theirs = db.session.scalars(select(SignIn.id).where(SignIn.user_id == household.user_id)).one()
    post(stranger, f"/account/devices/{theirs}/end", {}, 404)
    assert "海尔" in get(borrower, "/")


def test_the_list_of_devices_is_for_people_who_are_there(client: FlaskClient) -> None:
    assert client.get("/account").location == "/sign-in?next=/account?"
    assert client.post("/account/devices/1/end").location == "/sign-in"


def test_fields_that_are_not_in_the_form_are_not_taken(app: Flask, household: Household, client: FlaskClient) -> None:
    owner = str(household.user_id)
    extra = {"id": owner, "user_id": owner, "role": "borrower", "case_id": str(household.case_id)}
    post(client, "/register", {"email": "new@example.org", "password": PASSWORD, "password_hash": "x", **extra})
    get(client, f"/c/{household.case_id}/loans", 404)
    with app.app_context():
        assert services.find_user_by_email("new@example.org").id != household.user_id  # type: ignore[union-attr]  # made above
