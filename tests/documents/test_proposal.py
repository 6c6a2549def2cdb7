"""The proposal value and its copies: one value, the same figures everywhere."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from flask import Flask
from flask_babel import force_locale
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from planner.documents import csv_file, json_file, pdf
from planner.documents.proposal import (
    PARTS,
    BudgetItem,
    BudgetStatement,
    Cause,
    OfferRow,
    ProposalDocument,
    Side,
    from_json,
    to_json,
)
from planner.engine.money import currency

SCHEMA = json.loads((Path(pdf.__file__).parent / "proposal.schema.json").read_text("utf-8"))


def make(**change: Any) -> ProposalDocument:
    """A proposal of 60 instalments unless `change` says otherwise."""
    rows = tuple(
        OfferRow(n, date(2027 + (n - 1) // 12, (n - 1) % 12 + 1, 18), 100000, 24000, 124000, 6000000 - 100000 * n)
        for n in range(1, 61)
    )
    side = Side(124000, 60, rows[0].due_on, rows[-1].due_on, 7440000, Decimal("0.162165"))
    values: dict[str, Any] = {
        "reference": "RP-2026-1209-4F7K2", "number": 1, "created_on": date(2026, 12, 9), "reply_by": date(2026, 12, 23),
        "unit": currency("CNY"), "creditor": "海尔消费金融", "contract_number": "7731", "borrower_name": "孙倩",
        "borrower_contact": "138 0000 0000", "cause": Cause("income", date(2027, 1, 1), None, "取消加班 😀\n第二行"),
        "budget": BudgetStatement(640000, 420800, 42000, 0, 40000, 137200, (BudgetItem("工资", "income", 560000),)),
        "opening_minor": 6000000, "contract": side, "offer": side, "rows": rows,
    }  # fmt: skip
    return ProposalDocument(**(values | change))


def test_the_value_survives_json_and_keeps_its_fingerprint() -> None:
    value = make()
    again = from_json(json.loads(json.dumps(to_json(value))))
    assert again == value
    assert again.sha256 == value.sha256


@pytest.mark.parametrize("shown", [(), ("budget",), PARTS])
def test_every_json_copy_fits_the_published_schema(shown: tuple[str, ...]) -> None:
    jsonschema.validate(json.loads(json_file.to_bytes(make().redacted(shown))), SCHEMA)


def test_the_schema_refuses_what_is_not_a_proposal() -> None:
    found = json.loads(json_file.to_bytes(make()))
    for change in ({"offer": None}, {"opening_amount": 1.5}, {"instalments": []}, {"more": 1}, {"sha256": "x"}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(found | change, SCHEMA)


def test_any_change_changes_the_fingerprint() -> None:
    assert len({make().sha256, make(number=2).sha256, make(creditor="x").sha256, make().redacted(()).sha256}) == 4


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_pdf_embeds_its_one_font_is_tagged_and_holds_the_figures(context: Flask, lang: str) -> None:
    with context.test_request_context(), force_locale({"zh": "zh_Hans_CN", "en": "en"}[lang]):
        content = pdf.to_bytes(make(), lang=lang, address="https://plan.example.org/s/abc")
    reader = PdfReader(io.BytesIO(content))
    text = "".join("".join(page.extract_text() for page in reader.pages).split())
    for expected in (
        "海尔消费金融",
        "孙倩",
        "取消加班",
        "第二行",
        "¥1,240",
        "¥74,400",
        "RP-2026-1209-4F7K2",
        make().sha256[:16],
        "1/",
    ):
        assert expected in text
    assert ("还款方案" if lang == "zh" else "Proposedrepaymentplan") in text
    fonts = {name: font for page in reader.pages for name, font in embedded_fonts(page).items()}
    assert fonts
    assert all("NotoSansSC" in name and is_embedded for name, is_embedded in fonts.items())
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert reader.trailer["/Root"]["/Lang"].startswith(lang)
    assert len(content) <= 500_000
    assert len(reader.pages) >= 2


def embedded_fonts(page: Any) -> dict[str, bool]:
    """The page's fonts, and whether each is in the file."""
    found = {}
    for font in page["/Resources"]["/Font"].values():
        inner = font.get_object()["/DescendantFonts"][0].get_object()
        descriptor = inner["/FontDescriptor"].get_object()
        found[str(inner["/BaseFont"])] = any(key in descriptor for key in ("/FontFile", "/FontFile2", "/FontFile3"))
    return found


def test_what_people_type_is_never_taken_for_markup_in_the_pdf(context: Flask) -> None:
    nasty = '#panic("x") #read("/etc/passwd") $x$ *b* _i_ `c` = h \\ @ref <l> "q" ]['
    with context.test_request_context(), force_locale("en"):
        content = pdf.to_bytes(
            make(creditor=nasty, borrower_name=nasty, cause=Cause("other", None, None, nasty)), lang="en", address="x"
        )
    text = "".join(PdfReader(io.BytesIO(content)).pages[0].extract_text().split())
    assert '#read("/etc/passwd")' in text
    assert "root:" not in text


@pytest.mark.parametrize("sign", ["😀👨‍👩‍👧🇨🇳❤️", "𠮷野家", "ⷀ", "العربية", "\u0000\u0007\u202e", "🏠" * 50])
def test_signs_that_the_font_does_not_have_never_stop_a_copy(context: Flask, sign: str) -> None:
    with context.test_request_context(), force_locale("en"):
        content = pdf.to_bytes(
            make(creditor=f"A{sign}B", cause=Cause("other", None, None, sign)), lang="en", address="x"
        )
    assert PdfReader(io.BytesIO(content)).pages[0].extract_text()


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "  =", "\r"])
def test_no_cell_of_the_csv_is_a_formula(context: Flask, start: str) -> None:
    with context.test_request_context(), force_locale("en"):
        table = csv_file.to_bytes(make(creditor=f"{start}HYPERLINK(1)", borrower_name=f"{start}1+1\0")).decode(
            "utf-8-sig"
        )
    for row in csv.reader(io.StringIO(table)):
        for cell in row:
            assert not cell.strip(" ").startswith(("=", "+", "-", "@", "\t", "\r"))
            assert "\0" not in cell


@given(st.sets(st.sampled_from(PARTS)))
def test_redacting_keeps_the_offer_and_only_what_is_ticked(shown: set[str]) -> None:
    value, full = make().redacted(shown), make()
    assert (value.offer, value.rows, value.opening_minor) == (full.offer, full.rows, full.opening_minor)
    assert (value.borrower_name is None) == ("name" not in shown)
    assert (value.borrower_contact is None) == ("contact" not in shown)
    assert (value.contract_number is None) == ("contract_number" not in shown)
    assert (value.cause is None) == ("cause" not in shown)
    assert (value.budget is None) == ("budget" not in shown)
    if value.budget:
        assert (value.budget.other_instalments_minor is None) == ("other_creditors" not in shown)
