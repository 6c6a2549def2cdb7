"""OFX and QFX: SGML and XML, tags left open or closed in the wrong place, and answers that are no statement."""

from __future__ import annotations

import pytest

from planner.statements.values import Unreadable

from .reading import days, doubts, read_text, sums

SGML = """
OFXHEADER:100
DATA:OFXSGML
ENCODING:USASCII
CHARSET:1252

<OFX><SIGNONMSGSRSV1><SONRS><STATUS><CODE>0<SEVERITY>INFO</STATUS></SONRS></SIGNONMSGSRSV1>
<BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>BRL
<BANKACCTFROM><BANKID>1<ACCTID>77-1<ACCTTYPE>CHECKING</BANKACCTFROM>
<BANKTRANLIST><DTSTART>20240101
<STMTTRN>
<TRNTYPE>DEBIT
<DTPOSTED>20240323000000[-3:GMT]
<TRNAMT>-13,50
<FITID>
<NAME>Padaria &amp; Caf\u00e9
<MEMO>compra
</STMTTRN>
<STMTTRN><TRNTYPE>CREDIT<DTPOSTED>20240324<TRNAMT>+1000.00<FITID>a@1<NAME>Empresa</STMTTRN>
</BANKTRANLIST><LEDGERBAL><BALAMT>0<DTASOF>20240325</LEDGERBAL></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>
"""


def ofx(rows: str, *, currency: str = "USD") -> str:
    """An XML answer of one account."""
    return (
        f"<?xml version='1.0' encoding='utf-16'?><?OFX OFXHEADER='200'?><OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS>"
        f"<CURDEF>{currency}</CURDEF><BANKACCTFROM><ACCTID>1</ACCTID></BANKACCTFROM><BANKTRANLIST>{rows}</BANKTRANLIST>"
        f"</STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>"
    )


def row(amount: str, day: str = "20240105", extra: str = "") -> str:
    """One closed transaction."""
    return f"<STMTTRN><TRNAMT>{amount}</TRNAMT><DTPOSTED>{day}</DTPOSTED>{extra}<NAME>N</NAME></STMTTRN>"


def test_sgml_with_open_tags() -> None:
    statement = read_text(SGML, encoding="cp1252")
    assert (statement.format, statement.encoding) == ("ofx", "Windows-1252")
    assert sums(statement) == {"in BRL": "1000.00", "out BRL": "13.50"}
    assert days(statement) == ["2024-03-23", "2024-03-24"]
    entry = statement.entries[0]
    assert (entry.counterparty, entry.text, entry.account, entry.reference) == ("Padaria & Café", "compra", "77-1", "")
    assert doubts(statement) == set()


def test_the_header_may_stand_on_one_line_or_after_blank_ones() -> None:
    for head in ("\n\n\n\nOFXHEADER:100 DATA:OFXSGML VERSION:102 ENCODING:USASCII CHARSET:1252 ", ""):
        assert sums(read_text(head + SGML[SGML.index("<OFX>") :].replace("é", "e"))) == {
            "in BRL": "1000.00",
            "out BRL": "13.50",
        }


def test_xml_that_declares_an_encoding_it_is_not_in() -> None:
    assert sums(read_text(ofx(row("-2.00")))) == {"out USD": "2.00"}


def test_pretty_printed_values_and_a_list_closed_too_early() -> None:
    text = ofx(
        "<STMTTRN><TRNTYPE>\nXFER</TRNTYPE><DTPOSTED>\n20240109</DTPOSTED><TRNAMT>\n-55.00</TRNAMT></STMTTRN></BANKTRANLIST>"
        + row("-1000")
    )
    assert sums(read_text(text)) == {"out USD": "1055.00"}


