"""What many lenders do at once, on a real PostgreSQL: openings counted, answers stored once, codes tried no more than allowed."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import true

from planner.extensions import db
from planner.sharing import opening
from tests.factories import Household, make_household
from tests.lender import Plan, answer_at_once, open_at_once, share_plan, stored_share, try_codes

pytestmark = pytest.mark.postgres


@pytest.fixture
def app(on_postgres: Flask) -> Flask:
    """The app on an empty PostgreSQL database."""
    return on_postgres


@pytest.fixture
def household(app: Flask) -> Household:
    """The mock-ups' household in it."""
    with app.app_context():
        made = make_household()
        db.session.commit()
    return made


def shared(app: Flask, household: Household, most_views: int | None = None, passcode: str | None = None) -> Plan:
    with app.app_context():
        return share_plan(household, most_views=most_views, passcode=passcode)


def test_of_a_hundred_at_once_one_opens_a_one_view_link(app: Flask, household: Household) -> None:
    plan = shared(app, household, most_views=1)
    assert open_at_once(app, plan) == 1
    with app.app_context():
        share = stored_share(plan)
        assert (share.view_count, len(share.views)) == (1, 1)


def test_without_the_condition_more_would_open_it(
    app: Flask, household: Household, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "_may_open", lambda now: (true(),))
    assert open_at_once(app, shared(app, household, most_views=1), 30) > 1


def test_of_eight_answers_at_once_one_is_stored(app: Flask, household: Household) -> None:
    form = {"kind": "accept", "person": "Li Wei", "step": "send"}
    assert sorted(answer_at_once(app, shared(app, household), form, 8)) == [303] + [409] * 7


def test_many_codes_at_once_get_no_more_tries(app: Flask, household: Household) -> None:
    assert try_codes(app, shared(app, household, passcode="123456"), 30) == 10
