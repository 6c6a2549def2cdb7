"""What-ifs: figures worked out by hand or by the closed formulas of numpy-financial, and what must hold for any loan."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import pairwise

import numpy_financial as npf
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from planner.engine.amortisation import build_schedule
from planner.engine.dates import Frequency, Unit
from planner.engine.errors import NeverPaysOff, TermsError
from planner.engine.events import (
    ChangeTerm,
    Deferral,
    DeferredInterest,
    Event,
    ExtraPayment,
    Holiday,
    LowerInstalment,
    MoveDueDay,
    NewRate,
    Running,
    Settle,
    SpreadArrears,
    Then,
    what_if,
)
from planner.engine.loan import Fee, LoanTerms, Method
from planner.engine.money import Currency

CNY = Currency("CNY", 2)


def loan(method: Method = Method.ANNUITY, rate: str = "0.06", count: int | None = 24, **more: object) -> LoanTerms:
    """100,000.00 paid out on 31 January 2026, due on the last day of each month."""
    return LoanTerms.simple(
        method=method, principal_minor=10_000_000, currency=CNY, annual_rate=Decimal(rate), instalments=count,
        start_date=date(2026, 1, 31), **more,  # type: ignore[arg-type]  # the tests' own names
    )  # fmt: skip


def test_nothing_changed_is_the_contract() -> None:
    found = what_if(loan(), [], paid=5)
    assert found.rows_before == found.rows_after == build_schedule(loan()).rows[5:]
    assert found.differences == ()
    assert found.before.instalment_minor == 443_206  # 100,000 x 0.005 / (1 - 1.005^-24) = 4,432.06
    assert found.before.annual_cost is not None
    assert found.before.annual_cost.nominal == pytest.approx(Decimal("0.06"), abs=Decimal("0.00001"))


def test_more_each_month_ends_earlier() -> None:
    found = what_if(loan(), ExtraPayment(50_000), paid=4)
    owed = build_schedule(loan()).balance[3] / 100
    months = float(npf.nper(0.005, -4_932.06, owed))
    assert found.after.months == int(months) + 1 == 18
    assert found.after.instalment_minor == 493_206
    assert found.months_change == -2
    assert found.total_change_minor == found.after.interest_minor - found.before.interest_minor < 0


def test_more_each_month_may_lower_the_instalment_instead() -> None:
    found = what_if(loan(), ExtraPayment(50_000, then=Then.LOWER), paid=4)
    assert found.after.months == found.before.months
    # With the first payment 500 more; then 19 instalments for what is left: about 26.4 less each.
    left = (build_schedule(loan()).balance[4] - 50_000) / 100
    second = -float(npf.pmt(0.005, 19, left))
    assert found.rows_after[0].payment_minor == 493_206
    assert found.rows_after[1].payment_minor - 50_000 == pytest.approx(second * 100, abs=1)


def test_a_sum_paid_once() -> None:
    shorter, smaller = (what_if(loan(), ExtraPayment(2_000_000, monthly=False, then=then, first=3)) for then in Then)
    left = build_schedule(loan()).balance[2] - 2_000_000
    assert shorter.rows_after[2].payment_minor == 443_206 + 2_000_000
    assert shorter.rows_after[2].balance_minor == smaller.rows_after[2].balance_minor == left
    assert shorter.after.months == 3 + int(float(npf.nper(0.005, -4_432.06, left / 100))) + 1
    assert smaller.after.months == 24
    assert smaller.rows_after[3].payment_minor == pytest.approx(-float(npf.pmt(0.005, 21, left)), abs=1)


def test_a_new_rate_lowers_the_instalment_or_the_term() -> None:
    lower, shorter = (what_if(loan(), NewRate(Decimal("0.036"), then=then)) for then in (Then.LOWER, Then.SHORTER))
    assert lower.after.instalment_minor == pytest.approx(-float(npf.pmt(0.003, 24, 10_000_000)), abs=1)
    assert (lower.after.months, shorter.after.months) == (24, 24)
    assert shorter.after.instalment_minor == 443_206
    assert shorter.rows_after[-1].payment_minor < lower.rows_after[-1].payment_minor
    assert lower.after.annual_cost is not None
    assert lower.after.annual_cost.nominal == pytest.approx(Decimal("0.036"), abs=Decimal("0.00001"))
    dearer = what_if(loan(), NewRate(Decimal("0.12"), then=Then.SHORTER))
    assert dearer.after.months == int(float(npf.nper(0.01, -4_432.06, 100_000))) + 1 == 26
    with pytest.raises(NeverPaysOff):
        what_if(loan(), NewRate(Decimal("0.6"), then=Then.SHORTER))


def test_a_longer_and_a_shorter_term() -> None:
    longer, shorter = (what_if(loan(), ChangeTerm(count), paid=4) for count in (6, -6))
    owed = build_schedule(loan()).balance[3]
    assert longer.after.instalment_minor == pytest.approx(-float(npf.pmt(0.005, 26, owed)), abs=1)
    assert shorter.after.instalment_minor == pytest.approx(-float(npf.pmt(0.005, 14, owed)), abs=1)
    assert (longer.after.last_date, shorter.after.last_date) == (date(2028, 7, 31), date(2027, 7, 31))
    assert shorter.total_change_minor < 0 < longer.total_change_minor


def test_postponed_instalments_and_their_interest() -> None:
    """After four instalments 84,039.63 are owed; a month of it bears 420.20, and 422.30 with the interest of the first."""
    found = {kind: what_if(loan(), Deferral(2, kind), paid=4) for kind in DeferredInterest}
    owed = build_schedule(loan()).balance[3]
    month = round(owed * 0.005)
    waived, capitalised, first, spread = (found[kind] for kind in DeferredInterest)
    assert {what.after.last_date for what in found.values()} == {date(2028, 3, 31)}
    assert waived.rows_after[0].due_date == date(2026, 8, 31)
    assert waived.total_change_minor == 0
    assert [row.payment_minor for row in waived.rows_after] == [row.payment_minor for row in waived.rows_before]
    assert first.total_change_minor == spread.total_change_minor == 2 * month
    assert first.rows_after[0].payment_minor == 443_206 + 2 * month
    assert {row.payment_minor - 443_206 for row in spread.rows_after[:-1]} <= {2 * month // 20, 2 * month // 20 + 1}
    grown = owed + month + round((owed + month) * 0.005)
    assert capitalised.after.instalment_minor == pytest.approx(-float(npf.pmt(0.005, 20, grown)), abs=1)
    assert waived.after.annual_cost is not None
    assert waived.after.annual_cost.nominal < Decimal("0.06")
    assert capitalised.after.annual_cost is not None
    assert capitalised.after.annual_cost.nominal == pytest.approx(Decimal("0.06"), abs=Decimal("0.0001"))


def test_a_holiday_keeps_the_end() -> None:
    nothing, interest = (what_if(loan(), Holiday(3, pays_interest=pays), paid=4) for pays in (False, True))
    owed = build_schedule(loan()).balance[3]
    assert nothing.after.last_date == interest.after.last_date == date(2028, 1, 31)
    assert nothing.rows_after[0].due_date == date(2026, 9, 30)
    assert [row.payment_minor for row in interest.rows_after[:3]] == [round(owed * 0.005)] * 3
    assert interest.rows_after[3].payment_minor == pytest.approx(-float(npf.pmt(0.005, 17, owed)), abs=1)
    assert nothing.after.months == 17
    assert nothing.after.instalment_minor == pytest.approx(-float(npf.pmt(0.005, 17, owed * 1.005**3)), abs=2)
    assert nothing.notes == ("debt_grows",)


def test_another_due_day_bears_interest_for_the_days_once() -> None:
    """From 30 June to 10 July: ten days of 30/360 on what is owed before it, then the tenth of every month."""
    found = what_if(loan(), MoveDueDay(10), paid=4)
    owed = build_schedule(loan()).balance[3]
    assert [row.due_date for row in found.rows_after[:3]] == [date(2026, 7, 10), date(2026, 8, 10), date(2026, 9, 10)]
    assert found.total_change_minor == round(owed * 0.06 * 10 / 360)
    assert found.rows_after[0].payment_minor == 443_206 + found.total_change_minor
    back = what_if(loan(first_due_date=date(2026, 2, 10)), MoveDueDay(31), paid=2)
    assert [row.due_date for row in back.rows_after[:3]] == [date(2026, 4, 30), date(2026, 5, 31), date(2026, 6, 30)]


def test_a_smaller_instalment_for_a_while() -> None:
    keeps, longer = (
        what_if(loan(), LowerInstalment(200_000, date(2026, 8, 31), then), paid=4)
        for then in (Then.LOWER, Then.SHORTER)
    )
    assert [row.payment_minor for row in keeps.rows_after[:4]][:3] == [200_000] * 3
    owed = build_schedule(loan()).balance[3]
    for _month in range(3):
        owed += round(owed * 0.005) - 200_000
    assert keeps.rows_after[2].balance_minor == longer.rows_after[2].balance_minor == owed
    assert keeps.rows_after[3].payment_minor == pytest.approx(-float(npf.pmt(0.005, 17, owed)), abs=1)
    assert keeps.after.last_date == date(2028, 1, 31)
    assert longer.rows_after[3].payment_minor == 443_206
    assert longer.after.months == 3 + int(float(npf.nper(0.005, -443_206, owed))) + 1
    assert keeps.after.largest_minor == keeps.rows_after[3].payment_minor
    growing = what_if(loan(), LowerInstalment(10_000, date(2026, 8, 31)), paid=4)
    assert growing.notes == ("debt_grows",)
    assert growing.rows_after[0].balance_minor > build_schedule(loan()).balance[3]


def test_a_settlement_gives_up_the_rest() -> None:
    """Fifteen days into a month of 30: half a month's interest on what is owed, by the day count of the period."""
    found = what_if(loan(), Settle(6_000_000, date(2026, 6, 15)), paid=4)
    owed = build_schedule(loan()).balance[3]
    payoff = owed + round(owed * 0.005 * 15 / 30)
    assert found.forgiven_minor == payoff - 6_000_000
    assert (found.after.months, found.after.total_minor, found.after.last_date) == (1, 6_000_000, date(2026, 6, 15))
    assert ("forgiven", 0, payoff - 6_000_000) in found.differences
    with pytest.raises(TermsError, match="more_than_owed"):
        what_if(loan(), Settle(payoff + 1, date(2026, 6, 15)), paid=4)


