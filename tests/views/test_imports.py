"""Statement import: what is shown before it counts, nothing twice, undo, and files that are none."""

from __future__ import annotations

import io
import os
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from planner import clock
from planner.extensions import db
from planner.imports import services
from planner.imports import words as sentences
from planner.models import Case, KeptMapping, StatementImport, Transaction
from planner.statements import wording
from tests.factories import Household, sign_in_as
from tests.pages import assert_sound, get, post, words

OFX = """OFXHEADER:100
DATA:OFXSGML

<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>CNY<BANKACCTFROM><BANKID>1<ACCTID>622202<ACCTTYPE>CHECKING</BANKACCTFROM>
<BANKTRANLIST><DTSTART>20261101<DTEND>20261130
{rows}</BANKTRANLIST></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>
"""
SHARED = Path(os.environ.get("PLANNER_SHARED", Path(__file__).resolve().parents[3] / "shared")) / "statements"


def ofx(*rows: tuple[str, str, str]) -> bytes:
    """A statement of (day, amount, name)."""
    said = "".join(
        f"<STMTTRN><TRNTYPE>OTHER<DTPOSTED>{day}<TRNAMT>{amount}<FITID>{n}<NAME>{name}</STMTTRN>\n"
        for n, (day, amount, name) in enumerate(rows)
    )
    return OFX.format(rows=said).encode()


COFFEE = ("20261103", "-18.00", "Coffee")
WAGE = ("20261110", "6800.00", "Wage")


def table(*rows: tuple[str, str, str]) -> bytes:
    """The same as a table, whose rows have no number of the bank."""
    lines = [f"{day[:4]}-{day[4:6]}-{day[6:]},{name},{amount},CNY" for day, amount, name in rows]
    return "\n".join(["Date,Description,Amount,Currency", *lines, ""]).encode()


CSV = b"Buchung,Was,Wieviel\n2026-11-03,Kaffee,-18.00\n2026-11-10,Lohn,6800.00\n2026-11-12,Miete,-1200.00\n"


@pytest.fixture
def page(household: Household) -> str:
    return f"/c/{household.case_id}/imports"


def send(client: FlaskClient, page: str, data: bytes, name: str) -> Any:
    return client.post(page, data={"file": (io.BytesIO(data), name)}, content_type="multipart/form-data")


def choose(client: FlaskClient, page: str, data: bytes, name: str = "november.ofx", status: int = 302) -> str:
    answer = client.post(page, data={"file": (io.BytesIO(data), name)}, content_type="multipart/form-data")
    assert answer.status_code == status, words(answer.text)[:400]
    return answer.location if status == 302 else answer.text


def add(client: FlaskClient, page: str, data: bytes, name: str = "november.ofx") -> str:
    where = choose(client, page, data, name)
    post(client, f"{where}/confirm", {})
    return where


def stored(app: Flask) -> list[tuple[str, int, str]]:
    with app.app_context():
        rows = db.session.scalars(select(Transaction).order_by(Transaction.on, Transaction.fingerprint))
        return [(str(t.on), t.amount_minor, t.direction) for t in rows]


