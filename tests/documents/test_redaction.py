"""Planted markers: what the borrower did not tick is in no output of a copy, whatever else is ticked."""

from __future__ import annotations

import io
import itertools
import zipfile
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from flask import Flask

from planner.documents import files, letters
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
from tests.documents.readers import pdf_text
from tests.documents.values import make

# A marker, and the parts that must all be ticked for it to be seen.
MARKERS = {
    "MARKNAME": {"name"},
    "MARKCONTACT": {"contact"},
    "MARKCONTRACT": {"contract_number"},
    "MARKCAUSE": {"cause"},
    "MARKLINE": {"budget"},
    "MARKNOTE": {"budget"},
    "MARKBANK": {"other_creditors", "other_names"},
    "MARKNUMBER": {"nobody"},
    "MARKEVIDENCE": {"evidence"},
    "fe" * 32: {"evidence"},
    "7654321": {"other_creditors"},
    "56009.13": {"budget"},  # the income
    "54409.13": {"budget", "other_creditors"},  # what is left for all creditors
}
CHEAP = [wanted for wanted in files.FORMATS if wanted != "pdf"]
SUBSETS = [frozenset(chosen) for k in range(len(PARTS) + 1) for chosen in itertools.combinations(PARTS, k)]


def marked() -> ProposalDocument:
    """A value with a marker in every private place."""
    items = (
        BudgetItem("MARKLINE", "essential", 160000, "rent", "MARKNOTE"),
        BudgetItem("MARKLINE2", "income", 5600913, "x"),
    )
    shares = (
        CreditorShare(1, "Addressee", "MARKCONTRACT", 600000, 181667, 12400, False, False),
        CreditorShare(2, "MARKBANK", "MARKNUMBER", 765432100, 91667, 2400, False, False),
    )
    return make(
        ("reduce", "settle"), count=3, borrower_name="MARKNAME", borrower_contact="MARKCONTACT",
        cause=Cause("illness", date(2027, 1, 1), None, "MARKCAUSE"), agency=Agency("Centre", None, None),
        budget=BudgetStatement(5600913, 160000, 0, 0, 5440913, 0, items), creditors=shares,
        evidence=(EvidenceItem("MARKEVIDENCE.pdf", "application/pdf", 5, "fe" * 32),),
    )  # fmt: skip


def words_of(content: bytes, wanted: str) -> str:
    """Everything that is in a file, unpacked where it is packed."""
    if wanted == "xlsx":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return "".join(archive.read(name).decode() for name in archive.namelist())
    return pdf_text(content) if wanted == "pdf" else content.decode().replace("\r\n ", "")


def leaks(text: str, shown: frozenset[str]) -> Iterator[str]:
    """The markers that stand in the text though not all their parts are ticked."""
    for marker, needs in MARKERS.items():
        if not needs <= shown and (marker in text or marker in text.replace(",", "")):
            yield marker


@pytest.fixture
def outputs(context: Flask) -> Any:
    """A function giving all words of each wanted output of a copy."""

    def made(document: ProposalDocument, wanted: list[str]) -> Iterator[tuple[str, str]]:
        with context.test_request_context():
            for name in wanted:
                if name in files.available(document):
                    yield name, words_of(files.make(document, name, lang="en").content, name)

    return made


def test_no_subset_of_ticks_lets_a_marker_through(outputs: Any) -> None:
    full = marked()
    assert len(SUBSETS) == 256
    for shown in SUBSETS:
        for name, text in outputs(full.copy_for(1, shown), CHEAP):
            assert not list(leaks(text, shown)), (name, sorted(shown))


def test_the_markers_are_there_when_everything_is_ticked(outputs: Any) -> None:
    """Otherwise the tests above could not fail."""
    full = marked()
    everywhere = dict(outputs(full.copy_for(1, PARTS), ["json", "csv", "xlsx", "pdf"]))
    visible = [marker for marker, needs in MARKERS.items() if needs <= set(PARTS)]
    for name, text in everywhere.items():
        plain = text.replace(",", "")
        assert not [marker for marker in visible if marker not in plain], name


@pytest.mark.parametrize("missing", PARTS)
def test_the_pdf_holds_no_marker_that_is_not_ticked(outputs: Any, missing: str) -> None:
    full = marked()
    for shown in (frozenset(PARTS) - {missing}, frozenset({missing}), frozenset[str]()):
        for _name, text in outputs(full.copy_for(1, shown), ["pdf"]):
            assert not list(leaks(text, shown)), sorted(shown)


def test_no_letter_says_what_is_not_ticked(context: Flask) -> None:
    full = marked()
    for shown in SUBSETS:
        facts = letters.facts_of(full.copy_for(1, shown), date(2026, 12, 9))
        for lang in ("zh", "en"):
            with context.test_request_context():
                text = letters.fill("reduce", facts, lang=lang)
            assert not list(leaks(text, shown)), sorted(shown)
            assert ("MARKNAME" in text) == ("name" in shown)


def test_a_calendar_of_the_dates_names_nobody_and_no_amount(outputs: Any) -> None:
    [(_name, text)] = outputs(marked().copy_for(1, PARTS), ["ics"])
    for private in ("MARK", "Addressee", "1,240", "1240", "¥"):
        assert private not in text
