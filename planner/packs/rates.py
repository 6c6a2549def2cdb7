"""Reference lines for the cost of a loan: who set them, for whom, and how sure we are. Data in rates_<country>.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Any

from . import COUNTRY


@dataclass(frozen=True, slots=True)
class RateLine:
    """One line. `annual_rate` and `total_cost` (cost per unit received) are fractions; exactly one of them is set.

    `limit` is false for an average or a report that binds no single loan. `lpr_on` is the day of the LPR that was used.
    """

    id: str
    kind: str
    zh: str
    en: str
    applies_zh: str
    applies_en: str
    source: str
    status: str
    as_of: date
    confidence: str
    since: date | None = None
    source_url: str | None = None
    annual_rate: Decimal | None = None
    total_cost: Decimal | None = None
    effective_from: Decimal | None = None
    limit: bool = True
    lpr_on: date | None = None

    def label(self, locale: str) -> str:
        """Its name in the reader's language."""
        return self.zh if locale.startswith("zh") else self.en

    def applies_to(self, locale: str) -> str:
        """Whom it is for, in the reader's language."""
        return self.applies_zh if locale.startswith("zh") else self.applies_en


def rate_lines(currency: str, contract_date: date) -> list[RateLine]:
    """The lines in force for a contract of this day, in the country of the currency; none where there is no pack.

    A line that is a multiple of the LPR takes the last one published up to that day, and is left out before the first.
    """
    country = COUNTRY.get(currency)
    if country is None:
        return []
    pack = _pack(country)
    made = (_line(row, pack.get("lpr", []), contract_date) for row in pack["line"])
    return [line for line in made if line is not None and (line.since is None or line.since <= contract_date)]


def lpr_at(lprs: list[dict[str, Any]], day: date) -> tuple[Decimal, date] | None:
    """The one-year LPR in force on a day, as a fraction, and since when; None before the table begins."""
    known = [row for row in lprs if date.fromisoformat(row["since"]) <= day]
    if not known:
        return None
    last = max(known, key=lambda row: row["since"])
    return Decimal(last["percent"]) / 100, date.fromisoformat(last["since"])


@cache
def _pack(country: str) -> dict[str, Any]:
    return tomllib.loads(resources.files(__package__).joinpath(f"rates_{country}.toml").read_text("utf-8"))


def _line(row: dict[str, Any], lprs: list[dict[str, Any]], day: date) -> RateLine | None:
    values = dict(row)
    for name in ("since", "as_of"):
        values[name] = date.fromisoformat(values[name]) if name in values else None
    for name in ("annual_rate", "total_cost", "effective_from"):
        values[name] = Decimal(values[name]) if name in values else None
    times = values.pop("lpr_times", None)
    if times is None:
        return RateLine(**values)
    lpr = lpr_at(lprs, day)
    return None if lpr is None else RateLine(**values | {"annual_rate": times * lpr[0], "lpr_on": lpr[1]})
