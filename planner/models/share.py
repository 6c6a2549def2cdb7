"""Links a lender opens without an account."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from .base import Base, Instant, Key, WithKey
from .case import OwnedByCase
from .proposal import ProposalVersion


class Share(OwnedByCase, Base):
    """A revocable, expiring link to creditor `creditor_n`'s copy of a frozen version. Only hashes of token and passcode are kept.

    `shown` lists what is ticked, `sha256` is the fingerprint of that copy, `lang` the language it opens in. `view_count` counts
    openings against `most_views` (None: no limit), `wrong_codes` wrong passcodes.
    """

    __tablename__ = "shares"

    version_id: Mapped[int] = mapped_column(ForeignKey("proposal_versions.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    shown: Mapped[list[str]] = mapped_column(JSON)
    creditor_n: Mapped[int]
    item_id: Mapped[int | None] = mapped_column(ForeignKey("proposal_items.id", ondelete="SET NULL"), index=True)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    lang: Mapped[str] = mapped_column(String(16), default="zh_Hans_CN")
    passcode_hash: Mapped[str | None] = mapped_column(String(200))
    wrong_codes: Mapped[int] = mapped_column(default=0)
    most_views: Mapped[int | None]
    view_count: Mapped[int] = mapped_column(default=0)
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
