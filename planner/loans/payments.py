"""What happened on a loan: payments, those taken back or returned, what being late costs, and what ends it on a day."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from .. import clock
from ..access import Permission, get_row, needs
from ..engine.clearing import payoff_amount
from ..engine.errors import TermsError
from ..engine.ledger import Purpose
from ..errors import Conflict, NotFound
from ..extensions import db
from ..formatting import day, money
from ..models import Case, Loan, Part, Payment
from ..packs.arrears import usual_penalty
from . import figures, lateness, services
from .forms import PaymentForm, PayoffForm, ReturnForm
from .late_form import LateForm, form_values
from .sources import CONFIDENCES, STATUSES
from .views import detail_page, flash_undo

bp = Blueprint("payments", __name__, url_prefix="/c/<int:case_id>/loans")
Page = str | tuple[str, int] | Response


@bp.post("/<int:loan_id>/pay")
@needs(Permission.EDIT, Part.LOANS)
def record(case: Case, loan_id: int) -> Page:
    loan, today = get_row(Loan, loan_id, case), clock.today(case.timezone)
    form = PaymentForm().prepare(services.position(loan, today), today)
    payment = _recorded(form, loan) if form.validate_on_submit() else None
    if payment is None:
        return detail_page(case, loan, form), 422
    db.session.commit()
    return _paid(payment, _("%(amount)s recorded", amount=money(payment.amount_minor, loan.currency)))


@bp.post("/<int:loan_id>/instalments/<int:n>/paid")
@needs(Permission.EDIT, Part.LOANS)
def mark_paid(case: Case, loan_id: int, n: int) -> Page:
    loan = get_row(Loan, loan_id, case)
    try:
        payment = services.mark_paid(loan, n, clock.today(case.timezone))
    except Conflict:
        flash(_("Instalment %(n)d was marked as paid already", n=n))
        return _to_loan(loan)
    db.session.commit()
    return _paid(payment, _("Instalment %(n)d marked as paid", n=n))


@bp.post("/<int:loan_id>/payments/<int:payment_id>/undo")
@needs(Permission.EDIT, Part.LOANS)
def undo(case: Case, loan_id: int, payment_id: int) -> Page:
    payment = _own_payment(case, loan_id, payment_id)
    services.take_back(payment, clock.today(case.timezone))
    db.session.commit()
    flash_undo(_("Payment taken back"), url_for("payments.restore", loan_id=loan_id, payment_id=payment.id))
    return _to_loan(payment.loan)


@bp.get("/<int:loan_id>/payments/<int:payment_id>/returned")
@needs(Permission.EDIT, Part.LOANS)
def returned(case: Case, loan_id: int, payment_id: int) -> Page:
    payment = _own_payment(case, loan_id, payment_id)
    return _return_page(payment, ReturnForm(data={"returned_on": clock.today(case.timezone)}))


@bp.post("/<int:loan_id>/payments/<int:payment_id>/returned")
@needs(Permission.EDIT, Part.LOANS)
def returned_post(case: Case, loan_id: int, payment_id: int) -> Page:
    payment, form = _own_payment(case, loan_id, payment_id), ReturnForm()
    sound, on = form.validate_on_submit(), form.data["returned_on"]
    if sound and not payment.paid_on <= on <= clock.today(case.timezone):
        first = day(payment.paid_on, "full")
        form.refuse("returned_on", _("Enter a day from %(day)s, when it was paid, up to today", day=first))
    if form.errors:
        return _return_page(payment, form), 422
    services.give_back(payment, on)
    db.session.commit()
    flash_undo(_("Marked as returned by the bank"), url_for("payments.restore", loan_id=loan_id, payment_id=payment.id))
    return _to_loan(payment.loan)


@bp.post("/<int:loan_id>/payments/<int:payment_id>/restore")
@needs(Permission.EDIT, Part.LOANS)
def restore(case: Case, loan_id: int, payment_id: int) -> Page:
    payment = _own_payment(case, loan_id, payment_id)
    services.put_back(payment)
    db.session.commit()
    flash(_("Restored"))
    return _to_loan(payment.loan)


@bp.get("/<int:loan_id>/late")
@needs(Permission.VIEW, Part.LOANS)
def late(case: Case, loan_id: int) -> Page:
    loan = get_row(Loan, loan_id, case)
    rules, has_rate = services.late_rules(loan), lateness.names_rate(services.terms_of(loan))
    data = form_values(rules) if rules else {"how": "uplift" if has_rate else "rate"}
    return _late_page(case, loan, LateForm(data={"version": loan.version, **data}).prepare(loan.currency, has_rate))


@bp.post("/<int:loan_id>/late")
@needs(Permission.EDIT, Part.LOANS)
def late_post(case: Case, loan_id: int) -> Page:
    loan = get_row(Loan, loan_id, case)
    form = LateForm().prepare(loan.currency, lateness.names_rate(services.terms_of(loan)))
    if form.is_stale(loan.version):
        form.version.data = str(loan.version)
        return _late_page(case, loan, form, stale=True), 409
    if not form.validate_on_submit():
        return _late_page(case, loan, form), 422
    services.set_late_rules(loan, form.rules())
    db.session.commit()
    flash(_("Saved"))
    return redirect(url_for("payments.late", loan_id=loan.id))


@bp.post("/<int:loan_id>/late/forget")
@needs(Permission.EDIT, Part.LOANS)
def late_forget(case: Case, loan_id: int) -> Page:
    loan = get_row(Loan, loan_id, case)
    services.set_late_rules(loan, None)
    db.session.commit()
    flash(_("Removed: nothing is counted for being late"))
    return redirect(url_for("payments.late", loan_id=loan.id))


@bp.get("/<int:loan_id>/payoff")
@needs(Permission.VIEW, Part.LOANS)
def payoff(case: Case, loan_id: int) -> Page:
    loan, today = get_row(Loan, loan_id, case), clock.today(case.timezone)
    form = PayoffForm(formdata=request.args or None, data={"on": today})
    on = _payoff_day(form, services.terms_of(loan).start_date, today)
    here = services.position(loan, on or today)
    found = payoff_amount(here.terms, here.schedule, here.ledger) if on and not here.agreed else None
    filled = render_template("loans/payoff.html", p=here, form=form, found=found, on=on)
    return filled, 422 if form.errors else 200


def _recorded(form: PaymentForm, loan: Loan) -> Payment | None:
    """The payment of a valid form; None, with the reason beside its field, when the contract cannot take it."""
    try:
        given = form.data
        return services.add_payment(loan, given["amount"], given["paid_on"], None, Purpose(given["purpose"]))
    except TermsError:
        db.session.rollback()
        form.refuse("purpose", _("This is more than was owed on that day, or this contract cannot take it. "
                                 "Choose the instalments, or check the amount and the day"))  # fmt: skip
        return None


def _payoff_day(form: PayoffForm, start: date, today: date) -> date | None:
    """The day asked for; None, with the reason beside it, when nothing can be said about it."""
    if not form.validate():
        return None
    wanted = form.on.data or today
    if wanted < max(start, today):
        form.refuse("on", _("Enter today or a later day"))
        return None
    return wanted


def _late_page(case: Case, loan: Loan, form: LateForm, stale: bool = False) -> str:
    here, rules = services.position(loan, clock.today(case.timezone)), services.late_rules(loan)
    return render_template(
        "loans/late.html", p=here, form=form, rules=rules, stale=stale, late=lateness,
        usual=usual_penalty(loan.currency), as_said=figures.as_said, statuses=STATUSES, confidences=CONFIDENCES,
    )  # fmt: skip


def _return_page(payment: Payment, form: ReturnForm) -> str:
    return render_template("loans/returned.html", payment=payment, loan=payment.loan, form=form)


def _own_payment(case: Case, loan_id: int, payment_id: int) -> Payment:
    payment = get_row(Payment, payment_id, case)
    if payment.loan_id != loan_id:
        raise NotFound
    return payment


def _paid(payment: Payment, text: str) -> Response:
    """Back to the loan, with the payment's undo at hand."""
    flash_undo(text, url_for("payments.undo", loan_id=payment.loan_id, payment_id=payment.id))
    return _to_loan(payment.loan)


def _to_loan(loan: Loan) -> Response:
    return redirect(url_for("loans.detail", loan_id=loan.id))
