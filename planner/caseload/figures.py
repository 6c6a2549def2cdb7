"""The figures a caseload shows of each case, kept beside it: from the same engine results as the household's own pages.

They are worked out when the case changed (reminders/noticing.py marks them) or its day turned: by the worker, and by the caseload
itself for a few of the rows it shows. Only cases that are shared with a counsellor have any.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, and_, delete, exists, or_, select, true, update

from ..budget import services as budget
from ..engine.negotiation import Stage
from ..extensions import db, insert_for
from ..loans import services as loans
from ..loans.services import LoanPosition
from ..models import Case, CaseFigures, Consent
from ..negotiation.services import Talk
from ..radar import services as radar
from ..radar.services import Radar
from ..reminders.talking import talks_of

CHART_DAYS = 31
BATCH = 20
# The names of what does not fit stand in one column, to be worded in the reader's language later.
SEPARATOR = "\n"
log = logging.getLogger("planner.caseload")


def work_out(case: Case, now: datetime) -> dict[str, Any]:
    """The case's figures at the instant `now`, as columns of CaseFigures. Reads only."""
    today = day_in(case.timezone, now)
    positions = loans.positions(case, today)
    month = budget.month_view(case, today.replace(day=1), today, positions)
    found = {
        "day": today, "worked_out_at": now, "currency": case.currency,
        "income_minor": month.summary.income_minor, "living_minor": month.living_minor,
        "due_minor": month.summary.instalments_minor,
    }  # fmt: skip
    return (
        found
        | _of_loans(positions, case.currency)
        | _of_radar(radar.look(case, today, positions))
        | _of_talks(talks_of(case, now).values())
    )


def short_names(stored: str | None) -> list[str]:
    """The names of what does not fit, as `short_what` keeps them; everyday spending, which has none, in the reader's words."""
    return [name or _("everyday spending") for name in (stored or "").split(SEPARATOR)]


def keep_shared(now: datetime) -> None:
    """Have a row for every case with an open consent, and for no other. Commits."""
    shared = select(Consent.case_id).where(*_open(now)).distinct()
    missing = shared.where(~exists().where(CaseFigures.case_id == Consent.case_id))
    _insert(db.session.scalars(missing).all())
    db.session.execute(delete(CaseFigures).where(CaseFigures.case_id.not_in(shared)))
    db.session.commit()


def refresh_due(now: datetime, most: int | None = None) -> int:
    """Work out the figures whose turn it is, each in a transaction of its own, at most `most`; returns how many."""
    keep_shared(now)
    count, last = 0, 0
    while most is None or count < most:
        keys = _claim(now, last, BATCH if most is None else min(BATCH, most - count))
        if not keys:
            break
        for key in keys:
            _refresh_one(key, now)
        count, last = count + len(keys), max(keys)
    return count


def refresh(case_ids: Sequence[int], now: datetime) -> None:
    """Work these cases' figures out now, those that have none yet too. Each is committed by itself."""
    if not case_ids:
        return
    _insert(case_ids)
    for key in _mark_fresh(CaseFigures.case_id.in_(case_ids)):
        _refresh_one(key, now)


def is_stale(row: Any, timezone: str, now: datetime) -> bool:
    """Whether figures are not today's as the case stands. `row` is CaseFigures, or any row with its columns, perhaps empty."""
    return row is None or row.is_stale is not False or row.day != day_in(timezone, now)


def day_in(zone: str, now: datetime) -> date:
    """The date where that zone is."""
    return now.astimezone(ZoneInfo(zone)).date()


def _of_loans(positions: Sequence[LoanPosition], currency: str) -> dict[str, Any]:
    """What is owed, and how far behind the oldest instalment is. Other currencies count for the days, not for the sums."""
    running = [p for p in positions if not p.is_paid_off]
    own = [p for p in running if p.loan.currency == currency]
    return {
        "owed_minor": sum(p.left_minor for p in own),
        "overdue_days": max((-p.days_left for p in running if p.is_overdue), default=0),
        "overdue_minor": sum(p.ledger.arrears_minor for p in own),
    }


