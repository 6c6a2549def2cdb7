"""The files of a copy for its reader, and each as a download."""

from __future__ import annotations

from flask import Response, send_file
from flask_babel import get_locale
from flask_babel import gettext as _

from ..documents import files
from ..documents.proposal import ProposalDocument
from ..evidence.services import Opened
from ..i18n import html_lang
from ..messages import absolute_url


def offered(copy: ProposalDocument) -> list[tuple[str, str]]:
    """What the reader may take away: its name in an address, and its label."""
    labels = {
        "pdf": _("PDF to print"),
        "xlsx": "Excel",
        "csv": "CSV",
        "json": "JSON",
        "sfs": _("SFS-compatible JSON"),
        "fineract": "Fineract",
        "frappe": "Frappe",
        "ics": _("Dates for a calendar"),
    }
    return [(name, labels.get(name, name)) for name in files.available(copy)]


def make(copy: ProposalDocument, name: str, address: str) -> files.File:
    """One of them, in the reader's language. `address` is what a PDF's code opens. Raises KeyError for a kind there is not."""
    check = absolute_url("check.copy", mark=copy.fingerprint) if copy.fingerprint else None
    return files.make(copy, name, lang=html_lang(str(get_locale()))[:2], address=address, check_address=check)


def download(made: files.File) -> Response:
    """A file under a name of our own making."""
    headers = {"Content-Disposition": f'attachment; filename="{made.name}"'}
    return Response(made.content, content_type=made.mimetype, headers=headers)


def stored(file: Opened) -> Response:
    """A file from the disk, never shown inside a page: it came from outside."""
    answer = send_file(file.path, file.kind, as_attachment=True, download_name=file.name, conditional=False, etag=False)
    answer.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'; sandbox"
    answer.headers["Cache-Control"] = "no-store"
    return answer
