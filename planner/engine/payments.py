"""Money as it was paid: when, how much, what for, and what it then counted as."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from .amortisation import build_schedule
from .errors import TermsError
from .loan import LoanTerms, Method
from .parts import ExtraEffect, ExtraPrincipal
from .schedule import Schedule


class Purpose(StrEnum):
    """What money is for: the instalments, or principal at once so that the term or the instalments shrink."""

    INSTALMENT = "instalment"
    SHORTER = "principal_shorter"
    LOWER = "principal_lower"


EFFECTS = {Purpose.SHORTER: ExtraEffect.REDUCE_TERM, Purpose.LOWER: ExtraEffect.REDUCE_INSTALMENT}


@dataclass(frozen=True, slots=True)
class Payment:
    """Money paid. `instalment_n` names the instalment it was meant for; without it the oldest unpaid comes first."""

    paid_on: date
    amount_minor: int
    instalment_n: int | None = None
    purpose: Purpose = Purpose.INSTALMENT
    is_returned: bool = False


class Counted(NamedTuple):
    """What one payment paid, in minor units. `over_minor` found nothing left to pay."""

    penalty_minor: int = 0
    fee_minor: int = 0
    interest_minor: int = 0
    principal_minor: int = 0
    over_minor: int = 0

    @property
    def amount_minor(self) -> int:
        """All of it."""
        return sum(self)


def with_extras(terms: LoanTerms, payments: Sequence[Payment]) -> tuple[LoanTerms, Schedule]:
    """The contract with the payments that went straight to the principal, and its schedule.

    Raises TermsError("extra_principal") where the contract only lists payments, so that nothing shows what they change, or
    when they are more than was owed on their days.
    """
    extras = [
        ExtraPrincipal(p.paid_on, p.amount_minor, EFFECTS[p.purpose])
        for p in payments
        if p.purpose in EFFECTS and not p.is_returned
    ]
    if not extras:
        return terms, build_schedule(terms)
    if terms.method == Method.PAYMENT_PLAN:
        raise TermsError("extra_principal", "not_for_listed_payments")
    merged = tuple(sorted((*terms.extra_principal, *extras), key=lambda extra: extra.on))
    changed = replace(terms, extra_principal=merged)
    schedule = build_schedule(changed)
    rest = schedule.balance[-1] if len(schedule) else 0
    if schedule.principal_minor + sum(extra.amount_minor for extra in merged) + rest != terms.principal_minor:
        raise TermsError("extra_principal", "more_than_owed")
    return changed, schedule
