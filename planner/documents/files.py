"""Every file a proposal can be taken away as, in one place: what it is called, who may have it, and how it is made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask_babel import force_locale

from . import agreed_dates, csv_file, json_file, lender_systems, pdf, sfs_json, xlsx_file
from .proposal import ProposalDocument
from .typesetting import LOCALES


@dataclass(frozen=True, slots=True)
class File:
    """A file to send: its name says the proposal and version, never a person."""

    name: str
    mimetype: str
    content: bytes


@dataclass(frozen=True, slots=True)
class _Kind:
    """How one format is made; `fits` says of which documents."""

    ending: str
    mimetype: str
    make: Callable[[ProposalDocument], bytes]
    fits: Callable[[ProposalDocument], bool] = lambda document: True


def _is_copy(document: ProposalDocument) -> bool:
    return document.to is not None


_JSON = "application/json"
_KINDS: Mapping[str, _Kind] = {
    "xlsx": _Kind(
        "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", xlsx_file.to_bytes
    ),
    "csv": _Kind("csv", "text/csv; charset=utf-8", csv_file.to_bytes),
    "json": _Kind("json", _JSON, json_file.to_bytes),
    "sfs": _Kind("sfs-compatible.json", _JSON, sfs_json.to_bytes, fits=sfs_json.is_possible),
    "fineract": _Kind("fineract.json", _JSON, lender_systems.fineract_bytes, fits=_is_copy),
    "frappe": _Kind("frappe.json", _JSON, lender_systems.frappe_bytes, fits=_is_copy),
    "ics": _Kind("ics", "text/calendar; charset=utf-8", agreed_dates.to_ics),
}  # fmt: skip
FORMATS = ("pdf", *_KINDS)


def available(document: ProposalDocument) -> list[str]:
    """The formats this copy can be had in, in the order of FORMATS."""
    return ["pdf", *(name for name, kind in _KINDS.items() if kind.fits(document))]


def make(
    document: ProposalDocument, wanted: str, *, lang: str, address: str | None = None, check_address: str | None = None
) -> File:
    """The file in one of FORMATS and the language `lang` (zh or en). Raises KeyError for one that is not available.

    The addresses are for the PDF, see `pdf.to_bytes`.
    """
    stem = f"{document.reference}-{document.number}" + ("" if document.fingerprint else "-draft")
    if wanted == "pdf":
        content = pdf.to_bytes(document, lang=lang, address=address, check_address=check_address)
        return File(f"{stem}.pdf", "application/pdf", content)
    kind = _KINDS[wanted]
    if not kind.fits(document):
        raise KeyError(wanted)
    with force_locale(LOCALES[lang]):
        return File(f"{stem}.{kind.ending}", kind.mimetype, kind.make(document))
