"""How the messages of a batch fare, written straight to the table: one statement a message, and each a transaction of its own.

Nothing is handed over between one message's outcome and the next one's beginning, so that both stand in one statement: whenever a
worker ends, at most one message stands as attempted and may have been taken. The unit of work would cost as much as the sending,
and so would SQLAlchemy's way to a statement; it words it once, and the driver runs it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache

from sqlalchemy import ColumnClause, Connection, Dialect, bindparam, case, literal_column, null, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm.attributes import set_committed_value

from ..extensions import db
from ..models import Dispatch, DispatchStatus
from .batch import Letter

NOBODY = 0  # no row has this key
_TABLE = Dispatch.metadata.tables[Dispatch.__tablename__]
_ROWS = _TABLE.c
_is_sent = _ROWS.id == bindparam("sent")
# As text in the statement: each value that travels beside it costs as much as the whole row.
_SENT: ColumnClause[str] = literal_column(f"'{DispatchStatus.SENT}'")
_ATTEMPTED: ColumnClause[str] = literal_column(f"'{DispatchStatus.ATTEMPTED}'")
_NO_TRY: ColumnClause[int] = literal_column("0")
_TRY: ColumnClause[int] = literal_column("1")
_STEP = (
    update(_TABLE)
    .where(_ROWS.id.in_([bindparam("sent"), bindparam("begun")]))
    .values(
        status=case((_is_sent, _SENT), else_=_ATTEMPTED),
        attempts=_ROWS.attempts + case((_is_sent, _NO_TRY), else_=_TRY),
        sent_at=case((_is_sent, bindparam("now", type_=_ROWS.sent_at.type)), else_=_ROWS.sent_at),
        reason=case((_is_sent, null()), else_=_ROWS.reason),
    )
    .returning(_ROWS.id)
)


class Outcomes:
    """The table, on a connection where each statement is stored at once."""

    def __init__(self, connection: Connection, now: datetime) -> None:
        dialect = connection.dialect
        written = _ROWS.sent_at.type.bind_processor(dialect)
        self._statement, self._now = _worded(dialect.name), written(now) if written else now
        self._cursor = connection.connection.cursor()

    def step(self, sent: Letter | None, begun: Letter | None) -> bool:
        """Store that one message was taken and another is attempted; whether that other one is still there."""
        keys = {name: letter.dispatch.id if letter else NOBODY for name, letter in (("sent", sent), ("begun", begun))}
        tries = begun.dispatch.attempts + 1 if begun else 0  # before the statement: the session may have to look it up
        self._cursor.execute(self._statement, keys | {"now": self._now})
        found = [row[0] for row in self._cursor.fetchall()]
        if begun is None or keys["begun"] not in found:
            return False
        set_committed_value(begun.dispatch, "status", DispatchStatus.ATTEMPTED)
        set_committed_value(begun.dispatch, "attempts", tries)
        return True


@lru_cache
def _worded(dialect: str) -> str:
    """The statement as that database's driver takes it, its values by their names."""
    named: Dialect = (
        sqlite.dialect(paramstyle="named") if dialect == "sqlite" else postgresql.psycopg.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy's own gap
    )
    return str(_STEP.compile(dialect=named))


@contextmanager
def open_table(now: datetime) -> Iterator[Outcomes]:
    """For a batch. The session must not be in the middle of writing: on SQLite writers take turns."""
    with db.session.get_bind().connect() as connection:  # type: ignore[union-attr]  # an engine, not a connection
        yield Outcomes(connection.execution_options(isolation_level="AUTOCOMMIT"), now)
