"""Closed orders and refunds of a statement: the file lists them, the household's history counts them as what they were."""

from __future__ import annotations

import io
import json
from datetime import date
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from planner.extensions import db
from planner.imports import actual, findings, sorting
from planner.models import Case, Transaction
from planner.statements.command import run
from tests.factories import Household
from tests.pages import assert_sound, get, post, words
from tests.views.test_imports import add, choose

HEAD = "交易时间,交易分类,交易对方,对方账号,商品说明,收/支,金额,收/付款方式,交易状态,交易订单号,商家订单号,备注,"
TODAY = date(2026, 11, 26)
CARD = """Date,Merchant,Amount,Status
2026-11-02,Shop,-40.00,{status}
2026-11-03,Bakery,-5.00,Completed
2026-11-04,Work,+90.00,Completed
"""


def row(day: str, who: str, what: str, way: str, amount: str, status: str, number: str) -> str:
    return f"2026-{day} 10:00:00,分类,{who},x,{what},{way},{amount},余额,{status},{number}\t,2\t,,"


def alipay(*rows: str) -> bytes:
    return "\n".join([HEAD, *rows, ""]).encode("gb18030")


BOUGHT = row("11-02", "衣服店", "外套", "支出", "300.00", "交易成功", "20261102001")
PAID_BACK = row("11-05", "衣服店", "退款-外套", "不计收支", "100.00", "退款成功", "20261102001_9")
CLOSED = row("11-03", "店C", "耳机", "支出", "60.00", "交易关闭", "20261103001")
CLOSED_BACK = row("11-06", "店C", "退款-耳机", "不计收支", "60.00", "退款成功", "20261103001_7")


@pytest.fixture
def page(household: Household) -> str:
    return f"/c/{household.case_id}/imports"


def kinds(app: Flask) -> list[tuple[str, int, str]]:
    with app.app_context():
        found = db.session.scalars(select(Transaction).order_by(Transaction.on, Transaction.amount_minor))
        return [(each.counterparty, each.amount_minor, each.direction) for each in found]


def month(app: Flask, household: Household) -> actual.Actual:
    """November in plan and in truth."""
    with app.test_request_context():
        case = db.session.get_one(Case, household.case_id)
        return actual.actual(case, actual.view_of(case, "2026-11", None, TODAY), TODAY)


def test_a_closed_order_is_no_spending_and_a_refund_lowers_it(
    app: Flask, household: Household, borrower: FlaskClient, page: str
) -> None:
    data = alipay(BOUGHT, PAID_BACK, CLOSED)
    where = choose(borrower, page, data, "alipay.csv")
    html = get(borrower, where)
    assert_sound(html)
    for part in ("3 new rows", "Money in ¥100.00", "Money out ¥300.00", "Neither in nor out: ¥60.00",
                 "1 row was closed, failed or cancelled", "1 row is a refund"):  # fmt: skip
        assert part in words(html), part
    assert "are counted as the file lists them" not in words(html)
    post(borrower, f"{where}/confirm", {})
    assert kinds(app) == [("衣服店", 30_000, "out"), ("店C", 6_000, "neutral"), ("衣服店", 10_000, "in")]
    found = month(app, household)
    assert (found.income_minor, found.spent_minor) == (0, 20_000)
    with app.app_context():
        rows = sorting.sorted_rows(db.session.get_one(Case, household.case_id), TODAY.replace(day=1), TODAY)
    assert [each.what for each in rows] == ["spending", "refund"]
    again = choose(borrower, page, data, "alipay.csv")
    assert "0 new rows" in words(get(borrower, again)), "the fingerprints are those of the file"


def test_a_refund_that_says_so_only_in_its_status_is_no_income(
    app: Flask, household: Household, borrower: FlaskClient, page: str
) -> None:
    back = row("11-05", "衣服店", "外套", "不计收支", "100.00", "退款成功", "20261102001_9")
    listed_as_income = row("11-06", "鞋店", "鞋", "收入", "50.00", "退款成功", "77")
    add(borrower, page, alipay(BOUGHT, back, listed_as_income), "alipay.csv")
    found = month(app, household)
    assert (found.income_minor, found.spent_minor) == (0, 15_000)
    assert "退款成功 外套" in words(get(borrower, f"{page}/transactions"))


