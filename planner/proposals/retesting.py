"""A lender's terms beside what was offered to it and to the others: whether they fit, from when not, what they cost more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from ..documents.proposal import OfferRow, ProposalDocument, Request
from ..engine.cashflow import Role, project
from ..engine.ledger import LedgerRow
from ..engine.offers import Guard
from ..engine.requests import Outcome, monthly_minor
from ..engine.row_changes import less_part, numbered
from ..engine.schedule import Instalment
from ..errors import NotFound
from ..loans import services as loans
from ..loans.services import LoanPosition
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


class Terms(NamedTuple):
    """What terms come to, and the day as of which that was worked out."""

    outcome: Outcome
    as_of: date


def as_offered(document: ProposalDocument, request: Request, periods_per_year: Decimal) -> Terms:
    """What a frozen request comes to, as the engine says it."""
    outcome = Outcome(
        request.asked, request.opening_minor, request.arrears_minor, request.forgiven_minor,
        _instalments(request.contract_rows), _instalments(request.rows), request.resumes_on, periods_per_year,
    )  # fmt: skip
    return Terms(outcome, document.created_on)


def retest(case: Case, item: ProposalItem, theirs: Terms, ours: Terms, today: date) -> Retest:
    """Put a creditor's terms beside what was offered to it and is offered to the others. Raises NotFound when nothing is left
    to pay there.

    Both sides hold everything that is paid from today on: what the contract has before the terms begin, and the terms.
    """
    draft, seen = draft_of(case, item.proposal, today), radar.look(case, today)
    own = draft.part(item.n)
    if own is None:
        raise NotFound
    counter, mine, new = (
        _with(draft, own, theirs.outcome),
        from_today(own.position, ours),
        from_today(own.position, theirs),
    )
    if seen is None:
        not_from = _not_by_the_month(counter, theirs.outcome)
    else:
        not_from = _not_from(_with(draft, own, mine), _with(draft, own, new), seen)
    more = new.total_after_minor - mine.total_after_minor
    return Retest(not_from is None, not_from, more, hold(counter, seen).guard)


def from_today(place: LoanPosition, terms: Terms) -> Outcome:
    """Everything that is still to be paid under these terms: what the contract has before they begin, and their own rows, less
    what was paid since they were worked out. What should have been paid since is paid today."""
    today, outcome = place.ledger.as_of, terms.outcome
    replaced = {row.due_date for row in outcome.rows_before}
    open_then = (row for row in loans.position_on(place, terms.as_of).ledger.rows if not row.is_paid)
    kept = [_left(row) for row in open_then if row.instalment.due_date not in replaced]
    left, _taken = less_part((*kept, *outcome.rows_after), loans.paid_between(place.loan, terms.as_of, today))
    return replace(
        outcome, rows_before=tuple(row.instalment for row in place.ledger.rows if not row.is_paid),
        rows_after=numbered([replace(row, due_date=max(row.due_date, today)) for row in left]),
    )  # fmt: skip


def _with(draft: Draft, own: Part, outcome: Outcome) -> Draft:
    """The draft with this asked of one creditor, whatever the borrower has changed since."""
    changed = replace(own, asked=outcome.asked, outcome=outcome, error=None)
    return replace(draft, parts=tuple(changed if part is own else part for part in draft.parts))


def _not_by_the_month(counter: Draft, theirs: Outcome) -> date | None:
    """The day on which the counter-offer begins where a month has no room for it; None when it fits."""
    others = sum(part.offered_minor for part in counter.parts if part.outcome is not theirs)
    each = theirs.asked.amount_minor or 0 if theirs.asked.kind == "settle" else monthly_minor(theirs)
    return theirs.asked.begins if each > max(counter.available_minor - others, 0) else None


def _not_from(draft: Draft, counter: Draft, seen: Radar) -> date | None:
    """The first day that does not fit under the counter-offer and would be better under ours; None when it fits."""
    last = seen.projection.last
    mine, new = (_plan_balances(each, seen, last) for each in (draft, counter))
    index = next((i for i, (a, b) in enumerate(zip(mine, new, strict=True)) if b < 0 and b < a), None)
    return None if index is None else draft.today + timedelta(days=index)


def _plan_balances(draft: Draft, seen: Radar, last: date) -> Sequence[int]:
    """The balances by the plan from today on, every creditor paid as it is asked."""
    income = scaled(seen.flows, (Role.INCOME,), draft.income_minor, draft.month.summary.income_minor, draft.begins)
    flows = [*without(income, draft.asking, draft.today), *rows_due(draft.asking, draft.today, last)]
    return project(seen.opening_minor, draft.today, last, flows, seen.everyday_minor).balances


def _left(row: LedgerRow) -> Instalment:
    """What is unpaid of an instalment."""
    return replace(
        row.instalment, principal_minor=row.principal_left_minor, interest_minor=row.interest_left_minor,
        fee_minor=row.fee_left_minor,
    )  # fmt: skip


def _instalments(rows: Sequence[OfferRow]) -> tuple[Instalment, ...]:
    return tuple(
        Instalment(row.n, row.due_on, 0, row.principal_minor, row.interest_minor, 0, row.balance_minor) for row in rows
    )
