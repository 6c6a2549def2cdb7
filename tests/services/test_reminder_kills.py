"""SIGKILL at the two worst points: none lost, and a repeat carries the same key. And many workers at once on PostgreSQL."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from planner import config
from planner.models import Dispatch
from planner.reminders import sending
from tests import killing

KILLS = 50


@pytest.fixture
def server(tmp_path: Path) -> Iterator[killing.MailServer]:
    """A mail server that outlives the workers."""
    with killing.mail_server(tmp_path) as made:
        yield made


@pytest.mark.parametrize("after_sending", [False, True], ids=["between claim and send", "between send and commit"])
def test_fifty_workers_ended_at_the_worst_point_lose_nothing(
    app: Flask, settings: config.Settings, server: killing.MailServer, after_sending: bool
) -> None:
    configured = killing.configured(settings, server)
    app.config["SETTINGS"] = configured
    killing.make_due(app, 60)
    ended, moment = killing.kill_workers(
        configured, after_sending=after_sending, kills=KILLS, skips=lambda number: number % 2
    )
    assert ended == KILLS
    killing.finish(configured, moment)
    found = killing.outcome(app, server)
    assert (found["due"], found["sent"], found["keys"], found["mixed"]) == (60, 60, 60, 0), found
    if after_sending:
        assert found["repeats"] >= KILLS // 2, "what was taken before the end came is repeated, with its key"
    else:
        assert found["repeats"] == 0


def race(app: Flask, server: killing.MailServer, workers: int) -> dict[str, int]:
    """So many workers at once until nothing is due; returns the figures."""
    configured = app.config["SETTINGS"]
    app.extensions["planner_engine"].dispose()
    children = []
    for _ in range(workers):
        child = os.fork()
        if child == 0:
            os._exit(killing.in_a_worker(configured, lambda: sending.send_due(killing.DUE_MORNING)))
        children.append(child)
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0] * workers
    return killing.outcome(app, server)


@pytest.mark.postgres
def test_eight_workers_send_ten_thousand_due_messages_once_each(on_postgres: Flask, server: killing.MailServer) -> None:
    on_postgres.config["SETTINGS"] = killing.configured(on_postgres.config["SETTINGS"], server)
    killing.make_due(on_postgres, 10_000, households=100)
    found = race(on_postgres, server, 8)
    assert (found["due"], found["sent"], found["taken"], found["keys"]) == (10_000,) * 4, found


@pytest.mark.postgres
def test_without_the_lock_the_same_workers_do_send_twice(
    on_postgres: Flask, server: killing.MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: what the test above shows is the work of the claim."""
    on_postgres.config["SETTINGS"] = killing.configured(on_postgres.config["SETTINGS"], server)
    killing.make_due(on_postgres, 120, households=40)

    def unlocked(now: Any, most: int = sending.BATCH) -> list[int]:
        waiting = select(Dispatch.id).where(Dispatch.status.in_(sending.WAITING), Dispatch.next_at <= now)
        return list(sending.db.session.scalars(waiting.order_by(Dispatch.next_at).limit(most)))

    monkeypatch.setattr(sending, "claim", unlocked)
    found = race(on_postgres, server, 8)
    assert found["keys"] == 120
    assert found["repeats"] > 0, "eight workers without a lock must tread on each other's feet"