def test_closed_orders_are_never_offered_as_a_bill(
    app: Flask, household: Household, borrower: FlaskClient, page: str
) -> None:
    rows = [
        row(f"{n:02}-15", "店C", "买", "支出", "60.00", status, f"6{n}")
        for n, status in enumerate(["交易关闭"] * 11, 1)
    ]
    add(borrower, page, alipay(*rows), "closed.csv")
    with app.app_context():
        assert findings.offers(db.session.get_one(Case, household.case_id), TODAY) == []
    rows = [each.replace("店C", "店D").replace("交易关闭", "交易成功").replace(",6", ",7") for each in rows]
    add(borrower, page, alipay(*rows), "paid.csv")
    with app.app_context():
        assert [each.found.who for each in findings.offers(db.session.get_one(Case, household.case_id), TODAY)] == [
            "店D"
        ]


def test_the_refund_of_a_closed_order_does_not_lower_spending_once_more(
    app: Flask, household: Household, borrower: FlaskClient, page: str
) -> None:
    add(borrower, page, alipay(BOUGHT, CLOSED, CLOSED_BACK), "alipay.csv")
    assert month(app, household).spent_minor == 30_000
    assert ("店C", 6_000, "in") not in kinds(app)


def test_nor_does_it_in_the_next_file(app: Flask, household: Household, borrower: FlaskClient, page: str) -> None:
    add(borrower, page, alipay(BOUGHT, CLOSED), "first.csv")
    add(borrower, page, alipay(CLOSED_BACK), "second.csv")
    assert month(app, household).spent_minor == 30_000


def test_an_order_stored_before_it_was_closed_is_lowered_by_its_refund(
    app: Flask, household: Household, borrower: FlaskClient, page: str
) -> None:
    add(borrower, page, alipay(CLOSED.replace("交易关闭", "等待确认收货")), "early.csv")
    assert month(app, household).spent_minor == 6_000
    where = choose(borrower, page, alipay(CLOSED, CLOSED_BACK), "late.csv")
    assert "1 new row" in words(get(borrower, where))
    post(borrower, f"{where}/confirm", {})
    assert kinds(app) == [("店C", 6_000, "out"), ("店C", 6_000, "in")]
    assert month(app, household).spent_minor == 0


@pytest.mark.parametrize(
    "status",
    ["Cancelled", "DECLINED", "Failed", "Declined: no money", "Canceled - by shop", "已关闭(超时)", "交易失败"],
)
def test_a_status_that_says_nothing_happened(app: Flask, borrower: FlaskClient, page: str, status: str) -> None:
    where = choose(borrower, page, CARD.format(status=status).encode(), "card.csv")
    post(borrower, where, {"currency": "EUR"} | SHOWN)
    post(borrower, f"{where}/confirm", {})
    assert kinds(app) == [("Shop", 4_000, "neutral"), ("Bakery", 500, "out"), ("Work", 9_000, "in")]


SHOWN = {"date": "0", "amount": "2", "into": "-1", "out": "-1", "direction": "-1", "counterparty": "1", "text": "-1",
         "sign": "in", "order": "", "decimal": "."}  # fmt: skip


@pytest.mark.parametrize("status", ["Completed", "Refunded", "Refund failed", "已撤销", "Cancelled check fee"])
def test_a_status_that_leaves_the_row_as_it_is(app: Flask, borrower: FlaskClient, page: str, status: str) -> None:
    where = choose(borrower, page, CARD.format(status=status).encode(), "card.csv")
    post(borrower, where, {"currency": "EUR"} | SHOWN)
    post(borrower, f"{where}/confirm", {})
    assert kinds(app)[0] == ("Shop", 4_000, "out")


def test_the_command_prints_the_files_own_sums(tmp_path: Path) -> None:
    file = tmp_path / "alipay.csv"
    file.write_bytes(alipay(BOUGHT, PAID_BACK, CLOSED))
    out = io.StringIO()
    assert run(str(file), out=out, err=io.StringIO()) == 0
    said = json.loads(out.getvalue())
    assert [said["accounts"][0][name] for name in ("in", "out", "neutral")] == ["0.00", "360.00", "100.00"]
    assert any("closed" in doubt for doubt in said["doubts"])
