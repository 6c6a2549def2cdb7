"""The agency's list of clients: a number for each, given once and never again; and which household is behind it."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import func, select, update

from .. import clock
from ..errors import NotFound
from ..extensions import db
from ..models import (
    Agency,
    AgencyMember,
    Appointment,
    Case,
    Client,
    ClientNote,
    ClientTask,
    Consent,
    Invitation,
    Membership,
    Role,
)


def add_client(
    member: AgencyMember, name: str | None, *, place: str | None = None, contact: str | None = None,
    case_id: int | None = None,
) -> Client:  # fmt: skip
    """Put a household on the agency's list, looked after by `member`."""
    client = Client(
        agency_id=member.agency_id, counsellor_id=member.user_id, case_id=case_id, number=_next_number(member.agency_id),
        name=name, place=place, contact=contact, created_at=clock.now(),
    )  # fmt: skip
    db.session.add(client)
    db.session.flush()
    return client


def client_of(member: AgencyMember, case: Case, name: str | None) -> Client:
    """The agency's client behind this case, now looked after by `member`; put on the list where it is not there yet."""
    client = find_client(member.agency_id, case)
    if client is None:
        return add_client(member, name, case_id=case.id)
    client.counsellor_id, client.name = member.user_id, client.name or name
    db.session.flush()
    return client


def find_client(agency_id: int, case: Case) -> Client | None:
    """The agency's client behind this case."""
    found = select(Client).where(Client.agency_id == agency_id, Client.case_id == case.id)
    return db.session.scalars(found).one_or_none()


def join_case(client: Client, case: Case) -> Client:
    """Say which case is behind a client. Where the agency has that household under another number, both become that one."""
    known = find_client(client.agency_id, case)
    if known is None:
        client.case_id = case.id
    elif known.id != client.id:
        for model in (ClientNote, ClientTask, Appointment):
            db.session.execute(update(model).where(model.client_id == client.id).values(client_id=known.id))
        known.counsellor_id = client.counsellor_id
        known.name, known.place, known.contact = client.name, client.place, client.contact
        db.session.delete(client)
        client = known
    db.session.flush()
    return client


def get_unowned_client(member: AgencyMember, client_id: int) -> tuple[Client, Case]:
    """A client this counsellor looks after, with a file that no borrower has taken over; consent may be over by its time.

    Raises NotFound for every other.
    """
    mine = select(Client, Case).join(Case, Case.id == Client.case_id).where(
        Client.id == client_id, Client.agency_id == member.agency_id, Client.counsellor_id == member.user_id
    )  # fmt: skip
    found = db.session.execute(mine).one_or_none()
    if found is None or has_borrower(found[1].id):
        raise NotFound
    return found[0], found[1]


def move_appointments(client_id: int, old_id: int, new_id: int) -> None:
    """Let one counsellor keep the coming appointments another one had with a client."""
    coming = update(Appointment).where(Appointment.client_id == client_id, Appointment.starts_at > clock.now())
    db.session.execute(coming.where(Appointment.counsellor_id == old_id).values(counsellor_id=new_id))


def get_own_client(member: AgencyMember, client_id: int) -> tuple[Client, Consent]:
    """A client who lets this counsellor in now, and their consent. Raises NotFound for everybody else's, and for none."""
    rows = (
        select(Client, Consent)
        .join(Consent, (Consent.case_id == Client.case_id) & (Consent.user_id == member.user_id))
        .where(Client.id == client_id, Client.agency_id == member.agency_id)
        .where(Consent.ended_at.is_(None), Consent.expires_at > clock.now())
    )
    found = db.session.execute(rows).one_or_none()
    if found is None:
        raise NotFound
    return found[0], found[1]


def listed_clients(member: AgencyMember) -> list[Client]:
    """The clients without a file whom this counsellor looks after, by number: the agency's alone to hand on."""
    mine = select(Client).where(Client.agency_id == member.agency_id, Client.counsellor_id == member.user_id)
    return list(db.session.scalars(mine.where(Client.case_id.is_(None)).order_by(Client.number)))


def pass_listed_on(clients: Iterable[Client], to: AgencyMember) -> None:
    """Let a colleague look after clients without a file, with the coming appointments; nobody is asked, for nothing is shared.

    What such a client was asked for is cancelled: it would let in whoever asked.
    """
    for client in clients:
        move_appointments(client.id, client.counsellor_id, to.user_id)
        asked = (Invitation.client_id == client.id, Invitation.used_at.is_(None), Invitation.cancelled_at.is_(None))
        db.session.execute(update(Invitation).where(*asked).values(cancelled_at=clock.now()))
        client.counsellor_id = to.user_id
    db.session.flush()


def has_borrower(case_id: int) -> bool:
    """Whether somebody owns this case; one made by an agency has nobody until it is claimed."""
    owner = select(Membership.id).where(Membership.case_id == case_id, Membership.role == Role.BORROWER)
    return db.session.scalar(owner.limit(1)) is not None


def _next_number(agency_id: int) -> int:
    """One more than the highest; the agency's row is locked, so that two at once do not get the same."""
    db.session.execute(select(Agency.id).where(Agency.id == agency_id).with_for_update())
    return (db.session.scalar(select(func.max(Client.number)).where(Client.agency_id == agency_id)) or 0) + 1
