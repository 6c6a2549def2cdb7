"""The borrower's own copies: what nobody was sent says that it is a draft; whatever prints a fingerprint can be checked."""

from __future__ import annotations

import json
import re

import jsonschema
import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.documents.readers import pdf_text
from tests.documents.test_proposal import PUBLISHED
from tests.lender import visitor
from tests.pages import get, post, words

COPIES = (
    "pdf", "csv", "json", "sfs", "ics", "pdf?creditor=1", "csv?creditor=1", "json?creditor=1", "fineract?creditor=1",
    "frappe?creditor=1", "ics?creditor=1",
)  # fmt: skip
DRAFT = "Draft, not shared with a lender"


def read(client: FlaskClient, address: str) -> tuple[str, str]:
    """A copy's text, and its name."""
    answer = client.get(address)
    assert answer.status_code == 200
    text = pdf_text(answer.data) if answer.data.startswith(b"%PDF") else answer.data.decode("utf-8-sig")
    return re.sub(r"\r?\n ?", "", text), answer.headers["Content-Disposition"]


def marks(text: str) -> list[str]:
    return re.findall(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])", text)


def share(borrower: FlaskClient, plan: str) -> None:
    post(borrower, f"{plan}/links", {"n": "1", "days": "14", "lang": "en", "budget": "y"}, status=303)


@pytest.mark.parametrize("copy", COPIES)
def test_a_copy_of_what_nobody_was_sent_is_a_draft(borrower: FlaskClient, plan: str, copy: str) -> None:
    text, name = read(borrower, f"{plan}/document.{copy}")
    assert (marks(text), "-1-draft." in name) == ([], True)
    if copy.partition("?")[0] in ("pdf", "csv", "fineract", "frappe"):
        assert DRAFT.replace(" ", "") in text.replace(" ", "")
        assert "SHA-256" not in text


@pytest.mark.parametrize("copy", COPIES)
def test_every_fingerprint_on_a_copy_is_found_also_after_an_edit(
    app: Flask, borrower: FlaskClient, plan: str, copy: str
) -> None:
    share(borrower, plan)
    checker = visitor(app)
    for mark in marks(read(borrower, f"{plan}/document.{copy}")[0]):
        assert "A copy with this fingerprint exists" in get(checker, f"/check/{mark}")
    post(borrower, f"{plan}/creditors/1", {"kind": "reduce", "amount": "1000", "from_on": "2027-01-18"}, status=303)
    text, name = read(borrower, f"{plan}/document.{copy}")
    assert (marks(text), "-2-draft." in name) == ([], True)


def test_the_whole_plan_carries_its_fingerprint_once_it_was_shared(
    app: Flask, borrower: FlaskClient, plan: str
) -> None:
    assert "No lender was sent the plan as it is now" in words(get(borrower, f"{plan}/links"))
    share(borrower, plan)
    assert "No lender was sent the plan" not in words(get(borrower, f"{plan}/links"))
    for copy in ("pdf", "csv", "json", "ics"):
        text, name = read(borrower, f"{plan}/document.{copy}")
        [mark] = set(marks(text))
        get(visitor(app), f"/check/{mark}")
        assert (DRAFT.replace(" ", "") in text.replace(" ", ""), "draft" in name) == (False, False)


def test_a_draft_fits_the_published_schema(borrower: FlaskClient, plan: str) -> None:
    value = json.loads(borrower.get(f"{plan}/document.json").data)
    jsonschema.validate(value, PUBLISHED)
    assert "sha256" not in value
