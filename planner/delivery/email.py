"""E-mail by SMTP: one connection for a batch, text and HTML in each message, one-click unsubscribing (RFC 8058)."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime, formataddr, parseaddr

from ..config import Settings, Smtp
from . import DeliveryError, Message

TIMEOUT_SECONDS = 20


class Mailer:
    """An open connection to the SMTP server."""

    def __init__(self, connection: smtplib.SMTP, mail_from: str) -> None:
        self._connection, self._from = connection, mail_from

    def send(self, message: Message, now: datetime) -> None:
        """Hand one message over. Raises DeliveryError; a refused address is not worth a retry."""
        try:
            self._connection.send_message(compose(message, self._from, now))
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


def compose(message: Message, mail_from: str, now: datetime) -> EmailMessage:
    """The message as it travels; header injection by line breaks is refused by the e-mail policy itself.

    The same `key` gives the same Message-ID. A known person's name stands in From before ours; answers go to them.
    """
    mail = EmailMessage(policy=SMTP_POLICY)
    own_name, address = parseaddr(mail_from)
    mail["Message-ID"] = f"<{message.key}@{address.rpartition('@')[2] or 'localhost'}>"
    mail["Date"] = format_datetime(now)
    name = f"{message.sender_name} ({own_name})" if message.sender_name else own_name
    mail["From"] = formataddr((name, address)) if name else mail_from
    mail["To"], mail["Subject"] = message.to, message.title
    mail["Reply-To"] = message.reply_to or mail_from
    mail["Auto-Submitted"] = "auto-generated"
    if message.unsubscribe_url:
        mail["List-Unsubscribe"] = f"<{message.unsubscribe_url}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(message.text)
    mail.add_alternative(message.html, subtype="html")
    for file in message.attachments:
        main, _slash, sub = file.kind.partition("/")
        mail.add_attachment(file.content, maintype=main, subtype=sub, filename=file.name)
    return mail


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
