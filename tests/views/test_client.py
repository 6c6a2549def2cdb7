"""One client's page: who may open it, what is written down there, and the counsellor's calendar."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar
from sqlalchemy import select

from planner.extensions import db
from planner.models import AgencyMember, Appointment, AuditEntry, Client, ClientNote, ClientTask, Consent, Part
from planner.tokens import token_hash
from tests.agency import Desk, give_consent, make_desk
from tests.conftest import NOW
from tests.factories import Household, sign_in_as
from tests.pages import get, post, words

MEETING = {"day": "2026-12-11", "time": "14:30", "minutes": "45", "how": "in_person", "text": "Plan for Haier"}


@pytest.fixture
def desk(app: Flask, household: Household) -> Desk:
    with app.app_context():
        made = make_desk()
        give_consent(household.case_id, made, made.lin_id)
        db.session.commit()
    return made


@pytest.fixture
def page(app: Flask, desk: Desk) -> str:
    with app.app_context():
        return f"/desk/clients/{db.session.scalars(select(Client.id)).one()}"


def end_consent(app: Flask) -> None:
    with app.app_context():
        db.session.scalars(select(Consent)).one().ended_at = NOW
        db.session.commit()


def only(app: Flask, model: type) -> object:
    with app.app_context():
        return db.session.scalars(select(model)).one()


# ---- Who ----


def test_the_counsellor_sees_it_and_the_look_is_logged(app: Flask, lin: FlaskClient, page: str) -> None:
    text = words(get(lin, page))
    for phrase in (
        "Sun Qian",
        "Client 0001",
        "Consent to 5 Mar",
        "¥21,112.07",
        "Next step",
        "Tasks",
        "Appointments",
        "Notes",
    ):
        assert phrase in text
    assert only(app, AuditEntry).endpoint == "caseload.detail"  # type: ignore[attr-defined]


def test_a_colleague_and_the_administrator_get_404(app: Flask, desk: Desk, chen: FlaskClient, page: str) -> None:
    for browser in (chen, sign_in_as(app, desk.admin_id, second_factor=True)):
        get(browser, page, 404)
        get(browser, f"{page}/appointments/new", 404)
        for path, form in (("notes", {"text": "x"}), ("tasks", {"task": "x", "due_on": "2026-12-11"}),
                           ("next-step", {"next_step": "x"}), ("appointments/new", MEETING)):  # fmt: skip
            post(browser, f"{page}/{path}", form, 404)
    assert not stored(app, AuditEntry)
    assert not stored(app, ClientNote)


def stored(app: Flask, model: type) -> list[object]:
    with app.app_context():
        return list(db.session.scalars(select(model)))


def test_once_consent_is_over_only_the_number_and_why_is_left(app: Flask, lin: FlaskClient, page: str) -> None:
    post(lin, f"{page}/notes", {"text": "Her brother may help"})
    end_consent(app)
    before = len(stored(app, AuditEntry))
    html = get(lin, page)
    text = words(html)
    assert "Client 0001" in text
    assert "withdrawn" in text
    for hidden in ("Sun Qian", "21,112", "brother", "Keep the note", "Open case"):
        assert hidden not in html
    assert len(stored(app, AuditEntry)) == before, "there was nothing to look at"


def test_a_consent_that_ends_while_somebody_types_stores_nothing_and_keeps_the_text(
    app: Flask, lin: FlaskClient, page: str
) -> None:
    end_consent(app)
    text = words(post(lin, f"{page}/notes", {"text": "A long note nobody wants to lose"}, 404))
    assert "A long note nobody wants to lose" in text
    assert not stored(app, ClientNote)


@pytest.mark.parametrize(
    ("parts", "there", "away"),
    [
        ((Part.BUDGET,), ("¥7,600",), ("21,112", "海尔", "short")),
        ((Part.LOANS,), ("¥21,112.07", "海尔"), ("7,600", "4,628")),
        ((Part.FILES,), (), ("21,112", "7,600", "海尔")),
    ],
)
def test_only_what_is_shared_stands_there(
    app: Flask, lin: FlaskClient, page: str, parts: tuple[Part, ...], there: tuple[str, ...], away: tuple[str, ...]
) -> None:
    with app.app_context():
        db.session.scalars(select(Consent)).one().parts = list(parts)
        db.session.commit()
    html = get(lin, page).split("<aside")[1]
    assert all(each in html for each in there)
    assert not [each for each in away if each in html]


@pytest.mark.parametrize(
    ("parts", "first"),
    [
        ((Part.BUDGET, Part.LOANS), "/"), ((Part.BUDGET,), "/budget"), ((Part.LOANS,), "/loans"), ((Part.CONTACTS,), "/talks"),
        ((Part.FILES,), "/evidence"),
    ],
)  # fmt: skip
def test_open_case_leads_to_the_first_page_that_is_shared(
    app: Flask, household: Household, lin: FlaskClient, page: str, parts: tuple[Part, ...], first: str
) -> None:
    with app.app_context():
        db.session.scalars(select(Consent)).one().parts = list(parts)
        db.session.commit()
    address = re.search(r'class="btn go" href="([^"]+)">Open case', get(lin, page))
    assert address
    assert address[1] == f"/c/{household.case_id}{first}"
    get(lin, address[1])


# ---- Notes ----


def test_a_note_is_kept_for_the_agency_or_shared(
    app: Flask, household: Household, lin: FlaskClient, borrower: FlaskClient, page: str
) -> None:
    post(lin, f"{page}/notes", {"text": "Private thought"})
    post(lin, f"{page}/notes", {"text": "Bring the\r\nrent contract", "is_shared": "y"})
    text = words(get(lin, page))
    assert "Private thought" in text
    assert "shared with the client" in text
    theirs = get(borrower, f"/c/{household.case_id}/from-counsellors")
    assert "Bring the\nrent contract" in theirs
    assert "Private thought" not in theirs
    get(sign_in_as(app, household.stranger_id), f"/c/{household.case_id}/from-counsellors", 404)


def test_an_empty_or_endless_note_is_refused_and_kept(app: Flask, lin: FlaskClient, page: str) -> None:
    assert "Write the note" in words(post(lin, f"{page}/notes", {"text": "  "}, 422))
    assert "y" * 4001 in post(lin, f"{page}/notes", {"text": "y" * 4001}, 422)
    assert not stored(app, ClientNote)


def test_only_ones_own_note_is_deleted(app: Flask, desk: Desk, lin: FlaskClient, page: str) -> None:
    post(lin, f"{page}/notes", {"text": "Mine"})
    with app.app_context():
        mine = db.session.scalars(select(ClientNote)).one()
        other = ClientNote(
            agency_id=desk.agency_id, client_id=mine.client_id, author_id=desk.chen_id, text="Chen's", created_at=NOW
        )
        db.session.add(other)
        db.session.commit()
        keys = mine.id, other.id
    post(lin, f"{page}/notes/{keys[1]}/delete", {}, 404)
    post(lin, f"{page}/notes/{keys[0]}/delete", {})
    assert [row.text for row in stored(app, ClientNote)] == ["Chen's"]  # type: ignore[attr-defined]


# ---- Tasks and the next step ----


def test_a_task_is_added_done_and_taken_back(app: Flask, lin: FlaskClient, page: str) -> None:
    post(lin, f"{page}/tasks", {"task": "Ask for the contract", "due_on": "2026-12-08"})
    task = only(app, ClientTask)
    assert (task.text, task.due_on, task.done_at) == ("Ask for the contract", date(2026, 12, 8), None)  # type: ignore[attr-defined]
    assert "past its day" in words(get(lin, page))
    post(lin, f"{page}/tasks/{task.id}/done", {})  # type: ignore[attr-defined]
    assert only(app, ClientTask).done_at == NOW  # type: ignore[attr-defined]
    post(lin, f"{page}/tasks/{task.id}/undo", {})  # type: ignore[attr-defined]
    assert only(app, ClientTask).done_at is None  # type: ignore[attr-defined]
    post(lin, f"{page}/tasks/999/done", {}, 404)


def test_a_task_needs_words_and_a_day(app: Flask, lin: FlaskClient, page: str) -> None:
    text = post(lin, f"{page}/tasks", {"task": "Keep me", "due_on": "soon"}, 422)
    assert "Enter a date such as 2026-12-18" in words(text)
    assert 'value="Keep me"' in text
    assert 'value="soon"' in text
    assert not stored(app, ClientTask)


def test_the_next_step_is_saved_and_cleared(app: Flask, lin: FlaskClient, page: str) -> None:
    post(lin, f"{page}/next-step", {"next_step": "Call before noon", "next_on": "2026-12-10"})
    client = only(app, Client)
    assert (client.next_step, client.next_on) == ("Call before noon", date(2026, 12, 10))  # type: ignore[attr-defined]
    assert "Enter the step that belongs to this day" in words(
        post(lin, f"{page}/next-step", {"next_step": "", "next_on": "2026-12-10"}, 422)
    )
    post(lin, f"{page}/next-step", {"next_step": "", "next_on": ""})
    assert only(app, Client).next_step is None  # type: ignore[attr-defined]


def test_a_stale_step_keeps_both_texts(app: Flask, lin: FlaskClient, page: str) -> None:
    version = only(app, Client).version  # type: ignore[attr-defined]
    post(lin, f"{page}/next-step", {"next_step": "From the other window", "version": version})
    html = post(lin, f"{page}/next-step", {"next_step": "Mine", "version": version}, 409)
    assert "Stored now: From the other window" in words(html)
    assert 'value="Mine"' in html
    assert only(app, Client).next_step == "From the other window"  # type: ignore[attr-defined]
    again = re.findall(r'name="version" value="(\d+)"', html)
    post(lin, f"{page}/next-step", {"next_step": "Mine", "version": again[0]})
    assert only(app, Client).next_step == "Mine"  # type: ignore[attr-defined]


# ---- Appointments ----


def test_an_appointment_is_set_changed_and_cancelled(
    app: Flask, household: Household, lin: FlaskClient, borrower: FlaskClient, page: str
) -> None:
    get(lin, f"{page}/appointments/new")
    post(lin, f"{page}/appointments/new", MEETING)
    row = only(app, Appointment)
    assert row.starts_at == datetime(2026, 12, 11, 6, 30, tzinfo=UTC)  # type: ignore[attr-defined]
    one = f"{page}/appointments/{row.id}"  # type: ignore[attr-defined]
    assert 'value="14:30"' in get(lin, one)
    assert "11 Dec 14:30" in words(get(borrower, f"/c/{household.case_id}/from-counsellors"))
    post(lin, one, MEETING | {"time": "9：05", "how": "phone", "version": "1"})
    html = post(lin, one, MEETING | {"text": "Mine", "version": "1"}, 409)
    assert "Stored now: 11 Dec 09:05, 45 minutes, On the phone, Plan for Haier" in words(html)
    assert 'value="Mine"' in html
    post(lin, f"{one}/cancel", {})
    assert not stored(app, Appointment)


@pytest.mark.parametrize(
    ("field", "typed", "message"),
    [
        ("day", "2026-12-08", "Enter a date between"), ("time", "25:00", "Enter a time such as 09:00"),
        ("minutes", "0", "Enter a whole number from 5"), ("how", "by_raven", "Choose one of the options"),
    ],
)  # fmt: skip
def test_a_bad_appointment_is_refused_beside_its_field(
    app: Flask, lin: FlaskClient, page: str, field: str, typed: str, message: str
) -> None:
    html = post(lin, f"{page}/appointments/new", MEETING | {field: typed}, 422)
    assert message in words(html)
    assert 'value="Plan for Haier"' in html
    assert not stored(app, Appointment)


def test_a_colleagues_appointment_with_ones_client_is_cancelled_and_another_client_s_is_not(
    app: Flask, desk: Desk, household: Household, lin: FlaskClient, chen: FlaskClient, page: str
) -> None:
    post(lin, f"{page}/appointments/new", MEETING)
    with app.app_context():
        row = db.session.scalars(select(Appointment)).one()
        row.counsellor_id = desk.chen_id
        other = give_consent(household.stranger_case_id, desk, desk.lin_id)
        db.session.commit()
        elsewhere = db.session.scalars(select(Client.id).where(Client.case_id == other.case_id)).one()
    assert "Chen Yan" in words(get(lin, page))
    get(lin, f"/desk/clients/{elsewhere}/appointments/{row.id}", 404)
    get(chen, f"{page}/appointments/{row.id}", 404)
    post(chen, f"{page}/appointments/{row.id}/cancel", {}, 404)
    assert stored(app, Appointment)
    get(lin, f"{page}/appointments/{row.id}")
    post(lin, f"{page}/appointments/{row.id}/cancel", {})
    assert not stored(app, Appointment)


# ---- Calendar ----


def test_the_agenda_of_the_coming_weeks(app: Flask, lin: FlaskClient, chen: FlaskClient, page: str) -> None:
    assert "Nothing is set" in words(get(lin, "/desk/calendar"))
    post(lin, f"{page}/appointments/new", MEETING)
    post(lin, f"{page}/tasks", {"task": "Ask for the contract", "due_on": "2026-12-08"})
    post(lin, f"{page}/tasks", {"task": "Far away", "due_on": "2027-06-08"})
    with app.app_context():
        db.session.scalars(select(Consent)).one().expires_at = datetime(2026, 12, 19, 16, tzinfo=UTC)
        db.session.commit()
    text = words(get(lin, "/desk/calendar"))
    for phrase in (
        "Fri 11 Dec",
        "14:30",
        "Tue 8 Dec past its day",
        "Ask for the contract",
        "Sat 19 Dec Sun Qian Last day of consent",
    ):
        assert phrase in text, phrase
    assert "Far away" not in text
    assert "Nothing is set" in words(get(chen, "/desk/calendar"))


def make_feed(lin: FlaskClient) -> str:
    post(lin, "/desk/feed", {})
    found = re.search(
        r'id="feed" readonly value="http://localhost(/desk/feed/[\w-]+\.ics)"', get(lin, "/desk/calendar")
    )
    assert found
    return found[1]


def test_the_feed_names_nobody_and_changes_only_with_its_content(
    app: Flask, desk: Desk, lin: FlaskClient, client: FlaskClient, page: str
) -> None:
    post(lin, f"{page}/appointments/new", MEETING)
    post(lin, f"{page}/tasks", {"task": "Ask Sun Qian about ¥900", "due_on": "2026-12-12"})
    address = make_feed(lin)
    assert address not in get(lin, "/desk/calendar"), "shown once"
    with app.app_context():
        member = db.session.scalars(select(AgencyMember).where(AgencyMember.user_id == desk.lin_id)).one()
        assert member.feed_hash == token_hash(address.split("/")[-1].removesuffix(".ics"))
    answer = client.get(address)
    events = list(Calendar.from_ical(answer.data).walk("VEVENT"))
    assert [str(e["SUMMARY"]) for e in events] == ["Client 0001, In person", "Task for client 0001"]
    assert events[0].decoded("DTSTART") == datetime(2026, 12, 11, 6, 30, tzinfo=UTC)
    assert events[0].decoded("DTEND") - events[0].decoded("DTSTART") == timedelta(minutes=45)
    assert events[1].decoded("DTSTART") == date(2026, 12, 12)
    for private in ("Sun", "Haier", "900", "海尔"):
        assert private not in answer.get_data(as_text=True)
    assert client.get(address, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    assert answer.headers["X-Robots-Tag"] == "noindex"


def test_the_address_is_replaced_and_switched_off(lin: FlaskClient, client: FlaskClient, chen: FlaskClient) -> None:
    old, new = make_feed(lin), make_feed(lin)
    assert [client.get(old).status_code, client.get(new).status_code] == [404, 200]
    post(chen, "/desk/feed/off", {})
    assert client.get(new).status_code == 200
    post(lin, "/desk/feed/off", {})
    gone = client.get(new)
    assert gone.status_code == 404
    assert gone.headers["X-Robots-Tag"] == "noindex"


def test_the_feeds_bytes_are_the_same_when_fetched_twice(lin: FlaskClient, client: FlaskClient, page: str) -> None:
    post(lin, f"{page}/appointments/new", MEETING)
    address = make_feed(lin)
    assert client.get(address).data == client.get(address).data
