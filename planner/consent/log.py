"""The log that the borrower reads: who looked at or changed what, newest first, with looks at one page folded together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from sqlalchemy import func, select

from ..access import select_rows
from ..extensions import db
from ..models import AuditAct, AuditEntry, Case
from .changes import Told, tell
from .words import may_words, page_words, part_words

PAGE_SIZE = 100
# Looks at one page that lie no further apart than this are one line.
FOLD = timedelta(minutes=15)


@dataclass(slots=True)
class Line:
    """One line: when (of several looks the last), who, what; and each changed row in words."""

    at: datetime
    who: str
    act: AuditAct
    text: str
    told: list[Told]
    count: int = 1
    first_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Log:
    """One page of the log by day, newest first; `n` of `pages`."""

    days: list[tuple[date, list[Line]]]
    n: int
    pages: int


def read(case: Case, n: int) -> Log:
    """The n-th page, the newest being the first."""
    total = db.session.scalar(select(func.count()).select_from(select_rows(AuditEntry, case).subquery())) or 0
    pages = max(1, -(-total // PAGE_SIZE))
    n = min(max(n, 1), pages)
    newest = select_rows(AuditEntry, case).order_by(AuditEntry.at.desc(), AuditEntry.id.desc())
    rows = db.session.scalars(newest.offset((n - 1) * PAGE_SIZE).limit(PAGE_SIZE)).all()
    return Log(_by_day(_folded(case, rows), ZoneInfo(case.timezone)), n, pages)


def newest(case: Case, count: int) -> list[Line]:
    """The last few lines."""
    rows = select_rows(AuditEntry, case).order_by(AuditEntry.at.desc(), AuditEntry.id.desc()).limit(PAGE_SIZE)
    return _folded(case, db.session.scalars(rows).all())[:count]


def _folded(case: Case, rows: Sequence[AuditEntry]) -> list[Line]:
    """Entries as lines. Of the same person's looks at the same page the newest stays and counts the others; a page and the
    answer to its form that shows it again read the same, and are the same."""
    told = tell(case, [change for row in rows for change in _row_changes(row)])
    lines, looks = list[Line](), dict[tuple[int | None, str, str], Line]()
    for row in rows:
        mine = [told.pop(0) for _each in _row_changes(row)]
        text = _text(row)
        key = (row.user_id, row.who, text)
        known = looks.get(key) if row.act == AuditAct.LOOK else None
        if known is not None and (known.first_at or known.at) - row.at <= FOLD:
            known.count, known.first_at = known.count + 1, row.at
            continue
        line = Line(row.at, row.who, AuditAct(row.act), text, mine)
        lines.append(line)
        if row.act == AuditAct.LOOK:
            looks[key] = line
    return lines


def _row_changes(row: AuditEntry) -> list[dict[str, object]]:
    return [each for each in row.changes if isinstance(each, dict) and "model" in each]


def _text(row: AuditEntry) -> str:
    """What was done, as a sentence without a subject."""
    what = page_words(row.endpoint)
    if row.act == AuditAct.GRANT:
        terms = row.changes[0] if row.changes else {}
        said = {"may": may_words(terms.get("scope")), "parts": part_words(terms.get("parts"))}
        if row.endpoint == "consent.edit_post":
            return _("Access changed: %(may)s. Shared: %(parts)s", **said)
        return _("Access given: %(may)s. Shared: %(parts)s", **said)
    return {
        AuditAct.LOOK: _("Looked at %(what)s", what=what),
        AuditAct.CHANGE: _("Changed %(what)s", what=what),
        AuditAct.SUGGEST: _("Suggested a change to %(what)s", what=what),
        AuditAct.TAKE: _("Took a copy of %(what)s", what=what),
        AuditAct.END: _("Access ended"),
    }[AuditAct(row.act)]


def _by_day(lines: Sequence[Line], zone: ZoneInfo) -> list[tuple[date, list[Line]]]:
    days: dict[date, list[Line]] = {}
    for line in lines:
        days.setdefault(line.at.astimezone(zone).date(), []).append(line)
    return list(days.items())
