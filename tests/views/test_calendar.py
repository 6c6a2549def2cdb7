"""Holidays and own working days: what they are, what they move; bad input, other people, a weaker role."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from planner.cases.calendar import calendar_of
from planner.extensions import db
from planner.models import BudgetLine, CalendarDay, Case
from planner.radar import services as radar
from tests.factories import Household
from tests.pages import get, post, words

TODAY = date(2026, 12, 9)


@pytest.fixture
def page(household: Household) -> str:
    return f"/c/{household.case_id}/calendar"


def days(app: Flask) -> list[tuple[date, bool]]:
    with app.app_context():
        return [(d.on, d.is_worked) for d in db.session.scalars(select(CalendarDay).order_by(CalendarDay.on))]


def test_the_countrys_days_are_listed_in_the_readers_language(borrower: FlaskClient, page: str) -> None:
    assert "1 Jan 2027 New Year's Day" in words(get(borrower, page)).replace("&#39;", "'")
    assert "2027年1月1日 元旦" in words(get(borrower, f"{page}?lang=zh"))


def test_a_corrected_day_moves_the_wage_everywhere_and_back(
    app: Flask, household: Household, borrower: FlaskClient, page: str
) -> None:
    """The wage comes on the 10th, off closed days earlier: Thursday 10 December 2026 is said to be closed."""
    with app.app_context():
        wage = db.session.scalars(select(BudgetLine).where(BudgetLine.name == "工资")).one()
        wage.shift = "earlier"
        case = db.session.get_one(Case, household.case_id)
        case.balance_minor, case.balance_on = 170_309, TODAY - timedelta(days=1)  # before what comes today
        db.session.commit()
    assert paydays(app, household) == [date(2026, 12, 10), date(2027, 1, 8)], "10 January 2027 is a Sunday"
    post(borrower, page, {"on": "2026-12-10", "is_worked": "free"})
    post(borrower, page, {"on": "2027-01-10", "is_worked": "worked"})
    assert paydays(app, household) == [date(2026, 12, 9), date(2027, 1, 10)]
    assert "9 Dec to 9 Jan" in words(get(borrower, f"/c/{household.case_id}/budget?cycle=now"))
    text = words(get(borrower, page))
    assert "10 Dec 2026 closed, by your correction" in text
    post(borrower, page, {"on": "2026-12-10", "is_worked": "worked"})
    assert days(app) == [(date(2026, 12, 10), True), (date(2027, 1, 10), True)], "the last word counts, once a day"
    with app.app_context():
        keys = db.session.scalars(select(CalendarDay.id)).all()
    for key in keys:
        post(borrower, f"{page}/{key}/delete", {})
    assert days(app) == []
    assert paydays(app, household) == [date(2026, 12, 10), date(2027, 1, 8)]


def paydays(app: Flask, household: Household) -> list[date]:
    """The next two days the wage comes, by the radar."""
    with app.app_context():
        found = radar.look(db.session.get_one(Case, household.case_id), TODAY)
        assert found is not None
        return sorted(flow.on for flow in found.flows if flow.amount_minor in (680_000,))[:2]


def test_a_holiday_can_be_worked_and_a_weekday_free(
    app: Flask, household: Household, borrower: FlaskClient, page: str
) -> None:
    post(borrower, page, {"on": "2027-01-01", "is_worked": "worked"})
    post(borrower, page, {"on": "2027-01-05", "is_worked": "free"})
    with app.app_context():
        calendar = calendar_of(db.session.get_one(Case, household.case_id), TODAY, date(2027, 2, 1))
        assert (calendar(date(2027, 1, 1)), calendar(date(2027, 1, 5)), calendar(date(2027, 1, 6))) == (
            True,
            False,
            True,
        )


@pytest.mark.parametrize(
    ("on", "said"), [("", "Enter the day"), ("soon", "Enter a date such as"), ("1999-02-30", "Enter a date such as")]
)
def test_bad_input_says_what_to_type(app: Flask, borrower: FlaskClient, page: str, on: str, said: str) -> None:
    html = post(borrower, page, {"on": on, "is_worked": "free"}, 422)
    assert said in words(html)
    assert days(app) == []
    post(borrower, page, {"on": "2027-01-05", "is_worked": "perhaps"}, 422)


def test_a_currency_without_a_calendar_has_weekends(
    app: Flask, household: Household, borrower: FlaskClient, page: str
) -> None:
    with app.app_context():
        db.session.get_one(Case, household.case_id).currency = "JPY"
        db.session.commit()
    assert "No holidays are known for this currency" in words(get(borrower, page))


def test_others_find_nothing_and_a_viewer_only_looks(
    app: Flask, household: Household, borrower: FlaskClient, viewer: FlaskClient, stranger: FlaskClient, page: str
) -> None:
    post(borrower, page, {"on": "2026-12-10", "is_worked": "free"})
    with app.app_context():
        key = db.session.scalars(select(CalendarDay.id)).one()
    assert "Correct a day" not in words(get(viewer, page))
    post(viewer, page, {"on": "2026-12-11", "is_worked": "free"}, 403)
    post(viewer, f"{page}/{key}/delete", {}, 403)
    get(stranger, page, 404)
    post(stranger, page, {"on": "2026-12-11", "is_worked": "free"}, 404)
    post(stranger, f"{page}/{key}/delete", {}, 404)
    post(stranger, f"/c/{household.stranger_case_id}/calendar/{key}/delete", {}, 404)
    assert len(days(app)) == 1