def test_what_is_overdue_is_due_now_and_may_be_spread() -> None:
    """On 15 August 2026 two instalments are overdue and 1,000.00 of the first is paid."""
    running = Running(loan(), paid=4, part_minor=100_000, on=date(2026, 8, 15))
    untouched = what_if(running, ChangeTerm(6))
    assert [row.payment_minor for row in untouched.rows_after[:2]] == [343_206, 443_206]
    assert untouched.rows_after[2].payment_minor == untouched.after.instalment_minor < 443_206
    spread = what_if(running, SpreadArrears(6))
    assert spread.total_change_minor == 0
    assert len(spread.rows_after) == 18
    # 443,206 x 2 in six parts, of which 100,000 of the first are paid already.
    parts = [row.payment_minor - 443_206 for row in spread.rows_after[:6]]
    assert sum(parts) == 443_206 * 2 - 100_000
    assert max(parts[1:]) - min(parts[1:]) <= 2
    with pytest.raises(TermsError, match="no_arrears"):
        what_if(loan(), SpreadArrears(6))


def test_a_flat_contract_goes_on_at_its_own_rate() -> None:
    """20,000 at 0.75 % a month on the original sum, twelve times 1,816.67: the value of nine is owed, not 15,000."""
    flat = LoanTerms.simple(
        method=Method.FLAT, principal_minor=2_000_000, currency=CNY, annual_rate=Decimal("0.09"), instalments=12,
        start_date=date(2026, 6, 18),
    )  # fmt: skip
    found = what_if(flat, ChangeTerm(3), paid=3)
    rate = float(npf.rate(12, -1_816.67, 20_000, 0))
    owed = -float(npf.pv(rate, 9, 1_816.67))
    assert found.after.instalment_minor == pytest.approx(-float(npf.pmt(rate, 12, owed)) * 100, abs=1)
    assert found.notes == ("flat_assumed",)


