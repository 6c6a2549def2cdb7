"""What leaves a caseload, what comes into it, and the report of outcomes: for whom, as far as consent goes, and written down."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import python_calamine
import xlsxwriter
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from planner.caseload import exporting, figures, importing
from planner.demo import BALANCE
from planner.documents import case_file as case_document
from planner.documents import caseload_file
from planner.documents.caseload_file import ClientRow
from planner.extensions import db
from planner.models import AgencyMember, AuditAct, AuditEntry, Client, Consent, Part, Scope
from tests.agency import Desk, case_of, give_consent, make_desk
from tests.conftest import NOW
from tests.everyday import leave_everyday_gap
from tests.factories import Household, make_case, make_user, sign_in_as
from tests.lender import share_plan
from tests.pages import get, post, words

SCHEMAS = Path(case_document.__file__).parent
ADDRESSES = ("/desk/exports", "/desk/import", "/desk/outcomes", "/desk/outcomes.csv")


def schema(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((SCHEMAS / f"{name}.schema.json").read_text("utf-8"), parse_float=Decimal)
    return found


@pytest.fixture
def desk(app: Flask, household: Household) -> Desk:
    """An agency; counsellor Lin has the household's consent to everything, and its figures are kept."""
    with app.app_context():
        made = make_desk()
        give_consent(household.case_id, made, made.lin_id)
        case = case_of(household.case_id)
        case.balance_minor, case.balance_on = BALANCE, NOW.date()
        db.session.commit()
        figures.refresh([household.case_id], NOW)
    return made


def taken(app: Flask, household: Household) -> list[AuditEntry]:
    """What the household's log says left the app."""
    with app.app_context():
        mine = select(AuditEntry).where(AuditEntry.case_id == household.case_id, AuditEntry.act == AuditAct.TAKE)
        return list(db.session.scalars(mine))


def change(app: Flask, household: Household, **values: Any) -> None:
    """Change the consent of the household."""
    with app.app_context():
        consent = db.session.scalars(select(Consent).where(Consent.case_id == household.case_id)).one()
        for name, value in values.items():
            setattr(consent, name, value)
        db.session.commit()


def client_of(app: Flask, household: Household) -> int:
    with app.app_context():
        return db.session.scalars(select(Client.id).where(Client.case_id == household.case_id)).one()


def table(data: bytes) -> list[list[str]]:
    """The rows of a CSV file with its mark."""
    assert data.startswith("\ufeff".encode())
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))


# Who may


@pytest.mark.parametrize("address", ADDRESSES)
def test_the_desk_s_pages_are_for_counsellors_with_a_second_factor(
    app: Flask, desk: Desk, client: FlaskClient, stranger: FlaskClient, address: str
) -> None:
    assert "/sign-in" in client.get(address).location
    assert stranger.get(address).status_code == 404
    assert sign_in_as(app, desk.admin_id, second_factor=True).get(address).status_code == 200
    assert sign_in_as(app, desk.lin_id, second_factor=True).get(address).status_code == 200


@pytest.mark.parametrize("path", ["case.json", "case.csv", "statement.json", "statement.xlsx"])
def test_a_case_is_taken_by_nobody_but_the_counsellor_with_its_consent(
    app: Flask, desk: Desk, household: Household, stranger: FlaskClient, chen: FlaskClient, lin: FlaskClient, path: str
) -> None:
    address = f"/desk/clients/{client_of(app, household)}/{path}"
    admin = sign_in_as(app, desk.admin_id, second_factor=True)
    assert [each.get(address).status_code for each in (stranger, chen, admin)] == [404, 404, 404]
    assert taken(app, household) == []
    assert lin.get(address).status_code == 200
    [entry] = taken(app, household)
    assert entry.who == "Lin Yan, Harbour Debt Advice"
    assert lin.get("/desk/clients/987654/" + path).status_code == 404
    change(app, household, ended_at=NOW)
    assert lin.get(address).status_code == 404
    assert len(taken(app, household)) == 1


# The list


