"""The checklist in words: what is the matter, what to do, and the page where it is done."""

from __future__ import annotations

from typing import NamedTuple

from flask import url_for
from flask_babel import gettext as _

from ..access import can_open
from ..engine.checklist import Finding, Point
from ..formatting import money
from .checking import Question
from .drafting import Draft


class Advice(NamedTuple):
    """One point of the checklist: what is the matter, what to do, and where (None: on this page)."""

    what: str
    todo: str
    address: str | None


def advice(finding: Finding, draft: Draft, asked: dict[str, Question]) -> Advice:
    """A point of the checklist in words."""
    proposal, code = draft.proposal, draft.case.currency
    steps = {name: url_for(f"proposals.{name}", proposal_id=proposal.id) for name in ("cause", "check", "offer")}
    question = asked.get(finding.key)
    part = draft.part(int(finding.key)) if finding.key.isdecimal() and question is None else None
    name = part.loan.title if part else question.label if question else ""
    request = url_for("proposals.creditor", proposal_id=proposal.id, n=part.n) if part else None
    share = url_for("sharing.preview", proposal_id=proposal.id) if can_open("sharing.preview") else None
    said: dict[Point, tuple[str, str, str | None]] = {
        Point.CAUSE: (_("The cause is not chosen yet"), _("Say what happened"), steps["cause"]),
        Point.UNEXPLAINED: (
            _("%(name)s is not explained", name=name),
            _("Explain it, or change the line"),
            steps["check"],
        ),
        Point.MISSING_LINE: (_("The budget has no %(name)s", name=name), _("Add it, or say why"), steps["check"]),
        Point.LEFT_OUT: (_("A loan is not in this plan"), _("Add it: a plan without all debts breaks"), steps["offer"]),
        Point.UNWORKABLE: (
            _("%(name)s: the request does not work out", name=name),
            _("Choose another amount or request"),
            request,
        ),
        Point.ABOVE: (
            _("The offers are above what survives hard months"),
            _("Offer at most %(amount)s in all", amount=money(finding.minor, code))
            if finding.minor
            else _("Offer a token, or look at the flexible lines first"),
            None,
        ),
        Point.UNEQUAL: (
            _("%(name)s gets less than its fair share", name=name),
            _(
                "Its share of this total is %(amount)s; say why, or share it out evenly",
                amount=money(finding.minor, code),
            ),
            request,
        ),
        Point.DATE_PAST: (_("%(name)s: the first date is past", name=name), _("Choose a later one"), request),
        Point.TOO_SOON: (
            _("%(name)s: it begins before the lender has to answer", name=name),
            _("Begin later, or pay that instalment as agreed"),
            request,
        ),
        Point.EVIDENCE: (
            _("No proof of the cause is attached"),
            _("Attach a payslip, notice or medical paper"),
            _evidence(proposal.id),
        ),
        Point.NUMBER: (
            _("%(name)s has no contract number", name=name),
            _("Enter it with the loan"),
            url_for("loans.edit", loan_id=part.loan.id) if part else None,
        ),
        Point.NAME: (_("Your name is missing"), _("Enter it with the preview"), share),
        Point.CONTACT: (
            _("The lender cannot reach you"),
            _("Enter a phone number or an e-mail with the preview"),
            share,
        ),
    }
    return Advice(*said[finding.point])


def _evidence(proposal_id: int) -> str | None:
    """Where files are attached."""
    return url_for("evidence.index", proposal_id=proposal_id) if can_open("evidence.index") else None
