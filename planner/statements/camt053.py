"""CAMT.053 and .052 (all versions): bank-to-customer statements in XML. No document type definitions, no deep nesting."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import date, time
from decimal import Decimal

# Entities need a document type definition, and any file that has one is refused before it is parsed.
from xml.etree.ElementTree import Element, ParseError, iterparse

from .dates import parse_date
from .numbers import parse_amount
from .values import Direction, Entry, Statement, Unreadable

_MAX_DEPTH = 60
_MAX_ATTRIBUTES = 300_000
_MAX_PARTS = 1_500_000  # starts and ends of elements, as many as 50,000 full entries have
_AMOUNT = re.compile(r"[+-]?\d{1,18}(\.\d{1,10})?|[+-]?\.\d{1,10}")


def read_camt053(text: str, statement: Statement) -> None:
    """Read every booked entry; a batch stays one entry, as the account shows it. Raises Unreadable for other XML."""
    _refuse_tricks(text)
    statements, lines = [], _entry_lines(text)
    try:
        for element in _statements(text):
            statements.append(element)
            statement.format = "camt052" if element.tag == "Rpt" else "camt053"
            _read_statement(element, statement, lines)
    except ParseError:
        raise Unreadable("xml") from None
    if not statements:
        raise Unreadable("xml_kind")


def _refuse_tricks(text: str) -> None:
    upper = text.upper()
    if "<!DOCTYPE" in upper or "<!ENTITY" in upper:
        raise Unreadable("dtd")
    if text.count("=") > _MAX_ATTRIBUTES:
        raise Unreadable("bomb")


def _entry_lines(text: str) -> Iterator[int]:
    """The lines entries start on, in order; the parser itself keeps none."""
    line, done = 1, 0
    for found in re.finditer(r"<(?:\w+:)?Ntry[\s>]", text):
        line += text.count("\n", done, found.start())
        done = found.start()
        yield line


def _statements(text: str) -> Iterator[Element]:
    """The Stmt elements (Rpt in CAMT.052, which lists the same entries), without their namespaces.

    The declared encoding is dropped: the text is decoded already.
    """
    body = re.sub(r"^\s*<\?xml[^>]*\?>", "", text, count=1).strip()
    depth, found = 0, []
    events = iterparse(io.BytesIO(body.encode()), ("start", "end"))  # noqa: S314  # no DTD, see the import
    for parts, (event, element) in enumerate(events):
        depth += 1 if event == "start" else -1
        if depth > _MAX_DEPTH or parts > _MAX_PARTS:
            raise Unreadable("bomb")
        if event == "start":
            element.tag = element.tag.rpartition("}")[2]
        elif element.tag in ("Stmt", "Rpt"):
            found.append(element)
    yield from found


def _read_statement(element: Element, statement: Statement, lines: Iterator[int]) -> None:
    account = _text(element, "Acct/Id/IBAN") or _text(element, "Acct/Id/Othr/Id")
    currency = _text(element, "Acct/Ccy") or None
    entries = element.findall("Ntry")
    if currency or not entries:
        statement.accounts.append((account, currency))
    signed, units, bad_before = Decimal(0), {currency} - {None}, len(statement.bad_rows)
    for node in entries:
        entry = _read_entry(node, statement, next(lines, 0), currency)
        if entry:
            entry.account = account
            signed += {Direction.IN: 1, Direction.OUT: -1}.get(entry.direction, 0) * entry.amount
            units.add(entry.currency)
            statement.add(entry)
    if len(statement.bad_rows) > bad_before or len(units) > 1:
        return
    opening, closing = (_balance(element, *codes) for codes in (("OPBD", "PRCD"), ("CLBD",)))
    if opening is not None and closing is not None and opening + signed != closing:
        statement.doubt("balance_differs", count=1)


def _balance(element: Element, *codes: str) -> Decimal | None:
    for code in codes:
        for node in element.findall("Bal"):
            if _text(node, "Tp/CdOrPrtry/Cd") == code and _AMOUNT.fullmatch(_text(node, "Amt")):
                value = Decimal(_text(node, "Amt"))
                return -value if _text(node, "CdtDbtInd") == "DBIT" else value
    return None


def _read_entry(node: Element, statement: Statement, line: int, currency: str | None) -> Entry | None:
    text, side = _text(node, "Amt"), _text(node, "CdtDbtInd")
    amount = parse_amount(text, ".") if _AMOUNT.fullmatch(text) else None
    if amount is None or side not in ("CRDT", "DBIT"):
        statement.bad(line, "no_amount" if amount is None else "no_sign", text)
        return None
    state = _text(node, "Sts/Cd") or _text(node, "Sts")
    direction = Direction.IN if (side == "CRDT") == (amount.value >= 0) else Direction.OUT
    if state == "INFO":
        statement.doubt("information_only", count=1)
        direction = Direction.NEUTRAL
    elif state not in ("BOOK", ""):
        statement.doubt("pending_counted", count=1)
    amt = node.find("Amt")
    unit = (amt.get("Ccy") if amt is not None else None) or currency
    day, clock = _day(node, "BookgDt") or _day(node, "ValDt") or (None, None)
    reversal = "reversal" if _text(node, "RvslInd") == "true" else ""
    return Entry(line, day, abs(amount.value), direction, unit, clock, _party(node, side), _purpose(node),
                 _text(node, "BkTxCd/Domn/Fmly/SubFmlyCd"), _reference(node), status=reversal)  # fmt: skip


def _day(node: Element, name: str) -> tuple[date, time | None] | None:
    found = parse_date(_text(node, f"{name}/Dt")[:10]) or parse_date(_text(node, f"{name}/DtTm"))
    return (found.day, found.clock) if found else None


def _party(node: Element, side: str) -> str:
    """Who is on the other side: the debtor of what came in, the creditor of what went out."""
    role = "Dbtr" if side == "CRDT" else "Cdtr"
    names = (".//RltdPties/%s/Nm", ".//RltdPties/%s/Pty/Nm", ".//RltdPties/Ultmt%s/Nm", ".//RltdPties/Ultmt%s/Pty/Nm")
    return next((found for name in names if (found := _text(node, name % role))), "")


def _purpose(node: Element) -> str:
    texts = [(part.text or "").strip() for part in node.iterfind(".//RmtInf/Ustrd")]
    texts = texts or [_text(node, ".//RmtInf/Strd/CdtrRefInf/Ref")]
    more = _text(node, "AddtlNtryInf")
    return " ".join(dict.fromkeys(text for text in (*texts, more) if text))


def _reference(node: Element) -> str:
    return _text(node, "AcctSvcrRef") or _text(node, "NtryRef") or _text(node, ".//Refs/EndToEndId")


def _text(node: Element, path: str) -> str:
    return (node.findtext(path) or "").strip()
