"""What the words of a bank's row say about a payment: between own pockets, money back, or a heading. Data in payees.toml."""

from __future__ import annotations

import re
import tomllib
from functools import cache, lru_cache
from importlib import resources
from typing import Any, NamedTuple

from . import COUNTRY


class Reading(NamedTuple):
    """What the words say: `is_own` between own pockets or borrowed, `is_refund` money back; `category` None for no hint."""

    is_own: bool
    is_refund: bool
    category: str | None


@lru_cache(maxsize=20_000)
def read_payee(text: str, kind: str, currency: str) -> Reading:
    """What a row's words say; `kind` is income or expense, the headings are those of the currency's country."""
    lowered = text.casefold()
    pack, country = _pack(), COUNTRY.get(currency, "us")
    if _is_in(pack["own"]["words"], lowered):
        return Reading(True, False, None)
    if _is_in(pack["refund"]["words"], lowered):
        return Reading(False, True, _heading(lowered, "expense", country))
    return Reading(False, False, _heading(lowered, kind, country))


def _heading(text: str, kind: str, country: str) -> str | None:
    for row in _pack()["heading"]:
        if row["kind"] == kind and country in row["keys"] and _is_in(row["words"], text):
            found: str = row["keys"][country]
            return found
    return None


def _is_in(words: list[str], text: str) -> bool:
    return _pattern(tuple(words)).search(text) is not None


@cache
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    """One pattern for all words: Latin ones whole, others anywhere."""
    return re.compile(
        "|".join(rf"(?<![a-z0-9]){re.escape(w)}(?![a-z0-9])" if w.isascii() else re.escape(w) for w in words)
    )


@cache
def _pack() -> dict[str, Any]:
    return tomllib.loads(resources.files("planner.packs").joinpath("payees.toml").read_text("utf-8"))
