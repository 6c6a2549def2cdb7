"""Whether a copy with a printed fingerprint exists here, and whether a newer one was shared. Nothing private is told."""

from __future__ import annotations

import re
from datetime import date
from typing import NamedTuple

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute

from ..documents.proposal import ProposalDocument
from ..extensions import db
from ..models import ProposalVersion, Share
from ..proposals import services as proposals

LEAST_SIGNS = 16  # a copy may print only the beginning: 64 bits nobody guesses


class Found(NamedTuple):
    """A copy of this fingerprint: which plan, which version of it, of which day; whether a newer version was shared since."""

    reference: str
    number: int
    created_on: date
    sha256: str
    is_newest: bool


def clean(text: str) -> str:
    """A fingerprint as it is stored: people type spaces, dashes and capitals."""
    return re.sub(r"[\s\-]", "", text).lower()


def find_copy(mark: str) -> Found | None:
    """The copy of a fingerprint, or of its first 16 or more signs; None where there is none."""
    if not re.fullmatch(rf"[0-9a-f]{{{LEAST_SIGNS},64}}", mark):
        return None
    share = db.session.scalars(select(Share).where(_begins(Share.sha256, mark)).limit(1)).first()
    if share is not None:
        return _found(share.version, share.sha256, Share.creditor_n == share.creditor_n)
    version = db.session.scalars(select(ProposalVersion).where(_begins(ProposalVersion.sha256, mark)).limit(1)).first()
    return None if version is None else _found(version, version.sha256)


def is_known(document: ProposalDocument) -> bool:
    """Whether whoever looks this copy up would find it."""
    return find_copy(document.sha256) is not None


def _begins(column: InstrumentedAttribute[str], mark: str) -> ColumnElement[bool]:
    """Whether a column begins with these signs, found through its index."""
    return column.between(mark, mark.ljust(64, "f"))


def _found(version: ProposalVersion, sha256: str, *same: ColumnElement[bool]) -> Found:
    newer = (
        select(func.count())
        .select_from(Share)
        .join(ProposalVersion, Share.version_id == ProposalVersion.id)
        .where(ProposalVersion.proposal_id == version.proposal_id, ProposalVersion.number > version.number, *same)
    )
    value = proposals.load(version)
    return Found(value.reference, version.number, value.created_on, sha256, not db.session.scalar(newer))
