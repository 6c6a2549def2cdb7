"""What differs between countries is data; here its shape is held to."""

from __future__ import annotations

import pytest

from planner.engine.budget import Kind, Necessity
from planner.loans.sources import CONFIDENCES, STATUSES
from planner.packs import categories
from planner.packs.arrears import schemes, usual_penalty


@pytest.mark.parametrize("country", ["cn", "uk", "us"])
def test_every_heading_is_whole(country: str) -> None:
    found = categories(country).values()
    assert {c.kind for c in found} == {kind.value for kind in Kind}
    for heading in found:
        assert heading.zh
        assert heading.en
        assert (heading.necessity in {n.value for n in Necessity}) == (heading.kind == Kind.EXPENSE), heading.key
    assert len({h.en for h in found}) == len({h.zh for h in found}) == len(found)


def test_every_total_of_the_standard_statement_has_a_heading() -> None:
    """The keys are those of the toolkit's summary, reference/formats.md section 1, written out again."""
    fixed = [
        "rent", "mortgage", "secured-loans", "council-tax-rates", "other-home-contents", "gas", "electricity",
        "other-utilities", "total-water", "total-care-health", "total-transport-travel", "total-school",
        "total-pensions-insurances", "total-professional", "total-other-essential",
    ]  # fmt: skip
    flexible = ["total-communications-leisure", "total-food-housekeeping", "total-personal"]
    incomes = ["total-earnings", "total-benefits", "total-pensions", "total-other-income"]
    by_necessity = {
        name: [c.sfs for c in categories("uk").values() if c.necessity == name]
        for name in ("essential", "flexible", "savings")
    }
    assert by_necessity == {"essential": fixed, "flexible": flexible, "savings": ["savings-contribution"]}
    assert {c.sfs for c in categories("uk").values() if c.kind == Kind.INCOME} == set(incomes)


def test_a_country_without_a_set_is_an_error() -> None:
    with pytest.raises(FileNotFoundError):
        categories("xx")


@pytest.mark.parametrize(
    ("code", "days", "missed", "expected"),
    [
        ("CNY", 0, 0, ["N", "M0", "—"]), ("CNY", 1, 1, ["1", "M1", "—"]), ("CNY", 30, 1, ["1", "M1", "—"]),
        ("CNY", 31, 2, ["2", "M2", "—"]), ("CNY", 90, 3, ["3", "M3", "—"]), ("CNY", 91, 4, ["4", "M4", "次级"]),
        ("CNY", 180, 6, ["6", "M6", "次级"]), ("CNY", 181, 7, ["7", "M7", "次级"]), ("CNY", 361, 12, ["7", "M7", "损失"]),
        ("USD", 29, 1, ["<30"]), ("USD", 30, 1, ["30"]), ("USD", 400, 9, ["180"]),
        ("GBP", 95, 3, ["3"]), ("GBP", 400, 13, ["6"]), ("JPY", 40, 2, []),
    ],
)  # fmt: skip
def test_an_overdue_loan_stands_on_a_step_of_each_scheme(
    code: str, days: int, missed: int, expected: list[str]
) -> None:
    assert [scheme.step(days, missed).code for scheme in schemes(code)] == expected


@pytest.mark.parametrize("code", ["CNY", "GBP", "USD"])
def test_every_scheme_says_where_it_is_from_and_how_sure_we_are(code: str) -> None:
    for scheme in schemes(code):
        assert scheme.status in STATUSES
        assert scheme.confidence in CONFIDENCES
        assert scheme.source
        assert scheme.as_of
        assert [step.first for step in scheme.steps] == sorted({step.first for step in scheme.steps})
        assert scheme.steps[0].first == 0
        assert all(step.zh and step.en for step in scheme.steps)
    usual = usual_penalty(code)
    assert (usual is None) == (code != "CNY")
    assert usual is None or (usual.status in STATUSES and usual.confidence in CONFIDENCES)
