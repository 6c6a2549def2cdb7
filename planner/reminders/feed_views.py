"""The calendar: a secret address that phones fetch, switched on, replaced and off; and the same as a file."""

from __future__ import annotations

import hashlib

from flask import Blueprint, Response, flash, request, session, url_for
from flask_babel import gettext as _

from .. import clock
from ..access import Permission, needs, public
from ..extensions import db, limiter
from ..messages import absolute_url, see_other
from ..models import Case, Part
from . import feed

bp = Blueprint("reminder_feed", __name__)
ICS = "text/calendar; charset=utf-8"


@bp.get("/calendar/<token>.ics")
@public
@limiter.limit("60 per 10 minutes", deduct_when=lambda answer: answer.status_code == 404)
def subscribe(token: str) -> Response:
    return as_calendar(feed.as_bytes(feed.find_case(token), clock.now()))


@bp.get("/c/<int:case_id>/reminders/calendar.ics")
@needs(Permission.VIEW, Part.OWN)
def download(case: Case) -> Response:
    disposition = {"Content-Disposition": 'attachment; filename="steady.ics"'}
    return Response(feed.as_bytes(case, clock.now()), content_type=ICS, headers=disposition)


@bp.post("/c/<int:case_id>/reminders/calendar")
@needs(Permission.RECORD, Part.OWN)
def create(case: Case) -> Response:
    token = feed.open_address(case)
    db.session.commit()
    # The token is not stored; the signed session carries it to the next page, which shows it once.
    session["new_feed"] = absolute_url("reminder_feed.subscribe", token=token)
    return see_other(url_for("reminders.index", _anchor="calendar"))


@bp.post("/c/<int:case_id>/reminders/calendar/off")
@needs(Permission.RECORD, Part.OWN)
def close(case: Case) -> Response:
    feed.close_address(case)
    db.session.commit()
    flash(_("The calendar address no longer opens"))
    return see_other(url_for("reminders.index", _anchor="calendar"))


def as_calendar(content: bytes) -> Response:
    """A calendar that a program fetches again and again: sent only when it changed, and found by no search engine."""
    answer = Response(content, content_type=ICS)
    answer.set_etag(hashlib.sha256(content).hexdigest()[:32])
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.headers["X-Robots-Tag"] = "noindex"
    answer.make_conditional(request)
    return answer
