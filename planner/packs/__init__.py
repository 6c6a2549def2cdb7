"""What differs between countries, as dated and sourced data files."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True, slots=True)
class Category:
    """A budget heading: `kind` is income or expense; `necessity` is what a new expense under it starts with.

    `sfs` is its total in the UK's Standard Financial Statement, for sets that have one; a payment under a heading of
    `own_choice` can be moved by a few days without asking anybody; one that is `everyday` is bought bit by bit all month.
    `basic` is what every household pays for one way or another (home, food, energy, transport, phone).
    """

    key: str
    kind: str
    zh: str
    en: str
    necessity: str | None = None
    sfs: str | None = None
    own_choice: bool = False
    everyday: bool = False
    basic: str | None = None

    def label(self, locale: str) -> str:
        """The heading in the reader's language."""
        return self.zh if locale.startswith("zh") else self.en


COUNTRY = {"CNY": "cn", "USD": "us", "GBP": "uk"}


def headings(currency: str) -> dict[str, Category]:
    """The headings a household with this currency chooses from, by key in display order; those of the US where none are made."""
    return categories(COUNTRY.get(currency, "us"))


def find_heading(key: str, currency: str) -> Category | None:
    """A heading by its key: of the currency's set, else of another (a household may have changed its currency)."""
    sets = (headings(currency), *(categories(country) for country in COUNTRY.values()))
    return next((found[key] for found in sets if key in found), None)


@cache
def categories(country: str) -> dict[str, Category]:
    """The headings of a country by key, in display order. Raises FileNotFoundError for a country without a set."""
    text = resources.files(__name__).joinpath(f"categories_{country}.toml").read_text("utf-8")
    return {row["key"]: Category(**row) for row in tomllib.loads(text)["category"]}
