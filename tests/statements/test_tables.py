"""Tables of banks outside China, on fixtures of our own: names, signs, dates, decimals, odd rows."""

# ruff: noqa: E501  # the fixtures are as wide as the lines of banks

from __future__ import annotations

from decimal import Decimal

import pytest

from planner.statements.dates import parse_date
from planner.statements.numbers import parse_amount

from .reading import days, doubts, read_text, sums

CASES = {
    "monzo": (
        "id,created,amount,currency,local_amount,local_currency,category,emoji,description,address,notes,receipt\n"
        "tx_1,2024-02-25 12:34:56 +0000,-10,GBP,-12,EUR,general,,Shop,,,\n",
        {"out GBP": "10.00"}, {"sign_guessed"}, ["2024-02-25"],
    ),
    "sparkasse": (
        '"Auftragskonto";"Buchungstag";"Valutadatum";"Buchungstext";"Verwendungszweck";"Beguenstigter/Zahlungspflichtiger";"Kontonummer";"BLZ";"Betrag";"Waehrung";"Info"\n'
        '"DE1";"22.02.24";"23.02.24";"LASTSCHRIFT";"Rechnung";"Kabel GmbH";"DE2";"X";"-36,99";"EUR";"Umsatz gebucht"\n'
        '"DE1";"21.02.24";"21.02.24";"GUTSCHRIFT";"Gehalt";"Firma";"DE3";"X";"+2.500,00";"EUR";"Umsatz gebucht"\n',
        {"in EUR": "2500.00", "out EUR": "36.99"}, set(), ["2024-02-22", "2024-02-21"],
    ),
    "bunq": (
        '"Datum","Bedrag","Rekening","Tegenrekening","Naam","Omschrijving"\n'
        '"2024-03-01","-2,56","NL1","NL2","bunq","invoice"\n"2024-03-09","750,00","NL1","NL3","Ouders","zakgeld"\n',
        {"in ?": "750.00", "out ?": "2.56"}, {"sign_guessed", "currency_unknown"}, ["2024-03-01", "2024-03-09"],
    ),
    "ing with af and bij": (
        '"Datum","Naam / Omschrijving","Rekening","Tegenrekening","Code","Af Bij","Bedrag (EUR)","Mutatiesoort","Mededelingen"\n'
        '"20240105","Winkel","NL1","","BA","Af","12,34","Betaalautomaat",""\n"20240104","Werk","NL1","NL2","GT","Bij","2000,00","Salaris",""\n',
        {"in EUR": "2000.00", "out EUR": "12.34"}, set(), ["2024-01-05", "2024-01-04"],
    ),
    "ubs in french": (
        "Produit;Monn.;Description;Date de comptabilisation;Description 1;Description 2;Description 3;N° de transaction;Débit;Crédit;Solde\n"
        "01 2;CHF;Compte;31.03.2019;Frais;;;A1;10.00;;11'373.94\n01 2;CHF;Compte;28.02.2019;Virement;CLUB;;A2;;240.00;11'383.94\n",
        {"in CHF": "240.00", "out CHF": "10.00"}, set(), ["2019-03-31", "2019-02-28"],
    ),
    "dbs with a preamble": (
        "\n\n\nAccount Details For:,Savings\nStatement as at:,06 May 2024 \n\nAvailable Balance:,13490.75\n\n"
        "Transaction Date,Reference,Debit Amount,Credit Amount,Transaction Ref1,Transaction Ref2,Transaction Ref3\n\n\n"
        "06 May 2024,MST, 34.65, ,STORE,4628,,\n05 May 2024,ITR, , 7.50,FRIEND,Bla,,\n",
        {"in ?": "7.50", "out ?": "34.65"}, {"currency_unknown"}, ["2024-05-06", "2024-05-05"],
    ),
    "capital one": (
        "Transaction Date,Posted Date,Card No.,Description,Category,Debit,Credit\n"
        "2024-12-31,2025-01-02,1234,Airline,Travel,1000.00,\n2024-12-31,2025-01-02,1234,AUTOPAY,Payment,,400.00\n",
        {"in ?": "400.00", "out ?": "1000.00"}, {"currency_unknown"}, ["2024-12-31", "2024-12-31"],
    ),
    "sumup with two pairs": (
        "Datum der Transaktion,Transaktions-ID,Art der Transaktion,Referenz,Status,Rechnungsbetrag ausgehend,Rechnungsbetrag eingehend,Währung der Karte,"
        "Zahlungsbetrag ausgehend,Zahlungsbetrag eingehend,Zahlungswährung,Wechselkurs,Gebühr,Verfügbares Guthaben\n"
        '"29.12.24, 13:56",C1,Überweisung,A,Genehmigt,90.00,0.00,USD,84.12,0.00,EUR,1.00,0.00,5.88\n'
        '"15.03.24, 09:19",C2,Überweisung,B,Genehmigt,0.00,90.00,EUR,0.00,90.00,EUR,1.00,0.00,90.00\n',
        {"in EUR": "90.00", "out EUR": "84.12"}, set(), ["2024-12-29", "2024-03-15"],
    ),
    "euro signs behind": (
        "Transaktionstyp,Buchungsdatum,Karteneinsatz,Betrag,Zahlungsempfänger,IBAN,BIC,Verwendungszweck\n"
        'Lastschrift,05.01.2026,,"-50,00 €",Spende,X,Y,Danke\nGutschrift,15.01.2026,,"1.123,45 €",Firma,X,Y,Lohn\n',
        {"in EUR": "1123.45", "out EUR": "50.00"}, set(), ["2026-01-05", "2026-01-15"],
    ),
    "american dates by a day above 12": (
        "#;Account;Date;Value Date;Amount;Currency;Name\n1;DE8;2/20/19;2/20/19;100,00;EUR;Jane\n2;DE8;2/8/19;2/8/19;-63,89;EUR;Gas\n",
        {"in EUR": "100.00", "out EUR": "63.89"}, {"sign_guessed"}, ["2019-02-20", "2019-02-08"],
    ),
    "balances prove the sign": (
        "date,description,amount,balance\n2024-01-03,Food,-5.00,95.00\n2024-01-02,Wages,20.00,100.00\n2024-01-01,Rent,-10.00,80.00\n",
        {"in ?": "20.00", "out ?": "15.00"}, {"currency_unknown"}, ["2024-01-03", "2024-01-02", "2024-01-01"],
    ),
    "balances prove that positive is out": (
        "date,description,amount,balance\n2024-01-01,Food,5.00,95.00\n2024-01-02,Shoes,20.00,75.00\n2024-01-03,Wages,-10.00,85.00\n",
        {"in ?": "10.00", "out ?": "25.00"}, {"currency_unknown"}, ["2024-01-01", "2024-01-02", "2024-01-03"],
    ),
    "a card lists purchases as positive": (
        "Merchant Name,Card Used For Transaction,Date,Time,Amount\nFuel,**** 1,01/20/2024,06:50 PM,36.33\nMusic,**** 4,12/15/2023,05:08 PM,13.98\n",
        {"out ?": "50.31"}, {"sign_guessed", "currency_unknown"}, ["2024-01-20", "2023-12-15"],
    ),
    "plaid says positive is out": (
        "date,name,amount,iso_currency_code,merchant_name\n2024-01-08,Taxi,6.33,USD,Taxi\n2024-01-23,Refund,-500.0,USD,Air\n",
        {"in USD": "500.00", "out USD": "6.33"}, set(), ["2024-01-08", "2024-01-23"],
    ),
    "a word wins over the sign": (
        "Date,Description,Amount,Transaction Type,Currency\n2024-05-01,Shop,78.32,debit,USD\n2024-05-04,Wages,-2500.00,credit,USD\n",
        {"in USD": "2500.00", "out USD": "78.32"}, {"sign_contradicts"}, ["2024-05-01", "2024-05-04"],
    ),
    "cr behind the amount": (
        "Date,Description,Amount\n2024-05-01,Shop,£78.32 DR\n2024-05-04,Payment,£100.00 CR\n",
        {"in GBP": "100.00", "out GBP": "78.32"}, {"sign_guessed"}, ["2024-05-01", "2024-05-04"],
    ),
    "an unnamed column of cr": (
        "Date Processed,Description,Amount,\nPending,CINEMA,£8.00,\n12-Dec-2024,SHOP,£67.40,\n02-Dec-2024,THANK YOU,\"+ £1,100.00\",CR\n",
        {"in GBP": "1100.00", "out GBP": "75.40"}, {"undated"}, ["-", "2024-12-12", "2024-12-02"],
    ),
    "text continues on the next row": (
        "Transaction date,Value date,Description,Withdrawals (SGD),Deposits (SGD)\n18/04/2024,18/04/2024,DEBIT,6.66,\n,,15/04/24 TAXI\n"
        "17/04/2024,17/04/2024,SALARY,,100.00\n",
        {"in SGD": "100.00", "out SGD": "6.66"}, set(), ["2024-04-18", "2024-04-17"],
    ),
    "no header": (
        "05/13/2024,STORE,1.96,,13.04\n05/14/2024,PAY,,100.00,113.04\n05/15/2024,RENT,50.00,,63.04\n",
        {"in ?": "100.00", "out ?": "51.96"}, {"columns_guessed", "sign_guessed", "currency_unknown"},
        ["2024-05-13", "2024-05-14", "2024-05-15"],
    ),
    "lone carriage returns": (
        "Date,Description,Amount,Currency\r2024-01-31,A,-1.00,EUR\r2024-02-01,B,+2.00,EUR\r",
        {"in EUR": "2.00", "out EUR": "1.00"}, set(), ["2024-01-31", "2024-02-01"],
    ),
    "totals and opening balances are no rows": (
        "Date,Description,Debit,Credit,Balance,Currency\n,Opening balance,,,50.00,EUR\n2024-01-31,A,1.00,,49.00,EUR\nTotal,,1.00,0.00,,EUR\n",
        {"out EUR": "1.00"}, set(), ["2024-01-31"],
    ),
    "minus in the column of what went out": (
        "Datum;Omschrijving;credit;debet;Munt\n28/02/2024;Kosten;;-3,40;EUR\n27/02/2024;Loon;1.000,00;;EUR\n",
        {"in EUR": "1000.00", "out EUR": "3.40"}, set(), ["2024-02-28", "2024-02-27"],
    ),
    "a payment taken back": (
        "Date,Description,Debit,Credit,Currency\n2024-02-28,Fee,3.40,,EUR\n2024-02-29,Fee taken back,-3.40,,EUR\n",
        {"in EUR": "3.40", "out EUR": "3.40"}, {"counted_back"}, ["2024-02-28", "2024-02-29"],
    ),
    "several currencies": (
        '"Date","Label","Currency","Amount"\n"12/15/2024","Supplier","USD","-33.50"\n"12/16/2024","Payment","EUR","1,525.00"\n',
        {"in EUR": "1525.00", "out USD": "33.50"}, {"sign_guessed"}, ["2024-12-15", "2024-12-16"],
    ),
    "a second table below the first": (
        "Date,Description,Debit,Credit,Currency\n2024-01-01,A,1.00,,EUR\n\nDate,Credit,Debit,Details,Currency\n2024-01-02,5.00,,B,USD\n",
        {"in USD": "5.00", "out EUR": "1.00"}, set(), ["2024-01-01", "2024-01-02"],
    ),
    "indian groups": (
        "Txn Date,Description,Debit,Credit,Balance,Currency\n12/11/2024,A,\"1,25,000.50\",,\"10,00,000.00\",INR\n13/11/2024,B,,\"2,00,000.00\",\"12,00,000.00\",INR\n",
        {"in INR": "200000.00", "out INR": "125000.50"}, set(), ["2024-11-12", "2024-11-13"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_layouts(name: str) -> None:
    text, expected, doubted, dated = CASES[name]
    statement = read_text(text)
    assert sums(statement) == expected
    assert doubts(statement) == doubted
    assert days(statement) == dated
    assert not statement.bad_rows


def test_central_european_letters() -> None:
    text = "Date,Name,Amount,Currency\n2024-01-01,Sklep spożywczy,-50.00,PLN\n2024-01-02,Śniadanie u Łucji,+5.00,PLN\n"
    statement = read_text(text, encoding="cp1250")
    assert statement.encoding == "Windows-1250"
    assert [entry.counterparty for entry in statement.entries] == ["Sklep spożywczy", "Śniadanie u Łucji"]
    assert doubts(statement) == {"encoding_guessed"}


def test_western_letters() -> None:
    text = "Buchungstag;Empfänger;Betrag;Währung\n10.10.2024;Müller & Söhne;-98,76;EUR\n31.10.2024;Fräulein;+1,00;EUR\n"
    statement = read_text(text, encoding="latin-1")
    assert statement.encoding == "ISO-8859-1"
    assert statement.entries[0].counterparty == "Müller & Söhne"


def test_rows_that_cannot_be_read_are_listed_with_their_line() -> None:
    text = "Date,Description,Amount,Currency\n2024-01-31,A,1..2,EUR\n2024-13-01,B,5.00,EUR\n2024-02-30,C,x,EUR\n2024-02-01,D,+1.00,EUR\n2024-02-02,E,,EUR\n"
    statement = read_text(text)
    assert [(row.line, row.code) for row in statement.bad_rows] == [
        (2, "no_amount"), (3, "no_date"), (4, "malformed"), (6, "no_amount")
    ]  # fmt: skip
    assert sums(statement) == {"in EUR": "1.00"}


def test_an_order_of_dates_that_nothing_tells_is_doubted() -> None:
    text = "Date,Description,Debit,Credit,Currency\n05/03/2024,A,1.00,,{}\n05/03/2024,B,,2.00,{}\n"
    for currency, day in (("USD", "2024-05-03"), ("GBP", "2024-03-05")):
        statement = read_text(text.format(currency, currency))
        assert days(statement) == [day, day]
        assert doubts(statement) == {"date_order_guessed"}


def test_a_thousand_or_decimals_is_doubted_only_where_nothing_tells() -> None:
    header, odd = "Date;Description;Amount;Currency\n", "2024-01-31;A;-1.234;EUR\n"
    german = read_text(header + odd + "2024-02-01;B;+5,00;EUR\n")
    assert sums(german) == {"in EUR": "5.00", "out EUR": "1234.00"}
    assert "decimal_guessed" not in doubts(german)
    assert "decimal_guessed" in doubts(read_text(header + odd))


def test_the_users_currency_counts_where_the_file_says_none() -> None:
    text = "Date,Description,Debit,Credit\n2024-01-31,A,1.00,\n2024-01-31,B,,HK$5.00\n"
    statement = read_text(text, account_currency="CAD")
    assert sums(statement) == {"in HKD": "5.00", "out CAD": "1.00"}
    assert doubts(statement) == set()


def test_a_dollar_sign_is_a_likely_currency_until_the_user_says_another() -> None:
    text = "Date,Description,Debit,Credit\n2024-01-31,A,$1.00,\n"
    assert doubts(read_text(text)) == {"currency_guessed"}
    assert sums(read_text(text, account_currency="CAD")) == {"out CAD": "1.00"}


def test_an_open_quote_spoils_its_own_line_only() -> None:
    text = 'Date,Description,Debit,Currency\n2024-01-30,"open,1.00,EUR\n' + "2024-01-31,B,2.00,EUR\n" * 30
    statement = read_text(text)
    assert sums(statement) == {"out EUR": "61.00"}


def test_a_cell_may_hold_line_breaks() -> None:
    statement = read_text('Date,Description,Debit,Currency\n2024-01-30,"one\ntwo",1.00,EUR\n2024-01-31,B,2.00,EUR\n')
    assert [(entry.line, entry.text) for entry in statement.entries] == [(2, "one two"), (4, "B")]


def test_a_torn_last_row_is_doubted() -> None:
    rows = "".join(f"2024-01-{day},A,1.00,,EUR\n" for day in range(10, 20))
    statement = read_text("Date,Description,Debit,Credit,Currency\n" + rows + "2024-01-20,B,10")
    assert "cut_off" in doubts(statement)


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("- $559.00", "-559.00"), ("-€12.50", "-12.50"), ("€ -12,50", "-12.50"), ("(1,000.00)", "-1000.00"), ("100,00-", "-100.00"),
        ("11'373,94", "11373.94"), ("1 234 567,80", "1234567.80"), ("１２．５０", "12.50"), ("￥1,234.56", "1234.56"), ("100 kr", "100"),
        ("CNY13.50", "13.50"), (".5", "0.5"), ("1.234.567", "1234567"), ("+0.00", "0.00"), ("−7", "-7"), ("12,34,567.00", "1234567.00"),
    ],
)  # fmt: skip
def test_amounts_as_banks_write_them(cell: str, value: str) -> None:
    amount = parse_amount(cell)
    assert amount is not None
    assert amount.value == Decimal(value)


@pytest.mark.parametrize(
    "cell", ["12..34", "1.2.3", "12 34", "--5", "5-5", "(5", "1e5", "abc", "", "$", "12,3,4", "0x10", "1 000 00"]
)
def test_what_is_no_amount(cell: str) -> None:
    assert parse_amount(cell) is None


@pytest.mark.parametrize(
    "cell",
    [
        "2024-03-05", "2024/3/5 09:30", "2024.03.05.", "20240305", "20240305093000", "05.03.24", "5/3/2024 17:42:01", "05-Mar-2024",
        "5 March 2024", "Mar 5, 2024", "2024年3月5日", "2024-03-05T23:59:59.123Z", "2024-03-05 23:59:59 +0000", "5/3'2024", "5. März 2024",
        "2024-03-05 10:00:00 CST",
    ],
)  # fmt: skip
def test_dates_as_banks_write_them(cell: str) -> None:
    found = parse_date(cell)
    assert found is not None
    assert str(found.day) == "2024-03-05"


@pytest.mark.parametrize(
    "cell", ["2024-02-30", "5 March", "12345678", "2024", "13:00", "", "Pending", "31/31/2024", "2024-3", "1/2/3/4"]
)
def test_what_is_no_date(cell: str) -> None:
    assert parse_date(cell) is None


def test_fees_in_a_column_of_their_own_are_doubted() -> None:
    text = "Date,Description,Debit,Credit,Fee,Currency\n2024-01-01,A,5.00,,{},EUR\n"
    assert doubts(read_text(text.format("0.00"))) == set()
    assert doubts(read_text(text.format("1.00"))) == {"fees_apart"}


def test_cells_kept_from_excel() -> None:
    statement = read_text('Date,Description,Debit,Currency\n="2024-01-05",="007",="5.00",EUR\n')
    assert [(str(e.day), e.text, str(e.amount)) for e in statement.entries] == [("2024-01-05", "007", "5.00")]
