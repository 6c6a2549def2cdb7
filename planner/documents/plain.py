"""Frozen values as plain JSON and back, by their fields: amounts as decimal strings, dates in ISO form, tuples as lists."""

from __future__ import annotations

import dataclasses
from datetime import date
from decimal import Decimal
from functools import cache
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from ..engine.money import Currency, currency, from_minor, to_minor

_MONEY = "_minor"


def write(value: Any, unit: Currency) -> Any:
    """A value as JSON. A field whose name ends in _minor becomes a decimal string of `unit` under the name without it."""
    if isinstance(value, Currency):
        return {"code": value.code, "minor_digits": value.minor_digits}
    if dataclasses.is_dataclass(value):
        return {_name(f.name): _amount(getattr(value, f.name), unit) if f.name.endswith(_MONEY)
                else write(getattr(value, f.name), unit) for f in dataclasses.fields(value)}  # fmt: skip
    if isinstance(value, tuple):
        return [write(each, unit) for each in value]
    if isinstance(value, date):
        return value.isoformat()
    return format(value, "f") if isinstance(value, Decimal) else value


def read(kind: Any, found: Any, unit: Currency) -> Any:
    """The value of a type from its JSON. Raises KeyError, TypeError or ValueError for what `write` did not write."""
    if get_origin(kind) in (UnionType, Union):
        if found is None:
            return None
        [kind] = [each for each in get_args(kind) if each is not type(None)]
    if get_origin(kind) is tuple:
        return tuple(read(get_args(kind)[0], each, unit) for each in found)
    if kind is Currency:
        return read_unit(found)
    if dataclasses.is_dataclass(kind):
        return _read_fields(kind, found, unit)
    if kind in (date, Decimal):
        return date.fromisoformat(found) if kind is date else Decimal(found)
    if not isinstance(found, kind):
        raise TypeError(f"{found!r} is no {kind.__name__}")
    return found


def read_unit(found: Any) -> Currency:
    """The currency. Raises ValueError where the decimals do not belong to its code."""
    unit = Currency(found["code"], found["minor_digits"])
    if currency(unit.code) != unit:
        raise ValueError("the currency's decimals do not belong to its code")
    return unit


def _read_fields(kind: Any, found: Any, unit: Currency) -> Any:
    values = {}
    has_default = {f.name for f in dataclasses.fields(kind) if f.default is not dataclasses.MISSING}
    for name, hint in _hints(kind).items():
        if name in has_default and _name(name) not in found:
            continue  # a field that was added later
        raw = found[_name(name)]
        values[name] = (
            (None if raw is None else to_minor(raw, unit)) if name.endswith(_MONEY) else read(hint, raw, unit)
        )
    return kind(**values)


@cache
def _hints(kind: Any) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {f.name: hints[f.name] for f in dataclasses.fields(kind)}


def _name(field: str) -> str:
    return field.removesuffix(_MONEY)


def _amount(minor: int | None, unit: Currency) -> str | None:
    return None if minor is None else format(from_minor(minor, unit), "f")
