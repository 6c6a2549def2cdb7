"""Tables (CSV, XLS, XLSX) to statements: sections, sheets, and what concerns all rows together."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice

from .dates import Order, date_order, is_date, parse_date
from .grid import Grid, Row
from .layouts import Layout, Sign, layout_of, looks_like_card
from .mapping import Mapping, find_header, guess_columns, is_header
from .numbers import currency_code, decimal_mark, parse_amount
from .rows import RowReader
from .signs import Written, settle_sign
from .values import Entry, Statement

_MAX_SECTIONS = 40
_ROWS_STATED = re.compile(r"^共[：:]?\s?(\d{1,6})\s?笔")
_MONTH_STATED = re.compile(r"(20\d{2})\s?[年/-]\s?(\d{1,2})(?:\s?月|\b)")


@dataclass(frozen=True, slots=True)
class Section:
    """Column names, the rows under them, and the lines above them."""

    header: Row | None
    rows: list[Row]
    preamble: list[Row]


def sections(grid: Grid) -> list[Section]:
    """The parts of a sheet that have their own column names; one part without names when none are found."""
    first = find_header(grid)
    if first is None:
        return [Section(None, grid.rows, [])]
    start = grid.rows.index(first)
    parts, header = [Section(first, [], grid.rows[:start])], first
    for row in islice(grid.rows, start + 1, None):
        if not is_header(row, strict=True):
            parts[-1].rows.append(row)
        elif row.cells != header.cells and len(parts) < _MAX_SECTIONS:
            # Lines above the first table speak for the later ones too: the card, the month of the statement.
            parts.append(Section(row, [], parts[-1].preamble))
            header = row
    return parts


def settled(mapping: Mapping, section: Section, layout: Layout, statement: Statement) -> Mapping:
    """The mapping with decimal mark, order of dates and meaning of signs found from all rows; what is a guess is noted."""
    cells = [row.cell(c) for row in section.rows for c in mapping.money_columns]
    decimal = mapping.decimal or decimal_mark(cells)
    dates = [row.cell(c) for row in section.rows for c in mapping.date]
    units = [row.cell(mapping.currency) for row in section.rows[:50]]
    order, sure = date_order(dates, _likely_order(mapping, layout, [*cells[:50], *units]))
    if mapping.order is None and not sure:
        statement.doubt("date_order_guessed")
    # From here on `confirmed` tells the reader of the rows one thing only: whether the decimal mark was said.
    mapping = replace(mapping, confirmed=mapping.decimal is not None, decimal=decimal, order=mapping.order or order)
    return _with_sign(mapping, section, layout, statement)


def _likely_order(mapping: Mapping, layout: Layout, cells: Sequence[str]) -> Order | None:
    american = "USD" in (mapping.unit, layout.currency) or any("$" in cell or cell == "USD" for cell in cells)
    stated = layout.currency or mapping.unit or any(currency_code(cell) for cell in cells)
    return Order.MONTH_FIRST if american else Order.DAY_FIRST if stated else None


def _with_sign(mapping: Mapping, section: Section, layout: Layout, statement: Statement) -> Mapping:
    if mapping.sign or mapping.amount is None or mapping.direction is not None:
        return mapping
    card = looks_like_card([cell for row in [*section.preamble, section.header] if row for cell in row.cells])
    if mapping.guessed:
        card = card or looks_like_card(cell for row in section.rows[:20] for cell in row.cells)
    sign, sure = settle_sign(layout, card, _written(mapping, section.rows))
    if not sure:
        statement.doubt("sign_guessed")
    return replace(mapping, sign=sign)


def _written(mapping: Mapping, rows: Sequence[Row]) -> list[Written]:
    found = []
    for row in rows:
        amount = parse_amount(row.cell(mapping.amount), mapping.decimal)
        if amount and any(parse_date(row.cell(c), mapping.order) for c in mapping.date):
            balance = parse_amount(row.cell(mapping.balance), mapping.decimal)
            text = " ".join(row.cell(c) for c in (*mapping.counterparty, *mapping.text))
            plus = amount.signed and amount.value > 0
            found.append(Written(amount.value, plus, balance.in_account if balance else None, text, amount.mark))
    return found


def read_tables(sheets: Sequence[Grid], statement: Statement, chosen: Mapping | None, filename: str) -> Layout | None:
    """Read every sheet into the statement; the first sheet's layout, or None where no table was found."""
    by_name = chosen is None or any(_has_names(part, chosen) for grid in sheets for part in sections(grid))
    found: Layout | None = None
    seen: list[Counter[tuple[str, ...]]] = []
    for sheet in sheets:
        dated = _dated(sheet) if len(sheets) > 1 else Counter()
        grid = _without_repeated(sheet, dated, seen)
        if len(grid.rows) < len(sheet.rows):
            statement.doubt("repeated_sheet", sheet=grid.sheet)
            if not _dated(grid):
                continue
        before = len(statement.entries) + len(statement.bad_rows)
        for section, mapping in _chosen_sections(grid, chosen, by_name):
            layout = _read_section(grid, section, statement, mapping, filename)
            found = found or layout
        if len(statement.entries) + len(statement.bad_rows) > before:
            seen.append(dated)
    return found


