"""E-mail through mail servers that answer as they are told: with and without pipelining (RFC 2920), refusing, hanging up."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import pytest

from planner.config import Settings, Smtp
from planner.delivery import DeliveryError, email
from planner.delivery.email import connect
from tests.delivery.test_email import MAIL, NOW, SENDER

HANGS_UP = "hangs up"
USUAL = {"EHLO": "250 here", "MAIL": "250 sender", "RCPT": "250 recipient", "DATA": "354 go on", ".": "250 taken",
         "RSET": "250 forgotten", "QUIT": "221 bye"}  # fmt: skip


@dataclass
class Server:
    """A mail server. `says` are its answers otherwise than usual, each used once; `extensions` are what it announces."""

    extensions: tuple[str, ...] = ()
    says: dict[str, str] = field(default_factory=dict)
    commands: list[str] = field(default_factory=list)
    taken: list[bytes] = field(default_factory=list)
    connections: int = 0

    def serve(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _address = listener.accept()
            except OSError:
                return
            self.connections += 1
            with connection, connection.makefile("rb") as lines:
                connection.sendall(b"220 here\r\n")
                self._talk(connection, iter(lines.readline, b""))

    def _talk(self, connection: socket.socket, lines: Iterator[bytes]) -> None:
        for line in lines:
            command = line[:4].decode().strip().upper()
            self.commands.append(line.decode().strip())
            answer = self.says.pop(command, USUAL[command])
            if command == "EHLO":
                answer = "\r\n".join(["250-here", *(f"250-{name}" for name in self.extensions), "250 HELP"])
            if not self._answer(connection, answer):
                return
            if command == "DATA" and answer.startswith("354"):
                content = b"".join(iter(lambda: next(lines), b".\r\n"))
                self.commands.append(".")
                answer = self.says.pop(".", USUAL["."])
                if answer.startswith("250"):
                    self.taken.append(content)
                if not self._answer(connection, answer):
                    return

    def _answer(self, connection: socket.socket, answer: str) -> bool:
        """Whether the talk goes on."""
        if answer != HANGS_UP:
            connection.sendall(f"{answer}\r\n".encode())
        return answer != HANGS_UP and not answer.startswith(("421", "221"))


Start = Callable[[Server], Settings]


@pytest.fixture
def start(settings: Settings) -> Iterator[Start]:
    listeners = []

    def serve(server: Server) -> Settings:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)
        threading.Thread(target=server.serve, args=(listener,), daemon=True).start()
        port = listener.getsockname()[1]
        return replace(settings, smtp=Smtp("127.0.0.1", port, None, None, "plain"), mail_from=SENDER)

    yield serve
    for listener in listeners:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


TOGETHER = pytest.mark.parametrize("extensions", [(), ("PIPELINING", "SIZE 1000000")], ids=["in steps", "together"])


@TOGETHER
def test_a_message_arrives_the_same_either_way(start: Start, extensions: tuple[str, ...]) -> None:
    server = Server(extensions)
    with connect(start(server)) as mailer:
        mailer.send(MAIL, NOW)
    asked = [command.split(" ")[0].upper() for command in server.commands]
    assert asked == ["EHLO", "MAIL", "RCPT", "DATA", ".", "QUIT"]
    assert "<sun@example.org>" in server.commands[2]
    assert server.taken == [email.compose(MAIL, SENDER, NOW)]
    assert f"SIZE={len(server.taken[0])}" in server.commands[1].upper() or not extensions


class OnlyTogether(Server):
    """Says nothing before it was asked all three, as no server that is asked in steps could."""

    def _answer(self, connection: socket.socket, answer: str) -> bool:
        if answer == USUAL["MAIL"]:
            return True
        if answer == USUAL["RCPT"]:
            return True
        if answer == USUAL["DATA"]:
            answer = "\r\n".join((USUAL["MAIL"], USUAL["RCPT"], answer))
        return super()._answer(connection, answer)


def test_all_that_is_asked_before_the_content_goes_in_one_piece(start: Start) -> None:
    server = OnlyTogether(("PIPELINING",))
    with connect(start(server)) as mailer:
        for _ in range(3):
            mailer.send(MAIL, NOW)
    assert (len(server.taken), server.connections) == (3, 1)


@TOGETHER
@pytest.mark.parametrize("code", [450, 550])
@pytest.mark.parametrize(("command", "reason"), [
    ("MAIL", "refused"), ("RCPT", "address_refused"), ("DATA", "refused"), (".", "refused"),
])  # fmt: skip
def test_a_refusal_at_each_step_says_whether_trying_again_helps_and_spares_the_next_message(
    start: Start, extensions: tuple[str, ...], command: str, reason: str, code: int
) -> None:
    # A server that refused the sender or the recipient refuses the content too; of one that does not, see below.
    after = {"MAIL": {"RCPT": "503 no sender", "DATA": "503 no sender"}, "RCPT": {"DATA": "503 nobody"}}.get(
        command, {}
    )
    server = Server(extensions, {command: f"{code} not this one", **(after if extensions else {})})
    with connect(start(server)) as mailer:
        with pytest.raises(DeliveryError) as refused:
            mailer.send(MAIL, NOW)
        mailer.send(replace(MAIL, key="next"), NOW)
    assert (refused.value.reason, refused.value.passing) == (reason, code < 500)
    assert refused.value.detail == "not this one"
    assert [b"<next@" in content for content in server.taken] == [True]
    assert server.connections == 1


def test_a_server_that_waits_for_content_to_nobody_gets_an_empty_one(start: Start) -> None:
    server = Server(("PIPELINING",), {"RCPT": "550 no such mailbox", ".": "554 no valid recipients"})
    with connect(start(server)) as mailer:
        with pytest.raises(DeliveryError, match="address_refused: no such mailbox"):
            mailer.send(MAIL, NOW)
        mailer.send(replace(MAIL, key="next"), NOW)
    assert [b"<next@" in content for content in server.taken] == [True]
    asked = [command.split(" ")[0] for command in server.commands]
    assert asked[:6] == ["ehlo", "MAIL", "RCPT", "DATA", ".", "rset"]


@TOGETHER
@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA", "."])
def test_a_server_that_hangs_up_in_between_is_worth_another_try(
    start: Start, extensions: tuple[str, ...], command: str
) -> None:
    server = Server(extensions, {command: HANGS_UP})
    configured = start(server)
    with connect(configured) as mailer:
        for _ in range(2):
            with pytest.raises(DeliveryError, match="connection_lost") as lost:
                mailer.send(MAIL, NOW)
            assert lost.value.passing
    with connect(configured) as mailer:
        mailer.send(MAIL, NOW)
    assert (len(server.taken), server.connections) == (1, 2)


@TOGETHER
@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA", "."])
def test_a_server_that_says_it_closes_is_believed(start: Start, extensions: tuple[str, ...], command: str) -> None:
    server = Server(extensions, {command: "421 we close"})
    with connect(start(server)) as mailer:
        with pytest.raises(DeliveryError, match="refused: we close") as refused:
            mailer.send(MAIL, NOW)
        with pytest.raises(DeliveryError, match="connection_lost"):
            mailer.send(MAIL, NOW)
    assert refused.value.passing
    assert server.taken == []


def test_a_server_that_refuses_and_hangs_up_is_heard(start: Start) -> None:
    server = Server(("PIPELINING",), {"MAIL": "550 we do not know you", "RCPT": HANGS_UP})
    with connect(start(server)) as mailer, pytest.raises(DeliveryError, match="refused: we do not know you") as refused:
        mailer.send(MAIL, NOW)
    assert not refused.value.passing


@TOGETHER
def test_a_dot_at_the_start_of_a_line_ends_nothing(
    start: Start, extensions: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Server(extensions)
    monkeypatch.setattr(email, "compose", lambda *_given: b"X: y\r\n\r\n.\r\n.more\r\n")
    with connect(start(server)) as mailer:
        mailer.send(MAIL, NOW)
    assert server.taken == [b"X: y\r\n\r\n..\r\n..more\r\n"]


@TOGETHER
def test_an_address_cannot_add_a_recipient(start: Start, extensions: tuple[str, ...]) -> None:
    server = Server(extensions)
    with connect(start(server)) as mailer:
        for evil in ("a@example.org>\r\nRCPT TO:<b@example.org", "a@example.org\nRCPT TO:<b@example.org>"):
            with pytest.raises(ValueError, match="line break"):
                mailer.send(replace(MAIL, to=evil), NOW)
        mailer.send(replace(MAIL, to="Sun <sun@example.org>"), NOW)
    assert [command.upper() for command in server.commands if command.upper().startswith("RCPT")] == [
        "RCPT TO:<SUN@EXAMPLE.ORG>"
    ]
