"""The reminders pages: success, bad input, a stale save, another user, a weaker role; preview, history, tests, the way out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from planner import tokens
from planner.config import Smtp
from planner.engine.reminding import Drop, QuietHours, Step
from planner.extensions import db
from planner.models import Case, Channel, Dispatch, LoanReminders, Reminder, ReminderSettings, Wording
from planner.reminders import words as reminder_words
from planner.reminders.composing import unsubscribe_url
from planner.reminders.wishes import Wishes, wishes_of
from tests.delivery.test_email import Sink, free_port
from tests.factories import Household
from tests.pages import get, post, words
from tests.reminding import DUE_MORNING, run_at, set_clock, set_up_mail

FORM: dict[str, Any] = {
    "chips": ["-7", "0"], "send_at": "10:30", "push_on": "y", "email_on": "y", "email_to": "me@example.org", "radar": "y",
    "quiet_from": "22:00", "quiet_until": "08:00", "wording": "full", "weekly": "y", "one_a_day": "y",
}  # fmt: skip
OWN = {"own-0-days": "45", "own-0-side": "before", "own-0-at": "18:05", "own-0-ways": "email"}


@pytest.fixture(autouse=True)
def mail(app: Flask) -> None:
    """E-mail is a way reminders go."""
    set_up_mail(app)


@pytest.fixture
def page(household: Household) -> str:
    return f"/c/{household.case_id}/reminders"


@pytest.fixture
def loan_page(household: Household) -> str:
    return f"/c/{household.case_id}/loans/{household.loan_ids['haier']}/reminders"


@pytest.fixture
def sink(app: Flask) -> Iterator[Sink]:
    """A real SMTP server that the app's settings name."""
    handler = Sink()
    controller = Controller(handler, hostname="127.0.0.1", port=free_port())
    controller.start()
    smtp = Smtp("127.0.0.1", controller.port, None, None, "plain")
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], smtp=smtp)
    yield handler
    controller.stop()


def wishes(app: Flask, household: Household) -> Wishes:
    with app.app_context():
        return wishes_of(db.session.get_one(Case, household.case_id))


def version(html: str) -> str:
    found = re.search(r'name="version" value="(\d+)"', html)
    assert found
    return found[1]


# ---- For all loans ----


def test_the_defaults_are_shown_with_what_comes_next(borrower: FlaskClient, page: str) -> None:
    html = get(borrower, page)
    assert [v for v in ("-14", "-7", "-3", "-1", "0", "1") if f'value="{v}" checked' in html] == ["-7", "-3", "0", "1"]
    for value in ("sun@example.org", "09:00", "21:00"):
        assert f'value="{value}"' in html
    here = words(html)
    assert "The next one of 海尔分期: 11 Dec, 15 Dec, 18 Dec, and 19 Dec." in here
    assert "Steady: there is a new reminder" in here
    assert "Steady: a reminder for 18 Dec" in here
    assert "Steady: 18 Dec 海尔分期 ¥1,816.67" in here
    assert "11 Dec 09:00 e-mail 12月18日到期，还有 7 天" in here


def test_everything_that_is_set_is_kept_and_shown_again(
    app: Flask, household: Household, borrower: FlaskClient, page: str
) -> None:
    more = {"paused_until": "2026-12-20", "signed_by": "陈静", "reply_to": "chen@example.org"}
    post(borrower, page, FORM | OWN | more)
    kept = wishes(app, household)
    assert kept.rules.steps == (Step(-45, time(18, 5), ("email",)), Step(-7), Step(0))
    assert kept.rules.send_at == time(10, 30)
    assert kept.rules.quiet == QuietHours(time(22), time(8))
    assert kept.rules.paused_until == date(2026, 12, 20)
    assert (kept.email_to, kept.wording, kept.signed_by, kept.reply_to) == (
        "me@example.org", Wording.FULL, "陈静", "chen@example.org",
    )  # fmt: skip
    assert (kept.one_a_day, kept.radar, kept.rules.weekly_while_overdue) == (True, True, True)
    html = get(borrower, page)
    assert 'value="-7" checked' in html
    assert 'value="-3" checked' not in html
    for value in ("45", "18:05", "22:00", "2026-12-20", "陈静", "chen@example.org"):
        assert f'value="{value}"' in html
    assert "own-1-days" in html, "an empty row is always offered"
    assert "own-2-days" not in html
    assert "Paused: nothing is sent before 20 Dec" in words(html)


