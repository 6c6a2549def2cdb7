"""Sessions that cannot be planted, copied or kept for ever; passwords that cannot be guessed; links that stay at home."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from planner.app import create_app
from planner.config import Settings
from tests.conftest import NOW
from tests.factories import Household, sign_in_as
from tests.pages import post

PASSWORD = "correct horse battery"
RIGHT = {"email": "sun@example.org", "password": PASSWORD}
WRONG = {"email": "sun@example.org", "password": "wrong password"}


def is_in(client: FlaskClient) -> bool:
    """Whether the browser sees a file of somebody's instead of the welcome page."""
    return 'class="tabs"' in client.get("/").get_data(as_text=True)


# ---- Sessions ----


def cookie_of(client: FlaskClient) -> str:
    cookie = client.get_cookie("planner")
    assert cookie is not None
    return cookie.value


def copy_of(app: Flask, value: str) -> FlaskClient:
    """Another browser that holds a copy of the cookie."""
    client = app.test_client()
    client.set_cookie("planner", value)
    return client


def test_a_session_planted_before_signing_in_opens_nothing_after(
    app: Flask, household: Household, client: FlaskClient
) -> None:
    post(client, "/start", {})
    planted = cookie_of(client)
    assert is_in(copy_of(app, planted)), "it is worth something before"
    post(client, "/sign-in", RIGHT)
    assert is_in(client)
    assert not is_in(copy_of(app, planted))


def test_a_session_planted_before_registering_opens_nothing_after(app: Flask, client: FlaskClient) -> None:
    post(client, "/start", {})
    planted = cookie_of(client)
    post(client, "/register", {"email": "new@example.org", "password": PASSWORD})
    assert is_in(client)
    assert not is_in(copy_of(app, planted))


def test_a_copied_cookie_is_worth_nothing_after_signing_out(
    app: Flask, household: Household, client: FlaskClient
) -> None:
    post(client, "/sign-in", RIGHT)
    copied = cookie_of(client)
    assert is_in(copy_of(app, copied))
    post(client, "/sign-out", {})
    assert not is_in(copy_of(app, copied))


def test_a_cookie_names_no_person_to_be_changed_for_another(
    app: Flask, household: Household, client: FlaskClient
) -> None:
    post(client, "/sign-in", RIGHT)
    with client.session_transaction() as session:
        assert len(session["_user_id"]) >= 22, "a random token"
        session["_user_id"] = str(household.stranger_id)
    assert not is_in(client)


@pytest.fixture
def running(settings: Settings, household: Household, limits: None) -> Iterator[Flask]:
    """The app with a clock that runs."""
    app = create_app(replace(settings, fixed_now=None))
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    yield app
    app.extensions["planner_engine"].dispose()


def test_a_phone_that_lies_unused_for_a_month_is_signed_out(running: Flask) -> None:
    client = running.test_client()
    with time_machine.travel(NOW, tick=False) as clock:
        post(client, "/sign-in", RIGHT)
        for _ in range(3):
            clock.shift(timedelta(days=29))
            assert is_in(client), "used within the month, it stays open"
        clock.shift(timedelta(days=31))
        assert not is_in(client)


def test_after_180_days_everybody_signs_in_again(running: Flask) -> None:
    client = running.test_client()
    with time_machine.travel(NOW, tick=False) as clock:
        post(client, "/sign-in", RIGHT)
        for _ in range(8):
            clock.shift(timedelta(days=20))
            assert is_in(client)
        clock.shift(timedelta(days=21))
        assert not is_in(client)


# ---- Guessing ----


def guess(app: Flask, address: str = "198.51.100.1", data: dict[str, str] = WRONG, **headers: str) -> int:
    """One try from a browser that was never here; the status of the answer."""
    return (
        app.test_client()
        .post("/sign-in", data=data, headers=headers, environ_base={"REMOTE_ADDR": address})
        .status_code
    )


def test_ten_wrong_passwords_are_the_last_from_there(app: Flask, household: Household, limits: None) -> None:
    assert [guess(app) for _ in range(11)] == [422] * 10 + [429]
    assert guess(app, data=RIGHT) == 429
    assert guess(app, data={"email": "viewer@example.org", "password": PASSWORD}) == 303, "others there are let in"
    assert guess(app, "198.51.100.2", RIGHT) == 303, "and the owner elsewhere"


def test_right_passwords_are_not_counted(app: Flask, household: Household, limits: None) -> None:
    assert [guess(app, data=RIGHT) for _ in range(12)] == [303] * 12


def test_another_spelling_of_the_address_is_the_same_account(app: Flask, household: Household, limits: None) -> None:
    spellings = ["sun@example.org", "SUN@example.org", " sun@example.org", "sun＠example.org", "Sun@Example.org"] * 2
    assert {guess(app, data=WRONG | {"email": email}) for email in spellings} == {422}
    assert guess(app) == 429


