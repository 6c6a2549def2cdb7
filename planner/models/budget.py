"""Budget lines: a household's income and expenses."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base, Instant, MinorUnits
from .case import OwnedByCase, Versioned


class BudgetLine(OwnedByCase, Versioned, Base):
    """One income or expense. The words in kind, necessity and frequency are those of planner/engine/budget.py.

    A monthly line falls on `day_of_month`, or on its `working_day` (1 the first of the month, -1 the last) where that is set;
    off weekends and holidays as `shift` says (engine/calendars.py). `low_minor` is what an income brings in a bad month;
    `note` explains the line to whoever reads the statement.
    """

    __tablename__ = "budget_lines"

    kind: Mapped[str] = mapped_column(String(8))
    name: Mapped[str] = mapped_column(String(80))
    category: Mapped[str] = mapped_column(String(40))
    necessity: Mapped[str | None] = mapped_column(String(12))
    amount_minor: Mapped[int] = mapped_column(MinorUnits)
    frequency: Mapped[str] = mapped_column(String(16))
    starts_on: Mapped[date] = mapped_column(Date)
    ends_on: Mapped[date | None] = mapped_column(Date)
    day_of_month: Mapped[int | None]
    working_day: Mapped[int | None]
    shift: Mapped[str] = mapped_column(String(8), default="none", server_default="none")
    low_minor: Mapped[int | None] = mapped_column(MinorUnits)
    note: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(Instant)


class CashChange(OwnedByCase, Base):
    """One payment of a budget line changed once: that of the day `on` is paid on `to`, or not at all when that is None."""

    __tablename__ = "cash_changes"

    line_id: Mapped[int] = mapped_column(ForeignKey("budget_lines.id", ondelete="CASCADE"), index=True)
    on: Mapped[date] = mapped_column(Date)
    to: Mapped[date | None] = mapped_column(Date)
    created_at: Mapped[datetime] = mapped_column(Instant)


class Guideline(OwnedByCase, Base):
    """What the owner was told is usual for a heading, in minor units a month, and by whom; no figures come with the app."""

    __tablename__ = "guidelines"
    __table_args__ = (UniqueConstraint("case_id", "category"),)

    category: Mapped[str] = mapped_column(String(40))
    amount_minor: Mapped[int] = mapped_column(MinorUnits)
    source: Mapped[str | None] = mapped_column(String(80))