def test_the_list_is_what_its_schema_says_and_reads_back(app: Flask, lin: FlaskClient, household: Household) -> None:
    answer = lin.post("/desk/export.json")
    found = json.loads(answer.data)
    jsonschema.validate(found, schema("caseload"), format_checker=jsonschema.FormatChecker())
    [row] = [caseload_file.from_json(each) for each in found["clients"]]
    assert (row.number, row.name, row.access, row.access_until) == (1, "Sun Qian", "edit", date(2027, 3, 5))
    assert (row.currency, row.short_on, row.overdue_days) == ("CNY", date(2026, 12, 18), 4)
    assert row.short_minor == 24900
    assert caseload_file.to_json(row) == found["clients"][0]
    assert "attachment" in answer.headers["Content-Disposition"]
    assert len(taken(app, household)) == 1


def test_a_gap_of_everyday_spending_has_its_words_in_the_list(
    app: Flask, lin: FlaskClient, household: Household
) -> None:
    with app.app_context():
        leave_everyday_gap(case_of(household.case_id))
        figures.refresh([household.case_id], NOW)
    [row] = json.loads(lin.post("/desk/export.json").data)["clients"]
    assert (row["short_on"], row["short_what"]) == ("2026-12-14", "everyday spending")


def test_the_csv_holds_the_same_rows_and_nothing_a_spreadsheet_would_run(
    app: Flask, lin: FlaskClient, household: Household
) -> None:
    with app.app_context():
        row = db.session.scalars(select(Client)).one()
        row.name, row.place, row.contact, row.next_step = "=cmd()", "@here", "+86 138", "\t-1"
        db.session.commit()
    head, line = table(lin.post("/desk/export.csv").data)
    written = json.loads(lin.post("/desk/export.json").data)["clients"][0]
    assert len(head) == len(line) == len(written)
    assert line[1:5] == ["'=cmd()", "'@here", "'+86 138", "'\t-1"]
    assert line[5:] == ["" if value is None else str(value) for value in list(written.values())[5:]]
    assert len(taken(app, household)) == 2


def test_amounts_below_zero_stay_numbers_in_the_list() -> None:
    row = ClientRow(1, "A", None, None, None, None, "edit", None, currency="CNY", income_minor=-12345)

    assert "-123.45" in [str(value) for value in caseload_file.to_json(row).values()]
    assert caseload_file.from_json(caseload_file.to_json(row)) == row


def test_parts_kept_back_are_missing_from_the_list_and_a_withdrawn_client_is_a_number(
    app: Flask, lin: FlaskClient, household: Household
) -> None:
    change(app, household, parts=[Part.LOANS])
    [row] = json.loads(lin.post("/desk/export.json").data)["clients"]
    assert row["owed"] is not None
    assert [row[name] for name in ("income", "living", "short", "short_on", "reply_on", "answers")] == [None] * 6
    change(app, household, parts=[Part.FILES])
    [row] = json.loads(lin.post("/desk/export.json").data)["clients"]
    assert row["figures_of"] is row["owed"] is None
    assert len(taken(app, household)) == 1, "nothing of the case left the second time"
    for parts, told in (([Part.BUDGET, Part.LOANS, Part.PLANS], None), ([Part.CONTACTS], 0)):
        change(app, household, parts=parts)
        [row] = json.loads(lin.post("/desk/export.json").data)["clients"]
        assert row["answers"] == told, parts
    change(app, household, parts=list(Part), expires_at=NOW - timedelta(seconds=1))
    [row] = json.loads(lin.post("/desk/export.json").data)["clients"]
    assert {key: value for key, value in row.items() if value is not None} == {"number": 1, "access": "ended"}
    page = words(get(lin, "/desk/exports"))
    assert "1 client is left out" in page
    assert "there is no consent now" in page


def test_a_colleague_s_clients_are_in_neither_list_nor_archive(chen: FlaskClient) -> None:
    assert json.loads(chen.post("/desk/export.json").data)["clients"] == []
    with zipfile.ZipFile(io.BytesIO(chen.post("/desk/statements.zip").data)) as archive:
        assert archive.namelist() == ["README.txt"]
    assert "Nobody is on your list yet" in words(get(chen, "/desk/exports"))


