"""Letters: complete in both languages, filled from the facts, silent about what is not in them."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from pypdf import PdfReader

from planner.documents import letters
from planner.documents.asking import KINDS
from planner.documents.letters import LETTERS, ContactFact, LetterFacts, facts_of, fill, letter_for, letter_pdf
from planner.documents.proposal import PARTS
from planner.engine.money import currency
from tests.documents.readers import pdf_text
from tests.documents.values import make

FOLDER = Path(letters.__file__).resolve().parents[2] / "templates" / "documents" / "letters"
TODAY = date(2026, 12, 9)
KIND_OF = {"reduce": "reduce", "defer": "postpone", "freeze": "freeze", "settle": "settle", "move_due": "move_due"}
CONTACTS = (
    ContactFact("9 Dec 2026 22:40", "Called my employer", "Wang", "phone", "No contact with third parties", "Art. 12"),
    ContactFact("10 Dec 2026 08:05", "Called again"),
)


@pytest.fixture
def filled(context: Flask) -> Any:
    """A function that fills a letter."""

    def fill_letter(kind: str, facts: LetterFacts, lang: str) -> str:
        with context.test_request_context():
            return fill(kind, facts, lang=lang)

    return fill_letter


def facts_for(kind: str, shown: tuple[str, ...] = PARTS) -> LetterFacts:
    """Facts that suit a letter: of a plan for the requests, from the account alone for the others."""
    if kind in KIND_OF:
        return facts_of(make(("longer", KIND_OF[kind]), count=14).copy_for(2, shown), TODAY)
    return LetterFacts(
        TODAY, currency("CNY"), "海尔消费金融", date(2026, 12, 23), contract_number="7731", name="孙倩",
        opened_on=date(2025, 1, 2), borrowed_minor=2000000, owed_minor=1090000, arrears_minor=0, contacts=CONTACTS,
        asks=("Stop calling my employer",),
    )  # fmt: skip


def written(on: date, lang: str) -> str:
    """A date as letters write it."""
    return f"{on.day} {on:%b %Y}" if lang == "en" else f"{on.year}年{on.month}月{on.day}日"


def test_every_letter_has_a_template_in_each_language_and_no_template_is_idle() -> None:
    named = {path for languages in letters.TEMPLATES.values() for path in languages.values()}
    assert all(set(languages) == {"zh", "en"} for languages in letters.TEMPLATES.values())
    assert LETTERS == ("hold", "reduce", "defer", "freeze", "settle", "move_due", "complaint")
    there = {f"documents/letters/{path.name}" for path in FOLDER.glob("*.txt")}
    shared = {f"documents/letters/{name}.{lang}.txt" for name in ("base", "parts") for lang in ("zh", "en")}
    assert there == named | shared
    assert {letter_for(kind) for kind in KINDS} == set(KIND_OF)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("kind", LETTERS)
def test_a_letter_is_whole_in_its_language(filled: Any, kind: str, lang: str) -> None:
    text = filled(kind, facts_for(kind), lang)
    assert "孙倩" in text
    assert ("2026年12月23日" if lang == "zh" else "23\xa0Dec\xa02026") in text
    assert "\n\n\n" not in text
    assert not text.startswith("\n")
    for leftover in ("{{", "{%", "None", "%("):
        assert leftover not in text
    chinese = sum("\u4e00" <= sign <= "\u9fff" for sign in text)
    assert chinese > 80 if lang == "zh" else chinese < 60
    if lang == "zh":
        assert "您" not in text
        assert not [word for word in ("Please", "I ask", "The ") if word in text]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("kind", list(KIND_OF))
def test_a_request_gives_amounts_dates_and_how_it_ends(filled: Any, kind: str, lang: str) -> None:
    facts = facts_for(kind)
    text = filled(kind, facts, lang).replace("\xa0", " ")
    assert facts.plan is not None
    rows = facts.plan.main.rows
    wanted = ["取消加班", "7711", "RP-2026-1209-4F7K2 / 1", "payslip.pdf", "¥5,600", "¥1,600", "¥14,010", "¥24.68"]
    if kind == "settle":
        wanted += ["¥9,807", "¥4,203"]
    else:
        wanted += [written(row.due_on, lang) for row in rows]
    assert not [figure for figure in wanted if figure not in text]
    assert text.count("¥14,010") == 1


def test_a_settlement_is_accepted_in_writing_before_it_is_paid(filled: Any) -> None:
    assert "only after you have accepted in writing" in filled("settle", facts_for("settle"), "en")
    assert "书面同意之后才付款" in filled("settle", facts_for("settle"), "zh")


@pytest.mark.parametrize(("lang", "doubt"), [("en", "may fall outside the guideline"), ("zh", "可能不合规")])
def test_a_complaint_names_the_rule_and_its_source_and_never_calls_it_illegal(
    filled: Any, lang: str, doubt: str
) -> None:
    text = filled("complaint", facts_for("complaint"), lang)
    assert text.count(doubt) == 1
    for part in (
        "9 Dec 2026 22:40",
        "Called my employer",
        "Wang",
        "Art. 12",
        "Stop calling my employer",
        "Called again",
    ):
        assert part in text
    assert "illegal" not in text
    assert "违法" not in text


def test_hold_action_gives_thirty_days_unless_told_otherwise(filled: Any) -> None:
    assert "8\xa0Jan\xa02027" in filled("hold", facts_for("hold"), "en")
    assert "1\xa0Feb\xa02027" in filled("hold", replace(facts_for("hold"), hold_until=date(2027, 2, 1)), "en")


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("kind", LETTERS)
def test_with_the_least_facts_a_letter_still_reads(filled: Any, kind: str, lang: str) -> None:
    facts = facts_for(kind, ())
    bare = LetterFacts(facts.written_on, facts.unit, facts.creditor, facts.reply_by, plan=facts.plan)
    text = filled(kind, bare, lang)
    assert "________________" in text
    assert "\n\n\n" not in text
    assert all(private not in text for private in ("孙倩", "138", "取消加班", "payslip", "5,600", "7711"))


def test_a_letter_makes_only_the_request_of_the_plan(filled: Any) -> None:
    with pytest.raises(ValueError, match="settle"):
        filled("settle", facts_for("reduce"), "en")
    with pytest.raises(ValueError, match="reduce"):
        filled("reduce", facts_for("hold"), "en")
    with pytest.raises(KeyError):
        filled("love", facts_for("hold"), "en")


def test_what_people_type_is_text_and_never_template_or_markup(filled: Any) -> None:
    nasty = '{{ 7*7 }} {% raw %} #panic("x") <b> $x$ "'
    text = filled("complaint", replace(facts_for("complaint"), creditor=nasty, asks=(nasty,)), "en")
    assert text.count(nasty) == 2
    content = letter_pdf(text, lang="en", title=nasty, written_on=TODAY)
    assert "".join(nasty.split()) in pdf_text(content)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_pdf_holds_the_edited_text_tagged_and_the_same_each_time(filled: Any, lang: str) -> None:
    text = filled("reduce", facts_for("reduce"), lang) + "\nMy own last line\n\n\n" + "More. " * 900
    content = letter_pdf(text, lang=lang, title="Letter", written_on=TODAY)
    assert content == letter_pdf(text, lang=lang, title="Letter", written_on=TODAY)
    assert "".join(text.split())[:200] in pdf_text(content)
    assert "Myownlastline" in pdf_text(content)
    reader = PdfReader(io.BytesIO(content))
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert len(reader.pages) >= 2
    assert "1/" in "".join(reader.pages[0].extract_text().split())


@pytest.mark.parametrize("text", ["", "\n\n", "😀", "\r\nA\r\n\r\nB\0"])
def test_any_text_makes_a_letter(text: str) -> None:
    assert letter_pdf(text, lang="en", title="", written_on=TODAY).startswith(b"%PDF")
