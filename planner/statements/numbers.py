"""Amounts as banks write them: decimal comma or point, groups, signs before and behind, CR and DR, symbols and codes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache

from .vocabulary import CODES, HINTS, SYMBOLS

MAX_AMOUNT = Decimal(10) ** 13

_FOLD = str.maketrans({"−": "-", "–": "-", "\u2019": "'", "`": "'", "\u200e": None, "\u200f": None, "\ufeff": None})
_UNIT = "|".join(re.escape(s) for s in sorted((*SYMBOLS, *HINTS), key=len, reverse=True)) + "|" + "|".join(CODES)
_SHAPE = re.compile(
    rf"""(?P<open>\()?\s*(?P<sign>[+-])?\s*(?P<unit>{_UNIT})?\s*(?P<sign2>[+-])?\s*
    (?P<digits>[.,]?\d[\d.,' ]*?)\s*(?P<unit2>{_UNIT})?\s*(?P<sign3>[+-])?\s*(?P<mark>CR|DR|Cr|Dr|cr|dr)?\s*(?P<close>\))?""",
    re.VERBOSE,
)
_EVEN_GROUPS = re.compile(r"\d{1,3}(G\d{3})+|\d{1,2}(G\d{2})*G\d{3}")


@dataclass(frozen=True, slots=True)
class Amount:
    """One amount as written. `value` has its sign; `mark` is "CR" or "DR" where that is written.

    `unit` is the currency that follows from code or symbol, `hint` the likely one; `signed` says that a sign is written;
    `unsure` that comma or point could mean either; `odd` that its groups are uneven.
    """

    value: Decimal
    unit: str | None = None
    hint: str | None = None
    mark: str = ""
    signed: bool = False
    unsure: bool = False
    odd: bool = False

    @property
    def in_account(self) -> Decimal:
        """The value read as a balance: below zero where DR says that it is owed."""
        return -abs(self.value) if self.mark == "DR" else self.value


@lru_cache(maxsize=16384)
def parse_amount(text: str, decimal_mark: str | None = None) -> Amount | None:
    """The amount a cell holds, or None. `decimal_mark` settles what "1,234" means; without it that is `unsure`."""
    if len(text) > 60 or not any(char.isdigit() for char in text):
        return None
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    shape = _SHAPE.fullmatch(text.translate(_FOLD).strip())
    if shape is None or bool(shape["open"]) != bool(shape["close"]):
        return None
    number = _number(shape["digits"].rstrip(), decimal_mark)
    signs = [shape[name] for name in ("sign", "sign2", "sign3") if shape[name]]
    if number is None or number.value > MAX_AMOUNT or len(signs) + bool(shape["open"]) > 1:
        return None
    value = -number.value if "-" in signs or shape["open"] else number.value
    unit = shape["unit"] or shape["unit2"]
    return replace(
        number, value=value, unit=currency_code(unit), hint=HINTS.get(unit or ""), mark=(shape["mark"] or "").upper(),
        signed=bool(signs or shape["open"]),
    )  # fmt: skip


def currency_code(text: str | None) -> str | None:
    """The code that a symbol, a Chinese name or a code itself stands for; None where it could be several or none."""
    text = unicodedata.normalize("NFKC", text or "").strip()
    if text in SYMBOLS:
        return SYMBOLS[text]
    return text.upper() if text.upper() in CODES else None


def _number(digits: str, mark: str | None) -> Amount | None:
    for blank in (" ", "'"):
        if blank in digits:
            whole = re.split(r"[.,]", digits)[0]
            if not _EVEN_GROUPS.fullmatch(whole.replace(blank, "G")) or blank in digits[len(whole) :]:
                return None
            digits = digits.replace(blank, "")
    commas, points = digits.count(","), digits.count(".")
    if commas and points:
        return _both_marks(digits)
    if commas + points > 1:
        return _plain(digits, "," if commas else ".")
    if commas + points == 0:
        return Amount(Decimal(digits))
    return _one_mark(digits, "," if commas else ".", mark)


def _both_marks(digits: str) -> Amount | None:
    decimal = max(",.", key=digits.rfind)
    group = "," if decimal == "." else "."
    whole, _, rest = digits.rpartition(decimal)
    if decimal in whole or group in rest or not all(whole.split(group)):
        return None
    even = _EVEN_GROUPS.fullmatch(whole.replace(group, "G"))
    return Amount(Decimal(f"{whole.replace(group, '')}.{rest or 0}"), odd=even is None)


def _plain(digits: str, group: str) -> Amount | None:
    return Amount(Decimal(digits.replace(group, ""))) if _EVEN_GROUPS.fullmatch(digits.replace(group, "G")) else None


def _one_mark(digits: str, found: str, mark: str | None) -> Amount:
    whole, _, rest = digits.partition(found)
    could_group = len(rest) == 3 and 1 <= len(whole) <= 3 and not whole.startswith("0")
    # "1,234" is mostly a thousand and "1.234" mostly has decimals, unless the file's other amounts say otherwise.
    if could_group and (found == "," if mark is None else found != mark):
        return Amount(Decimal(whole + rest), unsure=mark is None)
    return Amount(Decimal(f"{whole or 0}.{rest or 0}"), unsure=could_group and mark is None)


def decimal_mark(texts: Iterable[str]) -> str | None:
    """Which mark separates decimals, by the amounts that leave no doubt; None where none does or they disagree."""
    votes = {_vote(text) for text in texts} - {None}
    return votes.pop() if len(votes) == 1 else None


def _vote(text: str) -> str | None:
    marks = re.findall(r"[.,](?=\d)", text)
    if not marks or parse_amount(text) is None:
        return None
    tail = len(re.sub(r"\D", "", text[text.rfind(marks[-1]) :]))
    if len(marks) > 1:
        return marks[-1] if marks[-1] != marks[0] else ("." if marks[0] == "," else ",")
    return marks[-1] if tail != 3 or re.search(r"(^|\D)0[.,]", text) else None
