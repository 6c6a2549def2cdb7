"""Which reminders fire when: defaults, quiet hours, clock changes, what no longer helps, weekly while overdue."""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.engine.dates import add_months
from planner.engine.errors import TermsError
from planner.engine.notices import PayWay, help_window, send_by
from planner.engine.reminding import (
    Drop,
    Due,
    DueReminder,
    QuietHours,
    Rules,
    Step,
    coming,
    drop_reason,
    due_steps,
    fires_at,
    quiet_until,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
RULES = Rules(SHANGHAI)
HAIER = Due(loan=1, n=6, due_on=date(2026, 12, 18))
ZONES = (
    "Asia/Shanghai", "Europe/London", "America/New_York", "America/Los_Angeles", "Australia/Lord_Howe", "Pacific/Apia",
    "Pacific/Kiritimati", "Asia/Kathmandu", "America/St_Johns", "Africa/Casablanca", "America/Santiago", "Asia/Tehran",
    "Africa/Cairo", "Asia/Beirut", "America/Havana", "Pacific/Chatham", "Antarctica/Troll", "America/Asuncion",
    "Asia/Gaza", "Europe/Dublin",
)  # fmt: skip


def at(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def sent(found: tuple[DueReminder, ...]) -> list[int]:
    return [reminder.step for reminder in found if reminder.dropped is None]


def test_the_four_default_steps_fire_at_nine_in_the_morning() -> None:
    found = due_steps([HAIER], RULES, now=at("2026-12-09T08:12"), horizon=timedelta(days=14))
    assert [(r.step, r.fire_at) for r in found] == [
        (-7, at("2026-12-11T09:00")), (-3, at("2026-12-15T09:00")), (0, at("2026-12-18T09:00")), (1, at("2026-12-19T09:00")),
    ]  # fmt: skip
    assert found[0] == DueReminder(1, 6, date(2026, 12, 18), -7, at("2026-12-11T09:00"))


def test_only_the_window_is_named_and_naming_it_again_gives_the_same() -> None:
    now = at("2026-12-14T12:00")
    assert [r.step for r in due_steps([HAIER], RULES, now=now, horizon=timedelta(days=1), look_back=timedelta(0))] == [
        -3
    ]
    assert due_steps([HAIER], RULES, now=now) == due_steps([HAIER], RULES, now=now)


@pytest.mark.parametrize("reason", [Drop.PAID, Drop.ARRANGED, Drop.CLOSED])
def test_a_settled_instalment_stops(reason: Drop) -> None:
    due = Due(1, 6, date(2026, 12, 18), settled=reason)
    found = due_steps([due], RULES, now=at("2026-12-17T12:00"))
    assert {r.dropped for r in found} == {reason}
    assert coming([due], RULES, now=at("2026-12-09T12:00")) == ()


def test_a_pause_drops_what_falls_before_its_end() -> None:
    rules = Rules(SHANGHAI, paused_until=date(2026, 12, 18))
    found = due_steps([HAIER], rules, now=at("2026-12-10T12:00"), horizon=timedelta(days=10))
    assert [(r.step, r.dropped) for r in found] == [(-7, Drop.PAUSED), (-3, Drop.PAUSED), (0, None), (1, None)]


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-12-12T20:00", None),  # 35 hours late: the week before still helps
        ("2026-12-12T21:01", Drop.TOO_LATE),
        ("2026-12-15T09:00", Drop.SUPERSEDED),  # the next step has come
    ],
)
def test_a_missed_step_goes_out_while_it_helps(now: str, expected: Drop | None) -> None:
    assert drop_reason(HAIER, Step(-7), RULES, at(now)) == expected


def test_a_step_before_the_due_date_is_never_sent_after_it() -> None:
    rules = Rules(SHANGHAI, steps=(Step(0, send_at=time(20)), Step(3)))
    assert drop_reason(HAIER, Step(0, send_at=time(20)), rules, at("2026-12-18T23:59")) is None
    assert drop_reason(HAIER, Step(0, send_at=time(20)), rules, at("2026-12-19T00:01")) == Drop.TOO_LATE


