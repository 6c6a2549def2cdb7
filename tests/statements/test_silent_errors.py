"""Files that once gave a wrong sum without a word, each on a fixture of our own."""

# ruff: noqa: E501  # the fixtures are as wide as the lines of banks

from __future__ import annotations

from dataclasses import replace

import pytest

from planner.statements.dates import Order
from planner.statements.detector import guess_mapping, read

from .reading import days, doubts, read_text, sums
from .test_formats import MT940, balance, camt, entry
from .test_ofx import ofx, row
from .workbooks import workbook


@pytest.mark.parametrize(
    "text",
    [
        "Date,Description,Amount\n2024-01-05,x,-1,234.50\n2024-01-06,y,-2.00\n",
        "Datum,Text,Betrag,Währung\n05.01.2024,x,-10,50,EUR\n06.01.2024,y,-2,EUR\n",
        "Date,Description,Amount\nPending,x,-1,234.50\n2024-01-06,y,-2.00\n",
        "Datum,Text,Betrag,Währung,Info\n05.01.2024,x,-10,50,EUR,\n06.01.2024,y,-2,EUR,\n",
        "Rows\n2024-01-05,x,-1,234.50\n2024-01-06,y,-2.00\n",
        "Date,Description,Amount\n2024-01-05,Shop, Ltd,-10.00\n2024-01-06,y,-2.00\n",
    ],
)
def test_a_comma_that_splits_a_row_makes_it_a_bad_row(text: str) -> None:
    statement = read_text(text, account_currency="EUR")
    assert [(row.line, row.code) for row in statement.bad_rows] == [(2, "malformed")]
    assert sums(statement) == {"out EUR": "2.00"}


def test_cells_beyond_the_names_that_are_blank_are_nothing() -> None:
    statement = read_text("Date,Description,Debit,Currency\n2024-01-05,x,1.00,EUR,,\n")
    assert (sums(statement), statement.bad_rows, doubts(statement)) == ({"out EUR": "1.00"}, [], set())


YEARS = "Date,Description,Debit,Currency\n{},A,1.00,EUR\n{},B,2.00,EUR\n{},C,3.00,EUR\n"


@pytest.mark.parametrize(
    ("cells", "expected", "doubted"),
    [
        (("24-01-05", "24-01-06", "24-02-01"), ["2024-01-05", "2024-01-06", "2024-02-01"], {"date_order_guessed"}),
        (("12-12-05", "12-12-06", "12-12-07"), ["2012-12-05", "2012-12-06", "2012-12-07"], {"date_order_guessed"}),
        (("99-01-05", "99-01-06", "99-02-01"), ["1999-01-05", "1999-01-06", "1999-02-01"], set()),
        (("24-01-05",) * 3, ["2005-01-24"] * 3, {"date_order_guessed"}),
        (("24/01/05", "25/01/05", "01/02/05"), ["2005-01-24", "2005-01-25", "2005-02-01"], set()),
        (("05.01.24", "06.01.24", "31.01.24"), ["2024-01-05", "2024-01-06", "2024-01-31"], set()),
        (("31.01.24",) * 3, ["2024-01-31"] * 3, set()),
        (("1/24/05", "1/25/05", "12/1/05"), ["2005-01-24", "2005-01-25", "2005-12-01"], set()),
    ],
)
def test_a_year_of_two_digits_may_stand_first(cells: tuple[str, ...], expected: list[str], doubted: set[str]) -> None:
    statement = read_text(YEARS.format(*cells))
    assert (days(statement), doubts(statement)) == (expected, doubted)


def test_qif_may_write_the_year_first_too() -> None:
    text = "!Type:Bank\nD24-01-05\nT-1.00\n^\nD24-01-06\nT-2.00\n^\n"
    statement = read_text(text, account_currency="USD")
    assert (days(statement), doubts(statement)) == (["2024-01-05", "2024-01-06"], {"date_order_guessed"})
    assert days(read_text(text.replace("-01-", "/01'"))) == ["2005-01-24", "2006-01-24"]


