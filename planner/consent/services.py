"""Consent: given by a borrower to one counsellor, for parts of a case, to an extent, until a day; ended at any moment."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select, update

from .. import clock
from ..access import select_rows
from ..extensions import db
from ..models import (
    AgencyMember,
    Appointment,
    AuditAct,
    Case,
    Client,
    ClientNote,
    Consent,
    ConsentHow,
    Invitation,
    InvitationKind,
    Part,
    ReminderSettings,
    Scope,
    User,
)
from ..reminders.wishes import settings_to_change
from ..watching import who_is, write_down

LONGEST_DAYS = 366
# A plan is made of the budget and the loans and shows both.
_COMES_WITH = {Part.PLANS: frozenset({Part.BUDGET, Part.LOANS})}


class Terms(NamedTuple):
    """What a consent allows: the extent, the parts, and the last day it counts."""

    scope: Scope
    parts: frozenset[Part]
    until: date


class Spoken(NamedTuple):
    """Consent that was said aloud: by whom, when, how (a word of consent/words.SPOKEN), and who wrote it down."""

    by: str
    at: datetime
    how: str
    recorded_by: User


def whole(parts: Iterable[Part]) -> frozenset[Part]:
    """These parts with those they show anyway; the household's own things are never among them."""
    chosen = frozenset(parts) - {Part.OWN}
    return chosen.union(*(_COMES_WITH.get(part, frozenset()) for part in chosen))


def grant(
    case: Case, member: AgencyMember, terms: Terms, how: ConsentHow, given_by: User | None, spoken: Spoken | None = None
) -> Consent:
    """Let a counsellor into a case. One that the same counsellor already has is ended first: there is one at a time."""
    _make_way(case, member, given_by)
    consent = Consent(
        case_id=case.id, agency_id=member.agency_id, user_id=member.user_id, scope=terms.scope,
        parts=sorted(whole(terms.parts)), how=how, given_by_id=given_by.id if given_by else None, given_at=clock.now(),
        expires_at=last_moment(case, terms.until),
    )  # fmt: skip
    if spoken is not None:
        consent.spoken_by, consent.spoken_at, consent.spoken_how = spoken.by, spoken.at, spoken.how
        consent.recorded_by_id = spoken.recorded_by.id
    db.session.add(consent)
    db.session.flush()
    db.session.refresh(consent)
    _write_terms(consent)
    return consent


def change(case: Case, consent: Consent, terms: Terms) -> None:
    """Give other terms to a consent that counts: the household's alone to do. They hold from the next request on."""
    consent.scope, consent.parts = terms.scope, sorted(whole(terms.parts))
    consent.expires_at = last_moment(case, terms.until)
    db.session.flush()
    _write_terms(consent)


def terms_of(case: Case, consent: Consent) -> Terms:
    """The terms as they were chosen: the last day is the one whose end the consent lasts to."""
    last = (consent.expires_at - timedelta(microseconds=1)).astimezone(ZoneInfo(case.timezone)).date()
    return Terms(Scope(consent.scope), frozenset(Part(part) for part in consent.parts), last)


def sign_reminders(case: Case, consent: Consent, *, is_on: bool) -> None:
    """Let reminders go out in this counsellor's name, or in nobody's again; one counsellor at most signs them."""
    for other in open_consents(case):
        other.signs_reminders = is_on and other.id == consent.id
    settings = settings_to_change(case)
    settings.signed_by = who_is(consent)[:80] if is_on else None
    settings.reply_to = (consent.user.email or consent.agency.email) if is_on else None
    db.session.flush()


def recorders(consents: Iterable[Consent]) -> dict[int, str]:
    """Who wrote down what was said aloud, by key."""
    keys = {each.recorded_by_id for each in consents if each.recorded_by_id}
    found = db.session.scalars(select(User).where(User.id.in_(keys))) if keys else ()
    return {user.id: user.name or user.email or "" for user in found}


