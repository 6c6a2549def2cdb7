"""What happened: money counted by part, penalty interest night by night, days past due, and what ends the loan.

Hand-worked figures; the comments say how. The contract: 1,200.00 over 12 months at 12 %, equal principal, so that month n
has 100.00 principal and 1.00 x (13 - n) interest; due on the 10th from 2026-02-10.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.engine.amortisation import build_schedule
from planner.engine.clearing import payoff_amount
from planner.engine.errors import EngineError, TermsError
from planner.engine.late import Compounding, LateRules, Part, PenaltyBase, late_from_dict, late_to_dict
from planner.engine.ledger import Counted, LedgerState, Payment, Purpose, apply_payments, with_extras
from planner.engine.loan import Fee, LoanTerms, Method
from planner.engine.money import currency
from planner.engine.parts import RateChange, Span

TERMS = LoanTerms.simple(
    method=Method.EQUAL_PRINCIPAL, principal_minor=120_000, currency=currency("CNY"), annual_rate=Decimal("0.12"),
    instalments=12, start_date=date(2026, 1, 10),
)  # fmt: skip
SCHEDULE = build_schedule(TERMS)
HALF_MORE = LateRules(uplift=Decimal("0.5"))  # 18 % a year, 360 days: 0.05 % a night


def state(payments: list[Payment], as_of: date, late: LateRules | None = None, **changes: Any) -> LedgerState:
    terms, schedule = with_extras(replace(TERMS, **changes), payments)
    return apply_payments(schedule, payments, as_of=as_of, late=late, terms=terms)


def march(day: int) -> date:
    return date(2026, 3, day)


def test_penalty_runs_from_the_due_date_on_unpaid_principal() -> None:
    # 28 nights x 0.05 % x 100.00 = 1.40; then on the second row too: 10 nights x 0.05 % x 100.00 = 0.50
    found = state([], march(10), HALF_MORE)
    assert (found.rows[0].penalty_minor, found.arrears_minor, found.days_past_due) == (140, 11_200, 28)
    found = state([], march(20), HALF_MORE)
    assert [row.penalty_minor for row in found.rows[:3]] == [190, 50, 0]
    assert (found.overdue_minor, found.missed_count) == (11_200 + 11_100 + 240, 2)


@pytest.mark.parametrize(
    ("rules", "cents"),
    [
        (LateRules(annual_rate=Decimal("0.18")), 140),
        (LateRules(annual_rate=Decimal("0.18"), days_in_year=365), 138),  # 1.3808
        (replace(HALF_MORE, base=PenaltyBase.AMOUNT), 157),  # on 112.00: 1.568
        (replace(HALF_MORE, base=PenaltyBase.BALANCE), 1_680),  # on 1,200.00
        (replace(HALF_MORE, compounding=Compounding.DAILY), 141),  # 100 x (1.0005^28 - 1) = 1.40949
        (replace(HALF_MORE, pauses=(Span(date(2026, 2, 14), date(2026, 2, 24)),)), 90),  # 18 nights
        (LateRules(late_fee_minor=500), 0),
        (LateRules(), 0),
    ],
)
def test_the_penalty_of_28_nights(rules: LateRules, cents: int) -> None:
    found = state([], march(10), rules)
    assert found.rows[0].penalty_minor == cents
    assert found.rows[0].late_fee_minor == rules.late_fee_minor


def test_monthly_compounding_joins_on_the_days_of_the_due_date() -> None:
    """After a month 1.40 joins; the next 31 nights bear 0.05 % of 101.40: 1.5717; then 0.05 % of 102.9717 for 5: 0.2574."""
    rules = replace(HALF_MORE, compounding=Compounding.MONTHLY)
    assert [state([], day, rules).rows[0].penalty_minor for day in (march(10), date(2026, 4, 10), date(2026, 4, 15))] == [
        140, 297, 323,
    ]  # fmt: skip
    # looked at in between, by a payment of nothing that matters, it is the same
    looked = state([Payment(march(30), 1, 12)], date(2026, 4, 15), rules)
    assert looked.rows[0].penalty_minor == 323


def test_the_rate_follows_the_contract_and_rounds_once() -> None:
    """14 nights at 0.05 %, then 14 at 24 % x 1.5 / 360 = 0.1 %: 0.70 + 1.40."""
    change = RateChange(date(2026, 2, 24), Decimal("0.24"), resolve=False)
    assert state([], march(10), HALF_MORE, rate_changes=(change,)).rows[0].penalty_minor == 210


def test_within_the_grace_nothing_is_charged_and_after_it_all() -> None:
    rules = replace(HALF_MORE, grace_days=3, late_fee_minor=2_000)
    inside, outside = date(2026, 2, 13), date(2026, 2, 14)
    assert state([], inside, rules).overdue_minor == 11_200
    assert state([Payment(inside, 11_200)], march(1), rules).overdue_minor == 0
    assert state([], outside, rules).overdue_minor == 11_200 + 20 + 2_000  # 4 nights
    paid = state([Payment(outside, 11_200)], march(1), rules)
    assert (paid.counted[0], paid.rows[0].left_minor) == (Counted(20, 2_000, 1_200, 7_980), 2_020)
    # part of it within the grace: the base is lower from that day
    parts = state([Payment(inside, 6_200)], outside, rules)
    assert parts.rows[0].penalty_minor == 18  # 3 nights on 100.00, one on 50.00: 0.15 + 0.025


def test_a_pause_covers_the_fee_and_the_days_too() -> None:
    rules = replace(HALF_MORE, late_fee_minor=2_000, pauses=(Span(date(2026, 2, 10), march(1)),))
    assert (state([], date(2026, 2, 28), rules).overdue_minor, state([], march(1), rules).overdue_minor) == (
        11_200,
        13_200,
    )
    assert state([], march(6), rules).days_past_due == 5
    # what had run before the pause is still owed in it: one night of 0.05 % on 100.00
    after_one_night = replace(HALF_MORE, pauses=(Span(date(2026, 2, 11), march(1)),))
    assert state([], date(2026, 2, 20), after_one_night).rows[0].penalty_minor == 5


@pytest.mark.parametrize(
    ("order", "by_instalment", "counted", "lefts"),
    [
        # on March 20: penalty 1.90 and 0.50, interest 12.00 and 11.00, principal 100.00 twice; 130.00 arrive
        (tuple(Part), True, Counted(240, 0, 2_300, 10_460), (0, 9_540)),
        (tuple(Part), False, Counted(240, 0, 2_300, 10_460), (0, 9_540)),
        ((Part.PRINCIPAL, Part.INTEREST, Part.FEE, Part.PENALTY), True, Counted(190, 0, 1_200, 11_610), (0, 9_490)),
        ((Part.PRINCIPAL, Part.INTEREST, Part.FEE, Part.PENALTY), False, Counted(0, 0, 0, 13_000), (1_200, 8_100)),
        ((Part.INTEREST, Part.PRINCIPAL, Part.PENALTY, Part.FEE), False, Counted(0, 0, 2_300, 10_700), (0, 9_300)),
    ],
)
def test_money_is_counted_in_the_order_the_contract_states(
    order: tuple[Part, ...], by_instalment: bool, counted: Counted, lefts: tuple[int, int]
) -> None:
    rules = replace(HALF_MORE, order=order, by_instalment=by_instalment)
    found = state([Payment(march(20), 13_000)], march(20), rules)
    assert found.counted == (counted,)
    assert tuple(row.left_minor for row in found.rows[:2]) == lefts


def test_early_over_returned_and_meant_for_an_instalment() -> None:
    early = state([Payment(date(2026, 1, 20), 15_000)], march(1))
    assert [row.left_minor for row in early.rows[:3]] == [0, 11_100 - 3_800, 11_000]
    assert early.arrears_minor == 0
    meant = state([Payment(date(2026, 1, 20), 15_000, 5)], march(1))
    assert [row.left_minor for row in meant.rows[:5]] == [11_200 - 4_200, 11_100, 11_000, 10_900, 0]
    everything = SCHEDULE.payment_minor
    over = state([Payment(date(2026, 1, 20), everything + 7)], march(1))
    assert (over.over_minor, over.left_minor, over.counted[0].over_minor) == (7, 0, 7)
    returned = state([Payment(date(2026, 2, 10), 11_200, is_returned=True)], march(10), HALF_MORE)
    assert (returned.days_past_due, returned.rows[0].penalty_minor, returned.counted) == (28, 140, (Counted(),))


def test_money_for_the_principal_changes_the_contract() -> None:
    """300.00 on the first due date: the last three rows fall away, or every row shrinks by a quarter or so."""
    paid = [Payment(date(2026, 2, 10), 11_200), Payment(date(2026, 2, 10), 30_000, purpose=Purpose.SHORTER)]
    found = state(paid, march(1))
    assert (len(found.rows), found.counted[1], found.arrears_minor) == (9, Counted(principal_minor=30_000), 0)
    assert sum(row.instalment.principal_minor for row in found.rows) == 90_000
    assert found.rows[1].instalment.interest_minor == 800  # 1 % of 800.00
    lower = state([paid[0], replace(paid[1], purpose=Purpose.LOWER)], march(1))
    assert (len(lower.rows), lower.rows[1].instalment.principal_minor) == (12, 7_273)  # 800.00 over 11
    with pytest.raises(TermsError, match="more_than_owed"):
        state([replace(paid[1], amount_minor=130_000)], march(1))
    listed = replace(TERMS, method=Method.PAYMENT_PLAN, payments_minor=(11_000,) * 12, annual_rate=Decimal(0))
    with pytest.raises(TermsError, match="not_for_listed_payments"):
        with_extras(listed, paid)
    assert with_extras(listed, paid[:1])[0] == listed


def test_interest_that_is_not_covered_joins_the_debt_and_is_not_asked_for() -> None:
    """1,000.00 at 120 %, 80.00 a month: the first month bears 100.00, 20.00 joins."""
    terms = LoanTerms(
        Method.FIXED_PAYMENT, currency("CNY"), 100_000, Decimal("1.2"), 4, date(2026, 1, 10),
        fixed_instalment_minor=8_000, allow_negative_amortisation=True,
    )  # fmt: skip
    schedule = build_schedule(terms)
    assert schedule.principal[0] == -2_000
    before = apply_payments(schedule, [], as_of=date(2026, 2, 1))
    after = apply_payments(schedule, [Payment(date(2026, 2, 10), 8_000)], as_of=date(2026, 2, 10))
    assert (before.principal_left_minor, after.principal_left_minor) == (100_000, 102_000)
    assert after.counted == (Counted(interest_minor=8_000),)


@pytest.mark.parametrize(
    ("payments", "on", "late", "parts"),
    [
        # 18 days after the start: 1,200.00 and 18/31 of 12.00
        ([], date(2026, 1, 28), None, (120_000, 697, 0, 0, 0, 0)),
        # the first row unpaid: all principal, its interest and 10/31 of 11.00, penalty 38 nights
        ([], march(20), HALF_MORE, (120_000, 1_200 + 1_100 + 323, 0, 190 + 50, 0, 0)),
        # paid on time, on the due date itself nothing has run since
        ([Payment(date(2026, 2, 10), 11_200)], date(2026, 2, 10), None, (110_000, 0, 0, 0, 0, 0)),
        # the next row paid ahead counts against it
        ([Payment(date(2026, 2, 10), 22_300)], date(2026, 2, 24), None, (110_000, 550, 0, 0, 0, 11_100)),
    ],
)  # fmt: skip
def test_what_ends_the_loan(payments: list[Payment], on: date, late: LateRules | None, parts: tuple[int, ...]) -> None:
    found = payoff_amount(TERMS, SCHEDULE, state(payments, on, late))
    assert tuple(found[:6]) == parts
    assert found.amount_minor == sum(parts[:5]) - parts[5]


def test_what_ends_a_loan_of_which_only_the_payments_are_known() -> None:
    """Received 1,000.00, three times 350.00: the rate is about 2.48 % a month; after one payment 674.80 is still owed."""
    terms = LoanTerms.simple(
        method=Method.PAYMENT_PLAN, principal_minor=100_000, currency=currency("CNY"), annual_rate=Decimal(0), instalments=3,
        start_date=date(2026, 1, 10), payments_minor=[35_000] * 3,
    )  # fmt: skip
    schedule = build_schedule(terms)
    paid = apply_payments(schedule, [Payment(date(2026, 2, 10), 35_000)], as_of=date(2026, 2, 10))
    found = payoff_amount(terms, schedule, paid)
    assert (found.principal_minor, found.interest_minor, found.is_estimate) == (67_480, 0, True)
    half = payoff_amount(terms, schedule, replace(paid, as_of=date(2026, 2, 24)))  # 14 of 28 nights
    assert half.interest_minor == 837
    with pytest.raises(TermsError, match="settlement_date"):
        payoff_amount(TERMS, SCHEDULE, state([], date(2026, 1, 9)))
    over = payoff_amount(TERMS, SCHEDULE, state([Payment(date(2026, 1, 11), 130_000)], date(2027, 2, 1)))
    assert (over.amount_minor, over.over_minor) == (0, 130_000 - SCHEDULE.payment_minor)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"annual_rate": Decimal("0.2"), "uplift": Decimal("0.5")}, "uplift"), ({"annual_rate": Decimal(11)}, "annual_rate"),
        ({"annual_rate": Decimal("NaN")}, "annual_rate"), ({"uplift": Decimal(-1)}, "uplift"), ({"grace_days": 61}, "grace_days"),
        ({"grace_days": -1}, "grace_days"), ({"days_in_year": 364}, "days_in_year"), ({"late_fee_minor": -1}, "late_fee"),
        ({"order": (Part.FEE, Part.FEE, Part.INTEREST, Part.PRINCIPAL)}, "order"), ({"order": (Part.FEE,)}, "order"),
        ({"pauses": (Span(march(2), march(1)),)}, "pauses"),
        ({"pauses": (Span(march(1), march(9)), Span(march(8), march(10)))}, "pauses"),
    ],
)  # fmt: skip
def test_rules_no_contract_can_have_name_their_field(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(TermsError) as refused:
        LateRules(**changes)
    assert refused.value.field == field


def test_an_uplift_needs_a_contract_to_raise() -> None:
    with pytest.raises(TermsError, match="uplift"):
        apply_payments(SCHEDULE, [], as_of=march(1), late=HALF_MORE)


days = st.dates(date(2026, 1, 10), date(2027, 6, 30))
spans = st.lists(days, max_size=4, unique=True).map(
    lambda found: tuple(Span(*pair) for pair in zip(*[iter(sorted(found)[: len(found) // 2 * 2])] * 2, strict=True))
)
rates = st.decimals(Decimal(0), Decimal(2), places=4)
rules = st.one_of(
    st.tuples(rates, st.none()), st.tuples(st.none(), rates), st.just((None, None))
).flatmap(
    lambda known: st.builds(
        LateRules, annual_rate=st.just(known[0]), uplift=st.just(known[1]), base=st.sampled_from(PenaltyBase),
        compounding=st.sampled_from(Compounding), grace_days=st.integers(0, 20), days_in_year=st.sampled_from((360, 365)),
        late_fee_minor=st.sampled_from((0, 1, 2_500)), order=st.permutations(list(Part)).map(tuple), by_instalment=st.booleans(),
        pauses=spans,
    )
)  # fmt: skip
money = st.builds(
    Payment, days, st.integers(1, 40_000), st.one_of(st.none(), st.integers(1, 13)), is_returned=st.booleans()
)


@settings(max_examples=300, deadline=None)
@given(st.lists(money, max_size=12), rules, days, st.booleans())
def test_every_cent_is_somewhere(payments: list[Payment], late: LateRules, as_of: date, fees: bool) -> None:
    terms = replace(TERMS, fees=(Fee(250),)) if fees else TERMS
    schedule = build_schedule(terms)
    found = apply_payments(schedule, payments, as_of=as_of, late=late, terms=terms)
    for payment, counted in zip(payments, found.counted, strict=True):
        assert counted.amount_minor == (0 if payment.is_returned else payment.amount_minor)
        assert min(counted) >= 0
    for part, left in (("principal_minor", "principal_left_minor"), ("interest_minor", "interest_left_minor")):
        paid = sum(getattr(counted, part) for counted in found.counted)
        assert paid + sum(getattr(row, left) for row in found.rows) == getattr(schedule, part)
    paid_fees = sum(counted.fee_minor for counted in found.counted)
    assert paid_fees == sum(
        row.instalment.fee_minor - row.fee_left_minor + row.late_fee_minor - row.late_fee_left_minor
        for row in found.rows
    )
    assert sum(c.penalty_minor for c in found.counted) == sum(
        r.penalty_minor - r.penalty_left_minor for r in found.rows
    )
    assert all(
        min(r.left_by_part) >= 0 and r.penalty_left_minor >= 0 and r.late_fee_left_minor >= 0 for r in found.rows
    )
    assert late_from_dict(late_to_dict(late)) == late
    if as_of >= terms.start_date:
        assert payoff_amount(terms, schedule, found).amount_minor >= 0


@settings(max_examples=150, deadline=None)
@given(st.lists(money, max_size=6), rules, days, st.integers(1, 200))
def test_time_never_makes_a_penalty_smaller(payments: list[Payment], late: LateRules, as_of: date, later: int) -> None:
    last = max([as_of, *(p.paid_on for p in payments)])

    def penalty(day: date) -> int:
        found = apply_payments(SCHEDULE, payments, as_of=day, late=late, terms=TERMS)
        return sum(row.penalty_minor + row.late_fee_minor for row in found.rows)

    assert penalty(last) <= penalty(last + timedelta(days=later))


@settings(max_examples=100, deadline=None)
@given(rules)
def test_paying_on_time_costs_nothing_and_a_whole_pause_neither(late: LateRules) -> None:
    on_time = [Payment(row.due_date, row.payment_minor) for row in SCHEDULE.rows]
    assert apply_payments(SCHEDULE, on_time, as_of=date(2028, 1, 1), late=late, terms=TERMS).overdue_minor == 0
    paused = replace(late, pauses=(Span(TERMS.start_date, date(2028, 1, 2)),))
    found = apply_payments(SCHEDULE, [], as_of=date(2028, 1, 1), late=paused, terms=TERMS)
    assert (found.overdue_minor, found.days_past_due) == (SCHEDULE.payment_minor, 0)


@settings(max_examples=100, deadline=None)
@given(st.lists(money, max_size=8), days, st.randoms())
def test_the_order_of_typing_changes_nothing_in_the_sums(payments: list[Payment], as_of: date, random: Any) -> None:
    """Payments of one day count in the order given, but what all of them did is the same."""
    shuffled = list(payments)
    random.shuffle(shuffled)
    one, other = (apply_payments(SCHEDULE, found, as_of=as_of) for found in (payments, shuffled))
    assert (one.left_minor, one.over_minor, one.arrears_minor) == (
        other.left_minor,
        other.over_minor,
        other.arrears_minor,
    )


def naive_penalty(payments: list[Payment], late: LateRules, as_of: date) -> list[Fraction]:
    """A second reading, night by night and without rounding, of rows that bear on their principal without compounding."""
    left = [[row.interest_minor, row.principal_minor] for row in SCHEDULE.rows]
    penalty, paid = [Fraction(0)] * len(left), [Fraction(0)] * len(left)
    day = TERMS.start_date
    while day <= as_of:
        for payment in (p for p in payments if p.paid_on == day):
            money = payment.amount_minor
            for i, parts in enumerate(left):
                taken = min(money, round(penalty[i] - paid[i]) if SCHEDULE.due[i] < day else 0)
                paid[i], money = paid[i] + taken, money - taken
                for k in range(2):
                    taken = min(money, parts[k])
                    parts[k], money = parts[k] - taken, money - taken
        if day < as_of and not late.is_paused(day):
            rate = Fraction(late.annual_rate or 0)
            for i, parts in enumerate(left):
                if SCHEDULE.due[i] <= day:
                    penalty[i] += parts[1] * rate / late.days_in_year
        day += timedelta(days=1)
    return penalty


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.builds(Payment, days, st.integers(1, 20_000)), max_size=4, unique_by=lambda p: p.paid_on),
    rates, st.sampled_from((360, 365)), spans, days,
)  # fmt: skip
def test_a_reading_night_by_night_agrees(
    payments: list[Payment], rate: Decimal, year: int, pauses: tuple[Span, ...], as_of: date
) -> None:
    payments = sorted((p for p in payments if p.paid_on <= as_of), key=lambda p: p.paid_on)
    late = LateRules(annual_rate=rate, days_in_year=year, pauses=pauses)
    try:
        found = apply_payments(SCHEDULE, payments, as_of=as_of, late=late, terms=TERMS)
    except EngineError:
        raise AssertionError from None
    expected = naive_penalty(payments, late, as_of)
    assert all(
        abs(row.penalty_minor - value) <= Fraction(1, 2) for row, value in zip(found.rows, expected, strict=True)
    )
