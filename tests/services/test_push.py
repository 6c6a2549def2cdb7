"""The devices that take notifications: whose they are, how many, and what a test says of each."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from planner.app import create_app
from planner.config import Settings
from planner.delivery import web_push
from planner.extensions import db
from planner.models import Case, PushSubscription, Role, SignIn, User
from planner.reminders import push
from tests.conftest import NOW
from tests.delivery.push_service import PushService, Reply
from tests.factories import Household, add_member, sign_in_as
from tests.views.test_push import Rows, join, rows, settings

__all__ = ["rows", "settings"]


def test_a_key_is_never_given_twice(app: Flask, rows: Rows, borrower: FlaskClient, push_service: PushService) -> None:
    seen = set()
    for _ in range(5):
        join(borrower, push_service.device())
        [row] = rows()
        seen.add(row.id)
        with app.app_context():
            push.forget(db.session.get_one(PushSubscription, row.id))
            db.session.commit()
    assert len(seen) == 5


def test_beyond_ten_devices_the_one_not_seen_for_longest_goes(
    app: Flask, rows: Rows, household: Household, borrower: FlaskClient, push_service: PushService
) -> None:
    devices = [push_service.device() for _ in range(12)]
    with app.app_context():
        sign_in = db.session.scalars(select(SignIn).where(SignIn.user_id == household.user_id)).one()
        for n, device in enumerate(devices):
            at = NOW + timedelta(minutes=n)
            push.subscribe(push.read(device.as_dict()), sign_in, app.config["SETTINGS"], at)
            if n == 10:  # the oldest but one shows up again
                push.subscribe(push.read(devices[1].as_dict()), sign_in, app.config["SETTINGS"], at)
        db.session.commit()
    assert {row.endpoint for row in rows()} == {device.endpoint for n, device in enumerate(devices) if n not in (0, 2)}


# ---- Whose they are ----


def test_a_case_reaches_the_devices_of_its_borrowers_alone(
    app: Flask, household: Household, borrower: FlaskClient, viewer: FlaskClient, stranger: FlaskClient,
    push_service: PushService,
) -> None:  # fmt: skip
    devices = {client: push_service.device() for client in (borrower, viewer, stranger)}
    for client, device in devices.items():
        join(client, device)
    mine, theirs = devices[borrower].endpoint, devices[stranger].endpoint
    with app.app_context():
        case, other = (db.session.get_one(Case, key) for key in (household.case_id, household.stranger_case_id))
        assert [row.endpoint for row in push.subscriptions_of(case, NOW)] == [mine]
        add_member(other, db.session.get_one(User, household.user_id), Role.BORROWER)
        assert {row.endpoint for row in push.subscriptions_of(other, NOW)} == {mine, theirs}


def test_a_sign_in_that_has_ended_takes_no_more(
    app: Flask, household: Household, borrower: FlaskClient, push_service: PushService
) -> None:
    join(borrower, push_service.device())
    with app.app_context():
        case = db.session.get_one(Case, household.case_id)
        assert len(push.subscriptions_of(case, NOW + timedelta(days=179))) == 1
        assert push.subscriptions_of(case, NOW + timedelta(days=181)) == []


# ---- A test ----


def test_a_test_reaches_each_device_and_says_what_went_wrong(
    app: Flask, rows: Rows, household: Household, borrower: FlaskClient, push_service: PushService
) -> None:
    devices = [push_service.device() for _ in range(4)]
    for device in devices:
        join(borrower, device)
    push_service.standing = {"/send/2": Reply(410), "/send/3": Reply(429), "/send/4": Reply(403)}
    with app.test_request_context(headers={"Accept-Language": "en"}):
        user = db.session.get_one(User, household.user_id)
        found = push.send_test(user, app.config["SETTINGS"], NOW)
        outcome = {device.endpoint: error and error.reason for device, error in found}
        assert outcome == {
            device.endpoint: reason
            for device, reason in zip(devices, (None, "gone", "push_busy", "push_refused"), strict=True)
        }
        assert all(str(push.PUSH_REASONS[reason]) for reason in outcome.values() if reason)
        db.session.commit()
    gone = devices[1].endpoint
    assert {row.endpoint: row.fault for row in rows()} == {key: why for key, why in outcome.items() if key != gone}
    [pushed] = push_service.pushed
    assert "test" in pushed.message["title"]
    assert pushed.headers["Urgency"] == "high"


def test_each_reason_a_message_was_not_handed_over_has_words(app: Flask) -> None:
    source = "".join(path.read_text("utf-8") for path in Path(web_push.__file__).parent.glob("web_push.py"))
    reasons = set(re.findall(r'"(push_\w+|gone|redirected|endpoint_refused)"', source)) - {"push_crypto"}
    assert reasons == set(push.PUSH_REASONS)
    with app.test_request_context(headers={"Accept-Language": "zh"}):
        assert all(re.search("[\u4e00-\u9fff]", str(words)) for words in push.PUSH_REASONS.values())


def test_a_person_without_devices_gets_an_empty_answer(context: Flask, household: Household) -> None:
    user = db.session.get_one(User, household.user_id)
    assert push.send_test(user, context.config["SETTINGS"], NOW) == []


@pytest.mark.postgres
def test_a_device_keeps_its_rows_on_postgresql_too(
    postgres_server: str, settings: Settings, push_service: PushService
) -> None:
    """The statement that writes a row is worded for each database."""
    from planner.database import upgrade
    from planner.extensions import make_engine

    url = postgres_server
    engine = make_engine(url)
    upgrade(engine)
    engine.dispose()
    app = create_app(replace(settings, database_url=url))
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    with app.app_context():
        user = User(email="push@example.org", locale="en", created_at=NOW)
        db.session.add(user)
        db.session.commit()
        client = sign_in_as(app, user.id)
        device = push_service.device()
        for _ in range(2):
            join(client, device)
        assert db.session.scalar(select(func.count()).select_from(PushSubscription)) == 1
    app.extensions["planner_engine"].dispose()
