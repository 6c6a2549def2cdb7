"""The cheapest plan that fits the cash: hand-worked households, every plan of a grid, and properties of any household."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from planner.engine.errors import TermsError
from planner.engine.optimum import OptimiserMissing, Optimum, optimise, strategies
from planner.engine.paying import Answer, Asked, Choices, Course, NoPlan, in_order, minimums_only, pay
from planner.engine.payoff import Debt, Order, Promo, Rules, simulate

pytest.importorskip("highspy", reason="the extra [optimise] is not installed")


def debt(key: str, balance: int, rate: str, minimum: int, **changes: Any) -> Choices:
    own = {name: changes.pop(name) for name in list(changes) if name in Choices.__dataclass_fields__}
    return Choices(Debt(key, balance, Decimal(rate), minimum, **changes), **own)


def assert_real(found: Optimum, debts: list[Choices], cash: list[int], *, carry_over: bool = True) -> None:
    """Nothing is spent that is not there, nothing is owed in the end, and the sums are those of the months."""
    hand = 0
    for month in found.course.months:
        hand = (hand if carry_over else 0) + cash[min(month.number, len(cash)) - 1] - month.total_minor
        assert hand == month.kept_minor >= 0
    assert (
        not any(found.course.months[-1].left_minor)
        if found.course.months
        else not sum(d.debt.balance_minor for d in debts)
    )
    assert found.cost_minor == sum(m.total_minor for m in found.course.months) - sum(
        d.debt.balance_minor for d in debts
    )
    assert 0 <= found.bound_minor <= max(found.cost_minor, 0)


@pytest.mark.parametrize("order", [Order.AVALANCHE, Order.SNOWBALL])
@pytest.mark.parametrize("budget", [24_000, 40_000])
def test_the_months_are_those_of_the_strategies(order: Order, budget: int) -> None:
    """Under one sum a month both ways of counting pay the same, to the cent."""
    debts = [
        debt("a", 100_000, "0.24", 5_000, fee_minor=300), debt("b", 300_000, "0.12", 8_000, promo=Promo(4, Decimal("0.01"))),
        debt("c", 50_000, "0.3", 2_000, minimum_rate=Decimal("0.1")),
    ]  # fmt: skip
    known = simulate([each.debt for each in debts], Rules(order, budget_minor=budget))
    found = strategies(debts, [budget])[order]
    assert [month.paid_minor for month in found.months] == list(known.payments)
    assert found.cost_minor == known.interest_minor + known.fees_minor


def test_with_equal_money_each_month_and_no_fees_avalanche_is_best_and_proven_so() -> None:
    found = optimise(
        [debt("a", 100_000, "0.24", 0), debt("b", 200_000, "0.12", 0), debt("c", 50_000, "0.06", 0)], [30_000]
    )
    assert (found.source, found.gap, found.is_proven) == ("avalanche", 0, True)


def test_a_promotion_that_ends_is_paid_before_it_ends() -> None:
    """0 % for six months, then 20 %: first the 15 %, then the promoted one, and neither snowball nor avalanche does that."""
    debts = [debt("a", 300_000, "0.2", 10_000, promo=Promo(6, Decimal(0))), debt("b", 200_000, "0.15", 8_000)]
    found, known = optimise(debts, [40_000]), strategies(debts, [40_000])
    assert (found.source, found.is_proven) == ("solver", True)
    assert found.cost_minor < min(course.cost_minor for course in known.values()) - 1_000
    assert found.course.months[0].paid_minor == (10_000, 30_000)


def test_a_fee_for_paying_early_can_be_dearer_than_waiting() -> None:
    """1,000.00 at 1 % a year, 12 months of 84.00; paying early costs 5 %: so only what is due is paid."""
    debts = [debt("a", 100_000, "0.01", 8_400, prepayment_fee_rate=Decimal("0.05"))]
    found = optimise(debts, [50_000])
    assert {month.prepayment_fees_minor for month in found.course.months} == {0}
    assert len(found.course.months) == 12
    assert (
        strategies([debt("a", 100_000, "0.01", 8_400, prepayment_fee_rate=Decimal("0.05"))], [50_000])[
            "avalanche"
        ].cost_minor
        > 4_000
    )


def test_deferring_is_chosen_where_it_is_cheaper_than_being_late() -> None:
    """A month with 50.00 for a minimum of 200.00: late costs 40.00, deferring 10.00."""
    known = {"late_fee_minor": 4_000, "late_rate": Decimal("0.1")}
    cash = [20_000, 5_000, 60_000]
    late = optimise([debt("a", 60_000, "0.12", 20_000, **known)], cash, carry_over=False)
    both = optimise(
        [debt("a", 60_000, "0.12", 20_000, deferrals=1, deferral_fee_minor=1_000, **known)], cash, carry_over=False
    )
    assert [month.late for month in late.course.months][1] == {0}
    assert both.course.months[1].deferred == {0}
    assert not any(month.late for month in both.course.months)
    # by hand, late: 600.00 + 6.00 - 200.00 = 406.00; + 4.06 - 50.00 + 40.00 + 1.25 = 401.31; + 4.01 = 405.32 paid at the end
    assert late.course.paid_minor == 20_000 + 5_000 + 40_532
    # deferred: 410.06 - 50.00 + 10.00 = 370.06; + 3.70 = 373.76
    assert both.course.paid_minor == 20_000 + 5_000 + 37_376


def test_saving_for_a_poor_month_makes_a_plan_where_every_strategy_fails() -> None:
    debts = [debt("a", 100_000, "0.24", 10_000), debt("b", 100_000, "0.12", 10_000)]
    cash = [70_000, 0, 0, 60_000]
    assert set(strategies(debts, cash)) == {"minimums"}
    found = optimise(debts, cash)
    assert found.source == "solver"
    assert_real(found, debts, cash)
    assert sum(found.course.months[0].paid_minor) < 70_000


def test_without_enough_the_month_and_the_gap_are_named() -> None:
    debts = [debt("a", 100_000, "0.12", 20_000), debt("b", 100_000, "0.12", 10_000)]
    with pytest.raises(NoPlan) as refused:
        optimise(debts, [30_000, 25_000])
    assert (refused.value.month, refused.value.short_minor) == (2, 5_000)
    with pytest.raises(NoPlan) as endless:
        optimise([debt("a", 1_000_000, "0.24", 10_000)], [15_000], seconds=1)
    assert endless.value.month is None


def test_nothing_owed_costs_nothing() -> None:
    found = optimise([debt("a", 0, "0.24", 10_000)], [100])
    assert (found.course.months, found.cost_minor, found.is_proven) == ((), 0, True)


def test_a_solver_that_is_stopped_early_names_its_gap() -> None:
    debts = [debt(str(n), 500_000 + 37_000 * n, f"0.{10 + n}", 20_000 + 500 * n, fee_minor=700) for n in range(10)]
    cash = [300_000, 260_000, 420_000, 250_000]
    found = optimise(debts, cash, seconds=0.01)
    assert_real(found, debts, cash)
    assert 0 < found.gap <= 1
    assert found.cost_minor * (1 - found.gap) <= found.bound_minor + 1
    assert found.cost_minor <= min(course.cost_minor for course in strategies(debts, cash).values())


def test_without_the_solver_the_engine_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "highspy", None)
    with pytest.raises(OptimiserMissing, match="optimise"):
        optimise([debt("a", 100, "0.1", 10)], [10])


@pytest.mark.parametrize(
    "make",
    [
        lambda: debt("a", 1, "0.1", 1, late_fee_minor=-1), lambda: debt("a", 1, "0.1", 1, late_rate=Decimal(11)),
        lambda: debt("a", 1, "0.1", 1, prepayment_fee_rate=Decimal("0.1"), minimum_rate=Decimal("0.1")),
        lambda: optimise([debt("a", 100, "0.1", 10)], []), lambda: optimise([debt("a", 100, "0.1", 10)], [-1]),
        lambda: optimise([debt("a", 100, "0.1", 10)] * 2, [10]), lambda: optimise([debt("a", 100, "0.1", 10)], [10], seconds=0),
    ],
)  # fmt: skip
def test_what_no_household_can_have_is_refused(make: Any) -> None:
    with pytest.raises(TermsError):
        make()


@pytest.mark.parametrize(
    "answer",
    [Answer((21_000, 0)), Answer((-1, 0)), Answer((0, 99_999_999)), Answer((100, 100), frozenset({0}))],
)
def test_a_plan_that_breaks_the_rules_is_no_plan(answer: Answer) -> None:
    debts = [debt("a", 100_000, "0.12", 0), debt("b", 100_000, "0.12", 0)]
    with pytest.raises(ValueError, match="a plan may not"):
        pay(debts, [20_000], lambda _asked: answer)


def every_plan(debts: list[Choices], cash: list[int], step: int) -> Iterator[Course]:
    """All plans of so many months whose payments are multiples of a step, or clear the debt; each way of deferring as well."""

    def options(asked: Asked) -> list[Answer]:
        each = []
        for i in range(len(debts)):
            most = min(asked.owed[i], asked.hand_minor)
            amounts = {min(n * step, most) for n in range(most // step + 2)} | {min(asked.due[i], most)}
            flags = (False, True) if asked.deferrals[i] and asked.owed[i] else (False,)
            each.append(list(itertools.product(sorted(amounts), flags)))
        return [
            Answer(
                tuple(amount for amount, _flag in found),
                frozenset(i for i, (_amount, flag) in enumerate(found) if flag),
            )
            for found in itertools.product(*each)
        ]

    def walk(chosen: list[Answer]) -> Iterator[Course]:
        asked_now: list[Asked] = []

        class Enough(Exception):
            pass

        def decide(asked: Asked) -> Answer:
            if asked.month <= len(chosen):
                return chosen[asked.month - 1]
            asked_now.append(asked)
            raise Enough

        try:
            yield pay(debts, cash, decide)
        except (ValueError, NoPlan):
            return
        except Enough:
            if len(chosen) < len(cash):
                for answer in options(asked_now[0]):
                    if sum(answer.pays) <= asked_now[0].hand_minor:
                        yield from walk([*chosen, answer])

    yield from walk([])


@pytest.mark.parametrize(
    ("debts", "cash"),
    [
        ([debt("a", 10_000, "0.24", 2_000, late_fee_minor=150, late_rate=Decimal("0.12"))], [1_000, 5_000, 7_000]),
        ([debt("a", 10_000, "0.24", 2_000, deferrals=1, deferral_fee_minor=90)], [1_000, 5_000, 7_000]),
        ([debt("a", 6_000, "0.36", 1_000, fee_minor=50), debt("b", 5_000, "0.12", 1_000)], [4_000, 4_000, 6_000]),
        ([debt("a", 6_000, "0.06", 3_000, prepayment_fee_rate=Decimal("0.04")), debt("b", 4_000, "0.03", 0)],
         [4_000, 4_000, 4_000]),
        ([debt("a", 6_000, "0.6", 1_000, promo=Promo(2, Decimal(0))), debt("b", 5_000, "0.3", 500)], [3_000, 5_000, 6_000]),
        ([debt("a", 4_000, "0.24", 1_000, late_fee_minor=40), debt("b", 6_000, "0.36", 2_000, late_fee_minor=300)],
         [1_000, 4_000, 8_000]),
        ([debt("a", 3_000, "0.24", 2_500, late_fee_minor=1, late_rate=Decimal("0.1"))], [500, 500, 500, 4_000]),
    ],
)  # fmt: skip
def test_no_plan_of_a_grid_is_cheaper_and_none_lies_below_the_bound(debts: list[Choices], cash: list[int]) -> None:
    found = optimise(debts, cash)
    assert_real(found, debts, cash)
    best = min(course.cost_minor for course in every_plan(debts, cash, 500 if len(debts) > 1 else 250))
    assert found.bound_minor <= best
    assert found.cost_minor <= best + 2 * len(debts) * len(cash), "worse than by the rounding of cents"
    assert found.is_proven


rate = st.decimals(Decimal(0), Decimal("0.6"), places=3)
households = st.lists(
    st.builds(
        lambda balance, at, minimum, promo, fee, late, defer, early: (
            balance, at, minimum, promo, fee, late, defer, early
        ),
        st.integers(0, 300_000), rate, st.integers(0, 20_000), st.one_of(st.none(), st.tuples(st.integers(1, 8), rate)),
        st.sampled_from([0, 0, 0, 300]), st.sampled_from([None, None, 0, 1_500]), st.sampled_from([0, 0, 1, 2]),
        st.sampled_from(["0", "0", "0.02"]),
    ), min_size=1, max_size=4,
)  # fmt: skip


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(households, st.lists(st.integers(0, 60_000), min_size=1, max_size=6), st.booleans())
def test_any_household_gets_a_plan_at_least_as_cheap_as_every_strategy(
    found: list[Any], cash: list[int], carry_over: bool
) -> None:
    debts = [
        debt(str(n), balance, str(at), minimum, promo=Promo(*promo) if promo else None, fee_minor=fee, late_fee_minor=late,
             late_rate=Decimal("0.1"), deferrals=defer, deferral_fee_minor=200, prepayment_fee_rate=Decimal(early))
        for n, (balance, at, minimum, promo, fee, late, defer, early) in enumerate(found)
    ]  # fmt: skip
    own = [each.debt.key for each in reversed(debts)]
    known = strategies(debts, cash, own, carry_over=carry_over)
    try:
        best = optimise(debts, cash, own, carry_over=carry_over, seconds=1)
    except NoPlan:
        assert not known
        return
    assert_real(best, debts, cash, carry_over=carry_over)
    assert all(best.cost_minor <= course.cost_minor for course in known.values())
    again = pay(debts, cash, lambda asked: _as_paid(best, asked), carry_over=carry_over)
    assert again == best.course


def _as_paid(found: Optimum, asked: Asked) -> Answer:
    month = found.course.months[asked.month - 1]
    return Answer(month.paid_minor, month.deferred)


def test_the_same_household_gets_the_same_answer() -> None:
    debts = [
        debt("a", 300_000, "0.2", 10_000, promo=Promo(6, Decimal(0))),
        debt("b", 200_000, "0.15", 8_000, fee_minor=100),
    ]
    assert optimise(debts, [40_000]) == optimise(debts, [40_000])


def test_plans_without_extra_money_pay_what_is_due() -> None:
    debts = [debt("a", 30_000, "0.12", 10_000), debt("b", 30_000, "0.24", 10_000)]
    assert pay(debts, [20_000], minimums_only(debts)) == pay(debts, [20_000], in_order(debts, [0, 1]))
