"""The agency's list of clients: a number for each, given once and never again, and who of them a counsellor looks after."""

from __future__ import annotations

from datetime import date

from sqlalchemy import func, select

from .. import clock
from ..access import Permission, get_agency_row, open_case
from ..errors import NotFound
from ..extensions import db
from ..models import Agency, AgencyMember, Case, Client, Membership

HOME_ZONE = "Asia/Shanghai"


def add_client(
    member: AgencyMember, name: str, *, place: str | None = None, contact: str | None = None, case_id: int | None = None
) -> Client:
    """Put a household on the agency's list, looked after by `member`."""
    client = Client(
        agency_id=member.agency_id, counsellor_id=member.user_id, case_id=case_id, number=_next_number(member.agency_id),
        name=name, place=place, contact=contact, created_at=clock.now(),
    )  # fmt: skip
    db.session.add(client)
    db.session.flush()
    return client


def get_client(member: AgencyMember, client_id: int) -> Client:
    """A client this counsellor looks after. Raises NotFound for a colleague's as for none; an administrator is no exception."""
    client = get_agency_row(Client, client_id, member)
    if client.counsellor_id != member.user_id:
        raise NotFound
    return client


def get_client_to_change(member: AgencyMember, client_id: int) -> Client:
    """The same, to write something down about. Raises AccessEnded once their consent is over, NotFound before it was given.

    Somebody without a file yet is on the agency's own list and nowhere else.
    """
    client = get_client(member, client_id)
    if client.case_id is not None:
        open_case(client.case_id, Permission.VIEW)
    return client


def set_next_step(client: Client, text: str | None, on: date | None) -> None:
    """What the counsellor means to do next; without a word the app says what is next."""
    client.next_step, client.next_on = text, on if text else None
    db.session.flush()


def zone_of(member: AgencyMember) -> str:
    """The time zone at the counsellor's desk: that of their own file."""
    mine = select(Case.timezone).join(Membership).where(Membership.user_id == member.user_id)
    return db.session.scalar(mine.order_by(Membership.role, Membership.id).limit(1)) or HOME_ZONE


def _next_number(agency_id: int) -> int:
    """One more than the highest; the agency's row is locked, so that two at once do not get the same."""
    db.session.execute(select(Agency.id).where(Agency.id == agency_id).with_for_update())
    return (db.session.scalar(select(func.max(Client.number)).where(Client.agency_id == agency_id)) or 0) + 1
