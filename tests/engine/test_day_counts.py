"""Day counts, due dates and rounding: each definition of FORMAT.md, worked by hand or against QuantLib's published values."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.engine.dates import Frequency, MonthEndRule, Unit, add_period, due_dates
from planner.engine.day_counts import DayCount, Period, part_ratio, period_ratio, year_fraction
from planner.engine.errors import TermsError
from planner.engine.money import RoundingMode, round_ratio

MONTHLY = Frequency(Unit.MONTH)
DAYS = st.dates(date(1990, 1, 1), date(2060, 1, 1))


@pytest.mark.parametrize(
    ("day_count", "start", "end", "years"),
    [
        ("ACT/365", (2023, 3, 1), (2024, 3, 1), Fraction(366, 365)),
        ("ACT/364", (2024, 1, 1), (2024, 12, 30), Fraction(1)),
        ("ACT/ACT-ISDA", (2023, 12, 1), (2024, 2, 1), Fraction(31, 365) + Fraction(31, 366)),
        ("ACT/ACT-DEC31", (2023, 12, 1), (2024, 2, 1), Fraction(30, 365) + Fraction(32, 366)),
        ("ACT/ACT-FEB29", (2024, 1, 31), (2024, 2, 29), Fraction(29, 366)),
        ("ACT/ACT-FEB29", (2024, 2, 29), (2024, 3, 31), Fraction(31, 365)),
        ("ACT/ACT-FEB29", (2023, 12, 1), (2024, 3, 1), Fraction(30, 365) + Fraction(61, 366)),
        ("30E/360", (2024, 1, 31), (2024, 3, 31), Fraction(60, 360)),
        ("30E/360", (2024, 2, 29), (2024, 3, 31), Fraction(31, 360)),
        ("30U/360", (2024, 2, 29), (2024, 3, 31), Fraction(30, 360)),
        ("30U/360", (2023, 2, 28), (2024, 2, 29), Fraction(1)),
        ("30U/360", (2024, 1, 15), (2024, 3, 31), Fraction(76, 360)),
        ("30/360-PERIOD", (2024, 1, 1), (2024, 2, 18), (1 + Fraction(17, 29)) / 12),
        ("30/360-PERIOD", (2024, 1, 31), (2024, 2, 29), Fraction(1, 12)),
    ],
)
def test_years_between_two_dates(
    day_count: str, start: tuple[int, int, int], end: tuple[int, int, int], years: Fraction
) -> None:
    assert year_fraction(date(*start), date(*end), DayCount(day_count)) == years


@pytest.mark.parametrize("unit", list(Unit))
@pytest.mark.parametrize("day_count", [DayCount.PERIOD, DayCount.PERIOD_30_360])
def test_nominal_periods_count_by_their_number_not_their_days(unit: Unit, day_count: DayCount) -> None:
    nominal = {
        (Unit.DAY, DayCount.PERIOD): Fraction(2, 365), (Unit.DAY, DayCount.PERIOD_30_360): Fraction(2, 360),
        (Unit.WEEK, DayCount.PERIOD): Fraction(2, 52), (Unit.WEEK, DayCount.PERIOD_30_360): Fraction(14, 360),
        (Unit.MONTH, DayCount.PERIOD): Fraction(2, 12), (Unit.MONTH, DayCount.PERIOD_30_360): Fraction(60, 360),
        (Unit.YEAR, DayCount.PERIOD): Fraction(2), (Unit.YEAR, DayCount.PERIOD_30_360): Fraction(2),
    }  # fmt: skip
    period = Period(date(2024, 1, 1), date(2024, 1, 12), Frequency(unit, 2))
    assert Fraction(*period_ratio(period, day_count)) == nominal[unit, day_count]
    part = Fraction(*part_ratio(period, day_count, date(2024, 1, 2), date(2024, 1, 5)))
    assert part == nominal[unit, day_count] * Fraction(3, 11)


@given(
    DAYS,
    st.integers(0, 800),
    st.integers(0, 800),
    st.sampled_from([d for d in DayCount if d.startswith("ACT") and "FEB" not in d]),
)
def test_actual_days_add_up(start: date, first: int, second: int, day_count: DayCount) -> None:
    middle, end = start + timedelta(days=first), start + timedelta(days=first + second)
    whole = year_fraction(start, end, day_count)
    assert whole == year_fraction(start, middle, day_count) + year_fraction(middle, end, day_count)
    assert abs(whole - Fraction(first + second, 365)) <= Fraction(first + second, 365) * Fraction(2, 100)


def test_a_year_fraction_runs_forward() -> None:
    with pytest.raises(TermsError):
        year_fraction(date(2024, 2, 1), date(2024, 1, 1), DayCount.ACT_365)
    with pytest.raises(TermsError):
        year_fraction(date(2024, 1, 1), date(2024, 2, 1), DayCount.PERIOD)
    assert year_fraction(date(2024, 1, 1), date(2024, 1, 1), DayCount.E30_360) == 0


def test_an_anchor_day_and_a_first_date_of_their_own() -> None:
    clamped = due_dates(date(2025, 2, 28), MONTHLY, 3, anchor_day=31)
    assert clamped == (date(2025, 3, 31), date(2025, 4, 30), date(2025, 5, 31))
    rolled = due_dates(date(2025, 1, 31), MONTHLY, 3, MonthEndRule.NEXT_MONTH_FIRST)
    assert rolled == (date(2025, 3, 1), date(2025, 3, 31), date(2025, 5, 1))
    given_first = due_dates(date(2025, 1, 1), MONTHLY, 3, first_due=date(2025, 2, 15), anchor_day=20)
    assert given_first == (date(2025, 2, 15), date(2025, 3, 20), date(2025, 4, 20))
    assert due_dates(date(2024, 2, 29), Frequency(Unit.YEAR), 4)[-1] == date(2028, 2, 29)
    assert due_dates(date(2024, 1, 1), Frequency(Unit.DAY, 10), 2, in_advance=True) == (
        date(2024, 1, 1),
        date(2024, 1, 11),
    )
    for unit in Unit:
        with pytest.raises(TermsError):
            due_dates(date(9990, 1, 1), Frequency(unit, 366), 300 if unit in (Unit.YEAR, Unit.MONTH) else 9_000)


ROUNDED = {
    RoundingMode.HALF_EVEN: (2, 2, -2, -2), RoundingMode.HALF_UP: (2, 3, -2, -3), RoundingMode.CEILING: (2, 3, -1, -2),
    RoundingMode.FLOOR: (1, 2, -2, -3), RoundingMode.UP: (2, 3, -2, -3), RoundingMode.DOWN: (1, 2, -1, -2),
}  # fmt: skip


@pytest.mark.parametrize("mode", list(RoundingMode))
def test_every_rounding_mode(mode: RoundingMode) -> None:
    """1.5, 2.5, -1.5 and -2.5 to whole numbers; then against decimal on a fine grid."""
    assert tuple(round_ratio(top, 2, mode) for top in (3, 5, -3, -5)) == ROUNDED[mode]
    for top in range(-200, 201):
        expected = (Decimal(top) / 40).quantize(Decimal(1), rounding=f"ROUND_{mode.name}")
        assert round_ratio(top, 40, mode) == expected == round_ratio(-top, -40, mode)


@pytest.mark.parametrize("start", [date(1969, 10, 28), date(1970, 1, 1), date(2119, 9, 5), date(2120, 1, 2)])
@pytest.mark.parametrize("frequency", [MONTHLY, Frequency(Unit.MONTH, 3), Frequency(Unit.YEAR, 2)])
def test_dates_from_the_table_are_those_counted_one_by_one(start: date, frequency: Frequency) -> None:
    assert list(due_dates(start, frequency, 30)) == [add_period(start, frequency, n) for n in range(1, 31)]
    assert due_dates(start, frequency, 0) == ()