def test_what_is_left_unticked_is_off(app: Flask, household: Household, borrower: FlaskClient, page: str) -> None:
    post(borrower, page, {"send_at": "10:00", "quiet_from": "21:00", "quiet_until": "09:00", "wording": "neutral"})
    kept = wishes(app, household)
    assert kept.rules.steps == ()
    assert kept.channels == (Channel.APP,)
    assert (kept.email_to, kept.radar, kept.one_a_day, kept.rules.weekly_while_overdue) == (None, False, False, False)


def test_a_row_takes_the_place_of_the_chip_of_its_day_and_goes_when_ticked(
    app: Flask, household: Household, borrower: FlaskClient, page: str
) -> None:
    post(borrower, page, FORM | {"own-0-days": "7", "own-0-side": "before", "own-0-at": "12:00", "own-0-ways": ""})
    assert wishes(app, household).rules.steps == (Step(-7, time(12)), Step(0))
    gone = {"own-0-days": "7", "own-0-side": "before", "own-0-at": "nonsense", "own-0-ways": "", "own-0-remove": "y"}
    post(borrower, page, FORM | {"chips": ["0"]} | gone)
    assert wishes(app, household).rules.steps == (Step(0),)


def test_a_day_after_and_only_in_the_app(app: Flask, household: Household, borrower: FlaskClient, page: str) -> None:
    post(borrower, page, FORM | {"own-0-days": "60", "own-0-side": "after", "own-0-at": "", "own-0-ways": "app"})
    assert wishes(app, household).rules.steps[-1] == Step(60, None, ("app",))
    assert 'value="app" selected' in get(borrower, page)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"send_at": "25:00"}, "Enter a time such as 09:00"),
        ({"send_at": ""}, "Enter a time such as 09:00"),
        ({"quiet_until": "x"}, "Enter a time such as 09:00"),
        ({"send_at": "03:00"}, "This lies in the quiet hours"),
        ({"email_to": "li.wei@"}, "Enter a whole address"),
        ({"email_to": ""}, "Enter a whole address"),
        ({"reply_to": "half@"}, "Enter a whole address"),
        ({"signed_by": "boss <boss@bank.cn>"}, "Enter a name only"),
        ({"signed_by": "x" * 81}, "Use at most 80 characters"),
        ({"chips": ["-999"]}, "not a valid choice"),
        ({"chips": ["x"]}, "not a valid choice"),
        ({"wording": "maybe"}, "Choose one of the options"),
        ({"paused_until": "2040-01-01"}, "Enter a date between"),
        (OWN | {"own-0-days": "61"}, "Enter a whole number from 0 to 60"),
        (OWN | {"own-0-days": "-3"}, "Enter a whole number from 0 to 60"),
        (OWN | {"own-0-at": "9 o'clock"}, "Enter a time such as 09:00"),
        (OWN | {"own-0-ways": "pigeon"}, "Choose one of the options"),
        (OWN | {"own-0-side": "beside"}, "Choose one of the options"),
        (OWN | {"own-1-days": "45", "own-1-side": "before", "own-1-ways": ""}, "A day stands in two rows"),
    ],
)
def test_bad_input_says_what_to_type_keeps_what_was_typed_and_saves_nothing(
    app: Flask, household: Household, borrower: FlaskClient, page: str, change: dict[str, Any], sentence: str
) -> None:
    html = post(borrower, page, FORM | change, status=422)
    assert sentence in words(html)
    typed = [value for name, value in change.items() if name.endswith(("_at", "-at", "-days", "_to", "_by")) and value]
    for value in typed:
        assert value in html.replace("&#39;", "'").replace("&lt;", "<").replace("&gt;", ">")
    with app.app_context():
        assert db.session.scalars(select(ReminderSettings)).all() == []


def test_an_address_that_is_not_asked_for_is_not_checked(borrower: FlaskClient, page: str) -> None:
    post(borrower, page, {k: v for k, v in FORM.items() if k != "email_on"} | {"email_to": "half@"})


def test_quiet_hours_with_the_same_time_twice_are_never(
    app: Flask, household: Household, borrower: FlaskClient, page: str
) -> None:
    post(borrower, page, FORM | {"send_at": "3:00", "quiet_from": "00:00", "quiet_until": "00:00"})
    assert wishes(app, household).rules.send_at == time(3)


def test_a_stale_save_is_refused_with_what_was_typed(borrower: FlaskClient, page: str) -> None:
    first = version(get(borrower, page))
    assert first == "0", "nothing is saved yet"
    post(borrower, page, FORM | {"version": first, "send_at": "11:00"})
    html = post(borrower, page, FORM | OWN | {"version": first, "send_at": "12:00"}, status=409)
    assert "Someone changed this in the meantime" in words(html)
    assert 'value="12:00"' in html
    assert 'value="45"' in html
    assert 'value="11:00"' in get(borrower, page)
    post(borrower, page, FORM | {"version": version(html), "send_at": "12:00"})
    assert 'value="12:00"' in get(borrower, page)


