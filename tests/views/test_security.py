"""What keeps one person's figures from another: each test fails when its protection is taken away."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from planner.app import create_app
from planner.config import Settings
from planner.extensions import db
from planner.models import Base
from planner.rendering import static_version
from tests.addresses import address_values
from tests.factories import Household, sign_in_as
from tests.lender import share_plan, visitor
from tests.pages import get, post

PASSWORD = "correct horse battery"
RIGHT = {"email": "sun@example.org", "password": PASSWORD}
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
    post(borrower, f"{address}/offer", {"n1-is_included": "y", "n1-offered": "1,240"})
    return int(address.rsplit("/", 1)[1])


def addresses(app: Flask, household: Household, method: str) -> Iterator[tuple[str, str]]:
    """Each route that takes the method: endpoint and a path that leads to something where there is something."""
    adapter = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        if rule.endpoint != "static" and method in (rule.methods or ()):
            known = address_values(household, rule)
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


def test_answers_on_their_way_together_after_a_sign_in_share_one_form_token(
    guarded: Flask, household: Household
) -> None:
    """Seen in a browser: what a script asked for came after the next page with another token, and the page's form was refused."""
    client = guarded.test_client()
    client.post("/sign-in", data=RIGHT | {"csrf_token": form_token(client, "/sign-in")})
    signed_in = client.get_cookie("planner")
    assert signed_in
    page, beside = "/account/passkeys/new", "/push/key"
    tokens = [form_token(client, page)]
    client.set_cookie("planner", signed_in.value)
    tokens.append(client.get(beside).json["token"])
    for token in tokens:
        assert client.post("/account/passkeys/options", headers={"X-CSRFToken": token}).status_code == 200


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
    assert 'class="tabs"' in get(client, "/"), "nor is anybody signed out"


def test_with_its_own_token_the_same_post_goes_through(guarded: Flask, household: Household) -> None:
    client = sign_in_as(guarded, household.user_id)
    token = form_token(client, f"/c/{household.case_id}/more")
    assert client.post("/sign-out", data={"csrf_token": token}).status_code == 303
    assert 'class="tabs"' not in get(client, "/")


def test_a_form_posted_from_another_site_is_refused_over_https(by_https: Flask) -> None:
    client, base = by_https.test_client(), {"base_url": "https://plan.example.org"}
    page = client.get("/welcome", **base).get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    own, other = "https://plan.example.org", "https://evil.example"
    refused = [{"Referer": f"{other}/"}, {"Origin": other}, {"Origin": "null", "Sec-Fetch-Site": "cross-site"}]
    for headers in refused:
        assert client.post("/language", data={"csrf_token": token[1]}, headers=headers, **base).status_code == 403, (
            headers
        )
    for headers in (
        {"Referer": f"{own}/welcome"},
        {"Origin": own},
        {"Origin": "null", "Sec-Fetch-Site": "same-origin"},
        {},
    ):
        assert client.post("/language", data={"csrf_token": token[1]}, headers=headers, **base).status_code == 303, (
            headers
        )


def test_a_lender_without_a_referer_can_answer_over_https(by_https: Flask, household: Household) -> None:
    """Their page says no-referrer, so the browser sends none, and an unreadable Origin."""
    base: dict[str, Any] = {"base_url": "https://plan.example.org"}
    with by_https.app_context():
        plan = share_plan(household)
    lender = visitor(by_https)
    page = lender.get(plan.link, **base)
    assert page.headers["Referrer-Policy"] == "no-referrer"
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.get_data(as_text=True))
    assert token
    form = {"csrf_token": token[1], "kind": "accept", "person": "Li Wei", "step": "check"}
    headers = {"Origin": "null", "Sec-Fetch-Site": "same-origin"}
    assert lender.post(f"{plan.link}/answer", data=form, headers=headers, **base).status_code == 200
    assert (
        lender.post(f"{plan.link}/answer", data=form | {"csrf_token": ""}, headers=headers, **base).status_code == 403
    )


def test_reading_changes_nothing(app: Flask, household: Household, borrower: FlaskClient, plan_id: int) -> None:
    """Crawlers, link previews and a browser that fetches ahead follow every link."""
    before = dump(app)
    statuses = []
    for _endpoint, address in addresses(app, household, "GET"):
        statuses += [borrower.get(address).status_code, borrower.head(address).status_code]
    assert statuses.count(200) >= 50
    assert {name for name, rows in dump(app).items() if rows != before[name]} == set()
