"""The counts behind the rate limits, on both databases: exact under load, forgotten in time, and naming nobody."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from sqlalchemy import Engine, select, text

from planner.extensions import make_engine
from planner.models import RateCount
from planner.rate_storage import SqlStorage

NOW = datetime(2026, 12, 9, tzinfo=UTC)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Flask, SqlStorage]]:
    """The store on a table of each kind of database, with an app that knows its engine."""
    sqlite = request.param == "sqlite"
    engine = make_engine(f"sqlite:///{tmp_path / 'counts'}" if sqlite else request.getfixturevalue("postgres_server"))
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE IF EXISTS rate_counts"))
    RateCount.__table__.create(engine)
    app = Flask("counting")
    app.extensions["planner_engine"] = engine
    with app.app_context():
        yield app, SqlStorage()
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE rate_counts"))
    engine.dispose()


def rows(app: Flask) -> list[tuple[str, int]]:
    engine: Engine = app.extensions["planner_engine"]
    with engine.connect() as connection:
        return [(row[0], row[1]) for row in connection.execute(select(RateCount.key, RateCount.count))]


def test_it_counts_each_key_in_its_window_and_starts_anew_after_it(store: tuple[Flask, SqlStorage]) -> None:
    _app, counts = store
    with time_machine.travel(NOW, tick=False) as clock:
        assert [counts.incr("a", 60), counts.incr("a", 60), counts.incr("b", 60), counts.incr("a", 60, 5)] == [
            1,
            2,
            1,
            7,
        ]
        assert counts.get("a") == 7
        assert counts.get_expiry("a") == (NOW + timedelta(seconds=60)).timestamp()
        clock.shift(59)
        assert counts.incr("a", 60) == 8, "the window began with its first count and is not drawn out"
        clock.shift(1)
        assert counts.get("a") == 0
        assert counts.incr("a", 60) == 1


def test_counts_made_at_once_are_all_counted(store: tuple[Flask, SqlStorage]) -> None:
    app, counts = store

    def strike(_n: int) -> int:
        with app.app_context():
            return counts.incr("a", 600)

    with ThreadPoolExecutor(8) as pool:
        seen = list(pool.map(strike, range(120)))
    assert sorted(seen) == list(range(1, 121))


def test_keys_of_any_length_stay_apart_and_are_not_readable(store: tuple[Flask, SqlStorage]) -> None:
    app, counts = store
    long = "sun@example.org" * 40
    assert [counts.incr(f"{long}/10", 60), counts.incr(f"{long}/30", 60)] == [1, 1]
    assert len(rows(app)) == 2
    assert not any("sun" in key for key, _count in rows(app))


def test_what_ended_a_day_ago_is_removed(store: tuple[Flask, SqlStorage]) -> None:
    app, counts = store
    with time_machine.travel(NOW, tick=False) as clock:
        counts.incr("old", 60)
        clock.shift(timedelta(days=1, seconds=61))
        counts.incr("new", 60)
        assert [count for _key, count in rows(app)] == [1]
        assert counts.get("old") == 0


def test_clearing_one_key_or_all(store: tuple[Flask, SqlStorage]) -> None:
    _app, counts = store
    for key in ("a", "b"):
        counts.incr(key, 60)
    counts.clear("a")
    assert (counts.get("a"), counts.get("b")) == (0, 1)
    assert counts.reset() == 1
    assert counts.get("b") == 0
    assert counts.check()
