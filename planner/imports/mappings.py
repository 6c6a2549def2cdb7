"""How one bank's tables are read: what a file's owner said beyond the guess, and what is kept of it for the next file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import select

from ..access import select_rows
from ..extensions import db
from ..models import Case, KeptMapping, StatementImport
from ..statements.detector import guess_mapping
from ..statements.encoding import decode
from ..statements.mapping import Mapping
from ..statements.values import Doubt, Unreadable

Said = dict[str, Any]
COLUMNS = ("date", "amount", "into", "out", "direction", "counterparty", "text")
# What is found from all rows where nobody said it, by the doubt that asks for it.
ASKED = {"sign_guessed": "sign", "date_order_guessed": "order", "decimal_guessed": "decimal"}
_OPEN = "columns_open"  # in the JSON: the columns are still the guessed ones, nobody has said that they are right
_SEARCHED = 30  # lines above a table


def mapping_of(said: Said | None) -> Mapping | None:
    """The mapping its owner said; None while all of it is a guess. Raises Unreadable for values that make none."""
    if said is None:
        return None
    return replace(Mapping.from_dict(said), confirmed=not said.get(_OPEN))


def changed(filled: Said, shown: Mapping, guess: Mapping, before: Said | None) -> Said | None:
    """What a filled-in form says: only what differs from the guess it showed; None where it is the guess throughout.

    So looking again turns no guess into a word of the owner; confirming does (see `answered`).
    """
    if before is not None and all(_same(filled[name], getattr(shown, name)) for name in (*COLUMNS, *ASKED.values())):
        return before
    is_moved = not all(_same(filled[name], getattr(guess, name)) for name in COLUMNS)
    if not is_moved and all(filled[name] in (None, getattr(guess, name)) for name in ASKED.values()):
        return None
    said = dict(filled)
    if before is None:
        said |= {name: None for name in ASKED.values() if filled[name] == getattr(shown, name)}
    said[_OPEN] = not is_moved and (before is None or bool(before.get(_OPEN)))
    return said


def answered(data: bytes, said: Said | None, doubts: Iterable[Doubt]) -> Said | None:
    """What is known once the owner confirmed: what they said, and yes to what the page asked them to check.

    None where nothing was said and nothing about the table was asked: then all follows from the file, and from the next.
    """
    asked = {doubt.code for doubt in doubts}
    if said is None and not asked & {*ASKED, "columns_guessed"}:
        return None
    found = _settled(data, mapping_of(said))
    if found is None:
        return said
    values = {name: value for name, value in (said or found.to_dict()).items() if name != _OPEN}
    for code, name in ASKED.items():
        is_said = said is not None and said.get(name)
        values[name] = values[name] if is_said else getattr(found, name) if code in asked else None
    return values


def _settled(data: bytes, chosen: Mapping | None) -> Mapping | None:
    try:
        return guess_mapping(data, chosen)
    except Unreadable:  # chosen by line, for a table without names of its own: nothing is asked of it
        return None


def _same(value: Any, other: Any) -> bool:
    """Whether two values are the same once they were JSON, where tuples are lists."""
    return (list(value) if isinstance(value, list | tuple) else value) == (
        list(other) if isinstance(other, list | tuple) else other
    )


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


def find_kept(case: Case, data: bytes, mapping: Mapping | None) -> Said | None:
    """How the owner had the last table of this bank read; None for the first, or where nothing was said."""
    names = column_names(data, mapping) if mapping else ()
    if mapping is None or not names:
        return None
    found = db.session.scalar(select_rows(KeptMapping, case).where(KeptMapping.signature == signature(names, mapping)))
    return found.mapping | {"header_line": mapping.header_line} if found else None


def keep(case: Case, data: bytes, said: Said | None) -> None:
    """Keep what was said for the bank's next file."""
    mapping = mapping_of(said)
    names = column_names(data, mapping) if mapping else ()
    if said is None or mapping is None or not names:
        return
    mark = signature(names, mapping)
    found = db.session.scalar(select_rows(KeptMapping, case).where(KeptMapping.signature == mark))
    if found and _lineless(found.mapping) != _lineless(said):
        found.mapping = said
    elif found is None:
        db.session.add(KeptMapping(case_id=case.id, signature=mark, mapping=said))


def forget(stored: StatementImport) -> None:
    """With an import that is taken back goes what it said of its bank's tables, unless another import said the same."""
    if stored.mapping is None or stored.confirmed_at is None:
        return
    said = _lineless(stored.mapping)
    others = select(StatementImport.mapping).where(
        StatementImport.case_id == stored.case_id, StatementImport.id != stored.id,
        StatementImport.confirmed_at.is_not(None),
    )  # fmt: skip
    if any(other and _lineless(other) == said for other in db.session.scalars(others)):
        return
    for kept in db.session.scalars(select(KeptMapping).where(KeptMapping.case_id == stored.case_id)):
        if _lineless(kept.mapping) == said:
            db.session.delete(kept)


def _lineless(said: Said) -> Said:
    """What was said, without the line the table begins on, which differs from file to file."""
    return {name: list(v) if isinstance(v, tuple) else v for name, v in said.items() if name != "header_line"}
