"""What keeps one person's figures from another: each test fails when its protection is taken away."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from planner.app import create_app
from planner.config import Settings
from planner.extensions import db
from planner.models import Base
from planner.rendering import static_version
from tests.conftest import NOW
from tests.factories import Household, sign_in_as
from tests.pages import get, post

PASSWORD = "correct horse battery"
RIGHT = {"email": "sun@example.org", "password": PASSWORD}
WRONG = {"email": "sun@example.org", "password": "wrong password"}
# These say nothing about anybody, and may be kept.
SHARED_BY_ALL = {"pwa.manifest", "pwa.service_worker", "pwa.offline", "pwa.favicon"}
# Posted by mail programs, which have no form token; the signed address is what counts (RFC 8058).
WITHOUT_TOKEN = {"reminders.unsubscribe_post"}


@pytest.fixture
def guarded(settings: Settings, household: Household, limits: None) -> Iterator[Flask]:
    """The app as it is served, form tokens and limits on, over the household's database."""
    app = create_app(settings)
    app.config["TESTING"] = True
    yield app
    app.extensions["planner_engine"].dispose()


@pytest.fixture
def by_https(settings: Settings, household: Household) -> Iterator[Flask]:
    """The same behind https."""
    app = create_app(replace(settings, base_url="https://plan.example.org"))
    app.config["TESTING"] = True
    yield app
    app.extensions["planner_engine"].dispose()


@pytest.fixture
def plan_id(household: Household, borrower: FlaskClient) -> int:
    """A finished plan of the household."""
    made = post(borrower, f"/c/{household.case_id}/plans", {"loan_id": str(household.loan_ids["haier"])})
    address = made.removesuffix("/cause")
    cause = {"cause": "income", "new_income": "6400", "cause_since": "2027-01-01", "cause_text": "overtime is cut"}
    post(borrower, f"{address}/cause", cause)
    post(borrower, f"{address}/offer", {"offered": "1,240", "first_due": "2027-01-18"})
    return int(address.rsplit("/", 1)[1])


def addresses(app: Flask, household: Household, method: str) -> Iterator[tuple[str, str]]:
    """Each route that takes the method: endpoint and a path that leads to something where there is something."""
    values = {
        "case_id": household.case_id, "loan_id": household.loan_ids["haier"], "line_id": 1, "proposal_id": 1, "n": 6,
        "extension": "json", "signed": "x", "token": "x", "kind": "income",
    }  # fmt: skip
    adapter = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        if rule.endpoint != "static" and method in (rule.methods or ()):
            known = {name: values.get(name, 1) for name in rule.arguments}
            query = {"kind": "income"} if rule.endpoint == "budget.create" else {}
            yield rule.endpoint, adapter.build(rule.endpoint, known | query, method=method)


def dump(app: Flask) -> dict[str, list[str]]:
    """Every row of every table, but for the counts of the limits."""
    with app.app_context():
        return {
            table.name: sorted(map(repr, db.session.execute(select(table)).all()))
            for table in Base.metadata.sorted_tables
            if table.name != "rate_counts"
        }


def form_token(client: FlaskClient, address: str = "/welcome") -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', get(client, address))
    assert found
    return found[1]


def is_in(client: FlaskClient) -> bool:
    """Whether the browser sees a file of somebody's instead of the welcome page."""
    return 'class="tabs"' in client.get("/").get_data(as_text=True)


# ---- Headers ----


def test_every_page_carries_every_header_and_private_ones_are_never_stored(
    app: Flask, household: Household, borrower: FlaskClient, plan_id: int
) -> None:
    statuses = []
    for endpoint, address in [*addresses(app, household, "GET"), ("none", "/no-such-page")]:
        answer = borrower.get(address)
        statuses.append(answer.status_code)
        headers = answer.headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy, endpoint
        assert "form-action 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert "*" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] in ("same-origin", "no-referrer")
        for kind in ("Opener", "Resource"):
            assert headers[f"Cross-Origin-{kind}-Policy"] == "same-origin"
        assert headers["Cross-Origin-Embedder-Policy"] == "require-corp"
        assert ("no-store" in headers["Cache-Control"]) == (endpoint not in SHARED_BY_ALL), endpoint
    assert statuses.count(200) >= 25, "the crawl must have seen pages"
    assert max(statuses) < 500


def test_the_style_nonce_is_new_on_each_answer_and_is_the_one_in_the_page(client: FlaskClient) -> None:
    seen = set()
    for _ in range(3):
        answer = client.get("/")
        found = re.search(r"'nonce-([^']+)'", answer.headers["Content-Security-Policy"])
        assert found
        assert f'<style nonce="{found[1]}">' in answer.get_data(as_text=True)
        seen.add(found[1])
    assert len(seen) == 3


