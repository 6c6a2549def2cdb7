"""Suggestions: made by a counsellor, read by who may, decided by the borrower alone, in one transaction."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from flask import g
from sqlalchemy import func, select, update

from .. import clock
from ..access import get_row, select_rows
from ..changing import Change
from ..errors import Conflict, NotFound
from ..extensions import db
from ..models import (
    AuditAct,
    Case,
    Consent,
    Part,
    Suggestion,
    SuggestionItem,
    SuggestionKind,
    User,
)
from ..watching import who_is, write_down
from . import applying, plans

APPROVED, DECLINED, STALE = "approved", "declined", "stale"
_PARTS_OF = {"Loan": {Part.LOANS}, "Payment": {Part.LOANS}, "CashChange": {Part.BUDGET, Part.LOANS}}
_PARTS_OF_KIND = {
    SuggestionKind.PLAN: {Part.PLANS}, SuggestionKind.LETTER: {Part.PLANS}, SuggestionKind.SCENARIO: {Part.LOANS},
}  # fmt: skip


def reader_consent() -> Consent | None:
    """The consent under which the case at hand is read; None for its household."""
    found: Consent | None = g.get("consent")
    return found


def list_suggestions(case: Case) -> list[Suggestion]:
    """Those the reader may see, the newest first: the household all, a counsellor those of the agency about shared parts."""
    found = db.session.scalars(select_rows(Suggestion, case).order_by(Suggestion.id.desc()))
    return [each for each in found if _is_shown(each, reader_consent())]


def get_suggestion(case: Case, key: int) -> Suggestion:
    """One that the reader may see. Raises NotFound."""
    found = get_row(Suggestion, key, case)
    if not _is_shown(found, reader_consent()):
        raise NotFound
    return found


def get_own(case: Case, key: int) -> Suggestion:
    """One that the signed-in counsellor made. Raises NotFound for any other."""
    consent, found = reader_consent(), get_suggestion(case, key)
    if consent is None or found.user_id != consent.user_id:
        raise NotFound
    return found


def waiting(case: Case) -> list[Suggestion]:
    """Those the borrower has not looked at yet, the oldest first."""
    return list(db.session.scalars(_waiting(case).order_by(Suggestion.id)))


def count_waiting(case: Case) -> int:
    """How many of them there are."""
    return db.session.scalar(select(func.count()).select_from(_waiting(case).subquery())) or 0


def parts_of(suggestion: Suggestion) -> frozenset[Part]:
    """The parts of the case that a suggestion shows."""
    found: set[Part] = set(_PARTS_OF_KIND.get(SuggestionKind(suggestion.kind), set()))
    for item in suggestion.items if suggestion.kind == SuggestionKind.CHANGES else ():
        found |= _PARTS_OF.get(item.model, {Part.BUDGET})
    return frozenset(found)


def is_open(suggestion: Suggestion) -> bool:
    """Whether it waits for the borrower."""
    return suggestion.decided_at is None and suggestion.withdrawn_at is None


def make(
    case: Case, kind: SuggestionKind, about: Change, items: Collection[SuggestionItem] = (), *, note: str | None = None,
    proposal_id: int | None = None,
) -> Suggestion:  # fmt: skip
    """Put something before the borrower, and say so in their log. Only somebody with a consent suggests."""
    consent = reader_consent()
    if consent is None:
        raise NotFound
    made = Suggestion(
        case_id=case.id, agency_id=consent.agency_id, user_id=consent.user_id, who=who_is(consent), kind=kind,
        note=note, about=about | {"approved": False}, proposal_id=proposal_id, created_at=clock.now(), items=list(items),
    )  # fmt: skip
    db.session.add(made)
    db.session.flush()
    told = [
        {
            "action": "add",
            "model": "Suggestion",
            "row_id": made.id,
            "before": {},
            "after": {"kind": kind},
            "children": [],
        }
    ]
    write_down(case.id, AuditAct.SUGGEST, made.who, consent, told)
    return made


def withdraw(suggestion: Suggestion, now: datetime) -> None:
    """Take it back before it was decided. Raises Conflict afterwards."""
    if not is_open(suggestion):
        raise Conflict
    suggestion.withdrawn_at = now
    db.session.flush()


def decide(suggestion: Suggestion, ticked: Collection[int], case: Case, by: User, now: datetime) -> None:
    """Do what was ticked, by number, and close it: what stands otherwise now than it was seen is left as it is.

    Raises Conflict for one that is closed. Nothing is committed here, so all of it happens or none.
    """
    _hold(suggestion)
    chosen = [item for item in suggestion.items if item.n in ticked]
    stale = {item.n for item in chosen if _is_stale(item, suggestion, case)}
    done = [item for item in applying.in_order(chosen) if item.n not in stale and _write(item, suggestion, case)]
    for item in suggestion.items:
        item.decision = APPROVED if item in done else STALE if item in chosen else DECLINED
    if suggestion.kind == SuggestionKind.PLAN and done:
        plans.approve(suggestion, now)
    _close(suggestion, by, now)
    told = [told_of(item) for item in suggestion.items if item in done]
    if told or not suggestion.items:
        _tell(suggestion, case, told)


def accept(suggestion: Suggestion, case: Case, by: User, now: datetime) -> None:
    """Say yes to a letter or a what-if: nothing of the case changes by it. Raises Conflict for one that is closed."""
    _hold(suggestion)
    suggestion.about = suggestion.about | {"approved": True}
    _close(suggestion, by, now)
    _tell(suggestion, case, [])


def decline(suggestion: Suggestion, by: User, now: datetime) -> None:
    """Say no to all of it. Raises Conflict for one that is closed."""
    _hold(suggestion)
    for item in suggestion.items:
        item.decision = DECLINED
    _close(suggestion, by, now)


def told_of(item: SuggestionItem) -> Change:
    """An item as a change in the words of planner/changing.py."""
    return {"action": item.action, "model": item.model, "row_id": item.row_id, "before": item.before,
            "after": item.after, "children": item.children}  # fmt: skip


def is_stale(item: SuggestionItem, case: Case) -> bool:
    """Whether an item could not be done any more as it was seen."""
    return _is_stale(item, item.suggestion, case)


def _is_stale(item: SuggestionItem, suggestion: Suggestion, case: Case) -> bool:
    if suggestion.kind == SuggestionKind.PLAN and plans.is_stale(item, suggestion):
        return True
    return not plans.is_of_plan(item) and applying.is_stale(item, case)


def _write(item: SuggestionItem, suggestion: Suggestion, case: Case) -> bool:
    return plans.is_of_plan(item) or applying.write(item, case)


def _hold(suggestion: Suggestion) -> None:
    """Nobody decides twice, also not in the same moment: the row is written, so that others wait, before anything is read."""
    still = (Suggestion.id == suggestion.id, Suggestion.decided_at.is_(None), Suggestion.withdrawn_at.is_(None))
    held = update(Suggestion).where(*still).values(version=Suggestion.version).returning(Suggestion.id)
    if db.session.scalars(held.execution_options(synchronize_session=False)).one_or_none() is None:
        raise Conflict
    db.session.refresh(suggestion)


def _close(suggestion: Suggestion, by: User, now: datetime) -> None:
    suggestion.decided_at, suggestion.decided_by_id = now, by.id
    db.session.flush()


def _tell(suggestion: Suggestion, case: Case, changes: list[Change]) -> None:
    """The log says whose work it is; that the borrower approved it, its page says."""
    theirs = select_rows(Consent, case).where(Consent.user_id == suggestion.user_id).order_by(Consent.id.desc())
    write_down(case.id, AuditAct.CHANGE, suggestion.who, db.session.scalars(theirs.limit(1)).first(), changes)


def _waiting(case: Case) -> Any:
    return select_rows(Suggestion, case).where(Suggestion.decided_at.is_(None), Suggestion.withdrawn_at.is_(None))


def _is_shown(suggestion: Suggestion, consent: Consent | None) -> bool:
    if consent is None:
        return True
    return suggestion.agency_id == consent.agency_id and parts_of(suggestion) <= frozenset(consent.parts)
