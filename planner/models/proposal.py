"""Proposals, what they ask of each creditor, the frozen versions that were shared, and what came of them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Date, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from .base import Base, Instant, MinorUnits, Rate
from .case import OwnedByCase, Versioned
from .evidence import Evidence
from .loan import Loan


class Proposal(OwnedByCase, Versioned, Base):
    """A repayment plan for all creditors while it is being written; the four steps fill it from top to bottom.

    `drafted_by_id` is the counsellor who drew it up for `agency_id`; such a draft is the borrower's once `approved_at` is set.
    `checked` holds the answers of the budget check, by question (proposals/checking.py): "right" or what the borrower explained.
    """

    __tablename__ = "proposals"

    reference: Mapped[str] = mapped_column(String(24), unique=True)
    cause: Mapped[str | None] = mapped_column(String(24))
    cause_since: Mapped[date | None] = mapped_column(Date)
    cause_until: Mapped[date | None] = mapped_column(Date)
    cause_text: Mapped[str | None] = mapped_column(Text)
    new_income_minor: Mapped[int | None] = mapped_column(MinorUnits)
    checked: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    review_on: Mapped[date | None] = mapped_column(Date)
    borrower_name: Mapped[str | None] = mapped_column(String(80))
    borrower_contact: Mapped[str | None] = mapped_column(String(120))
    drafted_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    agency_id: Mapped[int | None] = mapped_column(ForeignKey("agencies.id", ondelete="SET NULL"))
    approved_at: Mapped[datetime | None] = mapped_column(Instant)
    created_at: Mapped[datetime] = mapped_column(Instant)
    updated_at: Mapped[datetime] = mapped_column(Instant)

    items: Mapped[list[ProposalItem]] = relationship(
        back_populates="proposal", cascade="all, delete-orphan", order_by="ProposalItem.n", lazy="selectin"
    )
    evidence: Mapped[list[Evidence]] = relationship(order_by="Evidence.id", lazy="selectin")


class ProposalItem(OwnedByCase, Versioned, Base):
    """What a proposal asks of one creditor, its `n`-th. `asked` is documents/proposal.Asked as JSON, None until it is chosen.

    `offered_minor` is the monthly offer the borrower set; None takes the fair share. One not included is paid as agreed.
    """

    __tablename__ = "proposal_items"
    __table_args__ = (UniqueConstraint("proposal_id", "loan_id"), UniqueConstraint("proposal_id", "n"))

    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposals.id", ondelete="CASCADE"))
    loan_id: Mapped[int] = mapped_column(ForeignKey("loans.id", ondelete="CASCADE"), index=True)
    n: Mapped[int]
    is_included: Mapped[bool] = mapped_column(default=True)
    offered_minor: Mapped[int | None] = mapped_column(MinorUnits)
    asked: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))

    proposal: Mapped[Proposal] = relationship(back_populates="items")
    loan: Mapped[Loan] = relationship(lazy="joined", innerjoin=True)


class ProposalVersion(OwnedByCase, Base):
    """One frozen proposal value (documents/proposal.py) as JSON; every document and the lender's page are made from it."""

    __tablename__ = "proposal_versions"
    __table_args__ = (UniqueConstraint("proposal_id", "number"),)

    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposals.id", ondelete="CASCADE"))
    number: Mapped[int]
    value: Mapped[dict[str, Any]] = mapped_column(JSON)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    created_at: Mapped[datetime] = mapped_column(Instant)

    proposal: Mapped[Proposal] = relationship(lazy="joined", innerjoin=True)


class ResponseKind(StrEnum):
    """What a lender answered."""

    ACCEPT = "accept"
    COUNTER = "counter"
    ASK = "ask"
    DECLINE = "decline"


class ResponseSource(StrEnum):
    """How the answer came: on the shared page, or logged by the borrower from a call or a letter."""

    LINK = "link"
    PHONE = "phone"
    LETTER = "letter"


class Response(OwnedByCase, Base):
    """One answer of a lender, once a link. A counter-offer's terms are in the fields of documents/proposal.Asked as JSON."""

    __tablename__ = "responses"

    item_id: Mapped[int] = mapped_column(ForeignKey("proposal_items.id", ondelete="CASCADE"), index=True)
    share_id: Mapped[int | None] = mapped_column(ForeignKey("shares.id", ondelete="SET NULL"), unique=True)
    kind: Mapped[str] = mapped_column(String(8))
    source: Mapped[str] = mapped_column(String(8))
    terms: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    text: Mapped[str | None] = mapped_column(Text)
    person: Mapped[str | None] = mapped_column(String(80))
    reference: Mapped[str | None] = mapped_column(String(60))
    said_at: Mapped[datetime] = mapped_column(Instant)
    seen_at: Mapped[datetime | None] = mapped_column(Instant)
    created_at: Mapped[datetime] = mapped_column(Instant)

    item: Mapped[ProposalItem] = relationship(lazy="joined", innerjoin=True)


class Confirmation(OwnedByCase, Base):
    """A lender's written word. `terms` is the checklist: what it says of amount, dates, interest and fees, what is waived, the
    credit record, and breach, each as the borrower read it. A file or a reference proves it.
    """

    __tablename__ = "confirmations"

    item_id: Mapped[int] = mapped_column(ForeignKey("proposal_items.id", ondelete="CASCADE"), index=True)
    response_id: Mapped[int | None] = mapped_column(ForeignKey("responses.id", ondelete="SET NULL"))
    evidence_id: Mapped[int | None] = mapped_column(ForeignKey("evidence.id", ondelete="SET NULL"))
    reference: Mapped[str | None] = mapped_column(String(60))
    received_on: Mapped[date] = mapped_column(Date)
    terms: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(Instant)

    item: Mapped[ProposalItem] = relationship(lazy="joined", innerjoin=True)


class Arrangement(OwnedByCase, Base):
    """Agreed new terms of one loan: after `settled` instalments of the contract these rows take the place of the rest.

    `rows` are documents/proposal.OfferRow as JSON; `annual_rate` what interest runs at in them. One that ended (`ended_on`) left
    the contract as it was; `end_reason` is "broken", "replaced" or "cancelled".
    """

    __tablename__ = "arrangements"

    loan_id: Mapped[int] = mapped_column(ForeignKey("loans.id", ondelete="CASCADE"), index=True)
    item_id: Mapped[int | None] = mapped_column(ForeignKey("proposal_items.id", ondelete="SET NULL"))
    confirmation_id: Mapped[int] = mapped_column(ForeignKey("confirmations.id", ondelete="CASCADE"))
    from_on: Mapped[date] = mapped_column(Date)
    settled: Mapped[int]
    rows: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    annual_rate: Mapped[Decimal | None] = mapped_column(Rate)
    review_on: Mapped[date | None] = mapped_column(Date)
    ended_on: Mapped[date | None] = mapped_column(Date)
    end_reason: Mapped[str | None] = mapped_column(String(12))
    created_at: Mapped[datetime] = mapped_column(Instant)

    confirmation: Mapped[Confirmation] = relationship(lazy="joined", innerjoin=True)