def test_a_loan_entered_today_brings_no_reminder_of_last_week() -> None:
    entered = Due(1, 6, date(2026, 12, 18), known_since=at("2026-12-11T18:00"))
    assert sent(due_steps([HAIER], RULES, now=at("2026-12-11T18:01"))) == [-7]
    assert sent(due_steps([entered], RULES, now=at("2026-12-11T18:01"))) == []
    assert sent(due_steps([entered], RULES, now=at("2026-12-13T12:00"))) == [-3]


@pytest.mark.parametrize(
    ("send_at", "offset", "expected"),
    [
        (time(8), -3, "2026-12-15T09:00"),  # early morning waits for nine
        (time(9), -3, "2026-12-15T09:00"),
        (time(20, 59), -3, "2026-12-15T20:59"),
        (time(21), -3, "2026-12-16T09:00"),  # late evening waits for the next morning
        (time(22), 0, "2026-12-18T09:00"),  # but never past the due day itself
        (time(22), 1, "2026-12-20T09:00"),
    ],
)
def test_quiet_hours_move_a_firing_to_their_end(send_at: time, offset: int, expected: str) -> None:
    assert fires_at(HAIER.due_on, Step(offset, send_at), RULES) == at(expected)


def test_quiet_hours_within_a_day_and_none_at_all() -> None:
    midday = Rules(SHANGHAI, quiet=QuietHours(time(12), time(14)))
    never = Rules(SHANGHAI, quiet=QuietHours(time(0), time(0)))
    assert fires_at(HAIER.due_on, Step(-3, time(13)), midday) == at("2026-12-15T14:00")
    assert fires_at(HAIER.due_on, Step(-3, time(3)), never) == at("2026-12-15T03:00")


def test_late_sending_waits_for_the_morning() -> None:
    assert quiet_until(at("2026-12-18T23:30"), RULES) == at("2026-12-19T09:00")
    assert quiet_until(at("2026-12-19T03:00"), RULES) == at("2026-12-19T09:00")
    assert quiet_until(at("2026-12-19T09:00"), RULES) is None


def test_a_skipped_local_time_fires_after_the_gap_and_a_doubled_one_once() -> None:
    london, awake = ZoneInfo("Europe/London"), QuietHours(time(0), time(0))
    rules = Rules(london, quiet=awake)
    assert fires_at(date(2026, 3, 29), Step(0, time(1, 30)), rules) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert fires_at(date(2026, 10, 25), Step(0, time(1, 30)), rules) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    now, day = datetime(2026, 10, 25, tzinfo=UTC), timedelta(days=1)
    at_half_past_one = Rules(london, steps=(Step(0, time(1, 30)),), quiet=awake)
    assert len(due_steps([Due(1, 1, date(2026, 10, 25))], at_half_past_one, now=now, horizon=day)) == 1


def test_weekly_while_overdue_for_the_oldest_instalment_of_a_loan() -> None:
    missed = [Due(1, 5, date(2026, 10, 18)), Due(1, 6, date(2026, 11, 18)), Due(2, 1, date(2026, 11, 20))]
    found = due_steps(missed, RULES, now=at("2026-12-01T08:00"), horizon=timedelta(days=7), look_back=timedelta(0))
    assert [(r.loan, r.n, r.step) for r in found] == [(2, 1, 15), (1, 5, 50)]
    weekly = due_steps(missed[:1], RULES, now=at("2026-10-19T12:00"), horizon=timedelta(days=30))
    assert sent(weekly) == [1, 8, 15, 22, 29]


def test_weekly_can_be_switched_off_and_starts_after_the_due_date_without_any_step() -> None:
    now, month = at("2026-12-18T08:00"), timedelta(days=30)
    off = Rules(SHANGHAI, weekly_while_overdue=False)
    before_only = Rules(SHANGHAI, steps=(Step(-3),))
    assert [r.step for r in due_steps([HAIER], off, now=now, horizon=month, look_back=timedelta(0))] == [0, 1]
    assert [r.step for r in due_steps([HAIER], before_only, now=now, horizon=month, look_back=timedelta(0))] == [
        8,
        15,
        22,
        29,
    ]


