"""Loans and the payments actually made on them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, Date, ForeignKey, String, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from .base import Base, Instant, MinorUnits, Rate
from .case import OwnedByCase, Versioned


class Loan(OwnedByCase, Versioned, Base):
    """A contract with one creditor. `terms` is the contract in the JSON of engine/contract.py; its schedule follows from it.

    `paid_before` counts the first instalments that were paid before the loan was entered here. `late_rules` is what the contract
    says about paying late, in the JSON of engine/late.py; None while it is not known. `is_priority`: not paying it could cost
    the home, the work or the light.
    """

    __tablename__ = "loans"

    creditor: Mapped[str] = mapped_column(String(80))
    name: Mapped[str | None] = mapped_column(String(80))
    reference: Mapped[str | None] = mapped_column(String(60))
    currency: Mapped[str] = mapped_column(String(3))
    terms: Mapped[dict[str, Any]] = mapped_column(JSON)
    advertised_rate: Mapped[Decimal | None] = mapped_column(Rate)
    received_minor: Mapped[int | None] = mapped_column(MinorUnits)
    paid_before: Mapped[int] = mapped_column(default=0)
    late_rules: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    is_priority: Mapped[bool] = mapped_column(default=False, server_default=false())
    closed_on: Mapped[date | None] = mapped_column(Date)
    created_at: Mapped[datetime] = mapped_column(Instant)

    payments: Mapped[list[Payment]] = relationship(
        back_populates="loan", cascade="all, delete-orphan", order_by="Payment.paid_on, Payment.id", lazy="selectin"
    )

    @property
    def title(self) -> str:
        """What the borrower calls it; the creditor's name when they gave it none."""
        return self.name or self.creditor


class Payment(OwnedByCase, Base):
    """Money actually paid. `instalment_n` says which instalment the borrower marked; None lets the oldest come first.

    `purpose` is a word of engine/payments.Purpose. A payment taken back was entered by mistake (`reversed_on`); one the bank
    returned was real, but paid nothing (`returned_on`). One read from a bank statement goes when that import is undone.
    """

    __tablename__ = "payments"

    loan_id: Mapped[int] = mapped_column(ForeignKey("loans.id", ondelete="CASCADE"), index=True)
    amount_minor: Mapped[int] = mapped_column(MinorUnits)
    paid_on: Mapped[date] = mapped_column(Date)
    instalment_n: Mapped[int | None]
    purpose: Mapped[str] = mapped_column(String(20), default="instalment", server_default="instalment")
    reversed_on: Mapped[date | None] = mapped_column(Date)
    returned_on: Mapped[date | None] = mapped_column(Date)
    transaction_id: Mapped[int | None] = mapped_column(ForeignKey("transactions.id", ondelete="CASCADE"), unique=True)
    created_at: Mapped[datetime] = mapped_column(Instant)

    loan: Mapped[Loan] = relationship(back_populates="payments")
