"""Reminders from plan to delivery over a real SMTP server: each exactly once, none after it is paid, none lost."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from aiosmtpd.controller import Controller
from flask import Flask
from sqlalchemy import delete, select

from planner.config import Smtp
from planner.engine.contract import terms_from_dict
from planner.extensions import db
from planner.loans import services as loans
from planner.models import Case, Loan, Reminder, ReminderStatus, User
from planner.reminders import services
from tests.delivery.test_email import Sink, free_port
from tests.factories import Household

DUE_MORNING = datetime.fromisoformat("2026-12-18T09:01+08:00")
BASE = "https://plan.example.org"


@pytest.fixture
def sink(app: Flask) -> Iterator[Sink]:
    """A real SMTP server that the app's settings name."""
    handler = Sink()
    controller = Controller(handler, hostname="127.0.0.1", port=free_port())
    controller.start()
    smtp = Smtp("127.0.0.1", controller.port, None, None, "plain")
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], smtp=smtp, base_url=BASE)
    yield handler
    controller.stop()


def run_at(app: Flask, moment: datetime) -> int:
    """One round of the worker at an instant."""
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], fixed_now=moment)
    with app.test_request_context(base_url=BASE):
        return services.run_once()


def rows(app: Flask) -> list[Reminder]:
    with app.app_context():
        return list(db.session.scalars(select(Reminder).order_by(Reminder.fire_at, Reminder.id)))


def only_haier(app: Flask, household: Household) -> None:
    """Leave one loan, so that each test is about one instalment."""
    with app.app_context():
        db.session.execute(delete(Loan).where(Loan.id != household.loan_ids["haier"]))
        db.session.commit()


@pytest.fixture
def haier(app: Flask, household: Household) -> int:
    only_haier(app, household)
    return household.loan_ids["haier"]


def test_the_default_steps_go_out_one_by_one_to_the_accounts_address(app: Flask, haier: int, sink: Sink) -> None:
    for day in range(9, 32):
        for hour in (8, 9, 20, 23):
            run_at(app, datetime.fromisoformat(f"2026-12-{day:02d}T{hour:02d}:05+08:00"))
    sent = [(row.due_on.isoformat(), row.step) for row in rows(app) if row.status == ReminderStatus.SENT]
    assert sent == [("2026-12-18", -7), ("2026-12-18", -3), ("2026-12-18", 0), ("2026-12-18", 1)]
    assert [m["To"] for m in sink.messages] == ["sun@example.org"] * 4
    assert len({m["Message-ID"] for m in sink.messages}) == 4


def test_the_default_text_names_no_lender_amount_or_debt(app: Flask, haier: int, sink: Sink) -> None:
    run_at(app, DUE_MORNING)
    [message] = sink.messages
    text = message.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert message["Subject"] == "稳步：12月18日有一件事要办"
    for private in ("海尔", "1,816", "借款", "欠"):
        assert private not in message["Subject"] + text
    assert f"{BASE}/c/1/loans/{haier}/what-if" in text
    assert "还不上？" in text


def test_details_come_only_when_switched_on(app: Flask, haier: int, sink: Sink, household: Household) -> None:
    with app.app_context():
        services.save_settings(
            db.session.get_one(Case, household.case_id), [0], "09:00", "sun@example.org", show_details=True
        )
        db.session.commit()
    run_at(app, DUE_MORNING)
    assert "海尔分期" in sink.messages[0]["Subject"]
    assert "¥1,816.67" in sink.messages[0]["Subject"]


def test_a_paid_instalment_is_not_reminded_of(app: Flask, haier: int, sink: Sink) -> None:
    run_at(app, datetime.fromisoformat("2026-12-17T12:00+08:00"))
    waiting = [row for row in rows(app) if row.status == ReminderStatus.SCHEDULED]
    assert [row.step for row in waiting] == [0, 1]
    with app.app_context():
        loans.mark_paid(db.session.get_one(Loan, haier), 6, DUE_MORNING.date())
        db.session.commit()
    sent_before = len(sink.messages)
    run_at(app, DUE_MORNING)
    run_at(app, DUE_MORNING + timedelta(days=1))
    assert len(sink.messages) == sent_before
    assert {(row.step, row.status, row.reason) for row in rows(app) if row.step >= 0} == {
        (0, "dropped", "paid"), (1, "dropped", "paid"),
    }  # fmt: skip


