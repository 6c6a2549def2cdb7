"""A table of text cells with the line each row stands on; CSV of any delimiter becomes one here."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from .values import MAX_ROWS, Unreadable

DELIMITERS = (",", ";", "\t", "|")
_LONGEST_CELL_LINES = 12
_MAX_CELLS = 300
_MAX_CELLS_IN_ALL = 1_500_000
_LONGEST_CELL = 2000
_LONGEST_LINE = 200_000


class Row(NamedTuple):
    """The cells of one row, stripped, and its line in the file (from 1)."""

    line: int
    cells: tuple[str, ...]

    def cell(self, index: int | None) -> str:
        """The cell of a column; empty where the row is shorter or the column is not there."""
        return self.cells[index] if index is not None and index < len(self.cells) else ""

    @property
    def filled(self) -> int:
        """How many cells hold something."""
        return sum(1 for cell in self.cells if cell)


@dataclass(slots=True)
class Grid:
    """Rows of one sheet or text file."""

    rows: list[Row]
    delimiter: str = ""
    sheet: str = ""


def grids(text: str) -> Iterator[Grid]:
    """The text as a table, once for each delimiter that splits it, most cells first."""
    sample = text[:50_000].split("\n")[:200]
    # Wallets end each cell with a tab, so that Excel keeps long numbers; those separate nothing.
    sample = [re.sub(r"\t(?=[,;]|\s*$)", "", line) for line in sample]
    counts = {mark: sum(min(line.count(mark), 50) for line in sample) for mark in DELIMITERS}
    for mark in sorted(DELIMITERS, key=lambda mark: -counts[mark]):
        if counts[mark]:
            yield Grid(list(rows_of(text, mark)), mark)


def rows_of(text: str, delimiter: str) -> Iterator[Row]:
    """The rows of CSV text. A quote that is never closed spoils its own line only, not the rest of the file."""
    lines = text.split("\n")
    if len(lines) > MAX_ROWS:
        raise Unreadable("too_many_rows", rows=MAX_ROWS)
    position = cells_seen = 0
    while position < len(lines):
        taken = _lines_of_row(lines, position)
        cells = _cells("\n".join(lines[position : position + taken]), delimiter)
        if cells is not None:
            cells_seen += len(cells)
            if cells_seen > _MAX_CELLS_IN_ALL:
                raise Unreadable("too_many_rows", rows=MAX_ROWS)
            yield Row(position + 1, cells)
        position += taken


def _lines_of_row(lines: Sequence[str], start: int) -> int:
    """How many lines the row takes that starts here: more than one when a quoted cell holds line breaks."""
    if '"' not in lines[start]:
        return 1
    quotes = 0
    for taken, line in enumerate(lines[start : start + _LONGEST_CELL_LINES], 1):
        quotes += line.count('"')
        if quotes % 2 == 0:
            return taken
    return 1


def _cells(line: str, delimiter: str) -> tuple[str, ...] | None:
    if not line.strip():
        return None
    if line.count('"') % 2 or len(line) > _LONGEST_LINE:
        parts: Sequence[str] = line.replace('"', "").split(delimiter, _MAX_CELLS)
    elif '"' not in line:
        parts = line.split(delimiter, _MAX_CELLS)
    else:
        try:
            parts = next(csv.reader(line.splitlines(keepends=True), delimiter=delimiter))
        except (csv.Error, StopIteration):
            parts = line.replace('"', "").split(delimiter)
    return tuple(clean(part) for part in parts[:_MAX_CELLS])


def clean(cell: str) -> str:
    """A cell on one line, without the padding of banks and the ="…" that keeps Excel from guessing."""
    cell = cell[:_LONGEST_CELL].replace("\n", " ")
    if cell.startswith('="') and cell.endswith('"'):
        cell = cell[2:-1]
    return cell.strip(" \t\r\u00a0\u3000\ufeff")
