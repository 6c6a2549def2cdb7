"""The one request to a creditor, and what follows from it: the remaining instalments as agreed, and as asked.

Everything is worked out by `events.what_if` and `offers.plan_for`. What is due before the request begins is paid as agreed and
stands in neither list. What is overdue is taken into the request: `reduce` and `settle` take it over with the rest of the debt;
under every other request it is paid in equal parts with the instalments that follow, and bears nothing more.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from .accrual import Rates
from .amortisation import build_schedule
from .annual_cost import AnnualCost, cost_of
from .asked import Asked, Kind, Outcome, a_month, each_time, kind_of, monthly_minor
from .changes import ChangeTerm, Deferral, DeferredInterest, Event, LowerInstalment, MoveDueDay, NewRate, Then
from .checks import MAX_AMOUNT
from .errors import NeverPaysOff, NoRate, SeveralRates, TermsError
from .events import rest_of, what_if
from .loan import MAX_INSTALMENTS, LoanTerms
from .offers import Plan, plan_for
from .outcome import Running
from .parts import Method
from .remaining import outstanding
from .rescheduling import defer
from .rewriting import dates_ahead, folded
from .row_changes import Rows, less_part, numbered, with_late
from .schedule import Instalment, Schedule
from .settlement import settle

__all__ = [
    "Asked", "Kind", "Outcome", "Standing", "a_month", "each_time", "kind_of", "level_for", "monthly_minor", "repaid_at", "stand",
    "work_out",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Standing:
    """A loan on the first day of a plan. `owed_minor` is owed then, what is overdue (`late_minor`) included.

    `each_minor` is the contract's instalment then and `monthly_minor` what that is a month, both 0 where no instalment is left by
    then; `most_minor` is the most a plan should give it a month: that, or what is overdue where only that is left.
    """

    owed_minor: int
    each_minor: int
    monthly_minor: int
    late_minor: int
    most_minor: int


def stand(running: Running, begins: date) -> Standing:
    """Where a loan stands when a plan begins. Raises TermsError("paid") when nothing is left to pay, NoRate."""
    place = _Place(running, Asked(Kind.REDUCE, from_on=begins))
    per_year, late = running.terms.periods_per_year, place.late_minor
    if place.at >= len(place.rows):
        whole = _ending(running, begins) if late else 0
        return Standing(whole, 0, 0, late, whole)
    owed = rest_of(place.running()).principal_minor + late
    each = place.rows[place.at].payment_minor
    if not place.is_late:
        owed -= min(place.part(place.at), owed)
    monthly = a_month(each, per_year)
    return Standing(owed, each, monthly, late, monthly)


def _ending(running: Running, begins: date) -> int:
    """The one payment that ends a loan of which all that is left is overdue, with its interest until then."""
    place = _Place(running, Asked(Kind.REDUCE, MAX_AMOUNT, begins))
    return _reduced(place).rows_after[0].payment_minor


def work_out(running: Running, asked: Asked) -> Outcome:
    """The loan as agreed and as asked, seen on the day `running.on`, which must be given.

    Raises TermsError naming a field of Asked ("paid" when nothing is left to pay), NeverPaysOff, NoRate.
    """
    kind = kind_of(asked)
    place = _Place(running, asked)
    if kind == Kind.REDUCE:
        return _reduced(place)
    if kind == Kind.SETTLE:
        return _settled(place)
    return _changed(place, kind)


class _Place:
    """Where a request finds the loan: what is overdue, with which instalment it begins (`at`), and what of that is paid."""

    def __init__(self, running: Running, asked: Asked) -> None:
        if running.on is None:
            raise TermsError("today", "missing")
        schedule = _course(running.terms)
        if not 0 <= running.paid < len(schedule):
            raise TermsError("paid", "nothing_left")
        self.begin_field = "on" if asked.on else "from_on"
        if asked.begins < running.on:
            raise TermsError(self.begin_field, "in_the_past", least=running.on)
        self.terms, self.paid, self.asked, self.today = running.terms, running.paid, asked, running.on
        self.rows: Rows = schedule.rows
        ahead = max(bisect_left(schedule.due, running.on), self.paid)
        self.is_late, self.is_all_late = ahead > self.paid, ahead == len(schedule)
        self.late, _taken = less_part(self.rows[self.paid : ahead], running.part_minor)
        self.at = max(bisect_left(schedule.due, asked.begins), ahead)
        self._part = running.part_minor

    @property
    def first(self) -> int:
        """The first instalment that new ones take the place of: what is overdue goes with the rest of the debt."""
        return self.paid if self.is_late else min(self.at, len(self.rows) - 1)

    def part(self, at: int) -> int:
        """What is paid already of the rows from `at` on; a part of a row before them is no matter of the request."""
        return self._part if at == self.paid else 0

    @property
    def late_minor(self) -> int:
        """What is overdue in all."""
        return _total(self.late)

    @property
    def late_principal(self) -> int:
        """The principal in it."""
        return sum(row.principal_minor for row in self.late)

    def running(self) -> Running:
        """The loan when the request begins. Raises TermsError when it has ended by then.

        One of which nothing is ahead any more goes on from the first of its days on which the request may begin.
        """
        if self.is_all_late:
            return Running(self._moved(rest_of(Running(self.terms, self.paid))))
        if self.at >= len(self.rows):
            raise TermsError(self.begin_field, "after_last_due_date", most=self.rows[-1].due_date)
        return Running(self.terms, self.at)

    def _moved(self, rest: LoanTerms) -> LoanTerms:
        count = 1
        while dates_ahead(rest, count + 1)[-1] < self.asked.begins:
            count += 1
        moved = defer(Deferral(count, DeferredInterest.WAIVED), rest).rest
        assert moved is not None  # a deferral always leaves the rest
        return moved


def repaid_at(running: Running, from_on: date, amount_minor: int, annual_rate: Decimal) -> Outcome:
    """What is owed repaid by this much each time from a day on, at another yearly rate. No one request says both: it is named
    after the rate. Raises as `work_out` does.
    """
    place = _Place(running, Asked(Kind.REDUCE, amount_minor, from_on))
    return replace(_reduced(place, annual_rate), asked=Asked(Kind.RATE, from_on=from_on, annual_rate=annual_rate))


def level_for(running: Running, from_on: date, count: int, annual_rate: Decimal | None = None) -> int:
    """The smallest instalment that repays what is owed in `count` payments from a day on, at the contract's own cost or another
    yearly rate. Raises TermsError("count") where none does."""
    place = _Place(running, Asked(Kind.REDUCE, 0, from_on))

    def count_at(amount: int) -> int:
        try:
            return len(_plan(place, amount, annual_rate).rows)
        except (NeverPaysOff, TermsError):
            return count + 1

    low, high = 1, 2 * sum(row.payment_minor for row in place.rows)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if count_at(middle) <= count else (middle + 1, high)
    if count_at(low) != count:
        raise TermsError("count", "out_of_range", least=1, most=MAX_INSTALMENTS)
    return low


def _plan(place: _Place, amount: int, annual_rate: Decimal | None) -> Plan:
    """What is owed when the request begins, repaid by this much each time."""
    at, terms = place.first, place.terms
    if annual_rate is None:
        return plan_for(terms, at, amount, place.asked.from_on)
    schedule = build_schedule(terms)
    rest = LoanTerms.simple(
        method=Method.ANNUITY, principal_minor=outstanding(terms, schedule, at)[0], currency=terms.currency,
        annual_rate=annual_rate, instalments=len(schedule) - at, frequency=terms.frequency,
        start_date=schedule.due[at - 1] if at else terms.start_date, first_due_date=schedule.due[at],
    )  # fmt: skip
    return plan_for(rest, 0, amount, place.asked.from_on)


def _reduced(place: _Place, annual_rate: Decimal | None = None) -> Outcome:
    """A smaller instalment until everything is repaid, at the contract's own cost or another yearly rate."""
    at, plan = place.first, _plan(place, place.asked.amount_minor or 0, annual_rate)
    before, _taken = less_part(place.rows[at:], place.part(at))
    after, taken = less_part(plan.rows, place.part(at))
    opening, per_year = plan.opening_minor - taken, place.terms.periods_per_year
    return Outcome(
        place.asked, opening, place.late_minor, 0, numbered(before), numbered(after), None, per_year,
        _cost(opening, before, per_year), _cost(opening, after, per_year),
    )  # fmt: skip


