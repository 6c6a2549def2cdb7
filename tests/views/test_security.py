"""What every page must hold; each test fails when its protection is taken away."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from planner import config
from planner.app import create_app
from tests.factories import Household, sign_in_as
from tests.test_guards import case_addresses, rules

PUBLIC = ("/", "/welcome", "/sign-in", "/register", "/offline", "/s/unknown", "/nowhere")


def pages(app: Flask, household: Household) -> Iterator[str]:
    """Every address that answers GET, public and private."""
    yield from PUBLIC
    yield from (path for _endpoint, method, path in case_addresses(app, household) if method == "GET")


def test_every_page_forbids_what_it_does_not_need(app: Flask, household: Household, borrower: FlaskClient) -> None:
    for path in pages(app, household):
        headers = borrower.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy, path
        assert "unsafe" not in policy, path
        assert "form-action 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_the_nonce_is_new_each_time_and_that_of_the_style(client: FlaskClient) -> None:
    answers = [client.get("/") for _ in range(2)]
    nonces = [re.search(r"'nonce-([^']+)'", a.headers["Content-Security-Policy"]).group(1) for a in answers]  # type: ignore[union-attr]
    assert nonces[0] != nonces[1]
    for answer, nonce in zip(answers, nonces, strict=True):
        assert re.findall(r'<style nonce="([^"]+)"', answer.get_data(as_text=True)) == [nonce]


def test_no_private_answer_may_be_kept(app: Flask, household: Household, borrower: FlaskClient) -> None:
    for endpoint, method, path in case_addresses(app, household):
        if method == "GET":
            assert borrower.get(path).headers["Cache-Control"] == "no-store", endpoint


def test_looking_never_changes_anything(app: Flask, household: Household, borrower: FlaskClient) -> None:
    file = Path(app.config["SETTINGS"].database_url.removeprefix("sqlite:///"))

    def content() -> str:
        app.extensions["planner_engine"].dispose()
        return hashlib.sha256(b"".join(p.read_bytes() for p in sorted(file.parent.glob("planner.sqlite3")))).hexdigest()

    before = content()
    for path in pages(app, household):
        borrower.get(path)
        borrower.head(path)
    assert content() == before


def test_a_post_without_its_token_changes_nothing(app: Flask, household: Household, borrower: FlaskClient) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    for endpoint, method, path in case_addresses(app, household):
        if method == "POST":
            answer = borrower.post(path, data={"csrf_token": "forged"})
            assert answer.status_code == 403, endpoint
            assert "send the form again" in answer.get_data(as_text=True)
    for path in ("/start", "/register", "/sign-in", "/sign-out", "/language"):
        assert borrower.post(path).status_code == 403


def test_every_form_of_every_page_carries_its_token(app: Flask, household: Household, borrower: FlaskClient) -> None:
    for path in pages(app, household):
        for form in re.findall(r"(?s)<form\b.*?</form>", borrower.get(path).get_data(as_text=True)):
            if 'method="post"' in form and "/reminders/stop/" not in form:
                assert 'name="csrf_token"' in form, (path, form[:200])


@pytest.fixture
def over_https(settings: config.Settings) -> Flask:
    """The app as it runs in production."""
    app = create_app(replace(settings, base_url="https://plan.example.org", production=True))
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    return app


def test_over_https_cookies_are_host_bound_and_never_sent_in_the_clear(over_https: Flask) -> None:
    answer = over_https.test_client().post("/start", base_url="https://plan.example.org")
    [cookie] = [c for c in answer.headers.getlist("Set-Cookie") if "planner" in c]
    assert cookie.startswith("__Host-planner=")
    for flag in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert flag in cookie
    assert "Domain" not in cookie
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=63072000")


def test_links_are_made_on_the_apps_own_address_whatever_host_a_request_names(over_https: Flask) -> None:
    from planner.messages import absolute_url

    with over_https.test_request_context(base_url="https://evil.example"):
        assert absolute_url("today.home") == "https://plan.example.org/"


def test_an_unforeseen_fault_shows_a_calm_page_and_no_trace(
    app: Flask, household: Household, borrower: FlaskClient
) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False
    app.config["TESTING"] = False
    app.view_functions["budget.index"] = lambda **kwargs: 1 / 0
    answer = borrower.get(f"/c/{household.case_id}/budget")
    assert answer.status_code == 500
    text = answer.get_data(as_text=True)
    assert "Something broke on our side" in text
    assert "Traceback" not in text
    assert "ZeroDivisionError" not in text


@pytest.mark.parametrize(
    "path",
    [
        "/c/99999999999999999999999/budget",
        "/c/1/loans/99999999999999999999999",
        "/s/" + "x" * 5000,
        "/%00",
        "/c/1/%F0%9F%98%80",
    ],
)
def test_absurd_addresses_are_simply_not_there(household: Household, borrower: FlaskClient, path: str) -> None:
    assert borrower.get(path).status_code == 404


def test_far_too_much_is_refused(household: Household, borrower: FlaskClient) -> None:
    answer = borrower.post(f"/c/{household.case_id}/budget/new?kind=expense", data={"name": "x" * 2_000_000})
    assert answer.status_code == 413


@pytest.mark.parametrize(
    "value", ["\x00", "a\x00b", "\ud800", "😀" * 30, "<script>alert(1)</script>", "{{ 7*7 }}", "' OR 1=1 --"]
)
def test_odd_texts_are_kept_as_text(household: Household, borrower: FlaskClient, value: str) -> None:
    form = {
        "name": value.encode("utf-8", "surrogatepass"),
        "amount": "5",
        "frequency": "monthly",
        "necessity": "flexible",
        "category": "other",
    }
    answer = borrower.post(f"/c/{household.case_id}/budget/new?kind=expense", data=form)
    assert answer.status_code in (302, 422)
    page = borrower.get(f"/c/{household.case_id}/budget").get_data(as_text=True)
    assert "<script>alert" not in page
    assert ">49<" not in page


def test_the_worker_and_manifest_are_served_for_the_whole_app(client: FlaskClient) -> None:
    worker = client.get("/sw.js")
    assert worker.mimetype == "text/javascript"
    assert "__SHELL__" not in worker.get_data(as_text=True)
    manifest = client.get("/manifest.webmanifest?lang=en").get_json()
    assert (manifest["start_url"], manifest["display"]) == ("/", "standalone")
    for icon in manifest["icons"]:
        assert client.get(icon["src"]).status_code == 200
    assert "maskable" in {icon["purpose"] for icon in manifest["icons"]}
    assert client.get("/offline?lang=en").status_code == 200


def test_every_public_route_is_meant_to_be(app: Flask) -> None:
    public = {rule.endpoint for rule, stated in rules(app) if stated == "public"}
    assert public == {
        "today.home", "accounts.welcome", "accounts.start", "accounts.register", "accounts.register_post", "accounts.sign_in",
        "accounts.sign_in_post", "accounts.sign_out", "accounts.language", "sharing.open_plan", "sharing.document",
        "reminders.unsubscribe", "reminders.unsubscribe_post", "pwa.manifest", "pwa.service_worker", "pwa.offline", "pwa.favicon",
    }  # fmt: skip


def test_a_guest_cannot_reach_another_case(app: Flask, household: Household) -> None:
    guest = app.test_client()
    guest.post("/start")
    assert guest.get(f"/c/{household.case_id}/budget").status_code == 404
    assert sign_in_as(app, household.viewer_id).get(f"/c/{household.case_id}/budget").status_code == 200
