"""The proposal as a PDF: A4, tagged (PDF/UA-1), Noto Sans SC embedded. No file is read but our own, nothing is fetched."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import segno
from flask_babel import gettext as _

from ..formatting import day, money
from . import words
from .proposal import OfferRow, ProposalDocument, Side

_TEMPLATE = Path(__file__).with_name("proposal.typ")


def to_bytes(document: ProposalDocument, *, lang: str, address: str) -> bytes:
    """The file in the language `lang` (zh or en) with `address` as QR code: where this copy can be opened again."""
    import typst  # loaded when the first PDF is made: it brings 60 MB that most processes never need

    data = printable(json.dumps(_data(document, lang, address), ensure_ascii=False))
    options: dict[str, Any] = {"font_paths": _fonts(), "ignore_system_fonts": True, "sys_inputs": {"data": data}}
    try:
        made: Any = typst.compile(_TEMPLATE.read_bytes(), pdf_standards=["ua-1"], **options)
    except typst.TypstError:
        # A sign the font does not have (rare ideographs) breaks PDF/UA: this copy shows a box for it, tagged all the same.
        made = typst.compile(_TEMPLATE.read_bytes(), **options)
    return bytes(made)


def printable(text: str) -> str:
    """The text without emoji and joiners: no text font has them, and a lender reads the same without."""
    return "".join(sign for sign in text if not _is_emoji(ord(sign)))


def _is_emoji(code: int) -> bool:
    return (
        0x1F000 <= code < 0x20000 or code in (0x200D, 0x20E3) or 0xFE00 <= code <= 0xFE0F or 0xE0000 <= code < 0xE0100
    )


@cache
def _fonts() -> Any:
    """Noto Sans SC alone, read once: no copy depends on what the machine has installed."""
    import justmytype_intl_cjk
    import typst

    folder = Path(justmytype_intl_cjk.__file__).parent / "fonts" / "ofl" / "notosanssc"
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[folder])


def _data(document: ProposalDocument, lang: str, address: str) -> dict[str, Any]:
    """Everything the template prints, already in words of the reader's language."""
    code = document.unit.code
    return {
        "lang": lang,
        "title": _("Proposed repayment plan"),
        "facts": [pair for pair in words.facts(document)[:7] if pair],
        "request": request_words(document),
        "key_figures": [
            [_("Each instalment"), money(document.offer.payment_minor, code)],
            [_("Instalments"), str(document.offer.count)],
            [_("First payment"), day(document.offer.first_due, "full")],
            [_("Total"), money(document.offer.total_minor, code)],
        ],
        "cause": _cause(document),
        "comparison": {
            "title": _("What changes"),
            "head": [_("For the lender"), _("Contract"), _("Proposal")],
            "rows": words.comparison(document),
        },
        "statement": {"title": _("The household's month"), "rows": words.statement(document)},
        "chart": _chart(document),
        "schedule": {
            "title": _("Offered instalments"),
            "head": ["#", _("Due date"), _("Principal"), _("Interest and fees"), _("Payment"), _("Left to pay")],
            "rows": [_schedule_row(row, code) for row in document.rows],
        },
        "closing": [
            _("Please answer in writing by %(day)s, and hold collection and further charges until then.",
              day=day(document.reply_by, "full")),
            _("This proposal does not change the contract until the lender confirms it in writing."),
        ],
        "sign": [_("Name"), _("Date"), _("Signature")],
        "page_word": _("Page"),
        "mark": f"{document.reference} / {document.number}   {document.sha256[:16]}",
        "qr": {"words": _("Open this plan"), "rows": _qr(address)},
    }  # fmt: skip


def request_words(document: ProposalDocument) -> str:
    """The one request in one sentence."""
    return _(
        "I ask to pay %(amount)s each month from %(first)s to %(last)s, in %(count)d instalments.",
        amount=money(document.offer.payment_minor, document.unit.code),
        first=day(document.offer.first_due, "full"),
        last=day(document.offer.last_due, "full"),
        count=document.offer.count,
    )


def _cause(document: ProposalDocument) -> dict[str, Any] | None:
    if document.cause is None:
        return None
    when = words.period(document.cause.since, document.cause.until)
    kind = words.cause_words(document.cause.code)
    return {
        "title": _("Why I am asking"),
        "kind": _("%(cause)s (%(when)s)", cause=kind, when=when) if when else kind,
        "text": document.cause.text or "",
    }


def _schedule_row(row: OfferRow, code: str) -> list[str]:
    amounts = (row.principal_minor, row.interest_minor, row.payment_minor, row.balance_minor)
    return [str(row.n), day(row.due_on, "full"), *(money(minor, code, cents=True) for minor in amounts)]


def _chart(document: ProposalDocument) -> dict[str, Any]:
    """Bars of the instalments, contract beside proposal, as shares of the highest; labels in words."""
    highest = max(document.contract.payment_minor, *(row.payment_minor for row in document.rows))
    return {
        "contract": [document.contract.payment_minor / highest] * min(document.contract.count, 60),
        "offer": [row.payment_minor / highest for row in document.rows[:60]],
        "words": [
            f"{_('Contract')}: {_times(document.contract, document)}",
            f"{_('Proposal')}: {_times(document.offer, document)}",
        ],
    }


def _times(side: Side, document: ProposalDocument) -> str:
    return f"{side.count} × {money(side.payment_minor, document.unit.code)}"


def _qr(address: str) -> list[list[int]]:
    return [list(row) for row in segno.make(address, error="m").matrix]
