"""Server time (median), weight on the wire and queries of each main page with the example household.

python benchmarks/pages.py
"""

from __future__ import annotations

import dataclasses
import statistics
import tempfile
import time
from datetime import datetime

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
    "/c/1/plans",
    "/c/1/reminders",
    "/c/1/more",
)
RUNS = 60


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
        print(f"{'page':24}{'p50 ms':>8}{'kB br':>8}{'queries':>9}")
        for path in PAGES:
            times = []
            for _ in range(RUNS):
                queries.clear()
                began = time.perf_counter()
                answer = client.get(path)
                times.append((time.perf_counter() - began) * 1000)
            weight = len(brotli.compress(answer.data, quality=5)) / 1024
            print(f"{path:24}{statistics.median(times):8.1f}{weight:8.1f}{len(queries):9}")
        engine.dispose()


if __name__ == "__main__":
    main()