def test_a_forged_forwarding_header_dodges_nothing(app: Flask, household: Household, limits: None) -> None:
    forged = [guess(app, **{"X-Forwarded-For": f"203.0.113.{n}", "X-Real-IP": f"203.0.113.{n}"}) for n in range(11)]
    assert forged == [422] * 10 + [429]


def test_behind_our_proxy_its_word_counts_and_not_the_visitors(
    settings: Settings, household: Household, limits: None
) -> None:
    app = create_app(replace(settings, trusted_proxies=1))
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    seen_by_proxy = [guess(app, **{"X-Forwarded-For": f"203.0.113.{n}, 198.51.100.9"}) for n in range(11)]
    assert seen_by_proxy == [422] * 10 + [429], "only the last address is the proxy's"
    assert guess(app, **{"X-Forwarded-For": "198.51.100.10"}) == 422
    app.extensions["planner_engine"].dispose()


def test_one_household_has_one_ipv6_address(app: Flask, household: Household, limits: None) -> None:
    assert [guess(app, f"2001:db8:1:2::{n:x}") for n in range(1, 12)] == [422] * 10 + [429]
    assert guess(app, "2001:db8:1:3::1") == 422, "the neighbour is somebody else"
    both_ways = [guess(app, f"{prefix}198.51.100.7") for prefix in ("", "::ffff:") * 6]
    assert both_ways[:10] == [422] * 10
    assert both_ways[10:] == [429] * 2


def test_many_addresses_guess_no_further_and_the_owner_still_gets_in(
    app: Flask, household: Household, limits: None
) -> None:
    phone = app.test_client()
    post(phone, "/sign-in", RIGHT)
    post(phone, "/sign-out", {})
    tries = [guess(app, f"198.51.{n // 250}.{n % 250 + 1}") for n in range(35)]
    assert tries == [422] * 30 + [429] * 5, "30 an hour for everybody together"
    assert guess(app, "203.0.113.77", RIGHT) == 429, "even with the right one, from a device nobody knows"
    assert phone.post("/sign-in", data=RIGHT).status_code == 303, "the owner's phone counts by itself"
    for n in range(11):
        post(phone, "/sign-out", {})
        assert phone.post("/sign-in", data=WRONG).status_code == (422 if n < 10 else 429), "and has ten tries, no more"


def test_tries_are_allowed_again_when_the_window_has_passed(running: Flask) -> None:
    with time_machine.travel(time.time(), tick=False) as clock:
        assert [guess(running) for _ in range(11)][-1] == 429
        clock.shift(timedelta(minutes=15, seconds=1))
        assert guess(running, data=RIGHT) == 303


def test_the_limit_page_says_what_to_do(app: Flask, household: Household, limits: None) -> None:
    for _ in range(10):
        guess(app)
    answer = app.test_client().post("/sign-in?lang=en", data=WRONG, environ_base={"REMOTE_ADDR": "198.51.100.1"})
    assert answer.status_code == 429
    assert "Wait a few minutes and try again" in answer.get_data(as_text=True)


# ---- Where a link leads ----


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example", "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example", "/\t/evil.example",
        "/\n/evil.example", "javascript:alert(1)", "evil.example", "http:evil.example", "/a\r\nSet-Cookie: a=b",
        " //evil.example",
    ],
)  # fmt: skip
def test_a_link_to_sign_in_leads_nowhere_else(app: Flask, household: Household, elsewhere: str) -> None:
    for client, path in ((app.test_client(), "/sign-in"), (sign_in_as(app, household.user_id), "/sign-in")):
        answer = client.post(path, query_string={"next": elsewhere}, data=RIGHT)
        assert (answer.status_code, answer.location) == (303, "/")
        assert client.get(path, query_string={"next": elsewhere}).location == "/"
        assert client.post("/language", data={"lang": "en", "next": elsewhere}).location == "/"


def test_ones_own_paths_are_kept(household: Household, client: FlaskClient) -> None:
    address = f"/c/{household.case_id}/budget?month=2026-12"
    assert client.post("/sign-in", query_string={"next": address}, data=RIGHT).location == address


def test_a_slow_answer_from_before_a_sign_in_leaves_the_new_cookie_alone(app: Flask, client: FlaskClient) -> None:
    """What was asked for by somebody not signed in (the service worker fills its shell then) sets no cookie again."""
    client.get("/")
    before = client.get_cookie("planner")
    assert before
    for path in ("/", "/offline", "/manifest.webmanifest?lang=zh", "/sw.js", "/sign-in", "/push/key"):
        late = app.test_client()
        late.set_cookie("planner", before.value)
        assert late.get(path).headers.getlist("Set-Cookie") == [], path
