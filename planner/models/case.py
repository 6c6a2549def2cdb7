"""A case is one household's file. Everything a household owns hangs off it; people reach it as members with a role."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import Date, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from .base import Base, Instant, Key, MinorUnits, WithKey
from .user import User


class Role(StrEnum):
    """What a member is to the case. What each role may do is decided in planner/access.py alone."""

    BORROWER = "borrower"
    VIEWER = "viewer"


class Case(WithKey, Base):
    """One household's file. Its time zone decides what "today" is; its currency is what new amounts are entered in.

    `balance_minor` is the money in hand on the evening of `balance_on`, what came and went that day in it, as its people said;
    None until they did.
    """

    __tablename__ = "cases"

    currency: Mapped[str] = mapped_column(String(3), default="CNY")
    timezone: Mapped[str] = mapped_column(String(64), default="Asia/Shanghai")
    locale: Mapped[str] = mapped_column(String(16), default="zh_Hans_CN")
    balance_minor: Mapped[int | None] = mapped_column(MinorUnits)
    balance_on: Mapped[date | None] = mapped_column(Date)
    created_at: Mapped[datetime] = mapped_column(Instant)

    members: Mapped[list[Membership]] = relationship(back_populates="case", cascade="all, delete-orphan")


class Membership(WithKey, Base):
    """One person in one case with one role."""

    __tablename__ = "memberships"
    __table_args__ = (UniqueConstraint("case_id", "user_id"),)

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    role: Mapped[Role] = mapped_column(String(16))
    created_at: Mapped[datetime] = mapped_column(Instant)

    case: Mapped[Case] = relationship(back_populates="members", lazy="joined", innerjoin=True)
    user: Mapped[User] = relationship(lazy="select")


class OwnedByCase(WithKey):
    """A table whose rows belong to one case; `access.get_row` loads them, and nothing else does."""

    @declared_attr
    def case_id(cls) -> Mapped[int]:
        return mapped_column(Key, ForeignKey("cases.id", ondelete="CASCADE"), index=True)


class Versioned:
    """A row people edit. A save that started from an older version is refused with both texts kept (409)."""

    version: Mapped[int] = mapped_column(default=1)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, object]:
        return {"version_id_col": cls.version}


class CalendarDay(OwnedByCase, Base):
    """A day the household's calendar has otherwise than its country's: worked, or free."""

    __tablename__ = "calendar_days"
    __table_args__ = (UniqueConstraint("case_id", "on"),)

    on: Mapped[date] = mapped_column(Date)
    is_worked: Mapped[bool]
