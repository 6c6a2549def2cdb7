"""Links a lender opens without an account."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from .base import Base, Instant, Key, WithKey
from .case import OwnedByCase
from .proposal import ProposalVersion


class Share(OwnedByCase, Base):
    """A revocable, expiring link to one frozen version. Only the token's hash is stored; `shown` lists what is ticked."""

    __tablename__ = "shares"

    version_id: Mapped[int] = mapped_column(ForeignKey("proposal_versions.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    shown: Mapped[list[str]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)

    version: Mapped[ProposalVersion] = relationship(lazy="joined", innerjoin=True)
    views: Mapped[list[ShareView]] = relationship(
        cascade="all, delete-orphan", order_by="ShareView.at", lazy="selectin"
    )

    def is_open(self, now: datetime) -> bool:
        """Whether the link still shows anything at the instant `now`."""
        return self.revoked_at is None and now < self.expires_at


class ShareView(WithKey, Base):
    """One time somebody opened a link: when, and coarsely with what."""

    __tablename__ = "share_views"

    share_id: Mapped[int] = mapped_column(Key, ForeignKey("shares.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime] = mapped_column(Instant)
    client: Mapped[str] = mapped_column(String(80))
