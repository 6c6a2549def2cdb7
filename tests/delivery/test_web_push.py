"""Web push against a service of our own that decrypts and checks signatures, and against addresses nobody should send to."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from planner.config import Settings, new_vapid_key
from planner.delivery import Action, DeliveryError, Message, outbound, web_push
from tests.delivery.push_service import Device, PushService, Reply, decode, running

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
def service(tmp_path: Path) -> Iterator[PushService]:
    with running(tmp_path) as running_service:
        yield running_service


@pytest.fixture
def allowed(settings: Settings, service: PushService) -> Settings:
    """Settings under which the service on this machine may be sent to."""
    return service.settings(settings)


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
    allowed: Settings, service: PushService
) -> None:
    service.accept_key = web_push.public_key(allowed)
    device = service.device()
    send(allowed, to(device))
    [pushed] = service.pushed
    assert service.faults == []
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


def test_the_service_of_these_tests_refuses_what_it_should(allowed: Settings, service: PushService) -> None:
    """Else nothing that arrives would prove anything: another key, another secret, another sender."""
    device, other = service.device(), Device("")
    service.accept_key = web_push.public_key(allowed)
    send(allowed, to(device))
    mixed = Device(device.endpoint, device.key, other.auth)
    assert refusal(allowed, to(mixed)).reason == "push_refused"
    assert refusal(allowed, to(Device(device.endpoint, other.key, device.auth))).reason == "push_refused"
    stranger = replace(allowed, push=replace(allowed.push, private_key=new_vapid_key()))
    assert "another sender" in refusal(stranger, to(device)).detail
    assert len(service.pushed) == 1


def test_the_same_key_gives_the_same_topic_and_never_the_same_body(allowed: Settings, service: PushService) -> None:
    device = service.device()
    send(allowed, to(device), to(device), to(device, key="another"))
    first, again, other = (pushed.headers["Topic"] for pushed in service.pushed)
    assert first == again != other
    assert len(first) == 32
    assert len(decode(first)) == 24


@pytest.mark.parametrize(
    ("left", "seconds"), [(timedelta(days=60), 28 * 86400), (timedelta(seconds=-5), 0), (timedelta(minutes=1), 60)]
)
def test_a_message_is_kept_for_as_long_as_it_helps(
    allowed: Settings, service: PushService, left: timedelta, seconds: int
) -> None:
    send(allowed, to(service.device(), expires_at=NOW + left, is_urgent=True))
    assert int(service.pushed[0].headers["TTL"]) == seconds
    assert service.pushed[0].headers["Urgency"] == "high"


def test_a_message_without_an_end_is_kept_four_weeks(allowed: Settings, service: PushService) -> None:
    send(allowed, to(service.device(), expires_at=None))
    assert service.pushed[0].headers["TTL"] == str(28 * 86400)


@pytest.mark.parametrize("text", ["长" * 5000, "a" * 100_000, '"\n' * 4000, "🌱" * 3000, "…" * 4000])
def test_a_long_text_is_cut_and_the_buttons_stay(allowed: Settings, service: PushService, text: str) -> None:
    send(allowed, to(service.device(), text=text))
    [pushed] = service.pushed
    assert pushed.size <= 4096
    assert 2900 < len(web_push.payload(to(service.device(), text=text))) <= 3000, "and not shorter than it must be"
    assert pushed.message["body"].endswith("…")
    assert text.startswith(pushed.message["body"].rstrip("…").rstrip())
    assert len(pushed.message["actions"]) == 2


def test_even_an_endless_title_and_address_fit(allowed: Settings, service: PushService) -> None:
    endless = (Action("a", "b" * 9000, "/"),)
    send(allowed, to(service.device(), title="t" * 9000, url="/" + "u" * 9000, actions=endless))
    assert service.pushed[0].message["title"].startswith("tttt")
    assert service.pushed[0].message["url"] == "/"


def test_one_connection_and_one_signature_carry_a_batch(allowed: Settings, service: PushService) -> None:
    devices = [service.device() for _ in range(5)]
    send(allowed, *map(to, devices))
    assert [pushed.path for pushed in service.pushed] == [f"/send/{n}" for n in range(1, 6)]
    assert len({pushed.peer for pushed in service.pushed}) == 1
    assert len({pushed.headers["Authorization"] for pushed in service.pushed}) == 1


def test_a_connection_that_ended_while_idle_is_opened_again(allowed: Settings, service: PushService) -> None:
    device = service.device()
    service.replies.extend([Reply(), Reply(hang_up=True)])
    send(allowed, to(device), to(device, key="second"))
    assert [pushed.message["tag"] for pushed in service.pushed] == [MESSAGE.key, "second"]
    assert len({pushed.peer for pushed in service.pushed}) == 2


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
    allowed: Settings, service: PushService, status: int, reason: str, passing: bool, gone: bool
) -> None:
    service.replies.append(Reply(status, body=b"why it is so"))
    error = refusal(allowed, to(service.device()))
    assert (error.reason, error.passing, error.gone) == (reason, passing, gone)
    assert str(status) in error.detail
    assert "why it is so" in error.detail
    assert error.wait is None


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_any_success_is_one(allowed: Settings, service: PushService, status: int) -> None:
    service.replies.append(Reply(status))
    send(allowed, to(service.device()))
    assert service.requests == 1


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


def test_a_date_to_wait_for_counts_by_the_clock_of_who_says_it(allowed: Settings, service: PushService) -> None:
    """Ours may be wrong, and stands still in tests."""
    later = datetime.now(UTC) + timedelta(minutes=10)
    service.replies.append(Reply(429, {"Retry-After": format_datetime(later, usegmt=True)}))
    wait = refusal(allowed, to(service.device())).wait
    assert wait is not None
    assert timedelta(minutes=9) < wait <= timedelta(minutes=10)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(allowed: Settings, service: PushService, status: int) -> None:
    device = service.device()
    service.replies.append(Reply(status, {"Location": service.origin() + "/elsewhere"}))
    error = refusal(allowed, to(device))
    assert (error.reason, error.passing, error.gone) == ("redirected", False, False)
    assert (service.requests, service.pushed, service.faults) == (1, [], [])


@pytest.mark.parametrize("reply", [Reply(seconds=5), Reply(drip=True)], ids=["silent", "a byte at a time"])
def test_a_slow_service_is_left_in_time(
    allowed: Settings, service: PushService, monkeypatch: pytest.MonkeyPatch, reply: Reply
) -> None:
    monkeypatch.setattr(outbound, "ANSWER_SECONDS", 0.6)
    service.replies.append(reply)
    started = time.monotonic()
    error = refusal(allowed, to(service.device()))
    assert (error.reason, error.passing) == ("push_slow", True)
    assert 0.5 < time.monotonic() - started < 2


def test_only_the_beginning_of_an_answer_is_read(allowed: Settings, service: PushService) -> None:
    service.replies.append(Reply(400, body=b"x" * 5_000_000))
    error = refusal(allowed, to(service.device()))
    assert len(str(error)) < 200


def test_a_service_that_is_away_costs_a_batch_two_tries(
    allowed: Settings, service: PushService, monkeypatch: pytest.MonkeyPatch
) -> None:
    away, device = service.device(), service.device()
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
    assert len(service.pushed) == 1, "others are not kept waiting"


@pytest.mark.parametrize("nonsense", ["", "{}", "[]", "null", '{"endpoint": "https://push.example.org/x", "keys": {}}'])
def test_nonsense_instead_of_a_subscription_is_refused(settings: Settings, nonsense: str) -> None:
    error = refusal(settings, replace(MESSAGE, to=nonsense))
    assert (error.reason, error.passing) == ("push_refused", False)


# ---- Where we do not send ----

BAD_ADDRESSES = [
    "http://push.example.org/x",
    "ftp://push.example.org/x",
    "//push.example.org/x",
    "https:///x",
    "https://user@push.example.org/x",
    "https://push.example.org:99999/x",
    "https://push.example.org:0/x",
    "https://push.example.org/a b",
    "https://push.example.org/\r\nX: y",
    "https://push.example.org/\u00e9",
    "https://push.example.org/" + "x" * 2048,
    "https://" + "x" * 300 + "/",
    "https://localhost/x",
    "https://127.0.0.1/x",
    "https://127.1/x",
    "https://2130706433/x",
    "https://0x7f000001/x",
    "https://10.0.0.1/x",
    "https://169.254.169.254/latest/meta-data",
    "https://[::1]/x",
    "https://[::ffff:127.0.0.1]/x",
    "https://[::ffff:7f00:1]/x",
    "https://[64:ff9b::7f00:1]/x",
    "https://[fe80::1]/x",
    "https://[fd00::1]/x",
    "https://[/x",
    "",
    "\x00",
]


@pytest.mark.parametrize("address", BAD_ADDRESSES)
def test_an_address_that_is_not_a_public_https_one_is_refused_when_a_device_joins_and_when_something_is_sent(
    settings: Settings, address: str
) -> None:
    with pytest.raises(DeliveryError) as refused:
        web_push.check_endpoint(address, settings)
    assert (refused.value.reason, refused.value.passing) == ("endpoint_refused", False)
    error = refusal(settings, to(Device(address)))
    assert (error.reason, error.passing, error.gone) == ("endpoint_refused", False, False)


PRIVATE = [
    "0.0.0.0", "10.1.2.3", "100.64.0.1", "100.127.255.254", "127.0.0.1", "127.255.255.255", "169.254.169.254",
    "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1",
    "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "64:ff9b::7f00:1", "64:ff9b::808:808",
    "64:ff9b:1::1", "100::1", "2001::1", "2001:10::1", "2001:db8::1", "2002:7f00:1::1", "3fff::1", "5f00::1",
    "fc00::1", "fd12::1", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "nonsense",
]  # fmt: skip
PUBLIC = [
    "1.1.1.1", "100.63.255.255", "100.128.0.1", "172.15.1.1", "172.32.0.1", "142.250.1.1", "2606:4700::1",
    "2a00:1450::1", "2400:3200::1",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_every_kind_of_private_address_is_known(address: str) -> None:
    assert not outbound.is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_let_through(address: str) -> None:
    assert outbound.is_public(address)


def resolve(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Let the name server give these answers, one a question; returns the names that were asked for."""
    asked: list[str] = []

    def getaddrinfo(host: str, port: int, **_options: Any) -> list[Any]:
        addresses = answers[min(len(asked), len(answers) - 1)]
        asked.append(host)
        return [
            (socket.AF_INET6, 1, 6, "", (a, port, 0, 0)) if ":" in a else (socket.AF_INET, 1, 6, "", (a, port))
            for a in addresses
        ]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