def shared_notes(case: Case) -> list[ClientNote]:
    """What counsellors wrote down for the client to read, the newest first."""
    notes = select(ClientNote).join(Client, ClientNote.client_id == Client.id)
    mine = notes.where(Client.case_id == case.id, ClientNote.is_shared)
    return list(db.session.scalars(mine.order_by(ClientNote.id.desc())))


def end(consent: Consent, by: User | None, *, is_replaced: bool = False) -> None:
    """Take a consent back; it no longer counts for the next request. The agency keeps the number of its client and no name,
    unless another one takes its place.
    """
    if consent.ended_at is not None:
        return
    consent.ended_at, consent.ended_by_id = clock.now(), by.id if by else None
    db.session.flush()
    write_down(consent.case_id, AuditAct.END, who_is(consent), consent)
    _withdraw_questions(consent)
    if not is_replaced:
        _leave_list(consent)
    if consent.signs_reminders:
        signed = update(ReminderSettings).where(ReminderSettings.case_id == consent.case_id)
        db.session.execute(signed.values(signed_by=None, reply_to=None))


def open_consents(case: Case) -> list[Consent]:
    """The consents that count now, the oldest first."""
    return _open(case.id)


def all_consents(case: Case) -> list[Consent]:
    """Every consent there ever was, the newest first."""
    return list(db.session.scalars(select_rows(Consent, case).order_by(Consent.id.desc())))


def last_moment(case: Case, until: date) -> datetime:
    """The end of the day `until` where the household lives."""
    return datetime.combine(until + timedelta(days=1), time.min, tzinfo=ZoneInfo(case.timezone))


def _make_way(case: Case, member: AgencyMember, by: User | None) -> None:
    """End what this counsellor still has; one whose time is over ended then."""
    theirs = select_rows(Consent, case).where(Consent.user_id == member.user_id, Consent.ended_at.is_(None))
    for old in db.session.scalars(theirs):
        if old.is_open(clock.now()):
            end(old, by, is_replaced=old.agency_id == member.agency_id)
        old.ended_at = old.ended_at or old.expires_at
    db.session.flush()


def _write_terms(consent: Consent) -> None:
    terms = {"scope": consent.scope, "parts": consent.parts, "until": consent.expires_at.isoformat()}
    write_down(consent.case_id, AuditAct.GRANT, who_is(consent), consent, [terms])


def _withdraw_questions(consent: Consent) -> None:
    """A counsellor who is out cannot hand the household over any more."""
    asked = (Invitation.kind == InvitationKind.HANDOVER, Invitation.case_id == consent.case_id)
    theirs = (Invitation.created_by_id == consent.user_id, Invitation.used_at.is_(None))
    db.session.execute(update(Invitation).where(*asked, *theirs).values(cancelled_at=consent.ended_at))


def _leave_list(consent: Consent) -> None:
    """A client who lets nobody of the agency in any more is a number; where somebody else is let in, they look after it now.

    No appointment is kept with whom nobody lets in.
    """
    of_case = (Client.case_id == consent.case_id, Client.agency_id == consent.agency_id)
    theirs = update(Client).where(*of_case)
    coming = delete(Appointment).where(
        Appointment.client_id.in_(select(Client.id).where(*of_case)), Appointment.starts_at > clock.now()
    )
    others = [each.user_id for each in _open(consent.case_id) if each.agency_id == consent.agency_id]
    if not others:
        nothing = dict.fromkeys(("name", "place", "contact", "next_step", "next_on"))
        db.session.execute(theirs.values(**nothing))
        db.session.execute(coming)
    else:
        db.session.execute(coming.where(Appointment.counsellor_id == consent.user_id))
        db.session.execute(theirs.where(Client.counsellor_id == consent.user_id).values(counsellor_id=others[-1]))


def _open(case_id: int) -> list[Consent]:
    rows = select(Consent).where(
        Consent.case_id == case_id, Consent.ended_at.is_(None), Consent.expires_at > clock.now()
    )
    return list(db.session.scalars(rows.order_by(Consent.id)))
