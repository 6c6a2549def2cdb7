"""A day that will not fit is told once, and what was left out was not told."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from planner.extensions import db
from planner.models import Case, Channel, DispatchStatus, Reminder
from planner.reminders.wishes import settings_to_change
from tests.factories import Household
from tests.reminding import run_at, set_clock, set_up_mail

SHORT, SHORTER, ENOUGH = 170_309, 100_000, 9_000_000
Told = list[tuple[str, int | None]]


@pytest.fixture(autouse=True)
def mail(app: Flask) -> None:
    """E-mail is a way reminders go."""
    set_up_mail(app)


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-12-{text}+08:00")


def have(app: Flask, case_id: int, minor: int, day: int) -> None:
    """The money in hand as entered on a day of December."""
    set_clock(app, at(f"{day:02d}T08:00"))
    with app.app_context():
        case = db.session.get_one(Case, case_id)
        case.balance_minor, case.balance_on = minor, date(2026, 12, day)
        db.session.commit()


def told(app: Flask) -> Told:
    """What the app's list said of the 18th, or will say."""
    with app.app_context():
        of_day = select(Reminder).where(Reminder.kind == "radar", Reminder.due_on == date(2026, 12, 18))
        rows = db.session.scalars(of_day.where(Reminder.channel == Channel.APP, Reminder.dropped.is_(None)))
        return [
            (row.key, row.short_minor) for row in rows if row.dispatch and row.dispatch.status == DispatchStatus.SENT
        ]


@pytest.mark.parametrize("resumed", [True, False])
def test_a_red_day_that_a_pause_held_is_told_when_it_is_over(
    app: Flask, household: Household, borrower: FlaskClient, resumed: bool
) -> None:
    have(app, household.case_id, SHORT, 9)
    with app.app_context():
        settings_to_change(db.session.get_one(Case, household.case_id)).paused_until = date(2026, 12, 12)
        db.session.commit()
    run_at(app, at("09T10:00"))
    assert told(app) == []
    if resumed:
        borrower.post(f"/c/{household.case_id}/reminders/resume")
    run_at(app, at("09T11:10"))
    assert len(told(app)) == resumed
    run_at(app, at("12T10:10"))
    run_at(app, at("13T10:10"))
    assert len(told(app)) == 1


def test_a_red_day_left_out_when_a_pause_began_before_is_told_after_it(app: Flask, household: Household) -> None:
    """As it is stored by earlier versions."""
    have(app, household.case_id, SHORT, 9)
    with app.app_context():
        db.session.add(Reminder(
            case_id=household.case_id, key="radar:2026-12-18:1", kind="radar", channel=Channel.APP, due_on=date(2026, 12, 18),
            step=-9, short_minor=99_999_999, fire_at=at("09T09:00"), dropped="paused", created_at=at("09T09:00"),
        ))  # fmt: skip
        db.session.commit()
    run_at(app, at("09T11:00"))
    run_at(app, at("10T11:00"))
    assert [key for key, _short in told(app)] == ["radar:2026-12-18:2"]


def test_a_day_that_fitted_when_it_was_to_be_told_is_told_when_it_is_red_again(
    app: Flask, household: Household
) -> None:
    have(app, household.case_id, SHORT, 9)
    run_at(app, at("09T22:00"))
    have(app, household.case_id, ENOUGH, 9)
    run_at(app, at("10T09:01"))
    assert told(app) == []
    have(app, household.case_id, SHORT, 10)
    run_at(app, at("10T10:01"))
    run_at(app, at("11T10:01"))
    assert [key for key, _short in told(app)] == ["radar:2026-12-18:2"]


def test_a_day_that_was_told_and_fitted_meanwhile_is_not_told_again(app: Flask, household: Household) -> None:
    for hour, minor in ((10, SHORT), (11, ENOUGH), (12, SHORT)):
        have(app, household.case_id, minor, 9)
        run_at(app, at(f"09T{hour}:00"))
    assert [key for key, _short in told(app)] == ["radar:2026-12-18:1"]


def test_a_day_that_worsens_while_it_waits_for_the_morning_is_told_once(app: Flask, household: Household) -> None:
    have(app, household.case_id, SHORT, 9)
    run_at(app, at("09T22:00"))
    have(app, household.case_id, SHORTER, 9)
    run_at(app, at("09T23:30"))
    run_at(app, at("10T09:01"))
    assert [key for key, _short in told(app)] == ["radar:2026-12-18:2"]
