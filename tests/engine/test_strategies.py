"""Several loans side by side: what each order costs, what would be enough, and never an end that leaves a balance."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.engine.errors import TermsError
from planner.engine.payoff import Debt, Order, Promo, Rules, simulate
from planner.engine.strategies import cheapest, compare, first_minimum, needed_payment, shortfall

CARD = Debt("card", 600_000, Decimal("0.24"), 20_000)
CAR = Debt("car", 300_000, Decimal("0.06"), 20_000)
TWO = (CARD, CAR)


def test_the_orders_side_by_side() -> None:
    """6,000 at 24 % and 3,000 at 6 %, 1,000 a month in all. The first month: 120 and 15 of interest; 200 each, 600 more."""
    plans = {plan.name: plan for plan in compare(TWO, Rules(budget_minor=100_000))}
    assert plans["avalanche"].months[0].paid_minor == (80_000, 20_000)
    assert plans["snowball"].months[0].paid_minor == (20_000, 80_000)
    assert plans["avalanche"].months[0].left_minor == (600_000 + 12_000 - 80_000, 300_000 + 1_500 - 20_000)
    assert plans["avalanche"].cost_minor < plans["snowball"].cost_minor
    assert cheapest(list(plans.values())) is plans["avalanche"]
    assert plans["avalanche"].ends_on(date(2026, 12, 31)) == date(2027, 9, 30)
    for plan in plans.values():
        assert plan.result.paid_minor == 900_000 + plan.cost_minor


def test_a_custom_order_a_lump_and_a_promotion() -> None:
    rules = Rules(budget_minor=60_000, custom=("car", "card"), lumps={2: 50_000})
    custom = next(plan for plan in compare(TWO, rules) if plan.name == "custom")
    assert custom.months[0].paid_minor == (20_000, 40_000)
    assert custom.months[1].paid_minor == (20_000, 90_000)
    promo = replace(CARD, promo=Promo(6, Decimal(0)))
    assert simulate([promo], Rules(budget_minor=100_000)).interest_minor == 0  # six months at 1,000 clear it


def test_money_below_the_minimums_is_refused_with_what_is_missing() -> None:
    assert shortfall(TWO, Rules(budget_minor=35_000)) == 5_000
    assert shortfall(TWO, Rules(budget_minor=35_000, lumps={1: 6_000})) == 0
    with pytest.raises(TermsError) as caught:
        compare(TWO, Rules(budget_minor=35_000))
    assert (caught.value.field, caught.value.params["short"]) == ("budget", 5_000)


def test_a_minimum_by_percentage_counts_interest_and_fee_and_is_paid_in_full() -> None:
    """10 % of 6,000 + 120 interest + 3 fee = 612.30; the floor of 200 is less."""
    share = replace(CARD, minimum_rate=Decimal("0.1"), fee_minor=300)
    assert first_minimum(share) == 61_230
    plan = compare([share, CAR], Rules(extra_minor=0))[0]
    assert plan.months[0].paid_minor == (61_230, 20_000)
    assert first_minimum(replace(CAR, balance_minor=500)) == 503  # all that is left, with its interest
    assert first_minimum(replace(CAR, balance_minor=0)) == 0


def test_no_end_is_said_and_what_would_be_enough() -> None:
    stuck = replace(CARD, minimum_minor=12_000)
    plan = compare([stuck], Rules(extra_minor=0), [Order.AVALANCHE])[0]
    assert plan.result.months is None
    assert plan.ends_on(date(2026, 12, 1)) is None
    assert cheapest([plan]) is None
    enough = needed_payment([stuck], Rules(), 60)
    # P i / (1 - (1 + i)^-60) at 2 % a month: 172.61; the interest is rounded each month, so a cent either way.
    assert enough == pytest.approx(17_261, abs=1)
    assert simulate([stuck], Rules(budget_minor=enough)).months == 60
    assert (simulate([stuck], Rules(budget_minor=enough - 1)).months or 99) > 60


@pytest.mark.parametrize("months", [0, 1_201])
def test_a_time_nobody_has_is_refused(months: int) -> None:
    with pytest.raises(TermsError, match="months"):
        needed_payment(TWO, Rules(), months)


def test_nothing_owed_needs_nothing() -> None:
    assert needed_payment([], Rules()) == 0
    assert needed_payment([replace(CAR, balance_minor=0)], Rules()) == 0


DEBTS = st.lists(
    st.tuples(st.integers(1_000, 2_000_000), st.decimals(0, "0.36", places=3), st.integers(100, 30_000)),
    min_size=1,
    max_size=5,
).map(lambda parts: [Debt(str(i), *part) for i, part in enumerate(parts)])


@given(DEBTS, st.integers(1, 120))
def test_what_is_needed_is_enough_and_a_cent_less_is_not(debts: list[Debt], months: int) -> None:
    enough = needed_payment(debts, Rules(), months)
    assert (simulate(debts, Rules(budget_minor=enough)).months or 9_999) <= months
    assert (simulate(debts, Rules(budget_minor=enough - 1)).months or 9_999) > months


@given(DEBTS, st.integers(0, 50_000))
def test_avalanche_is_cheapest_where_nothing_but_interest_counts(debts: list[Debt], extra: int) -> None:
    """Without promotions and fees, and with nothing but the order of what is left to choose; cents are rounded each month."""
    plans = compare(debts, Rules(extra_minor=extra + 1_000))
    best = cheapest(plans)
    avalanche = next(plan for plan in plans if plan.name == Order.AVALANCHE)
    if best is not None and avalanche.result.pays_off:
        assert avalanche.cost_minor <= best.cost_minor + len(debts) * (avalanche.result.months or 0)


@given(DEBTS, st.integers(0, 50_000), st.sampled_from(Order), st.booleans())
def test_every_plan_pays_what_is_owed_and_what_it_costs(
    debts: list[Debt], extra: int, order: Order, rollover: bool
) -> None:
    (plan,) = compare(debts, Rules(extra_minor=extra, rollover=rollover), [order])
    left = plan.result.totals_after[-1]
    assert plan.result.paid_minor + left == sum(debt.balance_minor for debt in debts) + plan.cost_minor
    assert plan.result.pays_off == (left == 0)
