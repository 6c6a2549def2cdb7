"""What differs between countries is data; here its shape is held to."""

from __future__ import annotations

import pytest

from planner.engine.budget import Kind, Necessity
from planner.packs import categories


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
