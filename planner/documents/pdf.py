"""The proposal as a PDF: A4, tagged (PDF/UA-1), Noto Sans SC embedded. No file is read but our own, nothing is fetched.

The same value, language and addresses give the same bytes: the file carries the value's date, no time of making.
"""

from __future__ import annotations

from typing import Any

from flask_babel import force_locale
from flask_babel import gettext as _

from ..formatting import day, money
from . import asking, course, words
from .asking import request_words
from .proposal import ProposalDocument, Request
from .schedule_lines import Printer, lines
from .typesetting import LOCALES, printed_on, qr, typeset

__all__ = ["request_words", "to_bytes"]
_MOST_BARS = 120
_PRINCIPAL = 3  # its column in the schedule


def to_bytes(
    document: ProposalDocument, *, lang: str, address: str | None = None, check_address: str | None = None
) -> bytes:
    """The file in the language `lang` (zh or en).

    `address` is where this copy can be opened again, `check_address` the public page that knows its fingerprint; both are printed
    as QR codes. Without `check_address` the second code holds the fingerprint itself; a draft has neither.
    """
    with force_locale(LOCALES[lang]):
        return typeset("proposal.typ", _data(document, lang, address, check_address))


def _data(document: ProposalDocument, lang: str, address: str | None, check: str | None) -> dict[str, Any]:
    """Everything the template prints, already in words of the reader's language."""
    printer, mark = Printer(document.unit.code), document.fingerprint
    return {
        "lang": lang,
        "date": printed_on(document.created_on),
        "title": _("Proposed repayment plan"),
        "colon": "：" if lang == "zh" else ": ",
        "facts": _facts(document),
        "codes": _codes(address, check or mark) if mark else [],
        "cause": _cause(document),
        "requests": [_request(document, request, printer) for request in document.requests],
        "statement": _statement(document),
        "shares": _shares(document),
        "evidence": {
            "title": _("Attached evidence"),
            "head": [_("File"), _("Kind"), _("Fingerprint (SHA-256)")],
            "rows": words.evidence(document),
        },
        "closing": words.closing(document),
        "sign": [_("Name"), _("Date"), _("Signature")],
        "signers": [_("For the borrower"), _("For the lender")],
        "page_word": _("Page"),
        "mark": f"{document.reference} / {document.number}",
        "fingerprint": [_("Fingerprint (SHA-256)"), mark] if mark else [words.draft()],
    }  # fmt: skip


def _facts(document: ProposalDocument) -> list[list[str]]:
    """Who writes to whom, and the dates in full; what has a place of its own below is left out here."""
    agency = document.agency
    found = [
        (_("To"), words.creditor_name(document, document.to) if document.to else _("All creditors (the borrower's own copy)")),
        (_("Contract"), document.addressee.contract_number if document.to else None),
        (_("From"), document.borrower_name),
        (_("Contact"), document.borrower_contact),
        (_("Drawn up with"), ", ".join(filter(None, (agency.name, agency.contact))) if agency else None),
        (_("Case reference"), agency.case_reference if agency else None),
        (_("Reference"), f"{document.reference} / {document.number}"),
        (_("Status"), None if document.fingerprint else words.draft()),
        (_("Date"), day(document.created_on, "full")),
        (_("Reply by"), day(document.reply_by, "full")),
        (_("Review on"), day(review, "full") if (review := course.review_on(document)) else None),
    ]  # fmt: skip
    return [[label, value] for label, value in found if value]


def _codes(address: str | None, check: str) -> list[dict[str, str]]:
    codes = [{"words": _("Open this plan"), "svg": qr(address)}] if address else []
    return [*codes, {"words": _("Check this copy"), "svg": qr(check)}]


def _cause(document: ProposalDocument) -> dict[str, Any] | None:
    if document.cause is None:
        return None
    lines_of_text = (document.cause.text or "").splitlines()
    return {"title": _("Why I am asking"), "kind": words.cause_line(document), "lines": lines_of_text}


