"""E-mail by SMTP: one connection for a batch, text and HTML in each message, one-click unsubscribing (RFC 8058)."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from email.header import Header
from email.message import Message as Mail
from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import Compat32
from email.utils import format_datetime, formataddr, parseaddr
from typing import Any

from ..config import Settings, Smtp
from . import Attachment, DeliveryError, Message

TIMEOUT_SECONDS = 20
MOST_LINE_CHARACTERS = 78


class _Quick(Compat32):
    """The older of the library's two policies, and headers that need no folding as they are: what a worker's e-mails a second
    hang on is half of it the making of headers."""

    def fold_binary(self, name: str, value: Any) -> bytes:
        """One header as bytes."""
        line = f"{name}: {value}" if isinstance(value, str) else ""
        if line and line.isascii() and len(line) <= MOST_LINE_CHARACTERS and line.isprintable():
            return f"{line}\r\n".encode("ascii")
        return bytes(super().fold_binary(name, value))


_POLICY = _Quick(linesep="\r\n")


class Mailer:
    """An open connection to the SMTP server."""

    def __init__(self, connection: smtplib.SMTP, mail_from: str) -> None:
        self._connection, self._from, self._address = connection, mail_from, parseaddr(mail_from)[1]

    def send(self, message: Message, now: datetime) -> None:
        """Hand one message over. Raises DeliveryError; a refused address is not worth a retry."""
        try:
            self._connection.sendmail(self._address, [message.to], compose(message, self._from, now).as_bytes())
        except smtplib.SMTPRecipientsRefused as error:
            code, text = next(iter(error.recipients.values()))
            raise DeliveryError("address_refused", passing=code < 500, detail=_plain(text)) from error
        except smtplib.SMTPResponseException as error:
            raise DeliveryError("refused", passing=error.smtp_code < 500, detail=_plain(error.smtp_error)) from error
        except (OSError, smtplib.SMTPException) as error:
            raise DeliveryError("connection_lost", detail=str(error)) from error


@contextmanager
def connect(settings: Settings) -> Iterator[Mailer]:
    """Open a connection for a batch. Raises DeliveryError when there is no server, or it cannot be reached or signed in to."""
    if settings.smtp is None:
        raise DeliveryError("not_configured", passing=True)
    connection = _open(settings.smtp)
    try:
        yield Mailer(connection, settings.mail_from)
    finally:
        _close(connection)


def compose(message: Message, mail_from: str, now: datetime) -> Mail:
    """The message as it travels. Raises ValueError for a line break in a header: it could add others.

    The same `key` gives the same Message-ID. A known person's name stands in From before ours; answers go to them.
    """
    own_name, address = parseaddr(mail_from)
    name = f"{message.sender_name} ({own_name})" if message.sender_name else own_name
    mail = MIMEMultipart("mixed" if message.attachments else "alternative", policy=_POLICY)
    headers = {
        "Message-ID": f"<{message.key}@{address.rpartition('@')[2] or 'localhost'}>",
        "Date": format_datetime(now),
        "From": formataddr((name, address)) if name else mail_from,
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
        mail[title] = value if value.isascii() else Header(value, "utf-8")  # type: ignore[assignment]  # as documented
    body = MIMEMultipart("alternative", policy=_POLICY) if message.attachments else mail
    body.attach(MIMEText(message.text, "plain", "utf-8", policy=_POLICY))
    body.attach(MIMEText(message.html, "html", "utf-8", policy=_POLICY))
    for part in [body, *map(_file, message.attachments)] if message.attachments else ():
        mail.attach(part)
    return mail


def _file(attachment: Attachment) -> MIMEApplication:
    """A file as it travels; its name is encoded, so that no line break in it ends the header."""
    kind = attachment.kind.removeprefix("application/")
    part = MIMEApplication(attachment.content, kind, policy=_POLICY)
    name = "".join(sign if sign.isprintable() else " " for sign in attachment.name)
    part.add_header("Content-Disposition", "attachment", filename=name if name.isascii() else ("utf-8", "", name))
    return part


def _open(smtp: Smtp) -> smtplib.SMTP:
    try:
        if smtp.security == "tls":
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                smtp.host, smtp.port, timeout=TIMEOUT_SECONDS, context=ssl.create_default_context()
            )
        else:
            connection = smtplib.SMTP(smtp.host, smtp.port, timeout=TIMEOUT_SECONDS)
        if smtp.security == "starttls":
            connection.starttls(context=ssl.create_default_context())
        if smtp.username:
            connection.login(smtp.username, smtp.password or "")
    except smtplib.SMTPAuthenticationError as error:
        raise DeliveryError("sign_in_refused", detail=_plain(error.smtp_error)) from error
    except (OSError, smtplib.SMTPException) as error:
        raise DeliveryError("unreachable", detail=str(error)) from error
    return connection


def _close(connection: smtplib.SMTP) -> None:
    try:
        connection.quit()
    except (OSError, smtplib.SMTPException):
        connection.close()


def _plain(text: bytes | str) -> str:
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else text
