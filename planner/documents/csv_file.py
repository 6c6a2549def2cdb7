"""The proposal as a CSV file that spreadsheets open as it is: UTF-8 with a mark, amounts as plain numbers, dates in ISO form."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator

from flask_babel import gettext as _

from . import asking, words
from .proposal import OfferRow, ProposalDocument, Request

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # the wide ones: Excel in East Asia
_NUMBER = re.compile(r"-?\d+(\.\d+)?")


def to_bytes(document: ProposalDocument) -> bytes:
    """The file in the reader's language: what it is, the month, the shares, then one row an instalment of both sides."""
    return write(_rows(document))


def write(rows: Iterable[Iterable[str]]) -> bytes:
    """These rows as a file: numbers stay numbers, below zero too, and no text is taken for a formula."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([cell if _NUMBER.fullmatch(cell) else safe(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def safe(text: str) -> str:
    """Text that no spreadsheet takes for a formula; what people typed is otherwise unchanged."""
    cleaned = text.replace("\0", "")
    return f"'{cleaned}" if cleaned.lstrip(" ").startswith(_FORMULA_STARTS) else cleaned


def _rows(document: ProposalDocument) -> Iterator[list[str]]:
    for label, value in words.facts(document):
        yield [label, value]
    if document.budget:
        yield from _statement(document)
    yield from _shares(document)
    for name, kind, sha256 in words.evidence(document):
        yield [_("Evidence"), name, kind, sha256]
    for request in document.requests:
        yield from _request(document, request)


def _statement(document: ProposalDocument) -> Iterator[list[str]]:
    yield []
    yield [_("The household's month"), _("A month"), _("Note")]
    for row in words.statement(document):
        yield [row.label, words.plain_amount(document, row.minor), row.note]


def _shares(document: ProposalDocument) -> Iterator[list[str]]:
    yield []
    head = words.share_head()
    yield ["#", head[0], _("Contract number"), head[1], head[3], head[4], head[5]]
    for each in document.creditors:
        amounts = (each.owed_minor, each.contract_minor, each.offered_minor)
        yield [str(each.n), words.creditor_name(document, each.n), each.contract_number or "",
               *(words.plain_amount(document, minor) for minor in amounts), words.remark(each)]  # fmt: skip


def _request(document: ProposalDocument, request: Request) -> Iterator[list[str]]:
    yield []
    yield [_("Request"), words.creditor_name(document, request.n), asking.request_words(document, request)]
    for line in asking.follow_words(document, request):
        yield ["", "", line]
    for label, before, after in (
        (_("Total to be paid"), request.contract.total_minor, request.offer.total_minor),
        (_("Owed when it begins"), request.opening_minor, request.opening_minor),
        (_("Given up by the lender"), 0, request.forgiven_minor),
        (_("Overdue now"), request.arrears_minor, request.arrears_minor),
    ):
        yield [label, words.plain_amount(document, before), words.plain_amount(document, after)]
    yield schedule_head()
    yield from _instalments(document, request, _("Contract"), request.contract_rows)
    yield from _instalments(document, request, _("Proposal"), request.rows)


def schedule_head() -> list[str]:
    """The headings of one row an instalment."""
    return [
        _("Creditor"), _("Contract or proposal"), _("Instalment"), _("Due date"), _("Principal"), _("Interest and fees"),
        _("Payment"), _("Left to pay"),
    ]  # fmt: skip


def _instalments(
    document: ProposalDocument, request: Request, side: str, rows: tuple[OfferRow, ...]
) -> Iterator[list[str]]:
    for row in rows:
        amounts = (row.principal_minor, row.interest_minor, row.payment_minor, row.balance_minor)
        plain = (words.plain_amount(document, minor) for minor in amounts)
        yield [str(request.n), side, str(row.n), row.due_on.isoformat(), *plain]
