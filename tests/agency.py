"""An agency for tests: its people, and consents of the mock-ups' household."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from planner.extensions import db
from planner.models import Agency, AgencyMember, AgencyRole, Case, Client, Consent, ConsentHow, Part, Scope
from tests.factories import CREATED, make_user

GIVEN = datetime(2026, 12, 5, tzinfo=UTC)
SHARED = tuple(part for part in Part if part != Part.OWN)


@dataclass(frozen=True)
class Desk:
    """Keys of an agency: its administrator, two counsellors."""

    agency_id: int
    admin_id: int
    lin_id: int
    chen_id: int


def make_desk() -> Desk:
    """Harbour Debt Advice with an administrator and the counsellors Lin and Chen; nobody has a client yet."""
    agency = Agency(name="Harbour Debt Advice", phone="0532 1234567", email="desk@harbour.example", created_at=CREATED)
    db.session.add(agency)
    db.session.flush()
    keys = [
        _join(agency, "Wu", AgencyRole.ADMIN), _join(agency, "Lin", AgencyRole.COUNSELLOR),
        _join(agency, "Chen", AgencyRole.COUNSELLOR),
    ]  # fmt: skip
    return Desk(agency.id, *keys)


def _join(agency: Agency, name: str, role: AgencyRole) -> int:
    user = make_user(f"{name.lower()}@harbour.example")
    user.name = f"{name} Yan"
    db.session.add(AgencyMember(agency_id=agency.id, user_id=user.id, role=role, created_at=CREATED))
    db.session.flush()
    return user.id


def give_consent(
    case_id: int, desk: Desk, user_id: int, scope: Scope = Scope.EDIT, parts: Iterable[Part] = SHARED, *,
    days: int = 90, name: str | None = "Sun Qian",
) -> Consent:  # fmt: skip
    """Let this counsellor into the case for `days` from 5 December 2026, and put it on the agency's list under `name`."""
    consent = Consent(
        case_id=case_id, agency_id=desk.agency_id, user_id=user_id, scope=scope, parts=sorted(parts),
        how=ConsentHow.INVITED, given_at=GIVEN, expires_at=GIVEN + timedelta(days=days),
    )  # fmt: skip
    db.session.add(consent)
    known = db.session.query(Client).filter_by(agency_id=desk.agency_id)
    if not known.filter_by(case_id=case_id).count():
        db.session.add(Client(
            agency_id=desk.agency_id, counsellor_id=user_id, case_id=case_id, number=known.count() + 1, name=name,
            created_at=GIVEN,
        ))  # fmt: skip
    db.session.flush()
    return consent


def case_of(key: int) -> Case:
    """The case with this key."""
    return db.session.get_one(Case, key)
