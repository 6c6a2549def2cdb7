"""Several debts month by month: the rules of FORMAT.md worked by hand, and what always holds."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.engine.errors import TermsError
from planner.engine.payoff import Debt, Order, Promo, RankRate, Rules, TieBreak, ranked, simulate

A = Debt("a", 10_000, Decimal(0), 2_000)
B = Debt("b", 30_000, Decimal("0.12"), 5_000)


def test_interest_then_minimums_then_the_rest_in_order() -> None:
    found = simulate([A, B], Rules(Order.AVALANCHE, extra_minor=1_000))
    assert found.payments[0] == (2_000, 6_000)
    assert found.balances[0] == (8_000, 30_300 - 6_000)
    assert found.totals_after[:2] == (40_000, 32_300)
    assert found.order == ("b", "a")
    assert found.paid_minor == 40_000 + found.interest_minor
    assert sum(found.payments[-1]) == found.last_payment_minor


@pytest.mark.parametrize(
    ("rules", "months"),
    [
        (Rules(Order.MINIMUMS, rollover=False), 10),
        (Rules(Order.MINIMUMS, rollover=False, minimums_rollover=True), 6),
        (Rules(Order.SNOWBALL), 6),
        (Rules(Order.SNOWBALL, rollover=False), 10),
    ],
)
def test_a_freed_minimum_goes_on_or_vanishes(rules: Rules, months: int) -> None:
    """Without interest: 10,000 by 5,000 and 50,000 by 5,000 a month. Freed after month 2: 6 months of 10,000."""
    debts = [Debt("a", 10_000, Decimal(0), 5_000), Debt("b", 50_000, Decimal(0), 5_000)]
    assert simulate(debts, rules).months == months


def test_what_is_left_of_a_payment_goes_on_in_the_same_month_or_not() -> None:
    debts = [Debt("a", 1_000, Decimal(0), 0), Debt("b", 9_000, Decimal(0), 0)]
    assert simulate(debts, Rules(Order.SNOWBALL, budget_minor=5_000)).months == 2
    stays = simulate(debts, Rules(Order.SNOWBALL, budget_minor=5_000, cascade=False))
    assert (stays.payments[0], stays.months) == ((1_000, 0), 3)


def test_the_order_is_fixed_at_the_start() -> None:
    same = [Debt("big", 900, Decimal("0.1"), 0), Debt("small", 500, Decimal("0.1"), 0)]
    assert ranked(same, Rules(Order.AVALANCHE)) == [0, 1]
    assert ranked(same, Rules(Order.AVALANCHE, tie_break=TieBreak.SECONDARY)) == [1, 0]
    level = [Debt("low", 500, Decimal("0.1"), 0), Debt("high", 500, Decimal("0.2"), 0)]
    assert ranked(level, Rules(Order.SNOWBALL, tie_break=TieBreak.SECONDARY)) == [1, 0]
    promo = [Debt("promo", 500, Decimal("0.3"), 0, Promo(6, Decimal(0))), Debt("card", 500, Decimal("0.2"), 0)]
    assert ranked(promo, Rules(Order.AVALANCHE)) == [0, 1]
    assert ranked(promo, Rules(Order.AVALANCHE, rank_rate=RankRate.CURRENT)) == [1, 0]
    assert ranked([A, B], Rules(Order.CUSTOM, custom=("b",))) == [1, 0]


def test_promotions_end_fees_are_added_and_lumps_are_paid() -> None:
    promo = Debt("p", 100_000, Decimal("0.24"), 1_000, Promo(2, Decimal(0)), fee_minor=100)
    found = simulate([promo], Rules(Order.AVALANCHE, lumps={2: 50_000}, extra_minor=5_000))
    assert found.balances[0] == (100_000 + 100 - 6_000,)
    assert found.payments[1] == (56_000,)
    assert found.balances[2] == (38_200 + 764 + 100 - 6_000,), "month 3 bears 2 % of 38,200, and the fee"


def test_a_minimum_may_be_a_share_with_a_floor() -> None:
    card = Debt("card", 100_000, Decimal("0.12"), 3_000, minimum_rate=Decimal("0.05"))
    found = simulate([card], Rules(Order.MINIMUMS, budget_minor=50_000, rollover=False))
    assert found.pays_off


def test_no_end_is_never_dressed_up_as_one() -> None:
    never = simulate([Debt("a", 1_000_000, Decimal("0.24"), 20_000)], Rules(Order.AVALANCHE))
    assert (never.months, never.pays_off, len(never.totals_after)) == (None, False, 2)
    shown = simulate([Debt("a", 1_000_000, Decimal("0.24"), 15_000)], Rules(Order.AVALANCHE), at_least=12)
    assert len(shown.totals_after) == 13
    assert list(shown.totals_after) == sorted(shown.totals_after)
    slow = simulate([Debt("a", 10_000_000, Decimal(0), 1)], Rules(Order.AVALANCHE))
    assert not slow.pays_off


def test_a_debt_no_household_can_have_is_refused() -> None:
    for bad in ({"balance_minor": -1}, {"minimum_minor": -1}, {"annual_rate": Decimal(-1)}):
        with pytest.raises(TermsError):
            Debt(**{"key": "a", "balance_minor": 1, "annual_rate": Decimal(0), "minimum_minor": 0} | bad)
    with pytest.raises(TermsError):
        simulate([A, A], Rules())


DEBTS = st.lists(
    st.tuples(st.integers(1, 500_000), st.decimals(0, "0.4", places=3), st.integers(0, 20_000)), min_size=1, max_size=5
)


@given(DEBTS, st.integers(0, 60_000), st.sampled_from([Order.AVALANCHE, Order.SNOWBALL]))
@settings(max_examples=150, deadline=None)
def test_money_is_neither_lost_nor_made(parts: list[tuple[int, Decimal, int]], extra: int, order: Order) -> None:
    debts = [Debt(str(n), *part) for n, part in enumerate(parts)]
    found = simulate(debts, Rules(order, extra_minor=extra))
    opening = sum(debt.balance_minor for debt in debts)
    assert opening + found.interest_minor - found.paid_minor == found.totals_after[-1]
    assert found.pays_off == (found.totals_after[-1] == 0)
    budget = extra + sum(debt.minimum_minor for debt in debts)
    assert all(sum(month) <= budget for month in found.payments)
    if found.pays_off:
        assert found.months == max(found.payoff_month.values()) == len(found.payments)
        assert set(found.payoff_month) == {debt.key for debt in debts}


@given(DEBTS, st.integers(1_000, 60_000))
@settings(max_examples=80, deadline=None)
def test_a_higher_budget_never_takes_longer(parts: list[tuple[int, Decimal, int]], extra: int) -> None:
    debts = [Debt(str(n), *part) for n, part in enumerate(parts)]
    slow, fast = (simulate(debts, Rules(Order.AVALANCHE, extra_minor=e)) for e in (extra, 2 * extra))
    if slow.pays_off:
        assert fast.months is not None
        assert slow.months is not None
        assert fast.months <= slow.months
