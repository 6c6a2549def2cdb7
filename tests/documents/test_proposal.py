"""The proposal value, its copies, and its JSON by the published schema."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.documents import json_file, proposal
from planner.documents.asking import KINDS
from planner.documents.proposal import PARTS, SCHEMA, from_json, to_json
from tests.documents.values import make

PUBLISHED = json.loads((Path(proposal.__file__).parent / "proposal.schema.json").read_text("utf-8"))
CHECK = jsonschema.Draft202012Validator(PUBLISHED, format_checker=jsonschema.FormatChecker())


@pytest.mark.parametrize("code", ["CNY", "JPY", "KWD"])
def test_the_value_survives_json_and_keeps_its_fingerprint(code: str) -> None:
    value = make(KINDS, code=code, count=4)
    again = from_json(json.loads(json.dumps(to_json(value))))
    assert again == value
    assert again.sha256 == value.sha256


@pytest.mark.parametrize("shown", [(), ("budget",), ("other_creditors",), PARTS])
def test_every_json_copy_fits_the_published_schema(shown: tuple[str, ...]) -> None:
    for n in range(1, 9):
        CHECK.validate(json.loads(json_file.to_bytes(make(KINDS, count=3).copy_for(n, shown))))


def test_the_borrowers_own_copy_and_a_bare_one_fit_too() -> None:
    bare = make(count=1, agency=None, cause=None, budget=None, evidence=(), review_on=None, borrower_name=None)
    for value in (make(KINDS), bare):
        CHECK.validate(json.loads(json_file.to_bytes(value)))


def test_the_schema_refuses_what_is_not_a_proposal() -> None:
    found = json.loads(json_file.to_bytes(make()))
    wrong: list[dict[str, Any]] = [
        {"creditors": []}, {"to": 0}, {"more": 1}, {"sha256": "x"}, {"created_on": "9 Dec"}, {"unit": {"code": "CNY"}},
        {"requests": [found["requests"][0] | {"opening": 1.5}]}, {"requests": [found["requests"][0] | {"rows": []}]},
        {"requests": [found["requests"][0] | {"asked": found["requests"][0]["asked"] | {"kind": "gift"}}]},
    ]  # fmt: skip
    for change in wrong:
        assert not CHECK.is_valid(found | change), change
    assert not CHECK.is_valid({key: value for key, value in found.items() if key != "creditors"})


def test_the_schema_names_exactly_the_fields_of_the_value() -> None:
    """A field added to the value must be published too."""
    parts = {
        "agency": proposal.Agency, "cause": proposal.Cause, "budget": proposal.BudgetStatement, "item": proposal.BudgetItem,
        "creditor": proposal.CreditorShare, "request": proposal.Request, "asked": proposal.Asked, "side": proposal.Side,
        "row": proposal.OfferRow, "evidence": proposal.EvidenceItem,
    }  # fmt: skip
    for name, kind in parts.items():
        fields = {field.name.removesuffix("_minor") for field in dataclasses.fields(kind)}
        assert set(PUBLISHED["$defs"][name]["properties"]) == fields, name
        assert set(PUBLISHED["$defs"][name]["required"]) == fields, name
        assert PUBLISHED["$defs"][name]["additionalProperties"] is False
    whole = {field.name for field in dataclasses.fields(proposal.ProposalDocument)}
    assert set(PUBLISHED["properties"]) == whole | {"schema", "sha256"}
    assert PUBLISHED["$id"] == PUBLISHED["properties"]["schema"]["const"] == SCHEMA


def test_anybody_can_work_the_fingerprint_out_from_the_json() -> None:
    found = json.loads(json_file.to_bytes(make().copy_for(1, PARTS)))
    printed = found.pop("sha256")
    canonical = json.dumps(found, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert hashlib.sha256(canonical.encode()).hexdigest() == printed


def test_any_change_changes_the_fingerprint() -> None:
    value = make(("reduce", "settle"))
    others = [
        make(("reduce", "settle"), number=2),
        make(("reduce", "rate")),
        value.copy_for(1, ()),
        value.copy_for(2, ()),
    ]
    assert len({value.sha256, *(other.sha256 for other in others)}) == 5


@given(st.sets(st.sampled_from(PARTS)))
def test_a_copy_keeps_its_request_and_only_what_is_ticked(shown: set[str]) -> None:
    full = make(("reduce", "settle"), count=3)
    copy = full.copy_for(1, shown)
    assert copy.main == full.request(1)
    assert copy.requests == (copy.main,)
    assert copy.addressee.creditor == full.creditor(1).creditor
    assert (copy.borrower_name is None) == ("name" not in shown)
    assert (copy.borrower_contact is None) == ("contact" not in shown)
    assert (copy.addressee.contract_number is None) == ("contract_number" not in shown)
    assert (copy.cause is None) == ("cause" not in shown)
    assert (copy.budget is None) == ("budget" not in shown)
    assert bool(copy.evidence) == ("evidence" in shown)
    others = [each for each in copy.creditors if each.n != 1]
    assert bool(others) == ("other_creditors" in shown)
    assert all(each.contract_number is None for each in others)
    assert all((each.creditor is None) == ("other_names" not in shown) for each in others)
    if copy.budget:
        assert (copy.budget.available_minor is None) == ("other_creditors" not in shown)


def test_nothing_is_addressed_to_a_creditor_nothing_is_asked_of() -> None:
    with pytest.raises(KeyError):
        make(("reduce",)).copy_for(2, PARTS)
