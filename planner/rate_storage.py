"""Counts for the rate limits in the database, so that all processes and machines share them."""

from __future__ import annotations

import hashlib
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import current_app
from limits.storage import Storage
from sqlalchemy import Engine, case, delete, func, select
from sqlalchemy.exc import DBAPIError

from .extensions import insert_for
from .models import RateCount


class SqlStorage(Storage):
    """Fixed windows in the table rate_counts; chosen by the address planner-sql://."""

    STORAGE_SCHEME = ["planner-sql"]  # noqa: RUF012  # the library reads it from the class

    def __init__(self, uri: str | None = None, wrap_exceptions: bool = False, **options: Any) -> None:
        super().__init__(uri, wrap_exceptions=wrap_exceptions)

    @property
    def base_exceptions(self) -> type[Exception]:
        """What may go wrong with the store itself."""
        return DBAPIError

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count `amount` more in the key's window, starting a new one when the last has passed; returns the count."""
        now = datetime.now(UTC)
        fresh = insert_for(RateCount, self._engine).values(
            key=_stored(key), count=amount, expires_at=now + timedelta(seconds=expiry)
        )
        passed = RateCount.expires_at <= now
        counted = fresh.on_conflict_do_update(
            index_elements=[RateCount.key],
            set_={
                "count": _either(passed, amount, RateCount.count + amount),
                "expires_at": _either(passed, fresh.excluded.expires_at, RateCount.expires_at),
            },
        ).returning(RateCount.count)
        with self._engine.begin() as connection:
            connection.execute(delete(RateCount).where(RateCount.expires_at < now - timedelta(days=1)))
            return int(connection.execute(counted).scalar_one())

    def get(self, key: str) -> int:
        """The count in the window that is running; 0 when none is."""
        row = self._row(key)
        return row[0] if row else 0

    def get_expiry(self, key: str) -> float:
        """When the running window ends, as a Unix time."""
        row = self._row(key)
        return row[1].timestamp() if row else time.time()

    def check(self) -> bool:
        """Whether the store answers."""
        with self._engine.connect() as connection:
            return connection.execute(select(func.count()).select_from(RateCount)).scalar() is not None

    def reset(self) -> int:
        """Forget all counts; returns how many there were."""
        with self._engine.begin() as connection:
            return connection.execute(delete(RateCount)).rowcount

    def clear(self, key: str) -> None:
        """Forget one key's count."""
        with self._engine.begin() as connection:
            connection.execute(delete(RateCount).where(RateCount.key == _stored(key)))

    def _row(self, key: str) -> tuple[int, datetime] | None:
        running = select(RateCount.count, RateCount.expires_at).where(
            RateCount.key == _stored(key), RateCount.expires_at > datetime.now(UTC)
        )
        with self._engine.connect() as connection:
            row = connection.execute(running).one_or_none()
        return (row[0], row[1]) if row else None

    @property
    def _engine(self) -> Engine:
        engine: Engine = current_app.extensions["planner_engine"]
        return engine


def _stored(key: str) -> str:
    """A key as it stands in the table. Hashed: keys hold addresses and e-mails of any length, tried ones included."""
    return hashlib.sha256(key.encode()).hexdigest()


def _either(condition: Any, then: Any, otherwise: Any) -> Any:
    return case((condition, then), else_=otherwise)