def test_saving_moves_what_was_planned_and_not_sent(
    app: Flask, household: Household, borrower: FlaskClient, page: str
) -> None:
    run_at(app, datetime.fromisoformat("2026-12-10T10:00+08:00"))
    post(borrower, page, FORM | {"chips": ["-7"], "send_at": "16:20"})
    with app.app_context():
        mine = select(Reminder).where(
            Reminder.loan_id == household.loan_ids["haier"],
            Reminder.channel == "app",
            Reminder.dispatch_id.is_not(None),
        )
        [row] = db.session.scalars(mine)
        assert row.fire_at == datetime.fromisoformat("2026-12-11T16:20+08:00")


def test_a_pause_is_ended_by_a_button(app: Flask, household: Household, borrower: FlaskClient, page: str) -> None:
    post(borrower, page, FORM | {"paused_until": "2026-12-20"})
    assert "11 Dec 10:30" not in words(get(borrower, page))
    post(borrower, f"{page}/resume", {})
    html = get(borrower, page)
    assert "Paused: nothing" not in words(html)
    assert "11 Dec 10:30" in words(html)
    assert wishes(app, household).rules.paused_until is None


def test_a_pause_in_the_past_is_forgotten(app: Flask, household: Household, borrower: FlaskClient, page: str) -> None:
    post(borrower, page, FORM | {"paused_until": "2026-12-01"})
    assert wishes(app, household).rules.paused_until is None


# ---- What comes and what went ----


def test_the_preview_has_the_very_words_that_are_then_sent(
    app: Flask, borrower: FlaskClient, page: str, sink: Sink
) -> None:
    post(borrower, page, FORM | {"chips": ["0"], "wording": "full"})
    before = get(borrower, page)
    run_at(app, datetime.fromisoformat("2026-12-18T10:31+08:00"))
    [message] = [m for m in sink.messages if m["To"] == "me@example.org" and "1,816.67" in m["Subject"]]
    text = message.get_body(("plain",)).get_content()  # type: ignore[union-attr]  # None fails the test, as it should
    assert message["Subject"] == "稳步：12月18日海尔分期 ¥1,816.67"
    assert message["Subject"] in words(before)
    headline, _blank, advice = text.strip().splitlines()[:3]
    assert f"{headline} {advice}" in words(before)


def test_steps_of_one_day_are_shown_as_the_one_message_they_will_be(borrower: FlaskClient, page: str) -> None:
    here = words(get(borrower, page))
    assert "18 Dec 09:00 e-mail 今天（12月18日）到期 12月25日到期，还有 7 天" in here
    post(
        borrower, page, {k: v for k, v in FORM.items() if k != "one_a_day"} | OWN | {"own-0-days": "8", "own-0-at": ""}
    )
    apart = words(get(borrower, page))
    assert "10 Dec 10:30 e-mail 海尔分期" in apart


def test_what_only_comes_when_nothing_is_paid_says_so(borrower: FlaskClient, page: str) -> None:
    here = words(get(borrower, page))
    assert "19 Dec 09:00 e-mail, only if it is not paid by then" in here
    assert "18 Dec 09:00 e-mail, only" not in here


def test_what_was_put_off_stands_in_the_preview(
    app: Flask, household: Household, borrower: FlaskClient, page: str
) -> None:
    run_at(app, DUE_MORNING)
    with app.app_context():
        step = db.session.scalars(select(Reminder.id).where(
            Reminder.loan_id == household.loan_ids["haier"], Reminder.step == 0, Reminder.channel == "app")).one()  # fmt: skip
    post(borrower, f"{page}/list/{step}/later", {"days": "3"})
    here = words(get(borrower, page))
    assert "21 Dec 09:00 e-mail" in here
    assert "19 Dec 09:00" not in here, "nothing about it before that"


def test_the_history_says_what_was_sent_what_waits_and_what_was_left_out(
    app: Flask, borrower: FlaskClient, page: str, sink: Sink
) -> None:
    run_at(app, datetime.fromisoformat("2026-12-18T15:00+08:00"))
    here = words(get(borrower, page))
    assert re.search(r"18 Dec 15:00 e-mail, for 18 Dec and 25 Dec sent", here), here
    assert "15 Dec 09:00 for 18 Dec: a later one took its place" in here


