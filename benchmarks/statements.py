"""How long reading 10,000 rows takes in each format, and at what memory (bar: 3 s and 200 MB, storing included).

Run: python -m benchmarks.statements
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from datetime import date, timedelta

from planner.statements.detector import read
from tests.statements.workbooks import workbook

ROWS = 10_000
DAYS = [date(2023, 1, 1) + timedelta(days=number % 1000) for number in range(ROWS)]


def alipay() -> bytes:
    """A GB18030 export of the phone app, padded as the app pads it."""
    head = "交易时间,交易分类,交易对方,对方账号,商品说明,收/支,金额,收/付款方式,交易状态,交易订单号,商家订单号,备注,\n"
    rows = (
        f"{day} 12:30:{n % 60:02},餐饮美食,商户{n % 700},/,商品说明 {n},支出,"
        f"{n}.{n % 97:02},余额宝,交易成功,{n:020}\t,M{n}\t,,\n"
        for n, day in enumerate(DAYS)
    )
    return (head + "".join(rows)).encode("gb18030")


def bank_csv() -> bytes:
    """A European bank's CSV with quotes, decimal commas and balances."""
    head = '"Buchungstag";"Verwendungszweck";"Empfänger";"Betrag";"Währung";"Saldo"\n'
    rows = (
        f'"{day:%d.%m.%Y}";"Zweck {n}";"Name {n % 700}";"-{n},{n % 97:02}";"EUR";"1.234,00"\n'
        for n, day in enumerate(DAYS)
    )
    return (head + "".join(rows)).encode("utf-8")


def ofx() -> bytes:
    """An SGML file of one account."""
    rows = "".join(
        f"<STMTTRN><TRNTYPE>DEBIT<DTPOSTED>{day:%Y%m%d}<TRNAMT>-{n}.{n % 97:02}<FITID>{n}<NAME>Name {n}</STMTTRN>\n"
        for n, day in enumerate(DAYS)
    )
    return f"OFXHEADER:100\n\n<OFX><STMTRS><CURDEF>USD<BANKTRANLIST>\n{rows}</BANKTRANLIST></STMTRS></OFX>\n".encode()


def camt053() -> bytes:
    """An XML statement with a party and a purpose in each entry."""
    rows = "".join(
        f'<Ntry><Amt Ccy="EUR">{n}.{n % 97:02}</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>BOOK</Sts>'
        f"<BookgDt><Dt>{day}</Dt></BookgDt><NtryDtls><TxDtls><RltdPties><Cdtr><Nm>Name {n}</Nm></Cdtr></RltdPties>"
        f"<RmtInf><Ustrd>Zweck {n}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>\n"
        for n, day in enumerate(DAYS)
    )
    account = "<Acct><Id><IBAN>DE1</IBAN></Id></Acct>"
    return f"<Document><BkToCstmrStmt><Stmt>{account}{rows}</Stmt></BkToCstmrStmt></Document>".encode()


def mt940() -> bytes:
    """One statement with a description under each entry."""
    rows = "".join(f":61:{day:%y%m%d}D{n},{n % 97:02}NTRFNONREF\n:86:Text {n}\n" for n, day in enumerate(DAYS))
    return f":20:X\n:25:1\n:60F:C230101EUR0,\n{rows}".encode()


def qif() -> bytes:
    """One bank section."""
    rows = "".join(f"D{day:%m/%d/%Y}\nT-{n}.{n % 97:02}\nPName {n}\n^\n" for n, day in enumerate(DAYS))
    return f"!Type:Bank\n{rows}".encode()


def xlsx() -> bytes:
    """A workbook of one sheet with its text inside the cells."""
    lines = [["Date", "Description", "Debit", "Credit", "Currency"]]
    lines += [[str(day), f"Text {n}", f"{n}.{n % 97:02}", "", "EUR"] for n, day in enumerate(DAYS)]
    return workbook({"S": lines})


def main() -> None:
    """Print a line per format."""
    makers: list[Callable[[], bytes]] = [alipay, bank_csv, ofx, camt053, mt940, qif, xlsx]
    for make in makers:
        data = make()
        started = time.perf_counter()
        statement = read(data)
        seconds = time.perf_counter() - started
        assert len(statement.entries) == ROWS, (make.__name__, len(statement.entries), statement.bad_rows[:3])
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{make.__name__:<9} {len(data) / 1e6:5.2f} MB  {seconds:5.2f} s  peak so far {peak:4.0f} MB")


if __name__ == "__main__":
    main()
