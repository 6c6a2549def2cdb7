"""A lender opens a link: who gets in, what counts as an opening, and what a code protects.

One visit of one browser is one opening. Whoever has opened a link may turn its pages, fetch its files and answer for the
length of a visit; the mark of that stands in the signed session, bound to the link. Programs that fetch a page to show a
preview of it, and HEAD requests, see a cover without a word of the plan, and do not count.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from flask import Request, session
from sqlalchemy import ColumnElement, or_, select, update

from ..accounts.services import is_hashed
from ..errors import Gone
from ..extensions import db, limiter
from ..models import Share, ShareView
from ..tokens import token_hash

VISIT = timedelta(hours=2)
MOST_WRONG_CODES = 10  # a link and an hour
_HOUR = 3600
_MOST_MARKS = 8
_FETCHERS = re.compile(
    r"(?<!cu)bot\b|preview|crawler|spider|facebookexternalhit|\bwhatsapp/|\bslack|telegram|skype|\bcurl/|\bwget/|python-requests",
    re.IGNORECASE,
)


class WrongCode(Exception):
    """Not the link's code."""


class TooManyCodes(Exception):
    """The link's tries of this hour are used."""


def find_share(token: str, now: datetime) -> Share:
    """The link of this token. Raises Gone for one that is unknown, expired, withdrawn or used up, without telling which."""
    share = db.session.scalars(select(Share).where(Share.token_hash == token_hash(token))).one_or_none()
    if share is None or not share.is_open(now):
        raise Gone
    if not is_visiting(share, now) and share.most_views is not None and share.view_count >= share.most_views:
        raise Gone
    return share


def is_visiting(share: Share, now: datetime) -> bool:
    """Whether this browser has opened the link a short while ago."""
    marked = _marks().get(str(share.id))
    return isinstance(marked, int) and 0 <= now.timestamp() - marked <= VISIT.total_seconds()


def is_fetcher(request: Request) -> bool:
    """Whether nobody reads this answer: HEAD, a program that makes previews, or a browser that loads ahead."""
    ahead = request.headers.get("Sec-Purpose", "") + request.headers.get("Purpose", "")
    return request.method == "HEAD" or "prefetch" in ahead or _FETCHERS.search(request.user_agent.string) is not None


def open_now(share: Share, client: str, now: datetime) -> None:
    """Count an opening and begin a visit. Raises Gone when the last opening was taken meanwhile, by whoever else."""
    counted = update(Share).where(Share.id == share.id, *_may_open(now)).values(view_count=Share.view_count + 1)
    result: Any = db.session.execute(counted.execution_options(synchronize_session=False))
    if result.rowcount != 1:
        raise Gone
    db.session.add(ShareView(share_id=share.id, at=now, client=client))
    db.session.flush()
    kept = dict(list(_marks().items())[-_MOST_MARKS:])
    session["links"] = kept | {str(share.id): int(now.timestamp())}


def check_code(share: Share, code: str) -> None:
    """Let the right code through. Raises WrongCode, and TooManyCodes for every try after ten wrong ones in an hour.

    A try is counted before it is looked at, so that many at once get no more than one after the other; the right one is
    given back.
    """
    if share.passcode_hash is None:
        return
    key = f"share-code/{share.id}"
    if limiter.storage.incr(key, _HOUR) > MOST_WRONG_CODES:
        raise TooManyCodes
    if not is_hashed(share.passcode_hash, code):
        db.session.execute(update(Share).where(Share.id == share.id).values(wrong_codes=Share.wrong_codes + 1))
        raise WrongCode
    limiter.storage.incr(key, _HOUR, -1)


def _may_open(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """What must be true of the row at the very moment it is counted up."""
    return (
        Share.revoked_at.is_(None),
        Share.expires_at > now,
        or_(Share.most_views.is_(None), Share.view_count < Share.most_views),
    )


def _marks() -> dict[str, Any]:
    marks = session.get("links")
    return marks if isinstance(marks, dict) else {}
