"""The radar's reading of a case: which budget lines it counts, on which days, from which balance."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from flask import Flask

from planner.extensions import db
from planner.models import BudgetLine, Case
from planner.radar import services
from planner.radar.services import Radar
from tests.conftest import NOW
from tests.factories import make_case, make_user

TODAY = date(2026, 12, 9)


@pytest.fixture
def case(context: Flask) -> Iterator[Case]:
    """An empty case of somebody in China."""
    yield make_case(make_user("lin@example.org"))


def add(case: Case, amount: int, category: str, day: int, starts_on: date = date(2026, 1, 1), **values: Any) -> BudgetLine:
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
