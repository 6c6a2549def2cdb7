"""A reminder worker as a process beside this one, kept running as long as this one lives."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

RESTART_SECONDS = 5
# Names the process that a worker was started beside; when that has gone, the worker goes too.
PARENT = "PLANNER_BESIDE"


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
        return subprocess.Popen([sys.executable, "-m", "planner.cli", "worker"], env=self.env)


def watch_parent() -> None:
    """Stop when the process that started us has gone without saying so."""
    parent = os.environ.get(PARENT)
    while parent is not None:
        if os.getppid() != int(parent):
            os.kill(os.getpid(), signal.SIGTERM)
            return
        threading.Event().wait(1)
