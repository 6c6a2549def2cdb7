"""The standard statement: monthly figures by heading, notes, debts by priority, guideline figures; others, a weaker role."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from planner.extensions import db
from planner.models import BudgetLine, Case, Guideline, Loan
from tests.factories import Household
from tests.pages import get, post, words


@pytest.fixture
def base(household: Household) -> str:
    return f"/c/{household.case_id}/budget"


def stored(app: Flask) -> list[tuple[str, int, str | None]]:
    with app.app_context():
        return [
            (g.category, g.amount_minor, g.source) for g in db.session.scalars(select(Guideline).order_by(Guideline.id))
        ]


def test_headings_lines_and_debts_add_up_to_the_months_figures(borrower: FlaskClient, base: str) -> None:
    text = words(get(borrower, f"{base}/statement"))
    assert "Left a month after everything ¥219.91 Left before debts ¥2,972 Due on debts this month ¥2,752.09" in text
    assert "Transport and phone 通勤 : ¥180".replace(" :", ":") in text
    assert "手机和宽带: ¥98" in text
    assert "Rent or mortgage 房租 ¥1,600" in text
    assert "Fixed costs ¥4,208" in text
    assert "快惠小贷 left to pay ¥535.42 overdue ¥535.42 ¥535.42" in text
    assert "Priority debts" not in text


def test_notes_and_priority_show(app: Flask, household: Household, borrower: FlaskClient, base: str) -> None:
    with app.app_context():
        rent = db.session.scalars(select(BudgetLine).where(BudgetLine.name == "房租")).one().id
    values = {"name": "房租", "amount": "4800", "frequency": "quarterly", "starts_on": "2026-03-15", "working_day": "0",
              "shift": "none", "category": "rent", "necessity": "essential", "note": "三口人，离公司近"}  # fmt: skip
    post(borrower, f"{base}/{rent}", values)
    with app.app_context():
        db.session.get_one(Loan, household.loan_ids["micro"]).is_priority = True
        db.session.commit()
    text = words(get(borrower, f"{base}/statement"))
    assert "房租 (三口人，离公司近)" in text
    assert "Priority debts 快惠小贷" in text
    assert "Other debts 海尔分期" in text


def test_guidelines_are_the_owners_own_and_only_mark(app: Flask, borrower: FlaskClient, base: str) -> None:
    get(borrower, f"{base}/guidelines")
    post(borrower, f"{base}/guidelines", {"food-amount": "1,500", "food-source": "街道调解室", "rent-amount": "2000"})
    assert set(stored(app)) == {("food", 150_000, "街道调解室"), ("rent", 200_000, None)}
    text = words(get(borrower, f"{base}/statement"))
    assert "within the guideline of ¥1,500 (街道调解室)" in text, "1,350 essential food"
    assert "within the guideline of ¥2,000" in text
    post(borrower, f"{base}/guidelines", {"food-amount": "1,300", "rent-amount": ""})
    assert stored(app) == [("food", 130_000, None)]
    assert "¥50 above the guideline of ¥1,300" in words(get(borrower, f"{base}/statement"))


def test_a_wrong_guideline_keeps_everything_typed(app: Flask, borrower: FlaskClient, base: str) -> None:
    html = post(borrower, f"{base}/guidelines", {"food-amount": "a lot", "rent-amount": "2000"}, 422)
    assert "Use numbers only" in words(html)
    assert 'value="a lot"' in html
    assert 'value="2000"' in html
    assert stored(app) == []


def test_an_empty_statement_says_where_to_begin(household: Household, stranger: FlaskClient) -> None:
    assert "Nothing to state yet" in words(get(stranger, f"/c/{household.stranger_case_id}/budget/statement"))


def test_headings_follow_the_country(app: Flask, household: Household, stranger: FlaskClient) -> None:
    base = f"/c/{household.stranger_case_id}/budget"
    with app.app_context():
        db.session.get_one(Case, household.stranger_case_id).currency = "GBP"
        db.session.commit()
    assert "Council tax or rates" in words(get(stranger, f"{base}/new?kind=expense"))
    values = {"name": "Council tax", "amount": "150", "frequency": "monthly", "working_day": "0", "day_of_month": "1",
              "shift": "none", "category": "council_tax", "necessity": "essential"}  # fmt: skip
    post(stranger, f"{base}/new?kind=expense", values)
    with app.app_context():
        db.session.get_one(Case, household.stranger_case_id).currency = "USD"
        db.session.commit()
        line = db.session.scalars(select(BudgetLine).where(BudgetLine.name == "Council tax")).one().id
    form = words(get(stranger, f"{base}/{line}"))
    assert "Council tax or rates" in form, "a heading chosen before the currency changed stays"
    assert "Housekeeping supplies" in form
    post(stranger, f"{base}/{line}", values)


def test_others_find_nothing_and_a_viewer_only_looks(
    app: Flask, viewer: FlaskClient, stranger: FlaskClient, base: str
) -> None:
    assert "Enter guideline figures" not in words(get(viewer, f"{base}/statement"))
    get(viewer, f"{base}/guidelines", 403)
    post(viewer, f"{base}/guidelines", {"food-amount": "1"}, 403)
    for address in ("statement", "guidelines"):
        get(stranger, f"{base}/{address}", 404)
    post(stranger, f"{base}/guidelines", {"food-amount": "1"}, 404)
    assert stored(app) == []


def test_chinese_is_complete(borrower: FlaskClient, base: str) -> None:
    text = words(get(borrower, f"{base}/statement?lang=zh"))
    for phrase in ("收支表", "截至2026年12月9日", "每月付完所有的还剩", "固定支出", "其他债务", "逾期 ¥535.42"):
        assert phrase in text, phrase
    assert "没人给你参考额的就空着" in words(get(borrower, f"{base}/guidelines?lang=zh"))
