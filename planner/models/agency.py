"""Agencies, the people who work there, and what they keep about their clients; none of it belongs to a case."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Date, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from .base import Base, Instant, Key, MinorUnits, WithKey
from .case import Case, Versioned
from .user import User


class AgencyRole(StrEnum):
    """What a person is to the agency. An administrator looks after its members; clients are seen by consent alone."""

    ADMIN = "admin"
    COUNSELLOR = "counsellor"


class Agency(WithKey, Base):
    """An organisation that counsels. Its name and how to reach it stand on the plans it helps to draw up."""

    __tablename__ = "agencies"

    name: Mapped[str] = mapped_column(String(120))
    phone: Mapped[str | None] = mapped_column(String(40))
    email: Mapped[str | None] = mapped_column(String(254))
    created_at: Mapped[datetime] = mapped_column(Instant)


class AgencyMember(WithKey, Base):
    """One person at one agency. `feed_hash` is the hash of the secret in their calendar's address."""

    __tablename__ = "agency_members"

    agency_id: Mapped[int] = mapped_column(ForeignKey("agencies.id", ondelete="CASCADE"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), unique=True)
    role: Mapped[AgencyRole] = mapped_column(String(12))
    feed_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(Instant)

    agency: Mapped[Agency] = relationship(lazy="joined", innerjoin=True)
    user: Mapped[User] = relationship(lazy="joined", innerjoin=True)


class OwnedByAgency(WithKey):
    """A table whose rows belong to one agency; `access.get_agency_row` loads them, and nothing else does."""

    @declared_attr
    def agency_id(cls) -> Mapped[int]:
        return mapped_column(Key, ForeignKey("agencies.id", ondelete="CASCADE"), index=True)


class Client(OwnedByAgency, Versioned, Base):
    """A household on an agency's list, under a number of the agency's own, looked after by one counsellor.

    `case_id` is None until there is a case. What the agency wrote down of the person (name, place, contact, next step) is
    emptied when consent is withdrawn; the number stays.
    """

    __tablename__ = "clients"
    __table_args__ = (UniqueConstraint("agency_id", "number"), UniqueConstraint("agency_id", "case_id"))

    counsellor_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id", ondelete="SET NULL"), index=True)
    number: Mapped[int]
    name: Mapped[str | None] = mapped_column(String(80))
    place: Mapped[str | None] = mapped_column(String(80))
    contact: Mapped[str | None] = mapped_column(String(120))
    next_step: Mapped[str | None] = mapped_column(String(200))
    next_on: Mapped[date | None] = mapped_column(Date)
    created_at: Mapped[datetime] = mapped_column(Instant)

    case: Mapped[Case | None] = relationship(lazy="select")


class ClientNote(OwnedByAgency, Base):
    """What a counsellor wrote down: for the agency alone, or shared with the client."""

    __tablename__ = "client_notes"

    client_id: Mapped[int] = mapped_column(ForeignKey("clients.id", ondelete="CASCADE"), index=True)
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    text: Mapped[str] = mapped_column(Text)
    is_shared: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(Instant)

    author: Mapped[User | None] = relationship(lazy="joined")


class ClientTask(OwnedByAgency, Base):
    """Something to be done for a client by a day."""

    __tablename__ = "client_tasks"

    client_id: Mapped[int] = mapped_column(ForeignKey("clients.id", ondelete="CASCADE"), index=True)
    text: Mapped[str] = mapped_column(String(200))
    due_on: Mapped[date] = mapped_column(Date)
    done_at: Mapped[datetime | None] = mapped_column(Instant)
    created_at: Mapped[datetime] = mapped_column(Instant)


class Appointment(OwnedByAgency, Versioned, Base):
    """A time set for a client with a counsellor; it stands in the counsellor's calendar feed."""

    __tablename__ = "appointments"

    client_id: Mapped[int] = mapped_column(ForeignKey("clients.id", ondelete="CASCADE"), index=True)
    counsellor_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    starts_at: Mapped[datetime] = mapped_column(Instant)
    minutes: Mapped[int]
    how: Mapped[str] = mapped_column(String(12))
    text: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(Instant)


class SavedView(WithKey, Base):
    """A filter of the caseload a counsellor keeps under a name; `query` is its part of the address."""

    __tablename__ = "saved_views"
    __table_args__ = (UniqueConstraint("user_id", "name"),)

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(40))
    query: Mapped[str] = mapped_column(String(200))


class CaseFigures(Base):
    """A case's radar in a few figures, kept for caseloads: worked out when the case changed or its day turned, not on each view.

    Amounts are minor units of `currency`. `is_stale` is set by whatever changes the case. The first thing that does not fit is
    `short_minor` on `short_on` for `short_what`; `overdue_days` counts from the oldest unpaid instalment; `reply_on` is when a
    lender's answer is due, `review_on` when an agreement is looked at again; `answers` lenders' answers nobody looked at.
    `chart` holds the cash of the coming weeks as [date, minor] pairs.
    """

    __tablename__ = "case_figures"
    __table_args__ = (Index("ix_case_figures_stale", "is_stale", "worked_out_at"),)

    case_id: Mapped[int] = mapped_column(Key, ForeignKey("cases.id", ondelete="CASCADE"), primary_key=True)
    is_stale: Mapped[bool] = mapped_column(default=True)
    worked_out_at: Mapped[datetime | None] = mapped_column(Instant)
    day: Mapped[date | None] = mapped_column(Date)
    currency: Mapped[str] = mapped_column(String(3), default="CNY")
    income_minor: Mapped[int] = mapped_column(MinorUnits, default=0)
    living_minor: Mapped[int] = mapped_column(MinorUnits, default=0)
    due_minor: Mapped[int] = mapped_column(MinorUnits, default=0)
    owed_minor: Mapped[int] = mapped_column(MinorUnits, default=0)
    has_balance: Mapped[bool] = mapped_column(default=False)
    short_on: Mapped[date | None] = mapped_column(Date)
    short_minor: Mapped[int | None] = mapped_column(MinorUnits)
    short_what: Mapped[str | None] = mapped_column(String(200))
    lowest_on: Mapped[date | None] = mapped_column(Date)
    lowest_minor: Mapped[int | None] = mapped_column(MinorUnits)
    overdue_days: Mapped[int] = mapped_column(default=0)
    overdue_minor: Mapped[int] = mapped_column(MinorUnits, default=0)
    reply_on: Mapped[date | None] = mapped_column(Date)
    review_on: Mapped[date | None] = mapped_column(Date)
    answers: Mapped[int] = mapped_column(default=0)
    chart: Mapped[list[Any]] = mapped_column(JSON, default=list)
