"""Letters to a lender: filled from plain values, then the borrower's own to edit, as text or as PDF.

Each letter has a template of its own in each language (templates/documents/letters), so that it reads as people write there. What
is not in the facts does not appear: facts made from a creditor's copy hold only what was ticked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import render_template
from flask_babel import force_locale

from ..engine.money import Currency
from ..formatting import day, money
from . import asking, words
from .proposal import BudgetStatement, Cause, ProposalDocument
from .typesetting import LOCALES, printed_on, typeset

HOLD_DAYS = 30
MOST_DATES = 12
TEMPLATES: Mapping[str, Mapping[str, str]] = {
    "hold": {"zh": "documents/letters/hold.zh.txt", "en": "documents/letters/hold.en.txt"},
    "reduce": {"zh": "documents/letters/reduce.zh.txt", "en": "documents/letters/reduce.en.txt"},
    "defer": {"zh": "documents/letters/defer.zh.txt", "en": "documents/letters/defer.en.txt"},
    "freeze": {"zh": "documents/letters/freeze.zh.txt", "en": "documents/letters/freeze.en.txt"},
    "settle": {"zh": "documents/letters/settle.zh.txt", "en": "documents/letters/settle.en.txt"},
    "move_due": {"zh": "documents/letters/move_due.zh.txt", "en": "documents/letters/move_due.en.txt"},
    "complaint": {"zh": "documents/letters/complaint.zh.txt", "en": "documents/letters/complaint.en.txt"},
}
# What they share: documents/letters/base.zh, documents/letters/base.en,
# documents/letters/parts.zh, documents/letters/parts.en.
LETTERS = tuple(TEMPLATES)
_OF_KIND = {
    "reduce": "reduce", "reduce_until": "reduce", "longer": "reduce", "postpone": "defer", "rate": "freeze", "freeze": "freeze",
    "settle": "settle", "move_due": "move_due",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ContactFact:
    """One call, message or visit as logged: when and what in the borrower's words; `rule` is what it may fall outside of."""

    when: str
    what: str
    who: str | None = None
    channel: str | None = None
    rule: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class LetterFacts:
    """What a letter may say, amounts in minor units of `unit`. `plan` is the creditor's copy whose one request it makes.

    `arrears_minor` None: not known. `asks` is what a complaint asks for, in the borrower's words.
    """

    written_on: date
    unit: Currency
    creditor: str
    reply_by: date
    contract_number: str | None = None
    reference: str | None = None
    name: str | None = None
    contact: str | None = None
    agency: str | None = None
    opened_on: date | None = None
    borrowed_minor: int | None = None
    owed_minor: int | None = None
    arrears_minor: int | None = None
    cause: Cause | None = None
    budget: BudgetStatement | None = None
    evidence: tuple[str, ...] = ()
    hold_until: date | None = None
    plan: ProposalDocument | None = None
    contacts: tuple[ContactFact, ...] = ()
    asks: tuple[str, ...] = ()


def facts_of(copy: ProposalDocument, written_on: date) -> LetterFacts:
    """The facts of a creditor's copy: only what was ticked is in it. Raises KeyError for the borrower's own copy."""
    creditor, request = copy.addressee, copy.main
    return LetterFacts(
        written_on=written_on, unit=copy.unit, creditor=words.creditor_name(copy, creditor.n), reply_by=copy.reply_by,
        contract_number=creditor.contract_number, reference=f"{copy.reference} / {copy.number}", name=copy.borrower_name,
        contact=copy.borrower_contact, agency=copy.agency.name if copy.agency else None, owed_minor=creditor.owed_minor,
        arrears_minor=request.arrears_minor, cause=copy.cause, budget=copy.budget,
        evidence=tuple(item.name for item in copy.evidence), plan=copy,
    )  # fmt: skip


def letter_for(kind: str) -> str:
    """The letter that makes a request of this kind (asking.KINDS). Raises KeyError."""
    return _OF_KIND[kind]


