"""The ladder of fixes: the mock-up's four cards, and each fix, once applied, does what its card says."""

from collections.abc import Sequence
from datetime import date, timedelta

from hypothesis import assume, given
from hypothesis import strategies as st

from planner.engine.cashflow import Flow, Point, Role, due_flows, project
from planner.engine.changes import DeferredInterest
from planner.engine.dates import add_months
from planner.engine.fixes import Fix, FixKind, Quote, Wishes, apply_fix, deferral_quotes, find_fixes

from .household import EVERYDAY, LAST, TODAY, radar_flows, radar_projection

D22 = date(2026, 12, 22)
MOCK_UP = Wishes(
    own_choice=frozenset({"parents"}), cuts={"out": 24_000}, reserve_minor=15_000, step_minor=10_000,
    fixed=frozenset({"micro", "phone", "utilities"}),
)  # fmt: skip


def fixes(wishes: Wishes) -> tuple[Fix, ...]:
    found = radar_projection()
    return find_fixes(found, radar_flows(), found.red_days[0], wishes)


def card(found: Sequence[Fix], kind: FixKind, key: str) -> Fix:
    return next(fix for fix in found if (fix.kind, fix.key) == (kind, key))


def test_the_four_cards_of_the_mock_up() -> None:
    found = fixes(MOCK_UP)
    parents, haier = card(found, FixKind.MOVE_LINE, "parents"), card(found, FixKind.MOVE_DATE, "haier")
    rent, out = card(found, FixKind.PART_PAY, "rent"), card(found, FixKind.CUT, "out")
    assert (parents.amount_minor, parents.to, parents.asks, parents.cost_minor) == (80_000, D22, False, 0)
    assert (haier.amount_minor, haier.to, haier.asks, haier.covers) == (181_667, D22, True, True)
    assert parents.lowest == haier.lowest == Point(LAST, 25_800)
    assert (rent.amount_minor, rent.to, rent.lowest) == (60_000, D22, Point(date(2026, 12, 20), 15_800))
    assert (out.amount_minor, out.covers, out.missing_minor) == (7_200, False, 24_000)
    assert found[0] == parents
    assert found[-1] == out


def test_the_money_still_needed_is_named() -> None:
    extra = card(fixes(Wishes()), FixKind.EXTRA_INCOME, "")
    assert (extra.amount_minor, extra.covers, extra.lowest.balance_minor) == (44_200, True, 0)


def test_what_is_fixed_is_left_alone_and_a_price_ranks_the_ladder() -> None:
    found = fixes(Wishes(fixed=frozenset({"rent"}), price=lambda flow, to: (to - flow.on).days * 10))
    assert "rent" not in {fix.key for fix in found}
    assert card(found, FixKind.MOVE_DATE, "haier").cost_minor == 40
    costs = [fix.cost_minor for fix in found if fix.covers]
    assert costs == sorted(costs)
    assert found[0].kind == FixKind.EXTRA_INCOME


def test_each_interest_treatment_of_a_deferral_is_its_own_card() -> None:
    rows = [(date(2026, 12, 18), 181_667), (date(2027, 1, 18), 181_667)]
    later = [(date(2027, 1, 18), 181_667), (date(2027, 2, 18), 181_667)]
    charged = {DeferredInterest.WAIVED: 0, DeferredInterest.CAPITALISED: 2_500, DeferredInterest.FIRST: 2_400}

    def price(treatment: DeferredInterest) -> list[tuple[date, int]] | None:
        if treatment not in charged:
            return None
        return [*later[:1], (later[1][0], later[1][1] + charged[treatment])]

    quotes = deferral_quotes("haier", rows, price)
    longer = Quote(FixKind.LONGER_TERM, "haier", ((date(2026, 12, 18), 130_000), (date(2027, 1, 18), 130_000)), 9_000)
    found = [fix for fix in fixes(Wishes(quotes=(*quotes, longer))) if fix.kind in (FixKind.DEFER, FixKind.LONGER_TERM)]
    assert [(fix.treatment, fix.cost_minor, fix.amount_minor) for fix in found] == [
        (DeferredInterest.WAIVED, 0, 181_667), (DeferredInterest.FIRST, 2_400, 181_667),
        (DeferredInterest.CAPITALISED, 2_500, 181_667),
        (None, 9_000, 51_667),
    ]  # fmt: skip


