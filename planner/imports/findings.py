"""What comes back in the stored rows, offered one by one: as a budget line, as the repayment of a loan, or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from ..budget import services as budget
from ..cases.calendar import calendar_of
from ..engine.budget import Kind
from ..engine.recurring import Past, Recurring, find_recurring
from ..errors import NotFound
from ..loans import services as loans
from ..models import BudgetLine, Case
from ..packs import find_heading
from ..statements.values import Direction
from . import repayments
from .sorting import Rules, Sorted, What, is_near, payee_key, set_rule, sorted_rows

LOOKED_BACK = timedelta(days=800)
_ALIKE = 20  # an amount is that of a line when it differs by at most a twentieth
_SURE, _LIKELY = Decimal("0.85"), Decimal("0.7")


class Offer(NamedTuple):
    """A finding with what it may be: `line` an entered budget line it looks like, `loan` a loan it seems to repay.

    `near_minor` is set where the same other side has other payments too.
    """

    key: str
    found: Recurring
    rows: tuple[Sorted, ...]
    category: str | None
    line: BudgetLine | None
    loan: loans.LoanPosition | None
    near_minor: int | None

    @property
    def payee(self) -> str:
        """The other side as rules know it."""
        return payee_key(self.found.who)

    @property
    def direction(self) -> str:
        """Which way its money goes."""
        return Direction.IN if self.found.is_income else Direction.OUT

    @property
    def kind(self) -> str:
        """Whether it is an income or an expense."""
        return Kind.INCOME if self.found.is_income else Kind.EXPENSE

    @property
    def sureness(self) -> str:
        """How sure: sure, likely or maybe."""
        sure = self.found.confidence
        return "sure" if sure >= _SURE else "likely" if sure >= _LIKELY else "maybe"


def offers(case: Case, today: date) -> list[Offer]:
    """What comes back and has not been spoken about yet, surest first."""
    rows = [row for row in sorted_rows(case, today - LOOKED_BACK, today) if row.what in (What.INCOME, What.SPENDING)]
    past = [Past(row.on, row.amount_minor if row.what == What.INCOME else -row.amount_minor, row.who) for row in rows]
    if not past:
        return []
    rules, positions, lines = Rules(case), repayments.choices(case, today), budget.lines(case)
    counts: dict[tuple[str, str], int] = {}
    for row in rows:
        key = row.payee, row.direction
        counts[key] = counts.get(key, 0) + 1
    found = []
    for one in find_recurring(past, today, calendar_of(case, today - LOOKED_BACK, today + LOOKED_BACK)):
        members = tuple(rows[i] for i in one.found)
        rule = rules.find(one.who, members[-1].direction, one.typical_minor)
        is_known = rule is not None and (rule.line_id is not None or rule.loan_id is not None)
        if not is_known and not rules.is_quiet(one.who, members[-1].direction, one.typical_minor):
            is_split = counts[members[-1].payee, members[-1].direction] > len(members)
            found.append(_offer(case, one, members, positions, lines, is_split))
    return found


def get_offer(case: Case, key: str, today: date) -> Offer:
    """The offer with this key. Raises NotFound when it is no longer there."""
    found = next((offer for offer in offers(case, today) if offer.key == key), None)
    if found is None:
        raise NotFound
    return found


def line_values(offer: Offer) -> dict[str, Any]:
    """The offer as the form of a budget line shows it."""
    found, rhythm = offer.found, offer.found.rhythm
    necessity = {"necessity": "essential"} if offer.kind == Kind.EXPENSE else {}
    low = {"low": found.low_minor} if found.is_income and found.varies else {}
    return {
        "name": found.who[:80], "amount": found.typical_minor, "frequency": rhythm.frequency, "starts_on": found.next_on,
        "day_of_month": rhythm.day, "working_day": rhythm.working_day or 0, "category": offer.category,
        **necessity, **low,
    }  # fmt: skip


def accept(case: Case, offer: Offer, line: BudgetLine) -> None:
    """The offer is this budget line: its payments belong to it from now on."""
    set_rule(
        case, offer.payee, offer.direction, near_minor=offer.near_minor, category=line.category, line_id=line.id
    )  # fmt: skip


def quiet(case: Case, offer: Offer) -> None:
    """Do not offer it again."""
    set_rule(case, offer.payee, offer.direction, near_minor=offer.found.typical_minor, is_quiet=True)


def _offer(
    case: Case, one: Recurring, rows: tuple[Sorted, ...], positions: Sequence[loans.LoanPosition],
    lines: Sequence[BudgetLine], is_split: bool,
) -> Offer:  # fmt: skip
    category = next((row.category for row in reversed(rows) if row.category), None)
    if category is not None and find_heading(category, case.currency) is None:
        category = None
    parts = (one.who, one.is_income, one.rhythm.frequency, one.typical_minor)
    key = hashlib.sha256(repr(parts).encode()).hexdigest()[:12]
    loan = None if one.is_income else _find_loan(one, positions, case.currency)
    line = None if loan else _find_line(one, lines)
    return Offer(key, one, rows, category, line, loan, one.typical_minor if is_split else None)


def _find_line(one: Recurring, lines: Sequence[BudgetLine]) -> BudgetLine | None:
    """A budget line entered by hand with about this amount and rhythm."""
    kind = Kind.INCOME if one.is_income else Kind.EXPENSE
    return next(
        (
            line
            for line in lines
            if line.kind == kind and line.frequency == one.rhythm.frequency
            and abs(line.amount_minor - one.typical_minor) * _ALIKE <= one.typical_minor
        ),
        None,
    )  # fmt: skip


def _find_loan(one: Recurring, positions: Sequence[loans.LoanPosition], currency: str) -> loans.LoanPosition | None:
    """The loan this seems to repay: by the lender's name, else by the amount of the next instalment."""
    own = [p for p in positions if p.loan.currency == currency]
    who = payee_key(one.who)
    named = next((p for p in own if (name := payee_key(p.loan.creditor)) and (name in who or who in name)), None)
    alike = (p for p in own if p.next and _is_about(one.typical_minor, p.next.instalment.payment_minor))
    return named or next(alike, None)


def _is_about(amount_minor: int, due_minor: int) -> bool:
    return is_near(amount_minor, due_minor) and abs(amount_minor - due_minor) * 100 <= due_minor
