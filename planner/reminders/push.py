"""Stand-in until the push room lands."""

from __future__ import annotations

from ..extensions import db
from ..models import PushSubscription


def forget(subscription: PushSubscription) -> None:
    db.session.delete(subscription)


def note_fault(subscription: PushSubscription, reason: str | None) -> None:
    subscription.fault = reason
