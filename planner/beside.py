"""Processes beside this one, kept running while this one lives: the server's reminder worker, and a worker's own processes."""

from __future__ import annotations

import gc
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress

RESTART_SECONDS = 5
# What is being done when asked to stop gets this long.
STOP_SECONDS = 20
# Names the process that a worker was started beside; when that has gone, the worker goes too.
PARENT = "PLANNER_BESIDE"
WORKER = (sys.executable, "-m", "planner.cli", "worker")
# How a process ends that was asked to: with 0, or by the signal itself when it had hardly begun.
_ENDS = (0, -signal.SIGTERM, -signal.SIGINT)
log = logging.getLogger("planner.beside")


class WorkerBeside(threading.Thread):
    """Keeps one reminder worker running: a worker that fell over is started again, so that no reminder waits unseen."""

    def __init__(self, env: dict[str, str]) -> None:
        super().__init__(daemon=True, name="reminder-worker")
        self.env, self.stopping = os.environ | env | {PARENT: str(os.getpid())}, threading.Event()
        self.process = self._launch()

    def run(self) -> None:
        """Wait for the worker to end; unless we are stopping, start the next one."""
        while not self.stopping.is_set():
            self.process.wait()
            if not self.stopping.wait(RESTART_SECONDS):
                self.process = self._launch()

    def stop(self) -> None:
        """End the worker and start no other."""
        self.stopping.set()
        self.process.terminate()

    def _launch(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(WORKER, env=self.env)  # noqa: S603  # our own command


def run_forked(count: int, work: Callable[[], int]) -> int:
    """Run `work` here and in `count - 1` processes forked from this one, which end when it returns. Returns what it returned.

    They share in memory what is loaded by now, so this is called late; but before there are threads or connections, which do not
    survive a fork. For the same reason none can be forked later: when one is lost all stop, and `planner worker` starts anew.
    """
    gc.collect()
    gc.freeze()  # the collector would write to every object, and each process would get a copy of its own
    stopping, lost = threading.Event(), threading.Event()

    def wait_for(pid: int) -> None:
        ended = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        if ended not in _ENDS and not stopping.is_set():
            log.error("a process of this worker ended with %s; the worker starts anew", ended)
            lost.set()
            os.kill(os.getpid(), signal.SIGTERM)

    pids = [_fork(work) for _ in range(count - 1)]
    waiting = {pid: threading.Thread(target=wait_for, args=(pid,), daemon=True, name="beside") for pid in pids}
    for thread in waiting.values():
        thread.start()
    try:
        status = work()
    finally:
        stopping.set()
        _end(waiting)
    if lost.is_set():
        _start_anew()
    return status


def _fork(work: Callable[[], int]) -> int:
    this = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        os.environ[PARENT] = str(this)
        status = work()
    except Exception:
        log.exception("a process of this worker could not go on")
    finally:
        os._exit(status)


def _end(waiting: Mapping[int, threading.Thread]) -> None:
    """Ask each process to stop; one that does not within the time is ended."""
    for told in (signal.SIGTERM, signal.SIGKILL):
        for pid, thread in waiting.items():
            if thread.is_alive():
                with suppress(ProcessLookupError):
                    os.kill(pid, told)
        until = time.monotonic() + STOP_SECONDS
        for thread in waiting.values():
            thread.join(max(0, until - time.monotonic()))


def _start_anew() -> None:
    """This process as if it had just been started. Asked to stop meanwhile, it stops."""
    for told in (signal.SIGTERM, signal.SIGINT):
        signal.signal(told, signal.SIG_DFL)
    time.sleep(RESTART_SECONDS)
    os.execv(sys.executable, WORKER)  # noqa: S606  # our own command


def watch_parent() -> None:
    """Stop when the process that started us has gone without saying so."""
    parent = os.environ.get(PARENT)
    while parent is not None:
        if os.getppid() != int(parent):
            os.kill(os.getpid(), signal.SIGTERM)
            return
        threading.Event().wait(1)
