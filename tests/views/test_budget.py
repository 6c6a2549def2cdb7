"""The Budget tab: success, bad input, another user, a weaker role; no JavaScript is ever involved here."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from planner.extensions import db
from planner.models import BudgetLine
from tests.factories import Household
from tests.pages import get, post, words

RENT = {
    "name": "Rent",
    "amount": "1,600",
    "frequency": "monthly",
    "day_of_month": "15",
    "necessity": "essential",
    "category": "rent",
}


def line(app: Flask, name: str) -> BudgetLine:
    with app.app_context():
        return db.session.scalars(select(BudgetLine).where(BudgetLine.name == name)).one()


def count(app: Flask) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(BudgetLine)) or 0


def test_the_month_shows_the_mock_ups_figures(household: Household, borrower: FlaskClient) -> None:
    text = words(get(borrower, f"/c/{household.case_id}/budget?month=2026-12"))
    for figure in ("¥219.91", "¥7,600", "¥7,380.09", "¥4,208", "¥420", "¥2,752.09", "¥6,800", "¥1,816.67", "¥535.42"):
        assert figure in text
    assert "¥4,800 a quarter, as a monthly average" in text


def test_chinese_is_complete_on_the_page(household: Household, borrower: FlaskClient) -> None:
    text = words(get(borrower, f"/c/{household.case_id}/budget?month=2026-12&lang=zh"))
    for phrase in ("这个月剩", "每月10日", "每季 ¥2,400，按月平摊", "2026年12月", "还款"):
        assert phrase in text


@pytest.mark.parametrize("month", ["2026-13", "x", "", "99999-01", "2026-12-01", "-1"])
def test_an_unreadable_month_is_this_month(household: Household, borrower: FlaskClient, month: str) -> None:
    assert "Dec 2026" in words(get(borrower, f"/c/{household.case_id}/budget?month={month}"))


def test_a_line_is_added(app: Flask, household: Household, borrower: FlaskClient) -> None:
    post(borrower, f"/c/{household.case_id}/budget/new?kind=expense", RENT)
    added = line(app, "Rent")
    assert (added.amount_minor, added.frequency, added.day_of_month, added.kind) == (160000, "monthly", 15, "expense")
    assert "¥1,600" in words(get(borrower, f"/c/{household.case_id}/budget"))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"amount": "18l6"}, "Use numbers only, such as 1,816.67"),
        ({"amount": "0"}, "Enter an amount above zero"),
        ({"amount": "-5"}, "Enter an amount above zero"),
        ({"amount": "1.005"}, "Use at most 2 decimals"),
        ({"amount": "9" * 20}, "Enter an amount of at most"),
        ({"amount": "1e5"}, "Use numbers only, such as 1,816.67"),
        ({"amount": "NaN"}, "Use numbers only, such as 1,816.67"),
        ({"amount": ""}, "Enter the amount, such as 1,600"),
        ({"name": "  "}, "Enter a name, such as rent"),
        ({"name": "x" * 81}, "Use at most 80 characters"),
        ({"day_of_month": "32"}, "Enter a whole number from 1 to 31"),
        ({"frequency": "hourly"}, "Choose one of the options"),
        ({"category": "wage"}, "Choose one of the options"),
        ({"necessity": "vital"}, "Choose one of the options"),
        ({"frequency": "weekly"}, "Enter the first date, such as 2026-12-18"),
        ({"frequency": "weekly", "starts_on": "1900-01-01"}, "Enter a date between"),
        ({"frequency": "weekly", "starts_on": "2200-01-01"}, "Enter a date between"),
        ({"frequency": "weekly", "starts_on": "2026-02-30"}, "Enter a date such as 2026-12-18"),
        ({"starts_on": "2026-12-02", "ends_on": "2026-12-01"}, "The last date is before the first"),
    ],
)
def test_bad_input_says_what_to_type_keeps_the_rest_and_writes_nothing(
    app: Flask, household: Household, borrower: FlaskClient, change: dict[str, Any], sentence: str
) -> None:
    before = count(app)
    page = post(borrower, f"/c/{household.case_id}/budget/new?kind=expense", RENT | change, status=422)
    assert sentence in words(page)
    kept = (RENT | change)["name"].strip()
    assert not kept or f'value="{kept}"' in page
    assert count(app) == before


def test_emoji_and_full_width_figures_are_taken(app: Flask, household: Household, borrower: FlaskClient) -> None:
    post(
        borrower,
        f"/c/{household.case_id}/budget/new?kind=expense",
        RENT | {"name": "房租🏠", "amount": "￥１，６００．５０"},
    )
    assert line(app, "房租🏠").amount_minor == 160050


def test_an_unknown_kind_is_not_found(household: Household, borrower: FlaskClient) -> None:
    get(borrower, f"/c/{household.case_id}/budget/new?kind=gift", 404)


def test_a_line_is_changed_and_a_stale_form_is_refused_with_both_texts(
    app: Flask, household: Household, borrower: FlaskClient
) -> None:
    rent = line(app, "房租")
    address = f"/c/{household.case_id}/budget/{rent.id}"
    form = {"name": "Flat", "amount": "5000", "frequency": "quarterly", "starts_on": "2026-03-15", "necessity": "essential",
            "category": "rent", "version": "1"}  # fmt: skip
    assert 'name="version" value="1"' in get(borrower, address)
    post(borrower, address, form)
    assert line(app, "Flat").amount_minor == 500000
    page = post(borrower, address, form | {"name": "Mine", "amount": "4900"}, status=409)
    assert "Stored now: Flat, ¥5,000" in words(page)
    assert 'value="Mine"' in page
    post(borrower, address, form | {"name": "Mine", "amount": "4900", "version": "2"})
    assert line(app, "Mine").amount_minor == 490000


def test_a_removed_line_comes_back_as_it_was(app: Flask, household: Household, borrower: FlaskClient) -> None:
    fund = line(app, "公积金提取")
    post(borrower, f"/c/{household.case_id}/budget/{fund.id}/delete", {})
    page = get(borrower, f"/c/{household.case_id}/budget")
    assert "公积金提取 removed" in words(page)
    undo = page.split('action="/c/1/budget/restore?line=')[1].split('"')[0]
    post(borrower, f"/c/{household.case_id}/budget/restore?line={undo}", {})
    back = line(app, "公积金提取")
    same = (
        "kind",
        "name",
        "category",
        "amount_minor",
        "frequency",
        "starts_on",
        "ends_on",
        "day_of_month",
        "necessity",
        "case_id",
    )
    assert [getattr(back, name) for name in same] == [getattr(fund, name) for name in same]


def test_an_undo_of_another_case_or_a_forged_one_is_not_found(
    app: Flask, household: Household, borrower: FlaskClient, stranger: FlaskClient
) -> None:
    fund = line(app, "公积金提取")
    post(borrower, f"/c/{household.case_id}/budget/{fund.id}/delete", {})
    undo = get(borrower, f"/c/{household.case_id}/budget").split("/budget/restore?line=")[1].split('"')[0]
    post(stranger, f"/c/{household.stranger_case_id}/budget/restore?line={undo}", {}, status=404)
    post(borrower, f"/c/{household.case_id}/budget/restore?line=forged", {}, status=404)


def test_another_users_line_is_not_found_even_under_ones_own_case(
    app: Flask, household: Household, stranger: FlaskClient
) -> None:
    rent = line(app, "房租")
    for case_id in (household.case_id, household.stranger_case_id):
        get(stranger, f"/c/{case_id}/budget/{rent.id}", 404)
        post(stranger, f"/c/{case_id}/budget/{rent.id}", RENT, status=404)
        post(stranger, f"/c/{case_id}/budget/{rent.id}/delete", {}, status=404)
    assert line(app, "房租").version == 1


def test_a_viewer_looks_but_does_not_change(app: Flask, household: Household, viewer: FlaskClient) -> None:
    page = get(viewer, f"/c/{household.case_id}/budget?month=2026-12")
    assert "¥219.91" in page
    assert "/budget/new" not in page
    post(viewer, f"/c/{household.case_id}/budget/new?kind=expense", RENT, status=403)


def test_extra_fields_are_ignored(app: Flask, household: Household, borrower: FlaskClient) -> None:
    extra = {"case_id": str(household.stranger_case_id), "kind": "income", "id": "999", "user_id": "1"}
    post(borrower, f"/c/{household.case_id}/budget/new?kind=expense", RENT | extra)
    added = line(app, "Rent")
    assert (added.case_id, added.kind) == (household.case_id, "expense")


def test_an_empty_budget_says_where_to_begin(household: Household, stranger: FlaskClient) -> None:
    assert "Start with what comes in" in words(get(stranger, f"/c/{household.stranger_case_id}/budget"))


def test_payday_to_payday_counts_what_falls_into_it(household: Household, borrower: FlaskClient) -> None:
    """The wage comes on the 10th: 10 Dec to 9 Jan holds Haier on the 18th, the card on the 20th, the fund of December."""
    page = get(borrower, f"/c/{household.case_id}/budget?cycle=2026-12-18")
    text = words(page)
    assert "10 Dec to 9 Jan" in text
    assert "¥6,800" in text
    assert "¥1,816.67" in text
    assert f"/c/{household.case_id}/budget?cycle=2027-01-10" in page
    before = words(get(borrower, f"/c/{household.case_id}/budget?cycle=2027-01-09"))
    assert "10 Dec to 9 Jan" in before


def test_a_pay_cycle_needs_a_regular_income(app: Flask, household: Household, borrower: FlaskClient) -> None:
    with app.app_context():
        for row in db.session.scalars(select(BudgetLine).where(BudgetLine.kind == "income")):
            db.session.delete(row)
        db.session.commit()
    assert "A pay cycle needs an income" in words(get(borrower, f"/c/{household.case_id}/budget?cycle=now"))


@pytest.mark.parametrize("day", ["", "x", "2026-02-30", "99999-01-01", "0001-01-01", "-5"])
def test_an_unreadable_day_is_the_present_cycle(household: Household, borrower: FlaskClient, day: str) -> None:
    assert "10 Nov to 9 Dec" in words(get(borrower, f"/c/{household.case_id}/budget?cycle={day}"))


def test_a_wage_on_the_last_working_day(app: Flask, household: Household, borrower: FlaskClient) -> None:
    wage = {"name": "Second job", "amount": "900", "frequency": "monthly", "working_day": "-1", "category": "wage"}
    post(borrower, f"/c/{household.case_id}/budget/new?kind=income", wage)
    added = line(app, "Second job")
    assert (added.working_day, added.frequency) == (-1, "monthly")
    assert "Monthly, last working day" in words(get(borrower, f"/c/{household.case_id}/budget"))
    form = get(borrower, f"/c/{household.case_id}/budget/{added.id}")
    assert '<option value="-1" selected>' in form
    post(borrower, f"/c/{household.case_id}/budget/{added.id}", wage | {"working_day": "0", "day_of_month": "7"})
    changed = line(app, "Second job")
    assert (changed.working_day, changed.day_of_month) == (None, 7)


@pytest.mark.parametrize("given", ["9", "x", "-7"])
def test_a_working_day_that_is_not_offered_is_refused(household: Household, borrower: FlaskClient, given: str) -> None:
    page = post(borrower, f"/c/{household.case_id}/budget/new?kind=expense", RENT | {"working_day": given}, status=422)
    assert "1,600" in page
    assert "Choose one of the options" in words(page)
