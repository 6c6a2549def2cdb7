"""A lender's answer on the shared page: read, confirmed, stored once for each link."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from ..documents import plain
from ..documents.proposal import Asked
from ..engine.money import currency
from ..errors import NotFound
from ..extensions import db
from ..models import Response, ResponseKind, ResponseSource, Share
from .forms import AnswerForm


class AlreadyAnswered(Exception):
    """This link has its answer; `answer` is it."""

    def __init__(self, answer: Response) -> None:
        super().__init__(answer.id)
        self.answer = answer


def find_answer(share: Share) -> Response | None:
    """What was answered on this link; None while nothing was."""
    return db.session.scalars(select(Response).where(Response.share_id == share.id)).one_or_none()


def answer(share: Share, form: AnswerForm, now: datetime) -> Response:
    """Keep the answer of a valid form. Raises AlreadyAnswered for every one after the first, NotFound where the plan asks
    nothing of this lender any more."""
    if share.item_id is None:
        raise NotFound
    row = Response(
        case_id=share.case_id, item_id=share.item_id, share_id=share.id, source=ResponseSource.LINK, said_at=now,
        created_at=now, **said(form),
    )  # fmt: skip
    db.session.add(row)
    try:
        db.session.flush()
    except IntegrityError:
        db.session.rollback()
        first = find_answer(share)
        if first is None:
            raise
        raise AlreadyAnswered(first) from None
    return row


def said(form: AnswerForm) -> dict[str, Any]:
    """The columns of a response that a form fills."""
    return {
        "kind": form.kind.data, "terms": terms_of(form) if form.kind.data == ResponseKind.COUNTER else None,
        "text": form.text.data, "person": form.person.data, "reference": form.reference.data,
    }  # fmt: skip


def terms_of(form: AnswerForm) -> dict[str, Any]:
    """A counter-offer as it was said, in the fields of documents/proposal.Asked: `count` is how many instalments there would be.

    Which request that is, negotiation/counters.py works out.
    """
    found = Asked("counter", form.amount.data, form.first_on.data, None, form.count.data, None, form.annual_rate.data)
    written: dict[str, Any] = plain.write(found, currency(form.amount.currency))
    return {name: value for name, value in written.items() if value is not None}
