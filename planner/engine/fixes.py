"""The cheapest-fix ladder: for a red day, each way out, simulated on the same projection, cheapest and easiest first.

Borrowing to repay is never among them. Moving money in time is tried on every day; what a lender would charge comes from
the caller, because it is never one thing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from itertools import accumulate

from .cashflow import Flow, Point, Projection, RedDay, Role, lowest_point
from .changes import DeferredInterest
from .daily import saved
from .dates import add_months
from .money import RoundingMode, round_ratio

_LATEST_DAYS = 31


class FixKind(StrEnum):
    """What is done, in the order of effort: own choices first, then what one party must agree to."""

    MOVE_LINE = "move_line"
    CUT = "cut"
    MOVE_DATE = "move_date"
    MOVE_DUE_DAY = "move_due_day"
    PART_PAY = "part_pay"
    DEFER = "defer"
    LONGER_TERM = "longer_term"
    EXTRA_INCOME = "extra_income"


_EFFORT = {kind: effort for effort, kind in enumerate(FixKind)}


@dataclass(frozen=True, slots=True)
class Quote:
    """A loan's new payments (day, minor units) under a deferral or a longer term, and what they cost more in all."""

    kind: FixKind
    key: str
    rows: tuple[tuple[date, int], ...]
    cost_minor: int
    treatment: DeferredInterest | None = None


def deferral_quotes(
    key: str, rows: Sequence[tuple[date, int]], price: Callable[[DeferredInterest], Sequence[tuple[date, int]] | None]
) -> tuple[Quote, ...]:
    """A quote for each interest treatment that `price` has new payments for (None: not on offer), priced against `rows`."""
    before, found = sum(amount for _on, amount in rows), []
    for treatment in DeferredInterest:
        new = price(treatment)
        if new is not None:
            cost = sum(amount for _on, amount in new) - before
            found.append(Quote(FixKind.DEFER, key, tuple(new), cost, treatment))
    return tuple(found)


def _free(_flow: Flow, _to: date) -> int:
    return 0


@dataclass(frozen=True, slots=True)
class Wishes:
    """What may be tried. `own_choice`: keys of lines the household may move by itself (flexible and savings always are).

    `cuts`: everyday flexible spending, minor units a month by key; what has flows of its own counts by them. `fixed`: keys not to
    touch. `price(flow, to)`: what it costs to pay a flow (or a part of it) on another day. `reserve_minor` must stay in hand;
    parts are rounded up to `step_minor`.
    """

    own_choice: frozenset[str] = frozenset()
    fixed: frozenset[str] = frozenset()
    cuts: Mapping[str, int] = field(default_factory=dict)
    quotes: tuple[Quote, ...] = ()
    price: Callable[[Flow, date], int] = _free
    reserve_minor: int = 0
    step_minor: int = 1


@dataclass(frozen=True, slots=True)
class Fix:
    """One way out of a red day: the flows it takes away and puts in their place, and what then happens.

    `amount_minor` is what is moved, cut or found; `missing_minor` what is then still missing on the red day; `deepest` the
    lowest point of its gap, `lowest` that of the whole projection. `asks` says that somebody must agree.
    """

    kind: FixKind
    key: str
    amount_minor: int
    removes: tuple[Flow, ...]
    adds: tuple[Flow, ...]
    cost_minor: int
    covers: bool
    missing_minor: int
    lowest: Point
    deepest: Point
    asks: bool
    to: date | None = None
    treatment: DeferredInterest | None = None


def apply_fix(flows: Iterable[Flow], fix: Fix) -> list[Flow]:
    """The flows as they are once the fix is done."""
    gone = Counter(fix.removes)
    kept = []
    for flow in flows:
        if gone[flow]:
            gone[flow] -= 1
        else:
            kept.append(flow)
    return [*kept, *fix.adds]


def find_fixes(
    projection: Projection, flows: Sequence[Flow], red: RedDay, wishes: Wishes | None = None
) -> tuple[Fix, ...]:
    """Every way out that covers the red day, cheapest first, then by effort; after them the cuts that only help, and
    where nothing but more money would cover it, the other ways that help a part of the way.

    What would even save (a lender waiving interest, a rounding) is no reason to ask before doing what is free and one's own.
    A fix covers when each evening of the red day's gap keeps the reserve, and no other evening gets worse below zero than
    it was. A moved payment (the first, of a due day moved for good) never lands on a payday: that money may come too late.
    """
    search = _Search(projection, sorted(flows, reverse=True), red, wishes or Wishes())
    found = sorted(
        search.all(),
        key=lambda fix: (not fix.covers, max(fix.cost_minor, 0), _EFFORT[fix.kind], fix.amount_minor, fix.key),
    )
    best = {(fix.kind, fix.key, fix.treatment): fix for fix in reversed(found)}
    return tuple(fix for fix in found if best[fix.kind, fix.key, fix.treatment] is fix)


