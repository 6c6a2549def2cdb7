"""How the instalments of a request run, in short: one amount, or one for a time and another afterwards; and what comes before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from flask_babel import gettext as _

from ..formatting import day, money
from .proposal import OfferRow, ProposalDocument, Request

_SHORTEST = timedelta(days=28)
_UNEVEN = timedelta(days=4)  # by which one month may be longer than the next


def payment_words(request: Request, code: str) -> str:
    """What is paid each time, and what afterwards where that is another amount."""
    phases = _phases(request)
    if len(phases) < 2:
        return money(request.offer.payment_minor, code)
    first, later = (money(_usual(rows), code) for rows in phases)
    return _("%(amount)s, then %(later)s", amount=first, later=later)


def count_words(request: Request, code: str) -> str:
    """How many payments of what: 9 × ¥1,240, or 6 × ¥200 and then 20 × ¥400."""
    phases = _phases(request)
    if len(phases) < 2:
        return f"{request.offer.count} × {money(request.offer.payment_minor, code)}"
    first, later = (f"{len(rows)} × {money(_usual(rows), code)}" for rows in phases)
    return _("%(amount)s, then %(later)s", amount=first, later=later)


def meanwhile_words(document: ProposalDocument, request: Request) -> str | None:
    """That what falls due before the request begins is paid as agreed; None where nothing does, or the request takes it over.

    Those instalments do not stand in the value: whether one lies between is told from how far apart the next ones are.
    """
    ahead = [row.due_on for row in request.contract_rows if row.due_on >= document.created_on]
    begins = request.asked.begins
    if not ahead or ahead[0] < begins:
        return None
    apart = ahead[1] - ahead[0] if len(ahead) > 1 else _SHORTEST
    if ahead[0] - apart + _UNEVEN < document.created_on:
        return None
    return _("What falls due before %(day)s is paid as agreed.", day=day(begins, "full"))


def review_on(document: ProposalDocument, request: Request | None = None) -> date | None:
    """When the plan is looked at again, where that request still runs then; of the borrower's own copy the whole plan's day."""
    on = document.review_on
    asked = request or (document.main if document.to else None)
    if on is None or asked is None:
        return on
    return None if asked.asked.kind == "settle" or on > asked.offer.last_due else on


def _phases(request: Request) -> list[Sequence[OfferRow]]:
    """The instalments until and from the day on which normal payments resume, where they differ; else all of them."""
    on = request.resumes_on
    light, rest = ([row for row in request.rows if on and (row.due_on < on) == is_light] for is_light in (True, False))
    return [light, rest] if light and rest and _usual(light) != _usual(rest) else [request.rows]


def _usual(rows: Sequence[OfferRow]) -> int:
    """The payment as people say it: the first may hold arrears, and the last what is left."""
    return rows[1 if len(rows) > 2 else 0].payment_minor
