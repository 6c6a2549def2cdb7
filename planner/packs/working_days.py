"""The working days of a country, by the `holidays` library: public holidays, and the weekends worked instead of one.

Its limits: China's exchanged days are known only once they are published (each November for the year after); later years have
the holidays by rule alone.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache

import holidays

from ..engine.calendars import WorkCalendar
from .rates import COUNTRY

_CODES = {"cn": "CN", "uk": "GB", "us": "US"}


@lru_cache(maxsize=32)
def work_calendar(currency: str, first_year: int, last_year: int) -> WorkCalendar:
    """The calendar of the country of a currency for these years; weekends alone where the country is not known."""
    code = _CODES.get(COUNTRY.get(currency, ""))
    if code is None:
        return WorkCalendar()
    found = holidays.country_holidays(code, years=range(first_year, last_year + 1))
    exchanged: set[date] = getattr(found, "weekend_workdays", set())
    worked = frozenset(day for day in exchanged if first_year <= day.year <= last_year)
    return WorkCalendar(frozenset(found.keys()), worked)
