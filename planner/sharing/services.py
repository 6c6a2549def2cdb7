"""Links a lender opens without an account: made, opened, counted, withdrawn."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select

from ..access import select_rows
from ..documents.proposal import PARTS, ProposalDocument
from ..errors import Gone
from ..extensions import db
from ..models import Case, Proposal, ProposalVersion, Share, ShareView
from ..proposals import services as proposals
from ..tokens import new_token, token_hash

# Programs that fetch a link to show a preview of it in a chat; nobody has read the plan then.
_PREVIEWERS = (
    "bot",
    "preview",
    "crawler",
    "spider",
    "facebookexternalhit",
    "whatsapp",
    "slack",
    "telegram",
    "skype",
    "curl",
)


def create(case: Case, version: ProposalVersion, shown: Sequence[str], days: int, now: datetime) -> tuple[Share, str]:
    """A link to a frozen version, and its token, which is shown once and not stored."""
    token = new_token()
    share = Share(
        case_id=case.id, version=version, token_hash=token_hash(token), shown=[part for part in PARTS if part in shown],
        created_at=now, expires_at=now + timedelta(days=days),
    )  # fmt: skip
    db.session.add(share)
    db.session.flush()
    return share, token


def list_shares(proposal: Proposal) -> list[Share]:
    """The proposal's links, the newest first."""
    mine = select(Share).join(ProposalVersion).where(ProposalVersion.proposal_id == proposal.id)
    return list(db.session.scalars(mine.order_by(Share.id.desc())))


def has_shares(case: Case) -> set[int]:
    """The keys of the case's proposals that have a link."""
    rows = db.session.scalars(select_rows(Share, case)).all()
    return {share.version.proposal_id for share in rows}


def open_link(token: str, now: datetime) -> Share:
    """The link of this token. Raises Gone for one that is unknown, expired or withdrawn, without telling which."""
    share = db.session.scalars(select(Share).where(Share.token_hash == token_hash(token))).one_or_none()
    if share is None or not share.is_open(now):
        raise Gone
    return share


def document(share: Share) -> ProposalDocument:
    """What the link shows: the frozen value with the ticked parts only."""
    return proposals.load(share.version).redacted(share.shown)


def record_view(share: Share, method: str, agent: str, client: str, now: datetime) -> None:
    """Count that somebody read the plan. HEAD requests and programs that fetch previews do not count."""
    if method == "GET" and not any(word in agent.casefold() for word in _PREVIEWERS):
        db.session.add(ShareView(share_id=share.id, at=now, client=client))
        db.session.flush()


def revoke(share: Share, now: datetime) -> None:
    """Close the link from this moment on."""
    share.revoked_at = share.revoked_at or now
    db.session.flush()