def _changed(place: _Place, kind: Kind) -> Outcome:
    """The requests that change what is ahead; what is overdue joins the instalments from `resumes_on`, or all of them."""
    running, all_late = place.running(), place.is_all_late
    rest, part = rest_of(running), place.part(place.paid if all_late else place.at)
    events, count = _events(place.asked, kind, rest)
    what = what_if(running, events[:-1] if count else events)
    # What comes back after a while (interest) comes back only where the loan goes on so long.
    if count and len(what.rows_after) > count:
        what = what_if(running, events)
    before, _taken = less_part(what.rows_before, part)
    after, taken = less_part(what.rows_after, part)
    resumes_on = _resumes_on(place.asked, kind, after)
    opening = rest.principal_minor - taken
    if not all_late:  # else what is overdue is the loan itself
        opening += place.late_principal
        after = with_late(after, place.late, resumes_on)
    return Outcome(
        place.asked, opening, place.late_minor, what.forgiven_minor,
        numbered(place.late if all_late else (*place.late, *before)), numbered(after), resumes_on, place.terms.periods_per_year,
        _nominal(what.before.annual_cost), _nominal(what.after.annual_cost), what.notes,
    )  # fmt: skip


def _settled(place: _Place) -> Outcome:
    """One sum that ends the loan; the creditor gives up the rest of what is owed that day."""
    amount, on = place.asked.amount_minor or 0, place.asked.begins
    before, _taken = less_part(place.rows[place.at :], place.part(place.at))
    principal = interest = 0
    if not place.is_all_late:
        rest = rest_of(place.running())
        found = settle(rest, 0, on)
        principal, interest = found.principal_minor, found.interest_minor + sum(rest.carried_minor)
    interest += place.late_minor - place.late_principal
    owed = principal + place.late_principal + interest - (0 if place.is_late else place.part(place.at))
    if not 0 < amount <= owed:
        raise TermsError("amount_minor", "more_than_owed", least=1, most=owed)
    own = min(interest, amount)
    row = Instalment(1, on, max((on - place.today).days, 0), amount - own, own, 0, 0)
    return Outcome(
        place.asked, owed, place.late_minor, owed - amount, numbered((*place.late, *before)), (row,), None,
        place.terms.periods_per_year,
    )  # fmt: skip