def test_the_history_says_why_not_and_when_it_is_tried_again(app: Flask, borrower: FlaskClient, page: str) -> None:
    away = Smtp("127.0.0.1", free_port(), None, None, "plain")
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], smtp=away)
    run_at(app, DUE_MORNING)
    here = words(get(borrower, page))
    assert "the mail server could not be reached Next try: 18 Dec 09:06 will be tried again" in here
    with app.app_context():
        row = db.session.scalars(select(Dispatch).where(Dispatch.channel == "email", Dispatch.attempts > 0)).one()
        row.status, row.reason = "failed", "address_refused: 550 no such mailbox"  # type: ignore[assignment]  # as stored
        db.session.commit()
    here = words(get(borrower, page))
    assert "the mail server does not take this address not sent" in here
    assert "no such mailbox" not in here, "the other side's own words are not for the page"


def test_every_reason_has_words_of_its_own(app: Flask) -> None:
    codes = [*Drop, "no_address", "gave_up", "not_configured", "address_refused", "refused", "unreachable", "sign_in_refused",
             "connection_lost", "gone", "push_unreachable", "push_slow", "push_busy", "push_unavailable", "push_refused",
             "redirected", "endpoint_refused"]  # fmt: skip
    with app.test_request_context("/?lang=en"):
        said = [reminder_words.reason_words(str(code)) for code in codes]
        assert len(set(said)) == len(said)
        assert reminder_words.reason_words("never heard of") == "something went wrong on our side"
        assert "something went wrong on our side" not in said


# ---- One loan ----


def test_a_loan_begins_as_all_and_may_have_days_of_its_own(
    app: Flask, household: Household, borrower: FlaskClient, page: str, loan_page: str
) -> None:
    assert 'value="same" checked' in get(borrower, loan_page)
    post(borrower, loan_page, {"use": "own", "chips": ["-1"], "pay_way": ""} | OWN)
    rules = wishes(app, household).rules_of(household.loan_ids["haier"])
    assert rules.steps == (Step(-45, time(18, 5), ("email",)), Step(-1))
    assert wishes(app, household).rules_of(household.loan_ids["card"]).steps != rules.steps
    here = words(get(borrower, page))
    assert "海尔分期 On its own days" in here
    assert "17 Dec 09:00" in here
    post(borrower, loan_page, {"use": "same", "chips": ["-1"], "pay_way": ""})
    assert wishes(app, household).rules_of(household.loan_ids["haier"]).steps == wishes(app, household).rules.steps


def test_a_muted_loan_is_not_reminded_of_and_the_page_says_so(borrower: FlaskClient, page: str, loan_page: str) -> None:
    post(borrower, loan_page, {"use": "same", "is_muted": "y", "pay_way": ""})
    here = words(get(borrower, page))
    assert "海尔分期 No reminders" in here
    assert "12月18日到期" not in here


def test_a_loan_may_be_paused_alone(borrower: FlaskClient, page: str, loan_page: str) -> None:
    post(borrower, loan_page, {"use": "same", "paused_until": "2026-12-18", "pay_way": ""})
    here = words(get(borrower, page))
    assert "海尔分期 Paused for a while" in here
    assert "11 Dec 09:00" not in here
    assert "18 Dec 09:00" in here


def test_what_the_lender_needs_becomes_days_on_the_calendar_of_the_case(
    borrower: FlaskClient, household: Household, loan_page: str
) -> None:
    assert "Say below how you pay" in words(get(borrower, loan_page))
    post(borrower, loan_page, {"use": "same", "lead_days": "5", "pay_way": "post"})
    here = words(get(borrower, loan_page))
    # 13 December is a Sunday, so the last day to ask is the Friday before it.
    assert "Ask for a deferral by 11 Dec" in here
    assert "Send the money by 11 Dec" in here
    post(borrower, f"/c/{household.case_id}/calendar", {"on": "2026-12-11", "is_worked": "free"})
    here = words(get(borrower, loan_page))
    assert "Ask for a deferral by 10 Dec" in here
    assert "Send the money by 10 Dec" in here
    post(borrower, loan_page, {"use": "same", "lead_days": "15", "pay_way": "automatic"})
    here = words(get(borrower, loan_page))
    assert "Ask for a deferral by 3 Dec this day has passed; a late request may still be heard" in here
    assert "Have the money there by 17 Dec" in here


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"lead_days": "0"}, "Enter a whole number from 1 to 60"),
        ({"lead_days": "61"}, "Enter a whole number from 1 to 60"),
        ({"lead_days": "a week"}, "Enter a whole number from 1 to 60"),
        ({"pay_way": "pigeon"}, "Choose one of the options"),
        ({"use": "other"}, "Choose one of the options"),
        ({"use": "own"}, "Choose at least one day"),
        ({"use": "own"} | OWN | {"own-0-days": "99"}, "Enter a whole number from 0 to 60"),
        ({"paused_until": "soon"}, "Enter a date such as"),
    ],
)
def test_bad_input_for_a_loan_saves_nothing(
    app: Flask, borrower: FlaskClient, loan_page: str, change: dict[str, Any], sentence: str
) -> None:
    html = post(borrower, loan_page, {"use": "same", "pay_way": ""} | change, status=422)
    assert sentence in words(html)
    with app.app_context():
        assert db.session.scalars(select(LoanReminders)).all() == []


