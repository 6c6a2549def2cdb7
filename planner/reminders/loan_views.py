"""Reminders of one loan: its own days, its pauses, and what its lender wants, with the dates that follow from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flask import Blueprint, Response, flash, render_template, url_for
from flask_babel import gettext as _

from .. import clock
from ..access import Permission, get_row, needs
from ..cases.calendar import calendar_of
from ..engine import notices
from ..engine.notices import HelpWindow, PayWay
from ..extensions import db
from ..loans import services as loans
from ..messages import see_other
from ..models import Case, Loan, Part
from . import planning, settings, words
from .forms import COMMON, LoanForm, not_before
from .wishes import wishes_of

bp = Blueprint("reminder_loans", __name__)
Page = str | tuple[str, int] | Response


@dataclass(frozen=True, slots=True)
class LenderDays:
    """For the next instalment: its day, and by when to send the money and to ask, where that is known."""

    due_on: date
    send_by: date | None
    way: PayWay | None
    window: HelpWindow | None


@bp.get("/c/<int:case_id>/loans/<int:loan_id>/reminders")
@needs(Permission.VIEW, Part.OWN)
def detail(case: Case, loan_id: int) -> Page:
    loan = get_row(Loan, loan_id, case)
    return _page(case, loan, settings.loan_form(case, loan, clock.today(case.timezone)))


@bp.post("/c/<int:case_id>/loans/<int:loan_id>/reminders")
@needs(Permission.RECORD, Part.OWN)
def save(case: Case, loan_id: int) -> Page:
    loan, form = get_row(Loan, loan_id, case), LoanForm()
    not_before(form, clock.today(case.timezone))
    if not form.validate_on_submit():
        return _page(case, loan, form), 422
    version = settings.loan_version(loan)
    if form.is_stale(version):
        form.version.data = str(version)
        return _page(case, loan, form, stale=True), 409
    settings.keep_loan(loan, form)
    planning.replan(case, clock.now())
    db.session.commit()
    flash(_("Saved"))
    return see_other(url_for("reminder_loans.detail", loan_id=loan.id))


def lender_days(case: Case, loan: Loan, today: date) -> LenderDays | None:
    """The days that matter for the next instalment, by the working days of the case; None when all is paid."""
    following = loans.position(loan, today).next
    if following is None:
        return None
    due_on, own = following.instalment.due_date, wishes_of(case).of_loan(loan.id)
    calendar = calendar_of(case, min(today, due_on), max(today, due_on))
    send = notices.send_by(due_on, own.pay_way, calendar) if own.pay_way else None
    window = notices.help_window(due_on, own.lead_days, today, calendar) if own.lead_days else None
    return LenderDays(due_on, send, own.pay_way, window)


def _page(case: Case, loan: Loan, form: LoanForm, *, stale: bool = False) -> str:
    form.offer_row()
    today = clock.today(case.timezone)
    days = lender_days(case, loan, today)
    return render_template(
        "reminders/loan.html", loan=loan, form=form, stale=stale, days=days, words=words, common=COMMON
    )
