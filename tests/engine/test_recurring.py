"""What comes back is found with its rhythm and next date; what only looks like it is left alone."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.engine.budget import RepeatFrequency
from planner.engine.calendars import Shift, nth_working_day, shifted
from planner.engine.dates import add_months
from planner.engine.recurring import Past, Rhythm, find_recurring, payee

TODAY = date(2026, 11, 23)
F = RepeatFrequency


def series(*days: date, amount: int = -50_000, who: str = "Rent") -> list[Past]:
    return [Past(day, amount, who) for day in days]


def monthly(day: int, count: int, last: date = date(2026, 11, 1)) -> list[date]:
    return [add_months(last.replace(day=1), -n, day) for n in range(count - 1, -1, -1)]


def test_rent_on_the_fifth() -> None:
    (found,) = find_recurring(series(*monthly(5, 6)), TODAY)
    assert (found.rhythm, found.next_on, found.is_income) == (Rhythm(F.MONTHLY, 5), date(2026, 12, 5), False)
    assert (found.typical_minor, found.low_minor, found.high_minor, found.varies) == (50_000, 50_000, 50_000, False)
    assert found.confidence == Decimal("0.86")  # 6 / 7: every payment in place, six of them
    assert found.found == (0, 1, 2, 3, 4, 5)


def test_a_bill_that_varies_names_its_spread() -> None:
    days, amounts = monthly(12, 10), [8_000, 9_100, 12_300, 9_900, 10_100, 8_800, 9_500, 10_400, 9_000, 11_000]
    (found,) = find_recurring([Past(d, -a, "State Grid") for d, a in zip(days, amounts, strict=True)], TODAY)
    assert (found.typical_minor, found.low_minor, found.high_minor) == (9_500, 8_000, 11_000)
    assert found.varies


def test_the_last_day_of_the_month_stays_the_last() -> None:
    days = [date(2026, 7, 31), date(2026, 8, 31), date(2026, 9, 30), date(2026, 10, 31)]
    (found,) = find_recurring(series(*days), TODAY)
    assert (found.rhythm, found.next_on) == (Rhythm(F.MONTHLY, 31), date(2026, 11, 30))


def test_a_wage_on_the_last_working_day() -> None:
    days = [nth_working_day(2026, month, -1) for month in range(3, 11)]
    (found,) = find_recurring(series(*days, amount=700_000, who="ACME Ltd"), TODAY)
    assert (found.rhythm, found.next_on, found.is_income) == (
        Rhythm(F.MONTHLY, working_day=-1), date(2026, 11, 30), True,
    )  # fmt: skip


def test_a_weekend_moves_a_payment_and_not_the_rhythm() -> None:
    days = [shifted(day, Shift.LATER) for day in monthly(15, 8)]
    assert len({day.day for day in days}) > 1
    (found,) = find_recurring(series(*days), TODAY)
    assert (found.rhythm, found.next_on) == (Rhythm(F.MONTHLY, 15), date(2026, 12, 15))


@pytest.mark.parametrize(
    ("frequency", "days"), [(F.WEEKLY, 7), (F.FORTNIGHTLY, 14), (F.FOUR_WEEKLY, 28)],
)  # fmt: skip
def test_weeks(frequency: RepeatFrequency, days: int) -> None:
    last = date(2026, 11, 20)
    (found,) = find_recurring(series(*(last - timedelta(days=days * n) for n in range(7, -1, -1))), TODAY)
    assert (found.rhythm, found.next_on) == (Rhythm(frequency), last + timedelta(days=days))


@pytest.mark.parametrize(("frequency", "months"), [(F.QUARTERLY, 3), (F.YEARLY, 12)])
def test_quarters_and_years(frequency: RepeatFrequency, months: int) -> None:
    days = [add_months(date(2026, 10, 9), -months * n) for n in range(3, -1, -1)]
    (found,) = find_recurring(series(*days), TODAY)
    assert (found.rhythm, found.next_on) == (Rhythm(frequency, 9), add_months(date(2026, 10, 9), months))


def test_a_missed_month_lowers_the_confidence_and_is_counted() -> None:
    days = monthly(5, 9)
    (whole,), (gap,) = (find_recurring(series(*found), TODAY) for found in (days, days[:3] + days[4:]))
    assert (whole.missed, gap.missed) == (0, 1)
    assert gap.confidence < whole.confidence


def test_two_series_of_one_payee_are_told_apart_by_amount_and_by_day() -> None:
    phone, lend = (
        series(*monthly(3, 6), amount=-3_800, who="Telecom"),
        series(*monthly(20, 6), amount=-19_900, who="Telecom"),
    )
    found = find_recurring(phone + lend, TODAY)
    assert {(one.typical_minor, one.rhythm.day) for one in found} == {(3_800, 3), (19_900, 20)}
    wages = [*series(*monthly(1, 6), amount=300_000, who="ACME"), *series(*monthly(15, 6), amount=300_000, who="ACME")]
    assert {one.rhythm.day for one in find_recurring(wages, TODAY)} == {1, 15}


def test_money_in_and_out_with_one_payee_are_two_things() -> None:
    found = find_recurring(series(*monthly(5, 5)) + series(*monthly(5, 5), amount=20_000), TODAY)
    assert sorted(one.is_income for one in found) == [False, True]


def test_what_has_ended_is_not_offered() -> None:
    assert find_recurring(series(*monthly(5, 6, date(2026, 6, 1))), TODAY) == ()
    assert find_recurring([], TODAY) == ()


def test_shopping_is_not_a_bill() -> None:
    shop = random.Random(7)
    days = sorted(date(2026, 5, 1) + timedelta(days=shop.randrange(200)) for _ in range(60))
    assert find_recurring([Past(day, -shop.randrange(500, 30_000), "Market") for day in days], TODAY) == ()


def test_the_other_side_is_recognised_whatever_number_it_carries() -> None:
    assert payee("AMZN Mktp US*2K4 8811") == payee("AMZN MKTP US*2K9 7123") == "amzn mktp us k"
    assert payee("海尔消费金融 尾号1234") == "海尔消费金融 尾号"
    assert payee("12345") == "12345"


@given(
    st.integers(1, 28),
    st.integers(4, 24),
    st.integers(1, 10**7),
    st.lists(st.integers(-2, 2), min_size=24, max_size=24),
)
def test_a_monthly_series_is_found_whatever_its_day_and_weekend(
    day: int, count: int, amount: int, late: list[int]
) -> None:
    days = [on + timedelta(days=off) for on, off in zip(monthly(day, count, date(2026, 10, 1)), late, strict=False)]
    found = find_recurring(series(*days, amount=-amount), days[-1] + timedelta(days=5))
    assert len(found) == 1
    assert found[0].found == tuple(range(count))
    assert 21 <= (found[0].next_on - days[-1]).days <= 40


def test_ten_thousand_payments_are_looked_through_at_once() -> None:
    """No timing here (benchmarks/ has it): a shop visited daily for years is left out before it is looked at closely."""
    daily = [Past(date(2023, 1, 1) + timedelta(days=n), -1_000 - n % 7, "Canteen") for n in range(1_400)]
    (rent,) = find_recurring(daily + series(*monthly(5, 12)), TODAY)
    assert rent.who == "Rent"
