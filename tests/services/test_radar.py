"""The radar's reading of a case: which budget lines it counts, on which days, from which balance."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from flask import Flask

from planner.extensions import db
from planner.models import BudgetLine, Case
from planner.radar import figures, services
from planner.radar.services import Radar
from tests.conftest import NOW
from tests.factories import make_case, make_user

TODAY = date(2026, 12, 9)


@pytest.fixture
def case(context: Flask) -> Case:
    """An empty case of somebody in China."""
    return make_case(make_user("lin@example.org"))


def add(
    case: Case, amount: int, category: str, day: int, starts_on: date = date(2026, 1, 1), **values: Any
) -> BudgetLine:
    """A monthly line of `amount` yuan; what is not said to be an income is an expense."""
    own = {"kind": "expense", "name": category, "necessity": "essential", "frequency": "monthly", "shift": "none"}
    line = BudgetLine(
        case_id=case.id, amount_minor=amount * 100, category=category, day_of_month=day, starts_on=starts_on, created_at=NOW,
        **(own | values),
    )  # fmt: skip
    db.session.add(line)
    db.session.flush()
    return line


def wage(case: Case, amount: int, day: int) -> BudgetLine:
    """A monthly wage."""
    return add(case, amount, "wage", day, kind="income", necessity=None)


def seen(case: Case, on: date = TODAY) -> Radar:
    """The radar of a case whose balance is known."""
    found = services.look(case, on)
    assert found is not None
    return found


def test_a_payment_moved_once_is_still_to_come_when_the_balance_is_entered_between_its_two_days(case: Case) -> None:
    """800 for the parents on the 15th, moved to the 21st, the day after the wage; on the 16th there are 500 again."""
    wage(case, 3_000, 20)
    add(case, 800, "elders", 15, necessity="flexible")
    services.set_balance(case, 50_000, TODAY)
    before = seen(case)
    red = before.projection.red_days[0]
    assert red.on == date(2026, 12, 15)
    move = services.fixes_of(before, red)[0]
    services.apply(before, red, move.kind, move.key, NOW)
    services.set_balance(case, 50_000, date(2026, 12, 16))
    after = seen(case, date(2026, 12, 16))
    assert [(flow.on.day, flow.amount_minor) for flow in sorted(after.flows)[:2]] == [(20, 300_000), (21, -80_000)]
    assert after.opening_minor == 50_000
    assert after.projection.at(date(2026, 12, 21)) == 50_000 + 300_000 - 80_000


def test_everyday_spending_counts_on_the_days_it_is_there(case: Case) -> None:
    """1,000 in hand, 3,000 on the 15th, food of 600 a month: 3,400 after 30 days, whatever ended or begins later."""
    wage(case, 3_000, 15)
    add(case, 600, "food", 1)
    services.set_balance(case, 100_000, TODAY)
    add(case, 600, "food", 1, ends_on=date(2026, 6, 30))
    add(case, 600, "food", 1, starts_on=date(2027, 12, 10))
    found = seen(case)
    assert (found.everyday_minor, found.projection.balances[30]) == (60_000, 340_000)


def test_everyday_spending_that_begins_or_ends_within_the_year_counts_day_by_day(case: Case) -> None:
    """300 a month is 10 a day: until 19 December, ten days from tomorrow; the other from 20 December."""
    until = add(case, 300, "food", 1, ends_on=date(2026, 12, 19), necessity="flexible")
    add(case, 900, "food", 1, starts_on=date(2026, 12, 20))
    services.set_balance(case, 100_000, TODAY)
    found = seen(case)
    assert found.everyday_minor == 0
    assert [found.projection.at(date(2026, 12, day)) for day in (9, 10, 19, 20, 29)] == [
        100_000, 99_000, 90_000, 87_000, 60_000,
    ]  # fmt: skip
    later = seen(case, date(2026, 12, 22))  # the balance of the 9th: ten days of the one, three of the other
    assert (later.opening_minor, later.projection.balances[1]) == (100_000 - 10_000 - 9_000, 78_000)
    assert f"line-{until.id}" not in {flow.key for flow in later.flows}


def test_leaving_out_everyday_spending_that_ends_gives_back_only_the_days_it_is_there(case: Case) -> None:
    """10 a day until 14 December: five days, 50.00, towards the loan of 100 that does not fit on the 18th."""
    out = add(case, 300, "clothing", 1, ends_on=date(2026, 12, 14), necessity="flexible")
    gone = add(case, 300, "clothing", 1, ends_on=date(2026, 12, 9), necessity="flexible")
    add(case, 100, "rent", 18)
    wage(case, 3_000, 20)
    services.set_balance(case, 5_000, TODAY)
    found = seen(case)
    red = found.projection.red_days[0]
    assert (red.on, red.short_minor) == (date(2026, 12, 18), 10_000)
    cut = next(fix for fix in services.fixes_of(found, red) if fix.key == f"line-{out.id}")
    assert (cut.amount_minor, cut.missing_minor, cut.covers) == (5_000, 5_000, False)
    assert services.with_fix(found, cut).lowest == cut.lowest
    assert f"line-{gone.id}" not in {fix.key for fix in services.fixes_of(found, red)}


def test_everyday_spending_with_an_end_is_no_row_of_the_table_by_day(case: Case) -> None:
    add(case, 300, "food", 1, ends_on=date(2026, 12, 19))
    wage(case, 3_000, 20)
    services.set_balance(case, 100_000, TODAY)
    found = seen(case)
    rows = figures.day_lines(found, found.projection, found.flows, 32)
    assert [(row.on, row.change_minor) for row in rows] == [(date(2026, 12, 20), 300_000)]


def test_a_wage_that_came_today_is_not_counted_twice(case: Case) -> None:
    """3,000 came and 2,000 of rent went today, and 3,000 are there now; next month 1,000 more are left."""
    wage(case, 3_000, 9)
    add(case, 2_000, "rent", 9)
    services.set_balance(case, 300_000, TODAY)
    found = seen(case)
    assert (found.projection.at(TODAY), found.projection.at(date(2027, 1, 8))) == (300_000, 300_000)
    assert found.projection.at(date(2027, 1, 9)) == 400_000
    tomorrow = seen(case, date(2026, 12, 10))
    assert (tomorrow.opening_minor, tomorrow.age_days) == (300_000, 1)
    services.set_balance(case, 300_000, TODAY, has_today=False)
    before = seen(case)
    assert (before.opening_minor, before.projection.at(TODAY)) == (300_000, 400_000)
    assert seen(case, date(2026, 12, 10)).opening_minor == 400_000
