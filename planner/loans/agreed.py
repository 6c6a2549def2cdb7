"""The agreements with lenders that run: read beside the loans, and ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from ..documents import plain
from ..documents.proposal import OfferRow
from ..engine.arrangement import AgreedRow
from ..engine.money import currency
from ..extensions import db
from ..models import Arrangement, Loan

END_REASONS = ("broken", "replaced", "cancelled")


class Unasked:
    """Nobody has looked yet; None would say that there is none."""


UNASKED = Unasked()


@dataclass(frozen=True, slots=True)
class Agreed:
    """The agreement that runs on a loan, in the engine's values. `settled` instalments of the contract come before its rows."""

    row: Arrangement
    settled: int
    rows: tuple[AgreedRow, ...]

    @property
    def annual_rate(self) -> Decimal | None:
        """What interest was agreed to run at; None where that was not said."""
        return self.row.annual_rate

    @property
    def made_on(self) -> date:
        """The day from which the contract's own rules no longer take money: that of the lender's word."""
        return self.row.confirmation.received_on


def all_agreed(loans: Sequence[Loan]) -> dict[int, Agreed]:
    """The agreements that run on these loans, by loan, in one query."""
    units = {loan.id: loan.currency for loan in loans}
    running = select(Arrangement).where(Arrangement.loan_id.in_(units), Arrangement.ended_on.is_(None))
    rows = db.session.scalars(running.order_by(Arrangement.id)) if loans else ()
    return {row.loan_id: _read(row, units[row.loan_id]) for row in rows}


def find_agreed(loan: Loan) -> Agreed | None:
    """The agreement that runs on a loan; None without one."""
    if loan.id is None:
        return None
    mine = select(Arrangement).where(Arrangement.case_id == loan.case_id, Arrangement.loan_id == loan.id)
    row = db.session.scalars(
        mine.where(Arrangement.ended_on.is_(None)).order_by(Arrangement.id.desc()).limit(1)
    ).first()
    return None if row is None else _read(row, loan.currency)


def rows_as_json(rows: Sequence[AgreedRow], code: str) -> list[dict[str, Any]]:
    """Agreed rows as they are stored: documents/proposal.OfferRow as JSON, numbered from 1."""
    found = [
        OfferRow(n, row.due_on, row.principal_minor, row.interest_minor, row.payment_minor, row.balance_minor)
        for n, row in enumerate(rows, 1)
    ]
    return [plain.write(row, currency(code)) for row in found]


def rows_of(offered: Sequence[OfferRow]) -> tuple[AgreedRow, ...]:
    """The rows of a request as the engine takes them."""
    return tuple(AgreedRow(row.due_on, row.principal_minor, row.interest_minor, row.balance_minor) for row in offered)


def end(row: Arrangement, on: date, reason: str) -> None:
    """Let an agreement run no longer: the contract's own instalments come back, with everything paid since counted on them."""
    row.ended_on, row.end_reason = on, reason
    db.session.flush()


def _read(row: Arrangement, code: str) -> Agreed:
    unit = currency(code)
    return Agreed(row, row.settled, rows_of([plain.read(OfferRow, each, unit) for each in row.rows]))
