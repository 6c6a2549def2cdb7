"""The words that all copies of a proposal share, in the reader's language: who, why, the month, the shares, what is attached.

What is asked of one creditor is said in asking.py.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import NamedTuple

from flask_babel import gettext as _

from ..engine.money import from_minor
from ..formatting import day, money, percent
from . import course
from .proposal import BudgetStatement, CreditorShare, EvidenceItem, ProposalDocument

OUTGOINGS = ("essential", "flexible", "savings")


class StatementRow(NamedTuple):
    """One line of the household's month. `minor` is signed: what goes out is negative."""

    label: str
    amount: str
    is_total: bool
    note: str
    minor: int


class ShareRow(NamedTuple):
    """One creditor in the fair-share table; `share` is empty where it would say nothing."""

    creditor: str
    owed: str
    share: str
    contract: str
    offered: str
    remark: str


def cause_words(code: str) -> str:
    """A cause in words a lender reads; one we do not know is another cause."""
    known = {
        "income": _("Lower income: less work, reduced pay, business stopped"),
        "lost_income": _("Income is gone: job lost, business closed"),
        "illness": _("Illness or injury"),
        "family": _("A family event"),
        "costs": _("Higher costs of living"),
    }
    return known.get(code) or _("Another cause")


def period(since: date | None, until: date | None) -> str:
    """From when to when, as far as it is known."""
    if since and until:
        return _("%(since)s to %(until)s", since=day(since, "month"), until=day(until, "month"))
    if since:
        return _("since %(day)s", day=day(since, "month"))
    return _("until %(day)s", day=day(until, "month")) if until else ""


def cause_line(document: ProposalDocument) -> str:
    """The cause and its time in one line; empty when it is not shown."""
    if document.cause is None:
        return ""
    return with_time(cause_words(document.cause.code), period(document.cause.since, document.cause.until))


def with_time(cause: str, when: str) -> str:
    """A cause and its time; `when` may be empty."""
    return _("%(cause)s (%(when)s)", cause=cause, when=when) if when else cause


def group_words(group: str) -> str:
    """The heading of a part of the statement."""
    return {"income": _("Income"), "essential": _("Essential"), "flexible": _("Flexible"), "savings": _("Savings")}[
        group
    ]


def creditor_name(document: ProposalDocument, n: int) -> str:
    """A creditor by name, or by number where this reader is not told."""
    return document.creditor(n).creditor or _("Creditor %(n)d", n=n)


def group_total(budget: BudgetStatement, group: str) -> int:
    """The total of a part of the statement in minor units, positive."""
    totals = {
        "income": budget.income_minor,
        "essential": budget.essential_minor,
        "flexible": budget.flexible_minor,
        "savings": budget.savings_minor,
    }
    return totals[group]


def unlisted_minor(budget: BudgetStatement, group: str) -> int:
    """What a total holds beyond its lines: an income the borrower expects from now on has no line of its own."""
    return group_total(budget, group) - sum(item.monthly_minor for item in budget.items if item.group == group)


def gap_minor(budget: BudgetStatement) -> int:
    """What is available beyond income less all outgoings: nothing, unless the borrower keeps something apart."""
    left = budget.income_minor - sum(group_total(budget, group) for group in OUTGOINGS)
    return 0 if budget.available_minor is None else budget.available_minor - left


def statement(document: ProposalDocument) -> list[StatementRow]:
    """The household's month, if it is shown: every line, then the total of each part, then what is left."""
    budget, code = document.budget, document.unit.code
    if budget is None:
        return []

    def row(label: str, minor: int, is_total: bool = False, note: str | None = None) -> StatementRow:
        return StatementRow(label, money(minor, code), is_total, note or "", minor)

    rows = []
    for group in ("income", *OUTGOINGS):
        sign, total = 1 if group == "income" else -1, group_total(budget, group)
        items = [item for item in budget.items if item.group == group]
        rows += [row(item.name, sign * item.monthly_minor, note=item.note) for item in items]
        if items and (rest := unlisted_minor(budget, group)):
            rows.append(row(_("Not listed singly"), sign * rest))
        if total or items:
            rows.append(row(group_words(group), sign * total, is_total=True))
    return rows + _left(budget, row)


def _left(budget: BudgetStatement, row: Callable[..., StatementRow]) -> list[StatementRow]:
    """What is left for the creditors, where this reader may know it."""
    if budget.available_minor is None:
        return []
    rows = [row(_("Not listed singly"), gap)] if (gap := gap_minor(budget)) else []
    rows.append(row(_("Available for all creditors"), budget.available_minor, is_total=True))
    if budget.priority_minor:
        rows.append(row(_("Of this, priority debts"), -budget.priority_minor))
        rest = budget.available_minor - budget.priority_minor
        rows.append(row(_("Available for the other creditors"), rest, is_total=True))
    return rows


