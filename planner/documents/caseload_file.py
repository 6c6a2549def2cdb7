"""A counsellor's clients as CSV, and as JSON by the published schema (caseload.schema.json).

Amounts are minor units here and decimal strings of each row's currency in the files. What a consent does not cover is None.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from flask_babel import gettext as _

from ..engine.money import currency
from . import csv_file, plain

SCHEMA = "planner-caseload/1"


@dataclass(frozen=True, slots=True)
class ClientRow:
    """One client: the agency's own words, what consent allows (`access`: view, propose, edit, ended, or none so far), and the
    figures as they were last worked out, on `figures_of`."""

    number: int
    name: str | None
    place: str | None
    contact: str | None
    next_step: str | None
    next_on: date | None
    access: str
    access_until: date | None
    figures_of: date | None = None
    currency: str | None = None
    income_minor: int | None = None
    living_minor: int | None = None
    due_minor: int | None = None
    owed_minor: int | None = None
    short_on: date | None = None
    short_minor: int | None = None
    short_what: str | None = None
    overdue_days: int | None = None
    overdue_minor: int | None = None
    reply_on: date | None = None
    review_on: date | None = None
    answers: int | None = None


def json_bytes(rows: Sequence[ClientRow], taken_on: date) -> bytes:
    """The JSON file."""
    found = {"schema": SCHEMA, "taken_on": taken_on.isoformat(), "clients": [to_json(row) for row in rows]}
    return json.dumps(found, ensure_ascii=False, indent=2).encode()


def to_json(row: ClientRow) -> dict[str, Any]:
    """One client as JSON, amounts in the currency it names."""
    written: dict[str, Any] = plain.write(row, currency(row.currency or "CNY"))
    return written


def from_json(found: dict[str, Any]) -> ClientRow:
    """One client again. Raises KeyError, TypeError or ValueError for what `to_json` did not write."""
    row: ClientRow = plain.read(ClientRow, found, currency(found["currency"] or "CNY"))
    return row


def csv_bytes(rows: Sequence[ClientRow]) -> bytes:
    """The CSV file, with headings in the reader's language; the import of a client list knows the first ones."""
    return csv_file.write(_rows(rows))


def _rows(rows: Sequence[ClientRow]) -> Iterator[list[str]]:
    heads = _heads()
    yield [heads[field.name] for field in fields(ClientRow)]
    for row in rows:
        written = to_json(row)
        yield ["" if value is None else str(value) for value in written.values()]


def _heads() -> dict[str, str]:
    return {
        "number": _("Number"), "name": _("Name"), "place": _("Place"), "contact": _("Contact"),
        "next_step": _("Next step"), "next_on": _("Next date"), "access": _("Access"), "access_until": _("Access until"),
        "figures_of": _("Figures of"), "currency": _("Currency"), "income_minor": _("Income a month"),
        "living_minor": _("Living a month"), "due_minor": _("Instalments a month"), "owed_minor": _("Owed"),
        "short_on": _("Short on"), "short_minor": _("Short by"), "short_what": _("What does not fit"),
        "overdue_days": _("Days overdue"), "overdue_minor": _("Overdue"), "reply_on": _("Reply due"),
        "review_on": _("Review on"), "answers": _("Answers to read"),
    }  # fmt: skip