def _events(asked: Asked, kind: Kind, rest: LoanTerms) -> tuple[list[Event], int]:
    """The changes a request stands for, and after how many instalments the last of them takes effect (0: at once)."""
    if kind == Kind.POSTPONE:
        return [Deferral(asked.count or 0, DeferredInterest(asked.interest or ""))], 0
    if kind == Kind.LONGER:
        return [ChangeTerm(asked.instalments or 0)], 0
    if kind == Kind.MOVE_DUE:
        return [MoveDueDay(asked.day or 0)], 0
    if kind == Kind.RATE:
        return [NewRate(asked.annual_rate or Decimal(0), Then(asked.then or Then.LOWER))], 0
    then = Then(asked.then or Then.SHORTER)
    freeze = [NewRate(Decimal(0), then if kind == Kind.FREEZE else Then.SHORTER)]
    lower = [LowerInstalment(asked.amount_minor or 0, asked.until or asked.begins, then)]
    if kind == Kind.REDUCE_UNTIL and asked.interest is None:
        return [*lower], 0
    if not rest.annual_rate and not rest.rate_changes:
        raise TermsError("interest" if kind == Kind.REDUCE_UNTIL else "kind", "no_interest")
    if asked.until is None:
        return [*freeze], 0
    count, rate = _count_until(rest, asked.until)
    return [*freeze, *(lower if kind == Kind.REDUCE_UNTIL else []), NewRate(rate, then, count + 1)], count


def _count_until(rest: LoanTerms, until: date) -> tuple[int, Decimal]:
    """How many instalments fall due until a day, and the yearly rate that comes back with the one after them."""
    count = 1
    while (dates := dates_ahead(rest, count))[-1] <= until:
        count += 1
    if count == 1:
        raise TermsError("until", "before_next_due", least=dates[0])
    return count - 1, Rates(rest).at(dates[-1])


def _resumes_on(asked: Asked, kind: Kind, after: Rows) -> date | None:
    if kind == Kind.POSTPONE:
        return after[0].due_date
    until = asked.until if kind in (Kind.REDUCE_UNTIL, Kind.FREEZE) else None
    return next((row.due_date for row in after if row.due_date > until), None) if until else None


def _course(terms: LoanTerms) -> Schedule:
    """The schedule with extra payments inside its rows, as `events.what_if` reads it."""
    schedule = build_schedule(terms)
    plain = len(terms.tranches) == 1 and not terms.down_payment_rate
    return folded(schedule, terms.principal_minor) if terms.extra_principal and plain else schedule


def _total(rows: Sequence[Instalment]) -> int:
    return sum(row.payment_minor for row in rows)


def _cost(opening: int, rows: Sequence[Instalment], per_year: Decimal) -> Decimal | None:
    """The yearly rate over equal periods; None where there is none."""
    try:
        return cost_of(opening, [row.payment_minor for row in rows], per_year).nominal
    except (NoRate, SeveralRates):
        return None


def _nominal(cost: AnnualCost | None) -> Decimal | None:
    return cost.nominal if cost else None
