"""Trying things out on a loan. What the address holds becomes changes; the engine says what they do.

Changes that are kept while another is tried travel in the address as `and=kind:value:value`, in the words of their fields.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from ..engine.errors import EngineError, NeverPaysOff, TermsError
from ..engine.events import Event, Running, WhatIf, what_if
from ..formatting import day, money
from ..forms import options
from .services import LoanPosition
from .what_if_form import WhatIfForm
from .what_if_kinds import KINDS, ahead

MOST_KEPT = 3
# Which field a refusal of the engine belongs to, where its name is not that of the kind's first field.
_FIELDS = {"until": "until", "on": "settle_on", "day": "day"}


@dataclass(frozen=True, slots=True)
class Change:
    """One change in the form's values: what it is called, what it asks of the engine, and how it stands in an address."""

    kind: str
    event: Event
    words: str
    text: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the changes do together: those kept and the one being tried, and the engine's answer."""

    changes: tuple[Change, ...]
    what: WhatIf

    @property
    def label(self) -> str:
        """The changes in a few words."""
        return ", ".join(change.words for change in self.changes) if len(self.changes) < 2 else _("with all changes")

    @property
    def saved_minor(self) -> int:
        """How much less is paid in all; negative when it is more."""
        return -self.what.total_change_minor

    @property
    def is_better(self) -> bool:
        """Whether the changes cost nothing more."""
        return self.saved_minor >= 0

    @property
    def asks(self) -> bool:
        """Whether a lender has to agree."""
        return any(KINDS[change.kind].asks for change in self.changes)


def read_form(position: LoanPosition, given: MultiDict[str, str]) -> WhatIfForm:
    """The form with what the address holds; what was not asked for starts with a sensible value."""
    form = WhatIfForm(formdata=given or None).in_currency(position.loan.currency)
    form.kind.choices = options(
        (key, kind.label) for key, kind in KINDS.items() if key != "arrears" or position.is_overdue
    )
    if "kind" not in given:
        form.kind.data = "extra" if ahead(position) > 1 else "longer"
    for kind in KINDS.values():
        for name in kind.choices:
            form[name].data = form[name].data if name in given else form[name].default
        for name, start in kind.starts.items():
            if not given.get(name, "").strip():
                form[name].data, form[name].raw_data = start(position), None
    return form


def read_kept(position: LoanPosition, given: MultiDict[str, str]) -> tuple[Change, ...] | None:
    """The changes kept in the address; None when one of them cannot be read: nobody types them."""
    found: list[Change] = []
    for text in given.getlist("and"):
        key, *values = text.split(":")
        kind = KINDS.get(key)
        if kind is None or len(values) != len(kind.fields) or len(found) == MOST_KEPT or len(text) > 200:
            return None
        if not all(value.strip() for value in values):
            return None
        form = read_form(position, MultiDict([("kind", key), *zip(kind.fields, values, strict=True)]))
        change = _find_change(form, position)
        if change is None:
            return None
        found.append(change)
    return tuple(found)


def find_outcome(position: LoanPosition, form: WhatIfForm, kept: Sequence[Change]) -> Outcome | None:
    """The outcome of what the form asks for on top of what is kept; None, with the reason beside its field, when it cannot be."""
    change = _find_change(form, position)
    if change is None or position.next is None:
        return None
    # Where everything left is overdue, that is what a change is about.
    on = position.ledger.as_of if ahead(position) else None
    running = Running(position.terms, position.paid_in_order, position.part_minor, on)
    changes = (*kept, change)
    try:
        what = what_if(running, [one.event for one in sorted(changes, key=lambda one: one.kind == "settle")])
    except EngineError as error:
        form.refuse(_field_of(form.kind.data, error), _reason(error, form, position, kept))
        return None
    return Outcome(changes, what)


def _find_change(form: WhatIfForm, position: LoanPosition) -> Change | None:
    """The change in a form; None, with the reason beside its field, when it is not whole."""
    names = KINDS[form.kind.data].fields if form.kind.data in KINDS else ()
    form.validate()
    for field in form:
        if field.name not in ("kind", *names):
            field.errors = []  # fields of other kinds are not held against anyone
    if any(field.errors for field in form) or not names:
        return None
    kind, values = KINDS[form.kind.data], {name: form[name].data for name in names}
    shown = (form[name].shown(value) if hasattr(form[name], "shown") else value for name, value in values.items())
    text = ":".join([form.kind.data, *map(str, shown)])
    return Change(form.kind.data, kind.event(values), kind.words(values, position.loan.currency), text)


def _field_of(kind: str, error: EngineError) -> str:
    if isinstance(error, TermsError) and _FIELDS.get(error.field) in KINDS[kind].fields:
        return _FIELDS[error.field]
    return KINDS[kind].fields[0]


def _reason(error: EngineError, form: WhatIfForm, position: LoanPosition, kept: Sequence[Change]) -> str:
    cur = position.loan.currency
    if isinstance(error, NeverPaysOff):
        return _("At this pace the debt never ends; try a larger payment")
    if not isinstance(error, TermsError):
        return _("This cannot be worked out for this loan; try another number")
    least: Any = error.params.get("least")
    most: Any = error.params.get("most")
    sentences = {
        "more_than_owed": lambda: _("%(amount)s clears it that day; more is not needed", amount=money(most, cur)),
        "not_lower": lambda: _("The instalment is smaller already; enter at most %(amount)s", amount=money(most, cur)),
        "before_next_due": lambda: _("Enter %(day)s or later: the next instalment is due then", day=day(least, "full")),
        "before_last_due_date": lambda: _("Enter %(day)s or later", day=day(least, "full")),
        "after_last_due_date": lambda: _("Enter %(day)s or earlier: the loan ends then", day=day(most, "full")),
        "not_monthly": lambda: _("This loan is not paid by the month, so it has no day of the month"),
        "nothing_left": lambda: _("The changes before this one already end the loan"),
    }
    if error.code in sentences:
        return sentences[error.code]()
    if error.code == "out_of_range" and error.field == "instalments":
        most = -least if form.way.data == "shorter" else most
    if (
        error.code == "out_of_range"
        and isinstance(most, int)
        and most >= 1
        and error.field in ("count", "first", "instalments")
    ):
        return _("Enter from 1 to %(most)d instalments", most=most)
    return _("This does not go with the other changes; take one of them away") if kept else _(
        "This cannot be worked out for this loan; try another number")  # fmt: skip
