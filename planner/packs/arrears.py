"""How far behind a loan is, in each country's own steps, and what is usual for being late. Data in arrears_<country>.toml."""

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
class Step:
    """One step of a scheme, from so many days past due (or instalments missed) on."""

    first: int
    code: str
    zh: str
    en: str

    def label(self, locale: str) -> str:
        """Its meaning in the reader's language."""
        return self.zh if locale.startswith("zh") else self.en


@dataclass(frozen=True, slots=True)
class Scheme:
    """The steps one kind of record or lender uses, and where we know them from. `unit` is days or instalments."""

    id: str
    unit: str
    zh: str
    en: str
    source: str
    status: str
    as_of: date
    confidence: str
    steps: tuple[Step, ...]

    def label(self, locale: str) -> str:
        """Its name in the reader's language."""
        return self.zh if locale.startswith("zh") else self.en

    def step(self, days_past_due: int, missed: int) -> Step:
        """The step of a loan so many days past due with so many instalments missed."""
        reached = days_past_due if self.unit == "days" else missed
        return next(step for step in reversed(self.steps) if step.first <= reached)


@dataclass(frozen=True, slots=True)
class UsualPenalty:
    """What penalty interest usually is: the contract's rate raised by these fractions of it."""

    least_uplift: Decimal
    most_uplift: Decimal
    zh: str
    en: str
    source: str
    status: str
    as_of: date
    confidence: str

    def label(self, locale: str) -> str:
        """The rule in the reader's language."""
        return self.zh if locale.startswith("zh") else self.en


def schemes(currency: str) -> tuple[Scheme, ...]:
    """The schemes of the country of a currency; none where there is no pack."""
    country = COUNTRY.get(currency)
    return () if country is None else tuple(_scheme(row) for row in _pack(country)["scheme"])


def usual_penalty(currency: str) -> UsualPenalty | None:
    """What is usual there for being late; None where nothing is known."""
    country = COUNTRY.get(currency)
    row = _pack(country).get("penalty") if country else None
    if row is None:
        return None
    known: dict[str, Any] = {name: Decimal(row[name]) for name in ("least_uplift", "most_uplift")}
    return UsualPenalty(**row | known | {"as_of": date.fromisoformat(row["as_of"])})


@cache
def _pack(country: str) -> dict[str, Any]:
    return tomllib.loads(resources.files(__package__).joinpath(f"arrears_{country}.toml").read_text("utf-8"))


def _scheme(row: dict[str, Any]) -> Scheme:
    steps = tuple(Step(step["from"], step["code"], step["zh"], step["en"]) for step in row["steps"])
    return Scheme(**row | {"steps": steps, "as_of": date.fromisoformat(row["as_of"])})
