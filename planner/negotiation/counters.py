"""A counter-offer as a request of our own: what a lender said on the page or the phone, in the one kind that says it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..documents import plain
from ..documents.proposal import Asked, Request
from ..engine.asked import Kind
from ..engine.money import Currency

_FIELDS = tuple(plain.write(Asked("counter"), Currency("CNY", 2)))


def read_terms(terms: dict[str, Any], unit: Currency) -> Asked:
    """A counter-offer as it was said: kind "counter", `count` the number of instalments there would be."""
    found: Asked = plain.read(Asked, dict.fromkeys(_FIELDS) | terms, unit)
    return found


def as_asked(terms: dict[str, Any], offered: Request, unit: Currency) -> Asked:
    """The request that a counter-offer to `offered` amounts to. What it leaves open stays as offered.

    An amount counts before a rate, a rate before a number of instalments, that before a date: a lender who names an amount has
    worked the others out.
    """
    said = read_terms(terms, unit)
    asked, begins = offered.asked, said.from_on or offered.asked.begins
    if said.amount_minor is not None:
        return _with_amount(asked, said, offered)
    if said.annual_rate is not None:
        return Asked(Kind.RATE, from_on=begins, annual_rate=said.annual_rate)
    if said.count is not None:
        more = said.count - offered.contract.count
        if more > 0:
            return Asked(Kind.LONGER, from_on=begins, instalments=more)
        # As many as the contract has, or fewer: the instalment follows from the sum.
        return Asked(Kind.REDUCE, -(-offered.offer.total_minor // said.count), begins)
    return _on_another_day(asked, said)


def _with_amount(asked: Asked, said: Asked, offered: Request) -> Asked:
    if asked.kind == Kind.SETTLE:
        return replace(asked, amount_minor=said.amount_minor, on=said.from_on or asked.on)
    if asked.kind == Kind.REDUCE_UNTIL and said.count is None:
        return replace(asked, amount_minor=said.amount_minor, from_on=said.from_on or asked.from_on)
    return Asked(Kind.REDUCE, said.amount_minor, said.from_on or asked.from_on or offered.offer.first_due)


def _on_another_day(asked: Asked, said: Asked) -> Asked:
    if said.from_on is None:
        return asked
    if asked.kind == Kind.SETTLE:
        return replace(asked, on=said.from_on)
    if asked.kind == Kind.MOVE_DUE:
        return replace(asked, from_on=said.from_on, day=said.from_on.day)
    return replace(asked, from_on=said.from_on)
