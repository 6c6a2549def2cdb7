"""The PDF: tagged, one embedded font, deaf to what people type, whatever the signs, the length and the currency."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from flask import Flask
from flask_babel import force_locale
from pypdf import PdfReader

from planner.documents import pdf, typesetting
from planner.documents.asking import KINDS
from planner.documents.proposal import PARTS, BudgetStatement, Cause, CreditorShare, EvidenceItem, ProposalDocument
from planner.formatting import symbol
from tests.documents.readers import pdf_text
from tests.documents.values import make, rows_of, side_of


@pytest.fixture
def printed(context: Flask) -> Any:
    """A function that makes the PDF of a document."""

    def make_pdf(document: ProposalDocument, lang: str = "en", **addresses: str) -> bytes:
        with context.test_request_context():
            return pdf.to_bytes(document, lang=lang, **addresses)

    return make_pdf


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_it_embeds_its_one_font_is_tagged_and_small(printed: Any, lang: str) -> None:
    copy = make(("reduce",)).copy_for(1, PARTS)
    content = printed(copy, lang, address="https://plan.example.org/s/abc")
    reader, text = PdfReader(io.BytesIO(content)), pdf_text(content)
    for expected in ("海尔消费金融", "孙倩", "138", "取消加班", "第二行", copy.reference, copy.sha256, "payslip.pdf"):
        assert expected in text
    assert ("还款方案" if lang == "zh" else "Proposedrepaymentplan") in text
    fonts = {name: font for page in reader.pages for name, font in embedded_fonts(page).items()}
    assert fonts
    assert all("NotoSansSC" in name and is_embedded for name, is_embedded in fonts.items())
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"].startswith(lang)
    assert b"pdfuaid" in root["/Metadata"].get_object().get_data()
    assert len(content) <= 250_000
    for number, page in enumerate(reader.pages, start=1):
        assert [round(float(side)) for side in page.mediabox[2:]] == [595, 842]
        footer = "".join(page.extract_text().split())
        assert f"{number}/{len(reader.pages)}" in footer
        assert copy.sha256 in footer


def embedded_fonts(page: Any) -> dict[str, bool]:
    """The page's fonts, and whether each is in the file."""
    found = {}
    for font in page["/Resources"]["/Font"].values():
        inner = font.get_object()["/DescendantFonts"][0].get_object()
        descriptor = inner["/FontDescriptor"].get_object()
        found[str(inner["/BaseFont"])] = any(key in descriptor for key in ("/FontFile", "/FontFile2", "/FontFile3"))
    return found


def test_five_creditors_of_sixty_instalments_stay_under_500_kb(printed: Any) -> None:
    for kinds in (("reduce", "postpone", "move_due", "settle", "rate"), ("move_due",) * 5, ("postpone",) * 5):
        assert len(printed(make(kinds), address="https://plan.example.org/s/" + "x" * 43)) <= 500_000


def test_the_codes_hold_the_addresses_or_the_fingerprint(printed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    held: list[str] = []
    monkeypatch.setattr(pdf, "qr", lambda content: held.append(content) or typesetting.qr(content))
    copy = make(count=2).copy_for(1, ())
    printed(copy, address="https://a/s", check_address="https://a/check")
    printed(copy)
    assert held == ["https://a/s", "https://a/check", copy.sha256]


def test_a_qr_code_is_drawn_without_text_and_differs_with_its_content() -> None:
    one, other = typesetting.qr("https://a/s/1"), typesetting.qr("https://a/s/2")
    assert one != other
    assert one.startswith("<svg")
    assert "<text" not in one


def test_what_people_type_is_never_taken_for_markup(printed: Any) -> None:
    nasty = '#panic("x") #read("/etc/passwd") $x$ *b* _i_ `c` = h \\ @ref <l> "q" ]['
    share = CreditorShare(1, nasty, nasty, 100, 100, 100, False, False)
    value = make(creditors=(share,), borrower_name=nasty, cause=Cause("other", None, None, nasty),
                 evidence=(EvidenceItem(nasty, "image/png", 1, "ab" * 32),))  # fmt: skip
    text = pdf_text(printed(value.copy_for(1, PARTS)))
    assert text.count('#read("/etc/passwd")') >= 4
    assert "root:" not in text


@pytest.mark.parametrize(
    "sign", ["😀👨‍👩‍👧🇨🇳❤️", "𠮷野家", "ⷀ", "العربية", "\u0000\u0007\u202e", "🏠" * 50, "长" * 400, "w" * 400]
)
def test_no_sign_and_no_length_stops_a_copy(printed: Any, sign: str) -> None:
    share = CreditorShare(1, f"A{sign}B", sign, 100, 100, 100, False, False)
    value = make(count=2, creditors=(share,), borrower_name=sign, cause=Cause("other", None, None, sign))
    assert "A" in pdf_text(printed(value.copy_for(1, PARTS)))


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_request_is_said_in_one_sentence(printed: Any, context: Flask, kind: str, lang: str) -> None:
    copy = make((kind,), count=14).copy_for(1, ())
    with context.test_request_context(), force_locale(typesetting.LOCALES[lang]):
        sentence = pdf.request_words(copy)
    assert "".join(sentence.split()) in pdf_text(printed(copy, lang))
    assert sentence.endswith("。" if lang == "zh" else ".")
    assert sentence.startswith("我" if lang == "zh" else "I ")


@pytest.mark.parametrize(("code", "owed"), [("JPY", "6,000,000"), ("KWD", "6,000.000"), ("GBP", "60,000.00")])
def test_amounts_have_the_decimals_of_their_currency(printed: Any, code: str, owed: str) -> None:
    text = pdf_text(printed(make(("rate",), code=code).copy_for(1, PARTS)))
    assert symbol(code) + owed in text
    assert f"{owed}0" not in text
    assert f"{owed}.0" not in text


def test_600_rows_an_empty_month_and_no_evidence_make_a_whole_file(printed: Any) -> None:
    rows = rows_of(600, 30000)
    value = make(budget=BudgetStatement(0, 0, 0, 0, 0, 0, ()), evidence=(), cause=None, agency=None, review_on=None)
    request = replace(value.requests[0], rows=rows, offer=side_of(rows))
    content = printed(replace(value, requests=(request,)).copy_for(1, PARTS))
    text = pdf_text(content)
    assert "18Dec2076" in text
    assert "Attachedevidence" not in text
    assert len(PdfReader(io.BytesIO(content)).pages) > 10


def test_the_file_carries_the_values_date_and_no_time_of_making(printed: Any) -> None:
    info = PdfReader(io.BytesIO(printed(make(created_on=date(2025, 3, 4)).copy_for(1, ())))).metadata
    assert info is not None
    assert info.creation_date is not None
    assert info.creation_date.date() == date(2025, 3, 4)
