"""What is left of a contract after some instalments, as a contract of its own: where every change to a running loan starts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from .accrual import Rates
from .annual_cost import cost_of
from .dates import MonthEndRule, Unit, add_period
from .errors import TermsError
from .loan import LoanTerms
from .parts import NO_GRACE, Adjustment, Disbursement, ExtraEffect, Fee, Grace, Method
from .plain import plain_schedule
from .schedule import Schedule
from .walk import Walk

_WEEKS = (Unit.DAY, Unit.WEEK)


class _Dates(NamedTuple):
    """Where a rest starts and falls due: from a first due date on, or on the days listed."""

    start: date
    first_due: date | None
    listed: tuple[date, ...]
    anchor: int | None
    regular: bool = False


def remaining_terms(terms: LoanTerms, paid: int) -> LoanTerms:
    """The contract of the rows after the first `paid` (down payments not counted); its schedule is theirs, to the unit.

    Weighted and flat contracts cannot go on by their own rule: the first becomes a plan of its principal parts, the second
    a plan at no rate whose interest is carried row by row. A level instalment that was rounded down to nothing cannot be
    given either, so it becomes a plan as well. Money still to be paid out later is paid out later; a level
    instalment that such a payout would change is solved again, which may differ from the original by its rounding.
    Raises TermsError("paid") when no principal is left: interest held back alone is no contract.
    """
    if paid == 0:
        return terms
    schedule = plain_schedule(terms)
    if schedule is not None and (kept := _kept(terms, schedule)):
        return _after_plain(terms, schedule, paid, kept)
    if terms.method == Method.FLAT:
        return _as_given(terms, paid)
    return _after(terms, _reached(terms, paid), paid)


def outstanding(terms: LoanTerms, schedule: Schedule, paid: int) -> tuple[int, Decimal]:
    """What is owed after `paid` instalments, in minor units, and the rate per period it goes on at.

    A flat contract (等本等息) charges its fee on the original sum whatever was repaid, and one that only lists payments names
    no rate. What is owed under them is the value of the remaining instalments at the contract's own internal rate, not the
    bare principal. Raises NoRate or SeveralRates where there is no such rate.
    """
    if terms.method not in (Method.FLAT, Method.PAYMENT_PLAN):
        owed = schedule.balance[paid - 1] if paid else terms.principal_minor
        return owed, terms.annual_rate / terms.periods_per_year
    payments = [row.payment_minor - row.fee_minor for row in schedule.rows]  # fees stay outside, as everywhere
    rate = cost_of(terms.principal_minor, payments, terms.periods_per_year).periodic
    value, factor = Decimal(0), Decimal(1)
    for payment in payments[paid:]:
        factor *= 1 + rate
        value += payment / factor
    return int(value.to_integral_value("ROUND_HALF_UP")), rate


def anchor_day(terms: LoanTerms) -> int | None:
    """The day of the month the due dates go back to after a short month; None where weeks or days are counted."""
    if terms.frequency.unit in _WEEKS:
        return None
    return terms.anchor_day or (terms.first_due_date or terms.start_date).day


def _kept(terms: LoanTerms, schedule: Schedule) -> int:
    """The level instalment (or share of principal) of a plain contract, by its first row."""
    return schedule.principal[0] + (schedule.interest[0] if terms.method == Method.ANNUITY else 0)


def _after_plain(terms: LoanTerms, schedule: Schedule, paid: int, kept: int) -> LoanTerms:
    """The short way: a plain contract stays plain, with its instalment given."""
    if paid >= len(schedule):
        raise TermsError("paid", "nothing_left")
    dates = _dates(terms, schedule.due, paid)
    return replace(
        terms, start_date=dates.start, first_due_date=dates.first_due, due_dates=dates.listed, anchor_day=dates.anchor,
        regular_due_dates=dates.regular, principal_minor=schedule.balance[paid - 1], disbursements=(), in_advance=False,
        instalments=(terms.instalments or 0) - paid, fixed_instalment_minor=kept,
        fees=_fees(terms, paid),
    )  # fmt: skip


def _after(terms: LoanTerms, machine: Walk, paid: int) -> LoanTerms:
    """The general way: the state of the walk after row `paid`, said as a contract."""
    start, made = machine.periods[paid - 1].due, len(machine.columns.due)
    if terms.method == Method.WEIGHTED or (machine.level == 0 and not machine.tranches):
        terms = replace(
            terms,
            method=Method.FIXED_PLAN,
            principal_plan=_principals(terms),
            weights=(),
            allow_negative_amortisation=True,
        )
    tranches = tuple(machine.tranches)
    first = (Disbursement(start, machine.balance),) if machine.balance else ()
    level = None if tranches or _asks_again(terms, machine, paid) else machine.level
    given = level if terms.method in (Method.ANNUITY, Method.EQUAL_PRINCIPAL) else terms.fixed_instalment_minor
    dates = _dates(terms, [period.due for period in machine.periods], paid)
    return replace(
        terms, start_date=start, first_due_date=dates.first_due, due_dates=dates.listed, anchor_day=dates.anchor,
        regular_due_dates=dates.regular, principal_minor=machine.balance + sum(t.amount_minor for t in tranches),
        annual_rate=Rates(terms).at(start), in_advance=False, fixed_instalment_minor=given,
        disbursements=(*first, *tranches) if tranches else (),
        instalments=None if terms.instalments is None else terms.instalments - paid,
        rate_changes=tuple(change for change in terms.rate_changes if change.effective > start),
        interest_pauses=tuple(pause for pause in terms.interest_pauses if pause.last > start),
        interest_holidays=tuple(span for span in terms.interest_holidays if span.last > start),
        extra_principal=tuple(machine.extras),
        grace=Grace(*(max(count - paid, 0) for count in terms.grace)) if terms.grace != NO_GRACE else NO_GRACE,
        fees=_fees(terms, made),
        principal_plan=terms.principal_plan[paid:], payments_minor=terms.payments_minor[paid:],
        carried_minor=_carried(terms, machine, paid), adjustment=terms.adjustment if level is None else Adjustment.NONE,
    )  # fmt: skip


def _asks_again(terms: LoanTerms, machine: Walk, paid: int) -> bool:
    """Whether the next row solves its instalment again: by a new rate from its first night on, or an extra payment before it."""
    last = machine.periods[paid - 1]
    return any(change.resolve and change.effective == last.due for change in terms.rate_changes) or any(
        extra.effect == ExtraEffect.REDUCE_INSTALMENT and last.start < extra.on <= last.due
        for extra in terms.extra_principal
    )


def _carried(terms: LoanTerms, machine: Walk, paid: int) -> tuple[int, ...]:
    """Interest not collected so far falls due with the next row that collects."""
    left = terms.carried_minor[paid:]
    if not machine.carried:
        return left
    return (machine.carried + (left[0] if left else 0), *left[1:])


def _as_given(terms: LoanTerms, paid: int) -> LoanTerms:
    """The rows as they stand: principal parts of a plan that bears nothing, with each row's interest carried to it."""
    machine = Walk(terms)
    rows = [len(machine.columns.due) for _k in machine.run()]
    if paid >= len(rows) or not machine.columns.balance[rows[paid - 1] - 1]:
        raise TermsError("paid", "nothing_left")
    made, columns = rows[paid - 1], machine.columns
    dates = _dates(terms, [period.due for period in machine.periods], paid)
    return replace(
        terms, start_date=dates.start, first_due_date=dates.first_due, due_dates=dates.listed, anchor_day=dates.anchor,
        regular_due_dates=dates.regular,
        method=Method.FIXED_PLAN, annual_rate=Decimal(0), rate_changes=(), interest_pauses=(), interest_holidays=(),
        principal_minor=columns.balance[made - 1], disbursements=(), in_advance=False, grace=NO_GRACE, extra_principal=(),
        instalments=len(rows) - paid, principal_plan=tuple(columns.principal[made:]), fixed_instalment_minor=None,
        carried_minor=tuple(columns.interest[made:]), down_payment_rate=Decimal(0), balloon_minor=0,
        fees=_fees(terms, made),
    )  # fmt: skip


