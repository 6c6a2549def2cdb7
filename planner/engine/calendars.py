"""Working days: weekends, holidays and the weekends a country works instead, and what they do to a due date."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from .dates import add_months
from .errors import TermsError

IsWorkingDay = Callable[[date], bool]

# No country closes for longer; beyond it the calendar passed in is broken and a loop would not end.
_LONGEST_CLOSURE_DAYS = 60


class Shift(StrEnum):
    """What happens to a date on which banks are closed."""

    NONE = "none"
    EARLIER = "earlier"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """A working-day predicate as data. `weekend` holds Python weekdays (Monday 0).

    `workdays` are weekend days that are worked instead of a holiday (调休); they win over `holidays` and the weekend.
    """

    holidays: frozenset[date] = frozenset()
    workdays: frozenset[date] = frozenset()
    weekend: frozenset[int] = frozenset({5, 6})

    def __call__(self, day: date) -> bool:
        """Whether `day` is worked."""
        return day in self.workdays or (day not in self.holidays and day.weekday() not in self.weekend)


WEEKDAYS = WorkCalendar()


def shifted(day: date, shift: Shift, is_working_day: IsWorkingDay = WEEKDAYS) -> date:
    """`day` itself when it is worked, else the next worked day in the direction of `shift`.

    Raises TermsError("calendar", "no_working_day") when two months around it have none.
    """
    if shift == Shift.NONE:
        return day
    step = timedelta(days=1 if shift == Shift.LATER else -1)
    for count in range(_LONGEST_CLOSURE_DAYS + 1):
        if is_working_day(day + count * step):
            return day + count * step
    raise TermsError("calendar", "no_working_day", most=_LONGEST_CLOSURE_DAYS)


def nth_working_day(year: int, month: int, n: int, is_working_day: IsWorkingDay = WEEKDAYS) -> date:
    """The n-th working day of a month; -1 is the last one.

    Raises TermsError("n", "out_of_range") for 0 and for more working days than the month has.
    """
    first = date(year, month, 1)
    count = (add_months(first, 1) - first).days
    worked = [day for day in (first + timedelta(days=i) for i in range(count)) if is_working_day(day)]
    if n == 0 or abs(n) > len(worked):
        raise TermsError("n", "out_of_range", least=1, most=len(worked))
    return worked[n - 1] if n > 0 else worked[n]
