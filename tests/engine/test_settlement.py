"""What settles a loan on a day; and the level instalment where rounding it is a matter of a hair."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from planner.engine.amortisation import build_schedule, level_instalment
from planner.engine.contract import terms_from_dict
from planner.engine.errors import TermsError
from planner.engine.money import RoundingMode
from planner.engine.settlement import settle
from planner.engine.solving import rounded_ratio, spread_last_difference
from tests.engine.contracts import contract


def settled(paid: int, on: date, **changes: Any) -> tuple[int, int]:
    found = settle(terms_from_dict(contract(**changes)), paid, on)
    assert found.amount_minor == found.principal_minor + found.interest_minor
    return found.principal_minor, found.interest_minor


def test_interest_runs_from_the_last_instalment_paid() -> None:
    """Apache Fineract: after the first instalment 83.57, 14 of 29 nights of February make 0.24."""
    assert settled(1, date(2024, 2, 15)) == (8_357, 24)
    assert settled(1, date(2024, 2, 1)) == (8_357, 0)
    assert settled(0, date(2024, 1, 1)) == (10_000, 0)
    assert settled(1, date(2024, 3, 1)) == (8_357, build_schedule(terms_from_dict(contract())).interest[1])


def test_instalments_missed_since_bear_no_interest_on_interest() -> None:
    assert settled(0, date(2024, 4, 1)) == (10_000, 175), "three months of 7 % on 100"


def test_what_happened_since_counts() -> None:
    pause = [{"from": "2024-02-01", "to": "2024-02-15"}]
    assert settled(1, date(2024, 2, 15), interest_pauses=pause) == (8_357, 0)
    extra = [{"date": "2024-02-10", "amount": "40", "effect": "reduce_term"}]
    assert settled(1, date(2024, 2, 15), extra_principal=extra) == (4_357, 20)
    waiting = {"principal": 0, "interest_payment": 1, "interest_free": 0}
    assert settled(1, date(2024, 2, 1), grace=waiting) == (8_357, 58), "interest of the first row is still to be paid"
    assert settled(3, date(2024, 4, 16), method="flat")[1] == 29, "half a month of 7 % on the original 100"


def test_what_the_schedule_does_not_have_is_refused() -> None:
    for paid, on in ((7, date(2024, 8, 1)), (2, date(2024, 2, 20))):
        with pytest.raises(TermsError):
            settled(paid, on)


def test_a_true_half_is_a_half_however_it_was_computed() -> None:
    """100.00 at 0.005 % for one period is exactly 100.005."""
    assert level_instalment(10_000, Decimal("0.00005"), 1) == 10_001
    assert rounded_ratio(10**30 * 25 - 1, 10**31, (1, RoundingMode.HALF_UP)) == 3
    assert rounded_ratio(10**30 * 25 - 1, 10**31, (1, RoundingMode.HALF_EVEN)) == 2
    assert rounded_ratio(249, 100, (1, RoundingMode.HALF_UP)) == 2


def test_the_last_difference_is_spread_only_while_it_shrinks() -> None:
    """Six rows of 16.67 for 100.00: the last pays 16.65, within half a cent a row. Ten of 1.04 leave 0.64: 0.04 less each."""
    assert spread_last_difference(1_667, 6, lambda level: 10_000 - 5 * level, 2) == 1_667
    assert spread_last_difference(104, 10, lambda level: 1_000 - 9 * level, 2) == 100
    assert spread_last_difference(104, 10, lambda level: level + 900, 2) == 104
