"""The clients a counsellor looks after; how somebody becomes one is in planner/consent/clients.py."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ColumnElement, or_, select

from .. import clock
from ..access import Permission, only, open_case, select_agency_rows
from ..errors import NotFound
from ..extensions import db
from ..models import AgencyMember, Case, Client, Consent, Membership

HOME_ZONE = "Asia/Shanghai"


def is_mine(member: AgencyMember, now: datetime) -> ColumnElement[bool]:
    """Whether a client stands in this counsellor's caseload: lets them in now, or is looked after by them by the agency's list.

    A household may let in several counsellors of one agency; each of them has it, as far as it was shared with them.
    """
    lets_in = select(Consent.case_id).where(
        Consent.user_id == member.user_id, Consent.agency_id == member.agency_id, Consent.ended_at.is_(None),
        Consent.expires_at > now,
    )  # fmt: skip
    theirs = or_(Client.counsellor_id == member.user_id, Client.case_id.in_(lets_in))
    return (Client.agency_id == member.agency_id) & theirs


def lets_agency_in(now: datetime) -> ColumnElement[bool]:
    """Whether a client has no file yet, or anybody of the agency is let into it now."""
    let_in = select(Consent.id).where(
        Consent.case_id == Client.case_id, Consent.agency_id == Client.agency_id, Consent.ended_at.is_(None),
        Consent.expires_at > now,
    )  # fmt: skip
    return or_(Client.case_id.is_(None), let_in.exists())


def get_client(member: AgencyMember, client_id: int) -> Client:
    """A client of this counsellor. Raises NotFound for a colleague's as for none; an administrator is no exception."""
    client: Client = only(select_agency_rows(Client, member).where(is_mine(member, clock.now())), Client, client_id)
    return client


def get_client_to_change(member: AgencyMember, client_id: int) -> Client:
    """The same, to write something down about. Raises AccessEnded once their consent is over, NotFound before it was given.

    Somebody without a file yet is on the agency's own list and nowhere else.
    """
    client = get_client(member, client_id)
    if client.case_id is not None:
        open_case(client.case_id, Permission.VIEW)
    return client


def change_person(client: Client, name: str, place: str | None, contact: str | None) -> None:
    """What the list says of somebody; their own file is theirs to change."""
    client.name, client.place, client.contact = name, place, contact
    db.session.flush()


def remove(client: Client) -> None:
    """Take somebody off the list with all that was written down. Raises NotFound once a file is behind them: that has its log."""
    if client.case_id is not None:
        raise NotFound
    db.session.delete(client)
    db.session.flush()


def set_next_step(client: Client, text: str | None, on: date | None) -> None:
    """What the counsellor means to do next; without a word the app says what is next."""
    client.next_step, client.next_on = text, on if text else None
    db.session.flush()


def zone_of(member: AgencyMember) -> str:
    """The time zone at the counsellor's desk: that of their own file."""
    mine = select(Case.timezone).join(Membership).where(Membership.user_id == member.user_id)
    return db.session.scalar(mine.order_by(Membership.role, Membership.id).limit(1)) or HOME_ZONE
