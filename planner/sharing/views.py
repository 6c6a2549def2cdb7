"""The borrower's preview and links, and the page the lender opens."""

from __future__ import annotations

from typing import Any

import segno
from flask import Blueprint, Response, flash, g, make_response, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_login import current_user
from markupsafe import Markup

from .. import clock
from ..access import Permission, get_row, needs, public
from ..documents import words
from ..documents.pdf import request_words
from ..documents.proposal import PARTS, ProposalDocument
from ..extensions import db, limiter
from ..messages import absolute_url, client_words, see_other
from ..models import Case, Proposal, Share
from ..proposals import services as proposals
from ..proposals.views import file_answer
from . import services
from .forms import SHOWN_AT_FIRST, ShareForm

bp = Blueprint("sharing", __name__)
Page = str | tuple[str, int] | Response


@bp.get("/c/<int:case_id>/plans/<int:proposal_id>/preview")
@needs(Permission.SHARE)
def preview(case: Case, proposal_id: int) -> Page:
    draft = _finished(case, proposal_id)
    if draft is None:
        return see_other(url_for("proposals.offer", proposal_id=proposal_id))
    given = request.args if "days" in request.args else None
    return _preview_page(draft, ShareForm(given) if given else ShareForm(data=_first_values(draft.proposal)))


@bp.post("/c/<int:case_id>/plans/<int:proposal_id>/links")
@needs(Permission.SHARE)
def create(case: Case, proposal_id: int) -> Page:
    draft, form = _finished(case, proposal_id), ShareForm()
    if draft is None:
        return see_other(url_for("proposals.offer", proposal_id=proposal_id))
    if not form.validate_on_submit():
        return _preview_page(draft, form), 422
    draft.proposal.borrower_name, draft.proposal.borrower_contact = form.borrower_name.data, form.borrower_contact.data
    version = proposals.freeze(draft, clock.today(case.timezone), clock.now())
    shown = [part for part in PARTS if form[part].data]
    _share, token = services.create(case, version, shown, int(form.days.data), clock.now())
    db.session.commit()
    # The token is not stored; the signed session carries it to the next page, which shows it once.
    session["new_link"] = absolute_url("sharing.open_plan", token=token)
    return see_other(url_for("sharing.index", proposal_id=proposal_id))


@bp.get("/c/<int:case_id>/plans/<int:proposal_id>/links")
@needs(Permission.VIEW)
def index(case: Case, proposal_id: int) -> Page:
    proposal = get_row(Proposal, proposal_id, case)
    address = session.pop("new_link", "")
    shares = services.list_shares(proposal)
    qr = _qr(address) if address else ""
    return render_template(
        "sharing/index.html", proposal=proposal, shares=shares, part_list=part_list, address=address, qr=qr
    )


@bp.post("/c/<int:case_id>/links/<int:share_id>/revoke")
@needs(Permission.SHARE)
def revoke(case: Case, share_id: int) -> Page:
    share = get_row(Share, share_id, case)
    services.revoke(share, clock.now())
    db.session.commit()
    flash(_("The link no longer opens"))
    return see_other(url_for("sharing.index", proposal_id=share.version.proposal_id))


@bp.get("/s/<token>")
@public
@limiter.limit("60 per 10 minutes", deduct_when=lambda answer: answer.status_code == 404)
def open_plan(token: str) -> Response:
    share = services.open_link(token, clock.now())
    services.record_view(share, request.method, request.user_agent.string, client_words(), clock.now())
    db.session.commit()
    return _private(make_response(_lender_page(services.document(share), token, share)))


@bp.get("/s/<token>/plan.<any(pdf, csv, json):extension>")
@public
@limiter.limit("60 per 10 minutes", deduct_when=lambda answer: answer.status_code == 404)
def document(token: str, extension: str) -> Response:
    share = services.open_link(token, clock.now())
    address = absolute_url("sharing.open_plan", token=token)
    return _private(file_answer(services.document(share), extension, address))


def part_list(share: Share) -> str:
    """What a link shows, as a list in words."""
    called = {
        "name": _("name"),
        "contact": _("how to reach you"),
        "contract_number": _("contract number"),
        "cause": _("cause"),
        "budget": _("budget"),
        "other_creditors": _("other repayments as a sum"),
    }
    return ", ".join(called[part] for part in share.shown) or _("only the offer")


def _finished(case: Case, proposal_id: int) -> proposals.Draft | None:
    """The draft if it has an offer to show."""
    draft = proposals.work_out(case, get_row(Proposal, proposal_id, case), clock.today(case.timezone))
    return draft if draft.plan is not None else None


def _first_values(proposal: Proposal) -> dict[str, Any]:
    name = proposal.borrower_name or current_user.name
    ticked = {part: part in SHOWN_AT_FIRST for part in PARTS}
    return ticked | {"borrower_name": name, "borrower_contact": proposal.borrower_contact, "days": "14"}


def _preview_page(draft: proposals.Draft, form: ShareForm) -> str:
    proposal, latest = draft.proposal, proposals.latest_version(draft.proposal)
    with db.session.no_autoflush:
        kept = proposal.borrower_name, proposal.borrower_contact
        proposal.borrower_name, proposal.borrower_contact = form.borrower_name.data, form.borrower_contact.data
        value = proposals.build_document(draft, clock.today(g.case.timezone), latest)
        proposal.borrower_name, proposal.borrower_contact = kept
    value = value.redacted([part for part in PARTS if form[part].data])
    return render_template("sharing/preview.html", form=form, draft=draft, proposal=proposal, step=4, **_facts(value))


def _lender_page(value: ProposalDocument, token: str, share: Share) -> str:
    return render_template("sharing/plan.html", token=token, share=share, **_facts(value))


def _facts(value: ProposalDocument) -> dict[str, Any]:
    """Everything a template needs to show a proposal."""
    return {
        "d": value,
        "request_words": request_words(value),
        "comparison": words.comparison(value),
        "statement": words.statement(value),
        "cause_words": words.cause_words(value.cause.code) if value.cause else "",
        "cause_when": words.period(value.cause.since, value.cause.until) if value.cause else "",
    }


def _qr(address: str) -> Markup:
    """The link as a picture to scan from another screen."""
    drawn = segno.make(address, error="m").svg_inline(omitsize=True, border=2, svgclass="qr", lineclass=None)
    return Markup(drawn)  # noqa: S704  # drawn by segno from our own address


def _private(answer: Response) -> Response:
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    return answer