def test_the_year_first_can_be_chosen() -> None:
    data = YEARS.format(*("24-01-05",) * 3).encode()
    guessed = guess_mapping(data)
    assert guessed is not None
    assert days(read(data, mapping=replace(guessed, order=Order.YEAR_FIRST))) == ["2024-01-05"] * 3


@pytest.mark.parametrize("kept", [":62F:", "NTRFREF\n:61:2402290229RD1,25", "6,5NMSC", ":62F:C240229EUR574,75\n"])
def test_mt940_that_is_cut_off_says_so(kept: str) -> None:
    text = MT940[: MT940.index(kept)]
    assert "cut_off" in doubts(read_text(text))
    assert "cut_off" not in doubts(read_text(MT940))


def test_mt940_that_is_cut_off_between_statements_or_in_its_closing_balance_says_so() -> None:
    plain = MT940.split("}{4:\n")[1].replace("-}", "-")
    assert "cut_off" in doubts(read_text(plain.replace(":62F:C240229EUR574,75\n", "") + plain))
    assert "cut_off" in doubts(read_text(MT940[: MT940.index("EUR574")]))


def test_an_interim_report_has_no_closing_balance() -> None:
    text = ":20:X\n:25:A\n:28C:1/1\n:34F:EUR0,\n:61:240103D123,45NTRFREF\n:90D:1EUR123,45\n-\n"
    assert "cut_off" not in doubts(read_text(text))


@pytest.mark.parametrize(
    ("last", "torn"),
    [
        ("2024-01-07,C,1", True), ("2024-01-07,C,1341.2", True), ('2024-01-07,C,"1', True), ("2024-01-07,C", True), ("2024-01-", True),
        ("2024-01-07,C,1341.23", False), ("2024-01-07,C,1\n", False), ("2 rows", False),
    ],
)  # fmt: skip
def test_a_table_torn_in_its_last_amount_says_so(last: str, torn: bool) -> None:
    text = "Date,Description,Debit\n2024-01-05,A,10.00\n2024-01-06,B,20.00\n" + last
    assert ("cut_off" in doubts(read_text(text))) == torn


def test_amounts_that_leave_out_their_decimals_are_not_torn() -> None:
    assert "cut_off" not in doubts(
        read_text("Date,Description,Debit\n2024-01-05,A,10.5\n2024-01-06,B,20\n2024-01-07,C,1")
    )


@pytest.mark.parametrize(
    ("amounts", "out", "doubted"),
    [
        (("-1,234", "-2,500"), "3734.00", {"decimal_guessed"}),
        (("-1.234", "-2"), "3.23", {"decimal_guessed", "extra_decimals"}),
        (("-1,234", "-2,500.00"), "3734.00", set()),
        (("-1.234", "-10,50"), "1244.50", set()),
    ],
)
def test_qif_whose_decimal_mark_is_a_guess_says_so(amounts: tuple[str, str], out: str, doubted: set[str]) -> None:
    text = "!Type:Bank\n" + "".join(f"D3/14/24\nT{amount}\n^\n" for amount in amounts)
    statement = read_text(text, account_currency="USD")
    assert (sums(statement), doubts(statement)) == ({"out USD": out}, doubted)


@pytest.mark.parametrize("first", ["D3/14/24\nT-1.00\n", "D3/14/24\nT-1.00\nSFood\n$-1.00\n", "T-1.00\nD3/14/24\nPA\n"])
def test_qif_without_the_caret_between_two_records_lists_them_as_bad(first: str) -> None:
    text = f"!Type:Bank\n{first}D3/15/24\nT-2.00\n^\nD3/16/24\nT-4.00\n^\n"
    statement = read_text(text, account_currency="USD")
    assert [(row.line, row.code) for row in statement.bad_rows] == [(2, "malformed")]
    assert sums(statement) == {"out USD": "4.00"}


