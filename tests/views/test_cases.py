"""The More tab and the settings of a file."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from planner.extensions import db
from planner.models import Case, Role, User
from tests.factories import Household, add_member
from tests.pages import get, post, words


@pytest.fixture
def guest(client: FlaskClient) -> tuple[FlaskClient, str]:
    """A browser that started without an account, reading English, and its file's address."""
    client.post("/start", headers={"Accept-Language": "en"})
    client.post("/language", data={"lang": "en"})
    found = re.search(r'href="(/c/\d+)/more"', get(client, "/"))
    assert found
    return client, found[1]


def stored(app: Flask, case_id: int) -> tuple[str, str]:
    with app.app_context():
        case = db.session.get(Case, case_id)
        assert case is not None
        return case.currency, case.timezone


def test_more_leads_an_account_to_what_is_there(household: Household, borrower: FlaskClient) -> None:
    page = get(borrower, f"/c/{household.case_id}/more")
    text = words(page)
    for row in (
        "Reminders",
        "Currency and time zone CNY, Asia/Shanghai",
        "Where you are signed in sun@example.org",
        "Sign out",
    ):
        assert row in text
    assert "Make an account" not in text
    assert "Your files" not in text, "one file needs no list of files"


def test_more_tells_a_guest_how_to_keep_what_they_entered(guest: tuple[FlaskClient, str]) -> None:
    client, address = guest
    text = words(get(client, f"{address}/more"))
    assert "Keep what you entered" in text
    assert "cannot be opened again after leaving" in text
    assert "Where you are signed in" not in text


def test_every_row_of_more_leads_somewhere(
    household: Household, borrower: FlaskClient, guest: tuple[FlaskClient, str]
) -> None:
    for client, address in ((borrower, f"/c/{household.case_id}"), guest):
        links = set(re.findall(r'<a [^>]*href="(/[^"]*)"', get(client, f"{address}/more")))
        assert len(links) >= 6
        for link in links:
            get(client, link)


def test_a_viewer_is_not_offered_what_they_may_not_do(household: Household, viewer: FlaskClient) -> None:
    page = get(viewer, f"/c/{household.case_id}/more")
    assert "/settings" not in page
    assert "Reminders" in page


def test_a_member_of_two_files_goes_from_one_to_the_other(
    app: Flask, household: Household, borrower: FlaskClient
) -> None:
    with app.app_context():
        other = db.session.get(Case, household.stranger_case_id)
        user = db.session.get(User, household.user_id)
        assert other is not None
        assert user is not None
        add_member(other, user, Role.BORROWER)
        db.session.commit()
    page = get(borrower, f"/c/{household.case_id}/more")
    assert "Your files" in page
    assert f'href="/c/{other.id}/"' in page
    get(borrower, f"/c/{other.id}/")
    assert f"/c/{other.id}/more" in get(borrower, "/"), "and comes home to the file opened last"


def test_currency_and_time_zone_are_saved(app: Flask, household: Household, borrower: FlaskClient) -> None:
    address = f"/c/{household.case_id}/settings"
    page = get(borrower, address)
    assert re.search(r'<option value="CNY" selected>', page)
    assert re.search(r'<option value="Asia/Shanghai" selected>', page)
    data = {"currency": "GBP", "timezone": "Europe/London"}
    assert post(borrower, address, data) == f"/c/{household.case_id}/more"
    assert stored(app, household.case_id) == ("GBP", "Europe/London")
    assert "GBP, Europe/London" in words(get(borrower, f"/c/{household.case_id}/more"))


@pytest.mark.parametrize(
    "bad",
    [
        {"currency": "XXX"},
        {"currency": ""},
        {"timezone": "Mars/Base"},
        {"timezone": "../../etc/passwd"},
        {"timezone": ""},
    ],
)
def test_a_setting_that_does_not_exist_is_refused(
    app: Flask, household: Household, borrower: FlaskClient, bad: dict[str, str]
) -> None:
    data = {"currency": "GBP", "timezone": "Europe/London"} | bad
    page = post(borrower, f"/c/{household.case_id}/settings", data, 422)
    assert "Choose one of the options" in page
    kept = data["currency"] if "timezone" in bad else data["timezone"]
    assert f'<option value="{kept}" selected>' in page, "what was right is kept"
    assert stored(app, household.case_id) == ("CNY", "Asia/Shanghai")


def test_settings_are_for_those_whose_file_it_is(
    app: Flask, household: Household, viewer: FlaskClient, stranger: FlaskClient
) -> None:
    address, data = f"/c/{household.case_id}/settings", {"currency": "GBP", "timezone": "Europe/London"}
    for client, status in ((viewer, 403), (stranger, 404)):
        get(client, address, status)
        post(client, address, data, status)
    get(stranger, f"/c/{household.case_id}/more", 404)
    assert stored(app, household.case_id) == ("CNY", "Asia/Shanghai")
