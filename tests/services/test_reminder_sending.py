"""What is stored while a batch goes out, message by message, and the threads in which a worker sends."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask_babel import gettext as _
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import func, select, text

from planner import tokens, worker
from planner.delivery import DeliveryError, Message
from planner.extensions import db
from planner.models import Channel, Dispatch, DispatchStatus, PushSubscription, Reminder, SignIn
from planner.reminders import push, sending
from planner.reminders.speaking import speaking
from tests import killing
from tests.conftest import NOW
from tests.delivery.push_service import PushService, Reply
from tests.factories import Household, sign_in_as
from tests.killing import DUE_MORNING


class Watcher:
    """A carrier that notes how all e-mails stand, on a connection of its own, whenever it is handed one."""

    def __init__(self, app: Flask) -> None:
        self._engine, self.seen = app.extensions["planner_engine"], list[dict[str, tuple[str, int]]]()
        self.errors: dict[int, Exception] = {}

    def rows(self) -> dict[str, tuple[str, int]]:
        wanted = text("SELECT idempotency_key, status, attempts FROM dispatches WHERE channel = 'email' ORDER BY id")
        with self._engine.connect() as connection:
            return {key: (status, attempts) for key, status, attempts in connection.execute(wanted)}

    def send(self, message: Message, now: datetime) -> None:
        self.seen.append({message.key: ("handed over", 0)} | self.rows())
        if error := self.errors.get(len(self.seen)):
            raise error


@pytest.fixture
def watcher(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Watcher:
    made = Watcher(app)

    @contextmanager
    def connect(_settings: object) -> Iterator[Watcher]:
        yield made

    monkeypatch.setitem(sending.CARRIERS, Channel.EMAIL, connect)  # type: ignore[misc]
    app.config["SETTINGS"] = killing.configured(app.config["SETTINGS"], killing.MailServer(9, Path("nowhere")))
    killing.make_due(app, 6)
    return made


def send(app: Flask, moment: datetime = DUE_MORNING) -> int:
    with app.test_request_context(base_url=killing.BASE):
        return sending.send_due(moment)


def test_each_is_stored_as_attempted_before_and_as_sent_before_the_next_and_no_other_is_touched(
    app: Flask, watcher: Watcher
) -> None:
    assert send(app) == 6
    for turn, seen in enumerate(watcher.seen):
        states = sorted(seen.values())
        assert seen[next(iter(seen))] == ("attempted", 1), "the one that is handed over"
        assert states == sorted([("sent", 1)] * turn + [("attempted", 1)] + [("scheduled", 0)] * (5 - turn))
    assert set(watcher.rows().values()) == {("sent", 1)}


@pytest.mark.parametrize("error", [DeliveryError("connection_lost"), OSError("disk")], ids=["refused", "fault"])
def test_one_that_is_not_taken_is_stored_before_the_next_too(app: Flask, watcher: Watcher, error: Exception) -> None:
    watcher.errors = {3: error}
    assert send(app) == 5
    refused = next(iter(watcher.seen[2]))
    for turn, seen in enumerate(watcher.seen[3:], 3):
        assert seen[refused] == ("scheduled", 1)
        assert sorted(state for key, state in seen.items() if key != refused) == sorted(
            [("sent", 1)] * (turn - 1) + [("attempted", 1)] + [("scheduled", 0)] * (5 - turn)
        )
    watcher.errors = {}
    assert send(app, DUE_MORNING + timedelta(minutes=5)) == 1
    assert watcher.rows()[refused] == ("sent", 2)


def test_one_refused_after_a_fault_counts_its_own_tries_only(app: Flask, watcher: Watcher) -> None:
    watcher.errors = {2: OSError("disk"), 3: DeliveryError("connection_lost"), 4: DeliveryError("connection_lost")}
    assert send(app) == 3
    watcher.errors = {}
    assert send(app, DUE_MORNING + timedelta(minutes=sending.BACK_OFF[0])) == 3, "the first pause, not the second"


def test_a_row_that_is_gone_by_its_turn_is_not_sent_and_costs_no_other(
    app: Flask, watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when a household erases itself while its batch goes out."""
    really, gone = sending.compose, list[str]()

    def compose(letter: sending.Letter) -> Message:
        if not gone:
            with app.extensions["planner_engine"].begin() as connection:
                after = select(Dispatch.id, Dispatch.idempotency_key).where(Dispatch.status == DispatchStatus.SCHEDULED)
                key, name = connection.execute(after.limit(1)).one()
                connection.execute(text("DELETE FROM reminders WHERE dispatch_id = :key"), {"key": key})
                connection.execute(text("DELETE FROM dispatches WHERE id = :key"), {"key": key})
            gone.append(name)
        return really(letter)

    monkeypatch.setattr(sending, "compose", compose)
    assert send(app) == 5
    assert gone[0] not in {next(iter(seen)) for seen in watcher.seen}
    assert list(watcher.rows().values()) == [("sent", 1)] * 5


