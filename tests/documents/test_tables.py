"""CSV and workbook: no text is ever a formula, negative amounts stay numbers, dates stay dates."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import date
from typing import Any

import pytest
from flask import Flask
from python_calamine import CalamineWorkbook

from planner.documents import files
from planner.documents.csv_file import safe
from planner.documents.proposal import (
    PARTS,
    Agency,
    BudgetItem,
    BudgetStatement,
    Cause,
    CreditorShare,
    EvidenceItem,
    ProposalDocument,
)
from tests.documents.readers import csv_cells, formulas, sheets
from tests.documents.values import make

STARTS = ["=", "+", "-", "@", "\t", "\r", "\n", "\0", "  =", "＝", "\0=", "=cmd|' /C calc'!A0;"]
OURS = re.compile(r"SUM\([A-Z]\d+:[A-Z]\d+\)|[B-D]\d+(\+[B-D]\d+)*|D\d+/\(D\d+(\+D\d+)*\)")


@pytest.fixture
def made(context: Flask) -> Any:
    """A function that makes one format of a document."""

    def make_file(document: ProposalDocument, wanted: str, lang: str = "en") -> bytes:
        with context.test_request_context():
            return files.make(document, wanted, lang=lang).content

    return make_file


def typed(text: str) -> ProposalDocument:
    """A copy in which everything people can type is this text."""
    shares = tuple(CreditorShare(n, text, text, 1000, 100, 10, n == 2, False) for n in (1, 2))
    items = tuple(BudgetItem(text, group, 100, text, text) for group in ("income", "essential", "flexible", "savings"))
    return make(
        ("reduce",), count=2, creditors=shares, borrower_name=text, borrower_contact=text, cause=Cause("other", None, None, text),
        agency=Agency(text, text, text), evidence=(EvidenceItem(text, text, 5, "ab" * 32),),
        budget=BudgetStatement(100, 100, 100, 100, -200, 0, items),
    ).copy_for(1, PARTS)  # fmt: skip


@pytest.mark.parametrize("start", STARTS)
def test_no_cell_of_the_csv_is_a_formula(made: Any, start: str) -> None:
    cells = [cell for row in csv_cells(made(typed(f"{start}HYPERLINK(1)"), "csv")) for cell in row]
    assert any("HYPERLINK(1)" in cell for cell in cells)
    for cell in cells:
        assert "\0" not in cell
        is_number = re.fullmatch(r"-\d+(\.\d+)?", cell)
        assert is_number or not cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_text_of_the_workbook_is_a_formula_or_a_link(made: Any, start: str, lang: str) -> None:
    content = made(typed(f"{start}HYPERLINK(1)"), "xlsx", lang)
    found = [formula for _sheet, formula, _cached, _again in formulas(content)]
    assert found
    assert all(OURS.fullmatch(formula) for formula in found), found
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        everything = "".join(archive.read(name).decode() for name in archive.namelist())
    assert everything.count("<f") - everything.count("<f/>") >= len(found)
    assert len(re.findall(r"<f[ >]", "".join(re.findall(r"<sheetData>.*?</sheetData>", everything, re.S)))) == len(
        found
    )
    assert "<hyperlink" not in everything
    texts = [cell for page in sheets(content) for row in page for cell in row if isinstance(cell, str)]
    assert sum("HYPERLINK(1)" in cell for cell in texts) >= 12


def test_links_and_long_texts_stay_texts(made: Any) -> None:
    content = made(typed("https://example.org/" + "x" * 40_000), "xlsx")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert not [name for name in archive.namelist() if "rels" in name and b"example.org" in archive.read(name)]
    longest = max(len(cell) for page in sheets(content) for row in page for cell in row if isinstance(cell, str))
    assert longest == 32_767


def test_amounts_are_numbers_and_dates_are_dates(made: Any) -> None:
    summary, statement, offers, schedule = sheets(made(make().copy_for(1, PARTS), "xlsx"))
    amounts = {row[0]: row[1] for row in statement[1:]}
    assert amounts["Rent"] == -1600.0
    assert amounts["Essential"] == -1600.0
    assert amounts["Available for all creditors"] == 2450.0
    assert schedule[1][3] == date(2027, 1, 18)
    assert schedule[1][6] == 1816.68
    assert [row[6] for row in offers if row[1] == "All creditors together"] == [1740.0]
    assert next(row for row in summary if row[0] == "First payment")[1:3] == [date(2027, 1, 18)] * 2


@pytest.mark.parametrize(("code", "sign", "decimals"), [("CNY", "¥", ".00"), ("JPY", "￥", ""), ("KWD", "KWD", ".000")])
def test_amounts_have_the_format_of_their_currency(made: Any, code: str, sign: str, decimals: str) -> None:
    with zipfile.ZipFile(io.BytesIO(made(make(code=code, count=2), "xlsx"))) as archive:
        styles = archive.read("xl/styles.xml").decode()
    number = f"&quot;{sign}&quot;#,##0{decimals}"
    assert f'formatCode="{number};-{number}"' in styles


def test_negative_amounts_stay_numbers_in_the_csv(made: Any) -> None:
    rows = csv_cells(made(make().copy_for(1, PARTS), "csv"))
    assert ["Rent", "-1600.00", "Two rooms, the cheapest near work"] in rows


def test_the_csv_opens_in_a_spreadsheet_as_it_is(made: Any) -> None:
    content = made(make(), "csv", "zh")
    assert content.startswith(b"\xef\xbb\xbf")
    assert "债权人".encode() in content


def test_sheets_are_named_and_a_budget_that_is_not_shown_is_said(made: Any) -> None:
    content = made(make().copy_for(1, ()), "xlsx")
    assert CalamineWorkbook.from_filelike(io.BytesIO(content)).sheet_names == [
        "Summary",
        "Statement",
        "Offers",
        "Schedule",
    ]
    assert sheets(content)[1] == [["The borrower did not share the budget"]]


def test_600_rows_and_an_income_without_lines_add_up(made: Any) -> None:
    value = make(("reduce",), count=600, budget=BudgetStatement(500000, 160000, 0, 0, 340000, 0, ()))
    found = list(formulas(made(value, "xlsx")))
    assert all(abs(cached - again) < 1e-6 for _sheet, _formula, cached, again in found)
    assert 3400.0 in {cached for _sheet, _formula, cached, _again in found}


def test_a_mark_stands_only_where_it_is_needed() -> None:
    assert [safe(text) for text in ("=1", "a=1", " =1", "", "-5")] == ["'=1", "a=1", "' =1", "", "'-5"]
