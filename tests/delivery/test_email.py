"""E-mail through a real SMTP server on this machine, and through ones that refuse."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from planner.config import Settings, Smtp
from planner.delivery import Attachment, DeliveryError, Message
from planner.delivery.email import connect
from planner.delivery.mime import compose

NOW = datetime(2026, 12, 9, 1, tzinfo=UTC)
MAIL = Message(
    to="sun@example.org",
    title="稳步：12月18日有一件事要办",
    text="文字 text",
    key="key-1",
    html="<p>文字</p>",
    unsubscribe_url="https://plan.example.org/stop/x",
)
SENDER = "Steady <no-reply@plan.example.org>"


class Sink:
    """Keeps what arrives; refuses addresses that begin with "nobody" for good, and with "later" for now."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address.startswith("nobody"):
            return "550 no such mailbox"
        if address.startswith("later"):
            return "451 come back later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.messages.append(message_from_bytes(envelope.content, policy=policy.default))  # type: ignore[arg-type]
        return "250 OK"


@pytest.fixture
def sink(settings: Settings) -> Iterator[tuple[Sink, Settings]]:
    """A real SMTP server on this machine."""
    handler = Sink()
    controller = Controller(handler, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield handler, replace(settings, smtp=Smtp("127.0.0.1", controller.port, None, None, "plain"), mail_from=SENDER)
    controller.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_message_arrives_as_text_and_html_with_a_way_out(sink: tuple[Sink, Settings]) -> None:
    handler, configured = sink
    with connect(configured) as mailer:
        mailer.send(MAIL, NOW)
    [arrived] = handler.messages
    assert arrived["Subject"] == MAIL.title
    assert arrived["Message-ID"] == "<key-1@plan.example.org>"
    assert arrived["List-Unsubscribe"] == "<https://plan.example.org/stop/x>"
    assert arrived["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert arrived.get_body(("plain",)).get_content().strip() == MAIL.text  # type: ignore[union-attr]
    assert MAIL.html in arrived.get_body(("html",)).get_content()  # type: ignore[union-attr]


def test_one_connection_carries_a_batch(sink: tuple[Sink, Settings]) -> None:
    handler, configured = sink
    with connect(configured) as mailer:
        for _ in range(5):
            mailer.send(MAIL, NOW)
    assert len(handler.messages) == 5


@pytest.mark.parametrize(("address", "passing"), [("nobody@example.org", False), ("later@example.org", True)])
def test_a_refused_address_says_whether_trying_again_helps_and_spares_the_next(
    sink: tuple[Sink, Settings], address: str, passing: bool
) -> None:
    handler, configured = sink
    with connect(configured) as mailer:
        with pytest.raises(DeliveryError) as refused:
            mailer.send(replace(MAIL, to=address), NOW)
        mailer.send(MAIL, NOW)
    assert (refused.value.reason, refused.value.passing) == ("address_refused", passing)
    assert len(handler.messages) == 1


def test_no_server_and_no_configuration_are_told_apart(settings: Settings) -> None:
    with pytest.raises(DeliveryError, match="not_configured"), connect(replace(settings, smtp=None)):
        pass
    away = Smtp("127.0.0.1", free_port(), None, None, "plain")
    with pytest.raises(DeliveryError, match="unreachable"), connect(replace(settings, smtp=away)):
        pass


def test_a_line_break_cannot_add_headers() -> None:
    with pytest.raises(ValueError, match="line break"):
        compose(replace(MAIL, title="x\r\nBcc: evil@example.org"), SENDER, NOW)


def test_answers_go_to_us_unless_a_known_person_signs(sink: tuple[Sink, Settings]) -> None:
    handler, configured = sink
    with connect(configured) as mailer:
        mailer.send(MAIL, NOW)
        mailer.send(replace(MAIL, sender_name="王老师", reply_to="wang@agency.example"), NOW)
    own, signed = handler.messages
    assert own["Reply-To"] == own["From"] == SENDER
    assert signed["From"].addresses[0].display_name == "王老师 (Steady)"
    assert signed["From"].addresses[0].addr_spec == "no-reply@plan.example.org"
    assert signed["Reply-To"] == "wang@agency.example"


def test_a_file_arrives_beside_the_text_byte_for_byte(sink: tuple[Sink, Settings]) -> None:
    handler, configured = sink
    content = bytes(range(256)) * 700
    files = (Attachment("方案 RP-1.pdf", "application/pdf", content), Attachment("a.json", "application/json", b"{}"))
    with connect(configured) as mailer:
        mailer.send(replace(MAIL, attachments=files), NOW)
    [arrived] = handler.messages
    first, second = arrived.iter_attachments()
    assert (first.get_filename(), first.get_content_type(), first.get_content()) == (
        files[0].name,
        files[0].kind,
        content,
    )
    assert second.get_filename() == "a.json"
    assert arrived.get_body(("plain",)).get_content().strip() == MAIL.text  # type: ignore[union-attr]
    assert MAIL.html in arrived.get_body(("html",)).get_content()  # type: ignore[union-attr]


def test_a_name_with_a_line_break_adds_no_header(sink: tuple[Sink, Settings]) -> None:
    handler, configured = sink
    evil = (Attachment("x\r\nBcc: evil@example.org", "application/pdf", b"x"),)
    with connect(configured) as mailer:
        mailer.send(replace(MAIL, attachments=evil), NOW)
    [arrived] = handler.messages
    [file] = arrived.iter_attachments()
    assert (arrived["Bcc"], file["Bcc"], file.get_content()) == (None, None, b"x")
