"""The budget check: each line that will be asked about, and the checklist before a proposal is sent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from ..budget.services import Row, lines
from ..budget.statement import guidelines_of, heading_label
from ..engine.asked import Kind
from ..engine.cashflow import percentile
from ..engine.checklist import Facts, Finding, check
from ..engine.dates import add_months
from ..engine.money import currency
from ..engine.offers import Claim, split_offers
from ..imports import sorting
from ..models import BudgetLine, Proposal
from ..packs import headings
from .drafting import REPLY_DAYS, Draft, is_unapproved
from .holding import LEAST_MONTHS, Held

RIGHT = "right"
_MONTHS = 6
_LITTLE = 20  # a difference below a twentieth of all living costs raises no question


class Question(NamedTuple):
    """One heading that will be asked about: over a guideline ("over"), lower or higher than the imported months ("low", "high"),
    or missing. `line` is its largest line, `usual_minor` what it is compared with, `answer` "right" or the explanation given.
    """

    key: str
    kind: str
    label: str
    line: BudgetLine | None
    monthly_minor: int
    usual_minor: int
    source: str | None
    answer: str | None

    @property
    def is_open(self) -> bool:
        """Whether it waits for an answer. A breach of a guideline is explained, not only confirmed."""
        return not self.answer or (self.kind == "over" and self.answer == RIGHT)


def questions(draft: Draft) -> list[Question]:
    """What a lender would ask about this month, guideline breaches first."""
    month = draft.month
    rows: dict[str, list[Row]] = defaultdict(list)
    for row in (*month.essential, *month.flexible, *month.savings):
        rows[row.line.category].append(row)
    return [*_over(draft, rows), *_unusual(draft, rows), *_missing(draft)]


def answer(proposal: Proposal, question: Question, text: str | None, *, notes: bool = True) -> None:
    """Keep an answer; an explanation of a line becomes its note, which the statement shows. Empty takes the answer back.

    Without `notes` the line stays as it is: somebody who may only suggest writes nothing into the budget.
    """
    checked = dict(proposal.checked)
    if text:
        checked[question.key] = text
    else:
        checked.pop(question.key, None)
    proposal.checked = checked
    if notes and question.line is not None and text != RIGHT:
        question.line.note = text or None


def checklist(draft: Draft, held: Held) -> tuple[Finding, ...]:
    """Everything to put right before it is sent."""
    waiting = [question for question in questions(draft) if question.is_open]
    proposal, today = draft.proposal, draft.today
    offered, fair = _fairness(draft)
    return check(Facts(
        today=today, reply_by=today + timedelta(days=REPLY_DAYS), cause=proposal.cause,
        unexplained=[q.key for q in waiting if q.kind != "missing"],
        missing_lines=[q.key for q in waiting if q.kind == "missing"],
        left_out=[str(p.loan.id) for p in draft.missing],
        unworkable=[str(part.n) for part in draft.parts if part.error is not None and part.begins >= today],
        begins={str(part.n): part.begins for part in draft.parts if part.asked is not None},
        offered=offered, fair=fair, total_minor=draft.offered_minor - draft.tokens_minor, largest_minor=held.guard.largest_minor,
        evidence=len(proposal.evidence),
        without_number=[str(part.n) for part in draft.asking if not part.loan.reference],
        has_name=bool(proposal.borrower_name), has_contact=bool(proposal.borrower_contact),
    ))  # fmt: skip


def _over(draft: Draft, rows: dict[str, list[Row]]) -> list[Question]:
    found = []
    for key, guideline in guidelines_of(draft.case).items():
        total = sum(row.monthly_minor for row in rows[key]) if key in rows else 0
        if total > guideline.amount_minor:
            largest = max(rows[key], key=lambda row: row.monthly_minor).line
            noted = next((row.line.note for row in rows[key] if row.line.note), None)
            found.append(
                _question(draft, f"over-{key}", key, largest, total, guideline.amount_minor, guideline.source, noted)
            )
    return found


def _unusual(draft: Draft, rows: dict[str, list[Row]]) -> list[Question]:
    """Headings far from the middle of the imported months."""
    first = draft.today.replace(day=1)
    months: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    seen = set()
    for row in sorting.sorted_rows(draft.case, add_months(first, -_MONTHS), first - timedelta(days=1)):
        place = row.on.year * 12 + row.on.month
        seen.add(place)
        if row.category and row.what in (sorting.What.SPENDING, sorting.What.REFUND):
            months[row.category][place] += row.amount_minor if row.what == sorting.What.SPENDING else -row.amount_minor
    if len(seen) < LEAST_MONTHS:
        return []
    found = []
    for key, own in rows.items():
        planned = sum(row.monthly_minor for row in own)
        usual = percentile([months[key][place] for place in seen], 50)
        kind = "low" if planned * 10 < usual * 7 else "high" if usual and planned * 2 > usual * 3 else None
        if kind and abs(planned - usual) * _LITTLE > draft.month.living_minor:
            largest = max(own, key=lambda row: row.monthly_minor).line
            noted = next((row.line.note for row in own if row.line.note), None)
            found.append(_question(draft, f"{kind}-{key}", key, largest, planned, usual, None, noted))
    return found


def _missing(draft: Draft) -> list[Question]:
    """What every household pays for and this budget does not have; the first heading of its kind stands for it."""
    has = {line.category for line in lines(draft.case)}
    basics: dict[str, list[str]] = defaultdict(list)
    for heading in headings(draft.case.currency).values():
        if heading.basic:
            basics[heading.basic].append(heading.key)
    return [
        _question(draft, f"missing-{keys[0]}", keys[0], None, 0, 0, None, None)
        for keys in basics.values() if not has.intersection(keys)
    ]  # fmt: skip


def _question(
    draft: Draft, key: str, category: str, line: BudgetLine | None, monthly: int, usual: int, source: str | None,
    noted: str | None,
) -> Question:  # fmt: skip
    kind = key.partition("-")[0]
    label = heading_label(category, draft.case.currency)
    said = draft.proposal.checked.get(key)
    known = said or noted if is_unapproved(draft.proposal) else noted or said
    return Question(key, kind, label, line, monthly, usual, source, known)


def _fairness(draft: Draft) -> tuple[dict[str, int], dict[str, int]]:
    """What each creditor that is no priority gets, and what the same total shared out fairly would give it."""
    parts = [
        part for part in draft.parts
        if not part.loan.is_priority and not part.is_over_before and (part.asked is None or part.asked.kind != Kind.SETTLE)
    ]  # fmt: skip
    offered = {str(part.n): part.offered_minor for part in parts}
    claims = [Claim(str(part.n), part.standing.owed_minor, part.standing.most_minor) for part in parts]
    unit = 10 ** currency(draft.case.currency).minor_digits
    split: Sequence[int] = [offer.amount_minor for offer in split_offers(sum(offered.values()), claims, unit).offers]
    return offered, dict(zip(offered, split, strict=True))
