"""People and their sign-ins."""

from __future__ import annotations

from datetime import datetime

from flask_login import UserMixin
from sqlalchemy import ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from .base import Base, Instant, WithKey


class User(UserMixin, WithKey, Base):
    """A person. Without e-mail and password: a guest, who becomes an account by registering and keeps everything."""

    __tablename__ = "users"
    __allow_unmapped__ = True  # for `token` and `second_factor_at`, which are no columns

    email: Mapped[str | None] = mapped_column(String(254), unique=True)
    password_hash: Mapped[str | None] = mapped_column(String(200))
    name: Mapped[str | None] = mapped_column(String(80))
    locale: Mapped[str | None] = mapped_column(String(16))
    created_at: Mapped[datetime] = mapped_column(Instant)

    token: str | None = None
    """The sign-in token this person was loaded with; not stored."""
    second_factor_at: datetime | None = None
    """When this device's session last proved a second factor; set with `token` from the sign-in."""

    def get_id(self) -> str | None:
        """What Flask-Login keeps in the session: the device's token, never the person's key."""
        return self.token

    @property
    def is_guest(self) -> bool:
        """Whether this person has not registered yet."""
        return self.email is None


class SignIn(WithKey, Base):
    """One signed-in device. The cookie holds the token, this row its hash; deleting the row signs the device out."""

    __tablename__ = "sign_ins"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    client: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime] = mapped_column(Instant)
    seen_at: Mapped[datetime] = mapped_column(Instant)
    second_factor_at: Mapped[datetime | None] = mapped_column(Instant)

    user: Mapped[User] = relationship(lazy="joined", innerjoin=True)


class RateCount(Base):
    """How often something limited was tried in one window; shared by all processes through the database."""

    __tablename__ = "rate_counts"

    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    count: Mapped[int] = mapped_column(Integer)
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)