def test_a_stale_save_for_a_loan_is_refused(borrower: FlaskClient, loan_page: str) -> None:
    first = version(get(borrower, loan_page))
    post(borrower, loan_page, {"use": "same", "pay_way": "", "version": first, "lead_days": "3"})
    html = post(borrower, loan_page, {"use": "same", "pay_way": "", "version": first, "lead_days": "9"}, status=409)
    assert 'value="9"' in html
    assert 'value="3"' in get(borrower, loan_page)


# ---- Who may ----


def test_others_find_nothing_and_a_viewer_only_looks(
    household: Household, stranger: FlaskClient, viewer: FlaskClient, page: str, loan_page: str
) -> None:
    for path in (page, f"{page}/list", f"{page}/calendar.ics", loan_page):
        get(stranger, path, 404)
        get(viewer, path)
    for path, data in ((page, FORM), (loan_page, {"use": "same"}), (f"{page}/test", {}), (f"{page}/resume", {})):
        post(stranger, path, data, status=404)
        post(viewer, path, data, status=403)
    assert "<form" not in get(viewer, page).split("<main", 1)[1]


def test_a_loan_of_another_case_is_not_there(household: Household, stranger: FlaskClient) -> None:
    foreign = f"/c/{household.stranger_case_id}/loans/{household.loan_ids['haier']}/reminders"
    get(stranger, foreign, 404)
    post(stranger, foreign, {"use": "same", "pay_way": ""}, status=404)


# ---- Tests and the way out ----


def test_a_test_message_says_plainly_whether_it_works(app: Flask, borrower: FlaskClient, page: str) -> None:
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], smtp=None)
    post(borrower, f"{page}/test", {})
    assert "Not sent: this way is not set up on this server." in words(get(borrower, page))
    away = Smtp("127.0.0.1", free_port(), None, None, "plain")
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], smtp=away)
    post(borrower, f"{page}/test", {})
    assert "Not sent: the mail server could not be reached." in words(get(borrower, page))


def test_a_test_message_arrives_and_a_refused_address_is_told(borrower: FlaskClient, page: str, sink: Sink) -> None:
    post(borrower, f"{page}/test", {})
    assert "Sent to sun@example.org." in words(get(borrower, page))
    assert sink.messages[0]["Subject"] == "稳步：测试"
    post(borrower, page, FORM | {"email_to": "nobody@example.org"})
    post(borrower, f"{page}/test", {})
    assert "Not sent: the mail server does not take this address." in words(get(borrower, page))
    post(borrower, page, {k: v for k, v in FORM.items() if k != "email_on"})
    post(borrower, f"{page}/test", {})
    assert "Switch e-mail on and save first" in words(get(borrower, page))
    assert len(sink.messages) == 1


def test_one_click_ends_the_mail_and_opening_the_link_alone_does_not(
    app: Flask, household: Household, client: FlaskClient
) -> None:
    with app.test_request_context():
        link = unsubscribe_url(household.case_id).removeprefix("http://localhost")
    assert "Stop the e-mail reminders?" in words(get(client, f"{link}?lang=en"))
    assert wishes(app, household).email_to == "sun@example.org"
    app.config["WTF_CSRF_ENABLED"] = True
    assert client.post(link, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert wishes(app, household).email_to is None


def test_a_forged_or_foreign_stop_link_does_not_open(app: Flask, client: FlaskClient, household: Household) -> None:
    with app.test_request_context():
        other = tokens.sign("another-purpose", household.case_id)
    for signed in ("x", other, "a.b.c"):
        get(client, f"/reminders/stop/{signed}", 404)
        assert client.post(f"/reminders/stop/{signed}").status_code == 404


def test_the_page_of_a_household_without_loans_says_what_to_do(
    household: Household, stranger: FlaskClient, app: Flask
) -> None:
    set_clock(app, DUE_MORNING)
    assert "Nothing is coming: add a loan first" in words(get(stranger, f"/c/{household.stranger_case_id}/reminders"))
