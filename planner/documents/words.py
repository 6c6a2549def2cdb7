"""The words that all copies of a proposal share, in the reader's language."""

from __future__ import annotations

from datetime import date

from flask_babel import gettext as _

from ..engine.money import from_minor
from ..formatting import day, money, percent
from .proposal import ProposalDocument, Side


def cause_words(code: str) -> str:
    """A cause in words a lender reads."""
    return {
        "income": _("Lower income: less work, reduced pay, business stopped"),
        "illness": _("Illness or injury"),
        "family": _("A family event"),
        "costs": _("Higher costs of living"),
        "other": _("Another cause"),
    }[code]


def period(since: date | None, until: date | None) -> str:
    """From when to when, as far as it is known."""
    if since and until:
        return _("%(since)s to %(until)s", since=day(since, "month"), until=day(until, "month"))
    if since:
        return _("since %(day)s", day=day(since, "month"))
    return _("until %(day)s", day=day(until, "month")) if until else ""


def group_words(group: str) -> str:
    """The heading of a part of the statement."""
    return {"income": _("Income"), "essential": _("Essential"), "flexible": _("Flexible"), "savings": _("Savings")}[
        group
    ]


def comparison(document: ProposalDocument) -> list[tuple[str, str, str]]:
    """Label, contract, proposal: what changes for the lender."""
    code, sides = document.unit.code, (document.contract, document.offer)

    def both(label: str, words: list[str]) -> tuple[str, str, str]:
        return label, words[0], words[1]

    return [
        both(_("Each instalment"), [money(side.payment_minor, code) for side in sides]),
        both(_("Instalments to come"), [str(side.count) for side in sides]),
        both(_("Last payment"), [day(side.last_due, "month") for side in sides]),
        both(_("Total to be paid"), [money(side.total_minor, code) for side in sides]),
        both(_("Annual cost (IRR)"), [_cost(side) for side in sides]),
    ]


def statement(document: ProposalDocument) -> list[tuple[str, str, bool]]:
    """Label, amount, whether it is a total: the household's month, if it is shown."""
    budget, code = document.budget, document.unit.code
    if budget is None:
        return []
    rows = []
    for group, minor in (
        ("income", budget.income_minor),
        ("essential", budget.essential_minor),
        ("flexible", budget.flexible_minor),
        ("savings", budget.savings_minor),
    ):
        sign = 1 if group == "income" else -1
        items = [item for item in budget.items if item.group == group]
        rows += [(item.name, money(sign * item.monthly_minor, code), False) for item in items]
        if minor:
            rows.append((group_words(group), money(sign * minor, code), True))
    if budget.other_instalments_minor:
        rows.append((_("Other creditors together"), money(-budget.other_instalments_minor, code), False))
    if budget.available_minor is not None:
        rows.append((_("Available for this loan"), money(budget.available_minor, code), True))
    return rows


def facts(document: ProposalDocument) -> list[tuple[str, str]]:
    """What the proposal is, as label and value, only where there is a value."""
    unit, offer = document.unit, document.offer

    def plain(minor: int) -> str:
        return format(from_minor(minor, unit), "f")

    found = [
        (_("Reference"), f"{document.reference} / {document.number}"),
        (_("Date"), document.created_on.isoformat()),
        (_("Reply by"), document.reply_by.isoformat()),
        (_("To"), document.creditor),
        (_("Contract"), document.contract_number),
        (_("From"), document.borrower_name),
        (_("Contact"), document.borrower_contact),
        (_("Cause"), cause_words(document.cause.code) if document.cause else None),
        (_("In the borrower's words"), document.cause.text if document.cause else None),
        (_("Currency"), unit.code),
        (_("Each instalment"), plain(offer.payment_minor)),
        (_("Instalments"), str(offer.count)),
        (_("First payment"), offer.first_due.isoformat()),
        (_("Last payment"), offer.last_due.isoformat()),
        (_("Total to be paid"), plain(offer.total_minor)),
        (_("Total under the contract"), plain(document.contract.total_minor)),
        (_("Fingerprint (SHA-256)"), document.sha256),
    ]
    return [(label, value) for label, value in found if value]


def _cost(side: Side) -> str:
    return percent(side.annual_cost)
