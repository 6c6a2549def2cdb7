"""What every output of a proposal must say the same: its figures, once as numbers and once as people read them.

`figures_of` and `shown_of` are for any reader, the lender's page too: render it, then hold it to them.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any

from planner.documents.proposal import ProposalDocument, Request
from planner.engine.money import from_minor
from planner.formatting import day, money

Figures = dict[Any, Any]


def figures_of(document: ProposalDocument) -> Figures:
    """Every figure a copy holds, by name: amounts as Decimal in major units, dates, counts, instalments as (date, payment)."""

    def major(minor: int) -> Decimal:
        return from_minor(minor, document.unit)

    found: Figures = {"sha256": document.sha256, "reply_by": document.reply_by}
    if document.budget:
        b = document.budget
        found |= {"income": major(b.income_minor), "outgoings": major(b.essential_minor + b.flexible_minor),
                  "savings": major(b.savings_minor)}  # fmt: skip
        if b.available_minor is not None:
            found["available"] = major(b.available_minor)
    for each in document.creditors:
        found |= {("owed", each.n): major(each.owed_minor), ("offered", each.n): major(each.offered_minor)}
    for request in document.requests:
        found |= {(name, request.n): value for name, value in _asked(request, document).items()}
    return found


def _asked(request: Request, document: ProposalDocument) -> Figures:
    def rows(given: Any) -> list[tuple[date, Decimal]]:
        return [(row.due_on, from_minor(row.payment_minor, document.unit)) for row in given]

    return {
        "contract": rows(request.contract_rows),
        "offer": rows(request.rows),
        "contract total": from_minor(request.contract.total_minor, document.unit),
        "offer total": from_minor(request.offer.total_minor, document.unit),
    }


def shown_of(document: ProposalDocument) -> list[str]:
    """What a reader of the current locale must find in the text, squashed (no white space): amounts and dates."""
    code = document.unit.code
    found = [document.sha256, document.reference, day(document.reply_by, "full")]
    for each in document.creditors:
        found += [money(each.owed_minor, code, cents=True), money(each.offered_minor, code, cents=True)]
    if document.budget:
        found += [money(document.budget.income_minor, code), money(-document.budget.essential_minor, code)]
        found += [money(-item.monthly_minor, code) for item in document.budget.items if item.group != "income"]
    for request in document.requests:
        found += [money(side.total_minor, code) for side in (request.contract, request.offer)]
        found += [day(side.last_due, "full") for side in (request.contract, request.offer)]
        found += [str(request.offer.count)]
    return [squash(text) for text in found]


def squash(text: str) -> str:
    """Text without white space: a PDF or a page may break a line anywhere."""
    return re.sub(r"\s+", "", text)
