"""Whatever changes a household's loans, money or wishes puts it at the front of what is worked out next.

The change is seen where it is stored, so that no feature has to remember to say so.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from flask import has_app_context
from sqlalchemy import event
from sqlalchemy.orm import Session

from .. import clock
from ..extensions import insert_for
from ..models import (
    Arrangement,
    BudgetLine,
    CalendarDay,
    Case,
    CashChange,
    Loan,
    LoanReminders,
    Payment,
    ReminderPlan,
    ReminderSettings,
    Response,
    Share,
)

# What the coming reminders follow from.
_TELLING = (
    Loan, Payment, BudgetLine, CashChange, CalendarDay, ReminderSettings, LoanReminders, Share, Response, Arrangement,
)  # fmt: skip


def init() -> None:
    """Begin to notice; once a process."""
    if not event.contains(Session, "after_flush", _after_flush):
        event.listen(Session, "after_flush", _after_flush)


def _after_flush(session: Session, _context: Any) -> None:
    changed = {row.case_id for row in (*session.new, *session.dirty, *session.deleted) if isinstance(row, _TELLING)}
    changed |= {row.id for row in (*session.new, *session.dirty) if isinstance(row, Case)}
    changed -= {row.id for row in session.deleted if isinstance(row, Case)}
    if not changed or not has_app_context():
        return
    plan_next(session, changed, clock.now())


def plan_next(session: Session, case_ids: Iterable[int], now: datetime) -> None:
    """Put these cases at the front of what is worked out next."""
    rows = [{"case_id": key, "next_at": now} for key in case_ids]
    if not rows:
        return
    insert = insert_for(ReminderPlan, session.get_bind()).values(rows)
    session.execute(
        insert.on_conflict_do_update(index_elements=[ReminderPlan.case_id], set_={"next_at": insert.excluded.next_at})
    )
