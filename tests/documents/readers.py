"""Each output of a proposal read back into the figures it holds, by readers that know nothing of how it was written."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from icalendar import Calendar
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from tests.documents.figures import Figures, squash

SIDES = {"Contract": "contract", "Proposal": "offer", "合同": "contract", "方案": "offer"}


def pdf_text(content: bytes) -> str:
    """All words of a PDF without white space."""
    return squash("".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages))


def read_json(content: bytes) -> Figures:
    """From the JSON by its published names."""
    found = json.loads(content)
    figures: Figures = {"sha256": found["sha256"], "reply_by": date.fromisoformat(found["reply_by"])}
    if found["budget"]:
        b = {name: Decimal(value) for name, value in found["budget"].items() if isinstance(value, str)}
        figures |= {"income": b["income"], "outgoings": b["essential"] + b["flexible"], "savings": b["savings"]}
        if "available" in b:
            figures["available"] = b["available"]
    for each in found["creditors"]:
        figures |= {("owed", each["n"]): Decimal(each["owed"]), ("offered", each["n"]): Decimal(each["offered"])}
    for request in found["requests"]:
        n = request["n"]
        for name, key in (("contract", "contract_rows"), ("offer", "rows")):
            rows = [(date.fromisoformat(row["due_on"]), Decimal(row["payment"])) for row in request[key]]
            figures |= {(name, n): rows, (f"{name} total", n): Decimal(request[name]["total"])}
    return figures


def csv_cells(content: bytes) -> list[list[str]]:
    """All rows of the CSV."""
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


def read_csv(content: bytes) -> Figures:
    """From the CSV: its instalments, its shares and its fingerprint."""
    figures: Figures = {}
    for row in csv_cells(content):
        if len(row) == 8:
            _instalment(figures, row[0], row[1], row[3], row[6])
        if len(row) == 7 and row[0].isdigit():
            figures |= {("owed", int(row[0])): Decimal(row[3]), ("offered", int(row[0])): Decimal(row[5])}
        if len(row) == 2 and re.fullmatch("[0-9a-f]{64}", row[1]):
            figures["sha256"] = row[1]
    return figures | _totals(figures)


def _instalment(figures: Figures, n: str, side: str, due: str, payment: str) -> None:
    if side in SIDES and n.isdigit():
        rows = figures.setdefault((SIDES[side], int(n)), [])
        rows.append((date.fromisoformat(due), Decimal(payment)))


def _totals(figures: Figures) -> Figures:
    """The sums of the instalments that were read."""
    return {(f"{key[0]} total", key[1]): sum(payment for _on, payment in rows)
            for key, rows in figures.items() if isinstance(rows, list)}  # fmt: skip


def sheets(content: bytes) -> list[list[list[Any]]]:
    """The values of all sheets: what a reader that does not calculate shows."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return [book.get_sheet_by_index(k).to_python(skip_empty_area=False) for k in range(len(book.sheet_names))]


def read_xlsx(content: bytes, digits: int) -> Figures:
    """From the workbook: shares and instalments, in the order of their creditors."""
    _summary, _statement, offers, schedule = sheets(content)

    def major(value: float) -> Decimal:
        return Decimal(str(round(value, 3))).quantize(Decimal(1).scaleb(-digits))

    figures: Figures = {}
    for row in offers[1:]:
        if row[0] != "":
            figures |= {("owed", int(row[0])): major(row[3]), ("offered", int(row[0])): major(row[6])}
    names = {row[1]: int(row[0]) for row in offers[1:] if row[0] != ""}
    for row in schedule:
        if isinstance(row[3], date):
            key = (SIDES[row[1]], names[row[0]])
            figures.setdefault(key, []).append((row[3], major(row[6])))
    return figures | _totals(figures)


def formulas(content: bytes) -> Iterator[tuple[str, str, float, float]]:
    """Each formula of the workbook: sheet, formula, the value in the file, and the value worked out again from the cells."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in sorted(n for n in archive.namelist() if n.startswith("xl/worksheets/sheet")):
            text = archive.read(name).decode()
            cells = {ref: float(value) for ref, value in re.findall(r'<c r="([A-Z]+\d+)"[^>]*?>(?:<f>[^<]*</f>)?<v>([^<]*)</v>',
                     re.sub(r'<c r="[A-Z]+\d+"[^>]* t="s"[^>]*><v>\d+</v></c>', "", text))}  # fmt: skip
            for formula, cached in re.findall(r"<f>([^<]*)</f><v>([^<]*)</v>", text):
                yield name, formula, float(cached), _work_out(formula, cells)


def _work_out(formula: str, cells: dict[str, float]) -> float:
    total = re.fullmatch(r"SUM\(([A-Z])(\d+):\1(\d+)\)", formula)
    if total:
        column, first, last = total[1], int(total[2]), int(total[3])
        return sum(cells.get(f"{column}{row}", 0.0) for row in range(first, last + 1))
    expression = re.sub(r"[A-Z]+\d+", lambda found: f"({cells[found[0]]!r})", formula)
    assert re.fullmatch(r"[-+/().\de]+", expression), formula
    return float(eval(expression))


def read_sfs(content: bytes) -> Figures:
    """From the SFS-compatible statement."""
    found = json.loads(content, parse_float=Decimal, parse_int=Decimal)
    overview, debts = found["overview"], found["debts"]
    figures: Figures = {
        "income": overview["total-monthly-income"], "outgoings": overview["total-monthly-outgoings"],
        "savings": overview["savings-contribution"], "available": overview["total-available-for-priority-debts"],
    }  # fmt: skip
    figures["sha256"] = next(m[0] for note in found["notes"] if (m := re.search("[0-9a-f]{64}", note)))
    figures["debts"] = sorted((debt["amount-owed"], debt["repayment-offer"])
                              for kind in ("priority-debts", "non-priority-debts") for debt in debts[kind])  # fmt: skip
    return figures


def read_ics(content: bytes) -> list[date]:
    """The days of the calendar."""
    return sorted(event.decoded("DTSTART") for event in Calendar.from_ical(content).walk("VEVENT"))
