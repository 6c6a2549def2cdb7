"""Files that support a case: photos and PDFs, kept in the instance folder under names of our own."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base, Instant
from .case import OwnedByCase


class Evidence(OwnedByCase, Base):
    """One file of a case, attached to a proposal or to none. `kind` is its media type as read from its content.

    `stored_as` is its random name in instance/evidence/<case>; `size` and `sha256` are those of what is kept (places removed).
    """

    __tablename__ = "evidence"

    proposal_id: Mapped[int | None] = mapped_column(ForeignKey("proposals.id", ondelete="SET NULL"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(40))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    stored_as: Mapped[str] = mapped_column(String(40), unique=True)
    note: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(Instant)
