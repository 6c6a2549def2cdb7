"""How each change turns what is left of a contract into another one: the rows that are settled by it, and the new rest.

All of it goes through `build_schedule`; here only contracts are rewritten, and the few rows made whose amounts a change sets.
Sources for the ways interest is treated: reference/formats.md section 7 (Fineract reschedule, Frappe restructure).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from .accrual import Rates
from .amortisation import build_schedule
from .changes import (
    ChangeTerm,
    Deferral,
    DeferredInterest,
    ExtraPayment,
    Holiday,
    LowerInstalment,
    MoveDueDay,
    NewRate,
    Settle,
    Then,
)
from .dates import Unit, add_months, add_period
from .day_counts import DayCount, Period, year_fraction
from .errors import TermsError
from .fees import row_fee
from .loan import MAX_INSTALMENTS, LoanTerms
from .money import largest_remainder
from .parts import NO_GRACE, ExtraEffect, ExtraPrincipal, Method
from .remaining import remaining_terms
from .rewriting import (
    LONGEST,
    dates_ahead,
    extras_moved,
    keep_level,
    kept_level,
    solved_again,
    solved_level,
    starting_after,
    until_cleared,
    with_carried,
)
from .schedule import Instalment
from .settlement import settle
from .solving import in_units, round_units

MOST_DEFERRED = 60
_LEVEL = (Method.ANNUITY, Method.FIXED_PAYMENT, Method.EQUAL_PRINCIPAL)


class Changed(NamedTuple):
    """The rows a change settles by itself (numbered from 1), what follows (None: nothing), what the lender gives up, and
    codes for what must be said: debt_grows."""

    rows: tuple[Instalment, ...]
    rest: LoanTerms | None
    forgiven_minor: int = 0
    notes: tuple[str, ...] = ()


def pay_extra(event: ExtraPayment, rest: LoanTerms) -> Changed:
    """More principal, once or with every instalment."""
    if event.amount_minor <= 0:
        raise TermsError("amount_minor", "out_of_range", least=1)
    if not event.monthly:
        return _pay_once(event, rest)
    plain = not (rest.rate_changes or rest.extra_principal or rest.carried_minor or rest.disbursements)
    if event.then == Then.SHORTER and rest.method in _LEVEL and plain and rest.grace == NO_GRACE:
        kept = keep_level(rest)
        return Changed((), replace(kept, fixed_instalment_minor=kept_level(kept) + event.amount_minor))
    effect = ExtraEffect.REDUCE_TERM if event.then == Then.SHORTER else ExtraEffect.REDUCE_INSTALMENT
    extras = [ExtraPrincipal(due, event.amount_minor, effect) for due in build_schedule(rest).due[:-1]]
    merged = sorted((*rest.extra_principal, *extras), key=lambda extra: extra.on)
    return Changed((), replace(keep_level(rest), extra_principal=tuple(merged)))


def _pay_once(event: ExtraPayment, rest: LoanTerms) -> Changed:
    schedule = build_schedule(rest)
    if len(schedule) == 1:
        return Changed((), rest)
    row = schedule.rows[0]
    extra = min(event.amount_minor, row.balance_minor)
    left = row.balance_minor - extra
    paid = replace(row, principal_minor=row.principal_minor + extra, balance_minor=left)
    if not left:
        return Changed((paid,), None)
    after = replace(remaining_terms(rest, 1), principal_minor=left, disbursements=())
    if event.then == Then.LOWER and after.method in (Method.ANNUITY, Method.EQUAL_PRINCIPAL):
        after = replace(after, fixed_instalment_minor=None)
    return Changed((paid,), after)


def change_rate(event: NewRate, rest: LoanTerms) -> Changed:
    """Another rate for all nights to come."""
    kept = keep_level(rest)
    new = replace(kept, annual_rate=event.annual_rate, rate_changes=())
    if event.then == Then.LOWER and rest.method in (Method.ANNUITY, Method.EQUAL_PRINCIPAL):
        return Changed((), replace(new, fixed_instalment_minor=None))
    return Changed((), until_cleared(new) if rest.method == Method.ANNUITY else new)


def change_term(event: ChangeTerm, rest: LoanTerms) -> Changed:
    """More or fewer instalments, solved again."""
    had = len(build_schedule(rest))
    count = had + event.instalments
    if not event.instalments or not 1 <= count <= MAX_INSTALMENTS:
        raise TermsError("instalments", "out_of_range", least=1 - had, most=MAX_INSTALMENTS - had)
    return Changed((), solved_again(rest, count))


def defer(event: Deferral, rest: LoanTerms) -> Changed:
    """Everything `count` periods later."""
    if not 1 <= event.count <= MOST_DEFERRED:
        raise TermsError("count", "out_of_range", least=1, most=MOST_DEFERRED)
    kept, count = keep_level(rest), event.count
    rows = len(build_schedule(rest))
    dates = dates_ahead(kept, count + rows)
    moved = replace(kept, extra_principal=extras_moved(kept, dates, dates[count:]))
    later = starting_after(moved, dates, count)
    simple, compound = _waiting(kept, count)
    if event.interest == DeferredInterest.CAPITALISED:
        grown = replace(later, principal_minor=kept.principal_minor + compound, disbursements=())
        return Changed((), solved_level(grown), 0, ("debt_grows",) if compound else ())
    if event.interest == DeferredInterest.FIRST:
        return Changed((), with_carried(later, [simple]))
    if event.interest == DeferredInterest.SPREAD:
        return Changed((), with_carried(later, largest_remainder(simple, [1] * rows)))
    return Changed((), later)


def pause(event: Holiday, rest: LoanTerms) -> Changed:
    """No principal, or nothing at all, for a while; the end stays."""
    rows = len(build_schedule(rest))
    if not 1 <= event.count < rows:
        raise TermsError("count", "out_of_range", least=1, most=rows - 1)
    dates, steps = dates_ahead(rest, rows), _Steps(rest)
    for due in dates[: event.count]:
        interest = steps.interest(due)
        steps.pay(due, interest if event.pays_interest else 0, interest)
    after = solved_again(rest, rows - event.count)
    return steps.changed(starting_after(after, dates, event.count))


def move_due_day(event: MoveDueDay, rest: LoanTerms) -> Changed:
    """Another day of the month; the days until it bear interest once."""
    if rest.frequency.unit not in (Unit.MONTH, Unit.YEAR):
        raise TermsError("day", "not_monthly")
    if not 1 <= event.day <= 31:
        raise TermsError("day", "out_of_range", least=1, most=31)
    kept = keep_level(rest)
    schedule = build_schedule(kept)
    row = schedule.rows[0]
    first = add_months(row.due_date, 0, event.day)
    if first < row.due_date:
        first = add_months(row.due_date, 1, event.day)
    waited = _stub_interest(kept, row, first)
    moved = replace(
        row, due_date=first, days=(first - kept.start_date).days, interest_minor=row.interest_minor + waited
    )
    if len(schedule) == 1:
        return Changed((moved,), None)
    after = remaining_terms(kept, 1)
    following = add_period(first, kept.frequency, 1, anchor_day=event.day)
    new = replace(
        after, start_date=first, first_due_date=following, anchor_day=event.day, due_dates=(), extra_principal=()
    )
    rows = len(schedule) - 1
    extras = extras_moved(after, dates_ahead(after, rows), dates_ahead(new, rows))
    return Changed((moved,), replace(new, extra_principal=extras))


def _stub_interest(rest: LoanTerms, row: Instalment, first: date) -> int:
    """Interest of the days between the old due date and the new, on what was owed before it, rounded once.

    Contracts that count periods say nothing about days; theirs are counted 30E/360, as their months are.
    """
    nominal = rest.day_count in (DayCount.PERIOD, DayCount.PERIOD_30_360)
    years = year_fraction(row.due_date, first, DayCount.E30_360 if nominal else rest.day_count)
    owed = row.balance_minor + row.principal_minor
    return round_units(
        owed * Fraction(Rates(rest).at(row.due_date)) * years, in_units(rest.roundings.interest, rest.digits)
    )


def lower(event: LowerInstalment, rest: LoanTerms) -> Changed:
    """A smaller instalment until a day, then solved again to the same end, or as before until all is paid.

    Contracts without a level instalment keep their end either way.
    """
    schedule = build_schedule(rest)
    rows, most = len(schedule), schedule.payments[0]
    if not 0 < event.amount_minor < most:
        raise TermsError("amount_minor", "not_lower", least=1, most=most - 1)
    keeps_end = event.then == Then.LOWER or rest.method not in _LEVEL
    dates = dates_ahead(rest, rows if keeps_end else LONGEST)
    count = sum(due <= event.until for due in dates[: rows - 1 if keeps_end else LONGEST - 1])
    if not count:
        raise TermsError("until", "before_next_due", least=dates[0])
    steps = _Steps(rest)
    for due in dates[:count]:
        interest = steps.interest(due)
        steps.pay(due, min(event.amount_minor, steps.balance + interest), interest)
        if not steps.balance:
            return steps.changed(None)
    if keeps_end:
        return steps.changed(starting_after(solved_again(rest, rows - count), dates, count))
    kept = replace(keep_level(rest), principal_minor=steps.balance, disbursements=())
    return steps.changed(until_cleared(starting_after(kept, dates, count)))


def settle_at(event: Settle, rest: LoanTerms) -> Changed:
    """Instalments due before the day as agreed, then the sum; the rest is given up."""
    if event.on < rest.start_date:
        raise TermsError("on", "before_last_due_date", least=rest.start_date)
    schedule = build_schedule(rest)
    before = [row for row in schedule.rows if row.due_date < event.on]
    if len(before) == len(schedule):
        raise TermsError("on", "after_last_due_date", most=schedule.last_due)
    found = settle(rest, len(before), event.on)
    owed = found.amount_minor + sum(rest.carried_minor[len(before) :])
    if not 0 < event.amount_minor <= owed:
        raise TermsError("amount_minor", "more_than_owed", least=1, most=owed)
    last = before[-1].due_date if before else rest.start_date
    interest = min(owed - found.principal_minor, event.amount_minor)
    row = Instalment(len(before) + 1, event.on, (event.on - last).days, event.amount_minor - interest, interest, 0, 0)
    return Changed((*before, row), None, owed - event.amount_minor)


class _Steps:
    """Rows whose payment a change sets: interest first, the rest is principal, what is missing joins the debt."""

    def __init__(self, rest: LoanTerms) -> None:
        self.terms, self.rates, self.balance = rest, Rates(rest), rest.principal_minor
        self.start, self.rows, self.grew = rest.start_date, list[Instalment](), False

    def interest(self, due: date) -> int:
        """What the balance bears until `due`, rounded once."""
        period = Period(self.start, due, self.terms.frequency)
        return round_units(
            self.rates.interest(period, self.balance, ()), in_units(self.terms.roundings.interest, self.terms.digits)
        )

    def pay(self, due: date, amount: int, interest: int) -> None:
        """One payment; nothing paid leaves no row."""
        principal = amount - interest
        self.grew = self.grew or principal < 0
        self.balance -= principal
        if amount:
            shown, own = max(principal, 0), min(interest, amount)
            fee = row_fee(self.terms.fees, len(self.rows) + 1, shown, own, self.terms.digits)
            days = (due - self.start).days
            self.rows.append(Instalment(len(self.rows) + 1, due, days, shown, own, fee, self.balance))
        self.start = due

    def changed(self, rest: LoanTerms | None) -> Changed:
        """What was paid, and the rest with the balance reached."""
        notes = ("debt_grows",) if self.grew else ()
        if rest is not None:
            rest = replace(rest, principal_minor=self.balance, disbursements=())
        return Changed(tuple(self.rows), rest, 0, notes)


def _waiting(rest: LoanTerms, count: int) -> tuple[int, int]:
    """The interest of the next `count` periods: on the balance as it is, and with each period's joining it."""
    simple = 0
    steps, still = _Steps(rest), _Steps(rest)
    for due in dates_ahead(rest, count):
        simple += still.interest(due)
        still.start = due
        steps.pay(due, 0, steps.interest(due))
    return simple, steps.balance - rest.principal_minor
