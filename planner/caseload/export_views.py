"""Files a counsellor takes away. What is a list of many is posted for, because each of their cases has it written down."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request

from .. import clock
from ..access import agency
from ..extensions import db, limiter
from ..models import AgencyMember, AgencyRole
from ..sharing.copies import download
from . import exporting
from .clients import get_client, zone_of

bp = Blueprint("exports", __name__, url_prefix="/desk")
Page = str | tuple[str, int] | Response


@bp.get("/exports")
@agency(AgencyRole.COUNSELLOR)
def index(member: AgencyMember) -> Page:
    now = clock.now()
    clients, consents = exporting.my_clients(member, now), exporting.consents_of(member)
    whys = [(client, exporting.why_not(client, consents.get(client.case_id or 0), now)) for client in clients]
    ready = [client for client, why in whys if not why]
    starts = [ready[n - 1].number if n else 0 for n in range(0, len(ready), exporting.MOST_IN_ZIP)]
    left_out = [(client, exporting.why_words(why)) for client, why in whys if why]
    return render_template(
        "caseload/exports.html",
        clients=clients,
        ready=ready,
        starts=starts,
        left_out=left_out,
        most=exporting.MOST_IN_ZIP,
    )


@bp.post("/export.<any(csv, json):ending>")
@limiter.limit("60 per hour")
@agency(AgencyRole.COUNSELLOR)
def caseload(member: AgencyMember, ending: str) -> Page:
    rows = exporting.take_caseload(member, clock.now())
    made = exporting.caseload_as(rows, ending, clock.today(zone_of(member)))
    db.session.commit()
    return download(made)


@bp.post("/statements.zip")
@limiter.limit("30 per hour")
@agency(AgencyRole.COUNSELLOR)
def statements(member: AgencyMember) -> Page:
    made, _left_out = exporting.take_statements(member, request.form.get("after", 0, type=int))
    db.session.commit()
    return download(made)


@bp.get("/clients/<int:client_id>/case.<any(csv, json):ending>")
@agency(AgencyRole.COUNSELLOR)
def case_file(member: AgencyMember, client_id: int, ending: str) -> Page:
    made = exporting.take_case(get_client(member, client_id), ending)
    db.session.commit()
    return download(made)


@bp.get("/clients/<int:client_id>/statement.<any(json, xlsx):ending>")
@agency(AgencyRole.COUNSELLOR)
def statement(member: AgencyMember, client_id: int, ending: str) -> Page:
    made = exporting.take_statement(get_client(member, client_id), ending)
    db.session.commit()
    return download(made)
