"""Rows as suggested, written at last: each only where what it rests on is still as the counsellor saw it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import UniqueConstraint, inspect
from sqlalchemy.exc import IntegrityError

from .. import clock
from ..access import select_rows
from ..budget import services as budget
from ..cases.calendar import calendar_of
from ..changing import SUGGESTABLE, Change, from_json, values_of
from ..engine import budget as engine
from ..engine.errors import TermsError
from ..engine.ledger import Purpose
from ..extensions import db
from ..loans import services as loans
from ..models import BudgetLine, Case, CashChange, Loan, Payment, Suggestion, SuggestionItem

# What the values of a form hold together with, besides the columns it changed.
_CONTRACT = ("terms", "currency", "paid_before")
_DATES = ("frequency", "starts_on", "ends_on", "day_of_month", "working_day", "shift")
_ORDER = {"remove": 0, "change": 1, "add": 2}


def in_order(items: Iterable[SuggestionItem]) -> list[SuggestionItem]:
    """As they are written: what goes makes room for what comes."""
    return sorted(items, key=lambda item: (_ORDER[item.action], item.n))


def find_row(model: str, key: int | None, case: Case) -> Any | None:
    """The row of this case that a suggestion is about; None when it is gone."""
    table = SUGGESTABLE[model]
    if table is Case:
        return case if key == case.id else None
    return db.session.scalars(select_rows(table, case).where(table.id == key)).one_or_none()


def values_now(item: SuggestionItem, case: Case) -> Change:
    """What stands now in the columns a suggestion changes; empty when the row is gone."""
    row = find_row(item.model, item.row_id, case) if item.action != "add" else None
    now = values_of(row) if row is not None else {}
    return {name: now[name] for name in item.before if name in now}


def is_stale(item: SuggestionItem, case: Case) -> bool:
    """Whether the world changed under a suggestion: the row, what it refers to, or what its form had made sure of."""
    if item.action == "add":
        return not _can_add(item, case)
    row = find_row(item.model, item.row_id, case)
    if row is None:
        return True
    now = values_of(row)
    if any(now[name] != value for name, value in item.before.items()):
        return True
    if item.action == "remove":
        return _children_of(row) != {each["row_id"]: each["before"] for each in item.children}
    return _differs(item.suggestion, f"{item.model}-{item.row_id}", now, _held_with(item))


def write(item: SuggestionItem, case: Case) -> bool:
    """Do what an item says, in the session alone; False, and nothing, where the database has something against it."""
    try:
        with db.session.begin_nested():
            _write(item, case)
            db.session.flush()
    except IntegrityError:
        return False
    return True


def _write(item: SuggestionItem, case: Case) -> None:
    if item.action == "add":
        _add(SUGGESTABLE[item.model], item.after, item.children, case)
        return
    row = find_row(item.model, item.row_id, case)
    if item.action == "remove":
        db.session.delete(row)
        return
    for name, value in item.after.items():
        setattr(row, name, from_json(type(row), name, value))


def _add(model: type[Any], values: Change, children: list[Change], case: Case, parent: Any = None) -> None:
    """A new row; one that belongs to another new row gets that one's key, which nobody knew before."""
    given = {name: from_json(model, name, value) for name, value in values.items()}
    if parent is not None:
        given |= {key.parent.name: parent.id for key in model.__table__.foreign_keys
                  if key.column.table is type(parent).__table__}  # fmt: skip
    if "created_at" in inspect(model).column_attrs:
        given["created_at"] = clock.now()
    if model is CashChange:
        for earlier in _same_payment(given["line_id"], given["on"], case):
            db.session.delete(earlier)
        db.session.flush()
    row = model(case_id=case.id, **given)
    db.session.add(row)
    db.session.flush()
    for each in children:
        _add(SUGGESTABLE[each["model"]], each["after"], each["children"], case, row)


