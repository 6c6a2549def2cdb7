"""The preview of what comes is what is then sent: own times, quiet hours, pauses, what a digest took along, what was put off."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from planner.extensions import db
from planner.models import Case, Channel, Dispatch, DispatchStatus, Reminder
from planner.reminders import composing, picture, planning, preview, services
from planner.reminders.batch import load
from planner.reminders.wishes import settings_to_change, wishes_of
from tests.factories import Household
from tests.reminding import DUE_MORNING, find_step, run_at, set_clock
from tests.services.test_reminders import only_haier

START = datetime.fromisoformat("2026-12-09T10:00+08:00")
NIGHT = {"days": -3, "at": "22:30", "channels": None}


@pytest.fixture(autouse=True)
def haier(app: Flask, household: Household) -> int:
    only_haier(app, household)
    return household.loan_ids["haier"]


def wish(app: Flask, case_id: int, steps: list[dict[str, Any]], **more: Any) -> None:
    """What the household wants, saved at the start."""
    set_clock(app, START)
    with app.app_context():
        case = db.session.get_one(Case, case_id)
        settings = settings_to_change(case)
        settings.steps, settings.weekly = steps, False
        for name, value in more.items():
            setattr(settings, name, value)
        planning.replan(case, START)
        db.session.commit()


def foretold(app: Flask, case_id: int, now: datetime = START) -> list[tuple[datetime, tuple[str, ...]]]:
    """The messages to come with their sentences."""
    set_clock(app, now)
    with app.test_request_context(base_url="http://localhost"):
        seen = picture.look(wishes_of(db.session.get_one(Case, case_id)), now)
        return [(each.fire_at, tuple(said for said, _advice in each.items)) for each in preview.coming(seen, now, 4)]


def sent_on(app: Flask, days: range) -> list[tuple[datetime, tuple[str, ...]]]:
    """The messages that then go out in the app's list on these days of December, with their sentences as they were said."""
    found, seen = [], set[int]()
    for day, clock in product(days, ("07:00", "09:00", "12:30", "18:30", "22:30")):
        now = datetime.fromisoformat(f"2026-12-{day}T{clock}+08:00")
        run_at(app, now)
        with app.test_request_context(base_url="http://localhost"):
            mine = select(Dispatch).where(Dispatch.channel == Channel.APP, Dispatch.status == DispatchStatus.SENT)
            for row in db.session.scalars(mine.where(Dispatch.id.not_in(seen)).order_by(Dispatch.fire_at)):
                (letter,) = load([row.id], now)
                seen.add(row.id)
                said = tuple(composing.headline(letter, each, full=False) for each in letter.reminders)
                found.append((row.fire_at, said))
    return found


@pytest.mark.parametrize("steps", [
    [NIGHT, {"days": 0, "at": None, "channels": None}],  # moved to the morning on which the pause ends
    [{"days": -2, "at": "22:00", "channels": None}, {"days": -1, "at": "07:00", "channels": None}],  # both at nine
    [{"days": -2, "at": "18:30", "channels": None}, {"days": 0, "at": "12:30", "channels": None}],
])  # fmt: skip
@pytest.mark.parametrize("one_a_day", [True, False])
def test_what_is_shown_is_what_goes_out(
    app: Flask, household: Household, steps: list[dict[str, Any]], one_a_day: bool
) -> None:
    wish(app, household.case_id, steps, paused_until=date(2026, 12, 16), one_a_day=one_a_day)
    before = foretold(app, household.case_id)
    until = datetime.fromisoformat("2026-12-18T23:00+08:00")
    assert sent_on(app, range(14, 19)) == [each for each in before if each[0] <= until] != []


def test_a_late_step_still_helps_from_its_own_time_on(app: Flask, household: Household, haier: int) -> None:
    wish(app, household.case_id, [{"days": -7, "at": "20:30", "channels": None}])
    run_at(app, datetime.fromisoformat("2026-12-10T10:00+08:00"))
    run_at(app, datetime.fromisoformat("2026-12-12T22:00+08:00"))
    with app.app_context():
        row = db.session.get_one(Reminder, find_step(app, haier, -7))
        assert row.dispatch is not None
        assert (row.dropped, row.dispatch.status) == (None, "sent")


def test_what_a_days_message_took_along_is_not_shown_again(app: Flask, household: Household) -> None:
    """A talk or another loan at nine takes the evening's step along."""
    evening, morning = "2026-12-11T18:30+08:00", datetime.fromisoformat("2026-12-11T09:30+08:00")
    wish(app, household.case_id, [{"days": -7, "at": "18:30", "channels": None}])
    run_at(app, datetime.fromisoformat("2026-12-10T10:00+08:00"))
    shown = foretold(app, household.case_id, datetime.fromisoformat("2026-12-10T10:00+08:00"))
    assert shown[0][0] == datetime.fromisoformat(evening)
    with app.app_context():
        db.session.execute(update(Dispatch).values(fire_at=morning, next_at=morning))
        db.session.commit()
    assert foretold(app, household.case_id, morning - timedelta(hours=1))[0] == (morning, shown[0][1])
    run_at(app, morning)
    assert foretold(app, household.case_id, morning)[:3] == shown[1:]


def test_what_was_put_off_into_a_pause_or_is_paid_is_not_shown(app: Flask, household: Household, haier: int) -> None:
    run_at(app, DUE_MORNING)
    with app.app_context():
        step = db.session.get_one(Reminder, find_step(app, haier, 0))
        services.snooze(step, 2, DUE_MORNING)
        db.session.commit()
    put_off = datetime.fromisoformat("2026-12-20T09:00+08:00")
    assert put_off in [when for when, _said in foretold(app, household.case_id, DUE_MORNING)]
    with app.app_context():
        settings_to_change(db.session.get_one(Case, household.case_id)).paused_until = date(2026, 12, 22)
        db.session.commit()
    assert put_off not in [when for when, _said in foretold(app, household.case_id, DUE_MORNING)]
    with app.app_context():
        settings_to_change(db.session.get_one(Case, household.case_id)).paused_until = None
        services.mark_paid(db.session.get_one(Reminder, find_step(app, haier, 0)))
        db.session.commit()
    assert put_off not in [when for when, _said in foretold(app, household.case_id, DUE_MORNING)]
