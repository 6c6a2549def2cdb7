"""Answering a reminder: by a signed link without a sign-in, after a question, and from the app's own list."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from planner import tokens
from planner.extensions import db
from planner.loans import services as loans
from planner.models import Base, Case, Dispatch, Loan, Reminder, ReminderKind
from planner.reminders.composing import act_url
from planner.reminders.wishes import settings_to_change
from tests.factories import Household
from tests.pages import get, post, words
from tests.reminding import DUE_MORNING, change_loan, find_step, paid, run_at, set_clock, set_up_mail


@pytest.fixture(autouse=True)
def mail(app: Flask) -> None:
    """E-mail is a way reminders go."""
    set_up_mail(app)


@pytest.fixture
def step(app: Flask, household: Household) -> int:
    """The reminder of the due day of the Haier instalment, sent to the app's list."""
    run_at(app, DUE_MORNING)
    return find_step(app, household.loan_ids["haier"], 0)


def link(app: Flask, what: str, step: int) -> str:
    with app.test_request_context():
        return act_url(what, db.session.get_one(Reminder, step)).removeprefix("http://localhost") + "?lang=en"


def dump(app: Flask) -> dict[str, list[str]]:
    with app.app_context():
        return {table.name: sorted(map(repr, db.session.execute(select(table)).all())) for table in Base.metadata.sorted_tables
                if table.name != "rate_counts"}  # fmt: skip


# ---- By a link from a message ----


def test_paid_asks_first_changes_nothing_by_opening_and_then_does_it_once(
    app: Flask, household: Household, client: FlaskClient, step: int
) -> None:
    address, before = link(app, "paid", step), dump(app)
    here = words(get(client, address))
    assert "due today, 18 Dec" in here
    assert "It is recorded as paid in full today" in here
    assert "Can't pay? See options" in here
    client.head(address)
    assert dump(app) == before
    assert "Marked as paid" in words(post(client, address, {}, status=200))
    assert paid(app, household.loan_ids["haier"]) == [(6, 181_667)]
    assert "This is marked as paid already" in words(post(client, address, {}, status=200))
    assert "This is marked as paid already" in words(get(client, address))
    assert paid(app, household.loan_ids["haier"]) == [(6, 181_667)]


def test_the_pages_name_loan_and_amount_only_where_the_household_lets_messages_do_so(
    app: Flask, household: Household, client: FlaskClient, step: int
) -> None:
    for what in ("paid", "later"):
        html = get(client, link(app, what, step))
        assert not [text for text in ("海尔", "1,816", "sun@") if text in html]
    with app.app_context():
        settings_to_change(db.session.get_one(Case, household.case_id)).wording = "full"
        db.session.commit()
    assert "海尔分期, ¥1,816.67: due today, 18 Dec" in words(get(client, link(app, "paid", step)))


@pytest.mark.parametrize(
    ("days", "again"), [("1", date(2026, 12, 19)), ("3", date(2026, 12, 21)), ("7", date(2026, 12, 25))]
)
def test_later_puts_it_off_to_the_day_chosen(
    app: Flask, household: Household, client: FlaskClient, step: int, days: str, again: date
) -> None:
    address, before = link(app, "later", step), dump(app)
    get(client, address)
    assert dump(app) == before
    said = words(post(client, address, {"days": days}, status=200))
    assert f"You will hear of it again on {again.day} Dec, and not before." in said
    with app.app_context():
        rows = db.session.scalars(select(Reminder).where(Reminder.kind == ReminderKind.SNOOZED)).all()
        assert {row.due_on + timedelta(days=row.step) for row in rows} == {again}
        assert {row.channel for row in rows} == {"app", "email"}
    assert paid(app, household.loan_ids["haier"]) == []


@pytest.mark.parametrize("days", ["", "0", "2", "400", "x"])
def test_another_number_of_days_is_refused(app: Flask, client: FlaskClient, step: int, days: str) -> None:
    before = dump(app)
    html = post(client, link(app, "later", step), {"days": days}, status=422)
    assert "Remind me then" in words(html)
    assert dump(app) == before


def test_what_is_paid_cannot_be_put_off(app: Flask, household: Household, client: FlaskClient, step: int) -> None:
    with app.app_context():
        loans.mark_paid(db.session.get_one(Loan, household.loan_ids["haier"]), 6, DUE_MORNING.date())
        db.session.commit()
    before = dump(app)
    for answer in (get(client, link(app, "later", step)), post(client, link(app, "later", step), {"days": "3"}, 200)):
        assert "This is marked as paid already" in words(answer)
    assert dump(app) == before