def test_looking_at_the_page_of_files_takes_nothing(app: Flask, lin: FlaskClient, household: Household) -> None:
    page = words(get(lin, "/desk/exports"))
    assert "Sun Qian" in page
    assert taken(app, household) == []
    assert lin.get("/desk/export.csv").status_code == 405
    assert lin.post("/desk/export.xml").status_code == 404


# One case


def test_a_case_file_is_what_its_schema_says(app: Flask, lin: FlaskClient, household: Household) -> None:
    with app.app_context():
        share_plan(household)
    found = json.loads(lin.get(f"/desk/clients/{client_of(app, household)}/case.json").data)
    jsonschema.validate(found, schema("case"), format_checker=jsonschema.FormatChecker())
    assert found["client"] == 1
    assert [loan["creditor"] for loan in found["loans"]] == ["海尔消费金融", "快惠小贷", "信用卡 2046"]
    flat = found["loans"][0]
    assert (flat["left"], len(flat["schedule"]), flat["schedule"][5]["payment"]) == ("12716.65", 12, "1816.67")
    assert flat["terms"]["method"] == "flat"
    assert found["budget"][0]["amount"] == "6800.00"
    assert found["plans"][0]["shared_on"] == "2026-12-09"
    assert "Sun" not in json.dumps(found)


def test_a_case_file_holds_the_shared_parts_alone(app: Flask, lin: FlaskClient, household: Household) -> None:
    address = f"/desk/clients/{client_of(app, household)}/case"
    change(app, household, parts=[Part.BUDGET])
    found = json.loads(lin.get(f"{address}.json").data)
    jsonschema.validate(found, schema("case"))
    assert found["budget"]
    assert found["loans"] is found["plans"] is found["arrangements"] is None
    assert "海尔" not in lin.get(f"{address}.csv").data.decode()
    assert lin.get(f"{address.removesuffix('case')}statement.json").status_code == 403
    change(app, household, parts=[Part.CONTACTS])
    before = len(taken(app, household))
    assert lin.get(f"{address}.json").status_code == 403
    assert len(taken(app, household)) == before


def test_a_case_as_csv_has_its_lines_loans_and_schedules(app: Flask, lin: FlaskClient, household: Household) -> None:
    rows = table(lin.get(f"/desk/clients/{client_of(app, household)}/case.csv").data)
    assert ["工资", "income", "wage", "6800.00", "monthly", "2026-01-10", "", "6800.00", ""] in rows
    assert ["6", "2026-12-18", "1666.67", "150.00", "0.00", "1816.67", "1816.67"] in rows


# Statements


def test_the_statement_is_that_of_the_household_s_own_page(
    app: Flask, lin: FlaskClient, borrower: FlaskClient, household: Household
) -> None:
    address = f"/desk/clients/{client_of(app, household)}/statement"
    found = json.loads(lin.get(f"{address}.json").data, parse_float=Decimal)
    jsonschema.validate(found, schema("sfs_compatible"))
    page = words(get(borrower, f"/c/{household.case_id}/budget/statement"))
    income = found["monthly-income"]["total-monthly-income"]
    assert f"{income:,}" in page
    assert {debt["creditor"] for debt in found["debts"]["non-priority-debts"]} == {
        "海尔消费金融",
        "快惠小贷",
        "信用卡 2046",
    }
    assert any("what the contract asks for" in note for note in found["notes"])
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(lin.get(f"{address}.xlsx").data))
    assert book.sheet_names == ["Summary", "Statement", "Debts"]
    cells = [cell for row in book.get_sheet_by_name("Debts").to_python() for cell in row]
    assert 12716.65 in cells