def test_what_is_overdue_stays_due_at_once_when_a_lender_gives_way() -> None:
    """500.00 in hand, 1,066.19 overdue since 5 Nov and since 5 Dec, a wage on the 15th: one postponed leaves one due now."""
    dues = [(date(2026, 11, 5), 106_619), (date(2026, 12, 5), 106_619), (date(2027, 1, 5), 106_619)]
    wage = Flow(date(2026, 12, 15), 300_000, "wage", Role.INCOME)
    one_later = Quote(FixKind.DEFER, "bank", (*dues[1:], (date(2027, 2, 5), 106_619)), 0, DeferredInterest.WAIVED)
    longer = Quote(FixKind.LONGER_TERM, "bank", ((date(2026, 12, 5), 73_178), (date(2027, 1, 5), 73_178)), 9_000)
    for overdue, quote, missing in ((dues, one_later, 56_619), (dues[1:], longer, 23_178)):
        flows = [wage, *due_flows("bank", overdue, TODAY, LAST)]
        cash = project(50_000, TODAY, LAST, flows)
        wishes = Wishes(quotes=(quote,), fixed=frozenset({"bank"}))  # no other way at this bank
        found = find_fixes(cash, flows, cash.red_days[0], wishes)
        fix = card(found, quote.kind, "bank")
        assert (fix.covers, fix.missing_minor, fix.lowest) == (False, missing, Point(TODAY, -missing))
        assert project(50_000, TODAY, LAST, apply_fix(flows, fix)).lowest == fix.lowest


def test_one_overdue_instalment_postponed_is_enough() -> None:
    dues = [(date(2026, 12, 5), 106_619), (date(2027, 1, 5), 106_619)]
    flows = [Flow(date(2026, 12, 15), 300_000, "wage", Role.INCOME), *due_flows("bank", dues, TODAY, LAST)]
    cash = project(50_000, TODAY, LAST, flows)
    later = Quote(FixKind.DEFER, "bank", (dues[1], (date(2027, 2, 5), 106_619)), 0, DeferredInterest.WAIVED)
    fix = card(find_fixes(cash, flows, cash.red_days[0], Wishes(quotes=(later,))), FixKind.DEFER, "bank")
    assert (fix.covers, fix.amount_minor, fix.lowest) == (True, 106_619, Point(TODAY, 50_000))


def a_wage_on_the_20th() -> list[Flow]:
    """The loan falls on the 18th and money comes on the 20th, month after month: only another due day helps for good."""
    flows = []
    for month in range(12):
        flows.append(Flow(add_months(date(2026, 12, 18), month), -100_000, "loan", Role.INSTALMENT))
        flows.append(Flow(add_months(date(2026, 12, 20), month), 101_000, "wage", Role.INCOME))
    return flows


def test_a_due_day_beside_the_payday_is_found() -> None:
    flows, last = a_wage_on_the_20th(), TODAY + timedelta(days=364)
    cash = project(0, TODAY, last, flows)
    assert len(cash.red_days) == 12
    found = find_fixes(cash, flows, cash.red_days[0])
    moved = card(found, FixKind.MOVE_DUE_DAY, "loan")
    assert (moved.to, moved.cost_minor, moved.asks) == (date(2026, 12, 21), 0, True)
    assert project(0, TODAY, last, apply_fix(flows, moved)).red_days == ()
    once = card(found, FixKind.MOVE_DATE, "loan")
    assert len(project(0, TODAY, last, apply_fix(flows, once)).red_days) == 11


def test_flexible_spending_may_wait_or_be_left_out() -> None:
    flows = [
        Flow(date(2026, 12, 11), 60_000, "wage", Role.INCOME), Flow(date(2026, 12, 12), -30_000, "trip", Role.FLEXIBLE),
        Flow(date(2026, 12, 13), -60_000, "loan", Role.INSTALMENT), Flow(date(2026, 12, 14), 30_000, "gift", Role.INCOME),
    ]  # fmt: skip
    cash = project(0, TODAY, TODAY + timedelta(days=180), flows)
    found = find_fixes(cash, flows, cash.red_days[0])
    assert card(found, FixKind.MOVE_LINE, "trip").to == date(2026, 12, 15)
    assert card(found, FixKind.CUT, "trip").amount_minor == 30_000
    assert all(fix.covers for fix in found)


def test_no_way_but_more_money_when_the_gap_never_closes() -> None:
    flows = [Flow(TODAY + timedelta(days=5), -9_000, "loan", Role.INSTALMENT)]
    cash = project(1_000, TODAY, LAST, flows)
    assert [fix.kind for fix in find_fixes(cash, flows, cash.red_days[0])] == [FixKind.EXTRA_INCOME]


