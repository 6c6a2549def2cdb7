"""What became of many clients, in figures that tell nothing of any one of them.

A count of 1 to 4 clients is not published, nor is what would give it away: in a table that adds up to a published total, every
part below 5 is kept back together, zeros among them, and where these could still be worked out from the total, every part is. An
amount is published when 5 clients or more stand behind it. Whoever knows these rules and reads the whole table still finds at
least two values possible for each part that is kept back (tests/engine/test_outcomes.py tries them all).

What is published is rounded, so that two reports over nearly the same clients do not give one of them away by subtraction:
counts to fives, an amount to a step no smaller than the most any one client adds to it (a 1, 2 or 5 with zeros, at least 100 of
the currency). By how much a client more or less moves an amount stays open by at least as much as they owe.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median
from typing import NamedTuple

from .money import currency

LEAST = 5
COUNTS_TO, AMOUNTS_TO = 5, 100
ANSWERS = ("accept", "counter", "ask", "decline", "unanswered")
COURSES = ("better", "same", "worse", "unknown")
DAYS = ("avoided", "came_true")


class Shown(StrEnum):
    """How a figure is published: rounded, as "fewer than 5", or not at all."""

    EXACT = "exact"
    FEW = "few"
    HIDDEN = "hidden"


class Count(NamedTuple):
    """A true count, and how many clients stand behind it."""

    number: int
    clients: int


@dataclass(frozen=True, slots=True)
class Cell:
    """A published figure; `value` is None unless it is shown, rounded, or where there is nothing to take a figure of."""

    shown: Shown
    value: int | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A published total and its parts, by key."""

    total: Cell
    parts: Mapping[str, Cell]


@dataclass(frozen=True, slots=True)
class Sums:
    """What was overdue in one currency when consent began and at the end, in minor units."""

    currency: str
    then: Cell
    now: Cell


@dataclass(frozen=True, slots=True)
class ClientFacts:
    """What is known of one client within the time of the report and of their consent.

    `then` and `now` are what is overdue by currency, in minor units, and None where the loans are not shared. Of the days that
    were named as short and had an instalment, `avoided` did not come true. `answers` has a word of ANSWERS for each proposal
    sent, `reply_days` the days each first answer took.
    """

    then: Mapping[str, int] | None = None
    now: Mapping[str, int] | None = None
    avoided: int = 0
    came_true: int = 0
    answers: tuple[str, ...] = ()
    reply_days: tuple[int, ...] = ()

    @property
    def course(self) -> str:
        """Whether less is overdue than when consent began: better only where no currency has more, worse where any has."""
        if self.then is None or self.now is None:
            return "unknown"
        changes = [self.now.get(code, 0) - self.then.get(code, 0) for code in {*self.then, *self.now}]
        if any(change > 0 for change in changes):
            return "worse"
        return "better" if any(change < 0 for change in changes) else "same"


@dataclass(frozen=True, slots=True)
class Report:
    """What is published. `course` adds up to the clients helped, `answers` to the proposals sent, `days` to those named."""

    withdrawn: Cell
    course: Table
    answers: Table
    days: Table
    reply_days: Cell
    overdue: tuple[Sums, ...]


def report(clients: Sequence[ClientFacts], withdrawn: int) -> Report:
    """The report over these clients; of `withdrawn` others, who took their consent back, nothing but their number is known."""
    waits = [days for client in clients for days in client.reply_days]
    return Report(
        single(Count(withdrawn, withdrawn)),
        table({key: _counted(int(c.course == key) for c in clients) for key in COURSES}, len(clients)),
        table({key: _counted(c.answers.count(key) for c in clients) for key in ANSWERS}, _some(c.answers for c in clients)),
        table({key: _counted(getattr(c, key) for c in clients) for key in DAYS},
              _some(c.avoided + c.came_true for c in clients)),
        _median(waits, _some(c.reply_days for c in clients)),
        tuple(_sums(clients, code) for code in _currencies(clients)),
    )  # fmt: skip


def single(count: Count) -> Cell:
    """A count that is part of no table."""
    return Cell(Shown.FEW) if 0 < count.clients < LEAST else Cell(Shown.EXACT, rounded(count.number, COUNTS_TO))


def table(parts: Mapping[str, Count], clients: int) -> Table:
    """A total and its parts; `clients` stand behind the total, of whom one may stand behind several parts.

    Each is rounded by itself, so that they need not add up any more.
    """
    total = single(Count(sum(count.number for count in parts.values()), clients))
    hidden = set(parts) if total.shown != Shown.EXACT else kept_back(parts)
    shown = {
        key: Cell(Shown.HIDDEN) if key in hidden else Cell(Shown.EXACT, rounded(count.number, COUNTS_TO))
        for key, count in parts.items()
    }
    return Table(total, shown)


def kept_back(parts: Mapping[str, Count]) -> set[str]:
    """The parts of a published total that are not published: none where no part has 1 to 4 clients behind it."""
    if not any(0 < count.clients < LEAST for count in parts.values()):
        return set()
    small = {key for key, count in parts.items() if count.clients < LEAST}
    # One part alone is the total less the others; parts that (nearly) all have the most they may have are known from their sum.
    is_open = len(small) > 1 and sum(parts[key].number for key in small) < (LEAST - 1) * len(small) - 1
    return small if is_open else set(parts)


def rounded(number: int, to: int) -> int:
    """The multiple of `to` that is nearest, the larger of two; `number` is not negative."""
    return (2 * number + to) // (2 * to) * to


def step_of(amounts: Iterable[int], code: str) -> int:
    """What the sum of these minor units is rounded to: the smallest of 1, 2, 5, 10 and so on times the least that holds each."""
    unit, most = AMOUNTS_TO * 10 ** currency(code).minor_digits, max(amounts, default=0)
    while True:
        for times in (1, 2, 5):
            if unit * times >= most:
                return unit * times
        unit *= 10


def _counted(numbers: Iterable[int]) -> Count:
    found = [number for number in numbers if number]
    return Count(sum(found), len(found))


def _some(values: Iterable[object]) -> int:
    return sum(bool(value) for value in values)


def _median(days: Sequence[int], clients: int) -> Cell:
    if 0 < clients < LEAST:
        return Cell(Shown.HIDDEN)
    return Cell(Shown.EXACT, rounded(int(2 * median(days)), 2) // 2 if days else None)


def _currencies(clients: Iterable[ClientFacts]) -> list[str]:
    return sorted({code for client in clients for side in (client.then, client.now) for code in side or ()})


def _sums(clients: Iterable[ClientFacts], code: str) -> Sums:
    both = [(c.then.get(code, 0), c.now.get(code, 0)) for c in clients if c.then is not None and c.now is not None]
    return Sums(code, *(_sum([pair[side] for pair in both], code) for side in (0, 1)))


def _sum(amounts: Sequence[int], code: str) -> Cell:
    behind = sum(bool(amount) for amount in amounts)
    if 0 < behind < LEAST:
        return Cell(Shown.HIDDEN)
    return Cell(Shown.EXACT, rounded(sum(amounts), step_of(amounts, code)))
