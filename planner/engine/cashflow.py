"""The radar: cash day by day from a known balance, and every due amount that will not fit.

Nothing is ever paid from money that is not there: a balance below zero is what is missing, and it is named.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import accumulate
from typing import NamedTuple

from .budget import BudgetLine, Kind, Necessity, occurrences
from .calendars import WEEKDAYS, IsWorkingDay
from .dates import add_months
from .errors import TermsError
from .money import largest_remainder

MAX_DAYS = 3660


class Role(StrEnum):
    """What a flow is. The order is that in which a day's money is used; incomes come first of all."""

    INCOME = "income"
    EVERYDAY = "everyday"
    ESSENTIAL = "essential"
    ARRANGEMENT = "arrangement"
    INSTALMENT = "instalment"
    FLEXIBLE = "flexible"
    SAVINGS = "savings"


_RANK = {role: rank for rank, role in enumerate(Role)}
_ROLE = {Necessity.ESSENTIAL: Role.ESSENTIAL, Necessity.FLEXIBLE: Role.FLEXIBLE, Necessity.SAVINGS: Role.SAVINGS}


class Flow(NamedTuple):
    """Money on a day in minor units, positive in and negative out; `key` says whose (a line or a loan)."""

    on: date
    amount_minor: int
    key: str
    role: Role


class Spread(StrEnum):
    """How everyday spending falls on days: a thirtieth each day (careful: 12.2 months a year), or by calendar month."""

    THIRTY_DAYS = "thirty_days"
    CALENDAR_MONTH = "calendar_month"


class Shortfall(NamedTuple):
    """A due amount that does not fit: `short_minor` of `due_minor` is missing, in `days_left` days."""

    on: date
    key: str
    role: Role
    due_minor: int
    short_minor: int
    days_left: int


class Point(NamedTuple):
    """The balance at the end of a day."""

    on: date
    balance_minor: int


@dataclass(frozen=True, slots=True)
class RedDay:
    """A day on which due amounts do not fit, and how deep it gets before money covers it again.

    A gap of everyday spending alone is one red day, its first: the one item is what the whole gap misses at its deepest.
    `recovers_on` is the first later day that ends without a gap, None when the projection has none.
    """

    on: date
    items: tuple[Shortfall, ...]
    deepest: Point
    recovers_on: date | None

    @property
    def short_minor(self) -> int:
        """What this day's due amounts miss together."""
        return sum(item.short_minor for item in self.items)

    @property
    def days_left(self) -> int:
        """Days until then."""
        return self.items[0].days_left

    @property
    def is_everyday(self) -> bool:
        """Whether nothing but everyday spending is short."""
        return all(item.role == Role.EVERYDAY for item in self.items)


@dataclass(frozen=True, slots=True)
class Projection:
    """Cash from `first` on, one entry a day, minor units; each balance = opening + all in - all out until that evening."""

    opening_minor: int
    first: date
    ins: tuple[int, ...]
    outs: tuple[int, ...]
    balances: tuple[int, ...]
    shortfalls: tuple[Shortfall, ...]

    @property
    def last(self) -> date:
        """The last day."""
        return self.first + timedelta(days=len(self.balances) - 1)

    @property
    def points(self) -> tuple[Point, ...]:
        """The line of the chart."""
        return tuple(Point(self.first + timedelta(days=i), balance) for i, balance in enumerate(self.balances))

    @property
    def lowest(self) -> Point:
        """The lowest balance, the earliest day that has it."""
        return lowest_point(self.first, self.balances)

    @property
    def runway_days(self) -> int | None:
        """How many days the money lasts: days until the first evening with a gap; None when there is none."""
        return next((i for i, balance in enumerate(self.balances) if balance < 0), None)

    @property
    def red_days(self) -> tuple[RedDay, ...]:
        """Each day on which a due amount does not fit, and the first of each gap in which only everyday spending is short."""
        if min(self.balances) >= 0:
            return ()
        by_day: dict[int, list[Shortfall]] = {}
        for item in self.shortfalls:
            if item.role != Role.EVERYDAY:
                by_day.setdefault(item.days_left, []).append(item)
        ends = _gap_ends(self.balances)
        for start, (deepest, end) in enumerate(ends):
            opens = self.balances[start] < 0 and (start == 0 or self.balances[start - 1] >= 0)
            if opens and by_day.keys().isdisjoint(range(start, len(ends) if end is None else end)):
                by_day[start] = [self._everyday(start, deepest)]
        return tuple(self._red_day(items, *ends[i]) for i, items in sorted(by_day.items()))

    def at(self, day: date) -> int:
        """The balance at the end of `day`. Raises IndexError outside the projection."""
        index = (day - self.first).days
        if index < 0:
            raise IndexError(index)
        return self.balances[index]

    def _everyday(self, start: int, deepest: int) -> Shortfall:
        """What everyday spending misses in a gap of its own, with what one that was open before the first day missed by then."""
        short = -self.balances[deepest]
        due = sum(item.due_minor for item in self.shortfalls if start <= item.days_left <= deepest)
        return Shortfall(self.first + timedelta(days=start), "", Role.EVERYDAY, max(due, short), short, start)

    def _red_day(self, items: Sequence[Shortfall], deepest: int, end: int | None) -> RedDay:
        lowest = Point(self.first + timedelta(days=deepest), self.balances[deepest])
        return RedDay(items[0].on, tuple(items), lowest, None if end is None else self.first + timedelta(days=end))


