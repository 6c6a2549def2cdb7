"""A list of clients from a file: read, looked at, corrected, and taken over all at once or not at all.

Nothing is stored before that. What was read travels with the page, signed, for a day and for the one counsellor who chose the
file; confirming takes over exactly what the page showed.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from flask_babel import lazy_gettext as _l
from sqlalchemy import select, update

from .. import tokens
from ..consent.clients import add_client
from ..extensions import db
from ..imports.services import clean
from ..models import Agency, AgencyMember, Client
from ..statements.dates import Order, date_order, parse_date
from ..statements.detector import tables_in
from ..statements.grid import Grid, Row
from ..statements.values import Unreadable

FIELDS = ("name", "place", "contact", "next_step", "next_on")
MOST = {"name": 80, "place": 80, "contact": 120, "next_step": 200}
MOST_ROWS, MOST_COLUMNS, MOST_SIGNED = 1000, 24, 700_000
SECONDS = 86_400
_CELL = 240  # longer than any field may be, so that what is too long is still seen to be
_PURPOSE = "client-list"
WHY = {
    "no_name": _l("there is no name"), "name": _l("the name is longer than 80 characters"),
    "place": _l("the place is longer than 80 characters"), "contact": _l("the contact is longer than 120 characters"),
    "next_step": _l("the next step is longer than 200 characters"), "next_on": _l("the date cannot be read"),
    "known": _l("on the list of your agency already"), "twice": _l("twice in this file"),
}  # fmt: skip
GET_IN_TOUCH = _l("Get in touch")
HEADS = {
    "name": ("name", "client", "client name", "full name", "姓名", "名字", "客户", "客户姓名", "名称"),
    "place": ("place", "city", "town", "address", "location", "地点", "城市", "地区", "地址", "所在地"),
    "contact": (
        "contact", "phone", "mobile", "telephone", "email", "e-mail", "联系方式", "联系电话", "电话", "手机", "手机号", "邮箱",
    ),
    "next_step": ("next step", "next action", "action", "to do", "task", "下一步", "下一步工作", "待办", "事项"),
    "next_on": (
        "next date", "next on", "date", "follow-up", "due", "on", "日期", "下次日期", "下一步日期", "跟进日期", "下次联系",
    ),
}  # fmt: skip


class Columns(NamedTuple):
    """Which column holds which of FIELDS (-1: none), whether the first row holds names, and the order of dates ("" as in the
    rows)."""

    at: tuple[int, ...]
    has_head: bool
    order: str = ""

    def of(self, field: str) -> int | None:
        """The column of a field; None without one."""
        column = self.at[FIELDS.index(field)]
        return None if column < 0 else column


class Line(NamedTuple):
    """A row that is not taken over: its line in the file, why (a key of WHY), and what it begins with."""

    line: int
    why: str
    excerpt: str


class NewClient(NamedTuple):
    """A row that will be a client."""

    line: int
    name: str
    place: str | None
    contact: str | None
    next_step: str | None
    next_on: date | None


@dataclass(frozen=True, slots=True)
class ReadList:
    """What a file holds: its rows as read, and how they are understood."""

    rows: tuple[Row, ...]
    columns: Columns

    @property
    def names(self) -> list[str]:
        """What to call each column: its name in the file, else its number with what it begins with."""
        width = max((len(row.cells) for row in self.rows), default=0)
        first = self.rows[0] if self.rows else Row(1, ())
        found = [clean(first.cell(n), 40) for n in range(width)]
        return [name or str(n) for n, name in enumerate(found, 1)]

    @property
    def body(self) -> tuple[Row, ...]:
        """The rows of clients."""
        return self.rows[1:] if self.columns.has_head else self.rows


@dataclass(frozen=True, slots=True)
class Preview:
    """What confirming would do: the clients it adds, and the rows it leaves out because they are bad or known."""

    new: tuple[NewClient, ...]
    bad: tuple[Line, ...]
    known: tuple[Line, ...]


def read_list(data: bytes) -> ReadList:
    """The list in a file, understood as far as its words go. Raises Unreadable for what is no table, or too long."""
    tables = [_cut(grid) for grid in tables_in(_from_chinese(data)) if grid.rows]
    if not tables:
        raise Unreadable("no_table")
    found = [(rows, guess(rows)) for rows in tables]
    rows, columns = max(found, key=lambda each: (each[1].has_head, sum(n >= 0 for n in each[1].at)))
    return ReadList(rows, columns)


def _from_chinese(data: bytes) -> bytes:
    """A list as Excel saves it in Chinese Windows. It has no statement's words to be known by, but its bytes pair up to the
    characters of everyday Chinese, as those of another language would not."""
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError:
        return data
    strange = [sign for sign in text if not sign.isascii()]
    common = sum("\u3000" <= sign <= "\uffef" and sign.encode("gb2312", "ignore") != b"" for sign in strange)
    is_chinese = "\0" not in text and 0 < len(strange) <= common / 0.9
    return text.encode() if is_chinese and not _is_utf8(data) else data


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _cut(grid: Grid) -> tuple[Row, ...]:
    rows = [row for row in grid.rows if row.filled]
    if len(rows) > MOST_ROWS + 1:
        raise Unreadable("too_many_rows", rows=MOST_ROWS)
    return tuple(Row(row.line, tuple(cell[:_CELL] for cell in row.cells[:MOST_COLUMNS])) for row in rows)


def guess(rows: Sequence[Row]) -> Columns:
    """The columns by the words of the first row; where it has none of them, the first column holds the names."""
    heads = [_folded(cell) for cell in rows[0].cells] if rows else []
    scores = sorted(
        ((_likeness(head, word), column, field) for column, head in enumerate(heads) for field in FIELDS
         for word in HEADS[field] if _likeness(head, word)),
        key=lambda each: (-each[0], each[1]),
    )  # fmt: skip
    found: dict[str, int] = {}
    for _score, column, field in scores:
        if field not in found and column not in found.values():
            found[field] = column
    if not found:
        return Columns((0, -1, -1, -1, -1), has_head=False)
    return Columns(tuple(found.get(field, -1) for field in FIELDS), has_head=True)


def _likeness(head: str, word: str) -> int:
    """How surely a heading means this word: the same, or the longer a part of it; short words count only alone."""
    if head == word:
        return 1000
    return len(word) if len(word) > (3 if word.isascii() else 1) and word in head and len(head) < 30 else 0


def preview(member: AgencyMember, found: ReadList) -> Preview:
    """What confirming would do now. The first of two rows with the same name and contact is taken."""
    stored = select(Client.name, Client.contact).where(Client.agency_id == member.agency_id, Client.name.is_not(None))
    known = {_key(name, contact) for name, contact in db.session.execute(stored)}
    order = _order(found)
    new, bad, left_out, seen = [], [], [], set[tuple[str, str]]()
    for row in found.body:
        made = _client(row, found.columns, order)
        if isinstance(made, Line):
            bad.append(made)
            continue
        key = _key(made.name, made.contact)
        if key in known or key in seen:
            left_out.append(Line(row.line, "known" if key in known else "twice", made.name))
        else:
            new.append(made)
            seen.add(key)
    return Preview(tuple(new), tuple(bad), tuple(left_out))


def confirm(member: AgencyMember, found: ReadList) -> int:
    """Take the new clients over, all or none; returns how many. Of two at once the second finds the first one's on the list."""
    held = update(Agency).where(Agency.id == member.agency_id).values(name=Agency.name)
    db.session.execute(held.execution_options(synchronize_session=False))
    rows = preview(member, found).new
    for row in rows:
        client = add_client(member, row.name, place=row.place, contact=row.contact)
        client.next_step, client.next_on = row.next_step, row.next_on
    db.session.flush()
    return len(rows)


