"""Penalty interest of one overdue instalment, night by night, exactly; rounded once, when it is asked for or paid."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import pairwise

from .dates import add_months
from .late import Compounding, LateRules
from .loan import LoanTerms
from .money import round_ratio

_DIGITS = 60  # of daily compounding, where an exact fraction would grow by a factor every night


class PenaltyRates:
    """The penalty rate of every night of a contract, and the nights that bear none."""

    def __init__(self, rules: LateRules, terms: LoanTerms | None) -> None:
        self.rules = rules
        own = [] if terms is None else [(change.effective, change.annual_rate) for change in terms.rate_changes]
        if rules.uplift is not None and terms is not None:
            first = (date.min, terms.annual_rate)
            self._steps = [(day, rate * (1 + rules.uplift)) for day, rate in (first, *own)]
        else:
            self._steps = [(date.min, rules.annual_rate or Decimal(0))]
        self._cuts = {day for day, _rate in self._steps[1:]} | {day for pause in rules.pauses for day in pause}

    def at(self, night: date) -> Decimal:
        """The yearly rate of the night that begins on a day; 0 where none is known."""
        return next(rate for day, rate in reversed(self._steps) if day <= night)

    def cuts(self, first: date, last: date) -> set[date]:
        """The days between two others on which the rate may change."""
        return {day for day in self._cuts if first < day < last}


class Penalty:
    """What one overdue instalment has borne: `total` unrounded, `paid_minor` of it paid."""

    def __init__(self, due: date) -> None:
        self.due, self.total, self.paid_minor = due, Fraction(0), 0
        self._joined = Fraction(0)  # what of it bears penalty itself, where the contract compounds by the month

    @property
    def charged_minor(self) -> int:
        """All of it so far, half up to the minor unit."""
        return round_ratio(self.total.numerator, self.total.denominator)

    @property
    def left_minor(self) -> int:
        """What of it is not paid."""
        return self.charged_minor - self.paid_minor

    def pay(self, amount_minor: int) -> None:
        """Take money for it."""
        self.paid_minor += amount_minor
        self._joined = max(self._joined - amount_minor, Fraction(0))

    def waive(self) -> None:
        """Forget it: the instalment was paid within the grace."""
        self.total = self._joined = Fraction(0)

    def run(self, rates: PenaltyRates, base: int, first: date, last: date) -> None:
        """Add the nights from `first` to `last` on `base` minor units, nothing being paid between.

        Daily compounding is worked out to 60 digits, everything else exactly.
        """
        rules = rates.rules
        if not rules.has_penalty or first >= last:
            return
        monthly = rules.compounding == Compounding.MONTHLY
        joining = _anniversaries(self.due, first, last) if monthly else set()
        for start, end in pairwise(sorted({first, last} | joining | rates.cuts(first, last))):
            if start in joining:
                self._joined = self._unpaid()
            if rules.is_paused(start):
                continue
            rate, nights = rates.at(start), (end - start).days
            if rules.compounding == Compounding.DAILY:
                self.total += _compounded(base + self._unpaid(), rate / rules.days_in_year, nights)
            else:
                self.total += (base + self._joined) * Fraction(rate) * nights / rules.days_in_year

    def _unpaid(self) -> Fraction:
        return max(self.total - self.paid_minor, Fraction(0))


def _anniversaries(due: date, first: date, last: date) -> set[date]:
    """The monthly days after a due date, from `first` to before `last`."""
    months = max((first.year - due.year) * 12 + first.month - due.month, 1)
    found = set()
    while (day := add_months(due, months)) < last:
        if day >= first:
            found.add(day)
        months += 1
    return found


def _compounded(amount: Fraction, rate: Decimal, nights: int) -> Fraction:
    """What so many nights add to an amount when every night's penalty bears penalty."""
    with localcontext() as context:
        context.prec = _DIGITS
        return Fraction(Decimal(amount.numerator) / Decimal(amount.denominator) * ((1 + rate) ** nights - 1))