def test_the_archive_holds_a_statement_of_each_client_and_says_who_is_left_out(
    app: Flask, desk: Desk, lin: FlaskClient, household: Household
) -> None:
    with app.app_context():
        for name, parts in (("../../etc", [Part.BUDGET, Part.LOANS]), ("No loans", [Part.BUDGET])):
            case = make_case(make_user(f"{len(name)}@example.org"))
            give_consent(case.id, desk, desk.lin_id, Scope.VIEW, parts, name=name)
        db.session.add(
            Client(agency_id=desk.agency_id, counsellor_id=desk.lin_id, number=9, name="Listed", created_at=NOW)
        )
        db.session.commit()
    answer = lin.post("/desk/statements.zip")
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        names = archive.namelist()
        readme = archive.read("README.txt").decode("utf-8-sig")
        stated = json.loads(archive.read(names[1]))
    assert answer.mimetype == "application/zip"
    assert all(
        re.fullmatch(r"README\.txt|client-\d{4}/client-\d{4}-statement-2026-12-09\.[a-z.-]+", name) for name in names
    )
    assert sorted({name[:11] for name in names[1:]}) == ["client-0001", "client-0002"]
    assert "Client 3 is left out: budget and loans are not both shared" in readme
    assert "Client 9 is left out: there is no case yet" in readme
    assert stated["monthly-income"]["total-monthly-income"]
    with app.app_context():
        counted = (
            select(AuditEntry.case_id, func.count()).where(AuditEntry.act == AuditAct.TAKE).group_by(AuditEntry.case_id)
        )
        assert sorted(map(tuple, db.session.execute(counted))) == [
            (household.case_id, 1),
            (household.stranger_case_id + 1, 1),
        ]


def test_the_archive_comes_in_parts_of_a_size_that_memory_holds(
    app: Flask, desk: Desk, lin: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "MOST_IN_ZIP", 2)
    with app.app_context():
        for n in range(4):
            case = make_case(make_user(f"more{n}@example.org"))
            give_consent(case.id, desk, desk.lin_id, name=f"More {n}")
        db.session.commit()
    starts = re.findall(r'name="after" value="(\d+)"', get(lin, "/desk/exports"))
    assert starts == ["0", "2", "4"]
    found = []
    for start in starts:
        with zipfile.ZipFile(io.BytesIO(lin.post("/desk/statements.zip", data={"after": start}).data)) as archive:
            found.append(sorted({name[7:11] for name in archive.namelist() if "/" in name}))
            more = "There are more" in archive.read("README.txt").decode("utf-8-sig")
            assert more == (start != "4")
    assert found == [["0001", "0002"], ["0003", "0004"], ["0005"]]


# Taking a list over

LIST = (
    "姓名,城市,联系电话,下一步,日期\n"
    "周明,济南,139 5310 2214,打电话,2026-12-14\n"
    "刘芳,烟台,,,\n"
    ",无名,1,,\n"
    "王磊,,,约谈,31/31/2026\n"
    "周 明,别处,13953102214,,\n"
    f"{'长' * 81},,,,\n"
)


def upload(browser: FlaskClient, data: bytes | str, name: str = "clients.csv", status: int = 200) -> str:
    content = data.encode() if isinstance(data, str) else data
    return post(browser, "/desk/import", {"file": (io.BytesIO(content), name)}, status)


def packed(page: str) -> str:
    found = re.search(r'name="list" value="([^"]+)"', page)
    assert found
    return found[1]


def listed(app: Flask) -> list[Client]:
    with app.app_context():
        return list(db.session.scalars(select(Client).order_by(Client.number)))


def test_a_list_is_shown_before_it_counts_and_then_taken_over_whole(app: Flask, lin: FlaskClient, desk: Desk) -> None:
    page = upload(lin, LIST)
    assert "2 new clients" in words(page)
    assert "1 is there already" in words(page)
    assert "3 rows cannot be taken over" in words(page)
    for line, why in (
        (4, "there is no name"),
        (5, "the date cannot be read"),
        (7, "longer than 80"),
        (6, "twice in this file"),
    ):
        assert f"Row {line}: " in words(page)
        assert why in words(page)
    assert len(listed(app)) == 1
    assert post(lin, "/desk/import/confirm", {"list": packed(page)}).endswith("/desk")
    _old, zhou, liu = listed(app)
    assert (zhou.number, zhou.name, zhou.place, zhou.contact) == (2, "周明", "济南", "139 5310 2214")
    assert (zhou.next_step, zhou.next_on, zhou.counsellor_id) == ("打电话", date(2026, 12, 14), desk.lin_id)
    assert (liu.name, liu.place, liu.contact, liu.next_on, liu.case_id) == ("刘芳", "烟台", None, None, None)
    assert "2 clients added" in words(get(lin, "/desk/exports"))


