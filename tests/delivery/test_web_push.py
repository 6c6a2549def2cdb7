"""Web push against a service of our own that decrypts and checks signatures, and against addresses nobody should send to."""

from __future__ import annotations

import socket
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from planner.config import Settings, new_vapid_key
from planner.delivery import Action, DeliveryError, Message, outbound, web_push
from tests.delivery.push_service import Device, PushService, Reply, decode

NOW = datetime(2026, 12, 9, 1, tzinfo=UTC)
MESSAGE = Message(
    to="",
    title="稳步：12月18日有一件事要办",
    text="文字 text",
    key="r5-1-2026-12-18",
    url="/c/1/reminders",
    actions=(Action("paid", "已还", "/c/1/paid"), Action("options", "看看办法", "/c/1/radar")),
    expires_at=NOW + timedelta(hours=20),
)


@pytest.fixture
def allowed(settings: Settings, push_service: PushService) -> Settings:
    """Settings under which the service on this machine may be sent to."""
    return push_service.settings(settings)


def to(device: Device, **changes: Any) -> Message:
    return replace(MESSAGE, to=device.as_json(), **changes)


def send(settings: Settings, *messages: Message, now: datetime = NOW) -> None:
    with web_push.connect(settings) as pusher:
        for message in messages:
            pusher.send(message, now)


def refusal(settings: Settings, message: Message) -> DeliveryError:
    with pytest.raises(DeliveryError) as refused:
        send(settings, message)
    return refused.value


# ---- What arrives ----


def test_a_message_arrives_encrypted_and_signed_with_what_the_worker_needs(
    allowed: Settings, push_service: PushService
) -> None:
    push_service.accept_key = web_push.public_key(allowed)
    device = push_service.device()
    send(allowed, to(device))
    [pushed] = push_service.pushed
    assert push_service.faults == []
    assert pushed.message == {
        "title": MESSAGE.title,
        "body": "文字 text",
        "url": "/c/1/reminders",
        "tag": "r5-1-2026-12-18",
        "actions": [
            {"action": "paid", "title": "已还", "url": "/c/1/paid"},
            {"action": "options", "title": "看看办法", "url": "/c/1/radar"},
        ],
    }
    assert pushed.claims["sub"] == allowed.push.subject
    assert (pushed.headers["TTL"], pushed.headers["Urgency"]) == (str(20 * 3600), "normal")


def test_the_service_of_these_tests_refuses_what_it_should(allowed: Settings, push_service: PushService) -> None:
    """Else nothing that arrives would prove anything: another key, another secret, another sender."""
    device, other = push_service.device(), Device("")
    push_service.accept_key = web_push.public_key(allowed)
    send(allowed, to(device))
    mixed = Device(device.endpoint, device.key, other.auth)
    assert refusal(allowed, to(mixed)).reason == "push_refused"
    assert refusal(allowed, to(Device(device.endpoint, other.key, device.auth))).reason == "push_refused"
    stranger = replace(allowed, push=replace(allowed.push, private_key=new_vapid_key()))
    assert "another sender" in refusal(stranger, to(device)).detail
    assert len(push_service.pushed) == 1


def test_the_same_key_gives_the_same_topic_and_never_the_same_body(
    allowed: Settings, push_service: PushService
) -> None:
    device = push_service.device()
    send(allowed, to(device), to(device), to(device, key="another"))
    first, again, other = (pushed.headers["Topic"] for pushed in push_service.pushed)
    assert first == again != other
    assert len(first) == 32
    assert len(decode(first)) == 24


@pytest.mark.parametrize(
    ("left", "seconds"), [(timedelta(days=60), 28 * 86400), (timedelta(seconds=-5), 0), (timedelta(minutes=1), 60)]
)
def test_a_message_is_kept_for_as_long_as_it_helps(
    allowed: Settings, push_service: PushService, left: timedelta, seconds: int
) -> None:
    send(allowed, to(push_service.device(), expires_at=NOW + left, is_urgent=True))
    assert int(push_service.pushed[0].headers["TTL"]) == seconds
    assert push_service.pushed[0].headers["Urgency"] == "high"


def test_a_message_without_an_end_is_kept_four_weeks(allowed: Settings, push_service: PushService) -> None:
    send(allowed, to(push_service.device(), expires_at=None))
    assert push_service.pushed[0].headers["TTL"] == str(28 * 86400)


@pytest.mark.parametrize("text", ["长" * 5000, "a" * 100_000, '"\n' * 4000, "🌱" * 3000, "…" * 4000])
def test_a_long_text_is_cut_and_the_buttons_stay(allowed: Settings, push_service: PushService, text: str) -> None:
    send(allowed, to(push_service.device(), text=text))
    [pushed] = push_service.pushed
    assert pushed.size <= 4096
    assert 2900 < len(web_push.payload(to(push_service.device(), text=text))) <= 3000, "and not shorter than it must be"
    assert pushed.message["body"].endswith("…")
    assert text.startswith(pushed.message["body"].rstrip("…").rstrip())
    assert len(pushed.message["actions"]) == 2


def test_even_an_endless_title_and_address_fit(allowed: Settings, push_service: PushService) -> None:
    endless = (Action("a", "b" * 9000, "/"),)
    send(allowed, to(push_service.device(), title="t" * 9000, url="/" + "u" * 9000, actions=endless))
    assert push_service.pushed[0].message["title"].startswith("tttt")
    assert push_service.pushed[0].message["url"] == "/"


def test_one_connection_and_one_signature_carry_a_batch(allowed: Settings, push_service: PushService) -> None:
    devices = [push_service.device() for _ in range(5)]
    send(allowed, *map(to, devices))
    assert [pushed.path for pushed in push_service.pushed] == [f"/send/{n}" for n in range(1, 6)]
    assert len({pushed.peer for pushed in push_service.pushed}) == 1
    assert len({pushed.headers["Authorization"] for pushed in push_service.pushed}) == 1


