"""Dates as banks write them, and whether day, month or year comes first."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import date, time
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple


class Order(StrEnum):
    """Whether 05/03/21 is 5 March, 3 May 2021 or 21 March 2005; the year is only asked for where it has two digits."""

    DAY_FIRST = "dmy"
    MONTH_FIRST = "mdy"
    YEAR_FIRST = "ymd"


class Moment(NamedTuple):
    """A day, and the time of day where one is written."""

    day: date
    clock: time | None


_MONTHS = (
    "jan janv januar january janvier enero ene gennaio gen januari janeiro",
    "feb fév févr februar february février febrero febbraio februari fevereiro fev",
    "mar mär mrz märz maart mrt march mars marzo março",
    "apr avr april avril abril abr aprile",
    "may mai mei mayo maggio mag maio",
    "jun juin juni june junio giugno giu junho",
    "jul juil juli july juillet julio luglio lug julho",
    "aug août aou august agosto ago augustus",
    "sep sept september septembre septiembre settembre set setembro",
    "oct okt oktober october octobre octubre ottobre ott outubro out",
    "nov november novembre noviembre novembro",
    "dec dez dezember december décembre déc diciembre dic dicembre dezembro",
)
MONTHS = {name: number for number, names in enumerate(_MONTHS, 1) for name in names.split()}

_CLOCK = r"(?:[T\s,]+(?P<clock>\d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d+)?)\s*(?P<half>[AaPp][Mm])?\s*(?:[A-Z]{1,5}|[+-]\d{2}:?\d{2})?)?"
_YEAR_FIRST = re.compile(rf"(?P<y>\d{{4}})\s?[-/.年]\s?(?P<m>\d{{1,2}})\s?[-/.月]\s?(?P<d>\d{{1,2}})[日.]?{_CLOCK}")
_SOLID = re.compile(r"(?P<y>(?:19|20)\d{2})(?P<m>\d{2})(?P<d>\d{2})(?:(?P<solid>\d{6}))?" + _CLOCK)
_YEAR_LAST = re.compile(
    rf"(?P<a>\d{{1,2}})\s?[-/.']\s?(?P<b>\d{{1,2}})\s?(?P<mark>[-/.'])\s?(?P<y>\d{{4}}|\d{{2}})\.?{_CLOCK}"
)
_NAMED = re.compile(rf"(?P<d>\d{{1,2}})[.\s/-]*(?P<name>[^\W\d_]{{3,10}})[.,\s/-]*(?P<y>\d{{4}}|\d{{2}}){_CLOCK}")
_NAME_FIRST = re.compile(
    rf"(?P<name>[^\W\d_]{{3,10}})[.\s]*(?P<d>\d{{1,2}})(?:st|nd|rd|th)?[,\s]+(?P<y>\d{{4}}){_CLOCK}"
)
_WEEKDAY = re.compile(r"^(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?[.,]?\s+(?=\w)", re.IGNORECASE)
_NO_YEAR = re.compile(r"(?P<m>\d{1,2})[-/月](?P<d>\d{1,2})日?")


@lru_cache(maxsize=16384)
def parse_date(text: str, order: Order | None = None) -> Moment | None:
    """The day a cell holds, or None when it holds none or one that does not exist. Without an order the day is first."""
    text = _plain(text)
    if not text:
        return None
    for shape in (_YEAR_FIRST, _SOLID, _YEAR_LAST, _NAMED, _NAME_FIRST):
        found = shape.fullmatch(text)
        if found:
            return _moment(found.groupdict(), order)
    return None


def _plain(text: str) -> str:
    """The cell without brackets and quotes around it; empty for what is too long or has no digits to be a date."""
    if len(text) > 60 or not any(char.isdigit() for char in text):
        return ""
    return _WEEKDAY.sub("", unicodedata.normalize("NFKC", text).strip().strip("[]'\"").strip())[:49]


def is_date(text: str) -> bool:
    """Whether the cell holds a date in any order."""
    return any(parse_date(text, order) is not None for order in Order)


def _moment(parts: dict[str, str | None], order: Order | None) -> Moment | None:
    year = _full_year(parts["y"])
    if "a" in parts and order == Order.YEAR_FIRST:
        if not _can_begin_with_year(parts):
            return None
        year, month, day = _full_year(parts["a"]), int(parts["b"] or 0), int(parts["y"] or 0)
    elif "a" in parts:
        first, second = int(parts["a"] or 0), int(parts["b"] or 0)
        day, month = (second, first) if order == Order.MONTH_FIRST else (first, second)
    else:
        day = int(parts["d"] or 0)
        month = MONTHS.get((parts.get("name") or "").lower(), 0) if "name" in parts else int(parts["m"] or 0)
    try:
        return Moment(date(year, month, day), _clock(parts))
    except ValueError:
        return None


def _can_begin_with_year(parts: dict[str, str | None]) -> bool:
    """Whether 24-01-05 could be meant; four digits or an apostrophe at the end are the year, one digit never is."""
    return len(parts["a"] or "") == 2 and len(parts["y"] or "") == 2 and parts["mark"] != "'"


def _full_year(text: str | None) -> int:
    year = int(text or 0)
    return year if text and len(text) == 4 else year + (2000 if year < 70 else 1900)


def _clock(parts: dict[str, str | None]) -> time | None:
    solid, text, half = parts.get("solid"), parts.get("clock"), (parts.get("half") or "").lower()
    if solid:
        return parse_clock(solid)
    clock = parse_clock(text) if text else None
    if clock and half:
        clock = clock.replace(hour=clock.hour % 12 + (12 if half == "pm" else 0))
    return clock


@lru_cache(maxsize=4096)
def parse_clock(text: str) -> time | None:
    """A time of day such as 09:30, 9:30:15.5 or 093015; None for anything else."""
    text = text.strip()
    found = re.match(r"(\d{1,2}):(\d{2})(?::(\d{2}))?", text) or re.fullmatch(r"(\d{2})(\d{2})(\d{2})", text)
    try:
        return time(int(found[1]), int(found[2]), int(found[3] or 0)) if found else None
    except ValueError:
        return None


def day_and_month(text: str) -> tuple[int, int] | None:
    """Month and day of a date without a year, such as 12/29; None for anything else."""
    found = _NO_YEAR.fullmatch(_plain(text))
    month, day = (int(found["m"]), int(found["d"])) if found else (0, 0)
    return (month, day) if 1 <= month <= 12 and 1 <= day <= 31 else None


def needs_order(text: str) -> bool:
    """Whether the cell holds a date whose order is not plain to see."""
    found = _YEAR_LAST.fullmatch(_plain(text))
    return bool(found and (found["a"] != found["b"] or _can_begin_with_year(found.groupdict())))


def date_order(texts: Iterable[str], likely: Order | None = None) -> tuple[Order | None, bool]:
    """The order of a column's dates and whether it is certain: by numbers that only fit one, or by how close dates lie.

    Where nothing tells day from month, `likely` is taken (such as month first for US dollars), else the order whose
    dates lie closer together, else the day first. The year comes first only where that brings dates far closer together.
    """
    cells = {text for text in texts if needs_order(text)}
    if not cells:
        return None, True
    readable = {order: [found.day for text in cells if (found := parse_date(text, order))] for order in Order}
    usual, sure = _day_or_month(readable, likely)
    years, others = readable[Order.YEAR_FIRST], readable[usual]
    if len(years) > 2 * len(others):
        return Order.YEAR_FIRST, True
    if len(years) < 0.9 * len(cells):
        return usual, sure
    if _span(years) * 4 <= _span(others) > 0:
        return Order.YEAR_FIRST, False
    # Years of two digits behind dots stand last, unless the dates themselves say otherwise.
    dotted = all(text.count(".") >= 2 for text in cells)
    return usual, sure and (dotted or _span(others) * 2 < _span(years))


def _day_or_month(readable: dict[Order, list[date]], likely: Order | None) -> tuple[Order, bool]:
    day_first, month_first = readable[Order.DAY_FIRST], readable[Order.MONTH_FIRST]
    if len(day_first) != len(month_first):
        return (Order.DAY_FIRST if len(day_first) > len(month_first) else Order.MONTH_FIRST), True
    closer = Order.MONTH_FIRST if _span(month_first) < _span(day_first) else Order.DAY_FIRST
    return likely or closer, day_first == month_first


def _span(days: list[date]) -> int:
    return (max(days) - min(days)).days if days else 0
