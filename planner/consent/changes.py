"""Changes in words: what planner/watching.py takes down of a row, as label, before and after, for whoever reads or approves it.

A kind of row or a column that has no words here still gets a plain line; nothing that was taken down breaks a page.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ..access import select_rows
from ..engine.contract import terms_from_dict
from ..engine.errors import EngineError
from ..engine.late import late_from_dict
from ..extensions import db
from ..loans.forms import LoanForm
from ..loans.late_form import LateForm
from ..loans.late_form import form_values as late_values
from ..loans.shown import terms_values
from ..models import BudgetLine, Case, Evidence, Loan, OwnedByCase, Payment, Proposal, ProposalItem
from .fields import COLUMNS, Field, Shower, entered, is_entered, text

Change = Mapping[str, Any]
Values = Mapping[str, Any]
NOUNS = {
    "BudgetLine": _l("Budget line"), "CashChange": _l("Payment moved once"), "Guideline": _l("Guideline"),
    "CalendarDay": _l("Day of the calendar"), "Case": _l("The file"), "Loan": _l("Loan"), "Payment": _l("Payment on a loan"),
    "Proposal": _l("Plan"), "ProposalItem": _l("Offer to a lender"), "ProposalVersion": _l("Version of a plan"),
    "Evidence": _l("File"), "Response": _l("A lender's answer"), "Confirmation": _l("A lender's written word"),
    "Arrangement": _l("Agreement"), "Share": _l("Link for a lender"), "StatementImport": _l("Bank statement"),
    "Transaction": _l("Entry of a statement"), "PayeeRule": _l("Rule for entries of a statement"),
}  # fmt: skip
LINES = {"income": _l("Income"), "expense": _l("Expense")}
ACTIONS = {"add": _l("Added: %(what)s"), "change": _l("Changed: %(what)s"), "remove": _l("Removed: %(what)s")}
# What a kind of row is called by, and its table where a change names too little of it.
_NAMED_BY = {
    "BudgetLine": ("name",), "Loan": ("name", "creditor"), "Proposal": ("reference",), "Evidence": ("name",),
    "StatementImport": ("file_name",), "Transaction": ("counterparty",), "PayeeRule": ("payee",),
}  # fmt: skip
_TABLES: dict[str, type[OwnedByCase]] = {
    model.__name__: model for model in (BudgetLine, Evidence, Loan, Payment, Proposal, ProposalItem)
}
_PARENTS = {"loan_id": "Loan", "line_id": "BudgetLine", "item_id": "ProposalItem", "proposal_id": "Proposal"}
# Columns with words of their own, and those that are keys, secrets or bookkeeping: nobody is told of these.
_APART = frozenset({"terms", "late_rules"})
_UNSAID = frozenset({"kind_of", "sha256", "stored_as", "token_hash", "passcode_hash", "fingerprint", "signature", "n", "value",
                     "view_count", "wrong_codes", "creditor_n", "mapping", "account", "direction"})  # fmt: skip
_UNREADABLE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, EngineError)


class Line(NamedTuple):
    """One field of a row: what it is called, and how it reads before and after; empty where it was or is nothing."""

    label: str
    before: str
    after: str


class Told(NamedTuple):
    """A row's change in words, with the rows that come or go with it."""

    title: str
    lines: list[Line]
    children: list[Told]


Rows = Mapping[tuple[str, int], Any]


def tell(case: Case, changes: Iterable[Change]) -> list[Told]:
    """Changes in words, with the names and currencies of the rows they are about; at most one query a table."""
    found = list(changes)
    rows = find_rows(case, found)
    return [_told(each, rows, case.currency) for each in found]


def describe(change: Change, currency: str) -> list[Line]:
    """A row's change field by field. Amounts are minor units of `currency`, a loan's of its own where the change says it."""
    model, before, after = _model(change), _said(change, "before"), _said(change, "after")
    code = str(after.get("currency") or before.get("currency") or currency)
    lines = [
        _line(_field(model, name), before.get(name), after.get(name), code)
        for name in dict.fromkeys((*before, *after))
        if _is_told(model, name)
    ]
    if model == "Loan":
        lines += _parts(before.get("terms"), after.get("terms"), _terms, LoanForm, code)
        lines += _parts(before.get("late_rules"), after.get("late_rules"), _late, LateForm, code)
    return [line for line in lines if line.before != line.after]


def title(change: Change, row: Any | None = None) -> str:
    """What was done with which row: Changed: Expense (Rent). `row` is the row itself where it still stands."""
    model = _model(change)
    noun = str(NOUNS.get(model) or _("Entry"))
    if model == "BudgetLine":
        noun = str(LINES.get(str(_value(change, row, "kind")), noun))
    names = (_value(change, row, name) for name in _NAMED_BY.get(model, ()))
    name = next((str(each) for each in names if each), "")
    what = _("%(noun)s (%(name)s)", noun=noun, name=name) if name else noun
    return str(ACTIONS.get(str(change.get("action")), ACTIONS["change"])) % {"what": what}


