"""The proposal as a workbook: amounts are numbers, dates are dates, totals are live formulas, and no text is ever a formula."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

from flask_babel import gettext as _

from ..engine.money import from_minor
from ..formatting import symbol
from . import asking, words
from .csv_file import safe, schedule_head
from .proposal import CreditorShare, OfferRow, ProposalDocument, Request

_MOST_SIGNS = 32_767  # what a cell holds
_OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


def to_bytes(document: ProposalDocument) -> bytes:
    """The workbook in the reader's language: summary, statement, offers, schedule. The same value gives the same bytes."""
    import xlsxwriter  # loaded when the first workbook is made

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, _OPTIONS)
    book.set_properties(
        {"title": _("Proposed repayment plan"), "created": datetime.combine(document.created_on, time())}
    )
    pages = [_("Summary"), _("Statement"), _("Offers"), _("Schedule")]
    for name, fill in zip(pages, (_summary, _statement, _offers, _schedule), strict=True):
        fill(_Page(book, name, document), document)
    book.close()
    return out.getvalue()


def statement_bytes(document: ProposalDocument, facts: Sequence[tuple[str, str]]) -> bytes:
    """The workbook of a month of which no proposal is made: what it is (`facts`), the month, and the debts."""
    import xlsxwriter

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, _OPTIONS)
    title, created = _("Standard statement"), datetime.combine(document.created_on, time())
    book.set_properties({"title": title, "created": created})
    first = _Page(book, _("Summary"), document)
    first.widths(30, 44)
    first.texts([title], bold=True)
    for fact in facts:
        first.texts(fact)
    _statement(_Page(book, _("Statement"), document), document)
    _debts(_Page(book, _("Debts"), document), document)
    book.close()
    return out.getvalue()


class _Page:
    """One sheet with a row to write next; what it writes has the kind of what it is given."""

    def __init__(self, book: Any, name: str, document: ProposalDocument) -> None:
        digits = document.unit.minor_digits
        sign = symbol(document.unit.code).replace('"', "")
        number = f'"{sign}"#,##0' + ("." + "0" * digits if digits else "")
        self.unit, self.row, self.sheet = document.unit, 0, book.add_worksheet(name[:31])
        self._text = book.add_format({"text_wrap": True, "valign": "top"})
        self._quoted = book.add_format({"text_wrap": True, "valign": "top", "quote_prefix": True})
        self._bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        self._money = book.add_format({"num_format": f"{number};-{number}"})
        self._total = book.add_format({"num_format": f"{number};-{number}", "bold": True, "top": 1})
        self._day = book.add_format({"num_format": "yyyy-mm-dd", "align": "left"})
        self._count = book.add_format({"num_format": "0"})
        self._percent = book.add_format({"num_format": "0.00%"})

    def text(self, column: int, value: str, *, bold: bool = False) -> None:
        """Text as text: a string cell, marked as such where a spreadsheet might take it for a formula when it is edited."""
        cleaned = "".join(sign for sign in value if sign >= " " or sign in "\n\t")[:_MOST_SIGNS]
        style = self._bold if bold else self._quoted if safe(value) != value else self._text
        self.sheet.write_string(self.row, column, cleaned, style)

    def texts(self, values: Sequence[str], *, bold: bool = False) -> None:
        """A row of texts, and on to the next row."""
        for column, value in enumerate(values):
            if value:
                self.text(column, value, bold=bold)
        self.next()

    def money(self, column: int, minor: int) -> None:
        """An amount as a number in the currency's format."""
        self.sheet.write_number(self.row, column, float(from_minor(minor, self.unit)), self._money)

    def day(self, column: int, value: date) -> None:
        """A date as a date."""
        self.sheet.write_datetime(self.row, column, value, self._day)

    def count(self, column: int, value: int) -> None:
        """A whole number."""
        self.sheet.write_number(self.row, column, value, self._count)

    def formula(self, column: int, formula: str, minor: int) -> None:
        """A live total with its value, so that readers that do not calculate show the same."""
        self.sheet.write_formula(self.row, column, formula, self._total, float(from_minor(minor, self.unit)))

    def share(self, column: int, formula: str, value: float) -> None:
        """A live per cent with its value."""
        self.sheet.write_formula(self.row, column, formula, self._percent, value)

    def sum(self, column: int, first: int, minor: int) -> None:
        """The sum of this column from row `first` (from 0) to the row above."""
        letter = chr(ord("A") + column)
        self.formula(column, f"=SUM({letter}{first + 1}:{letter}{self.row})", minor)

    def next(self, rows: int = 1) -> None:
        """On to a later row."""
        self.row += rows

    def widths(self, *widths: float) -> None:
        """Column widths in signs."""
        for column, width in enumerate(widths):
            self.sheet.set_column(column, column, width)


