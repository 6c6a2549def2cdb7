"""The Plan tab's steps to all creditors: success, bad input, another user, a weaker role, two at once."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from planner.documents import plain
from planner.documents.proposal import Asked, from_json
from planner.engine.money import currency
from planner.extensions import db
from planner.models import BudgetLine, Case, Guideline, Loan, Proposal, ProposalItem, ProposalVersion
from tests import history
from tests.factories import Household
from tests.pages import get, post, words

CAUSE = {"cause": "income", "new_income": "6400", "cause_since": "2027-01-01", "cause_text": "厂里从 1 月起取消加班。"}
SENT_ON = "/preview"


@pytest.fixture
def plan(household: Household, borrower: FlaskClient) -> str:
    """The address of a new plan for all creditors, cause entered."""
    location = post(borrower, f"/c/{household.case_id}/plans", {}).removesuffix("/cause")
    post(borrower, f"{location}/cause", CAUSE)
    return location


@pytest.fixture
def single(household: Household, borrower: FlaskClient) -> str:
    """The address of a plan that starts from the consumer loan, cause entered."""
    location = post(borrower, f"/c/{household.case_id}/plans?loan_id={household.loan_ids['haier']}", {})
    post(borrower, location, CAUSE)
    return location.removesuffix("/cause")


def stored(app: Flask) -> Proposal:
    with app.app_context():
        return db.session.scalars(select(Proposal).order_by(Proposal.id.desc())).first() or pytest.fail("no proposal")


def asked_of(app: Flask, n: int) -> Asked | None:
    with app.app_context():
        item = db.session.scalars(select(ProposalItem).where(ProposalItem.n == n)).one()
        return plain.read(Asked, item.asked, currency("CNY")) if item.asked else None


def version_of(page: str) -> str:
    return re.search(r'name="version" value="(\d+)"', page).group(1)  # type: ignore[union-attr]


def offers(**more: str) -> dict[str, str]:
    """The form of the offer with every creditor asked."""
    return {f"n{n}-is_included": "y" for n in (1, 2, 3)} | more


def document(client: FlaskClient, address: str, query: str = "") -> Any:
    return json.loads(client.get(f"{address}/document.json{query}").data)


def test_a_plan_from_a_loan_carries_the_mock_ups_figures(borrower: FlaskClient, single: str) -> None:
    text = words(get(borrower, f"{single}/budget"))
    assert "From Jan 2027, ¥444.67 a month is missing" in text
    assert "快惠小贷 is not in the month: all that is left of it, ¥535.42, is overdue." in text
    form = {"n1-is_included": "y", "n1-offered": "1,240"}
    text = words(get(borrower, f"{single}/offer?n1-is_included=y&n1-offered=1240"))
    assert "¥576.67 less each time, 3 instalments more, ¥215.59 more in all." in text
    assert post(borrower, f"{single}/offer", form).endswith(SENT_ON)
    value = from_json(document(borrower, single))
    assert [(c.creditor, c.offered_minor) for c in value.creditors] == [
        ("海尔消费金融", 124_000),
        ("信用卡 2046", 40_000),
    ]
    [request] = value.requests
    assert request.asked == Asked("reduce", 124_000, date(2027, 1, 18))
    assert (request.offer.count, request.offer.total_minor, request.contract.total_minor) == (9, 1_111_557, 1_089_998)
    assert value.budget is not None
    assert value.budget.available_minor == 177_200


def test_all_creditors_share_the_surplus_to_the_cent(borrower: FlaskClient, plan: str) -> None:
    page = get(borrower, f"{plan}/offer")
    text = words(page)
    assert "Available ¥1,772 Offered ¥1,772 Left ¥0" in text
    assert "own cost, only later." in text
    assert "fits its share: there is nothing to ask for." in text
    assert post(borrower, f"{plan}/offer", offers()).endswith(SENT_ON)
    value = from_json(document(borrower, plan))
    assert value.offered_minor == 177_200
    assert [request.n for request in value.requests] == [1, 2]
    copy = from_json(document(borrower, plan, "?creditor=2"))
    assert (copy.to, copy.addressee.creditor) == (2, "快惠小贷")


def test_an_amount_is_worked_out_without_being_saved(app: Flask, borrower: FlaskClient, plan: str) -> None:
    text = words(get(borrower, f"{plan}/offer?n1-is_included=y&n2-is_included=y&n3-is_included=y&n1-offered=900"))
    assert "¥900.00" in text
    assert "¥900" not in words(get(borrower, f"{plan}/offer"))
    with app.app_context():
        assert db.session.scalars(select(ProposalItem.offered_minor)).all() == [None, None, None]


def test_too_large_an_offer_is_warned_of_and_taken_back_with_one_tap(
    app: Flask, borrower: FlaskClient, plan: str
) -> None:
    page = get(borrower, f"{plan}/offer?n1-is_included=y&n2-is_included=y&n3-is_included=y&n1-offered=1500")
    assert "The plan allows at most ¥1,772, for all lenders together." in words(page)
    assert "Offer ¥1,772 in all" in words(page)
    post(borrower, f"{plan}/offer", offers(**{"n1-offered": "1500"}))
    assert "The offers are above what survives hard months" in words(get(borrower, f"{plan}/offer"))
    assert post(borrower, f"{plan}/offer/largest", {}).endswith("/offer")
    assert "Offered ¥1,772" in words(get(borrower, f"{plan}/offer"))
    post(borrower, f"{plan}/offer/fair", {})
    with app.app_context():
        assert db.session.scalars(select(ProposalItem.offered_minor)).all() == [None, None, None]


REQUESTS = [
    ({"kind": "reduce", "amount": "1000", "from_on": "2027-01-18"}, Asked("reduce", 100_000, date(2027, 1, 18))),
    ({"kind": "reduce_until", "amount": "600", "from_on": "2027-01-18", "until": "2027-06-18", "rest": "waived", "then": "lower"},
     Asked("reduce_until", 60_000, date(2027, 1, 18), date(2027, 6, 18), interest="waived", then="lower")),
    ({"kind": "postpone", "from_on": "2027-01-18", "count": "2", "interest": "spread"},
     Asked("postpone", from_on=date(2027, 1, 18), count=2, interest="spread")),
    ({"kind": "freeze", "from_on": "2027-01-18", "until": "", "then": "shorter"},
     Asked("freeze", from_on=date(2027, 1, 18), then="shorter")),
    ({"kind": "longer", "from_on": "2027-01-18", "more": "6"}, Asked("longer", from_on=date(2027, 1, 18), instalments=6)),
    ({"kind": "move_due", "from_on": "2027-01-18", "day": "25"}, Asked("move_due", from_on=date(2027, 1, 18), day=25)),
    ({"kind": "settle", "sum": "9000", "sum_on": "2027-01-10"}, Asked("settle", 900_000, on=date(2027, 1, 10))),
]  # fmt: skip


@pytest.mark.parametrize(
    ("form", "expected"), REQUESTS, ids=lambda each: each.get("kind") if isinstance(each, dict) else ""
)
def test_each_kind_of_request_is_tried_kept_and_written_down(
    app: Flask, borrower: FlaskClient, plan: str, form: dict[str, str], expected: Asked
) -> None:
    get(borrower, f"{plan}/creditors/1")
    tried = get(borrower, f"{plan}/creditors/1?" + "&".join(f"{key}={value}" for key, value in form.items()))
    assert "True yearly cost" in words(tried)
    assert asked_of(app, 1) is None
    assert post(borrower, f"{plan}/creditors/1", form).endswith("/offer")
    assert asked_of(app, 1) == expected
    get(borrower, f"{plan}/offer")
    assert from_json(document(borrower, plan)).request(1).asked == expected


def test_a_rate_may_be_asked_for(app: Flask, borrower: FlaskClient, plan: str) -> None:
    post(borrower, f"{plan}/creditors/1", {"kind": "rate", "from_on": "2027-01-18", "rate": "0", "then": "lower"})
    found = asked_of(app, 1)
    assert found is not None
    assert (found.kind, found.annual_rate) == ("rate", 0)


def test_nothing_may_be_asked_of_a_creditor(app: Flask, borrower: FlaskClient, plan: str) -> None:
    post(borrower, f"{plan}/creditors/1", {"kind": "agreed"})
    with app.app_context():
        assert [item.is_included for item in db.session.scalars(select(ProposalItem).order_by(ProposalItem.n))] == [
            False, True, True,
        ]  # fmt: skip


def test_the_budget_check_asks_and_keeps_the_answers(
    app: Flask, household: Household, borrower: FlaskClient, plan: str
) -> None:
    with app.app_context():
        db.session.add(Guideline(case_id=household.case_id, category="food", amount_minor=120_000, source="街道"))
        rent = db.session.scalars(select(BudgetLine).where(BudgetLine.category == "rent")).one()
        rent.category = "household"
        db.session.commit()
    text = words(get(borrower, f"{plan}/budget"))
    assert "¥1,590 a month; 街道 says ¥1,200. Above it, lenders expect a reason." in text
    assert "There is no line for it. Nearly every household has one." in text
    answers = {"over-food-answer": "explain", "over-food-text": "三口人吃饭", "missing-rent-answer": "right"}
    assert "food, drink and tobacco is not explained" in words(get(borrower, f"{plan}/offer")).casefold()
    assert post(borrower, f"{plan}/budget", answers).endswith("/offer")
    text = words(get(borrower, f"{plan}/offer"))
    assert "is not explained" not in text
    assert "The budget has no" not in text
    assert stored(app).checked == {"over-food": "三口人吃饭", "missing-rent": "right"}
    items = document(borrower, plan)["budget"]["items"]
    assert [item["note"] for item in items if item["heading"] == "food"] == ["三口人吃饭", None]


def test_imported_months_raise_questions_and_make_the_test_harder(
    household: Household, borrower: FlaskClient, plan: str
) -> None:
    """Twelve months of rows: income 6,550 in three of them, 6,800 in nine; far less spent on food than the budget says."""
    sent = {"file": (io.BytesIO(history.as_csv()), "bank.csv")}
    where = borrower.post(f"/c/{household.case_id}/imports", data=sent, content_type="multipart/form-data").location
    post(borrower, f"{where}/confirm", {})
    post(borrower, f"{plan}/cause", CAUSE | {"new_income": ""})
    text = words(get(borrower, f"{plan}/offer"))
    assert "an income of ¥6,716.66 and living costs of ¥4,628: of your 12 imported months, three in a row" in text
    assert "In hard months at most ¥2,088 holds" in text
    assert "¥1,350 a month planned" not in words(get(borrower, f"{plan}/budget"))


@pytest.mark.parametrize(
    ("step", "change", "sentence"),
    [
        ("cause", {"cause": "lazy"}, "Choose one of the options"),
        ("cause", {"new_income": "much"}, "Use numbers only"),
        ("cause", {"cause_until": "2026-01-01"}, "This is before it began"),
        ("cause", {"cause_text": "x" * 601}, "Use at most 600 characters"),
        ("offer", {"n1-offered": "much"}, "Use numbers only"),
        ("offer", {"n1-offered": "-1"}, "Enter an amount above zero"),
        ("offer", {"review_on": "soon"}, "Enter a date such as"),
        ("creditors/1", {"kind": "gift"}, "Choose one of the options"),
        ("creditors/1", {"kind": "reduce", "from_on": "2027-01-18"}, "Enter what you can keep paying"),
        ("creditors/1", {"kind": "reduce", "from_on": "2027-01-18", "amount": "1"}, "This does not cover the interest"),
        (
            "creditors/1",
            {"kind": "reduce", "from_on": "2026-12-01", "amount": "900"},
            "Enter a date between 2026-12-09",
        ),
        ("creditors/1", {"kind": "postpone", "from_on": "2027-01-18", "count": "2"}, "Choose what you ask for"),
        (
            "creditors/1",
            {"kind": "settle", "sum": "99999", "sum_on": "2027-01-10"},
            "clears it that day; more is not needed",
        ),
        ("creditors/1", {"kind": "longer", "from_on": "2028-01-18", "more": "2"}, "Enter a date between"),
        ("creditors/1", {"kind": "longer", "from_on": "2027-07-18", "more": "2"}, "the loan ends then"),
    ],
)
def test_bad_input_says_what_to_type_and_writes_nothing(
    app: Flask, borrower: FlaskClient, plan: str, step: str, change: dict[str, Any], sentence: str
) -> None:
    before = stored(app).version
    whole = {"cause": CAUSE, "offer": offers()}.get(step, {})
    page = post(borrower, f"{plan}/{step}", whole | change, status=422)
    assert sentence in words(page)
    assert stored(app).version == before


def test_an_explanation_needs_words(app: Flask, household: Household, borrower: FlaskClient, plan: str) -> None:
    with app.app_context():
        db.session.add(Guideline(case_id=household.case_id, category="food", amount_minor=120_000))
        db.session.commit()
    page = post(borrower, f"{plan}/budget", {"over-food-answer": "explain", "over-food-text": " "}, status=422)
    assert "Write a few words" in words(page)
    assert stored(app).checked == {}


def test_an_offer_that_asks_for_nothing_is_not_sent(borrower: FlaskClient, plan: str) -> None:
    page = post(borrower, f"{plan}/offer", {}, status=422)
    assert "Nothing is asked of anybody" in words(page)


CONFLICTS = [
    ("cause", CAUSE, {"cause_text": "别人写的"}, {"cause_text": "mine"}, ("别人写的", "mine")),
    ("offer", offers(), {"n1-offered": "901"}, {"n1-offered": "902"}, ("901", "902")),
    ("creditors/1", {"kind": "reduce", "from_on": "2027-01-18"}, {"amount": "903"}, {"amount": "904"}, ("903", "904")),
]  # fmt: skip


@pytest.mark.parametrize(("step", "base", "theirs", "mine", "texts"), CONFLICTS, ids=["cause", "offer", "creditor"])
def test_a_stale_save_keeps_both_texts(
    app: Flask, borrower: FlaskClient, plan: str, step: str, base: dict[str, str], theirs: dict[str, str],
    mine: dict[str, str], texts: tuple[str, str],
) -> None:  # fmt: skip
    version = version_of(get(borrower, f"{plan}/{step}"))
    post(borrower, f"{plan}/{step}", base | theirs | {"version": version})
    page = post(borrower, f"{plan}/{step}", base | mine | {"version": version}, status=409)
    assert "Someone changed this in the meantime" in words(page)
    assert all(text in words(page) for text in texts)
    assert texts[1] in (page if step == "cause" else re.findall(r'value="([^"]*)"', page))
    again = version_of(page)
    assert again == str(stored(app).version)
    post(borrower, f"{plan}/{step}", base | mine | {"version": again})


def test_a_stale_budget_check_keeps_both_texts(
    app: Flask, household: Household, borrower: FlaskClient, plan: str
) -> None:
    with app.app_context():
        db.session.add(Guideline(case_id=household.case_id, category="food", amount_minor=120_000))
        db.session.commit()
    version = version_of(get(borrower, f"{plan}/budget"))
    answer = {"over-food-answer": "explain", "version": version}
    post(borrower, f"{plan}/budget", answer | {"over-food-text": "先写的"})
    page = post(borrower, f"{plan}/budget", answer | {"over-food-text": "后写的"}, status=409)
    assert "先写的" in words(page)
    assert 'value="后写的"' in page


@pytest.mark.parametrize("loan_id", ["x", "0", "999999", "9" * 30])
def test_a_plan_for_no_loan_of_the_case_is_not_found(household: Household, borrower: FlaskClient, loan_id: str) -> None:
    post(borrower, f"/c/{household.case_id}/plans", {"loan_id": loan_id}, status=404)


def test_a_loan_in_another_currency_is_left_out_and_said_so(
    app: Flask, household: Household, borrower: FlaskClient
) -> None:
    with app.app_context():
        loan = db.session.get(Loan, household.loan_ids["card"])
        assert loan is not None
        loan.currency, loan.terms = "USD", loan.terms | {"currency": {"code": "USD", "minor_digits": 2}}
        db.session.commit()
    location = post(borrower, f"/c/{household.case_id}/plans", {}).removesuffix("/cause")
    assert "信用卡 2046 is left out: it is in USD" in words(get(borrower, f"{location}/offer"))
    post(borrower, f"/c/{household.case_id}/plans", {"loan_id": str(household.loan_ids["card"])})
    assert "This loan is in another currency" in words(get(borrower, f"/c/{household.case_id}/plans"))


def test_a_loan_added_later_is_missed_and_added_with_one_tap(
    app: Flask, household: Household, borrower: FlaskClient, plan: str
) -> None:
    with app.app_context():
        item = db.session.scalars(select(ProposalItem).where(ProposalItem.n == 3)).one()
        db.session.delete(item)
        db.session.commit()
    text = words(get(borrower, f"{plan}/offer"))
    assert "A loan is not in this plan" in text
    assert "Add 1 loan that is missing here" in text
    post(borrower, f"{plan}/loans", {})
    assert "A loan is not in this plan" not in words(get(borrower, f"{plan}/offer"))


def test_the_list_says_where_each_creditor_stands(household: Household, borrower: FlaskClient, plan: str) -> None:
    text = words(get(borrower, f"/c/{household.case_id}/plans"))
    assert text.count("not sent yet") == 3
    assert "Make another plan for all lenders" in text


def test_another_user_finds_nothing_and_a_viewer_changes_nothing(
    household: Household, stranger: FlaskClient, viewer: FlaskClient, plan: str
) -> None:
    own = plan.replace(f"/c/{household.case_id}/", f"/c/{household.stranger_case_id}/")
    posts = ("cause", "budget", "offer", "offer/fair", "offer/largest", "loans", "creditors/1", "delete")
    for address in (plan, own):
        for page in ("cause", "budget", "offer", "creditors/1", "document.json"):
            get(stranger, f"{address}/{page}", 404)
        for page in posts:
            post(stranger, f"{address}/{page}", {}, status=404)
    post(stranger, f"/c/{household.stranger_case_id}/plans", {"loan_id": str(household.loan_ids["haier"])}, status=404)
    get(viewer, f"/c/{household.case_id}/plans")
    assert document(viewer, plan)["reference"]
    for page in ("cause", "budget", "offer", "creditors/1"):
        get(viewer, f"{plan}/{page}", 403)
    for page in posts:
        post(viewer, f"{plan}/{page}", CAUSE, status=403)


def test_a_creditor_of_no_number_is_not_found(borrower: FlaskClient, plan: str) -> None:
    get(borrower, f"{plan}/creditors/9", 404)
    get(borrower, f"{plan}/document.json?creditor=9", 404)


def test_looking_freezes_nothing(app: Flask, borrower: FlaskClient, plan: str) -> None:
    document(borrower, plan)
    get(borrower, f"{plan}/offer")
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(ProposalVersion)) == 0


def test_a_removed_plan_is_gone(app: Flask, household: Household, borrower: FlaskClient, plan: str) -> None:
    post(borrower, f"{plan}/delete", {})
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(ProposalItem)) == 0
    assert "Talk to the lender before it gets tight" in words(get(borrower, f"/c/{household.case_id}/plans"))


def test_the_pages_are_small_and_ask_the_database_a_constant_number_of_times(
    app: Flask, household: Household, borrower: FlaskClient, plan: str, count_queries: Callable[[], int]
) -> None:
    with app.app_context():
        case = db.session.get(Case, household.case_id)
        assert case is not None
        case.balance_minor, case.balance_on = 170_309, date(2026, 12, 9)
        db.session.commit()
    before = count_queries()
    answer = borrower.get(f"{plan}/offer", headers={"Accept-Encoding": "gzip"})
    assert count_queries() - before <= 30
    assert len(answer.data) < 14_000


def test_a_stale_tap_changes_no_amount(borrower: FlaskClient, plan: str) -> None:
    version = version_of(get(borrower, f"{plan}/offer"))
    post(borrower, f"{plan}/offer", offers(**{"n1-offered": "901", "version": version}))
    page = post(borrower, f"{plan}/offer/fair", offers(**{"n1-offered": "902", "version": version}), status=409)
    assert "901" in words(page)
    assert "¥901.00" in words(get(borrower, f"{plan}/offer"))
