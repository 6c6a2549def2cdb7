"""Rows as JSON, and what one request does to them: gathered flush by flush, told as before and after."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import Date, inspect, select
from sqlalchemy.orm import Mapper, Session

from .models import (
    AuditEntry,
    BudgetLine,
    CalendarDay,
    Case,
    CaseFigures,
    CashChange,
    Consent,
    Guideline,
    Loan,
    Payment,
    ReminderPlan,
    Scope,
    Suggestion,
    SuggestionItem,
)
from .models.base import Instant, Rate

# What can be suggested row by row.
SUGGESTABLE: dict[str, type[Any]] = {
    model.__name__: model for model in (BudgetLine, Case, CalendarDay, CashChange, Guideline, Loan, Payment)
}
# What somebody who may only suggest writes directly: plans of their own, which are nothing until the borrower approves.
DRAFTED = frozenset({"Proposal", "ProposalItem"})
_UNSAID = frozenset({"id", "case_id", "version", "created_at", "updated_at"})
# Rows the app keeps for itself; nobody is told that these changed.
OWN = (AuditEntry, CaseFigures, Consent, ReminderPlan, Suggestion, SuggestionItem)
Change = dict[str, Any]


class Noted(NamedTuple):
    """What happens to a row in this request, and all its columns as they were before; none for a new one."""

    kind: str
    was: Change


class Watch:
    """The changes of one request, gathered as they are flushed. With `suggests` they are not to be stored.

    `allowed` are the tables that may be changed at all; None for any.
    """

    def __init__(self, consent: Consent, *, suggests: bool) -> None:
        self.consent, self.suggests = consent, suggests
        proposes = consent.scope == Scope.PROPOSE
        self.allowed = frozenset(SUGGESTABLE) if suggests else DRAFTED if proposes else None
        self.begin()

    def begin(self) -> None:
        """Nothing is noted yet."""
        self.rows: dict[Any, Noted] = {}
        self.in_bulk = False

    def note(self, session: Session) -> None:
        """Remember how rows were before this flush changes them."""
        for row in filter(_is_told, session.new):
            self.rows.setdefault(row, Noted("add", {}))
        for row in filter(_is_told, session.deleted):
            known = self.rows.pop(row, None)
            if known is None or known.kind != "add":  # what came and went in one request never was
                self.rows[row] = Noted("remove", known.was if known else _was(session, row))
        for row in filter(_is_told, session.dirty):
            if row not in self.rows and session.is_modified(row):
                self.rows[row] = Noted("change", _was(session, row))

    def changes(self) -> list[Change]:
        """What was added, changed and removed, row by row, as JSON; rows of an added row are its children."""
        found = {row: _change(row, noted) for row, noted in self.rows.items() if _counts(row, noted.kind)}
        real = {row: each for row, each in found.items() if each["before"] != each["after"]}
        roots: list[Change] = []
        for row, each in real.items():
            parent = next(
                (real[up] for up in _parents(row, real) if real[up]["action"] == each["action"] != "change"), None
            )
            (roots if parent is None else parent["children"]).append(each)
        return roots

    def seen(self, session: Session) -> Change:
        """The rows that what was done rests on, as they were, by table and key: those changed, and those referred to."""
        found = {_name(row): noted.was for row, noted in self.rows.items() if noted.kind != "add"}
        for row, noted in self.rows.items():
            for up in _referred(session, row) if noted.kind == "add" else ():
                if up not in self.rows:
                    found.setdefault(_name(up), values_of(up))
        return found


def values_of(row: Any) -> Change:
    """A row's columns as JSON, without its keys."""
    mapper: Mapper[Any] = inspect(row).mapper
    return {
        attr.key: to_json(getattr(row, attr.key))
        for attr in mapper.column_attrs
        if attr.key not in _UNSAID and attr.columns[0].name not in _UNSAID
    }


def to_json(value: Any) -> Any:
    """A column's value as JSON keeps it; of a file that waits to be read only its size, which tells enough."""
    if isinstance(value, bytes):
        return len(value)
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


def _change(row: Any, noted: Noted) -> Change:
    """A row's change by column; of a changed row only what is not as it was."""
    was, now = noted.was, {} if noted.kind == "remove" else values_of(row)
    if noted.kind == "change":
        names = [name for name in now if now[name] != was[name]]
        was, now = ({name: values[name] for name in names} for values in (was, now))
    return {
        "action": noted.kind, "model": type(row).__name__, "row_id": None if noted.kind == "add" else row.id,
        "before": was, "after": now, "children": [],
    }  # fmt: skip


def _was(session: Session, row: Any) -> Change:
    """All columns of a row as they are stored; one that was set without being read is read now."""
    found, unread = values_of(row), []
    for attr in inspect(row).mapper.column_attrs:
        history = inspect(row).attrs[attr.key].history
        if attr.key in found and history.has_changes():
            found[attr.key] = to_json(history.deleted[0]) if history.deleted else None
            unread += [] if history.deleted else [attr.key]
    if unread:
        model = type(row)
        stored = session.execute(select(*(getattr(model, name) for name in unread)).where(model.id == row.id)).one()
        found |= {name: to_json(value) for name, value in zip(unread, stored, strict=True)}
    return found


def _is_told(row: Any) -> bool:
    return not isinstance(row, OWN)


def _counts(row: Any, kind: str) -> bool:
    """Whether what was noted of a row still holds: a savepoint may have been taken back since."""
    return bool(inspect(row).persistent) != (kind == "remove")


def _parents(row: Any, among: Iterable[Any]) -> list[Any]:
    """The rows among these that this one refers to."""
    return [
        up for up in among
        if up is not row and any(
            key.column.table is type(up).__table__ and getattr(row, key.parent.name, None) == up.id
            for key in type(row).__table__.foreign_keys
        )
    ]  # fmt: skip


def _referred(session: Session, row: Any) -> list[Any]:
    """The rows of a case that a new row refers to and that were there before."""
    found = []
    for key in type(row).__table__.foreign_keys:
        model = next((each for each in SUGGESTABLE.values() if each.__table__ is key.column.table), None)
        value = getattr(row, key.parent.name, None)
        if model is not None and model is not Case and value is not None:
            found.append(session.get_one(model, value))
    return found


def _name(row: Any) -> str:
    return f"{type(row).__name__}-{row.id}"
