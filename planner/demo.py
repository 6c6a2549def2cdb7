"""The household of the mock-ups, loaded on request: one wage, a rent paid by the quarter, three loans.

Dates follow the day it is loaded, so that the story is always about the coming weeks: five instalments of the
consumer loan are paid, the sixth is the next one, and the microloan's last instalment is a few days past due.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import select

from . import demo_agency
from .accounts.services import hash_password
from .clock import now as clock_now
from .clock import today as clock_today
from .engine.contract import terms_to_dict
from .engine.dates import add_months
from .engine.loan import LoanTerms, Method
from .engine.money import currency
from .extensions import db
from .models import BudgetLine, Case, Loan, Membership, Role, User

BALANCE = 170_309
EMAIL, PASSWORD = "demo@example.org", "steady-demo-2026"  # printed for everybody to use
STORY_DAY = date(2026, 12, 9)


class Line(NamedTuple):
    """A budget line of the story: its first date is on STORY_DAY's calendar."""

    kind: str
    necessity: str | None
    category: str
    name: str
    amount_minor: int
    frequency: str
    starts_on: date


LINES = (
    Line("income", None, "wage", "工资", 680000, "monthly", date(2026, 1, 10)),
    Line("income", None, "housing_fund", "公积金提取", 240000, "quarterly", date(2026, 3, 21)),
    Line("expense", "essential", "rent", "房租", 480000, "quarterly", date(2026, 3, 15)),
    Line("expense", "essential", "food", "吃饭", 135000, "monthly", date(2026, 1, 1)),
    Line("expense", "essential", "elders", "给爸妈", 80000, "monthly", date(2026, 1, 16)),
    Line("expense", "essential", "housing", "水电燃气", 18000, "monthly", date(2026, 1, 12)),
    Line("expense", "essential", "transport", "通勤", 18000, "monthly", date(2026, 1, 1)),
    Line("expense", "essential", "transport", "手机和宽带", 9800, "monthly", date(2026, 1, 11)),
    Line("expense", "flexible", "food", "下馆子和咖啡", 24000, "monthly", date(2026, 1, 1)),
    Line("expense", "flexible", "clothing", "衣服日用", 15000, "monthly", date(2026, 1, 1)),
    Line("expense", "flexible", "education", "视频会员", 3000, "monthly", date(2026, 1, 3)),
)


def load() -> str:
    """Put the demo household and its agency into the database unless they are there already; returns how to sign in."""
    now = clock_now()
    user = db.session.scalars(select(User).where(User.email == EMAIL)).one_or_none() or _household(now)
    case = db.session.scalars(
        select(Case).join(Membership).where(Membership.user_id == user.id).order_by(Case.id)
    ).first()
    if case is not None:
        demo_agency.load(case, user, hash_password(PASSWORD), now)
    counsellors = " or ".join(demo_agency.COUNSELLORS)
    return (
        f"Demo household: sign in as {EMAIL} with the password {PASSWORD}\n"
        f"Demo agency, the same password: counsellors {counsellors}, administrator {demo_agency.ADMIN}. "
        "Each of them is asked to set up a second factor first."
    )


def _household(now: datetime) -> User:
    user = User(email=EMAIL, password_hash=hash_password(PASSWORD), name="孙倩", created_at=now)
    case = Case(created_at=now)
    case.members.append(Membership(user=user, role=Role.BORROWER, created_at=now))
    db.session.add_all([user, case])
    db.session.flush()
    today = clock_today(case.timezone)
    fill_case(case, today=today, now=now)
    case.balance_minor, case.balance_on = BALANCE, today
    db.session.commit()
    return user


def fill_case(case: Case, *, today: date, now: datetime) -> dict[str, Loan]:
    """Add the story's budget and loans to `case`, moved by whole months to `today`; returns the loans by short name."""
    months = (today.year - STORY_DAY.year) * 12 + today.month - STORY_DAY.month
    db.session.add_all(_budget_line(case, line, months, now) for line in LINES)
    loans = {name: _loan(case, now, **values) for name, values in _contracts(months).items()}
    db.session.add_all(loans.values())
    db.session.flush()
    return loans


def _budget_line(case: Case, line: Line, months: int, now: datetime) -> BudgetLine:
    starts_on = add_months(line.starts_on, months)
    values = line._asdict() | {"starts_on": starts_on, "day_of_month": line.starts_on.day}
    return BudgetLine(case_id=case.id, created_at=now, **values)


def _contracts(months: int) -> dict[str, dict[str, Any]]:
    def day(year: int, month: int, number: int) -> date:
        return add_months(date(year, month, number), months)

    cny = currency("CNY")
    flat = LoanTerms.simple(method=Method.FLAT, principal_minor=2_000_000, currency=cny, annual_rate=Decimal("0.09"),
                            instalments=12, start_date=day(2026, 6, 18), first_due_date=day(2026, 7, 18))  # fmt: skip
    micro = LoanTerms.simple(method=Method.ANNUITY, principal_minor=300_000, currency=cny, annual_rate=Decimal("0.239"),
                             instalments=6, start_date=day(2026, 6, 5), first_due_date=day(2026, 7, 5))  # fmt: skip
    card = LoanTerms.simple(method=Method.FIXED_PAYMENT, principal_minor=786_000, currency=cny, annual_rate=Decimal("0.1825"),
                            instalments=None, start_date=day(2026, 11, 25), first_due_date=day(2026, 12, 25),
                            fixed_instalment_minor=40_000)  # fmt: skip
    return {
        "haier": {"creditor": "海尔消费金融", "name": "海尔分期", "reference": "7731", "terms": flat, "paid_before": 5,
                  "advertised_rate": Decimal("0.09")},
        "micro": {"creditor": "快惠小贷", "terms": micro, "paid_before": 5, "advertised_rate": Decimal("0.239")},
        "card": {"creditor": "信用卡 2046", "reference": "2046", "terms": card, "advertised_rate": Decimal("0.1825")},
    }  # fmt: skip


def _loan(case: Case, now: datetime, *, terms: LoanTerms, **values: Any) -> Loan:
    return Loan(case_id=case.id, currency="CNY", terms=terms_to_dict(terms), created_at=now, **values)
