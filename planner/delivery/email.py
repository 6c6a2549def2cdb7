"""E-mail by SMTP: one connection for a batch, text and HTML in each message, one-click unsubscribing (RFC 8058)."""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from email.utils import parseaddr

from ..config import Settings, Smtp
from . import DeliveryError, Message
from .mime import compose

TIMEOUT_SECONDS = 20
TAKEN, GO_ON, CLOSING = 250, 354, 421
# What is asked together, by the answers that let it go on and the reason when it does not: sender, recipient, content.
_ASKED = (("refused", (TAKEN,)), ("address_refused", (TAKEN, 251)), ("refused", (GO_ON,)))
_ORDINARY = re.compile(r"[\w.+-]+@[\w.-]+", re.ASCII)


class Mailer:
    """An open connection to the SMTP server."""

    def __init__(self, connection: smtplib.SMTP, mail_from: str) -> None:
        self._connection, self._from, self._address = connection, mail_from, parseaddr(mail_from)[1]
        self._quoted = smtplib.quoteaddr(self._address)
        self._hand_over = self._together if connection.has_extn("pipelining") else self._in_steps

    def send(self, message: Message, now: datetime) -> None:
        """Hand one message over. Raises DeliveryError; a refused address is not worth a retry."""
        mail = compose(message, self._from, now)
        try:
            self._hand_over(message.to, mail)
        except smtplib.SMTPRecipientsRefused as error:
            code, text = next(iter(error.recipients.values()))
            raise _refusal("address_refused", code, text) from error
        except smtplib.SMTPResponseException as error:
            raise _refusal("refused", error.smtp_code, error.smtp_error) from error
        except (OSError, smtplib.SMTPException) as error:
            raise DeliveryError("connection_lost", detail=str(error)) from error

    def _in_steps(self, to: str, mail: bytes) -> None:
        self._connection.sendmail(self._address, [to], mail)

    def _together(self, to: str, mail: bytes) -> None:
        """All that is asked before the content goes in one piece (RFC 2920): two ways there and back instead of four."""
        size = f" SIZE={len(mail)}" if self._connection.has_extn("size") else ""
        recipient = f"<{to}>" if _ORDINARY.fullmatch(to) else smtplib.quoteaddr(to)
        self._connection.send(f"MAIL FROM:{self._quoted}{size}\r\nRCPT TO:{recipient}\r\nDATA\r\n".encode("ascii"))
        self._read_answers()
        self._connection.send(mail.replace(b"\r\n.", b"\r\n..") + b".\r\n")
        code, text = self._connection.getreply()
        if code != TAKEN:
            self._leave(code)
            raise _refusal("refused", code, text)

    def _read_answers(self) -> None:
        """Each is answered, whatever became of the one before. Raises what the first refusal means."""
        refusal, code = None, 0
        for reason, wanted in _ASKED:
            try:
                code, text = self._connection.getreply()
            except smtplib.SMTPServerDisconnected:
                if refusal is None:
                    raise
                break  # it said why before it hung up
            if code not in wanted and refusal is None:
                refusal = _refusal(reason, code, text)
            if code == CLOSING:
                break
        if refusal is not None:
            self._leave(code)
            raise refusal

    def _leave(self, code: int) -> None:
        """End what was begun, so that the next message finds the connection free, or closed when the server closes it."""
        if code == CLOSING:
            self._connection.close()
            return
        with suppress(OSError):
            if code == GO_ON:  # it waits for a message to nobody: RFC 2920 gives it an empty one
                self._connection.send(b".\r\n")
                self._connection.getreply()
            self._connection.rset()


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
        connection.ehlo_or_helo_if_needed()
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


def _refusal(reason: str, code: int, text: bytes | str) -> DeliveryError:
    return DeliveryError(reason, passing=code < 500, detail=_plain(text))


def _plain(text: bytes | str) -> str:
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else text
