"""The reminder worker: every minute it plans what is coming and sends what is due.

The rows in the database are the queue (planned under a unique key, claimed with a lease, then sent, then marked), so any number
of workers may run and a crash loses nothing. A task queue in front of them would be a second record of the same work.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
from types import FrameType

from flask import Flask

from .reminders.services import run_once

INTERVAL_SECONDS = 60
log = logging.getLogger("planner.worker")


def run(app: Flask) -> int:
    """Work until SIGTERM or SIGINT, or until the server that started this process is gone."""
    stopping = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    seconds = int(os.environ.get("PLANNER_WORKER_SECONDS", INTERVAL_SECONDS))
    while not stopping.is_set() and not _left_alone():
        turn(app)
        stopping.wait(seconds)
    return 0


def turn(app: Flask) -> None:
    """One round. A fault is logged and the next round tries again: a worker that ended would be a missed reminder."""
    try:
        # A request context, so that the links in messages are made on BASE_URL.
        with app.test_request_context(base_url=app.config["SETTINGS"].base_url):
            run_once()
    except Exception:
        log.exception("this round of reminders failed; the next one tries again")


def _left_alone() -> bool:
    """Whether `planner serve` started us and has gone without saying so."""
    beside = os.environ.get("PLANNER_BESIDE")
    return beside is not None and os.getppid() != int(beside)