def test_the_same_file_again_adds_none(app: Flask, lin: FlaskClient) -> None:
    page = upload(lin, LIST)
    post(lin, "/desk/import/confirm", {"list": packed(page)})
    post(lin, "/desk/import/confirm", {"list": packed(page)})
    assert "Nothing was added" in words(get(lin, "/desk/exports"))
    again = upload(lin, LIST)
    assert "0 new clients" in words(again)
    assert "on the list of your agency already" in words(again)
    assert len(listed(app)) == 3


def test_names_of_columns_in_english_and_columns_chosen_by_hand(app: Flask, lin: FlaskClient) -> None:
    page = upload(lin, "Phone;City;Full name;Follow-up\n0711;Leeds;Ann Lee;05/03/2027\n0712;Bath;Bo Ray;06/03/2027\n")
    assert "Ann Lee" in words(page)
    assert "Leeds, 0711" in words(page)
    chosen = {"list": packed(page), "head": "yes", "name": "2", "place": "-1", "contact": "0", "next_step": "1", "next_on": "3",
              "order": "mdy"}  # fmt: skip
    page = post(lin, "/desk/import/look", chosen, 200)
    post(lin, "/desk/import/confirm", {"list": packed(page)} | {"name": "1"})
    _old, ann, bo = listed(app)
    assert (ann.name, ann.place, ann.contact, ann.next_step, ann.next_on) == (
        "Ann Lee",
        None,
        "0711",
        "Leeds",
        date(2027, 5, 3),
    )
    assert bo.next_on == date(2027, 6, 3)


def test_a_list_without_names_of_columns_and_a_choice_that_cannot_be(app: Flask, lin: FlaskClient) -> None:
    page = upload(lin, "Ann Lee\nBo Ray\n")
    assert "2 new clients" in words(page)
    chosen = {"list": packed(page), "head": "no", "name": "-1", "place": "-1", "contact": "-1", "next_step": "-1",
              "next_on": "-1", "order": ""}  # fmt: skip
    assert "Choose the column with the names" in words(post(lin, "/desk/import/look", chosen, 422))
    assert "Choose one of the options" in words(post(lin, "/desk/import/look", chosen | {"name": "7"}, 422))
    page = post(lin, "/desk/import/look", chosen | {"head": "yes", "name": "0"}, 200)
    assert "1 new client" in words(page)
    assert len(listed(app)) == 1


@pytest.mark.parametrize(
    ("codec", "text", "names"),
    [
        (
            "gb18030",
            "姓名,电话,城市\n王小明,13800000001,青岛\n李红,13900000002,济南\n",
            "王小明 青岛, 13800000001 李红 济南",
        ),
        ("gb18030", "王小明,青岛\n欧阳静,济南\n", "王小明 – 欧阳静"),
        ("gb18030", "王小明（青岛）\nZhao Min\n", "王小明（青岛） – Zhao Min"),
        ("utf-8", "王小明\nMüller\n", "王小明 – Müller"),
        ("cp1252", "Jörg Müller,Köln\nRené Doré,Nîmes\n", "Jörg Müller – René Doré"),
    ],
)
def test_a_short_list_is_read_in_the_characters_it_was_saved_in(
    lin: FlaskClient, codec: str, text: str, names: str
) -> None:
    shown = words(upload(lin, text.encode(codec))).replace("no place or contact", "–")
    assert names in shown
    assert "2 new clients" in shown


def test_a_workbook_is_read_as_a_csv_is(lin: FlaskClient) -> None:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    sheet = book.add_worksheet()
    for n, row in enumerate([["Name", "Contact", "Next date"], ["Ann Lee", "0711"], ["=1+1", "x"]]):
        for m, value in enumerate(row):
            sheet.write_string(n, m, value)
    sheet.write_datetime(1, 2, date(2027, 1, 5), book.add_format({"num_format": "yyyy-mm-dd"}))
    book.close()
    page = words(upload(lin, out.getvalue(), "clients.xlsx"))
    assert "2 new clients" in page
    assert "Get in touch 5 Jan 2027" in page


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "Choose the file with your clients"),
        (b"%PDF-1.4 nothing", "There is no table in this file"),
        (b"<html><body>Name</body></html>", "There is no table in this file"),
        (b"\x00\x01\x02\x03" * 50, "There is no table in this file"),
        (b"PK\x03\x04broken", "damaged, protected or empty"),
        (b"name\n" + b"A,1\n" * 1002, "Take at most 1000 clients at once"),
        (b"name\n" + b"x" * (10 * 1024 * 1024), "larger than 10 MB"),
    ],
)
def test_what_is_no_list_is_refused_beside_its_field(app: Flask, lin: FlaskClient, data: bytes, says: str) -> None:
    name = "clients.csv" if data else ""
    assert says in words(upload(lin, data, name, 422))
    assert len(listed(app)) == 1


