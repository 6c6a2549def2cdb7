"""What comes back: incomes, bills and repayments found in a history of payments, with their rhythm and next date.

There is no standard to follow here; the rules are our own and stated where they stand. A finding is an offer to confirm,
never a fact: it carries how sure it is and what it rests on.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from .budget import RepeatFrequency
from .calendars import WEEKDAYS, IsWorkingDay, nth_working_day
from .cashflow import percentile
from .dates import add_months
from .errors import TermsError

_LEAST_SCORE = Decimal("0.6")
_WORKING_DAYS = (-1, 1, 2, 3, 4, 5, -2, -3)
_ALIKE = Decimal(
    "1.25"
)  # amounts of one series differ by less than a quarter from their neighbour, else they are two series


class Past(NamedTuple):
    """One payment that happened. `amount_minor` is positive for money in; `who` names the other side as the bank does."""

    on: date
    amount_minor: int
    who: str


class Rhythm(NamedTuple):
    """How often, and on which day: of the month, or the n-th working day (-1 the last); neither for weeks."""

    frequency: RepeatFrequency
    day: int | None = None
    working_day: int | None = None


@dataclass(frozen=True, slots=True)
class Recurring:
    """A series. Amounts are sizes in minor units: the median, and what nine in ten stay above and below.

    `found` are indices into the history; `missed` periods without a payment. `confidence` is from 0 to 1.
    """

    who: str
    is_income: bool
    rhythm: Rhythm
    next_on: date
    typical_minor: int
    low_minor: int
    high_minor: int
    missed: int
    confidence: Decimal
    found: tuple[int, ...]

    @property
    def varies(self) -> bool:
        """Whether the amount is not always about the same (more than a twentieth up or down)."""
        return max(self.high_minor - self.typical_minor, self.typical_minor - self.low_minor) * 20 > self.typical_minor


class _Beat(NamedTuple):
    """A rhythm tried: how far a payment may lie from its day, and how many payments make a series."""

    frequency: RepeatFrequency
    step: int
    in_months: bool
    slack: int
    least: int


# Weekends and a holiday move a monthly payment by up to four days; a yearly one is paid when the letter comes.
_BEATS = (
    _Beat(RepeatFrequency.WEEKLY, 7, False, 1, 4),
    _Beat(RepeatFrequency.FORTNIGHTLY, 14, False, 2, 4),
    _Beat(RepeatFrequency.FOUR_WEEKLY, 28, False, 2, 4),
    _Beat(RepeatFrequency.MONTHLY, 1, True, 4, 3),
    _Beat(RepeatFrequency.QUARTERLY, 3, True, 7, 3),
    _Beat(RepeatFrequency.YEARLY, 12, True, 10, 2),
)


class _Fit(NamedTuple):
    """How well dates follow a beat that falls on `anchor` (a day of the month, or of the week's cycle): each date's slot, and
    the score from 0 to 1."""

    beat: _Beat
    anchor: int
    slots: tuple[int, ...]
    score: Decimal

    @property
    def missed(self) -> int:
        """Periods between the first payment and the last that have none."""
        return max(self.slots) - min(self.slots) + 1 - len(set(self.slots))


def payee(who: str) -> str:
    """The other side without what changes from payment to payment: digits, marks, case."""
    return " ".join(re.sub(r"[\d\W_]+", " ", who.casefold()).split()) or who.casefold().strip()


def find_recurring(
    history: Sequence[Past], today: date, is_working_day: IsWorkingDay = WEEKDAYS
) -> tuple[Recurring, ...]:
    """Every series that is still going on, surest first.

    Payments are grouped by the other side and direction; a group with no rhythm of its own is tried again by amount, then
    by day of the month (a wage paid twice a month). A series whose payment is more than a period overdue has ended.
    """
    groups: dict[tuple[str, bool], list[int]] = defaultdict(list)
    for i, past in enumerate(history):
        if past.amount_minor:
            groups[payee(past.who), past.amount_minor > 0].append(i)
    found: list[Recurring] = []
    for members in groups.values():
        members.sort(key=lambda i: (history[i].on, i))
        for series, fit in _series(history, members):
            one = _described(history, series, fit, is_working_day)
            if one.next_on + timedelta(days=_length(fit.beat)) > today:
                found.append(one)
    return tuple(sorted(found, key=lambda one: (-one.confidence, one.next_on, one.who)))


def _series(history: Sequence[Past], members: Sequence[int]) -> Iterator[tuple[list[int], _Fit]]:
    """The series within one group."""
    for split in (_whole, _by_amount, _by_day):
        fits = [(part, _best(history, part)) for part in split(history, members)]
        sure = [(part, fit) for part, fit in fits if fit is not None]
        if sure:
            yield from sure
            return


def _whole(_history: Sequence[Past], members: Sequence[int]) -> list[list[int]]:
    return [list(members)]


def _by_amount(history: Sequence[Past], members: Sequence[int]) -> list[list[int]]:
    """Parts of about the same amount."""
    ordered = sorted(members, key=lambda i: abs(history[i].amount_minor))
    parts = [[ordered[0]]]
    for i in ordered[1:]:
        alike = abs(history[i].amount_minor) < abs(history[parts[-1][-1]].amount_minor) * _ALIKE
        parts[-1].append(i) if alike else parts.append([i])
    return [sorted(part, key=lambda i: (history[i].on, i)) for part in parts]


def _by_day(history: Sequence[Past], members: Sequence[int]) -> list[list[int]]:
    """Two parts, cut at the two widest gaps between the days of the month they fall on."""
    days = sorted({history[i].on.day for i in members})
    if len(days) < 2:
        return []
    gaps = sorted((later - day, day) for day, later in zip(days, [*days[1:], days[0] + 31], strict=True))[-2:]
    first, second = sorted(day for _gap, day in gaps)
    inside = [i for i in members if first < history[i].on.day <= second]
    return [inside, [i for i in members if i not in set(inside)]]


def _best(history: Sequence[Past], members: Sequence[int]) -> _Fit | None:
    """The rhythm these payments follow best; None when none is good enough."""
    days = [history[i].on for i in members]
    fits = [_fit(days, beat) for beat in _BEATS if len(days) >= beat.least and _could_fit(days, beat)]
    return max((fit for fit in fits if fit.score >= _LEAST_SCORE), key=lambda fit: fit.score, default=None)


def _could_fit(days: Sequence[date], beat: _Beat) -> bool:
    """Whether so many payments could score enough at all: daily shopping is left out before it is looked at closely."""
    periods = ((days[-1] - days[0]).days + 2 * beat.slack) // (beat.step * (28 if beat.in_months else 1)) + 1
    return len(days) * _LEAST_SCORE <= periods


def _fit(days: Sequence[date], beat: _Beat) -> _Fit:
    """Try every day of the beat that occurs. Score: payments in place, over periods and payments out of place, less half a
    point for lying at the edge of the slack."""
    anchors = {day.day for day in days} if beat.in_months else {day.toordinal() % beat.step for day in days}
    return max((_fit_on(days, beat, anchor) for anchor in sorted(anchors)), key=lambda fit: fit.score)


def _fit_on(days: Sequence[date], beat: _Beat, anchor: int) -> _Fit:
    placed = [_slot(day, beat, anchor) for day in days]
    if beat.in_months and beat.step > 1:
        placed = _aligned(placed, beat)
    slots = [slot for slot, _off in placed]
    good = {slot for slot, off in placed if abs(off) <= beat.slack}
    periods = max(slots) - min(slots) + 1
    out_of_place = len(slots) - len(good)
    off_by = sum(min(abs(off), beat.slack) for _number, off in placed)
    score = Decimal(len(good)) / (periods + out_of_place) * (1 - Decimal(off_by) / (2 * len(days) * beat.slack))
    return _Fit(beat, anchor, tuple(slots), score)


def _slot(day: date, beat: _Beat, anchor: int) -> tuple[int, int]:
    """Which period a day belongs to, and how many days it lies from the period's day."""
    if not beat.in_months:
        slot = (day.toordinal() - anchor + beat.step // 2) // beat.step
        return slot, day.toordinal() - anchor - slot * beat.step
    first = day.replace(day=1)
    offs = [(day - add_months(first, n, anchor)).days for n in (-1, 0, 1)]
    nearest = min(range(3), key=lambda n: (abs(offs[n]), n))
    return day.year * 12 + day.month + nearest - 1, offs[nearest]


def _aligned(placed: Sequence[tuple[int, int]], beat: _Beat) -> list[tuple[int, int]]:
    """Months to quarters or years: counted from the month most payments agree on; another month is out of place."""
    rests = [slot % beat.step for slot, _off in placed]
    usual = max(sorted(set(rests)), key=rests.count)
    found = []
    for slot, off in placed:
        months = (slot - usual + beat.step // 2) % beat.step - beat.step // 2
        found.append(((slot - usual - months) // beat.step, off + months * 30))
    return found


def _length(beat: _Beat) -> int:
    """A period in days, the longest it may be, with its slack."""
    return beat.step * (31 if beat.in_months else 1) + beat.slack


def _described(history: Sequence[Past], series: Sequence[int], fit: _Fit, is_working_day: IsWorkingDay) -> Recurring:
    sizes = [abs(history[i].amount_minor) for i in series]
    days = [history[i].on for i in series]
    rhythm = _rhythm(days, fit, is_working_day)
    # Few payments prove little: three count for 3/4 of the score, twelve for 12/13.
    confidence = fit.score * len(series) / (len(series) + 1)
    return Recurring(
        who=history[series[-1]].who, is_income=history[series[0]].amount_minor > 0, rhythm=rhythm,
        next_on=_next(days[-1], fit, rhythm, is_working_day), typical_minor=percentile(sizes, 50),
        low_minor=percentile(sizes, 10), high_minor=percentile(sizes, 90), missed=max(fit.missed, 0),
        confidence=confidence.quantize(Decimal("0.01")), found=tuple(series),
    )  # fmt: skip


def _rhythm(days: Sequence[date], fit: _Fit, is_working_day: IsWorkingDay) -> Rhythm:
    """The day of the month, or the n-th working day when every payment fell on it and no plain day explains them."""
    if not fit.beat.in_months:
        return Rhythm(fit.beat.frequency)
    if fit.beat.frequency == RepeatFrequency.MONTHLY and len({day.day for day in days}) > 1:
        for n in _WORKING_DAYS:
            if all(_is_working_day_n(day, n, is_working_day) for day in days):
                return Rhythm(fit.beat.frequency, working_day=n)
    always_last = all((day + timedelta(days=1)).day == 1 for day in days)
    return Rhythm(fit.beat.frequency, 31 if always_last else fit.anchor)


def _is_working_day_n(day: date, n: int, is_working_day: IsWorkingDay) -> bool:
    try:
        return nth_working_day(day.year, day.month, n, is_working_day) == day
    except TermsError:
        return False


def _next(last: date, fit: _Fit, rhythm: Rhythm, is_working_day: IsWorkingDay) -> date:
    """The day of the period after the last payment's: the beat's own day, however early or late that payment came."""
    slot, off = _slot(last, fit.beat, fit.anchor)
    if not fit.beat.in_months:
        return last + timedelta(days=fit.beat.step - off)
    month = add_months(date((slot - 1) // 12, (slot - 1) % 12 + 1, 1), fit.beat.step)
    if rhythm.working_day is not None:
        return nth_working_day(month.year, month.month, rhythm.working_day, is_working_day)
    return add_months(month, 0, rhythm.day)
