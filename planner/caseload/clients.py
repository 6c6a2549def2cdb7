"""The agency's list of clients: a number for each, given once and never again."""

from __future__ import annotations

from sqlalchemy import func, select

from .. import clock
from ..extensions import db
from ..models import Agency, AgencyMember, Client


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


def _next_number(agency_id: int) -> int:
    """One more than the highest; the agency's row is locked, so that two at once do not get the same."""
    db.session.execute(select(Agency.id).where(Agency.id == agency_id).with_for_update())
    return (db.session.scalar(select(func.max(Client.number)).where(Client.agency_id == agency_id)) or 0) + 1