def _can_add(item: SuggestionItem, case: Case) -> bool:
    model, values = SUGGESTABLE[item.model], item.after
    given = {name: from_json(model, name, value) for name, value in values.items()}
    if not _stands_alone(model, given, case) or not all(_is_as_seen(item, *up, case) for up in _referred(model, given)):
        return False
    if model is CashChange:
        return _can_move(item, given, case)
    return model is not Payment or _can_pay(given, case)


def _stands_alone(model: type[Any], given: Change, case: Case) -> bool:
    """Whether nothing takes the place that only one row may have: a calendar's day, a heading's guideline."""
    for rule in model.__table__.constraints:
        names = [column.name for column in rule.columns if column.name != "case_id"]
        if isinstance(rule, UniqueConstraint) and all(given.get(name) is not None for name in names):
            same = select_rows(model, case).where(*(getattr(model, name) == given[name] for name in names))
            if db.session.scalars(same.limit(1)).first() is not None:
                return False
    return True


def _referred(model: type[Any], given: Change) -> list[tuple[str, int]]:
    tables = {each.__table__: name for name, each in SUGGESTABLE.items() if each is not Case}
    return [(tables[key.column.table], given[key.parent.name]) for key in model.__table__.foreign_keys
            if key.column.table in tables and given.get(key.parent.name) is not None]  # fmt: skip


def _is_as_seen(item: SuggestionItem, model: str, key: int, case: Case) -> bool:
    row = find_row(model, key, case)
    names = _DATES if model == BudgetLine.__name__ else (*_CONTRACT, "closed_on")
    return row is not None and not _differs(item.suggestion, f"{model}-{key}", values_of(row), names)


def _differs(suggestion: Suggestion, name: str, now: Change, columns: Iterable[str]) -> bool:
    seen = suggestion.about.get("seen", {}).get(name, {})
    return any(column in seen and seen[column] != now[column] for column in columns)


def _held_with(item: SuggestionItem) -> Iterable[str]:
    if item.model == BudgetLine.__name__:
        return ("kind", "amount_minor", "category", *_DATES) if item.before.keys() - {"name", "note"} else ()
    if item.model == Loan.__name__:
        return _CONTRACT if item.before.keys() - {"closed_on"} else ()
    return ()


def _children_of(row: Any) -> dict[int, Change]:
    """The rows that go with this one, by key."""
    return {each.id: values_of(each) for each in row.payments} if isinstance(row, Loan) else {}


def _same_payment(line_id: int, on: date, case: Case) -> list[CashChange]:
    same = select_rows(CashChange, case).where(CashChange.line_id == line_id, CashChange.on == on)
    return list(db.session.scalars(same))


def _can_move(item: SuggestionItem, given: Change, case: Case) -> bool:
    """Whether the line still has this payment, and nobody else moved it since."""
    replaced = {each.row_id for each in item.suggestion.items if each.action == "remove" and each.model == item.model}
    if any(each.id not in replaced for each in _same_payment(given["line_id"], given["on"], case)):
        return False
    line, on = find_row(BudgetLine.__name__, given["line_id"], case), given["on"]
    return line is not None and on in engine.occurrences(budget.to_engine(line), on, on, calendar_of(case, on, on))


def _can_pay(given: Change, case: Case) -> bool:
    """Whether it is not recorded already, and the contract can take it."""
    loan = find_row(Loan.__name__, given["loan_id"], case)
    if loan is None:
        return False
    live = loans.live_payments(loan)
    if any((each.amount_minor, each.paid_on) == (given["amount_minor"], given["paid_on"]) for each in live):
        return False
    n, rows = given["instalment_n"], loans.position(loan, clock.today(case.timezone)).ledger.rows
    if n is not None:
        return bool(1 <= n <= len(rows)) and not rows[n - 1].is_paid
    return given["purpose"] == Purpose.INSTALMENT or _takes(loan, given)


def _takes(loan: Loan, given: Change) -> bool:
    """Whether money for the principal is no more than is owed: tried on the contract and let go."""
    tried = db.session.begin_nested()
    try:
        loans.add_payment(loan, given["amount_minor"], given["paid_on"], None, Purpose(given["purpose"]))
    except TermsError:
        return False
    finally:
        tried.rollback()
    return True
