"""QIF, MT940, CAMT.053, Plaid and workbooks, on fixtures of our own."""

from __future__ import annotations

import pytest

from planner.statements.detector import read
from planner.statements.values import Unreadable

from .reading import days, doubts, read_text, sums
from .workbooks import workbook

QIF = """
### made by hand ###
!Account
NSavings
TBank
^
!Type:Bank
D2/10'2024
T7.00
POpening Balance
L[Savings]
^
D2/14'2024
T-67.50
PShop
LBills
SBills
D1/10'2024
$-60.00
SFees
$-7.50
^
D12/31/23
T1,000.00
PWork
L[Checking]
^
!Type:Cat
NFood
E
^
"""
MT940 = """
{1:F01BANKXX}{2:I940}{4:
:20:START
:25:DE/123
:28C:1/1
:60F:C240228EUR100,00
:61:2402300301DR6,5NMSCNONREF//B1
:86:805?00ENTGELT?20Kosten?21 Februar?32BANK?33 AG
:61:2402290229C500NTRFREF
:86:SALARY
 FEBRUARY
:61:2402290229RC20,NTRFREF
:61:2402290229RD1,25NTRFREF
:62F:C240229EUR574,75
-}
"""
ENTRY = (
    '<Ntry><Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd><Sts>{state}</Sts>'
    "<BookgDt><Dt>2024-04-{day}</Dt></BookgDt><AcctSvcrRef>R{day}</AcctSvcrRef><NtryDtls><TxDtls><RltdPties>"
    "<Dbtr><Pty><Nm>Payer</Nm></Pty></Dbtr><Cdtr><Nm>Payee</Nm></Cdtr></RltdPties>"
    "<RmtInf><Ustrd>Invoice {day}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>"
)
HEAD = [
    "交易时间",
    "交易类型",
    "交易对方",
    "商品",
    "收/支",
    "金额(元)",
    "支付方式",
    "当前状态",
    "交易单号",
    "商户单号",
    "备注",
]
ROWS = [
    ["2024-05-01 10:00:00", "商户消费", "店", "茶", "支出", "¥12.00", "零钱", "支付成功", "1", "2", "/"],
    ["2024-05-02 10:00:00", "转账", "友", "/", "收入", 7.5, "/", "已收钱", "3", "4", "/"],
]


def camt(*entries: str, before: str = "", version: int = 2, balances: str = "") -> str:
    """A statement of one account in euros."""
    space = f"urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version:02}"
    return (
        f'<?xml version="1.0"?>{before}<Document xmlns="{space}"><BkToCstmrStmt>'
        f"<Stmt><Acct><Id><IBAN>DE1</IBAN></Id><Ccy>EUR</Ccy></Acct>{balances}\n{''.join(entries)}</Stmt>"
        "</BkToCstmrStmt></Document>"
    )


def entry(
    amount: str = "10.00", side: str = "DBIT", day: str = "05", state: str = "BOOK", currency: str = "EUR"
) -> str:
    """One entry with names on both sides."""
    return ENTRY.format(amount=amount, side=side, day=day, state=state, currency=currency)


def test_qif() -> None:
    statement = read_text(QIF)
    assert statement.format == "qif"
    assert sums(statement) == {"in ?": "1000.00", "neutral ?": "7.00", "out ?": "67.50"}
    assert days(statement) == ["2024-02-10", "2024-02-14", "2023-12-31"]
    assert doubts(statement) == {"currency_unknown"}
    assert {e.account for e in statement.entries} == {"Savings"}
    assert statement.entries[2].category == "[Checking]"


def test_qif_whose_date_order_nothing_tells_and_whose_end_is_torn() -> None:
    statement = read_text("!Type:Bank\nD3/4/24\nT-1.00\nPA\n^\nD3/5/24\nT-2.00\nPB", account_currency="USD")
    assert doubts(statement) == {"date_order_guessed", "cut_off"}
    assert sums(statement) == {"out USD": "3.00"}