def project(
    opening_minor: int, first: date, last: date, flows: Iterable[Flow], everyday_minor: int = 0,
    spread: Spread = Spread.THIRTY_DAYS,
) -> Projection:  # fmt: skip
    """Cash from `first` (today, on which `opening_minor` is there) to `last`, both included.

    Flows on `first` still count; everyday spending of `everyday_minor` a month begins the day after, and everyday flows join it.
    Flows outside the days are left out. On one day money in comes first, then everyday spending, then due amounts by role in
    the order of `Role`.
    Raises TermsError("last") for no day or more than ten years.
    """
    count = (last - first).days + 1
    if not 1 <= count <= MAX_DAYS:
        raise TermsError("last", "out_of_range", most=MAX_DAYS)
    daily = [0, *everyday_by_day(everyday_minor, first + timedelta(days=1), count - 1, spread)]
    due = []
    for flow in flows:
        if first <= flow.on <= last:
            if flow.role == Role.EVERYDAY:
                daily[(flow.on - first).days] -= flow.amount_minor
            else:
                due.append(flow)
    ins, outs = [0] * count, daily.copy()
    for flow in due:
        if flow.amount_minor > 0:
            ins[(flow.on - first).days] += flow.amount_minor
        else:
            outs[(flow.on - first).days] -= flow.amount_minor
    nets = [came - went for came, went in zip(ins, outs, strict=True)]
    balances = list(accumulate(nets, initial=opening_minor))[1:]
    shortfalls = _shortfalls(opening_minor, first, ins, balances, daily, due)
    return Projection(opening_minor, first, tuple(ins), tuple(outs), tuple(balances), tuple(shortfalls))


def everyday_by_day(monthly_minor: int, first: date, count: int, spread: Spread = Spread.THIRTY_DAYS) -> list[int]:
    """`count` days of a monthly amount, split exactly: any 30 days from `first`, or any whole calendar month, sum to it."""
    if not monthly_minor:
        return [0] * count
    if spread == Spread.THIRTY_DAYS:
        block = largest_remainder(monthly_minor, [1] * 30)
        return (block * (count // 30 + 1))[:count]
    found: list[int] = []
    month = first.replace(day=1)
    while len(found) < first.day - 1 + count:
        following = add_months(month, 1)
        found += largest_remainder(monthly_minor, [1] * (following - month).days)
        month = following
    return found[first.day - 1 : first.day - 1 + count]


def line_flows(
    line: BudgetLine, key: str, first: date, last: date, is_working_day: IsWorkingDay = WEEKDAYS
) -> list[Flow]:
    """A budget line's flows between two days, moved off weekends and holidays as the line says."""
    role = _ROLE[line.necessity] if line.necessity else Role.INCOME
    amount = line.amount_minor if line.kind == Kind.INCOME else -line.amount_minor
    return [Flow(day, amount, key, role) for day in occurrences(line, first, last, is_working_day)]


def due_flows(
    key: str, dues: Iterable[tuple[date, int]], first: date, last: date, role: Role = Role.INSTALMENT
) -> list[Flow]:
    """A loan's unpaid amounts (day, minor units) until `last`; what is overdue is due on `first`."""
    return [Flow(max(on, first), -amount, key, role) for on, amount in dues if on <= last and amount]


def lowered(flows: Iterable[Flow], low_minor: Mapping[str, int]) -> list[Flow]:
    """The flows with the incomes named in `low_minor` at that amount each time: the low-income line of the radar."""
    return [
        flow._replace(amount_minor=low_minor[flow.key]) if flow.role == Role.INCOME and flow.key in low_minor else flow
        for flow in flows
    ]


def percentile(values: Sequence[int], percent: int) -> int:
    """The nearest-rank percentile: the smallest value that at least `percent` % of the values do not exceed.

    Raises TermsError("values", "missing") for none, TermsError("percent", "out_of_range") outside 1 to 100.
    """
    if not values:
        raise TermsError("values", "missing")
    if not 1 <= percent <= 100:
        raise TermsError("percent", "out_of_range", least=1, most=100)
    return sorted(values)[-(-len(values) * percent // 100) - 1]


def lowest_point(first: date, balances: Sequence[int]) -> Point:
    """The lowest of the balances that begin on `first`, the earliest day that has it."""
    lowest = min(balances)
    return Point(first + timedelta(days=balances.index(lowest)), lowest)


def _gap_ends(balances: Sequence[int]) -> list[tuple[int, int | None]]:
    """For each day, where the balance is lowest before the gap it lies in closes, and where it closes (None: never)."""
    found: list[tuple[int, int | None]] = []
    end, deepest = None, len(balances) - 1
    for i in range(len(balances) - 1, -1, -1):
        if balances[i] >= 0:
            end = deepest = i
        elif balances[i] <= balances[deepest]:
            deepest = i
        found.append((deepest, end))
    return found[::-1]


def _shortfalls(
    opening: int, first: date, ins: Sequence[int], balances: Sequence[int], daily: Sequence[int], due: Iterable[Flow]
) -> Iterable[Shortfall]:
    """Only days that end below zero can hold a shortfall, because money in comes first."""
    by_day: dict[int, list[Flow]] = {i: [] for i, balance in enumerate(balances) if balance < 0}
    for flow in due:
        index = (flow.on - first).days
        if index in by_day and flow.amount_minor < 0:
            by_day[index].append(flow)
    for i, flows in by_day.items():
        day = first + timedelta(days=i)
        cash = (balances[i - 1] if i else opening) + ins[i] - daily[i]
        if daily[i] and cash < 0:
            yield Shortfall(day, "", Role.EVERYDAY, daily[i], min(daily[i], -cash), i)
        if len(flows) > 1:
            flows.sort(key=_rank)
        for flow in flows:
            cash += flow.amount_minor
            if cash < 0:
                yield Shortfall(day, flow.key, flow.role, -flow.amount_minor, min(-flow.amount_minor, -cash), i)


def _rank(flow: Flow) -> int:
    return _RANK[flow.role]
