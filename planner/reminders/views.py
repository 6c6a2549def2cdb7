"""The reminders page: what is wanted, what is coming, what was sent; and the way out of e-mail."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template

from .. import tokens
from ..access import Permission, needs, public
from ..errors import Gone
from ..extensions import csrf, db
from ..models import Case
from . import services

bp = Blueprint("reminders", __name__)
LINK_SECONDS = 400 * 24 * 3600


@bp.get("/c/<int:case_id>/reminders")
@needs(Permission.VIEW)
def index(case: Case) -> str:
    return ""


@bp.get("/c/<int:case_id>/reminders/list")
@needs(Permission.VIEW)
def inbox(case: Case) -> str:
    return ""


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


def _case_id(signed: str) -> int:
    """The case of a link from an e-mail. Raises Gone for one that we did not make."""
    case_id: Any = tokens.find_signed("stop-email", signed, max_age_seconds=LINK_SECONDS)
    if not isinstance(case_id, int):
        raise Gone
    return case_id
