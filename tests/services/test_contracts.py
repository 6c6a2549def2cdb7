"""The loan form and the contract are inverse to each other, and editing loses nothing that the form does not show."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from planner.engine.amortisation import build_schedule
from planner.engine.contract import terms_from_dict, terms_to_dict
from planner.engine.dates import Frequency, Unit
from planner.engine.day_counts import DayCount
from planner.engine.errors import EngineError
from planner.engine.loan import Fee, LoanTerms, Method
from planner.engine.money import Currency, Rounding, RoundingMode
from planner.engine.parts import Disbursement, ExtraPrincipal, Final, RateChange, Roundings, Span
from planner.loans.advanced import (
    CURRENCIES,
    DAY_COUNTS,
    FEE_BASES,
    FINALS,
    MODES,
    MONTH_ENDS,
    PERCENT_BASES,
    UNITS,
)
from planner.loans.contracts import build_terms, find_cost
from planner.loans.forms import METHODS, LoanForm
from planner.loans.shown import is_shown_whole, terms_values
from planner.packs.rates import rate_lines

CNY, START = Currency("CNY", 2), date(2026, 6, 18)
DAYS = st.dates(date(2026, 6, 18), date(2027, 6, 18))
SMALL = st.none() | st.integers(1, 3)
RATE = st.decimals(0, Decimal("0.36"), places=6)


def some(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


def posted(values: dict[str, Any], code: str) -> dict[str, Any]:
    """The values as a browser would send them back: through the form's own texts."""
    form = LoanForm(data={"creditor": "Bank", **values}, formdata=None).prepare(code)
    texts = {}
    for field in form:
        if field.type == "BooleanField":
            texts |= {field.name: "y"} if field.data else {}
        elif field.data is not None and field.name not in ("csrf_token", "version"):
            texts[field.name] = field._value() if hasattr(field, "_value") else str(field.data)
    back = LoanForm(formdata=MultiDict(texts), meta={"csrf": False}).prepare(code)
    assert back.validate(), back.errors
    return dict(back.data)


