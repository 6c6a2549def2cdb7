"""The worker: a huey consumer that plans what is coming, sends what is due, and keeps caseloads' figures up to date, by turns.

huey keeps the rhythm and the threads; the rows in the database are the truth (planned under a unique key, claimed with a lease,
then sent, then marked). So any number of workers may run on any number of machines, huey's own store may be lost, and a crash
loses nothing.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from datetime import datetime

from flask import Flask
from huey import Huey, PostgresHuey, RedisHuey, SqliteHuey
from huey.consumer import Consumer, Scheduler
from huey.serializer import SignedSerializer
from sqlalchemy import Engine

from . import clock
from .beside import STOP_SECONDS, run_forked, watch_parent
from .caseload import figures
from .config import Settings
from .evidence import services as evidence
from .reminders import sending
from .reminders.planning import plan_due

NAME = "planner"
INTERVAL_SECONDS = 30
THREADS = 4
SENDERS = 2
PROCESSES, MOST_PROCESSES = "PLANNER_WORKER_PROCESSES", 2
SWEEP_AT = (19, 40)  # UTC: the small hours in China, where most borrowers are
log = logging.getLogger("planner.worker")
_free = threading.Semaphore(SENDERS)


def run(app: Flask) -> int:
    """Work until SIGTERM or SIGINT, or until the server that started this process is gone."""
    count = _processes(app)
    app.extensions["planner_engine"].dispose()  # each process opens connections of its own
    return run_forked(count, lambda: _work(app))


def _work(app: Flask) -> int:
    settings: Settings = app.config["SETTINGS"]
    seconds = int(os.environ.get("PLANNER_WORKER_SECONDS", INTERVAL_SECONDS))
    huey = make_huey(settings, app.extensions["planner_engine"])
    add_turns(huey, app, expires=seconds)
    consumer = Turning(
        huey, workers=int(os.environ.get("PLANNER_WORKER_THREADS", THREADS)), max_delay=min(seconds, 5), backoff=1.3,
        graceful_signal="TERM", shutdown_timeout=STOP_SECONDS,
    )  # fmt: skip
    consumer.scheduler_class.periodic_task_seconds = seconds
    threading.Thread(target=watch_parent, daemon=True, name="parent-watch").start()
    consumer.run()
    return 0


def _processes(app: Flask) -> int:
    """How many processes share the work: wording and encoding keep a core busy. On SQLite one; writers take turns there."""
    if app.extensions["planner_engine"].dialect.name == "sqlite":
        return 1
    return int(os.environ.get(PROCESSES, min(os.cpu_count() or 1, MOST_PROCESSES)))


def make_huey(settings: Settings, engine: Engine) -> Huey:
    """The task queue: in a file of the instance folder, in the shared PostgreSQL, or in the Redis of QUEUE_URL.

    Tasks are signed, because huey unpickles what it finds there; results are not kept.
    """
    common = {"results": False, "store_intermediate_errors": False, "serializer": SignedSerializer(settings.secret_key)}
    if settings.queue_url:
        return RedisHuey(NAME, url=settings.queue_url, **common)
    if engine.dialect.name == "sqlite":
        return SqliteHuey(NAME, filename=str(settings.instance / "queue.sqlite3"), **common)
    dsn = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with engine.begin() as connection:
        # Workers that start together would collide over the queue's tables: one makes them, the others wait.
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7203942)")
        return PostgresHuey(NAME, dsn=dsn, **common)


def add_turns(huey: Huey, app: Flask, *, expires: int) -> None:
    """Register the kinds of turns; one that waited longer than its successor is left out."""

    def each(name: str, work: Callable[[], object], when: Callable[[datetime], bool] = lambda _moment: True) -> None:
        huey.periodic_task(when, name=name, expires=expires)(lambda: turn(app, work))

    each("plan", lambda: plan_due(clock.now()))
    each("send", lambda: send_due(app))
    each("figures", lambda: figures.refresh_due(clock.now()))
    # Once a night: files of cases that were erased, and of uploads that a crash cut off.
    each("sweep", evidence.sweep, lambda moment: (moment.hour, moment.minute) == SWEEP_AT)


def send_due(app: Flask) -> None:
    """Send everything that is due, in as many threads as are free; on SQLite in one, because writers take turns there.

    While one waits for the database or a mail server the others work. There are never more than SENDERS, however many turns there
    are, and one that is held up leaves the others free for the next turn.
    """

    def work() -> None:
        try:
            turn(app, lambda: sending.send_due(clock.now()))
        finally:
            _free.release()

    most, begun = 1 if app.extensions["planner_engine"].dialect.name == "sqlite" else SENDERS, list[threading.Thread]()
    while len(begun) < most and _free.acquire(blocking=False):
        begun.append(threading.Thread(target=work, daemon=True, name="send"))
        begun[-1].start()
    for thread in begun:
        thread.join()


def turn(app: Flask, work: Callable[[], object]) -> None:
    """One turn. A fault is logged and the next turn tries again: a worker that ended would be a missed reminder."""
    try:
        # A request context, so that the links in messages are made on BASE_URL.
        with app.test_request_context(base_url=app.config["SETTINGS"].base_url):
            work()
    except Exception:
        log.exception("this turn of the reminders failed; the next one tries again")


class _Rhythm(Scheduler):
    """huey looks for periodic tasks once a minute; we as often as we are told."""


class Turning(Consumer):
    """A consumer with a rhythm of its own."""

    scheduler_class = _Rhythm
