"""What somebody proves besides the password: an authenticator app, passkeys, and codes for the day both are lost."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base, Instant, WithKey


class AuthenticatorApp(WithKey, Base):
    """The secret a person's authenticator app shares with us (RFC 6238). A row exists once a first code was right."""

    __tablename__ = "authenticator_apps"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), unique=True)
    sealed_secret: Mapped[str] = mapped_column(String(200))
    """Encrypted under SECRET_KEY: a copy of the database alone makes no codes."""
    last_step: Mapped[int] = mapped_column(BigInteger)
    """The 30-second step of the last code taken; only later ones are taken, so each code once."""
    confirmed_at: Mapped[datetime] = mapped_column(Instant)


class RecoveryCode(WithKey, Base):
    """One code of the person's set, hashed as a password is; the whole set shares one salt."""

    __tablename__ = "recovery_codes"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    salt: Mapped[str] = mapped_column(String(32))
    code_hash: Mapped[str] = mapped_column(String(64))
    used_at: Mapped[datetime | None] = mapped_column(Instant)


class Passkey(WithKey, Base):
    """A public key of the person's phone, computer or security key (WebAuthn)."""

    __tablename__ = "passkeys"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(40))
    credential_id: Mapped[str] = mapped_column(String(1400), unique=True)
    """In base64url; at most 1,023 bytes."""
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(Instant)
    last_used_at: Mapped[datetime | None] = mapped_column(Instant)


class UsedChallenge(Base):
    """A challenge that was answered. Kept while it could be answered again, so that a recorded answer opens nothing."""

    __tablename__ = "used_challenges"

    challenge_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    used_at: Mapped[datetime] = mapped_column(Instant, index=True)