def find_rows(case: Case, changes: Iterable[Change]) -> dict[tuple[str, int], Any]:
    """The rows that these changes are about or refer to, as far as they still stand, by table and key."""
    wanted: dict[str, set[int]] = {}
    for change in _with_children(changes):
        for model, key in _refers_to(change):
            wanted.setdefault(model, set()).add(key)
    found: dict[tuple[str, int], Any] = {}
    # Offers before their loans, payments before theirs: what refers to others first.
    for model in sorted(wanted.keys() & _TABLES.keys(), key=lambda name: name in ("Loan", "BudgetLine", "Proposal")):
        table = _TABLES[model]
        for row in db.session.scalars(select_rows(table, case).where(table.id.in_(wanted[model]))):
            found[model, row.id] = row
            for column, parent in _PARENTS.items():
                if isinstance(getattr(row, column, None), int):
                    wanted.setdefault(parent, set()).add(getattr(row, column))
    missing = {key for key in wanted.get("Loan", ()) if ("Loan", key) not in found}
    for loan in db.session.scalars(select_rows(Loan, case).where(Loan.id.in_(missing))) if missing else ():
        found["Loan", loan.id] = loan
    return found


def _told(change: Change, rows: Rows, currency: str) -> Told:
    row = rows.get((_model(change), change.get("row_id") or 0))
    code = _currency(change, rows, currency)
    said = title(change, row)
    about = _loan_of(change, rows)
    if about is not None and _model(change) != "Loan":
        said = _("%(title)s, %(name)s", title=said, name=about.title)
    return Told(said, describe(change, code), [_told(each, rows, code) for each in change.get("children") or ()])


def _currency(change: Change, rows: Rows, currency: str) -> str:
    loan = _loan_of(change, rows)
    return loan.currency if loan is not None else currency


def _loan_of(change: Change, rows: Rows) -> Any | None:
    """The loan a row is, or belongs to, by itself or by the offer it is about."""
    found = dict(_refers_to(change))
    row = rows.get((_model(change), change.get("row_id") or 0))
    item = rows.get(("ProposalItem", found.get("ProposalItem", 0)))
    keys = (found.get("Loan"), getattr(row, "loan_id", None), getattr(item, "loan_id", None))
    return next((rows["Loan", key] for key in keys if key is not None and ("Loan", key) in rows), None)


def _refers_to(change: Change) -> list[tuple[str, int]]:
    found = [(_model(change), change["row_id"])] if isinstance(change.get("row_id"), int) else []
    values = {**_said(change, "before"), **_said(change, "after")}
    return found + [(model, values[name]) for name, model in _PARENTS.items() if isinstance(values.get(name), int)]


def _with_children(changes: Iterable[Change]) -> Iterable[Change]:
    for change in changes:
        yield change
        yield from _with_children(change.get("children") or ())


def _is_told(model: str, name: str) -> bool:
    if name in COLUMNS.get(model, {}):
        return True
    apart = model == "Loan" and name in _APART
    return not apart and not name.endswith("_id") and name not in _UNSAID and (model, name) != ("BudgetLine", "kind")


def _field(model: str, name: str) -> Field:
    known = COLUMNS.get(model, {}).get(name)
    return known or Field(name.removesuffix("_minor").replace("_", " ").capitalize(), text)


def _line(field: Field, before: Any, after: Any, code: str) -> Line:
    return Line(str(field.label), _shown(field.show, before, code), _shown(field.show, after, code))


def _shown(show: Shower, value: Any, code: str) -> str:
    """A value in words; one that nobody can read any more as it stands, nothing as an empty text."""
    if value in (None, "", [], {}, ()):
        return ""
    try:
        return show(value, code)
    except _UNREADABLE:
        return str(value)


def _parts(before: Any, after: Any, read: Any, form: Any, code: str) -> list[Line]:
    """What differs between two contracts, or two sets of rules, in the words of the form that makes them."""
    if before == after:
        return []
    old, new = read(before), read(after)
    lines = [
        _line(entered(form, name), old.get(name), new.get(name), code)
        for name in {**old, **new}
        if is_entered(form, name)
    ]
    told = [line for line in lines if line.before != line.after]
    return told or [Line(_("What the contract says"), "", _("changed in a way this page does not show"))]


def _terms(value: Any) -> dict[str, Any]:
    """A contract in the fields of its form; nothing where it cannot be read."""
    try:
        return terms_values(terms_from_dict(value)) if value else {}
    except _UNREADABLE:
        return {}


def _late(value: Any) -> dict[str, Any]:
    try:
        return late_values(late_from_dict(value)) if value else {}
    except (*_UNREADABLE, StopIteration):
        return {}


def _said(change: Change, when: str) -> Values:
    found = change.get(when)
    return found if isinstance(found, Mapping) else {}


def _value(change: Change, row: Any | None, name: str) -> Any:
    values = {**_said(change, "before"), **_said(change, "after")}
    return values.get(name) or getattr(row, name, None)


def _model(change: Change) -> str:
    return str(change.get("model") or "")
