"""What pages and worker ask of the reminders: one round of work, what was said so far, and what a person answers to it."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import selectinload

from .. import clock
from ..access import select_rows
from ..engine import notices, reminding
from ..engine.ledger import LedgerRow
from ..errors import NotFound
from ..extensions import db
from ..loans import services as loans
from ..models import Case, Channel, Dispatch, DispatchStatus, Loan, Payment, Reminder, ReminderKind
from . import batch, planning, sending
from .batch import Letter
from .planned import Planned
from .planning import plan_due
from .wishes import settings_to_change, wishes_of

DONE = (DispatchStatus.SENT, DispatchStatus.FAILED, DispatchStatus.DROPPED, DispatchStatus.ATTEMPTED)


def run_once() -> int:
    """Plan what is coming and send what is due; returns how many messages went out. Safe to run anywhere, any number of times."""
    plan_due(clock.now())
    return sending.send_due(clock.now())


def history(case: Case, count: int = 20) -> list[Dispatch]:
    """The messages sent, failed or dropped last on the ways that carry them to a person; the app's own list is `inbox`."""
    done = select_rows(Dispatch, case).where(
        (Dispatch.status.in_(DONE)) | (Dispatch.attempts > 0), Dispatch.channel != Channel.APP
    )
    ordered = done.options(selectinload(Dispatch.reminders)).order_by(Dispatch.fire_at.desc(), Dispatch.id.desc())
    return list(db.session.scalars(ordered.limit(count)))


def left_out(case: Case, count: int = 20) -> list[Reminder]:
    """The steps decided against last, with the reason why, each once however many ways it would have gone."""
    rows = select_rows(Reminder, case).where(Reminder.dropped.is_not(None), Reminder.channel == Channel.APP)
    return list(db.session.scalars(rows.order_by(Reminder.fire_at.desc()).limit(count)))


def inbox(case: Case, now: datetime, count: int = 30) -> list[Letter]:
    """The messages in the app's own list, the newest first, with everything to word them."""
    mine = select_rows(Dispatch, case).where(Dispatch.channel == Channel.APP, Dispatch.status == DispatchStatus.SENT)
    keys = [row.id for row in db.session.scalars(mine.order_by(Dispatch.fire_at.desc()).limit(count))]
    return batch.load(keys, now)[::-1] if keys else []


def unread(case: Case) -> int:
    """How many messages in the app's list were not seen yet."""
    wanted = select(func.count()).select_from(Dispatch).where(
        Dispatch.case_id == case.id, Dispatch.channel == Channel.APP, Dispatch.status == DispatchStatus.SENT,
        Dispatch.read_at.is_(None),
    )  # fmt: skip
    return db.session.scalar(wanted) or 0


def mark_read(case: Case, now: datetime) -> None:
    """Everything in the app's list was seen."""
    mine = update(Dispatch).where(
        Dispatch.case_id == case.id, Dispatch.channel == Channel.APP, Dispatch.status == DispatchStatus.SENT
    )
    db.session.execute(mine.where(Dispatch.read_at.is_(None)).values(read_at=now))


def find_reminder(key: int) -> Reminder | None:
    """The reminder of a signed link; None when its loan or case is gone."""
    return db.session.get(Reminder, key)


def mark_message_read(reminder: Reminder, now: datetime) -> None:
    """The message that carried this step was seen: somebody acted on it."""
    if reminder.dispatch is not None and reminder.dispatch.read_at is None:
        reminder.dispatch.read_at = now
        db.session.flush()


def mark_paid(reminder: Reminder) -> Payment:
    """Record that the instalment of a reminder was paid today.

    Raises NotFound when its contract no longer has it on that day, Conflict when it is paid.
    """
    loan, today = db.session.get(Loan, reminder.loan_id or 0), _today(reminder)
    if loan is None or reminder.instalment_n is None or _due_row(loan, reminder, today) is None:
        raise NotFound
    return loans.mark_paid(loan, reminder.instalment_n, today)


def snooze(reminder: Reminder, days: int, now: datetime) -> date:
    """Put an instalment off: nothing about it before the morning in `days` days, then one reminder. Returns that day.

    Raises NotFound for a reminder about no instalment, TermsError("days") for a day out of reach.
    """
    if reminder.loan_id is None or reminder.instalment_n is None:
        raise NotFound
    case = db.session.get_one(Case, reminder.case_id)
    rules = wishes_of(case).rules_of(reminder.loan_id)
    until = notices.snooze_until(now, rules, days)
    step = reminding.Step((until - reminder.due_on).days)
    each = Planned(
        f"snoozed:{reminder.loan_id}:{reminder.due_on}:{until}", ReminderKind.SNOOZED, reminder.loan_id,
        reminder.instalment_n, reminder.due_on, step.offset_days, reminding.fires_at(reminder.due_on, step, rules),
    )  # fmt: skip
    planning.put(case, each, now)
    db.session.flush()
    return until


def is_settled(reminder: Reminder) -> bool:
    """Whether the instalment a reminder is about is paid already, or no longer there."""
    loan = db.session.get(Loan, reminder.loan_id or 0)
    row = None if loan is None or loan.closed_on else _due_row(loan, reminder, _today(reminder))
    return row is None or row.is_paid


def _due_row(loan: Loan, reminder: Reminder, today: date) -> LedgerRow | None:
    """The instalment a reminder is about; None when a changed contract no longer has it on that day."""
    rows, n = loans.position(loan, today).ledger.rows, reminder.instalment_n or 0
    return rows[n - 1] if 1 <= n <= len(rows) and rows[n - 1].instalment.due_date == reminder.due_on else None


def _today(reminder: Reminder) -> date:
    return clock.today(db.session.get_one(Case, reminder.case_id).timezone)


def stop_email(case_id: int) -> None:
    """End e-mail for a case, as its unsubscribe link says."""
    case = db.session.get(Case, case_id)
    if case is not None:
        settings_to_change(case).email_to = None
        db.session.flush()
