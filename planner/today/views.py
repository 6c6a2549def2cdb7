"""The Today tab, which is also the start address."""

from __future__ import annotations

from flask import Blueprint, Response, g, make_response, render_template, session, url_for
from flask_login import current_user

from .. import clock
from ..access import Permission, find_agency_member, find_home_case, needs, public
from ..accounts.services import is_empty
from ..accounts.views import render_welcome
from ..messages import see_other
from ..models import Case, Part
from ..reminders import services as reminders
from . import services

bp = Blueprint("today", __name__)


@bp.get("/")
@public
def home() -> Response:
    """The start address redirects nobody but a counsellor: it is the welcome page, or one's own Today.

    Who works at an agency and has nothing in a file of their own comes to the desk.
    """
    case = find_home_case(current_user) if current_user.is_authenticated else None
    if (case is None or is_empty(case)) and find_agency_member() is not None:
        return see_other(url_for("caseload.index"))
    return _today(case) if case else make_response(render_welcome())


@bp.get("/c/<int:case_id>/")
@needs(Permission.VIEW, Part.BUDGET, Part.LOANS)
def index(case: Case) -> Response:
    g.at_home = False
    session["case_id"] = case.id
    return _today(case)


def _today(case: Case) -> Response:
    seen = services.look(case, current_user, clock.today(case.timezone))
    page = "today/first_run.html" if seen.is_first_run else "today/index.html"
    answer = make_response(render_template(page, t=seen, unread=reminders.unread(case)))
    answer.headers["X-Offline"] = "keep"
    return answer
