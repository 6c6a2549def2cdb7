"""The working days of a country, by the `holidays` library: public holidays, and the weekends worked instead of one.

Its limits: China's exchanged days are known only once they are published (each November for the year after); later years have
the holidays by rule alone. Whoever knows better says so day by day (cases/calendar.py).
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import NamedTuple

import holidays

from ..engine.calendars import WorkCalendar
from . import COUNTRY

_CODES = {"cn": "CN", "uk": "GB", "us": "US"}


class SpecialDay(NamedTuple):
    """A day on which a country works otherwise than its week says; `name` is empty for a weekend that is worked."""

    on: date
    is_worked: bool
    name: str


@lru_cache(maxsize=32)
def work_calendar(currency: str, first_year: int, last_year: int) -> WorkCalendar:
    """The calendar of the country of a currency for these years; weekends alone where the country is not known."""
    days = special_days(currency, first_year, last_year)
    free = frozenset(day.on for day in days if not day.is_worked)
    return WorkCalendar(free, frozenset(day.on for day in days if day.is_worked))


@lru_cache(maxsize=32)
def special_days(currency: str, first_year: int, last_year: int, language: str = "en_US") -> tuple[SpecialDay, ...]:
    """Public holidays and weekends worked instead, in order; their names in the language where the library has it."""
    code = _CODES.get(COUNTRY.get(currency, ""))
    if code is None:
        return ()
    found = holidays.country_holidays(code, years=range(first_year, last_year + 1), language=language)
    exchanged: set[date] = getattr(found, "weekend_workdays", set())
    worked = [SpecialDay(day, True, "") for day in exchanged if first_year <= day.year <= last_year]
    return tuple(sorted([*worked, *(SpecialDay(day, False, name) for day, name in found.items())]))
