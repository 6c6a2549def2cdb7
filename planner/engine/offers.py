"""What can honestly be offered: the split over all creditors, one creditor's new instalments, and the most that holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import NoReturn

from .amortisation import Instalment, build_schedule, level_instalment
from .budget import MonthSummary
from .dates import add_months, add_period
from .errors import NeverPaysOff, TermsError
from .events import outstanding
from .loan import MAX_INSTALMENTS, LoanTerms
from .money import RoundingMode, largest_remainder, round_ratio


@dataclass(frozen=True, slots=True)
class Claim:
    """One creditor. `owed_minor` weighs its share; `most_minor` is the most it should get a month (all it is owed if None).

    A priority claim (home, liberty, essential supply) gets its `most_minor` before the others get anything.
    """

    key: str
    owed_minor: int
    most_minor: int | None = None
    is_priority: bool = False

    def __post_init__(self) -> None:
        if self.owed_minor < 0 or (self.most_minor is not None and self.most_minor < 0):
            raise TermsError("owed_minor", "negative")

    @property
    def cap_minor(self) -> int:
        """No creditor is offered more than this."""
        return self.owed_minor if self.most_minor is None else min(self.most_minor, self.owed_minor)


@dataclass(frozen=True, slots=True)
class Offer:
    """A monthly amount for one creditor; a token says goodwill where nothing is left, it is not covered by the budget."""

    key: str
    amount_minor: int
    is_priority: bool = False
    is_token: bool = False


@dataclass(frozen=True, slots=True)
class Split:
    """The offers in the order of the claims, and what stays when every claim has its most."""

    offers: tuple[Offer, ...]
    available_minor: int
    left_minor: int

    @property
    def offered_minor(self) -> int:
        """All offers together; tokens are the only ones that may exceed what is available."""
        return sum(offer.amount_minor for offer in self.offers)


def available(summary: MonthSummary, others_minor: int = 0) -> int:
    """Income - essential - flexible - savings - what other creditors keep getting, in minor units; may be negative."""
    return summary.available_minor - others_minor


def split_offers(available_minor: int, claims: Sequence[Claim], token_minor: int = 100) -> Split:
    """Priority claims first, the rest in proportion to what is owed, rounded so that the offers sum exactly.

    They sum to the smaller of what is available and what may be taken. When nothing is left after the priority claims each
    other creditor gets a token, and so does a priority claim for which nothing was there at all.
    Source: pro rata informal offers, reference/formats.md section 2.
    """
    amounts, left = [0] * len(claims), max(available_minor, 0)
    left -= _give(amounts, claims, left, is_priority=True)
    has_tokens = left == 0
    if not has_tokens:
        left -= _give(amounts, claims, left, is_priority=False)
    offers = tuple(
        _offer(c, amount, token_minor if has_tokens else 0) for c, amount in zip(claims, amounts, strict=True)
    )
    return Split(offers, available_minor, left)


def _offer(claim: Claim, amount: int, token: int) -> Offer:
    token = 0 if claim.is_priority and amount else min(token, claim.cap_minor)
    return Offer(claim.key, token or amount, claim.is_priority, token > 0)


def _give(amounts: list[int], claims: Sequence[Claim], total: int, *, is_priority: bool) -> int:
    """Write the shares of one group into `amounts`; returns what they take. Priority claims weigh what they need a month."""
    group = [i for i, claim in enumerate(claims) if claim.is_priority == is_priority and claim.cap_minor]
    caps = [claims[i].cap_minor for i in group]
    shares = _capped_shares(total, caps if is_priority else [claims[i].owed_minor for i in group], caps)
    for i, share in zip(group, shares, strict=True):
        amounts[i] = share
    return sum(shares)


def _capped_shares(total: int, weights: Sequence[int], caps: Sequence[int]) -> list[int]:
    """Shares of `total` by weight, none above its cap; what a cap frees goes to the others in their proportion."""
    shares, open_ones, left = [0] * len(weights), list(range(len(weights))), min(total, sum(caps))
    while open_ones and left:
        parts = largest_remainder(left, [weights[i] for i in open_ones])
        full = [i for i, part in zip(open_ones, parts, strict=True) if part >= caps[i]]
        if not full:
            for i, part in zip(open_ones, parts, strict=True):
                shares[i] = part
            break
        for i in full:
            shares[i] = caps[i]
            left -= caps[i]
        open_ones = [i for i in open_ones if i not in full]
    return shares


@dataclass(frozen=True, slots=True)
class Plan:
    """New instalments for one creditor. `opening_minor` is what they repay, `periodic_rate` what it costs a period."""

    opening_minor: int
    periodic_rate: Decimal
    rows: tuple[Instalment, ...]

    @property
    def payment_minor(self) -> int:
        """The regular payment; only the last one may be smaller."""
        return self.rows[0].payment_minor

    @property
    def count(self) -> int:
        """How many payments there are."""
        return len(self.rows)

    @property
    def last_due(self) -> date:
        """When the last one is due."""
        return self.rows[-1].due_date

    @property
    def total_minor(self) -> int:
        """All payments together."""
        return sum(row.payment_minor for row in self.rows)

    @property
    def cost_minor(self) -> int:
        """What is paid beyond the opening amount."""
        return self.total_minor - self.opening_minor


@dataclass(frozen=True, slots=True)
class Comparison:
    """The plan against the contract's remaining instalments; differences are plan - contract."""

    contract_payment_minor: int
    contract_count: int
    contract_last_due: date
    contract_total_minor: int
    payment_change_minor: int
    count_change: int
    total_change_minor: int


