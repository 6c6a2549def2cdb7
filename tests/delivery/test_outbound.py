"""Where push messages are never sent: what a browser names is checked when the device joins and when something is sent."""

from __future__ import annotations

import socket
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from planner.config import Settings
from planner.delivery import DeliveryError, outbound, web_push
from tests.delivery.push_service import Device, PushService, running
from tests.delivery.test_web_push import allowed, refusal, send, to

__all__ = ["allowed"]

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
    with running(tmp_path, "push.example.org") as push_service:
        asked = resolve(monkeypatch, ["127.0.0.1"], ["142.250.1.1"])
        send(push_service.settings(settings, "push.example.org"), to(push_service.device("push.example.org")))
        assert asked == ["push.example.org"]
        assert push_service.pushed[0].headers["Host"] == f"push.example.org:{push_service.port}"


def test_the_name_is_proved_by_tls(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with running(tmp_path, "other.example.org") as push_service:
        resolve(monkeypatch, ["127.0.0.1"])
        error = refusal(
            push_service.settings(settings, "push.example.org"), to(push_service.device("push.example.org"))
        )
    assert (error.reason, error.passing) == ("push_unreachable", True)
    assert "certificate" in error.detail
    assert push_service.requests == 0


def test_a_certificate_nobody_vouches_for_is_refused(allowed: Settings, push_service: PushService) -> None:
    unknown = replace(allowed, push=replace(allowed.push, test_ca=None))
    assert "certificate" in refusal(unknown, to(push_service.device())).detail


def test_the_authority_of_tests_vouches_for_test_hosts_alone(
    settings: Settings, push_service: PushService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbound, "is_public", lambda address: True)
    elsewhere = push_service.settings(settings, "another.example.org")
    assert "certificate" in refusal(elsewhere, to(push_service.device())).detail


def test_a_proxy_of_the_environment_is_not_asked(
    allowed: Settings, push_service: PushService, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    send(allowed, to(push_service.device()))
    assert len(push_service.pushed) == 1


def test_a_name_nobody_knows_may_be_known_later(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_arguments: Any, **_options: Any) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(DeliveryError) as refused:
        web_push.check_endpoint("https://push.example.org/x", settings)
    assert (refused.value.reason, refused.value.passing) == ("push_unreachable", True)
