"""What the talks with a lender have to say reaches the borrower: an answer, a reply that is due, a review, a broken word."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from planner.extensions import db
from planner.loans import services as loans
from planner.models import Channel, Loan, Reminder, ReminderKind, Response, Share
from tests.factories import Household
from tests.lender import Plan, share_plan
from tests.pages import get, post, words
from tests.reminding import run_at, set_up_mail
from tests.views.test_negotiation import CONFIRM, LOGGED, answered


@pytest.fixture
def shared(app: Flask, household: Household) -> Plan:
    """A plan shared with the consumer lender on the 9th."""
    set_up_mail(app)
    with app.app_context():
        return share_plan(household)


def told(app: Flask) -> list[tuple[str, date]]:
    """What was said of the talks, by time: about what, and of which day."""
    with app.app_context():
        rows = select(Reminder).where(Reminder.kind == ReminderKind.TALK, Reminder.channel == Channel.APP)
        return [(row.key.split(":")[1], row.due_on) for row in db.session.scalars(rows.order_by(Reminder.id))
                if row.dropped is None]  # fmt: skip


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00")


def test_an_answer_is_told_once_and_leads_to_the_talk(
    app: Flask, household: Household, borrower: FlaskClient, shared: Plan
) -> None:
    answered(app, shared, kind="accept")
    for _ in range(2):
        run_at(app, at("2026-12-09T10:00"))
    assert told(app) == [("answer", date(2026, 12, 9))]
    page = get(borrower, f"/c/{household.case_id}/reminders/list")
    assert "海尔消费金融 has answered your plan" in words(page)
    assert f"/c/{household.case_id}/talks/{shared.item_id}" in page


def test_an_answer_that_was_read_before_the_message_went_out_needs_none(
    app: Flask, household: Household, borrower: FlaskClient, shared: Plan
) -> None:
    answered(app, shared, kind="decline", text="no")
    run_at(app, at("2026-12-09T22:00"))
    with app.app_context():
        db.session.scalars(select(Response)).one().seen_at = at("2026-12-09T22:05")
        db.session.commit()
    run_at(app, at("2026-12-10T09:05"))
    with app.app_context():
        rows = db.session.scalars(select(Reminder).where(Reminder.kind == ReminderKind.TALK)).all()
        assert {row.dropped for row in rows if row.channel != Channel.APP} <= {"seen"}


def test_the_day_a_reply_is_due_is_told_and_not_after_an_answer(app: Flask, shared: Plan) -> None:
    with app.app_context():
        db.session.scalars(select(Share)).one().expires_at = at("2027-02-01T00:00")
        db.session.commit()
    run_at(app, at("2026-12-22T10:00"))
    run_at(app, at("2026-12-23T09:05"))
    assert told(app) == [("reply_due", date(2026, 12, 23))]


def test_once_answered_no_reply_is_waited_for(app: Flask, shared: Plan) -> None:
    answered(app, shared, kind="ask", text="Which account?")
    run_at(app, at("2026-12-23T09:05"))
    assert ("reply_due", date(2026, 12, 23)) not in told(app)


def test_after_the_written_word_reminders_follow_the_new_dates_and_the_review_is_told(
    app: Flask, household: Household, borrower: FlaskClient, shared: Plan
) -> None:
    talk = f"/c/{household.case_id}/talks/{shared.item_id}"
    post(borrower, f"{talk}/answer", LOGGED)
    post(borrower, f"{talk}/confirmation", CONFIRM)
    with app.app_context():
        for n, day in ((6, date(2026, 12, 18)), (7, date(2027, 1, 18)), (8, date(2027, 2, 18))):
            loans.mark_paid(db.session.get_one(Loan, household.loan_ids["haier"]), n, day)
        db.session.commit()
    run_at(app, at("2027-03-09T09:05"))
    assert told(app) == [("review", date(2027, 3, 9))]
    run_at(app, at("2027-03-16T09:05"))
    with app.app_context():
        mine = select(Reminder.due_on).where(
            Reminder.loan_id == household.loan_ids["haier"], Reminder.fire_at > at("2027-03-10T00:00")
        )
        assert set(db.session.scalars(mine)) == {date(2027, 3, 18)}


def test_a_payment_of_an_agreement_that_stays_out_is_told_calmly_and_once(
    app: Flask, household: Household, borrower: FlaskClient, shared: Plan
) -> None:
    talk = f"/c/{household.case_id}/talks/{shared.item_id}"
    post(borrower, f"{talk}/answer", LOGGED)
    post(borrower, f"{talk}/confirmation", CONFIRM)
    for day in range(18, 32):
        run_at(app, at(f"2027-01-{day:02d}T09:35"))
    broken = [each for each in told(app) if each[0] == "broken"]
    assert len(broken) == 1, broken