def test_a_shop_called_total_or_balance_is_no_sum_beside_a_date_that_cannot_be_read() -> None:
    statement = read_text(
        "Date,Description,Amount,Currency\n2024-02-31,Total Wine & More,-45.00,EUR\n2024-02-32,New Balance Shoes,-99.00,EUR\n"
        "2024-13-06,y,abc,EUR\nxx,y,1..2,EUR\n2024-03-01,z,-1.00,EUR\n,Total,-145.00,EUR\nTotal,,-145.00,EUR\nBalance,,abc,EUR\n"
    )
    assert [(row.line, row.code) for row in statement.bad_rows] == [
        (2, "no_date"), (3, "no_date"), (4, "malformed"), (5, "malformed")
    ]  # fmt: skip
    assert sums(statement) == {"out EUR": "1.00"}


def test_a_later_sheet_that_repeats_earlier_ones_and_has_more_rows_counts_once() -> None:
    first, second, third = (["2024-05-01", "A", 1], ["2024-05-02", "B", 2], ["2024-05-03", "C", 4])
    head = ["Date", "Description", "Debit (EUR)"]
    months = {"May 1": [["Until", "2024-05-01"], head, first], "May 2": [["Until", "2024-05-02"], head, second]}
    statement = read(workbook({**months, "All": [head, first, second, third]}))
    assert (sums(statement), doubts(statement)) == ({"out EUR": "7.00"}, {"repeated_sheet"})
    statement = read(workbook({**months, "All": [head, first, first, second]}))
    assert sums(statement) == {"out EUR": "4.00"}
    statement = read(workbook({"All": [head, first, second, third], **months}))
    assert (sums(statement), doubts(statement)) == ({"out EUR": "7.00"}, {"repeated_sheet"})
    assert doubts(read(workbook(months))) == set()


TOTALS = "Date,Description,Debit,Credit,Currency\n2024-01-05,A,10.00,,EUR\n2024-01-06,B,,5.00,EUR\n"


@pytest.mark.parametrize(
    ("rows", "out", "doubted"),
    [
        ("2024-01-31,Total,5.00,,EUR\n", "10.00", {"balance_rows"}),
        ("2024-01-31,Total,7.00,,EUR\n", "10.00", {"balance_rows"}),
        ("2024-01-31,Sub-total,7.00,,EUR\n2024-02-01,C,1.00,,EUR\n", "11.00", {"balance_rows"}),
        ("2024-01-31,小计,7.00,,EUR\n2024-02-01,C,1.00,,EUR\n", "11.00", {"balance_rows"}),
        ("2024-01-31,Total,10.00,,EUR\n2024-02-01,C,1.00,,EUR\n", "11.00", {"balance_rows"}),
        ("2024-01-31,Total,7.00,,EUR\n2024-02-01,C,1.00,,EUR\n", "18.00", set()),
        ("2024-01-31,Total,7.00,,EUR\n2024-02-01,Total,1.00,,EUR\n", "18.00", set()),
        ("2024-01-31,Total Wine,7.00,,EUR\n", "17.00", set()),
    ],
)
def test_a_dated_total_is_no_transaction_unless_fuel_was_bought_there(rows: str, out: str, doubted: set[str]) -> None:
    statement = read_text(TOTALS + rows)
    assert (sums(statement)["out EUR"], doubts(statement)) == (out, doubted)


@pytest.mark.parametrize(
    ("amounts", "expected"),
    [
        (("100.00", "20.00", "50.00 CR"), {"in EUR": "50.00", "out EUR": "120.00"}),
        (("100.00", "20.00", "50.00 DR"), {"in EUR": "120.00", "out EUR": "50.00"}),
    ],
)
def test_where_only_one_way_is_marked_the_rest_goes_the_other(
    amounts: tuple[str, ...], expected: dict[str, str]
) -> None:
    rows = "".join(f"2024-01-0{n},x,{amount},EUR\n" for n, amount in enumerate(amounts, 1))
    statement = read_text("Date,Description,Amount,Currency\n" + rows)
    assert (sums(statement), doubts(statement)) == (expected, {"sign_guessed"})


