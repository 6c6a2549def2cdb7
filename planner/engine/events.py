"""What if: changes to a running loan, one or several, worked out by the same schedule maths and set before and after."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from .amortisation import build_schedule
from .annual_cost import AnnualCost, annual_cost, as_decimal, cost_of
from .changes import (
    ChangeTerm,
    Deferral,
    DeferredInterest,
    Event,
    ExtraPayment,
    Holiday,
    LowerInstalment,
    MoveDueDay,
    NewRate,
    Settle,
    SpreadArrears,
    Then,
)
from .errors import NoRate, SeveralRates, TermsError
from .flows import rate_of_payments
from .loan import LoanTerms
from .money import largest_remainder
from .outcome import Difference, Running, Summary, WhatIf
from .parts import Method
from .remaining import outstanding, remaining_terms
from .rescheduling import (
    Changed,
    change_rate,
    change_term,
    defer,
    lower,
    move_due_day,
    pause,
    pay_extra,
    settle_at,
)
from .rewriting import changeable, dates_ahead, folded
from .schedule import Columns, Instalment, Schedule

__all__ = [
    "ChangeTerm",
    "Deferral",
    "DeferredInterest",
    "Difference",
    "Event",
    "ExtraPayment",
    "Holiday",
    "LowerInstalment",
    "MoveDueDay",
    "NewRate",
    "Running",
    "Settle",
    "SpreadArrears",
    "Summary",
    "Then",
    "WhatIf",
    "outstanding",
    "rest_of",
    "what_if",
]  # fmt: skip

_HANDLERS: Mapping[type, Callable[[Any, LoanTerms], Changed]] = {
    ExtraPayment: pay_extra,
    NewRate: change_rate,
    ChangeTerm: change_term,
    Deferral: defer,
    Holiday: pause,
    MoveDueDay: move_due_day,
    LowerInstalment: lower,
    Settle: settle_at,
}


def what_if(loan: Running | LoanTerms, events: Event | Sequence[Event], *, paid: int = 0) -> WhatIf:
    """What is left of a loan as it is and with the changes, each of which sees it as the ones before left it.

    Changes take effect in order of `first`, as given where that is the same. A flat contract (等本等息) goes on at its own
    internal rate, see `remaining.outstanding`; whether the lender waives later fees must be asked. Raises TermsError naming the
    field of an impossible change, NeverPaysOff, NoRate.
    """
    running = loan if isinstance(loan, Running) else Running(loan, paid)
    wanted = list(events) if isinstance(events, Sequence) else [events]
    if any(isinstance(event, Settle) for event in wanted[:-1]):
        raise TermsError("events", "after_settlement")
    now = _Now(running)
    course = _Course(now.rest)
    for event in sorted(wanted, key=_order):
        if not isinstance(event, SpreadArrears):
            course.take(event)
    after = course.finished()
    spread = next((event for event in wanted if isinstance(event, SpreadArrears)), None)
    if spread is not None:
        after = _with_arrears(after, now.overdue, spread)
    overdue_after = _none(after) if spread else now.overdue
    part = running.part_minor
    return WhatIf(
        now.summary(now.overdue, now.ahead, part), now.summary(overdue_after, after, part, course.forgiven),
        _less(_joined(now.overdue, now.ahead), part), _less(_joined(overdue_after, after), part), running.paid,
        course.forgiven, (*now.notes, *course.notes, *_said_of(after)),
    )  # fmt: skip


def rest_of(loan: Running) -> LoanTerms:
    """The contract that changes to the instalments ahead begin with: what is left of it, flat ones at their internal rate."""
    return _Now(loan).rest


class _Now:
    """Where a loan stands: what is overdue, what is ahead, what is owed without it, and the rest as a contract."""

    def __init__(self, running: Running) -> None:
        terms, paid = running.terms, running.paid
        schedule = build_schedule(terms)
        if terms.extra_principal and len(terms.tranches) == 1 and not terms.down_payment_rate:
            schedule = folded(schedule, terms.principal_minor)
        if not 0 <= paid < len(schedule):
            raise TermsError("paid", "nothing_left")
        late = 0 if running.on is None else max(bisect_left(schedule.due, running.on) - paid, 0)
        self.overdue, self.ahead = _part(schedule, paid, paid + late), _part(schedule, paid + late, len(schedule))
        if not len(self.ahead):
            raise TermsError("paid", "nothing_ahead")
        self.notes: tuple[str, ...] = ()
        self.rest = self._rest(terms, schedule, paid + late)
        self.owed = self.rest.principal_minor
        self.per_year = terms.periods_per_year

    def _rest(self, terms: LoanTerms, schedule: Schedule, at: int) -> LoanTerms:
        downs = sum(days == 0 for days in schedule.days[:at]) if terms.down_payment_rate else 0
        rest = changeable(remaining_terms(terms, at - downs))
        if terms.method != Method.FLAT:
            return rest
        self.notes = ("flat_assumed",)
        owed, rate = outstanding(terms, schedule, at)
        return replace(
            rest, method=Method.ANNUITY, principal_minor=owed, annual_rate=max(rate, Decimal(0)) * terms.periods_per_year,
            principal_plan=(), carried_minor=(), fixed_instalment_minor=None, disbursements=(),
        )  # fmt: skip

    def summary(self, overdue: Schedule, ahead: Schedule, part: int, forgiven: int = 0) -> Summary:
        """The figures of what is overdue and ahead, less a part that is paid already."""
        payments = ahead.payments
        total = sum(payments) + overdue.payment_minor
        fees = ahead.fee_minor + overdue.fee_minor
        arrears = self.overdue.payment_minor - self.overdue.interest_minor - self.overdue.fee_minor
        return Summary(
            payments[0] - (0 if len(self.overdue) else part), max(payments), len(ahead) + len(overdue), ahead.last_due,
            total - fees - self.owed - arrears + forgiven, fees, total - part, self._cost(ahead, payments),
        )  # fmt: skip

    def _cost(self, ahead: Schedule, payments: tuple[int, ...]) -> AnnualCost | None:
        """The yearly rate from what is owed without arrears; by equal periods where the due dates are the contract's own."""
        dates = dates_ahead(self.rest, len(ahead))
        try:
            if ahead.due == dates:
                return cost_of(self.owed, payments, self.per_year)
            return self._cost_by_time(ahead, payments, dates)
        except (NoRate, SeveralRates):
            return None

    def _cost_by_time(self, ahead: Schedule, payments: tuple[int, ...], dates: tuple[date, ...]) -> AnnualCost | None:
        while dates[-1] < ahead.last_due:
            dates = dates_ahead(self.rest, len(dates) + 60)
        marks = [self.rest.start_date.toordinal(), *(day.toordinal() for day in dates)]
        times = [_periods(marks, due.toordinal()) for due in ahead.due]
        if all(time == int(time) for time in times):
            flows = [float(self.owed)] + [0.0] * int(times[-1])
            for time, payment in zip(times, payments, strict=True):
                flows[int(time)] -= payment
            return annual_cost(flows, self.per_year)
        points = [(time, float(payment)) for time, payment in zip(times, payments, strict=True)]
        guess = float(self.rest.annual_rate / self.per_year)
        periodic = as_decimal(rate_of_payments(float(self.owed), points, guess))
        effective = as_decimal(float(1 + periodic) ** float(self.per_year) - 1)
        return AnnualCost(periodic, periodic * self.per_year, effective)


