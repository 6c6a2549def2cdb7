"""Offers: the split over all creditors, one creditor's new instalments as in the mock-ups, and the largest that holds."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.engine.amortisation import build_schedule
from planner.engine.annual_cost import cost_of
from planner.engine.budget import month_summary
from planner.engine.errors import NeverPaysOff, TermsError
from planner.engine.loan import LoanTerms, Method
from planner.engine.offers import Claim, available, compare, guard_offer, payment_for, plan_for, split_offers

from .household import CARD_PAYMENT, CNY, HAIER, HAIER_ROWS, LINES, WAGE

REDUCED = [replace(WAGE, amount_minor=560_000) if item is WAGE else item for item in LINES]


def test_what_the_household_can_offer_haier() -> None:
    assert available(month_summary(REDUCED, [], 2027, 1), CARD_PAYMENT) == 137_200


def test_the_plan_of_the_mock_up_to_the_cent() -> None:
    plan = plan_for(HAIER, 6, 124_000)
    assert (plan.opening_minor, plan.payment_minor, plan.count) == (1_040_246, 124_000, 9)
    assert (plan.total_minor, plan.cost_minor, plan.last_due) == (1_111_557, 71_311, date(2027, 9, 18))
    assert [(r.due_date, r.principal_minor, r.interest_minor, r.payment_minor) for r in plan.rows] == [
        (date(2027, 1, 18), 109_942, 14_058, 124_000), (date(2027, 2, 18), 111_428, 12_572, 124_000),
        (date(2027, 3, 18), 112_934, 11_066, 124_000), (date(2027, 4, 18), 114_460, 9_540, 124_000),
        (date(2027, 5, 18), 116_007, 7_993, 124_000), (date(2027, 6, 18), 117_575, 6_425, 124_000),
        (date(2027, 7, 18), 119_163, 4_837, 124_000), (date(2027, 8, 18), 120_774, 3_226, 124_000),
        (date(2027, 9, 18), 117_963, 1_594, 119_557),
    ]  # fmt: skip


def test_the_plan_beside_the_contract() -> None:
    plan = plan_for(HAIER, 6, 124_000)
    against = compare(plan, HAIER_ROWS[6:])
    assert (against.contract_payment_minor, against.contract_count, against.contract_total_minor) == (
        181_667,
        6,
        1_089_998,
    )
    assert (against.payment_change_minor, against.count_change, against.total_change_minor) == (-57_667, 3, 21_559)
    assert against.contract_last_due == date(2027, 6, 18)
    cost = cost_of(plan.opening_minor, [row.payment_minor for row in plan.rows], HAIER.periods_per_year)
    assert round(cost.nominal * 100, 1) == Decimal("16.2")


def test_the_payment_for_nine_instalments_is_rounded_up_to_five() -> None:
    plan = plan_for(HAIER, 6, 124_000)
    assert payment_for(plan.opening_minor, plan.periodic_rate, 9, step_minor=500) == 124_000
    with pytest.raises(TermsError):
        payment_for(plan.opening_minor, plan.periodic_rate, 0)


ANNUITY = LoanTerms.simple(
    method=Method.ANNUITY, principal_minor=1_200_000, currency=CNY, annual_rate=Decimal("0.12"), instalments=12,
    start_date=date(2026, 1, 31),
)  # fmt: skip


def test_the_contract_payment_gives_the_contract_back() -> None:
    rows = build_schedule(ANNUITY).rows
    plan = plan_for(ANNUITY, 3, rows[3].payment_minor)
    assert [(r.due_date, r.principal_minor, r.interest_minor) for r in plan.rows] == [
        (r.due_date, r.principal_minor, r.interest_minor) for r in rows[3:]
    ]


def test_waiting_costs_interest_for_the_time_and_starting_early_saves_it() -> None:
    on_time, later = plan_for(ANNUITY, 3, 50_000), plan_for(ANNUITY, 3, 50_000, date(2026, 7, 31))
    early = plan_for(ANNUITY, 3, 50_000, date(2026, 5, 15))
    assert on_time.rows[0].due_date == date(2026, 5, 31)
    assert later.rows[0].interest_minor == pytest.approx(3 * on_time.rows[0].interest_minor, abs=2)
    assert [row.due_date.day for row in later.rows[:3]] == [31, 31, 30]
    assert early.rows[0].interest_minor == round(on_time.rows[0].interest_minor * 15 / 31)
    assert early.total_minor < on_time.total_minor < later.total_minor


@pytest.mark.parametrize(
    ("payment", "first_due", "field"),
    [(0, None, "payment_minor"), (50_000, date(2026, 4, 30), "first_due"), (50_000, date(2028, 4, 30), "first_due")],
)
def test_impossible_plans_are_refused(payment: int, first_due: date | None, field: str) -> None:
    with pytest.raises(TermsError) as caught:
        plan_for(ANNUITY, 3, payment, first_due)
    assert caught.value.field == field


def test_a_payment_below_the_interest_never_pays_off() -> None:
    with pytest.raises(NeverPaysOff):
        plan_for(ANNUITY, 3, 5_000)
    with pytest.raises(TermsError):
        plan_for(ANNUITY, 12, 50_000)


def test_informal_offers_of_the_reference_rounded_to_the_sum() -> None:
    split = split_offers(10_000, [Claim(str(i), owed) for i, owed in enumerate((50_000, 100_000, 23_300, 20_000))])
    assert [offer.amount_minor for offer in split.offers] == [2_587, 5_173, 1_205, 1_035]


def test_priority_debts_come_first_and_no_claim_gets_more_than_its_most() -> None:
    claims = [Claim("card", 500_000), Claim("rent", 300_000, 40_000, is_priority=True), Claim("small", 100)]
    split = split_offers(100_000, claims)
    assert [(o.key, o.amount_minor, o.is_token) for o in split.offers] == [
        ("card", 59_988, False), ("rent", 40_000, False), ("small", 12, False),
    ]  # fmt: skip
    short = split_offers(30_000, claims)
    assert [(o.key, o.amount_minor, o.is_token) for o in short.offers] == [
        ("card", 100, True), ("rent", 30_000, False), ("small", 100, True),
    ]  # fmt: skip


def test_nothing_left_brings_tokens_and_too_much_stays_with_the_household() -> None:
    assert [o.amount_minor for o in split_offers(-5_000, [Claim("a", 50), Claim("b", 900)]).offers] == [50, 100]
    rich = split_offers(1_000, [Claim("a", 50), Claim("b", 900), Claim("c", 0)])
    assert ([o.amount_minor for o in rich.offers], rich.left_minor) == ([50, 900, 0], 50)
    assert split_offers(1_000, []).left_minor == 1_000
    with pytest.raises(TermsError):
        Claim("a", -1)


@pytest.mark.parametrize("left", [0, -5_000])
def test_a_priority_debt_gets_a_token_too_when_there_is_nothing_at_all(left: int) -> None:
    claims = [Claim("card", 500_000), Claim("rent", 300_000, 40_000, is_priority=True)]
    offers = split_offers(left, claims).offers
    assert [(o.amount_minor, o.is_priority, o.is_token) for o in offers] == [(100, False, True), (100, True, True)]
    shared = split_offers(1, [*claims, Claim("power", 100_000, 10_000, is_priority=True)]).offers
    assert [(o.amount_minor, o.is_token) for o in shared] == [(100, True), (1, False), (100, True)]


CLAIMS = st.lists(
    st.builds(Claim, st.text(max_size=3), st.integers(0, 10**8), st.none() | st.integers(0, 10**6), st.booleans()),
    max_size=9,
)


@settings(max_examples=500)
@given(st.integers(-(10**6), 10**8), CLAIMS)
def test_offers_sum_exactly_and_stay_within_every_cap(money: int, claims: list[Claim]) -> None:
    split = split_offers(money, claims)
    spent = max(money, 0)
    if any(offer.is_token for offer in split.offers):
        assert sum(offer.amount_minor for offer in split.offers if not offer.is_token) == spent
    else:
        assert split.offered_minor == min(spent, sum(claim.cap_minor for claim in claims))
        assert split.offered_minor + split.left_minor == spent
    assert all(0 <= o.amount_minor <= c.cap_minor for o, c in zip(split.offers, claims, strict=True))


@given(st.integers(1, 10**7), st.lists(st.integers(1, 10**8), min_size=1, max_size=9))
def test_uncapped_shares_are_within_a_cent_of_their_proportion(money: int, owed: list[int]) -> None:
    total = sum(owed)
    split = split_offers(min(money, total), [Claim(str(i), amount) for i, amount in enumerate(owed)])
    for offer, amount in zip(split.offers, owed, strict=True):
        assert abs(offer.amount_minor * total - min(money, total) * amount) < total


@given(st.integers(1, 300_000), st.integers(0, 5))
def test_every_plan_repays_exactly_what_is_owed(payment: int, paid: int) -> None:
    try:
        plan = plan_for(HAIER, paid, payment)
    except NeverPaysOff:
        # 600 instalments at 1.35 % a month need 1.35 % of the opening amount and a little more.
        assert payment < 30_000
        return
    assert sum(row.principal_minor for row in plan.rows) == plan.opening_minor
    assert plan.rows[-1].balance_minor == 0
    assert {row.payment_minor for row in plan.rows[:-1]} <= {payment}
    assert 0 < plan.rows[-1].payment_minor <= payment


def test_the_guard_finds_the_largest_offer_that_survives() -> None:
    guard = guard_offer(124_000, 200_000, lambda payment: 137_200 - payment, step_minor=500)
    assert (guard.survives, guard.largest_minor, guard.lowest_minor) == (True, 137_000, 13_200)
    above = guard_offer(140_000, 200_000, lambda payment: 137_200 - payment, reserve_minor=10_000)
    assert (above.survives, above.largest_minor, above.lowest_minor) == (False, 127_200, -2_800)
    hopeless = guard_offer(0, 200_000, lambda payment: -1 - payment)
    assert (hopeless.survives, hopeless.largest_minor) == (False, None)


@given(st.integers(0, 10_000), st.integers(0, 10_000), st.integers(1, 700))
def test_the_largest_offer_holds_and_one_step_more_does_not(limit: int, most: int, step: int) -> None:
    guard = guard_offer(0, most, lambda payment: limit - payment, step_minor=step)
    assert guard.largest_minor is not None
    assert guard.largest_minor <= min(limit, most)
    assert guard.largest_minor + step > min(limit, most)
