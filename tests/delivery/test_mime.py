"""What an e-mail looks like on the wire: read back by the library, and by the rules of RFC 5322."""

from __future__ import annotations

from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime

import pytest

from planner.delivery import Attachment, Message
from planner.delivery.mime import compose
from tests.delivery.test_email import MAIL, NOW, SENDER

LONG = "https://plan.example.org/reminders/stop/" + "x" * 200
MAILS = {
    "plain": replace(MAIL, title="Steady: a reminder", unsubscribe_url=None),
    "foreign": replace(MAIL, title="稳步：12月18日 海尔分期 ¥1,816.67" * 6, sender_name="王老师", reply_to="wang@agency.example"),
    "long": replace(MAIL, title="a word, another" * 12, unsubscribe_url=LONG, sender_name=" ".join(["A long name"] * 8)),
    "empty": replace(MAIL, text="", html=""),
    "lines": replace(MAIL, text="one\ntwo\r\n.\n--three\n" * 40, html="<p>=_</p>\n" * 400),
    "files": replace(MAIL, attachments=(Attachment("方案.pdf", "application/pdf", b"%PDF\n.\n" * 900),
                                        Attachment("b.json", "application/json", b""))),
}  # fmt: skip


def read(mail: Message) -> EmailMessage:
    return message_from_bytes(compose(mail, SENDER, NOW), policy=policy.default)  # type: ignore[return-value]  # the modern policy gives an EmailMessage, a part its bytes


@pytest.mark.parametrize("mail", MAILS.values(), ids=MAILS.keys())
def test_everything_is_read_back_as_it_was_meant(mail: Message) -> None:
    found = read(mail)
    assert [part.defects for part in found.walk()] == [[] for _ in found.walk()]
    assert found["Subject"] == mail.title
    assert found["To"] == mail.to
    assert parsedate_to_datetime(found["Date"]) == NOW
    [sender] = found["From"].addresses
    assert sender.addr_spec == "no-reply@plan.example.org"
    assert sender.display_name == (f"{mail.sender_name} (Steady)" if mail.sender_name else "Steady")
    assert found["Reply-To"] == (mail.reply_to or SENDER)
    assert found["List-Unsubscribe"] == (f"<{mail.unsubscribe_url}>" if mail.unsubscribe_url else None)
    for kind, text in (("plain", mail.text), ("html", mail.html)):
        part = found.get_body((kind,))
        assert part is not None
        assert part.get_payload(decode=True).decode("utf-8") == text  # type: ignore[union-attr]  # the modern policy gives an EmailMessage, a part its bytes
    files = [(part.get_filename(), part.get_payload(decode=True)) for part in found.iter_attachments()]
    assert files == [(file.name, file.content) for file in mail.attachments] or not mail.attachments


@pytest.mark.parametrize("mail", MAILS.values(), ids=MAILS.keys())
def test_every_line_is_one_that_mail_servers_take(mail: Message) -> None:
    raw = compose(mail, SENDER, NOW)
    lines = raw.split(b"\r\n")
    assert raw.isascii()
    assert b"\r\n".join(lines).count(b"\n") == len(lines) - 1 == raw.count(b"\r")
    assert all(len(line) <= 78 or b"https://" in line for line in lines)
    assert raw.endswith(b"--\r\n")


def test_a_line_between_parts_stands_in_none_of_them() -> None:
    for mail in MAILS.values():
        found = read(mail)
        for part in found.walk():
            if part.is_multipart():
                line = f"--{part.get_boundary()}".encode()
                assert compose(mail, SENDER, NOW).count(line) == len(part.get_payload()) + 1  # type: ignore[arg-type]  # the modern policy gives an EmailMessage, a part its bytes


@pytest.mark.parametrize("field", ["title", "to", "reply_to", "unsubscribe_url", "sender_name", "key"])
def test_no_field_can_add_a_header(field: str) -> None:
    for broken in ("x\r\nBcc: evil@example.org", "x\nBcc: evil@example.org", "x\rBcc: evil@example.org"):
        with pytest.raises(ValueError, match="line break"):
            compose(replace(MAIL, **{field: broken}), SENDER, NOW)
