"""A second reading of vectors/FORMAT.md for the tests: row by row, night by night, in fractions, with no thought of speed.

Nothing of planner is used here, so that a mistake would have to be made twice to go unseen. Left out: fees, down payments,
payments in advance, plans that are given, spread differences and balloons, which the shared vectors hold.
"""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any, NamedTuple

DAY = timedelta(days=1)
MONTHS = {"month": 1, "year": 12}
PER_YEAR = {"day": 365, "week": 52, "month": 12, "year": 1}
NOMINAL_DAYS = {"day": 1, "week": 7, "month": 30, "year": 360}


class NeverEndsError(Exception):
    """The payments do not exceed the interest."""


class Row(NamedTuple):
    """One instalment in major units."""

    due: date
    principal: Fraction
    interest: Fraction
    balance: Fraction


def month_day(start: date, months: int, day: int, rule: str = "clamp") -> date:
    """So many months later on a day of the month, or what stands for it in a short month."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    short = rule == "next_month_first" and day > last
    return date(year, month + 1, min(day, last)) + (DAY if short else 0 * DAY)


def rounded(value: Fraction, rule: dict[str, str]) -> Fraction:
    """`value` in whole steps."""
    step = Fraction(rule["step"])
    sign, size = (1 if value >= 0 else -1), abs(value) / step
    whole = size.numerator // size.denominator
    rest, half = size - whole, Fraction(1, 2)
    goes_up = {
        "half_up": rest >= half, "half_even": rest > half or (rest == half and whole % 2 == 1), "up": rest > 0,
        "down": False, "ceiling": rest > 0 and sign > 0, "floor": rest > 0 and sign < 0,
    }  # fmt: skip
    return sign * (whole + goes_up[rule["mode"]]) * step


def year_of_night(night: date, code: str, start: date, due: date) -> int:
    """The length of the year that the night from `night` to the next day counts in."""
    if code == "ACT/ACT-ISDA":
        return 366 if calendar.isleap(night.year) else 365
    split = 366 if calendar.isleap((night + DAY).year) else 365
    if code == "ACT/ACT-DEC31":
        return split
    leap_days = [date(y, 2, 29) for y in range(start.year, due.year + 1) if calendar.isleap(y)]
    if not any(start < day <= due for day in leap_days):
        return 365
    return 366 if start.year == due.year else split


def thirty_days(first: date, last: date, code: str) -> Fraction:
    """30E/360 and 30U/360."""
    one, two = first.day, last.day
    if code == "30E/360":
        one, two = min(one, 30), min(two, 30)
    else:
        if first.month == 2 and (first + DAY).month == 3:
            one, two = 30, 30 if last.month == 2 and (last + DAY).month == 3 else two
        two = 30 if two == 31 and one >= 30 else two
        one = min(one, 30)
    return Fraction((last.year - first.year) * 360 + (last.month - first.month) * 30 + two - one, 360)


class Loan:
    """The contract of a case, its dates laid out."""

    def __init__(self, case: dict[str, Any]) -> None:
        self.case, self.count = case, case["installments"]
        self.start = date.fromisoformat(case["start_date"])
        self.unit, self.every = case["frequency"]["unit"], case["frequency"]["every"]
        self.code = "PERIOD" if case["method"] == "flat" else case["day_count"]
        self.regular_first = self.later(self.start, 1)
        first = date.fromisoformat(case["first_due_date"]) if case.get("first_due_date") else self.regular_first
        base = first if case.get("first_due_date") else self.start
        shift = 0 if case.get("first_due_date") else 1
        self.dues = [first, *(self.later(base, n + shift) for n in range(1, self.count or 1_300))]
        self.starts = [self.start, *self.dues]
        dated = [(date.fromisoformat(c["effective"]), c) for c in case.get("rate_changes", [])]
        self.rates = [(on, Fraction(c["nominal_annual_rate_pct"]) / 100, c["resolve"]) for on, c in dated]
        self.pauses = [[date.fromisoformat(p[end]) for end in ("from", "to")] for p in case.get("interest_pauses", [])]
        self.payouts = [(date.fromisoformat(d["date"]), Fraction(d["amount"])) for d in case["disbursements"]]
        self.extras = [(date.fromisoformat(e["date"]), Fraction(e["amount"]), e["effect"] == "reduce_installment")
                       for e in case.get("extra_principal", [])]  # fmt: skip

    def later(self, base: date, n: int) -> date:
        """`n` periods after `base`."""
        if self.unit in MONTHS:
            day = self.case.get("anchor_day") or base.day
            return month_day(base, MONTHS[self.unit] * self.every * n, day, self.case.get("month_end_rule", "clamp"))
        return base + self.every * n * (7 if self.unit == "week" else 1) * DAY

    def rate(self, night: date) -> Fraction:
        """The rate of a night."""
        found = Fraction(self.case["nominal_annual_rate_pct"]) / 100
        for on, rate, _resolve in self.rates:
            found = rate if on <= night else found
        return found

    def whole(self, k: int) -> Fraction:
        """The years row k (from 0) counts."""
        start, due = self.starts[k], self.dues[k]
        if self.code == "PERIOD":
            return Fraction(self.every, PER_YEAR[self.unit]) if due > start else Fraction(0)
        if self.code != "30/360-PERIOD":
            return self.part(k, start, due)
        if k or due == self.regular_first:
            return Fraction(NOMINAL_DAYS[self.unit] * self.every, 360)
        months = max(m for m in range(1_300) if month_day(start, m, start.day) <= due)
        reached = month_day(start, months, start.day)
        days_of_month = calendar.monthrange(reached.year, reached.month)[1]
        return (months + Fraction((due - reached).days, days_of_month)) / 12

    def part(self, k: int, first: date, last: date) -> Fraction:
        """The years of a part of row k."""
        start, due = self.starts[k], self.dues[k]
        if self.code in ("PERIOD", "30/360-PERIOD"):
            return self.whole(k) * (last - first).days / (due - start).days
        if self.code in ("30E/360", "30U/360"):
            return thirty_days(first, last, self.code)
        nights = [first + n * DAY for n in range((last - first).days)]
        if self.code.startswith("ACT/3"):
            return Fraction(len(nights), int(self.code[4:]))
        return sum((Fraction(1, year_of_night(night, self.code, start, due)) for night in nights), Fraction(0))

    def interest(self, k: int, opening: Fraction, moves: list[tuple[date, Fraction]], *, pausing: bool) -> Fraction:
        """What a balance bears in row k, unrounded; a move counts from its day on."""
        start, due = self.starts[k], self.dues[k]
        marks = {start, due, *(on for on, _amount in moves), *(on for on, _r, _s in self.rates)}
        inside = sorted(mark for mark in marks.union(*self.pauses) if start <= mark <= due)
        total = Fraction(0)
        for first, last in pairwise(inside):
            balance = opening + sum(amount for on, amount in moves if on <= first)
            if not (pausing and any(begin <= first < end for begin, end in self.pauses)):
                years = self.whole(k) if len(inside) == 2 else self.part(k, first, last)
                total += balance * self.rate(first) * years
        return total


def schedule(case: dict[str, Any]) -> list[Row]:
    """All rows. Raises NeverEndsError; a payout after the last row is not looked for."""
    return _Rows(case).all()


class _Rows:
    def __init__(self, case: dict[str, Any]) -> None:
        self.loan, self.case, self.grace = Loan(case), case, case.get("grace", {})
        self.steps = case["rounding"]
        self.fixed = Fraction(case["fixed_installment"]) if case.get("fixed_installment") else None
        self.amount = sum(amount for _on, amount in self.loan.payouts)
        self.balance = self.carried = self.flat = self.flat_charged = Fraction(0)
        self.level: Fraction | None = None

    def all(self) -> list[Row]:
        rows: list[Row] = []
        for k, due in enumerate(self.loan.dues):
            rows.append(self.row(k, due))
            later = [on for on, _amount in self.loan.payouts if on >= due and on != self.loan.start]
            if not (self.balance or self.carried or later) and self.case["method"] != "flat":
                return rows
            if len(rows) > 1_250:
                raise NeverEndsError
        return rows

    def row(self, k: int, due: date) -> Row:
        start, opening = self.loan.starts[k], self.balance
        moves = self.moves(start, due)
        self.balance += sum(amount for _on, amount in moves)
        interest = self.own_interest(k, opening, moves)
        self.settle_level(k, opening, moves)
        principal = min(self.principal(k, interest), self.balance)
        if principal < 0:
            raise NeverEndsError
        self.balance -= principal
        for on, amount, _again in self.loan.extras:
            self.balance -= min(amount, self.balance) if on == due else 0
        if k < self.grace.get("interest_payment", 0) and k + 1 != self.loan.count:
            self.carried += interest
            return Row(due, principal, Fraction(0), self.balance)
        collected, self.carried = interest + self.carried, Fraction(0)
        return Row(due, principal, collected, self.balance)

    def moves(self, start: date, due: date) -> list[tuple[date, Fraction]]:
        """Payouts and extra payments of a row by day, payouts first; an extra payment takes no more than there is."""
        first = start == self.loan.start
        wanted = [(on, amount) for on, amount in self.loan.payouts if start <= on < due or (first and on == start)]
        wanted += [
            (on, -amount) for on, amount, _again in self.loan.extras if start < on < due or (first and on == start)
        ]
        balance, found = self.balance, []
        for on, amount in sorted(wanted, key=lambda move: (move[0], move[1] < 0)):
            taken = max(amount, -balance)
            balance += taken
            found.append((on, taken))
        return found

    def own_interest(self, k: int, opening: Fraction, moves: list[tuple[date, Fraction]]) -> Fraction:
        bears = k >= self.grace.get("interest_free", 0)
        if self.case["method"] != "flat":
            return (
                rounded(self.loan.interest(k, opening, moves, pausing=True), self.steps["interest"])
                if bears
                else Fraction(0)
            )
        own = self.amount * self.loan.rate(self.loan.start) * self.loan.whole(k)
        self.flat += own
        interest = rounded(own, self.steps["interest"])
        if k + 1 == self.loan.count:
            interest = rounded(self.flat, self.steps["interest"]) - self.flat_charged
        self.flat_charged += interest
        return interest

    def settle_level(self, k: int, opening: Fraction, moves: list[tuple[date, Fraction]]) -> None:
        if self.case["method"] not in ("annuity", "equal_principal", "flat") or k < self.grace.get("principal", 0):
            return
        start, due = self.loan.starts[k], self.loan.dues[k]
        before = self.loan.starts[k - 1] if k else date.min
        again = any(start <= on < due for on, _rate, resolve in self.loan.rates if resolve)
        again |= any(before < on <= start for on, _amount, lower in self.loan.extras if lower)
        if self.level is None and self.fixed is not None and not again:
            self.level = self.fixed
        elif self.level is None or again or (any(amount > 0 for _on, amount in moves) and self.fixed is None):
            self.level = self.solved(k, opening, moves)

    def solved(self, k: int, opening: Fraction, moves: list[tuple[date, Fraction]]) -> Fraction:
        loan, left, steps = self.loan, self.loan.count - k, self.steps["installment"]
        if self.case["method"] == "equal_principal":
            return rounded(self.balance / left, steps)
        if self.case["method"] == "flat":
            usual = self.amount * loan.rate(loan.start) * loan.every / PER_YEAR[loan.unit]
            return rounded(self.balance / left + usual, steps) - rounded(usual, self.steps["interest"])
        rate = loan.rate(max(loan.starts[k], loan.dues[k] - DAY))
        if self.case.get("installment_basis") == "period_rate":
            i = rate * loan.every / PER_YEAR[loan.unit]
            return rounded(self.balance * i / (1 - (1 + i) ** -left) if i else self.balance / left, steps)
        free = self.grace.get("interest_free", 0)
        owed = self.balance + (loan.interest(k, opening, moves, pausing=False) if k >= free else 0)
        growth, sums = Fraction(1), Fraction(1)
        for j in range(k + 1, loan.count):
            factor = 1 + (rate * loan.whole(j) if j >= free else 0)
            growth, sums = growth * factor, 1 + sums * factor
        return rounded(owed * growth / sums, steps)

    def principal(self, k: int, interest: Fraction) -> Fraction:
        method = self.case["method"]
        if k + 1 == self.loan.count:
            return self.balance
        if method == "interest_only" or k < self.grace.get("principal", 0):
            return Fraction(0)
        if method == "pct_of_balance":
            rule = self.case["pct_of_balance"]
            both = interest if rule["base"] == "balance_plus_interest" else Fraction(0)
            share = rounded((self.balance + both) * Fraction(rule["pct"]) / 100, self.steps["installment"])
            return max(share, Fraction(rule["minimum"])) - both
        if method == "fixed_payment":
            return (self.fixed or 0) - interest
        return (self.level or 0) - (interest if method == "annuity" else 0)
