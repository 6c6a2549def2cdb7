"""The reminders beside the steps: red days once and when they worsen, the lender's last day, the day to send, putting off."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.engine.errors import TermsError
from planner.engine.notices import (
    PayWay,
    ask_by_step,
    help_window,
    helps,
    red_notices,
    send_by_step,
    snooze_until,
)
from planner.engine.reminding import Rules, fires_at

RULES = Rules(ZoneInfo("Asia/Shanghai"))
NOON = datetime(2026, 12, 9, 4, tzinfo=UTC)
RED = date(2026, 12, 18)


def test_a_red_day_is_said_at_once_in_the_day_and_in_the_morning_at_night() -> None:
    [notice] = red_notices([(RED, 31_200)], {}, RULES, now=NOON)
    assert (notice.short_minor, notice.level, notice.fire_at) == (31_200, 1, NOON)
    night = NOON + timedelta(hours=10)
    [notice] = red_notices([(RED, 31_200)], {}, RULES, now=night)
    assert notice.fire_at == datetime(2026, 12, 10, 1, tzinfo=UTC)


def test_it_is_said_from_two_weeks_before_or_earlier_for_a_lender_who_wants_to_be_asked_early() -> None:
    far = date(2026, 12, 30)
    assert red_notices([(far, 100)], {}, RULES, now=NOON) == []
    assert len(red_notices([(far, 100)], {}, RULES, now=NOON, lead_days={far: 20})) == 1
    assert red_notices([(date(2026, 12, 8), 100)], {}, RULES, now=NOON) == [], "what is over is no warning"


@pytest.mark.parametrize(("short", "said"), [(10_000, False), (11_000, False), (11_001, True), (500, False)])
def test_it_is_said_again_only_when_a_tenth_more_is_missing(short: int, said: bool) -> None:
    found = red_notices([(RED, short)], {RED: [10_000]}, RULES, now=NOON)
    assert [notice.level for notice in found] == ([2] if said else [])


@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=30))
def test_however_often_it_is_looked_at_each_message_is_worse_than_all_before(shorts: list[int]) -> None:
    told: dict[date, list[int]] = {}
    for short in shorts:
        for notice in red_notices([(RED, short)], told, RULES, now=NOON):
            before = told.setdefault(notice.on, [])
            assert notice.level == len(before) + 1
            assert all(notice.short_minor * 10 > earlier * 11 for earlier in before)
            before.append(notice.short_minor)
    assert len(told[RED]) <= 230, "each a tenth more than the last: no flood, however the figures move"


def test_a_pause_holds_red_days_until_it_is_over() -> None:
    paused = Rules(RULES.zone, paused_until=date(2026, 12, 12))
    assert red_notices([(RED, 100)], {}, paused, now=NOON) == []
    [notice] = red_notices([(RED, 100)], {}, paused, now=NOON + timedelta(days=3))
    assert notice.level == 1


def test_what_was_left_out_was_not_said_but_keeps_its_number() -> None:
    [notice] = red_notices([(RED, 100)], {RED: [0]}, RULES, now=NOON)
    assert notice.level == 2
    assert red_notices([(RED, 10_500)], {RED: [10_000, 0]}, RULES, now=NOON) == []


def test_the_last_day_to_ask_is_told_the_day_before() -> None:
    window = help_window(RED, 7, date(2026, 12, 9))
    assert window.ask_by == date(2026, 12, 11)
    assert fires_at(RED, ask_by_step(RED, window), RULES) == datetime(2026, 12, 10, 1, tzinfo=UTC)


def test_money_that_takes_days_has_a_day_to_be_sent() -> None:
    step = send_by_step(RED, PayWay.POST)
    assert step is not None
    assert step.offset_days == -7
    assert send_by_step(RED, PayWay.ONLINE) is None
    assert send_by_step(RED, PayWay.AUTOMATIC) is None


def test_such_a_reminder_helps_on_its_day_and_not_after() -> None:
    step = send_by_step(RED, PayWay.POST)
    assert step is not None
    assert helps(RED, step, RULES, now=datetime(2026, 12, 11, 12, tzinfo=UTC))
    assert not helps(RED, step, RULES, now=datetime(2026, 12, 12, 1, tzinfo=UTC))


def test_lead_days_have_a_bound() -> None:
    for days in (-1, 61):
        with pytest.raises(TermsError, match="lead_days"):
            help_window(RED, days, date(2026, 12, 9))


def test_putting_off_counts_days_where_the_household_lives() -> None:
    late = datetime(2026, 12, 9, 17, tzinfo=UTC)  # the 10th in Shanghai
    assert snooze_until(late, RULES, 1) == date(2026, 12, 11)
    for days in (0, 31):
        with pytest.raises(TermsError, match="days"):
            snooze_until(late, RULES, days)
