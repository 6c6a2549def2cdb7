"""XLS and XLSX sheets as tables of text, after a look at how much they would unpack to."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .grid import Grid, Row, clean
from .values import MAX_ROWS, Unreadable

_SECONDS = 20
MAX_UNPACKED = 60 * 1024 * 1024
MAX_CELLS = 3_000_000
_LOCAL_HEADER = 30
_REFERENCE = re.compile(rb'<(?:\w+:)?c\b[^>]*?\br="([A-Z]{1,3})(\d{1,7})"')


def read_workbook(data: bytes) -> list[Grid]:
    """The sheets of a workbook that hold rows. Raises Unreadable for damaged, protected or oversized files."""
    if data.startswith(b"PK"):
        _check_unpacked(data)
    sheets = _in_own_process(data)
    if sheets is None:
        raise Unreadable("bomb")
    named = [(clean(name), [Row(line, tuple(map(clean, cells))) for line, cells in rows]) for name, rows in sheets]
    grids = [Grid(rows, sheet=name) for name, rows in _unscrambled(named) if rows]
    if not grids:
        raise Unreadable("workbook")
    return grids


def _in_own_process(data: bytes) -> Any:
    """What sheets.py makes of the file; it ends early, with a code or by the clock, when the file is damaged."""
    program = [sys.executable, "-I", str(Path(__file__).with_name("sheets.py"))]
    try:
        done = subprocess.run(program, input=data, capture_output=True, timeout=_SECONDS, check=True)  # noqa: S603  # our own file
        return json.loads(done.stdout)
    except (subprocess.SubprocessError, ValueError):
        raise Unreadable("workbook") from None


def _unscrambled(sheets: list[tuple[str, list[Row]]]) -> list[tuple[str, list[Row]]]:
    """Repair workbooks whose two-byte text was read byte by byte, which shows as NUL characters inside cells.

    Some Chinese apps write such XLS files (no code page, flags wrong); calamine maps each byte to a Windows-1252
    character, so nothing is lost and the bytes can be put together again.
    """
    if not any("\0" in cell for _, rows in sheets for row in rows for cell in row.cells):
        return sheets
    return [
        (name, [Row(row.line, tuple(_rejoined(cell) for cell in row.cells)) for row in rows]) for name, rows in sheets
    ]


def _rejoined(cell: str) -> str:
    if re.fullmatch(r"[-\d.]*", cell):
        return cell
    try:
        return clean(b"".join(_byte(char) for char in cell).decode("utf-16-le"))
    except UnicodeError:
        raise Unreadable("workbook") from None


def _byte(char: str) -> bytes:
    try:
        return char.encode("cp1252")
    except UnicodeEncodeError:
        return char.encode("latin-1")


def _check_unpacked(data: bytes) -> None:
    """Unpack piece by piece, keeping nothing, and stop where it grows too large: stated sizes may lie."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        raise Unreadable("workbook") from None
    if not any(member.filename.lower().startswith("xl/") for member in members):
        raise Unreadable("packed")
    if len(members) > 2000 or sum(member.file_size for member in members) > MAX_UNPACKED:
        raise Unreadable("bomb")
    total = 0
    for member in members:
        for piece in _pieces(data, member):
            total += len(piece)
            if total > MAX_UNPACKED or (member.filename.startswith("xl/worksheets/") and _too_wide(piece)):
                raise Unreadable("bomb")


def _pieces(data: bytes, member: zipfile.ZipInfo) -> Iterator[bytes]:
    start = member.header_offset + _LOCAL_HEADER
    names = data[start - 4 : start]
    start += int.from_bytes(names[:2], "little") + int.from_bytes(names[2:], "little")
    packed = data[start : start + member.compress_size]
    if member.compress_type != zipfile.ZIP_DEFLATED:
        yield packed
        return
    unpacker = zlib.decompressobj(-15)
    try:
        while packed and not unpacker.eof:
            yield unpacker.decompress(packed, 1 << 20)
            packed = unpacker.unconsumed_tail
    except zlib.error:
        raise Unreadable("workbook") from None


def _too_wide(piece: bytes) -> bool:
    """Whether a single far-off cell would make the sheet a table of millions of empty cells."""
    lines, letters = 0, b""
    for column, line in _REFERENCE.findall(piece):
        lines, letters = max(lines, int(line)), max(letters, column, key=lambda name: (len(name), name))
    width = 0
    for letter in letters:
        width = width * 26 + letter - 64
    return lines > MAX_ROWS or lines * width > MAX_CELLS
