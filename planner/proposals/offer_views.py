"""The third step: the offers to all creditors, and the one request to each."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask import flash, render_template, request
from flask_babel import gettext as _

from .. import clock
from ..access import Permission, needs
from ..documents.letters import letter_for
from ..documents.proposal import Asked
from ..engine.asked import Kind, Outcome
from ..engine.dates import add_months
from ..engine.errors import EngineError, TermsError
from ..engine.requests import work_out
from ..errors import NotFound
from ..extensions import db
from ..models import Case, Loan
from . import advising, checking, services, words
from .blueprint import PLANS, Page, Stored, bp, differences, load_draft, load_plan, saved
from .drafting import REVIEW_MONTHS, Draft, Part, running_of
from .forms import AGREED, OfferForm, RequestForm, ShareForm, form_field, request_data
from .holding import amounts_at, hold

LATEST_START = timedelta(days=366)
Forms = dict[int, ShareForm]


@bp.get("/<int:proposal_id>/offer")
@needs(Permission.DRAFT, PLANS)
def offer(case: Case, proposal_id: int) -> Page:
    draft = load_draft(case, proposal_id)
    if not request.args:
        return _offer_page(draft, _offer_form(draft), _share_forms(draft))
    with db.session.no_autoflush:  # what is only tried is never written
        form, forms = (
            OfferForm(request.args, meta={"csrf": False}).prepare(draft.today),
            _share_forms(draft, request.args),
        )
        sound = _are_sound(form, forms)
        return _offer_page(_tried(draft, form, forms), form, forms), 200 if sound else 422


@bp.post("/<int:proposal_id>/offer")
@needs(Permission.DRAFT, PLANS)
def offer_post(case: Case, proposal_id: int) -> Page:
    draft = load_draft(case, proposal_id)
    form, forms = OfferForm().prepare(draft.today), _share_forms(draft, request.form)
    if form.is_stale(draft.proposal.version):
        return _stale_offer(draft, form, forms), 409
    if not (_are_sound(form, forms) and form.validate_on_submit()):
        return _offer_page(draft, form, forms), 422
    shown = draft.review_on
    with db.session.no_autoflush:
        tried = _tried(draft, form, forms)
        if form.review_on.data != shown:  # else it was only left as it stood there
            form.limit(tried.ends)
        if form.errors or not tried.is_ready:
            return _offer_page(tried, form, forms, is_refused=not tried.is_ready), 422
    return saved(draft.proposal, "sharing.preview")


@bp.post("/<int:proposal_id>/offer/largest")
@needs(Permission.DRAFT, PLANS)
def fit(case: Case, proposal_id: int) -> Page:
    draft = load_draft(case, proposal_id)
    return _share_out(draft, amounts_at(draft, hold(draft).guard.largest_minor or 0))


@bp.post("/<int:proposal_id>/offer/fair")
@needs(Permission.DRAFT, PLANS)
def fair(case: Case, proposal_id: int) -> Page:
    return _share_out(load_draft(case, proposal_id), {})


@bp.post("/<int:proposal_id>/loans")
@needs(Permission.DRAFT, PLANS)
def add(case: Case, proposal_id: int) -> Page:
    proposal = load_plan(case, proposal_id)
    services.add_missing(case, proposal, clock.today(case.timezone))
    return saved(proposal, "proposals.offer")


@bp.get("/<int:proposal_id>/creditors/<int:n>")
@needs(Permission.DRAFT, PLANS)
def creditor(case: Case, proposal_id: int, n: int) -> Page:
    draft, part = _part(case, proposal_id, n)
    if not request.args:
        return _creditor_page(draft, part, _request_form(draft, part), part.outcome)
    form = RequestForm(request.args, meta={"csrf": False}).prepare(*_limits(draft, part))
    outcome = _find_outcome(draft, part, form, form.find_asked())
    return _creditor_page(draft, part, form, outcome), 422 if form.errors else 200


@bp.post("/<int:proposal_id>/creditors/<int:n>")
@needs(Permission.DRAFT, PLANS)
def creditor_post(case: Case, proposal_id: int, n: int) -> Page:
    draft, part = _part(case, proposal_id, n)
    form = RequestForm().prepare(*_limits(draft, part))
    if form.is_stale(draft.proposal.version):
        form.version.data = str(draft.proposal.version)
        return _creditor_page(draft, part, form, None, stored=differences(form, _request_form(draft, part))), 409
    if form.kind.data == AGREED:
        part.item.is_included, part.item.asked, part.item.offered_minor = False, None, None
        return saved(draft.proposal, "proposals.offer")
    asked = form.find_asked()
    outcome = _find_outcome(draft, part, form, asked)
    if asked is None or outcome is None:
        return _creditor_page(draft, part, form, None), 422
    services.ask(part.item, asked, outcome)
    return saved(draft.proposal, "proposals.offer")


def ask_as_told(draft: Draft, loan: Loan) -> None:
    """Start with what the address asks of a lender, as the radar's ways out say it. What cannot be asked is left to the steps."""
    part = next(part for part in draft.parts if part.loan is loan)
    form = RequestForm(request.args, meta={"csrf": False}).prepare(*_limits(draft, part))
    asked = form.find_asked()
    outcome = _find_outcome(draft, part, form, asked)
    if asked is not None and outcome is not None:
        services.ask(part.item, asked, outcome)