def test_a_card_and_a_plan_that_was_only_given() -> None:
    card = loan(Method.FIXED_PAYMENT, "0.18", None, fixed_instalment_minor=500_000)
    found = what_if(card, ExtraPayment(100_000), paid=2)
    owed = build_schedule(card).balance[1] / 100
    assert found.after.months == int(float(npf.nper(0.015, -6_000, owed))) + 1
    plan = LoanTerms.simple(
        method=Method.PAYMENT_PLAN, principal_minor=2_000_000, currency=CNY, annual_rate=Decimal("0.162"), instalments=12,
        payments_minor=[181_667] * 12, start_date=date(2026, 6, 18),
    )  # fmt: skip
    longer = what_if(plan, ChangeTerm(3), paid=5)
    assert (longer.after.months, longer.months_change) == (10, 3)
    assert longer.after.instalment_minor < 181_667


def test_changes_build_on_each_other() -> None:
    """Two months postponed, then a lower rate from the third instalment on, then 500 more each month from the fifth."""
    events = [Deferral(2, DeferredInterest.SPREAD), NewRate(Decimal("0.03"), first=3), ExtraPayment(50_000, first=5)]
    found = what_if(loan(), events, paid=4)
    rows = found.rows_after
    assert rows[0].due_date == date(2026, 8, 31)
    owed = build_schedule(loan()).balance[5]
    assert rows[1].balance_minor == owed
    # Rows three and after: the new level with a share of the deferred interest, which lies within 2 of 420.20 / 20 x 2.
    level, share = -float(npf.pmt(0.0025, 18, owed)), 2 * round(build_schedule(loan()).balance[3] * 0.005) / 20
    assert rows[2].payment_minor == pytest.approx(level + share, abs=2)
    assert rows[4].payment_minor - rows[3].payment_minor == pytest.approx(50_000, abs=2)
    assert rows[-1].balance_minor == 0


