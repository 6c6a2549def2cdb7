"""How long `planner serve` takes from nothing to its first page, and how much memory its processes take.

python benchmarks/start.py [RUNS]
"""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path


def main(runs: int) -> None:
    """Print the median and the range of `runs` cold starts on a fresh database."""
    taken, memory = [], {}
    for run in range(runs):
        with tempfile.TemporaryDirectory() as folder:
            seconds, memory = start(folder, 8500 + run)
            taken.append(seconds)
    print(f"start to first page: median {statistics.median(taken):.2f} s, range {min(taken):.2f} to {max(taken):.2f} s")
    print("memory (PSS, MB): " + ", ".join(f"{name} {megabytes:.0f}" for name, megabytes in memory.items()))


def start(folder: str, port: int) -> tuple[float, dict[str, float]]:
    """One start: seconds until the first page, and the memory of each process then."""
    began = time.monotonic()
    server = subprocess.Popen(
        [sys.executable, "-m", "planner.cli", "serve", "--demo", "--port", str(port)],
        env=os.environ | {"PLANNER_INSTANCE": folder}, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        while not answers(port):
            time.sleep(0.02)
        seconds = time.monotonic() - began
        time.sleep(2)
        return seconds, memory_of(server.pid)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(20)


def answers(port: int) -> bool:
    """Whether the first page comes."""
    try:
        return bool(urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5).read())
    except OSError:
        return False


def memory_of(pid: int) -> dict[str, float]:
    """Proportional memory of the server and each of its processes, in MB."""
    pids = [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]
    found = {}
    for number in pids:
        rollup = Path(f"/proc/{number}/smaps_rollup").read_text()
        pss = next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
        name = "worker" if b"worker" in Path(f"/proc/{number}/cmdline").read_bytes() else "web"
        found[f"{name} {number}"] = pss / 1024
    return found


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
