"""Shortfall mode: the minimums do not fit. Who gets what, what stays unpaid, and what that costs.

Order (Standard Financial Statement and UK debt advice, reference/formats.md section 2): essentials are out already, then what one
loses home, light or liberty by, then the others in proportion to what they are owed, or a token where nothing is left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from .errors import TermsError
from .money import round_ratio
from .offers import Claim, split_offers
from .payoff import MOST_DEBTS

MOST_AHEAD = 24


@dataclass(frozen=True, slots=True)
class Creditor:
    """Who is owed, in minor units. `minimum_minor` falls due each month, `arrears_minor` is overdue already.

    `annual_rate` is borne by the balance, `late_rate` besides it by what is overdue (with `late_on_balance` by the whole
    balance while anything is overdue); `late_fee_minor` is charged in a month whose minimum is not paid in full.
    """

    key: str
    balance_minor: int
    minimum_minor: int
    annual_rate: Decimal = Decimal(0)
    arrears_minor: int = 0
    is_priority: bool = False
    late_rate: Decimal = Decimal(0)
    late_fee_minor: int = 0
    late_on_balance: bool = False

    def __post_init__(self) -> None:
        if min(self.balance_minor, self.minimum_minor, self.arrears_minor, self.late_fee_minor) < 0:
            raise TermsError("creditors", "negative", key=self.key)
        if not all(rate.is_finite() and 0 <= rate <= 10 for rate in (self.annual_rate, self.late_rate)):
            raise TermsError("creditors", "rate_out_of_range", key=self.key)

    @property
    def due_minor(self) -> int:
        """What should be paid this month: the minimum, at most all that is owed."""
        return min(self.minimum_minor, self.balance_minor)


@dataclass(frozen=True, slots=True)
class Share:
    """What one creditor gets in a month. `cost_minor` is what leaving the rest unpaid costs in that month: the late rate on
    all that is overdue by then, and the fee for being late; the loan's own interest is owed either way."""

    key: str
    due_minor: int
    gets_minor: int
    is_priority: bool
    is_token: bool
    cost_minor: int

    @property
    def unpaid_minor(self) -> int:
        """What of this month's due stays unpaid; a token for goodwill never makes it negative."""
        return max(self.due_minor - self.gets_minor, 0)


@dataclass(frozen=True, slots=True)
class Triage:
    """One month: every share, and what there was for them. Tokens are the only payments beyond it."""

    available_minor: int
    shares: tuple[Share, ...]

    @property
    def paid_minor(self) -> int:
        """All that is paid."""
        return sum(share.gets_minor for share in self.shares)

    @property
    def unpaid_minor(self) -> int:
        """All that stays unpaid."""
        return sum(share.unpaid_minor for share in self.shares)

    @property
    def cost_minor(self) -> int:
        """What the shortfall costs in this month."""
        return sum(share.cost_minor for share in self.shares)


@dataclass(frozen=True, slots=True)
class AheadMonth:
    """Where a month leaves each creditor: what is owed in all, and what of it is overdue."""

    triage: Triage
    balances_minor: tuple[int, ...]
    arrears_minor: tuple[int, ...]


def triage(available_minor: int, creditors: Sequence[Creditor], *, token_minor: int = 0) -> Triage:
    """Split a month's money (income less essentials; nothing when it is negative) over the creditors, exactly.

    Nobody gets more than is due. With `token_minor`, those who would get less get that much, as a sign of goodwill.
    """
    if len({creditor.key for creditor in creditors}) != len(creditors) or len(creditors) > MOST_DEBTS:
        raise TermsError("creditors", "keys_not_unique", most=MOST_DEBTS)
    claims = [Claim(c.key, c.balance_minor, c.due_minor, c.is_priority) for c in creditors]
    split = split_offers(max(available_minor, 0), claims, token_minor=token_minor)
    gets = {offer.key: offer for offer in split.offers}
    return Triage(available_minor, tuple(_share(c, gets[c.key].amount_minor, gets[c.key].is_token) for c in creditors))


def ahead(
    available_minor: Sequence[int], creditors: Sequence[Creditor], *, token_minor: int = 0
) -> tuple[AheadMonth, ...]:
    """The same month after month, with what each month leaves: interest, late charges and arrears included.

    `available_minor` has one amount a month. Money beyond a month's minimums pays arrears off, priority first. Raises
    TermsError("available") for more than two years.
    """
    if len(available_minor) > MOST_AHEAD:
        raise TermsError("available", "out_of_range", most=MOST_AHEAD)
    found: list[AheadMonth] = []
    now = list(creditors)
    for money in available_minor:
        now = [_with_interest(creditor) for creditor in now]
        month = triage(money, now, token_minor=token_minor)
        extra = max(money - month.paid_minor, 0)
        for i in sorted(range(len(now)), key=lambda i: not now[i].is_priority):
            now[i], extra = _after(now[i], month.shares[i], extra)
        found.append(AheadMonth(month, tuple(c.balance_minor for c in now), tuple(c.arrears_minor for c in now)))
    return tuple(found)


def _share(creditor: Creditor, gets: int, is_token: bool) -> Share:
    unpaid = max(creditor.due_minor - gets, 0)
    overdue = creditor.arrears_minor + unpaid
    bears = creditor.balance_minor if overdue and creditor.late_on_balance else overdue
    late = _monthly(bears, creditor.late_rate)
    cost = late + (creditor.late_fee_minor if unpaid else 0)
    return Share(creditor.key, creditor.due_minor, gets, creditor.is_priority, is_token, cost)


def _with_interest(creditor: Creditor) -> Creditor:
    return _changed(
        creditor,
        creditor.balance_minor + _monthly(creditor.balance_minor, creditor.annual_rate),
        creditor.arrears_minor,
    )


def _after(creditor: Creditor, share: Share, extra: int) -> tuple[Creditor, int]:
    """The creditor at the end of the month, and what of the extra money is left for the others."""
    arrears = creditor.arrears_minor + share.unpaid_minor
    caught_up = min(extra, arrears, creditor.balance_minor - share.gets_minor)
    balance = creditor.balance_minor - share.gets_minor - caught_up + share.cost_minor
    return _changed(creditor, balance, min(arrears - caught_up, balance)), extra - caught_up


def _changed(creditor: Creditor, balance: int, arrears: int) -> Creditor:
    return replace(creditor, balance_minor=balance, arrears_minor=arrears)


def _monthly(amount: int, rate: Decimal) -> int:
    """A month's interest, rate / 12, half up to the minor unit."""
    top, bottom = rate.as_integer_ratio()
    return round_ratio(amount * top, 12 * bottom)
