"""The start address: welcome, first run, and Today for each state of a household."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from planner.extensions import db
from planner.models import BudgetLine, Case
from tests.everyday import leave_everyday_gap
from tests.factories import Household
from tests.pages import get, post, words


def test_nobody_sees_the_welcome_page_without_a_redirect(client: FlaskClient) -> None:
    text = words(get(client, "/", headers={"Accept-Language": "en"}))
    assert "Try it without an account" in text


def test_the_browsers_language_decides_until_one_is_chosen(client: FlaskClient) -> None:
    assert "不注册，先试试" in get(client, "/", headers={"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.5"})
    assert "Try it without" in get(client, "/", headers={"Accept-Language": "de"})
    client.post("/language", data={"lang": "zh", "next": "/"})
    assert "不注册，先试试" in get(client, "/", headers={"Accept-Language": "en"})


def test_the_next_instalment_its_days_left_and_whether_the_month_covers_it(
    household: Household, borrower: FlaskClient
) -> None:
    page = get(borrower, "/")
    text = words(page)
    assert "18 Dec 海尔分期" in text
    assert "in 9 days" in text
    assert "It fits: in Dec 2026, ¥2,972 is left after living costs, and ¥2,752.09 of instalments are due." in text
    assert 'data-tone="warn"><div class="head"' not in page


def test_a_month_that_does_not_cover_its_instalments_says_by_how_much(
    app: Flask, household: Household, borrower: FlaskClient
) -> None:
    with app.app_context():
        db.session.scalars(select(BudgetLine).where(BudgetLine.name == "工资")).one().amount_minor = 560000
        db.session.commit()
    text = words(get(borrower, "/"))
    assert "¥980.09 short" in text
    assert "See what would help" in text
    assert "Make a plan for the lender" in text


def test_overdue_is_said_calmly_and_leads_on(household: Household, borrower: FlaskClient) -> None:
    text = words(get(borrower, "/"))
    assert "4 days past due" in text
    assert "Look at 快惠小贷" in text


def test_there_are_at_most_three_next_actions(household: Household, borrower: FlaskClient) -> None:
    page = get(borrower, "/").split("<h2>What you can do next</h2>")[1].split("</section>")[0]
    assert 1 <= page.count("<li>") <= 3


def test_first_run_names_three_steps_and_marks_what_is_done(household: Household, stranger: FlaskClient) -> None:
    page = get(stranger, "/")
    assert "Three things, and you see the coming 30 days" in words(page)
    assert page.count('data-tone="ok"') == 0
    stranger.post(
        f"/c/{household.stranger_case_id}/budget/new?kind=income",
        data={"name": "Wage", "amount": "6800", "frequency": "monthly", "day_of_month": "10", "category": "wage"},
    )
    page = get(stranger, "/")
    assert page.count('data-tone="ok"') == 1
    assert "Add your rent" in words(page)


def test_today_may_be_kept_for_offline_reading_by_its_owner_only(household: Household, borrower: FlaskClient) -> None:
    answer = borrower.get("/")
    assert answer.headers["X-Offline"] == "keep"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-User"]


def test_a_case_has_its_own_address_and_is_not_found_by_others(
    household: Household, borrower: FlaskClient, viewer: FlaskClient, stranger: FlaskClient
) -> None:
    address = f"/c/{household.case_id}/"
    assert "海尔分期" in get(borrower, address)
    assert "海尔分期" in get(viewer, address)
    get(stranger, address, 404)


def test_the_number_of_queries_does_not_grow_with_the_household(
    household: Household, borrower: FlaskClient, stranger: FlaskClient, count_queries: Callable[[], int]
) -> None:
    get(stranger, "/")
    empty = count_queries()
    get(borrower, "/")
    assert count_queries() - empty <= empty + 2, "the payments and the agreements of its loans, each in one query"
    assert empty <= 10, "two ask whether this is a counsellor, who would go to the desk, and whether suggestions wait"


def test_a_day_that_will_not_fit_stands_first(household: Household, borrower: FlaskClient) -> None:
    """The month covers its instalments; the 18th does not."""
    radar = f"/c/{household.case_id}/radar"
    assert "Enter what you have now" in words(get(borrower, "/"))
    post(borrower, f"{radar}/balance", {"balance": "1703.09", "has_today": "y"})
    html = get(borrower, "/")
    assert "¥249 short" in words(html)
    assert f'href="{radar}/2026-12-18"' in html
    post(borrower, f"{radar}/balance", {"balance": "9000"})
    text = words(get(borrower, "/"))
    assert "Day by day too: the least you will have is" in text
    assert "short" not in text


def test_money_that_runs_out_with_nothing_due_is_named_and_nothing_fits(
    app: Flask, household: Household, borrower: FlaskClient
) -> None:
    with app.app_context():
        leave_everyday_gap(db.session.get_one(Case, household.case_id))
    html = get(borrower, "/")
    text = words(html)
    assert "14 Dec everyday spending in 5 days ¥700 short From 28 Dec there is enough again." in text
    assert f'href="/c/{household.case_id}/radar/2026-12-14"' in html
    assert "It fits" not in text
