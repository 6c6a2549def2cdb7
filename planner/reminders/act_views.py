"""What the buttons of a message do, in the app and, by signed addresses, without a sign-in.

Each signed address does one thing to one reminder, after asking once more: opening it changes nothing.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, Response, flash, render_template, url_for
from flask_babel import gettext as _

from .. import clock, tokens
from ..access import Permission, get_row, needs, public
from ..errors import Conflict, Gone
from ..extensions import db, limiter
from ..formatting import day
from ..messages import flash_undo, see_other
from ..models import Case, Part, Reminder, Wording
from . import services
from .batch import letter_for
from .composing import act_url, headline
from .forms import SnoozeForm

bp = Blueprint("reminder_acts", __name__)
Page = str | tuple[str, int] | Response
LINK_SECONDS = 60 * 24 * 3600


@bp.get("/r/<any(paid, later):what>/<signed>")
@public
@limiter.limit("60 per 10 minutes", deduct_when=lambda answer: answer.status_code == 404)
def ask(what: str, signed: str) -> Page:
    reminder = _find(what, signed)
    return _act_page(reminder, what, signed, "settled" if services.is_settled(reminder) else "ask")


@bp.post("/r/<any(paid, later):what>/<signed>")
@public
@limiter.limit("30 per 10 minutes")
def act(what: str, signed: str) -> Page:
    reminder, form = _find(what, signed), SnoozeForm()
    if services.is_settled(reminder):
        return _act_page(reminder, what, signed, "settled")
    if what == "later" and not form.validate_on_submit():
        return _act_page(reminder, what, signed, "ask"), 422
    try:
        again = _do(reminder, what, form)
    except Conflict:  # paid a moment ago, from somewhere else
        db.session.rollback()
        return _act_page(reminder, what, signed, "settled")
    db.session.commit()
    return _act_page(reminder, what, signed, "done", again)


@bp.post("/c/<int:case_id>/reminders/list/<int:reminder_id>/paid")
@needs(Permission.RECORD, Part.OWN)
def paid(case: Case, reminder_id: int) -> Page:
    reminder = get_row(Reminder, reminder_id, case)
    try:
        payment = services.mark_paid(reminder)
    except Conflict:
        flash(_("That was marked as paid already"))
        return see_other(url_for("reminders.inbox"))
    services.mark_message_read(reminder, clock.now())
    db.session.commit()
    text = _("Instalment %(n)d marked as paid", n=reminder.instalment_n)
    flash_undo(text, url_for("payments.undo", loan_id=payment.loan_id, payment_id=payment.id))
    return see_other(url_for("reminders.inbox"))


@bp.post("/c/<int:case_id>/reminders/list/<int:reminder_id>/later")
@needs(Permission.RECORD, Part.OWN)
def later(case: Case, reminder_id: int) -> Page:
    reminder, form = get_row(Reminder, reminder_id, case), SnoozeForm()
    if not form.validate_on_submit():
        flash(_("Choose tomorrow, 3 days or a week"))
        return see_other(url_for("reminders.inbox"))
    until = services.snooze(reminder, int(form.days.data), clock.now())
    services.mark_message_read(reminder, clock.now())
    db.session.commit()
    flash(_("You will hear of it again on %(day)s", day=day(until)))
    return see_other(url_for("reminders.inbox"))


@bp.post("/c/<int:case_id>/reminders/list/seen")
@needs(Permission.RECORD, Part.OWN)
def seen(case: Case) -> Page:
    services.mark_read(case, clock.now())
    db.session.commit()
    return see_other(url_for("reminders.inbox"))


def _find(what: str, signed: str) -> Reminder:
    """The reminder of a link from a message. Raises Gone for one we did not make, too old, or about something removed."""
    key: Any = tokens.find_signed(f"reminder-{what}", signed, max_age_seconds=LINK_SECONDS)
    reminder = services.find_reminder(key) if isinstance(key, int) else None
    if reminder is None:
        raise Gone
    return reminder


def _do(reminder: Reminder, what: str, form: SnoozeForm) -> date | None:
    """Do it; returns the day on which it will be remembered again, None for something paid."""
    if what == "later":
        return services.snooze(reminder, int(form.days.data), clock.now())
    services.mark_paid(reminder)
    return None


def _act_page(reminder: Reminder, what: str, signed: str, state: str, again: date | None = None) -> str:
    """Loan and amount are only named where the household lets a locked screen name them too."""
    case = db.session.get_one(Case, reminder.case_id)
    said = "" if state == "settled" else _sentence(reminder)
    return render_template(
        "reminders/act.html", what=what, signed=signed, state=state, said=said, again=again, form=SnoozeForm(),
        of_case=case, reminder=reminder, later_url=act_url("later", reminder),
    )  # fmt: skip


def _sentence(reminder: Reminder) -> str:
    """What it is about, as openly as in the message itself."""
    if reminder.dispatch is None:
        return ""
    letter = letter_for(reminder.dispatch, clock.now())
    return headline(letter, reminder, full=letter.wishes.wording == Wording.FULL)
