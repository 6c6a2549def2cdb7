"""What other systems read: the SFS-compatible statement, Fineract, Frappe, the calendar of agreed dates."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import ics
import jsonschema
import pytest
from flask import Flask
from flask_babel import force_locale
from icalendar import Calendar

from planner import packs
from planner.documents import agreed_dates, lender_systems, sfs_json
from planner.documents.asking import KINDS
from planner.documents.proposal import (
    PARTS,
    Asked,
    BudgetItem,
    BudgetStatement,
    CreditorShare,
    ProposalDocument,
)
from tests.documents.values import make, rows_of

STRUCTURE = json.loads((Path(sfs_json.__file__).parent / "sfs_compatible.schema.json").read_text("utf-8"))
FINERACT = {
    "rescheduleFromDate", "graceOnPrincipal", "graceOnInterest", "extraTerms", "newInterestRate", "adjustedDueDate", "emi",
    "endDate", "rescheduleReasonId", "rescheduleReasonComment", "submittedOnDate", "dateFormat", "locale",
}  # fmt: skip


@pytest.fixture
def english(context: Flask) -> Any:
    """A function that calls another with an English reader."""

    def call(function: Callable[[ProposalDocument], Any], document: ProposalDocument, lang: str = "en") -> Any:
        with context.test_request_context(), force_locale(lang):
            return function(document)

    return call


def uk_month() -> ProposalDocument:
    """A British household: every heading once, amounts of different digits, and three debts of which one is a token."""
    items, totals = [], {"income": 0, "essential": 0, "flexible": 0, "savings": 0}
    for k, heading in enumerate(packs.categories("uk").values()):
        group = "income" if heading.kind == "income" else heading.necessity or "essential"
        items.append(BudgetItem(heading.en, group, 10000 + 7 * k if group == "income" else 1000 + 3 * k, heading.key))
        totals[group] += items[-1].monthly_minor
    left = totals["income"] - totals["essential"] - totals["flexible"] - totals["savings"]
    budget = BudgetStatement(
        totals["income"], totals["essential"], totals["flexible"], totals["savings"], left, 5000, tuple(items)
    )
    shares = (
        CreditorShare(1, "Bank", None, 50000, 2000, 100, False, True),
        CreditorShare(2, "Council", None, 90000, 5000, 5000, True, False),
    )
    return make(("reduce",), code="GBP", budget=budget, creditors=shares)


def as_json(content: bytes) -> Any:
    """JSON with exact numbers."""
    return json.loads(content, parse_float=Decimal)


@pytest.mark.parametrize("code", ["GBP", "CNY", "USD", "JPY", "KWD", "EUR"])
@pytest.mark.parametrize("lang", ["en", "zh_Hans_CN"])
def test_the_statement_fits_the_structure_in_every_currency(english: Any, code: str, lang: str) -> None:
    content = english(sfs_json.to_bytes, make(("reduce", "settle"), code=code, count=2), lang)
    jsonschema.Draft202012Validator(STRUCTURE).validate(
        json.loads(content)
    )  # with binary fractions, as most readers do
    found = as_json(content)
    assert all(-number.as_tuple().exponent <= 2 for number in numbers(found)), "nothing finer than a cent"  # type: ignore[operator]  # no NaN
    assert any(code in note for note in found["notes"])
    assert "SFS" not in json.dumps(found, default=str)


def numbers(value: Any) -> Iterator[Decimal]:
    """Every fraction in a JSON value."""
    if isinstance(value, Decimal):
        yield value
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from numbers(part)


def test_the_structure_refuses_what_is_missing_or_more(english: Any) -> None:
    check = jsonschema.Draft202012Validator(STRUCTURE)
    found = as_json(english(sfs_json.to_bytes, make()))
    assert check.is_valid(found)
    assert not check.is_valid({key: value for key, value in found.items() if key != "debts"})
    assert not check.is_valid(found | {"client": "x"})
    assert not check.is_valid(found | {"monthly-income": found["monthly-income"] | {"total-earnings": "5"}})


def test_each_british_heading_lands_in_its_total_and_the_formulae_hold(english: Any) -> None:
    document = uk_month()
    found = english(sfs_json.summary, document)
    fixed, flexible = found["monthly-outgoings"]["fixed-costs"], found["monthly-outgoings"]["flexible-costs"]
    income, overview = found["monthly-income"], found["overview"]
    cents = {k: round(v * 100) for part in (income, fixed, flexible, overview) for k, v in part.items()}
    expected: dict[str, int] = {}
    for item in document.budget.items if document.budget else ():
        named = packs.categories("uk")[item.heading].sfs or ""
        expected[named] = expected.get(named, 0) + item.monthly_minor
    assert {key: cents[key] for key in expected} == expected
    assert cents["total-monthly-income"] == sum(cents[key] for key in sfs_json.INCOME)
    assert cents["total-fixed-costs"] == sum(cents[key] for key in sfs_json.FIXED)
    assert cents["total-flexible-costs"] == sum(cents[key] for key in sfs_json.FLEXIBLE)
    assert cents["total-monthly-outgoings"] == cents["total-fixed-costs"] + cents["total-flexible-costs"]
    left = cents["total-monthly-income"] - cents["total-monthly-outgoings"] - cents["savings-contribution"]
    assert cents["total-available-for-priority-debts"] == left
    assert cents["total-available-for-non-priority-debts"] == left - 5000
    assert found["debts"] == {
        "priority-debts": [{"creditor": "Council", "amount-owed": 900, "repayment-offer": 50}],
        "total-priority-debts": 900,
        "non-priority-debts": [{"creditor": "Bank", "amount-owed": 500, "repayment-offer": 1, "ccj": False}],
        "total-non-priority-debts": 500, "token-payments": 1,
    }  # fmt: skip
    assert found["confirmations"] == {"asset-use-considered": False, "savings-contribution-considered": True}


def test_lines_without_such_a_heading_go_to_the_other_total_of_their_part(english: Any) -> None:
    items = (
        BudgetItem("奖金", "income", 100, "bonus"), BudgetItem("赡养", "essential", 200, "elders"),
        BudgetItem("人情", "flexible", 300, "gifts"), BudgetItem("存", "savings", 400, "no such key"),
    )  # fmt: skip
    value = make(budget=BudgetStatement(150, 200, 300, 400, -750, 0, items))
    found = english(sfs_json.summary, value)
    assert found["monthly-income"]["total-other-income"] == 1.5  # 0.50 more than its one line
    assert found["monthly-outgoings"]["fixed-costs"]["total-other-essential"] == 2
    assert found["monthly-outgoings"]["flexible-costs"]["total-personal"] == 3
    assert found["overview"]["savings-contribution"] == 4
    assert "total-personal holds: 人情" in found["notes"]


@pytest.mark.parametrize("shown", [(), ("budget",), ("other_creditors",)])
def test_there_is_no_statement_without_the_month_or_the_other_creditors(english: Any, shown: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="not shown"):
        english(sfs_json.to_bytes, make(("reduce", "rate")).copy_for(1, shown))


FINERACT_CASES = {
    "reduce": {"emi": 1240, "endDate": "2031-12-18", "rescheduleFromDate": "2027-01-18"},
    "reduce_until": {"emi": 900, "endDate": "2027-12-18"},
    "postpone": {"graceOnPrincipal": 3, "graceOnInterest": 3, "extraTerms": 3},
    "rate": {"newInterestRate": 8.45},
    "freeze": {"newInterestRate": 0},
    "longer": {"extraTerms": 12},
    "move_due": {"adjustedDueDate": "2027-01-25", "rescheduleFromDate": "2027-01-18"},
    "settle": {"rescheduleFromDate": "2027-02-18"},
}
FRAPPE_CASES = {
    "reduce": {"new_repayment_method": "Repay Fixed Amount per Period", "new_monthly_repayment_amount": 1240},
    "reduce_until": {"new_repayment_method": "Repay Fixed Amount per Period", "new_monthly_repayment_amount": 900},
    "postpone": {"treatment_of_normal_interest": "Capitalize", "unaccrued_interest_treatment": "Capitalize"},
    "rate": {"new_rate_of_interest": 8.45},
    "freeze": {"new_rate_of_interest": 0},
    "longer": {"new_repayment_method": "Repay Over Number of Periods", "new_repayment_period_in_months": 60},
    "move_due": {"repayment_start_date": "2027-01-25"},
    "settle": {},
}


@pytest.mark.parametrize("kind", KINDS)
def test_fineract_gets_the_fields_of_the_request_and_no_other(english: Any, kind: str) -> None:
    found = json.loads(english(lender_systems.fineract_bytes, make((kind,)).copy_for(1, ())))
    always = {"rescheduleFromDate", "rescheduleReasonComment", "submittedOnDate", "dateFormat", "locale"}
    assert set(found) == always | set(FINERACT_CASES[kind])
    assert found.keys() <= FINERACT
    assert {key: found[key] for key in FINERACT_CASES[kind]} == FINERACT_CASES[kind]
    assert (found["submittedOnDate"], found["dateFormat"], found["locale"]) == ("2026-12-09", "yyyy-MM-dd", "en")
    assert len(found["rescheduleReasonComment"]) <= 500


@pytest.mark.parametrize("kind", KINDS)
def test_frappe_gets_the_fields_of_the_request_and_no_other(english: Any, kind: str) -> None:
    found = json.loads(english(lender_systems.frappe_bytes, make((kind,)).copy_for(1, ())))
    always = {"doctype", "restructure_date", "pre_restructure_dpd", "reason_for_restructure"}
    usual = set() if kind == "settle" else {"restructure_type", "repayment_start_date"}
    assert set(found) == always | usual | set(FRAPPE_CASES[kind])
    assert {key: found[key] for key in FRAPPE_CASES[kind]} == FRAPPE_CASES[kind]
    assert found["pre_restructure_dpd"] == 0
    assert found.get("restructure_type", "Normal Restructure") == "Normal Restructure"


@pytest.mark.parametrize("treatment", ["waived", "capitalised", "on_first", "spread", None])
def test_the_treatment_of_deferred_interest_is_never_guessed(english: Any, treatment: str | None) -> None:
    value = make(("postpone",))
    asked = replace(value.requests[0].asked, interest=treatment)
    copy = replace(value, requests=(replace(value.requests[0], asked=asked),)).copy_for(1, ())
    fineract, frappe = english(lender_systems.fineract, copy), english(lender_systems.frappe, copy)
    known = {"capitalised": "Capitalize", "on_first": "Add To First EMI"}.get(treatment or "")
    assert frappe.get("treatment_of_normal_interest") == known
    assert ("no field" in frappe["reason_for_restructure"]) == (known is None)
    assert ("no field" in fineract["rescheduleReasonComment"]) == (treatment != "on_first")


@pytest.mark.parametrize("interest", ["waived", None])
def test_interest_that_rests_under_a_lower_instalment_is_said_where_no_field_is(
    english: Any, interest: str | None
) -> None:
    value = make(("reduce_until",))
    asked = replace(value.requests[0].asked, interest=interest)
    copy = replace(value, requests=(replace(value.requests[0], asked=asked),)).copy_for(1, ())
    fineract, frappe = english(lender_systems.fineract, copy), english(lender_systems.frappe, copy)
    for comment in (fineract["rescheduleReasonComment"], frappe["reason_for_restructure"]):
        assert ("No interest is asked for until 2027-12-18; there is no field for it." in comment) == bool(interest)


def test_waived_interest_is_a_waiver_of_what_is_given_up(english: Any) -> None:
    value = make(("postpone",))
    asked = Asked("postpone", from_on=date(2027, 1, 18), count=1, interest="waived")
    copy = replace(value, requests=(replace(value.requests[0], asked=asked, forgiven_minor=12345),)).copy_for(1, ())
    assert english(lender_systems.frappe, copy)["interest_waiver_amount"] == 123.45


def test_days_past_due_are_counted_where_the_date_is_known_and_absent_where_not(english: Any) -> None:
    value = make(("reduce",))
    late = replace(value.requests[0], arrears_minor=500)
    unknown = english(lender_systems.frappe, replace(value, requests=(late,)).copy_for(1, ()))
    assert "pre_restructure_dpd" not in unknown
    assert "Days past due are not known" in unknown["reason_for_restructure"]
    overdue = replace(late.contract_rows[0], due_on=date(2026, 11, 18))
    known = replace(value, requests=(replace(late, contract_rows=(overdue, *late.contract_rows[1:])),))
    assert english(lender_systems.frappe, known.copy_for(1, ()))["pre_restructure_dpd"] == 21


def test_weekly_instalments_are_not_called_months(english: Any) -> None:
    value = make(("longer",), count=4)
    rows = tuple(replace(row, due_on=date(2027, 1, 18) + timedelta(days=7 * row.n)) for row in rows_of(4, 100))
    copy = replace(value, requests=(replace(value.requests[0], rows=rows),)).copy_for(1, ())
    assert "new_repayment_period_in_months" not in english(lender_systems.frappe, copy)


def test_the_lenders_files_need_one_lender(english: Any) -> None:
    for function in (lender_systems.fineract, lender_systems.frappe):
        with pytest.raises(KeyError):
            english(function, make())


def test_agreed_dates_are_whole_days_with_stable_names(english: Any) -> None:
    copy = make(("reduce",), count=3, review_on=date(2027, 3, 1)).copy_for(1, PARTS)
    content = english(agreed_dates.to_ics, copy)
    events = list(Calendar.from_ical(content).walk("VEVENT"))
    assert [(event.decoded("DTSTART"), str(event["SUMMARY"])) for event in events] == [
        (date(2026, 12, 23), "Plan: reply due"), (date(2027, 1, 18), "Plan: payment"), (date(2027, 2, 18), "Plan: payment"),
        (date(2027, 3, 1), "Plan: review"), (date(2027, 3, 18), "Plan: payment"),
    ]  # fmt: skip
    assert all(event.decoded("DTEND") - event.decoded("DTSTART") == timedelta(days=1) for event in events)
    uids = [str(event["UID"]) for event in events]
    later = Calendar.from_ical(english(agreed_dates.to_ics, replace(copy, number=2)))
    assert uids == [str(event["UID"]) for event in later.walk("VEVENT")]
    assert len(set(uids)) == 5
    assert len(ics.Calendar(content.decode()).events) == 5
    assert copy.sha256 in content.decode().replace("\r\n ", "")
    assert all(len(line) <= 75 for line in io.BytesIO(content).read().split(b"\r\n"))
