"""Working days: shifts over weekends and holidays, worked weekends, the n-th working day."""

from datetime import date

import pytest

from planner.engine.calendars import WEEKDAYS, Shift, WorkCalendar, nth_working_day, shifted
from planner.engine.errors import TermsError

# National Day week with a worked Sunday before and a worked Saturday after it.
GOLDEN_WEEK = WorkCalendar(
    holidays=frozenset(date(2026, 10, day) for day in range(1, 8)),
    workdays=frozenset({date(2026, 9, 27), date(2026, 10, 10)}),
)


@pytest.mark.parametrize(
    ("shift", "expected"),
    [(Shift.NONE, date(2026, 10, 3)), (Shift.EARLIER, date(2026, 9, 30)), (Shift.LATER, date(2026, 10, 8))],
)
def test_a_holiday_moves_the_date_out_of_the_whole_closure(shift: Shift, expected: date) -> None:
    assert shifted(date(2026, 10, 3), shift, GOLDEN_WEEK) == expected


def test_a_worked_weekend_counts_as_a_working_day() -> None:
    assert shifted(date(2026, 10, 10), Shift.LATER, GOLDEN_WEEK) == date(2026, 10, 10)
    assert shifted(date(2026, 10, 10), Shift.LATER, WEEKDAYS) == date(2026, 10, 12)


def test_a_shift_may_leave_the_month() -> None:
    assert shifted(date(2026, 1, 31), Shift.LATER) == date(2026, 2, 2)
    assert shifted(date(2026, 8, 1), Shift.EARLIER) == date(2026, 7, 31)


def test_a_calendar_without_working_days_is_refused() -> None:
    with pytest.raises(TermsError) as caught:
        shifted(date(2026, 1, 1), Shift.LATER, lambda day: False)
    assert (caught.value.field, caught.value.code) == ("calendar", "no_working_day")


@pytest.mark.parametrize(
    ("n", "expected"),
    [(1, date(2026, 10, 8)), (2, date(2026, 10, 9)), (3, date(2026, 10, 10)), (-1, date(2026, 10, 30))],
)
def test_nth_working_day_counts_from_either_end(n: int, expected: date) -> None:
    assert nth_working_day(2026, 10, n, GOLDEN_WEEK) == expected


@pytest.mark.parametrize("n", [0, 24, -24])
def test_nth_working_day_refuses_what_the_month_does_not_have(n: int) -> None:
    with pytest.raises(TermsError):
        nth_working_day(2026, 2, n)