def test_a_workbook_that_unpacks_without_end_is_refused(lin: FlaskClient) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (70 * 1024 * 1024))
    assert "There is no table" in words(upload(lin, out.getvalue(), "bomb.xlsx", 422))


def test_a_list_that_was_forged_or_is_another_s_adds_nobody(app: Flask, lin: FlaskClient, chen: FlaskClient) -> None:
    mine = packed(upload(lin, LIST))
    for browser, text in ((chen, mine), (lin, mine[:-3] + "abc"), (lin, ""), (lin, "x" * 5000)):
        for address in ("/desk/import/confirm", "/desk/import/look"):
            assert "Choose the file again" in words(post(browser, address, {"list": text}, 422))
    assert len(listed(app)) == 1


def test_a_client_known_to_a_colleague_is_not_added_twice(app: Flask, lin: FlaskClient, chen: FlaskClient) -> None:
    post(lin, "/desk/import/confirm", {"list": packed(upload(lin, LIST))})
    assert "0 new clients" in words(upload(chen, LIST))


def test_of_two_confirmations_at_once_the_second_finds_them_there(app: Flask, desk: Desk) -> None:
    with app.app_context():
        member = db.session.scalars(select(AgencyMember).where(AgencyMember.user_id == desk.lin_id)).one()
        found = importing.read_list(LIST.encode())
        assert [importing.confirm(member, found), importing.confirm(member, found)] == [2, 0]


# Outcomes


def test_the_report_keeps_a_small_agency_s_figures_back_on_the_page_and_in_the_file(
    app: Flask, lin: FlaskClient
) -> None:
    with app.app_context():
        for consent in db.session.scalars(select(Consent)):
            consent.given_at = datetime(2026, 8, 5, tzinfo=UTC)
        db.session.commit()
    page = words(get(lin, "/desk/outcomes"))
    assert "Clients helped fewer than 5" in page
    assert "Less overdue than when consent began kept back" in page
    assert "Jul 2026 to Sep 2026" in page
    rows = {row[0]: row[1] for row in table(lin.get("/desk/outcomes.csv").data)}
    assert rows["Clients helped"] == "fewer than 5"
    assert rows["Less overdue than when consent began"] == "kept back"
    assert rows["Took their consent back"] == "0"


def test_the_report_is_of_a_quarter_or_a_year_that_is_over(lin: FlaskClient) -> None:
    assert "Oct 2025 to Dec 2025" in words(get(lin, "/desk/outcomes?span=2025-Q4"))
    assert "Jan 2025 to Dec 2025" in words(get(lin, "/desk/outcomes?span=2025"))
    for wrong in ("span=2026-Q4", "span=2026", "span=", "from=2026-11&to=2026-12"):
        page = get(lin, f"/desk/outcomes?{wrong}")
        assert "Jul 2026 to Sep 2026" in words(page)
        assert '<option value="2026-Q3" selected>Quarter 3 of 2026</option>' in page
        assert "/desk/outcomes.csv?span=2026-Q3" in page
    assert rows_of(lin, "?span=2026-Q3")["Clients helped"] == "0", "consent began in December"
    assert "rounded" in words(get(lin, "/desk/outcomes"))


def rows_of(browser: FlaskClient, query: str) -> dict[str, str]:
    return {row[0]: row[1] for row in table(browser.get(f"/desk/outcomes.csv{query}").data)}


def test_the_report_leaves_no_line_in_any_log(app: Flask, lin: FlaskClient, household: Household) -> None:
    get(lin, "/desk/outcomes")
    assert taken(app, household) == []
