"""Reminders from plan to delivery, each exactly once.

Planned: a row per loan, due date, step and channel, under a unique key. Claimed: a conditional update with a lease. Attempted is
stored before sending, sent after it; a row whose sender died is claimed again when its lease is over and goes out with the same
Message-ID. What no longer helps is dropped with its reason.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask import current_app
from sqlalchemy import or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from .. import clock, tokens
from ..access import select_rows
from ..delivery import DeliveryError
from ..delivery.email import Mailer, connect
from ..engine import reminding
from ..engine.reminding import Drop, Due, DueReminder, Rules, Step
from ..extensions import db
from ..loans import services as loans
from ..loans.services import LoanPosition
from ..messages import absolute_url
from ..models import Case, Loan, Membership, Reminder, ReminderSettings, ReminderStatus, Role, User
from . import messages

EMAIL = "email"
DEFAULT_STEPS = tuple(step.offset_days for step in reminding.DEFAULT_STEPS)
DEFAULT_SEND_AT = "09:00"
HORIZON = timedelta(days=2)
LEASE = timedelta(minutes=10)
BATCH = 50
MOST_ATTEMPTS = 5
# Minutes until the next try after each failed one.
BACK_OFF = (5, 30, 120, 480)
log = logging.getLogger("planner.reminders")


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a case wants: its stored settings, or the defaults with the borrower's own address."""

    case: Case
    rules: Rules
    email_to: str | None
    show_details: bool


def run_once() -> int:
    """Plan what is coming and send what is due; returns how many were sent. Safe to run anywhere, any number of times."""
    plan(clock.now())
    return send_due(clock.now())


def plan(now: datetime) -> None:
    """Write the rows of the coming two days for every case that has an address to send to."""
    for case in db.session.scalars(select(Case).join(Loan).where(Loan.closed_on.is_(None)).distinct()):
        try:
            plan_case(wishes_of(case), now)
            db.session.commit()
        except Exception:
            # One household's odd data must not keep the others from being reminded.
            db.session.rollback()
            log.exception("reminders of case %s could not be planned", case.id)


def plan_case(wishes: Wishes, now: datetime) -> None:
    """Write the missing rows of one case; those that are there stay as they are."""
    if wishes.email_to is None:
        return
    positions = loans.positions(wishes.case, _local_date(now, wishes.rules))
    for found in reminding.due_steps(dues(positions), wishes.rules, now=now, horizon=HORIZON):
        _insert(wishes.case, found, now)


def send_due(now: datetime) -> int:
    """Claim and send everything whose time has come, batch by batch."""
    sent = 0
    while claimed := claim(now):
        sent += deliver(claimed, now)
    return sent


def claim(now: datetime) -> list[Reminder]:
    """Take the next due rows for this worker alone: they are marked as attempted, with a lease, before anything is sent."""
    ready = or_(Reminder.status == ReminderStatus.SCHEDULED, Reminder.status == ReminderStatus.ATTEMPTED)
    free = or_(Reminder.lease_until.is_(None), Reminder.lease_until <= now)
    chosen = select(Reminder.id).where(ready, free, Reminder.fire_at <= now).order_by(Reminder.fire_at).limit(BATCH)
    chosen = chosen.with_for_update(skip_locked=True)
    taken = (
        update(Reminder)
        .where(Reminder.id.in_(chosen.scalar_subquery()), free)
        .values(status=ReminderStatus.ATTEMPTED, attempts=Reminder.attempts + 1, lease_until=now + LEASE)
        .returning(Reminder.id)
    )
    keys = list(db.session.scalars(taken, execution_options={"synchronize_session": False}))
    db.session.commit()
    db.session.expire_all()
    return list(db.session.scalars(select(Reminder).where(Reminder.id.in_(keys)).order_by(Reminder.fire_at)))


def deliver(claimed: Sequence[Reminder], now: datetime) -> int:
    """Send the claimed rows over one connection; each row's outcome is stored by itself. Returns how many were sent."""
    settings = current_app.config["SETTINGS"]
    try:
        with connect(settings.smtp, settings.mail_from) as mailer:
            return sum(_deliver_one(mailer, reminder, now) for reminder in claimed)
    except DeliveryError as error:
        for reminder in claimed:
            if reminder.status == ReminderStatus.ATTEMPTED and reminder.lease_until is not None:
                _failed(reminder, error, now)
        db.session.commit()
        return 0


def wishes_of(case: Case) -> Wishes:
    """What the case wants, with defaults where nothing was saved. Only the steps shown on the page are sent, each once."""
    settings = find_settings(case)
    zone = ZoneInfo(case.timezone)
    if settings is None:
        return Wishes(case, Rules(zone, weekly_while_overdue=False), account_address(case), show_details=False)
    rules = Rules(
        zone, steps=tuple(Step(days) for days in settings.steps), send_at=time.fromisoformat(settings.send_at)
    )
    return Wishes(case, rules, settings.email_to, settings.show_details)


def find_settings(case: Case) -> ReminderSettings | None:
    """The settings as saved; None while the defaults hold."""
    return db.session.scalars(select_rows(ReminderSettings, case)).one_or_none()


def save_settings(case: Case, steps: Sequence[int], send_at: str, email_to: str | None, show_details: bool) -> None:
    """Keep the settings; rows that were planned by the old ones and not sent yet are planned anew."""
    settings = find_settings(case) or ReminderSettings(case_id=case.id)
    settings.steps, settings.send_at = sorted(set(steps)), send_at
    settings.email_to, settings.show_details = email_to, show_details
    db.session.add(settings)
    waiting = select_rows(Reminder, case).where(Reminder.status == ReminderStatus.SCHEDULED, Reminder.attempts == 0)
    for row in db.session.scalars(waiting):
        db.session.delete(row)
    db.session.flush()