@st.composite
def form_values(draw: st.DrawFn) -> dict[str, Any]:
    """What a borrower may have chosen, of every field; principal and payments such that a contract is likely."""
    principal = draw(st.integers(100_000, 10**8))

    def pick(options: Any) -> str:
        return draw(st.sampled_from([str(value) for value in options]))

    second = Disbursement(START + timedelta(40), principal - principal // 3)
    tranches = draw(st.sampled_from([(), (Disbursement(START, principal // 3), second)]))
    return {
        "currency": pick(CURRENCIES), "method": pick(METHODS), "principal": principal, "payment": principal // 5,
        "instalments": draw(st.integers(6, 12)), "annual_rate": draw(RATE), "period_rate": draw(st.decimals(0, "0.02", places=7)),
        "frequency": pick(["monthly", "weekly", "quarterly", "other"]), "every_count": draw(st.integers(1, 20)),
        "every_unit": pick(UNITS), "start_date": START, "first_due_date": draw(some(DAYS)),
        "anchor_day": draw(some(st.integers(1, 31))),
        "month_end_rule": pick(MONTH_ENDS), "upfront_fee": draw(some(st.integers(1, 999))),
        "instalment_fee": draw(some(st.integers(1, 999))),
        "last_payment": draw(some(st.integers(1, principal))),
        "plan": tuple(Disbursement(START + timedelta(20 * i + 5), principal // 4) for i in range(draw(st.sampled_from([0, 5])))),
        "minimum_rate": draw(st.decimals("0.05", 1, places=3)), "minimum_amount": draw(st.integers(100, 10_000)),
        "minimum_base": pick(PERCENT_BASES), "day_count": pick(DAY_COUNTS), "interest_step": pick(["unit", "1", "10"]),
        "interest_mode": pick(MODES), "instalment_step": pick(["unit", "1"]), "instalment_mode": pick(MODES),
        "rate_changes": tuple(draw(st.lists(st.builds(RateChange, DAYS, RATE, st.booleans()), max_size=3).map(sorted))),
        "pauses": tuple(draw(st.sampled_from([[], [_span(10, 50)], [_span(10, 50), _span(90, 91)]]))),
        "tranches": tranches, "grace_principal": draw(SMALL),
        "grace_interest_payment": draw(SMALL), "grace_interest_free": draw(SMALL),
        "balloon": draw(some(st.integers(1, principal))), "down_payment": draw(some(st.decimals("0.01", "0.5", places=4))),
        "fee_rate": draw(some(st.decimals("0.001", "0.05", places=4))), "fee_of": pick(FEE_BASES),
        "extra_fee": draw(some(st.integers(1, 500))), "extra_fee_n": draw(st.integers(1, 6)), "final": pick(FINALS),
        "in_advance": draw(st.booleans()), "negative": draw(st.booleans()),
    }  # fmt: skip


def _span(first: int, last: int) -> Span:
    return Span(START + timedelta(first), START + timedelta(last))


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(values=form_values())
def test_every_contract_the_form_can_make_comes_back_from_its_form(app: Flask, values: dict[str, Any]) -> None:
    try:
        terms = build_terms(values, values["currency"], START)
    except EngineError:
        assume(False)
    stored = terms_from_dict(terms_to_dict(terms))
    assert stored == terms
    assert is_shown_whole(stored)
    with app.test_request_context():
        again = posted(terms_values(stored), stored.currency.code)
    assert build_terms(again, again["currency"], date(2030, 1, 1)) == terms
    assert build_terms(again, again["currency"], date(2030, 1, 1), stored, terms_values(stored)) == terms


def plain(**changes: Any) -> LoanTerms:
    terms = LoanTerms.simple(method=Method.ANNUITY, principal_minor=1_200_000, currency=CNY, annual_rate=Decimal("0.12"),
                             instalments=12, start_date=START)  # fmt: skip
    return replace(terms, **changes)


NEVER = Rounding(Decimal(0), RoundingMode.HALF_UP)
HIDDEN = {
    "weights": plain(method=Method.WEIGHTED, weights=(Decimal(1),) * 6 + (Decimal(2),) * 6),
    "principal plan": plain(method=Method.FIXED_PLAN, principal_plan=(100_000,) * 12),
    "extra principal": plain(extra_principal=(ExtraPrincipal(date(2026, 9, 1), 50_000),)),
    "several fees": plain(fees=(Fee(100), Fee(200), Fee(300, upfront=True), Fee(rate=Decimal("0.01"), upfront=True))),
    "odd step": plain(rounding=Roundings(*(Rounding(Decimal("0.05"), RoundingMode.CEILING),) * 2)),
    "due dates": plain(due_dates=tuple(START + timedelta(33 * n) for n in range(1, 13)), day_count=DayCount.ACT_365),
    "many decimals": plain(annual_rate=Decimal("0.1234567890123456")),
    "never rounded": plain(finer=4, principal_minor=12_000_000_000, rounding=Roundings(NEVER, NEVER)),
    "given instalment": plain(fixed_instalment_minor=110_000),
}  # fmt: skip


@pytest.mark.parametrize("name", HIDDEN)
def test_editing_keeps_what_the_form_does_not_show(app: Flask, name: str) -> None:
    stored = HIDDEN[name]
    assert not is_shown_whole(stored)
    with app.test_request_context():
        form = LoanForm(data={"creditor": "Bank", **terms_values(stored)}, formdata=None).prepare("CNY", stored.method)
        before = dict(form.data)
    assert build_terms(before, "CNY", START, stored, terms_values(stored)) == stored
    changed = build_terms(before | {"start_date": START + timedelta(1)}, "CNY", START, stored, terms_values(stored))
    same = [f.name for f in fields(LoanTerms) if f.name != "start_date"]
    assert {n: getattr(changed, n) for n in same} == {n: getattr(stored, n) for n in same}


def test_another_method_drops_what_only_the_old_one_had() -> None:
    stored = HIDDEN["weights"]
    before = terms_values(stored)
    changed = build_terms(before | {"method": "annuity"}, "CNY", START, stored, before)
    assert changed == plain()
    assert build_schedule(changed).rows[0].payment_minor == 106_619  # 12,000 at 1 % a month over 12: 1,066.19


def test_a_list_of_payments_keeps_its_dates_and_amounts_to_the_cent() -> None:
    # 10,000 received; 5,500 after 100 days and 5,500 after 265 more. By hand: with simple interest by days the rate r solves
    # (10,000 (1 + r 100/365) - 5,500)(1 + r 265/365) = 5,500.
    plan = (Disbursement(START + timedelta(100), 550_000), Disbursement(START + timedelta(365), 550_000))
    values = terms_values(plain()) | {
        "method": "payment_plan",
        "principal": 1_000_000,
        "plan": plan,
        "instalments": None,
    }
    terms = build_terms(values, "CNY", START)
    rows = build_schedule(terms).rows
    assert [(row.due_date, row.payment_minor) for row in rows] == [(part.on, part.amount_minor) for part in plan]
    r = terms.annual_rate
    assert abs((10_000 * (1 + r * 100 / 365) - 5_500) * (1 + r * 265 / 365) - 5_500) < Decimal("0.001")
    cost = find_cost(terms)
    assert cost is not None
    worth = sum(5_500 / (1 + float(cost.effective)) ** years for years in (100 / 365, 1))
    assert worth == pytest.approx(10_000, abs=0.001)


def test_a_loan_paid_out_in_parts_costs_its_rate_by_dates() -> None:
    # Half now, half half a year on, one payment after a year: 5,000 (1+X) + 5,000 (1+X)^(182/365) = what is paid.
    tranches = (Disbursement(START, 500_000), Disbursement(START + timedelta(182), 500_000))
    terms = plain(method=Method.INTEREST_ONLY, instalments=1, frequency=Frequency(Unit.YEAR), principal_minor=1_000_000,
                  disbursements=tranches, day_count=DayCount.ACT_365)  # fmt: skip
    paid = build_schedule(terms).payment_minor
    assert paid == 1_000_000 + 60_000 + 30_082  # 500,000 x 12 % x 183/365 = 30,082.19 fen
    cost = find_cost(terms)
    assert cost is not None
    x = float(cost.effective)
    assert 500_000 * (1 + x) + 500_000 * (1 + x) ** (183 / 365) == pytest.approx(paid, abs=0.01)


@pytest.mark.parametrize(
    ("day", "rate"),
    [
        (date(2020, 8, 20), "0.154"), (date(2021, 12, 19), "0.154"), (date(2021, 12, 20), "0.152"),
        (date(2024, 10, 21), "0.124"), (date(2026, 12, 9), "0.12"),
    ],
)  # fmt: skip
def test_the_private_line_takes_the_lpr_of_the_contracts_day(day: date, rate: str) -> None:
    found = {line.id: line for line in rate_lines("CNY", day)}
    assert found["private_4lpr"].annual_rate == Decimal(rate)
    assert "private_4lpr" not in {line.id for line in rate_lines("CNY", date(2020, 8, 19))}


def test_every_line_names_its_source_and_one_measure() -> None:
    for code in ("CNY", "USD", "GBP"):
        lines = rate_lines(code, date(2029, 1, 1))
        assert lines
        for line in lines:
            assert (line.annual_rate is None) != (line.total_cost is None)
            assert all((line.source, line.applies_zh, line.applies_en, line.as_of))
            assert line.confidence in ("seen-text", "seen-2nd", "general", "inferred")
            assert line.status in ("law", "regulation", "guidance", "court practice", "reported")
    assert rate_lines("EUR", date(2029, 1, 1)) == []


def test_a_rest_that_stays_counts_as_owed() -> None:
    # 12,000 at 1 % a month, 500 a month given for 12 months: 12,000 x 1.01^12 - 500 x 12.682503 = 7,180.65 stays.
    terms = plain(fixed_instalment_minor=50_000, final=Final.KEEPS_BALANCE)
    made = build_schedule(terms)
    assert abs(made.rows[-1].balance_minor - 718_065) <= 6  # interest is rounded once a row
    cost = find_cost(terms)
    assert cost is not None
    assert float(cost.effective) == pytest.approx(1.01**12 - 1, abs=0.001)
