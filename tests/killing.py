"""Workers that are ended by SIGKILL at a chosen point, against a mail server that outlives them. Used by tests and benchmarks.

Each worker is a real process (forked, so that hundreds fit into a test). The mail server is another one: it appends the
Message-ID of each message that it took to a file, so that what arrived is known whatever became of the sender.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from email import message_from_bytes
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from flask import Flask
from sqlalchemy import func, select, update

from planner.app import create_app
from planner.config import Settings, Smtp
from planner.delivery import email
from planner.engine.contract import terms_to_dict
from planner.engine.loan import LoanTerms, Method
from planner.engine.money import currency
from planner.extensions import db
from planner.models import (
    Case,
    Channel,
    Dispatch,
    DispatchStatus,
    Loan,
    Membership,
    Reminder,
    ReminderSettings,
    Role,
    User,
)
from planner.reminders import planning, sending

DUE_MORNING = datetime.fromisoformat("2026-12-18T09:01+08:00")
BASE = "https://plan.example.org"
ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class MailServer:
    """A mail server in a process of its own. `taken` are the Message-IDs in order."""

    port: int
    log: Path

    def taken(self) -> list[str]:
        """The Message-IDs of what it took so far, with the address each went to."""
        return self.log.read_text("utf-8").splitlines() if self.log.exists() else []


@contextmanager
def mail_server(folder: Path) -> Iterator[MailServer]:
    """Run one until the block ends."""
    log = folder / "mails.txt"
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.killing", str(log)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    port = int(process.stdout.readline())
    try:
        yield MailServer(port, log)
    finally:
        process.terminate()
        process.wait(10)


TERMS = LoanTerms.simple(
    method=Method.FLAT, principal_minor=2_000_000, currency=currency("CNY"), annual_rate=Decimal("0.09"), instalments=12,
    start_date=date(2026, 6, 18), first_due_date=date(2026, 7, 18),
)  # fmt: skip


def make_due(app: Flask, count: int, households: int | None = None) -> None:
    """`count` e-mails due at DUE_MORNING, each about an instalment of one of so many households (as many as e-mails)."""
    with app.test_request_context(base_url=BASE):
        for number in range(households or count):
            _make_household(number)
        db.session.commit()
        planning.plan_due(DUE_MORNING)
        # The app's own list is not what is counted here.
        of_app = update(Dispatch).where(Dispatch.channel == Channel.APP).values(status=DispatchStatus.SENT)
        db.session.execute(of_app)
        _multiply(count)
        db.session.commit()


def _make_household(number: int) -> None:
    created = DUE_MORNING - timedelta(days=90)
    case = Case(created_at=created, locale="zh_Hans_CN" if number % 2 else "en")
    user = User(email=f"u{number}@example.org", created_at=created)
    case.members.append(Membership(user=user, role=Role.BORROWER, created_at=created))
    db.session.add(case)
    db.session.flush()
    loan = Loan(case_id=case.id, creditor=f"Lender {number}", currency="CNY", terms=terms_to_dict(TERMS), paid_before=5,
                created_at=created)  # fmt: skip
    wishes = ReminderSettings(case_id=case.id, steps=[{"days": 0, "at": None, "channels": None}], send_at="09:00",
                              channels=["email"], email_to=user.email)  # fmt: skip
    db.session.add_all([loan, wishes])


def _multiply(count: int) -> None:
    """Copies of the planned e-mails under names of their own, until there are `count`."""
    planned = list(db.session.scalars(select(Dispatch).where(Dispatch.channel == Channel.EMAIL).order_by(Dispatch.id)))
    assert planned
    for number in range(len(planned), count):
        model = planned[number % len(planned)]
        [reminder] = model.reminders
        copied = Dispatch(**_values(model) | {"slot": f"copy-{number}", "idempotency_key": f"copy-{number}"})
        copied.reminders = [Reminder(**_values(reminder) | {"key": f"copy-{number}", "dispatch_id": None})]
        db.session.add(copied)


def _values(row: Any) -> dict[str, Any]:
    return {column.key: getattr(row, column.key) for column in row.__table__.columns if column.key != "id"}


def in_a_worker(settings: Settings, work: Callable[[], Any]) -> int:
    """Run `work` in a process of its own within an app; returns how it ended (0, or minus the signal)."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            app = create_app(settings)
            with app.test_request_context(base_url=BASE):
                work()
            status = 0
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def kill_workers(
    settings: Settings, *, after_sending: bool, kills: int, skips: Callable[[int], int]
) -> tuple[int, datetime]:
    """Let workers send until `kills` of them were ended; returns how many were, and the instant reached.

    Each is ended at its `skips(number)`-th message: before that message is sent, or after the server took it and before that is
    stored. Between two workers the lease passes.
    """
    really, moment, ended = email.Mailer.send, DUE_MORNING, 0
    for number in range(kills):
        left = [skips(number)]

        def fatal(self: email.Mailer, message: Any, now: datetime, left: list[int] = left) -> None:
            left[0] -= 1
            if left[0] >= 0 or after_sending:
                really(self, message, now)
            if left[0] < 0:
                os.kill(os.getpid(), signal.SIGKILL)

        email.Mailer.send = fatal  # type: ignore[method-assign]  # this process's copy; each worker is forked from it
        try:
            ended += in_a_worker(settings, lambda at=moment: sending.send_due(at)) == -signal.SIGKILL  # type: ignore[misc]
        finally:
            email.Mailer.send = really  # type: ignore[method-assign]
        moment += sending.LEASE + timedelta(seconds=1)
    return ended, moment


def finish(settings: Settings, moment: datetime) -> None:
    """Workers that nobody ends, until nothing waits."""
    for _ in range(sending.MOST_ATTEMPTS + 1):
        assert in_a_worker(settings, lambda at=moment: sending.send_due(at)) == 0  # type: ignore[misc]
        moment += sending.LEASE + timedelta(seconds=1)


def outcome(app: Flask, server: MailServer) -> dict[str, int]:
    """Figures: messages due, sent, other; and what the server took: messages, distinct keys, keys to two addresses."""
    with app.app_context():
        mails = select(Dispatch.status, func.count()).where(Dispatch.channel == Channel.EMAIL).group_by(Dispatch.status)
        by_status = {str(status): number for status, number in db.session.execute(mails)}
    taken = server.taken()
    keys = Counter(line.split(" ")[0] for line in taken)
    pairs = {tuple(line.split(" ")) for line in taken}
    return {
        "due": sum(by_status.values()), "sent": by_status.get("sent", 0), "taken": len(taken), "keys": len(keys),
        "repeats": len(taken) - len(keys), "mixed": len(pairs) - len(keys),
    }  # fmt: skip


def configured(settings: Settings, server: MailServer) -> Settings:
    """The settings with that server."""
    return replace(
        settings, smtp=Smtp("127.0.0.1", server.port, None, None, "plain"), base_url=BASE, fixed_now=DUE_MORNING
    )


def _serve(log: Path) -> None:
    """The mail server's process: says its port on standard output, then takes messages until it is ended."""

    class Handler:
        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
            with log.open("a", encoding="utf-8") as file:
                file.write(f"{message_from_bytes(envelope.content)['Message-ID']} {envelope.rcpt_tos[0]}\n")
            return "250 OK"

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    Controller(Handler(), hostname="127.0.0.1", port=port).start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    while True:
        time.sleep(3600)


if __name__ == "__main__":
    _serve(Path(sys.argv[1]))
