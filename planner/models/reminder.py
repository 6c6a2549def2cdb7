"""Reminders: what a case wants, each step that is due, and each message that carries steps, exactly once.

A `Reminder` is one step for one channel and target, under a unique key; a `Dispatch` is the message that carries the steps of one
day (or one alone) to one target. Dispatches are the queue: claimed with a lease, stored as attempted before anything is sent.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Date, ForeignKey, Index, String, Text, UniqueConstraint, column
from sqlalchemy.orm import Mapped, mapped_column, relationship

from .base import Base, Instant, Key, MinorUnits, WithKey
from .case import OwnedByCase, Versioned
from .user import SignIn, User


class Channel(StrEnum):
    """By which way a message reaches somebody. Each has one file in planner/delivery."""

    APP = "app"
    PUSH = "push"
    EMAIL = "email"


class ReminderKind(StrEnum):
    """What a reminder is about: an instalment's step, a day that will not fit, the lender's days, a step put off, talks."""

    INSTALMENT = "instalment"
    RADAR = "radar"
    ASK_BY = "ask_by"
    SEND_BY = "send_by"
    SNOOZED = "snoozed"
    TALK = "talk"


class DispatchStatus(StrEnum):
    """Where a message stands. `attempted` is stored before sending, so that a crash is seen; `failed` is final."""

    SCHEDULED = "scheduled"
    ATTEMPTED = "attempted"
    SENT = "sent"
    FAILED = "failed"
    DROPPED = "dropped"


class Wording(StrEnum):
    """What may be read on a locked screen or in a subject: that there is something, its date, or loan and amount too."""

    NEUTRAL = "neutral"
    DATE = "date"
    FULL = "full"


class ReminderSettings(OwnedByCase, Versioned, Base):
    """What one case wants.

    `steps` is a list of {"days", "at", "channels"}: days relative to the due date (-7 is a week before), a time such as "18:30"
    or None for `send_at`, and channels or None for `channels`. Times are on the wall of the case's time zone.
    """

    __tablename__ = "reminder_settings"
    __table_args__ = (UniqueConstraint("case_id"),)

    steps: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    send_at: Mapped[str] = mapped_column(String(5))
    channels: Mapped[list[str]] = mapped_column(JSON)
    email_to: Mapped[str | None] = mapped_column(String(254))
    wording: Mapped[str] = mapped_column(String(8), default=Wording.NEUTRAL)
    quiet_from: Mapped[str] = mapped_column(String(5), default="21:00")
    quiet_until: Mapped[str] = mapped_column(String(5), default="09:00")
    one_a_day: Mapped[bool] = mapped_column(default=True)
    weekly: Mapped[bool] = mapped_column(default=True)
    radar: Mapped[bool] = mapped_column(default=True)
    paused_until: Mapped[date | None] = mapped_column(Date)
    signed_by: Mapped[str | None] = mapped_column(String(80))
    reply_to: Mapped[str | None] = mapped_column(String(254))
    feed_token_hash: Mapped[str | None] = mapped_column(String(64), unique=True)


class LoanReminders(OwnedByCase, Versioned, Base):
    """What one loan has otherwise than the rest, and what is known of its lender.

    `steps` as in ReminderSettings, None for those of the case. The lender takes requests until `lead_days` before a due date
    (None: not known); `pay_way` is a word of engine/reminding.PayWay.
    """

    __tablename__ = "loan_reminders"
    __table_args__ = (UniqueConstraint("loan_id"),)

    loan_id: Mapped[int] = mapped_column(ForeignKey("loans.id", ondelete="CASCADE"))
    steps: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON(none_as_null=True))
    is_muted: Mapped[bool] = mapped_column(default=False)
    paused_until: Mapped[date | None] = mapped_column(Date)
    lead_days: Mapped[int | None]
    pay_way: Mapped[str | None] = mapped_column(String(12))


class ReminderPlan(Base):
    """When the coming reminders of a case are worked out next; one worker at a time takes a case."""

    __tablename__ = "reminder_plans"

    case_id: Mapped[int] = mapped_column(Key, ForeignKey("cases.id", ondelete="CASCADE"), primary_key=True)
    next_at: Mapped[datetime] = mapped_column(Instant, index=True)


class PushSubscription(WithKey, Base):
    """One device that takes notifications for one person; it goes with the sign-in it was made under.

    `fault` is why the last message did not arrive; None when it did.
    """

    __tablename__ = "push_subscriptions"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    sign_in_id: Mapped[int] = mapped_column(ForeignKey("sign_ins.id", ondelete="CASCADE"), index=True)
    endpoint: Mapped[str] = mapped_column(Text)
    endpoint_hash: Mapped[str] = mapped_column(String(64), unique=True)
    p256dh: Mapped[str] = mapped_column(String(120))
    auth: Mapped[str] = mapped_column(String(40))
    client: Mapped[str] = mapped_column(String(80))
    fault: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(Instant)
    seen_at: Mapped[datetime] = mapped_column(Instant)

    user: Mapped[User] = relationship(lazy="select")
    sign_in: Mapped[SignIn] = relationship(lazy="select")


_WAITING = column("status").in_(["scheduled", "attempted"])


class Dispatch(OwnedByCase, Base):
    """One message to one target. `slot` names it among those of its target: the local day for a digest.

    `next_at` is when it may be claimed: at its time, after a lease, or after a pause. `target` is a push subscription's key, ""
    for e-mail and the app's own list. A repeat carries the same `idempotency_key`. `read_at`: seen in the app's list.
    """

    __tablename__ = "dispatches"
    __table_args__ = (
        UniqueConstraint("case_id", "channel", "target", "slot"),
        Index("ix_dispatches_waiting", "next_at", postgresql_where=_WAITING, sqlite_where=_WAITING),
    )

    channel: Mapped[str] = mapped_column(String(8))
    target: Mapped[str] = mapped_column(String(20), default="")
    slot: Mapped[str] = mapped_column(String(40))
    fire_at: Mapped[datetime] = mapped_column(Instant)
    next_at: Mapped[datetime] = mapped_column(Instant)
    status: Mapped[DispatchStatus] = mapped_column(String(12), default=DispatchStatus.SCHEDULED)
    reason: Mapped[str | None] = mapped_column(String(200))
    attempts: Mapped[int] = mapped_column(default=0)
    idempotency_key: Mapped[str] = mapped_column(String(40), unique=True)
    sent_at: Mapped[datetime | None] = mapped_column(Instant)
    read_at: Mapped[datetime | None] = mapped_column(Instant)
    created_at: Mapped[datetime] = mapped_column(Instant)

    reminders: Mapped[list[Reminder]] = relationship(back_populates="dispatch", order_by="Reminder.due_on, Reminder.id")


class Reminder(OwnedByCase, Base):
    """One step for one channel and target; the unique key is what makes it exactly one.

    `key` names what it is about for good ("instalment:12:2026-12-18:-7"). `step` is days from the due date; `short_minor` what a
    red day misses. `dropped` is why it was not sent (engine/reminding.Drop).
    """

    __tablename__ = "reminders"
    __table_args__ = (UniqueConstraint("case_id", "key", "channel", "target"),)

    key: Mapped[str] = mapped_column(String(80))
    kind: Mapped[str] = mapped_column(String(12))
    channel: Mapped[str] = mapped_column(String(8))
    target: Mapped[str] = mapped_column(String(20), default="")
    loan_id: Mapped[int | None] = mapped_column(ForeignKey("loans.id", ondelete="CASCADE"), index=True)
    instalment_n: Mapped[int | None]
    due_on: Mapped[date] = mapped_column(Date)
    step: Mapped[int]
    short_minor: Mapped[int | None] = mapped_column(MinorUnits)
    fire_at: Mapped[datetime] = mapped_column(Instant)
    dispatch_id: Mapped[int | None] = mapped_column(ForeignKey("dispatches.id", ondelete="CASCADE"), index=True)
    dropped: Mapped[str | None] = mapped_column(String(20))
    created_at: Mapped[datetime] = mapped_column(Instant)

    dispatch: Mapped[Dispatch | None] = relationship(back_populates="reminders", lazy="select")
