"""Web push: one encrypted message for one device, handed to the push service its browser named (RFC 8030).

That address comes from whoever subscribed, so it is checked when the device joins and again when something is sent: https, on the
public internet, no redirect. A push service that fails to answer twice running is left alone for the rest of the batch.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from email.message import Message as Headers
from email.utils import parsedate_to_datetime
from typing import Any

from ..config import Settings
from . import DeliveryError, Message, outbound

MOST_PAYLOAD_BYTES = 3000  # push services take 4096 of the encrypted body
MOST_TITLE_CHARACTERS = 150
LONGEST_TTL = timedelta(weeks=4)
LONGEST_WAIT = timedelta(days=1)
TOPIC_CHARACTERS = 32
MOST_FAILURES = 2


class Pusher:
    """Open connections to push services, one for each that a batch needs."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._connections: dict[str, outbound.Connection] = {}
        self._failures: dict[str, int] = {}

    def send(self, message: Message, now: datetime) -> None:
        """Hand one message over. Raises DeliveryError; `gone` when the device will never take one again."""
        endpoint, body = _sealed(message)
        origin = _origin(endpoint)
        if self._failures.get(origin, 0) >= MOST_FAILURES:
            raise DeliveryError("push_unreachable", detail="it did not answer just now")
        headers = _headers(message, now) | {"Authorization": self._authorization(origin)}
        try:
            answer = self._post(origin, endpoint, body, headers)
        except (OSError, http.client.HTTPException) as error:
            self._failures[origin] = self._failures.get(origin, 0) + 1
            reason = "push_slow" if isinstance(error, TimeoutError) else "push_unreachable"
            raise DeliveryError(reason, detail=str(error)) from error
        self._failures[origin] = 0
        _judge(answer, now)

    def close(self) -> None:
        """Hang up everywhere."""
        for connection in self._connections.values():
            connection.close()

    def _authorization(self, origin: str) -> str:
        from .push_crypto import authorization

        return authorization(self._settings.push.private_key, self._settings.push.subject, origin)

    def _post(self, origin: str, endpoint: str, body: bytes, headers: dict[str, str]) -> outbound.Answer:
        """Post over the open connection; one that ended while it was idle is opened once more."""
        path = outbound.path(endpoint)
        connection = self._connections.get(origin)
        if connection is not None and connection.is_used:
            try:
                return connection.post(path, body, headers)
            except TimeoutError:
                connection.close()
                raise
            except (OSError, http.client.HTTPException):
                connection.close()  # the same topic takes the place of a first copy that did arrive
        self._connections[origin] = connection = self._connection(endpoint)
        try:
            return connection.post(path, body, headers)
        except (OSError, http.client.HTTPException):
            connection.close()
            raise

    def _connection(self, endpoint: str) -> outbound.Connection:
        target = _find(endpoint, self._settings)
        push = self._settings.push
        return outbound.Connection(target, push.test_ca if f"{target.host}:{target.port}" in push.test_hosts else None)


@contextmanager
def connect(settings: Settings) -> Iterator[Pusher]:
    """For a batch: connections are opened when a message needs one, and kept until the end."""
    pusher = Pusher(settings)
    try:
        yield pusher
    finally:
        pusher.close()


def check_endpoint(url: str, settings: Settings) -> None:
    """Raise DeliveryError unless messages may be sent to this address: "endpoint_refused", or a passing "push_unreachable"."""
    try:
        _find(url, settings)
    except OSError as error:
        raise DeliveryError("push_unreachable", detail=str(error)) from error


def check_keys(p256dh: str, auth: str) -> None:
    """Raise ValueError unless these are the keys of a device: a point of P-256 and 16 bytes, in base64url."""
    from .push_crypto import keys

    keys(p256dh, auth)


def public_key(settings: Settings) -> str:
    """What browsers subscribe with: our public key, an uncompressed point in base64url."""
    from .push_crypto import public_key

    return public_key(settings.push.private_key)


