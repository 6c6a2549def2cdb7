"""E-mail by SMTP: one connection for a batch, text and HTML in each message, one-click unsubscribing (RFC 8058)."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime, parseaddr

from ..config import Smtp
from . import DeliveryError

TIMEOUT_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Email:
    """A message ready to go. The same `key` gives the same Message-ID, so that a repeat after a crash is recognisable."""

    to: str
    subject: str
    text: str
    html: str
    key: str
    unsubscribe_url: str | None = None


class Mailer:
    """An open connection to the SMTP server."""

    def __init__(self, connection: smtplib.SMTP, mail_from: str) -> None:
        self._connection, self._from = connection, mail_from

    def send(self, email: Email, now: datetime) -> None:
        """Hand one message over. Raises DeliveryError; a refused address is not worth a retry."""
        message = compose(email, self._from, now)
        try:
            self._connection.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            code, text = next(iter(error.recipients.values()))
            raise DeliveryError("address_refused", passing=code < 500, detail=_plain(text)) from error
        except smtplib.SMTPResponseException as error:
            raise DeliveryError("refused", passing=error.smtp_code < 500, detail=_plain(error.smtp_error)) from error
        except (OSError, smtplib.SMTPException) as error:
            raise DeliveryError("connection_lost", detail=str(error)) from error


@contextmanager
def connect(smtp: Smtp | None, mail_from: str) -> Iterator[Mailer]:
    """Open a connection for a batch. Raises DeliveryError when there is no server, or it cannot be reached or signed in to."""
    if smtp is None:
        raise DeliveryError("not_configured", passing=True)
    connection = _open(smtp)
    try:
        yield Mailer(connection, mail_from)
    finally:
        _close(connection)


def compose(email: Email, mail_from: str, now: datetime) -> EmailMessage:
    """The message as it travels; header injection by line breaks is refused by the e-mail policy itself."""
    message = EmailMessage(policy=SMTP_POLICY)
    domain = parseaddr(mail_from)[1].rpartition("@")[2] or "localhost"
    message["Message-ID"] = f"<{email.key}@{domain}>"
    message["Date"] = format_datetime(now)
    message["From"], message["To"], message["Subject"] = mail_from, email.to, email.subject
    message["Auto-Submitted"] = "auto-generated"
    if email.unsubscribe_url:
        message["List-Unsubscribe"] = f"<{email.unsubscribe_url}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(email.text)
    message.add_alternative(email.html, subtype="html")
    return message


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
