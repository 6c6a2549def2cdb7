"""The one place that reads the clock. `PLANNER_NOW` stops it for tests and pictures; production refuses it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from flask import current_app


def now() -> datetime:
    """The present instant, aware, in UTC."""
    fixed: datetime | None = current_app.config["SETTINGS"].fixed_now
    return (fixed or datetime.now(UTC)).astimezone(UTC)


def today(timezone: str) -> date:
    """The date on the wall where the household lives. `timezone` is an IANA name, such as Asia/Shanghai."""
    return now().astimezone(ZoneInfo(timezone)).date()
