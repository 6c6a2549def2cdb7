"""What a counsellor writes down about one client: who they are, notes, tasks, the next step, and times to meet."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, flash, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from .. import clock
from ..access import agency
from ..extensions import db
from ..messages import flash_undo, see_other
from ..models import AgencyMember, AgencyRole, Appointment, Client
from . import clients, notes
from .clients import get_client_to_change, zone_of
from .forms import AppointmentForm, NextStepForm, NoteForm, PersonForm, TaskForm, appointment_data
from .showing import for_templates, show_client

bp = Blueprint("caseload_client", __name__, url_prefix="/desk/clients/<int:client_id>")
for_templates(bp)
Page = str | tuple[str, int] | Response
USUAL_MINUTES = 45


@bp.get("/edit")
@agency(AgencyRole.COUNSELLOR)
def edit(member: AgencyMember, client_id: int) -> Page:
    client = get_client_to_change(member, client_id)
    return _person_page(client, PersonForm(obj=client))


@bp.post("/edit")
@agency(AgencyRole.COUNSELLOR)
def change(member: AgencyMember, client_id: int) -> Page:
    client = get_client_to_change(member, client_id)
    form = PersonForm()
    if form.is_stale(client.version):
        form.version.data = str(client.version)
        return _person_page(client, form, stale=True), 409
    if not form.validate_on_submit():
        return _person_page(client, form), 422
    clients.change_person(client, form.name.data or "", form.place.data, form.contact.data)
    db.session.commit()
    flash(_("Saved"))
    return _back(client, "next")


@bp.post("/remove")
@agency(AgencyRole.COUNSELLOR)
def remove(member: AgencyMember, client_id: int) -> Page:
    clients.remove(get_client_to_change(member, client_id))
    db.session.commit()
    flash(_("The client is off the list, with everything that was written down"))
    return see_other(url_for("caseload.index"))


@bp.post("/notes")
@agency(AgencyRole.COUNSELLOR)
def add_note(member: AgencyMember, client_id: int) -> Page:
    client = get_client_to_change(member, client_id)
    form = NoteForm()
    if not form.validate_on_submit():
        return show_client(member, client_id, note_form=form), 422
    notes.add_note(member, client, form, clock.now())
    db.session.commit()
    flash(_("Saved"))
    return _back(client, "notes")


@bp.post("/notes/<int:note_id>/delete")
@agency(AgencyRole.COUNSELLOR)
def delete_note(member: AgencyMember, client_id: int, note_id: int) -> Page:
    client = get_client_to_change(member, client_id)
    db.session.delete(notes.get_own_note(member, client, note_id))
    db.session.commit()
    flash(_("The note is gone"))
    return _back(client, "notes")


@bp.post("/tasks")
@agency(AgencyRole.COUNSELLOR)
def add_task(member: AgencyMember, client_id: int) -> Page:
    client = get_client_to_change(member, client_id)
    form = TaskForm()
    if not form.validate_on_submit():
        return show_client(member, client_id, task_form=form), 422
    notes.add_task(client, form, clock.now())
    db.session.commit()
    flash(_("Saved"))
    return _back(client, "tasks")


@bp.post("/tasks/<int:task_id>/done")
@agency(AgencyRole.COUNSELLOR)
def finish_task(member: AgencyMember, client_id: int, task_id: int) -> Page:
    client = _set_done(member, client_id, task_id, clock.now())
    flash_undo(_("Done"), url_for("caseload_client.reopen_task", client_id=client_id, task_id=task_id))
    return _back(client, "tasks")


@bp.post("/tasks/<int:task_id>/undo")
@agency(AgencyRole.COUNSELLOR)
def reopen_task(member: AgencyMember, client_id: int, task_id: int) -> Page:
    client = _set_done(member, client_id, task_id, None)
    flash(_("Taken back"))
    return _back(client, "tasks")


@bp.post("/next-step")
@agency(AgencyRole.COUNSELLOR)
def next_step(member: AgencyMember, client_id: int) -> Page:
    client = get_client_to_change(member, client_id)
    form = NextStepForm()
    if form.is_stale(client.version):
        form.version.data = str(client.version)
        return show_client(member, client_id, step_form=form, stale=True), 409
    if not form.validate_on_submit():
        return show_client(member, client_id, step_form=form), 422
    clients.set_next_step(client, form.next_step.data, form.next_on.data)
    db.session.commit()
    flash(_("Saved"))
    return _back(client, "next")


@bp.get("/appointments/new")
@agency(AgencyRole.COUNSELLOR)
def new_appointment(member: AgencyMember, client_id: int) -> Page:
    client = get_client_to_change(member, client_id)
    return _appointment_page(member, client, AppointmentForm(data={"minutes": USUAL_MINUTES}))


@bp.post("/appointments/new")
@agency(AgencyRole.COUNSELLOR)
def add_appointment(member: AgencyMember, client_id: int) -> Page:
    client, zone = get_client_to_change(member, client_id), zone_of(member)
    form = AppointmentForm().within(clock.today(zone))
    if not form.validate_on_submit():
        return _appointment_page(member, client, form), 422
    notes.add_appointment(member, client, form, zone, clock.now())
    db.session.commit()
    flash(_("Saved"))
    return _back(client, "appointments")


@bp.get("/appointments/<int:appointment_id>")
@agency(AgencyRole.COUNSELLOR)
def edit_appointment(member: AgencyMember, client_id: int, appointment_id: int) -> Page:
    client = get_client_to_change(member, client_id)
    row = notes.get_appointment(member, client, appointment_id)
    return _appointment_page(member, client, AppointmentForm(data=appointment_data(row, zone_of(member))), row)


@bp.post("/appointments/<int:appointment_id>")
@agency(AgencyRole.COUNSELLOR)
def change_appointment(member: AgencyMember, client_id: int, appointment_id: int) -> Page:
    client, zone = get_client_to_change(member, client_id), zone_of(member)
    row = notes.get_appointment(member, client, appointment_id)
    form = AppointmentForm().within(clock.today(zone))
    if form.is_stale(row.version):
        form.version.data = str(row.version)
        return _appointment_page(member, client, form, row, stale=True), 409
    if not form.validate_on_submit():
        return _appointment_page(member, client, form, row), 422
    notes.change_appointment(row, form, zone)
    db.session.commit()
    flash(_("Saved"))
    return _back(client, "appointments")


@bp.post("/appointments/<int:appointment_id>/cancel")
@agency(AgencyRole.COUNSELLOR)
def cancel_appointment(member: AgencyMember, client_id: int, appointment_id: int) -> Page:
    client = get_client_to_change(member, client_id)
    db.session.delete(notes.get_appointment(member, client, appointment_id))
    db.session.commit()
    flash(_("The appointment is cancelled. Let your client know"))
    return _back(client, "appointments")


def _set_done(member: AgencyMember, client_id: int, task_id: int, at: datetime | None) -> Client:
    client = get_client_to_change(member, client_id)
    notes.get_task(member, client, task_id).done_at = at
    db.session.commit()
    return client


def _person_page(client: Client, form: PersonForm, *, stale: bool = False) -> str:
    return render_template("caseload/person.html", form=form, client=client, stale=stale)


def _appointment_page(
    member: AgencyMember, client: Client, form: AppointmentForm, row: Appointment | None = None, **more: Any
) -> str:
    values: dict[str, Any] = {"stale": False} | more
    return render_template(
        "caseload/appointment.html", form=form, client=client, row=row, zone=zone_of(member), **values
    )


def _back(client: Client, anchor: str) -> Response:
    return see_other(url_for("caseload.detail", client_id=client.id, _anchor=anchor))