def fill(kind: str, facts: LetterFacts, *, lang: str) -> str:
    """The letter as text to edit, in zh or en.

    Raises KeyError for an unknown letter, ValueError for one that makes a request which the plan does not hold.
    """
    asked = facts.plan.main.asked.kind if facts.plan else None
    if kind in _OF_KIND.values() and (asked is None or letter_for(asked) != kind):
        raise ValueError(f"the plan does not ask for {kind}")
    with force_locale(LOCALES[lang]):
        said = _said(facts)
        text = render_template(
            TEMPLATES[kind][lang], f=said, day=day, written_on=facts.written_on, name=facts.name, contact=facts.contact,
            creditor=facts.creditor, contract_number=facts.contract_number, reference=facts.reference,
        )  # fmt: skip
    return _tidy(text)


def letter_pdf(text: str, *, lang: str, title: str, written_on: date) -> bytes:
    """An edited letter as PDF: A4, tagged, page numbers where it has more than one page. `title` names it to a screen reader."""
    blocks = [block.splitlines() for block in re.split(r"\n\s*\n", text.strip())]
    data = {"lang": lang, "title": title or "–", "date": printed_on(written_on), "blocks": blocks}
    return typeset("letter.typ", data)


def _tidy(text: str) -> str:
    """One blank line between paragraphs, also where a part said nothing."""
    lines = "\n".join(line.rstrip() for line in text.splitlines())
    return re.sub(r"\n{3,}", "\n\n", lines).strip() + "\n"


def _said(facts: LetterFacts) -> dict[str, Any]:
    """The facts in words of the letter's language; empty where there is nothing to say."""

    def amount(minor: int | None) -> str:
        return money(minor, facts.unit.code) if minor else ""

    cause = facts.cause
    when = words.period(cause.since, cause.until) if cause else ""
    kind = words.cause_words(cause.code) if cause else ""
    return {
        "agency": facts.agency, "opened_on": facts.opened_on, "borrowed": amount(facts.borrowed_minor),
        "owed": amount(facts.owed_minor), "arrears": amount(facts.arrears_minor), "is_up_to_date": facts.arrears_minor == 0,
        "cause": words.with_time(kind, when) if kind else "", "cause_text": cause.text if cause else "",
        "evidence": facts.evidence, "contacts": facts.contacts, "asks": facts.asks, "reply_by": facts.reply_by,
        "hold_until": facts.hold_until or facts.written_on + timedelta(days=HOLD_DAYS),
        **_month(facts), **_plan(facts.plan),
    }  # fmt: skip


def _month(facts: LetterFacts) -> dict[str, str]:
    """The totals of the household's month, where they are shown."""
    budget, code = facts.budget, facts.unit.code
    if budget is None:
        return {"income": ""}
    parts = {
        "income": budget.income_minor,
        "essential": budget.essential_minor,
        "flexible": budget.flexible_minor,
    }
    found = {name: money(minor, code) for name, minor in parts.items()}
    found["savings"] = money(budget.savings_minor, code) if budget.savings_minor else ""
    return found | {"available": money(budget.available_minor, code) if budget.available_minor else ""}


def _plan(plan: ProposalDocument | None) -> dict[str, Any]:
    """The one request of a copy, what follows from it, and its dates."""
    if plan is None:
        return {"ask": "", "follow": [], "dates": [], "more_dates": 0, "last_date": "", "first_date": ""}
    rows, code = plan.main.rows, plan.unit.code
    shown = rows if len(rows) <= 2 * MOST_DATES else rows[:MOST_DATES]
    return {
        "ask": asking.request_words(plan),
        "follow": asking.follow_words(plan),
        "dates": [(day(row.due_on, "full"), money(row.payment_minor, code)) for row in shown],
        "more_dates": len(rows) - len(shown),
        "last_date": day(rows[-1].due_on, "full"),
        "first_date": day(rows[0].due_on, "full"),
    }