@pytest.mark.parametrize("also", ["127.0.0.1", "::1", "10.0.0.7", "::ffff:10.0.0.7", "64:ff9b::a00:7"])
def test_a_name_with_one_private_address_among_public_ones_is_refused(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, also: str
) -> None:
    asked = resolve(monkeypatch, ["142.250.1.1", also])
    with pytest.raises(DeliveryError, match="endpoint_refused"):
        web_push.check_endpoint("https://push.example.org/x", settings)
    assert refusal(settings, to(Device("https://push.example.org/x"))).reason == "endpoint_refused"
    assert asked == ["push.example.org", "push.example.org"]


def test_a_name_that_was_public_when_the_device_joined_and_is_private_now_is_refused(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve(monkeypatch, ["142.250.1.1"], ["127.0.0.1"])
    web_push.check_endpoint("https://push.example.org/x", settings)
    assert refusal(settings, to(Device("https://push.example.org/x"))).reason == "endpoint_refused"


def test_the_connection_goes_to_the_address_that_was_checked(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name server that answers otherwise the second time is not asked a second time (DNS rebinding)."""
    with running(tmp_path, "push.example.org") as service:
        asked = resolve(monkeypatch, ["127.0.0.1"], ["142.250.1.1"])
        send(service.settings(settings, "push.example.org"), to(service.device("push.example.org")))
        assert asked == ["push.example.org"]
        assert service.pushed[0].headers["Host"] == f"push.example.org:{service.port}"


def test_the_name_is_proved_by_tls(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with running(tmp_path, "other.example.org") as service:
        resolve(monkeypatch, ["127.0.0.1"])
        error = refusal(service.settings(settings, "push.example.org"), to(service.device("push.example.org")))
    assert (error.reason, error.passing) == ("push_unreachable", True)
    assert "certificate" in error.detail
    assert service.requests == 0


def test_a_certificate_nobody_vouches_for_is_refused(allowed: Settings, service: PushService) -> None:
    unknown = replace(allowed, push=replace(allowed.push, test_ca=None))
    assert "certificate" in refusal(unknown, to(service.device())).detail


def test_the_authority_of_tests_vouches_for_test_hosts_alone(
    settings: Settings, service: PushService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbound, "is_public", lambda address: True)
    elsewhere = service.settings(settings, "another.example.org")
    assert "certificate" in refusal(elsewhere, to(service.device())).detail


def test_a_proxy_of_the_environment_is_not_asked(
    allowed: Settings, service: PushService, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    send(allowed, to(service.device()))
    assert len(service.pushed) == 1


def test_a_name_nobody_knows_may_be_known_later(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_arguments: Any, **_options: Any) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(DeliveryError) as refused:
        web_push.check_endpoint("https://push.example.org/x", settings)
    assert (refused.value.reason, refused.value.passing) == ("push_unreachable", True)
