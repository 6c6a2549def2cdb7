"""One reminder before it is a row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from ..engine.reminding import Drop
from ..models import ReminderKind


@dataclass(frozen=True, slots=True)
class Planned:
    """One reminder: `key` names it for good. `channels` None: those of the household. `dropped`: why it is not to be sent."""

    key: str
    kind: ReminderKind
    loan_id: int | None
    n: int | None
    due_on: date
    step: int
    fire_at: datetime
    channels: tuple[str, ...] | None = None
    short_minor: int | None = None
    dropped: Drop | None = None