def _summary(page: _Page, document: ProposalDocument) -> None:
    page.widths(30, 44, 22, 22)
    page.texts([_("Proposed repayment plan")], bold=True)
    for label, value in words.facts(document):
        page.texts([label, value])
    for name, kind, sha256 in words.evidence(document):
        page.texts([_("Evidence"), name, kind, sha256])
    for request in document.requests:
        page.next()
        _asked(page, document, request)


def _asked(page: _Page, document: ProposalDocument, request: Request) -> None:
    page.texts([words.creditor_name(document, request.n), asking.request_words(document, request)], bold=True)
    for line in asking.follow_words(document, request):
        page.texts(["", line])
    page.texts(["", _("Contract"), _("Proposal")], bold=True)
    sides = (request.contract, request.offer)
    _both(page, _("Payment each time"), lambda n: page.money(n + 1, sides[n].payment_minor))
    _both(page, _("Instalments"), lambda n: page.count(n + 1, sides[n].count))
    _both(page, _("First payment"), lambda n: page.day(n + 1, sides[n].first_due))
    _both(page, _("Last payment"), lambda n: page.day(n + 1, sides[n].last_due))
    _both(page, _("Total to be paid"), lambda n: page.money(n + 1, sides[n].total_minor))
    _both(page, _("Owed when it begins"), lambda n: page.money(n + 1, request.opening_minor))
    _both(page, _("Given up by the lender"), lambda n: page.money(n + 1, request.forgiven_minor if n else 0))
    _both(page, _("Overdue now"), lambda n: page.money(n + 1, request.arrears_minor))


def _both(page: _Page, label: str, write: Any) -> None:
    page.text(0, label)
    write(0)
    write(1)
    page.next()


def _statement(page: _Page, document: ProposalDocument) -> None:
    page.widths(36, 18, 60)
    budget = document.budget
    if budget is None:
        page.texts([_("The borrower did not share the budget")])
        return
    page.texts([_("Item"), _("A month"), _("Note")], bold=True)
    totals = []
    for group in ("income", *words.OUTGOINGS):
        sign, first = 1 if group == "income" else -1, page.row
        for item in (item for item in budget.items if item.group == group):
            _line(page, item.name, sign * item.monthly_minor, item.note)
        if rest := words.unlisted_minor(budget, group):
            _line(page, _("Not listed singly"), sign * rest, None)
        if page.row > first:
            page.text(0, words.group_words(group), bold=True)
            page.sum(1, first, sign * words.group_total(budget, group))
            totals.append(f"B{page.row + 1}")
            page.next()
    _left(page, document, totals)


def _line(page: _Page, name: str, minor: int, note: str | None) -> None:
    page.text(0, name)
    page.money(1, minor)
    if note:
        page.text(2, note)
    page.next()