def test_qif_investments_are_counted_in_a_doubt() -> None:
    text = "!Type:Bank\nD3/14/24\nT-1.00\n^\n!Type:Invst\nD3/15/24\nNBuy\nT5\n^\n"
    assert doubts(read_text(text, account_currency="USD")) == {"investments_skipped"}


def test_qif_bad_rows() -> None:
    statement = read_text("!Type:Bank\nD3/14/24\nTabc\n^\nDnever\nT1\n^\nD3/15/24\n^\n")
    assert [(row.line, row.code) for row in statement.bad_rows] == [(2, "no_amount"), (5, "no_date"), (8, "no_amount")]


def test_mt940() -> None:
    statement = read_text(MT940)
    assert statement.format == "mt940"
    assert sums(statement) == {"in EUR": "501.25", "out EUR": "26.50"}
    assert days(statement) == ["2024-02-29"] * 4
    assert doubts(statement) == {"date_adjusted"}
    first, second = statement.entries[:2]
    assert (first.counterparty, first.text, first.account) == ("BANK AG", "Kosten Februar", "DE/123")
    assert second.text == "SALARY FEBRUARY"
    assert statement.entries[2].status == "reversal"


def test_mt940_rows_that_do_not_reach_the_closing_balance_are_doubted() -> None:
    assert "balance_differs" in doubts(read_text(MT940.replace("574,75", "574,76")))


def test_mt940_rows_that_cannot_be_read_are_listed() -> None:
    statement = read_text(MT940.replace("2402290229C500", "2402290229X500").replace("2402290229RC", "2413290229RC"))
    assert [(row.line, row.code) for row in statement.bad_rows] == [(8, "malformed"), (11, "no_date")]


def test_mt940_of_several_accounts_and_currencies() -> None:
    second = ":20:B\n:25:2\n:60F:C240101PLN0,\n:61:240102C5,NTRFX\n:62F:C2401025,\n-\n"
    statement = read_text(MT940.split("}{4:\n")[1].replace("-}", "-") + second)
    assert [(total.account, total.currency) for total in statement.sums()] == [("DE/123", "EUR"), ("2", "PLN")]
    assert doubts(statement) == {"date_adjusted"}


@pytest.mark.parametrize("version", [2, 4, 8])
def test_camt(version: int) -> None:
    foreign = entry("1", "DBIT", "07", currency="CHF")
    statement = read_text(camt(entry(), entry("20.5", "CRDT", "06"), foreign, version=version))
    assert statement.format == "camt053"
    assert sums(statement) == {"in EUR": "20.50", "out CHF": "1.00", "out EUR": "10.00"}
    assert [e.counterparty for e in statement.entries] == ["Payee", "Payer", "Payee"]
    assert statement.entries[0].text == "Invoice 05"
    assert days(statement) == ["2024-04-05", "2024-04-06", "2024-04-07"]
    assert doubts(statement) == set()


def test_camt_052_lists_the_same_entries() -> None:
    statement = read_text(camt(entry()).replace("Stmt>", "Rpt>"))
    assert (statement.format, sums(statement)) == ("camt052", {"out EUR": "10.00"})


def test_plaid_amounts_beyond_all_bounds_are_bad_rows() -> None:
    text = '{"added": [{"date": "2024-01-02", "amount": 1e999999999}, {"date": "2024-01-02", "amount": 1e-99999999}]}'
    assert [row.code for row in read_text(text).bad_rows] == ["no_amount", "no_amount"]


def test_camt_rows_alike_on_one_day_stay_two_and_a_batch_stays_one() -> None:
    batch = entry().replace("</TxDtls>", "</TxDtls><TxDtls><Amt>4</Amt></TxDtls>")
    statement = read_text(camt(entry(), entry(), batch))
    assert len({e.fingerprint for e in statement.entries}) == len(statement.entries) == 3