def test_a_link_serves_its_one_purpose_for_sixty_days(app: Flask, client: FlaskClient, step: int) -> None:
    before = dump(app)
    with app.test_request_context():
        wrong = {
            "paid": [
                tokens.sign("reminder-later", step),
                tokens.sign("stop-email", step),
                tokens.sign("reminder-paid", "x"),
            ],
            "later": [tokens.sign("reminder-paid", step), tokens.sign("reminder-later", 987_654_321)],
        }
        right = tokens.sign("reminder-paid", step)
    wrong["paid"] += ["x", right[:-1], f"{right}x"]
    for what, texts in wrong.items():
        for signed in texts:
            assert "This link does not open" in words(get(client, f"/r/{what}/{signed}?lang=en", 404))
            assert client.post(f"/r/{what}/{signed}", data={"days": "1"}).status_code == 404
    assert client.get(f"/r/delete/{right}").status_code == 404
    assert dump(app) == before


def test_a_link_older_than_sixty_days_does_not_open(
    app: Flask, client: FlaskClient, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = link(app, "paid", step)
    made = int(datetime.now(UTC).timestamp())
    monkeypatch.setattr("itsdangerous.timed.TimestampSigner.get_timestamp", lambda _self: made + 59 * 86400)
    get(client, address)
    monkeypatch.setattr("itsdangerous.timed.TimestampSigner.get_timestamp", lambda _self: made + 61 * 86400)
    get(client, address, 404)


def test_a_loan_that_is_gone_closed_or_changed_is_told_without_a_word_of_it(
    app: Flask, household: Household, client: FlaskClient, step: int
) -> None:
    haier = household.loan_ids["haier"]
    change_loan(app, haier, closed_on=DUE_MORNING.date())
    assert "Nothing to do" in words(get(client, link(app, "paid", step)))
    change_loan(app, haier, closed_on=None)
    address = link(app, "paid", step)
    with app.app_context():
        db.session.get_one(Reminder, step).due_on = date(2026, 12, 17)  # as after a change of the contract's days
        db.session.commit()
    assert "Nothing to do" in words(post(client, address, {}, status=200))
    assert paid(app, haier) == []
    with app.app_context():
        db.session.delete(db.session.get_one(Loan, haier))
        db.session.commit()
    get(client, address, 404)
    assert client.post(address).status_code == 404


def test_posting_needs_the_form_of_this_browser(
    app: Flask, household: Household, client: FlaskClient, step: int
) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    address = link(app, "paid", step)
    assert client.post(address).status_code == 403
    token = re.search(r'name="csrf_token" value="([^"]+)"', get(client, address))
    assert token
    assert app.test_client().post(address, data={"csrf_token": token[1]}).status_code == 403
    assert paid(app, household.loan_ids["haier"]) == []
    assert client.post(address, data={"csrf_token": token[1]}).status_code == 200
    assert paid(app, household.loan_ids["haier"]) == [(6, 181_667)]


def test_guessing_is_slowed_down_and_right_links_open_meanwhile_elsewhere(
    app: Flask, client: FlaskClient, step: int, limits: None
) -> None:
    statuses = [client.get(f"/r/paid/guess{n}").status_code for n in range(70)]
    assert statuses.count(404) == 60
    assert set(statuses[60:]) == {429}
    elsewhere = {"REMOTE_ADDR": "198.51.100.7"}
    assert client.get(link(app, "paid", step), environ_base=elsewhere).status_code == 200


# ---- The app's own list ----


@pytest.fixture
def page(household: Household) -> str:
    return f"/c/{household.case_id}/reminders/list"


def test_the_list_shows_everything_and_opening_it_writes_nothing(
    app: Flask, borrower: FlaskClient, page: str, step: int
) -> None:
    before = dump(app)
    here = words(get(borrower, page))
    assert "海尔分期 ¥1,816.67 due today, 18 Dec" in here
    assert "信用卡 2046 ¥400 due on 25 Dec, in 7 days" in here
    assert "1 not seen yet" in here
    assert dump(app) == before


def test_the_bell_counts_what_was_not_seen_until_the_button_is_pressed(
    app: Flask, household: Household, borrower: FlaskClient, page: str, step: int
) -> None:
    assert 'aria-label="Messages, 1 not seen yet"' in get(borrower, "/")
    post(borrower, f"{page}/seen", {})
    assert 'aria-label="Messages"' in get(borrower, "/")
    assert "Everything is seen" in words(get(borrower, page))
    with app.app_context():
        seen = select(Dispatch.channel).where(Dispatch.read_at.is_not(None))
        assert set(db.session.scalars(seen)) == {"app"}


def test_the_count_of_the_bell_is_one_query(
    app: Flask, household: Household, borrower: FlaskClient, step: int, count_queries: Callable[[], int]
) -> None:
    from planner.reminders import services

    with app.app_context():
        case = db.session.get_one(Case, household.case_id)
        before = count_queries()
        assert services.unread(case) == 1
        assert count_queries() - before == 1


def test_paid_from_the_list_is_recorded_seen_and_can_be_taken_back(
    app: Flask, household: Household, borrower: FlaskClient, page: str, step: int
) -> None:
    post(borrower, f"{page}/{step}/paid", {})
    haier = household.loan_ids["haier"]
    assert paid(app, haier) == [(6, 181_667)]
    html = get(borrower, page)
    assert "Instalment 6 marked as paid" in words(html)
    assert "海尔分期, 18 Dec: paid" in words(html)
    assert "Everything is seen" in words(html)
    undo = re.search(r'action="([^"]+/undo)"', html)
    assert undo
    post(borrower, undo[1], {})
    assert paid(app, haier) == []
    post(borrower, f"{page}/{step}/paid", {})
    post(borrower, f"{page}/{step}/paid", {})
    assert "That was marked as paid already" in words(get(borrower, page))
    assert len(paid(app, haier)) == 1


def test_later_from_the_list(app: Flask, borrower: FlaskClient, page: str, step: int) -> None:
    post(borrower, f"{page}/{step}/later", {"days": "3"})
    assert "You will hear of it again on 21 Dec" in words(get(borrower, page))
    before = dump(app)
    post(borrower, f"{page}/{step}/later", {"days": "400"})
    assert "Choose tomorrow, 3 days or a week" in words(get(borrower, page))
    assert dump(app) == before


def test_a_red_day_in_the_list_leads_to_its_ways_out_and_cannot_be_paid(
    app: Flask, household: Household, borrower: FlaskClient, page: str
) -> None:
    with app.app_context():
        case = db.session.get_one(Case, household.case_id)
        case.balance_minor, case.balance_on = 170_309, date(2026, 12, 9)
        db.session.commit()
    run_at(app, datetime.fromisoformat("2026-12-09T09:05+08:00"))
    with app.app_context():
        red = db.session.scalars(select(Reminder).where(Reminder.kind == "radar", Reminder.channel == "app")).one()
    html = get(borrower, page)
    assert f'href="/c/{household.case_id}/radar/{red.due_on}"' in html
    assert "It is paid" not in words(html)
    get(borrower, f"/c/{household.case_id}/radar/{red.due_on}")
    post(borrower, f"{page}/{red.id}/paid", {}, status=404)
    post(borrower, f"{page}/{red.id}/later", {"days": "1"}, status=404)


def test_thirty_old_messages_do_not_break_the_list(
    app: Flask, household: Household, borrower: FlaskClient, page: str
) -> None:
    for day in range(9, 32):
        run_at(app, datetime.fromisoformat(f"2026-12-{day:02d}T09:05+08:00"))
    set_clock(app, datetime.fromisoformat("2027-02-01T12:00+08:00"))
    assert "海尔分期 ¥1,816.67" in words(get(borrower, page))


def test_others_find_nothing_and_a_viewer_only_looks(
    household: Household, stranger: FlaskClient, viewer: FlaskClient, page: str, step: int
) -> None:
    get(stranger, page, 404)
    here = get(viewer, page)
    assert "<form" not in here.split("<main", 1)[1]
    for path, data in ((f"{page}/seen", {}), (f"{page}/{step}/paid", {}), (f"{page}/{step}/later", {"days": "1"})):
        post(stranger, path, data, status=404)
        post(viewer, path, data, status=403)
    foreign = f"/c/{household.stranger_case_id}/reminders/list/{step}"
    post(stranger, f"{foreign}/paid", {}, status=404)
    post(stranger, f"{foreign}/later", {"days": "1"}, status=404)


def test_an_empty_list_says_what_will_stand_here(household: Household, stranger: FlaskClient) -> None:
    assert "No messages yet" in words(get(stranger, f"/c/{household.stranger_case_id}/reminders/list"))
