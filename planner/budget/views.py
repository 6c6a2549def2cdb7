"""The Budget tab: the month, and its lines."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from .. import clock
from ..access import Permission, get_row, may_see, needs
from ..engine.budget import Kind
from ..errors import NotFound
from ..extensions import db
from ..messages import flash_undo
from ..models import BudgetLine, Case, Guideline, Part
from . import services
from .forms import GuidelineForm, LineForm
from .statement import guideline_keys, guidelines_of, heading_label, set_guidelines, statement_of

bp = Blueprint("budget", __name__, url_prefix="/c/<int:case_id>/budget")
Page = str | tuple[str, int] | Response


@bp.get("")
@needs(Permission.VIEW, Part.BUDGET)
def index(case: Case) -> Page:
    today = clock.today(case.timezone)
    first = services.parse_month(request.args.get("month"), today)
    month = _cycle(case, today) or services.month_view(case, first, today, has_debts=may_see(Part.LOANS))
    return render_template("budget/index.html", month=month, is_cycle_asked="cycle" in request.args)


@bp.get("/new")
@needs(Permission.EDIT, Part.BUDGET)
def create(case: Case) -> Page:
    kind = _kind()
    return _form_page(LineForm(data=services.defaults(kind, request.args)).prepare(case, kind), kind)


@bp.post("/new")
@needs(Permission.EDIT, Part.BUDGET)
def create_post(case: Case) -> Page:
    kind = _kind()
    form = LineForm().prepare(case, kind)
    if not form.validate_on_submit():
        return _form_page(form, kind), 422
    services.create_line(case, kind, form.data, clock.today(case.timezone), clock.now())
    db.session.commit()
    flash(_("Saved"))
    return redirect(url_for("budget.index"))


@bp.get("/<int:line_id>")
@needs(Permission.EDIT, Part.BUDGET)
def edit(case: Case, line_id: int) -> Page:
    line = get_row(BudgetLine, line_id, case)
    return _form_page(LineForm(data=services.form_data(line)).prepare(case, line.kind, line.category), line.kind, line)


@bp.post("/<int:line_id>")
@needs(Permission.EDIT, Part.BUDGET)
def edit_post(case: Case, line_id: int) -> Page:
    line = get_row(BudgetLine, line_id, case)
    form = LineForm().prepare(case, line.kind, line.category)
    if form.is_stale(line.version):
        form.version.data = str(line.version)
        return _form_page(form, line.kind, line, stale=True), 409
    if not form.validate_on_submit():
        return _form_page(form, line.kind, line), 422
    services.change_line(line, form.data, clock.today(case.timezone))
    db.session.commit()
    flash(_("Saved"))
    return redirect(url_for("budget.index"))


@bp.post("/<int:line_id>/delete")
@needs(Permission.EDIT, Part.BUDGET)
def delete(case: Case, line_id: int) -> Page:
    line = get_row(BudgetLine, line_id, case)
    name, undo = line.name, url_for("budget.restore", line=services.pack_line(line))
    db.session.delete(line)
    db.session.commit()
    flash_undo(_("%(name)s removed", name=name), undo)
    return redirect(url_for("budget.index"))


@bp.post("/restore")
@needs(Permission.EDIT, Part.BUDGET)
def restore(case: Case) -> Page:
    services.restore_line(case, request.args.get("line", ""))
    db.session.commit()
    flash(_("Restored"))
    return redirect(url_for("budget.index"))


@bp.get("/statement")
@needs(Permission.VIEW, Part.BUDGET)
def statement(case: Case) -> Page:
    today = clock.today(case.timezone)
    return render_template(
        "budget/statement.html", s=statement_of(case, today, has_debts=may_see(Part.LOANS)), today=today
    )


@bp.get("/guidelines")
@needs(Permission.EDIT, Part.BUDGET)
def guidelines(case: Case) -> Page:
    stored = guidelines_of(case)
    forms = {key: _guideline_form(case, key, stored.get(key)) for key in guideline_keys(case)}
    return render_template("budget/guidelines.html", forms=forms, label=heading_label)


@bp.post("/guidelines")
@needs(Permission.EDIT, Part.BUDGET)
def guidelines_post(case: Case) -> Page:
    forms = {key: _guideline_form(case, key) for key in guideline_keys(case)}
    wrong = [key for key, form in forms.items() if not form.validate()]
    if wrong:
        return render_template("budget/guidelines.html", forms=forms, label=heading_label), 422
    set_guidelines(case, {key: (form.data["amount"], form.data["source"]) for key, form in forms.items()})
    db.session.commit()
    flash(_("Saved"))
    return redirect(url_for("budget.statement"))


def _guideline_form(case: Case, key: str, stored: Guideline | None = None) -> GuidelineForm:
    data = {"amount": stored.amount_minor, "source": stored.source} if stored else None
    form = GuidelineForm(prefix=f"{key}-", data=data)
    form.amount.currency = case.currency
    return form


def _cycle(case: Case, today: date) -> services.MonthView | None:
    """The pay cycle that was asked for; None when none was, or there is none."""
    if "cycle" not in request.args:
        return None
    on = services.parse_day(request.args["cycle"], today)
    return services.find_cycle_view(case, on, today, has_debts=may_see(Part.LOANS))


def _kind() -> str:
    kind = request.args.get("kind", Kind.EXPENSE)
    if kind not in set(Kind):
        raise NotFound
    return kind


def _form_page(form: LineForm, kind: str, line: BudgetLine | None = None, **more: Any) -> str:
    values: dict[str, Any] = {"stale": False} | more
    return render_template("budget/edit.html", form=form, kind=kind, line=line, **values)
