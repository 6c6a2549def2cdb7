"""`planner calc` under bad input, as a stream, and against its published schema."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

import planner.engine.calc
from planner.engine.calc import answer_lines, calculate
from planner.engine.errors import TermsError
from tests.engine.contracts import contract
from tests.engine.test_calc_vectors import ANSWERS, CASES

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads(Path(planner.engine.calc.__file__).with_name("calc.schema.json").read_text("utf-8"))


def answer(inputs: Any, kind: str = "schedule") -> dict[str, Any]:
    """What one question is answered."""
    (line,) = answer_lines([json.dumps({"id": "x", "kind": kind, "inputs": inputs})])
    return json.loads(line)


def refusal(inputs: Any, kind: str = "schedule") -> tuple[str, str]:
    error = answer(inputs, kind)["error"]
    assert error["message"]
    return error["field"], error["code"]


def test_the_published_schema_accepts_every_case_and_every_answer() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    questions, answers = Draft202012Validator(SCHEMA), Draft202012Validator(SCHEMA | {"$ref": "#/$defs/answer"})
    for case in CASES:
        questions.validate({"id": case["id"], "kind": case["kind"], "inputs": case["inputs"]})
        answers.validate(ANSWERS[case["id"]])
    answers.validate(answer({}))
    assert not questions.is_valid({"id": 1, "kind": "schedule", "inputs": contract(method="magic")})


@pytest.mark.parametrize("left_out", ["currency", "start_date", "disbursements", "nominal_annual_rate_pct", "method",
                                      "installments", "frequency", "day_count", "rounding"])  # fmt: skip
def test_what_is_missing_is_named(left_out: str) -> None:
    assert refusal({k: v for k, v in contract().items() if k != left_out}) == (left_out, "missing")


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"nominal_annual_rate_pct": True}, "nominal_annual_rate_pct", "not_a_number"),
        ({"nominal_annual_rate_pct": "NaN"}, "nominal_annual_rate_pct", "not_a_number"),
        ({"nominal_annual_rate_pct": "1e999"}, "nominal_annual_rate_pct", "not_a_number"),
        ({"nominal_annual_rate_pct": "-1"}, "nominal_annual_rate_pct", "out_of_range"),
        ({"nominal_annual_rate_pct": "１２"}, "nominal_annual_rate_pct", "not_a_number"),
        ({"installments": 10**9}, "installments", "out_of_range"),
        ({"installments": True}, "installments", "not_a_whole_number"),
        ({"installments": 0}, "installments", "out_of_range"),
        ({"installments": "6"}, "installments", "not_a_whole_number"),
        ({"disbursements": [{"date": "2024-01-01", "amount": "1e20"}]}, "disbursements", "out_of_range"),
        ({"disbursements": [{"date": "2024-01-01", "amount": "0"}]}, "disbursements", "out_of_range"),
        ({"disbursements": [{"date": "2024-13-01", "amount": "1"}]}, "disbursements[0].date", "not_a_date"),
        ({"disbursements": [{"date": "2023-12-31", "amount": "1"}]}, "disbursements", "before_start"),
        ({"start_date": "1800-01-01"}, "start_date", "out_of_range"),
        ({"start_date": "2024-02-30"}, "start_date", "not_a_date"),
        ({"frequency": {"unit": "month", "every": 0}}, "frequency.every", "out_of_range"),
        ({"frequency": {"unit": "moon", "every": 1}}, "frequency.unit", "not_one_of"),
        ({"rounding": {"interest": {"step": "-1", "mode": "up"}, "installment": {}}}, "rounding.interest.step", "out_of_range"),
        ({"grace": {"principal": 6}}, "grace", "leaves_no_instalment"),
        ({"method": "fixed_plan"}, "principal_plan", "one_for_each_instalment"),
        ({"method": "pct_of_balance"}, "pct_of_balance", "missing"),
        ({"method": "fixed_payment"}, "fixed_installment", "missing"),
        ({"balloon": "101"}, "balloon", "out_of_range"),
        ({"due_dates": ["2024-02-01", "2024-02-01"]}, "due_dates", "not_ascending"),
        ({"fees": [{"when": "installment", "amount": "1"}]}, "fees[0].n", "missing"),
        ({"fixed_installment": "0.10"}, "allow_negative_amortization", "negative_amortisation"),
    ],
)  # fmt: skip
def test_bad_contracts_are_refused_by_field(changes: dict[str, Any], field: str, code: str) -> None:
    assert refusal(contract(**changes)) == (field, code)


def settling(paid: int, on: str) -> dict[str, Any]:
    return {"question": "settlement", "loan": contract(), "paid_installments": paid, "settlement_date": on}


def years(day_count: str, *pair: str) -> dict[str, Any]:
    return {"question": "year_fraction", "day_count": day_count, "pairs": [list(pair)]}


NO_DEBTS = {"currency": {"code": "USD", "minor_digits": 2}, "strategy": "snowball", "debts": []}


@pytest.mark.parametrize(
    ("kind", "inputs", "field", "code"),
    [
        ("apr", {"convention": "xirr", "flows": []}, "flows", "missing"),
        ("apr", {"convention": "x"}, "convention", "not_one_of"),
        ("payoff", NO_DEBTS, "debts", "missing"),
        ("payoff", NO_DEBTS | {"strategy": "custom", "debts": [{}]}, "debts[0].id", "missing"),
        ("corner", {"question": "why"}, "question", "not_one_of"),
        ("corner", {"question": "round", "value": "1", "step": "1", "mode": "sideways"}, "mode", "not_one_of"),
        ("corner", years("PERIOD", "2024-01-01", "2024-02-01"), "day_count", "needs_frequency"),
        ("corner", years("ACT/365", "2024-02-01", "2024-01-01"), "pairs[0]", "end_before_start"),
        ("corner", settling(9, "2024-02-01"), "paid_installments", "out_of_range"),
        ("corner", settling(2, "2024-02-01"), "settlement_date", "before_last_due_date"),
        ("schedule", None, "inputs", "not_an_object"),
        ("loan", {}, "kind", "not_one_of"),
    ],
)
def test_bad_questions_are_refused_by_field(kind: str, inputs: Any, field: str, code: str) -> None:
    assert refusal(inputs, kind) == (field, code)


def flows(*amounts: int) -> dict[str, Any]:
    streams = [
        {"type": "advance" if a > 0 else "payment", "amount": str(abs(a)), "first": {"years": n}}
        for n, a in enumerate(amounts)
    ]
    return {"convention": "xirr", "flows": streams}


def test_flows_without_a_rate_or_with_several_are_told_apart() -> None:
    assert refusal(flows(100, 100), "apr") == ("flows", "no_rate")
    assert refusal(flows(-100, 230, -132), "apr") == ("flows", "several_rates"), "10 % and 20 %"
    assert answer(flows(100, -110), "apr")["result"] == {"apr_pct": "10"}


def test_a_line_that_is_not_json_answers_with_id_null_and_stops_nothing() -> None:
    good = json.dumps(
        {"id": 7, "kind": "corner", "inputs": {"question": "round", "value": "2.5", "step": "1", "mode": "half_even"}}
    )
    lines = [
        "{",
        "[]",
        "nonsense",
        '{"id": 1, "kind": "apr", "inputs": NaN}',
        "[" * 100_000,
        b"\xff\xfe",
        "",
        "  \n",
        good,
    ]
    answers = [json.loads(line) for line in answer_lines(lines)]
    assert [a["id"] for a in answers] == [None] * 6 + [7]
    assert {a["error"]["field"] for a in answers[:6]} == {"line"}
    assert answers[-1]["result"] == {"result": "2"}


def test_answers_come_as_the_lines_are_read() -> None:
    read: list[int] = []

    def lines() -> Iterator[str]:
        for n in range(3):
            read.append(n)
            yield json.dumps({"id": n, "kind": "apr", "inputs": flows(100, -110)})

    answered = answer_lines(lines())
    next(answered)
    assert read == [0]


def test_the_same_figures_from_numbers_and_from_strings() -> None:
    """JSON numbers are read digit by digit: 0.1 is a tenth."""
    assert answer(contract(nominal_annual_rate_pct=7.1)) == answer(contract(nominal_annual_rate_pct="7.1"))


WORDS = st.sampled_from(["1", "2024-01-31", "half_up"])
NAMES = st.sampled_from(["date", "amount", "pct", "from", "to", "n", "step", "mode", "unit"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)
FIELDS = [*contract(), "fees", "grace", "rate_changes", "due_dates", "balloon", "pct_of_balance", "extra_principal"]


@given(name=st.sampled_from(FIELDS), value=JSON)
@settings(max_examples=300, deadline=None)
def test_whatever_stands_in_a_field_is_answered_or_refused_by_name(name: str, value: Any) -> None:
    found = answer(contract(**{name: value}))
    assert ("error" in found) != ("result" in found)
    if "error" in found:
        assert found["error"]["code"] != "cannot_be_computed"


def test_calculate_raises_what_the_lines_report() -> None:
    with pytest.raises(TermsError) as raised:
        calculate("schedule", contract(method="magic"))
    assert raised.value.field == "method"


def test_the_engine_is_imported_quickly_and_alone() -> None:
    """Less than three times what the standard modules under it take, so that a busy machine cannot decide the test.

    The bar of 60 ms is measured by benchmarks/engine.py.
    """
    code = (
        "import sys; from time import process_time as now; a = now(); "
        "import bisect, calendar, dataclasses, decimal, enum, fractions, json, re, typing; b = now(); "
        "import planner.engine.calc, planner.engine.decode; c = now(); print((c - b) / (b - a), "
        "*(m for m in ('flask', 'sqlalchemy', 'numpy', 'pyxirr', 'highspy') if m in sys.modules))"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
        ).stdout.split()
        for _ in range(5)
    ]
    assert {len(run) for run in runs} == {1}, "only the engine and the standard library"
    assert min(float(run[0]) for run in runs) < 3
