"""The decoder: "I received X and pay Y x n". What does that cost a year, and what of it did nobody say?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from .annual_cost import AnnualCost, as_decimal, cost_of
from .dates import MONTHLY, Frequency, due_dates
from .day_counts import PERIODS_A_YEAR
from .errors import TermsError
from .flows import Time, rate_at_times, years_between
from .loan import MAX_INSTALMENTS
from .money import RoundingMode
from .solving import level_exact, rounded


class ReferenceLine(NamedTuple):
    """A rate somebody set (a court's ceiling, four times LPR), and how far the loan lies above it (below: negative)."""

    name: str
    annual_rate: Decimal
    above: Decimal


@dataclass(frozen=True, slots=True)
class Decoded:
    """What an offer truly is. Money in minor units, rates as fractions a year.

    `received_minor` is what reaches the borrower after the upfront fee; `fees_minor` all fees named; `fair_minor` what level
    payments at the advertised rate on it would come to, and `hidden_minor` what is paid beyond that; both None without one.
    """

    received_minor: int
    paid_minor: int
    fees_minor: int
    cost: AnnualCost
    fair_minor: int | None
    lines: tuple[ReferenceLine, ...]

    @property
    def cost_minor(self) -> int:
        """Everything paid less what was received."""
        return self.paid_minor - self.received_minor

    @property
    def hidden_minor(self) -> int | None:
        """What is paid beyond the advertised rate; 0 when the offer keeps to it."""
        return None if self.fair_minor is None else max(self.paid_minor - self.fair_minor, 0)

    @property
    def hidden_share(self) -> Decimal | None:
        """Which part of the whole cost the advertised rate does not explain, 0 to 1; None without a cost to explain."""
        if self.hidden_minor is None or self.cost_minor <= 0:
            return None
        return Decimal(min(self.hidden_minor, self.cost_minor)) / self.cost_minor


def decode(
    received_minor: int,
    payments_minor: Sequence[int] | tuple[int, int],
    *,
    counted: bool = False,
    frequency: Frequency = MONTHLY,
    upfront_fee_minor: int = 0,
    instalment_fee_minor: int = 0,
    received_on: date | None = None,
    first_due: date | None = None,
    advertised_rate: Decimal | None = None,
    reference_lines: Mapping[str, Decimal] | None = None,
) -> Decoded:
    """Read an offer. `payments_minor` lists every payment, or with `counted` is (payment, how many).

    Without both dates one period lies before the first payment; with them its days count (actual / 365) and the yearly
    rate is found by dates. Raises TermsError naming the argument, NoRate, SeveralRates.
    """
    amounts = (payments_minor[0],) * payments_minor[1] if counted else tuple(payments_minor)
    _check(received_minor, amounts, upfront_fee_minor, instalment_fee_minor)
    net, paid = received_minor - upfront_fee_minor, [amount + instalment_fee_minor for amount in amounts]
    per_year = Decimal(PERIODS_A_YEAR[frequency.unit]) / frequency.every
    if received_on is None or first_due is None:
        cost = cost_of(net, paid, per_year)
    else:
        cost = _dated_cost(
            net, paid, received_on, due_dates(received_on, frequency, len(paid), first_due=first_due), per_year
        )
    return Decoded(
        net, sum(paid), upfront_fee_minor + instalment_fee_minor * len(paid), cost,
        None if advertised_rate is None else _fair(net, advertised_rate, frequency, len(paid)),
        tuple(ReferenceLine(name, rate, cost.nominal - rate) for name, rate in (reference_lines or {}).items()),
    )  # fmt: skip


def _check(received: int, payments: Sequence[int], upfront: int, each: int) -> None:
    if received <= 0:
        raise TermsError("received_minor", "out_of_range", least=1)
    if not 1 <= len(payments) <= MAX_INSTALMENTS or min(payments, default=-1) < 0:
        raise TermsError("payments_minor", "out_of_range", least=1, most=MAX_INSTALMENTS)
    if upfront < 0 or each < 0:
        raise TermsError("fees", "negative")
    if upfront >= received:
        raise TermsError("fees", "more_than_received")


def _fair(net: int, advertised: Decimal, frequency: Frequency, count: int) -> int:
    """The sum of `count` level payments at the advertised yearly rate, each rounded half up to the minor unit."""
    rate = Fraction(advertised) * frequency.every / PERIODS_A_YEAR[frequency.unit]
    return count * rounded(level_exact(net, rate, count), (1, RoundingMode.HALF_UP))


def _dated_cost(net: int, paid: Sequence[int], start: date, dates: Sequence[date], per_year: Decimal) -> AnnualCost:
    """The cost by dates: the effective rate, and the periodic one that compounds to it."""
    if dates[0] < start:
        raise TermsError("first_due", "before_start")
    points = [(0.0, float(net))]
    points += [
        (float(years_between(start, on, Time.ACT_365)), -float(amount)) for on, amount in zip(dates, paid, strict=True)
    ]
    effective = as_decimal(rate_at_times(points))
    periodic = as_decimal(float(1 + effective) ** (1 / float(per_year)) - 1)
    return AnnualCost(periodic, periodic * per_year, effective)
