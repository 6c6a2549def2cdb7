"""The reminders page: success, bad input, another user, a weaker role; the calendar file; the way out of e-mail."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar

from planner import tokens
from planner.config import Smtp
from planner.extensions import db
from planner.models import Case
from planner.reminders import services
from tests.delivery.test_email import Sink, free_port
from tests.factories import Household
from tests.pages import get, post, words

FORM: dict[str, Any] = {
    "steps": ["-7", "0"],
    "send_at": "10:30",
    "email_on": "y",
    "email_to": "me@example.org",
    "show_details": "yes",
}


def test_the_defaults_are_shown_with_what_comes_next(household: Household, borrower: FlaskClient) -> None:
    page = get(borrower, f"/c/{household.case_id}/reminders")
    assert [v for v in ("-7", "-3", "0", "1") if f'value="{v}" checked' in page] == ["-7", "-3", "0", "1"]
    assert 'value="sun@example.org"' in page
    assert "11 Dec 09:00 海尔分期, ¥1,816.67: due on 18 Dec, in 7 days" in words(page)


def test_settings_are_kept_and_change_what_comes_next(household: Household, borrower: FlaskClient) -> None:
    post(borrower, f"/c/{household.case_id}/reminders", FORM)
    page = get(borrower, f"/c/{household.case_id}/reminders")
    assert 'value="me@example.org"' in page
    assert 'value="-3" checked' not in page
    assert "11 Dec 10:30 海尔分期" in words(page)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"send_at": "25:00"}, "Enter a time such as 09:00"),
        ({"send_at": ""}, "Enter a time such as 09:00"),
        ({"send_at": "03:00"}, "Enter a time from 09:00 to 20:59"),
        ({"email_to": "li.wei@"}, "Enter a whole address"),
        ({"email_to": ""}, "Enter a whole address"),
        ({"steps": ["-999"]}, "not a valid choice"),
        ({"steps": ["x"]}, "not a valid choice"),
        ({"show_details": "maybe"}, "Choose one of the options"),
    ],
)
def test_bad_input_says_what_to_type_and_saves_nothing(
    app: Flask, household: Household, borrower: FlaskClient, change: dict[str, Any], sentence: str
) -> None:
    page = post(borrower, f"/c/{household.case_id}/reminders", FORM | change, status=422)
    assert sentence in words(page)
    with app.app_context():
        assert services.find_settings(db.session.get_one(Case, household.case_id)) is None


def test_an_address_that_is_not_asked_for_is_not_checked(household: Household, borrower: FlaskClient) -> None:
    post(
        borrower,
        f"/c/{household.case_id}/reminders",
        {k: v for k, v in FORM.items() if k != "email_on"} | {"email_to": "half@"},
    )


def test_a_stale_save_is_refused(household: Household, borrower: FlaskClient) -> None:
    post(borrower, f"/c/{household.case_id}/reminders", FORM)
    version = re.search(r'name="version" value="(\d+)"', get(borrower, f"/c/{household.case_id}/reminders")).group(1)  # type: ignore[union-attr]
    post(borrower, f"/c/{household.case_id}/reminders", FORM | {"version": version, "send_at": "11:00"})
    page = post(
        borrower, f"/c/{household.case_id}/reminders", FORM | {"version": version, "send_at": "12:00"}, status=409
    )
    assert "Someone changed this in the meantime" in words(page)
    assert 'value="12:00"' in page


def test_others_find_nothing_and_a_viewer_only_looks(
    household: Household, stranger: FlaskClient, viewer: FlaskClient
) -> None:
    for path in ("reminders", "reminders/calendar.ics"):
        get(stranger, f"/c/{household.case_id}/{path}", 404)
        get(viewer, f"/c/{household.case_id}/{path}")
    post(stranger, f"/c/{household.case_id}/reminders", FORM, status=404)
    post(viewer, f"/c/{household.case_id}/reminders", FORM, status=403)
    post(viewer, f"/c/{household.case_id}/reminders/test", {}, status=403)


def test_the_calendar_file_holds_what_is_unpaid_and_names_nothing_by_default(
    household: Household, borrower: FlaskClient
) -> None:
    answer = borrower.get(f"/c/{household.case_id}/reminders/calendar.ics")
    assert answer.mimetype == "text/calendar"
    events = list(Calendar.from_ical(answer.data).walk("VEVENT"))
    haier = [e for e in events if str(e["UID"]).startswith(f"loan-{household.loan_ids['haier']}-")]
    assert [e.decoded("DTSTART").isoformat() for e in haier] == [
        "2026-12-18", "2027-01-18", "2027-02-18", "2027-03-18", "2027-04-18", "2027-05-18", "2027-06-18",
    ]  # fmt: skip
    assert "海尔" not in answer.get_data(as_text=True)
    borrower.post(f"/c/{household.case_id}/loans/{household.loan_ids['haier']}/instalments/6/paid")
    after = borrower.get(f"/c/{household.case_id}/reminders/calendar.ics").get_data(as_text=True)
    assert f"loan-{household.loan_ids['haier']}-6-" not in after


def test_a_test_message_says_plainly_whether_it_works(app: Flask, household: Household, borrower: FlaskClient) -> None:
    address = f"/c/{household.case_id}/reminders"
    post(borrower, f"{address}/test", {})
    assert "Not sent: e-mail is not set up on this server." in words(get(borrower, address))
    handler = Sink()
    controller = Controller(handler, hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        smtp = Smtp("127.0.0.1", controller.port, None, None, "plain")
        app.config["SETTINGS"] = replace(app.config["SETTINGS"], smtp=smtp)
        post(borrower, f"{address}/test", {})
        assert "Sent to sun@example.org." in words(get(borrower, address))
    finally:
        controller.stop()
    assert handler.messages[0]["Subject"] == "稳步：测试"


def test_one_click_ends_the_mail_and_opening_the_link_alone_does_not(
    app: Flask, household: Household, client: FlaskClient
) -> None:
    with app.test_request_context():
        link = services.unsubscribe_url(household.case_id).removeprefix("http://localhost")
    assert "Stop the e-mail reminders?" in words(get(client, f"{link}?lang=en"))
    with app.app_context():
        assert services.wishes_of(db.session.get_one(Case, household.case_id)).email_to == "sun@example.org"
    app.config["WTF_CSRF_ENABLED"] = True
    assert client.post(link, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    with app.app_context():
        assert services.wishes_of(db.session.get_one(Case, household.case_id)).email_to is None


def test_a_forged_or_foreign_stop_link_does_not_open(app: Flask, client: FlaskClient, household: Household) -> None:
    with app.test_request_context():
        other = tokens.sign("another-purpose", household.case_id)
    for signed in ("x", other, "a.b.c"):
        get(client, f"/reminders/stop/{signed}", 404)
        assert client.post(f"/reminders/stop/{signed}").status_code == 404
