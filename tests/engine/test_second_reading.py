"""Random contracts, read a second time by naive.py: the engine gives the same rows to the cent."""

from __future__ import annotations

import json
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from planner.engine.calc import answer_lines

from . import naive

MODES = ("half_up", "half_even", "ceiling", "floor", "up", "down")
METHODS = ("annuity", "equal_principal", "interest_only", "flat", "fixed_payment", "pct_of_balance")
FREQUENCIES = (("month", 1), ("month", 1), ("month", 3), ("week", 1), ("week", 2), ("day", 10), ("year", 1))
DAY_COUNTS = ("PERIOD", "30/360-PERIOD", "ACT/365", "ACT/360", "ACT/364", "ACT/ACT-ISDA", "ACT/ACT-DEC31",
              "ACT/ACT-FEB29", "30E/360", "30U/360")  # fmt: skip
RATES = st.sampled_from(("0", "3", "6", "9.4822", "15", "18.25", "36"))


@st.composite
def contracts(draw: st.DrawFn) -> dict[str, Any]:
    """A contract in the words of FORMAT.md, with some of what makes contracts hard."""
    start, method = draw(st.dates(date(2023, 1, 1), date(2029, 1, 1))), draw(st.sampled_from(METHODS))
    unit, every = draw(st.sampled_from(FREQUENCIES))
    amount = draw(st.sampled_from(("1000", "20000", "12345.67", "99.99")))
    no_end = method in ("fixed_payment", "pct_of_balance")
    case: dict[str, Any] = {
        "currency": {"code": "CNY", "minor_digits": 2}, "start_date": str(start), "method": method,
        "disbursements": [{"date": str(start), "amount": amount}], "nominal_annual_rate_pct": draw(RATES),
        "installments": None if no_end else draw(st.integers(1, 14)), "frequency": {"unit": unit, "every": every},
        "day_count": draw(st.sampled_from(DAY_COUNTS)), "month_end_rule": draw(st.sampled_from(("clamp", "next_month_first"))),
        "rounding": {"interest": {"step": "0.01", "mode": draw(st.sampled_from(MODES))},
                     "installment": {"step": draw(st.sampled_from(("0.01", "0.05", "1"))), "mode": draw(st.sampled_from(MODES))}},
    }  # fmt: skip
    third = str(round(float(amount) / draw(st.sampled_from((3, 6, 10))), 2))
    if method == "fixed_payment":
        case["fixed_installment"] = third
    if method == "pct_of_balance":
        base = draw(st.sampled_from(("balance", "balance_plus_interest")))
        case["pct_of_balance"] = {"pct": draw(st.sampled_from(("2", "5", "10"))), "minimum": third, "base": base}
    return case if method == "flat" else draw(harder(case, start, third))


@st.composite
def harder(draw: st.DrawFn, case: dict[str, Any], start: date, part: str) -> dict[str, Any]:
    """The same with what may happen on the way."""
    days = st.integers(1, 400 if case["frequency"]["unit"] in ("month", "year") else 60)
    dates = st.lists(days.map(lambda n: str(start + timedelta(n))), max_size=2, unique=True).map(sorted)
    if draw(st.booleans()):
        case["first_due_date"] = str(start + timedelta(draw(st.integers(1, 60))))
    case["rate_changes"] = [
        {"effective": on, "nominal_annual_rate_pct": draw(RATES), "resolve": draw(st.booleans())} for on in draw(dates)
    ]
    effects = st.sampled_from(("reduce_term", "reduce_installment"))
    case["extra_principal"] = [{"date": on, "amount": part, "effect": draw(effects)} for on in draw(dates)]
    if draw(st.booleans()):
        first = start + timedelta(draw(days))
        case["interest_pauses"] = [{"from": str(first), "to": str(first + timedelta(draw(st.integers(1, 50))))}]
    if draw(st.booleans()):
        case["grace"] = {
            draw(st.sampled_from(("principal", "interest_payment", "interest_free"))): draw(st.integers(1, 3))
        }
    if draw(st.integers(0, 3)) == 0:
        case["disbursements"].append({"date": str(start + timedelta(draw(st.integers(1, 30)))), "amount": part})
    if draw(st.integers(0, 4)) == 0:
        case["installment_basis"] = "period_rate"
    return case


@settings(max_examples=400, deadline=None)
@given(contracts())
def test_the_engine_and_a_second_reading_give_the_same_rows(case: dict[str, Any]) -> None:
    answer, expected = asked(case), read_again(case)
    if "error" in answer:
        assert is_refused_for_a_reason(case, answer["error"]["field"], expected), answer["error"]
    elif expected is None:
        assert answer["result"]["pays_off"] is False
    else:
        rows = answer["result"]["rows"]
        assert [row["due_date"] for row in rows] == [str(row.due) for row in expected]
        found = [tuple(Fraction(row[name]) for name in ("principal", "interest", "balance")) for row in rows]
        assert found == [(row.principal, row.interest, row.balance) for row in expected]


def asked(case: dict[str, Any]) -> dict[str, Any]:
    """What `planner calc` answers; a contract without a number of rows is a corner case there."""
    kind, inputs = ("schedule", case) if case["installments"] else ("corner", {"question": "schedule", "loan": case})
    return json.loads(next(answer_lines([json.dumps({"id": "1", "kind": kind, "inputs": inputs})])))


def read_again(case: dict[str, Any]) -> list[naive.Row] | None:
    """The second reading; None when the payments do not exceed the interest."""
    try:
        return naive.schedule(case)
    except naive.NeverEndsError:
        return None


def is_refused_for_a_reason(case: dict[str, Any], field: str, expected: list[naive.Row] | None) -> bool:
    """A debt that grows, a grace that leaves no instalment, money paid out after the last one."""
    if field == "allow_negative_amortization":
        return expected is None
    if field == "grace":
        return bool(case["grace"]["principal"] >= case["installments"])
    return field == "disbursements" and max(p["date"] for p in case["disbursements"]) >= str(naive.Loan(case).dues[-1])
