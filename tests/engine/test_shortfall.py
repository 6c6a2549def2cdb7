"""When the minimums do not fit: who gets what, what stays unpaid, what it costs."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.engine.errors import TermsError
from planner.engine.shortfall import Creditor, ahead, triage

HOME = Creditor("home", 20_000_000, 300_000, Decimal("0.042"), is_priority=True)
CARD = Creditor("card", 800_000, 80_000, Decimal("0.18"), late_rate=Decimal("0.06"), late_fee_minor=2_000)
LOAN = Creditor("loan", 400_000, 60_000, Decimal("0.12"))


def gets(available: int, *creditors: Creditor, token: int = 0) -> dict[str, int]:
    return {share.key: share.gets_minor for share in triage(available, creditors, token_minor=token).shares}


def test_priority_first_then_in_proportion_to_what_is_owed() -> None:
    """3,900 for three: the home its 3,000, then 900 as 8,000 to 4,000."""
    assert gets(390_000, HOME, CARD, LOAN) == {"home": 300_000, "card": 60_000, "loan": 30_000}
    assert gets(440_000, HOME, CARD, LOAN) == {"home": 300_000, "card": 80_000, "loan": 60_000}
    assert gets(200_000, HOME, CARD, LOAN) == {"home": 200_000, "card": 0, "loan": 0}


def test_what_stays_unpaid_and_what_it_costs() -> None:
    """The card lacks 200: a month of 6 % a year on it is 1.00, and the fee of 20.00; the loan charges nothing more."""
    month = triage(390_000, [HOME, CARD, LOAN])
    assert [share.unpaid_minor for share in month.shares] == [0, 20_000, 30_000]
    assert [share.cost_minor for share in month.shares] == [0, 100 + 2_000, 0]
    assert (month.paid_minor, month.unpaid_minor, month.cost_minor) == (390_000, 50_000, 2_100)
    overdue = triage(440_000, [HOME, replace(CARD, arrears_minor=100_000), LOAN])
    assert overdue.cost_minor == 500  # paid in full this month, but 1,000 are overdue


def test_nothing_left_brings_a_token_or_nothing() -> None:
    assert gets(300_000, HOME, CARD, LOAN, token=100) == {"home": 300_000, "card": 100, "loan": 100}
    assert gets(-50_000, HOME, CARD, LOAN) == {"home": 0, "card": 0, "loan": 0}
    assert triage(-50_000, [HOME]).available_minor == -50_000


def test_nobody_gets_more_than_is_owed() -> None:
    assert gets(500_000, replace(CARD, balance_minor=1_234)) == {"card": 1_234}


def test_the_months_ahead() -> None:
    """With a month's interest 8,120 and 4,040 are owed; 900 split by that: 600.99 and 299.01. The card lacks 199.01: a month
    of 6 % on it is 1.00, and the fee. Then 8,000 catch everything up, but for a month's charge on the 199.01.
    """
    first, second = ahead([390_000, 800_000], [HOME, CARD, LOAN])
    assert first.balances_minor == (20_070_000 - 300_000, 812_000 - 60_099 + 2_100, 404_000 - 29_901)
    assert first.arrears_minor == (0, 80_000 - 60_099, 60_000 - 29_901)
    assert second.arrears_minor == (0, 0, 0)
    assert second.triage.cost_minor == 100


def test_impossible_questions_are_refused() -> None:
    with pytest.raises(TermsError, match="negative"):
        replace(CARD, minimum_minor=-1)
    with pytest.raises(TermsError, match="rate_out_of_range"):
        replace(CARD, late_rate=Decimal("NaN"))
    with pytest.raises(TermsError, match="keys_not_unique"):
        triage(100, [CARD, CARD])
    with pytest.raises(TermsError, match="available"):
        ahead([1] * 25, [CARD])


CREDITORS = st.lists(
    st.tuples(st.integers(0, 5_000_000), st.integers(0, 100_000), st.booleans(), st.integers(0, 5_000)),
    min_size=1,
    max_size=6,
).map(
    lambda parts: [
        Creditor(str(i), b, m, Decimal("0.1"), 0, p, Decimal("0.05"), f) for i, (b, m, p, f) in enumerate(parts)
    ]
)


@given(st.integers(-100_000, 1_000_000), CREDITORS)
def test_money_is_split_to_the_cent_and_never_exceeded(money: int, creditors: list[Creditor]) -> None:
    month = triage(money, creditors)
    assert month.paid_minor == min(max(money, 0), sum(c.due_minor for c in creditors))
    short_priority = any(share.unpaid_minor for share in month.shares if share.is_priority)
    assert not short_priority or all(share.gets_minor == 0 for share in month.shares if not share.is_priority)


@given(st.lists(st.integers(0, 500_000), min_size=1, max_size=12), CREDITORS)
def test_months_ahead_never_spend_more_than_there_is(money: list[int], creditors: list[Creditor]) -> None:
    owed = sum(c.balance_minor for c in creditors)
    for month, amount in zip(ahead(money, creditors), money, strict=True):
        assert all(0 <= a <= b for a, b in zip(month.arrears_minor, month.balances_minor, strict=True))
        assert sum(month.balances_minor) >= owed - amount
        owed = sum(month.balances_minor)


def test_a_penalty_on_the_whole_balance_runs_only_while_something_is_overdue() -> None:
    """12 % a year on 1,000.00 is 10.00 a month, on the 100.00 that stay unpaid only 1.00."""
    debt = Creditor("a", 100_000, 10_000, late_rate=Decimal("0.12"), late_fee_minor=500)
    on_balance = replace(debt, late_on_balance=True)
    costs = [triage(money, [one]).cost_minor for money in (0, 10_000) for one in (debt, on_balance)]
    assert costs == [100 + 500, 1_000 + 500, 0, 0]
