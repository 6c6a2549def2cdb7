"""A counter-offer worked out: what a lender said on the page or the phone, as one schedule, or refused where none says it all.

What the lender leaves open stays as offered. Amount, number and rate are combined; where they cannot all be true of one
schedule at the contract's cost, nothing is tested in their place.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any, NamedTuple, NoReturn

from ..documents import plain
from ..documents.proposal import Asked, Request
from ..engine.asked import Kind
from ..engine.errors import TermsError
from ..engine.money import Currency
from ..engine.outcome import Running
from ..engine.requests import Outcome, level_for, repaid_at, work_out

APART = "not_together"  # the code of the TermsError for terms that make no one schedule
_FIELDS = tuple(plain.write(Asked("counter"), Currency("CNY", 2)))


class Counter(NamedTuple):
    """What a counter-offer comes to. `asked` is the request of ours that says the same; None where no single one does."""

    outcome: Outcome
    asked: Asked | None


def read_terms(terms: dict[str, Any], unit: Currency) -> Asked:
    """A counter-offer as it was said: kind "counter", `count` the number of instalments there would be."""
    found: Asked = plain.read(Asked, dict.fromkeys(_FIELDS) | terms, unit)
    return found


def work_out_terms(terms: dict[str, Any], offered: Request, unit: Currency, running: Running) -> Counter:
    """What a counter-offer to `offered` comes to, on the day of `running`.

    Raises EngineError, of which TermsError(APART) says that no one schedule has all of it.
    """
    said = _completed(read_terms(terms, unit), offered)
    begins = said.from_on or offered.asked.begins
    if said.annual_rate is None:
        asked = _one_request(said, offered, begins, running)
        counter = Counter(work_out(running, asked), asked)
    elif said.amount_minor is None and said.count is None:
        asked = Asked(Kind.RATE, from_on=begins, annual_rate=said.annual_rate)
        counter = Counter(work_out(running, asked), asked)
    else:
        each = said.amount_minor or level_for(running, begins, said.count or 0, said.annual_rate)
        counter = Counter(repaid_at(running, begins, each, said.annual_rate), None)
    if said.count is not None and len(counter.outcome.rows_after) != said.count:
        _refuse()
    return counter


def _completed(said: Asked, offered: Request) -> Asked:
    """With the offered amount or number beside a rate that was said alone."""
    asked = offered.asked
    if said.annual_rate is None:
        return said
    if said.count is None and asked.until is not None:
        _refuse()  # whether the rate ends when the offer does is not said
    if said.amount_minor is not None or said.count is not None:
        return said
    if asked.kind == Kind.REDUCE:
        return replace(said, amount_minor=asked.amount_minor)
    return replace(said, count=offered.offer.count) if asked.kind == Kind.LONGER else said


def _one_request(said: Asked, offered: Request, begins: date, running: Running) -> Asked:
    """Terms without a rate as a request of ours."""
    asked = offered.asked
    if said.amount_minor is None:
        return _on_another_day(asked, said) if said.count is None else _over(said.count, begins, running)
    if asked.kind == Kind.SETTLE and said.count in (None, 1):
        return replace(asked, amount_minor=said.amount_minor, on=begins)
    if asked.kind == Kind.REDUCE_UNTIL and said.count is None:
        return replace(asked, amount_minor=said.amount_minor, from_on=begins)
    return Asked(Kind.REDUCE, said.amount_minor, begins)


def _over(count: int, begins: date, running: Running) -> Asked:
    """So many instalments in all: more than the contract has from that day on are a longer term, else larger ones."""
    left = len(work_out(running, Asked(Kind.LONGER, from_on=begins, instalments=1)).rows_after) - 1
    if count > left:
        return Asked(Kind.LONGER, from_on=begins, instalments=count - left)
    return Asked(Kind.REDUCE, level_for(running, begins, count), begins)


def _on_another_day(asked: Asked, said: Asked) -> Asked:
    if said.from_on is None:
        return asked
    if asked.kind == Kind.SETTLE:
        return replace(asked, on=said.from_on)
    if asked.kind == Kind.MOVE_DUE:
        return replace(asked, from_on=said.from_on, day=said.from_on.day)
    return replace(asked, from_on=said.from_on)


def _refuse() -> NoReturn:
    raise TermsError("terms", APART)
