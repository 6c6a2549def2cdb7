"""The second factor: an authenticator app's codes (TOTP, RFC 6238) and recovery codes, each taken once.

Passkeys are in passkeys.py; whether a person has any of these is answered here.
"""

from __future__ import annotations

import hmac
import secrets
import unicodedata
from typing import Any

import pyotp
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, delete, func, select, update

from .. import clock
from ..errors import PlannerError
from ..extensions import db, insert_for
from ..models import AgencyMember, AuthenticatorApp, Passkey, RecoveryCode, SignIn, User
from . import services
from .sealing import seal, unseal

STEP_SECONDS = 30
DRIFT_STEPS = 1
"""A phone's clock may be this many steps off, and a code be typed this much later."""
RECOVERY_CODES = 10
_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"  # none of 0 o 1 i l, which look alike; 10 of them are 49 bits
_PURPOSE = "authenticator app"


class StillRequired(PlannerError):
    """The last second factor of somebody who must have one."""


def has_second_factor(user: User) -> bool:
    """Whether a password alone does not let this person in."""
    app = select(AuthenticatorApp.id).where(AuthenticatorApp.user_id == user.id)
    passkey = select(Passkey.id).where(Passkey.user_id == user.id)
    return bool(db.session.scalar(select(app.exists() | passkey.exists())))


def is_required_of(user: User) -> bool:
    """Whether others' files depend on this person having a second factor: those who belong to an agency."""
    return db.session.scalar(select(AgencyMember.id).where(AgencyMember.user_id == user.id)) is not None


# ---- Authenticator app ----


def find_app(user: User) -> AuthenticatorApp | None:
    """The person's authenticator app, if one is set up."""
    return db.session.scalars(select(AuthenticatorApp).where(AuthenticatorApp.user_id == user.id)).one_or_none()


def new_secret() -> str:
    """160 random bits in base32, as authenticator apps take them."""
    return pyotp.random_base32()


def app_address(user: User, secret: str) -> str:
    """What the QR code holds: the secret with the names the app shows beside its codes."""
    return pyotp.TOTP(secret).provisioning_uri(name=user.email, issuer_name=_("Steady"))


def confirm_app(user: User, secret: str, typed: str) -> bool:
    """Set up the app that holds `secret`, in place of one before, if it shows this code; returns whether it does."""
    steps = _steps_of(secret, typed)
    if not steps:
        return False
    values = {"sealed_secret": seal(_PURPOSE, secret), "last_step": steps[-1], "confirmed_at": clock.now()}
    row = insert_for(AuthenticatorApp).values(user_id=user.id, **values)
    db.session.execute(row.on_conflict_do_update(index_elements=["user_id"], set_=values))
    return True


def take_code(user: User, typed: str) -> bool:
    """Whether this is a code of the person's app, now or a step away, that was not taken before."""
    app = find_app(user)
    secret = unseal(_PURPOSE, app.sealed_secret) if app is not None else None
    if app is None or secret is None:
        return False
    return any(_take_step(app, step) for step in _steps_of(secret, typed))


def remove_app(user: User) -> None:
    """Forget the app. Raises StillRequired, having changed the session, when the person would be left without."""
    db.session.execute(delete(AuthenticatorApp).where(AuthenticatorApp.user_id == user.id))
    settle_removal(user)


def _steps_of(secret: str, typed: str) -> list[int]:
    """The steps near this moment whose code was typed, oldest first."""
    code, now = _plain(typed), int(clock.now().timestamp()) // STEP_SECONDS
    codes = pyotp.TOTP(secret)
    near = range(now - DRIFT_STEPS, now + DRIFT_STEPS + 1)
    return [step for step in near if hmac.compare_digest(codes.generate_otp(step).encode(), code.encode())]


def _take_step(app: AuthenticatorApp, step: int) -> bool:
    """One statement that finds and marks, so that of many at once one wins."""
    taken = update(AuthenticatorApp).where(AuthenticatorApp.id == app.id, _is_before(step)).values(last_step=step)
    return _changed(taken) == 1


def _is_before(step: int) -> ColumnElement[bool]:
    return AuthenticatorApp.last_step < step


# ---- Recovery codes ----


def new_recovery_codes(user: User) -> list[str]:
    """A fresh set in place of the old one. Only hashes are kept: this is the one time the codes can be shown.

    Hashing takes up to a second, so it comes before anything is written and should not follow other writes.
    """
    salt = secrets.token_hex(16)
    codes = ["".join(secrets.choice(_LETTERS) for _n in range(10)) for _c in range(RECOVERY_CODES)]
    hashes = [services.salted_hash(code, salt) for code in codes]
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    db.session.add_all(RecoveryCode(user_id=user.id, salt=salt, code_hash=each) for each in hashes)
    db.session.flush()
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def recovery_codes_left(user: User) -> int:
    """How many codes of the person's set are unused."""
    unused = select(func.count()).where(RecoveryCode.user_id == user.id, RecoveryCode.used_at.is_(None))
    return db.session.scalar(unused) or 0


def take_recovery_code(user: User, typed: str) -> bool:
    """Whether this is an unused recovery code of the person's; it is used from now on."""
    salt = db.session.scalar(select(RecoveryCode.salt).where(RecoveryCode.user_id == user.id).limit(1))
    if salt is None:
        return False
    code_hash = services.salted_hash(_plain(typed), salt)
    mine = (RecoveryCode.user_id == user.id, RecoveryCode.code_hash == code_hash, _is_unused())
    return _changed(update(RecoveryCode).where(*mine).values(used_at=clock.now())) == 1


def _is_unused() -> ColumnElement[bool]:
    return RecoveryCode.used_at.is_(None)


# ---- Both ----


def settle_removal(user: User) -> None:
    """After a factor went: without any left, recovery codes mean nothing and no device counts as having proved one.

    Raises StillRequired when the person must keep one; the database session must then be rolled back.
    """
    if has_second_factor(user):
        return
    if is_required_of(user):
        raise StillRequired
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    db.session.execute(update(SignIn).where(SignIn.user_id == user.id).values(second_factor_at=None))


def forget_all(user: User) -> None:
    """Take every factor away from somebody who lost them, and sign them out everywhere: who is still in may be the thief."""
    for model in (AuthenticatorApp, Passkey, RecoveryCode, SignIn):
        db.session.execute(delete(model).where(model.user_id == user.id))


def _plain(typed: str) -> str:
    """A code as it was given out: 123 456, １２３４５６ and ABCDE-FGHJK are as good as their plain forms."""
    text = unicodedata.normalize("NFKC", typed).casefold()
    return "".join(sign for sign in text if sign.isalnum())


def _changed(statement: Any) -> int:
    """Run an UPDATE; how many rows it met."""
    return int(db.session.execute(statement).rowcount)  # type: ignore[attr-defined]  # an UPDATE gives a CursorResult