def pack(member: AgencyMember, found: ReadList) -> str:
    """The list as signed text that only this counsellor's page can bring back. Raises Unreadable for one too large for that."""
    rows = [[row.line, *row.cells] for row in found.rows]
    signed = tokens.sign(_PURPOSE, {"for": _whose(member), "rows": rows, "columns": found.columns})
    if len(signed) > MOST_SIGNED:
        raise Unreadable("too_many_rows", rows=MOST_ROWS)
    return signed


def find_packed(member: AgencyMember, text: str) -> ReadList | None:
    """The list again; None for a text that was forged, is another's, or is older than a day."""
    value: dict[str, Any] | None = tokens.find_signed(_PURPOSE, text, max_age_seconds=SECONDS)
    if value is None or value["for"] != _whose(member):
        return None
    at, has_head, order = value["columns"]
    return ReadList(
        tuple(Row(line, tuple(cells)) for line, *cells in value["rows"]), Columns(tuple(at), has_head, order)
    )


def _whose(member: AgencyMember) -> list[int]:
    return [member.agency_id, member.user_id]


def _order(found: ReadList) -> Order | None:
    if found.columns.order:
        return Order(found.columns.order)
    return date_order(row.cell(found.columns.of("next_on")) for row in found.body)[0]


def _client(row: Row, columns: Columns, order: Order | None) -> NewClient | Line:
    texts = {field: " ".join(clean(row.cell(columns.of(field)), _CELL).split()) for field in FIELDS}
    why = "" if texts["name"] else "no_name"
    why = why or next((field for field, most in MOST.items() if len(texts[field]) > most), "")
    on = parse_date(texts["next_on"], order) if texts["next_on"] else None
    if not why and texts["next_on"] and (on is None or not 1970 <= on.day.year <= 2100):
        why = "next_on"
    if why:
        return Line(row.line, why, clean(" ".join(row.cells), 80))
    place, contact, next_step = (texts[field] or None for field in ("place", "contact", "next_step"))
    if on and not next_step:
        next_step = str(GET_IN_TOUCH)  # a day belongs to a step
    return NewClient(row.line, texts["name"], place, contact, next_step, on.day if on else None)


def _key(name: str | None, contact: str | None) -> tuple[str, str]:
    """What makes two rows the same person: name and contact, however they are spaced and written."""
    reached = (char for char in _folded(contact or "") if char.isalnum() or char in "@+")
    return _folded(name or "").replace(" ", ""), "".join(reached)


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