def _dated(grid: Grid) -> Counter[tuple[str, ...]]:
    """How often each row with a date stands on a sheet; lines above the table that name its period are none."""
    return Counter(row.cells for row in grid.rows if row.filled > 2 and any(is_date(cell) for cell in row.cells))


def _without_repeated(grid: Grid, dated: Counter[tuple[str, ...]], seen: list[Counter[tuple[str, ...]]]) -> Grid:
    """The sheet without rows of an earlier one that holds all of its rows, or whose rows it all holds.

    WeChat's XLSX can hold its rows twice, and other workbooks a sheet for all months beside one for each. Rows alike
    are taken out as often as they stood there: two real purchases stay two.
    """
    repeated: Counter[tuple[str, ...]] = Counter()
    for other in seen:
        if dated and (dated.keys() <= other.keys() or other.keys() <= dated.keys()):
            repeated |= other
    if not repeated:
        return grid
    kept = []
    for row in grid.rows:
        if repeated[row.cells] > 0:
            repeated[row.cells] -= 1
        else:
            kept.append(row)
    return Grid(kept, grid.delimiter, grid.sheet)


def _chosen_sections(grid: Grid, chosen: Mapping | None, by_name: bool) -> list[tuple[Section, Mapping | None]]:
    """A sheet's sections, with the chosen mapping where the column names are those it was chosen for.

    `by_name` is False where no sheet has those names: then it is the table below the chosen line.
    """
    if chosen is not None and not by_name:
        return [(_under_line(grid, chosen), chosen)]
    return [(part, chosen if chosen and _has_names(part, chosen) else None) for part in sections(grid)]


def _has_names(section: Section, chosen: Mapping) -> bool:
    """Whether this section's column names are those the mapping was chosen for; both may have none."""
    if section.header is None:
        return chosen.header_line is None and not chosen.header
    return section.header.cells == chosen.header


def _under_line(grid: Grid, chosen: Mapping) -> Section:
    """All rows below the names or the line that were chosen; all rows where there are none."""
    header = next((row for row in grid.rows if row.cells == chosen.header), None) or next(
        (row for row in grid.rows if row.line == chosen.header_line), None
    )
    if chosen.header_line is None or header is None:
        return Section(None, grid.rows, [])
    start = grid.rows.index(header)
    return Section(header, [row for row in grid.rows[start + 1 :] if row.cells != header.cells], grid.rows[:start])


def _read_section(
    grid: Grid, section: Section, statement: Statement, chosen: Mapping | None, filename: str
) -> Layout | None:
    mapping = chosen or guess_columns(section.header, section.rows, grid)
    if mapping is None:
        return None
    layout = layout_of(section.header.cells if section.header else ())
    if mapping.guessed and not mapping.confirmed:
        statement.doubt("columns_guessed")
        if mapping.amount is None:
            statement.doubt("sign_guessed")
    mapping = settled(mapping, section, layout, statement)
    reader = RowReader(
        mapping, layout, statement, section.rows, _stated_month(section, filename), _width(grid, section)
    )
    for row in section.rows:
        reader.read(row)
    reader.close()
    _check_stated_rows(section, statement, reader.entries)
    return layout


def _width(grid: Grid, section: Section) -> int | None:
    """How many columns a text table has; None for sheets, whose cells nothing can split."""
    if not grid.delimiter:
        return None
    if section.header:
        return len(section.header.cells)
    return min((len(row.cells) for row in section.rows if any(is_date(cell) for cell in row.cells)), default=None)


def _stated_month(section: Section, filename: str) -> tuple[int, int, bool] | None:
    """Year and month of the statement from the lines above the table, else from the file's name (then a guess)."""
    for text, sure in ((" ".join(cell for row in section.preamble for cell in row.cells), True), (filename, False)):
        found = _MONTH_STATED.search(text)
        if found and 1 <= int(found[2]) <= 12:
            return int(found[1]), int(found[2]), sure
    return None


def _check_stated_rows(section: Section, statement: Statement, entries: list[Entry]) -> None:
    around = [*section.preamble, *section.rows[-40:], *section.rows[:40]]
    stated = next((int(found[1]) for row in around if row.cells and (found := _ROWS_STATED.match(row.cells[0]))), None)
    if stated is not None and stated != len(entries):
        statement.doubt("rows_stated", stated=stated, present=len(entries))


def guess_table(grid: Grid, statement: Statement, chosen: Mapping | None = None) -> Mapping | None:
    """The mapping of a sheet's first table, settled as far as its rows allow; doubts go to the statement.

    With a chosen mapping, that one, settled by the rows of the table it was chosen for; None where the sheet has none.
    """
    parts = (part for part in sections(grid) if chosen is None or _has_names(part, chosen))
    section = next(parts, None)
    if section is None:
        return None
    mapping = chosen or guess_columns(section.header, section.rows, grid)
    if mapping is None:
        return None
    layout = layout_of(section.header.cells if section.header else ())
    mapping = settled(mapping, section, layout, statement)
    currency = currency_code(mapping.unit)
    return replace(mapping, sign=mapping.sign or Sign.IN, unit=currency)
