"""Which reader a file needs, by its content and never by its name; and the doors others use: read, guess_mapping, tables_in."""

from __future__ import annotations

import re
from collections import Counter

from ..engine.errors import TermsError
from ..engine.money import currency
from .camt053 import read_camt053
from .encoding import Text, decode
from .finishing import finish
from .grid import DELIMITERS, Grid, grids, rows_of
from .layouts import Layout
from .mapping import Mapping, find_header, is_header
from .mt940 import read_mt940
from .numbers import parse_amount
from .ofx import read_ofx
from .plaid import read_plaid
from .qif import read_qif
from .tables import guess_table, read_tables
from .values import MAX_BYTES, Statement, Unreadable
from .workbook import read_workbook

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MAGIC = (
    (b"%PDF", "pdf"), (b"\x89PNG", "picture"), (b"\xff\xd8\xff", "picture"), (b"GIF8", "picture"), (b"RIFF", "picture"),
    (b"\x1f\x8b", "packed"), (b"7z\xbc\xaf", "packed"), (b"Rar!", "packed"), (b"BZh", "packed"),
    (b"\xfd7zXZ", "packed"), (b"\x28\xb5\x2f\xfd", "packed"),
)  # fmt: skip
_QIF = re.compile(r"^!(?:Type:|Account|Option:|Clear:)", re.IGNORECASE | re.MULTILINE)
_MT940 = re.compile(r"^(?:\{1:.*\{4:)?\s*:20:", re.MULTILINE)


def read(
    data: bytes, filename: str = "", mapping: Mapping | None = None, account_currency: str | None = None
) -> Statement:
    """Read a statement file of any known format.

    `mapping` is the user's for a table, confirmed; without one it is guessed, and what is not certain stands in
    `doubts`. `account_currency` (ISO 4217) counts where the file states none. The file's name is never trusted, only
    asked for a year where a Chinese card statement leaves it out. Raises Unreadable with a code from wording.REFUSALS.
    """
    _check(data, account_currency)
    try:
        if data.startswith((b"PK\x03\x04", _OLE)):
            statement = _read_workbook(data, mapping, filename)
        else:
            statement = _read_text(decode(data), mapping, filename)
        return finish(statement, account_currency)
    except (ArithmeticError, LookupError, RecursionError, ValueError) as error:
        # No file known does this; should one, its owner is told that it cannot be read, and not shown our insides.
        raise Unreadable("damaged") from error


def guess_mapping(data: bytes, chosen: Mapping | None = None) -> Mapping | None:
    """The mapping guessed for a table, to be shown and corrected; None for formats that need none.

    With a chosen mapping, that one, and only what it leaves open (sign, order, decimal mark) is guessed.

    Raises Unreadable as `read` does.
    """
    _check(data, None)
    if data.startswith((b"PK\x03\x04", _OLE)):
        sheets = read_workbook(data)
    else:
        text = decode(data)
        if _reader_name(text.content):
            return None
        sheets = [_best_grid(text, chosen)]
    found = (guess_table(grid, Statement("", ""), chosen) for grid in sheets)
    mapping = next((mapping for mapping in found if mapping), None)
    if mapping is None:
        raise Unreadable("no_table")
    return mapping


def tables_in(data: bytes) -> list[Grid]:
    """The tables of a file that need not be a statement, most likely first: every sheet, or the text split by each delimiter.

    Raises Unreadable as `read` does.
    """
    _check(data, None)
    try:
        if data.startswith((b"PK\x03\x04", _OLE)):
            return read_workbook(data)
        text = decode(data).content
        if _reader_name(text):
            raise Unreadable("no_table")
        return list(grids(text)) or [Grid(list(rows_of(text, DELIMITERS[0])))]
    except (ArithmeticError, LookupError, RecursionError, ValueError) as error:
        raise Unreadable("damaged") from error


