"""What imported rows mean: plan and reality, headings, what comes back, repayments; other people, a weaker role.

The household of the mock-ups on 9 December 2026, with twelve months of bank rows until November (tests/history.py).
"""

from __future__ import annotations

import io
import re
from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from planner.extensions import db
from planner.imports import findings, sorting
from planner.models import BudgetLine, Case, Loan, PayeeRule, Payment, Transaction
from tests.factories import Household
from tests.history import HAIER, MOTHER, NOODLES, POWER, POWER_BILLS, RENT, WAGE, as_csv
from tests.pages import get, post, words

TODAY = date(2026, 12, 9)


@pytest.fixture
def base(household: Household) -> str:
    return f"/c/{household.case_id}"


@pytest.fixture
def page(base: str, borrower: FlaskClient) -> str:
    """The history pages of the household, its rows imported."""
    add(borrower, base, as_csv())
    return f"{base}/history"


def add(client: FlaskClient, base: str, data: bytes, name: str = "bank.csv") -> str:
    """Import a file; its address."""
    sent = {"file": (io.BytesIO(data), name)}
    where: str = client.post(f"{base}/imports", data=sent, content_type="multipart/form-data").location
    post(client, f"{where}/confirm", {})
    return where


def offers(app: Flask, household: Household) -> dict[str, findings.Offer]:
    with app.app_context():
        case = db.session.get_one(Case, household.case_id)
        return {offer.found.who: offer for offer in findings.offers(case, TODAY)}


def haier(app: Flask, household: Household) -> Loan:
    return db.session.get_one(Loan, household.loan_ids["haier"])


def rules(app: Flask) -> list[tuple[str, str | None, bool]]:
    with app.app_context():
        found = db.session.scalars(select(PayeeRule).order_by(PayeeRule.id))
        return [(rule.payee, rule.category, rule.is_quiet) for rule in found]


def test_a_month_stands_beside_its_plan(borrower: FlaskClient, page: str) -> None:
    """November 2026: 6,800 in; 177.60 for power, 1,816.67, 800 and 42 not sorted, 45 back from Taobao; 500 own money."""
    text = words(get(borrower, f"{page}?month=2026-11"))
    assert "Really left ¥4,008.73" in text  # 6,800 - 177.60 - 1,816.67 - 800 - 42 + 45
    assert "¥500 moved between own accounts is not counted" in text
    assert "Home (power, water, gas, service charge) planned ¥180, ¥2.40 left ¥177.60" in text
    assert "Household goods and services not in the plan −¥45" in text
    assert f"{HAIER} 1 payment −¥1,816.67" in text
    assert f"{NOODLES} 1 payment −¥42" in text
    assert "From 12 whole months" in text
    assert "Income ¥6,800 ¥6,550 ¥6,800" in text


def test_a_pay_cycle_and_a_month_without_rows(borrower: FlaskClient, page: str) -> None:
    assert "10 Nov to 9 Dec" in words(get(borrower, f"{page}?cycle=2026-11-20"))
    assert "No rows for these days" in words(get(borrower, f"{page}?month=2024-01"))
    get(borrower, f"{page}?month=nonsense&cycle=nonsense")


def test_a_heading_said_once_holds_for_all(app: Flask, borrower: FlaskClient, page: str) -> None:
    where = post(borrower, f"{page}/sort?month=2026-11", {"payee": NOODLES, "direction": "out", "category": "food"})
    assert "month=2026-11" in where
    assert NOODLES not in words(get(borrower, where))
    assert "Food, drink and tobacco planned ¥1,590, ¥1,548 left ¥42" in words(get(borrower, f"{page}?month=2026-10"))
    post(borrower, f"{page}/sort", {"payee": NOODLES, "direction": "out", "category": "own_money"})
    assert rules(app) == [(NOODLES, "own_money", False)], "the last word counts, and there is one rule"
    assert "¥542 moved between own accounts" in words(get(borrower, f"{page}?month=2026-10"))


