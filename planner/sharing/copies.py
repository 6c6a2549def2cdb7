"""The files of a copy: which there are, and each as a download."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Response
from flask_babel import get_locale

from ..documents import csv_file, json_file, pdf
from ..documents.proposal import ProposalDocument
from ..i18n import html_lang


@dataclass(frozen=True, slots=True)
class Copy:
    """One kind of file: its label, its name's end, its media type, and how it is made of a copy, an address and an instant."""

    label: Any
    ending: str
    kind: str
    make: Callable[[ProposalDocument, str, datetime], bytes]


def _pdf(copy: ProposalDocument, address: str, now: datetime) -> bytes:
    return pdf.to_bytes(copy, lang=html_lang(str(get_locale()))[:2], address=address)


COPIES: Mapping[str, Copy] = {
    "pdf": Copy("PDF", "pdf", "application/pdf", _pdf),
    "csv": Copy("CSV", "csv", "text/csv; charset=utf-8", lambda copy, _address, _now: csv_file.to_bytes(copy)),
    "json": Copy("JSON", "json", "application/json", lambda copy, _address, _now: json_file.to_bytes(copy)),
}


def answer(copy: ProposalDocument, name: str, address: str, now: datetime) -> Response:
    """A copy as a download. `address` is what a PDF's QR code opens. Raises KeyError for a kind there is not."""
    kind = COPIES[name]
    return download(kind.make(copy, address, now), f"{copy.reference}-{copy.number}.{kind.ending}", kind.kind)


def download(content: bytes, name: str, kind: str) -> Response:
    """Bytes under a name of our own making."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, content_type=kind, headers=headers)