def plan_for(terms: LoanTerms, paid: int, payment_minor: int, first_due: date | None = None) -> Plan:
    """Repay what is owed after `paid` instalments by `payment_minor` each, at the contract's own yearly cost.

    The first payment is due on the contract's next date unless `first_due` says otherwise; waiting longer than the contract
    costs interest for the time, in the first row. For what is owed under a flat contract see `events.outstanding`.
    Raises TermsError("first_due") before the last paid due date or too late, TermsError("payment_minor"), and NeverPaysOff
    when the payment does not exceed the interest or takes more than 600 instalments.
    """
    schedule = build_schedule(terms)
    if not 0 <= paid < len(schedule.rows):
        raise TermsError("paid", "nothing_left")
    owed, rate = outstanding(terms, schedule, paid)
    next_due, valued_on = schedule.rows[paid].due_date, schedule.rows[paid - 1].due_date if paid else terms.start_date
    first_due = first_due or next_due
    if first_due <= valued_on:
        raise TermsError("first_due", "before_start", least=valued_on)
    if first_due < next_due:
        waited = Fraction((first_due - valued_on).days, (next_due - valued_on).days)
    else:
        waited = 1 + _periods_between(next_due, first_due, terms)
    anchor = _anchor_day(terms, first_due)
    dates = (add_period(first_due, terms.frequency, k, anchor_day=anchor) for k in range(MAX_INSTALMENTS))
    return Plan(owed, rate, tuple(_rows(owed, rate, payment_minor, dates, valued_on, waited)))


def payment_for(owed_minor: int, periodic_rate: Decimal, count: int, step_minor: int = 1) -> int:
    """The level payment that repays in `count` instalments, rounded up to `step_minor` so that it surely does.

    Raises TermsError("count").
    """
    if not 1 <= count <= MAX_INSTALMENTS:
        raise TermsError("count", "out_of_range", least=1, most=MAX_INSTALMENTS)
    exact = level_instalment(owed_minor, periodic_rate, count)
    return round_ratio(exact, step_minor, RoundingMode.CEILING) * step_minor


def compare(plan: Plan, contract_rows: Sequence[Instalment]) -> Comparison:
    """The plan beside the contract's remaining instalments."""
    total = sum(row.payment_minor for row in contract_rows)
    payment = contract_rows[0].payment_minor
    return Comparison(
        payment, len(contract_rows), contract_rows[-1].due_date, total,
        plan.payment_minor - payment, plan.count - len(contract_rows), plan.total_minor - total,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Guard:
    """An offer tested against hard months. `lowest_minor` is the cash left at its worst under the offer."""

    offered_minor: int
    lowest_minor: int
    largest_minor: int | None

    @property
    def survives(self) -> bool:
        """Whether the offer holds; `largest_minor` is the most that does, None when not even nothing does."""
        return self.largest_minor is not None and self.offered_minor <= self.largest_minor


def guard_offer(
    offered_minor: int,
    most_minor: int,
    lowest_cash: Callable[[int], int],
    *,
    reserve_minor: int = 0,
    step_minor: int = 1,
) -> Guard:
    """Test an offer, and find the largest multiple of `step_minor` up to `most_minor` that survives.

    `lowest_cash(payment)` is the lowest balance when that much is paid each time, as a projection of the worst recent months
    gives it; it must not rise with the payment. An offer survives when that balance stays at or above `reserve_minor`.
    """
    if step_minor < 1 or offered_minor < 0:
        raise TermsError("offered_minor", "out_of_range")

    def holds(payment: int) -> bool:
        return lowest_cash(payment) >= reserve_minor

    lowest = lowest_cash(offered_minor)
    if not holds(0):
        return Guard(offered_minor, lowest, None)
    low, high = 0, max(most_minor, 0) // step_minor
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if holds(middle * step_minor) else (low, middle - 1)
    largest = low * step_minor
    return Guard(offered_minor, lowest, max(largest, offered_minor) if lowest >= reserve_minor else largest)


def _rows(
    owed: int, rate: Decimal, payment: int, dates: Iterator[date], start: date, first_periods: Fraction
) -> Iterator[Instalment]:
    """Level payments until nothing is owed; interest is rounded half up once a row, the last payment is what is left."""
    if payment <= 0:
        raise TermsError("payment_minor", "out_of_range", least=1)
    balance, before, periods = owed, start, first_periods
    top, bottom = rate.as_integer_ratio()
    for n, due in enumerate(dates, 1):
        interest = round_ratio(balance * top * periods.numerator, bottom * periods.denominator)
        if payment <= interest:
            _refuse(interest, periods, payment)
        principal = min(payment - interest, balance)
        balance -= principal
        yield Instalment(n, due, (due - before).days, principal, interest, 0, balance)
        before, periods = due, Fraction(1)
        if not balance:
            return
    raise NeverPaysOff


def _refuse(interest: int, periods: Fraction, payment: int) -> NoReturn:
    """Tell a payment that never repays from a first date so late that its interest exceeds the payment."""
    if periods > 1 and payment > interest / periods:
        raise TermsError("first_due", "waits_too_long")
    raise NeverPaysOff


def _anchor_day(terms: LoanTerms, first_due: date) -> int:
    """The day of the month payments keep: the contract's own when `first_due` is only its clamped form."""
    contract = (terms.first_due_date or terms.start_date).day
    return contract if add_months(first_due, 0, contract) == first_due else first_due.day


def _periods_between(start: date, end: date, terms: LoanTerms) -> Fraction:
    """How many of the contract's periods `end` lies after its due date `start`: whole ones, and the rest by days."""
    anchor, whole, begun = _anchor_day(terms, start), 0, start
    while (after := add_period(start, terms.frequency, whole + 1, anchor_day=anchor)) <= end:
        whole, begun = whole + 1, after
    return whole + Fraction((end - begun).days, (after - begun).days)
