"""Several debts under changing cash, month by month to the unit: what a plan comes to when it is really paid.

The same months as payoff.py (interest once, then fees, then payments), with what the optimum may also choose: paying late at a
price, deferring at a price, paying early at a price, and keeping cash for a later month.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from .errors import EngineError, TermsError
from .money import round_ratio
from .payoff import MOST_DEBTS, Debt, MonthlyInterest, minimum_of

MOST_AHEAD = 600


class NoPlan(EngineError):
    """No plan fits the cash. `month` (from 1) is the first whose minimums it does not cover, `short_minor` what is missing
    then; `month` is None when everything due can be paid but the debts never end."""

    def __init__(self, month: int | None, short_minor: int) -> None:
        super().__init__(f"month {month}: {short_minor} missing" if month else "the debts never end")
        self.month, self.short_minor = month, short_minor


@dataclass(frozen=True, slots=True)
class Choices:
    """A debt and what may be chosen on it besides paying: prices in minor units and fractions.

    `late_fee_minor` None: less than the minimum is not accepted. Otherwise each month that ends with arrears costs that fee and
    `late_rate` a year on them, added to the balance; arrears are due with the next minimum. In a month that is deferred (at most
    `deferrals` times, `deferral_fee_minor` each) no minimum is due. `prepayment_fee_rate` is charged on what is paid beyond
    what is due, and paid with it. Raises TermsError naming the field.
    """

    debt: Debt
    late_fee_minor: int | None = None
    late_rate: Decimal = Decimal(0)
    deferrals: int = 0
    deferral_fee_minor: int = 0
    prepayment_fee_rate: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        if min(self.late_fee_minor or 0, self.deferral_fee_minor, self.deferrals) < 0:
            raise TermsError("debts", "out_of_range", key=self.debt.key)
        if not all(rate.is_finite() and 0 <= rate <= 10 for rate in (self.late_rate, self.prepayment_fee_rate)):
            raise TermsError("debts", "rate_out_of_range", key=self.debt.key)
        if self.prepayment_fee_rate and self.debt.minimum_rate:
            raise TermsError("prepayment_fee_rate", "not_with_a_percentage_minimum", key=self.debt.key)


@dataclass(frozen=True, slots=True)
class Asked:
    """A month as it begins, one entry a debt: what is owed with its interest, what is due, how many deferrals are left."""

    month: int
    owed: tuple[int, ...]
    due: tuple[int, ...]
    deferrals: tuple[int, ...]
    hand_minor: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What a plan pays in a month, one entry a debt, and which debts it defers."""

    pays: tuple[int, ...]
    deferred: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Month:
    """A month as it was: payments and balances after it by debt, in minor units; what else it cost; cash kept at its end."""

    number: int
    paid_minor: tuple[int, ...]
    left_minor: tuple[int, ...]
    prepayment_fees_minor: int
    late: frozenset[int]
    deferred: frozenset[int]
    kept_minor: int

    @property
    def total_minor(self) -> int:
        """All money paid."""
        return sum(self.paid_minor) + self.prepayment_fees_minor


@dataclass(frozen=True, slots=True)
class Course:
    """A plan from the first month to the one in which the last debt is cleared."""

    opening_minor: int
    months: tuple[Month, ...]

    @property
    def paid_minor(self) -> int:
        """All money paid."""
        return sum(month.total_minor for month in self.months)

    @property
    def cost_minor(self) -> int:
        """All money paid beyond what was owed at the start: interest and every fee."""
        return self.paid_minor - self.opening_minor


Decide = Callable[[Asked], Answer]


def cash_of(cash_minor: Sequence[int], month: int) -> int:
    """The cash of a month counted from 1; the last amount goes on."""
    return cash_minor[min(month, len(cash_minor)) - 1]


def pay(debts: Sequence[Choices], cash_minor: Sequence[int], decide: Decide, *, carry_over: bool = True) -> Course:
    """Follow a plan to the end. `decide` may never spend more than is in hand, nor pay more than is owed.

    Raises NoPlan when it leaves a minimum unpaid where that is not accepted, or does not end; TermsError for households that
    cannot be, ValueError for a plan that breaks the rules above.
    """
    if not cash_minor or min(cash_minor) < 0:
        raise TermsError("cash", "out_of_range", least=0)
    if len({each.debt.key for each in debts}) != len(debts) or len(debts) > MOST_DEBTS:
        raise TermsError("debts", "keys_not_unique", most=MOST_DEBTS)
    book = _Book(debts)
    hand, months = 0, list[Month]()
    while any(book.balances):
        number = len(months) + 1
        if number > MOST_AHEAD:
            raise NoPlan(None, 0)
        hand = (hand if carry_over else 0) + cash_of(cash_minor, number)
        asked = book.begin(number, hand)
        answer = decide(asked)
        fees, late = book.end(asked, answer)
        hand -= sum(answer.pays) + fees
        if hand < 0:
            raise ValueError("a plan may not spend what is not there")
        months.append(Month(number, answer.pays, tuple(book.balances), fees, late, answer.deferred, hand))
    return Course(sum(each.debt.balance_minor for each in debts), tuple(months))


