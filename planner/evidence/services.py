"""Keeping evidence: cleaned, counted under a lock, attached, opened, removed; and files without a row swept away.

A file is on the disk before its row is, and its row is gone before the file is; so a crash leaves at worst a file that `sweep`
removes, never a row that promises what is not there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import func, select, update

from .. import clock
from ..access import select_rows
from ..config import PROJECT
from ..errors import NotFound
from ..extensions import db
from ..models import Case, Confirmation, Evidence, Proposal
from . import apart, files
from .kinds import MB, MOST_BYTES, Refused, kind_of
from .names import plain_name, shown_name

MOST_IN_CASE = 100 * MB
MOST_FILES = 100
_GRACE_SECONDS = 3600  # a file this young may belong to an upload that is still under way


@dataclass(frozen=True)
class Outcome:
    """What came of an upload: the rows that were added, and for each file that was not its name and the code of Refused."""

    kept: list[Evidence]
    refused: list[tuple[str, str]]


@dataclass(frozen=True)
class Usage:
    """How full a case is."""

    count: int
    size: int

    @property
    def left(self) -> int:
        """Bytes that still fit."""
        return max(MOST_IN_CASE - self.size, 0)


@dataclass(frozen=True)
class Opened:
    """A file to be sent: where it lies, its media type, and the name to save it under."""

    path: Path
    kind: str
    name: str


def keep(case: Case, uploads: Iterable[tuple[str, BinaryIO]], proposal_id: int | None = None) -> Outcome:
    """Clean the files one after another, then add rows for those that fit. A refused one does not hold up the others.

    Raises NotFound for a proposal of another case; nothing is kept then.
    """
    _check_proposal(case.id, proposal_id)
    ready, refused = list[Evidence](), list[tuple[str, str]]()
    for name, stream in uploads:
        try:
            ready.append(_stored(case, name, stream.read(MOST_BYTES + 1), proposal_id))
        except Refused as why:
            refused.append((plain_name(name) or "?", why.code))
    # Cleaning takes seconds; the lock is taken only now, and held until the view commits.
    _lock(case)
    kept = [row for row in ready if _added(case, row, refused)]
    return Outcome(kept, refused)


def evidence_of(case: Case, proposal_id: int | None = None) -> list[Evidence]:
    """The case's files, the newest first; only those attached to a proposal when one is named."""
    query = select_rows(Evidence, case).order_by(Evidence.id.desc())
    return list(db.session.scalars(query if proposal_id is None else query.where(Evidence.proposal_id == proposal_id)))


def usage(case: Case) -> Usage:
    """How many files the case has, and their bytes."""
    total = select(func.count(), func.coalesce(func.sum(Evidence.size), 0)).where(Evidence.case_id == case.id)
    count, size = db.session.execute(total).one()
    return Usage(count, size)


def change(evidence: Evidence, name: str, note: str | None) -> None:
    """Give a file another name, with the ending its content demands, and another note."""
    evidence.name, evidence.note = shown_name(name, evidence.kind), note
    db.session.flush()


def attach(evidence: Evidence, proposal_id: int | None) -> None:
    """Attach a file to a proposal of its case, or to none. Raises NotFound for another case's."""
    _check_proposal(evidence.case_id, proposal_id)
    evidence.proposal_id = proposal_id
    db.session.flush()


def open_file(evidence: Evidence) -> Opened:
    """The file itself. The caller has seen to it that the reader may have it. Raises NotFound when the disk lost it."""
    path = files.find(evidence.case_id, evidence.stored_as)
    if path is None:
        raise NotFound
    return Opened(path, evidence.kind, evidence.name)


def find_confirmation(evidence: Evidence) -> Confirmation | None:
    """The lender's written word that this file proves; None for any other file."""
    mine = select(Confirmation).where(Confirmation.evidence_id == evidence.id, Confirmation.case_id == evidence.case_id)
    return db.session.scalars(mine.limit(1)).first()


def remove(evidence: Evidence) -> None:
    """Delete the row. The file goes with `erase`, once that is committed."""
    db.session.delete(evidence)
    db.session.flush()


def erase(evidence: Evidence) -> None:
    """Delete the file of a row that is gone, and what earlier crashes left in its case's folder."""
    files.erase(evidence.case_id, evidence.stored_as)
    sweep(evidence.case_id)


def sweep(case_id: int | None = None) -> int:
    """Remove files without a row from one case's folder, or from all; returns how many. Files of the last hour stay."""
    gone = 0
    for each in list(files.cases()) if case_id is None else [case_id]:
        known = set(db.session.scalars(select(Evidence.stored_as).where(Evidence.case_id == each)))
        gone += files.erase_others(each, known, older_than_seconds=_GRACE_SECONDS)
        if not known and db.session.scalar(select(Case.id).where(Case.id == each)) is None:
            files.drop_folder(each)
    return gone


def find_proposals(case: Case) -> list[Proposal]:
    """What a file can be attached to, the newest first."""
    return list(db.session.scalars(select_rows(Proposal, case).order_by(Proposal.id.desc())))


def _stored(case: Case, name: str, data: bytes, proposal_id: int | None) -> Evidence:
    """The cleaned file on the disk, and its row, not yet added."""
    kind, kept = apart.run(kind_of(data), data, str(PROJECT))
    return Evidence(
        case_id=case.id, proposal_id=proposal_id, name=shown_name(name, kind), kind=kind, size=len(kept),
        sha256=hashlib.sha256(kept).hexdigest(), stored_as=files.write(case.id, kept), created_at=clock.now(),
    )  # fmt: skip


def _added(case: Case, row: Evidence, refused: list[tuple[str, str]]) -> bool:
    """Add the row if it fits; otherwise drop its file and note why."""
    code = _objection(case, row)
    if code is None:
        db.session.add(row)
        db.session.flush()
        return True
    files.erase(case.id, row.stored_as)
    refused.append((row.name, code))
    return False


def _objection(case: Case, row: Evidence) -> str | None:
    used = usage(case)
    if db.session.scalar(select_rows(Evidence, case).where(Evidence.sha256 == row.sha256).limit(1)) is not None:
        return "known"
    if used.count >= MOST_FILES:
        return "count"
    return "full" if row.size > used.left else None


def _lock(case: Case) -> None:
    """One upload at a time counts what a case holds. A write that changes nothing waits on both databases, a SELECT on one."""
    same = update(Case).where(Case.id == case.id).values(currency=Case.currency)
    db.session.execute(same, execution_options={"synchronize_session": False})


def _check_proposal(case_id: int, proposal_id: int | None) -> None:
    if proposal_id is None:
        return
    wanted = select(Proposal.id).where(Proposal.id == proposal_id, Proposal.case_id == case_id)
    if db.session.scalar(wanted) is None:
        raise NotFound


__all__ = [
    "Opened", "Outcome", "Usage", "attach", "change", "erase", "evidence_of", "find_proposals", "keep",
    "open_file", "remove", "sweep", "usage",
]  # fmt: skip