def test_camt_pending_and_information_and_bad_amounts() -> None:
    statement = read_text(camt(entry(state="PDNG"), entry("3", state="INFO"), entry("12..3"), entry(side="BOTH")))
    assert doubts(statement) == {"pending_counted", "information_only"}
    assert sums(statement) == {"neutral EUR": "3.00", "out EUR": "10.00"}
    assert [row.code for row in statement.bad_rows] == ["no_amount", "no_sign"]


def balance(code: str, amount: str) -> str:
    """A stated balance on the credit side."""
    kind = f"<Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>"
    return f"<Bal>{kind}<Amt Ccy='EUR'>{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd></Bal>"


@pytest.mark.parametrize(("closing", "doubted"), [("90.00", set()), ("80.00", {"balance_differs"})])
def test_camt_balances_are_held_against_the_rows(closing: str, doubted: set[str]) -> None:
    balances = balance("OPBD", "100.00") + balance("CLBD", closing)
    assert doubts(read_text(camt(entry(), balances=balances))) == doubted


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (camt(entry(), before='<!DOCTYPE x [<!ENTITY a "aaaa">]>'), "dtd"),
        (camt(entry()).replace("</Document>", ""), "xml"),
        ("<a>" * 500 + "</a>" * 500, "bomb"),
        ("<Document><Other/></Document>", "xml_kind"),
        ('{"transactions": [', "json"),
        ('{"a":' * 100_000, "json"),
        ('{"accounts": []}', "json_kind"),
        ("<!doctype html><table><tr><td>Date</td></tr></table>", "html"),
        ("just some words", "no_table"),
        ("a,b,c\n1,2,3\n", "no_table"),
        ("   \n", "empty"),
        ("\x00\x01\x02\x03" * 50, "binary"),
        ("%PDF-1.7", "pdf"),
    ],
)
def test_what_is_no_statement_is_refused(text: str, code: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read_text(text)
    assert refused.value.code == code


def test_plaid_counts_positive_amounts_as_out() -> None:
    statement = read_text(
        '{"added": [{"date": "2024-01-02", "amount": 12.5, "iso_currency_code": "USD", "name": "Taxi", "pending": true},\n'
        '{"date": "2024-01-03", "amount": -100, "iso_currency_code": "USD"}, {"date": "2024-13-03", "amount": 1},\n'
        '{"date": "2024-01-03", "amount": "x"}]}'
    )
    assert sums(statement) == {"in USD": "100.00", "out USD": "12.50"}
    assert doubts(statement) == {"pending_counted"}
    assert [row.code for row in statement.bad_rows] == ["no_date", "no_amount"]


def test_a_workbook_with_a_preamble_and_numbers() -> None:
    statement = read(workbook({"明细": [["微信支付账单明细"], ["共2笔记录"], HEAD, *ROWS]}))
    assert (statement.format, statement.encoding) == ("wechat-xlsx", "XLSX")
    assert sums(statement) == {"in CNY": "7.50", "out CNY": "12.00"}
    assert [e.line for e in statement.entries] == [4, 5]
    assert doubts(statement) == set()


def test_the_same_rows_on_a_second_sheet_count_once() -> None:
    statement = read(workbook({"全部": [HEAD, *ROWS], "收入": [HEAD, ROWS[1]]}))
    assert sums(statement) == {"in CNY": "7.50", "out CNY": "12.00"}
    assert doubts(statement) == {"repeated_sheet"}


def test_sheets_of_their_own_are_all_read() -> None:
    statement = read(workbook({"一": [HEAD, ROWS[0]], "二": [HEAD, ROWS[1]], "三": [["说明"]]}))
    assert len(statement.entries) == 2
    assert doubts(statement) == set()


def test_damaged_workbooks_are_refused() -> None:
    good = workbook({"一": [HEAD, *ROWS]})
    for data in (good[:-400], good[:200], b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 900):
        with pytest.raises(Unreadable) as refused:
            read(data)
        assert refused.value.code == "workbook"
