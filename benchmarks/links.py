"""Ten thousand wrong links from one address, and a hundred readers at once on a link that opens once (SQLite)."""

from __future__ import annotations

import secrets
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from flask import Flask

from planner import config
from planner.app import create_app
from planner.database import upgrade
from planner.extensions import db
from tests.factories import make_household
from tests.lender import share_plan, visitor


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        env = {
            "PLANNER_INSTANCE": folder,
            "DATABASE_URL": f"sqlite:///{folder}/x.sqlite3",
            "BASE_URL": "http://localhost",
        }
        app = create_app(replace(config.load(env), fixed_now=datetime(2026, 12, 9, tzinfo=UTC)))
        app.config.update(WTF_CSRF_ENABLED=False)
        upgrade(app.extensions["planner_engine"])
        with app.app_context():
            home = make_household()
            once = share_plan(home, most_views=1)
        print(
            "wrong links:",
            guess(app),
            "then the right one elsewhere:",
            visitor(app, "203.0.113.9").head(once.link).status,
        )
        print("a hundred at once on a one-view link:", at_once(app, once.link))
        with app.app_context():
            db.session.remove()


def guess(app: Flask, count: int = 10_000) -> str:
    """The answers to so many wrong links."""
    reader, began = visitor(app), time.perf_counter()
    answers = Counter(reader.get(f"/s/{secrets.token_urlsafe(16)}").status_code for _ in range(count))
    return f"{dict(answers)} in {time.perf_counter() - began:.0f} s"


def at_once(app: Flask, address: str, count: int = 100) -> str:
    """How many of so many readers at once saw the plan."""
    seen: list[int] = []
    start = threading.Barrier(count)

    def read() -> None:
        reader = visitor(app, f"198.51.100.{len(threading.enumerate()) % 250}")
        start.wait()
        seen.append(reader.get(address).status_code)

    threads = [threading.Thread(target=read) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return str(dict(Counter(seen)))


if __name__ == "__main__":
    main()
