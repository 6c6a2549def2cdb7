"""Files as rows: what waits for its owner's word, what was stored, and what an undo takes away."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import delete, func, insert, select

from .. import clock
from ..access import select_rows
from ..errors import Conflict
from ..extensions import db
from ..models import Case, StatementImport, Transaction
from ..statements.detector import guess_mapping, read
from ..statements.mapping import Mapping
from ..statements.values import AccountSum, Entry, Statement, Unreadable
from . import mappings
from .statuses import Settled, settle

WAITS = timedelta(days=1)
SHOWN = 100
_AT_ONCE = 500  # fingerprints asked for in one query


class ReadOtherwise(Conflict):
    """The same file is stored already, read differently: its rows would count twice."""


@dataclass(frozen=True)
class Preview:
    """A file as it would be stored. `known` are the rows stored already; `new` the others that have a currency.

    `earlier` is the import of this same file that holds rows as they are read no longer; it has to go first. `settled` says
    how many rows count otherwise than the file lists them.
    """

    statement: Statement
    mapping: Mapping | None
    sums: list[AccountSum]
    columns: tuple[str, ...]
    known: int
    new: list[Entry]
    nameless: int
    earlier: StatementImport | None
    settled: Settled

    @property
    def can_confirm(self) -> bool:
        """Whether there is something new, all of it has a currency, and none of it is stored read differently."""
        return bool(self.new) and not self.nameless and self.earlier is None


def keep_file(case: Case, name: str, data: bytes) -> StatementImport:
    """Let a file wait for its owner's word. Raises Unreadable for what is no statement; nothing is kept then."""
    drop_old(case)
    mapping = guess_mapping(data)
    kept = mappings.find_kept(case, data, mapping)
    read(data, name, mappings.mapping_of(kept))
    row = StatementImport(
        case_id=case.id, file_name=clean(name, 400)[-120:] or "?", sha256=hashlib.sha256(data).hexdigest(), data=data,
        mapping=kept, created_at=clock.now(),
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    return row


def preview(case: Case, waiting: StatementImport) -> Preview:
    """What confirming would store. Raises Unreadable when the chosen columns do not fit."""
    data = waiting.data or b""
    mapping = mappings.mapping_of(waiting.mapping)
    statement = read(data, waiting.file_name, mapping, waiting.account_currency)
    marks = [entry.fingerprint for entry in statement.entries]
    stored = _stored(case, marks)
    settled = settle(case, statement, stored)
    new = [entry for entry in statement.entries if entry.fingerprint not in stored]
    nameless = sum(entry.currency is None for entry in new)
    shown = mapping or guess_mapping(data)
    columns = mappings.column_names(data, shown) if shown else ()
    earlier = _read_otherwise(case, waiting.sha256, set(marks)) if new else None
    return Preview(
        statement, shown, statement.sums(), columns, len(statement.entries) - len(new), new, nameless, earlier,
        settled,
    )  # fmt: skip


def _read_otherwise(case: Case, sha256: str, marks: set[str]) -> StatementImport | None:
    """The confirmed import of the same file with rows that are not among these."""
    same = select_rows(StatementImport, case).where(
        StatementImport.sha256 == sha256, StatementImport.confirmed_at.is_not(None)
    )
    for earlier in db.session.scalars(same.order_by(StatementImport.id)):
        rows = db.session.scalars(select(Transaction.fingerprint).where(Transaction.import_id == earlier.id))
        if not marks.issuperset(rows):
            return earlier
    return None


def confirm(case: Case, waiting: StatementImport) -> int:
    """Store the new rows, all or none; returns how many.

    Raises Conflict when it was confirmed before or cannot be yet, ReadOtherwise when an earlier import has to go first.
    """
    # The same file waiting twice is one thing to confirm: whoever comes second sees what the first one stored.
    same = select_rows(StatementImport, case).where(StatementImport.sha256 == waiting.sha256)
    alike = db.session.scalars(same.order_by(StatementImport.id).with_for_update()).all()
    locked = next((row for row in alike if row.id == waiting.id), None)
    if locked is None or locked.confirmed_at is not None:
        raise Conflict
    found = preview(case, locked)
    if found.earlier is not None:
        raise ReadOtherwise
    if not found.can_confirm:
        raise Conflict
    rows = [_row(locked, entry) for entry in found.new]
    db.session.execute(insert(Transaction), rows)
    locked.mapping = mappings.answered(locked.data or b"", locked.mapping, found.statement.doubts)
    mappings.keep(case, locked.data or b"", locked.mapping)
    locked.count, locked.skipped, locked.bad_rows = len(rows), found.known, len(found.statement.bad_rows)
    locked.format, locked.confirmed_at, locked.data = found.statement.format[:60], clock.now(), None
    db.session.flush()
    return len(rows)


def _row(owner: StatementImport, entry: Entry) -> dict[str, object]:
    return {
        "case_id": owner.case_id, "import_id": owner.id, "on": entry.day, "amount_minor": entry.amount_minor,
        "currency": entry.currency, "direction": str(entry.direction), "counterparty": clean(entry.counterparty, 200),
        "text": clean(entry.text, 400), "account": clean(entry.account, 80), "fingerprint": entry.fingerprint,
    }  # fmt: skip


def look_again(case: Case, waiting: StatementImport, filled: mappings.Said | None, currency: str | None) -> None:
    """Read the file as its owner says from now on. Raises Unreadable for columns that do not fit; nothing changes then."""
    before = waiting.mapping, waiting.account_currency
    data, waiting.account_currency = waiting.data or b"", currency
    try:
        guess = guess_mapping(data)
        shown = mappings.mapping_of(waiting.mapping) or guess
        said = mappings.changed(filled, shown, guess, waiting.mapping) if filled and shown and guess else None
        mappings.mapping_of(said)
        waiting.mapping = said
        preview(case, waiting)
    except Unreadable:
        waiting.mapping, waiting.account_currency = before
        raise


def undo(stored: StatementImport) -> None:
    """Take exactly this import away: its rows, what it said of its bank's tables, and itself."""
    mappings.forget(stored)
    db.session.execute(delete(Transaction).where(Transaction.import_id == stored.id))
    db.session.delete(stored)
    db.session.flush()


def clean(text: str, most: int) -> str:
    """A text of a file without control characters, at most so long."""
    return "".join(char if char.isprintable() else " " for char in text)[:most]


def imports(case: Case) -> list[StatementImport]:
    """The imports of a case, the last first; files that waited too long are dropped."""
    drop_old(case)
    return list(db.session.scalars(select_rows(StatementImport, case).order_by(StatementImport.id.desc())))


def drop_old(case: Case) -> None:
    """Files nobody confirmed within a day go away with their bytes."""
    db.session.execute(
        delete(StatementImport).where(
            StatementImport.case_id == case.id, StatementImport.confirmed_at.is_(None),
            StatementImport.created_at < clock.now() - WAITS,
        )
    )  # fmt: skip


def transactions(case: Case, wanted: str = "", before: date | None = None) -> tuple[list[Transaction], int]:
    """The newest rows whose text or other side holds `wanted`, and how many there are in all."""
    query = select_rows(Transaction, case)
    if wanted:
        like = f"%{wanted.replace('%', '').replace('_', '')}%"
        query = query.where(Transaction.text.ilike(like) | Transaction.counterparty.ilike(like))
    count = db.session.scalar(select(func.count()).select_from(query.subquery())) or 0
    if before is not None:
        query = query.where(Transaction.on < before)
    newest = query.order_by(Transaction.on.desc().nulls_last(), Transaction.id).limit(SHOWN)
    return list(db.session.scalars(newest)), count


def _stored(case: Case, fingerprints: Sequence[str]) -> dict[str, str]:
    """The directions of those rows that are stored, by fingerprint."""
    found: dict[str, str] = {}
    for first in range(0, len(fingerprints), _AT_ONCE):
        part = fingerprints[first : first + _AT_ONCE]
        query = select(Transaction.fingerprint, Transaction.direction)
        rows = db.session.execute(query.where(Transaction.case_id == case.id, Transaction.fingerprint.in_(part)))
        found.update((mark, direction) for mark, direction in rows)
    return found


__all__ = ["Preview", "Unreadable", "confirm", "imports", "keep_file", "preview", "transactions", "undo"]
