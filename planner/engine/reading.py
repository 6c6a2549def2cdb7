"""Reading JSON values strictly: each refusal is a TermsError with the path of the field and a code."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

from .errors import TermsError

_NUMBER = re.compile(r"[+-]?[0-9]{1,30}(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,2})?", re.ASCII)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_FURTHEST = 30  # powers of ten a number may reach in either direction
MAX_ITEMS, MAX_OBJECTS = 40_000, 1_000
_MISSING: Any = object()
E = TypeVar("E", bound=StrEnum)
T = TypeVar("T")


class Fields:
    """One JSON object and the path that leads to it. Every reader refuses a wrong type; booleans are no numbers."""

    def __init__(self, value: Any, path: str = "") -> None:
        if not isinstance(value, dict):
            raise TermsError(path or "inputs", "not_an_object")
        self._value, self._path = value, path

    def at(self, name: str) -> str:
        """The path of a field of this object."""
        return f"{self._path}.{name}" if self._path else name

    def has(self, name: str) -> bool:
        """Whether the field is given and not null."""
        return self._value.get(name) is not None

    def number(
        self, name: str, default: Any = _MISSING, *, least: int | None = None, most: int | None = None
    ) -> Decimal:
        """A decimal string (or a JSON number, taken digit by digit)."""
        value = self._read(name, default, as_number)
        if value is not default and ((least is not None and value < least) or (most is not None and value > most)):
            raise TermsError(self.at(name), "out_of_range", least=least, most=most)
        return value

    def whole(self, name: str, default: Any = _MISSING, *, least: int = 0, most: int = 10**6) -> int:
        """A whole JSON number within limits."""
        value = self._read(name, default, _as_whole)
        if value is not default and not least <= value <= most:
            raise TermsError(self.at(name), "out_of_range", least=least, most=most)
        return value

    def day(self, name: str, default: Any = _MISSING) -> date:
        """An ISO date."""
        return self._read(name, default, as_day)

    def text(self, name: str, default: Any = _MISSING) -> str:
        """A string of at most 200 characters."""
        return self._read(name, default, _as_text)

    def flag(self, name: str, default: Any = _MISSING) -> bool:
        """true or false."""
        return self._read(name, default, _as_flag)

    def choice(self, name: str, kind: type[E], default: Any = _MISSING) -> E:
        """One of the words of an enumeration."""

        def read(value: Any, path: str) -> E:
            if not isinstance(value, str) or value not in set(kind):
                raise TermsError(path, "not_one_of", choices=", ".join(kind))
            return kind(value)

        return self._read(name, default, read)

    def child(self, name: str) -> Fields:
        """An object inside this one."""
        return self._read(name, _MISSING, Fields)

    def find_child(self, name: str) -> Fields | None:
        """An object inside this one, None when it is not given."""
        return self.child(name) if self.has(name) else None

    def children(self, name: str) -> list[Fields]:
        """A list of objects; empty when it is not given."""
        return self.items(name, Fields, most=MAX_OBJECTS)

    def items(self, name: str, read: Callable[[Any, str], T], *, most: int = MAX_ITEMS) -> list[T]:
        """A list, each item read by `read`; empty when it is not given."""
        value = self._value.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise TermsError(self.at(name), "not_a_list")
        if len(value) > most:
            raise TermsError(self.at(name), "too_many", most=most)
        return [read(item, f"{self.at(name)}[{n}]") for n, item in enumerate(value)]

    def _read(self, name: str, default: Any, read: Callable[[Any, str], T]) -> T:
        value = self._value.get(name)
        if value is None:
            if default is _MISSING:
                raise TermsError(self.at(name), "missing")
            return default
        return read(value, self.at(name))


def as_number(value: Any, path: str) -> Decimal:
    """A finite decimal of at most 30 digits on either side. Floats never get here: JSON is parsed with Decimal."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise TermsError(path, "not_a_number")
    text = str(value)
    if not _NUMBER.fullmatch(text):
        raise TermsError(path, "not_a_number")
    number = Decimal(text)
    exponent = int(number.as_tuple().exponent)
    if exponent < -_FURTHEST or number.adjusted() > _FURTHEST:
        raise TermsError(path, "out_of_range")
    return number


def as_day(value: Any, path: str) -> date:
    """A date between 1900 and 2200, written YYYY-MM-DD."""
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        raise TermsError(path, "not_a_date")
    try:
        found = date.fromisoformat(value)
    except ValueError:
        raise TermsError(path, "not_a_date") from None
    if not 1900 <= found.year <= 2200:
        raise TermsError(path, "out_of_range", least="1900-01-01", most="2200-12-31")
    return found


def _as_whole(value: Any, path: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TermsError(path, "not_a_whole_number")
    return value


def _as_text(value: Any, path: str) -> str:
    if not isinstance(value, str) or len(value) > 200:
        raise TermsError(path, "not_a_text", most=200)
    return value


def _as_flag(value: Any, path: str) -> bool:
    if not isinstance(value, bool):
        raise TermsError(path, "not_true_or_false")
    return value
