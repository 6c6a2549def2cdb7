"""The Loans tab: entering a loan, reading it, paying it, trying things out, and decoding an offer."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from .. import clock
from ..access import Permission, get_row, needs
from ..engine.errors import EngineError
from ..engine.loan import LoanTerms
from ..extensions import db
from ..models import Case, Loan, Part
from . import contracts, decoder, figures, lateness, refusals, services, shown, tried
from . import what_if as trying
from .forms import METHOD_NOTES, LoanForm, PaymentForm
from .sources import CONFIDENCES, STATUSES
from .what_if_kinds import steppers

bp = Blueprint("loans", __name__, url_prefix="/c/<int:case_id>/loans")
Page = str | tuple[str, int] | Response


@bp.get("")
@needs(Permission.VIEW, Part.LOANS)
def index(case: Case) -> Page:
    today = clock.today(case.timezone)
    found = services.positions(case, today, include_closed=True)
    return render_template("loans/index.html", overview=figures.overview(found, case.currency, today), today=today)


@bp.get("/new")
@needs(Permission.EDIT, Part.LOANS)
def create(case: Case) -> Page:
    named = {"creditor": request.args["creditor"][:80]} if "creditor" in request.args else {}
    start = {"start_date": clock.today(case.timezone), **named, **decoder.taken_over(case, request.args)}
    return _form_page(LoanForm(data=start).prepare(case.currency))


@bp.post("/new")
@needs(Permission.EDIT, Part.LOANS)
def create_post(case: Case) -> Page:
    form = LoanForm().prepare(case.currency)
    terms = _terms(form, case) if form.validate_on_submit() else None
    if terms is None:
        return _form_page(form), 422
    loan = services.create_loan(case, form.data | {"terms": terms})
    db.session.commit()
    flash(_("Saved"))
    return redirect(url_for("loans.detail", loan_id=loan.id))


@bp.get("/<int:loan_id>")
@needs(Permission.VIEW, Part.LOANS)
def detail(case: Case, loan_id: int) -> Page:
    return detail_page(case, get_row(Loan, loan_id, case))


@bp.get("/<int:loan_id>/schedule")
@needs(Permission.VIEW, Part.LOANS)
def schedule(case: Case, loan_id: int) -> Page:
    here = services.position(get_row(Loan, loan_id, case), clock.today(case.timezone))
    rows = here.ledger.rows
    wanted = request.args.get("first", 1, type=int)
    first = min(max(wanted, 1), max(len(rows), 1)) - 1
    shown = rows[first : first + figures.MOST_ROWS]
    later = first + 1 + figures.MOST_ROWS if first + figures.MOST_ROWS < len(rows) else None
    earlier = max(first + 1 - figures.MOST_ROWS, 1) if first else None
    return render_template(
        "loans/schedule.html", p=here, shown=shown, earlier=earlier, later=later, figures=figures,
        today=here.ledger.as_of,
    )  # fmt: skip


@bp.get("/<int:loan_id>/edit")
@needs(Permission.EDIT, Part.LOANS)
def edit(case: Case, loan_id: int) -> Page:
    loan = get_row(Loan, loan_id, case)
    terms = services.terms_of(loan)
    form = LoanForm(data=shown.form_values(loan, terms)).prepare(loan.currency, terms.method)
    return _form_page(form, loan)


@bp.post("/<int:loan_id>/edit")
@needs(Permission.EDIT, Part.LOANS)
def edit_post(case: Case, loan_id: int) -> Page:
    loan = get_row(Loan, loan_id, case)
    stored = services.terms_of(loan)
    form = LoanForm().prepare(loan.currency, stored.method)
    if form.is_stale(loan.version):
        form.version.data = str(loan.version)
        return _form_page(form, loan, stale=True), 409
    terms = _terms(form, case, loan) if form.validate_on_submit() else None
    if terms is None:
        return _form_page(form, loan), 422
    services.change_loan(loan, form.data | {"terms": terms})
    db.session.commit()
    flash(_("Saved"))
    return redirect(url_for("loans.detail", loan_id=loan.id))


@bp.get("/<int:loan_id>/delete")
@needs(Permission.EDIT, Part.LOANS)
def delete(case: Case, loan_id: int) -> Page:
    return render_template("loans/delete.html", loan=get_row(Loan, loan_id, case))


@bp.post("/<int:loan_id>/delete")
@needs(Permission.EDIT, Part.LOANS)
def delete_post(case: Case, loan_id: int) -> Page:
    loan = get_row(Loan, loan_id, case)
    db.session.delete(loan)
    db.session.commit()
    flash(_("%(name)s removed", name=loan.title))
    return redirect(url_for("loans.index"))


@bp.post("/<int:loan_id>/close")
@needs(Permission.EDIT, Part.LOANS)
def close(case: Case, loan_id: int) -> Page:
    loan = get_row(Loan, loan_id, case)
    loan.closed_on = None if loan.closed_on else clock.today(case.timezone)
    db.session.commit()
    flash_undo(_("Closed") if loan.closed_on else _("Open again"), request.path)
    return redirect(url_for("loans.detail", loan_id=loan.id))


@bp.get("/<int:loan_id>/what-if")
@needs(Permission.VIEW, Part.LOANS)
def what_if(case: Case, loan_id: int) -> Page:
    wanted = request.args.get("loan", type=int)
    if wanted and wanted != loan_id:
        return redirect(url_for("loans.what_if", loan_id=get_row(Loan, wanted, case).id))
    today = clock.today(case.timezone)
    found = services.positions(case, today)
    here = next((p for p in found if p.loan.id == loan_id), None) or services.position(
        get_row(Loan, loan_id, case), today
    )
    form, kept = trying.read_form(here, request.args), trying.read_kept(here, request.args)
    outcome = None if kept is None or here.agreed else trying.find_outcome(here, form, kept)
    page = "loans/_what_if_result.html" if _is_fragment() else "loans/what_if.html"
    filled = render_template(
        page, p=here, others=[p for p in found if p.next], form=form, kept=kept, outcome=outcome, tried=tried,
        steppers=steppers(here), most_kept=trying.MOST_KEPT, as_said=figures.as_said, fragment=_is_fragment(),
        suggested_query=request.query_string.decode("utf-8", "replace"),
    )  # fmt: skip
    return filled, 422 if form.errors or kept is None else 200


@bp.get("/decode")
@needs(Permission.VIEW, Part.LOANS)
def decode(case: Case) -> Page:
    given = request.args
    form = decoder.read(case, given)
    found = decoder.find_answer(form, case.currency, clock.today(case.timezone)) if decoder.is_asked(given) else None
    page = "loans/_decoded.html" if _is_fragment() else "loans/decode.html"
    filled = render_template(
        page,
        form=form,
        found=found,
        found_args=decoder.address_values(given),
        fragment=_is_fragment(),
        as_said=figures.as_said,
        statuses=STATUSES,
        lenders=decoder.LENDERS,
        confidences=CONFIDENCES,
    )
    return filled, 422 if form.errors else 200


def _terms(form: LoanForm, case: Case, loan: Loan | None = None) -> LoanTerms | None:
    """The contract in a valid form; None, with the reason beside its field, when there cannot be such a contract."""
    code, today = form.currency.data, clock.today(case.timezone)
    stored = services.terms_of(loan) if loan else None
    before = shown.terms_values(stored) if stored else None
    try:
        terms = contracts.build_terms(form.data, code, today, stored, before)
    except EngineError as error:
        refusals.refuse(form, error, form.data, code)
        return None
    if loan and loan.payments and code != loan.currency:
        form.refuse("currency", _("Payments are recorded in %(code)s; enter a new loan instead", code=loan.currency))
    return terms if _paid_makes_sense(form, terms, today) else None


def _paid_makes_sense(form: LoanForm, terms: LoanTerms, today: date) -> bool:
    """How many are paid cannot be guessed once some were due; nor can more be paid than there are."""
    due, paid = services.due_before(terms, today), form.paid_before.data
    if paid is None and due:
        form.refuse("paid_before", ngettext(
            "One instalment was due before today. Enter 1 if it is paid, else 0",
            "%(num)d instalments were due before today. Enter how many of them are paid", due))  # fmt: skip
    elif paid is not None and terms.instalments is not None and paid > terms.instalments:
        form.refuse("paid_before", _("There are only %(n)d instalments", n=terms.instalments))
    return not form.errors


def _form_page(form: LoanForm, loan: Loan | None = None, stale: bool = False) -> str:
    whole = loan is None or shown.is_shown_whole(services.terms_of(loan))
    return render_template("loans/edit.html", form=form, loan=loan, stale=stale, notes=METHOD_NOTES, whole=whole)


def detail_page(case: Case, loan: Loan, form: PaymentForm | None = None) -> str:
    """The page of a loan; `form` is a payment that could not be recorded."""
    today = clock.today(case.timezone)
    here = services.position(loan, today)
    if form is None:
        start = {"amount": here.due_minor or None, "paid_on": today}
        form = PaymentForm(data=start).prepare(here, today)
    return render_template(
        "loans/detail.html", p=here, form=form, today=today, figures=figures, late=lateness, statuses=STATUSES
    )


def flash_undo(text: str, address: str) -> None:
    """Say what happened, with a button that posts to `address` to undo it."""
    message: Any = {"text": text, "undo": address}
    flash(message, "undo")


def _is_fragment() -> bool:
    """Whether the page's script asks for the result alone."""
    return request.headers.get("X-Fragment") == "result"
