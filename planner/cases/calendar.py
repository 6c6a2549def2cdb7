"""The working days a household goes by: its country's, with the days it knows better."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import NamedTuple

from flask_babel import get_locale

from ..access import select_rows
from ..engine.calendars import WorkCalendar
from ..extensions import db
from ..models import CalendarDay, Case
from ..packs.working_days import special_days, work_calendar

AHEAD = timedelta(days=400)


class ShownDay(NamedTuple):
    """A day that is not as its weekday says, or that the household changed; `key` is that change's, None for the country's."""

    on: date
    is_worked: bool
    name: str
    key: int | None


def calendar_of(case: Case, first: date, last: date) -> WorkCalendar:
    """The working days of a case in the years of these days."""
    country = work_calendar(case.currency, first.year, last.year)
    own = db.session.scalars(select_rows(CalendarDay, case)).all()
    if not own:
        return country
    free = {day.on for day in own if not day.is_worked}
    worked = {day.on for day in own if day.is_worked}
    return replace(country, holidays=(country.holidays - worked) | free, workdays=(country.workdays - free) | worked)


def days_ahead(case: Case, today: date) -> list[ShownDay]:
    """The special days of the coming year, the household's own in place of the country's."""
    own = db.session.scalars(select_rows(CalendarDay, case).where(CalendarDay.on >= today)).all()
    changed = {day.on for day in own}
    language = "zh_CN" if str(get_locale()).startswith("zh") else "en_US"
    last = today + AHEAD
    found = [
        ShownDay(*day, None)
        for day in special_days(case.currency, today.year, last.year, language)
        if today <= day.on <= last and day.on not in changed
    ]
    return sorted([*found, *(ShownDay(day.on, day.is_worked, "", day.id) for day in own)])


def set_day(case: Case, on: date, is_worked: bool) -> CalendarDay:
    """Say that a day is worked or free, whatever the country's calendar says."""
    found = db.session.scalar(select_rows(CalendarDay, case).where(CalendarDay.on == on))
    if found is None:
        found = CalendarDay(case_id=case.id, on=on)
        db.session.add(found)
    found.is_worked = is_worked
    db.session.flush()
    return found
