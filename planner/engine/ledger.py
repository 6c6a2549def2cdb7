"""Payments as they happened, laid against the schedule: what each paid, what each instalment still needs, what being late costs.

Conventions. Money counts on the day it arrives: first for what is due by then, in the order the contract states (late.py),
then for the next instalments. Paying an instalment early saves no interest; money meant for the principal does, through
the contract (`with_extras`). A payment the bank returned never paid anything: what it had paid runs as unpaid from its
own due date (a lender books the return with the value date of the payment).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from .amortisation import build_schedule
from .errors import TermsError
from .late import LateRules, Part, PenaltyBase
from .loan import LoanTerms, Method
from .parts import ExtraEffect, ExtraPrincipal
from .penalty import Penalty, PenaltyRates
from .schedule import Instalment, Schedule

_NO_RULES = LateRules()


class Purpose(StrEnum):
    """What money is for: the instalments, or principal at once so that the term or the instalments shrink."""

    INSTALMENT = "instalment"
    SHORTER = "principal_shorter"
    LOWER = "principal_lower"


_EFFECTS = {Purpose.SHORTER: ExtraEffect.REDUCE_TERM, Purpose.LOWER: ExtraEffect.REDUCE_INSTALMENT}


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


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """An instalment, what was paid on it, and what being late added, in minor units. `left_by_part` leaves that out."""

    instalment: Instalment
    paid_minor: int
    left_by_part: tuple[int, int, int] = (0, 0, 0)
    penalty_minor: int = 0
    penalty_left_minor: int = 0
    late_fee_minor: int = 0
    late_fee_left_minor: int = 0

    @property
    def left_minor(self) -> int:
        """What this instalment itself still needs."""
        return self.instalment.payment_minor - self.paid_minor

    @property
    def is_paid(self) -> bool:
        """Whether nothing of the instalment itself is left."""
        return self.left_minor == 0

    @property
    def fee_left_minor(self) -> int:
        """What of its fee is unpaid."""
        return self.left_by_part[0]

    @property
    def interest_left_minor(self) -> int:
        """What of its interest is unpaid."""
        return self.left_by_part[1]

    @property
    def principal_left_minor(self) -> int:
        """What of its principal is unpaid."""
        return self.left_by_part[2]

    @property
    def late_left_minor(self) -> int:
        """Penalty and late fee not paid."""
        return self.penalty_left_minor + self.late_fee_left_minor


@dataclass(frozen=True, slots=True)
class LedgerState:
    """Where a loan stands on the day `as_of`. `over_minor` is money paid beyond the whole schedule; `counted` says what each
    payment paid, in the order in which they were given."""

    rows: tuple[LedgerRow, ...]
    as_of: date
    over_minor: int
    counted: tuple[Counted, ...] = ()
    rules: LateRules = field(default=_NO_RULES)

    @property
    def next_due(self) -> LedgerRow | None:
        """The oldest instalment that is not paid in full."""
        return next((row for row in self.rows if not row.is_paid), None)

    @property
    def left_minor(self) -> int:
        """All that is still to be paid under the contract, without what being late costs."""
        return sum(row.left_minor for row in self.rows)

    @property
    def principal_left_minor(self) -> int:
        """The principal not paid, overdue or still to come."""
        return sum(row.principal_left_minor for row in self.rows)

    @property
    def paid_count(self) -> int:
        """How many instalments are paid in full."""
        return sum(row.is_paid for row in self.rows)

    @property
    def arrears_minor(self) -> int:
        """What was due before `as_of` and is not paid, without what being late costs."""
        return sum(row.left_minor for row in self.rows if row.instalment.due_date < self.as_of)

    @property
    def missed_count(self) -> int:
        """How many instalments are overdue, in part or whole."""
        return sum(not row.is_paid and row.instalment.due_date < self.as_of for row in self.rows)

    @property
    def penalty_left_minor(self) -> int:
        """Penalty interest up to `as_of` that is not paid."""
        return sum(row.penalty_left_minor for row in self.rows)

    @property
    def late_fee_left_minor(self) -> int:
        """Fees for being late that are not paid."""
        return sum(row.late_fee_left_minor for row in self.rows)

    @property
    def overdue_minor(self) -> int:
        """All that is overdue: the instalments, the penalty and the fees for being late."""
        return self.arrears_minor + self.penalty_left_minor + self.late_fee_left_minor

    @property
    def days_past_due(self) -> int:
        """How many days the oldest unpaid instalment is past due, agreed pauses left out; 0 when none is."""
        oldest = self.next_due
        return self.rules.counted(oldest.instalment.due_date, self.as_of) if oldest else 0


def with_extras(terms: LoanTerms, payments: Sequence[Payment]) -> tuple[LoanTerms, Schedule]:
    """The contract with the payments that went straight to the principal, and its schedule.

    Raises TermsError("extra_principal") where the contract only lists payments, so that nothing shows what they change, or
    when they are more than was owed on their days.
    """
    extras = [
        ExtraPrincipal(p.paid_on, p.amount_minor, _EFFECTS[p.purpose])
        for p in payments
        if p.purpose in _EFFECTS and not p.is_returned
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


def apply_payments(
    schedule: Schedule,
    payments: Sequence[Payment],
    *,
    paid_before: int = 0,
    as_of: date,
    late: LateRules | None = None,
    terms: LoanTerms | None = None,
) -> LedgerState:
    """Lay payments against the schedule of the contract `terms`, to which the extra principal among them belongs already.

    The first `paid_before` instalments count as paid: they were settled before the payments were recorded here. A payment
    meant for an instalment goes there first. Payments of one day count in the order given, those meant for an instalment
    first. Raises TermsError("uplift") when the rules raise a contract's rate and no contract is given.
    """
    rules = late or _NO_RULES
    if rules.uplift is not None and terms is None:
        raise TermsError("uplift", "no_contract")
    book = _Book(schedule, paid_before, rules, PenaltyRates(rules, terms))
    counted = [Counted()] * len(payments)
    for i in sorted(range(len(payments)), key=lambda i: (payments[i].paid_on, payments[i].instalment_n is None, i)):
        payment = payments[i]
        if payment.is_returned:
            continue
        if payment.purpose in _EFFECTS:
            counted[i] = Counted(principal_minor=payment.amount_minor)
            continue
        book.advance(payment.paid_on)
        counted[i] = book.take(payment)
    book.advance(as_of)
    return LedgerState(book.rows(), as_of, sum(c.over_minor for c in counted), tuple(counted), rules)


class _Book:
    """The instalments while time passes and money arrives: what of each part is left."""

    def __init__(self, schedule: Schedule, paid_before: int, rules: LateRules, rates: PenaltyRates) -> None:
        self.schedule, self.rules, self.rates = schedule, rules, rates
        self.fee, self.interest, self.principal = map(list, (schedule.fee, schedule.interest, schedule.principal))
        for column in (self.fee, self.interest, self.principal):
            column[:paid_before] = [0] * min(paid_before, len(column))
        self.grows = min(self.principal, default=0) < 0
        self.late_fee = [0] * len(schedule)
        self.late_fees = [0] * len(schedule)
        self.penalties: dict[int, Penalty] = {}
        self.today, self.oldest, self.owed = date.min, -1, 0
        self.first = min(paid_before, len(schedule))  # nothing before it is open

    def advance(self, day: date) -> None:
        """Let the nights up to a day pass: penalties run on what is overdue."""
        if day <= self.today:
            return
        reached = bisect_right(self.schedule.due, day)
        for i in range(self.first, reached):
            self._join_unpaid_interest(i)
        if self.rules.base == PenaltyBase.BALANCE:
            self.oldest = next((i for i in range(self.first, reached) if self.left(i)), -1)
            self.owed = sum(self.principal[self.first :])
        if self.rules.has_penalty or self.rules.late_fee_minor:
            for i in range(self.first, reached):
                if self.left(i) or i in self.penalties:
                    self._run(i, day)
        self.today = day

    def take(self, payment: Payment) -> Counted:
        """Count a payment of today: where it was meant for, then what is due, then what comes next."""
        parts = dict.fromkeys(Part, 0)
        money, n = payment.amount_minor, payment.instalment_n
        if n is not None and 1 <= n <= len(self.schedule):
            money = self._pay(range(n - 1, n), money, parts)
        reached = bisect_right(self.schedule.due, self.today)
        if self.rules.by_instalment:
            money = self._pay(range(self.first, reached), money, parts)
        else:
            for part in self.rules.order:
                for i in range(self.first, reached):
                    money = self._pay_part(i, part, money, parts)
        money = self._pay(range(max(reached, self.first), len(self.schedule)), money, parts)
        for i, penalty in self.penalties.items():
            if not self.left(i) and not self._is_beyond_grace(i, self.today):
                penalty.waive()
        while self.first < len(self.schedule) and not self._is_open(self.first):
            self.first += 1
        return Counted(parts[Part.PENALTY], parts[Part.FEE], parts[Part.INTEREST], parts[Part.PRINCIPAL], money)

    def left(self, i: int) -> int:
        """What an instalment itself still needs."""
        return self.fee[i] + self.interest[i] + self.principal[i]

    def rows(self) -> tuple[LedgerRow, ...]:
        """The instalments as they stand today."""
        found = []
        for i, instalment in enumerate(self.schedule.rows):
            penalty = self.penalties.get(i)
            is_borne = penalty is not None and self._is_beyond_grace(i, self.today)
            found.append(LedgerRow(
                instalment, instalment.payment_minor - self.left(i), (self.fee[i], self.interest[i], self.principal[i]),
                penalty.charged_minor if penalty and is_borne else 0, penalty.left_minor if penalty and is_borne else 0,
                self.late_fees[i], self.late_fee[i],
            ))  # fmt: skip
        return tuple(found)

    def _run(self, i: int, day: date) -> None:
        due = self.schedule.due[i]
        since = max(due, self.today)
        penalty = self.penalties.get(i)
        if penalty is None:
            if day <= due:
                return
            penalty = self.penalties[i] = Penalty(due)
        penalty.run(self.rates, self._base(i), since, day)
        charged_on = self.rules.fee_day(due)
        if self.left(i) and self.today < charged_on <= day:
            self.late_fee[i] = self.late_fees[i] = self.rules.late_fee_minor

    def _base(self, i: int) -> int:
        if self.rules.base == PenaltyBase.PRINCIPAL:
            return self.principal[i]
        if self.rules.base == PenaltyBase.AMOUNT:
            return self.left(i)
        return self.owed if i == self.oldest else 0

    def _pay(self, places: range, money: int, parts: dict[Part, int]) -> int:
        """Pay whole instalments, one after another; returns what is left of the money."""
        for i in places:
            if not money:
                break
            self._join_unpaid_interest(i)
            for part in self.rules.order:
                money = self._pay_part(i, part, money, parts)
        return money

    def _pay_part(self, i: int, part: Part, money: int, parts: dict[Part, int]) -> int:
        if not money:
            return 0
        taken = 0
        if part == Part.PENALTY:
            penalty = self.penalties.get(i)
            if penalty is not None and self._is_beyond_grace(i, self.today):
                taken = min(money, penalty.left_minor)
                penalty.pay(taken)
        else:
            columns = {
                Part.FEE: (self.fee, self.late_fee), Part.INTEREST: (self.interest,), Part.PRINCIPAL: (self.principal,)
            }  # fmt: skip
            for column in columns[part]:
                amount = min(money - taken, column[i])
                column[i] -= amount
                taken += amount
        parts[part] += taken
        return money - taken

    def _join_unpaid_interest(self, i: int) -> None:
        """Where an instalment does not cover its interest, the rest joins the debt: it is not what is to be paid now."""
        if self.grows and self.principal[i] < 0:
            self.interest[i], self.principal[i] = self.interest[i] + self.principal[i], 0

    def _is_beyond_grace(self, i: int, day: date) -> bool:
        return day >= self.rules.fee_day(self.schedule.due[i])

    def _is_open(self, i: int) -> bool:
        """Whether anything of an instalment is owed, or its penalty still grows."""
        penalty = self.penalties.get(i)
        return bool(self.left(i) or self.late_fee[i] or (penalty and penalty.left_minor))