def share_head() -> list[str]:
    """The headings of the fair-share table."""
    return [
        _("Creditor"),
        _("Owed"),
        _("Share of the debt"),
        _("Contract, a month"),
        _("Offered, a month"),
        _("Remark"),
    ]


def shares(document: ProposalDocument) -> list[ShareRow]:
    """The fair-share table as far as this reader may see it, with its sums where there is more than one creditor."""
    code, rows = document.unit.code, document.creditors

    def amount(minor: int) -> str:
        return money(minor, code, cents=True)

    found = [
        ShareRow(
            creditor_name(document, each.n), amount(each.owed_minor), share_of(document, each),
            amount(each.contract_minor), amount(each.offered_minor), remark(each),
        )
        for each in rows
    ]  # fmt: skip
    if len(rows) > 1:
        sums = (sum(e.owed_minor for e in rows), sum(e.contract_minor for e in rows), document.offered_minor)
        owed, contract, offered = map(amount, sums)
        found.append(ShareRow(_("All creditors together"), owed, "", contract, offered, ""))
    return found


def share_of(document: ProposalDocument, each: CreditorShare) -> str:
    """A creditor's part of what is owed to all that share in proportion; empty for priority debts and for one alone."""
    whole = sum(other.owed_minor for other in document.creditors if not other.is_priority)
    if each.is_priority or len(document.creditors) < 2 or not whole:
        return ""
    return percent(each.owed_minor / whole)


def remark(each: CreditorShare) -> str:
    """Why a creditor's offer is not simply its share."""
    if each.is_priority and each.is_token:
        return _("Priority debt, a token payment for now")
    if each.is_priority:
        return _("Priority debt: home, liberty or essential supply")
    return _("Token payment") if each.is_token else ""


def evidence(document: ProposalDocument) -> list[tuple[str, str, str]]:
    """Each file's name, kind and size, and its fingerprint."""
    return [(item.name, f"{kind_of_file(item)}, {size_words(item.size)}", item.sha256) for item in document.evidence]


def kind_of_file(item: EvidenceItem) -> str:
    """A media type as people call it."""
    if item.kind.startswith("image/"):
        return _("Photo")
    return "PDF" if item.kind == "application/pdf" else item.kind


def size_words(size: int) -> str:
    """Bytes in kB or MB, rounded up so that nothing is empty."""
    return f"{-(-size // 1000)} kB" if size < 1_000_000 else f"{size / 1_000_000:.1f} MB"


def closing(document: ProposalDocument) -> list[str]:
    """What is asked of every reader in the end."""
    return [
        _("Please answer in writing by %(day)s, and hold collection and further charges until then.",
          day=day(document.reply_by, "full")),
        _("This proposal does not change the contract until the lender confirms it in writing."),
    ]  # fmt: skip


def draft() -> str:
    """What a copy says that no lender was sent, in place of a fingerprint."""
    return _("Draft, not shared with a lender")


def facts(document: ProposalDocument) -> list[tuple[str, str]]:
    """What the proposal is, as label and value, only where there is a value; dates in ISO form."""
    agency, review = document.agency, course.review_on(document)
    found = [
        (_("Reference"), f"{document.reference} / {document.number}"),
        (_("Status"), None if document.fingerprint else draft()),
        (_("Date"), document.created_on.isoformat()),
        (_("Reply by"), document.reply_by.isoformat()),
        (_("Review on"), review.isoformat() if review else None),
        (_("To"), creditor_name(document, document.to) if document.to else None),
        (_("Contract"), document.addressee.contract_number if document.to else None),
        (_("From"), document.borrower_name),
        (_("Contact"), document.borrower_contact),
        (_("Drawn up with"), ", ".join(filter(None, (agency.name, agency.contact))) if agency else None),
        (_("Case reference"), agency.case_reference if agency else None),
        (_("Cause"), cause_line(document)),
        (_("In the borrower's words"), document.cause.text if document.cause else None),
        (_("Currency"), document.unit.code),
        (_("Fingerprint (SHA-256)"), document.fingerprint),
    ]
    return [(label, value) for label, value in found if value]


def plain_amount(document: ProposalDocument, minor: int) -> str:
    """An amount as files carry it: 1816.67, -12, without currency or grouping."""
    return format(from_minor(minor, document.unit), "f")
