"""Reminders: what a case wants, and each one that is to be sent, exactly once."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import JSON, Date, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base, Instant
from .case import OwnedByCase, Versioned


class ReminderStatus(StrEnum):
    """Where a reminder stands. `attempted` is stored before sending, so that a crash is seen."""

    SCHEDULED = "scheduled"
    ATTEMPTED = "attempted"
    SENT = "sent"
    FAILED = "failed"
    DROPPED = "dropped"


class ReminderSettings(OwnedByCase, Versioned, Base):
    """What one case wants: steps in days relative to the due date (-7 = a week before), time of day, and by which way."""

    __tablename__ = "reminder_settings"
    __table_args__ = (UniqueConstraint("case_id"),)

    steps: Mapped[list[int]] = mapped_column(JSON)
    send_at: Mapped[str] = mapped_column(String(5))
    email_to: Mapped[str | None] = mapped_column(String(254))
    show_details: Mapped[bool] = mapped_column(default=False)
    feed_token_hash: Mapped[str | None] = mapped_column(String(64), unique=True)


class Reminder(OwnedByCase, Base):
    """One message for one step of one instalment by one channel; the unique key is what makes it exactly one."""

    __tablename__ = "reminders"
    __table_args__ = (
        UniqueConstraint("loan_id", "due_on", "step", "channel"),
        Index("ix_reminders_status_fire_at", "status", "fire_at"),
    )

    loan_id: Mapped[int] = mapped_column(ForeignKey("loans.id", ondelete="CASCADE"))
    instalment_n: Mapped[int]
    due_on: Mapped[date] = mapped_column(Date)
    step: Mapped[int]
    channel: Mapped[str] = mapped_column(String(16))
    fire_at: Mapped[datetime] = mapped_column(Instant)
    status: Mapped[ReminderStatus] = mapped_column(String(12))
    reason: Mapped[str | None] = mapped_column(String(200))
    attempts: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None] = mapped_column(Instant)
    idempotency_key: Mapped[str] = mapped_column(String(64))
    sent_at: Mapped[datetime | None] = mapped_column(Instant)
    created_at: Mapped[datetime] = mapped_column(Instant)
