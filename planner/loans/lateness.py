"""What the pages say about being late: steps of records, usual penalties, an example, and what each payment paid."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from flask_babel import gettext as _

from ..engine.late import LateRules
from ..engine.ledger import Counted, Purpose, apply_payments
from ..engine.loan import LoanTerms, Method
from ..engine.penalty import PenaltyRates
from ..formatting import money
from ..models import Payment
from ..packs.arrears import Scheme, Step, UsualPenalty, schemes, usual_penalty
from .services import LoanPosition, live_payments

EXAMPLE_DAYS = 10


@dataclass(frozen=True, slots=True)
class Example:
    """What the next instalment would cost when paid so many days late, in minor units."""

    n: int
    days: int
    penalty_minor: int
    fee_minor: int


def steps(position: LoanPosition) -> list[tuple[Scheme, Step]]:
    """Where an overdue loan stands in each scheme of its country."""
    days, missed = position.ledger.days_past_due, position.ledger.missed_count
    return [(scheme, scheme.step(days, missed)) for scheme in schemes(position.loan.currency)]


def names_rate(terms: LoanTerms) -> bool:
    """Whether the contract itself names a rate that a penalty could be added to."""
    return bool(terms.annual_rate) and terms.method != Method.PAYMENT_PLAN


def yearly(position: LoanPosition, rules: LateRules) -> Decimal | None:
    """The penalty rate a year as of today; None where there is none."""
    if not rules.has_penalty:
        return None
    return PenaltyRates(rules, position.terms).at(position.ledger.as_of)


def above_usual(position: LoanPosition, rules: LateRules) -> UsualPenalty | None:
    """What is usual, where these rules ask for more than that."""
    usual, rate = usual_penalty(position.loan.currency), yearly(position, rules)
    if usual is None or rate is None or not names_rate(position.terms):
        return None
    return usual if rate > position.terms.annual_rate * (1 + usual.most_uplift) else None


def example(position: LoanPosition, rules: LateRules) -> Example | None:
    """The next instalment under these rules, paid late; None when nothing is left."""
    rows = position.schedule.rows
    if position.next is None:
        return None
    n = position.next.instalment.n
    day = rows[n - 1].due_date + timedelta(days=rules.grace_days + EXAMPLE_DAYS)
    found = apply_payments(position.schedule, [], paid_before=n - 1, as_of=day, late=rules, terms=position.terms)
    row = found.rows[n - 1]
    return Example(n, rules.grace_days + EXAMPLE_DAYS, row.penalty_minor, row.late_fee_minor)


def payments(position: LoanPosition) -> list[tuple[Payment, Counted]]:
    """The payments on a loan, the last first, each with what it paid."""
    return list(zip(live_payments(position.loan), position.ledger.counted, strict=True))[::-1]


def paid_words(position: LoanPosition, payment: Payment, counted: Counted) -> str:
    """What a payment paid, part by part."""
    cur = position.loan.currency
    if payment.purpose != Purpose.INSTALMENT and counted.principal_minor == payment.amount_minor:
        return _("principal, at once")
    parts = [
        (counted.penalty_minor, _("penalty %(amount)s", amount=money(counted.penalty_minor, cur))),
        (counted.fee_minor, _("fees %(amount)s", amount=money(counted.fee_minor, cur))),
        (counted.interest_minor, _("interest %(amount)s", amount=money(counted.interest_minor, cur))),
        (counted.principal_minor, _("principal %(amount)s", amount=money(counted.principal_minor, cur))),
        (counted.over_minor, _("%(amount)s more than was owed", amount=money(counted.over_minor, cur))),
    ]
    return ", ".join(words for amount, words in parts if amount)
