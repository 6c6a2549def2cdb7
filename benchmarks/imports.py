"""10,000 rows of a statement read, shown and stored: seconds and peak memory. python benchmarks/imports.py

Bar of issue 4: under 3 s and under 200 MB. SQLite in a folder of its own, through the services the pages use.
"""

import resource
import tempfile
import time

from sqlalchemy import func, select

from planner import config
from planner.app import create_app
from planner.database import upgrade
from planner.extensions import db
from planner.imports import services
from planner.models import Case, Transaction

ROWS = 10_000


def main() -> None:
    """Print what reading and storing take."""
    lines = ["Date,Description,Amount,Currency"]
    lines += [
        f"2026-{n % 12 + 1:02}-{n % 28 + 1:02},Purchase {n},{-(n % 900) - 1}.{n % 100:02},CNY" for n in range(ROWS)
    ]
    data = "\n".join([*lines, ""]).encode()
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(config.load({"PLANNER_INSTANCE": folder}))
        upgrade(app.extensions["planner_engine"])
        with app.app_context():
            case = Case(created_at=services.clock.now())
            db.session.add(case)
            db.session.commit()
            for turn in ("first", "again"):
                began = time.perf_counter()
                waiting = services.keep_file(case, "bank.csv", data)
                kept = time.perf_counter()
                found = services.preview(case, waiting)
                shown = time.perf_counter()
                if found.can_confirm:
                    services.confirm(case, waiting)
                db.session.commit()
                ended = time.perf_counter()
                stored = db.session.scalar(select(func.count()).select_from(Transaction))
                times = f"keep {kept - began:.2f} s, preview {shown - kept:.2f} s, store {ended - shown:.2f} s"
                print(f"{turn:6} {times}, {stored} rows")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
