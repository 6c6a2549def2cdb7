"""How long a 12-month projection of 40 budget lines and 12 loans takes, lines and schedules to red days (bar: 5 ms).

Run: python benchmarks/cashflow.py
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

from planner.engine.amortisation import build_schedule
from planner.engine.budget import BudgetLine, Kind, Necessity, RepeatFrequency
from planner.engine.cashflow import Flow, Projection, due_flows, line_flows, project
from planner.engine.fixes import Wishes, find_fixes
from planner.engine.loan import LoanTerms, Method
from planner.engine.money import currency

TODAY = date(2026, 12, 9)
LAST = TODAY + timedelta(days=364)
ROUNDS = 200


def household() -> tuple[list[BudgetLine], list[list[tuple[date, int]]]]:
    """40 lines of every frequency and 12 level-payment loans of 36 instalments."""
    kinds = [f for f in RepeatFrequency if f != RepeatFrequency.ONCE]
    lines = [
        BudgetLine(
            Kind.EXPENSE, 9_000 + 700 * i, kinds[i % 6], date(2026, 1, 1 + i % 28), necessity=list(Necessity)[i % 3]
        )
        for i in range(36)
    ]
    lines += [BudgetLine(Kind.INCOME, 590_000, RepeatFrequency.MONTHLY, date(2026, 1, day)) for day in (5, 10, 15, 28)]
    loans = [_loan(day) for day in range(3, 27, 2)]
    return lines, loans


def _loan(day: int) -> list[tuple[date, int]]:
    terms = LoanTerms.simple(
        method=Method.ANNUITY, principal_minor=3_000_000, currency=currency("CNY"), annual_rate=Decimal("0.15"),
        instalments=36, start_date=date(2026, 1, day),
    )  # fmt: skip
    return [(row.due_date, row.payment_minor) for row in build_schedule(terms).rows if row.due_date >= TODAY]


def radar(lines: list[BudgetLine], loans: list[list[tuple[date, int]]]) -> tuple[list[Flow], Projection]:
    """What the radar page needs from the engine: flows of lines and loans, the projection, its red days."""
    flows = [flow for i, line in enumerate(lines) for flow in line_flows(line, f"line{i}", TODAY, LAST)]
    flows += [flow for i, dues in enumerate(loans) for flow in due_flows(f"loan{i}", dues, TODAY, LAST)]
    found = project(500_000, TODAY, LAST, flows, 300_000)
    assert found.red_days is not None
    return flows, found


def main() -> None:
    """Print the median and the slowest of the rounds in milliseconds."""
    lines, loans = household()
    flows, found = radar(lines, loans)
    _report(f"projection, {len(flows)} flows, {len(found.red_days)} red days", lambda: radar(lines, loans))
    red = found.red_days[0]
    _report(
        f"fixes of one red day ({len(find_fixes(found, flows, red))} found)",
        lambda: find_fixes(found, flows, red, Wishes()),
    )


def _report(what: str, run: Callable[[], object]) -> None:
    times = []
    for _round in range(ROUNDS):
        start = time.perf_counter()
        run()
        times.append((time.perf_counter() - start) * 1000)
    print(f"{what}: median {statistics.median(times):.2f} ms, slowest {max(times):.2f} ms")


if __name__ == "__main__":
    main()
