"""How long the cheapest plan takes to find, and what stays unproven: python benchmarks/optimum.py

Made-up households: debts of 2,000 to 30,000 at 5 to 30 %, some on a promotion, with a monthly fee, a fee for paying early, or
open to being late; cash that changes from month to month around 120 % of the minimums. Beside it what avalanche costs.
"""

import random
import time
from decimal import Decimal

from planner.engine.optimum import optimise, strategies
from planner.engine.paying import Choices
from planner.engine.payoff import Debt, Promo

SECONDS = 5.0
SHAPE = (105, 120, 110, 160, 105, 130)


def household(count: int, months: int) -> tuple[list[Choices], list[int]]:
    """So many debts that take about so many months."""
    chance = random.Random(count * 1000 + months)
    debts = []
    for i in range(count):
        balance, rate = chance.randint(200_000, 3_000_000), Decimal(chance.randint(500, 3000)) / 10_000
        minimum = int(balance * rate / 12) + balance // chance.randint(months, 2 * months)
        promo, fee = Promo(6, Decimal(0)) if i % 4 == 1 else None, 500 if i % 5 == 2 else 0
        late, early = 3_000 if i % 6 == 5 else None, Decimal("0.02") if i % 5 == 3 else Decimal(0)
        debt = Debt(str(i), balance, rate, minimum, promo, fee_minor=fee)
        debts.append(Choices(debt, late_fee_minor=late, prepayment_fee_rate=early))
    minimums = sum(each.debt.minimum_minor for each in debts)
    return debts, [minimums * share // 100 for share in SHAPE] * (months // len(SHAPE) + 1)


def main() -> None:
    """Print a line for each household."""
    print(f"{'debts':>5} {'about months':>12} {'seconds':>8} {'gap':>8} {'cost':>12} {'avalanche':>12}  by")
    for count, months in ((3, 24), (3, 60), (3, 120), (6, 24), (6, 60), (10, 24), (10, 60), (10, 120)):
        debts, cash = household(count, months)
        began = time.perf_counter()
        found = optimise(debts, cash, seconds=SECONDS)
        took = time.perf_counter() - began
        known = strategies(debts, cash).get("avalanche")
        beside = f"{known.cost_minor / 100:,.2f}" if known else "does not fit"
        gap = f"{found.gap:.2%}"
        print(
            f"{count:5} {months:12} {took:8.2f} {gap:>8} {found.cost_minor / 100:12,.2f} {beside:>12}  {found.source}"
        )


if __name__ == "__main__":
    main()
