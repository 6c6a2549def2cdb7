"""From terms to rows, one after the other: the general way, for everything a contract can say (rules: vectors/FORMAT.md)."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from fractions import Fraction

from .accrual import Change, Rates, periods
from .day_counts import Period
from .errors import NeverPaysOff, TermsError
from .fees import row_fee
from .loan import LoanTerms
from .money import round_ratio
from .parts import Adjustment, Basis, ExtraEffect, Final, FlatBase, Method, PercentBase
from .schedule import Columns, Schedule
from .solving import in_units, level_exact, round_units, rounded, solve_level, spread_last_difference

_SOLVED = (Method.ANNUITY, Method.WEIGHTED, Method.EQUAL_PRINCIPAL, Method.FLAT)
_GIVEN = (Method.FIXED_PLAN, Method.PAYMENT_PLAN)


def walk(terms: LoanTerms) -> Schedule:
    """All rows of a contract. Raises NeverPaysOff, and TermsError for what only shows on the way."""
    machine = Walk(terms)
    for _row in machine.run():
        pass
    if machine.tranches:
        raise TermsError("disbursements", "after_last_due")
    if machine.count is None and machine.balance:
        raise NeverPaysOff("the balance is not cleared in a hundred years")
    return Schedule.of(machine.columns, pays_off=machine.balance == 0, digits=terms.digits)


class Walk:
    """A loan on its way through its rows. `balance` is the principal outstanding, `carried` interest not collected yet."""

    def __init__(self, terms: LoanTerms) -> None:
        self.terms, self.rates, self.periods, self.count = terms, Rates(terms), periods(terms), terms.instalments
        roundings = terms.roundings
        self.interest_steps = in_units(roundings.interest, terms.digits)
        self.level_steps = in_units(roundings.instalment, terms.digits)
        self.share_steps = in_units(roundings.principal or roundings.instalment, terms.digits)
        self.tranches, self.extras = list(terms.tranches), list(terms.extra_principal)
        self.new_rates = [change.effective for change in terms.rate_changes if change.resolve]
        self.cuts = [extra.on for extra in terms.extra_principal if extra.effect == ExtraEffect.REDUCE_INSTALMENT]
        self.columns, self.balance, self.carried = Columns(), 0, 0
        self.flat_base, self.flat_total, self.flat_charged = 0, Fraction(0), 0
        self.level: int | None = None
        self.exact: Decimal | None = None
        self.first_exact: Decimal | None = None

    def run(self) -> Iterator[int]:
        """Make the rows; yields the number of each instalment (down payments not counted) once it is made."""
        for k, period in enumerate(self.periods, 1):
            opening = self.balance
            changes = list(self.enter(period))
            self._row(k, period, opening, changes)
            yield k
            if self._is_over(k):
                return

    def _is_over(self, k: int) -> bool:
        """Whether no row can follow. Payments that are given, and flat interest nobody settled early, go on to the last row."""
        if self.balance or self.carried or self.tranches or self.terms.method == Method.PAYMENT_PLAN:
            return False
        if k < len(self.terms.carried_minor):
            return False
        return self.terms.method != Method.FLAT or len(self.extras) < len(self.terms.extra_principal)

    def enter(self, period: Period, until: date | None = None) -> Iterator[Change]:
        """Money paid out and extra principal paid in a period, day by day: into the balance, a down payment as its own row."""
        last = period.due if until is None else until
        while heads := [parts[0].on for parts in (self.tranches, self.extras) if parts]:
            day = min(heads)
            if day >= last and day != self.terms.start_date:
                return
            if self.tranches and self.tranches[0].on == day:
                yield day, self._pay_out()
            else:
                yield day, -self._prepay()

    def _prepay(self) -> int:
        """Take the next extra payment off the balance, never more than that; returns what was taken."""
        paid = min(self.extras.pop(0).amount_minor, self.balance)
        self.balance -= paid
        return paid

    def interest(self, k: int, period: Period, opening: int, changes: list[Change]) -> int:
        """The interest of row k, rounded once."""
        if k <= self.terms.grace.interest_free:
            return 0
        if self.terms.method == Method.FLAT:
            return self._flat_interest(k, period)
        if not changes and self.rates.is_even(period):
            top, bottom = self.rates.whole(period)
            step, mode = self.interest_steps
            return round_ratio(opening * top, bottom * step, mode) * step
        return round_units(self.rates.interest(period, opening, changes), self.interest_steps)

    # --- one row ------------------------------------------------------------------------------------------------

    def _row(self, k: int, period: Period, opening: int, changes: list[Change]) -> None:
        own = self.interest(k, period, opening, changes)
        self._settle_level(k, period, opening, changes)
        principal = min(self._principal(k, own), self.balance)
        if principal < 0:
            self._check_negative(k)
        self.balance -= principal
        while self.extras and self.extras[0].on == period.due:
            self._prepay()
        interest = self._collected(k, period, own)
        if self.terms.method == Method.PAYMENT_PLAN:
            interest = self.terms.payments_minor[k - 1] - principal
        fee = row_fee(self.terms.fees, len(self.columns.due) + 1, principal, interest, self.terms.digits)
        self.columns.add(period.due, period.days, principal, interest, fee, self.balance)

    def _collected(self, k: int, period: Period, own: int) -> int:
        """What of the interest is due with this row; the last one collects whatever was carried."""
        holidays = self.terms.interest_holidays
        own += sum(self.terms.carried_minor[k - 1 : k])
        waits = k <= self.terms.grace.interest_payment or any(h.first <= period.due <= h.last for h in holidays)
        if waits and k != self.count:
            self.carried += own
            return 0
        due, self.carried = own + self.carried, 0
        return due

    def _principal(self, k: int, interest: int) -> int:
        """What of the balance falls due with row k."""
        method, terms = self.terms.method, self.terms
        if k == self.count and (terms.final == Final.CLEARS_BALANCE or method == Method.PAYMENT_PLAN):
            return self.balance
        if k <= terms.grace.principal and method not in _GIVEN:
            return 0
        if method == Method.ANNUITY:
            return (self.level or 0) - interest
        if method == Method.WEIGHTED:
            return rounded((self.exact or Decimal(0)) * terms.weights[k - 1], self.level_steps) - interest
        if method in (Method.EQUAL_PRINCIPAL, Method.FLAT):
            return self.level or 0
        return self._given_principal(k, interest)

    def _given_principal(self, k: int, interest: int) -> int:
        method, terms = self.terms.method, self.terms
        if method == Method.FIXED_PAYMENT:
            return (terms.fixed_instalment_minor or 0) - interest
        if method == Method.FIXED_PLAN:
            return terms.principal_plan[k - 1]
        if method == Method.PAYMENT_PLAN:
            return max(terms.payments_minor[k - 1] - interest, 0)
        if method == Method.PCT_OF_BALANCE:
            return self._percent_principal(interest)
        return 0

    def _percent_principal(self, interest: int) -> int:
        rule = self.terms.percent
        if rule is None:
            return 0
        with_interest = rule.base == PercentBase.BALANCE_PLUS_INTEREST
        base = self.balance + (interest if with_interest else 0)
        part = max(round_units(base * Fraction(rule.rate), self.level_steps), rule.minimum_minor)
        return part - interest if with_interest else part

    def _check_negative(self, k: int) -> None:
        """A payment below the interest makes the debt grow: refused unless the contract says so (weights say so themselves)."""
        if self.terms.allow_negative_amortisation or self.terms.method == Method.WEIGHTED:
            return
        if self.terms.method in (Method.FIXED_PAYMENT, Method.PCT_OF_BALANCE):
            raise NeverPaysOff("the payment does not exceed the interest")
        raise TermsError("allow_negative_amortisation", "negative_amortisation", n=k)

    # --- the level ----------------------------------------------------------------------------------------------

    def _settle_level(self, k: int, period: Period, opening: int, changes: list[Change]) -> None:
        """Solve the instalment (or the share of principal) when it is first needed, and again when the contract says so."""
        terms = self.terms
        if terms.method not in _SOLVED or self.count is None or k <= terms.grace.principal:
            return
        if self.level is None and terms.fixed_instalment_minor is not None and not self._asked_again(k, period):
            self.level = terms.fixed_instalment_minor
        elif (
            self.level is None
            or self._asked_again(k, period)
            or (self._drew(changes) and not terms.fixed_instalment_minor)
        ):
            self._solve(k, period, opening, changes)

    def _asked_again(self, k: int, period: Period) -> bool:
        """Whether a new instalment is asked for: by a rate change in this period, or an extra payment since the row before.

        An extra payment inside a period changes the row after it; one on a due date, at its close, the next row.
        """
        before = self.periods[k - 2].start if k > 1 else date.min
        by_rate = bisect_left(self.new_rates, period.start) < bisect_left(self.new_rates, period.due)
        return by_rate or bisect_right(self.cuts, before) < bisect_right(self.cuts, period.start)

    @staticmethod
    def _drew(changes: list[Change]) -> bool:
        return any(amount > 0 for _on, amount in changes)

    def _solve(self, k: int, period: Period, opening: int, changes: list[Change]) -> None:
        left = (self.count or k) - k + 1
        if self.terms.method == Method.EQUAL_PRINCIPAL:
            self.level = round_units(Fraction(self.balance - self.terms.balloon_minor, left), self.share_steps)
        elif self.terms.method == Method.FLAT:
            self.level = self._flat_share(k, left)
        else:
            self.exact = self._exact_level(k, left, period, opening, changes)
            self.first_exact = self.exact if self.first_exact is None else self.first_exact
            self.level = self._adjusted(rounded(self.exact, self.level_steps), k, left, period, opening, changes)

    def _exact_level(self, k: int, left: int, period: Period, opening: int, changes: list[Change]) -> Decimal:
        """The unrounded level payment of the rows left, at the rates known in row k; later changes are not foreseen."""
        rate = self._rate_after(period)
        if self.terms.basis == Basis.PERIOD_RATE and self.terms.method == Method.ANNUITY:
            return level_exact(self.balance, rate / self.terms.periods_per_year, left, self.terms.balloon_minor)
        own = Fraction(0)
        if k > self.terms.grace.interest_free:
            own = self.rates.interest(period, opening, changes, pausing=False)
        factors = (self._factor(j, rate) for j in range(k + 1, k + left))
        weights = self.terms.weights[k - 1 :] or [Decimal(1)] * left
        return solve_level(self.balance + own, factors, weights, self.terms.balloon_minor)

    def _factor(self, k: int, rate: Decimal) -> Decimal:
        if k <= self.terms.grace.interest_free:
            return Decimal(0)
        return self.rates.factor(self.periods[k - 1], rate)

    def _rate_after(self, period: Period) -> Decimal:
        """The rate in force for the last night of a period."""
        return self.rates.at(max(period.start, date.fromordinal(period.due.toordinal() - 1)))

    def _adjusted(self, level: int, k: int, left: int, period: Period, opening: int, changes: list[Change]) -> int:
        if self.terms.adjustment == Adjustment.NONE or self.terms.method != Method.ANNUITY:
            return level
        own = 0
        if k > self.terms.grace.interest_free:
            own = round_units(self.rates.interest(period, opening, changes, pausing=False), self.interest_steps)
        rate = Fraction(self._rate_after(period))
        rest = [rate * self._years(j) for j in range(k + 1, k + left)]

        def last_payment(tried: int) -> int:
            balance, interest = self.balance, own
            for factor in rest:
                balance -= min(tried - interest, balance)
                interest = round_units(balance * factor, self.interest_steps)
            return balance + interest

        return spread_last_difference(level, left, last_payment, self.terms.digits)

    def _years(self, k: int) -> Fraction:
        if k <= self.terms.grace.interest_free:
            return Fraction(0)
        return self.rates.years(self.periods[k - 1])

    # --- flat, money in, steps ----------------------------------------------------------------------------------

    def _flat_interest(self, k: int, period: Period) -> int:
        """Interest on the original amount; the last row takes the rest of the rounded total, which is never less than none."""
        self.flat_total += self.rates.interest(period, self.flat_base, ())
        own = round_units(self.rates.interest(period, self.flat_base, ()), self.interest_steps)
        if k == self.count:
            own = max(round_units(self.flat_total, self.interest_steps) - self.flat_charged, 0)
        self.flat_charged += own
        return own

    def _flat_share(self, k: int, left: int) -> int:
        """round(amount / rows + interest) - interest, where the interest is that of an ordinary row."""
        interest = (
            self.flat_base * Fraction(self.rates.at(self.periods[k - 1].start)) / Fraction(self.terms.periods_per_year)
        )
        part = round_units(Fraction(self.balance - self.terms.balloon_minor, left) + interest, self.level_steps)
        return max(part - round_units(interest, self.interest_steps), 0)

    def _pay_out(self) -> int:
        """Take the next tranche in, less its down payment; returns what joins the balance."""
        tranche, terms = self.tranches.pop(0), self.terms
        down = round_units(tranche.amount_minor * Fraction(terms.down_payment_rate), self.level_steps)
        self.flat_base += tranche.amount_minor - (down if terms.flat_interest_on == FlatBase.NET else 0)
        self.balance += tranche.amount_minor - down
        if terms.down_payment_rate:
            self.columns.add(tranche.on, 0, down, 0, 0, self.balance)
        return tranche.amount_minor - down
