"""Notes, tasks and appointments of a client, and the views of the caseload a counsellor keeps."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import urlencode

from sqlalchemy import or_, select

from ..access import get_agency_row, select_agency_rows
from ..errors import NotFound
from ..extensions import db
from ..models import AgencyMember, Appointment, Case, Client, ClientNote, ClientTask, SavedView, User
from .clients import is_mine, lets_agency_in
from .forms import MOST_MINUTES, AppointmentForm, NoteForm, TaskForm
from .listing import Wanted

MOST_VIEWS = 20
MOST_NOTES = 50


def notes_of(client: Client) -> list[ClientNote]:
    """A client's notes, the newest first."""
    mine = select(ClientNote).where(ClientNote.client_id == client.id, ClientNote.agency_id == client.agency_id)
    return list(db.session.scalars(mine.order_by(ClientNote.id.desc()).limit(MOST_NOTES)))


def tasks_of(client: Client) -> list[ClientTask]:
    """A client's tasks: those to be done by their day, then the done ones, the newest first."""
    mine = select(ClientTask).where(ClientTask.client_id == client.id, ClientTask.agency_id == client.agency_id)
    rows = db.session.scalars(mine.order_by(ClientTask.due_on, ClientTask.id)).all()
    done = [row for row in rows if row.done_at is not None]
    return [row for row in rows if row.done_at is None] + done[::-1]


def appointments_of(client: Client, now: datetime) -> list[tuple[Appointment, User]]:
    """A client's appointments that are not over, each with its counsellor, by time."""
    mine = select(Appointment, User).join(User, User.id == Appointment.counsellor_id)
    rows = mine.where(Appointment.client_id == client.id, Appointment.agency_id == client.agency_id)
    found = db.session.execute(rows.order_by(Appointment.starts_at, Appointment.id))
    return [(row, user) for row, user in found if (now - row.starts_at).total_seconds() < row.minutes * 60]


def shared_with(case: Case) -> Sequence[ClientNote]:
    """The notes that counsellors chose to share with this household, the newest first."""
    mine = select(ClientNote).join(Client, Client.id == ClientNote.client_id).where(Client.case_id == case.id)
    return db.session.scalars(mine.where(ClientNote.is_shared).order_by(ClientNote.id.desc()).limit(MOST_NOTES)).all()


def appointments_with(case: Case, now: datetime) -> Sequence[tuple[Appointment, User]]:
    """The household's coming appointments with agencies that are let in, each with the counsellor, by time."""
    mine = select(Appointment, User).join(Client, Client.id == Appointment.client_id)
    coming = mine.join(User, User.id == Appointment.counsellor_id).where(
        Client.case_id == case.id, lets_agency_in(now), Appointment.starts_at > now - timedelta(minutes=MOST_MINUTES)
    )
    return [(row, user) for row, user in db.session.execute(coming.order_by(Appointment.starts_at))]


def add_note(member: AgencyMember, client: Client, form: NoteForm, now: datetime) -> ClientNote:
    """Write a note down."""
    note = ClientNote(
        agency_id=client.agency_id, client_id=client.id, author_id=member.user_id, text=form.text.data,
        is_shared=form.is_shared.data, created_at=now,
    )  # fmt: skip
    db.session.add(note)
    db.session.flush()
    return note


def get_own_note(member: AgencyMember, client: Client, note_id: int) -> ClientNote:
    """A note this counsellor wrote about this client. Raises NotFound for any other."""
    note = get_agency_row(ClientNote, note_id, member)
    if note.client_id != client.id or note.author_id != member.user_id:
        raise NotFound
    return note


def add_task(client: Client, form: TaskForm, now: datetime) -> ClientTask:
    """Put something on the list of what is to be done."""
    task = ClientTask(
        agency_id=client.agency_id, client_id=client.id, text=form.task.data, due_on=form.due_on.data, created_at=now
    )
    db.session.add(task)
    db.session.flush()
    return task


def get_task(member: AgencyMember, client: Client, task_id: int) -> ClientTask:
    """A task of this client. Raises NotFound for another's."""
    task = get_agency_row(ClientTask, task_id, member)
    if task.client_id != client.id:
        raise NotFound
    return task


def add_appointment(
    member: AgencyMember, client: Client, form: AppointmentForm, zone: str, now: datetime
) -> Appointment:
    """Set a time to meet, in this counsellor's calendar."""
    row = Appointment(
        agency_id=client.agency_id, client_id=client.id, counsellor_id=member.user_id, created_at=now,
        starts_at=now, minutes=0, how="",
    )  # fmt: skip
    change_appointment(row, form, zone)
    db.session.add(row)
    db.session.flush()
    return row


def change_appointment(row: Appointment, form: AppointmentForm, zone: str) -> None:
    """Take a validated form's values over."""
    row.starts_at, row.minutes = form.starts_at(zone), form.data["minutes"]
    row.how, row.text = form.data["how"], form.data["text"]


def get_appointment(member: AgencyMember, client: Client, appointment_id: int) -> Appointment:
    """An appointment of this client, whoever of the agency has it. Raises NotFound for another's."""
    row = get_agency_row(Appointment, appointment_id, member)
    if row.client_id != client.id:
        raise NotFound
    return row


def coming_appointments(
    member: AgencyMember, since: datetime, until: datetime, now: datetime
) -> Sequence[tuple[Appointment, int]]:
    """This counsellor's appointments in a stretch of time, each with the client's number, by time.

    Those that were over before the client's consent was stay; what is still to come needs consent.
    """
    mine = (
        select_agency_rows(Appointment, member)
        .add_columns(Client.number)
        .join(Client, Client.id == Appointment.client_id)
    )
    within = mine.where(
        Appointment.counsellor_id == member.user_id, Appointment.starts_at >= since, Appointment.starts_at < until,
        or_(Appointment.starts_at <= now, lets_agency_in(now)),
    )  # fmt: skip
    return [(row, number) for row, number in db.session.execute(within.order_by(Appointment.starts_at, Appointment.id))]


def open_tasks(member: AgencyMember, now: datetime) -> Sequence[tuple[ClientTask, int]]:
    """What is still to be done for this counsellor's clients, each with the client's number, by day."""
    mine = (
        select_agency_rows(ClientTask, member)
        .add_columns(Client.number)
        .join(Client, Client.id == ClientTask.client_id)
    )
    waiting = mine.where(is_mine(member, now), ClientTask.done_at.is_(None))
    return [(row, number) for row, number in db.session.execute(waiting.order_by(ClientTask.due_on, ClientTask.id))]


def views_of(member: AgencyMember) -> list[SavedView]:
    """The views this counsellor keeps, by name."""
    mine = select(SavedView).where(SavedView.user_id == member.user_id)
    return list(db.session.scalars(mine.order_by(SavedView.name)))


def keep_view(member: AgencyMember, name: str, wanted: Wanted) -> None:
    """Keep a view; one of the same name is replaced, and beyond so many the oldest goes."""
    known = views_of(member)
    same = next((view for view in known if view.name == name), None)
    query = urlencode(wanted.args(page=1))
    if same is not None:
        same.query = query
    else:
        for old in sorted(known, key=lambda view: view.id)[: max(len(known) - MOST_VIEWS + 1, 0)]:
            db.session.delete(old)
        db.session.add(SavedView(user_id=member.user_id, name=name, query=query))
    db.session.flush()


def get_view(member: AgencyMember, view_id: int) -> SavedView:
    """A view this counsellor keeps. Raises NotFound for another's."""
    found = next((view for view in views_of(member) if view.id == view_id), None)
    if found is None:
        raise NotFound
    return found
