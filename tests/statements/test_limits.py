"""Files made to harm: too large, bombs, far-off cells, and files cut or changed anywhere."""

from __future__ import annotations

import io
import json
import time
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.statements.command import as_json, as_table, run
from planner.statements.detector import guess_mapping, read
from planner.statements.values import MAX_BYTES, Unreadable
from planner.statements.wording import REFUSALS

from .test_chinese_tables import ALIPAY_APP, CMB_CARD, ICBC_DEBIT
from .test_formats import MT940, QIF, camt, entry
from .test_ofx import SGML
from .test_tables import CASES
from .workbooks import sheet_xml, workbook

SAMPLES = [
    *(text.encode() for text in (ALIPAY_APP, CMB_CARD, ICBC_DEBIT, MT940, QIF, camt(entry(), entry()), SGML)),
    *(case[0].encode() for case in CASES.values()),
    ALIPAY_APP.encode("gb18030"),
    b'{"added": [{"date": "2024-01-02", "amount": 12.5, "name": "Taxi"}]}',
]
NOISE = list(b'",;\t\n\r0123456789.-+<>&!:{}[]^/ \x00\xff\xd0')


def refused(data: bytes) -> str:
    """The code a file is refused with, soon."""
    started = time.monotonic()
    with pytest.raises(Unreadable) as error:
        read(data)
    assert time.monotonic() - started < 5
    return error.value.code


def test_a_large_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    with path.open("wb") as file:
        file.truncate(20 * 1024 * 1024)
    out, err = io.StringIO(), io.StringIO()
    assert run(str(path), out=out, err=err) == 2
    assert err.getvalue() == "planner: large.csv: the file is larger than 10 MB\n"
    assert refused(b"a" * (MAX_BYTES + 1)) == "too_large"


def test_an_archive_that_unpacks_to_too_much_is_refused() -> None:
    assert refused(workbook({"S": [["Date"]]}, extra={"xl/media/zeros": b"\0" * (80 * 1024 * 1024)})) == "bomb"


def test_an_archive_that_lies_about_its_sizes_is_refused() -> None:
    data = workbook({"S": [["Date"]]}, extra={"xl/media/zeros": b"\0" * (80 * 1024 * 1024)})
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        size = archive.getinfo("xl/media/zeros").file_size.to_bytes(4, "little")
    assert refused(data.replace(size, (1000).to_bytes(4, "little"))) == "bomb"


def test_a_single_cell_far_away_is_refused() -> None:
    far = '</row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    sheet = sheet_xml([["Date", "Amount"]]).replace("</row>", far)
    assert refused(workbook({"S": [["Date"]]}, extra={"xl/worksheets/sheet2.xml": sheet.encode()})) == "bomb"


def test_an_archive_of_something_else_is_refused() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("bill.csv", "Date,Amount")
    assert refused(packed.getvalue()) == "packed"


def test_entities_are_refused_before_parsing() -> None:
    bomb = "<!DOCTYPE l [<!ENTITY a 'ha'>" + "".join(f"<!ENTITY a{n} '{'&a;' * 10}'>" for n in range(9)) + "]>"
    assert refused(camt(entry(), before=bomb).encode()) == "dtd"
    assert refused(camt(entry(), before=bomb).encode("utf-16")) == "dtd"


def test_absurd_numbers_make_bad_rows_not_sums() -> None:
    rows = "".join(f"2024-01-0{n},A,{cell},EUR\n" for n, cell in enumerate(("9" * 20, "1e9", "NaN", "1" * 70), 1))
    statement = read(f"Date,Description,Debit,Currency\n{rows}".encode())
    assert not statement.entries
    assert len(statement.bad_rows) == 4


def test_control_characters_never_reach_the_terminal() -> None:
    text = as_table(read(b"Date,Description,Debit,Currency\n2024-01-01,A\x0bB,1.00,EUR\n"))
    assert text.replace("\n", "").isprintable()


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """One of the samples, cut, with a piece lost, doubled, or overwritten with noise."""
    data = draw(st.sampled_from(SAMPLES))
    at, length = draw(st.integers(0, len(data))), draw(st.integers(0, 60))
    noise = bytes(draw(st.lists(st.sampled_from(NOISE), max_size=12)))
    middle = draw(st.sampled_from([b"", data[at : at + length] * 2, noise]))
    return data[:at] + middle + draw(st.sampled_from([b"", data[at + length :]]))


def outcome(data: bytes) -> set[str]:
    """The codes with which reading and guessing end; "" where they do not refuse."""
    codes = set()
    for look in (lambda: json.dumps(as_json(read(data))), lambda: guess_mapping(data)):
        try:
            look()
            codes.add("")
        except Unreadable as error:
            codes.add(error.code)
    return codes


@settings(max_examples=250, deadline=None)
@given(damaged())
def test_damaged_files_are_read_or_refused_and_nothing_else(data: bytes) -> None:
    assert outcome(data) <= {"", *REFUSALS} - {"damaged"}
