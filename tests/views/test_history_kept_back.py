"""Bank rows and the budget for a counsellor to whom the loans are kept back: what is shown, and that no loan is written to.

The household of the mock-ups on 9 December 2026, with twelve months of bank rows until November (tests/history.py).
"""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from planner.extensions import db
from planner.imports import sorting
from planner.models import Part, PayeeRule, Payment, Transaction
from tests.agency import Desk, give_consent
from tests.factories import Household, sign_in_as
from tests.history import HAIER, NOODLES, as_csv
from tests.pages import get, post, words
from tests.views.test_history import add, offers

NAMES = ("海尔分期", "快惠小贷", "信用卡 2046")
DECEMBER = f"日期,对方,摘要,金额,币种\n2026-12-08,{HAIER},代扣还款,-1816.67,CNY\n".encode()


@pytest.fixture
def page(household: Household, borrower: FlaskClient) -> str:
    """The history pages of the household, its rows imported."""
    add(borrower, f"/c/{household.case_id}", as_csv())
    return f"/c/{household.case_id}/history"


def counsellor(app: Flask, household: Household, desk: Desk, *parts: Part) -> FlaskClient:
    with app.app_context():
        give_consent(household.case_id, desk, desk.lin_id, parts=parts)
        db.session.commit()
    return sign_in_as(app, desk.lin_id, second_factor=True)


@pytest.fixture
def lin(app: Flask, household: Household, desk: Desk) -> FlaskClient:
    """A counsellor who may change things and sees the budget alone."""
    return counsellor(app, household, desk, Part.BUDGET)


def written(app: Flask) -> tuple[int, list[tuple[str, int | None]]]:
    """How many payments there are, and the rules."""
    with app.app_context():
        rules = db.session.scalars(select(PayeeRule).order_by(PayeeRule.id))
        payments = db.session.scalar(select(func.count()).select_from(Payment)) or 0
        return payments, [(rule.payee, rule.loan_id) for rule in rules]


def row_of(app: Flask, who: str) -> int:
    with app.app_context():
        return db.session.scalars(select(Transaction.id).where(Transaction.counterparty == who)).first() or 0


def test_no_figure_of_the_month_says_what_the_loans_ask_for(
    household: Household, lin: FlaskClient, borrower: FlaskClient
) -> None:
    base = f"/c/{household.case_id}"
    for path in ("/budget", "/budget?cycle=now", "/budget/statement"):
        text = words(get(lin, f"{base}{path}"))
        assert "Left before debts" in text, path
        assert "The loans are not shared with you" in text, path
        assert not [each for each in ("Repayments", "repayments", "2,752.09", "debts this month") if each in text], path
        assert "not shared with you" not in words(get(borrower, f"{base}{path}"))
    assert "Left before debts ¥2,972" in words(get(lin, f"{base}/budget"))
    assert "Spending and repayments ¥7,380.09" in words(get(borrower, f"{base}/budget"))


def test_plan_and_reality_stand_without_the_repayments(
    app: Flask, household: Household, borrower: FlaskClient, lin: FlaskClient, page: str
) -> None:
    key = offers(app, household)[HAIER].key
    post(borrower, f"{page}/recurring/{key}/loan", {"loan": household.loan_ids["haier"]})
    whole = words(get(borrower, f"{page}?month=2026-11"))
    assert "Repayments ¥1,816.67" in whole
    html = get(lin, f"{page}?month=2026-11")
    text = words(html)
    assert "Really left before debts" in text
    assert not [each for each in ("Repayments", "repayments", "1,816.67", *NAMES) if each in text]
    assert "loan-" not in html
    rows = get(lin, f"/c/{household.case_id}/imports/transactions?q={HAIER}")
    assert f"/history/rows/{row_of(app, HAIER)}" not in rows
    assert "repayment" in words(get(borrower, f"/c/{household.case_id}/imports/transactions?q={HAIER}"))
    assert "repayment" not in words(rows)


def test_a_forged_loan_is_an_unknown_heading_and_nothing_is_written(
    app: Flask, household: Household, lin: FlaskClient, page: str
) -> None:
    before, row = written(app), row_of(app, NOODLES)
    assert "loan-" not in get(lin, f"{page}/rows/{row}")
    for loan_id in household.loan_ids.values():
        forged = {"category": f"loan-{loan_id}"}
        assert "Choose one of the options" in words(post(lin, f"{page}/rows/{row}", forged, 422))
        post(lin, f"{page}/sort", forged | {"payee": NOODLES, "direction": "out"})
        key = offers(app, household)[HAIER].key
        assert "loan" not in re.findall(r'<select id="([a-z]+)"', get(lin, f"{page}/recurring/{key}"))
        post(lin, f"{page}/recurring/{key}/loan", {"loan": loan_id}, 403)
    assert written(app) == before


def test_what_repays_a_loan_stays_so(
    app: Flask, household: Household, borrower: FlaskClient, lin: FlaskClient, page: str
) -> None:
    row, haier = row_of(app, HAIER), household.loan_ids["haier"]
    post(borrower, f"{page}/rows/{row}", {"category": f"loan-{haier}"})
    before = written(app)
    get(lin, f"{page}/rows/{row}", 403)
    post(lin, f"{page}/rows/{row}", {"category": "other"}, 403)
    post(lin, f"{page}/sort", {"category": "other", "payee": sorting.payee_key(HAIER), "direction": "out"}, 403)
    add(lin, f"/c/{household.case_id}", DECEMBER, "december.csv")
    assert written(app) == before, "a statement of theirs records nothing on a loan"


def test_an_import_that_holds_payments_is_not_taken_back(
    app: Flask, household: Household, borrower: FlaskClient, lin: FlaskClient, page: str
) -> None:
    post(borrower, f"{page}/rows/{row_of(app, HAIER)}", {"category": f"loan-{household.loan_ids['haier']}"})
    where = add(borrower, f"/c/{household.case_id}", DECEMBER, "december.csv")
    assert written(app)[0] == 1
    assert "Take this import back" not in get(lin, where)
    assert "Take this import back" in get(borrower, where)
    post(lin, f"{where}/undo", {}, 403)
    assert written(app)[0] == 1
    empty = add(lin, f"/c/{household.case_id}", DECEMBER.replace(b"08", b"09"), "own.csv")
    assert "Take this import back" in get(lin, empty)
    post(lin, f"{empty}/undo", {})
    assert written(app)[0] == 1


def test_with_the_loans_the_same_forms_write_to_them(app: Flask, household: Household, desk: Desk, page: str) -> None:
    both = counsellor(app, household, desk, Part.BUDGET, Part.LOANS)
    row = row_of(app, HAIER)
    assert f'value="loan-{household.loan_ids["haier"]}"' in get(both, f"{page}/rows/{row}")
    post(both, f"{page}/rows/{row}", {"category": f"loan-{household.loan_ids['haier']}"})
    add(both, f"/c/{household.case_id}", DECEMBER, "december.csv")
    assert written(app)[0] == 1
