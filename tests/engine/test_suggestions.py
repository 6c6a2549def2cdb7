"""What is suggested to a creditor whose share covers the instalment while something is overdue: it must work out."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from planner.engine.asked import Asked, Kind
from planner.engine.loan import LoanTerms, Method
from planner.engine.money import currency
from planner.engine.outcome import Running
from planner.engine.requests import stand, work_out
from planner.engine.suggestions import Why, suggest

TODAY = date(2026, 12, 9)


def loan(principal: int, rate: str, count: int, start: date, first: date) -> LoanTerms:
    return LoanTerms.simple(
        method=Method.ANNUITY, principal_minor=principal, currency=currency("CNY"), annual_rate=Decimal(rate),
        instalments=count, start_date=start, first_due_date=first,
    )  # fmt: skip


MORTGAGE = Running(loan(30_000_000, "0.04", 240, date(2025, 1, 5), date(2025, 2, 5)), 22, 0, TODAY)
SHORT = Running(loan(300_000, "0.15", 6, date(2026, 6, 5), date(2026, 7, 5)), 5, 0, TODAY)


def test_a_mortgage_whose_interest_outgrows_the_wait_gets_a_few_instalments_more() -> None:
    begins = date(2027, 1, 5)
    standing = stand(MORTGAGE, begins)
    assert standing.late_minor == standing.each_minor == 181_794
    asked, why = suggest(MORTGAGE, begins, standing.each_minor, standing)
    assert asked is not None
    assert (asked.kind, why) == (Kind.LONGER, Why.ARREARS)
    outcome = work_out(MORTGAGE, asked)
    assert outcome.arrears_minor == 181_794
    assert max(row.payment_minor for row in outcome.rows_after) <= standing.each_minor
    fewer = Asked(Kind.LONGER, from_on=begins, instalments=(asked.instalments or 0) - 1)
    assert max(row.payment_minor for row in work_out(MORTGAGE, fewer).rows_after) > standing.each_minor


@pytest.mark.parametrize("begins", [date(2026, 12, 23), date(2027, 1, 20)])
def test_a_rest_that_is_all_overdue_ends_with_one_payment(begins: date) -> None:
    standing = stand(SHORT, begins)
    assert standing.late_minor < standing.most_minor == standing.owed_minor
    asked, why = suggest(SHORT, begins, standing.most_minor, standing)
    assert (asked, why) == (Asked(Kind.REDUCE, standing.most_minor, begins), Why.ARREARS)
    assert asked is not None
    assert [row.payment_minor for row in work_out(SHORT, asked).rows_after] == [standing.most_minor]


def test_a_smaller_share_of_such_a_rest_is_paid_in_more() -> None:
    begins = date(2026, 12, 23)
    asked, why = suggest(SHORT, begins, 20_000, stand(SHORT, begins))
    assert (asked, why) == (Asked(Kind.REDUCE, 20_000, begins), Why.LESS)