def _request(document: ProposalDocument, request: Request, printer: Printer) -> dict[str, Any]:
    """What is asked of one creditor, with everything that follows from it."""
    name = words.creditor_name(document, request.n)
    return {
        "name": "" if document.to else name,
        "words": request_words(document, request),
        "follow": asking.follow_words(document, request),
        "key_figures": [list(pair) for pair in asking.key_figures(document, request)],
        "dates": {
            "title": _("The dates"),
            "rows": [[day(on, "full"), what] for on, what in asking.agreed_dates(document, request)],
        },
        "comparison": {
            "title": _("What changes"),
            "head": [_("Item"), _("Contract"), _("Proposal")],
            "rows": [list(row) for row in asking.comparison(document, request)],
        },
        "chart": _chart(document, request),
        "schedule": _schedule(document, request, printer),
    }  # fmt: skip


def _schedule(document: ProposalDocument, request: Request, printer: Printer) -> dict[str, Any]:
    """Every instalment of both sides. Where one file holds many schedules, principal (payment less interest) is left out: a
    tagged cell takes 170 bytes, and five such tables would outgrow what can be mailed and opened on a phone.
    """
    code, rows = document.unit.code, request.rows
    sums = (
        sum(row.payment_minor for row in request.contract_rows), sum(row.payment_minor for row in rows),
        sum(row.principal_minor for row in rows), sum(row.interest_minor for row in rows),
    )  # fmt: skip
    table = [
        [_("Due date"), _("Contract"), _("Proposal"), _("Principal"), _("Interest and fees"), _("Left to pay")],
        *(printer.cells(line) for line in lines(request)),
        [_("Total"), *(money(minor, code, cents=True) for minor in sums), ""],
    ]
    if len(document.requests) > 1:
        table = [[*cells[:_PRINCIPAL], *cells[_PRINCIPAL + 1 :]] for cells in table]
    return {"title": _("Instalments before and after"), "head": table[0], "rows": table[1:-1], "total": table[-1]}


def _chart(document: ProposalDocument, request: Request) -> dict[str, Any]:
    """Bars of the instalments by month, contract above proposal, as shares of the highest; labels in words."""
    code = document.unit.code
    both = (request.contract_rows, request.rows)
    start = min(row.due_on for rows in both for row in rows[:1])
    highest = max([row.payment_minor for rows in both for row in rows] + [1])

    def bars(n: int) -> list[list[float]]:
        return [
            [round((row.due_on - start).days / 30.44, 2), round(max(row.payment_minor, 0) / highest, 4)]
            for row in both[n][:_MOST_BARS]
        ]

    found = [bars(0), bars(1)]
    span = max(at for group in found for at, _share in group) + 1
    end = max(rows[:_MOST_BARS][-1].due_on for rows in both)
    return {
        "bars": found,
        "span": max(span, 6),
        "labels": [
            f"{_('Contract')}: {request.contract.count} × {money(request.contract.payment_minor, code)}",
            f"{_('Proposal')}: {course.count_words(request, code)}",
        ],
        "highest": money(highest, code),
        "ends": [day(start, "month"), day(end, "month")],
    }  # fmt: skip


def _statement(document: ProposalDocument) -> dict[str, Any]:
    rows = [[row.label, row.note, row.amount, row.is_total] for row in words.statement(document)]
    return {"title": _("The household's month"), "head": [_("Item"), _("A month")], "rows": rows}


def _shares(document: ProposalDocument) -> dict[str, Any]:
    rows = [list(row) for row in words.shares(document)]
    return {
        "title": _("What each creditor is offered"),
        "head": words.share_head(),
        "rows": rows,
        "has_sum": len(document.creditors) > 1,
        "why": _("Priority debts come first; the rest is shared in proportion to what is owed.") if len(rows) > 1 else "",
    }  # fmt: skip
