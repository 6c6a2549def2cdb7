"""The More tab, and the settings of the household's file."""

from __future__ import annotations

from zoneinfo import available_timezones

from flask import Blueprint, Response, flash, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import func, select

from .. import clock
from ..access import Permission, get_row, needs, select_rows
from ..extensions import db
from ..forms import Choice, DayField, Form, RadioChoice, options, required
from ..messages import see_other
from ..models import CalendarDay, Case, Consent, Membership, Part, Suggestion
from .calendar import days_ahead, set_day

bp = Blueprint("cases", __name__, url_prefix="/c/<int:case_id>")
CURRENCIES = ("CNY", "USD", "GBP", "EUR", "HKD", "JPY")
# Shown first: where the people this is made for live. Every other zone of the database follows.
ZONES = (
    "Asia/Shanghai",
    "Asia/Hong_Kong",
    "Europe/London",
    "America/New_York",
    "America/Chicago",
    "America/Los_Angeles",
)


class CaseForm(Form):
    """What new amounts are in, and where "today" is."""

    currency = Choice(_l("Currency of new amounts"), choices=[(code, code) for code in CURRENCIES])
    timezone = Choice(_l("Time zone"))


class DayForm(Form):
    """A day the household knows better than the country's calendar."""

    on = DayField(_l("Day"), required(_l("Enter the day, such as 2027-02-06")))
    is_worked = RadioChoice(
        _l("Are banks and your employer open?"),
        choices=[("free", _l("No, closed")), ("worked", _l("Yes, open"))],
        default="free",
    )


@bp.get("/more")
@needs(Permission.VIEW, Part.OWN)
def more(case: Case) -> str:
    mine = db.session.scalars(
        select(Membership).where(Membership.user_id == current_user.id).order_by(Membership.id)
    ).all()
    let_in = select_rows(Consent, case).where(Consent.ended_at.is_(None), Consent.expires_at > clock.now())
    waiting = select_rows(Suggestion, case).where(Suggestion.decided_at.is_(None), Suggestion.withdrawn_at.is_(None))
    counted = {"let_in": let_in, "suggestions": waiting}
    counts = {name: db.session.scalar(select(func.count()).select_from(q.subquery())) for name, q in counted.items()}
    return render_template("cases/more.html", memberships=mine, **counts)


@bp.get("/settings")
@needs(Permission.MANAGE, Part.OWN)
def settings(case: Case) -> str:
    return render_template("cases/settings.html", form=_form(case))


@bp.post("/settings")
@needs(Permission.MANAGE, Part.OWN)
def settings_post(case: Case) -> Response | tuple[str, int]:
    form = _form(case)
    if not form.validate_on_submit():
        return render_template("cases/settings.html", form=form), 422
    case.currency, case.timezone = form.currency.data, form.timezone.data
    db.session.commit()
    flash(_("Saved"))
    return see_other(url_for("cases.more"))


@bp.get("/calendar")
@needs(Permission.VIEW, Part.BUDGET)
def calendar(case: Case) -> str:
    return _calendar_page(case, DayForm())


@bp.post("/calendar")
@needs(Permission.EDIT, Part.BUDGET)
def calendar_post(case: Case) -> Response | tuple[str, int]:
    form = DayForm()
    if not form.validate_on_submit():
        return _calendar_page(case, form), 422
    set_day(case, form.data["on"], form.data["is_worked"] == "worked")
    db.session.commit()
    flash(_("Saved"))
    return see_other(url_for("cases.calendar"))


@bp.post("/calendar/<int:day_id>/delete")
@needs(Permission.EDIT, Part.BUDGET)
def calendar_delete(case: Case, day_id: int) -> Response:
    db.session.delete(get_row(CalendarDay, day_id, case))
    db.session.commit()
    flash(_("The day is again as in the country's calendar"))
    return see_other(url_for("cases.calendar"))


def _calendar_page(case: Case, form: DayForm) -> str:
    days = days_ahead(case, clock.today(case.timezone))
    return render_template("cases/calendar.html", form=form, days=days)


def _form(case: Case) -> CaseForm:
    form = CaseForm(obj=case)
    form.timezone.choices = options((zone, zone) for zone in (*ZONES, *sorted(available_timezones() - set(ZONES))))
    return form
