"""Days stand on pages as the household's calendar has them: an instant late in the evening of UTC is tomorrow in China."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Flask

from planner.extensions import db
from planner.formatting import local_day, moment
from planner.models import Case, User
from tests.factories import Household, make_case, sign_in_as
from tests.pages import get, words

LATE = datetime(2026, 12, 31, 16, 30, tzinfo=UTC)


def test_an_instant_is_worded_on_its_own_calendar(app: Flask) -> None:
    with app.test_request_context(headers={"Accept-Language": "en"}):
        assert local_day(LATE, "Asia/Shanghai", "full") == "1\u00a0Jan\u00a02027"
        assert local_day(LATE, "Europe/London") == "31\u00a0Dec"
        assert moment(LATE, "Asia/Shanghai") == "1\u00a0Jan 00:30"


def test_a_page_takes_the_calendar_of_the_file_it_tells_of(app: Flask, household: Household) -> None:
    with app.app_context():
        other = make_case(db.session.get_one(User, household.user_id))
        other.created_at, other.timezone = LATE, "Asia/Shanghai"
        db.session.get_one(Case, household.case_id).timezone = "Europe/London"
        db.session.commit()
    text = words(get(sign_in_as(app, household.user_id), f"/c/{household.case_id}/more"))
    assert "File of 1 Jan 2027" in text
