"""The worker's processes: as many as asked for, started anew when one is lost, ended with the one that started them."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from flask import Flask

from planner.beside import WORKER
from tests.conftest import missing
from tests.killing import ROOT

pytestmark = pytest.mark.postgres


def family(process: subprocess.Popen[bytes]) -> set[int]:
    """What runs of a worker: the process that was started and those it forked, itself gone or not."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(FileNotFoundError, ProcessLookupError):
            state, _parent, group = (folder / "stat").read_text("utf-8").rpartition(")")[2].split()[:3]
            if int(group) == process.pid and state != "Z":
                found.add(int(folder.name))
    return found


def until(holds: Callable[[], bool], says: str, seconds: float = 60) -> None:
    """Wait for it."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, says
        time.sleep(0.05)


@pytest.fixture
def started(on_postgres: Flask) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Starts `planner worker` with two processes."""
    if not Path("/proc/self/task").exists():
        missing("/proc, from which is read what runs")
    given, made = on_postgres.config["SETTINGS"], list[subprocess.Popen[bytes]]()

    def start(**more: str) -> subprocess.Popen[bytes]:
        env = os.environ | {
            "PLANNER_INSTANCE": str(given.instance), "PLANNER_WORKER_PROCESSES": "2", "PLANNER_WORKER_SECONDS": "1",
            "DATABASE_URL": given.database_url.replace("+psycopg", ""), "BASE_URL": "https://plan.example.org",
        }  # fmt: skip
        made.append(subprocess.Popen(WORKER, env=env | more, cwd=ROOT, start_new_session=True))
        return made[-1]

    yield start
    for process in made:
        for pid in family(process):
            os.kill(pid, signal.SIGKILL)
        process.wait(10)


@pytest.fixture
def worker(started: Callable[..., subprocess.Popen[bytes]]) -> subprocess.Popen[bytes]:
    """One that is at work, with the other process beside it."""
    process = started()
    until(lambda: is_at_work(process), "both work")
    return process


def is_at_work(process: subprocess.Popen[bytes]) -> bool:
    """Whether both processes have their threads, by which time they answer signals as they always will."""
    return len(family(process)) == 2 and all(
        len(list(Path(f"/proc/{pid}/task").iterdir())) > 6 for pid in family(process)
    )


def test_a_worker_that_lost_a_process_starts_anew_and_all_stop_when_asked(worker: subprocess.Popen[bytes]) -> None:
    [lost] = family(worker) - {worker.pid}
    os.kill(lost, signal.SIGKILL)
    until(lambda: is_at_work(worker) and lost not in family(worker), "another in its place")
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(30) == 0
    assert not family(worker)


def test_all_stop_when_each_is_asked(worker: subprocess.Popen[bytes]) -> None:
    """As Ctrl-C does, and systemd."""
    [other] = family(worker) - {worker.pid}
    os.kill(other, signal.SIGINT)
    until(lambda: family(worker) == {worker.pid}, "it stops")
    worker.send_signal(signal.SIGINT)
    assert worker.wait(30) == 0


def test_the_other_process_ends_with_the_one_that_started_it(worker: subprocess.Popen[bytes]) -> None:
    worker.kill()
    worker.wait(10)
    until(lambda: not family(worker), "none is left behind")


def test_a_worker_goes_when_the_server_that_started_it_has_gone(
    started: Callable[..., subprocess.Popen[bytes]],
) -> None:
    worker = started(PLANNER_BESIDE="4194305")
    assert worker.wait(60) in (0, -signal.SIGTERM), "stopped, or ended where it had hardly begun"
    until(lambda: not family(worker), "none is left behind")
