"""The list of clients is a look at each of them: a line a day in the log of everyone whose figures it showed a counsellor."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Label, Row, func, insert, select

from ..extensions import db
from ..models import AgencyMember, AuditAct, AuditEntry
from ..watching import who_is
from .figures import day_in

PAGE = "caseload.index"
_TODAY_ANYWHERE = timedelta(days=2)


def told_at(member: AgencyMember, case_id: ColumnElement[Any], now: datetime) -> Label[Any]:
    """When the newest line of these days about this counsellor's list was written into the log of that case."""
    mine = select(func.max(AuditEntry.at)).where(
        AuditEntry.case_id == case_id, AuditEntry.at > now - _TODAY_ANYWHERE, AuditEntry.user_id == member.user_id,
        AuditEntry.act == AuditAct.LOOK, AuditEntry.endpoint == PAGE,
    )  # fmt: skip
    return mine.scalar_subquery().label("told_at")


def tell(member: AgencyMember, rows: Sequence[Row[Any]], now: datetime) -> bool:
    """Write down, in one statement, that these rows of the list were looked at; whether any had no line of today yet.

    Whose day it is: the household's, as in their log.
    """
    shown = [row for row in rows if row.sees_cash or row.sees_loans or row.sees_talks]
    due = [row for row in shown if not row.told_at or day_in(row.timezone, row.told_at) < day_in(row.timezone, now)]
    if not due:
        return False
    same = {"at": now, "user_id": member.user_id, "agency_id": member.agency_id, "who": who_is(member),
            "act": AuditAct.LOOK, "endpoint": PAGE, "changes": []}  # fmt: skip
    db.session.execute(insert(AuditEntry).values([same | {"case_id": row.case_id} for row in due]))
    return True
