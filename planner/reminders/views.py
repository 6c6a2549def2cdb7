"""The reminders page: what is wanted, what is coming, what was sent; the app's own list; and the way out of e-mail."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, Response, current_app, flash, render_template, session, url_for
from flask_babel import gettext as _
from flask_login import current_user

from .. import clock, tokens
from ..access import Permission, needs, public
from ..delivery import DeliveryError
from ..delivery.email import connect
from ..errors import Gone
from ..extensions import csrf, db, limiter
from ..formatting import day
from ..messages import see_other
from ..models import Case, Part
from . import composing, examples, feed, planning, preview, push, services, settings, words
from . import picture as pictures
from .forms import COMMON, SettingsForm, SnoozeForm, not_before
from .listing import listed
from .picture import Picture
from .wishes import wishes_of

bp = Blueprint("reminders", __name__)
Page = str | tuple[str, int] | Response
LINK_SECONDS = 400 * 24 * 3600


@bp.get("/c/<int:case_id>/reminders")
@needs(Permission.VIEW, Part.OWN)
def index(case: Case) -> Page:
    return _page(case, settings.settings_form(case, clock.today(case.timezone)))


@bp.post("/c/<int:case_id>/reminders")
@needs(Permission.RECORD, Part.OWN)
def save(case: Case) -> Page:
    form, version = SettingsForm(), settings.settings_version(case)
    not_before(form, clock.today(case.timezone))
    if not form.validate_on_submit():
        return _page(case, form), 422
    if form.is_stale(version):
        form.version.data = str(version)
        return _page(case, form, stale=True), 409
    settings.keep_settings(case, form)
    planning.replan(case, clock.now())
    db.session.commit()
    flash(_("Saved"))
    return see_other(url_for("reminders.index"))


@bp.post("/c/<int:case_id>/reminders/resume")
@needs(Permission.RECORD, Part.OWN)
def resume(case: Case) -> Page:
    settings.end_pause(case)
    planning.replan(case, clock.now())
    db.session.commit()
    flash(_("The pause is over"))
    return see_other(url_for("reminders.index"))


@bp.post("/c/<int:case_id>/reminders/test")
@needs(Permission.RECORD, Part.OWN)
@limiter.limit("10 per hour")
def send_test(case: Case) -> Page:
    address = wishes_of(case).email_to
    flash(_send_test(case, address) if address else _("Switch e-mail on and save first"))
    return see_other(url_for("reminders.index"))


@bp.post("/c/<int:case_id>/reminders/test-devices")
@needs(Permission.RECORD, Part.OWN)
@limiter.limit("10 per hour")
def send_test_push(case: Case) -> Page:
    outcome = push.send_test(current_user, current_app.config["SETTINGS"], clock.now())
    db.session.commit()
    for device, error in outcome:
        reason = words.reason_words(error.reason) if error else ""
        flash(_("%(device)s: not sent, %(reason)s.", device=device.client, reason=reason) if error
              else _("%(device)s: sent. It shows in a moment.", device=device.client))  # fmt: skip
    if not outcome:
        flash(_("No device of yours takes notifications yet: switch them on below"))
    return see_other(url_for("reminders.index"))


@bp.get("/c/<int:case_id>/reminders/list")
@needs(Permission.VIEW, Part.OWN)
def inbox(case: Case) -> Page:
    return render_template(
        "reminders/list.html", messages=listed(services.inbox(case, clock.now())), form=SnoozeForm(),
        unread=services.unread(case),
    )  # fmt: skip


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
    now = clock.now()
    picture = pictures.look(wishes_of(case), now)
    form.offer_row()
    return render_template(
        "reminders/index.html", form=form, stale=stale, words=words, today=clock.today(case.timezone), wishes=picture.wishes,
        common=COMMON, hint=_hint(picture, now), examples=examples.titles(picture), loans=_loans(case, picture),
        coming=preview.coming(picture, now), history=services.history(case), left_out=services.left_out(case),
        unread=services.unread(case), devices=push.devices_of(current_user, now),
        can_send=current_app.config["SETTINGS"].smtp is not None,
        feed_is_open=feed.is_open(case), feed_address=session.pop("new_feed", ""),
    )  # fmt: skip


def _hint(picture: Picture, now: datetime) -> tuple[str, str] | None:
    """The loan of the next instalment, and its days in words."""
    found = examples.next_dates(picture, now)
    return (found[0], words.list_words(day(on) for on in found[1])) if found else None


def _loans(case: Case, picture: Picture) -> list[tuple[int, str, str]]:
    """Key, name and what is otherwise, of each loan that may be reminded of."""
    own = {row.loan_id: row for row in settings.own_of_loans(case)}
    return [
        (p.loan.id, p.loan.title, words.loan_words(own.get(p.loan.id))) for p in picture.positions if not p.is_paid_off
    ]


def _send_test(case: Case, address: str) -> str:
    """Send a test and say plainly how that went."""
    kept = current_app.config["SETTINGS"]
    try:
        with connect(kept) as mailer:
            mailer.send(composing.trial(case, address, tokens.new_token()), clock.now())
    except DeliveryError as error:
        return _("Not sent: %(reason)s.", reason=words.reason_words(error.reason))
    return _("Sent to %(address)s. If it is not there in a minute, look into the spam folder.", address=address)


def _case_id(signed: str) -> int:
    """The case of a link from an e-mail. Raises Gone for one that we did not make."""
    case_id: Any = tokens.find_signed("stop-email", signed, max_age_seconds=LINK_SECONDS)
    if not isinstance(case_id, int):
        raise Gone
    return case_id
