"""The short way for plain contracts: one payout, one rate, no grace, no extras. Whole numbers in one loop, the same results.

Most loans a borrower meets are plain; the general way (walk.py) takes about ten times as long. A property test holds both
to the same rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import repeat
from math import gcd, lcm
from operator import sub

from .accrual import periods, planned_dates
from .day_counts import FIXED_YEAR, DayCount, Period, period_ratio
from .loan import LoanTerms
from .money import RoundingMode
from .parts import NO_GRACE, Adjustment, Basis, Final, Method
from .schedule import Schedule
from .solving import in_units, level_exact, round_units, rounded, rounded_ratio

_METHODS = (Method.ANNUITY, Method.EQUAL_PRINCIPAL)
_MODES = (RoundingMode.HALF_UP, RoundingMode.HALF_EVEN)
_ONE = 1 << 160  # fixed point of the solver: its error stays far below the snap of `rounded_ratio`
Rows = tuple[list[int], list[int], list[int]]


def plain_schedule(terms: LoanTerms) -> Schedule | None:
    """The schedule of a plain contract, None for one that needs the general way."""
    if not _is_plain(terms):
        return None
    count = terms.instalments or 0
    dues = terms.due_dates[:count] or planned_dates(terms, count)
    ordinals = list(map(date.toordinal, dues))
    days = tuple(map(sub, ordinals, (terms.start_date.toordinal(), *ordinals)))
    made = _rows(terms, *_factors(terms, days))
    if made is None:
        return None
    fee = sum(fee.amount_minor for fee in terms.fees if not fee.upfront)
    principal, interest, balance = map(tuple, made)
    count = len(balance)
    return Schedule(dues[:count], days[:count], principal, interest, (fee,) * count, balance, True, terms.digits)


def _rows(terms: LoanTerms, tops: list[int], bottom: int) -> Rows | None:
    even = terms.roundings.interest.mode == RoundingMode.HALF_EVEN
    if terms.method == Method.ANNUITY:
        return _annuity(terms.principal_minor, _level(terms, tops, bottom), tops, bottom, even=even)
    steps = in_units(terms.roundings.principal or terms.roundings.instalment, terms.digits)
    share = terms.fixed_instalment_minor or round_units(Fraction(terms.principal_minor, len(tops)), steps)
    return _equal_principal(terms.principal_minor, share, tops, bottom, even=even)


def _is_plain(terms: LoanTerms) -> bool:
    unit = Decimal(1).scaleb(-terms.digits)
    interest = terms.roundings.interest
    return (
        terms.method in _METHODS
        and interest.mode in _MODES
        and interest.step in (0, unit)
        and terms.final == Final.CLEARS_BALANCE
        and terms.adjustment == Adjustment.NONE
        and terms.basis == Basis.EXACT
        and terms.grace == NO_GRACE
        and not (terms.balloon_minor or terms.down_payment_rate or terms.carried_minor)
        and not (terms.rate_changes or terms.interest_pauses or terms.interest_holidays or terms.extra_principal)
        and (not terms.disbursements or [t.on for t in terms.disbursements] == [terms.start_date])
        and all(fee.rate is None and fee.n is None for fee in terms.fees)
    )


def _factors(terms: LoanTerms, days: Sequence[int]) -> tuple[list[int], int]:
    """What one unit of balance bears in each row: numerators over one common denominator."""
    rate_top, rate_bottom = terms.annual_rate.as_integer_ratio()
    if terms.day_count in FIXED_YEAR:
        return [rate_top * nights for nights in days], rate_bottom * FIXED_YEAR[terms.day_count]
    if terms.day_count == DayCount.PERIOD:
        top, bottom = period_ratio(Period(date.min, date.max, terms.frequency), DayCount.PERIOD)
        tops = [rate_top * top if nights else 0 for nights in days[:1]] + [rate_top * top] * (len(days) - 1)
        return tops, rate_bottom * bottom
    ratios = [period_ratio(period, terms.day_count) for period in periods(terms)]
    common = lcm(*(bottom for _top, bottom in ratios))
    return [rate_top * top * (common // bottom) for top, bottom in ratios], rate_bottom * common


def _level(terms: LoanTerms, tops: list[int], bottom: int) -> int:
    """The level instalment; by the closed formula where all rows bear the same."""
    steps = in_units(terms.roundings.instalment, terms.digits)
    if terms.fixed_instalment_minor is not None:
        return terms.fixed_instalment_minor
    if tops.count(tops[0]) == len(tops):
        return rounded(level_exact(terms.principal_minor, Fraction(tops[0], bottom), len(tops)), steps)
    owed, paid = terms.principal_minor * _ONE, 0
    for top in tops:
        owed += owed * top // bottom
        paid += paid * top // bottom + _ONE
    return rounded_ratio(owed, paid, steps)


def _annuity(owed: int, level: int, tops: list[int], bottom: int, *, even: bool) -> Rows | None:
    """Rows of a level instalment; None when one of them would be out of the ordinary.

    Only the balance is carried from row to row; the other columns follow from it.
    """
    balances: list[int] = []
    balance, add = owed, balances.append
    if even:
        for top in tops:
            balance += _half(2 * balance * top + bottom, 2 * bottom, even=True) - level
            add(balance)
    else:
        half, whole, growths = _growths(tops, bottom)
        for growth in growths:
            # The balance and its interest at once, rounded half up as a whole.
            balance = (balance * growth + half) // whole - level
            add(balance)
    if len(tops) > 1 and balances[-2] <= 0:
        # Cleared early, by an instalment that was given: the first row that reaches zero is the last.
        del balances[next(i for i, left in enumerate(balances) if left <= 0) + 1 :]
    principals = list(map(sub, (owed, *balances), balances))
    if min(principals) <= 0:
        return None
    interests = list(map(sub, repeat(level), principals))
    # The last row takes what is left, or gives back what was too much.
    principals[-1] += balances[-1]
    balances[-1] = 0
    return principals, interests, balances


def _growths(tops: list[int], bottom: int) -> tuple[int, int, list[int]]:
    """Half, whole, and what to multiply a balance with so that (balance x growth + half) // whole adds its interest.

    In the smallest numbers that say it, since most contracts bear the same each month.
    """
    if tops.count(tops[0]) < len(tops):
        return bottom, 2 * bottom, [2 * (bottom + top) for top in tops]
    common = gcd(tops[0], bottom)
    half = bottom // common
    return half, 2 * half, [2 * (half + tops[0] // common)] * len(tops)


def _equal_principal(balance: int, share: int, tops: list[int], bottom: int, *, even: bool) -> Rows | None:
    """Rows of a level share of principal; None when the shares do not reach to the last row."""
    count = len(tops)
    if count > 1 and not 0 < share * (count - 1) < balance:
        return None
    principals = [share] * (count - 1) + [balance - share * (count - 1)]
    opening = [balance - share * n for n in range(count)]
    interests = [_half(2 * owed * top + bottom, 2 * bottom, even=even) for owed, top in zip(opening, tops, strict=True)]
    return principals, interests, [*opening[1:], 0]


def _half(top: int, bottom: int, *, even: bool) -> int:
    whole, rest = divmod(top, bottom)
    return whole - 1 if even and not rest and whole & 1 else whole
