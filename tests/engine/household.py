"""The worked example of the mock-ups (../shared/design/src/example.py) as engine values; its figures are the tests' truth."""

from datetime import date
from decimal import Decimal

from planner.engine.amortisation import build_schedule
from planner.engine.budget import BudgetLine, Kind, Necessity, RepeatFrequency
from planner.engine.cashflow import Flow, Projection, Role, due_flows, line_flows, project
from planner.engine.loan import LoanTerms, Method
from planner.engine.money import currency

TODAY = date(2026, 12, 9)
CNY = currency("CNY")
MONTHLY, QUARTERLY = RepeatFrequency.MONTHLY, RepeatFrequency.QUARTERLY
CARD_PAYMENT = 40_000


def expense(necessity: Necessity, amount_minor: int, day: int, frequency: RepeatFrequency = MONTHLY) -> BudgetLine:
    month = 3 if frequency == QUARTERLY else 1
    return BudgetLine(Kind.EXPENSE, amount_minor, frequency, date(2026, month, day), necessity=necessity)


def income(amount_minor: int, day: int, frequency: RepeatFrequency = MONTHLY) -> BudgetLine:
    return BudgetLine(Kind.INCOME, amount_minor, frequency, date(2026, 3 if frequency == QUARTERLY else 1, day))


WAGE, FUND = income(680_000, 10), income(240_000, 21, QUARTERLY)
RENT = expense(Necessity.ESSENTIAL, 480_000, 15, QUARTERLY)
FOOD = expense(Necessity.ESSENTIAL, 135_000, 1)
PARENTS = expense(Necessity.ESSENTIAL, 80_000, 16)
UTILITIES = expense(Necessity.ESSENTIAL, 18_000, 12)
TRANSPORT = expense(Necessity.ESSENTIAL, 18_000, 1)
PHONE = expense(Necessity.ESSENTIAL, 9_800, 11)
OUT, CLOTHES, SUBS = (expense(Necessity.FLEXIBLE, amount, 1) for amount in (24_000, 15_000, 3_000))
ESSENTIAL = (RENT, FOOD, PARENTS, UTILITIES, TRANSPORT, PHONE)
FLEXIBLE = (OUT, CLOTHES, SUBS)
LINES = (WAGE, FUND, *ESSENTIAL, *FLEXIBLE)

HAIER = LoanTerms.simple(
    method=Method.FLAT, principal_minor=2_000_000, currency=CNY, annual_rate=Decimal("0.09"), instalments=12,
    start_date=date(2026, 6, 18), first_due_date=date(2026, 7, 18),
)  # fmt: skip
MICRO = LoanTerms.simple(
    method=Method.ANNUITY, principal_minor=300_000, currency=CNY, annual_rate=Decimal("0.239"), instalments=6,
    start_date=date(2026, 6, 5), first_due_date=date(2026, 7, 5),
)  # fmt: skip
HAIER_ROWS = build_schedule(HAIER).rows
MICRO_ROWS = build_schedule(MICRO).rows

# The radar of the mock-up: 9 December to 9 January. The last microloan instalment, past due, goes out with the wage.
LAST = date(2027, 1, 9)
BALANCE = 170_309
EVERYDAY = 195_000


def radar_flows() -> list[Flow]:
    """Every flow with a day of its own; food, transport and flexible spending are everyday."""
    named = {"wage": WAGE, "fund": FUND, "rent": RENT, "parents": PARENTS, "utilities": UTILITIES, "phone": PHONE}
    flows = [flow for key, line in named.items() for flow in line_flows(line, key, TODAY, LAST)]
    flows += due_flows("haier", [(row.due_date, row.payment_minor) for row in HAIER_ROWS[5:]], TODAY, LAST)
    flows += due_flows("card", [(date(2026, 12, 25), CARD_PAYMENT)], TODAY, LAST)
    return [*flows, Flow(date(2026, 12, 10), -MICRO_ROWS[5].payment_minor, "micro", Role.INSTALMENT)]


def radar_projection(changed: list[Flow] | None = None) -> Projection:
    """The radar's projection, of other flows where they are given."""
    return project(BALANCE, TODAY, LAST, radar_flows() if changed is None else changed, EVERYDAY)
