"""The reminders beside the steps of an instalment: a day that will not fit, the last day to ask, the day to send, a step put off.

Pure: `now`, the household's rules and what was told before come in as arguments.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from .calendars import WEEKDAYS, IsWorkingDay, Shift, shifted
from .errors import TermsError
from .reminding import Rules, Step, fires_at, is_paused, local_date, quiet_until

# A red day is told from two weeks before (design/mock 06), or three days before its lender's last day to ask.
RED_AHEAD_DAYS = 14
ASK_MARGIN_DAYS = 3
MAX_LEAD_DAYS = 60
# An instalment is told again when it misses a tenth more than was said last; a cent more is no news.
WORSE_BY = 10


class PayWay(StrEnum):
    """How an instalment is paid, which decides how early money must be on its way."""

    POST = "post"
    IN_PERSON = "in_person"
    ONLINE = "online"
    AUTOMATIC = "automatic"


# Days before the due date (reference/formats.md section 5): post 7, in person up to 3, online 1.
# An automatic debit needs the money on the account the day before.
SEND_DAYS = {PayWay.POST: 7, PayWay.IN_PERSON: 3, PayWay.ONLINE: 1, PayWay.AUTOMATIC: 1}


def send_by(due_on: date, way: PayWay, is_working_day: IsWorkingDay = WEEKDAYS) -> date:
    """The last working day on which money paid this way still arrives in time."""
    return shifted(due_on - timedelta(days=SEND_DAYS[way]), Shift.EARLIER, is_working_day)


@dataclass(frozen=True, slots=True)
class HelpWindow:
    """Until when a lender takes a request about an instalment; `days_left` is negative once that has passed."""

    ask_by: date
    days_left: int

    @property
    def is_open(self) -> bool:
        """Whether asking is still in time."""
        return self.days_left >= 0


def help_window(due_on: date, lead_days: int, today: date, is_working_day: IsWorkingDay = WEEKDAYS) -> HelpWindow:
    """Ask at least `lead_days` before the due date, on a day the lender works."""
    if lead_days < 0:
        raise TermsError("lead_days", "negative")
    if lead_days > MAX_LEAD_DAYS:
        raise TermsError("lead_days", "out_of_range", least=0, most=MAX_LEAD_DAYS)
    ask_by = shifted(due_on - timedelta(days=lead_days), Shift.EARLIER, is_working_day)
    return HelpWindow(ask_by, (ask_by - today).days)


@dataclass(frozen=True, slots=True)
class RedNotice:
    """Say that `short_minor` (minor units) will be missing `on` that day; `level` counts the times it was planned, from 1."""

    on: date
    short_minor: int
    level: int
    fire_at: datetime


def red_notices(
    reds: Iterable[tuple[date, int]], told: Mapping[date, Sequence[int]], rules: Rules, *, now: datetime,
    lead_days: Mapping[date, int] | None = None,
) -> list[RedNotice]:  # fmt: skip
    """What is to be said about red days: each once, and again only when it misses a tenth more than was said.

    `reds` are days with what they miss; `told` what was said of a day before, 0 for each time it was left out after all;
    `lead_days` how early its lender wants to be asked. They fire now, or when the quiet hours end; a pause holds them until
    it is over.
    """
    today, fire_at = local_date(now, rules), quiet_until(now, rules) or now
    if is_paused(fire_at, rules):
        return []
    found = []
    for on, short in reds:
        before = told.get(on, ())
        ahead = max(RED_AHEAD_DAYS, (lead_days or {}).get(on, 0) + ASK_MARGIN_DAYS)
        if today <= on <= today + timedelta(days=ahead) and _is_news(short, before):
            found.append(RedNotice(on, short, len(before) + 1, fire_at))
    return found


def _is_news(short: int, before: Sequence[int]) -> bool:
    return short * WORSE_BY > max(before, default=0) * (WORSE_BY + 1)


def ask_by_step(due_on: date, window: HelpWindow) -> Step:
    """The reminder of the day before the last one on which the lender can be asked."""
    return Step((window.ask_by - due_on).days - 1)


def send_by_step(due_on: date, way: PayWay, is_working_day: IsWorkingDay = WEEKDAYS) -> Step | None:
    """The reminder of the day on which money must be on its way; None where a payment arrives within a day."""
    if SEND_DAYS[way] <= 1:
        return None
    return Step((send_by(due_on, way, is_working_day) - due_on).days)


def helps(due_on: date, step: Step, rules: Rules, *, now: datetime) -> bool:
    """Whether such a reminder is still of use at `now`: on its own day only, for the next day is too late for it."""
    fire_at = fires_at(due_on, step, rules)
    return not is_paused(fire_at, rules) and local_date(now, rules) <= local_date(fire_at, rules)


def snooze_until(now: datetime, rules: Rules, days: int) -> date:
    """The day to which a reminder is put off. Raises TermsError("days") below 1 and above 30."""
    if not 1 <= days <= 30:
        raise TermsError("days", "out_of_range", least=1, most=30)
    return local_date(now, rules) + timedelta(days=days)
