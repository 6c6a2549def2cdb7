"""The calendar address: secret, replaceable, the same to the byte until something changes, and ringing with the reminders."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import ics
import pytest
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar
from sqlalchemy import select

from planner.extensions import db
from planner.loans import services as loans
from planner.models import Base, Case, Loan, LoanReminders, Reminder, ReminderSettings
from planner.reminders import picture as pictures
from planner.reminders.wishes import settings_to_change, wishes_of
from planner.tokens import token_hash
from tests.conftest import NOW
from tests.factories import Household
from tests.pages import get, post, words
from tests.reminding import run_at, set_clock


@pytest.fixture
def page(household: Household) -> str:
    return f"/c/{household.case_id}/reminders"


def make_address(borrower: FlaskClient, page: str) -> str:
    """A new secret address, as the page shows it once."""
    post(borrower, f"{page}/calendar", {})
    found = re.search(r'id="feed" readonly value="http://localhost(/calendar/[\w-]{22}\.ics)"', get(borrower, page))
    assert found
    return found[1]


def events(content: bytes) -> dict[str, Any]:
    return {str(event["UID"]): event for event in Calendar.from_ical(content).walk("VEVENT")}


def alarms(event: Any) -> list[datetime]:
    return [alarm.decoded("TRIGGER") for alarm in event.walk("VALARM")]


def settle(app: Flask, household: Household, **values: Any) -> None:
    """Set wishes of the case."""
    with app.app_context():
        saved = settings_to_change(db.session.get_one(Case, household.case_id))
        for name, value in values.items():
            setattr(saved, name, value)
        db.session.commit()


# ---- The address ----


def test_the_address_is_shown_once_stored_as_a_hash_and_opens_without_a_sign_in(
    app: Flask, household: Household, borrower: FlaskClient, client: FlaskClient, page: str
) -> None:
    address = make_address(borrower, page)
    again = get(borrower, page)
    assert "/calendar/" not in again.replace(f"{page}/calendar", "")
    token = address.removeprefix("/calendar/").removesuffix(".ics")
    with app.app_context():
        assert db.session.scalars(select(ReminderSettings.feed_token_hash)).all() == [token_hash(token)]
        everything = [repr(row) for table in Base.metadata.sorted_tables for row in db.session.execute(select(table))]
        assert not [row for row in everything if token in row]
    answer = client.get(address)
    assert answer.status_code == 200
    assert answer.mimetype == "text/calendar"
    assert len(events(answer.data)) > 5


def test_the_page_offers_the_address_for_phones(borrower: FlaskClient, page: str) -> None:
    post(borrower, f"{page}/calendar", {})
    html = get(borrower, page)
    assert re.search(r'href="webcal://localhost/calendar/[\w-]{22}\.ics"', html)
    assert "iPhone" in words(html)
    assert "Android" in words(html)


def test_a_new_address_stops_the_old_one_at_once_and_switching_off_stops_both(
    borrower: FlaskClient, client: FlaskClient, page: str
) -> None:
    first = make_address(borrower, page)
    second = make_address(borrower, page)
    assert client.get(first).status_code == 404
    assert client.get(second).status_code == 200
    post(borrower, f"{page}/calendar/off", {})
    assert client.get(second).status_code == 404
    assert "Make a calendar address" in words(get(borrower, page))


def test_unknown_replaced_and_switched_off_look_the_same(borrower: FlaskClient, client: FlaskClient, page: str) -> None:
    replaced = make_address(borrower, page)
    off = make_address(borrower, page)
    post(borrower, f"{page}/calendar/off", {})
    answers = [
        client.get(address) for address in (replaced, off, "/calendar/AAAAAAAAAAAAAAAAAAAAAA.ics", "/calendar/x.ics")
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({re.sub(r'nonce="[^"]+"', "", answer.get_data(as_text=True)) for answer in answers}) == 1
    assert {answer.headers["X-Robots-Tag"] for answer in answers} == {"noindex"}
    kinds = [sorted(name for name in answer.headers.keys() if name != "Content-Length") for answer in answers]  # noqa: SIM118
    assert all(kind == kinds[0] for kind in kinds)


def test_guessing_is_slowed_down_while_the_right_address_opens_elsewhere(
    borrower: FlaskClient, client: FlaskClient, page: str, limits: None
) -> None:
    address = make_address(borrower, page)
    statuses = [client.get(f"/calendar/guess{n}.ics").status_code for n in range(65)]
    assert statuses[:60] == [404] * 60
    assert set(statuses[60:]) == {429}
    assert client.get(address, environ_base={"REMOTE_ADDR": "198.51.100.7"}).status_code == 200


def test_fetching_it_changes_nothing_and_needs_no_cookie(
    app: Flask, borrower: FlaskClient, client: FlaskClient, page: str
) -> None:
    address = make_address(borrower, page)

    def dump() -> list[str]:
        with app.app_context():
            return [repr(row) for table in Base.metadata.sorted_tables for row in db.session.execute(select(table))]

    before = dump()
    answer = client.get(address)
    assert "Set-Cookie" not in answer.headers
    assert dump() == before


# ---- The same until something changes ----


def test_it_is_the_same_to_the_byte_and_says_so(
    app: Flask, household: Household, borrower: FlaskClient, client: FlaskClient, page: str
) -> None:
    address = make_address(borrower, page)
    first = client.get(address)
    assert first.headers["Cache-Control"].startswith("private")
    set_clock(app, NOW + timedelta(hours=13))
    second = client.get(address)
    assert second.data == first.data
    etag = first.headers["ETag"]
    same = client.get(address, headers={"If-None-Match": etag})
    assert (same.status_code, same.data, same.headers["ETag"]) == (304, b"", etag)
    assert client.get(address, headers={"If-None-Match": '"other"'}).status_code == 200
    with app.app_context():
        loans.mark_paid(db.session.get_one(Loan, household.loan_ids["haier"]), 6, NOW.date())
        db.session.commit()
    changed = client.get(address, headers={"If-None-Match": etag})
    assert changed.status_code == 200
    assert changed.headers["ETag"] != etag


def test_a_change_of_the_wishes_raises_the_revision_and_keeps_the_uid(
    app: Flask, household: Household, borrower: FlaskClient, client: FlaskClient, page: str
) -> None:
    address, uid = make_address(borrower, page), f"loan-{household.loan_ids['haier']}-6@steady"
    before = events(client.get(address).data)[uid]
    settle(app, household, send_at="11:30")
    after = events(client.get(address).data)[uid]
    assert after.decoded("SEQUENCE") > before.decoded("SEQUENCE")
    assert after.decoded("DTSTAMP") == before.decoded("DTSTAMP")
    assert alarms(after)[0] == datetime(2026, 12, 11, 3, 30, tzinfo=UTC)


# ---- What stands in it ----


def test_each_unpaid_instalment_of_the_year_stands_in_it_and_names_nothing_by_default(
    household: Household, borrower: FlaskClient, page: str
) -> None:
    content = borrower.get(f"{page}/calendar.ics").data
    haier = [e for uid, e in events(content).items() if uid.startswith(f"loan-{household.loan_ids['haier']}-")]
    assert [e.decoded("DTSTART").isoformat() for e in haier] == [
        "2026-12-18", "2027-01-18", "2027-02-18", "2027-03-18", "2027-04-18", "2027-05-18", "2027-06-18",
    ]  # fmt: skip
    text = content.decode().replace("\r\n ", "")
    assert not [private for private in ("海尔", "快惠", "2046", "1,816", "1816", "sun@") if private in text]
    assert all("还不上？" in str(e["DESCRIPTION"]) for e in haier)
    assert max(e.decoded("DTSTART") for e in events(content).values()) <= date(2027, 12, 10)


def test_full_wording_names_loan_and_amount(app: Flask, household: Household, borrower: FlaskClient, page: str) -> None:
    settle(app, household, wording="full")
    found = events(borrower.get(f"{page}/calendar.ics").data)
    assert str(found[f"loan-{household.loan_ids['haier']}-6@steady"]["SUMMARY"]) == "海尔分期 ¥1,816.67"


def test_the_file_download_is_the_same_calendar(borrower: FlaskClient, client: FlaskClient, page: str) -> None:
    address = make_address(borrower, page)
    answer = borrower.get(f"{page}/calendar.ics")
    assert answer.data == client.get(address).data
    assert answer.headers["Content-Disposition"] == 'attachment; filename="steady.ics"'
    assert "no-store" in answer.headers["Cache-Control"]


def test_alarms_ring_at_the_very_instants_the_reminders_fire(
    app: Flask, household: Household, borrower: FlaskClient, page: str
) -> None:
    settle(app, household, send_at="08:00", quiet_from="21:00", quiet_until="09:30")
    content = borrower.get(f"{page}/calendar.ics").data
    haier = events(content)[f"loan-{household.loan_ids['haier']}-6@steady"]
    # Eight in the morning lies in the quiet hours: half past nine in Shanghai is 01:30 UTC.
    assert alarms(haier) == [datetime(2026, 12, day, 1, 30, tzinfo=UTC) for day in (11, 15, 18, 19)]
    with app.test_request_context():
        case = db.session.get_one(Case, household.case_id)
        picture = pictures.look(wishes_of(case), NOW)
        planned = pictures.planned(picture, NOW, timedelta(days=60))
        told = {
            p.fire_at for p in planned if p.dropped is None and (p.loan_id, p.n) == (household.loan_ids["haier"], 6)
        }
    assert set(alarms(haier)) <= told
    second = {event.uid: event for event in ics.Calendar(content.decode()).events}
    rung = sorted(alarm.trigger.datetime for alarm in second[str(haier["UID"])].alarms)
    assert rung == alarms(haier)


def test_alarms_follow_the_clock_of_the_household_over_its_changes(
    app: Flask, household: Household, borrower: FlaskClient, page: str
) -> None:
    with app.app_context():
        db.session.get_one(Case, household.case_id).timezone = "Europe/London"
        db.session.commit()
    content = borrower.get(f"{page}/calendar.ics").data
    found = events(content)
    winter, summer = (found[f"loan-{household.loan_ids['haier']}-{n}@steady"] for n in (8, 10))
    assert Calendar.from_ical(content)["X-WR-TIMEZONE"] == "Europe/London"
    assert {at.hour for at in alarms(winter)} == {9}
    assert {at.hour for at in alarms(summer)} == {8}, "nine in the morning of British summer"


def test_what_is_paid_or_muted_is_left_out_and_a_pause_only_silences(
    app: Flask, household: Household, borrower: FlaskClient, page: str
) -> None:
    haier, card = household.loan_ids["haier"], household.loan_ids["card"]
    with app.app_context():
        loans.mark_paid(db.session.get_one(Loan, haier), 6, NOW.date())
        db.session.add(LoanReminders(case_id=household.case_id, loan_id=card, is_muted=True))
        db.session.commit()
    settle(app, household, paused_until=date(2027, 1, 15))
    found = events(borrower.get(f"{page}/calendar.ics").data)
    assert f"loan-{haier}-6@steady" not in found
    assert not [uid for uid in found if uid.startswith(f"loan-{card}-")]
    assert [at.day for at in alarms(found[f"loan-{haier}-7@steady"])] == [15, 18, 19]


def test_something_past_due_stays_with_a_few_weekly_alarms(
    household: Household, borrower: FlaskClient, page: str
) -> None:
    late = events(borrower.get(f"{page}/calendar.ics").data)[f"loan-{household.loan_ids['micro']}-6@steady"]
    assert late.decoded("DTSTART") == date(2026, 12, 5)
    rings = alarms(late)
    assert 1 <= len(rings) <= 8
    assert min(rings) > NOW
    assert {later - earlier for earlier, later in pairwise(rings)} == {timedelta(days=7)}


def test_the_days_to_ask_and_to_send_by_stand_in_it_as_days_of_their_own(
    app: Flask, household: Household, borrower: FlaskClient, page: str
) -> None:
    haier = household.loan_ids["haier"]
    with app.app_context():
        db.session.add(LoanReminders(case_id=household.case_id, loan_id=haier, lead_days=5, pay_way="in_person"))
        db.session.commit()
    found = events(borrower.get(f"{page}/calendar.ics").data)
    ask, send = found[f"ask-{haier}-6@steady"], found[f"send-{haier}-6@steady"]
    # Five days before Friday the 18th is a Sunday: the lender is asked by Friday the 11th, and one is told the day before.
    assert ask.decoded("DTSTART") == date(2026, 12, 11)
    assert alarms(ask) == [datetime(2026, 12, 10, 1, tzinfo=UTC)]
    assert send.decoded("DTSTART") == date(2026, 12, 15)
    assert alarms(send) == [datetime(2026, 12, 15, 1, tzinfo=UTC)]
    assert "海尔" not in str(ask["SUMMARY"]) + str(send["SUMMARY"])
    assert len({str(e["SUMMARY"]) for e in (ask, send, found[f"loan-{haier}-6@steady"])}) == 3


def test_what_was_put_off_rings_on_that_day_and_not_before(
    app: Flask, household: Household, borrower: FlaskClient, page: str
) -> None:
    run_at(app, datetime.fromisoformat("2026-12-15T09:05+08:00"))
    with app.app_context():
        step = db.session.scalars(select(Reminder.id).where(
            Reminder.loan_id == household.loan_ids["haier"], Reminder.step == -3, Reminder.channel == "app")).one()  # fmt: skip
    post(borrower, f"{page}/list/{step}/later", {"days": "7"})
    haier = events(borrower.get(f"{page}/calendar.ics").data)[f"loan-{household.loan_ids['haier']}-6@steady"]
    assert [at for at in alarms(haier) if at.day > 15] == [datetime(2026, 12, 22, 1, tzinfo=UTC)]


# ---- Who may ----


def test_others_find_nothing_and_a_viewer_may_not_make_an_address(
    household: Household, stranger: FlaskClient, viewer: FlaskClient, page: str
) -> None:
    get(viewer, f"{page}/calendar.ics")
    get(stranger, f"{page}/calendar.ics", 404)
    for path in (f"{page}/calendar", f"{page}/calendar/off"):
        post(stranger, path, {}, status=404)
        post(viewer, path, {}, status=403)