class _Course:
    """The instalments ahead, while one change after the other is made to them."""

    def __init__(self, rest: LoanTerms) -> None:
        self.rest: LoanTerms | None = rest
        self.columns, self.forgiven, self.notes = Columns(), 0, list[str]()
        self.digits = rest.digits

    def take(self, event: Event) -> None:
        """Go on to where the change begins, and make it."""
        if self.rest is None:
            raise TermsError("events", "nothing_left")
        wait = getattr(event, "first", 1) - 1 - len(self.columns.due)
        if wait > 0:
            self._advance(self.rest, wait)
        changed = _HANDLERS[type(event)](event, self.rest)
        self._add(changed.rows)
        self.rest = changed.rest
        self.forgiven += changed.forgiven_minor
        self.notes += [note for note in changed.notes if note not in self.notes]

    def _advance(self, rest: LoanTerms, count: int) -> None:
        schedule = _paid_schedule(rest)
        if count >= len(schedule):
            raise TermsError("first", "out_of_range", least=1, most=len(self.columns.due) + len(schedule))
        self._add(schedule.rows[:count])
        self.rest = remaining_terms(rest, count)

    def _add(self, rows: Sequence[Instalment]) -> None:
        for row in rows:
            self.columns.add(
                row.due_date, row.days, row.principal_minor, row.interest_minor, row.fee_minor, row.balance_minor
            )

    def finished(self) -> Schedule:
        """Everything that is paid from now on."""
        head = Schedule.of(self.columns, pays_off=True, digits=self.digits)
        return head if self.rest is None else _joined(head, _paid_schedule(self.rest))


