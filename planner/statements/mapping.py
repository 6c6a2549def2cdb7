"""Which column means what: guessed from names, else from the cells, and kept as JSON once the user has confirmed it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import islice
from typing import Any

from .columns import guessed_roles, known
from .dates import Order, day_and_month, is_date, parse_clock
from .grid import Grid, Row
from .layouts import Sign, direction_word
from .numbers import parse_amount
from .values import Unreadable

_SEARCHED = 400
_SAMPLE = 1500
_SEVERAL = ("date", "counterparty", "text")


@dataclass(frozen=True, slots=True)
class Mapping:
    """Column numbers (from 0) of a table, and how its cells are to be read.

    `header_line` is the line of the column names (None: there are none). `date`, `counterparty` and `text` may be
    several columns: the first usable date counts, texts are joined. Either `amount` is set, or `out` and `into` or one
    of them. `unit` is the currency a column name states. `sign`, `order` and `decimal` are None while not settled.
    """

    header_line: int | None
    header: tuple[str, ...] = ()
    delimiter: str = ""
    sheet: str = ""
    date: tuple[int, ...] = ()
    time: int | None = None
    amount: int | None = None
    out: int | None = None
    into: int | None = None
    direction: int | None = None
    currency: int | None = None
    counterparty: tuple[int, ...] = ()
    text: tuple[int, ...] = ()
    category: int | None = None
    reference: int | None = None
    status: int | None = None
    account: int | None = None
    balance: int | None = None
    fee: int | None = None
    unit: str | None = None
    sign: Sign | None = None
    order: Order | None = None
    decimal: str | None = None
    guessed: bool = False
    confirmed: bool = False

    @property
    def money_columns(self) -> tuple[int, ...]:
        """The columns amounts are read from."""
        return tuple(column for column in (self.amount, self.out, self.into) if column is not None)

    def to_dict(self) -> dict[str, Any]:
        """This mapping as JSON values."""
        return asdict(self)

    @staticmethod
    def from_dict(values: dict[str, Any]) -> Mapping:
        """A mapping kept as JSON, now confirmed. Raises Unreadable("mapping") for values that make none."""
        try:
            kept: dict[str, Any] = {name: values[name] for name in Mapping.__slots__ if name in values}
            for name in ("header", *_SEVERAL):
                kept[name] = tuple(kept.get(name) or ())
            kept["sign"] = Sign(kept["sign"]) if kept.get("sign") else None
            kept["order"] = Order(kept["order"]) if kept.get("order") else None
            mapping = replace(Mapping(**{"header_line": None, **kept}), confirmed=True)
        except (TypeError, ValueError):
            raise Unreadable("mapping") from None
        columns = (*mapping.date, *mapping.money_columns)
        if (
            not mapping.date
            or not mapping.money_columns
            or not all(isinstance(c, int) and 0 <= c < 300 for c in columns)
        ):
            raise Unreadable("mapping")
        return mapping


def is_header(row: Row, *, strict: bool = False) -> bool:
    """Whether a row names columns: a date and an amount among them, and no cell that is a date or amount itself.

    `strict` takes only names known as a whole, for rows that may as well be data.
    """
    # Cells that begin with a digit are data; asking that first keeps long files quick.
    if row.filled < 2 or any(cell[:1].isdigit() for cell in row.cells):
        return False
    if any(cell and (is_date(cell) or (len(cell) > 2 and _is_amount(cell))) for cell in row.cells):
        return False
    roles = {role.role for cell in row.cells for role in known(cell)}
    if not strict and ("date" not in roles or not roles & {"amount", "out", "in"}):
        roles |= {role for cell in row.cells for role in guessed_roles(cell)}
    return "date" in roles and bool(roles & {"amount", "out", "in"})


def find_header(grid: Grid) -> Row | None:
    """The first row that names columns."""
    return next((row for row in islice(grid.rows, _SEARCHED) if is_header(row)), None)


def guess_columns(header: Row | None, rows: Sequence[Row], grid: Grid) -> Mapping | None:
    """The mapping of a table by its column names, else by what the cells hold; None when there are no dates or amounts."""
    sample = rows[:_SAMPLE]
    found = _by_name(header, sample) if header else None
    if found is None:
        found = _by_cells(header, sample)
    return found and replace(found, delimiter=grid.delimiter, sheet=grid.sheet)


def _by_name(header: Row, sample: Sequence[Row]) -> Mapping | None:
    ranked: dict[str, list[tuple[int, int]]] = {}
    for column, cell in enumerate(header.cells):
        for role in known(cell):
            ranked.setdefault(role.role, []).append((role.rank, column))
    for column, cell in enumerate(header.cells):
        for name in guessed_roles(cell) if not known(cell) else ():
            if not any(rank < 9 for rank, _ in ranked.get(name, ())):
                ranked.setdefault(name, []).append((9, column))
    columns = {role: [column for _, column in sorted(found)] for role, found in ranked.items()}
    dates = [
        c for c in columns.get("date", ()) if _any(sample, c, lambda cell: bool(is_date(cell) or day_and_month(cell)))
    ]
    dates = dates or columns.get("date", [])[:1]
    money = _money(ranked, sample)
    if not dates or not money:
        return None
    units = [role.unit for c in money.values() for role in known(header.cells[c]) if role.unit]
    mapping = Mapping(
        header.line, header.cells, date=tuple(dates), unit=units[0] if units else None, guessed=_alike(ranked, money, sample),
        **money,
    )  # fmt: skip
    return _with_rest(mapping, columns, header, sample)


def _money(ranked: dict[str, list[tuple[int, int]]], sample: Sequence[Row]) -> dict[str, Any]:
    """Two columns for out and in, of the same kind where there are several kinds, else the best single amount."""
    named = {role: sorted(ranked.get(role, ())) for role in ("out", "in", "amount")}
    used = {role: [item for item in items if _any(sample, item[1], _is_amount)] for role, items in named.items()}
    if not any(used.values()):
        # Not one amount can be read: the columns are what they are called, and their rows are listed as bad.
        used = named
    if used["out"] or used["in"]:
        best = min(items[0][0] for items in (used["out"], used["in"]) if items)
        names = (("out", "out"), ("in", "into"))
        # A column of the pair may be empty in this file, but it still belongs to it.
        pair = {name: [item for item in named[role] if item[0] == best] for role, name in names}
        return {name: items[0][1] for name, items in pair.items() if items}
    return {"amount": used["amount"][0][1]} if used["amount"] else {}


def _alike(ranked: dict[str, list[tuple[int, int]]], money: dict[str, Any], sample: Sequence[Row]) -> bool:
    """Whether another column of amounts has as good a name as the one taken, and says something else."""
    taken = money.get("amount")
    rank = next((rank for rank, column in ranked.get("amount", ()) if column == taken), None)
    rivals = [column for other, column in ranked.get("amount", ()) if other == rank and column != taken]
    return any(
        _is_amount(row.cell(c)) and parse_amount(row.cell(c)) != parse_amount(row.cell(taken))
        for c in rivals
        for row in sample
    )


def _with_rest(mapping: Mapping, columns: dict[str, list[int]], header: Row, sample: Sequence[Row]) -> Mapping:
    taken = {*mapping.date, *mapping.money_columns}
    direction = _direction_column(columns.get("direction", []), header, sample, mapping)
    taken |= {direction} if direction is not None else set()

    def first(role: str, fits: Callable[[str], bool] | None = None) -> int | None:
        free = (c for c in columns.get(role, ()) if c not in taken and (fits is None or _any(sample, c, fits)))
        return next(free, None)

    clock = first("time", lambda cell: parse_clock(cell) is not None)
    category, reference = first("category"), first("reference")
    taken |= {column for column in (clock, category, reference) if column is not None}
    return replace(
        mapping, direction=direction, time=clock, category=category, reference=reference,
        currency=first("currency", lambda cell: not cell.replace(".", "").isdigit()), status=first("status"),
        account=first("account"), balance=first("balance"), fee=None if _includes_fee(mapping) else first("fee"),
        counterparty=tuple(c for c in columns.get("counterparty", ()) if c not in taken)[:2],
        text=tuple(c for c in columns.get("text", ()) if c not in taken)[:8],
    )  # fmt: skip


def _includes_fee(mapping: Mapping) -> bool:
    """Whether the amount is what the account moved by, so that a fee beside it is part of it already."""
    name = mapping.header[mapping.amount] if mapping.amount is not None else ""
    return "total" in name.lower() or any(role[:2] == ("amount", 0) for role in known(name))


def _direction_column(named: list[int], header: Row, sample: Sequence[Row], mapping: Mapping) -> int | None:
    """The column whose words say in or out: one called so, or any other whose cells are all such words."""
    taken = {*mapping.date, *mapping.money_columns}
    for column in named:
        sure = any(role == ("direction", 0) for role in (r[:2] for r in known(header.cells[column])))
        if column not in taken and (sure or _all_directions(sample, column)):
            return column
    kinds = [column for column in named if column not in taken and _kinds_tell(sample, column, mapping)]
    if kinds:
        return kinds[0]
    width = max((len(row.cells) for row in sample), default=0)
    others = [c for c in range(width) if c not in taken and not known(header.cell(c)) and _all_directions(sample, c)]
    return next((c for c in others if not header.cell(c) or _says_both(sample, c)), None)


def _says_both(sample: Sequence[Row], column: int) -> bool:
    return {"in", "out"} <= {direction_word(row.cell(column)) for row in sample}


def _kinds_tell(sample: Sequence[Row], column: int, mapping: Mapping) -> bool:
    """Whether some kinds of row (debit, credit, fee) say the way while their plain amounts do not."""
    amounts = [(direction_word(row.cell(column)), parse_amount(row.cell(mapping.amount))) for row in sample]
    found = [(word, amount) for word, amount in amounts if amount]
    said = [(word, amount.value) for word, amount in found if word in ("in", "out")]
    if mapping.amount is None or any(amount.mark for _, amount in found) or any(value < 0 for _, value in said):
        return False
    signed = any(amount.signed for _, amount in found)
    return {"in", "out"} <= {word for word, _ in said} or (not signed and 0 < len(found) <= 2 * len(said))


def _all_directions(sample: Sequence[Row], column: int) -> bool:
    words = [direction_word(row.cell(column)) for row in sample if row.cell(column)]
    return bool(words) and all(words)


def _by_cells(header: Row | None, sample: Sequence[Row]) -> Mapping | None:
    """Columns by what they hold: dates, in-or-out words, numbers; of several numbers the last ever-filled is a balance."""
    width = max((len(row.cells) for row in sample), default=0)
    dated = [c for c in range(width) if _share(sample, c, is_date) >= 0.5]
    rows = [row for row in sample if dated and is_date(row.cell(dated[0]))]
    numeric = [c for c in range(width) if c not in dated and _all(rows, c, _is_amount)]
    money = _money_by_cells(rows, [c for c in numeric if not _looks_like_id(rows, c)], width)
    if not rows or not money:
        return None
    taken = {*dated, *(c for c in money.values() if c is not None)}
    words = next((c for c in range(width) if c not in taken and _all_directions(rows, c)), None)
    texts = [
        c
        for c in range(width)
        if c not in taken and c != words and _any(rows, c, lambda cell: bool(re.search(r"[^\W\d]{3}", cell)))
    ]
    return Mapping(header.line if header else None, header.cells if header else (), date=tuple(dated), direction=words,
                   text=tuple(texts[:8]), guessed=True, **money)  # fmt: skip


def _money_by_cells(rows: Sequence[Row], numeric: list[int], width: int) -> dict[str, Any]:
    full = [c for c in numeric if all(row.cell(c) for row in rows)]
    for out in numeric:
        into = out + 1
        if into in numeric and all(bool(row.cell(out)) != bool(row.cell(into)) for row in rows):
            return {"out": out, "into": into, "balance": next((c for c in full if c > into), None)}
        blank = into < width and not any(row.cell(into) for row in rows)
        if blank and out in full and len(full) == 1 and not _any(rows, out, lambda cell: "-" in cell):
            return {"out": out, "into": into}
    if not full:
        return {"amount": numeric[0]} if numeric else {}
    return {"amount": full[0]} | ({"balance": full[-1]} if len(full) > 1 else {})


def _looks_like_id(rows: Sequence[Row], column: int) -> bool:
    return all(re.fullmatch(r"\d{5,}", row.cell(column)) for row in rows if row.cell(column))


def _is_amount(cell: str) -> bool:
    return parse_amount(cell) is not None


def _any(rows: Iterable[Row], column: int, fits: Callable[[str], bool]) -> bool:
    return any(fits(cell) for row in rows if (cell := row.cell(column)))


def _all(rows: Sequence[Row], column: int, fits: Callable[[str], bool]) -> bool:
    cells = [row.cell(column) for row in rows if row.cell(column)]
    return bool(cells) and all(fits(cell) for cell in cells)


def _share(rows: Sequence[Row], column: int, fits: Callable[[str], bool]) -> float:
    return sum(1 for row in rows if row.cell(column) and fits(row.cell(column))) / len(rows) if rows else 0.0