def _left(page: _Page, document: ProposalDocument, totals: list[str]) -> None:
    """What is left for the creditors, worked out from the totals above, where this reader may know it."""
    budget = document.budget
    if budget is None or budget.available_minor is None or not totals:
        return
    if gap := words.gap_minor(budget):
        _line(page, _("Not listed singly"), gap, None)
        totals = [*totals, f"B{page.row}"]
    page.text(0, _("Available for all creditors"), bold=True)
    page.formula(1, "=" + "+".join(totals), budget.available_minor)
    page.next()
    if budget.priority_minor:
        _line(page, _("Of this, priority debts"), -budget.priority_minor, None)
        page.text(0, _("Available for the other creditors"), bold=True)
        page.formula(1, f"=B{page.row - 1}+B{page.row}", budget.available_minor - budget.priority_minor)
        page.next()


def _debts(page: _Page, document: ProposalDocument) -> None:
    """What is owed to whom, and what the contracts ask for in the month."""
    page.widths(30, 22, 18, 18, 44)
    head = words.share_head()
    page.texts([head[0], _("Contract number"), head[1], head[3], head[5]], bold=True)
    first = page.row
    for each in document.creditors:
        page.text(0, words.creditor_name(document, each.n))
        page.text(1, each.contract_number or "")
        page.money(2, each.owed_minor)
        page.money(3, each.contract_minor)
        page.text(4, words.remark(each))
        page.next()
    if not document.creditors:
        return
    page.text(0, _("All creditors together"), bold=True)
    page.sum(2, first, sum(each.owed_minor for each in document.creditors))
    page.sum(3, first, sum(each.contract_minor for each in document.creditors))


def _offers(page: _Page, document: ProposalDocument) -> None:
    page.widths(5, 30, 22, 18, 12, 18, 18, 44)
    head = words.share_head()
    page.texts(["#", head[0], _("Contract number"), head[1], head[2], head[3], head[4], head[5]], bold=True)
    first, rows = page.row, document.creditors
    weights = "+".join(f"D{first + k + 1}" for k, each in enumerate(rows) if not each.is_priority)
    whole = sum(each.owed_minor for each in rows if not each.is_priority)
    for each in rows:
        _share(page, document, each)
        if words.share_of(document, each):
            page.share(4, f"=D{page.row + 1}/({weights})", each.owed_minor / whole)
        page.next()
    page.text(1, _("All creditors together"), bold=True)
    page.sum(3, first, sum(each.owed_minor for each in rows))
    page.sum(5, first, sum(each.contract_minor for each in rows))
    page.sum(6, first, document.offered_minor)


def _share(page: _Page, document: ProposalDocument, each: CreditorShare) -> None:
    page.count(0, each.n)
    page.text(1, words.creditor_name(document, each.n))
    page.text(2, each.contract_number or "")
    page.money(3, each.owed_minor)
    page.money(5, each.contract_minor)
    page.money(6, each.offered_minor)
    page.text(7, words.remark(each))


def _schedule(page: _Page, document: ProposalDocument) -> None:
    page.widths(30, 14, 12, 14, 18, 18, 18, 18)
    for request in document.requests:
        for side, rows in ((_("Contract"), request.contract_rows), (_("Proposal"), request.rows)):
            page.texts(schedule_head(), bold=True)
            _instalments(page, words.creditor_name(document, request.n), side, rows)
            page.next()


def _instalments(page: _Page, creditor: str, side: str, rows: Sequence[OfferRow]) -> None:
    first = page.row
    for row in rows:
        page.text(0, creditor)
        page.text(1, side)
        page.count(2, row.n)
        page.day(3, row.due_on)
        amounts = (row.principal_minor, row.interest_minor, row.payment_minor, row.balance_minor)
        for column, minor in enumerate(amounts, start=4):
            page.money(column, minor)
        page.next()
    page.text(0, _("Total"), bold=True)
    page.sum(4, first, sum(row.principal_minor for row in rows))
    page.sum(5, first, sum(row.interest_minor for row in rows))
    page.sum(6, first, sum(row.payment_minor for row in rows))
    page.next()
