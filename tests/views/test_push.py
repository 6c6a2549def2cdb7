"""A browser as a device that takes notifications: joining, leaving, changing hands, and a test that says what happened."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from planner.app import create_app
from planner.config import Settings
from planner.delivery import web_push
from planner.extensions import db
from planner.models import PushSubscription, ReminderPlan, SignIn
from planner.reminders import push
from tests.conftest import NOW
from tests.delivery.push_service import Device, PushService, decode, encode
from tests.factories import Household, sign_in_as
from tests.pages import get, post


@pytest.fixture
def settings(settings: Settings, push_service: PushService) -> Settings:
    """The app under test may send to the service on this machine."""
    return push_service.settings(settings)


Rows = Callable[[], list[PushSubscription]]


def join(client: FlaskClient, device: Device, status: int = 200) -> TestResponse:
    answer = client.post("/push/subscribe", json=device.as_dict())
    assert answer.status_code == status, answer.get_data(as_text=True)[:300]
    return answer


@pytest.fixture
def rows(app: Flask) -> Callable[[], list[PushSubscription]]:
    """What is stored, read in a context of its own: clients that share one would share who is signed in."""

    def read() -> list[PushSubscription]:
        with app.app_context():
            return list(db.session.scalars(select(PushSubscription)))

    return read


def message_of(answer: TestResponse) -> str:
    return str((answer.json or {})["message"])


# ---- Joining ----


def test_a_browser_learns_our_key(borrower: FlaskClient, settings: Settings) -> None:
    answer = borrower.get("/push/key")
    key = (answer.json or {})["key"]
    assert key == web_push.public_key(settings)
    assert len(decode(key)) == 65
    assert decode(key)[0] == 4
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_device_joins_under_its_sign_in_and_its_case_is_planned_anew(
    app: Flask, rows: Rows, household: Household, borrower: FlaskClient, push_service: PushService
) -> None:
    device = push_service.device()
    join(borrower, device)
    [row] = rows()
    assert (row.user_id, row.endpoint, row.client) == (household.user_id, device.endpoint, "test")
    assert (row.p256dh, row.auth) == (encode(device.point), encode(device.auth))
    with app.app_context():
        assert db.session.get_one(SignIn, row.sign_in_id).user_id == household.user_id
        assert db.session.get_one(ReminderPlan, household.case_id).next_at == NOW


def test_a_form_does_it_too(rows: Rows, borrower: FlaskClient, push_service: PushService) -> None:
    device = push_service.device()
    fields = {"endpoint": device.endpoint, **device.as_dict()["keys"]}
    assert borrower.post("/push/subscribe", data=fields).status_code == 200
    assert [row.endpoint for row in rows()] == [device.endpoint]


def test_a_device_that_announces_itself_again_stays_the_one_row(
    app: Flask, rows: Rows, borrower: FlaskClient, push_service: PushService
) -> None:
    device = push_service.device()
    join(borrower, device)
    [before] = rows()
    with app.app_context():
        push.note_fault(db.session.get_one(PushSubscription, before.id), "push_slow")
        db.session.commit()
    [faulty] = rows()
    assert faulty.fault == "push_slow"
    join(borrower, Device(device.endpoint))
    [after] = rows()
    assert after.id == before.id, "what waits for it still finds it"
    assert after.auth != encode(device.auth)
    assert after.fault is None


def test_a_new_sign_in_of_the_same_person_takes_the_device_over(
    app: Flask, rows: Rows, household: Household, borrower: FlaskClient, push_service: PushService
) -> None:
    device = push_service.device()
    join(borrower, device)
    [before] = rows()
    join(sign_in_as(app, household.user_id), device)
    [after] = rows()
    assert after.id == before.id
    assert after.sign_in_id != before.sign_in_id


def test_an_address_goes_to_the_person_who_holds_it_now(
    rows: Rows, household: Household, borrower: FlaskClient, stranger: FlaskClient, push_service: PushService
) -> None:
    device = push_service.device()
    join(borrower, device)
    [before] = rows()
    join(stranger, device)
    [after] = rows()
    assert after.user_id == household.stranger_id
    assert after.id != before.id, "what waits for the first person must not reach the second"


BAD_KEYS: list[dict[str, Any]] = [
    {},
    {"p256dh": None, "auth": None},
    {"p256dh": 5, "auth": []},
    {"p256dh": "BAAA", "auth": encode(b"x" * 16)},
    {"p256dh": encode(b"\x04" + b"\x01" * 64), "auth": encode(b"x" * 16)},
    {"p256dh": encode(b"\x00" * 65), "auth": encode(b"x" * 16)},
    {"p256dh": encode(Device("").point), "auth": encode(b"x" * 15)},
    {"p256dh": encode(Device("").point), "auth": encode(b"x" * 17)},
    {"p256dh": encode(Device("").point), "auth": "!" * 22},
    {"p256dh": encode(Device("").point) + "=" * 200, "auth": encode(b"x" * 16)},
    {"p256dh": "é" * 87, "auth": encode(b"x" * 16)},
]


@pytest.mark.parametrize("keys", BAD_KEYS)
def test_keys_that_are_none_are_refused(
    rows: Rows, borrower: FlaskClient, push_service: PushService, keys: dict[str, Any]
) -> None:
    answer = borrower.post("/push/subscribe", json={"endpoint": push_service.device().endpoint, "keys": keys})
    assert answer.status_code == 422
    assert "no usable address" in message_of(answer)
    assert rows() == []


NONSENSE = ["", "null", "[]", "5", '"x"', "{", '{"keys": 5}', "[" * 100_000, '{"endpoint": 5, "keys": {}}']


@pytest.mark.parametrize("body", NONSENSE, ids=lambda body: body[:9])
def test_what_is_no_subscription_is_refused(rows: Rows, borrower: FlaskClient, body: str) -> None:
    for path, status in (("/push/subscribe", 422), ("/push/unsubscribe", 200)):
        assert borrower.post(path, data=body, content_type="application/json").status_code == status
    assert rows() == []


@pytest.mark.parametrize(
    "endpoint",
    ["http://push.example.org/x", "https://127.0.0.1/x", "https://localhost/x", "https://169.254.169.254/", "\x00", 5, None],
)  # fmt: skip
def test_an_address_that_is_not_a_public_https_one_is_refused(rows: Rows, borrower: FlaskClient, endpoint: Any) -> None:
    answer = borrower.post("/push/subscribe", json=Device("").as_dict() | {"endpoint": endpoint})
    assert answer.status_code == 422
    assert message_of(answer)
    assert rows() == []


def test_a_push_service_that_cannot_be_found_now_is_no_fault_of_the_browser(
    borrower: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*_arguments: Any, **_options: Any) -> None:
        raise OSError("no name server")

    monkeypatch.setattr("socket.getaddrinfo", unknown)
    answer = borrower.post("/push/subscribe", json=Device("https://push.example.org/x").as_dict())
    assert answer.status_code == 422
    assert "Try again in a moment" in message_of(answer)


def test_nobody_joins_without_being_signed_in(rows: Rows, client: FlaskClient, push_service: PushService) -> None:
    for path in ("/push/subscribe", "/push/unsubscribe"):
        answer = client.post(path, json=push_service.device().as_dict())
        assert answer.status_code == 302
        assert "/sign-in" in answer.location
    assert client.get("/push/key").status_code == 302
    assert rows() == []


def test_without_its_token_a_post_changes_nothing_and_with_that_of_the_key_it_does(
    settings: Settings, household: Household, limits: None, push_service: PushService
) -> None:
    guarded = create_app(settings)
    client, device = sign_in_as(guarded, household.user_id), push_service.device()
    for headers in ({}, {"X-CSRFToken": "forged"}):
        assert client.post("/push/subscribe", json=device.as_dict(), headers=headers).status_code == 403
    token = {"X-CSRFToken": (client.get("/push/key").json or {})["token"]}

    def count() -> int | None:
        with guarded.app_context():
            return db.session.scalar(select(func.count()).select_from(PushSubscription))

    assert count() == 0
    assert client.post("/push/subscribe", json=device.as_dict(), headers=token).status_code == 200
    assert client.post("/push/unsubscribe", json=device.as_dict()).status_code == 403
    assert count() == 1
    assert client.post("/push/unsubscribe", json=device.as_dict(), headers=token).status_code == 200
    assert count() == 0
    guarded.extensions["planner_engine"].dispose()


def test_joining_is_limited_by_person_and_not_by_network(
    limits: None, borrower: FlaskClient, stranger: FlaskClient, push_service: PushService
) -> None:
    device = push_service.device()
    statuses = [borrower.post("/push/subscribe", json=device.as_dict()).status_code for _ in range(61)]
    assert statuses == [200] * 60 + [429]
    assert stranger.post("/push/subscribe", json=device.as_dict()).status_code == 200


# ---- Leaving ----


def test_a_device_leaves(rows: Rows, borrower: FlaskClient, push_service: PushService) -> None:
    one, other = push_service.device(), push_service.device()
    join(borrower, one)
    join(borrower, other)
    assert borrower.post("/push/unsubscribe", json=one.as_dict()).status_code == 200
    assert [row.endpoint for row in rows()] == [other.endpoint]


def test_nobody_ends_another_persons_notifications(
    rows: Rows, borrower: FlaskClient, stranger: FlaskClient, push_service: PushService
) -> None:
    device = push_service.device()
    join(borrower, device)
    assert stranger.post("/push/unsubscribe", json=device.as_dict()).status_code == 200, "nor learns that it is there"
    assert len(rows()) == 1


def test_signing_out_takes_the_device_with_it(rows: Rows, borrower: FlaskClient, push_service: PushService) -> None:
    join(borrower, push_service.device())
    post(borrower, "/sign-out", {})
    assert rows() == []


def test_a_device_that_is_signed_out_from_another_takes_no_more(
    app: Flask, rows: Rows, household: Household, borrower: FlaskClient, push_service: PushService
) -> None:
    lost = sign_in_as(app, household.user_id)
    lost_device, mine = push_service.device(), push_service.device()
    join(lost, lost_device)
    join(borrower, mine)
    row = next(row for row in rows() if row.endpoint == lost_device.endpoint)
    post(borrower, f"/account/devices/{row.sign_in_id}/end", {})
    assert [row.endpoint for row in rows()] == [mine.endpoint]


# ---- The page ----


def test_a_page_says_whose_it_is_so_that_the_script_announces_the_device(
    app: Flask, household: Household, borrower: FlaskClient, client: FlaskClient
) -> None:
    def who(client: FlaskClient, address: str = "/") -> str:
        found = re.search(r'<html[^>]* data-who="([^"]+)"', get(client, address))
        return found[1] if found else ""

    mine, again = who(borrower), who(sign_in_as(app, household.user_id))
    assert mine.split(".")[0] == again.split(".")[0]
    assert mine != again, "another sign-in of the same person"
    assert who(borrower, "/offline") == "", "kept for everybody"
    assert who(client) == ""
    post(client, "/start", {})
    assert who(client).startswith("guest.")