def test_running_twice_or_from_eight_workers_at_once_sends_once(app: Flask, haier: int, sink: Sink) -> None:
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], fixed_now=DUE_MORNING)

    def work() -> None:
        with app.test_request_context(base_url=BASE):
            services.run_once()

    workers = [threading.Thread(target=work) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    run_at(app, DUE_MORNING)
    assert len(sink.messages) == 1


def test_a_worker_that_died_after_claiming_loses_nothing_and_repeats_the_same_message_id(
    app: Flask, haier: int, sink: Sink
) -> None:
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], fixed_now=DUE_MORNING)
    with app.test_request_context(base_url=BASE):
        services.plan(DUE_MORNING)
        [claimed] = services.claim(DUE_MORNING)
        key = claimed.idempotency_key
        assert claimed.status == ReminderStatus.ATTEMPTED
    assert run_at(app, DUE_MORNING + timedelta(minutes=1)) == 0
    assert run_at(app, DUE_MORNING + services.LEASE + timedelta(minutes=1)) == 1
    assert sink.messages[0]["Message-ID"].startswith(f"<{key}@")


def test_one_bad_address_never_blocks_the_others_and_is_shown_as_failed(
    app: Flask, household: Household, haier: int, sink: Sink
) -> None:
    with app.app_context():
        db.session.get_one(User, household.user_id).email = "nobody@example.org"
        loans.create_loan(db.session.get_one(Case, household.stranger_case_id), copy_of(haier))
        db.session.commit()
    run_at(app, DUE_MORNING)
    assert [m["To"] for m in sink.messages] == ["stranger@example.org"]
    failed = [row for row in rows(app) if row.case_id == household.case_id and row.attempts]
    assert [(row.status, row.attempts) for row in failed] == [("failed", 1)]
    assert "address_refused" in (failed[0].reason or "")


def copy_of(loan_id: int) -> dict[str, object]:
    """The values of the same contract for another case, entered long before its next instalment."""
    loan = db.session.get_one(Loan, loan_id)
    return {"terms": terms_from_dict(loan.terms), "creditor": "Other", "paid_before": 5}


def test_a_server_that_is_away_is_tried_again_with_growing_pauses_and_given_up_visibly(app: Flask, haier: int) -> None:
    away = Smtp("127.0.0.1", free_port(), None, None, "plain")
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], smtp=away, base_url=BASE)
    tries, moment = [], DUE_MORNING
    for _minute in range(0, 24 * 60, 5):
        before = [row.attempts for row in rows(app)]
        run_at(app, moment)
        if [row.attempts for row in rows(app)] != before:
            tries.append(moment)
        moment += timedelta(minutes=5)
    pauses = [later - earlier for earlier, later in pairwise(tries)]
    assert len(tries) == services.MOST_ATTEMPTS or rows(app)[0].status == ReminderStatus.DROPPED
    assert pauses == sorted(pauses)
    assert rows(app)[0].status in (ReminderStatus.FAILED, ReminderStatus.DROPPED)
    assert rows(app)[0].reason


def test_after_downtime_what_still_helps_is_sent_and_the_rest_says_why_not(app: Flask, haier: int, sink: Sink) -> None:
    run_at(app, datetime.fromisoformat("2026-12-18T15:00+08:00"))
    assert len(sink.messages) == 1
    reasons = {row.step: (row.status, row.reason) for row in rows(app)}
    assert reasons[0][0] == ReminderStatus.SENT
    assert reasons[-3] == (ReminderStatus.DROPPED, "superseded")


def test_nothing_is_sent_in_the_quiet_hours(app: Flask, haier: int, sink: Sink) -> None:
    run_at(app, datetime.fromisoformat("2026-12-18T22:30+08:00"))
    assert sink.messages == []


def test_a_guest_has_no_address_and_gets_none(app: Flask, household: Household, haier: int, sink: Sink) -> None:
    with app.app_context():
        db.session.get_one(User, household.user_id).email = None
        db.session.commit()
    run_at(app, DUE_MORNING)
    assert sink.messages == []
    assert rows(app) == []


def test_old_instalments_of_a_loan_entered_today_are_not_reminded_of(
    app: Flask, household: Household, sink: Sink
) -> None:
    only_haier(app, household)
    with app.app_context():
        loan = db.session.get_one(Loan, household.loan_ids["haier"])
        loan.created_at, loan.paid_before = datetime(2026, 12, 18, 2, tzinfo=UTC), 0
        db.session.commit()
    run_at(app, datetime.fromisoformat("2026-12-18T10:30+08:00"))
    assert sink.messages == []