@pytest.mark.parametrize(
    ("events", "field"),
    [
        (ExtraPayment(0), "amount_minor"), (ExtraPayment(100, first=25), "first"), (ChangeTerm(0), "instalments"),
        (ChangeTerm(-24), "instalments"), (ChangeTerm(577), "instalments"), (NewRate(Decimal(-1)), "annual_rate"),
        (Deferral(0, DeferredInterest.WAIVED), "count"), (Deferral(61, DeferredInterest.WAIVED), "count"),
        (Holiday(24), "count"), (Holiday(0), "count"), (MoveDueDay(32), "day"), (SpreadArrears(3), "count"),
        (LowerInstalment(443_206, date(2027, 1, 1)), "amount_minor"), (LowerInstalment(100_000, date(2026, 1, 31)), "until"),
        (Settle(100, date(2025, 1, 1)), "on"),
        (Settle(100, date(2028, 2, 1)), "on"), ([Settle(100, date(2026, 3, 1)), ChangeTerm(1)], "events"),
    ],
)  # fmt: skip
def test_impossible_changes_are_refused_by_their_field(events: Event | list[Event], field: str) -> None:
    with pytest.raises(TermsError) as caught:
        what_if(loan(), events)
    assert caught.value.field == field


def test_a_weekly_loan_has_no_day_of_the_month() -> None:
    with pytest.raises(TermsError, match="not_monthly"):
        what_if(loan(frequency=Frequency(Unit.WEEK, 1)), MoveDueDay(5))


RATES = st.decimals(min_value=0, max_value="0.36", places=4)
METHODS = st.sampled_from([Method.ANNUITY, Method.EQUAL_PRINCIPAL, Method.INTEREST_ONLY, Method.FLAT])


@st.composite
def running(draw: st.DrawFn) -> Running:
    """A loan on its way, sometimes with a fee on each instalment."""
    count = draw(st.integers(3, 40))
    terms = LoanTerms.simple(
        method=draw(METHODS), principal_minor=draw(st.integers(100_000, 50_000_000)), currency=CNY, annual_rate=draw(RATES),
        instalments=count, start_date=draw(st.dates(date(2024, 1, 1), date(2027, 12, 31))),
        fees=[Fee(draw(st.sampled_from([0, 500])))],
    )  # fmt: skip
    return Running(terms, paid=draw(st.integers(0, count - 3)))


