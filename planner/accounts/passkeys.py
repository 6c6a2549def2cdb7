"""Passkeys (WebAuthn): keys that live in a phone, a computer or a security key and sign for this address alone.

Attestation is not asked for: which maker's device somebody has is none of our business. User verification (a PIN, a finger,
a face) always is, so that a passkey is two factors by itself.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from datetime import timedelta
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import webauthn
from flask import current_app, session
from flask_babel import gettext as _
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from webauthn.helpers import bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from .. import clock
from ..errors import NotFound, PlannerError
from ..extensions import db, insert_for
from ..models import Passkey, UsedChallenge, User
from ..tokens import find_signed, sign
from . import second_factor

CHALLENGE_SECONDS = 5 * 60
MOST_PASSKEYS, MOST_ID_CHARACTERS = 20, 1400
_ALWAYS = UserVerificationRequirement.REQUIRED
# What the library lets through of answers that are no WebAuthn at all, besides its own exceptions.
_BROKEN = (
    WebAuthnException,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    OverflowError,
    RecursionError,
)


class BadPasskey(PlannerError):
    """An answer that proves nothing; why is not said, because nobody honest could use it."""


def are_possible() -> bool:
    """Whether this app's address can have passkeys: browsers bind them to a name, never to a bare IP address."""
    with suppress(ValueError):
        return not ip_address(_host())
    return True


def passkeys_of(user: User) -> list[Passkey]:
    """The person's passkeys, the oldest first."""
    return list(db.session.scalars(select(Passkey).where(Passkey.user_id == user.id).order_by(Passkey.id)))


# ---- Adding and removing ----


def creation_options(user: User) -> dict[str, Any]:
    """What the browser needs to make a passkey for this person; its challenge is kept on this device for one answer."""
    options = webauthn.generate_registration_options(
        rp_id=_host(),
        rp_name=_("Steady"),
        user_id=hashlib.sha256(f"passkeys of {user.id} {user.created_at}".encode()).digest(),
        user_name=user.email or "",
        user_display_name=user.name or user.email or "",
        challenge=_new_challenge("add"),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED, user_verification=_ALWAYS
        ),
        exclude_credentials=_descriptors(user),
    )
    return _plain(options)


def add(user: User, name: str, answer: str) -> Passkey:
    """Keep the passkey the browser made. Raises BadPasskey; the database session must then be rolled back."""
    challenge = _take_challenge("add")
    try:
        made = webauthn.verify_registration_response(
            credential=answer, expected_challenge=challenge, expected_rp_id=_host(), expected_origin=_origin(),
            require_user_verification=True,
        )  # fmt: skip
    except _BROKEN as error:
        raise BadPasskey from error
    key = bytes_to_base64url(made.credential_id)
    if len(key) > MOST_ID_CHARACTERS or len(passkeys_of(user)) >= MOST_PASSKEYS:
        raise BadPasskey
    _use_up(challenge)
    row = Passkey(user_id=user.id, name=name, credential_id=key, public_key=made.credential_public_key,
                  sign_count=made.sign_count, created_at=clock.now())  # fmt: skip
    db.session.add(row)
    try:
        db.session.flush()
    except IntegrityError as error:
        raise BadPasskey from error
    return row


def remove(user: User, passkey_id: int) -> str:
    """Forget one of the person's passkeys; returns its name.

    Raises NotFound for anybody else's, StillRequired, having changed the session, for the last factor of somebody who must
    have one.
    """
    row = db.session.scalars(select(Passkey).where(Passkey.user_id == user.id, Passkey.id == passkey_id)).one_or_none()
    if row is None:
        raise NotFound
    db.session.delete(row)
    db.session.flush()
    second_factor.settle_removal(user)
    return row.name


# ---- Proving ----


def request_options(user: User | None) -> dict[str, Any]:
    """What the browser needs to ask for one of the person's passkeys; without a person, for any it holds for us."""
    options = webauthn.generate_authentication_options(
        rp_id=_host(),
        challenge=_new_challenge("prove"),
        allow_credentials=_descriptors(user) if user is not None else [],
        user_verification=_ALWAYS,
    )
    return _plain(options)


def prove(answer: str, user: User | None) -> User:
    """Whose passkey answered the challenge kept on this device: the person's, or without one anybody's.

    Raises BadPasskey; the database session must then be rolled back.
    """
    challenge = _take_challenge("prove")
    row = _find_passkey(answer, user)
    try:
        proof = webauthn.verify_authentication_response(
            credential=answer, expected_challenge=challenge, expected_rp_id=_host(), expected_origin=_origin(),
            credential_public_key=row.public_key, credential_current_sign_count=row.sign_count,
            require_user_verification=True,
        )  # fmt: skip
    except _BROKEN as error:
        raise BadPasskey from error
    _use_up(challenge)
    row.sign_count, row.last_used_at = proof.new_sign_count, clock.now()
    db.session.flush()
    owner = db.session.get(User, row.user_id)
    if owner is None:
        raise BadPasskey
    return owner


def _find_passkey(answer: str, user: User | None) -> Passkey:
    try:
        key = json.loads(answer)["id"]
    except _BROKEN as error:
        raise BadPasskey from error
    if not isinstance(key, str) or not key.isprintable() or len(key) > MOST_ID_CHARACTERS:
        raise BadPasskey
    row = db.session.scalars(select(Passkey).where(Passkey.credential_id == key)).one_or_none()
    if row is None or (user is not None and row.user_id != user.id):
        raise BadPasskey
    return row


# ---- Challenges: kept signed in the session, answered once ----


def _new_challenge(purpose: str) -> bytes:
    challenge = webauthn.helpers.generate_challenge()
    session[f"passkey_{purpose}"] = sign(f"passkey {purpose}", bytes_to_base64url(challenge))
    return challenge


def _take_challenge(purpose: str) -> bytes:
    kept = session.pop(f"passkey_{purpose}", "")
    text = find_signed(f"passkey {purpose}", kept, max_age_seconds=CHALLENGE_SECONDS)
    if text is None:
        raise BadPasskey
    return webauthn.base64url_to_bytes(text)


def _use_up(challenge: bytes) -> None:
    """Refuse the second answer to a challenge: the session is a cookie, of which there may be copies."""
    now = clock.now()
    db.session.execute(delete(UsedChallenge).where(UsedChallenge.used_at < now - timedelta(days=1)))
    row = insert_for(UsedChallenge).values(challenge_hash=hashlib.sha256(challenge).hexdigest(), used_at=now)
    # RETURNING, because the count of rows of an INSERT is not known on PostgreSQL.
    if db.session.scalar(row.on_conflict_do_nothing().returning(UsedChallenge.challenge_hash)) is None:
        raise BadPasskey


def _descriptors(user: User) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(id=webauthn.base64url_to_bytes(row.credential_id)) for row in passkeys_of(user)
    ]


def _plain(options: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(webauthn.options_to_json(options))
    return found


def _host() -> str:
    return urlsplit(current_app.config["SETTINGS"].base_url).hostname or ""


def _origin() -> str:
    """As browsers write it: without the port that the scheme has anyway."""
    parts = urlsplit(current_app.config["SETTINGS"].base_url)
    usual = {"https": 443, "http": 80}.get(parts.scheme)
    return f"{parts.scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port not in (None, usual) else "")
