"""Which reminder steps of which instalments are due when. Pure: `now`, the time zone and what is paid come in as arguments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum

from .errors import TermsError

MAX_OFFSET_DAYS = 60
_WEEK = 7
# Around midnight, time zones and quiet hours move a firing by less than two days from its plain date.
_DATE_SLACK = timedelta(days=2)


class Drop(StrEnum):
    """Why a reminder is not sent."""

    PAID = "paid"
    ARRANGED = "arranged"
    CLOSED = "closed"
    PAUSED = "paused"
    MUTED = "muted"
    SNOOZED = "snoozed"
    FITS = "fits"
    SEEN = "seen"
    SUPERSEDED = "superseded"
    TOO_LATE = "too_late"


@dataclass(frozen=True, slots=True)
class Step:
    """A reminder `offset_days` after the due date (negative: before), at a time of its own or at that of the rules.

    `channels` are the ways it goes out by; None for those of the household.
    """

    offset_days: int
    send_at: time | None = None
    channels: tuple[str, ...] | None = None


DEFAULT_STEPS = (Step(-7), Step(-3), Step(0), Step(1))


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Local times between which nothing is sent; `start` after `end` runs over midnight, equal times mean never quiet."""

    start: time = time(21)
    end: time = time(9)

    def covers(self, at: time) -> bool:
        """Whether `at` is quiet; the end itself is not."""
        if self.start <= self.end:
            return self.start <= at < self.end
        return at >= self.start or at < self.end


@dataclass(frozen=True, slots=True)
class Rules:
    """What a household wants. `still_helps` is how late a missed step may go out; nothing fires before `paused_until`.

    With `weekly_while_overdue` the oldest unpaid instalment of each loan is remembered every seven days after the last step.
    Raises TermsError("steps") for a step named twice or more than 60 days away.
    """

    zone: tzinfo
    steps: tuple[Step, ...] = DEFAULT_STEPS
    send_at: time = time(9)
    quiet: QuietHours = QuietHours()
    still_helps: timedelta = timedelta(hours=36)
    paused_until: date | None = None
    weekly_while_overdue: bool = True

    def __post_init__(self) -> None:
        offsets = [step.offset_days for step in self.steps]
        if len(set(offsets)) != len(offsets):
            raise TermsError("steps", "twice")
        if any(abs(offset) > MAX_OFFSET_DAYS for offset in offsets):
            raise TermsError("steps", "out_of_range", most=MAX_OFFSET_DAYS)

    def step(self, offset_days: int) -> Step:
        """The step of that day with its own time; one that is not among them, such as a weekly one, has the common time."""
        return next((step for step in self.steps if step.offset_days == offset_days), Step(offset_days))

    def weekly(self, number: int) -> Step:
        """The `number`-th (from 1) weekly step; weeks count from the last step, at the earliest from the day after."""
        last = max((step.offset_days for step in self.steps), default=1)
        return Step(max(last, 1) + _WEEK * number)


@dataclass(frozen=True, slots=True)
class Due:
    """An instalment to be remembered. `settled` says why it no longer is; steps before `known_since` never existed.

    Steps on days before `snoozed_until` are left out: the household put them off to that day.
    """

    loan: int
    n: int
    due_on: date
    settled: Drop | None = None
    known_since: datetime | None = None
    snoozed_until: date | None = None


@dataclass(frozen=True, slots=True)
class DueReminder:
    """One step of one instalment; `(loan, due_on, step)` names it for good. `fire_at` is in UTC.

    `dropped` is why it is not sent, None when it is.
    """

    loan: int
    n: int
    due_on: date
    step: int
    fire_at: datetime
    dropped: Drop | None = None


def due_steps(
    dues: Iterable[Due], rules: Rules, *, now: datetime, horizon: timedelta = timedelta(days=2),
    look_back: timedelta = timedelta(days=7),
) -> tuple[DueReminder, ...]:  # fmt: skip
    """Every step that fires after `now - look_back` and until `now + horizon`, in order; those not to be sent say why.

    Calling it again, later or on another machine, names the same steps with the same instants. It does not hold a late
    step back through the night: ask `quiet_until` before sending.
    """
    dues = list(dues)
    first, last = now - look_back, now + horizon
    oldest = _oldest_unsettled(dues)
    found = []
    for due in dues:
        for step in _steps_between(due, rules, first, last, weekly=oldest.get(due.loan) == due.due_on):
            fire_at = fires_at(due.due_on, step, rules)
            if first < fire_at <= last and not (due.known_since and fire_at < due.known_since):
                reason = drop_reason(due, step, rules, now)
                found.append(DueReminder(due.loan, due.n, due.due_on, step.offset_days, fire_at, reason))
    return tuple(sorted(found, key=lambda r: (r.fire_at, r.due_on, r.loan, r.step)))