ROUNDED = {"instalment", "interest", "total", "annual_cost"}
MONTHS = st.integers(1, 12)
EVENTS = st.one_of(
    st.builds(ExtraPayment, st.integers(100, 500_000), st.booleans(), st.sampled_from(Then), st.integers(1, 2)),
    st.builds(NewRate, RATES, st.just(Then.LOWER), st.integers(1, 2)),
    st.builds(ChangeTerm, MONTHS),
    st.builds(Deferral, MONTHS, st.sampled_from(DeferredInterest), st.integers(1, 2)),
    st.builds(Holiday, st.integers(1, 2), st.booleans()),
    st.builds(MoveDueDay, st.integers(1, 31), st.integers(1, 2)),
)


@given(running(), st.lists(EVENTS, max_size=3))
def test_every_change_repays_exactly_what_is_owed(loan: Running, events: list[Event]) -> None:
    try:
        found = what_if(loan, events)
    except TermsError as error:
        # What a change leaves may be too short for the next one: a sum that clears the loan, a pause as long as what is left.
        assume(error.code not in ("nothing_left", "out_of_range"))
        raise
    rows, before, after = found.rows_after, found.before, found.after
    owed = what_if(loan, []).before.total_minor - before.cost_minor
    assert sum(row.payment_minor for row in rows) == after.total_minor == owed + after.interest_minor + after.fees_minor
    assert rows[-1].balance_minor == 0
    assert min(row.interest_minor for row in rows) >= 0 or loan.terms.method == Method.FLAT
    assert all(a.due_date < b.due_date for a, b in pairwise(rows))
    assert (len(rows), rows[-1].due_date) == (after.months, after.last_date)
    if "debt_grows" not in found.notes:
        assert all(a.balance_minor >= b.balance_minor for a, b in pairwise(rows))


@given(running(), st.integers(1, 10**6), st.booleans(), st.sampled_from(Then))
def test_an_extra_payment_never_costs_more(loan: Running, amount: int, monthly: bool, then: Then) -> None:
    found = what_if(loan, ExtraPayment(amount, monthly, then))
    # A new level is rounded to the cent in each row, half a cent either way.
    assert found.after.interest_minor <= found.before.interest_minor + len(found.rows_before)
    assert found.after.months <= found.before.months


@given(running(), MONTHS)
def test_waived_costs_least_and_capitalised_most(loan: Running, count: int) -> None:
    totals = {kind: what_if(loan, Deferral(count, kind)).after.total_minor for kind in DeferredInterest}
    assert totals[DeferredInterest.WAIVED] <= totals[DeferredInterest.SPREAD] == totals[DeferredInterest.FIRST]
    assert totals[DeferredInterest.SPREAD] <= totals[DeferredInterest.CAPITALISED] + len(what_if(loan, []).rows_before)


@given(running(), st.integers(1, 31))
def test_a_moved_due_day_never_drifts(loan: Running, day: int) -> None:
    rows = what_if(loan, MoveDueDay(day)).rows_after
    for row in rows:
        last = (
            date(row.due_date.year + row.due_date.month // 12, row.due_date.month % 12 + 1, 1) - row.due_date
        ).days == 1
        assert row.due_date.day == day or (last and row.due_date.day < day)
    months = [row.due_date.year * 12 + row.due_date.month for row in rows]
    assert months == list(range(months[0], months[0] + len(rows)))
    assert rows[0].due_date >= what_if(loan, []).rows_before[0].due_date


@given(running())
def test_no_change_is_no_difference_even_for_a_solved_again_flat_contract(loan: Running) -> None:
    """Solving a flat contract again gives its own instalment back, but for what the last row rounds."""
    lines = what_if(loan, []).differences
    assert lines == () if loan.terms.method != Method.FLAT else {line.name for line in lines} <= ROUNDED
