"""What the pages of an agency share: their blueprint, and the page that shows a new invitation once."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, url_for

from ..access import agency
from ..consent.views import keep_new, new_invitation
from ..messages import see_other
from ..models import AgencyMember, AgencyRole, Invitation

bp = Blueprint("agencies", __name__, url_prefix="/agency")
Page = str | tuple[str, int] | Response
COUNSELLOR, ADMIN = AgencyRole.COUNSELLOR, AgencyRole.ADMIN


@bp.get("/invitation")
@agency(COUNSELLOR)
def invitation(member: AgencyMember) -> Page:
    new = new_invitation()
    if new is None:
        return see_other(url_for("agencies.members"))
    return render_template("agencies/invitation.html", new=new)


def shown_once(made: tuple[Invitation, str, str]) -> Response:
    """On to the page that shows link and code once."""
    keep_new(made)
    return see_other(url_for("agencies.invitation"))