def test_where_no_single_way_is_enough_those_that_help_are_offered_together_with_what_is_still_missing() -> None:
    flows = [
        Flow(date(2026, 12, 18), -60_000, "bank", Role.INSTALMENT), Flow(date(2026, 12, 18), -50_000, "shop", Role.INSTALMENT),
        Flow(date(2026, 12, 20), 500_000, "wage", Role.INCOME),
    ]  # fmt: skip
    cash = project(0, TODAY, LAST, flows)
    later = Quote(FixKind.DEFER, "bank", ((date(2027, 1, 18), 61_000),), 1_000, DeferredInterest.CAPITALISED)
    found = find_fixes(cash, flows, cash.red_days[0], Wishes(quotes=(later,)))
    assert [(fix.kind, fix.key, fix.covers, fix.missing_minor) for fix in found] == [
        (FixKind.EXTRA_INCOME, "", True, 0), (FixKind.MOVE_DATE, "shop", False, 60_000),
        (FixKind.MOVE_DATE, "bank", False, 50_000), (FixKind.DEFER, "bank", False, 50_000),
    ]  # fmt: skip
    both = apply_fix(apply_fix(flows, found[1]), found[2])
    assert project(0, TODAY, LAST, both).red_days == ()


def test_a_gap_of_everyday_spending_offers_what_is_ones_own_before_more_money() -> None:
    """200 in hand, 50 a day, 3,000 on the 28th: 700 short. The trip of 800 may wait or go; 10 a day are for going out."""
    flows = [
        Flow(date(2026, 12, 12), -80_000, "trip", Role.FLEXIBLE), Flow(date(2026, 12, 10), 80_000, "gift", Role.INCOME),
        Flow(date(2026, 12, 28), 300_000, "wage", Role.INCOME),
    ]  # fmt: skip
    cash = project(20_000, TODAY, LAST, flows, 150_000)
    found = find_fixes(cash, flows, cash.red_days[0], Wishes(cuts={"out": 30_000}))
    assert [(fix.kind, fix.key, fix.amount_minor, fix.covers) for fix in found] == [
        (FixKind.MOVE_LINE, "trip", 80_000, True), (FixKind.CUT, "trip", 80_000, True),
        (FixKind.EXTRA_INCOME, "", 70_000, True), (FixKind.CUT, "out", 18_000, False),
    ]  # fmt: skip
    assert found[0].to == date(2026, 12, 29)
    assert (found[-1].missing_minor, found[-1].deepest) == (0, Point(date(2026, 12, 27), 18_000 - 70_000))


ROLES = [Role.INCOME, Role.ESSENTIAL, Role.INSTALMENT, Role.FLEXIBLE, Role.SAVINGS]


@st.composite
def households(draw: st.DrawFn) -> list[Flow]:
    def flow(number: int) -> Flow:
        role = draw(st.sampled_from(ROLES))
        amount = draw(st.integers(1, 90_000))
        on = TODAY + timedelta(days=draw(st.integers(0, 58)))
        return Flow(on, amount if role == Role.INCOME else -amount, f"{role}{number % 3}", role)

    return [flow(number) for number in range(draw(st.integers(1, 14)))]


@given(households(), st.integers(0, 60_000), st.integers(0, 9_000), st.sampled_from([1, 100, 1_000]))
def test_a_fix_once_applied_does_what_its_card_says(flows: list[Flow], opening: int, reserve: int, step: int) -> None:
    last = TODAY + timedelta(days=60)
    cash = project(opening, TODAY, last, flows, EVERYDAY // 10)
    assume(cash.red_days)
    red = cash.red_days[0]
    wishes = Wishes(frozenset({"essential0"}), reserve_minor=reserve, step_minor=step, cuts={"out": 3_000})
    found = find_fixes(cash, flows, red, wishes)
    assert any(fix.kind == FixKind.EXTRA_INCOME for fix in found)
    for fix in found:
        after = project(opening, TODAY, last, apply_fix(flows, fix), EVERYDAY // 10)
        assert after.lowest == fix.lowest
        assert max(-after.at(red.on), 0) == fix.missing_minor
        assert after.at(fix.deepest.on) == fix.deepest.balance_minor
        assert fix.covers or min(fix.deepest.balance_minor, -fix.missing_minor) < reserve
        assert sum(f.amount_minor for f in fix.adds) - sum(f.amount_minor for f in fix.removes) >= 0
        if fix.covers:
            assert red.on not in {day.on for day in after.red_days}
            assert all(now >= min(old, 0) for now, old in zip(after.balances, cash.balances, strict=True))
        else:
            alone = all(
                other.kind == FixKind.EXTRA_INCOME for other in found if other.covers and other.kind != FixKind.CUT
            )
            assert fix.kind == FixKind.CUT or alone
            assert fix.missing_minor < red.short_minor
            if fix.kind != FixKind.CUT:
                assert all(now >= min(old, 0) for now, old in zip(after.balances, cash.balances, strict=True))
