"""Links a lender opens without an account: made, listed, withdrawn, and what each of them shows."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from ..access import select_rows
from ..accounts.services import hash_password
from ..documents.proposal import PARTS, ProposalDocument
from ..errors import NotFound
from ..extensions import db
from ..models import Case, Evidence, Proposal, ProposalItem, ProposalVersion, Response, Share
from ..proposals import services as proposals
from ..tokens import new_token, token_hash

DEFAULT_DAYS = 30


@dataclass(frozen=True, slots=True)
class Wishes:
    """How a link shall be: the ticked parts, days it opens, the language it opens in, a code and a number of openings or None."""

    shown: Collection[str]
    days: int = DEFAULT_DAYS
    lang: str = "zh_Hans_CN"
    passcode: str | None = None
    most_views: int | None = None

    @property
    def parts(self) -> tuple[str, ...]:
        """The ticked parts in the order of the page. Names of other creditors go only with their figures."""
        return tuple(
            part for part in PARTS
            if part in self.shown and (part != "other_names" or "other_creditors" in self.shown)
        )  # fmt: skip


def create(version: ProposalVersion, item: ProposalItem, wishes: Wishes, now: datetime) -> tuple[Share, str]:
    """A link to one creditor's copy of a frozen version, and its token, which is shown once and not stored.

    Raises KeyError when the version asks nothing of that creditor.
    """
    token, copy = new_token(), proposals.load(version).copy_for(item.n, wishes.parts)
    share = Share(
        case_id=version.case_id, version=version, token_hash=token_hash(token), shown=list(wishes.parts), creditor_n=item.n,
        item_id=item.id, sha256=copy.sha256, lang=wishes.lang, most_views=wishes.most_views, wrong_codes=0, view_count=0,
        passcode_hash=hash_password(wishes.passcode) if wishes.passcode else None,
        created_at=now, expires_at=now + timedelta(days=wishes.days),
    )  # fmt: skip
    db.session.add(share)
    db.session.flush()
    return share, token


def is_outdated(share: Share) -> bool:
    """Whether the same creditor has been given a link to a newer version, which was not withdrawn."""
    newer = select(Share.id).join(ProposalVersion).where(
        ProposalVersion.proposal_id == share.version.proposal_id, ProposalVersion.number > share.version.number,
        Share.creditor_n == share.creditor_n, Share.revoked_at.is_(None),
    )  # fmt: skip
    return db.session.scalars(newer.limit(1)).first() is not None


def document(share: Share) -> ProposalDocument:
    """What the link shows: the creditor's copy of the frozen value, with the ticked parts only."""
    return proposals.load(share.version).copy_for(share.creditor_n, share.shown)


def find_evidence(share: Share, n: int) -> Evidence:
    """The `n`-th file of the copy. Raises NotFound when there is none, or the borrower has taken it off the plan since."""
    listed = document(share).evidence
    if not 1 <= n <= len(listed):
        raise NotFound
    wanted = select(Evidence).where(
        Evidence.case_id == share.case_id, Evidence.proposal_id == share.version.proposal_id,
        Evidence.sha256 == listed[n - 1].sha256,
    )  # fmt: skip
    found = db.session.scalars(wanted.limit(1)).first()
    if found is None:
        raise NotFound
    return found


def list_shares(proposal: Proposal) -> list[Share]:
    """The proposal's links, the newest first."""
    mine = select(Share).join(ProposalVersion).where(ProposalVersion.proposal_id == proposal.id)
    return list(db.session.scalars(mine.order_by(Share.id.desc())))


def shares_of(case: Case) -> list[Share]:
    """All links of a case in the order in which they were made."""
    return list(db.session.scalars(select_rows(Share, case).order_by(Share.id)))


def unread_answers(case: Case) -> list[Response]:
    """What lenders answered that nobody of the household has looked at, the oldest first."""
    waiting = select_rows(Response, case).where(Response.seen_at.is_(None))
    return list(db.session.scalars(waiting.order_by(Response.said_at, Response.id)))


def creditor_name(share: Share) -> str:
    """Whom the link is for, as the frozen version names them."""
    return proposals.load(share.version).creditor(share.creditor_n).creditor or ""


def zone_of(share: Share) -> str:
    """The time zone in which the household reads a clock."""
    return db.session.scalars(select(Case.timezone).where(Case.id == share.case_id)).one()


def revoke(share: Share, now: datetime) -> None:
    """Close the link from this moment on."""
    share.revoked_at = share.revoked_at or now
    db.session.flush()
