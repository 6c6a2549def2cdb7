"""The proposal as a CSV file that spreadsheets open as it is: UTF-8 with a mark, amounts as plain numbers."""

from __future__ import annotations

import csv
import io

from flask_babel import gettext as _

from ..engine.money import from_minor
from .proposal import ProposalDocument
from .words import facts

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\0")


def to_bytes(document: ProposalDocument) -> bytes:
    """The file: what it is, then one row an instalment, in the reader's language."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    for label, value in facts(document):
        writer.writerow([safe(label), safe(value)])
    writer.writerow([])
    writer.writerow(
        [_("Instalment"), _("Due date"), _("Principal"), _("Interest and fees"), _("Payment"), _("Left to pay")]
    )
    for row in document.rows:
        amounts = (row.principal_minor, row.interest_minor, row.payment_minor, row.balance_minor)
        writer.writerow(
            [row.n, row.due_on.isoformat(), *(format(from_minor(minor, document.unit), "f") for minor in amounts)]
        )
    return text.getvalue().encode("utf-8-sig")


def safe(text: str) -> str:
    """Text that no spreadsheet takes for a formula; what people typed is otherwise unchanged."""
    cleaned = text.replace("\0", "")
    return f"'{cleaned}" if cleaned.lstrip(" ").startswith(_FORMULA_STARTS) else cleaned
