"""The Plan tab: proposals, and the four steps that make one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, flash, render_template, request, url_for
from flask_babel import get_locale
from flask_babel import gettext as _

from .. import clock
from ..access import Permission, get_row, needs
from ..documents import csv_file, json_file, pdf
from ..documents import words as document_words
from ..documents.proposal import ProposalDocument
from ..errors import NotFound
from ..extensions import db
from ..i18n import html_lang
from ..loans import services as loans
from ..messages import absolute_url, see_other
from ..models import Case, Loan, Proposal
from . import services
from .forms import CauseForm, OfferForm

bp = Blueprint("proposals", __name__, url_prefix="/c/<int:case_id>/plans")
Page = str | tuple[str, int] | Response
LATEST_START = timedelta(days=366)


@bp.get("")
@needs(Permission.VIEW)
def index(case: Case) -> Page:
    today = clock.today(case.timezone)
    open_loans = [p for p in loans.positions(case, today) if not p.is_paid_off]
    return render_template("proposals/index.html", proposals=services.list_proposals(case), positions=open_loans)


@bp.post("")
@needs(Permission.EDIT)
def create(case: Case) -> Page:
    loan_id = request.form.get("loan_id", "") or request.args.get("loan_id", "")
    loan = get_row(Loan, int(loan_id) if loan_id.isdecimal() and len(loan_id) < 18 else 0, case)
    today = clock.today(case.timezone)
    if loans.position(loan, today).is_paid_off:
        flash(_("This loan is paid off; there is nothing to propose"))
        return see_other(url_for("proposals.index"))
    proposal = services.create(case, loan, today, clock.now())
    db.session.commit()
    return see_other(url_for("proposals.cause", proposal_id=proposal.id))


@bp.get("/<int:proposal_id>/cause")
@needs(Permission.EDIT)
def cause(case: Case, proposal_id: int) -> Page:
    proposal = get_row(Proposal, proposal_id, case)
    form = CauseForm(obj=proposal, data={"new_income": proposal.new_income_minor, "version": proposal.version})
    return _cause_page(case, proposal, form)


@bp.post("/<int:proposal_id>/cause")
@needs(Permission.EDIT)
def cause_post(case: Case, proposal_id: int) -> Page:
    proposal = get_row(Proposal, proposal_id, case)
    form = CauseForm()
    form.new_income.currency = case.currency
    if not form.validate_on_submit():
        return _cause_page(case, proposal, form), 422
    if form.is_stale(proposal.version):
        return _stale(proposal, lambda **more: _cause_page(case, proposal, form, **more), form)
    for name in ("cause", "cause_since", "cause_until", "cause_text"):
        setattr(proposal, name, getattr(form, name).data)
    proposal.new_income_minor = form.new_income.data
    return _saved(proposal, "proposals.check")


@bp.get("/<int:proposal_id>/budget")
@needs(Permission.EDIT)
def check(case: Case, proposal_id: int) -> Page:
    draft = _draft(case, proposal_id)
    return render_template("proposals/check.html", draft=draft, proposal=draft.proposal, step=2)


@bp.get("/<int:proposal_id>/offer")
@needs(Permission.EDIT)
def offer(case: Case, proposal_id: int) -> Page:
    draft = _draft(case, proposal_id)
    form = _offer_form(case, draft.proposal, request.args if request.args else None)
    if request.args:
        form.validate()
        return _offer_page(case, draft.proposal, form)
    form.offered.data = draft.proposal.offered_minor or services.suggested_offer(draft)
    form.first_due.data = draft.proposal.first_due
    form.version.data = str(draft.proposal.version)
    return _offer_page(case, draft.proposal, form)


@bp.post("/<int:proposal_id>/offer")
@needs(Permission.EDIT)
def offer_post(case: Case, proposal_id: int) -> Page:
    proposal = get_row(Proposal, proposal_id, case)
    form = _offer_form(case, proposal)
    if form.validate_on_submit() and not _works_out(case, proposal, form):
        form.refuse("offered", _("This does not cover the interest; enter a larger amount or an earlier date"))
    if form.errors:
        return _offer_page(case, proposal, form), 422
    if form.is_stale(proposal.version):
        return _stale(proposal, lambda **more: _offer_page(case, proposal, form, **more), form)
    proposal.offered_minor, proposal.first_due = form.offered.data, form.first_due.data
    return _saved(proposal, "sharing.preview")


@bp.get("/<int:proposal_id>/document.<any(pdf, csv, json):extension>")
@needs(Permission.VIEW)
def document(case: Case, proposal_id: int, extension: str) -> Page:
    draft = _draft(case, proposal_id)
    if draft.plan is None:
        raise NotFound
    today = clock.today(case.timezone)
    value = services.build_document(draft, today, services.latest_version(draft.proposal))
    return file_answer(value, extension, absolute_url("today.home"))


@bp.post("/<int:proposal_id>/delete")
@needs(Permission.EDIT)
def delete(case: Case, proposal_id: int) -> Page:
    db.session.delete(get_row(Proposal, proposal_id, case))
    db.session.commit()
    flash(_("The plan and its links are removed"))
    return see_other(url_for("proposals.index"))


def file_answer(value: ProposalDocument, extension: str, address: str) -> Response:
    """A copy of the proposal as a download. `address` is what the PDF's QR code opens."""
    if extension == "pdf":
        content, kind = pdf.to_bytes(value, lang=html_lang(str(get_locale()))[:2], address=address), "application/pdf"
    elif extension == "csv":
        content, kind = csv_file.to_bytes(value), "text/csv; charset=utf-8"
    else:
        content, kind = json_file.to_bytes(value), "application/json"
    name = f"{value.reference}-{value.number}.{extension}"
    return Response(
        content, mimetype=None, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def _draft(case: Case, proposal_id: int) -> services.Draft:
    return services.work_out(case, get_row(Proposal, proposal_id, case), clock.today(case.timezone))


def _cause_page(case: Case, proposal: Proposal, form: CauseForm, *, stale: bool = False) -> str:
    form.new_income.currency = case.currency
    draft = services.work_out(case, proposal, clock.today(case.timezone))
    return render_template("proposals/cause.html", form=form, proposal=proposal, draft=draft, step=1, stale=stale)


def _offer_form(case: Case, proposal: Proposal, given: Any = None) -> OfferForm:
    form = OfferForm(given) if given is not None else OfferForm()
    form.offered.currency = proposal.loan.currency
    today = clock.today(case.timezone)
    return form.limit_dates(today, today + LATEST_START)


def _works_out(case: Case, proposal: Proposal, form: OfferForm) -> bool:
    return _tried(case, proposal, form).plan is not None


def _tried(case: Case, proposal: Proposal, form: OfferForm) -> services.Draft:
    """The draft as it would be with what stands in the form; nothing of it is saved."""
    with db.session.no_autoflush:
        kept = proposal.offered_minor, proposal.first_due
        proposal.offered_minor = form.offered.data
        proposal.first_due = form.first_due.data or proposal.first_due
        draft = services.work_out(case, proposal, clock.today(case.timezone))
        proposal.offered_minor, proposal.first_due = kept
    return draft


def _offer_page(case: Case, proposal: Proposal, form: OfferForm, *, stale: bool = False) -> str:
    draft = _tried(case, proposal, form)
    rows = (
        document_words.comparison(services.build_document(draft, clock.today(case.timezone), None))
        if draft.plan
        else []
    )
    return render_template(
        "proposals/offer.html", form=form, proposal=proposal, draft=draft, step=3, stale=stale, comparison=rows,
        step_minor=10 * 10 ** draft.position.terms.currency.minor_digits,
    )  # fmt: skip


def _stale(proposal: Proposal, page: Any, form: Any) -> tuple[str, int]:
    form.version.data = str(proposal.version)
    return page(stale=True), 409


def _saved(proposal: Proposal, following: str) -> Response:
    proposal.updated_at = clock.now()
    db.session.commit()
    return see_other(url_for(following, proposal_id=proposal.id))
