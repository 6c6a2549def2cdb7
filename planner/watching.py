"""What somebody outside the household does in a case: every look and change is written down where the borrower can read it.

Under a consent to suggest, the pages and forms are those of the household. What a form would store is taken up just before it is
stored, taken back, and kept as a suggestion instead: the same checks, the same words, and nothing written behind anybody's back.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from flask import g, has_request_context, request
from sqlalchemy import Date, event, inspect, select
from sqlalchemy.orm import Mapper, ORMExecuteState, Session

from . import clock
from .errors import AccessEnded, NotAllowed
from .extensions import db
from .models import (
    AuditAct,
    AuditEntry,
    BudgetLine,
    CalendarDay,
    Case,
    CashChange,
    Consent,
    Guideline,
    Loan,
    Payment,
    ReminderPlan,
    Suggestion,
    SuggestionItem,
    SuggestionKind,
)
from .models.base import Instant, Rate

# What can be suggested row by row.
SUGGESTABLE: dict[str, type[Any]] = {
    model.__name__: model for model in (BudgetLine, Case, CalendarDay, CashChange, Guideline, Loan, Payment)
}
_UNSAID = frozenset({"id", "case_id", "version", "created_at", "updated_at"})
# Rows the app keeps for itself; nobody is told that these changed.
_OWN = (AuditEntry, Consent, ReminderPlan, Suggestion, SuggestionItem)
Change = dict[str, Any]


class Drafted(Exception):
    """A form was filled in soundly under a consent to suggest: what it would have stored."""

    def __init__(self, changes: list[Change]) -> None:
        super().__init__()
        self.changes = changes


class Watch:
    """The changes of one request, gathered as they are flushed. With `suggests` they are not to be stored."""

    def __init__(self, consent: Consent, *, suggests: bool) -> None:
        self.consent, self.suggests = consent, suggests
        self.before: dict[Any, Change] = {}
        self.kinds: dict[Any, str] = {}
        self.in_bulk = False

    def note(self, session: Session) -> None:
        """Remember how rows were before this flush changes them."""
        for row in session.new:
            self._first(row, "add", {})
        for row in session.deleted:
            self._first(row, "remove", values_of(row))
            self.kinds[row] = "remove"
        for row in session.dirty:
            if session.is_modified(row):
                self._first(row, "change", _old_values(row))

    def _first(self, row: Any, kind: str, before: Change) -> None:
        if isinstance(row, _OWN):
            return
        known = self.before.setdefault(row, {})
        self.before[row] = before | known
        self.kinds.setdefault(row, kind)

    def changes(self) -> list[Change]:
        """What was added, changed and removed, row by row, as JSON; rows of an added row are its children."""
        found = {row: _change(row, kind, self.before[row]) for row, kind in self.kinds.items()}
        real = {row: each for row, each in found.items() if each["before"] != each["after"]}
        for row, each in list(real.items()):
            parent = _parent(row, real)
            if parent is not None and self.kinds[parent] == self.kinds[row] != "change":
                real[parent]["children"].append(each)
                del real[row]
        return list(real.values())


def init() -> None:
    """Begin to watch sessions; once a process. Requests nobody watches pass by."""
    if not event.contains(Session, "before_flush", _before_flush):
        event.listen(Session, "before_flush", _before_flush)
        event.listen(Session, "before_commit", _before_commit)
        event.listen(Session, "do_orm_execute", _before_statement)


def watched(view: Callable[[], Any], consent: Consent, *, suggests: bool) -> tuple[Any, Suggestion | None]:
    """Answer a request of a counsellor. Returns the view's answer, or the suggestion that its form became.

    A look is stored before the answer leaves; a change is stored with the entry that tells of it, in one transaction.
    """
    g.watch = Watch(consent, suggests=suggests)
    try:
        answer = view()
    except Drafted as drafted:
        db.session.rollback()
        g.pop("watch")
        return None, _suggested(consent, drafted.changes)
    finally:
        g.pop("watch", None)
    act = _act_of(answer)
    if request.method in ("GET", "HEAD") or act == AuditAct.TAKE:
        db.session.rollback()
        write_down(consent.case_id, act, who_is(consent), consent)
        db.session.commit()
    return answer, None


def write_down(
    case_id: int, act: AuditAct, who: str, consent: Consent | None, changes: list[Change] | None = None,
    endpoint: str | None = None,
) -> None:  # fmt: skip
    """Put a line into the log that the borrower reads."""
    db.session.add(AuditEntry(
        case_id=case_id, at=clock.now(), user_id=consent.user_id if consent else None,
        agency_id=consent.agency_id if consent else None, who=who, act=act,
        endpoint=endpoint or (request.endpoint if has_request_context() else None) or "", changes=changes or [],
    ))  # fmt: skip


def who_is(consent: Consent) -> str:
    """The counsellor's name and agency, as the log keeps them."""
    return f"{consent.user.name or consent.user.email}, {consent.agency.name}"[:200]


