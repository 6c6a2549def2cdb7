"""`planner statement FILE`: its JSON, its table, its refusals."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from planner.statements.command import run
from planner.statements.values import BadRow, Doubt, Unreadable
from planner.statements.wording import BAD_ROWS, DOUBTS, REFUSALS, bad_row_text, doubt_text, refusal_text

from .test_chinese_tables import ALIPAY_APP

CSV = "Date,Description,Debit,Credit\n2024-01-05,Shop,3.50,\n2024-01-06,Work,,1000\n2024-01-07,Odd,x,\n"


def said(path: Path, **options: Any) -> tuple[int, str, str]:
    """The exit code and both outputs."""
    out, err = io.StringIO(), io.StringIO()
    return run(str(path), **options, out=out, err=err), out.getvalue(), err.getvalue()


def write(folder: Path, content: str | bytes, name: str = "file.csv") -> Path:
    """A file of this content."""
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_json(tmp_path: Path) -> None:
    code, out, err = said(write(tmp_path, ALIPAY_APP.encode("gb18030")))
    values = json.loads(out)
    assert (code, err) == (0, "")
    assert (values["format"], values["encoding"]) == ("alipay-csv", "GB18030")
    assert values["accounts"] == [
        {"currency": "CNY", "in": "10.00", "out": "18.50", "neutral": "99.00", "count": 3,
         "first": "2025-03-02", "last": "2025-03-12"}
    ]  # fmt: skip
    assert (values["bad_rows"], values["doubts"]) == ([], [])
    first = values["transactions"][0]
    assert {name: first[name] for name in ("date", "time", "amount", "currency", "direction", "counterparty", "line")} == {
        "date": "2025-03-12", "time": "21:32:14", "amount": "18.50", "currency": "CNY", "direction": "out", "counterparty": "面馆", "line": 15,
    }  # fmt: skip


def test_bad_rows_and_doubts_are_told_and_the_currency_can_be_given(tmp_path: Path) -> None:
    path = write(tmp_path, CSV)
    values = json.loads(said(path)[1])
    assert values["bad_rows"] == [{"line": 4, "reason": "the amount cannot be read: x"}]
    assert values["doubts"] == ["the file does not say in which currency it is"]
    assert values["accounts"][0]["currency"] is None
    values = json.loads(said(path, account_currency="JPY")[1])
    assert values["doubts"] == ["amounts have more decimals than the currency; they are rounded when stored (rows: 1)"]
    assert (values["accounts"][0]["in"], values["accounts"][0]["out"]) == ("1000", "3.5")


def test_table(tmp_path: Path) -> None:
    code, out, _ = said(write(tmp_path, CSV), format="table", account_currency="EUR")
    assert code == 0
    assert "2024-01-05  out                3.50 EUR  Shop" in out
    assert "line 4: the amount cannot be read: x" in out
    assert "in 1000.00  out 3.50" in out


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        ("a.csv", b"", "planner: a.csv: the file is empty\n"),
        ("a.pdf", b"%PDF-1.4", "planner: a.pdf: a PDF cannot be read; download the statement as CSV, XLSX or OFX\n"),
        ("a.txt", b"hello", "planner: a.txt: no columns with dates and amounts were found\n"),
    ],
)
def test_what_cannot_be_read_is_one_line_and_code_2(tmp_path: Path, name: str, content: bytes, line: str) -> None:
    assert said(write(tmp_path, content, name)) == (2, "", line)


def test_no_such_file_a_folder_and_a_wrong_currency(tmp_path: Path) -> None:
    assert said(tmp_path / "none.csv")[2] == "planner: none.csv: there is no such file\n"
    assert said(tmp_path)[0] == 2
    code, _, err = said(write(tmp_path, CSV), account_currency="euro")
    assert (code, err) == (2, "planner: file.csv: the account currency must be three capital letters, such as EUR\n")
    assert said(Path("nul\0l"))[0] == 2


def test_a_banks_own_words_cannot_break_the_line(tmp_path: Path) -> None:
    text = "<OFX><STATUS><SEVERITY>ERROR</SEVERITY><MESSAGE>Try\nlater\x1b[31m</MESSAGE></STATUS></OFX>"
    err = said(write(tmp_path, text, "a.ofx"))[2]
    assert err.count("\n") == 1
    assert "\x1b" not in err


def test_every_code_has_its_sentence() -> None:
    values = {
        "count": 1,
        "currency": "EUR",
        "encoding": "GB18030",
        "stated": 1,
        "present": 2,
        "sheet": "S",
        "message": "x",
    }
    assert all(doubt_text(Doubt(code, tuple(values.items()))) for code in DOUBTS)
    assert all(bad_row_text(BadRow(1, code, "x")).endswith(": x") for code in BAD_ROWS)
    assert all(refusal_text(Unreadable(code, megabytes=1, rows=1, message="x")) for code in REFUSALS)


@pytest.mark.parametrize("form", ["json", "table"])
def test_the_output_is_utf8_where_the_terminal_is_not(tmp_path: Path, form: str) -> None:
    path = write(tmp_path, ALIPAY_APP.encode("gb18030"))
    done = subprocess.run(
        [sys.executable, "-m", "planner.cli", "statement", str(path), "--format", form],
        capture_output=True, timeout=60, check=False, env=os.environ | {"PYTHONIOENCODING": "ascii"},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, b"")
    assert "面馆" in done.stdout.decode("utf-8")
