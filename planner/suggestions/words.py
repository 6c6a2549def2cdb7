"""Suggestions in words: what each is about, where it stands, and each part of it as before and after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from ..access import select_rows
from ..consent.changes import Line, Told, tell
from ..documents import plain
from ..documents.proposal import Asked
from ..engine.money import currency
from ..extensions import db
from ..formatting import money
from ..letters import words as letters
from ..models import Case, Proposal, ProposalItem, Suggestion, SuggestionItem, SuggestionKind
from ..proposals import words as proposals
from . import applying, plans, scenarios, services

DECISIONS: dict[str, Any] = {
    services.APPROVED: _l("approved"), services.DECLINED: _l("declined"), services.STALE: _l("changed meanwhile, left as it is"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shown:
    """A part of a suggestion to be ticked: what it does, and what stands now where that is not what the counsellor saw."""

    item: SuggestionItem
    told: Told
    is_stale: bool
    now: tuple[Line, ...] = ()


def heading(suggestion: Suggestion) -> str:
    """What it is about, in a few words."""
    if suggestion.kind == SuggestionKind.LETTER:
        return str(letters.title_of(suggestion.about["letter"]))
    if suggestion.kind == SuggestionKind.SCENARIO:
        return _("A what-if: %(headline)s", headline=scenarios.headline_of(suggestion.about))
    if suggestion.kind == SuggestionKind.PLAN:
        return _("A repayment plan")
    return str(ngettext("%(num)d change", "%(num)d changes", len(suggestion.items)))


def state(suggestion: Suggestion) -> str:
    """Where it stands."""
    if suggestion.withdrawn_at is not None:
        return _("withdrawn")
    if suggestion.decided_at is None:
        return _("waits for an answer")
    if not suggestion.items:
        return _("approved") if suggestion.about.get("approved") else _("declined")
    done = sum(item.decision == services.APPROVED for item in suggestion.items)
    if done == len(suggestion.items):
        return _("approved")
    return _("approved in part: %(done)d of %(all)d", done=done, all=len(suggestion.items)) if done else _("declined")


def shown_items(suggestion: Suggestion, case: Case) -> list[Shown]:
    """Each part in words; whether it is stale is asked only while it can still be approved."""
    told = _told(suggestion.items, case)
    is_open = services.is_open(suggestion)
    found = []
    for item, words in zip(suggestion.items, told, strict=True):
        stale = services.is_stale(item, case) if is_open else item.decision == services.STALE
        found.append(Shown(item, words, stale, _now(item, words, case) if stale and is_open else ()))
    return found


def titles(suggestions: Sequence[Suggestion], case: Case) -> dict[int, list[str]]:
    """The parts of each by their titles alone, by key: a list asks for all of them at once."""
    items = [item for suggestion in suggestions for item in suggestion.items]
    found: dict[int, list[str]] = {suggestion.id: [] for suggestion in suggestions}
    for item, told in zip(items, _told(items, case), strict=True):
        found[item.suggestion_id].append(told.title)
    return found


def _told(items: Sequence[SuggestionItem], case: Case) -> list[Told]:
    asked = {row.id: row for row in _plan_rows(items, case)}
    rows = [item for item in items if not plans.is_of_plan(item)]
    told = dict(zip((item.id for item in rows), tell(case, [services.told_of(item) for item in rows]), strict=True))
    return [_told_of_creditor(item, asked.get(item.row_id or 0)) if plans.is_of_plan(item) else told[item.id]
            for item in items]  # fmt: skip


def _plan_rows(items: Sequence[SuggestionItem], case: Case) -> list[ProposalItem]:
    keys = [item.row_id for item in items if plans.is_of_plan(item)]
    if not keys:
        return []
    return list(db.session.scalars(select_rows(ProposalItem, case).where(ProposalItem.id.in_(keys))))


def _told_of_creditor(item: SuggestionItem, row: ProposalItem | None) -> Told:
    """The contract's instalment, and what is asked instead."""
    if row is None:
        return Told(_("A lender that is gone"), [], [])
    code = row.loan.currency
    asked: Asked = plain.read(Asked, item.after["asked"], currency(code))
    monthly, late = item.before["monthly_minor"], item.before["late_minor"]
    before = _("%(amount)s a month by the contract", amount=money(monthly, code))
    if late and not monthly:
        before = _("Overdue %(late)s: due now", late=money(late, code))
    return Told(row.loan.title, [Line(_("What is asked"), before, str(proposals.request_words(asked, code)))], [])


def _now(item: SuggestionItem, told: Told, case: Case) -> tuple[Line, ...]:
    """What stands now in the fields that the part changes."""
    if plans.is_of_plan(item) or item.action != "change":
        return ()
    now = applying.values_now(item, case)
    if not now:
        return ()
    change = services.told_of(item) | {"before": now, "after": item.after}
    (found,) = tell(case, [change])
    return tuple(line for line in found.lines if line.before != _before(told, line.label))


def _before(told: Told, label: str) -> str | None:
    return next((line.before for line in told.lines if line.label == label), None)


def plan_of(suggestion: Suggestion, case: Case) -> Proposal | None:
    """The plan that is suggested; None when it is gone."""
    mine = select_rows(Proposal, case).where(Proposal.id == suggestion.proposal_id)
    return db.session.scalars(mine).one_or_none() if suggestion.proposal_id else None
