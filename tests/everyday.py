"""A household whose money runs out between two wages with nothing due: only everyday spending is short."""

from __future__ import annotations

from datetime import date

from sqlalchemy import delete, update

from planner.extensions import db
from planner.models import BudgetLine, Case, Loan

from .conftest import NOW


def leave_everyday_gap(case: Case) -> None:
    """200 in hand on 9 December, 50 a day, 5,000 on the 28th: short from the 14th, by 700 on the 27th.

    Of the mock-ups' loans one is left, of which the instalments are paid until 18 January.
    """
    db.session.execute(delete(BudgetLine).where(BudgetLine.case_id == case.id))
    db.session.execute(delete(Loan).where(Loan.case_id == case.id, Loan.reference.is_distinct_from("7731")))
    db.session.execute(update(Loan).where(Loan.case_id == case.id).values(paid_before=6))
    own = {"case_id": case.id, "starts_on": date(2026, 1, 1), "frequency": "monthly", "created_at": NOW}
    db.session.add(
        BudgetLine(kind="income", name="工资", category="wage", amount_minor=500_000, day_of_month=28, **own)
    )
    db.session.add(
        BudgetLine(kind="expense", name="吃饭", category="food", amount_minor=150_000, necessity="essential", **own)
    )
    case.balance_minor, case.balance_on = 20_000, date(2026, 12, 9)
    db.session.commit()
