"""The radar: the coming year of cash, and what would help on a day that does not fit."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from .. import clock
from ..access import Permission, get_row, needs
from ..errors import NotFound
from ..extensions import db
from ..models import Case, CashChange, Part
from . import figures, services
from .forms import BalanceForm

bp = Blueprint("radar", __name__, url_prefix="/c/<int:case_id>/radar")
Page = str | tuple[str, int] | Response


@bp.get("")
@needs(Permission.VIEW, Part.BUDGET, Part.LOANS)
def index(case: Case) -> Page:
    return _index_page(case, _balance_form(case))


@bp.post("/balance")
@needs(Permission.EDIT, Part.BUDGET, Part.LOANS)
def balance(case: Case) -> Page:
    form = BalanceForm()
    form.balance.currency = case.currency
    if not form.validate_on_submit():
        return _index_page(case, form), 422
    services.set_balance(case, form.data["balance"], clock.today(case.timezone), has_today=form.data["has_today"])
    db.session.commit()
    flash(_("Saved"))
    return redirect(url_for("radar.index"))


@bp.get("/<day>")
@needs(Permission.VIEW, Part.BUDGET, Part.LOANS)
def red_day(case: Case, day: str) -> Page:
    radar = services.look(case, clock.today(case.timezone))
    red = radar.red_day(_parsed(day)) if radar else None
    if radar is None or red is None:
        return render_template("radar/fits.html", on=_parsed(day))
    fixes = services.fixes_of(radar, red)
    best = next((fix for fix in fixes if fix.covers), None)
    after = services.with_fix(radar, best) if best else None
    return render_template(
        "radar/red_day.html", radar=radar, red=red, fixes=fixes, best=best, after=after, figures=figures,
        can_apply=services.can_apply,
    )  # fmt: skip


@bp.post("/<day>/apply")
@needs(Permission.EDIT, Part.BUDGET, Part.LOANS)
def apply(case: Case, day: str) -> Page:
    radar = services.look(case, clock.today(case.timezone))
    red = radar.red_day(_parsed(day)) if radar else None
    if radar is None or red is None:
        raise NotFound
    change = services.apply(radar, red, request.form.get("kind", ""), request.form.get("key", ""), clock.now())
    db.session.commit()
    message: Any = {"text": _("Done: the radar counts with it"), "undo": url_for("radar.undo", change_id=change.id)}
    flash(message, "undo")
    return redirect(url_for("radar.index"))


@bp.post("/changes/<int:change_id>/undo")
@needs(Permission.EDIT, Part.BUDGET, Part.LOANS)
def undo(case: Case, change_id: int) -> Page:
    db.session.delete(get_row(CashChange, change_id, case))
    db.session.commit()
    flash(_("Taken back"))
    return redirect(url_for("radar.index"))


def _index_page(case: Case, form: BalanceForm) -> str:
    radar = services.look(case, clock.today(case.timezone))
    days = request.args.get("days", type=int)
    span = days if days in figures.SPANS else figures.SPANS[0]
    return render_template("radar/index.html", radar=radar, form=form, figures=figures, span=span)


def _balance_form(case: Case) -> BalanceForm:
    form = BalanceForm(data={"balance": case.balance_minor, "has_today": True})
    form.balance.currency = case.currency
    return form


def _parsed(text: str) -> date:
    """The day of an address. Raises NotFound for anything else."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise NotFound from None
