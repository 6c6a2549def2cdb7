"""A household's case as a counsellor works on it, for tests of what they change and suggest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from planner.extensions import db
from planner.models import AuditAct, AuditEntry, Base, BudgetLine, Case, Consent, Scope, Suggestion
from tests.agency import Desk, give_consent, make_desk
from tests.factories import Household, sign_in_as

BOOKKEEPING = {
    "audit_entries",
    "suggestions",
    "suggestion_items",
    "reminder_plans",
    "case_figures",
    "rate_counts",
    "sign_ins",
}
RENT = {"name": "Rent", "amount": "1,600", "frequency": "monthly", "day_of_month": "15", "necessity": "essential",
        "category": "rent"}  # fmt: skip
BANK = {"creditor": "Bank", "method": "annuity", "principal": "12000", "annual_rate": "12", "instalments": "12",
        "start_date": "2026-12-09", "frequency": "monthly", "advertised_rate": "9.5"}  # fmt: skip


@dataclass(frozen=True)
class Place:
    """The household's case as a counsellor opens it."""

    app: Flask
    household: Household
    desk: Desk

    def counsellor(self, scope: Scope = Scope.PROPOSE, **more: Any) -> FlaskClient:
        """Lin, signed in with a second factor, under a consent of this scope."""
        with self.app.app_context():
            give_consent(self.household.case_id, self.desk, self.desk.lin_id, scope, **more)
            db.session.commit()
        return sign_in_as(self.app, self.desk.lin_id, second_factor=True)

    def path(self, rest: str) -> str:
        return f"/c/{self.household.case_id}/{rest}"

    def stored(self) -> dict[str, list[Any]]:
        """Every row of every table but those in which the app keeps its own books."""
        with self.app.app_context():
            return {table.name: list(map(tuple, db.session.execute(select(table).order_by(*table.primary_key))))
                    for table in Base.metadata.sorted_tables if table.name not in BOOKKEEPING}  # fmt: skip

    def suggestion(self) -> Suggestion:
        with self.app.app_context():
            found = db.session.scalars(select(Suggestion).order_by(Suggestion.id.desc()).limit(1)).one()
            assert found.items is not None
            return found

    def entries(self, act: AuditAct) -> list[AuditEntry]:
        with self.app.app_context():
            return list(db.session.scalars(select(AuditEntry).where(AuditEntry.act == act).order_by(AuditEntry.id)))

    def line(self, category: str = "elders") -> BudgetLine:
        with self.app.app_context():
            return db.session.scalars(select(BudgetLine).where(BudgetLine.category == category).limit(1)).one()

    def end(self) -> None:
        """The borrower takes the consent back, through another connection."""
        with self.app.extensions["planner_engine"].begin() as connection:
            connection.execute(update(Consent.__table__).values(ended_at=datetime(2026, 12, 9, tzinfo=UTC)))


def make_place(app: Flask, household: Household) -> Place:
    """The household's case, its balance known, and an agency that has no client yet."""
    with app.app_context():
        desk = make_desk()
        case = db.session.get_one(Case, household.case_id)
        case.balance_minor, case.balance_on = 170309, datetime(2026, 12, 9).date()  # noqa: DTZ001  # a day
        db.session.commit()
    return Place(app, household, desk)