def coming(dues: Iterable[Due], rules: Rules, *, now: datetime, count: int = 10) -> tuple[DueReminder, ...]:
    """The next `count` reminders that would be sent as things stand."""
    found = due_steps(dues, rules, now=now, horizon=timedelta(days=400), look_back=timedelta(0))
    return tuple(reminder for reminder in found if reminder.dropped is None)[:count]


def fires_at(due_on: date, step: Step, rules: Rules) -> datetime:
    """The instant (UTC) of a step: its local time, moved to the end of quiet hours when it falls into them.

    A local time that a clock change skips fires as much later as was skipped; one that happens twice fires the first time.
    Quiet hours never push the reminder of the due day itself past that day: it then fires on their end that morning.
    """
    at = step.send_at or rules.send_at
    instant = _instant(due_on + timedelta(days=step.offset_days), at, rules.zone)
    local = instant.astimezone(rules.zone)
    if not rules.quiet.covers(local.time()):
        return instant
    day = _quiet_ends_on(local, rules.quiet)
    if step.offset_days == 0:
        day = min(day, due_on)
    return _instant(day, rules.quiet.end, rules.zone)


def drop_reason(due: Due, step: Step, rules: Rules, now: datetime) -> Drop | None:
    """Why this step is not to be sent at `now`, or at its own time where that is still to come; None when it is.

    Settled, paused, put off, overtaken by a later step, or too late to help.
    """
    if due.settled is not None:
        return due.settled
    fire_at = fires_at(due.due_on, step, rules)
    if is_paused(fire_at, rules):
        return Drop.PAUSED
    if due.snoozed_until is not None and local_date(fire_at, rules) < due.snoozed_until:
        return Drop.SNOOZED
    at = max(now, fire_at)
    if _next_has_fired(due, step, rules, at):
        return Drop.SUPERSEDED
    past_its_point = step.offset_days <= 0 and local_date(at, rules) > due.due_on
    return Drop.TOO_LATE if past_its_point or at - fire_at > rules.still_helps else None


def quiet_until(now: datetime, rules: Rules) -> datetime | None:
    """When (UTC) the quiet hours end that `now` lies in; None outside them. Late and repeated sending waits for it."""
    local = now.astimezone(rules.zone)
    if not rules.quiet.covers(local.time()):
        return None
    return _instant(_quiet_ends_on(local, rules.quiet), rules.quiet.end, rules.zone)


def local_date(instant: datetime, rules: Rules) -> date:
    """The day of an instant on the wall of the household."""
    return instant.astimezone(rules.zone).date()


def is_paused(fire_at: datetime, rules: Rules) -> bool:
    """Whether the household wants nothing yet on the day of `fire_at`."""
    return rules.paused_until is not None and local_date(fire_at, rules) < rules.paused_until


def _oldest_unsettled(dues: Iterable[Due]) -> dict[int, date]:
    """The oldest open due date of each loan: two missed instalments of one loan are one weekly reminder, not two."""
    oldest: dict[int, date] = {}
    for due in dues:
        if due.settled is None:
            oldest[due.loan] = min(due.due_on, oldest.get(due.loan, due.due_on))
    return oldest


def _steps_between(due: Due, rules: Rules, first: datetime, last: datetime, *, weekly: bool) -> Iterator[Step]:
    """The steps whose plain date lies near the window; the exact instants decide later."""
    start = (first - _DATE_SLACK).date() - due.due_on
    end = (last + _DATE_SLACK).date() - due.due_on
    yield from (step for step in rules.steps if start.days <= step.offset_days <= end.days)
    if not (weekly and rules.weekly_while_overdue):
        return
    base = rules.weekly(0).offset_days
    for number in range(max((start.days - base) // _WEEK, 1), (end.days - base) // _WEEK + 1):
        yield rules.weekly(number)


def _next_has_fired(due: Due, step: Step, rules: Rules, now: datetime) -> bool:
    later = [other for other in rules.steps if other.offset_days > step.offset_days]
    return bool(later) and fires_at(due.due_on, min(later, key=lambda s: s.offset_days), rules) <= now


def _instant(day: date, at: time, zone: tzinfo) -> datetime:
    return datetime.combine(day, at, tzinfo=zone).astimezone(UTC)


def _quiet_ends_on(local: datetime, quiet: QuietHours) -> date:
    """The local day on which the quiet hours that `local` lies in end."""
    over_midnight = quiet.start > quiet.end and local.time() >= quiet.start
    return local.date() + timedelta(days=1) if over_midnight else local.date()
