"""What single banks and wallets do otherwise than the rest, each on a fixture of our own."""

# ruff: noqa: E501  # the fixtures are as wide as the lines of banks

from __future__ import annotations

import pytest

from .reading import days, doubts, read_text, sums

CASES = {
    "credits with a minus in a column of their own": (
        "Status,Date,Description,Debit,Credit,Currency\nCleared,01/25/2024,SHOP,12.50,,USD\nCleared,01/24/2024,PAID,,-100.00,USD\n",
        {"in USD": "100.00", "out USD": "12.50"}, set(), ["2024-01-25", "2024-01-24"],
    ),
    "an opening and a closing balance in the column of amounts": (
        "Date,Description,Amount,Currency\n24/01/2024,Opening balance,50.00,EUR\n25/01/2024,Balance transfer,-12.50,EUR\n"
        "26/01/2024,Pay,+100.00,EUR\n31/01/2024,Closing Balance,137.50,EUR\n",
        {"in EUR": "100.00", "neutral EUR": "187.50", "out EUR": "12.50"}, {"balance_rows"},
        ["2024-01-24", "2024-01-25", "2024-01-26", "2024-01-31"],
    ),
    "each currency with its own running balance": (
        "交易日期,对方账户名称,币种,收入金额,支出金额,余额,附言\n2024/01/05,张,人民币,0.00,25.00,975.00,x\n"
        "2024/01/07,公司,美元,100.00,0.00,100.00,x\n2024/01/08,公司,人民币,25.00,0.00,1000.00,x\n",
        {"in CNY": "25.00", "in USD": "100.00", "out CNY": "25.00"}, set(), ["2024-01-05", "2024-01-07", "2024-01-08"],
    ),
    "a currency written behind the column's name": (
        "Date;Libellé;Débit euros;Crédit euros\n05/01/2024;SHOP;12,50;\n25/01/2024;PAY;;1 100,00\n",
        {"in EUR": "1100.00", "out EUR": "12.50"}, set(), ["2024-01-05", "2024-01-25"],
    ),
    "a sign in a column of its own": (
        "Date,Description,+/-,Amount,Currency\n25/01/2024,x,-,10.00,EUR\n26/01/2024,y,+,5.00,EUR\n",
        {"in EUR": "5.00", "out EUR": "10.00"}, set(), ["2024-01-25", "2024-01-26"],
    ),
    "two columns of amounts with one name": (
        "Date,Text,Amount,Amount,Currency\n25/01/2024,x,-10.00,-9.00,EUR\n26/01/2024,y,+20.00,+18.00,EUR\n",
        {"in EUR": "20.00", "out EUR": "10.00"}, {"columns_guessed"}, ["2024-01-25", "2024-01-26"],
    ),
    "dates with their weekday": (
        'Date,Description,Amount,Currency\n"Thu, 25 Jan 2024",Shop,-12.50,EUR\n"Friday 26 January 2024",Pay,+100.00,EUR\n',
        {"in EUR": "100.00", "out EUR": "12.50"}, set(), ["2024-01-25", "2024-01-26"],
    ),
    "a tab at the end of each cell": (
        "交易时间\t,交易分类\t,交易对方\t,对方账号\t,商品说明\t,收/支\t,金额\t,收/付款方式\t,交易状态\t\n"
        "2024-01-05 10:00:00\t,餐饮\t,店\t,/\t,面\t,支出\t,12.50\t,余额\t,交易成功\t\n2024-01-06 10:00:00\t,其他\t,我\t,/\t,存\t,其他\t,2.50\t,余额\t,交易成功\t\n",
        {"neutral CNY": "2.50", "out CNY": "12.50"}, set(), ["2024-01-05", "2024-01-06"],
    ),
    "an amount with a word about its refund": (
        "交易时间,商户名称,交易说明,金额,收/付款方式,交易状态,收/支,交易分类,交易订单号,商家订单号,备注\n"
        "2024-01-05 10:00:00,京东,买,12.50,卡,交易成功,支出,x,1,2,\n2024-01-06 10:00:00,京东,退,12.50(已全额退款),卡,退款成功,不计收支,x,1,3,\n",
        {"neutral CNY": "12.50", "out CNY": "12.50"}, {"failed_counted"}, ["2024-01-05", "2024-01-06"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_tables(name: str) -> None:
    text, expected, doubted, dated = CASES[name]
    statement = read_text(text)
    assert sums(statement) == expected
    assert doubts(statement) == doubted
    assert days(statement) == dated
    assert statement.bad_rows == []


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("shift_jis", "日付,摘要,お支払金額,お預り金額,通貨\n2024/01/05,買物,1250,,JPY\n2024/01/25,給与,,100000,JPY\n"),
        (
            "cp1251",
            "Дата;Описание;Расход;Приход;Валюта\n05.01.2024;Магазин;1250;;JPY\n25.01.2024;Зарплата;;100000;JPY\n",
        ),
    ],
)
def test_letters_of_japan_and_russia(encoding: str, text: str) -> None:
    statement = read_text(text, encoding=encoding)
    assert sums(statement) == {"in JPY": "100000.00", "out JPY": "1250.00"}
    assert "columns_guessed" not in doubts(statement)
    assert statement.entries[0].text in ("買物", "Магазин")


def test_a_row_with_money_in_and_money_out_is_not_netted_in_silence() -> None:
    statement = read_text("Date,Description,Debit,Credit\n25/01/2024,x,10.00,10.00\n26/01/2024,y,0.00,5.00\n")
    assert sums(statement) == {"in ?": "5.00"}
    assert [(row.line, row.code) for row in statement.bad_rows] == [(2, "no_sign")]


def test_ofx_with_the_sign_behind() -> None:
    row = "<STMTTRN><TRNTYPE>DEBIT<DTPOSTED>20240105<TRNAMT>12.50-<FITID>1<NAME>a</STMTTRN>"
    statement = read_text(f"OFXHEADER:100\n\n<OFX><STMTRS><CURDEF>USD<BANKTRANLIST>{row}</BANKTRANLIST></STMTRS></OFX>")
    assert (sums(statement), statement.bad_rows) == ({"out USD": "12.50"}, [])


def test_mt940_with_blanks_between_the_parts_of_a_row() -> None:
    statement = read_text(
        ":20:X\n:25:A\n:28C:1/1\n:60F:C231231EUR100,00\n:61:231231 C 12,50 NTRFREF\n:62F:C240105EUR112,50\n-"
    )
    assert (sums(statement), doubts(statement)) == ({"in EUR": "12.50"}, set())
    assert statement.entries[0].reference == "REF"