def test_currency_of_the_row_and_of_the_original_amount() -> None:
    changed = row("5.00", extra="<CURRENCY><CURRATE>1.0</CURRATE><CURSYM>AUD</CURSYM></CURRENCY>")
    original = row("7.00", extra="<ORIGCURRENCY><CURSYM>JPY</CURSYM></ORIGCURRENCY>")
    assert sums(read_text(ofx(changed + original))) == {"in AUD": "5.00", "in USD": "7.00"}
    assert sums(read_text(ofx(changed, currency=""))) == {"in AUD": "5.00"}


def test_missing_and_impossible_dates_leave_the_row_undated_and_bad_amounts_are_listed() -> None:
    statement = read_text(ofx(row("-80.00", "") + row("200.00", "20240231") + row("$120")))
    assert days(statement) == ["-", "-"]
    assert doubts(statement) == {"undated"}
    assert [(bad.code, bad.excerpt) for bad in statement.bad_rows] == [("no_amount", "$120")]


def test_more_decimals_than_the_currency_are_summed_exactly() -> None:
    statement = read_text(ofx(row("1.0051") + row("1.0049")))
    assert sums(statement) == {"in USD": "2.01"}
    assert str(statement.sums()[0].money_in) == "2.0100"
    assert [entry.amount_minor for entry in statement.entries] == [101, 100]
    assert doubts(statement) == {"extra_decimals"}


def test_accounts_without_rows_are_listed_too() -> None:
    second = "<STMTRS><CURDEF>EUR</CURDEF><BANKACCTFROM><ACCTID>2</ACCTID></BANKACCTFROM><BANKTRANLIST></BANKTRANLIST></STMTRS>"
    statement = read_text(ofx(row("1")).replace("</STMTTRNRS>", second + "</STMTTRNRS>"))
    assert [(total.account, total.currency, total.count) for total in statement.sums()] == [
        ("1", "USD", 1),
        ("2", "EUR", 0),
    ]


def test_an_error_answer_is_told_in_the_banks_words() -> None:
    text = "<OFX><STMTTRNRS><STATUS><CODE>2000</CODE><SEVERITY>ERROR</SEVERITY><MESSAGE>General\n Error</MESSAGE></STATUS></STMTTRNRS></OFX>"
    with pytest.raises(Unreadable) as refused:
        read_text(text)
    assert (refused.value.code, refused.value.params) == ("bank_error", {"message": "General Error"})


def test_an_error_for_one_of_two_accounts_is_doubted() -> None:
    failed = "<STMTTRNRS><STATUS><SEVERITY>ERROR</SEVERITY><MESSAGE>Closed</MESSAGE></STATUS></STMTTRNRS>"
    assert doubts(read_text(ofx(row("1")).replace("</BANKMSGSRSV1>", failed + "</BANKMSGSRSV1>"))) == {"part_missing"}


def test_investments_alone_are_refused_and_beside_an_account_doubted() -> None:
    trade = "<BUYSTOCK><INVBUY><INVTRAN><FITID>1</FITID></INVTRAN><TOTAL>-5</TOTAL></INVBUY></BUYSTOCK>"
    with pytest.raises(Unreadable, match="investment_only"):
        read_text(f"<OFX><INVSTMTTRNRS><INVSTMTRS>{trade}</INVSTMTRS></INVSTMTTRNRS></OFX>")
    cash = f"<OFX><INVSTMTRS><CURDEF>USD</CURDEF><INVTRANLIST>{trade}<INVBANKTRAN>{row('9')}</INVBANKTRAN></INVTRANLIST></INVSTMTRS></OFX>"
    statement = read_text(cash)
    assert sums(statement) == {"in USD": "9.00"}
    assert doubts(statement) == {"investments_skipped"}


def test_a_file_without_transactions_or_without_its_end_says_so() -> None:
    assert doubts(read_text("OFXHEADER:100\n<OFX></OFX>")) == {"no_rows"}
    assert doubts(read_text(ofx(row("1")).removesuffix("</OFX>"))) == {"cut_off"}


def test_a_type_definition_is_refused() -> None:
    with pytest.raises(Unreadable, match="dtd"):
        read_text("<!DOCTYPE OFX [<!ENTITY a 'b'>]><OFX></OFX>")