def _reached(terms: LoanTerms, paid: int) -> Walk:
    machine = Walk(terms)
    reached = next((k for k in machine.run() if k == paid), 0)
    if reached != paid or paid == terms.instalments or not (machine.balance or machine.tranches):
        raise TermsError("paid", "nothing_left")
    return machine


def _principals(terms: LoanTerms) -> tuple[int, ...]:
    machine = Walk(terms)
    for _row in machine.run():
        pass
    return tuple(machine.columns.principal[-(terms.instalments or 0) :])


def _dates(terms: LoanTerms, dues: Sequence[date], paid: int) -> _Dates:
    """From the `paid`-th of these due dates on, on the same days as before, without drifting."""
    start, left = dues[paid - 1], tuple(dues[paid:])
    if terms.due_dates:
        return _Dates(start, None, left, terms.anchor_day, terms.regular_due_dates)
    anchor = anchor_day(terms)
    rolls = terms.month_end_rule == MonthEndRule.NEXT_MONTH_FIRST and left[0].day != anchor
    if rolls or add_period(start, terms.frequency, 1, terms.month_end_rule, anchor) != left[0]:
        # From a day that rolled into the next month nobody can count on; the dates are listed instead.
        return _Dates(start, None, left, anchor, regular=True)
    return _Dates(start, left[0], (), anchor)


def _fees(terms: LoanTerms, made: int) -> tuple[Fee, ...]:
    """The fees still to come after `made` rows, their rows counted anew."""
    coming = (fee for fee in terms.fees if not fee.upfront and (fee.n is None or fee.n > made))
    return tuple(fee if fee.n is None else fee._replace(n=fee.n - made) for fee in coming)
