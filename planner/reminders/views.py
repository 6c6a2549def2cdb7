"""The reminders page: what is wanted, what is coming, what was sent; the calendar file; and the way out of e-mail."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, current_app, flash, render_template, url_for
from flask_babel import gettext as _

from .. import clock, tokens
from ..access import Permission, needs, public
from ..delivery import DeliveryError
from ..delivery.email import connect
from ..documents.icalendar import to_ics
from ..errors import Gone
from ..extensions import csrf, db, limiter
from ..loans import services as loans
from ..messages import see_other
from ..models import Case
from . import messages, services
from .forms import STEPS, SettingsForm

bp = Blueprint("reminders", __name__)
Page = str | tuple[str, int] | Response
LINK_SECONDS = 400 * 24 * 3600


@bp.get("/c/<int:case_id>/reminders")
@needs(Permission.VIEW)
def index(case: Case) -> Page:
    found, settings = services.wishes_of(case), services.find_settings(case)
    form = SettingsForm(
        data={
            "steps": [str(step.offset_days) for step in found.rules.steps],
            "send_at": found.rules.send_at.strftime("%H:%M"),
            "email_on": found.email_to is not None,
            "email_to": found.email_to or services.account_address(case),
            "show_details": "yes" if found.show_details else "no",
            "version": settings.version if settings else None,
        }
    )
    return _page(case, form)


@bp.post("/c/<int:case_id>/reminders")
@needs(Permission.EDIT)
def save(case: Case) -> Page:
    form = SettingsForm()
    if not form.validate_on_submit():
        return _page(case, form), 422
    settings = services.find_settings(case)
    if settings is not None and form.is_stale(settings.version):
        form.version.data = str(settings.version)
        return _page(case, form, stale=True), 409
    steps = [int(days) for days in form.steps.data or []]
    address = form.email_to.data if form.email_on.data else None
    services.save_settings(case, steps, form.send_at.data or "", address, form.show_details.data == "yes")
    db.session.commit()
    flash(_("Saved"))
    return see_other(url_for("reminders.index"))


@bp.post("/c/<int:case_id>/reminders/test")
@needs(Permission.EDIT)
@limiter.limit("10 per hour")
def send_test(case: Case) -> Page:
    address = services.wishes_of(case).email_to
    flash(_send_test(case, address) if address else _("Switch e-mail on and save first"))
    return see_other(url_for("reminders.index"))


@bp.get("/c/<int:case_id>/reminders/calendar.ics")
@needs(Permission.VIEW)
def calendar(case: Case) -> Response:
    found, now = services.wishes_of(case), clock.now()
    today = clock.today(case.timezone)
    positions = {p.loan.id: p for p in loans.positions(case, today)}
    due = loans.due_items(positions.values(), today, today.replace(year=today.year + 2, day=1))
    entries = [
        messages.calendar_entry(positions[item.loan_id], item.n, item.due_on, found.show_details)
        for item in due
        if not item.is_paid
    ]
    ahead = [-step.offset_days for step in found.rules.steps if step.offset_days <= 0] or [3]
    content = to_ics(entries, name=_("Steady"), now=now, alarm_days=ahead, at_hour=found.rules.send_at.hour)
    return Response(
        content,
        content_type="text/calendar; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="steady.ics"'},
    )


@bp.get("/reminders/stop/<signed>")
@public
def unsubscribe(signed: str) -> str:
    _case_id(signed)
    return render_template("reminders/stop.html", signed=signed, done=False)


# Mail programs post this for the reader (RFC 8058) and have no form token; the signed address is the proof.
@bp.post("/reminders/stop/<signed>")
@public
@csrf.exempt  # type: ignore[untyped-decorator]  # Flask-WTF has no types
def unsubscribe_post(signed: str) -> str:
    services.stop_email(_case_id(signed))
    db.session.commit()
    return render_template("reminders/stop.html", signed=signed, done=True)


def _page(case: Case, form: SettingsForm, *, stale: bool = False) -> str:
    coming = [(found, messages.headline(position, found.n, found.due_on, found.step, True))
              for found, position in services.coming(case, clock.now())]  # fmt: skip
    return render_template(
        "reminders/index.html", form=form, stale=stale, steps=STEPS, coming=coming, history=services.history(case),
        can_send=current_app.config["SETTINGS"].smtp is not None, reason_words=reason_words,
    )  # fmt: skip


def reason_words(reason: str | None) -> str:
    """Why a reminder was dropped or failed, for the person it was meant for."""
    code = (reason or "").split(":")[0]
    return {
        "paid": _("paid, so not needed"),
        "closed": _("the loan is closed"),
        "paused": _("paused"),
        "superseded": _("a later one took its place"),
        "too_late": _("it would have come too late"),
        "no_address": _("e-mail is off"),
        "not_configured": _("e-mail is not set up on this server"),
        "address_refused": _("the mail server does not take this address"),
        "refused": _("the mail server refused the message"),
        "unreachable": _("the mail server could not be reached"),
        "sign_in_refused": _("the mail server refused our sign-in"),
        "connection_lost": _("the connection to the mail server broke"),
    }.get(code, _("something went wrong on our side"))


def _send_test(case: Case, address: str) -> str:
    settings, now = current_app.config["SETTINGS"], clock.now()
    email = messages.trial_email(address, case, tokens.new_token(), services.unsubscribe_url(case.id))
    try:
        with connect(settings.smtp, settings.mail_from) as mailer:
            mailer.send(email, now)
    except DeliveryError as error:
        return _("Not sent: %(reason)s.", reason=reason_words(error.reason))
    return _("Sent to %(address)s. If it is not there in a minute, look into the spam folder.", address=address)


def _case_id(signed: str) -> int:
    """The case of a link from an e-mail. Raises Gone for one that we did not make."""
    case_id: Any = tokens.find_signed("stop-email", signed, max_age_seconds=LINK_SECONDS)
    if not isinstance(case_id, int):
        raise Gone
    return case_id
