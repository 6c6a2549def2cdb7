"""The instalments of a schedule while time passes and money arrives: the work behind ledger.py."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date

from .late import LateRules, Part, PenaltyBase
from .payments import Counted, Payment
from .penalty import Penalty, PenaltyRates
from .schedule import Instalment, Schedule


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


class Book:
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
        return day >= self.rules.late_from(self.schedule.due[i])

    def _is_open(self, i: int) -> bool:
        """Whether anything of an instalment is owed, or its penalty still grows."""
        penalty = self.penalties.get(i)
        return bool(self.left(i) or self.late_fee[i] or (penalty and penalty.left_minor))