def _order(event: Event) -> tuple[bool, int]:
    return isinstance(event, Settle), getattr(event, "first", 1)


def _paid_schedule(terms: LoanTerms) -> Schedule:
    """The schedule with extra payments inside its rows."""
    schedule = build_schedule(terms)
    return folded(schedule, terms.principal_minor) if terms.extra_principal else schedule


def _part(schedule: Schedule, first: int, last: int) -> Schedule:
    chosen = slice(first, last)
    return replace(
        schedule, due=schedule.due[chosen], days=schedule.days[chosen], principal=schedule.principal[chosen],
        interest=schedule.interest[chosen], fee=schedule.fee[chosen], balance=schedule.balance[chosen],
    )  # fmt: skip


def _none(schedule: Schedule) -> Schedule:
    return _part(schedule, 0, 0)


def _joined(one: Schedule, other: Schedule) -> Schedule:
    return Schedule(
        one.due + other.due, one.days + other.days, one.principal + other.principal, one.interest + other.interest,
        one.fee + other.fee, one.balance + other.balance, other.pays_off, one.digits,
    )  # fmt: skip


def _with_arrears(ahead: Schedule, overdue: Schedule, event: SpreadArrears) -> Schedule:
    """What is overdue in equal parts on the next instalments: its principal, its interest and its fees each."""
    if not len(overdue):
        raise TermsError("count", "no_arrears")
    if not 1 <= event.count <= len(ahead):
        raise TermsError("count", "out_of_range", least=1, most=len(ahead))
    columns = (
        (ahead.principal, overdue.principal_minor),
        (ahead.interest, overdue.interest_minor),
        (ahead.fee, overdue.fee_minor),
    )
    principal, interest, fee = (_spread(column, amount, event.count) for column, amount in columns)
    return replace(ahead, principal=principal, interest=interest, fee=fee)


def _spread(column: tuple[int, ...], amount: int, count: int) -> tuple[int, ...]:
    parts = largest_remainder(amount, [1] * count)
    return tuple(a + b for a, b in zip(column, parts, strict=False)) + column[count:]


def _less(schedule: Schedule, part: int) -> Schedule:
    """The schedule with a part of its first row paid: fees first, then interest, then principal."""
    if not part:
        return schedule
    left, first = part, []
    for column in (schedule.fee, schedule.interest, schedule.principal):
        taken = min(left, column[0])
        left -= taken
        first.append((column[0] - taken, *column[1:]))
    return replace(schedule, fee=first[0], interest=first[1], principal=first[2])


def _said_of(after: Schedule) -> tuple[str, ...]:
    payments = after.payments
    return ("last_row_larger",) if len(payments) > 1 and payments[-1] > 2 * payments[-2] else ()


def _periods(marks: Sequence[int], day: int) -> float:
    """How many periods after the first mark a day lies; between two marks by its share of days."""
    place = bisect_left(marks, day)
    if place < len(marks) and marks[place] == day:
        return float(place)
    return place - 1 + (day - marks[place - 1]) / (marks[place] - marks[place - 1])
