"""Files as rows: what waits for its owner's word, what was stored, and what an undo takes away."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import delete, func, insert, select

from .. import clock
from ..access import select_rows
from ..errors import Conflict
from ..extensions import db
from ..models import Case, KeptMapping, StatementImport, Transaction
from ..statements.detector import guess_mapping, read
from ..statements.encoding import decode
from ..statements.mapping import Mapping
from ..statements.values import AccountSum, Entry, Statement, Unreadable

WAITS = timedelta(days=1)
SHOWN = 100
_SEARCHED = 30  # lines above a table
_AT_ONCE = 500  # fingerprints asked for in one query


@dataclass(frozen=True)
class Preview:
    """A file as it would be stored. `known` are the rows stored already; `new` the others that have a currency."""

    statement: Statement
    mapping: Mapping | None
    sums: list[AccountSum]
    columns: tuple[str, ...]
    known: int
    new: list[Entry]
    nameless: int

    @property
    def can_confirm(self) -> bool:
        """Whether there is something new, and all of it has a currency."""
        return bool(self.new) and not self.nameless


def keep_file(case: Case, name: str, data: bytes) -> StatementImport:
    """Let a file wait for its owner's word. Raises Unreadable for what is no statement; nothing is kept then."""
    drop_old(case)
    mapping = guess_mapping(data)
    kept = _kept(case, data, mapping)
    read(data, name, Mapping.from_dict(kept) if kept else None)
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
    mapping = Mapping.from_dict(waiting.mapping) if waiting.mapping else None
    statement = read(data, waiting.file_name, mapping, waiting.account_currency)
    stored = _stored(case, [entry.fingerprint for entry in statement.entries])
    new = [entry for entry in statement.entries if entry.fingerprint not in stored]
    nameless = sum(entry.currency is None for entry in new)
    shown = mapping or guess_mapping(data)
    columns = column_names(data, shown) if shown else ()
    return Preview(statement, shown, statement.sums(), columns, len(statement.entries) - len(new), new, nameless)


def confirm(case: Case, waiting: StatementImport) -> int:
    """Store the new rows, all or none; returns how many. Raises Conflict when it was confirmed before or cannot be yet."""
    locked = db.session.scalar(
        select_rows(StatementImport, case).where(StatementImport.id == waiting.id).with_for_update()
    )
    if locked is None or locked.confirmed_at is not None:
        raise Conflict
    found = preview(case, locked)
    if not found.can_confirm:
        raise Conflict
    rows = [_row(locked, entry) for entry in found.new]
    db.session.execute(insert(Transaction), rows)
    _keep_mapping(case, locked.data or b"", locked.mapping)
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


def undo(stored: StatementImport) -> None:
    """Take exactly this import away: its rows and itself."""
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


def column_names(data: bytes, mapping: Mapping) -> tuple[str, ...]:
    """The names of a table's columns: those the readers know, else the first line of several words without a digit."""
    if mapping.header or not mapping.delimiter:
        return mapping.header
    for line in decode(data).content.splitlines()[:_SEARCHED]:
        cells = tuple(cell.strip().strip('"') for cell in line.split(mapping.delimiter))
        if sum(map(bool, cells)) > 1 and not any(char.isdigit() for char in line):
            return cells
    return ()


def signature(names: Sequence[str], mapping: Mapping) -> str:
    """What tells one bank's tables from another's: the names of their columns, and what stands between them."""
    return hashlib.sha256(json.dumps([list(names), mapping.delimiter]).encode()).hexdigest()


def _kept(case: Case, data: bytes, mapping: Mapping | None) -> dict[str, object] | None:
    """How the owner had the last table of this bank read; None for the first, or where nothing was changed."""
    names = column_names(data, mapping) if mapping else ()
    if mapping is None or not names:
        return None
    found = db.session.scalar(select_rows(KeptMapping, case).where(KeptMapping.signature == signature(names, mapping)))
    return found.mapping | {"header_line": mapping.header_line} if found else None


def _keep_mapping(case: Case, data: bytes, chosen: dict[str, object] | None) -> None:
    mapping = Mapping.from_dict(chosen) if chosen else None
    names = column_names(data, mapping) if mapping else ()
    if chosen is None or mapping is None or not names:
        return
    mark = signature(names, mapping)
    found = db.session.scalar(select_rows(KeptMapping, case).where(KeptMapping.signature == mark))
    if found:
        found.mapping = chosen
    else:
        db.session.add(KeptMapping(case_id=case.id, signature=mark, mapping=chosen))


def _stored(case: Case, fingerprints: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for first in range(0, len(fingerprints), _AT_ONCE):
        part = fingerprints[first : first + _AT_ONCE]
        query = select(Transaction.fingerprint).where(Transaction.case_id == case.id, Transaction.fingerprint.in_(part))
        found.update(db.session.scalars(query))
    return found


__all__ = ["Preview", "Unreadable", "confirm", "imports", "keep_file", "preview", "transactions", "undo"]
