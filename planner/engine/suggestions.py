"""Which request follows from a creditor's share: the mildest one that the share can keep, and why."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from enum import StrEnum

from .asked import Asked, Kind
from .changes import DeferredInterest
from .dates import add_months
from .errors import EngineError
from .outcome import Running
from .requests import Standing, work_out

TOKEN_MONTHS = 6  # source: reference/formats.md section 2, then a review
LONGEST_CAUSE = 24
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
    if each_minor >= (standing.each_minor or standing.late_minor):
        return Asked(Kind.REDUCE, each_minor, begins), Why.ARREARS
    for asked, why in _candidates(begins, max(each_minor, 1), is_token, cause_until):
        try:
            outcome = work_out(running, asked)
        except EngineError:
            continue
        if why != Why.LESS or len(outcome.rows_after) <= max(LONGEST_PLAN, 2 * len(outcome.rows_before)):
            return asked, why
    return None, Why.NONE


def _candidates(begins: date, each: int, is_token: bool, until: date | None) -> Iterator[tuple[Asked, Why]]:
    review = add_months(begins, TOKEN_MONTHS - 1)
    rests = Asked(Kind.REDUCE_UNTIL, each, begins, review, interest=DeferredInterest.WAIVED)
    if not is_token:
        if until is not None and begins <= until <= add_months(begins, LONGEST_CAUSE):
            yield Asked(Kind.REDUCE_UNTIL, each, begins, until), Why.WHILE
        yield Asked(Kind.REDUCE, each, begins), Why.LESS
    yield rests, Why.TOKEN if is_token else Why.INTEREST
    yield Asked(Kind.REDUCE_UNTIL, each, begins, review), Why.TOKEN if is_token else Why.INTEREST