def _check(data: bytes, account_currency: str | None) -> None:
    if len(data) > MAX_BYTES:
        raise Unreadable("too_large", megabytes=MAX_BYTES // 1024**2)
    if not data.strip():
        raise Unreadable("empty")
    code = next((code for magic, code in _MAGIC if data.startswith(magic)), None)
    if code:
        raise Unreadable(code)
    try:
        if account_currency is not None:
            currency(account_currency)
    except TermsError:
        raise Unreadable("currency") from None


def _read_workbook(data: bytes, mapping: Mapping | None, filename: str) -> Statement:
    kind = "xlsx" if data.startswith(b"PK") else "xls"
    statement = Statement(kind, kind.upper())
    layout = _read_tables(read_workbook(data), statement, mapping, filename)
    statement.format = f"{layout.name}-{kind}" if layout.name else kind
    return statement


def _read_tables(sheets: list[Grid], statement: Statement, mapping: Mapping | None, filename: str) -> Layout:
    layout = read_tables(sheets, statement, mapping, filename)
    if layout is None:
        raise Unreadable("no_table")
    if mapping and not statement.entries and not statement.bad_rows:
        raise Unreadable("mapping")
    return layout


_READERS = {"ofx": read_ofx, "camt053": read_camt053, "qif": read_qif, "mt940": read_mt940, "plaid-json": read_plaid}


def _reader_name(text: str) -> str | None:
    """The name of the format that is no table; None for tables. Raises Unreadable for what is no statement at all."""
    head = text[:20_000].lstrip()
    if re.search(r"<OFX[\s>]|^OFXHEADER\s*:|<\?OFX\b", head, re.IGNORECASE | re.MULTILINE):
        return "ofx"
    if re.match(r"<!doctype html|<html|<table|<head|<body", head, re.IGNORECASE):
        raise Unreadable("html")
    if head.startswith("<"):
        return "camt053"
    if head.startswith(("{\n", '{"', "[{", "[\n", "{ ", "[ ", "{\t", "{}", "[]")):
        return "plaid-json"
    if _MT940.search(head) and re.search(r"^:(?:6[0-2][FM]?|25|28C?):", head, re.MULTILINE):
        return "mt940"
    return "qif" if _QIF.search(head) else None


def _read_text(text: Text, mapping: Mapping | None, filename: str) -> Statement:
    name = _reader_name(text.content)
    statement = Statement(name or "csv", text.encoding)
    if text.guessed:
        statement.doubt("encoding_guessed", encoding=text.encoding)
    if name:
        _READERS[name](text.content, statement)
        return statement
    grid = _best_grid(text, mapping)
    layout = _read_tables([grid], statement, mapping, filename)
    statement.format = f"{layout.name}-csv" if layout.name else "csv"
    if _cut_off(text.content, grid):
        statement.doubt("cut_off")
    return statement


def _best_grid(text: Text, mapping: Mapping | None = None) -> Grid:
    """The table as split by the chosen delimiter, else by the first that shows column names, else by the commonest."""
    first = None
    for grid in grids(text.content):
        if (mapping and grid.delimiter == mapping.delimiter) or (not mapping and find_header(grid)):
            return grid
        first = first or grid
    if first is None:
        raise Unreadable("no_table")
    return first


def _cut_off(text: str, grid: Grid) -> bool:
    """Whether the last row looks torn: no line end, and fewer cells or decimals than the rows above have."""
    if text.endswith("\n") or len(grid.rows) < 2:
        return False
    *above, last = grid.rows[-21:]
    above = [row for row in above if row.filled > 1 and not is_header(row)]
    if not above or is_header(last):
        return False
    if last.filled < 2:
        return bool(re.fullmatch(r"[\d/.-]+", "".join(last.cells))) and above[-1].cells[0][:1].isdigit()
    widths = Counter(len(row.cells) for row in above)
    if len(last.cells) < widths.most_common(1)[0][0]:
        return True
    column = len(last.cells) - 1
    decimals = [_decimals(row.cell(column)) for row in above if parse_amount(row.cell(column))]
    return bool(decimals) and parse_amount(last.cells[-1]) is not None and _decimals(last.cells[-1]) < min(decimals)


def _decimals(cell: str) -> int:
    found = re.search(r"[.,](\d+)\D*$", cell)
    return len(found[1]) if found else 0
