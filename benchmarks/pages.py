"""Server time (median), weight on the wire and queries of each main page with the example household.

python benchmarks/pages.py           (--history: with three years of bank rows, 10,000 of them, recurring ones among them)
Bar of issue 4: the radar under 40 ms with that history.
"""

from __future__ import annotations

import dataclasses
import io
import statistics
import sys
import tempfile
import time
from datetime import date, datetime, timedelta

import brotli
from sqlalchemy import event

from planner import config
from planner.app import create_app
from planner.database import upgrade
from planner.demo import EMAIL, PASSWORD, load
from planner.extensions import limiter

PAGES = (
    "/",
    "/c/1/budget",
    "/c/1/loans",
    "/c/1/loans/1",
    "/c/1/loans/1/what-if",
    "/c/1/loans/2",
    "/c/1/loans/1/late",
    "/c/1/payoff",
    "/c/1/payoff/cheapest",
    "/c/1/radar",
    "/c/1/radar/2026-12-18",
    "/c/1/history?month=2026-11",
    "/c/1/history/recurring",
    "/c/1/imports/transactions",
    "/c/1/budget/statement",
    "/c/1/plans",
    "/c/1/reminders",
    "/c/1/more",
)
RUNS = 60
ROWS, DAYS = 10_000, 1_095
SHOPS = ("美团外卖", "盒马鲜生", "老王面馆", "地铁", "便利店", "淘宝", "滴滴出行", "瑞幸咖啡")


def history() -> bytes:
    """A bank's table: nine small purchases a day, and each month a wage, three bills and a repayment."""
    first, lines = date(2023, 12, 10), ["日期,对方,摘要,金额,币种"]
    bills = {
        10: ("远大物流", 680_000),
        12: ("国家电网", -18_000),
        11: ("中国移动", -9_800),
        16: ("张淑芬", -80_000),
        18: ("海尔消费金融", -181_667),
    }
    for n in range(ROWS):
        day = first + timedelta(days=n * DAYS // ROWS)
        who, minor = SHOPS[n % len(SHOPS)], -(n % 90 + 1) * 37
        if day.day in bills and (n == 0 or first + timedelta(days=(n - 1) * DAYS // ROWS) != day):
            who, minor = bills[day.day]
        lines.append(f"{day},{who},{n},{minor / 100:.2f},CNY")
    return "\n".join([*lines, ""]).encode()


def main() -> None:
    """Print one line a page."""
    with tempfile.TemporaryDirectory() as folder:
        settings = config.load({"PLANNER_INSTANCE": folder})
        limiter.enabled = False
        morning = datetime.fromisoformat("2026-12-09T08:12+08:00")
        app = create_app(dataclasses.replace(settings, fixed_now=morning))
        app.config["WTF_CSRF_ENABLED"] = False
        engine = app.extensions["planner_engine"]
        upgrade(engine)
        with app.app_context():
            load()
        queries: list[str] = []
        event.listen(engine, "before_cursor_execute", lambda *a: queries.append(a[2]))
        client = app.test_client()
        client.post("/sign-in", data={"email": EMAIL, "password": PASSWORD})
        if "--history" in sys.argv:
            sent = {"file": (io.BytesIO(history()), "bank.csv")}
            where = client.post("/c/1/imports", data=sent, content_type="multipart/form-data").location
            client.post(f"{where}/confirm")
        print(f"{'page':28}{'p50 ms':>8}{'kB br':>8}{'queries':>9}")
        for path in PAGES:
            times = []
            for _ in range(RUNS):
                queries.clear()
                began = time.perf_counter()
                answer = client.get(path)
                times.append((time.perf_counter() - began) * 1000)
            weight = len(brotli.compress(answer.data, quality=5)) / 1024
            print(f"{path:28}{statistics.median(times):8.1f}{weight:8.1f}{len(queries):9}")
        engine.dispose()


if __name__ == "__main__":
    main()