def everything(app: Flask) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all tables but those that count visits: sign-ins, and the marks of answers given."""
    with app.app_context():
        tables = [table for table in Transaction.metadata.sorted_tables if table.name not in PASSING]
        return {table.name: sorted(map(tuple, db.session.execute(table.select())), key=repr) for table in tables}


def count(app: Flask, table: type = Transaction) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(table)) or 0


def test_a_file_is_shown_first_and_counts_once_confirmed(app: Flask, borrower: FlaskClient, page: str) -> None:
    assert_sound(get(borrower, page))
    where = choose(borrower, page, ofx(COFFEE, WAGE))
    html = get(borrower, where)
    assert_sound(html)
    for part in ("2 new rows", "¥6,800.00", "¥18.00", "3 Nov 2026", "10 Nov 2026", "Coffee"):
        assert part in words(html), part
    assert count(app) == 0
    answer = words(get(borrower, post(borrower, f"{where}/confirm", {})))
    assert "2 rows added" in answer
    assert stored(app) == [("2026-11-03", 1_800, "out"), ("2026-11-10", 680_000, "in")]
    with app.app_context():
        assert db.session.scalars(select(StatementImport)).one().data is None, "the file itself is not kept"
    assert "Coffee" in words(get(borrower, f"{page}/transactions?q=coff"))
    assert "Nothing found" in words(get(borrower, f"{page}/transactions?q=100%25"))


def test_nothing_is_added_twice_and_two_alike_on_one_day_stay_two(app: Flask, borrower: FlaskClient, page: str) -> None:
    twice = ("20261103", "-18.00", "Coffee")
    add(borrower, page, table(COFFEE, twice, WAGE), "a.csv")
    assert len(stored(app)) == 3
    where = choose(borrower, page, table(COFFEE, twice, WAGE), "a.csv")
    assert "0 new rows" in words(get(borrower, where))
    assert "3 are here already" in words(get(borrower, where))
    post(borrower, f"{where}/confirm", {})
    assert len(stored(app)) == 3
    later = ("20261120", "-30.00", "Books")
    add(borrower, page, table(twice, COFFEE, COFFEE, WAGE, later), "b.csv")  # a third coffee, and the books
    assert len(stored(app)) == 5


def test_confirming_twice_adds_once(app: Flask, borrower: FlaskClient, page: str) -> None:
    where = choose(borrower, page, ofx(COFFEE))
    for _again in range(2):
        answer = get(borrower, post(borrower, f"{where}/confirm", {}))
    assert "Nothing was added" in words(answer)
    assert count(app) == 1


def test_undo_takes_exactly_that_import_away(app: Flask, borrower: FlaskClient, page: str) -> None:
    add(borrower, page, ofx(COFFEE))
    before = stored(app)
    second = add(borrower, page, ofx(COFFEE, WAGE), "more.ofx")
    assert len(stored(app)) == 2
    post(borrower, f"{second}/undo", {})
    assert stored(app) == before
    get(borrower, second, 404)
    assert len(stored(app)) == 1


def test_a_table_is_read_as_its_owner_says_and_so_is_the_next(app: Flask, borrower: FlaskClient, page: str) -> None:
    where = choose(borrower, page, CSV, "bank.csv")
    html = get(borrower, where)
    assert "Please check" in words(html)
    assert "Say in which currency the file is" in words(html)
    assert "/confirm" not in html
    chosen = {"currency": "eur", "date": "0", "amount": "2", "into": "-1", "out": "-1", "direction": "-1", "counterparty": "-1",
              "text": "1", "sign": "in", "order": "", "decimal": "."}  # fmt: skip
    post(borrower, where, chosen)
    html = get(borrower, where)
    assert "€6,800.00" in words(html)
    assert "€1,218.00" in words(html)
    post(borrower, f"{where}/confirm", {})
    assert count(app, KeptMapping) == 1
    with app.app_context():
        assert {t.text for t in db.session.scalars(select(Transaction))} == {"Kaffee", "Lohn", "Miete"}
    again = choose(borrower, page, CSV.replace(b"2026-11", b"2026-12"), "december.csv")
    assert "Which column means what is a guess" not in words(get(borrower, again))


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"currency": "euro"}, "Use at most 3 characters"), ({"currency": "€€€"}, "Enter three letters"),
        ({"date": "-1"}, "The columns chosen do not fit"), ({"amount": "-1"}, "The columns chosen do not fit"),
        ({"date": "99"}, "Choose one of the options"), ({"order": "ydm"}, "Choose one of the options"),
        ({"amount": "1"}, ""),
    ],
)  # fmt: skip
def test_a_reading_that_cannot_be_gets_a_sentence(
    app: Flask, borrower: FlaskClient, page: str, values: dict[str, str], sentence: str
) -> None:
    where = choose(borrower, page, CSV, "bank.csv")
    chosen = {"currency": "EUR", "date": "0", "amount": "2", "into": "-1", "out": "-1", "direction": "-1", "counterparty": "-1",
              "text": "1", "sign": "", "order": "", "decimal": ""}  # fmt: skip
    answer = borrower.post(where, data=chosen | values)
    assert answer.status_code == (422 if sentence else answer.status_code) < 500
    assert sentence in words(answer.text)
    assert count(app) == 0


@pytest.mark.parametrize(
    ("data", "name", "sentence"),
    [
        (b"", "a.csv", "Choose the file you exported"), (b"   \n", "a.csv", "The file is empty"),
        (b"%PDF-1.7 x", "a.pdf", "A PDF cannot be read"),
        (b"\x89PNG\r\n", "a.csv", "A picture cannot be read"), (b"<!doctype html><html>", "a.csv", "This is a web page"),
        (b"PK\x03\x04broken", "a.xlsx", "The workbook is damaged"), (b"hello world", "a.txt", "cannot be read as a statement"),
        (b"\x1f\x8b\x08", "a.gz", "This is a packed archive"), (b'<!DOCTYPE x [<!ENTITY a "b">]><Document/>', "a.xml", "This"),
    ],
)  # fmt: skip
def test_what_is_no_statement_is_refused_with_what_to_do(
    app: Flask, borrower: FlaskClient, page: str, data: bytes, name: str, sentence: str
) -> None:
    html = send(borrower, page, data, name) if data else borrower.post(page, data={})
    assert html.status_code == 422
    assert sentence in words(html.text)
    assert count(app, StatementImport) == 0


def test_a_file_of_20_megabytes_is_refused_before_it_is_read(app: Flask, borrower: FlaskClient, page: str) -> None:
    answer = send(borrower, page, b"x" * 20_000_000, "a.csv")
    assert answer.status_code == 413
    assert count(app, StatementImport) == 0
    large = send(borrower, page, b"a,b\n" * 2_621_400, "a.csv")
    assert large.status_code == 422
    other = borrower.post(page.replace("/imports", "/budget/new?kind=expense"), data={"name": "x" * 3_000_000})
    assert other.status_code == 413, "elsewhere a body stays small"


def test_a_file_nobody_confirmed_goes_away_after_a_day(
    app: Flask, household: Household, borrower: FlaskClient, page: str
) -> None:
    choose(borrower, page, ofx(COFFEE))
    with app.app_context():
        db.session.scalars(select(StatementImport)).one().created_at = clock.now() - timedelta(days=2)
        db.session.commit()
        assert services.imports(db.session.get_one(Case, household.case_id)) == []


def test_putting_a_file_away_leaves_nothing(app: Flask, borrower: FlaskClient, page: str) -> None:
    where = choose(borrower, page, ofx(COFFEE))
    assert "nothing was added" in words(get(borrower, post(borrower, f"{where}/undo", {})))
    assert (count(app), count(app, StatementImport)) == (0, 0)


def test_others_find_nothing_and_a_viewer_only_looks(
    app: Flask, household: Household, borrower: FlaskClient, stranger: FlaskClient, page: str
) -> None:
    where = choose(borrower, page, ofx(COFFEE))
    viewer = sign_in_as(app, household.viewer_id)
    for address in (page, where, f"{page}/transactions"):
        get(stranger, address, 404)
        assert "Add it" not in words(get(viewer, address))
    own = f"/c/{household.stranger_case_id}/imports/{where.rsplit('/', 1)[1]}"
    for client, status in ((stranger, 404), (viewer, 403)):
        for action in ("/confirm", "/undo", ""):
            post(client, where + action, {}, status)
    for action in ("/confirm", "/undo", ""):
        post(stranger, own + action, {}, 404)
    choose(viewer, page, ofx(COFFEE), status=403)
    assert count(app) == 0


def test_every_code_has_its_sentence() -> None:
    assert set(sentences.DOUBTS) == set(wording.DOUBTS)
    assert set(sentences.BAD_ROWS) == set(wording.BAD_ROWS)
    assert set(sentences.REFUSALS) <= set(wording.REFUSALS)


def test_chinese_is_complete(borrower: FlaskClient, page: str) -> None:
    where = choose(borrower, page, CSV, "b.csv")
    for address in (page, where, f"{page}/transactions"):
        text = words(get(borrower, f"{address}?lang=zh"))
        left = set(re.findall(r"[A-Za-z]{4,}", text)) - {
            "English",
            "Steady",
            "XLSX",
            "CAMT",
            "Kaffee",
            "Lohn",
            "Miete",
            "Buchung",
            "Wieviel",
        }
        assert not left


PASSING = {"sign_ins"}
days = st.integers(1, 28).map(lambda day: f"2026{12 if day < 9 else 11}{day:02}")
amounts = st.integers(-90_000, 90_000).filter(bool).map(lambda cents: f"{cents / 100:.2f}")
rows = st.lists(st.tuples(days, amounts, st.sampled_from(["Coffee", "Books", "Wage"])), min_size=1, max_size=8)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows, rows)
def test_import_and_undo_restore_everything(
    app: Flask, household: Household, borrower: FlaskClient, page: str,
    first: list[tuple[str, str, str]], second: list[tuple[str, str, str]],
) -> None:  # fmt: skip
    """To the last table: rows, and the payments they recorded on a loan."""
    loan = household.loan_ids["haier"]
    for payee in ("coffee", "books"):
        rule = {"payee": payee, "direction": "out", "category": f"loan-{loan}"}
        post(borrower, f"/c/{household.case_id}/history/sort", rule)
    empty = everything(app)
    one = add(borrower, page, ofx(*first))
    before = everything(app)
    two = choose(borrower, page, ofx(*second), "two.ofx")
    post(borrower, f"{two}/confirm", {})
    post(borrower, f"{two}/undo", {})
    assert everything(app) == before
    post(borrower, f"{one}/undo", {})
    assert everything(app) == empty


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_torn_or_scrambled_file_is_shown_or_refused_and_never_breaks(
    app: Flask, borrower: FlaskClient, page: str, data: st.DataObject
) -> None:
    whole = data.draw(st.sampled_from([ofx(COFFEE, WAGE), CSV]))
    cut = whole[: data.draw(st.integers(0, len(whole)))] + data.draw(st.binary(max_size=20))
    answer = send(borrower, page, cut, "x.csv")
    assert answer.status_code in (302, 422)
    if answer.status_code == 302:
        get(borrower, answer.location)
        post(borrower, f"{answer.location}/undo", {})
    assert count(app) == 0


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared statements are not on this machine")
def test_the_shared_statements_are_stored_with_the_manifests_counts(
    app: Flask, household: Household, borrower: FlaskClient, page: str
) -> None:
    wanted = ("alipay", "wechat", "ofx", "camt", "qif", "mt940")
    found = (path for path in sorted(SHARED.rglob("*")) if path.is_file())
    files = [path for path in found if any(word in str(path).lower() for word in wanted)]
    assert files
    taken = 0
    for path in files:
        answer = send(borrower, page, path.read_bytes(), path.name)
        assert answer.status_code in (302, 422), path
        if answer.status_code == 302:
            html = get(borrower, answer.location)
            shown = re.search(r"(\d+) new rows?", words(html))
            assert shown, path
            if "/confirm" in html:
                was = count(app)
                post(borrower, f"{answer.location}/confirm", {})
                assert count(app) - was == int(shown[1]), path
                taken += 1
    assert taken >= 10