def topic(key: str) -> str:
    """32 base64url characters that stand for the key: a message with the same topic takes the place of one still waiting."""
    return base64.urlsafe_b64encode(hashlib.sha256(key.encode()).digest()).decode("ascii")[:TOPIC_CHARACTERS]


def payload(message: Message) -> bytes:
    """What the service worker is given, in JSON. It always fits: the text is cut; buttons and address go if they are too long."""
    for shown in (message, replace(message, actions=()), replace(message, actions=(), url="/")):
        if len(_as_json(shown, "")) <= MOST_PAYLOAD_BYTES:
            break
    whole = _as_json(shown, shown.text)
    if len(whole) <= MOST_PAYLOAD_BYTES:
        return whole
    most = min(len(shown.text), MOST_PAYLOAD_BYTES)
    cut = bisect_right(range(most), MOST_PAYLOAD_BYTES, key=lambda n: len(_as_json(shown, f"{shown.text[:n]}…"))) - 1
    return _as_json(shown, f"{shown.text[:cut].rstrip()}…" if cut > 0 else "")


def _as_json(message: Message, text: str) -> bytes:
    actions = [{"action": action.name, "title": action.label, "url": action.url} for action in message.actions]
    title = message.title[:MOST_TITLE_CHARACTERS]
    shown = {"title": title, "body": text, "url": message.url, "tag": message.key, "actions": actions}
    return json.dumps(shown, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _sealed(message: Message) -> tuple[str, bytes]:
    """The address of the device and the encrypted body. Raises DeliveryError for a subscription nobody could have made."""
    from .push_crypto import encrypt

    try:
        subscription: Any = json.loads(message.to)
        endpoint, keys = str(subscription["endpoint"]), subscription["keys"]
        return endpoint, encrypt(payload(message), keys["p256dh"], keys["auth"])
    except (ValueError, KeyError, TypeError) as error:
        raise DeliveryError("push_refused", passing=False, detail=f"no subscription: {error}") from error


def _headers(message: Message, now: datetime) -> dict[str, str]:
    left = message.expires_at - now if message.expires_at else LONGEST_TTL
    return {
        "TTL": str(int(max(timedelta(0), min(left, LONGEST_TTL)).total_seconds())),
        "Topic": topic(message.key),
        "Urgency": "high" if message.is_urgent else "normal",
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
    }


def _origin(endpoint: str) -> str:
    try:
        return outbound.origin(endpoint)
    except outbound.Refused as error:
        raise DeliveryError("endpoint_refused", passing=False, detail=str(error)) from error


def _find(endpoint: str, settings: Settings) -> outbound.Target:
    try:
        return outbound.find(endpoint, also_private=settings.push.test_hosts)
    except outbound.Refused as error:
        raise DeliveryError("endpoint_refused", passing=False, detail=str(error)) from error


def _judge(answer: outbound.Answer, now: datetime) -> None:
    """Return when the push service took the message; else raise what its status means."""
    status, detail = answer.status, f"{answer.status} {' '.join(answer.text.split())[:120]}"
    if status in range(200, 300):
        return
    if status in (404, 410):
        raise DeliveryError("gone", passing=False, gone=True, detail=detail)
    if status == 429:
        raise DeliveryError("push_busy", detail=detail, wait=_asked_wait(answer.headers, now))
    if status == 408 or status >= 500:
        raise DeliveryError("push_unavailable", detail=detail, wait=_asked_wait(answer.headers, now))
    raise DeliveryError("redirected" if status in range(300, 400) else "push_refused", passing=False, detail=detail)


def _asked_wait(headers: Headers, now: datetime) -> timedelta | None:
    """How long Retry-After asks us to wait, at most a day; a date counts from the answer's own Date, by the same clock."""
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdecimal():
        return timedelta(seconds=min(int(text[:9]), LONGEST_WAIT.total_seconds()))
    until, sent = _date(text), _date(headers.get("Date", ""))
    return max(timedelta(0), min(until - (sent or now), LONGEST_WAIT)) if until else None


def _date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    return date if date.tzinfo else None
