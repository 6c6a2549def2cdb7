"""Interest of a stretch of time, exactly: which rate each night bears, which nights bear none, and on what balance."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from .checks import rows_in_a_hundred_years
from .dates import due_dates
from .day_counts import DayCount, Period, Ratio, part_ratio, period_ratio
from .loan import LoanTerms
from .parts import Method

Change = tuple[date, int]


def periods(terms: LoanTerms) -> list[Period]:
    """The repayment periods of a contract; a hundred years of them when it names no number of instalments."""
    count = terms.instalments or rows_in_a_hundred_years(terms.frequency)
    if terms.due_dates:
        dates, regular = terms.due_dates[: terms.instalments], terms.regular_due_dates
    else:
        dates, regular = planned_dates(terms, count), True
    starts = (terms.start_date, *dates[:-1])
    found = [Period(a, b, terms.frequency, regular) for a, b in zip(starts, dates, strict=True)]
    if regular and not terms.due_dates and found and found[0].due != _regular_first(terms):
        found[0] = Period(found[0].start, found[0].due, terms.frequency, regular=False)
    return found


def planned_dates(terms: LoanTerms, count: int) -> tuple[date, ...]:
    """The first `count` due dates of a contract that lists none."""
    return due_dates(
        terms.start_date, terms.frequency, count, terms.month_end_rule, terms.first_due_date, terms.anchor_day,
        terms.in_advance,
    )  # fmt: skip


def _regular_first(terms: LoanTerms) -> date:
    """The first due date the frequency alone would give."""
    return due_dates(
        terms.start_date, terms.frequency, 1, terms.month_end_rule, None, terms.anchor_day, terms.in_advance
    )[0]


class Rates:
    """The rate of every night, and the nights without interest.

    Flat interest counts periods, whatever the days (FORMAT.md, flat); where its rate changes inside, by the share of days.
    """

    def __init__(self, terms: LoanTerms) -> None:
        self.day_count = DayCount.PERIOD if terms.method == Method.FLAT else terms.day_count
        self._from = [change.effective for change in terms.rate_changes]
        self._rates = [terms.annual_rate, *(change.annual_rate for change in terms.rate_changes)]
        self._pauses = [(pause.first, pause.last) for pause in terms.interest_pauses]
        self._cuts = sorted({*self._from, *(day for pause in self._pauses for day in pause)})

    def at(self, night: date) -> Decimal:
        """The rate in force for the night that begins on a day."""
        return self._rates[bisect_right(self._from, night)]

    def interest(
        self,
        period: Period,
        opening: int,
        changes: Sequence[Change],
        *,
        until: date | None = None,
        pausing: bool = True,
    ) -> Fraction:
        """Unrounded interest of a period (or of its part `until` a day) on a balance that changes on the days given.

        A change counts for the nights from its day on. With `pausing` false, pauses are overlooked.
        """
        end = period.due if until is None else until
        balance, total = opening, Fraction(0)
        marks = sorted({period.start, end, *(on for on, _amount in changes), *self._inside(period.start, end)})
        for first, last in pairwise(mark for mark in marks if mark <= end):
            balance += sum(amount for on, amount in changes if on == first)
            if balance and not (pausing and self._is_paused(first)):
                top, bottom = part_ratio(period, self.day_count, first, last)
                rate_top, rate_bottom = self.at(first).as_integer_ratio()
                total += Fraction(balance * rate_top * top, rate_bottom * bottom)
        return total

    def whole(self, period: Period) -> Ratio:
        """What one unit of balance bears over a whole period, at the rate of its first night."""
        top, bottom = period_ratio(period, self.day_count)
        rate_top, rate_bottom = self.at(period.start).as_integer_ratio()
        return rate_top * top, rate_bottom * bottom

    def years(self, period: Period) -> Fraction:
        """The years a whole period counts for."""
        return Fraction(*period_ratio(period, self.day_count))

    def factor(self, period: Period, rate: Decimal) -> Decimal:
        """What one unit of balance bears over a whole period at a given rate, to the precision of the context."""
        top, bottom = period_ratio(period, self.day_count)
        return rate * top / bottom

    def is_even(self, period: Period) -> bool:
        """Whether one rate and no pause holds for the whole period."""
        return not self._inside(period.start, period.due) and not self._is_paused(period.start)

    def _inside(self, start: date, end: date) -> list[date]:
        return self._cuts[bisect_right(self._cuts, start) : bisect_left(self._cuts, end)]

    def _is_paused(self, night: date) -> bool:
        return any(first <= night < last for first, last in self._pauses)
