"""Our typst templates made into PDF: one font, no file and no address but our own, the same bytes for the same data."""

from __future__ import annotations

import io
import json
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import segno

LOCALES = {"zh": "zh_Hans_CN", "en": "en"}
_FOLDER = Path(__file__).parent


def typeset(template: str, data: dict[str, Any]) -> bytes:
    """One of our templates with `data`; nothing typed by people is ever part of the source."""
    import typst  # loaded when the first PDF is made: it brings 60 MB that most processes never need

    text = printable(json.dumps(data, ensure_ascii=False))
    options: dict[str, Any] = {"font_paths": _fonts(), "ignore_system_fonts": True, "sys_inputs": {"data": text}}
    try:
        made: Any = typst.compile(_source(template), pdf_standards=["ua-1"], **options)
    except typst.TypstError:
        # A sign the font does not have (rare ideographs) breaks PDF/UA: this copy shows a box for it, tagged all the same.
        made = typst.compile(_source(template), **options)
    return bytes(made)


def printable(text: str) -> str:
    """The text without emoji and joiners: no text font has them, and a lender reads the same without."""
    return "".join(sign for sign in text if not _is_emoji(ord(sign)))


def qr(content: str) -> str:
    """A QR code as SVG: one path, no text."""
    out = io.BytesIO()
    segno.make(content, error="m").save(out, kind="svg", border=0, xmldecl=False, svgns=True, omitsize=True)
    return out.getvalue().decode()


def printed_on(value: date) -> list[int]:
    """The date a template stamps the file with."""
    return [value.year, value.month, value.day]


def _is_emoji(code: int) -> bool:
    return (
        0x1F000 <= code < 0x20000 or code in (0x200D, 0x20E3) or 0xFE00 <= code <= 0xFE0F or 0xE0000 <= code < 0xE0100
    )


@cache
def _source(template: str) -> bytes:
    return (_FOLDER / template).read_bytes()


@cache
def _fonts() -> Any:
    """Noto Sans SC alone, read once: no copy depends on what the machine has installed."""
    import justmytype_intl_cjk
    import typst

    folder = Path(justmytype_intl_cjk.__file__).parent / "fonts" / "ofl" / "notosanssc"
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[folder])
