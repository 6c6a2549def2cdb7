"""Which request follows from a creditor's share: the mildest one that the share can keep, and why."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from itertools import chain

from .asked import Asked, Kind, Outcome
from .changes import DeferredInterest
from .dates import add_months
from .errors import EngineError
from .outcome import Running
from .requests import Standing, work_out

TOKEN_MONTHS = 6  # source: reference/formats.md section 2, then a review
LONGEST_CAUSE = 24
MOST_MORE = 12  # instalments that take over what is overdue
LONGEST_PLAN = 60  # instalments a lender takes without asking twice; source: formats.md sections 4 and 6


class Why(StrEnum):
    """Why a request is suggested. The first two ask for nothing, NONE found nothing that works."""

    FITS = "fits"
    ENDS = "ends"
    WHILE = "while"
    LESS = "less"
    INTEREST = "interest"
    ARREARS = "arrears"
    TOKEN = "token"  # noqa: S105  # an amount, no secret
    NONE = "none"


def suggest(
    running: Running, begins: date, each_minor: int, standing: Standing, *, is_token: bool = False,
    cause_until: date | None = None,
) -> tuple[Asked | None, Why]:  # fmt: skip
    """What to ask where a creditor's share is `each_minor` an instalment; None where the contract can be kept.

    A cause that ends within two years asks for less until then; else less until everything is repaid; where that never repays,
    or only a token is left, for six months in which interest rests, and then another look.
    """
    if not standing.owed_minor:
        return None, Why.ENDS
    if each_minor >= standing.each_minor and not standing.late_minor:
        return None, Why.FITS
    covers = each_minor >= (standing.each_minor or standing.owed_minor)
    usual = _candidates(begins, max(each_minor, 1), is_token, cause_until)
    for asked, why in chain(_with_arrears(begins, each_minor) if covers else (), usual):
        try:
            outcome = work_out(running, asked)
        except EngineError:
            continue
        if _is_sound(outcome, why, each_minor):
            return asked, why
    return None, Why.NONE


def _is_sound(outcome: Outcome, why: Why, each: int) -> bool:
    """Whether a lender takes it without asking twice, and the share keeps it."""
    if why == Why.LESS:
        return len(outcome.rows_after) <= max(LONGEST_PLAN, 2 * len(outcome.rows_before))
    return why != Why.ARREARS or max(row.payment_minor for row in outcome.rows_after) <= each


def _with_arrears(begins: date, each: int) -> Iterator[tuple[Asked, Why]]:
    """Where the share covers the instalment: what is overdue joins the debt, else it is spread over some instalments more.

    A debt whose instalment is little more than its interest cannot wait for the first date: the second way is for it.
    """
    yield Asked(Kind.REDUCE, each, begins), Why.ARREARS
    for more in range(1, MOST_MORE + 1):
        yield Asked(Kind.LONGER, from_on=begins, instalments=more), Why.ARREARS


def _candidates(begins: date, each: int, is_token: bool, until: date | None) -> Iterator[tuple[Asked, Why]]:
    review = add_months(begins, TOKEN_MONTHS - 1)
    rests = Asked(Kind.REDUCE_UNTIL, each, begins, review, interest=DeferredInterest.WAIVED)
    if not is_token:
        if until is not None and begins <= until <= add_months(begins, LONGEST_CAUSE):
            yield Asked(Kind.REDUCE_UNTIL, each, begins, until), Why.WHILE
        yield Asked(Kind.REDUCE, each, begins), Why.LESS
    yield rests, Why.TOKEN if is_token else Why.INTEREST
    yield Asked(Kind.REDUCE_UNTIL, each, begins, review), Why.TOKEN if is_token else Why.INTEREST
