"""A plan that a counsellor drew up, put before the borrower creditor by creditor, and theirs once they approve."""

from __future__ import annotations

from datetime import datetime

from ..changing import Change, values_of
from ..extensions import db
from ..models import Proposal, ProposalItem, Suggestion, SuggestionItem
from ..proposals import checking
from ..proposals import services as proposals
from ..proposals.drafting import Draft, Part

# Whose it is and whether it counts: no words of the plan.
_OF_APPROVAL = ("approved_at", "drafted_by_id", "agency_id")


def is_of_plan(item: SuggestionItem) -> bool:
    """Whether it is what a plan asks of one creditor."""
    return item.model == ProposalItem.__name__


def items_of(draft: Draft) -> list[SuggestionItem]:
    """What the plan asks of each creditor beside the contract's instalment, and the explanations it adds to the budget.

    What was only suggested by the app is kept as chosen, so that the borrower approves what they read.
    """
    for part in draft.asking:
        if part.item.asked is None and part.outcome is not None:
            proposals.ask(part.item, part.outcome.asked, part.outcome)
    db.session.flush()
    found = [_of_creditor(part) for part in draft.asking] + _explanations(draft)
    for n, item in enumerate(found, 1):
        item.n = n
    return found


def written(plan: Proposal) -> Change:
    """All that a plan says, for the borrower approves the whole of it: its own columns and those of each creditor.

    Values rather than the version, which counts saves of the steps alone: not those of a creditor's row by itself, and also
    those that change nothing.
    """
    said = {name: value for name, value in values_of(plan).items() if name not in _OF_APPROVAL}
    return said | {"items": [values_of(row) | {"id": row.id} for row in plan.items]}


def has_changed(suggestion: Suggestion) -> bool:
    """Whether the plan says anything else than when it was suggested, or is gone."""
    plan = _find_plan(suggestion)
    if plan is None:
        return True
    if "plan" in suggestion.about:
        return bool(suggestion.about["plan"] != written(plan))
    return plan.updated_at > suggestion.created_at  # suggested before its words were kept


def is_stale(item: SuggestionItem, suggestion: Suggestion) -> bool:
    """Whether the plan is no longer the one that was put before the borrower, or no longer asks this."""
    if has_changed(suggestion):
        return True
    row = _find_item(item, suggestion) if is_of_plan(item) else None
    return is_of_plan(item) and (row is None or not row.is_included or _asked(row) != item.after)


def approve(suggestion: Suggestion, now: datetime) -> None:
    """The plan is the borrower's; creditors they did not approve are paid as agreed. Without any it stays a draft."""
    rows = {item.row_id: item for item in suggestion.items if is_of_plan(item)}
    if not any(item.decision == "approved" for item in rows.values()):
        return
    plan = _find_plan(suggestion)
    if plan is None:
        return
    for row in plan.items:
        asked = rows.get(row.id)
        row.is_included = asked is not None and asked.decision == "approved"
    plan.approved_at = now
    db.session.flush()


def _of_creditor(part: Part) -> SuggestionItem:
    return SuggestionItem(
        case_id=part.item.case_id, action="change", model=ProposalItem.__name__, row_id=part.item.id,
        before={"monthly_minor": part.standing.monthly_minor, "late_minor": part.standing.late_minor}, after=_asked(part.item),
    )  # fmt: skip


def _explanations(draft: Draft) -> list[SuggestionItem]:
    """The counsellor's explanation of a line is written to the line only when the borrower approves it."""
    found: dict[int, SuggestionItem] = {}
    for question in checking.questions(draft):
        line, text = question.line, draft.proposal.checked.get(question.key)
        if line is not None and text and text not in (checking.RIGHT, line.note):
            found[line.id] = SuggestionItem(
                case_id=line.case_id, action="change", model=type(line).__name__, row_id=line.id,
                before={"note": line.note}, after={"note": text},
            )  # fmt: skip
    return list(found.values())


def _asked(row: ProposalItem) -> Change:
    return {"asked": row.asked, "offered_minor": row.offered_minor}


def _find_plan(suggestion: Suggestion) -> Proposal | None:
    return db.session.get(Proposal, suggestion.proposal_id) if suggestion.proposal_id else None


def _find_item(item: SuggestionItem, suggestion: Suggestion) -> ProposalItem | None:
    plan = _find_plan(suggestion)
    return next((row for row in plan.items if row.id == item.row_id), None) if plan else None