def values_of(row: Any) -> Change:
    """A row's columns as JSON, without its keys."""
    mapper: Mapper[Any] = inspect(row).mapper
    return {
        attr.key: to_json(getattr(row, attr.key))
        for attr in mapper.column_attrs
        if attr.key not in _UNSAID and attr.columns[0].name not in _UNSAID
    }


def to_json(value: Any) -> Any:
    """A column's value as JSON keeps it."""
    if isinstance(value, date | datetime):
        return value.isoformat()
    return format(value, "f") if isinstance(value, Decimal) else value


def from_json(model: type[Any], name: str, value: Any) -> Any:
    """The value of a column as it was before `to_json`."""
    kind = inspect(model).column_attrs[name].columns[0].type
    if value is None:
        return None
    if isinstance(kind, Instant):
        return datetime.fromisoformat(value)
    if isinstance(kind, Date):
        return date.fromisoformat(value)
    return Decimal(value) if isinstance(kind, Rate) else value


def _before_flush(session: Session, _context: Any, _instances: Any) -> None:
    watch = _watch()
    if watch is not None:
        watch.note(session)


def _before_commit(session: Session) -> None:
    watch = _watch()
    if watch is None:
        return
    session.flush()
    _still_open(session, watch.consent)
    changes = watch.changes()
    if watch.suggests:
        if watch.in_bulk or any(
            _model(each) not in SUGGESTABLE for change in changes for each in (change, *change["children"])
        ):
            raise NotAllowed
        raise Drafted(changes)
    if changes or watch.in_bulk:
        write_down(watch.consent.case_id, AuditAct.CHANGE, who_is(watch.consent), watch.consent, changes)
    watch.before, watch.kinds, watch.in_bulk = {}, {}, False


def _before_statement(state: ORMExecuteState) -> None:
    """A statement that changes many rows at once names none of them: it is told of, but cannot be suggested."""
    watch = _watch()
    if watch is None or state.is_select or state.bind_mapper is None or issubclass(state.bind_mapper.class_, _OWN):
        return
    watch.in_bulk = watch.in_bulk or state.is_update or state.is_delete or state.is_insert


def _still_open(session: Session, consent: Consent) -> None:
    """A consent that ended while the form was on its way lets nothing through, and cannot end before this is stored."""
    row = select(Consent.ended_at, Consent.expires_at).where(Consent.id == consent.id).with_for_update(read=True)
    found = session.execute(row).one_or_none()
    if found is None or found.ended_at is not None or found.expires_at <= clock.now():
        raise AccessEnded


def _watch() -> Watch | None:
    return g.get("watch") if g else None


def _suggested(consent: Consent, changes: list[Change]) -> Suggestion | None:
    """The suggestion of these changes, stored; None when the form changed nothing."""
    if not changes:
        return None
    made = Suggestion(
        case_id=consent.case_id, agency_id=consent.agency_id, user_id=consent.user_id, who=who_is(consent),
        kind=SuggestionKind.CHANGES, about={}, created_at=clock.now(),
        items=[
            SuggestionItem(
                case_id=consent.case_id, n=n, action=each["action"], model=each["model"], row_id=each["row_id"],
                before=each["before"], after=each["after"], children=each["children"],
            )
            for n, each in enumerate(changes, 1)
        ],
    )  # fmt: skip
    db.session.add(made)
    write_down(consent.case_id, AuditAct.SUGGEST, who_is(consent), consent, changes)
    db.session.commit()
    return made


def _change(row: Any, kind: str, before: Change) -> Change:
    now = {} if kind == "remove" else values_of(row)
    key = inspect(row).identity
    return {
        "action": kind, "model": type(row).__name__, "row_id": None if kind == "add" or not key else key[0],
        "before": before, "after": {name: now[name] for name in before} if kind == "change" else now, "children": [],
    }  # fmt: skip


def _old_values(row: Any) -> Change:
    """The columns of a row that are about to change, as they were."""
    found = {}
    for attr in inspect(row).mapper.column_attrs:
        history = inspect(row).attrs[attr.key].history
        if attr.key not in _UNSAID and history.has_changes():
            found[attr.key] = to_json(history.deleted[0] if history.deleted else None)
    return found


def _parent(row: Any, among: dict[Any, Change]) -> Any | None:
    """The row among these that this one refers to."""
    tables = {each.__tablename__: each for each in among if each is not row}
    for column in type(row).__table__.columns:
        for key in column.foreign_keys:
            parent = tables.get(key.column.table.name)
            if parent is not None and getattr(row, column.name, None) == parent.id:
                return parent
    return None


def _model(change: Change) -> str:
    return str(change["model"])


def _act_of(answer: Any) -> AuditAct:
    """A page is looked at; a file is taken away."""
    headers = getattr(answer, "headers", {})
    return AuditAct.TAKE if "attachment" in headers.get("Content-Disposition", "") else AuditAct.LOOK