@pytest.mark.parametrize("category", ["wage", "", "loan-999999", "nonsense"])
def test_a_heading_that_is_not_offered_changes_nothing(
    app: Flask, borrower: FlaskClient, page: str, category: str
) -> None:
    where = post(borrower, f"{page}/sort", {"payee": NOODLES, "direction": "out", "category": category})
    assert "Choose a heading from the list" in words(get(borrower, where))
    assert rules(app) == []
    post(borrower, f"{page}/sort", {"payee": NOODLES, "direction": "sideways", "category": "food"}, 404)
    post(borrower, f"{page}/sort", {"payee": " ", "direction": "out", "category": "food"}, 404)


def test_one_row_is_corrected_from_the_list(app: Flask, borrower: FlaskClient, page: str, base: str) -> None:
    with app.app_context():
        key = db.session.scalars(select(Transaction.id).where(Transaction.counterparty == POWER)).first()
    form = get(borrower, f"{page}/rows/{key}")
    assert re.search(r'<option value="housing" selected>', form)
    assert "Choose one of the options" in words(post(borrower, f"{page}/rows/{key}", {"category": "x"}, 422))
    post(borrower, f"{page}/rows/{key}", {"category": "other"})
    assert "Other goods and services" in words(get(borrower, f"{base}/imports/transactions?q=国家电网"))


def test_what_comes_back_is_offered_with_rhythm_and_range(app: Flask, household: Household, page: str) -> None:
    found = offers(app, household)
    assert set(found) == {WAGE, POWER, RENT, HAIER, NOODLES, MOTHER}, "own money and money back are no income"
    wage, power = found[WAGE].found, found[POWER].found
    assert (wage.rhythm.day, wage.next_on, wage.typical_minor, wage.low_minor) == (
        10,
        date(2026, 12, 10),
        680_000,
        655_000,
    )
    assert (power.low_minor, power.high_minor) == (sorted(POWER_BILLS)[1], sorted(POWER_BILLS)[10])
    assert power.typical_minor == sorted(POWER_BILLS)[5]
    assert found[HAIER].loan is not None
    assert found[HAIER].loan.loan.creditor == "海尔消费金融"
    assert found[RENT].line is not None
    assert found[RENT].line.name == "房租"
    assert found[NOODLES].line is None


def test_an_offer_becomes_a_budget_line(
    app: Flask, household: Household, borrower: FlaskClient, page: str, base: str
) -> None:
    with app.app_context():
        for line in db.session.scalars(select(BudgetLine).where(BudgetLine.name == "水电燃气")):
            db.session.delete(line)
        db.session.commit()
    key = offers(app, household)[POWER].key
    html = get(borrower, f"{page}/recurring/{key}")
    assert "Between ¥171 and ¥211.20 in eight of ten cases." in words(html)
    fields = dict(re.findall(r'name="(name|amount|day_of_month)"[^>]*? value="([^"]*)"', html))
    assert fields == {"name": POWER, "amount": "178.40", "day_of_month": "12"}
    bad = post(borrower, f"{page}/recurring/{key}", {"name": "Power", "amount": "much"}, 422)
    assert "Use numbers only" in words(bad)
    assert 'value="much"' in bad
    values = {"name": "Power", "amount": "180", "frequency": "monthly", "working_day": "0", "day_of_month": "12",
              "shift": "none", "category": "housing", "necessity": "essential"}  # fmt: skip
    post(borrower, f"{page}/recurring/{key}", values)
    with app.app_context():
        line = db.session.scalars(select(BudgetLine).where(BudgetLine.name == "Power")).one()
        assert (line.amount_minor, line.day_of_month, line.necessity) == (18_000, 12, "essential")
    assert POWER not in offers(app, household), "what is settled is not offered again"
    get(borrower, f"{page}/recurring/{key}", 404)
    assert "Power" in words(get(borrower, f"{base}/budget"))


def test_those_that_are_lines_already_are_confirmed_together(
    app: Flask, household: Household, borrower: FlaskClient, page: str
) -> None:
    before = count(app, BudgetLine)
    assert "Yes, these 4 are in the budget already" in words(get(borrower, f"{page}/recurring"))
    post(borrower, f"{page}/recurring/known", {})
    assert set(offers(app, household)) == {HAIER, NOODLES}
    assert count(app, BudgetLine) == before
    assert [rule[1] for rule in rules(app)] == ["wage", "housing", "elders", "rent"]


