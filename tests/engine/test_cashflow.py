"""The projection: the mock-ups' 32 days to the cent, and balances that always add up."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.engine.calendars import Shift
from planner.engine.cashflow import (
    Flow,
    Point,
    Projection,
    Role,
    Spread,
    due_flows,
    everyday_by_day,
    line_flows,
    lowered,
    percentile,
    project,
)
from planner.engine.errors import TermsError

from .household import FUND, LAST, PARENTS, TODAY, WAGE, radar_flows, radar_projection

# ../shared/design/src/example.py, FLOW: the balance of every evening from 9 December to 9 January.
FLOW = [
    170309, 790267, 773967, 749467, 742967, 736467, 249967, 163467, 156967, -31200, -37700, -44200, 189300, 182800, 176300,
    169800, 123300, 116800, 110300, 103800, 97300, 90800, 84300, 77800, 71300, 64800, 58300, 51800, 45300, 38800, 32300, 25800,
]  # fmt: skip


def test_the_32_days_of_the_mock_up_to_the_cent() -> None:
    found = radar_projection()
    assert list(found.balances) == FLOW
    assert found.lowest == Point(date(2026, 12, 20), -44_200)
    assert found.runway_days == 9
    assert found.points[-1] == Point(LAST, 25_800)


def test_the_red_day_says_what_when_how_much_and_how_long() -> None:
    (red,) = radar_projection().red_days
    assert (red.on, red.short_minor, red.days_left) == (date(2026, 12, 18), 31_200, 9)
    assert [(item.key, item.due_minor, item.short_minor) for item in red.items] == [("haier", 181_667, 31_200)]
    assert (red.deepest, red.recovers_on) == (Point(date(2026, 12, 20), -44_200), date(2026, 12, 21))


def test_everyday_spending_in_the_gap_of_an_instalment_is_named_too_but_makes_no_red_day() -> None:
    found = radar_projection().shortfalls
    assert [(s.on.day, s.role, s.short_minor) for s in found] == [
        (18, Role.INSTALMENT, 31_200), (19, Role.EVERYDAY, 6_500), (20, Role.EVERYDAY, 6_500),
    ]  # fmt: skip


def test_a_gap_of_everyday_spending_alone_is_one_red_day_its_first() -> None:
    """200 in hand, 50 a day, 3,000 on the 28th: the 14th is the first short evening, the 27th the deepest."""
    flows = [Flow(date(2026, 12, 28), 300_000, "wage", Role.INCOME)]
    cash = project(20_000, TODAY, date(2026, 12, 31), flows, 150_000)
    (red,) = cash.red_days
    assert (red.on, red.days_left, red.is_everyday) == (date(2026, 12, 14), 5, True)
    assert (red.deepest, red.recovers_on) == (Point(date(2026, 12, 27), 20_000 - 18 * 5_000), date(2026, 12, 28))
    (item,) = red.items
    assert (item.key, item.role, item.due_minor, item.short_minor) == ("", Role.EVERYDAY, 14 * 5_000, 70_000)
    assert cash.runway_days == red.days_left


def test_a_gap_that_was_open_before_today_is_red_today_and_misses_what_it_did_before() -> None:
    cash = project(
        -10_000, TODAY, TODAY + timedelta(days=3), [Flow(date(2026, 12, 11), 90_000, "wage", Role.INCOME)], 150_000
    )
    (red,) = cash.red_days
    assert (red.on, red.short_minor, red.deepest) == (TODAY, 15_000, Point(date(2026, 12, 10), -15_000))
    assert red.recovers_on == date(2026, 12, 11)


def test_the_low_income_line() -> None:
    low = project(170_309, TODAY, LAST, lowered(radar_flows(), {"wage": 560_000}), 195_000)
    assert low.lowest == Point(date(2026, 12, 20), -164_200)
    assert low.at(LAST) == 25_800 - 120_000


def test_instalments_are_named_short_before_food_and_after_flexible_spending() -> None:
    day = TODAY + timedelta(days=1)
    flows = [
        Flow(day, -300, "trip", Role.FLEXIBLE), Flow(day, -400, "loan", Role.INSTALMENT), Flow(day, -500, "rent", Role.ESSENTIAL),
        Flow(day, 200, "wage", Role.INCOME),
    ]  # fmt: skip
    found = project(400, TODAY, day, flows)
    assert [(s.key, s.short_minor) for s in found.shortfalls] == [("loan", 300), ("trip", 300)]
    assert found.red_days[0].recovers_on is None


def test_today_counts_and_what_is_overdue_is_due_today() -> None:
    flows = due_flows(
        "loan", [(date(2026, 11, 18), 700), (TODAY, 100), (LAST, 50), (LAST + timedelta(days=1), 9)], TODAY, LAST
    )
    assert [(flow.on, flow.amount_minor) for flow in flows] == [(TODAY, -700), (TODAY, -100), (LAST, -50)]
    found = project(750, TODAY, LAST, flows)
    assert (found.balances[0], found.runway_days) == (-50, 0)
    assert [(s.due_minor, s.short_minor, s.days_left) for s in found.shortfalls] == [(100, 50, 0), (50, 50, 31)]


def test_lines_become_flows_moved_off_the_weekend() -> None:
    december = (date(2026, 12, 1), date(2026, 12, 31))
    assert line_flows(WAGE, "wage", *december) == [Flow(date(2026, 12, 10), 680_000, "wage", Role.INCOME)]
    assert line_flows(PARENTS, "parents", *december) == [Flow(date(2026, 12, 16), -80_000, "parents", Role.ESSENTIAL)]
    january = (date(2027, 1, 1), date(2027, 1, 31))
    assert [f.on.day for f in line_flows(replace(WAGE, shift=Shift.EARLIER), "wage", *january)] == [
        8
    ]  # the 10th is a Sunday
    assert [f.on.day for f in line_flows(replace(WAGE, shift=Shift.LATER), "wage", *january)] == [11]
    # A date that moves into the window from outside counts, one that moves out of it does not.
    assert FUND.starts_on.strftime("%A") == "Saturday"
    assert [
        f.on for f in line_flows(replace(FUND, shift=Shift.LATER), "fund", date(2026, 3, 22), date(2026, 3, 31))
    ] == [date(2026, 3, 23)]
    assert line_flows(replace(FUND, shift=Shift.LATER), "fund", date(2026, 3, 21), date(2026, 3, 22)) == []


def test_percentiles_are_nearest_rank() -> None:
    wages = [5600, 6800, 6100, 7000, 6500, 6800, 5900, 6900, 6800, 6700]
    assert [percentile(wages, percent) for percent in (1, 10, 11, 50, 90, 100)] == [5600, 5600, 5900, 6700, 6900, 7000]
    for values, percent in (([], 10), ([1], 0), ([1], 101)):
        with pytest.raises(TermsError):
            percentile(values, percent)


def test_a_projection_needs_a_day_and_ends_within_ten_years() -> None:
    for last in (TODAY - timedelta(days=1), date(2040, 1, 1)):
        with pytest.raises(TermsError):
            project(0, TODAY, last, [])
    with pytest.raises(IndexError):
        radar_projection().at(TODAY - timedelta(days=1))


@given(st.integers(0, 10**7), st.dates(date(2020, 1, 1), date(2030, 1, 1)))
def test_everyday_spending_is_split_exactly(monthly: int, first: date) -> None:
    thirty = everyday_by_day(monthly, first, 90)
    assert [sum(thirty[i : i + 30]) for i in (0, 7, 60)] == [monthly] * 3
    assert max(thirty) - min(thirty) <= 1
    month = first.replace(day=1)
    days = everyday_by_day(monthly, first, 400, Spread.CALENDAR_MONTH)
    whole = everyday_by_day(monthly, month, 31, Spread.CALENDAR_MONTH)
    following = (month + timedelta(days=32)).replace(day=1)
    start = (following - first).days
    assert sum(whole[: (following - month).days]) == monthly
    assert sum(days[start : start + ((following + timedelta(days=32)).replace(day=1) - following).days]) == monthly
    assert len(days) == 400


FLOWS = st.lists(
    st.builds(
        lambda day, amount, role: Flow(
            TODAY + timedelta(days=day), amount if role == Role.INCOME else -amount, str(day), role
        ),
        st.integers(-3, 70),
        st.integers(0, 300_000),
        st.sampled_from([role for role in Role if role != Role.EVERYDAY]),
    ),
    max_size=40,
)


@given(st.integers(-50_000, 300_000), FLOWS, st.integers(0, 200_000), st.sampled_from(Spread))
def test_each_balance_is_opening_plus_all_in_minus_all_out(
    opening: int, flows: list[Flow], everyday: int, spread: Spread
) -> None:
    last = TODAY + timedelta(days=60)
    found = project(opening, TODAY, last, flows, everyday, spread)
    daily = everyday_by_day(everyday, TODAY + timedelta(days=1), 60, spread)
    for i, point in enumerate(found.points):
        moved = sum(flow.amount_minor for flow in flows if TODAY <= flow.on <= point.on)
        assert point.balance_minor == opening + moved - sum(daily[:i])
        assert point.balance_minor == opening + sum(found.ins[: i + 1]) - sum(found.outs[: i + 1])


@given(st.integers(0, 300_000), FLOWS, st.integers(0, 200_000))
def test_every_gap_is_named_once_and_nothing_is_paid_from_it(opening: int, flows: list[Flow], everyday: int) -> None:
    found = project(opening, TODAY, TODAY + timedelta(days=60), flows, everyday)
    before = opening
    for i, balance in enumerate(found.balances):
        named = sum(s.short_minor for s in found.shortfalls if s.days_left == i)
        assert named == max(-balance, 0) - max(-(before + found.ins[i]), 0) if balance < 0 else named == 0
        before = balance
    assert all(0 < s.short_minor <= s.due_minor for s in found.shortfalls)
    reds = found.red_days
    assert [red.on for red in reds] == sorted({red.on for red in reds})
    assert {red.on for red in reds if not red.is_everyday} == {
        s.on for s in found.shortfalls if s.role != Role.EVERYDAY
    }
    assert {red.recovers_on for red in reds} == {
        _recovers(found, point.on) for point in found.points if point.balance_minor < 0
    }
    for red in found.red_days:
        assert red.deepest.balance_minor <= found.at(red.on) < 0
        assert red.recovers_on is None or found.at(red.recovers_on) >= 0
        if red.is_everyday:
            assert red.on == found.first or found.at(red.on - timedelta(days=1)) >= 0
            assert red.short_minor == -red.deepest.balance_minor <= red.items[0].due_minor
            assert [other.on for other in reds if other.recovers_on == red.recovers_on] == [red.on]


def _recovers(cash: Projection, on: date) -> date | None:
    """The first later day that ends without a gap."""
    return next((point.on for point in cash.points if point.on > on and point.balance_minor >= 0), None)
