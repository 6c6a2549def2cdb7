"""Everything a household could be reminded of, as steps with instants: its instalments, its red days, and what was put off."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select

from ..cases.calendar import calendar_of
from ..engine import notices, reminding
from ..engine.calendars import WorkCalendar
from ..engine.reminding import Drop, Due, Step, local_date
from ..extensions import db
from ..loans import services as loans
from ..loans.services import LoanPosition
from ..models import Reminder, ReminderKind
from ..negotiation.services import Talk
from ..radar import services as radar
from ..radar.services import Radar
from . import talking
from .planned import Planned
from .talking import talks_of
from .wishes import Wishes

LOOK_BACK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Picture:
    """A household's loans and cash as they stand; `radar` is None while its money in hand is not known or nobody asked."""

    wishes: Wishes
    positions: tuple[LoanPosition, ...]
    radar: Radar | None
    talks: dict[int, Talk]
    snoozed: dict[tuple[int, date], date]

    @property
    def red(self) -> dict[date, int]:
        """The days that will not fit, with what they miss in minor units."""
        return {red.on: red.short_minor for red in self.radar.projection.red_days} if self.radar else {}

    def dues(self) -> list[Due]:
        """The instalments as the rules see them. Steps before the loan was entered here never existed."""
        return [
            due_of(p, n, self.wishes, self.snoozed) for p in self.positions for n in range(1, len(p.ledger.rows) + 1)
        ]


def look(wishes: Wishes, now: datetime) -> Picture:
    """The household's state on its own day, read once."""
    case, today = wishes.case, local_date(now, wishes.rules)
    positions = tuple(loans.positions(case, today))
    seen = radar.look(case, today, positions) if wishes.radar else None
    return Picture(wishes, positions, seen, talks_of(case, now), snoozes_of([case.id]))


def due_of(p: LoanPosition, n: int, wishes: Wishes, snoozed: dict[tuple[int, date], date]) -> Due:
    """The `n`-th instalment of a loan as the rules see it."""
    row = p.ledger.rows[n - 1]
    settled = Drop.PAID if row.is_paid else Drop.MUTED if wishes.of_loan(p.loan.id).is_muted else None
    on = row.instalment.due_date
    return Due(p.loan.id, n, on, settled, p.loan.created_at, snoozed.get((p.loan.id, on)))


def snoozes_of(case_ids: Iterable[int]) -> dict[tuple[int, date], date]:
    """To which day these households put off hearing of an instalment (loan, due date), the latest wish for each."""
    rows = db.session.execute(
        select(Reminder.loan_id, Reminder.due_on, Reminder.step)
        .where(Reminder.case_id.in_(case_ids), Reminder.kind == ReminderKind.SNOOZED).order_by(Reminder.id)
    )  # fmt: skip
    return {(loan_id, due_on): due_on + timedelta(days=step) for loan_id, due_on, step in rows if loan_id}


def planned(picture: Picture, now: datetime, horizon: timedelta) -> list[Planned]:
    """Every reminder that fires from a week ago until `now + horizon`, by time; those not to be sent say why."""
    talks = talking.planned(picture.talks, picture.wishes, now, horizon)
    found = [*_instalments(picture, now, horizon), *_by_lender(picture, now, horizon), *talks]
    return sorted(found, key=lambda each: (each.fire_at, each.due_on, each.key))


def red_days(picture: Picture, told: dict[date, list[int]], now: datetime) -> list[Planned]:
    """What is to be said now about days that will not fit; `told` is what was said of each day before."""
    if picture.radar is None:
        return []
    rules = picture.wishes.rules
    today = local_date(now, rules)
    said = _said_of(picture.radar, told)
    found = notices.red_notices(picture.red.items(), said, rules, now=now, lead_days=_lead_days(picture))
    return [
        Planned(f"radar:{red.on}:{red.level}", ReminderKind.RADAR, None, None, red.on, (today - red.on).days, red.fire_at,
                short_minor=red.short_minor)
        for red in found
    ]  # fmt: skip


def _said_of(seen: Radar, told: dict[date, list[int]]) -> dict[date, list[int]]:
    """What was said of each red day; a gap of everyday spending alone is one, whichever of its days it was told by.

    Its first day moves with every balance that is entered, and is today once it is open. So what counts is all that was said of a
    day since the gap before; for the first gap, since the balance was entered.
    """
    found, since = dict(told), min(seen.case.balance_on or seen.today, seen.today)
    for red in seen.projection.red_days:
        until = red.recovers_on or date.max
        if red.is_everyday:
            found[red.on] = [short for on, shorts in told.items() if since <= on < until for short in shorts]
        since = until
    return found


