"""What becomes of an invitation when somebody takes it up, and what they lack when they cannot."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from .. import clock
from ..access import find_agency_member
from ..errors import Gone, NotFound
from ..extensions import db
from ..models import (
    AgencyMember,
    AgencyRole,
    Case,
    Client,
    Consent,
    ConsentHow,
    Invitation,
    InvitationKind,
    Membership,
    Part,
    Role,
    Scope,
    User,
)
from . import invitations
from .clients import client_of, has_borrower, join_case, move_appointments
from .services import Spoken, Terms, end, grant, open_consents, terms_of


class Missing(StrEnum):
    """Why somebody cannot take an invitation up."""

    OWN = "own"
    AGENCY = "agency"
    ACCOUNT = "account"
    FACTOR = "factor"
    MEMBER = "member"
    COUNSELLOR = "counsellor"


def find_missing(invitation: Invitation, user: User) -> Missing | None:
    """What this person lacks; None where nothing keeps them."""
    if invitation.created_by_id == user.id:
        return Missing.OWN
    member = find_agency_member()
    if invitation.kind == InvitationKind.COUNSELLOR:
        return _counsellor_lacks(invitation, user, member)
    if invitation.kind == InvitationKind.MEMBER:
        return Missing.ACCOUNT if user.is_guest else Missing.MEMBER if member is not None else None
    # Whoever works for the agency cannot answer it in a client's place.
    return Missing.COUNSELLOR if member is not None and member.agency_id == invitation.agency_id else None


def _counsellor_lacks(invitation: Invitation, user: User, member: AgencyMember | None) -> Missing | None:
    if _role_in(invitation.case_id, user) is not None:
        return Missing.OWN
    if member is None:
        return Missing.AGENCY
    return Missing.FACTOR if user.second_factor_at is None else None


def accept_counsellor(invitation: Invitation, member: AgencyMember) -> Client:
    """A counsellor comes in as the borrower wished. Returns the client they now are on the agency's list."""
    invitations.use(invitation, member.user)
    case, by = db.session.get_one(Case, invitation.case_id), invitation.created_by
    if _role_in(case.id, by) != Role.BORROWER:
        raise Gone
    grant(case, member, terms_asked(invitation), ConsentHow.INVITED, by)
    return client_of(member, case, by.name)


def accept_client(invitation: Invitation, case: Case, terms: Terms, user: User) -> Consent:
    """A client lets the agency's counsellor into their case, under these terms or what of them was asked."""
    invitations.use(invitation, user)
    member = _member(invitation.created_by_id, invitation.agency_id)
    client = join_case(db.session.get_one(Client, invitation.client_id), case)
    client.counsellor_id = member.user_id
    return grant(case, member, at_most(terms, terms_asked(invitation)), ConsentHow.ACCEPTED, user)


def accept_claim(invitation: Invitation, user: User) -> Case:
    """A client becomes the owner of the case that was made for them. The counsellor stays until the owner says otherwise."""
    invitations.use(invitation, user)
    case = db.session.scalars(select(Case).where(Case.id == invitation.case_id).with_for_update()).one()
    if has_borrower(case.id):
        db.session.rollback()
        raise Gone
    db.session.add(Membership(case_id=case.id, user_id=user.id, role=Role.BORROWER, created_at=clock.now()))
    db.session.flush()
    return case


def accept_member(invitation: Invitation, user: User) -> AgencyMember:
    """Somebody joins the agency with the role they were invited to. One person is in one agency."""
    invitations.use(invitation, user)
    if _member_row(invitation.created_by_id, invitation.agency_id, AgencyRole.ADMIN) is None:
        db.session.rollback()
        raise Gone
    member = AgencyMember(
        agency_id=invitation.agency_id, user_id=user.id, role=AgencyRole(invitation.member_role or AgencyRole.COUNSELLOR),
        created_at=clock.now(),
    )  # fmt: skip
    db.session.add(member)
    try:
        db.session.flush()
    except IntegrityError:
        db.session.rollback()
        raise Gone from None
    return member


def accept_handover(case: Case, invitation: Invitation, user: User) -> Consent:
    """A colleague goes on under the terms that hold now; the counsellor who asked is out."""
    old = consent_behind(case, invitation)
    to = _member_row(invitation.to_user_id, invitation.agency_id)
    if old is None or to is None:
        raise Gone
    invitations.use(invitation, user)
    return pass_on(case, old, to, terms_of(case, old), ConsentHow.HANDED_OVER, user)


def pass_on(
    case: Case,
    old: Consent,
    to: AgencyMember,
    terms: Terms,
    how: ConsentHow,
    by: User | None,
    spoken: Spoken | None = None,
) -> Consent:
    """Let a colleague in and their predecessor out; appointments go along.

    What nobody was asked about anew lasts no longer than it did.
    """
    new = grant(case, to, terms, how, by, spoken)
    if spoken is None:
        new.expires_at = min(new.expires_at, old.expires_at)
    client = client_of(to, case, None)
    move_appointments(client.id, old.user_id, to.user_id)
    end(old, by)
    return new


def consent_behind(case: Case, question: Invitation) -> Consent | None:
    """The consent that would be handed over; None once it ended, and the question with it."""
    return next((each for each in open_consents(case) if each.user_id == question.created_by_id), None)


def at_most(wished: Terms, asked: Terms) -> Terms:
    """What is granted: the wish, as far as it was asked."""
    order = list(Scope)
    scope = min(wished.scope, asked.scope, key=order.index)
    return Terms(scope, wished.parts & asked.parts, min(wished.until, asked.until))


def terms_asked(invitation: Invitation) -> Terms:
    """The terms an invitation names. Raises Gone for one without any, and for one whose last day is past."""
    if invitation.scope is None or invitation.until is None or invitation.until < clock.now().date():
        raise Gone
    return Terms(Scope(invitation.scope), frozenset(Part(part) for part in invitation.parts or ()), invitation.until)


def own_cases(user: User) -> list[Case]:
    """The files this person owns, the oldest first."""
    mine = select(Membership).where(Membership.user_id == user.id, Membership.role == Role.BORROWER)
    return [row.case for row in db.session.scalars(mine.order_by(Membership.id))]


def get_own_case(user: User, case_id: int) -> Case:
    """One of them. Raises NotFound."""
    found = next((case for case in own_cases(user) if case.id == case_id), None)
    if found is None:
        raise NotFound
    return found


def _role_in(case_id: int | None, user: User) -> str | None:
    mine = select(Membership.role).where(Membership.case_id == case_id, Membership.user_id == user.id)
    return db.session.scalar(mine)


def _member(user_id: int | None, agency_id: int | None) -> AgencyMember:
    found = _member_row(user_id, agency_id)
    if found is None:
        db.session.rollback()
        raise Gone
    return found


def _member_row(user_id: int | None, agency_id: int | None, role: AgencyRole | None = None) -> AgencyMember | None:
    rows = select(AgencyMember).where(AgencyMember.user_id == user_id, AgencyMember.agency_id == agency_id)
    return db.session.scalars(rows if role is None else rows.where(AgencyMember.role == role)).one_or_none()
