"""Money as whole minor units, rounding with a stated step and mode, and fair splitting."""

from __future__ import annotations

import decimal
from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from .errors import TermsError

_NO_MINOR = ("JPY", "KRW", "VND", "CLP", "ISK", "XAF", "XOF", "PYG", "UGX", "RWF")
_THREE_MINOR = ("KWD", "BHD", "OMR", "JOD", "TND", "IQD", "LYD")


class Currency(NamedTuple):
    """An ISO 4217 code and how many decimals its minor unit has (CNY 2, JPY 0, KWD 3)."""

    code: str
    minor_digits: int


def currency(code: str) -> Currency:
    """The currency of a code. Raises TermsError("currency") for what is not three capital letters."""
    if len(code) != 3 or not (code.isascii() and code.isalpha() and code.isupper()):
        raise TermsError("currency", "unknown_currency", given=code)
    return Currency(code, 0 if code in _NO_MINOR else 3 if code in _THREE_MINOR else 2)


class RoundingMode(StrEnum):
    """How a value between two steps is settled; `up` and `down` go away from and towards zero."""

    HALF_EVEN = "half_even"
    HALF_UP = "half_up"
    CEILING = "ceiling"
    FLOOR = "floor"
    UP = "up"
    DOWN = "down"


_DECIMAL_MODE = {mode: getattr(decimal, f"ROUND_{mode.name}") for mode in RoundingMode}


class Rounding(NamedTuple):
    """Round to multiples of `step` (0 = never) by `mode`."""

    step: Decimal
    mode: RoundingMode


def round_to(value: Decimal, rounding: Rounding) -> Decimal:
    """`value` as a multiple of the step; unchanged for step 0."""
    if rounding.step == 0:
        return value
    steps = (value / rounding.step).quantize(Decimal(1), rounding=_DECIMAL_MODE[rounding.mode])
    return steps * rounding.step


def round_ratio(numerator: int, denominator: int, mode: RoundingMode = RoundingMode.HALF_UP) -> int:
    """numerator / denominator as a whole number, exactly by `mode` (half_up goes away from zero)."""
    if denominator < 0:
        numerator, denominator = -numerator, -denominator
    sign, (whole, rest) = (1 if numerator >= 0 else -1), divmod(abs(numerator), denominator)
    if rest and _goes_up(mode, sign, whole, 2 * rest - denominator):
        whole += 1
    return sign * whole


def _goes_up(mode: RoundingMode, sign: int, whole: int, beyond_half: int) -> bool:
    """Whether the magnitude grows: `beyond_half` is negative below the half, zero on it."""
    if mode == RoundingMode.HALF_UP:
        return beyond_half >= 0
    if mode == RoundingMode.HALF_EVEN:
        return beyond_half > 0 or (beyond_half == 0 and whole % 2 == 1)
    return mode == RoundingMode.UP or mode == (RoundingMode.CEILING if sign > 0 else RoundingMode.FLOOR)


def to_minor(value: Decimal | str, unit: Currency) -> int:
    """The amount in minor units. Raises TermsError("amount") when it has more decimals than the currency."""
    scaled = Decimal(value).scaleb(unit.minor_digits)
    if scaled != scaled.to_integral_value():
        raise TermsError("amount", "too_many_decimals", digits=unit.minor_digits)
    return int(scaled)


def from_minor(minor: int, unit: Currency) -> Decimal:
    """The amount in major units, exactly."""
    return Decimal(minor).scaleb(-unit.minor_digits)


def largest_remainder(total: int, weights: Sequence[int]) -> list[int]:
    """Split `total` in proportion to `weights` so that the parts sum to it exactly.

    Each part is rounded down; what is left goes, one unit each, to the largest remainders, ties to the earlier (Hamilton's
    method). A zero weight gets nothing. Raises ValueError when all weights are zero or one is negative.
    """
    whole = sum(weights)
    if whole <= 0 or min(weights) < 0:
        raise ValueError("weights must be non-negative and not all zero")
    sign = -1 if total < 0 else 1
    parts = [abs(total) * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(abs(total) * weights[i] % whole), i))
    for i in by_remainder[: abs(total) - sum(parts)]:
        parts[i] += 1
    return [sign * part for part in parts]
