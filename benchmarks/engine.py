"""The engine's speed against what one would use instead, as ratios in one run: python benchmarks/engine.py

The figures of ../shared/bench/compute: 240,000.00 at 3.5 % over 360 months, its flows, and ten debts of about ten years. The
schedule is the full result: dates, days, fees. Exit status 1 when a bar of issue 3 does not hold.
"""

import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import numpy as np
import numpy_financial as npf
import pyxirr

from planner.engine import dates
from planner.engine.amortisation import build_schedule
from planner.engine.annual_cost import irr_per_period
from planner.engine.events import (
    ChangeTerm,
    Deferral,
    DeferredInterest,
    ExtraPayment,
    Holiday,
    LowerInstalment,
    MoveDueDay,
    NewRate,
    Settle,
    what_if,
)
from planner.engine.loan import LoanTerms, Method
from planner.engine.money import Currency
from planner.engine.payoff import Debt, Order, Rules, simulate
from planner.engine.walk import walk

ROWS, PAYMENT = 360, 107_771
TERMS = LoanTerms.simple(
    method=Method.ANNUITY, principal_minor=24_000_000, currency=Currency("EUR", 2), annual_rate=Decimal("0.035"),
    instalments=ROWS, start_date=date(2026, 1, 15),
)  # fmt: skip
FLOWS = [-240_000.0] + [PAYMENT / 100] * ROWS
DEBTS = [Debt(str(i), 100_000 + 250_000 * i, Decimal(1_500 - 100 * i) / 10_000, 2_000 + 2_400 * i) for i in range(10)]
WHAT_IFS = {
    "more each month": ExtraPayment(10_000), "a sum once": ExtraPayment(1_000_000, monthly=False),
    "new rate": NewRate(Decimal("0.03")), "longer": ChangeTerm(60), "postponed": Deferral(3, DeferredInterest.CAPITALISED),
    "holiday": Holiday(6), "due day": MoveDueDay(28), "lower for a while": LowerInstalment(80_000, date(2033, 1, 1)),
    "settlement": Settle(15_000_000, date(2031, 1, 20)),
}  # fmt: skip
IMPORT = "import time; t = time.process_time(); import planner.engine.calc, planner.engine.decode; print(time.process_time() - t)"


def decimal_loop() -> list[tuple[Decimal, Decimal, Decimal]]:
    """A plain Decimal loop of the same rows: interest, principal, balance."""
    cent, rate, pay, balance, rows = (
        Decimal("0.01"),
        Decimal("0.035") / 12,
        Decimal(PAYMENT) / 100,
        Decimal(240_000),
        [],
    )
    for n in range(ROWS):
        interest = (balance * rate).quantize(cent, ROUND_HALF_UP)
        principal = balance if n == ROWS - 1 else min(pay - interest, balance)
        balance -= principal
        rows.append((interest, principal, balance))
    return rows


def numpy_rows() -> Any:
    """numpy-financial's vector form; not exact to the cent."""
    numbers = np.arange(1, ROWS + 1)
    interest = -np.round(npf.ipmt(0.035 / 12, numbers, ROWS, 240_000), 2)
    principal = -np.round(npf.ppmt(0.035 / 12, numbers, ROWS, 240_000), 2)
    return np.stack((interest, principal, 240_000 - principal.cumsum()), 1)


def fresh_schedule() -> Any:
    """With the due dates laid out anew, as for a contract never seen (on a day of the month that was)."""
    dates.due_dates.cache_clear()
    return build_schedule(TERMS)


def microseconds(work: Callable[[], Any]) -> float:
    """The best of many: what the work takes when nothing else runs."""
    best, end = float("inf"), time.perf_counter() + 1
    while time.perf_counter() < end:
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best * 1e6


def import_milliseconds() -> float:
    """Processor time of importing the engine, the best of nine processes."""
    runs = (
        subprocess.run([sys.executable, "-c", IMPORT], capture_output=True, text=True, check=True) for _ in range(9)
    )
    return min(float(run.stdout) for run in runs) * 1000


def main() -> int:
    work: dict[str, Callable[[], Any]] = {
        "schedule": lambda: build_schedule(TERMS), "schedule, new dates": fresh_schedule,
        "schedule with row objects": lambda: build_schedule(TERMS).rows, "schedule, general way": lambda: walk(TERMS),
        "decimal loop": decimal_loop, "numpy-financial": numpy_rows, "irr": lambda: irr_per_period(FLOWS),
        **{f"what if: {name}": (lambda event=event: what_if(TERMS, event, paid=60)) for name, event in WHAT_IFS.items()},
        "pyxirr.irr": lambda: pyxirr.irr(FLOWS), "payoff": lambda: simulate(DEBTS, Rules(Order.SNOWBALL, budget_minor=145_000)),
    }  # fmt: skip
    assert [(Decimal(i) / 100) for i in build_schedule(TERMS).interest] == [row[0] for row in decimal_loop()]
    took = {name: microseconds(call) for name, call in work.items()}
    for name, us in took.items():
        print(f"{us:>10,.0f} us  {name}")
    loaded = import_milliseconds()
    bars = {
        "schedule / decimal loop <= 1": took["schedule, new dates"] / took["decimal loop"],
        "schedule / numpy-financial <= 1": took["schedule, new dates"] / took["numpy-financial"],
        "irr / pyxirr.irr <= 1.5": took["irr"] / took["pyxirr.irr"],
        "payoff, ms <= 3": took["payoff"] / 1000,
        "slowest what-if, ms <= 1.5": max(us for name, us in took.items() if name.startswith("what if")) / 1000,
        "import, ms <= 60": loaded,
    }
    failed = 0
    for name, value in bars.items():
        holds = value <= float(name.rsplit(" ", 1)[1])
        failed += not holds
        print(f"{value:>10.2f}     {name}{'' if holds else '   DOES NOT HOLD'}")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
