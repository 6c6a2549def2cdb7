"""Invitations: a link and a code that each work once, for seven days. Only hashes of both are kept."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.engine import CursorResult

from .. import clock
from ..errors import Gone
from ..extensions import db
from ..models import AgencyMember, AgencyRole, Case, Client, Invitation, InvitationKind, User
from ..tokens import find_signed, new_token, sign, token_hash
from .services import Terms, whole

VALID = timedelta(days=7)
# Crockford's base 32: no I, L, O or U, which are read as 1, 1, 0 and V. Twelve signs are 60 random bits.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH, CODE_GROUP = 12, 4
_READ_AS = str.maketrans("OIL", "011", " -–—_.")
# How long a code that was typed leads on to its page.
_TYPED_SECONDS = 3600


def create(
    kind: InvitationKind, by: User, *, terms: Terms | None = None, case: Case | None = None,
    agency_id: int | None = None, client: Client | None = None, to: AgencyMember | None = None,
    member_role: AgencyRole | None = None,
) -> tuple[Invitation, str, str]:  # fmt: skip
    """An invitation, its token and its code; neither is ever shown again."""
    token, code, now = new_token(), new_code(), clock.now()
    made = Invitation(
        kind=kind, token_hash=token_hash(token), code_hash=token_hash(code), case_id=case.id if case else None,
        agency_id=agency_id, client_id=client.id if client else None, to_user_id=to.user_id if to else None,
        member_role=member_role, scope=terms.scope if terms else None, parts=sorted(whole(terms.parts)) if terms else None,
        until=terms.until if terms else None, created_by_id=by.id, created_at=now, expires_at=now + VALID,
    )  # fmt: skip
    db.session.add(made)
    db.session.flush()
    return made, token, code


def new_code() -> str:
    """Twelve signs that are told apart on paper and aloud."""
    return "".join(secrets.choice(ALPHABET) for _each in range(CODE_LENGTH))


def grouped(code: str) -> str:
    """A code as it is shown: 7K3M 9QXV 2B4D."""
    return " ".join(code[at : at + CODE_GROUP] for at in range(0, len(code), CODE_GROUP))


def clean_code(text: str) -> str | None:
    """A typed code as it is stored, whatever spaces, dashes and small letters it has; None for what is no code."""
    code = text.upper().translate(_READ_AS)
    return code if len(code) == CODE_LENGTH and set(code) <= set(ALPHABET) else None


def find_by_token(token: str) -> Invitation | None:
    """The invitation that a link opens and that can still be used; None for every other, whatever is the matter."""
    typed = find_signed("invitation", token, max_age_seconds=_TYPED_SECONDS)
    key = Invitation.id == typed if isinstance(typed, int) else Invitation.token_hash == token_hash(token)
    return _find(key)


def get_by_token(token: str) -> Invitation:
    """The same. Raises Gone."""
    found = find_by_token(token)
    if found is None:
        raise Gone
    return found


def find_by_code(code: str) -> Invitation | None:
    """The invitation with this code that can still be used."""
    return _find(Invitation.code_hash == token_hash(code))


def address_token(invitation: Invitation) -> str:
    """What stands in the address after the right code was typed: for an hour as good as the link, and made by nobody else."""
    return sign("invitation", invitation.id)


def use(invitation: Invitation, by: User) -> None:
    """Take the invitation up: of many at once, one. Raises Gone for all others."""
    taken: CursorResult[Any] = db.session.execute(  # type: ignore[assignment]  # an UPDATE gives a CursorResult
        update(Invitation)
        .where(Invitation.id == invitation.id, *_may_use())
        .values(used_at=clock.now(), used_by_id=by.id)
        .execution_options(synchronize_session=False)
    )
    if taken.rowcount != 1:
        db.session.rollback()
        raise Gone
    db.session.refresh(invitation)


def cancel(invitation: Invitation) -> None:
    """It opens nothing any more. One that was used stays as it is."""
    unused = (Invitation.id == invitation.id, Invitation.used_at.is_(None), Invitation.cancelled_at.is_(None))
    db.session.execute(update(Invitation).where(*unused).values(cancelled_at=clock.now()))


def open_invitations(*of: ColumnElement[bool]) -> Sequence[Invitation]:
    """Those of this case, agency or person that can still be used, the oldest first."""
    return db.session.scalars(select(Invitation).where(*of, *_may_use()).order_by(Invitation.id)).all()


def _find(key: ColumnElement[bool]) -> Invitation | None:
    """One that can still be used. A hand-over is a question to the household and has no link."""
    apart = Invitation.kind != InvitationKind.HANDOVER
    return db.session.scalars(select(Invitation).where(key, apart, *_may_use())).one_or_none()


def _may_use() -> tuple[ColumnElement[bool], ...]:
    return (Invitation.used_at.is_(None), Invitation.cancelled_at.is_(None), Invitation.expires_at > clock.now())
