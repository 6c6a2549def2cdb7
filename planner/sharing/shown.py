"""What the lender's page and its preview show of a creditor's copy: one set of facts for one template."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from ..documents import asking, plain, words
from ..documents.proposal import PARTS, Asked, ProposalDocument
from ..engine.money import currency
from ..formatting import day, money, percent
from ..models import ResponseKind

LONGEST = 120  # rows of a schedule on the page; the files hold all
_ASKED = tuple(plain.write(Asked("counter"), currency("CNY")))


def facts(document: ProposalDocument) -> dict[str, Any]:
    """Everything the template shows, in the reader's language. `document` is one creditor's copy."""
    rows = document.main.rows
    return {
        "d": document,
        "request_words": asking.request_words(document),
        "follow_words": asking.follow_words(document),
        "key_figures": asking.key_figures(document),
        "comparison": asking.comparison(document),
        "cause_line": words.cause_line(document),
        "statement": words.statement(document),
        "share_head": words.share_head(),
        "shares": words.shares(document) if len(document.creditors) > 1 else [],
        "evidence": words.evidence(document),
        "rows": rows[:LONGEST],
        "rows_left": max(len(rows) - LONGEST, 0),
        "sums": (
            sum(row.payment_minor for row in rows),
            sum(row.principal_minor for row in rows),
            sum(row.interest_minor for row in rows),
        ),
    }


def part_list(shown: list[str]) -> str:
    """What a link shows, as a list in words."""
    called = {
        "name": _("name"),
        "contact": _("how to reach you"),
        "contract_number": _("contract number"),
        "cause": _("cause"),
        "budget": _("budget"),
        "other_creditors": _("what other lenders are offered"),
        "other_names": _("the other lenders' names"),
        "evidence": _("files"),
    }
    return _(", ").join(called[part] for part in PARTS if part in shown) or _("only the offer")


def answer_words(kind: str) -> str:
    """A kind of answer as somebody gave it."""
    return {
        ResponseKind.ACCEPT: _("Accepted"),
        ResponseKind.COUNTER: _("Counter-offer"),
        ResponseKind.ASK: _("A question"),
        ResponseKind.DECLINE: _("Declined"),
    }[ResponseKind(kind)]


def term_words(terms: dict[str, Any] | None, code: str) -> list[tuple[str, str]]:
    """A counter-offer's terms as label and value, as they were said; empty for every other answer."""
    if not terms:
        return []
    said = plain.read(Asked, dict.fromkeys(_ASKED) | terms, currency(code))
    found = [
        (_("Each instalment"), money(said.amount_minor, code) if said.amount_minor is not None else None),
        (_("Number of instalments"), str(said.count) if said.count is not None else None),
        (_("First payment on"), day(said.from_on, "full") if said.from_on else None),
        (_("Interest a year"), percent(said.annual_rate, 2) if said.annual_rate is not None else None),
    ]
    return [(label, value) for label, value in found if value]
