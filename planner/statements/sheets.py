"""Run as a program of its own: a workbook on standard input becomes JSON on standard output.

A damaged workbook can make the library loop for ever, panic, or ask for memory without end, and nothing inside the
same process could stop it. Here the system does: this process may use so much time and memory and no more.
"""

from __future__ import annotations

import io
import json
import sys
from datetime import date, datetime, time, timedelta
from typing import Any

import python_calamine

MAX_SHEETS = 50
MAX_ROWS = 200_000
MAX_CELLS = 3_000_000
CPU_SECONDS = 12
MEMORY_BYTES = 700 * 1024 * 1024  # address space, of which much is never touched


def limit() -> None:
    """Let the system end this process when it takes too much; where that cannot be asked for, the caller's clock remains."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def sheets(data: bytes) -> list[tuple[str, list[tuple[int, list[str]]]]] | None:
    """The sheets by name, each with its rows that hold something and their numbers; None for one of too many cells."""
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
    found = []
    for name in book.sheet_names[:MAX_SHEETS]:
        sheet = book.get_sheet_by_name(name)
        if sheet.total_height > MAX_ROWS or sheet.total_height * sheet.total_width > MAX_CELLS:
            return None
        rows = ([text(cell) for cell in cells] for cells in sheet.to_python(skip_empty_area=False))
        found.append((name, [(number, cells) for number, cells in enumerate(rows, 1) if any(cells)]))
    return found


def text(cell: Any) -> str:
    """A cell as the text a CSV would hold; whole numbers without ".0", dates as in ISO 8601."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool) or cell is None:
        return str(cell or "")
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(round(cell, 9))
    if isinstance(cell, datetime):
        return cell.isoformat(" ", "seconds")
    if isinstance(cell, date | time):
        return cell.isoformat()
    return "" if isinstance(cell, timedelta) else str(cell)


if __name__ == "__main__":
    limit()
    json.dump(sheets(sys.stdin.buffer.read()), sys.stdout)