class _Book:
    def __init__(self, debts: Sequence[Choices]) -> None:
        self.debts = debts
        self.interest = [MonthlyInterest(each.debt) for each in debts]
        self.balances = [each.debt.balance_minor for each in debts]
        self.arrears = [0] * len(debts)
        self.deferrals = [each.deferrals for each in debts]

    def begin(self, month: int, hand: int) -> Asked:
        owed, due = [], []
        for i, each in enumerate(self.debts):
            balance = self.balances[i]
            amount = balance + self.interest[i].of(balance, month) + each.debt.fee_minor if balance else 0
            owed.append(amount)
            due.append(min(minimum_of(each.debt, amount) + self.arrears[i], amount))
        return Asked(month, tuple(owed), tuple(due), tuple(self.deferrals), hand)

    def end(self, asked: Asked, answer: Answer) -> tuple[int, frozenset[int]]:
        """Take the payments in; returns the fees for paying early, and who is late."""
        fees, late, missing = 0, set[int](), 0
        for i, each in enumerate(self.debts):
            paid, owed, due = answer.pays[i], asked.owed[i], asked.due[i]
            if not 0 <= paid <= owed:
                raise ValueError("a plan may not pay less than nothing or more than is owed")
            charge = 0
            if i in answer.deferred and owed:
                if not self.deferrals[i]:
                    raise ValueError("a plan may not defer more often than is allowed")
                self.deferrals[i] -= 1
                due, charge = min(self.arrears[i], owed), each.deferral_fee_minor
            fees += prepayment_fee(each, paid - due)
            short = max(due - paid, 0)
            if short and each.late_fee_minor is None:
                missing += short
            elif short:
                late.add(i)
                charge += (each.late_fee_minor or 0) + _late_interest(each, short)
            self.arrears[i] = short
            self.balances[i] = owed - paid + (charge if owed > paid else 0)
        if missing:
            raise NoPlan(asked.month, missing)
        return fees, frozenset(late)


def prepayment_fee(choices: Choices, beyond: int) -> int:
    """The fee on so much paid beyond what is due, half up to the minor unit."""
    if beyond <= 0 or not choices.prepayment_fee_rate:
        return 0
    return round_ratio(*(beyond * choices.prepayment_fee_rate).as_integer_ratio())


def _late_interest(choices: Choices, arrears: int) -> int:
    top, bottom = choices.late_rate.as_integer_ratio()
    return round_ratio(arrears * top, 12 * bottom)


def in_order(debts: Sequence[Choices], order: Sequence[int]) -> Decide:
    """The plan that pays what is due and then, with all that is in hand, one debt after another in an order.

    Where the cash does not cover what is due, those who accept no delay come first, then the others in the order.
    """

    def decide(asked: Asked) -> Answer:
        pays, left = [0] * len(debts), asked.hand_minor
        strict_first = sorted(order, key=lambda i: debts[i].late_fee_minor is not None)
        for i in strict_first:
            pays[i] = min(asked.due[i], left)
            left -= pays[i]
        for i in order:
            beyond = _affordable(debts[i], min(asked.owed[i] - pays[i], left), left)
            if pays[i] >= asked.due[i] and beyond:
                pays[i] += beyond
                left -= beyond + prepayment_fee(debts[i], beyond)
        return Answer(tuple(pays))

    return decide


def minimums_only(debts: Sequence[Choices]) -> Decide:
    """The plan that pays what is due and keeps the rest."""

    def decide(asked: Asked) -> Answer:
        pays, left = [0] * len(debts), asked.hand_minor
        for i in sorted(range(len(debts)), key=lambda i: debts[i].late_fee_minor is not None):
            pays[i] = min(asked.due[i], left)
            left -= pays[i]
        return Answer(tuple(pays))

    return decide


def _affordable(choices: Choices, wanted: int, hand: int) -> int:
    """The most of `wanted` that the cash covers together with the fee for paying early."""
    if not choices.prepayment_fee_rate:
        return wanted
    found = min(wanted, int(hand / (1 + choices.prepayment_fee_rate)) + 1)
    while found > 0 and found + prepayment_fee(choices, found) > hand:
        found -= 1
    return found
