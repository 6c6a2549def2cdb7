"""The words of vocabulary.toml: column names, words for in and out, statuses, currencies."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files
from typing import Any


def _load() -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("vocabulary.toml").read_text("utf-8"))


def squeezed(name: str) -> str:
    """A column name as it is compared: without blanks and a colon at its end."""
    return re.sub(r"\s+", "", name).replace("：", ":").rstrip(":")


_WORDS = _load()
CODES: frozenset[str] = frozenset(_WORDS["codes"])
SYMBOLS: dict[str, str] = _WORDS["symbols"]
HINTS: dict[str, str] = _WORDS["hints"]
DIRECTIONS: dict[str, str] = {word: way for way, words in _WORDS["directions"].items() for word in words}
CLOSED: frozenset[str] = frozenset(_WORDS["statuses"]["closed"])
REFUNDED: frozenset[str] = frozenset(_WORDS["statuses"]["refunded"])
COLUMNS: dict[str, list[tuple[str, int]]] = {}
for _column in _WORDS["columns"]:
    for _name in _column["names"]:
        COLUMNS.setdefault(squeezed(_name), []).append((_column["role"], _column["rank"]))