def test_what_there_is_no_time_for_goes_back_untouched(
    app: Flask, watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "LONGEST_BATCH_SECONDS", -1)
    with app.test_request_context(base_url=killing.BASE):
        assert sending.deliver(sending.claim(DUE_MORNING), DUE_MORNING) == 0
    assert watcher.seen == []
    monkeypatch.undo()
    monkeypatch.setitem(sending.CARRIERS, Channel.EMAIL, lambda _settings: _given(watcher))  # type: ignore[misc]
    assert send(app) == 6, "claimed but not begun: at once, not when the lease is over"


@contextmanager
def _given(watcher: Watcher) -> Iterator[Watcher]:
    yield watcher


def test_two_messages_to_a_device_that_is_gone_fail_both_and_stop_nothing(
    app: Flask, household: Household, push_service: PushService
) -> None:
    app.config["SETTINGS"] = replace(
        push_service.settings(app.config["SETTINGS"]), base_url=killing.BASE, fixed_now=DUE_MORNING
    )
    push_service.replies.extend([Reply(410), Reply(410)])
    sign_in_as(app, household.user_id)
    with app.test_request_context(base_url=killing.BASE):
        sign_in = db.session.scalars(select(SignIn).where(SignIn.user_id == household.user_id)).one()
        sign_in.created_at = DUE_MORNING - timedelta(days=1)
        push.subscribe(push.read(push_service.device().as_dict()), sign_in, app.config["SETTINGS"], NOW)
        [device] = db.session.scalars(select(PushSubscription))
        for n in range(2):
            about = Reminder(
                case_id=household.case_id, key=f"k{n}", kind="instalment", channel="push", target=str(device.id),
                loan_id=household.loan_ids["haier"], instalment_n=6, due_on=DUE_MORNING.date(), step=0, fire_at=DUE_MORNING,
                created_at=NOW,
            )  # fmt: skip
            db.session.add(Dispatch(
                case_id=household.case_id, channel="push", target=str(device.id), slot=f"s{n}", fire_at=DUE_MORNING,
                next_at=DUE_MORNING, idempotency_key=f"i{n}", created_at=NOW, reminders=[about],
            ))  # fmt: skip
        db.session.commit()
        assert sending.send_due(DUE_MORNING) == 0
        found = db.session.execute(select(Dispatch.status, Dispatch.attempts)).all()
        assert [tuple(row) for row in found] == [(DispatchStatus.FAILED, 1)] * 2
        assert db.session.scalar(select(func.count()).select_from(PushSubscription)) == 0


# ---- A worker's threads ----


@pytest.mark.postgres
def test_a_worker_sends_in_several_threads_and_each_message_once(on_postgres: Flask, tmp_path: Path) -> None:
    with killing.mail_server(tmp_path) as server:
        on_postgres.config["SETTINGS"] = killing.configured(on_postgres.config["SETTINGS"], server)
        killing.make_due(on_postgres, 450, households=30)
        worker.send_due(on_postgres)
        found = killing.outcome(on_postgres, server)
    assert (found["due"], found["sent"], found["taken"], found["keys"]) == (450,) * 4, found


class Busy:
    """Stands in for sending: counts who is at it at once, and holds them until it is told."""

    def __init__(self) -> None:
        self.at_it, self.most, self.go_on = 0, threading.Semaphore(0), threading.Event()

    def send_due(self, _now: datetime) -> int:
        self.at_it += 1
        self.most.release()
        self.go_on.wait(10)
        raise RuntimeError("a fault must not cost a place")


def test_never_more_threads_than_there_are_places_and_a_fault_frees_its_own(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    for dialect, most in (("sqlite", 1), ("postgresql", worker.SENDERS)):
        busy = Busy()
        monkeypatch.setattr(worker.sending, "send_due", busy.send_due)
        monkeypatch.setattr(app.extensions["planner_engine"].dialect, "name", dialect)
        turns = [threading.Thread(target=worker.send_due, args=(app,)) for _ in range(3)]
        for turn in turns:
            turn.start()
        for _place in range(min(3 * most, worker.SENDERS)):
            assert busy.most.acquire(timeout=5)
        assert not busy.most.acquire(timeout=0.2), dialect
        busy.go_on.set()
        for turn in turns:
            turn.join(10)
            assert not turn.is_alive()


# ---- What is quick must be the same ----


def test_a_quick_signature_is_the_librarys_own(context: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: 1_797_000_000)
    library = URLSafeTimedSerializer(context.config["SECRET_KEY"], salt="planner.some purpose")
    for value in (0, 7, 10**9 - 1, 10**9, 10**30, -3, True, "text", ["a", 1], {"a": None}, "x" * 500):
        signed = tokens.sign("some purpose", value)
        assert signed == library.dumps(value)
        assert tokens.find_signed("some purpose", signed, max_age_seconds=60) == value
        assert tokens.find_signed("another", signed, max_age_seconds=60) is None


def test_a_message_speaks_its_own_language_and_the_page_goes_on_in_its_own(app: Flask) -> None:
    with app.test_request_context("/?lang=en"):
        assert _("Steady") == "Steady"
        with speaking("zh_Hans_CN"):
            assert _("Steady") == "稳步"
            with speaking("en"):
                assert _("Steady") == "Steady"
            assert _("Steady") == "稳步"
        assert _("Steady") == "Steady"
        with pytest.raises(KeyError), speaking("zh_Hans_CN"):
            raise KeyError
        assert _("Steady") == "Steady"
