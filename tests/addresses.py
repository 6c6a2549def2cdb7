"""An address for each route, so that tests over the whole app need no list of their own."""

from __future__ import annotations

from typing import Any

from werkzeug.routing import Rule

from tests.factories import Household


def address_values(household: Household, rule: Rule) -> dict[str, Any]:
    """Something for each variable of a rule's address: what the household has where it matters, else the first row."""
    known: dict[str, Any] = {
        "case_id": household.case_id, "loan_id": household.loan_ids["haier"], "n": 6, "extension": "json", "ending": "json",
        "kind": "income", "to": "largest", "name": "payslip.pdf", "letter": "hold", "what": "paid", "signed": "x",
        "token": "x", "key": "x", "day": "2026-12-18",
    }  # fmt: skip
    return {name: known.get(name, 1) for name in rule.arguments}
