"""What each stored row was: income, spending under a heading, money back, a repayment, or moved between own pockets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import select

from ..access import select_rows
from ..engine.cashflow import percentile
from ..engine.dates import add_months
from ..engine.recurring import payee
from ..extensions import db
from ..models import Case, PayeeRule, Transaction
from ..packs.payees import read_payee
from ..statements.values import Direction

OWN_MONEY = "own_money"
MOST_PAYEE = 200
_NEAR = 4  # a rule for about an amount holds a quarter up and down


class What(StrEnum):
    """What a row counts as."""

    INCOME = "income"
    SPENDING = "spending"
    REFUND = "refund"
    REPAYMENT = "repayment"
    OWN = "own"


class Sorted(NamedTuple):
    """One row, sorted. `category` is None while nobody knows; `is_ruled` that its owner said it."""

    id: int
    on: date
    amount_minor: int
    direction: str
    who: str
    what: What
    category: str | None
    line_id: int | None
    loan_id: int | None
    is_ruled: bool

    @property
    def payee(self) -> str:
        """The other side as rules know it."""
        return payee_key(self.who)


class MonthTotal(NamedTuple):
    """What really came in and was spent in one month, repayments apart."""

    first: date
    income_minor: int
    spending_minor: int
    repaid_minor: int


class Range(NamedTuple):
    """Of several months: what one in ten stays below, the middle, and what one in ten goes beyond."""

    low_minor: int
    typical_minor: int
    high_minor: int


class Rules:
    """The owner's rules, looked up by row."""

    def __init__(self, case: Case) -> None:
        self._by_payee: dict[tuple[str, str], list[PayeeRule]] = defaultdict(list)
        for rule in db.session.scalars(select_rows(PayeeRule, case).order_by(PayeeRule.near_minor.desc().nulls_last())):
            self._by_payee[rule.payee, rule.direction].append(rule)

    def find(self, who: str, direction: str, amount_minor: int) -> PayeeRule | None:
        """The rule that says what a row is; those for an amount before the general one."""
        return next((rule for rule in self._of(who, direction, amount_minor) if not rule.is_quiet), None)

    def is_quiet(self, who: str, direction: str, amount_minor: int) -> bool:
        """Whether its owner does not want such a row offered again."""
        return any(rule.is_quiet for rule in self._of(who, direction, amount_minor))

    def _of(self, who: str, direction: str, amount_minor: int) -> list[PayeeRule]:
        rules = self._by_payee.get((payee_key(who), direction), ())
        return [rule for rule in rules if is_near(amount_minor, rule.near_minor)]


def payee_key(who: str) -> str:
    """The other side as rules store it."""
    return payee(who)[:MOST_PAYEE]


def is_near(amount_minor: int, near_minor: int | None) -> bool:
    """Whether a rule for about this amount takes a row of that amount."""
    return near_minor is None or abs(amount_minor - near_minor) * _NEAR <= near_minor


def sorted_rows(case: Case, first: date, last: date) -> list[Sorted]:
    """The dated rows from `first` to `last`, both included, in the case's currency, oldest first; neutral ones left out."""
    table, rules = Transaction, Rules(case)
    query = (
        select(table.id, table.on, table.amount_minor, table.direction, table.counterparty, table.text)
        .where(table.case_id == case.id, table.on >= first, table.on <= last, table.currency == case.currency)
        .where(table.direction != Direction.NEUTRAL)
        .order_by(table.on, table.id)
    )
    return [_sorted(case.currency, rules, *row) for row in db.session.execute(query)]


def sort_row(case: Case, rules: Rules, row: Transaction) -> Sorted:
    """One stored row by the owner's rules, else by its words."""
    return _sorted(
        case.currency, rules, row.id, row.on, row.amount_minor, row.direction, row.counterparty, row.text
    )  # fmt: skip


def _sorted(
    currency: str, rules: Rules, key: int, on: date | None, amount: int, direction: str, counterparty: str, text: str
) -> Sorted:
    on = on or date.min
    who = counterparty or text
    rule = rules.find(who, direction, amount)
    if rule is not None:
        return Sorted(key, on, amount, direction, who, *_ruled(rule), rule.line_id, rule.loan_id, True)
    is_in = direction == Direction.IN
    said = read_payee(f"{counterparty} {text}", "income" if is_in else "expense", currency)
    if said.is_own:
        what = What.OWN
    elif said.is_refund and is_in:
        what = What.REFUND
    else:
        what = What.INCOME if is_in else What.SPENDING
    return Sorted(key, on, amount, direction, who, what, said.category, None, None, False)


def _ruled(rule: PayeeRule) -> tuple[What, str | None]:
    if rule.loan_id is not None:
        return What.REPAYMENT, None
    if rule.category == OWN_MONEY:
        return What.OWN, None
    return What.INCOME if rule.direction == Direction.IN else What.SPENDING, rule.category


def set_rule(
    case: Case, payee_name: str, direction: str, *, near_minor: int | None = None, category: str | None = None,
    line_id: int | None = None, loan_id: int | None = None, is_quiet: bool = False,
) -> PayeeRule:  # fmt: skip
    """Keep what the owner said of one other side, in place of what they said before of the same payments."""
    same = select_rows(PayeeRule, case).where(PayeeRule.payee == payee_name, PayeeRule.direction == direction)
    rule = next((r for r in db.session.scalars(same) if (r.near_minor, r.is_quiet) == (near_minor, is_quiet)), None)
    if rule is None:
        rule = PayeeRule(case_id=case.id, payee=payee_name, direction=direction, near_minor=near_minor)
        db.session.add(rule)
    rule.category, rule.line_id, rule.loan_id, rule.is_quiet = category, line_id, loan_id, is_quiet
    db.session.flush()
    return rule


def totals_of(rows: Iterable[Sorted]) -> dict[What, int]:
    """The sums by what the rows are, in minor units."""
    found = dict.fromkeys(What, 0)
    for row in rows:
        found[row.what] += row.amount_minor
    return found


def month_totals(case: Case, today: date, months: int = 12) -> list[MonthTotal]:
    """The whole months before this one that have rows, oldest first; refunds lower the spending."""
    first = add_months(today.replace(day=1), -months)
    by_month: dict[date, list[Sorted]] = defaultdict(list)
    for row in sorted_rows(case, first, today.replace(day=1) - timedelta(days=1)):
        by_month[row.on.replace(day=1)].append(row)
    return [_month_total(month, rows) for month, rows in sorted(by_month.items())]


def range_of(values: Sequence[int]) -> Range | None:
    """Low, typical and high of at least three values; None for fewer."""
    if len(values) < 3:
        return None
    return Range(percentile(values, 10), percentile(values, 50), percentile(values, 90))


def _month_total(month: date, rows: Sequence[Sorted]) -> MonthTotal:
    sums = totals_of(rows)
    return MonthTotal(month, sums[What.INCOME], sums[What.SPENDING] - sums[What.REFUND], sums[What.REPAYMENT])
