"""An agency's people: who works there with which role, and who leaves."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, or_, select, update

from .. import clock
from ..consent.services import end
from ..errors import NotFound, PlannerError
from ..extensions import db
from ..models import (
    Agency,
    AgencyMember,
    AgencyRole,
    Appointment,
    Client,
    Consent,
    Invitation,
    Membership,
    Role,
    User,
)


class LastAdministrator(PlannerError):
    """An agency without an administrator could never invite anybody again."""


class LooksAfterFiles(PlannerError):
    """Files of clients without an account would be open to nobody any more. `count` says how many."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count


def create_agency(name: str, admin: User) -> Agency:
    """An agency with its first administrator. Raises NotFound for somebody without an account, or with an agency already."""
    taken = db.session.scalar(select(AgencyMember.id).where(AgencyMember.user_id == admin.id))
    if admin.is_guest or taken is not None:
        raise NotFound
    agency = Agency(name=name, created_at=clock.now())
    db.session.add(agency)
    db.session.flush()
    db.session.add(AgencyMember(agency_id=agency.id, user_id=admin.id, role=AgencyRole.ADMIN, created_at=clock.now()))
    db.session.flush()
    return agency


def colleagues(member: AgencyMember) -> Sequence[AgencyMember]:
    """Everybody at the agency, administrators first."""
    rows = select(AgencyMember).where(AgencyMember.agency_id == member.agency_id)
    return db.session.scalars(rows.order_by(AgencyMember.role, AgencyMember.id)).all()


def get_colleague(member: AgencyMember, member_id: int) -> AgencyMember:
    """One of them. Raises NotFound for somebody of another agency, as for nobody."""
    found = next((each for each in colleagues(member) if each.id == member_id), None)
    if found is None:
        raise NotFound
    return found


def client_counts(member: AgencyMember) -> dict[int, int]:
    """How many households let each colleague in now, by the person's key."""
    rows = select(Consent.user_id, func.count()).where(
        Consent.agency_id == member.agency_id, Consent.ended_at.is_(None), Consent.expires_at > clock.now()
    )
    return {row[0]: row[1] for row in db.session.execute(rows.group_by(Consent.user_id))}


def set_role(colleague: AgencyMember, role: AgencyRole) -> None:
    """Give another role. Raises LastAdministrator."""
    if role != AgencyRole.ADMIN:
        _keep_an_administrator(colleague)
    colleague.role = role
    db.session.flush()


def remove(colleague: AgencyMember, by: User) -> None:
    """Let somebody go: every household's consent to them ends, and what they had asked for is cancelled.

    The clients whom nobody but the agency knows go to whoever removes them, an administrator, who can hand them on.

    Raises LastAdministrator, and LooksAfterFiles while a file that no borrower has taken over is theirs alone.
    """
    _keep_an_administrator(colleague)
    alone = _files_of_theirs_alone(colleague)
    if alone:
        raise LooksAfterFiles(alone)
    theirs = select(Consent).where(
        Consent.user_id == colleague.user_id, Consent.agency_id == colleague.agency_id, Consent.ended_at.is_(None)
    )
    for consent in db.session.scalars(theirs):
        end(consent, by)
    asked = select(Invitation).where(
        Invitation.created_by_id == colleague.user_id,
        Invitation.agency_id == colleague.agency_id,
        Invitation.used_at.is_(None),
    )
    for invitation in db.session.scalars(asked):
        invitation.cancelled_at = invitation.cancelled_at or clock.now()
    _pass_list_on(colleague, by)
    db.session.delete(colleague)
    db.session.flush()


def client_named(client: Client) -> str:
    """A client as the agency knows them."""
    return client.name or f"{client.number:04}"


def _pass_list_on(colleague: AgencyMember, by: User) -> None:
    """Clients without a file, and those whose file nobody owns, are looked after by somebody who is still there."""
    heir_id = by.id if by.id != colleague.user_id else _other_administrator(colleague)
    owned = select(Membership.case_id).where(Membership.role == Role.BORROWER)
    unowned = or_(Client.case_id.is_(None), Client.case_id.not_in(owned))
    for model, which in ((Client, unowned), (Appointment, Appointment.starts_at > clock.now())):
        theirs = update(model).where(model.counsellor_id == colleague.user_id, model.agency_id == colleague.agency_id)
        db.session.execute(theirs.where(which).values(counsellor_id=heir_id))


def _other_administrator(colleague: AgencyMember) -> int:
    """The person of another administrator; there is one, or nobody could be removed."""
    admins = select(AgencyMember.user_id).where(
        AgencyMember.agency_id == colleague.agency_id,
        AgencyMember.role == AgencyRole.ADMIN,
        AgencyMember.id != colleague.id,
    )
    return db.session.scalars(admins.order_by(AgencyMember.id).limit(1)).one()


def _files_of_theirs_alone(colleague: AgencyMember) -> int:
    """How many cases have neither a borrower nor anybody else who is let in."""
    now = clock.now()
    lets = select(Consent.case_id, Consent.user_id).where(Consent.ended_at.is_(None), Consent.expires_at > now)
    theirs, others = lets.where(Consent.user_id == colleague.user_id), lets.where(Consent.user_id != colleague.user_id)
    owned = select(Membership.case_id).where(Membership.role == Role.BORROWER)
    alone = theirs.where(
        Consent.case_id.not_in(owned), Consent.case_id.not_in(others.with_only_columns(Consent.case_id))
    )
    return db.session.scalar(select(func.count()).select_from(alone.subquery())) or 0


def _keep_an_administrator(colleague: AgencyMember) -> None:
    """The agency's row is locked, so that the last two administrators do not send each other away."""
    db.session.execute(select(Agency.id).where(Agency.id == colleague.agency_id).with_for_update())
    others = select(func.count()).where(
        AgencyMember.agency_id == colleague.agency_id,
        AgencyMember.role == AgencyRole.ADMIN,
        AgencyMember.id != colleague.id,
    )
    db.session.refresh(colleague)
    if colleague.role == AgencyRole.ADMIN and not db.session.scalar(others):
        raise LastAdministrator
