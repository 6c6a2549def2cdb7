"""The files of ../shared/statements against its manifest: other people's data, read there and never copied."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pytest

from planner.statements.detector import read
from planner.statements.values import Statement, Unreadable

SHARED = Path(__file__).parents[3] / "shared" / "statements"
MANIFEST = SHARED / "MANIFEST.tsv"
ROWS = []
if MANIFEST.exists():
    with MANIFEST.open(encoding="utf-8", newline="") as manifest:
        ROWS = list(csv.DictReader(manifest, delimiter="\t", quoting=csv.QUOTE_NONE))
# The manifest counts such days as written; there are none.
NO_SUCH_DAY = {"ofxparse__date_missing.ofx", "mt940__february_30.sta", "bankstatementp__camt053_garbled_amount.xml"}
# Files that state their currency in their rows, or that the manifest knows more of than the file says.
REFUSED = {"ofxparse__error_message.ofx": "bank_error"}

pytestmark = [pytest.mark.shared, pytest.mark.skipif(not ROWS, reason="../shared/statements is not there")]


def stated(cell: str) -> dict[str, Decimal]:
    """The sums of a manifest cell such as "EUR 3000.00;PLN 20.00"; zero is left out."""
    found = re.findall(r"(?:([A-Z]{3}|n/a) )?(-?\d+(?:\.\d+)?)(?= \(|;|$)", cell)
    return {code: Decimal(amount) for code, amount in found if Decimal(amount)}


def summed(statement: Statement, direction: str) -> dict[str, Decimal]:
    """The sums of a direction by currency."""
    totals: dict[str, Decimal] = defaultdict(Decimal)
    for entry in statement.entries:
        if entry.direction == direction:
            totals[entry.currency or "n/a"] += entry.amount
    return {code: total for code, total in totals.items() if total}


@pytest.mark.parametrize("row", ROWS, ids=[row["file"] for row in ROWS])
def test_manifest(row: dict[str, str]) -> None:
    data = (SHARED / row["file"]).read_bytes()
    if row["file"] in REFUSED:
        with pytest.raises(Unreadable, match=REFUSED[row["file"]]):
            read(data)
        return
    code = re.match(r"[A-Z]{3}", row["currency"])
    statement = read(data, row["file"], account_currency=code[0] if code else None)
    assert len(statement.entries) + len(statement.bad_rows) == int(row["n_transactions"])
    assert len(statement.bad_rows) == int(row["bad_rows"])
    for direction, column in (("in", "sum_in"), ("out", "sum_out"), ("neutral", "sum_neutral")):
        expected = stated(row[column])
        if "n/a" in expected and code:
            expected[code[0]] = expected.pop("n/a")
        assert summed(statement, direction) == expected
    days = [entry.day for entry in statement.entries if entry.day]
    if days and row["file"] not in NO_SUCH_DAY:
        assert f"{min(days)}..{max(days)}" == row["date_range"]


@pytest.mark.parametrize("row", ROWS, ids=[row["file"] for row in ROWS])
def test_what_the_manifest_cannot_know_from_the_file_is_doubted(row: dict[str, str]) -> None:
    if row["file"] in REFUSED:
        return
    statement = read((SHARED / row["file"]).read_bytes(), row["file"])
    codes = {doubt.code for doubt in statement.doubts}
    if any(entry.currency is None for entry in statement.entries):
        assert "currency_unknown" in codes
    if any(entry.day is None for entry in statement.entries):
        assert "undated" in codes
