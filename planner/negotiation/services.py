"""The ledger of the talks: derived from links, openings, answers, confirmations, agreements and payments; it stores nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from itertools import groupby
from typing import TypeVar
from zoneinfo import ZoneInfo

from ..access import select_rows
from ..documents.proposal import ProposalDocument, Request
from ..engine import negotiation as engine
from ..engine.negotiation import Facts, Stage, State
from ..extensions import db
from ..loans import services as loans
from ..loans.services import LoanPosition
from ..models import (
    Arrangement,
    Case,
    Confirmation,
    Proposal,
    ProposalItem,
    ProposalVersion,
    Response,
    ResponseKind,
    Share,
)
from ..proposals import services as proposals
from ..sharing.answering import said
from .forms import LogForm

Offered = tuple[ProposalDocument, Request]  # a frozen version, and what it asks of the creditor of a talk
RowT = TypeVar("RowT", Share, Response, Confirmation, Arrangement)


class Event(StrEnum):
    """What may stand in a talk's timeline."""

    DRAFTED = "drafted"
    SHARED = "shared"
    VIEWED = "viewed"
    WITHDRAWN = "withdrawn"
    ANSWERED = "answered"
    CONFIRMED = "confirmed"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the timeline. `row` is what happened: a share, a response or a confirmation; `version` is what a response
    answered, where several were shared."""

    event: Event
    at: datetime
    row: Share | Response | Confirmation | None = None
    count: int = 1
    client: str = ""
    version: int | None = None


@dataclass(frozen=True)
class Talk:
    """The talk with one creditor about one plan. `position` is None once the loan is closed."""

    item: ProposalItem
    position: LoanPosition | None
    shares: tuple[Share, ...]
    responses: tuple[Response, ...]
    confirmations: tuple[Confirmation, ...]
    arrangements: tuple[Arrangement, ...]
    state: State

    @property
    def last_response(self) -> Response | None:
        """What was answered last."""
        return self.responses[-1] if self.responses else None

    @property
    def standing(self) -> Response | None:
        """The answer that what was offered is told by: the last, unless another link was made after it."""
        last = self.last_response
        return last if last is not None and all(share.created_at <= last.said_at for share in self.shares) else None

    @property
    def arrangement(self) -> Arrangement | None:
        """What was agreed last."""
        return self.arrangements[-1] if self.arrangements else None

    @property
    def unread(self) -> tuple[Response, ...]:
        """Answers nobody of the household has looked at."""
        return tuple(row for row in self.responses if row.seen_at is None)

    @property
    def counter(self) -> Response | None:
        """The counter-offer that waits for a word; None when there is none, or something came after it."""
        last = self.last_response
        return (
            last
            if last is not None and self.state.stage == Stage.COUNTERED and last.kind == ResponseKind.COUNTER
            else None
        )

    @property
    def can_confirm(self) -> bool:
        """Whether a written word can be recorded: something was offered or answered, and nothing runs yet."""
        return bool(self.shares or self.responses) and self.position is not None and self.state.is_open


def talks(case: Case, now: datetime) -> list[Talk]:
    """All talks of a case, those that wait for the household first; the number of queries does not depend on how many."""
    items = [
        item for plan in db.session.scalars(select_rows(Proposal, case)) for item in plan.items if item.is_included
    ]
    found = _talks(case, items, now)
    return sorted(found, key=lambda talk: (talk.state.next_on or date.max, talk.state.since))


def talk(case: Case, item: ProposalItem, now: datetime) -> Talk:
    """The talk about one item."""
    return _talks(case, [item], now)[0]


def timeline(found: Talk) -> list[Entry]:
    """What happened, the last first; openings that follow each other with one browser on one link stand as one line."""
    entries = [Entry(Event.DRAFTED, found.item.proposal.created_at)]
    for share in found.shares:
        entries.append(Entry(Event.SHARED, share.created_at, share))
        entries += _views(share)
        if share.revoked_at is not None:
            entries.append(Entry(Event.WITHDRAWN, share.revoked_at, share))
    entries += [Entry(Event.ANSWERED, row.said_at, row, version=_answered(found, row)) for row in found.responses]
    entries += [Entry(Event.CONFIRMED, row.created_at, row) for row in found.confirmations]
    return sorted(entries, key=lambda entry: entry.at, reverse=True)


def mark_seen(responses: Iterable[Response], now: datetime) -> None:
    """Keep that the household has looked at these answers."""
    for row in responses:
        row.seen_at = row.seen_at or now
    db.session.flush()


def log_answer(item: ProposalItem, form: LogForm, said_at: datetime, now: datetime) -> Response:
    """Keep what a lender said elsewhere than on the page. Whoever typed it has read it."""
    row = Response(
        case_id=item.case_id, item_id=item.id, source=form.source.data, said_at=said_at, seen_at=now, created_at=now,
        **said(form),
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    return row


def version_of(found: Talk, answer: Response | None) -> ProposalVersion | None:
    """The version an answer is about: the one its link showed, else what had been shared last when it was said. Without an
    answer what was shared last, or frozen; None while nothing was."""
    shares = found.shares
    if answer is not None:
        own = [share for share in shares if share.id == answer.share_id]
        shares = tuple(own or [share for share in shares if share.created_at <= answer.said_at] or shares[:1])
    return shares[-1].version if shares else proposals.latest_version(found.item.proposal)


def offer_of(found: Talk) -> Offered | None:
    """What is on the table: what the last answer is about, or was shared after it."""
    return offer_in(found, version_of(found, found.standing))


def offer_in(found: Talk, version: ProposalVersion | None) -> Offered | None:
    """What a version offers; None where there is none, or it asks nothing of this creditor."""
    if version is None:
        return None
    document = proposals.load(version)
    own = next((request for request in document.requests if request.n == found.item.n), None)
    return None if own is None else (document, own)


def _answered(found: Talk, answer: Response) -> int | None:
    """The number of the version an answer is about; None where only one was shared."""
    version = version_of(found, answer)
    return version.number if version is not None and len({share.version_id for share in found.shares}) > 1 else None


def _talks(case: Case, items: Sequence[ProposalItem], now: datetime) -> list[Talk]:
    keys = [item.id for item in items]
    shares = _by_item(db.session.scalars(select_rows(Share, case).where(Share.item_id.in_(keys)).order_by(Share.id)))
    responses = _by_item(
        db.session.scalars(
            select_rows(Response, case).where(Response.item_id.in_(keys)).order_by(Response.said_at, Response.id)
        )
    )
    confirmed = select_rows(Confirmation, case).where(Confirmation.item_id.in_(keys)).order_by(Confirmation.id)
    agreed = select_rows(Arrangement, case).where(Arrangement.item_id.in_(keys)).order_by(Arrangement.id)
    confirmations, arrangements = _by_item(db.session.scalars(confirmed)), _by_item(db.session.scalars(agreed))
    zone = ZoneInfo(case.timezone)
    places = {p.loan.id: p for p in loans.positions(case, now.astimezone(zone).date())}
    return [
        _talk(
            item, places.get(item.loan_id), shares.get(item.id, ()), responses.get(item.id, ()),
            confirmations.get(item.id, ()), arrangements.get(item.id, ()), now, zone,
        )
        for item in items
    ]  # fmt: skip


def _talk(
    item: ProposalItem,
    position: LoanPosition | None,
    shares: tuple[Share, ...],
    responses: tuple[Response, ...],
    confirmations: tuple[Confirmation, ...],
    arrangements: tuple[Arrangement, ...],
    now: datetime,
    zone: ZoneInfo,
) -> Talk:
    facts = Facts(
        item.proposal.created_at,
        [_sharing(share) for share in shares],
        sorted(view.at for share in shares for view in share.views),
        [engine.Answer(engine.Kind(row.kind), row.said_at) for row in responses],
        confirmations[-1].created_at if confirmations else None,
        _agreement(arrangements[-1], position) if arrangements else None,
    )
    state = engine.where_it_stands(facts, now, zone)
    return Talk(item, position, shares, responses, confirmations, arrangements, state)


def _sharing(share: Share) -> engine.Sharing:
    closes = min(share.expires_at, share.revoked_at or share.expires_at)
    return engine.Sharing(
        share.created_at, closes, share.most_views is not None and share.view_count >= share.most_views
    )


def _agreement(row: Arrangement, position: LoanPosition | None) -> engine.Agreement:
    """How it goes, as far as it is the one that runs."""
    runs = position is not None and position.agreed is not None and position.agreed.row.id == row.id
    place = position if runs else None
    return engine.Agreement(
        row.created_at,
        place is not None and place.is_agreement_broken,
        place is not None and place.is_agreement_kept,
        place.next.instalment.due_date if place is not None and place.next is not None else None,
        row.review_on,
        row.ended_on,
        row.end_reason,
    )


def _views(share: Share) -> list[Entry]:
    found = []
    for (_day, client), views in groupby(share.views, key=lambda view: (view.at.date(), view.client)):
        listed = list(views)
        found.append(Entry(Event.VIEWED, listed[-1].at, share, len(listed), client))
    return found


def _by_item(rows: Iterable[RowT]) -> dict[int, tuple[RowT, ...]]:
    found: dict[int, list[RowT]] = {}
    for row in rows:
        if row.item_id is not None:
            found.setdefault(row.item_id, []).append(row)
    return {key: tuple(listed) for key, listed in found.items()}