def next_reminders(picture: Picture, now: datetime, count: int = 10) -> list[Planned]:
    """The next `count` that would be sent as things stand."""
    ahead = planned(picture, now, timedelta(days=400))
    return [each for each in ahead if each.dropped is None and each.fire_at > now][:count]


def _instalments(picture: Picture, now: datetime, horizon: timedelta) -> Iterator[Planned]:
    by_loan: dict[int, list[Due]] = {}
    for due in picture.dues():
        by_loan.setdefault(due.loan, []).append(due)
    for loan_id, dues in by_loan.items():
        rules = picture.wishes.rules_of(loan_id)
        own = {step.offset_days: step.channels for step in rules.steps}
        for r in reminding.due_steps(dues, rules, now=now, horizon=horizon, look_back=LOOK_BACK):
            yield Planned(step_key(r.loan, r.due_on, r.step), ReminderKind.INSTALMENT, r.loan, r.n, r.due_on, r.step, r.fire_at,
                          own.get(r.step), dropped=r.dropped)  # fmt: skip


def _by_lender(picture: Picture, now: datetime, horizon: timedelta) -> Iterator[Planned]:
    """The last day to ask, where the instalment is not known to fit, and the day money must be on its way."""
    if not any(own.lead_days or own.pay_way for own in picture.wishes.loans.values()):
        return
    today = local_date(now, picture.wishes.rules)
    last = today + horizon + timedelta(days=notices.MAX_LEAD_DAYS)
    calendar = calendar_of(picture.wishes.case, today, last)
    for due in picture.dues():
        if due.settled is None and today <= due.due_on <= last:
            yield from _lender_steps(picture, due, calendar, now, now + horizon)


def _lender_steps(
    picture: Picture, due: Due, calendar: WorkCalendar, now: datetime, until: datetime
) -> Iterator[Planned]:
    own, rules = picture.wishes.of_loan(due.loan), picture.wishes.rules_of(due.loan)
    today = local_date(now, rules)
    steps: list[tuple[ReminderKind, Step]] = []
    if own.lead_days and not _fits(picture, due):
        window = notices.help_window(due.due_on, own.lead_days, today, calendar)
        steps.append((ReminderKind.ASK_BY, notices.ask_by_step(due.due_on, window)))
    send = notices.send_by_step(due.due_on, own.pay_way, calendar) if own.pay_way else None
    if send is not None:
        steps.append((ReminderKind.SEND_BY, send))
    for kind, step in steps:
        fire_at = reminding.fires_at(due.due_on, step, rules)
        known = due.known_since is None or fire_at >= due.known_since
        if known and fire_at <= until and notices.helps(due.due_on, step, rules, now=now):
            yield Planned(
                f"{kind}:{due.loan}:{due.due_on}", kind, due.loan, due.n, due.due_on, step.offset_days, fire_at
            )


def _fits(picture: Picture, due: Due) -> bool:
    """Whether the money in hand is known to cover it."""
    return picture.radar is not None and due.due_on not in picture.red


def _lead_days(picture: Picture) -> dict[date, int]:
    """How early the lenders of each red day want to be asked."""
    found: dict[date, int] = {}
    for red in picture.radar.projection.red_days if picture.radar else ():
        owed = (p for item in red.items if picture.radar and (p := picture.radar.position(item.key)))
        found[red.on] = max((picture.wishes.of_loan(p.loan.id).lead_days or 0 for p in owed), default=0)
    return found


def step_key(loan_id: int, due_on: date, step: int) -> str:
    """The name of one step of one instalment."""
    return f"{ReminderKind.INSTALMENT}:{loan_id}:{due_on}:{step}"


def told_before(rows: Iterable[Reminder]) -> dict[date, list[int]]:
    """What was said of each red day, in minor units, on any way; a message left out on all of them said nothing, which is 0.

    It keeps its place all the same: its key is taken.
    """
    found: dict[date, dict[str, int]] = {}
    for row in rows:
        if row.kind == ReminderKind.RADAR and row.short_minor is not None:
            of_day = found.setdefault(row.due_on, {})
            of_day[row.key] = max(of_day.get(row.key, 0), 0 if row.dropped else row.short_minor)
    return {on: list(of_day.values()) for on, of_day in found.items()}
