"""A real server, a real Chromium and a real SMTP sink for the tests that walk through the app as a borrower would."""

from __future__ import annotations

import email
import email.policy
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import missing

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
MORNING = "2026-12-09T08:12+08:00"
START_SECONDS, STOP_SECONDS = 30, 15


class Inbox:
    """What the SMTP sink took, in order; `wait` gives the worker its time."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.port = _free_port()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # aiosmtpd's name
        """Called by aiosmtpd with a whole message."""
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        message["X-Sink-To"] = ",".join(envelope.rcpt_tos)
        self.messages.append(message)
        return "250 OK"

    def wait(self, count: int, seconds: float = 20) -> list[EmailMessage]:
        """The messages once there are `count` of them; fails when they do not come."""
        end = time.monotonic() + seconds
        while len(self.messages) < count:
            assert time.monotonic() < end, f"{len(self.messages)} of {count} messages after {seconds:.0f} s"
            time.sleep(0.1)
        return self.messages


@dataclass
class LiveServer:
    """`planner serve` in a process of its own; it may be stopped and started again on another day with the same data."""

    instance: Path
    port: int
    smtp_port: int
    process: subprocess.Popen[bytes] | None = field(default=None)

    @property
    def url(self) -> str:
        """The start address, without a slash at its end."""
        return f"http://127.0.0.1:{self.port}"

    def start(self, now: str = MORNING, *, demo: bool = False) -> None:
        """Serve with the clock stopped at `now`; returns once pages are answered."""
        kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "SECRET_KEY")}
        env = kept | {
            "PLANNER_ENV": "local",
            "PLANNER_INSTANCE": str(self.instance),
            "PLANNER_NOW": now,
            "BASE_URL": self.url,
            "SMTP_URL": f"smtp://127.0.0.1:{self.smtp_port}",
            "PLANNER_WORKER_SECONDS": "1",
        }
        command = [sys.executable, "-m", "planner.cli", "serve", "--port", str(self.port), *(["--demo"] * demo)]
        with (self.instance / "server.log").open("ab") as log:
            self.process = subprocess.Popen(command, env=env, stdout=log, stderr=log)
        self._wait()

    def stop(self) -> None:
        """End the server as Ctrl-C does; it and its worker must go by themselves."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            pytest.fail(f"the server did not stop within {STOP_SECONDS} s:\n{self.log()}")
        self.process = None

    def log(self) -> str:
        """What the server wrote."""
        return (self.instance / "server.log").read_text("utf-8", "replace")

    def _wait(self) -> None:
        assert self.process is not None
        end = time.monotonic() + START_SECONDS
        while True:
            assert self.process.poll() is None, f"the server ended at its start:\n{self.log()}"
            try:
                with urllib.request.urlopen(f"{self.url}/offline", timeout=2):
                    return
            except OSError:
                assert time.monotonic() < end, f"no answer within {START_SECONDS} s:\n{self.log()}"
                time.sleep(0.1)


@pytest.fixture(scope="module")
def inbox() -> Iterator[Inbox]:
    """An SMTP server of our own that keeps what it is given."""
    from aiosmtpd.controller import Controller

    taken = Inbox()
    controller = Controller(taken, hostname="127.0.0.1", port=taken.port)
    controller.start()
    yield taken
    controller.stop()


@pytest.fixture
def live_server(tmp_path: Path, inbox: Inbox) -> Iterator[LiveServer]:
    """The app with an empty database, on the mock-ups' morning."""
    inbox.messages.clear()
    server = LiveServer(tmp_path, _free_port(), inbox.port)
    server.start()
    yield server
    server.stop()
    assert "Traceback" not in server.log(), server.log()


@pytest.fixture
def live_demo(tmp_path: Path, inbox: Inbox) -> Iterator[LiveServer]:
    """The app with the demo household and agency, for one test to change."""
    server = LiveServer(tmp_path, _free_port(), inbox.port)
    server.start(demo=True)
    yield server
    server.stop()
    assert "Traceback" not in server.log(), server.log()


@pytest.fixture(scope="module")
def demo_server(tmp_path_factory: pytest.TempPathFactory, inbox: Inbox) -> Iterator[LiveServer]:
    """The app with the demo household, shared by the tests of a file."""
    server = LiveServer(tmp_path_factory.mktemp("demo"), _free_port(), inbox.port)
    server.start(demo=True)
    yield server
    server.stop()
    assert "Traceback" not in server.log(), server.log()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """One browser for the whole run; each test opens contexts of its own in it."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("playwright is not installed")
    if not CHROMIUM.exists():
        missing("there is no /usr/bin/chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
