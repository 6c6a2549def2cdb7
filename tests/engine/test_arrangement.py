"""An agreement in the place of the rest of a contract, to the cent."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.engine.amortisation import build_schedule
from planner.engine.arrangement import (
    AgreedRow,
    arranged,
    check_rows,
    continued,
    implied_rate,
    is_broken,
    is_kept,
    opening,
)
from planner.engine.dates import MONTHLY, add_months
from planner.engine.errors import TermsError
from planner.engine.ledger import Payment, apply_payments
from planner.engine.loan import LoanTerms, Method
from planner.engine.money import currency
from planner.engine.offers import plan_for

TERMS = LoanTerms(
    method=Method.ANNUITY, currency=currency("CNY"), principal_minor=1_200_000, annual_rate=Decimal("0.12"),
    instalments=12, start_date=date(2026, 1, 5), frequency=MONTHLY,
)  # fmt: skip
SCHEDULE = build_schedule(TERMS)


def agreed(payment: int = 60_000, settled: int = 4) -> tuple[AgreedRow, ...]:
    """The rest repaid by smaller instalments at the contract's own rate."""
    plan = plan_for(TERMS, settled, payment)
    return tuple(AgreedRow(r.due_date, r.principal_minor, r.interest_minor, r.balance_minor) for r in plan.rows)


def test_the_rows_follow_the_settled_instalments_and_are_numbered_on() -> None:
    rows = agreed()
    found = arranged(SCHEDULE, 4, rows)
    assert found.rows[:4] == SCHEDULE.rows[:4]
    assert [row.n for row in found.rows] == list(range(1, 5 + len(rows)))
    assert [row.due_date for row in found.rows[4:]] == [row.due_on for row in rows]
    assert found.rows[4].days == (rows[0].due_on - SCHEDULE.due[3]).days
    assert (found.pays_off, found.balance[-1]) == (True, 0)


@given(settled=st.integers(0, 11), payment=st.integers(30_000, 150_000))
def test_principal_and_balances_come_to_what_was_lent_to_the_cent(settled: int, payment: int) -> None:
    rows = agreed(payment, settled)
    check_rows(rows, SCHEDULE.due[settled - 1] if settled else None)
    found = arranged(SCHEDULE, settled, rows)
    assert found.principal_minor == TERMS.principal_minor
    balance = TERMS.principal_minor
    for row in found.rows:
        balance -= row.principal_minor
        assert row.balance_minor == balance
    assert found.payment_minor == sum(SCHEDULE.payments[:settled]) + sum(row.payment_minor for row in rows)
    assert opening(rows) == (SCHEDULE.balance[settled - 1] if settled else TERMS.principal_minor)


def test_money_paid_counts_for_the_contract_first_and_then_for_the_agreement() -> None:
    found = arranged(SCHEDULE, 4, agreed())
    paid = [Payment(found.due[i], found.payments[i]) for i in range(5)]
    state = apply_payments(found, paid, as_of=found.due[4])
    assert state.paid_count == 5
    assert state.next_due is not None
    assert state.next_due.instalment.n == 6
    assert state.left_minor == sum(found.payments[5:])


@pytest.mark.parametrize(("days", "grace", "broken"), [(3, 3, False), (4, 3, True), (1, 0, True), (0, 0, False)])
def test_an_agreement_is_broken_only_after_its_grace(days: int, grace: int, broken: bool) -> None:
    found = arranged(SCHEDULE, 4, agreed())
    today = found.due[4] + timedelta(days=days)
    state = apply_payments(found, [], paid_before=4, as_of=today)
    assert is_broken(state.rows, 4, today, grace) is broken


def test_what_was_due_before_the_agreement_does_not_break_it() -> None:
    found = arranged(SCHEDULE, 4, agreed())
    today = found.due[3] + timedelta(days=20)
    state = apply_payments(found, [], paid_before=3, as_of=today)
    assert not is_broken(state.rows, 4, today, 0)


def test_it_is_kept_when_everything_is_paid_and_not_before() -> None:
    found = arranged(SCHEDULE, 4, agreed())
    almost = apply_payments(found, [], paid_before=len(found) - 1, as_of=found.last_due)
    done = apply_payments(found, [], paid_before=len(found), as_of=found.last_due)
    assert (is_kept(almost.rows, 4), is_kept(done.rows, 4)) == (False, True)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda rows: (), "none"),
        (lambda rows: rows * 100, "out_of_range"),
        (lambda rows: (rows[0]._replace(interest_minor=-1), *rows[1:]), "negative"),
        (lambda rows: (rows[1], rows[0], *rows[2:]), "dates"),
        (lambda rows: (rows[0]._replace(due_on=SCHEDULE.due[2]), *rows[1:]), "dates"),
        (lambda rows: (rows[0], rows[1]._replace(balance_minor=1), *rows[2:]), "balance"),
        (lambda rows: (*rows[:-1], rows[-1]._replace(balance_minor=1)), "balance"),
    ],
)
def test_rows_that_are_no_schedule_are_refused(change: object, code: str) -> None:
    with pytest.raises(TermsError) as refused:
        check_rows(change(agreed()), SCHEDULE.due[3])  # type: ignore[operator]
    assert (refused.value.field, refused.value.code) == ("rows", code)


def test_the_rest_may_be_given_up_with_the_last_row() -> None:
    check_rows((AgreedRow(date(2027, 1, 5), 100, 0, 900), AgreedRow(date(2027, 2, 5), 100, 0, 0)))


def test_a_second_agreement_keeps_what_was_done_of_the_first() -> None:
    first, second = agreed(), (AgreedRow(date(2027, 6, 5), 100, 5, 0),)
    assert continued(None, 4, first) == (4, first)
    assert continued((4, first), 3, second) == (3, second)
    assert continued((4, first), 4, second) == (4, second)
    assert continued((4, first), 7, second) == (4, (*first[:3], *second))


def test_the_rate_is_read_from_the_rows() -> None:
    free = tuple(AgreedRow(add_months(date(2027, 1, 5), k), 100, 0, 900 - 100 * k) for k in range(10))
    assert implied_rate(free, Decimal(12)) == 0
    assert abs(implied_rate(agreed(), Decimal(12)) - Decimal("0.12")) < Decimal("0.0005")