def test_an_offer_belongs_to_the_line_that_was_chosen(
    app: Flask, household: Household, borrower: FlaskClient, page: str
) -> None:
    key = offers(app, household)[NOODLES].key
    with app.app_context():
        eating = db.session.scalars(select(BudgetLine).where(BudgetLine.name == "下馆子和咖啡")).one().id
        wage = db.session.scalars(select(BudgetLine).where(BudgetLine.name == "工资")).one().id
    post(borrower, f"{page}/recurring/{key}/same", {"line": wage}, 404)
    post(borrower, f"{page}/recurring/{key}/same", {"line": "x"}, 404)
    assert rules(app) == []
    post(borrower, f"{page}/recurring/{key}/same", {"line": eating})
    assert rules(app) == [(NOODLES, "food", False)]


def test_an_offer_that_is_not_wanted_stays_away_but_still_counts(
    app: Flask, household: Household, borrower: FlaskClient, page: str
) -> None:
    post(borrower, f"{page}/recurring/{offers(app, household)[NOODLES].key}/quiet", {})
    assert NOODLES not in offers(app, household)
    assert f"{NOODLES} 1 payment −¥42" in words(get(borrower, f"{page}?month=2026-11"))


def test_repayments_mark_instalments_paid_and_are_no_spending(
    app: Flask, household: Household, borrower: FlaskClient, base: str
) -> None:
    """The five rows until November are the five paid before the loan was entered; that of December is new."""
    page = f"{base}/history"
    add(borrower, base, as_csv())
    key = offers(app, household)[HAIER].key
    assert "海尔分期 (all counted already)" in words(get(borrower, f"{page}/recurring/{key}"))
    post(borrower, f"{page}/recurring/{key}/loan", {"loan": household.loan_ids["haier"]})
    assert paid(app, household) == []
    text = words(get(borrower, f"{page}?month=2026-11"))
    assert "Repayments ¥1,816.67" in text
    december = "日期,对方,摘要,金额,币种\n2026-12-08,海尔消费金融有限公司,代扣还款,-1816.67,CNY\n".encode()
    where = add(borrower, base, december, "december.csv")
    assert paid(app, household) == [(date(2026, 12, 8), 181_667)]
    assert "1 row added, 1 payment recorded on your loans" in words(get(borrower, where))
    detail = words(get(borrower, f"{base}/loans/{household.loan_ids['haier']}"))
    assert "6 of 12" in detail
    add(borrower, base, december, "again.csv")
    assert len(paid(app, household)) == 1, "the same file again records nothing twice"
    post(borrower, f"{where}/undo", {})
    assert paid(app, household) == [], "an import taken back takes its payments along"


def test_payments_move_with_the_payee_to_another_loan(
    app: Flask, household: Household, borrower: FlaskClient, base: str
) -> None:
    """Three payments to one name: on the second loan, then on the third, and back; each row pays once."""
    lines = [f"2026-12-0{day},某平台,还款,-300.00,CNY" for day in (2, 5, 8)]
    add(borrower, base, "\n".join(["日期,对方,摘要,金额,币种", *lines, ""]).encode())
    with app.app_context():
        row = db.session.scalars(select(Transaction.id)).first()

    def on_loans() -> list[tuple[int, date, int]]:
        with app.app_context():
            return sorted((p.loan_id, p.paid_on, p.amount_minor) for p in db.session.scalars(select(Payment)))

    def move(name: str) -> list[tuple[int, date, int]]:
        loan_id = household.loan_ids[name]
        post(borrower, f"{base}/history/rows/{row}", {"category": f"loan-{loan_id}"})
        now = on_loans()
        assert {each[0] for each in now} == {loan_id}
        return now

    first = move("micro")
    assert [each[1].day for each in first] == [2, 5, 8]
    move("card")
    assert move("micro") == first
    key = household.loan_ids["haier"]
    post(borrower, f"{base}/history/rows/{row}", {"category": f"loan-{key}"})
    assert not [each for each in on_loans() if each[0] != key]


