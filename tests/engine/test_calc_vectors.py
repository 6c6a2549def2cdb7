"""Every case of the shared loan vectors (numbers copied to vectors.json), through `planner calc`'s own lines."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from planner.engine.calc import answer_lines

CASES: list[dict[str, Any]] = json.loads(Path(__file__).with_name("vectors.json").read_text("utf-8"))
# Which tolerance of a case holds for which key of its answer, first found; nothing named means exact.
TOLERANCES = {"totals": ("totals", "money"), "installment": ("installment",), "year_fractions": ("year_fraction",)}
COUNTED = {"months", "payoff_month"}


def answers() -> dict[str, dict[str, Any]]:
    lines = [json.dumps({"id": c["id"], "kind": c["kind"], "inputs": c["inputs"]}) for c in CASES]
    return {answer["id"]: answer for answer in map(json.loads, answer_lines(lines))}


ANSWERS = answers()


def differences(expected: Any, got: Any, tolerance: dict[str, str], key: str, path: str) -> list[str]:
    """Where the answer differs from what is expected; only what is expected is asserted."""
    if isinstance(expected, dict):
        return [
            d
            for k, v in expected.items()
            for d in differences(v, (got or {}).get(k), tolerance, key or k, f"{path}.{k}")
        ]
    if isinstance(expected, list):
        if len(expected) != len(got or []):
            return [f"{path}: {len(expected)} expected, got {len(got or [])}"]
        return [
            d
            for n, (e, g) in enumerate(zip(expected, got, strict=True))
            for d in differences(e, g, tolerance, key, f"{path}[{n}]")
        ]
    if isinstance(expected, str) and isinstance(got, str) and is_number(expected):
        names = TOLERANCES.get(key, (key, "money"))
        allowed = Decimal(next((tolerance[name] for name in names if name in tolerance), "0"))
        return [] if abs(Decimal(expected) - Decimal(got)) <= allowed else [f"{path}: {expected} expected, got {got}"]
    return [] if expected == got else [f"{path}: {expected!r} expected, got {got!r}"]


def is_number(text: str) -> bool:
    return text.lstrip("-").replace(".", "", 1).isdigit()


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_a_case_of_the_shared_vectors(case: dict[str, Any]) -> None:
    answer = ANSWERS[case["id"]]
    assert "error" not in answer
    expected, got = dict(case["expected"]), answer["result"]
    rows = expected.pop("rows", None)
    if expected.pop("complete", False):
        assert len(rows) == got["row_count"]
    found = differences(expected, got, case["tolerance"], "", "result")
    for row in rows or ():
        found += differences(row, got["rows"][row["n"] - 1], case["tolerance"], "row", f"row {row['n']}")
    assert not found


def test_all_cases_are_there() -> None:
    assert len(CASES) == 182
    assert len({case["id"] for case in CASES}) == 182
