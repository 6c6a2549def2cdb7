"""A counsellor's calendar: a secret address that their calendar program fetches, switched on, replaced and off."""

from __future__ import annotations

from flask import Blueprint, Response, flash, session, url_for
from flask_babel import gettext as _

from .. import clock
from ..access import agency, public
from ..extensions import db, limiter
from ..messages import absolute_url, see_other
from ..models import AgencyMember, AgencyRole
from ..reminders.feed_views import as_calendar
from . import agenda

bp = Blueprint("caseload_feed", __name__, url_prefix="/desk")


@bp.get("/feed/<token>.ics")
@public
@limiter.limit("60 per 10 minutes", deduct_when=lambda answer: answer.status_code == 404)
def subscribe(token: str) -> Response:
    return as_calendar(agenda.as_bytes(agenda.find_member(token), clock.now()))


@bp.post("/feed")
@agency(AgencyRole.COUNSELLOR)
def create(member: AgencyMember) -> Response:
    token = agenda.open_address(member)
    db.session.commit()
    # The token is not stored; the signed session carries it to the next page, which shows it once.
    session["new_desk_feed"] = absolute_url("caseload_feed.subscribe", token=token)
    return see_other(url_for("caseload.calendar", _anchor="feed-card"))


@bp.post("/feed/off")
@agency(AgencyRole.COUNSELLOR)
def close(member: AgencyMember) -> Response:
    agenda.close_address(member)
    db.session.commit()
    flash(_("The calendar address no longer opens"))
    return see_other(url_for("caseload.calendar", _anchor="feed-card"))
