"""How a message is carried: one small file a channel, all with one contract.

Each offers `connect(settings)`, a context manager that gives a Carrier for a batch. `Carrier.send` returns when the message was
handed over and raises DeliveryError when not; so does `connect`, when no message could be.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol


class DeliveryError(Exception):
    """The message was not handed over. `reason` is a short code a page can put into words; `passing` says a retry may help.

    `gone` says that the target will never take a message again, so that it can be forgotten; `wait` is how long the other side
    asked us to leave it alone.
    """

    def __init__(self, reason: str, *, passing: bool = True, detail: str = "", gone: bool = False,
                 wait: timedelta | None = None) -> None:  # fmt: skip
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason, self.passing, self.detail, self.gone, self.wait = reason, passing, detail, gone, wait


@dataclass(frozen=True, slots=True)
class Action:
    """A button on a notification: its name for the service worker, its label, and the address it opens."""

    name: str
    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that travels with an e-mail: its name, its media type (application/...), its bytes."""

    name: str
    kind: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Message:
    """A message ready to go. `to` is an address: an e-mail address, or a push subscription as JSON.

    The same `key` gives the same Message-ID and push topic, so that a repeat after a crash is recognisable and takes the first
    one's place. `title` and `text` may be seen by anybody; `expires_at` is when it no longer helps.
    Only e-mail carries `attachments`.
    """

    to: str
    title: str
    text: str
    key: str
    html: str = ""
    url: str = "/"
    actions: tuple[Action, ...] = ()
    unsubscribe_url: str | None = None
    sender_name: str | None = None
    reply_to: str | None = None
    is_urgent: bool = False
    expires_at: datetime | None = None
    attachments: tuple[Attachment, ...] = ()


class Carrier(Protocol):
    """An open way to hand messages over."""

    def send(self, message: Message, now: datetime) -> None:
        """Hand one message over; `now` is the instant (aware) it carries. Raises DeliveryError."""
