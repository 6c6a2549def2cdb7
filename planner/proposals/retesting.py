"""A lender's terms beside what was offered to it and to the others: whether they fit, from when not, what they cost more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from ..documents.proposal import OfferRow, Request
from ..engine.cashflow import Role, project
from ..engine.offers import Guard
from ..engine.requests import Outcome, monthly_minor
from ..engine.schedule import Instalment
from ..errors import NotFound
from ..models import Case, ProposalItem
from ..radar import services as radar
from ..radar.services import Radar
from .drafting import Draft, Part, draft_of
from .holding import hold, rows_due, scaled, without


class Retest(NamedTuple):
    """A counter-offer beside the other offers: whether it fits the plan, from when not, what it costs more, and the hard test."""

    fits: bool
    not_from: date | None
    cost_minor: int
    guard: Guard


def as_offered(request: Request, periods_per_year: Decimal) -> Outcome:
    """What a frozen request comes to, as the engine says it."""
    return Outcome(
        request.asked, request.opening_minor, request.arrears_minor, request.forgiven_minor,
        _instalments(request.contract_rows), _instalments(request.rows), request.resumes_on, periods_per_year,
    )  # fmt: skip


def retest(case: Case, item: ProposalItem, theirs: Outcome, ours: Outcome, today: date) -> Retest:
    """Put a creditor's terms beside what was offered to it and is offered to the others. Raises NotFound when nothing is left
    to pay there.
    """
    draft, seen = draft_of(case, item.proposal, today), radar.look(case, today)
    own = draft.part(item.n)
    if own is None:
        raise NotFound
    offer, counter = _with(draft, own, ours), _with(draft, own, theirs)
    not_from = _not_from(offer, counter, theirs, seen)
    more = theirs.total_after_minor - ours.total_after_minor
    return Retest(not_from is None, not_from, more, hold(counter, seen).guard)


def _with(draft: Draft, own: Part, outcome: Outcome) -> Draft:
    """The draft with this asked of one creditor, whatever the borrower has changed since."""
    changed = replace(own, asked=outcome.asked, outcome=outcome, error=None)
    return replace(draft, parts=tuple(changed if part is own else part for part in draft.parts))


def _not_from(draft: Draft, counter: Draft, theirs: Outcome, seen: Radar | None) -> date | None:
    """The first day that does not fit under the counter-offer and would be better under ours; None when it fits."""
    if seen is None:
        others = sum(part.offered_minor for part in counter.parts if part.outcome is not theirs)
        each = theirs.asked.amount_minor or 0 if theirs.asked.kind == "settle" else monthly_minor(theirs)
        return theirs.asked.begins if each > max(counter.available_minor - others, 0) else None
    last = seen.projection.last
    mine, new = (_plan_balances(each, seen, last) for each in (draft, counter))
    index = next((i for i, (a, b) in enumerate(zip(mine, new, strict=True)) if b < 0 and b < a), None)
    return None if index is None else draft.today + timedelta(days=index)


def _plan_balances(draft: Draft, seen: Radar, last: date) -> Sequence[int]:
    """The balances by the plan from today on, every creditor paid as it is asked."""
    income = scaled(seen.flows, (Role.INCOME,), draft.income_minor, draft.month.summary.income_minor, draft.begins)
    flows = [*without(income, draft.asking, draft.today), *rows_due(draft.asking, draft.today, last)]
    return project(seen.opening_minor, draft.today, last, flows, seen.everyday_minor).balances


def _instalments(rows: Sequence[OfferRow]) -> tuple[Instalment, ...]:
    return tuple(
        Instalment(row.n, row.due_on, 0, row.principal_minor, row.interest_minor, 0, row.balance_minor) for row in rows
    )