def test_a_payment_marked_by_hand_is_not_recorded_again(
    app: Flask, household: Household, borrower: FlaskClient, base: str, page: str
) -> None:
    loan = household.loan_ids["haier"]
    post(borrower, f"{base}/loans/{loan}/instalments/6/paid", {})
    assert len(paid(app, household)) == 1
    post(borrower, f"{page}/sort", {"payee": sorting.payee_key(HAIER), "direction": "out", "category": f"loan-{loan}"})
    add(
        borrower,
        base,
        "日期,对方,摘要,金额,币种\n2026-12-18,海尔消费金融有限公司,代扣,-1816.67,CNY\n".encode(),
        "d.csv",
    )
    assert len(paid(app, household)) == 1
    add(
        borrower,
        base,
        "日期,对方,摘要,金额,币种\n2027-01-18,海尔消费金融有限公司,代扣,-1816.67,CNY\n".encode(),
        "j.csv",
    )
    assert [on for on, _amount in paid(app, household)] == [TODAY, date(2027, 1, 18)]


def test_an_income_repays_no_loan(app: Flask, household: Household, borrower: FlaskClient, page: str) -> None:
    key = offers(app, household)[WAGE].key
    post(borrower, f"{page}/recurring/{key}/loan", {"loan": household.loan_ids["haier"]}, 404)
    assert rules(app) == []


def test_others_find_nothing_and_a_viewer_only_looks(
    app: Flask, household: Household, borrower: FlaskClient, viewer: FlaskClient, stranger: FlaskClient, page: str
) -> None:
    key = offers(app, household)[WAGE].key
    with app.app_context():
        row = db.session.scalars(select(Transaction.id)).first()
    looks = (page, f"{page}/recurring")
    edits = (f"{page}/rows/{row}", f"{page}/recurring/{key}")
    posts = (
        f"{page}/sort",
        *edits,
        f"{page}/recurring/known",
        *(f"{page}/recurring/{key}/{x}" for x in ("same", "loan", "quiet")),
    )
    for address in looks:
        assert "Sort" not in re.findall(r"<button[^>]*>([^<]*)", get(viewer, address))
        get(stranger, address, 404)
    for address in edits:
        get(viewer, address, 403)
        get(stranger, address, 404)
    for address in posts:
        post(viewer, address, {}, 403)
        post(stranger, address, {}, 404)
    own = f"/c/{household.stranger_case_id}/history"
    get(stranger, f"{own}/rows/{row}", 404)
    get(stranger, f"{own}/recurring/{key}", 404)
    assert rules(app) == []


def test_a_loan_of_another_case_is_not_found(
    app: Flask, household: Household, borrower: FlaskClient, stranger: FlaskClient, page: str
) -> None:
    own = f"/c/{household.stranger_case_id}"
    add(stranger, own, as_csv())
    with app.app_context():
        case = db.session.get_one(Case, household.stranger_case_id)
        key = next(o.key for o in findings.offers(case, TODAY) if o.found.who == HAIER)
    post(stranger, f"{own}/history/recurring/{key}/loan", {"loan": household.loan_ids["haier"]}, 404)


def test_chinese_is_complete(borrower: FlaskClient, page: str, app: Flask, household: Household) -> None:
    key = offers(app, household)[HAIER].key
    said = {
        f"{page}?month=2026-11&lang=zh": ("计划和实际", "实际剩", "自己账户之间转的 ¥500 没有算进去", "这些算哪一类？"),
        f"{page}/recurring?lang=zh": ("定期收支", "每月18日", "像是还「海尔分期」", "对，这 4 项预算里已经有了"),
        f"{page}/recurring/{key}?lang=zh": ("是还借款", "海尔分期 (都算过了)", "加进预算"),
    }
    for address, phrases in said.items():
        text = words(get(borrower, address))
        for phrase in phrases:
            assert phrase in text, phrase


def paid(app: Flask, household: Household) -> list[tuple[date, int]]:
    with app.app_context():
        query = select(Payment).where(Payment.loan_id == household.loan_ids["haier"]).order_by(Payment.paid_on)
        return [(payment.paid_on, payment.amount_minor) for payment in db.session.scalars(query)]


def count(app: Flask, table: type) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(table)) or 0
