"""Several debts month by month: interest once, then minimums, then what is left of the budget in order.

Rules: vectors/FORMAT.md, `payoff`. Money in minor units. Interest of a month is balance x rate / 12, half up to the minor unit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from .errors import TermsError
from .money import round_ratio

MOST_MONTHS = 1_200
MOST_DEBTS = 200


class Order(StrEnum):
    """Which debt gets what is left after the minimums."""

    AVALANCHE = "avalanche"
    SNOWBALL = "snowball"
    MINIMUMS = "minimums"
    CUSTOM = "custom"


class TieBreak(StrEnum):
    """Between equals: as given, or the smaller balance (avalanche) and the higher rate (snowball)."""

    INPUT_ORDER = "input_order"
    SECONDARY = "secondary"


class RankRate(StrEnum):
    """Which rate ranks a debt on a promotion: the one after it, or that of month 1."""

    STANDARD = "standard"
    CURRENT = "current"


class Promo(NamedTuple):
    """Another rate for the first months."""

    months: int
    annual_rate: Decimal


@dataclass(frozen=True, slots=True)
class Debt:
    """A debt with a minimum a month: an amount, or `minimum_rate` of the balance with its interest where that is more.

    `fee_minor` is added to an open balance each month, after the interest.
    """

    key: str
    balance_minor: int
    annual_rate: Decimal
    minimum_minor: int
    promo: Promo | None = None
    minimum_rate: Decimal = Decimal(0)
    fee_minor: int = 0

    def __post_init__(self) -> None:
        if min(self.balance_minor, self.minimum_minor, self.fee_minor) < 0 or self.balance_minor > 10**15:
            raise TermsError("debts", "out_of_range", key=self.key)
        rates = (self.annual_rate, self.minimum_rate, *([self.promo.annual_rate] if self.promo else []))
        if not all(rate.is_finite() and 0 <= rate <= 10 for rate in rates):
            raise TermsError("debts", "rate_out_of_range", key=self.key)


@dataclass(frozen=True, slots=True)
class Rules:
    """How the money is dealt out. Either `budget_minor` (a month in all) or `extra_minor` on top of all minimums.

    `rollover`: the budget stays as it was when a debt is cleared; without it the freed minimum vanishes, unless
    `minimums_rollover`. `cascade`: what is left of a payment goes on to the next debt in the same month. `lumps`: money
    added in a month (1 = the first). `custom` names the order for Order.CUSTOM; what it leaves out comes last.
    """

    order: Order = Order.AVALANCHE
    extra_minor: int = 0
    budget_minor: int | None = None
    rollover: bool = True
    minimums_rollover: bool = False
    cascade: bool = True
    tie_break: TieBreak = TieBreak.INPUT_ORDER
    rank_rate: RankRate = RankRate.STANDARD
    custom: tuple[str, ...] = ()
    lumps: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PayoffResult:
    """What became of the debts, by their keys. `months` is None when they are never all paid.

    `payments[m]` and `balances[m]` are the month m + 1, one entry a debt in the order given; `totals_after[0]` is the start.
    """

    months: int | None
    order: tuple[str, ...]
    payoff_month: dict[str, int]
    interest_by_debt: dict[str, int]
    fees_minor: int
    totals_after: tuple[int, ...]
    payments: tuple[tuple[int, ...], ...]
    balances: tuple[tuple[int, ...], ...]

    @property
    def pays_off(self) -> bool:
        """Whether every debt reaches zero."""
        return self.months is not None

    @property
    def interest_minor(self) -> int:
        """Interest of all debts together, up to the last month simulated."""
        return sum(self.interest_by_debt.values())

    @property
    def paid_minor(self) -> int:
        """All that is paid."""
        return sum(map(sum, self.payments))

    @property
    def last_payment_minor(self) -> int:
        """What is paid in the last month, all debts together."""
        return sum(self.payments[-1]) if self.payments else 0


def simulate(debts: Sequence[Debt], rules: Rules, *, at_least: int = 0) -> PayoffResult:
    """Pay the debts month by month until none is left, or it is certain that they never end (or take over a hundred years).

    Certain: no promotion or lump to come, and no balance fell in a month, so none ever will. Even then `at_least` so many
    months are shown. Raises TermsError for debts no household can have.
    """
    if len({debt.key for debt in debts}) != len(debts) or len(debts) > MOST_DEBTS:
        raise TermsError("debts", "keys_not_unique" if len(debts) <= MOST_DEBTS else "too_many", most=MOST_DEBTS)
    return _Household(debts, rules).run(at_least)


def ranked(debts: Sequence[Debt], rules: Rules) -> list[int]:
    """The order in which debts get what is left: indices, fixed from the opening balances and rates."""
    places = list(range(len(debts)))
    if rules.order == Order.CUSTOM:
        named = {key: place for place, key in enumerate(rules.custom)}
        return sorted(places, key=lambda i: named.get(debts[i].key, len(named)))
    second = rules.tie_break == TieBreak.SECONDARY
    if rules.order == Order.AVALANCHE:
        return sorted(places, key=lambda i: (-_rank_rate(debts[i], rules), debts[i].balance_minor * second))
    if rules.order == Order.SNOWBALL:
        return sorted(places, key=lambda i: (debts[i].balance_minor, -_rank_rate(debts[i], rules) * second))
    return places


def _rank_rate(debt: Debt, rules: Rules) -> Decimal:
    if rules.rank_rate == RankRate.CURRENT and debt.promo is not None and debt.promo.months > 0:
        return debt.promo.annual_rate
    return debt.annual_rate


class MonthlyInterest:
    """What a balance of one debt bears in a month: x rate / 12, half up to the minor unit."""

    def __init__(self, debt: Debt) -> None:
        # Exact ratios, with rounding half up built in: (2 b top + bottom) // (2 bottom).
        self._rate = _monthly(debt.annual_rate)
        self._promo = (debt.promo.months, *_monthly(debt.promo.annual_rate)) if debt.promo else (0, 0, 1)

    def of(self, balance: int, month: int) -> int:
        """Of a balance in a month, counted from 1."""
        promo_months, *promo = self._promo
        top, bottom = promo if month <= promo_months else self._rate
        return (2 * balance * top + bottom) // (2 * bottom)


class _Household:
    """Debts on their way down, as plain lists of numbers."""

    def __init__(self, debts: Sequence[Debt], rules: Rules) -> None:
        self.debts, self.rules, self.order = debts, rules, ranked(debts, rules)
        self.balances = [debt.balance_minor for debt in debts]
        self.interest = [0] * len(debts)
        self.fees, self.payoff_month = 0, dict[str, int]()
        self.totals, self.months = [sum(self.balances)], list[tuple[tuple[int, ...], tuple[int, ...]]]()
        self.rates = [MonthlyInterest(debt) for debt in debts]
        self.start_budget = rules.budget_minor
        if self.start_budget is None:
            self.start_budget = rules.extra_minor + sum(map(self._first_minimum, range(len(debts))))
        self.last_event = max([d.promo.months for d in debts if d.promo] + list(rules.lumps) + [0])

    def run(self, at_least: int) -> PayoffResult:
        month = 0
        while any(self.balances) and month < MOST_MONTHS:
            month += 1
            before = list(self.balances)
            self._month(month)
            stuck = all(now >= then for now, then in zip(self.balances, before, strict=True))
            if stuck and month >= max(self.last_event + 1, at_least) and any(self.balances):
                return self._result(None)
        return self._result(None if any(self.balances) else month)

    def _month(self, month: int) -> None:
        self._accrue(month)
        paid, left = self._minimums(self._budget(month))
        if self._deals_out(month):
            self._deal(paid, left)
        for i, amount in enumerate(paid):
            self.balances[i] -= amount
            if amount and not self.balances[i]:
                self.payoff_month[self.debts[i].key] = month
        self.totals.append(sum(self.balances))
        self.months.append((tuple(paid), tuple(self.balances)))

    def _first_minimum(self, i: int) -> int:
        """What the first month asks for: the amount, or the share of the balance with its interest and fee."""
        debt = self.debts[i]
        if not debt.balance_minor:
            return 0
        owed = debt.balance_minor + self.rates[i].of(debt.balance_minor, 1) + debt.fee_minor
        return minimum_of(debt, owed)

    def _accrue(self, month: int) -> None:
        for i, balance in enumerate(self.balances):
            if balance:
                interest = self.rates[i].of(balance, month)
                self.interest[i] += interest
                self.fees += self.debts[i].fee_minor
                self.balances[i] = balance + interest + self.debts[i].fee_minor

    def _budget(self, month: int) -> int:
        """This month's money: constant with rollover, else less by the minimums of debts that are gone."""
        budget, lump = self.start_budget or 0, self.rules.lumps.get(month, 0)
        if not (self.rules.rollover or self.rules.minimums_rollover):
            gone = (d.minimum_minor for d, balance in zip(self.debts, self.balances, strict=True) if not balance)
            open_before = sum(d.minimum_minor for d in self.debts if not d.balance_minor)
            budget = max(budget - (sum(gone) - open_before), 0)
        return budget + lump

    def _minimums(self, budget: int) -> tuple[list[int], int]:
        """The minimums in the order given, never more than the balance or the budget; and what the budget has left."""
        paid = []
        for debt, balance in zip(self.debts, self.balances, strict=True):
            amount = min(minimum_of(debt, balance), balance, budget)
            paid.append(amount)
            budget -= amount
        return paid, budget

    def _deals_out(self, month: int) -> bool:
        """Whether anything beyond the minimums is paid this month."""
        minimums_only = self.rules.order == Order.MINIMUMS and not (self.rules.rollover or self.rules.minimums_rollover)
        return not minimums_only or bool(self.rules.extra_minor or self.rules.budget_minor or month in self.rules.lumps)

    def _deal(self, paid: list[int], left: int) -> None:
        """What is left, to the first open debt in order, flowing on in the same month where the rules say so."""
        for i in self.order:
            room = self.balances[i] - paid[i]
            if room and left:
                amount = min(room, left)
                paid[i] += amount
                left = left - amount if self.rules.cascade else 0

    def _result(self, months: int | None) -> PayoffResult:
        keys = [debt.key for debt in self.debts]
        return PayoffResult(
            months, tuple(keys[i] for i in self.order), self.payoff_month, dict(zip(keys, self.interest, strict=True)),
            self.fees, tuple(self.totals), tuple(paid for paid, _b in self.months), tuple(b for _p, b in self.months),
        )  # fmt: skip


def minimum_of(debt: Debt, owed: int) -> int:
    """The minimum of a month in which so much is owed: the amount, or the share of it where that is more."""
    if not debt.minimum_rate:
        return debt.minimum_minor
    return max(debt.minimum_minor, round_ratio(*(owed * debt.minimum_rate).as_integer_ratio()))


def _monthly(annual_rate: Decimal) -> tuple[int, int]:
    top, bottom = annual_rate.as_integer_ratio()
    return top, 12 * bottom
