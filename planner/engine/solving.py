"""The level instalment: what to pay each time so that the balance ends where it should.

E = (P x prod(1 + f_k) - balloon) / F_n with F_1 = w_1, F_k = w_k + F_(k-1) x (1 + f_k), where f_k is what one unit of balance
bears over row k and w_k its weight (1 for a level instalment). Source: vectors/FORMAT.md; for equal f the annuity formula.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal, localcontext
from fractions import Fraction

from .money import Rounding, RoundingMode, round_ratio

# Digits carried while solving, and the parts of a unit to which the result is snapped before it is rounded.
_PRECISION = 60
_SNAP = 10**18
Steps = tuple[int, RoundingMode]


def in_units(rounding: Rounding, digits: int) -> Steps:
    """A rounding in whole units of 10^-digits; step 0 rounds to the unit, which is fine enough by then."""
    return int(rounding.step.scaleb(digits)) or 1, rounding.mode


def level_exact(principal: int, periodic_rate: Decimal | Fraction, count: int, balloon: int = 0) -> Decimal:
    """The unrounded level payment (P - B v^n) i / (1 - v^n) with v = 1 / (1 + i), in units of `principal`."""
    with localcontext() as context:
        context.prec = _PRECISION
        top, bottom = periodic_rate.as_integer_ratio()
        if top == 0:
            return Decimal(principal - balloon) / count
        rate = Decimal(top) / bottom
        growth = (1 + rate) ** count
        return (principal * growth - balloon) * rate / (growth - 1)


def solve_level(after_first: Fraction, factors: Iterable[Decimal], weights: Iterable[Decimal], balloon: int) -> Decimal:
    """The unrounded payment A, of which each row pays its weight.

    `after_first` is the balance with its interest just before the first payment; `factors` are those of the rows after it.
    """
    with localcontext() as context:
        context.prec = _PRECISION
        owed = Decimal(after_first.numerator) / after_first.denominator
        rows = iter(weights)
        paid = next(rows)
        for factor, weight in zip(factors, rows, strict=True):
            owed *= 1 + factor
            paid = paid * (1 + factor) + weight
        return (owed - balloon) / paid


def rounded(value: Decimal, steps: Steps) -> int:
    """An unrounded amount as whole units: a multiple of `steps[0]` by the mode `steps[1]`."""
    return rounded_ratio(*value.as_integer_ratio(), steps)


def rounded_ratio(top: int, bottom: int, steps: Steps) -> int:
    """The same of top / bottom. Snapped first, so that a true half that was missed by a hair is still a half."""
    step, mode = steps
    return round_ratio(round_ratio(top * _SNAP, bottom, RoundingMode.HALF_EVEN), _SNAP * step, mode) * step


def round_units(value: Fraction, steps: Steps) -> int:
    """An exact amount as whole units, by step and mode."""
    step, mode = steps
    return round_ratio(value.numerator, value.denominator * step, mode) * step


def spread_last_difference(level: int, rows: int, last_payment: Callable[[int], int], digits: int) -> int:
    """Spread what the last of `rows` payments would differ by over all of them (FORMAT.md, after Apache Fineract).

    While the difference, in hundredths, exceeds half the number of rows, and at most three times: shift the level by
    difference / rows rounded half even to 0.01; keep it only if the difference shrinks.
    """
    cent = 10 ** max(digits - 2, 0)
    difference = last_payment(level) - level
    for _attempt in range(3):
        if abs(difference) * 100 <= (rows // 2) * 10**digits:
            break
        tried = level + round_ratio(difference, rows * cent, RoundingMode.HALF_EVEN) * cent
        changed = last_payment(tried) - tried
        if tried == level or abs(changed) >= abs(difference):
            break
        level, difference = tried, changed
    return level
