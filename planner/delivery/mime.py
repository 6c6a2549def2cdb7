"""An e-mail as it travels: headers, text and HTML, and files beside them, written line by line.

The library's own writer takes longer for a message than the mail server does, and most of that for headers that need nothing
done to them. It is left what it alone does well: encoded words, and the names of files.
"""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime
from email.header import Header
from email.mime.application import MIMEApplication
from email.policy import compat32
from email.utils import format_datetime, formataddr, parseaddr
from functools import lru_cache

from . import Attachment, Message

MOST_LINE_CHARACTERS = 78
_FILES = compat32.clone(linesep="\r\n")


def compose(message: Message, mail_from: str, now: datetime) -> bytes:
    """The message as it travels. Raises ValueError for a line break in a header: it could add others.

    The same `key` gives the same Message-ID. A known person's name stands in From before ours; answers go to them.
    """
    own_name, address = _parsed(mail_from)
    name = f"{message.sender_name} ({own_name})" if message.sender_name else own_name
    headers = {
        "Message-ID": f"<{message.key}@{address.rpartition('@')[2] or 'localhost'}>",
        "Date": _instant(now),
        "From": _sender((name, address)) if name else mail_from,
        "To": message.to,
        "Subject": message.title,
        "Reply-To": message.reply_to or mail_from,
        "Auto-Submitted": "auto-generated",
    }
    if message.unsubscribe_url:
        headers["List-Unsubscribe"] = f"<{message.unsubscribe_url}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    for title, value in headers.items():
        if "\r" in value or "\n" in value:
            raise ValueError(f"a line break in {title}")
    lines = [_header(title, value) for title, value in headers.items()]
    return "".join(["MIME-Version: 1.0\r\n", *lines]).encode("ascii") + _content(message)


def _content(message: Message) -> bytes:
    """The text in both forms, and around it, when there are any, the files."""
    both = _multipart("alternative", message.key, [_text("plain", message.text), _text("html", message.html)])
    if not message.attachments:
        return both
    return _multipart("mixed", message.key, [both, *map(_file, message.attachments)])


def _multipart(kind: str, key: str, parts: list[bytes]) -> bytes:
    """Parts with a line between them that none of them holds: base64 knows no underscore, a name is written without one."""
    line = f"=_{hashlib.sha256(f'{kind} {key}'.encode()).hexdigest()[:32]}"
    start, between = f'Content-Type: multipart/{kind};\r\n boundary="{line}"\r\n\r\n'.encode(), f"--{line}\r\n".encode()
    return start + b"".join(between + part for part in parts) + f"--{line}--\r\n".encode()


def _text(kind: str, text: str) -> bytes:
    head = f'Content-Type: text/{kind}; charset="utf-8"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    return head.encode() + base64.encodebytes(text.encode("utf-8")).replace(b"\n", b"\r\n")


def _file(attachment: Attachment) -> bytes:
    """A file as it travels; its name is encoded, so that no line break in it ends the header."""
    part = MIMEApplication(attachment.content, attachment.kind.removeprefix("application/"), policy=_FILES)
    name = "".join(sign if sign.isprintable() else " " for sign in attachment.name)
    part.add_header("Content-Disposition", "attachment", filename=name if name.isascii() else ("utf-8", "", name))
    return part.as_bytes()


def _header(title: str, value: str) -> str:
    """One header with its line break. Only what is foreign, or long and can be folded, needs the library."""
    line = f"{title}: {value}"
    is_plain = value.isascii() and value.isprintable()
    if is_plain and (len(line) <= MOST_LINE_CHARACTERS or " " not in value):
        return f"{line}\r\n"
    return _encoded(title, value)


@lru_cache(maxsize=256)
def _encoded(title: str, value: str) -> str:
    """A header with encoded words (RFC 2047), folded. Most subjects are one of a few."""
    words = Header(value, "us-ascii" if value.isascii() else "utf-8", header_name=title).encode(linesep="\r\n")
    return f"{title}: {words}\r\n"


# The same for every message of a batch, or nearly.
_parsed = lru_cache(maxsize=8)(parseaddr)
_instant = lru_cache(maxsize=8)(format_datetime)
_sender = lru_cache(maxsize=64)(formataddr)
