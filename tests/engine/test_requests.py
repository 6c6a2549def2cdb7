"""Requests to a creditor: figures of the mock-ups and of hand, and what must hold whatever is asked of whatever loan."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from planner.engine.amortisation import build_schedule
from planner.engine.asked import NEEDED
from planner.engine.changes import DeferredInterest, Then
from planner.engine.checklist import Facts, Finding, Point, check
from planner.engine.dates import add_months
from planner.engine.errors import EngineError, TermsError
from planner.engine.loan import LoanTerms, Method
from planner.engine.offers import Claim, split_offers
from planner.engine.outcome import Running
from planner.engine.requests import (
    Asked,
    Kind,
    Outcome,
    a_month,
    each_time,
    kind_of,
    level_for,
    monthly_minor,
    repaid_at,
    stand,
    work_out,
)
from planner.engine.suggestions import Why, suggest

from .household import CNY, HAIER, HAIER_ROWS, MICRO, MICRO_ROWS, TODAY

JANUARY, JUNE = date(2027, 1, 18), date(2027, 6, 18)
RUNNING = Running(HAIER, 5, 0, TODAY)
ANNUITY = LoanTerms.simple(
    method=Method.ANNUITY, principal_minor=1_200_000, currency=CNY, annual_rate=Decimal("0.12"), instalments=12,
    start_date=date(2026, 6, 15),
)  # fmt: skip
LEVEL = 106_619  # reference/formats.md section 8


def payments(outcome: Outcome) -> list[int]:
    return [row.payment_minor for row in outcome.rows_after]


def test_a_lower_instalment_is_the_plan_of_the_mock_up() -> None:
    found = work_out(RUNNING, Asked("reduce", 124_000, JANUARY))
    assert payments(found) == [124_000] * 8 + [119_557]
    assert [row.payment_minor for row in found.rows_before] == [row.payment_minor for row in HAIER_ROWS[6:]]
    assert (found.opening_minor, found.arrears_minor, found.cost_minor) == (1_040_246, 0, 21_559)
    assert (found.resumes_on, monthly_minor(found)) == (None, 124_000)
    assert found.cost_after is not None
    assert round(found.cost_after, 3) == Decimal("0.162")


def test_a_lower_instalment_for_a_while_then_as_before() -> None:
    """After three of 12 paid: 9,132.71 owed; 600 each until April, interest 1 % a month of what is owed."""
    running = Running(ANNUITY, 3, 0, date(2026, 10, 1))
    found = work_out(running, Asked("reduce_until", 60_000, date(2026, 10, 15), date(2027, 4, 15)))
    assert found.opening_minor == build_schedule(ANNUITY).balance[2]
    assert payments(found)[:7] == [60_000] * 7
    assert found.resumes_on == date(2027, 5, 15)
    assert set(payments(found)[7:-1]) == {LEVEL}
    assert found.rows_after[0].interest_minor == round(found.opening_minor / 100)
    same_end = work_out(running, replace(found.asked, then="lower"))
    assert same_end.rows_after[-1].due_date == found.rows_before[-1].due_date
    assert payments(same_end)[7] > LEVEL


def test_interest_may_rest_while_less_is_paid() -> None:
    running = Running(ANNUITY, 3, 0, date(2026, 10, 1))
    asked = Asked("reduce_until", 100, date(2026, 10, 15), date(2027, 3, 15), interest="waived")
    found = work_out(running, asked)
    assert [row.interest_minor for row in found.rows_after[:6]] == [0] * 6
    assert found.rows_after[5].balance_minor == found.opening_minor - 600
    assert found.rows_after[6].interest_minor == round((found.opening_minor - 600) / 100)
    assert payments(found)[6] == LEVEL
    assert (monthly_minor(found), found.resumes_on) == (100, date(2027, 4, 15))


def test_a_token_that_never_repays_grows_the_debt_and_says_so() -> None:
    running = Running(ANNUITY, 3, 0, date(2026, 10, 1))
    found = work_out(running, Asked("reduce_until", 100, date(2026, 10, 15), date(2027, 3, 15)))
    assert found.notes == ("debt_grows",)
    assert found.rows_after[5].balance_minor > found.opening_minor
    assert found.rows_after[-1].balance_minor == 0


@pytest.mark.parametrize(
    ("interest", "first", "rest"),
    [("waived", LEVEL, LEVEL), ("on_first", LEVEL + 2 * 9_133, LEVEL), ("spread", LEVEL + 2_030, LEVEL + 2_030)],
)
def test_postponing_with_each_treatment(interest: str, first: int, rest: int) -> None:
    """9,132.71 owed at 1 % a month: 91.33 for each of the two months that pass."""
    running = Running(ANNUITY, 3, 0, date(2026, 10, 1))
    found = work_out(running, Asked("postpone", from_on=date(2026, 10, 15), count=2, interest=interest))
    assert found.resumes_on == found.rows_after[0].due_date == date(2026, 12, 15)
    assert payments(found)[:2] == pytest.approx([first, rest], abs=2)
    assert (len(found.rows_after), monthly_minor(found)) == (9, 0)


def test_interest_that_rests_comes_back_with_its_day() -> None:
    running = Running(ANNUITY, 3, 0, date(2026, 10, 1))
    for_a_time = work_out(running, Asked("freeze", from_on=date(2026, 10, 15), until=date(2026, 12, 15)))
    assert [row.interest_minor for row in for_a_time.rows_after[:3]] == [0, 0, 0]
    assert for_a_time.rows_after[3].interest_minor == round(for_a_time.rows_after[2].balance_minor / 100)
    assert for_a_time.resumes_on == date(2027, 1, 15)
    for_good = work_out(running, Asked("freeze", from_on=date(2026, 10, 15)))
    assert sum(row.interest_minor for row in for_good.rows_after) == 0
    assert (for_good.resumes_on, for_good.total_after_minor) == (None, for_good.opening_minor)
    level = work_out(running, Asked("freeze", from_on=date(2026, 10, 15), then="lower"))
    assert len(level.rows_after) == 9
    assert payments(level)[0] == round(level.opening_minor / 9)


def test_rate_term_due_day_and_settlement() -> None:
    running = Running(ANNUITY, 3, 0, date(2026, 10, 1))
    october = date(2026, 10, 15)
    cheaper = work_out(running, Asked("rate", from_on=october, annual_rate=Decimal("0.06")))
    assert cheaper.rows_after[0].interest_minor == round(cheaper.opening_minor / 200)
    longer = work_out(running, Asked("longer", from_on=october, instalments=3))
    assert len(longer.rows_after) == 12
    moved = work_out(running, Asked("move_due", from_on=october, day=10))
    assert moved.rows_after[0].due_date == date(2026, 11, 10)
    assert monthly_minor(moved) == LEVEL
    settled = work_out(running, Asked("settle", 700_000, on=date(2026, 10, 1)))
    assert settled.forgiven_minor == settled.opening_minor - 700_000
    assert (payments(settled), settled.rows_after[0].balance_minor) == ([700_000], 0)
    assert settled.opening_minor == pytest.approx(build_schedule(ANNUITY).balance[2] * (1 + 0.01 * 16 / 30), abs=50)


def test_what_is_overdue_is_taken_over_or_spread() -> None:
    late = Running(ANNUITY, 1, 20_000, date(2026, 9, 5))  # 15 August is overdue, 200 of it paid
    later = work_out(late, Asked("longer", from_on=date(2026, 9, 15), instalments=2))
    assert later.arrears_minor == LEVEL - 20_000
    without = work_out(Running(ANNUITY, 2, 0, date(2026, 9, 5)), later.asked)
    assert later.total_after_minor == without.total_after_minor + LEVEL - 20_000
    assert payments(later)[0] - payments(without)[0] == pytest.approx((LEVEL - 20_000) / 12, abs=2)
    taken = work_out(late, Asked("reduce", 60_000, date(2026, 9, 15)))
    assert [row.due_date for row in taken.rows_before[:2]] == [date(2026, 8, 15), date(2026, 9, 15)]
    assert payments(taken)[:2] == [40_000, 60_000]
    assert sum(row.principal_minor for row in taken.rows_after) == taken.opening_minor


def test_a_loan_of_which_only_the_overdue_is_left_can_still_be_paid_in_parts() -> None:
    """The microloan: its last instalment, 535.42, was due four days ago."""
    running = Running(MICRO, 5, 0, TODAY)
    assert stand(running, date(2026, 12, 23)).late_minor == MICRO_ROWS[5].payment_minor == 53_542
    parts = work_out(running, Asked("reduce_until", 5_000, date(2026, 12, 23), date(2027, 5, 23), interest="waived"))
    assert payments(parts)[:5] == [5_000] * 5
    assert parts.rows_after[0].due_date == date(2027, 1, 5)
    assert sum(row.principal_minor for row in parts.rows_after) == parts.opening_minor
    gone = work_out(running, Asked("postpone", from_on=date(2026, 12, 23), count=1, interest="waived"))
    assert [row.due_date for row in gone.rows_after] == [date(2027, 2, 5)]
    settled = work_out(running, Asked("settle", 40_000, on=date(2026, 12, 30)))
    assert settled.forgiven_minor == 13_542


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        (Asked("gift"), "kind"),
        (Asked("reduce", from_on=JANUARY), "amount_minor"),
        (Asked("reduce", 124_000, JANUARY, count=2), "count"),
        (Asked("reduce", 124_000, date(2026, 12, 8)), "from_on"),
        (Asked("reduce_until", 100_000, JANUARY, date(2027, 1, 17)), "until"),
        (Asked("reduce_until", 100_000, JANUARY, JUNE, interest="spread"), "interest"),
        (Asked("postpone", from_on=JANUARY, count=2), "interest"),
        (Asked("postpone", from_on=JANUARY, count=2, interest="later"), "interest"),
        (Asked("freeze", from_on=JANUARY, then="never"), "then"),
        (Asked("longer", from_on=date(2027, 6, 19), instalments=2), "from_on"),
        (Asked("settle", 2_000_000, on=JANUARY), "amount_minor"),
        (Asked("settle", 0, on=JANUARY), "amount_minor"),
    ],
)
def test_what_cannot_be_asked_names_its_field(asked: Asked, field: str) -> None:
    with pytest.raises(TermsError) as caught:
        work_out(RUNNING, asked)
    assert caught.value.field == field


def test_a_loan_without_interest_has_none_to_rest() -> None:
    free = replace(ANNUITY, annual_rate=Decimal(0))
    with pytest.raises(TermsError) as caught:
        work_out(Running(free, 3, 0, date(2026, 10, 1)), Asked("freeze", from_on=date(2026, 10, 15)))
    assert caught.value.code == "no_interest"


RATES = st.sampled_from([Decimal(0), Decimal("0.08")])
TERMS = st.builds(
    lambda method, principal, rate, count, day: LoanTerms.simple(
        method=method, principal_minor=principal, currency=CNY, annual_rate=Decimal(rate), instalments=count,
        start_date=date(2026, 1, day),
    ),
    st.sampled_from([Method.ANNUITY, Method.EQUAL_PRINCIPAL, Method.FLAT]), st.integers(50_000, 10**7),
    st.sampled_from(["0", "0.05", "0.18", "0.24"]), st.integers(2, 36), st.integers(1, 31),
)  # fmt: skip


@st.composite
def asks(draw: st.DrawFn) -> tuple[Running, Asked]:
    """Any loan on any day, with any request that has the fields of its kind."""
    terms = draw(TERMS)
    schedule = build_schedule(terms)
    paid = draw(st.integers(0, len(schedule) - 1))
    today = schedule.due[paid] + timedelta(days=draw(st.integers(-40, 70)))
    part = draw(st.sampled_from([0, 0, schedule.payments[paid] // 3]))
    begins = today + timedelta(days=draw(st.integers(0, 90)))
    kind = draw(st.sampled_from(list(Kind)))
    values = {
        "amount_minor": max(schedule.payments[paid] * draw(st.integers(5, 95)) // 100, 1), "from_on": begins, "on": begins,
        "until": add_months(begins, draw(st.integers(0, 8))), "count": draw(st.integers(1, 6)),
        "interest": draw(st.sampled_from(list(DeferredInterest))), "annual_rate": draw(RATES),
        "instalments": draw(st.integers(1, 12)), "day": draw(st.integers(1, 31)),
    }  # fmt: skip
    more = {}
    if kind == Kind.REDUCE_UNTIL:
        more = {"interest": draw(st.sampled_from([None, "waived"])), "then": draw(st.sampled_from([None, *Then]))}
    if kind == Kind.FREEZE:
        more = {"until": draw(st.sampled_from([None, values["until"]]))}
    fields = {name: values[name] for name in NEEDED[kind]} | more
    return Running(terms, paid, part, today), Asked(str(kind), **fields)


@settings(max_examples=600, deadline=None)
@given(asks())
def test_every_request_repays_what_is_owed_and_nothing_lies_before_today(case: tuple[Running, Asked]) -> None:
    running, asked = case
    try:
        found = work_out(running, asked)
    except EngineError:
        assume(False)
    rows, owed = found.rows_after, found.opening_minor
    assert rows[-1].balance_minor == 0
    assert [row.n for row in rows] == list(range(1, len(rows) + 1))
    assert all(a.due_date < b.due_date for a, b in pairwise(rows))
    assert running.on is not None
    assert rows[0].due_date >= max(asked.begins, running.on)
    grows = asked.kind == "reduce_until" or asked.interest == DeferredInterest.CAPITALISED
    joined = sum(row.principal_minor for row in rows) - owed + found.forgiven_minor
    settled = asked.kind == "settle"
    assert joined >= 0 if grows and not settled else joined == (-sum(r.interest_minor for r in rows) if settled else 0)
    assert found.total_after_minor == sum(r.principal_minor + r.interest_minor + r.fee_minor for r in rows)
    assert all(row.payment_minor > 0 for row in rows)


@settings(max_examples=400, deadline=None)
@given(asks())
def test_what_resumes_is_what_the_contract_had(case: tuple[Running, Asked]) -> None:
    running, asked = case
    try:
        found = work_out(running, asked)
    except EngineError:
        assume(False)
    resumed = [row for row in found.rows_after if found.resumes_on and row.due_date >= found.resumes_on]
    assert (*found.running, *resumed) == found.rows_after
    assert bool(resumed) == (found.resumes_on is not None)
    if asked.kind in ("reduce", "rate", "longer", "move_due", "settle"):
        assert not resumed
    if asked.kind == "postpone":
        assert found.running == ()
        if (
            asked.interest == "waived"
            and not found.arrears_minor
            and running.terms.method != Method.FLAT
            and not running.part_minor
        ):
            assert [r.payment_minor for r in resumed] == [r.payment_minor for r in found.rows_before]
    if asked.kind == "reduce_until" and not running.part_minor and asked.until:
        assert all(row.due_date <= asked.until for row in found.running) or not resumed
        assert all(row.due_date > asked.until for row in resumed)
        if resumed:
            assert {row.payment_minor for row in found.running} <= {asked.amount_minor}


def test_the_surplus_is_shared_to_the_cent_in_a_hundred_thousand_cases() -> None:
    """No cap binds: each creditor may get all it is owed, and the surplus is less than all of that."""
    random.seed(20261209)
    for _case in range(100_000):
        owed = [random.randint(1, 10**8) for _n in range(random.randint(1, 8))]
        surplus = random.randint(1, min(10**6, sum(owed)))
        split = split_offers(surplus, [Claim("", amount) for amount in owed])
        assert sum(offer.amount_minor for offer in split.offers) == surplus
        assert split.left_minor == 0


def test_what_is_suggested_follows_from_the_share() -> None:
    here = stand(RUNNING, JANUARY)
    assert (here.owed_minor, here.monthly_minor, here.late_minor) == (1_040_246, 181_667, 0)

    def why(each: int, **more: object) -> tuple[str | None, Why]:
        asked, reason = suggest(RUNNING, JANUARY, each, here, **more)  # type: ignore[arg-type]
        return asked and asked.kind, reason

    assert why(181_667) == (None, Why.FITS)
    assert why(124_000) == ("reduce", Why.LESS)
    assert why(124_000, cause_until=date(2027, 5, 31)) == ("reduce_until", Why.WHILE)
    assert why(124_000, cause_until=date(2029, 5, 31)) == ("reduce", Why.LESS)
    assert why(14_200) == ("reduce_until", Why.INTEREST)
    asked, reason = suggest(RUNNING, JANUARY, 100, here, is_token=True)
    assert reason == Why.TOKEN
    assert asked == Asked("reduce_until", 100, JANUARY, JUNE, interest="waived")
    late = Running(MICRO, 5, 0, TODAY)
    assert suggest(late, JANUARY, 60_000, stand(late, JANUARY))[1] == Why.ARREARS
    over = stand(Running(MICRO, 5, 0, date(2026, 12, 1)), JANUARY)
    assert suggest(Running(MICRO, 5, 0, date(2026, 12, 1)), JANUARY, 0, over) == (None, Why.ENDS)


def test_amounts_a_month_and_each_time() -> None:
    assert (a_month(10_000, Decimal(52)), each_time(43_333, Decimal(52))) == (43_333, 9_999)
    assert (a_month(10_000, Decimal(12)), each_time(10_000, Decimal(12))) == (10_000, 10_000)
    assert kind_of(Asked("move_due", from_on=JANUARY, day=5)) == Kind.MOVE_DUE


def test_the_checklist_finds_what_a_lender_would_stumble_over() -> None:
    sound = Facts(
        TODAY, date(2026, 12, 23), "costs", begins={"1": JANUARY}, offered={"1": 9_600}, fair={"1": 10_000},
        total_minor=9_600, largest_minor=9_600,
    )  # fmt: skip
    assert check(sound) == ()
    assert check(replace(sound, cause=None)) == (Finding(Point.CAUSE),)
    assert check(replace(sound, offered={"1": 9_400})) == (Finding(Point.UNEQUAL, "1", 10_000),)
    assert check(replace(sound, largest_minor=9_599)) == (Finding(Point.ABOVE, minor=9_599),)
    assert check(replace(sound, largest_minor=None)) == (Finding(Point.ABOVE),)
    assert check(replace(sound, begins={"1": date(2026, 12, 8), "2": date(2026, 12, 22)})) == (
        Finding(Point.DATE_PAST, "1"), Finding(Point.TOO_SOON, "2"),
    )  # fmt: skip
    assert check(replace(sound, cause="illness")) == (Finding(Point.EVIDENCE),)
    assert check(replace(sound, cause="illness", evidence=1)) == ()
    whole = replace(
        sound, unexplained=["a"], missing_lines=["b"], left_out=["c"], unworkable=["d"], without_number=["1"],
        has_name=False, has_contact=False,
    )  # fmt: skip
    assert [finding.point for finding in check(whole)] == [
        Point.UNEXPLAINED, Point.MISSING_LINE, Point.LEFT_OUT, Point.UNWORKABLE, Point.NUMBER, Point.NAME, Point.CONTACT,
    ]  # fmt: skip


def test_another_rate_and_another_level_together() -> None:
    # 10,402.46 owed after six instalments, at 5 % a year: 1,040,246 x (0.05 / 12) / (1 - (1 + 0.05 / 12)^-12) = 89,052.95...
    running, january, five = Running(HAIER, 6, 0, date(2027, 1, 1)), date(2027, 1, 18), Decimal("0.05")
    assert level_for(running, january, 12, five) == 89_053
    found = repaid_at(running, january, 89_053, five)
    assert [row.payment_minor for row in found.rows_after] == [*[89_053] * 11, 89_051]
    assert (found.opening_minor, found.total_after_minor) == (1_040_246, 1_068_634)
    assert found.rows_before == work_out(running, Asked("reduce", 89_053, january)).rows_before
    assert found.asked == Asked("rate", from_on=january, annual_rate=five)


def test_the_level_of_a_number_at_the_contracts_own_cost_is_the_contracts() -> None:
    running = Running(HAIER, 6, 0, date(2027, 1, 1))
    assert level_for(running, date(2027, 1, 18), 6) == 181_667
    assert level_for(running, date(2027, 1, 18), 9) == 123_533
    with pytest.raises(TermsError, match="count"):
        level_for(running, date(2027, 1, 18), 601)