def test_a_connection_that_ended_while_idle_is_opened_again(allowed: Settings, push_service: PushService) -> None:
    device = push_service.device()
    push_service.replies.extend([Reply(), Reply(hang_up=True)])
    send(allowed, to(device), to(device, key="second"))
    assert [pushed.message["tag"] for pushed in push_service.pushed] == [MESSAGE.key, "second"]
    assert len({pushed.peer for pushed in push_service.pushed}) == 2


# ---- What push services answer ----


@pytest.mark.parametrize(
    ("status", "reason", "passing", "gone"),
    [
        (404, "gone", False, True),
        (410, "gone", False, True),
        (400, "push_refused", False, False),
        (401, "push_refused", False, False),
        (403, "push_refused", False, False),
        (413, "push_refused", False, False),
        (429, "push_busy", True, False),
        (500, "push_unavailable", True, False),
        (503, "push_unavailable", True, False),
    ],
)
def test_each_answer_says_whether_trying_again_helps(
    allowed: Settings, push_service: PushService, status: int, reason: str, passing: bool, gone: bool
) -> None:
    push_service.replies.append(Reply(status, body=b"why it is so"))
    error = refusal(allowed, to(push_service.device()))
    assert (error.reason, error.passing, error.gone) == (reason, passing, gone)
    assert str(status) in error.detail
    assert "why it is so" in error.detail
    assert error.wait is None


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_any_success_is_one(allowed: Settings, push_service: PushService, status: int) -> None:
    push_service.replies.append(Reply(status))
    send(allowed, to(push_service.device()))
    assert push_service.requests == 1


@pytest.mark.parametrize(
    ("after", "seconds"),
    [
        ("120", 120),
        ("0", 0),
        ("9" * 30, 86400),
        (format_datetime(NOW + timedelta(minutes=7), usegmt=True), 420),
        (format_datetime(NOW + timedelta(days=7), usegmt=True), 86400),
        (format_datetime(NOW - timedelta(days=7), usegmt=True), 0),
        ("soon", None),
        ("-5", None),
        ("١٢", None),
    ],
)
def test_the_pause_a_service_asks_for_is_kept_up_to_a_day(after: str, seconds: int | None) -> None:
    headers = outbound.http.client.HTTPMessage()
    headers["Retry-After"] = after
    with pytest.raises(DeliveryError) as busy:
        web_push._judge(outbound.Answer(429, headers, ""), NOW)
    assert busy.value.wait == (None if seconds is None else timedelta(seconds=seconds))


def test_a_date_to_wait_for_counts_by_the_clock_of_who_says_it(allowed: Settings, push_service: PushService) -> None:
    """Ours may be wrong, and stands still in tests."""
    later = datetime.now(UTC) + timedelta(minutes=10)
    push_service.replies.append(Reply(429, {"Retry-After": format_datetime(later, usegmt=True)}))
    wait = refusal(allowed, to(push_service.device())).wait
    assert wait is not None
    assert timedelta(minutes=9) < wait <= timedelta(minutes=10)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(allowed: Settings, push_service: PushService, status: int) -> None:
    device = push_service.device()
    push_service.replies.append(Reply(status, {"Location": push_service.origin() + "/elsewhere"}))
    error = refusal(allowed, to(device))
    assert (error.reason, error.passing, error.gone) == ("redirected", False, False)
    assert (push_service.requests, push_service.pushed, push_service.faults) == (1, [], [])


@pytest.mark.parametrize("reply", [Reply(seconds=5), Reply(drip=True)], ids=["silent", "a byte at a time"])
def test_a_slow_service_is_left_in_time(
    allowed: Settings, push_service: PushService, monkeypatch: pytest.MonkeyPatch, reply: Reply
) -> None:
    monkeypatch.setattr(outbound, "ANSWER_SECONDS", 0.6)
    push_service.replies.append(reply)
    started = time.monotonic()
    error = refusal(allowed, to(push_service.device()))
    assert (error.reason, error.passing) == ("push_slow", True)
    assert 0.5 < time.monotonic() - started < 2


def test_only_the_beginning_of_an_answer_is_read(allowed: Settings, push_service: PushService) -> None:
    push_service.replies.append(Reply(400, body=b"x" * 5_000_000))
    error = refusal(allowed, to(push_service.device()))
    assert len(str(error)) < 200


def test_a_service_that_is_away_costs_a_batch_two_tries(
    allowed: Settings, push_service: PushService, monkeypatch: pytest.MonkeyPatch
) -> None:
    away, device = push_service.device(), push_service.device()
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    away.endpoint = f"https://localhost:{port}/send"
    settings = replace(allowed, push=replace(allowed.push, test_hosts=allowed.push.test_hosts | {f"localhost:{port}"}))
    looked_up = []
    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: looked_up.append(a[1]) or real(*a, **k))
    with web_push.connect(settings) as pusher:
        for _ in range(5):
            with pytest.raises(DeliveryError) as error:
                pusher.send(to(away), NOW)
            assert (error.value.reason, error.value.passing) == ("push_unreachable", True)
        pusher.send(to(device), NOW)
    assert looked_up.count(port) == 2
    assert len(push_service.pushed) == 1, "others are not kept waiting"


@pytest.mark.parametrize("nonsense", ["", "{}", "[]", "null", '{"endpoint": "https://push.example.org/x", "keys": {}}'])
def test_nonsense_instead_of_a_subscription_is_refused(settings: Settings, nonsense: str) -> None:
    error = refusal(settings, replace(MESSAGE, to=nonsense))
    assert (error.reason, error.passing) == ("push_refused", False)
