"""Consent: given by a borrower to one counsellor, for parts of a case, to an extent, until a day; ended at any moment."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import select, update

from .. import clock
from ..access import select_rows
from ..extensions import db
from ..models import (
    AgencyMember,
    AuditAct,
    Case,
    Client,
    Consent,
    ConsentHow,
    Part,
    ReminderSettings,
    Scope,
    User,
)
from ..watching import who_is, write_down

LONGEST_DAYS = 366
# A plan is made of the budget and the loans and shows both.
_COMES_WITH = {Part.PLANS: frozenset({Part.BUDGET, Part.LOANS})}


class Terms(NamedTuple):
    """What a consent allows: the extent, the parts, and the last day it counts."""

    scope: Scope
    parts: frozenset[Part]
    until: date


def whole(parts: Iterable[Part]) -> frozenset[Part]:
    """These parts with those they show anyway; the household's own things are never among them."""
    chosen = frozenset(parts) - {Part.OWN}
    return chosen.union(*(_COMES_WITH.get(part, frozenset()) for part in chosen))


def grant(case: Case, member: AgencyMember, terms: Terms, how: ConsentHow, given_by: User | None) -> Consent:
    """Let a counsellor into a case. One that the same counsellor already has is ended first: there is one at a time."""
    for old in open_consents(case):
        if old.user_id == member.user_id:
            end(old, given_by)
    consent = Consent(
        case_id=case.id, agency_id=member.agency_id, user_id=member.user_id, scope=terms.scope,
        parts=sorted(whole(terms.parts)), how=how, given_by_id=given_by.id if given_by else None, given_at=clock.now(),
        expires_at=last_moment(case, terms.until),
    )  # fmt: skip
    db.session.add(consent)
    db.session.flush()
    db.session.refresh(consent)
    write_down(case.id, AuditAct.GRANT, who_is(consent), consent, [{"scope": consent.scope, "parts": consent.parts}])
    return consent


def end(consent: Consent, by: User | None) -> None:
    """Take a consent back; it no longer counts for the next request. The agency keeps the number of its client and no name."""
    if consent.ended_at is not None:
        return
    consent.ended_at, consent.ended_by_id = clock.now(), by.id if by else None
    db.session.flush()
    write_down(consent.case_id, AuditAct.END, who_is(consent), consent)
    if not any(other.agency_id == consent.agency_id for other in _open(consent.case_id)):
        nothing = dict.fromkeys(("name", "place", "contact", "next_step", "next_on"))
        theirs = (Client.case_id == consent.case_id, Client.agency_id == consent.agency_id)
        db.session.execute(update(Client).where(*theirs).values(**nothing))
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


def _open(case_id: int) -> list[Consent]:
    rows = select(Consent).where(
        Consent.case_id == case_id, Consent.ended_at.is_(None), Consent.expires_at > clock.now()
    )
    return list(db.session.scalars(rows.order_by(Consent.id)))
