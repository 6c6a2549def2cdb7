"""Budget lines: the days they fall on, their monthly equivalents, and the month of the mock-ups."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.engine.budget import (
    BudgetLine,
    Kind,
    Necessity,
    Reading,
    RepeatFrequency,
    month_amount,
    month_summary,
    monthly_equivalent,
    occurrences,
)
from planner.engine.calendars import WorkCalendar
from planner.engine.errors import TermsError
from planner.engine.paydays import Cycle, cycle_summary, pay_cycle

from .household import CARD_PAYMENT, FUND, HAIER_ROWS, LINES, MICRO_ROWS, PARENTS, RENT, WAGE

DECEMBER_INSTALMENTS = [HAIER_ROWS[5].payment_minor, CARD_PAYMENT, MICRO_ROWS[5].payment_minor]


def line(frequency: RepeatFrequency, starts_on: date, amount_minor: int = 10_000, **values: object) -> BudgetLine:
    return BudgetLine(Kind.INCOME, amount_minor, frequency, starts_on, **values)  # type: ignore[arg-type] # values vary


def test_december_of_the_mock_up() -> None:
    month = month_summary(LINES, DECEMBER_INSTALMENTS, 2026, 12)
    assert (month.income_minor, month.essential_minor, month.flexible_minor, month.savings_minor) == (
        760_000,
        420_800,
        42_000,
        0,
    )
    assert month.instalments_minor == 275_209
    assert month.surplus_minor == 21_991
    assert month.available_minor == 297_200


def test_january_of_the_mock_up_when_the_microloan_is_paid() -> None:
    assert month_summary(LINES, [HAIER_ROWS[6].payment_minor, CARD_PAYMENT], 2027, 1).surplus_minor == 75_533


def test_the_wage_falls_and_the_gap_is_named() -> None:
    lines = [replace(WAGE, amount_minor=560_000) if item is WAGE else item for item in LINES]
    assert month_summary(lines, [HAIER_ROWS[6].payment_minor, CARD_PAYMENT], 2027, 1).surplus_minor == -44_467


def test_the_actual_reading_counts_what_falls_in_the_month() -> None:
    december = month_summary(LINES, DECEMBER_INSTALMENTS, 2026, 12, Reading.ACTUAL)
    january = month_summary(LINES, [], 2027, 1, Reading.ACTUAL)
    assert december.income_minor == 680_000 + 240_000
    assert december.essential_minor == 480_000 + 135_000 + 80_000 + 18_000 + 18_000 + 9_800
    assert january.income_minor == 680_000
    assert month_amount(RENT, 2027, 1, Reading.ACTUAL) == 0


@pytest.mark.parametrize(
    ("frequency", "amount", "expected"),
    [
        (RepeatFrequency.WEEKLY, 10_000, 43_333),
        (RepeatFrequency.FORTNIGHTLY, 10_000, 21_667),
        (RepeatFrequency.FOUR_WEEKLY, 10_000, 10_833),
        (RepeatFrequency.FOUR_WEEKLY, 6, 7),  # 6.5 goes up
        (RepeatFrequency.MONTHLY, 10_000, 10_000),
        (RepeatFrequency.QUARTERLY, 10_000, 3_333),
        (RepeatFrequency.YEARLY, 6, 1),  # 0.5 goes up
        (RepeatFrequency.ONCE, 10_000, 0),
    ],
)
def test_monthly_equivalents_round_half_up(frequency: RepeatFrequency, amount: int, expected: int) -> None:
    assert monthly_equivalent(line(frequency, date(2026, 1, 1), amount)) == expected


def test_the_31st_clamps_and_comes_back() -> None:
    monthly = line(RepeatFrequency.MONTHLY, date(2026, 1, 31))
    assert occurrences(monthly, date(2026, 2, 1), date(2026, 5, 31)) == (
        date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30), date(2026, 5, 31),
    )  # fmt: skip


def test_an_anchor_survives_a_start_in_a_short_month() -> None:
    february = line(RepeatFrequency.MONTHLY, date(2026, 2, 28), anchor_day=31)
    assert occurrences(february, date(2026, 2, 1), date(2026, 3, 31)) == (date(2026, 2, 28), date(2026, 3, 31))
    leap = line(RepeatFrequency.YEARLY, date(2024, 2, 29))
    assert occurrences(leap, date(2025, 1, 1), date(2028, 12, 31)) == (
        date(2025, 2, 28), date(2026, 2, 28), date(2027, 2, 28), date(2028, 2, 29),
    )  # fmt: skip


def test_start_end_and_once() -> None:
    ended = replace(PARENTS, ends_on=date(2026, 3, 16))
    assert occurrences(ended, date(2026, 1, 1), date(2026, 12, 31))[-1] == date(2026, 3, 16)
    assert month_amount(ended, 2026, 3) == 80_000
    assert month_amount(ended, 2026, 4) == 0
    assert month_amount(WAGE, 2025, 12) == 0
    once = line(RepeatFrequency.ONCE, date(2026, 4, 30))
    assert occurrences(once, date(2026, 4, 30), date(2026, 4, 30)) == (date(2026, 4, 30),)
    assert [month_amount(once, 2026, month) for month in (3, 4, 5)] == [0, 10_000, 0]


def test_impossible_lines_are_refused() -> None:
    for broken in (
        {"amount_minor": -1},
        {"ends_on": date(2025, 12, 31)},
        {"necessity": Necessity.SAVINGS},
    ):
        with pytest.raises(TermsError) as caught:
            replace(FUND, **broken)  # type: ignore[arg-type] # each is one field of the line
        assert caught.value.field in broken
    with pytest.raises(TermsError):
        replace(RENT, necessity=None)


LINES_OF_ANY_KIND = st.builds(
    line,
    st.sampled_from(RepeatFrequency),
    st.dates(date(2000, 1, 1), date(2030, 12, 31)),
    anchor_day=st.none() | st.integers(1, 31),
)


@given(LINES_OF_ANY_KIND, st.dates(date(2000, 1, 1), date(2040, 1, 1)), st.integers(0, 900), st.integers(0, 900))
def test_two_windows_side_by_side_hold_what_the_whole_holds(item: BudgetLine, first: date, one: int, two: int) -> None:
    middle, last = first + timedelta(days=one), first + timedelta(days=one + two)
    whole = occurrences(item, first, last)
    assert whole == occurrences(item, first, middle) + occurrences(item, middle + timedelta(days=1), last)
    assert list(whole) == sorted(set(whole))
    assert all(max(first, item.starts_on) <= day <= last for day in whole)


@given(LINES_OF_ANY_KIND, st.dates(date(2000, 1, 1), date(2040, 1, 1)))
def test_no_day_drifts_and_none_is_missed(item: BudgetLine, first: date) -> None:
    days = occurrences(item, first, first + timedelta(days=1500))
    weeks = {RepeatFrequency.WEEKLY: 1, RepeatFrequency.FORTNIGHTLY: 2, RepeatFrequency.FOUR_WEEKLY: 4}
    months = {RepeatFrequency.MONTHLY: 1, RepeatFrequency.QUARTERLY: 3, RepeatFrequency.YEARLY: 12}
    anchor = item.anchor_day or item.starts_on.day
    for day, after in pairwise(days):
        if item.frequency in weeks:
            assert (after - day).days == 7 * weeks[item.frequency]
        else:
            assert (after.year - day.year) * 12 + after.month - day.month == months[item.frequency]
            assert after.day == anchor or (after + timedelta(days=1)).day == 1


def test_the_nth_working_day_of_each_month() -> None:
    last = line(RepeatFrequency.MONTHLY, date(2026, 1, 15), working_day=-1)
    assert occurrences(last, date(2026, 1, 1), date(2026, 5, 29)) == (
        date(2026, 1, 30), date(2026, 2, 27), date(2026, 3, 31), date(2026, 4, 30), date(2026, 5, 29),
    )  # fmt: skip
    third = line(RepeatFrequency.MONTHLY, date(2026, 1, 15), working_day=3)
    holidays = WorkCalendar(holidays=frozenset({date(2026, 5, 1), date(2026, 5, 4), date(2026, 5, 5)}))
    assert occurrences(third, date(2026, 1, 1), date(2026, 2, 28)) == (date(2026, 2, 4),)
    assert occurrences(third, date(2026, 5, 1), date(2026, 5, 31), holidays) == (date(2026, 5, 8),)


@pytest.mark.parametrize(
    ("frequency", "n"), [(RepeatFrequency.WEEKLY, 1), (RepeatFrequency.MONTHLY, 0), (RepeatFrequency.MONTHLY, 16)]
)
def test_working_days_no_month_has_are_refused(frequency: RepeatFrequency, n: int) -> None:
    with pytest.raises(TermsError, match="working_day"):
        line(frequency, date(2026, 1, 1), working_day=n)


SPREAD = replace(
    line(RepeatFrequency.MONTHLY, date(2026, 1, 1), 90_000), kind=Kind.EXPENSE, necessity=Necessity.ESSENTIAL
)


def test_a_cycle_runs_from_payday_to_the_day_before_the_next() -> None:
    wage = line(RepeatFrequency.MONTHLY, date(2026, 1, 25), 680_000)
    assert pay_cycle([wage], date(2026, 11, 25)) == Cycle(date(2026, 11, 25), date(2026, 12, 24))
    assert pay_cycle([wage], date(2026, 12, 24)) == Cycle(date(2026, 11, 25), date(2026, 12, 24))
    last = line(RepeatFrequency.MONTHLY, date(2026, 1, 1), working_day=-1)
    assert pay_cycle([last], date(2026, 5, 29)) == Cycle(date(2026, 5, 29), date(2026, 6, 29))


def test_the_payday_is_that_of_the_largest_income_and_a_bonus_is_none() -> None:
    side = line(RepeatFrequency.WEEKLY, date(2026, 1, 2), 30_000)
    wage = line(RepeatFrequency.MONTHLY, date(2026, 1, 10), 680_000)
    bonus = line(RepeatFrequency.YEARLY, date(2026, 2, 1), 9_000_000)
    assert pay_cycle([side, bonus, wage], date(2026, 3, 3)) == Cycle(date(2026, 2, 10), date(2026, 3, 9))
    assert pay_cycle([bonus], date(2026, 3, 3)) is None
    assert pay_cycle([wage], date(2026, 1, 9)) is None  # before the first wage there is no cycle


def test_after_a_better_paid_job_ended_the_next_wage_sets_the_cycle() -> None:
    old = line(RepeatFrequency.MONTHLY, date(2026, 1, 25), 500_000, ends_on=date(2026, 6, 30))
    new = line(RepeatFrequency.MONTHLY, date(2026, 7, 10), 300_000)
    assert pay_cycle([old, new], date(2026, 12, 9)) == Cycle(date(2026, 11, 10), date(2026, 12, 9))
    assert pay_cycle([new, old], date(2026, 5, 26)) == Cycle(date(2026, 5, 25), date(2026, 6, 24))
    assert (
        pay_cycle([old, new], date(2026, 6, 27)) is None
    )  # the old one was paid for the last time, the new one not yet


def test_a_cycle_counts_what_falls_in_it_and_everyday_spending_by_its_days() -> None:
    wage = line(RepeatFrequency.MONTHLY, date(2026, 1, 25), 680_000)
    rent = replace(SPREAD, starts_on=date(2026, 1, 5), amount_minor=160_000)
    cycle = Cycle(date(2026, 2, 25), date(2026, 3, 24))  # 28 days
    found = cycle_summary([wage, rent], [SPREAD], [181_667], cycle)
    assert (found.income_minor, found.essential_minor) == (680_000, 160_000 + 28 * 3_000)
    assert found.surplus_minor == 680_000 - 160_000 - 84_000 - 181_667


@given(st.dates(date(2026, 1, 25), date(2029, 12, 31)))
def test_every_day_lies_in_exactly_one_cycle(day: date) -> None:
    wage = line(RepeatFrequency.MONTHLY, date(2025, 12, 31), 680_000)
    cycle = pay_cycle([wage], day)
    assert cycle is not None
    assert cycle.first <= day <= cycle.last
    assert pay_cycle([wage], cycle.last) == cycle
    following = pay_cycle([wage], cycle.last + timedelta(days=1))
    assert following is not None
    assert following.first == cycle.last + timedelta(days=1)