class _Search:
    """One red day's search: `start` to `end` index its gap, `missing` its first evening's; flows are held latest first."""

    def __init__(self, projection: Projection, flows: Sequence[Flow], red: RedDay, wishes: Wishes) -> None:
        self.cash, self.flows, self.red, self.wishes = projection, flows, red, wishes
        self.start = self._index(red.on)
        self.end = self._index(red.recovers_on) if red.recovers_on else len(projection.balances)
        gap = projection.balances[self.start : self.end]
        self.needed = max(wishes.reserve_minor - min(gap), 0)
        self.missing = min(red.short_minor, -gap[0])
        due = [f for f in flows if f.amount_minor < 0 and projection.first <= f.on <= red.on]
        self.outs = [f for f in due if f.role != Role.EVERYDAY and f.key not in wishes.fixed]

    def all(self) -> Iterator[Fix]:
        covering = [fix for fix in self._covering() if fix.covers]
        yield from covering
        if all(fix.kind == FixKind.EXTRA_INCOME for fix in covering):
            yield from (fix for fix in self._helping() if self._helps(fix))
        yield from (fix for fix in self._cuts() if fix.covers or fix.missing_minor < self.missing)

    def _covering(self) -> Iterator[Fix]:
        yield from self._moves()
        yield from self._due_days()
        yield from self._parts()
        yield from (self._quoted(quote) for quote in self.wishes.quotes)
        extra = Flow(self.red.on, self.needed, "", Role.INCOME)
        yield self._fix(FixKind.EXTRA_INCOME, extra, (), (extra,))

    def _helping(self) -> Iterator[Fix]:
        """Steps that may be taken together where none is enough by itself."""
        yield from self._moves()
        yield from (self._quoted(quote) for quote in self.wishes.quotes)

    def _helps(self, fix: Fix) -> bool:
        """Whether less is missing on the red day, and on no evening more than before."""
        new = self._simulated(fix.removes, fix.adds)
        return fix.missing_minor < self.missing and self._nowhere_worse(new)

    def _moves(self) -> Iterator[Fix]:
        """One payment, once, to the first day after the gap that is no payday; nothing earlier helps, nothing later is needed."""
        for flow in self.outs:
            own = self._is_own_choice(flow)
            to = self._after_gap(flow)
            if to is not None and (own or flow.role != Role.ESSENTIAL):
                kind = FixKind.MOVE_LINE if own else FixKind.MOVE_DATE
                cost = 0 if own else self.wishes.price(flow, to)
                yield self._fix(kind, flow, (flow,), (flow._replace(on=to),), asks=not own, cost=cost, to=to)

    def _due_days(self) -> Iterator[Fix]:
        """A loan's due day for good: every day of the month, each reached by waiting, because paying earlier frees nothing.

        Per loan the cheapest one, then the nearest.
        """
        gap_ends = self.cash.first + timedelta(days=self.end)
        latest = {flow.key: flow.on for flow in reversed(self.outs) if flow.role in (Role.INSTALMENT, Role.ARRANGEMENT)}
        for key, last_before in latest.items():
            theirs = [flow for flow in self.flows if flow.key == key and flow.on >= self.cash.first]
            if len(theirs) > 1:
                helpful = (day for day in range(1, 32) if _next_on(last_before, day) >= gap_ends)
                tried = (self._on_day(theirs, day) for day in helpful)
                covering = [fix for fix in tried if fix is not None and fix.covers]
                yield from sorted(covering, key=lambda fix: (fix.cost_minor, fix.adds[-1].on))[:1]

    def _on_day(self, theirs: Sequence[Flow], day: int) -> Fix | None:
        moved = tuple(flow._replace(on=_next_on(flow.on, day)) for flow in theirs)
        first = moved[-1].on
        if first == theirs[-1].on or self._is_payday(first):
            return None
        cost = sum(self.wishes.price(old, new.on) for old, new in zip(theirs, moved, strict=True))
        return self._fix(FixKind.MOVE_DUE_DAY, theirs[-1], tuple(theirs), moved, asks=True, cost=cost, to=first)

    def _parts(self) -> Iterator[Fix]:
        """Pay what is there on the day, the rest after the gap."""
        step = self.wishes.step_minor
        part = round_ratio(self.needed, step, RoundingMode.CEILING) * step
        for flow in self.outs:
            to = self._after_gap(flow)
            if to is not None and part < -flow.amount_minor and not self._is_own_choice(flow):
                kept, rest = (
                    flow._replace(amount_minor=flow.amount_minor + part),
                    flow._replace(on=to, amount_minor=-part),
                )
                cost = self.wishes.price(flow._replace(amount_minor=-part), to)
                yield self._fix(FixKind.PART_PAY, rest, (flow,), (kept, rest), asks=True, cost=cost, to=to)

    def _cuts(self) -> Iterator[Fix]:
        """Leave out flexible spending and savings until then: those with a day, and everyday ones bit by bit."""
        for flow in self.outs:
            if flow.role in (Role.FLEXIBLE, Role.SAVINGS):
                yield self._fix(FixKind.CUT, flow, (flow,), ())
        tomorrow = self.cash.first + timedelta(days=1)
        for key, monthly in self.wishes.cuts.items():
            fixes = [self._saved(key, monthly, tomorrow, last) for last in (self.red.deepest.on, self.red.on)]
            yield fixes[0] if fixes[0].covers or self.red.is_everyday else fixes[1]

    def _saved(self, key: str, monthly: int, first: date, last: date) -> Fix:
        adds = tuple(saved(self.flows, key, monthly, first, last))
        shown = Flow(last, sum(flow.amount_minor for flow in adds), key, Role.FLEXIBLE)
        return self._fix(FixKind.CUT, shown, (), adds, to=last)

    def _quoted(self, quote: Quote) -> Fix:
        """A loan's payments ahead, as quoted (overdue ones now); `amount_minor` is what that frees until the gap closes."""
        old = tuple(flow for flow in self.flows if flow.key == quote.key and flow.on >= self.cash.first)
        role = old[0].role if old else Role.INSTALMENT
        new = tuple(Flow(max(on, self.cash.first), -amount, quote.key, role) for on, amount in quote.rows)
        last = self.cash.first + timedelta(days=self.end - 1)
        freed = sum(f.amount_minor for f in new if f.on <= last) - sum(f.amount_minor for f in old if f.on <= last)
        shown = Flow(self.red.on, freed, quote.key, role)
        return self._fix(quote.kind, shown, old, new, asks=True, cost=quote.cost_minor, treatment=quote.treatment)

    def _fix(
        self, kind: FixKind, shown: Flow, removes: tuple[Flow, ...], adds: tuple[Flow, ...], *, asks: bool = False,
        cost: int = 0, to: date | None = None, treatment: DeferredInterest | None = None,
    ) -> Fix:  # fmt: skip
        """Simulate the change and write its card."""
        new = self._simulated(removes, adds)
        return Fix(
            kind, shown.key, abs(shown.amount_minor), removes, adds, cost, self._covers(new), max(-new[self.start], 0),
            lowest_point(self.cash.first, new), lowest_point(self.red.on, new[self.start : self.end]), asks, to, treatment,
        )  # fmt: skip

    def _simulated(self, removes: Iterable[Flow], adds: Iterable[Flow]) -> list[int]:
        deltas = [0] * len(self.cash.balances)
        for sign, flows in ((-1, removes), (1, adds)):
            for flow in flows:
                if 0 <= (index := self._index(flow.on)) < len(deltas):
                    deltas[index] += sign * flow.amount_minor
        return [balance + delta for balance, delta in zip(self.cash.balances, accumulate(deltas), strict=True)]

    def _covers(self, new: Sequence[int]) -> bool:
        return min(new[self.start : self.end]) >= self.wishes.reserve_minor and self._nowhere_worse(new)

    def _nowhere_worse(self, new: Sequence[int]) -> bool:
        return all(now >= 0 or now >= before for now, before in zip(new, self.cash.balances, strict=True))

    def _after_gap(self, flow: Flow) -> date | None:
        """The first day after the gap on which no money arrives, within a month of the flow; None when there is none."""
        for index in range(self.end, min(len(self.cash.balances), self._index(flow.on) + _LATEST_DAYS + 1)):
            day = self.cash.first + timedelta(days=index)
            if not self._is_payday(day):
                return day
        return None

    def _is_payday(self, day: date) -> bool:
        index = self._index(day)
        return 0 <= index < len(self.cash.ins) and self.cash.ins[index] > 0

    def _is_own_choice(self, flow: Flow) -> bool:
        return flow.key in self.wishes.own_choice or flow.role in (Role.FLEXIBLE, Role.SAVINGS)

    def _index(self, day: date) -> int:
        return (day - self.cash.first).days


def _next_on(on: date, day: int) -> date:
    """The next date on that day of the month, clamped to month ends; `on` itself when it is one."""
    same = add_months(on, 0, day)
    return same if same >= on else add_months(on, 1, day)
