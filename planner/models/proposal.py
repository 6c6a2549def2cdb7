"""Proposals, the frozen versions that were shared, and the links that show them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Date, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from .base import Base, Instant, MinorUnits
from .case import OwnedByCase, Versioned
from .loan import Loan


class Proposal(OwnedByCase, Versioned, Base):
    """A repayment plan for one creditor while it is being written; the four steps fill it from top to bottom."""

    __tablename__ = "proposals"

    loan_id: Mapped[int] = mapped_column(ForeignKey("loans.id", ondelete="CASCADE"), index=True)
    reference: Mapped[str] = mapped_column(String(24), unique=True)
    cause: Mapped[str | None] = mapped_column(String(24))
    cause_since: Mapped[date | None] = mapped_column(Date)
    cause_until: Mapped[date | None] = mapped_column(Date)
    cause_text: Mapped[str | None] = mapped_column(Text)
    new_income_minor: Mapped[int | None] = mapped_column(MinorUnits)
    offered_minor: Mapped[int | None] = mapped_column(MinorUnits)
    first_due: Mapped[date | None] = mapped_column(Date)
    borrower_name: Mapped[str | None] = mapped_column(String(80))
    borrower_contact: Mapped[str | None] = mapped_column(String(120))
    created_at: Mapped[datetime] = mapped_column(Instant)
    updated_at: Mapped[datetime] = mapped_column(Instant)

    loan: Mapped[Loan] = relationship(lazy="joined", innerjoin=True)


class ProposalVersion(OwnedByCase, Base):
    """One frozen proposal value (documents/proposal.py) as JSON; PDF, CSV, JSON and the lender's page are all made from it."""

    __tablename__ = "proposal_versions"
    __table_args__ = (UniqueConstraint("proposal_id", "number"),)

    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposals.id", ondelete="CASCADE"))
    number: Mapped[int]
    value: Mapped[dict[str, Any]] = mapped_column(JSON)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    created_at: Mapped[datetime] = mapped_column(Instant)

    proposal: Mapped[Proposal] = relationship(lazy="joined", innerjoin=True)