def test_a_column_of_kinds_says_the_way_where_its_words_do() -> None:
    text = "Date,Description,Type,Amount,Currency\n2024-01-01,x,Debit,10.00,EUR\n2024-01-02,y,Credit,20.00,EUR\n2024-01-03,z,Fee,{},EUR\n"
    statement = read_text(text.format("1.00"))
    assert sums(statement) == {"in EUR": "20.00", "neutral EUR": "1.00", "out EUR": "10.00"}
    assert doubts(statement) == {"direction_unknown"}
    statement = read_text(text.format("-1.00"))
    assert sums(statement) == {"in EUR": "20.00", "out EUR": "11.00"}
    assert doubts(statement) == {"sign_guessed", "sign_contradicts"}
    signed = read_text(text.format("-1.00").replace("10.00", "-10.00"))
    assert sums(signed) == {"in EUR": "20.00", "out EUR": "11.00"}


def test_ofx_takes_its_decimal_mark_from_all_amounts() -> None:
    statement = read_text(ofx(row("-1.234") + row("-10,50"), currency="EUR"))
    assert (sums(statement), doubts(statement)) == ({"out EUR": "1244.50"}, set())
    assert "decimal_guessed" in doubts(read_text(ofx(row("-1.234"), currency="EUR")))


def test_camt_holds_each_statement_against_its_own_entries() -> None:
    wrong = balance("OPBD", "100.00") + balance("CLBD", "80.00")
    right = balance("OPBD", "100.00") + balance("CLBD", "90.00")
    foreign = camt(entry(currency="CHF")).replace("<Ccy>EUR", "<Ccy>CHF")
    bad = camt(entry("12..3"))
    for first in (foreign, bad):
        for balances, doubted in ((wrong, {"balance_differs"}), (right, set())):
            second = camt(entry(), balances=balances)
            start, end = second.index("<Stmt>"), second.index("</BkToCstmrStmt>")
            both = first.replace("</BkToCstmrStmt>", second[start:end] + "</BkToCstmrStmt>")
            assert doubts(read_text(both)) == doubted


def test_mt940_without_an_opening_balance_takes_its_currency_from_the_closing_one() -> None:
    text = ":20:X\n:25:A\n:28C:1/1\n:61:240103D123,45NTRFREF\n:62F:C240105EUR112,50\n-\n:20:Y\n:25:B\n:61:240103D1,NTRFREF\n:62F:C240105PLN1,\n-\n"
    statement = read_text(text)
    assert (sums(statement), doubts(statement)) == ({"out EUR": "123.45", "out PLN": "1.00"}, set())
    assert [(total.account, total.currency, total.count) for total in statement.sums()] == [
        ("A", "EUR", 1),
        ("B", "PLN", 1),
    ]


def test_rows_a_german_bank_has_only_noted_are_said() -> None:
    text = "Buchungstag;Verwendungszweck;Betrag;Waehrung;Info\n22.02.24;A;-36,99;EUR;Umsatz {}\n21.02.24;B;+5,00;EUR;Umsatz gebucht\n"
    assert doubts(read_text(text.format("vorgemerkt"))) == {"pending_counted"}
    assert doubts(read_text(text.format("gebucht"))) == set()


def test_a_balance_marked_dr_is_below_zero() -> None:
    text = "Date,Description,Debit,Credit,Balance,Currency\n2024-01-01,A,4.50,,{}\n2024-01-02,B,10.00,,5.50DR,EUR\n2024-01-03,C,,7.50,2.00CR,EUR\n"
    statement = read_text(text.format("4.50CR,EUR"))
    assert (sums(statement), doubts(statement)) == ({"in EUR": "7.50", "out EUR": "14.50"}, set())
    assert doubts(read_text(text.format("9.50CR,EUR"))) == {"balance_differs"}


def test_ofx_rows_not_booked_yet_are_said_to_be_left_out() -> None:
    pending = "<BANKTRANLISTP><STMTTRNP><TRNTYPE>DEBIT<DTTRAN>20240106<TRNAMT>-3.00<NAME>P</STMTTRNP></BANKTRANLISTP>"
    for booked in (row("-1.00"), row("-1.00").replace("</STMTTRN>", "")):
        statement = read_text(ofx(booked).replace("</STMTRS>", pending + "</STMTRS>"))
        assert (sums(statement), doubts(statement)) == ({"out USD": "1.00"}, {"pending_skipped"})
        assert statement.entries[0].counterparty == "N"
