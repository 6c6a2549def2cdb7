"""The counsellor's desk: the caseload, one client, saved views, and the agenda of the coming weeks."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import parse_qs

from flask import Blueprint, flash, render_template, request, session, url_for
from flask_babel import gettext as _
from sqlalchemy import Row
from werkzeug.wrappers import Response

from .. import clock
from ..access import agency
from ..extensions import db
from ..messages import see_other
from ..models import AgencyMember, AgencyRole
from . import agenda, figures, listing, looking, notes, panel
from .clients import zone_of
from .forms import ViewForm
from .listing import Filter, Next, Sort, Wanted
from .showing import for_templates, show_client

bp = Blueprint("caseload", __name__, url_prefix="/desk")
for_templates(bp)
Page = str | tuple[str, int] | Response
# Rows of one page whose figures may be worked out while somebody waits for it.
MOST_AT_ONCE = 10


@bp.get("")
@agency(AgencyRole.COUNSELLOR)
def index(member: AgencyMember) -> Page:
    return _index_page(member, ViewForm())


@bp.post("/views")
@agency(AgencyRole.COUNSELLOR)
def keep_view(member: AgencyMember) -> Page:
    form = ViewForm()
    if not form.validate_on_submit():
        return _index_page(member, form), 422
    notes.keep_view(member, form.data["name"], _wanted())
    db.session.commit()
    flash(_("Saved"))
    return see_other(url_for("caseload.index", **_wanted().args()))


@bp.post("/views/<int:view_id>/delete")
@agency(AgencyRole.COUNSELLOR)
def delete_view(member: AgencyMember, view_id: int) -> Page:
    view = notes.get_view(member, view_id)
    query = {name: values[0] for name, values in parse_qs(view.query).items()}
    db.session.delete(view)
    db.session.commit()
    flash(_("The view %(name)s is no longer kept", name=view.name))
    return see_other(url_for("caseload.index", **listing.wanted_from(query).args()))


@bp.get("/clients/<int:client_id>")
@agency(AgencyRole.COUNSELLOR)
def detail(member: AgencyMember, client_id: int) -> Page:
    return show_client(member, client_id)


@bp.get("/calendar")
@agency(AgencyRole.COUNSELLOR)
def calendar(member: AgencyMember) -> Page:
    zone, now = zone_of(member), clock.now()
    days = agenda.days(member, zone, now)
    return render_template(
        "caseload/calendar.html", days=days, Kind=agenda.Kind, today=clock.today(zone), zone=zone,
        feed_is_open=member.feed_hash is not None, feed_address=session.pop("new_desk_feed", None),
    )  # fmt: skip


def _index_page(member: AgencyMember, form: ViewForm) -> str:
    now, today, wanted = clock.now(), clock.today(zone_of(member)), _wanted()
    counted, rows = _look_up(member, wanted, today)
    if looking.tell(member, rows, now):
        db.session.commit()
    client_id = request.args.get("client", type=int)
    chosen = panel.look(member, client_id, now, today) if client_id is not None else None
    return render_template(
        "caseload/index.html", counted=counted, rows=rows, wanted=wanted, views=notes.views_of(member), form=form, today=today,
        now=now, chosen=chosen, Filter=Filter, Sort=Sort, Next=Next, is_stale=_is_stale,
    )  # fmt: skip


def _wanted() -> Wanted:
    return listing.wanted_from(request.args)


def _look_up(member: AgencyMember, wanted: Wanted, today: date) -> tuple[listing.Numbers, list[Row[Any]]]:
    """The page's rows; the first few that are not of today as the case stands are worked out before."""
    now = clock.now()
    counted, rows = listing.look_up(member, wanted, now, today)
    stale = [row.case_id for row in rows if _is_stale(row)][:MOST_AT_ONCE]
    if not stale:
        return counted, rows
    figures.refresh(stale, now)
    return listing.look_up(member, wanted, now, today)


def _is_stale(row: Row[Any]) -> bool:
    """Whether figures are shared and not of today as the case stands."""
    return bool(row.is_open) and figures.is_stale(row, row.timezone, clock.now())
