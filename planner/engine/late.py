"""What a contract says about paying late: penalty interest, late fees, and in which order money that arrives is counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from typing import Any

from .errors import TermsError
from .parts import Span
from .reading import Fields, as_day

MOST_RATE, MOST_UPLIFT, MOST_GRACE, MOST_PAUSES = Decimal(10), Decimal(3), 60, 24
YEAR_DAYS = (360, 365)


class PenaltyBase(StrEnum):
    """What penalty interest is charged on while an instalment is overdue.

    Its unpaid principal; all of it that is unpaid; or the whole principal still owed, which then bears the penalty on top
    of the contract's own interest.
    """

    PRINCIPAL = "overdue_principal"
    AMOUNT = "overdue_amount"
    BALANCE = "balance"


class Compounding(StrEnum):
    """Whether unpaid penalty bears penalty itself: never, every night, or from each monthly day of the due date."""

    NONE = "none"
    DAILY = "daily"
    MONTHLY = "monthly"


class Part(StrEnum):
    """What money pays: penalty interest; fees, that of the instalment before that for being late; interest; principal."""

    PENALTY = "penalty"
    FEE = "fee"
    INTEREST = "interest"
    PRINCIPAL = "principal"


@dataclass(frozen=True, slots=True)
class LateRules:
    """What being late costs. `annual_rate` is the penalty rate itself, or `uplift` raises the contract's (0.5 = half more).

    Without both no penalty is known, and none is counted. It runs over the nights from the due date to the day of payment,
    `days_in_year` to a year; an instalment paid in full within `grace_days` bears none, a later one bears it from the due
    date. `late_fee_minor` is charged once for each instalment not paid within the grace. `order` is how money is counted,
    for the oldest instalment first, or with `by_instalment` false part by part over all that are due. In the nights of
    `pauses` (as the lender agreed) nothing accrues, no fee is charged and no day counts as past due.
    Raises TermsError naming the field for what no contract can say.
    """

    annual_rate: Decimal | None = None
    uplift: Decimal | None = None
    base: PenaltyBase = PenaltyBase.PRINCIPAL
    compounding: Compounding = Compounding.NONE
    grace_days: int = 0
    days_in_year: int = 360
    late_fee_minor: int = 0
    order: tuple[Part, ...] = tuple(Part)
    by_instalment: bool = True
    pauses: tuple[Span, ...] = ()

    def __post_init__(self) -> None:
        if self.annual_rate is not None and self.uplift is not None:
            raise TermsError("uplift", "rate_and_uplift")
        for field, value, most in (("annual_rate", self.annual_rate, MOST_RATE), ("uplift", self.uplift, MOST_UPLIFT)):
            if value is not None and not (value.is_finite() and 0 <= value <= most):
                raise TermsError(field, "out_of_range", least=0, most=most)
        if not 0 <= self.grace_days <= MOST_GRACE:
            raise TermsError("grace_days", "out_of_range", least=0, most=MOST_GRACE)
        if self.days_in_year not in YEAR_DAYS:
            raise TermsError("days_in_year", "not_one_of", choices="360, 365")
        if not 0 <= self.late_fee_minor < 10**15:
            raise TermsError("late_fee", "out_of_range", least=0, most=10**15)
        if sorted(self.order) != sorted(Part):
            raise TermsError("order", "not_each_part_once")
        if len(self.pauses) > MOST_PAUSES:
            raise TermsError("pauses", "too_many", most=MOST_PAUSES)
        if any(pause.first > pause.last for pause in self.pauses):
            raise TermsError("pauses", "ends_before_it_begins")
        if any(a.last > b.first for a, b in pairwise(self.pauses)):
            raise TermsError("pauses", "not_in_order")

    @property
    def has_penalty(self) -> bool:
        """Whether a rate is known at all."""
        return self.annual_rate is not None or self.uplift is not None

    def is_paused(self, night: date) -> bool:
        """Whether the night that begins on a day is one that does not count."""
        return any(pause.first <= night < pause.last for pause in self.pauses)

    def counted(self, first: date, last: date) -> int:
        """The nights from one day to another that count."""
        off = sum(max((min(p.last, last) - max(p.first, first)).days, 0) for p in self.pauses)
        return max((last - first).days - off, 0)

    def late_from(self, due: date) -> date:
        """The day on which an instalment due then is late beyond the grace."""
        return due + timedelta(days=self.grace_days + 1)

    def fee_day(self, due: date) -> date:
        """The first such day that no pause covers: the fee for being late is charged on it."""
        day = self.late_from(due)
        for pause in self.pauses:  # in order of their dates
            if pause.first <= day < pause.last:
                day = pause.last
        return day


def late_to_dict(rules: LateRules) -> dict[str, Any]:
    """The rules as JSON: rates as decimal strings, the fee in minor units."""
    return {
        "annual_rate": None if rules.annual_rate is None else str(rules.annual_rate),
        "uplift": None if rules.uplift is None else str(rules.uplift),
        "base": str(rules.base),
        "compounding": str(rules.compounding),
        "grace_days": rules.grace_days,
        "days_in_year": rules.days_in_year,
        "late_fee_minor": rules.late_fee_minor,
        "order": [str(part) for part in rules.order],
        "by_instalment": rules.by_instalment,
        "pauses": [[pause.first.isoformat(), pause.last.isoformat()] for pause in rules.pauses],
    }


def late_from_dict(value: Mapping[str, Any]) -> LateRules:
    """The rules of `late_to_dict`. Raises TermsError naming the field for anything else."""
    fields = Fields(dict(value), "late_rules")
    plain = LateRules()
    return LateRules(
        fields.number("annual_rate", None),
        fields.number("uplift", None),
        fields.choice("base", PenaltyBase, plain.base),
        fields.choice("compounding", Compounding, plain.compounding),
        fields.whole("grace_days", 0, most=MOST_GRACE),
        fields.whole("days_in_year", plain.days_in_year, most=366),
        fields.whole("late_fee_minor", 0, most=10**15),
        tuple(fields.items("order", _as_part, most=len(Part))) if fields.has("order") else plain.order,
        fields.flag("by_instalment", True),
        tuple(fields.items("pauses", _as_span, most=MOST_PAUSES)),
    )


def _as_part(value: Any, path: str) -> Part:
    if value not in set(Part):
        raise TermsError(path, "not_one_of", choices=", ".join(Part))
    return Part(value)


def _as_span(value: Any, path: str) -> Span:
    if not isinstance(value, list) or len(value) != 2:
        raise TermsError(path, "not_two_dates")
    return Span(as_day(value[0], path), as_day(value[1], path))
