"""The Plan tab: proposals to all creditors, and the first two of the four steps that make one."""

from __future__ import annotations

from typing import Any

from flask import flash, g, render_template, request, url_for
from flask_babel import gettext as _

from .. import clock
from ..access import Permission, get_row, may, needs
from ..extensions import db
from ..loans import services as loans
from ..messages import see_other
from ..models import Case, Loan, Proposal
from . import checking, offer_views, services, words
from .blueprint import PLANS, Page, bp, differences, is_own_draft, load_draft, load_plan, saved
from .checking import Question
from .drafting import Draft
from .forms import AnswerForm, CauseForm

__all__ = ["bp", "offer_views"]


@bp.get("")
@needs(Permission.VIEW, PLANS)
def index(case: Case) -> Page:
    today = clock.today(case.timezone)
    open_loans = [p for p in loans.positions(case, today) if not p.is_paid_off]
    found = services.list_proposals(case)
    status = {item.id: services.status_of(item) for proposal in found for item in proposal.items}
    return render_template("proposals/index.html", proposals=found, status=status, words=STATUS, positions=open_loans,
                           is_own_draft=is_own_draft, is_unapproved=services.is_unapproved)  # fmt: skip


@bp.post("")
@needs(Permission.DRAFT, PLANS)
def create(case: Case) -> Page:
    today, loan = clock.today(case.timezone), _wanted_loan(case)
    positions = [p for p in loans.positions(case, today) if not p.is_paid_off and p.loan.currency == case.currency]
    if loan is not None and loans.position(loan, today).is_paid_off:
        flash(_("This loan is paid off; there is nothing to propose"))
        return see_other(url_for("proposals.index"))
    if loan is not None and loan.currency != case.currency:
        flash(_("This loan is in another currency than the budget: it cannot be weighed with the others"))
        return see_other(url_for("proposals.index"))
    if not positions:
        flash(_("Add a loan first"))
        return see_other(url_for("proposals.index"))
    proposal = services.create(case, loan, today, clock.now())
    services.sign(proposal, g.get("consent"), clock.now() if may(Permission.RECORD) else None)
    if loan is not None and "kind" in request.args:
        offer_views.ask_as_told(services.find_draft(proposal, today), loan)
    db.session.commit()
    return see_other(url_for("proposals.cause", proposal_id=proposal.id))


@bp.get("/<int:proposal_id>/cause")
@needs(Permission.DRAFT, PLANS)
def cause(case: Case, proposal_id: int) -> Page:
    draft = load_draft(case, proposal_id)
    return _cause_page(draft, _cause_form(draft.proposal, case))


@bp.post("/<int:proposal_id>/cause")
@needs(Permission.DRAFT, PLANS)
def cause_post(case: Case, proposal_id: int) -> Page:
    proposal = load_plan(case, proposal_id)
    form = CauseForm()
    form.new_income.currency = case.currency
    draft = services.find_draft(proposal, clock.today(case.timezone))
    if form.is_stale(proposal.version):
        form.version.data = str(proposal.version)
        return _cause_page(draft, form, stored=differences(form, _cause_form(proposal, case))), 409
    if not form.validate_on_submit():
        return _cause_page(draft, form), 422
    for name in ("cause", "cause_since", "cause_until", "cause_text"):
        setattr(proposal, name, getattr(form, name).data)
    proposal.new_income_minor = form.new_income.data
    return saved(proposal, "proposals.check")


@bp.get("/<int:proposal_id>/budget")
@needs(Permission.DRAFT, PLANS)
def check(case: Case, proposal_id: int) -> Page:
    draft = load_draft(case, proposal_id)
    asked = checking.questions(draft)
    return _check_page(draft, asked, {each.key: _answer_form(each, stored=True) for each in asked})


@bp.post("/<int:proposal_id>/budget")
@needs(Permission.DRAFT, PLANS)
def check_post(case: Case, proposal_id: int) -> Page:
    draft = load_draft(case, proposal_id)
    proposal, asked = draft.proposal, checking.questions(draft)
    forms = {each.key: _answer_form(each) for each in asked}
    given = request.form.get("version", "")
    if given and given != str(proposal.version):
        stored = [d._replace(label=each.label) for each in asked
                  for d in differences(forms[each.key], _answer_form(each, stored=True))]  # fmt: skip
        return _check_page(draft, asked, forms, stored=stored), 409
    if [form for form in forms.values() if not form.validate()]:
        return _check_page(draft, asked, forms), 422
    for each in asked:
        checking.answer(proposal, each, forms[each.key].words, notes=may(Permission.RECORD))
    return saved(proposal, "proposals.offer")


@bp.post("/<int:proposal_id>/delete")
@needs(Permission.DRAFT, PLANS)
def delete(case: Case, proposal_id: int) -> Page:
    services.remove(load_plan(case, proposal_id))
    db.session.commit()
    flash(_("The plan and its links are removed"))
    return see_other(url_for("proposals.index"))


def _wanted_loan(case: Case) -> Loan | None:
    """The loan a plan starts from; None for all of them. Raises NotFound for one that is not the case's."""
    wanted = request.form.get("loan_id", "") or request.args.get("loan_id", "")
    if not wanted:
        return None
    return get_row(Loan, int(wanted) if wanted.isdecimal() and len(wanted) < 18 else 0, case)


def _cause_form(proposal: Proposal, case: Case) -> CauseForm:
    """The stored cause; what is in the request does not count."""
    data = {name: getattr(proposal, name) for name in ("cause", "cause_since", "cause_until", "cause_text", "version")}
    form = CauseForm(formdata=None, data=data | {"new_income": proposal.new_income_minor})
    form.new_income.currency = case.currency
    return form


def _cause_page(draft: Draft, form: CauseForm, *, stored: Any = None) -> str:
    return render_template(
        "proposals/cause.html", form=form, proposal=draft.proposal, draft=draft, step=1, stored=stored,
        is_confirmed=services.is_confirmed(draft.proposal), links=services.count_links(draft.proposal, clock.now()),
    )  # fmt: skip


def _answer_form(question: Question, *, stored: bool = False) -> AnswerForm:
    """The form of one question: as stored, or as sent."""
    prefix = f"{question.key}-"
    if not stored:
        return AnswerForm(prefix=prefix)
    is_text = bool(question.answer) and question.answer != checking.RIGHT
    data = {"answer": "explain" if is_text else question.answer or "", "text": question.answer if is_text else None}
    return AnswerForm(formdata=None, prefix=prefix, data=data)


def _check_page(draft: Draft, asked: list[Question], forms: dict[str, AnswerForm], *, stored: Any = None) -> str:
    return render_template(
        "proposals/check.html", draft=draft, proposal=draft.proposal, questions=asked, forms=forms, step=2, stored=stored,
        question_words=words.question_words,
    )  # fmt: skip


STATUS = {
    "draft": lambda: _("not sent yet"), "shared": lambda: _("link made"), "viewed": lambda: _("opened"),
    "accept": lambda: _("accepted"), "counter": lambda: _("counter-offer"), "ask": lambda: _("has a question"),
    "decline": lambda: _("declined"),
}  # fmt: skip