def test_https_is_kept_for_at_least_a_year(by_https: Flask, client: FlaskClient) -> None:
    header = by_https.test_client().get("/").headers["Strict-Transport-Security"]
    age = re.search(r"max-age=(\d+)", header)
    assert age
    assert int(age[1]) >= 31_536_000
    assert "Strict-Transport-Security" not in client.get("/").headers, "http on one's own machine must stay reachable"


def test_cookies_are_bound_to_https_and_out_of_reach_of_scripts(by_https: Flask) -> None:
    client = by_https.test_client()
    base = {"base_url": "https://plan.example.org"}
    referer = {"Referer": "https://plan.example.org/sign-in"}
    page = client.get("/sign-in", **base).get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    signed_in = client.post("/sign-in", data=RIGHT | {"csrf_token": token[1]}, headers=referer, **base)
    assert signed_in.status_code == 303
    page = client.get("/account", **base).get_data(as_text=True)
    names = set()
    for cookie in signed_in.headers.getlist("Set-Cookie"):
        names.add(cookie.split("=")[0])
        assert "Secure" in cookie
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        assert "Path=/" in cookie
        assert "Domain" not in cookie
    assert names == {"__Host-planner", "__Host-known"}


def test_a_file_kept_for_everybody_carries_nobodys_session(borrower: FlaskClient) -> None:
    get(borrower, "/")
    answer = borrower.get(f"/static/{static_version()}/css/app.css")
    assert "immutable" in answer.headers["Cache-Control"]
    assert "Set-Cookie" not in answer.headers
    assert "Cookie" not in answer.headers.get("Vary", "")


# ---- Forged requests ----


@pytest.mark.parametrize("token", [None, "", "forged", "another session's"])
def test_a_post_without_its_own_token_changes_nothing(
    guarded: Flask, household: Household, plan_id: int, token: str | None
) -> None:
    client = sign_in_as(guarded, household.user_id)
    data = {} if token is None else {"csrf_token": token}
    if token == "another session's":
        data["csrf_token"] = form_token(guarded.test_client())
    before = dump(guarded)
    routes = dict(addresses(guarded, household, "POST"))
    answers = {endpoint: client.post(path, data=RIGHT | data).status_code for endpoint, path in routes.items()}
    assert len(answers) >= 20
    assert {endpoint for endpoint, status in answers.items() if status != 403} <= WITHOUT_TOKEN
    assert dump(guarded) == before
    assert is_in(client)


def test_with_its_own_token_the_same_post_goes_through(guarded: Flask, household: Household) -> None:
    client = sign_in_as(guarded, household.user_id)
    token = form_token(client, f"/c/{household.case_id}/more")
    assert client.post("/sign-out", data={"csrf_token": token}).status_code == 303
    assert not is_in(client)


def test_a_form_posted_from_another_site_is_refused_over_https(by_https: Flask) -> None:
    client, base = by_https.test_client(), {"base_url": "https://plan.example.org"}
    page = client.get("/welcome", **base).get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    for site, status in (("https://evil.example/", 403), ("https://plan.example.org/welcome", 303)):
        answer = client.post("/start", data={"csrf_token": token[1]}, headers={"Referer": site}, **base)
        assert answer.status_code == status


def test_reading_changes_nothing(app: Flask, household: Household, borrower: FlaskClient, plan_id: int) -> None:
    """Crawlers, link previews and a browser that fetches ahead follow every link."""
    before = dump(app)
    statuses = []
    for _endpoint, address in addresses(app, household, "GET"):
        statuses += [borrower.get(address).status_code, borrower.head(address).status_code]
    assert statuses.count(200) >= 50
    assert {name for name, rows in dump(app).items() if rows != before[name]} == set()


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


def test_a_session_planted_before_signing_in_opens_nothing_after(app: Flask, household: Household, client: FlaskClient) -> None:
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


def test_a_copied_cookie_is_worth_nothing_after_signing_out(app: Flask, household: Household, client: FlaskClient) -> None:
    post(client, "/sign-in", RIGHT)
    copied = cookie_of(client)
    assert is_in(copy_of(app, copied))
    post(client, "/sign-out", {})
    assert not is_in(copy_of(app, copied))


def test_a_cookie_names_no_person_to_be_changed_for_another(app: Flask, household: Household, client: FlaskClient) -> None:
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
    return app.test_client().post("/sign-in", data=data, headers=headers, environ_base={"REMOTE_ADDR": address}).status_code


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


def test_behind_our_proxy_its_word_counts_and_not_the_visitors(settings: Settings, household: Household, limits: None) -> None:
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


def test_many_addresses_guess_no_further_and_the_owner_still_gets_in(app: Flask, household: Household, limits: None) -> None:
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
