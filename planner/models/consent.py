"""Who outside the household may do what in its case, how they came to it, what they looked at, and what they suggested."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Date, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from .agency import Agency
from .base import Base, Instant, Key, WithKey
from .case import OwnedByCase, Versioned
from .user import User


class Scope(StrEnum):
    """How far a consent goes: only look, suggest changes the borrower approves, or make them."""

    VIEW = "view"
    PROPOSE = "propose"
    EDIT = "edit"


class Part(StrEnum):
    """The parts of a case a borrower shares or keeps. OWN is never shared: reminders, devices, who has access."""

    BUDGET = "budget"
    LOANS = "loans"
    PLANS = "plans"
    CONTACTS = "contacts"
    FILES = "files"
    OWN = "own"


class ConsentHow(StrEnum):
    """How consent was given."""

    INVITED = "invited"
    ACCEPTED = "accepted"
    VERBAL = "verbal"
    HANDED_OVER = "handed_over"


class Consent(OwnedByCase, Base):
    """A counsellor's access to a case: `parts` of it, to the extent of `scope`, until `expires_at` or until it was ended.

    Verbal consent names when and how it was given (`spoken_at`, `spoken_how`) and who wrote that down (`recorded_by_id`).
    `signs_reminders`: the borrower agreed that reminders go out in this counsellor's name.
    """

    __tablename__ = "consents"
    __table_args__ = (
        Index(
            "uq_consents_open", "case_id", "user_id", unique=True,
            sqlite_where=text("ended_at IS NULL"), postgresql_where=text("ended_at IS NULL"),
        ),
    )  # fmt: skip

    agency_id: Mapped[int] = mapped_column(ForeignKey("agencies.id", ondelete="CASCADE"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    scope: Mapped[Scope] = mapped_column(String(8))
    parts: Mapped[list[str]] = mapped_column(JSON)
    how: Mapped[ConsentHow] = mapped_column(String(12))
    given_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    given_at: Mapped[datetime] = mapped_column(Instant)
    spoken_at: Mapped[datetime | None] = mapped_column(Instant)
    spoken_how: Mapped[str | None] = mapped_column(String(12))
    spoken_by: Mapped[str | None] = mapped_column(String(80))
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    signs_reminders: Mapped[bool] = mapped_column(default=False)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))

    user: Mapped[User] = relationship(foreign_keys=[user_id], lazy="joined", innerjoin=True)
    agency: Mapped[Agency] = relationship(lazy="joined", innerjoin=True)

    def is_open(self, now: datetime) -> bool:
        """Whether it still counts at the instant `now`."""
        return self.ended_at is None and now < self.expires_at


class InvitationKind(StrEnum):
    """What using an invitation does.

    COUNSELLOR: a borrower lets a counsellor in. CLIENT: an agency asks a client for consent. CLAIM: a client takes over the case
    an agency made for them. HANDOVER: a client lets a colleague (`to_user_id`) go on. MEMBER: somebody joins an agency.
    """

    COUNSELLOR = "counsellor"
    CLIENT = "client"
    CLAIM = "claim"
    HANDOVER = "handover"
    MEMBER = "member"


class Invitation(WithKey, Base):
    """A link or code that works once, for seven days. Only hashes of both are kept.

    `scope`, `parts` and `until` are what accepting it grants; nothing the accepting person sends changes them, but a client asked
    by an agency may grant less.
    """

    __tablename__ = "invitations"

    kind: Mapped[InvitationKind] = mapped_column(String(12))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"), index=True)
    agency_id: Mapped[int | None] = mapped_column(ForeignKey("agencies.id", ondelete="CASCADE"), index=True)
    client_id: Mapped[int | None] = mapped_column(ForeignKey("clients.id", ondelete="CASCADE"), index=True)
    to_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    member_role: Mapped[str | None] = mapped_column(String(12))
    scope: Mapped[Scope | None] = mapped_column(String(8))
    parts: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    until: Mapped[date | None] = mapped_column(Date)
    created_by_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    used_at: Mapped[datetime | None] = mapped_column(Instant)
    used_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    cancelled_at: Mapped[datetime | None] = mapped_column(Instant)

    created_by: Mapped[User] = relationship(foreign_keys=[created_by_id], lazy="joined", innerjoin=True)
    agency: Mapped[Agency | None] = relationship(lazy="joined")


class AuditAct(StrEnum):
    """What somebody outside the household did in a case."""

    LOOK = "look"
    CHANGE = "change"
    SUGGEST = "suggest"
    TAKE = "take"
    GRANT = "grant"
    END = "end"


class AuditEntry(OwnedByCase, Base):
    """One look or change, kept for the borrower to read. `who` is the name at that time; `endpoint` the page.

    `changes` lists what was changed, as planner/watching.py says it; TAKE is a file or an export that left the app.
    """

    __tablename__ = "audit_entries"
    __table_args__ = (Index("ix_audit_entries_case_id_at", "case_id", "at"),)

    at: Mapped[datetime] = mapped_column(Instant)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"), index=True)
    agency_id: Mapped[int | None] = mapped_column(ForeignKey("agencies.id", ondelete="SET NULL"))
    who: Mapped[str] = mapped_column(String(200))
    act: Mapped[AuditAct] = mapped_column(String(8))
    endpoint: Mapped[str] = mapped_column(String(80))
    changes: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)


class SuggestionKind(StrEnum):
    """What a counsellor suggests: rows added, changed or removed; a repayment plan; a letter; a what-if."""

    CHANGES = "changes"
    PLAN = "plan"
    LETTER = "letter"
    SCENARIO = "scenario"


class Suggestion(OwnedByCase, Versioned, Base):
    """Something a counsellor worked out for the borrower to approve, in part or not at all. `about` depends on the kind."""

    __tablename__ = "suggestions"

    agency_id: Mapped[int | None] = mapped_column(ForeignKey("agencies.id", ondelete="SET NULL"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"), index=True)
    who: Mapped[str] = mapped_column(String(200))
    kind: Mapped[SuggestionKind] = mapped_column(String(12))
    note: Mapped[str | None] = mapped_column(Text)
    about: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    proposal_id: Mapped[int | None] = mapped_column(ForeignKey("proposals.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(Instant)
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)

    items: Mapped[list[SuggestionItem]] = relationship(
        back_populates="suggestion", cascade="all, delete-orphan", order_by="SuggestionItem.n", lazy="selectin"
    )


class SuggestionItem(OwnedByCase, Base):
    """One row's change, to be approved or declined by itself: `model` row `row_id` from `before` to `after`, by column.

    `action` is add, change or remove; `children` are rows that come with an added one. `decision` is None until it is approved,
    declined, or stale: the row was changed meanwhile, and nothing was written over that.
    """

    __tablename__ = "suggestion_items"

    suggestion_id: Mapped[int] = mapped_column(ForeignKey("suggestions.id", ondelete="CASCADE"), index=True)
    n: Mapped[int]
    action: Mapped[str] = mapped_column(String(8))
    model: Mapped[str] = mapped_column(String(24))
    row_id: Mapped[int | None] = mapped_column(Key)
    before: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    after: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    children: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    decision: Mapped[str | None] = mapped_column(String(10))

    suggestion: Mapped[Suggestion] = relationship(back_populates="items")
