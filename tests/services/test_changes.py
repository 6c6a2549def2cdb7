"""What was changed, in words: every kind of row, and what nobody foresaw."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from planner import changing
from planner.consent import changes
from planner.consent.changes import Line, describe
from planner.consent.fields import COLUMNS
from planner.engine.contract import terms_from_dict
from planner.engine.contract_writing import terms_to_dict
from planner.engine.late import LateRules, late_to_dict
from planner.extensions import db
from planner.models import Base, BudgetLine, Case, Loan, Payment
from tests.factories import Household


@pytest.fixture
def english(app: Flask, household: Household) -> Any:
    with app.test_request_context("/?lang=en"):
        yield household


def changed(model: str, before: dict[str, Any], after: dict[str, Any], row_id: int | None = 1) -> dict[str, Any]:
    return {"action": "change", "model": model, "row_id": row_id, "before": before, "after": after, "children": []}


def test_a_budget_line_tells_amount_day_and_rhythm(english: Household) -> None:
    before = {"amount_minor": 240000, "frequency": "monthly", "starts_on": "2026-12-01", "necessity": "essential"}
    after = {"amount_minor": 220050, "frequency": "weekly", "starts_on": None, "necessity": "flexible"}
    assert describe(changed("BudgetLine", before, after), "CNY") == [
        ("Amount each time", "¥2,400", "¥2,200.50"), ("How often?", "Every month", "Every week"),
        ("First date", "1\u00a0Dec\u00a02026", ""), ("Essential or flexible?", "Essential", "Flexible"),
    ]  # fmt: skip


def test_a_contract_tells_only_what_differs(english: Household) -> None:
    loan = db.session.get_one(Loan, english.loan_ids["haier"])
    old = terms_from_dict(loan.terms)
    new = terms_to_dict(old) | {"nominal_annual_rate_pct": "7.5", "installments": old.instalments + 2}
    new.pop("payments", None)
    new["method"] = "annuity"
    told = describe(changed("Loan", {"terms": loan.terms}, {"terms": new}), "CNY")
    labels = {line.label: (line.before, line.after) for line in told}
    assert labels["Yearly rate in the contract"][1] == "7.5%"
    assert labels["Number of instalments"] == (str(old.instalments), str(old.instalments + 2))
    assert "Amount borrowed" not in labels
    assert "Paid out on" not in labels


def test_a_new_loan_tells_its_contract_in_its_own_currency(english: Household) -> None:
    loan = db.session.get_one(Loan, english.loan_ids["haier"])
    values = changing.values_of(loan) | {"currency": "USD"}
    values["terms"] = values["terms"] | {"currency": {"code": "USD", "minor_digits": 2}}
    told = {line.label: line.after for line in describe(changed("Loan", {}, values), "CNY")}
    assert told["Amount borrowed"].startswith("$")
    assert told["Paid out on"].endswith("2026")


def test_a_contract_nobody_can_read_breaks_nothing(english: Household) -> None:
    for terms in ({"method": "??"}, "x", [1], {"currency": 5}, 7, {"pauses": 5}):
        told = describe(changed("Loan", {}, {"terms": terms, "late_rules": {"order": terms}}), "CNY")
        assert [line.label for line in told] == ["What the contract says", "What the contract says"], terms


def test_late_rules_read_as_their_form(english: Household) -> None:
    rules = late_to_dict(LateRules(annual_rate=Decimal("0.18"), late_fee_minor=5000))
    told = describe(changed("Loan", {"late_rules": None}, {"late_rules": rules}), "CNY")
    assert Line("Penalty rate", "", "18%") in told
    assert Line("Fee for each late instalment", "", "¥50") in told


def test_what_has_no_words_gets_a_plain_line(english: Household) -> None:
    told = describe(changed("Something", {"big_minor": 1}, {"big_minor": 2, "x": {"a": 1}, "loan_id": 7}), "CNY")
    assert told == [("Big", "1", "2"), ("X", "", "{'a': 1}")]
    assert changes.title({"model": "Something", "action": "??"}) == "Changed: Entry"
    assert describe({}, "CNY") == []


def test_no_value_breaks_a_line(english: Household) -> None:
    for model, names in COLUMNS.items():
        for name in names:
            for value in ("§ nonsense §", -5, {"a": []}, ["x"], 10**30, True):
                told = describe(changed(model, {}, {name: value}), "CNY")
                assert all(line.label and line.after for line in told), (model, name, value)


def test_every_column_with_words_exists(english: Household) -> None:
    tables = {mapper.class_.__name__: mapper for mapper in Base.registry.mappers}
    wrong = [(model, name) for model, names in COLUMNS.items() for name in names if name not in tables[model].columns]
    assert not wrong
    assert set(changes.NOUNS) == set(COLUMNS)


def test_titles_name_the_row_and_payments_the_loan(english: Household) -> None:
    case = db.session.get_one(Case, english.case_id)
    rent = db.session.scalars(
        select(BudgetLine).where(BudgetLine.case_id == case.id, BudgetLine.kind == "expense")
    ).first()
    loan = db.session.get_one(Loan, english.loan_ids["haier"])
    paid = Payment(
        case_id=case.id, loan_id=loan.id, amount_minor=100, paid_on=date(2026, 12, 1), created_at=case.created_at
    )
    db.session.add(paid)
    db.session.flush()
    assert rent is not None
    told = changes.tell(case, [
        changed("BudgetLine", {"amount_minor": 1}, {"amount_minor": 2}, rent.id),
        changed("Payment", {"reversed_on": None}, {"reversed_on": "2026-12-09"}, paid.id),
        {"action": "add", "model": "Loan", "row_id": None, "before": {}, "after": changing.values_of(loan),
         "children": [{"action": "add", "model": "Payment", "row_id": None, "before": {}, "after": {"amount_minor": 5},
                       "children": []}]},
    ])  # fmt: skip
    assert told[0].title == f"Changed: Expense ({rent.name})"
    assert told[1].title == f"Changed: Payment on a loan, {loan.title}"
    assert told[1].lines == [("Taken back on", "", "9\u00a0Dec\u00a02026")]
    assert told[2].title == f"Added: Loan ({loan.name or loan.creditor})"
    assert [line.after for line in told[2].children[0].lines] == ["¥0.05"]


def test_a_row_of_another_case_is_not_named(english: Household) -> None:
    other = db.session.get_one(Case, english.stranger_case_id)
    told = changes.tell(
        other, [changed("Loan", {"is_priority": False}, {"is_priority": True}, english.loan_ids["haier"])]
    )
    assert [(each.title, each.lines[0].after) for each in told] == [("Changed: Loan", "Yes")]
