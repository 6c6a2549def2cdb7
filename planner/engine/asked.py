"""What may be asked of a creditor, and what it comes to, as values. requests.py works one out of the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from enum import StrEnum

from .changes import DeferredInterest, Then
from .errors import TermsError
from .money import round_ratio
from .row_changes import Rows


class Kind(StrEnum):
    """What may be asked of a creditor; one of them, the one that follows from the facts."""

    REDUCE = "reduce"
    REDUCE_UNTIL = "reduce_until"
    POSTPONE = "postpone"
    RATE = "rate"
    FREEZE = "freeze"
    LONGER = "longer"
    MOVE_DUE = "move_due"
    SETTLE = "settle"


NEEDED: Mapping[Kind, tuple[str, ...]] = {
    Kind.REDUCE: ("amount_minor", "from_on"),
    Kind.REDUCE_UNTIL: ("amount_minor", "from_on", "until"),
    Kind.POSTPONE: ("from_on", "count", "interest"),
    Kind.RATE: ("from_on", "annual_rate"),
    Kind.FREEZE: ("from_on",),
    Kind.LONGER: ("from_on", "instalments"),
    Kind.MOVE_DUE: ("from_on", "day"),
    Kind.SETTLE: ("amount_minor", "on"),
}
# What a kind may say besides: when a freeze ends, whether interest rests meanwhile, what becomes of the rest.
ALLOWED: Mapping[Kind, tuple[str, ...]] = {
    Kind.REDUCE_UNTIL: ("interest", "then"),
    Kind.RATE: ("then",),
    Kind.FREEZE: ("until", "then"),
}
WITH_AMOUNT = (Kind.REDUCE, Kind.REDUCE_UNTIL)
_TREATMENTS = {Kind.POSTPONE: tuple(DeferredInterest), Kind.REDUCE_UNTIL: (DeferredInterest.WAIVED,)}


@dataclass(frozen=True, slots=True)
class Asked:
    """The one request to a creditor, in minor units of the loan; only the fields of its kind are set.

    `amount_minor` is each instalment's (of `settle`: the sum). `interest` says which treatment is asked for, never assumed: of
    postponed instalments one of changes.DeferredInterest; under `reduce_until` "waived", or None where it goes on. `then` says
    what becomes of the rest (changes.Then); without it the old instalment comes back, and under `rate` the end stays.
    """

    kind: str
    amount_minor: int | None = None
    from_on: date | None = None
    until: date | None = None
    count: int | None = None
    interest: str | None = None
    annual_rate: Decimal | None = None
    instalments: int | None = None
    day: int | None = None
    on: date | None = None
    then: str | None = None

    @property
    def begins(self) -> date:
        """Its first day. Raises TermsError when it has none."""
        found = self.on or self.from_on
        if found is None:
            raise TermsError("from_on", "missing")
        return found


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a request comes to. `opening_minor` is what is owed when it begins, `arrears_minor` what is overdue today,
    `forgiven_minor` what the creditor gives up. `resumes_on` is the first date on which what the contract has goes on again
    (instalments after a reduction or a pause, interest after a freeze); None when there is no such date.

    `cost_before` and `cost_after` are yearly rates, `notes` the codes of outcome.WhatIf.
    """

    asked: Asked
    opening_minor: int
    arrears_minor: int
    forgiven_minor: int
    rows_before: Rows
    rows_after: Rows
    resumes_on: date | None
    periods_per_year: Decimal
    cost_before: Decimal | None = None
    cost_after: Decimal | None = None
    notes: tuple[str, ...] = ()

    @property
    def total_before_minor(self) -> int:
        """All that the contract still asks for."""
        return sum(row.payment_minor for row in self.rows_before)

    @property
    def total_after_minor(self) -> int:
        """All that is paid under the request."""
        return sum(row.payment_minor for row in self.rows_after)

    @property
    def cost_minor(self) -> int:
        """What the request costs against the contract; negative when less is paid in all."""
        return self.total_after_minor - self.total_before_minor

    @property
    def running(self) -> Rows:
        """The agreed dates: what is paid while the request runs, before what the contract has goes on again."""
        return tuple(row for row in self.rows_after if self.resumes_on is None or row.due_date < self.resumes_on)


def kind_of(asked: Asked) -> Kind:
    """The kind, after checking that the fields are its own. Raises TermsError naming the field."""
    if asked.kind not in list(Kind):
        raise TermsError("kind", "not_one_of", choices=", ".join(Kind))
    kind = Kind(asked.kind)
    own = (*NEEDED[kind], *ALLOWED.get(kind, ()))
    for name in (field.name for field in fields(asked) if field.name != "kind"):
        value = getattr(asked, name)
        if value is None and name in NEEDED[kind]:
            raise TermsError(name, "missing")
        if value is not None and name not in own:
            raise TermsError(name, "not_of_this_kind")
    _check_words(asked, kind)
    return kind


def _check_words(asked: Asked, kind: Kind) -> None:
    if asked.interest is not None and asked.interest not in _TREATMENTS[kind]:
        raise TermsError("interest", "not_one_of", choices=", ".join(_TREATMENTS[kind]))
    if asked.then is not None and asked.then not in list(Then):
        raise TermsError("then", "not_one_of", choices=", ".join(Then))
    if asked.until is not None and asked.until < asked.begins:
        raise TermsError("until", "before_start", least=asked.begins)


def monthly_minor(outcome: Outcome) -> int:
    """What the creditor gets a month while the request runs: nothing under a pause, nothing regular under a settlement."""
    if outcome.asked.kind in (Kind.SETTLE, Kind.POSTPONE) or not outcome.running:
        return 0
    first = outcome.running[:2] if outcome.asked.kind in WITH_AMOUNT else outcome.running[1:2] or outcome.running
    return a_month(max(row.payment_minor for row in first), outcome.periods_per_year)


def a_month(instalment_minor: int, periods_per_year: Decimal) -> int:
    """An instalment as a monthly amount (weekly x 52 / 12), rounded half up."""
    top, bottom = periods_per_year.as_integer_ratio()
    return round_ratio(instalment_minor * top, bottom * 12)


def each_time(monthly_minor: int, periods_per_year: Decimal) -> int:
    """A monthly amount as an instalment, rounded down: it never takes more than the month has."""
    top, bottom = periods_per_year.as_integer_ratio()
    return monthly_minor * 12 * bottom // top