def _of_radar(seen: Radar | None) -> dict[str, Any]:
    """The first day that does not fit, the lowest point, and the coming days; nothing while the money in hand is not known."""
    if seen is None:
        names = ("short_on", "short_minor", "short_what", "lowest_on", "lowest_minor")
        return dict.fromkeys(names) | {"has_balance": False, "chart": []}
    cash = seen.projection
    red = next(iter(cash.red_days), None)
    return {
        "has_balance": True,
        "short_on": red.on if red else None,
        "short_minor": red.short_minor if red else None,
        "short_what": SEPARATOR.join(dict.fromkeys(item.key and seen.name(item.key) for item in red.items))[:200]
        if red
        else None,
        "lowest_on": cash.lowest.on,
        "lowest_minor": cash.lowest.balance_minor,
        "chart": [[point.on.isoformat(), point.balance_minor] for point in cash.points[:CHART_DAYS]],
    }


def _of_talks(talks: Iterable[Talk]) -> dict[str, Any]:
    """When the next reply is due, when an agreement is looked at again, and how many answers nobody has read."""
    found = list(talks)
    replies = [talk.state.reply_due for talk in found if talk.state.reply_due is not None]
    reviews = [
        talk.arrangement.review_on
        for talk in found
        if talk.state.stage == Stage.RUNNING and talk.arrangement and talk.arrangement.review_on
    ]
    return {
        "reply_on": min(replies, default=None),
        "review_on": min(reviews, default=None),
        "answers": sum(len(talk.unread) for talk in found),
    }


def _claim(now: datetime, after: int, most: int) -> list[int]:
    """Take the next cases for this worker alone, by key so that one that cannot be worked out does not come again at once.

    They are marked fresh first: a change made while they are worked out marks them again, and is not lost.
    """
    stale = _stale(now)
    chosen = select(CaseFigures.case_id).join(Case).where(stale, CaseFigures.case_id > after)
    ordered = chosen.order_by(CaseFigures.case_id).limit(most)
    cte = ordered.with_for_update(skip_locked=True, of=CaseFigures).cte("chosen")
    return _mark_fresh(CaseFigures.case_id.in_(select(cte.c.case_id)))


def _mark_fresh(chosen: ColumnElement[bool]) -> list[int]:
    marked = update(CaseFigures).where(chosen).values(is_stale=False).returning(CaseFigures.case_id)
    keys = list(db.session.scalars(marked.execution_options(synchronize_session=False)))
    db.session.commit()
    return keys


def _stale(now: datetime) -> ColumnElement[bool]:
    """Marked as changed, never worked out, or of another day than the household's."""
    zones = db.session.scalars(select(Case.timezone).join(CaseFigures).distinct()).all()
    turned = [and_(Case.timezone == zone, CaseFigures.day != day_in(zone, now)) for zone in zones]
    return or_(CaseFigures.is_stale.is_(True), CaseFigures.day.is_(None), *turned)


def _refresh_one(case_id: int, now: datetime) -> None:
    """One household's odd data must not keep the others' figures from being right; its own stay, and stay marked."""
    mine = update(CaseFigures).where(CaseFigures.case_id == case_id).execution_options(synchronize_session=False)
    try:
        values = work_out(db.session.get_one(Case, case_id), now)
        db.session.execute(mine.values(**values))
        db.session.commit()
    except Exception:
        db.session.rollback()
        log.exception("figures of case %s could not be worked out", case_id)
        db.session.execute(mine.values(is_stale=true()))
        db.session.commit()


def _insert(case_ids: Sequence[int]) -> None:
    """Rows to be filled; somebody else may have made them meanwhile."""
    if case_ids:
        rows = [{"case_id": key, "is_stale": True, "chart": []} for key in case_ids]
        db.session.execute(insert_for(CaseFigures).values(rows).on_conflict_do_nothing())


def _open(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return Consent.ended_at.is_(None), Consent.expires_at > now
