"""Whatever changes a household's loans, money or wishes puts it at the front of what is worked out next: its reminders, and the
figures its counsellor's caseload shows.

The change is seen where it is stored, so that no feature has to remember to say so.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, cast

from flask import has_app_context
from sqlalchemy import Table, event
from sqlalchemy.orm import Session

from .. import clock
from ..extensions import insert_for
from ..models import (
    Arrangement,
    BudgetLine,
    CalendarDay,
    Case,
    CaseFigures,
    CashChange,
    Confirmation,
    Loan,
    LoanReminders,
    Payment,
    Proposal,
    ProposalItem,
    ReminderPlan,
    ReminderSettings,
    Response,
    Share,
    StatementImport,
)

# What the coming reminders follow from.
_TELLING = (
    Loan, Payment, BudgetLine, CashChange, CalendarDay, ReminderSettings, LoanReminders, Share, Response, Arrangement,
)  # fmt: skip
# What only a caseload's figures follow from: talks that are closed or left out, and payments that go with a statement.
_FIGURES_TOO = (*_TELLING, Confirmation, Proposal, ProposalItem, StatementImport)
_figures = cast(Table, CaseFigures.__table__)


def init() -> None:
    """Begin to notice; once a process."""
    if not event.contains(Session, "after_flush", _after_flush):
        event.listen(Session, "after_flush", _after_flush)


def _after_flush(session: Session, _context: Any) -> None:
    rows = (*session.new, *session.dirty, *session.deleted)
    cases = {row.id for row in (*session.new, *session.dirty) if isinstance(row, Case)}
    gone = {row.id for row in session.deleted if isinstance(row, Case)}
    _mark_stale(session, cases | {row.case_id for row in rows if isinstance(row, _FIGURES_TOO)})
    changed = (cases | {row.case_id for row in rows if isinstance(row, _TELLING)}) - gone
    if changed and has_app_context():
        plan_next(session, changed, clock.now())


def _mark_stale(session: Session, case_ids: set[int]) -> None:
    """Say that figures kept for a caseload are of before this change; a case nobody counsels has none.

    A statement on the table, not on the model: under a consent to suggest it goes back with the rest, and is no change to tell
    of. It writes marked rows too, so as to wait for a worker that is just taking one.
    """
    if case_ids:
        session.execute(_figures.update().where(_figures.c.case_id.in_(case_ids)).values(is_stale=True))


def plan_next(session: Session, case_ids: Iterable[int], now: datetime) -> None:
    """Put these cases at the front of what is worked out next."""
    rows = [{"case_id": key, "next_at": now} for key in case_ids]
    if not rows:
        return
    insert = insert_for(ReminderPlan, session.get_bind()).values(rows)
    session.execute(
        insert.on_conflict_do_update(index_elements=[ReminderPlan.case_id], set_={"next_at": insert.excluded.next_at})
    )
