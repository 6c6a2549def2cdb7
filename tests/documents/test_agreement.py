"""All outputs of one value, read back, say the same figures."""

from __future__ import annotations

import json
import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from flask_babel import force_locale

from planner.documents import files
from planner.documents.asking import KINDS
from planner.documents.proposal import PARTS, ProposalDocument
from planner.documents.typesetting import LOCALES
from planner.engine.money import from_minor
from tests.documents.figures import figures_of, shown_of, squash
from tests.documents.readers import formulas, pdf_text, read_csv, read_ics, read_json, read_sfs, read_xlsx
from tests.documents.values import make


@pytest.fixture
def made(context: Flask) -> Any:
    """A function that makes one format of a document in a language."""

    def make_file(document: ProposalDocument, wanted: str, lang: str = "en") -> bytes:
        with context.test_request_context():
            return files.make(document, wanted, lang=lang, address="https://plan.example.org/s/x").content

    return make_file


def part(figures: dict[Any, Any], like: dict[Any, Any]) -> dict[Any, Any]:
    """The figures that a reader found, as they should be."""
    return {key: figures[key] for key in like}


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("code", ["CNY", "JPY", "KWD"])
def test_all_outputs_of_a_copy_agree(made: Any, lang: str, code: str, context: Flask) -> None:
    full = make(("reduce", "postpone", "settle"), count=14, code=code)
    copy = full.copy_for(2, PARTS)
    expected, digits = figures_of(copy), copy.unit.minor_digits
    assert read_json(made(copy, "json", lang)) == expected
    for found in (read_csv(made(copy, "csv", lang)), read_xlsx(made(copy, "xlsx", lang), digits)):
        assert found == part(expected, found)
        assert {("offer", 2), ("contract total", 2), ("offered", 4)} <= found.keys()
    days = [copy.reply_by, copy.review_on, *(row.due_on for row in copy.main.rows)]
    assert read_ics(made(copy, "ics", lang)) == sorted(days)
    check_sfs(read_sfs(made(copy, "sfs", lang)), copy)
    check_pdf(made(copy, "pdf", lang), copy, lang, context)


def check_sfs(found: dict[Any, Any], copy: ProposalDocument) -> None:
    """Its totals are those of the value, to the cent: a third decimal is rounded line by line."""
    expected = figures_of(copy)
    cents = Decimal("0.02") if copy.unit.minor_digits > 2 else Decimal(0)
    for name in ("income", "outgoings", "savings", "available"):
        assert abs(found[name] - expected[name]) <= cents, name
    assert found["sha256"] == copy.sha256
    owed = sorted((expected["owed", each.n], expected["offered", each.n]) for each in copy.creditors)
    assert len(found["debts"]) == len(owed)
    for (debt, offer), (owes, gets) in zip(found["debts"], owed, strict=True):
        assert abs(debt - owes) <= cents
        assert abs(offer - gets) <= cents


def check_pdf(content: bytes, copy: ProposalDocument, lang: str, context: Flask) -> None:
    """Everything a reader must find stands in its words."""
    text = pdf_text(content)
    with context.test_request_context(), force_locale(LOCALES[lang]):
        missing = [figure for figure in shown_of(copy) if figure not in text]
        assert not missing
        assert squash(copy.main.rows[-1].due_on.strftime("%Y")) in text


def test_the_borrowers_own_copy_agrees_too(made: Any) -> None:
    full = make(("reduce", "postpone", "settle", "move_due"), count=13)
    expected = figures_of(full)
    assert read_json(made(full, "json")) == expected
    for found in (read_csv(made(full, "csv")), read_xlsx(made(full, "xlsx"), 2)):
        assert found == part(expected, found)
        assert ("offer", 4) in found
    assert len(read_ics(made(full, "ics"))) == 2 + sum(len(request.rows) for request in full.requests)
    assert read_sfs(made(full, "sfs"))["available"] == expected["available"]
    assert files.available(full) == ["pdf", "xlsx", "csv", "json", "sfs", "ics"]
    for wanted in ("fineract", "frappe", "other"):
        with pytest.raises(KeyError):
            files.make(full, wanted, lang="en")


def test_every_row_of_the_pdf_is_the_values_row(made: Any, context: Flask) -> None:
    copy = make(("reduce",), count=7).copy_for(1, ())
    text = pdf_text(made(copy, "pdf"))
    for before, after in zip(copy.main.contract_rows, copy.main.rows, strict=True):
        amounts = (
            before.payment_minor,
            after.payment_minor,
            after.principal_minor,
            after.interest_minor,
            after.balance_minor,
        )
        cells = "".join(f"¥{from_minor(minor, copy.unit):,.2f}" for minor in amounts)
        assert squash(f"{after.due_on.day} {after.due_on:%b %Y}") + cells in text


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("kinds", [("reduce",), ("postpone", "settle", "move_due", "reduce")])
def test_totals_of_the_workbook_are_live_and_right(made: Any, lang: str, kinds: tuple[str, ...]) -> None:
    full = make(kinds, count=9)
    found = list(formulas(made(full, "xlsx", lang)))
    assert all(abs(cached - again) < 1e-9 for _sheet, _formula, cached, again in found), found
    sums = {round(cached, 2) for _sheet, formula, cached, _again in found if formula.startswith("SUM")}
    total = sum(row.payment_minor for row in full.requests[-1].rows) / 100
    assert {5600.0, -1600.0, round(full.offered_minor / 100, 2), round(total, 2)} <= sums
    assert len(found) >= 4 + 1 + 1 + 3 + 6 * len(kinds)


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_lenders_system_gets_agrees_with_the_value(made: Any, kind: str) -> None:
    copy = make((kind,), count=18).copy_for(1, ())
    request, unit = copy.main, copy.unit
    for wanted in ("fineract", "frappe"):
        fields = json.loads(made(copy, wanted), parse_float=Decimal, parse_int=Decimal)
        comment = fields.get("rescheduleReasonComment") or fields["reason_for_restructure"]
        assert copy.sha256 in comment
        assert copy.reference in comment
        amounts = {
            from_minor(minor, unit) for minor in (request.asked.amount_minor, request.offer.payment_minor) if minor
        }
        for name in ("emi", "new_monthly_repayment_amount"):
            assert name not in fields or fields[name] in amounts
        dates = {row.due_on for row in (*request.contract_rows, *request.rows)} | {copy.created_on, request.asked.until}
        said = [date.fromisoformat(v) for v in fields.values() if re.fullmatch(r"\d{4}-\d\d-\d\d", str(v))]
        assert said
        assert set(said) <= dates


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("wanted", files.FORMATS)
def test_the_same_value_gives_the_same_bytes(made: Any, wanted: str, lang: str) -> None:
    copy = make(("reduce", "settle"), count=5).copy_for(1, PARTS)
    first = made(copy, wanted, lang)
    assert first == made(copy, wanted, lang)
    assert first != made(make(("reduce", "settle"), count=5, number=2).copy_for(1, PARTS), wanted, lang)
