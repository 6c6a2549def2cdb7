"""Contracts rewritten: the same rest of a loan over another number of instalments, from another day, with another level."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from .accrual import planned_dates
from .amortisation import build_schedule
from .dates import add_period
from .errors import NeverPaysOff, TermsError
from .loan import LoanTerms
from .parts import ExtraPrincipal, Method
from .remaining import anchor_day
from .schedule import Schedule

LONGEST = 1_200
_WITHOUT_LEVEL = (Method.FIXED_PLAN, Method.FIXED_PAYMENT, Method.PCT_OF_BALANCE)


def changeable(terms: LoanTerms) -> LoanTerms:
    """A contract whose payments were given, as one that can be solved again; every other as it is."""
    if terms.method != Method.PAYMENT_PLAN:
        return terms
    payments = terms.payments_minor
    if len(set(payments[:-1])) <= 1:
        return replace(terms, method=Method.ANNUITY, payments_minor=(), fixed_instalment_minor=payments[0])
    plan = build_schedule(terms).principal
    return replace(terms, method=Method.FIXED_PLAN, payments_minor=(), principal_plan=plan)


def keep_level(terms: LoanTerms) -> LoanTerms:
    """The contract with the instalment (or share of principal) it has now, given instead of solved."""
    if terms.method not in (Method.ANNUITY, Method.EQUAL_PRINCIPAL) or terms.fixed_instalment_minor is not None:
        return terms
    if terms.grace.principal or len(terms.disbursements) > 1:
        return terms
    schedule = build_schedule(replace(terms, carried_minor=()))
    interest = schedule.interest[0] if terms.method == Method.ANNUITY else 0
    level = schedule.principal[0] + interest
    return replace(terms, fixed_instalment_minor=level) if level > 0 and len(schedule) > 1 else terms


def kept_level(terms: LoanTerms) -> int:
    """The instalment `keep_level` found; that of the only row where there is no other."""
    if terms.fixed_instalment_minor is not None:
        return terms.fixed_instalment_minor
    return build_schedule(terms).payments[0]


def solved_again(terms: LoanTerms, count: int) -> LoanTerms:
    """The contract over `count` instalments, its instalment solved anew; one that cannot be solved becomes level."""
    method = Method.ANNUITY if terms.method in _WITHOUT_LEVEL else terms.method
    grace = terms.grace._replace(principal=min(terms.grace.principal, count - 1))
    carried = terms.carried_minor
    if len(carried) > count:
        carried = (*carried[: count - 1], sum(carried[count - 1 :]))
    return replace(
        terms, method=method, instalments=count, fixed_instalment_minor=None, principal_plan=(), percent=None,
        grace=grace, carried_minor=carried, due_dates=dates_ahead(terms, count) if terms.due_dates else (),
        balloon_minor=min(terms.balloon_minor, terms.principal_minor),
    )  # fmt: skip


def solved_level(terms: LoanTerms) -> LoanTerms:
    solves = terms.method in (Method.ANNUITY, Method.EQUAL_PRINCIPAL)
    return replace(terms, fixed_instalment_minor=None) if solves else terms


def until_cleared(terms: LoanTerms) -> LoanTerms:
    """The instalment (or share of principal) stays, as many rows as it takes. Raises NeverPaysOff."""
    method = terms.method if terms.method == Method.EQUAL_PRINCIPAL else Method.ANNUITY
    listed = dates_ahead(terms, LONGEST) if terms.due_dates else ()
    tried = replace(terms, instalments=LONGEST, due_dates=listed, method=method)
    try:
        schedule = build_schedule(tried)
    except TermsError as error:
        if error.code != "negative_amortisation":
            raise
        raise NeverPaysOff("the instalment does not exceed the interest") from error
    count = len(schedule)
    if count == LONGEST and schedule.principal[-1] > schedule.principal[-2] * 2:
        raise NeverPaysOff("the instalment does not clear the debt in a hundred years")
    return replace(tried, instalments=count, due_dates=listed[:count])


def dates_ahead(terms: LoanTerms, count: int) -> tuple[date, ...]:
    """The next `count` due dates; a list of dates that is too short goes on by the frequency."""
    if not terms.due_dates:
        return planned_dates(terms, count)
    listed = terms.due_dates[:count]
    more = (
        add_period(listed[-1], terms.frequency, n, anchor_day=anchor_day(terms))
        for n in range(1, count - len(listed) + 1)
    )
    return (*listed, *more)


def starting_after(terms: LoanTerms, dates: Sequence[date], count: int) -> LoanTerms:
    """The contract as from the `count`-th of these due dates, its rows on those after it; what was extra before is gone."""
    start = dates[count - 1]
    extras = tuple(extra for extra in terms.extra_principal if extra.on > start)
    if terms.due_dates:
        return replace(terms, start_date=start, due_dates=tuple(dates[count:]), extra_principal=extras)
    following = dates[count] if len(dates) > count else planned_dates(terms, count + 1)[count]
    return replace(
        terms, start_date=start, first_due_date=following, anchor_day=anchor_day(terms), in_advance=False,
        extra_principal=extras,
    )  # fmt: skip


def extras_moved(terms: LoanTerms, old: Sequence[date], new: Sequence[date]) -> tuple[ExtraPrincipal, ...]:
    """The extra payments of a contract whose due dates move: those on a due date go with it, the others stay.

    Those after the last of the dates are left out: the contract had ended before them.
    """
    moved = dict(zip(old, new, strict=False))
    last = max(moved, default=date.min)
    found = (extra._replace(on=moved.get(extra.on, extra.on)) for extra in terms.extra_principal if extra.on <= last)
    return tuple(sorted(found, key=lambda extra: extra.on))


def with_carried(terms: LoanTerms, amounts: Sequence[int]) -> LoanTerms:
    """More interest of earlier times, due with the first rows."""
    size = max(len(amounts), len(terms.carried_minor))
    both = (list(amounts) + [0] * size, list(terms.carried_minor) + [0] * size)
    return replace(terms, carried_minor=tuple(a + b for a, b in zip(*both, strict=False))[:size])


def folded(schedule: Schedule, opening: int) -> Schedule:
    """A schedule with extra payments, as what is really paid: each row's principal is what the balance fell by."""
    before = (opening, *schedule.balance[:-1])
    principal = tuple(a - b for a, b in zip(before, schedule.balance, strict=True))
    return replace(schedule, principal=principal)