def test_coming_gives_the_next_ten_in_order() -> None:
    dues = [Due(1, n, add_months(date(2026, 12, 18), n)) for n in range(6)]
    found = coming(dues, RULES, now=at("2026-12-09T12:00"))
    assert len(found) == 10
    assert list(found) == sorted(found, key=lambda r: r.fire_at)


def test_steps_named_twice_or_out_of_reach_are_refused() -> None:
    for steps in ((Step(-3), Step(-3)), (Step(-61),)):
        with pytest.raises(TermsError) as caught:
            Rules(SHANGHAI, steps=steps)
        assert caught.value.field == "steps"


def test_send_by_and_help_window_fall_on_working_days() -> None:
    friday = date(2026, 12, 18)
    assert send_by(friday, PayWay.POST) == date(2026, 12, 11)
    assert send_by(date(2026, 12, 21), PayWay.ONLINE) == friday  # the day before is a Sunday
    window = help_window(friday, 5, date(2026, 12, 9))
    assert (window.ask_by, window.days_left, window.is_open) == (date(2026, 12, 11), 2, True)
    assert not help_window(friday, 10, date(2026, 12, 9)).is_open
    with pytest.raises(TermsError):
        help_window(friday, -1, date(2026, 12, 9))


@pytest.mark.parametrize("zone", ZONES)
def test_ten_years_of_worker_ticks_name_each_step_once_at_one_instant(zone: str) -> None:
    rules = Rules(ZoneInfo(zone), weekly_while_overdue=False)
    dues = [Due(1, n, add_months(date(2026, 1, 31), n)) for n in range(120)]
    instants: dict[tuple[date, int], set[datetime]] = {}
    fired: Counter[tuple[date, int]] = Counter()
    tick, step = datetime(2026, 1, 1, tzinfo=UTC), timedelta(days=5, hours=7)
    while tick < datetime(2036, 3, 1, tzinfo=UTC):
        near = [due for due in dues if abs((due.due_on - tick.date()).days) < 20]
        for found in due_steps(near, rules, now=tick, horizon=step, look_back=timedelta(0)):
            key = (found.due_on, found.step)
            instants.setdefault(key, set()).add(found.fire_at)
            fired[key] += 1
        tick += step
    assert len(fired) == 120 * 4
    assert set(fired.values()) == {1}
    assert all(len(found) == 1 for found in instants.values())


@given(
    zone=st.sampled_from(ZONES),
    day=st.dates(date(2020, 1, 1), date(2040, 1, 1)),
    send_at=st.times().map(lambda t: t.replace(microsecond=0)),
    offset=st.integers(-30, 30),
)
def test_no_firing_is_quiet_and_none_moves_by_more_than_a_day(zone: str, day: date, send_at: time, offset: int) -> None:
    rules = Rules(ZoneInfo(zone))
    fire_at = fires_at(day, Step(offset, send_at), rules)
    local = fire_at.astimezone(rules.zone)
    assert not rules.quiet.covers(local.time())
    assert 0 <= (local.date() - day).days - offset <= 1
    assert quiet_until(fire_at, rules) is None
    if offset == 0:
        assert local.date() == day


def test_a_step_to_come_that_quiet_hours_move_onto_the_next_one_is_left_out_already_now() -> None:
    rules = Rules(SHANGHAI, steps=(Step(-2, time(22)), Step(-1, time(7)), Step(0)))
    found = due_steps([HAIER], rules, now=at("2026-12-09T08:12"), horizon=timedelta(days=14))
    assert [(r.step, r.dropped) for r in found][:3] == [(-2, Drop.SUPERSEDED), (-1, None), (0, None)]
    assert [r.step for r in coming([HAIER], rules, now=at("2026-12-09T08:12"))][:2] == [-1, 0]


def test_the_step_of_a_day_has_its_own_time_and_a_weekly_one_the_common_one() -> None:
    rules = Rules(SHANGHAI, steps=(Step(-3, time(22, 30)), Step(1)))
    assert rules.step(-3) == Step(-3, time(22, 30))
    assert rules.step(8) == rules.weekly(1) == Step(8)
