"""Money that really moved, as statements say it, and the files it came from."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Date, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, deferred, mapped_column

from .base import Base, Instant, MinorUnits
from .case import OwnedByCase


class StatementImport(OwnedByCase, Base):
    """One statement file. Until it is confirmed `data` holds it and nothing of it counts; afterwards only its rows remain.

    `mapping` is how a table's columns are read, in the JSON of statements/mapping.py; `account_currency` what the user said
    where the file is silent.
    """

    __tablename__ = "imports"

    file_name: Mapped[str] = mapped_column(String(120))
    format: Mapped[str] = mapped_column(String(60), default="")
    sha256: Mapped[str] = mapped_column(String(64))
    data: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    mapping: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    account_currency: Mapped[str | None] = mapped_column(String(3))
    count: Mapped[int] = mapped_column(default=0)
    skipped: Mapped[int] = mapped_column(default=0)
    bad_rows: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(Instant)
    confirmed_at: Mapped[datetime | None] = mapped_column(Instant)


class Transaction(OwnedByCase, Base):
    """One row of a statement. `direction` is in, out or neutral; `fingerprint` tells the row apart from all others of the case.

    `on` is None where the file has no usable date.
    """

    __tablename__ = "transactions"
    __table_args__ = (UniqueConstraint("case_id", "fingerprint"), Index("ix_transactions_case_id_on", "case_id", "on"))

    import_id: Mapped[int] = mapped_column(ForeignKey("imports.id", ondelete="CASCADE"), index=True)
    on: Mapped[date | None] = mapped_column(Date)
    amount_minor: Mapped[int] = mapped_column(MinorUnits)
    currency: Mapped[str] = mapped_column(String(3))
    direction: Mapped[str] = mapped_column(String(8))
    counterparty: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(String(400))
    account: Mapped[str] = mapped_column(String(80))
    fingerprint: Mapped[str] = mapped_column(String(32))


class KeptMapping(OwnedByCase, Base):
    """How the columns of one bank's tables are read, kept for its next file. `signature` is a hash of its column names."""

    __tablename__ = "kept_mappings"
    __table_args__ = (UniqueConstraint("case_id", "signature"),)

    signature: Mapped[str] = mapped_column(String(64))
    mapping: Mapped[dict[str, Any]] = mapped_column(JSON)


class PayeeRule(OwnedByCase, Base):
    """What the owner said about payments with one other side: `payee` as engine/recurring.payee writes it, `direction` in or out.

    Exactly one of these holds: they belong under `category` (OWN_MONEY: between own pockets), they repay the loan `loan_id`, or
    they are those of the budget line `line_id` (then `category` is its heading). `is_quiet` keeps a finding from being offered
    again. `near_minor`, where set, limits the rule to about this amount, for another side with several kinds of payment.
    """

    __tablename__ = "payee_rules"

    payee: Mapped[str] = mapped_column(String(200))
    direction: Mapped[str] = mapped_column(String(8))
    near_minor: Mapped[int | None] = mapped_column(MinorUnits)
    category: Mapped[str | None] = mapped_column(String(40))
    line_id: Mapped[int | None] = mapped_column(ForeignKey("budget_lines.id", ondelete="CASCADE"), index=True)
    loan_id: Mapped[int | None] = mapped_column(ForeignKey("loans.id", ondelete="CASCADE"), index=True)
    is_quiet: Mapped[bool] = mapped_column(default=False)