def _share_out(draft: Draft, amounts: dict[int, int]) -> Page:
    """Set what each creditor gets; one that is not named gets its fair share, nobody less than a token."""
    form = OfferForm()
    if form.is_stale(draft.proposal.version):
        return _stale_offer(draft, form, _share_forms(draft, request.form)), 409
    for part in draft.sharing:
        token = 10**part.position.terms.currency.minor_digits
        services.set_amount(part, max(amounts[part.n], token) if part.n in amounts else None)
    flash(_("The amounts are changed"))
    return saved(draft.proposal, "proposals.offer")


def _part(case: Case, proposal_id: int, n: int) -> tuple[Draft, Part]:
    draft = load_draft(case, proposal_id)
    part = draft.part(n)
    if part is None:
        raise NotFound
    return draft, part


def _limits(draft: Draft, part: Part) -> tuple[str, date, date]:
    return part.loan.currency, draft.today, draft.today + LATEST_START


def _find_outcome(draft: Draft, part: Part, form: RequestForm, asked: Asked | None) -> Outcome | None:
    """What the request comes to; None with the reason beside its field."""
    if asked is None:
        return None
    try:
        return work_out(running_of(part.position, draft.today), asked)
    except EngineError as error:
        kind = Kind(asked.kind)
        named = form_field(kind, error.field) if isinstance(error, TermsError) else ""
        field = named if named in form.names() else form.names()[0]
        form.refuse(field, words.refusal(error, part.loan.currency))
        return None


def _request_form(draft: Draft, part: Part) -> RequestForm:
    """The request as it is; a page that was just opened starts with what is suggested."""
    until = draft.review_on or add_months(part.begins, REVIEW_MONTHS)
    start: dict[str, Any] = {"from_on": part.begins, "sum_on": part.begins, "until": until, "count": 1}
    data = start | {key: value for key, value in request_data(part.asked).items() if value is not None}
    form = RequestForm(formdata=None, data=data | {"version": draft.proposal.version})
    return form.prepare(*_limits(draft, part))


def _creditor_page(
    draft: Draft, part: Part, form: RequestForm, outcome: Outcome | None, *, stored: list[Stored] | None = None
) -> str:
    return render_template(
        "proposals/creditor.html", draft=draft, proposal=draft.proposal, part=part, form=form, outcome=outcome, step=3,
        stored=stored, words=words, letter_for=letter_for,
    )  # fmt: skip


def _offer_form(draft: Draft) -> OfferForm:
    data = {"review_on": draft.review_on, "version": draft.proposal.version}
    return OfferForm(formdata=None, data=data)


def _share_forms(draft: Draft, given: Any = None) -> Forms:
    """A form for each creditor: as sent, or as stored."""
    found: Forms = {}
    for part in draft.parts:
        data = {"is_included": part.item.is_included, "offered": part.offered_minor}
        form = ShareForm(formdata=given, prefix=f"n{part.n}-", data=data)
        form.offered.currency = part.loan.currency
        form.is_included.label.text = part.loan.title
        form.offered.label.text = _("A month for %(name)s", name=part.loan.title)
        found[part.n] = form
    return found


def _are_sound(form: OfferForm, forms: Forms) -> bool:
    return all([form.validate(), *(each.validate() for each in forms.values())])


def _tried(draft: Draft, form: OfferForm, forms: Forms) -> Draft:
    """The draft with what stands in the forms, in the session alone until somebody commits it."""
    for part in draft.parts:
        given = forms[part.n]
        part.item.is_included = given.is_included.data
        if not given.errors and part.has_amount and given.offered.raw_data and given.offered.data != part.offered_minor:
            services.set_amount(part, given.offered.data or None)
    draft.proposal.review_on = form.review_on.data or None
    return services.find_draft(draft.proposal, draft.today)


def _stale_offer(draft: Draft, form: OfferForm, forms: Forms) -> str:
    stored = _share_forms(draft)
    beside = [d for part in draft.parts
              for d in differences(forms[part.n], stored[part.n])]  # fmt: skip
    form.version.data = str(draft.proposal.version)
    return _offer_page(draft, form, forms, stored=[*beside, *differences(form, _offer_form(draft))])


def _offer_page(
    draft: Draft, form: OfferForm, forms: Forms, *, stored: list[Stored] | None = None, is_refused: bool = False
) -> str:
    held = hold(draft)
    asked = {question.key: question for question in checking.questions(draft)}
    found = [advising.advice(finding, draft, asked) for finding in checking.checklist(draft, held)]
    return render_template(
        "proposals/offer.html", draft=draft, proposal=draft.proposal, form=form, forms=forms, held=held, advice=found,
        step=3, stored=stored, words=words, is_refused=is_refused,
    )  # fmt: skip