def dues(positions: Iterable[LoanPosition]) -> list[Due]:
    """The instalments as the rules see them. Steps before the loan was entered here never existed."""
    return [
        Due(p.loan.id, row.instalment.n, row.instalment.due_date, Drop.PAID if row.is_paid else None, p.loan.created_at)
        for p in positions
        for row in p.ledger.rows
    ]


def coming(case: Case, now: datetime, count: int = 10) -> list[tuple[DueReminder, LoanPosition]]:
    """The next reminders as things stand, with their loans."""
    rules = wishes_of(case).rules
    positions = loans.positions(case, _local_date(now, rules))
    by_loan = {p.loan.id: p for p in positions}
    return [(found, by_loan[found.loan]) for found in reminding.coming(dues(positions), rules, now=now, count=count)]


def history(case: Case, count: int = 20) -> list[Reminder]:
    """What was sent, failed or dropped last."""
    done = select_rows(Reminder, case).where(Reminder.status != ReminderStatus.SCHEDULED)
    return list(db.session.scalars(done.order_by(Reminder.fire_at.desc()).limit(count)))


def stop_email(case_id: int) -> None:
    """End e-mail for a case, as its unsubscribe link says."""
    case = db.session.get(Case, case_id)
    if case is not None:
        found = wishes_of(case)
        steps = [step.offset_days for step in found.rules.steps]
        save_settings(case, steps, found.rules.send_at.strftime("%H:%M"), None, found.show_details)


def unsubscribe_url(case_id: int) -> str:
    """The signed link that ends e-mail for the case; it serves nothing else."""
    return absolute_url("reminders.unsubscribe", signed=tokens.sign("stop-email", case_id))


def _insert(case: Case, found: DueReminder, now: datetime) -> None:
    """Write one row unless its key is there already; the database decides, so that two planners write one."""
    key = hashlib.sha256(f"{case.id}:{found.loan}:{found.due_on}:{found.step}:{EMAIL}".encode()).hexdigest()[:40]
    values = {
        "case_id": case.id, "loan_id": found.loan, "instalment_n": found.n, "due_on": found.due_on, "step": found.step,
        "channel": EMAIL, "fire_at": found.fire_at, "attempts": 0, "idempotency_key": key, "created_at": now,
        "status": ReminderStatus.DROPPED if found.dropped else ReminderStatus.SCHEDULED, "reason": found.dropped,
    }  # fmt: skip
    insert = (postgresql if db.session.get_bind().dialect.name == "postgresql" else sqlite).insert(Reminder)
    db.session.execute(insert.values(values).on_conflict_do_nothing())


def _deliver_one(mailer: Mailer, reminder: Reminder, now: datetime) -> bool:
    """Send one claimed row if it still helps; its outcome is committed before the next one begins."""
    try:
        sent = _send(mailer, reminder, now)
    except DeliveryError as error:
        _failed(reminder, error, now)
        sent = False
    except Exception:
        db.session.rollback()
        log.exception("reminder %s could not be written", reminder.id)
        _failed(reminder, DeliveryError("fault"), now)
        sent = False
    db.session.commit()
    return sent


def _send(mailer: Mailer, reminder: Reminder, now: datetime) -> bool:
    case = db.session.get_one(Case, reminder.case_id)
    wishes, loan = wishes_of(case), db.session.get_one(Loan, reminder.loan_id)
    position = loans.position(loan, _local_date(now, wishes.rules))
    due = next((d for d in dues([position]) if d.n == reminder.instalment_n and d.due_on == reminder.due_on), None)
    reason = (
        Drop.CLOSED
        if due is None or loan.closed_on
        else reminding.drop_reason(due, Step(reminder.step), wishes.rules, now)
    )
    if reason or wishes.email_to is None:
        reminder.status, reminder.reason, reminder.lease_until = ReminderStatus.DROPPED, reason or "no_address", None
        return False
    waits = (
        reminding.quiet_until(now, wishes.rules) if reminder.attempts > 1 or now - reminder.fire_at > LEASE else None
    )
    if waits is not None:
        reminder.status, reminder.lease_until, reminder.attempts = (
            ReminderStatus.SCHEDULED,
            waits,
            reminder.attempts - 1,
        )
        return False
    mailer.send(
        messages.reminder_email(
            wishes.email_to, case, position, reminder, wishes.show_details, unsubscribe_url(case.id)
        ),
        now,
    )
    reminder.status, reminder.sent_at, reminder.lease_until, reminder.reason = ReminderStatus.SENT, now, None, None
    return True


def _failed(reminder: Reminder, error: DeliveryError, now: datetime) -> None:
    """Try again later, at growing distances; give up visibly when the address is refused or the tries are used up."""
    reminder.reason = str(error)[:200]
    if not error.passing or reminder.attempts >= MOST_ATTEMPTS:
        reminder.status, reminder.lease_until = ReminderStatus.FAILED, None
    else:
        reminder.status = ReminderStatus.SCHEDULED
        reminder.lease_until = now + timedelta(minutes=BACK_OFF[min(reminder.attempts, len(BACK_OFF)) - 1])


def account_address(case: Case) -> str | None:
    """The borrower's own address; a guest has none."""
    mine = select(User.email).join(Membership).where(Membership.case_id == case.id, Membership.role == Role.BORROWER)
    return db.session.scalars(mine.order_by(Membership.id).limit(1)).one_or_none()


def _local_date(now: datetime, rules: Rules) -> date:
    return now.astimezone(rules.zone).date()
