"""Several loans: the ways to pay them side by side, and the smallest payment that would end them in time.

All of it is `payoff.simulate`; nothing here counts interest a second time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple

from .dates import add_months
from .errors import TermsError
from .payoff import MOST_MONTHS, Debt, Order, PayoffResult, Rules, simulate

TARGET_MONTHS = 60


class Month(NamedTuple):
    """One month of a plan: what each debt gets and still is afterwards, in the order of the debts."""

    number: int
    paid_minor: tuple[int, ...]
    left_minor: tuple[int, ...]

    @property
    def total_minor(self) -> int:
        """All debts together."""
        return sum(self.paid_minor)


@dataclass(frozen=True, slots=True)
class Plan:
    """One way to pay all debts, month by month. `name` is that of its order."""

    name: str
    result: PayoffResult

    @property
    def cost_minor(self) -> int:
        """Interest and fees together."""
        return self.result.interest_minor + self.result.fees_minor

    @property
    def months(self) -> tuple[Month, ...]:
        """The plan month by month."""
        rows = zip(self.result.payments, self.result.balances, strict=True)
        return tuple(Month(n, paid, left) for n, (paid, left) in enumerate(rows, 1))

    def ends_on(self, first: date) -> date | None:
        """The month in which the last debt is paid, when the first payment is made on `first`; None for never."""
        return None if self.result.months is None else add_months(first, self.result.months - 1)


def compare(debts: Sequence[Debt], rules: Rules, orders: Iterable[Order] = Order) -> tuple[Plan, ...]:
    """The same money in each order. Raises TermsError("budget") when it does not cover the first month's minimums."""
    short = shortfall(debts, rules)
    if short:
        raise TermsError("budget", "below_minimums", short=short)
    return tuple(Plan(order, simulate(debts, replace(rules, order=order))) for order in orders)


def shortfall(debts: Sequence[Debt], rules: Rules) -> int:
    """How much of the first month's minimums a fixed total leaves unpaid, in minor units; 0 when it covers them."""
    if rules.budget_minor is None:
        return 0
    opening = (debt for debt in debts if debt.balance_minor)
    return max(sum(first_minimum(debt) for debt in opening) - rules.budget_minor - rules.lumps.get(1, 0), 0)


def first_minimum(debt: Debt) -> int:
    """What the first month's minimum of a debt comes to, its interest and fee added first; never more than all of it."""
    paid = simulate([debt], Rules(Order.MINIMUMS, rollover=False), at_least=1).payments
    return paid[0][0] if paid else 0


def cheapest(plans: Sequence[Plan]) -> Plan | None:
    """The plan that costs least of those that end, the earlier one of equals; None when none ends."""
    ending = [plan for plan in plans if plan.result.pays_off]
    return min(ending, key=lambda plan: (plan.cost_minor, plan.result.months), default=None)


def needed_payment(debts: Sequence[Debt], rules: Rules, months: int = TARGET_MONTHS) -> int:
    """The smallest total a month, in minor units, that ends every debt within `months`; lumps and order as in `rules`.

    Found by halving: that amount ends them in time, one unit less does not. Raises TermsError("months").
    """
    if not 1 <= months <= MOST_MONTHS:
        raise TermsError("months", "out_of_range", least=1, most=MOST_MONTHS)

    def ends(amount: int) -> bool:
        result = simulate(debts, replace(rules, budget_minor=amount, extra_minor=0, rollover=True))
        return result.months is not None and result.months <= months

    if not any(debt.balance_minor for debt in debts):
        return 0
    # In the first month everything is owed with one month's interest and fees; nothing more is ever needed.
    low, high = 0, sum(simulate(debts, Rules(Order.MINIMUMS, budget_minor=0), at_least=1).balances[0])
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if ends(middle) else (middle + 1, high)
    return low
