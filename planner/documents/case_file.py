"""A case as one value, to be taken out of the system: as JSON by the published schema (case.schema.json), and as CSV.

Amounts are minor units here and decimal strings in the files. A part of the case that was not shared with whoever takes it
out is None.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _

from ..engine.money import Currency, from_minor
from . import csv_file, plain
from .proposal import OfferRow

SCHEMA = "planner-case/1"


@dataclass(frozen=True, slots=True)
class BudgetRow:
    """One income or expense; `monthly_minor` is what the present month counts for it."""

    name: str
    kind: str
    necessity: str | None
    category: str
    amount_minor: int
    frequency: str
    starts_on: date
    ends_on: date | None
    monthly_minor: int
    note: str | None


@dataclass(frozen=True, slots=True)
class ScheduleRow:
    """One instalment as it is due now, by contract or agreement, and what of it is not paid."""

    n: int
    due_on: date
    principal_minor: int
    interest_minor: int
    fee_minor: int
    payment_minor: int
    left_minor: int


@dataclass(frozen=True, slots=True)
class PaidRow:
    """Money paid; one the bank returned paid nothing."""

    paid_on: date
    amount_minor: int
    instalment: int | None
    purpose: str
    returned_on: date | None


@dataclass(frozen=True, slots=True)
class LoanPart:
    """One loan in its own currency; `terms` is the contract in the words of engine/contract.py."""

    unit: Currency
    creditor: str
    name: str | None
    contract_number: str | None
    is_priority: bool
    advertised_rate: Decimal | None
    annual_cost: Decimal | None
    closed_on: date | None
    left_minor: int
    overdue_minor: int
    days_past_due: int
    terms: dict[str, Any]
    schedule: tuple[ScheduleRow, ...]
    payments: tuple[PaidRow, ...]


@dataclass(frozen=True, slots=True)
class PlanPart:
    """What was proposed to one creditor: when it was first shared, and what was answered last, if the talks are shared."""

    reference: str
    creditor: str
    shared_on: date | None
    answer: str | None
    answered_on: date | None


@dataclass(frozen=True, slots=True)
class ArrangementPart:
    """What was agreed with one creditor, in the currency of the loan."""

    unit: Currency
    creditor: str
    from_on: date
    review_on: date | None
    ended_on: date | None
    rows: tuple[OfferRow, ...]


@dataclass(frozen=True, slots=True)
class CaseFile:
    """A household's case on one day, as far as its parts were shared."""

    client: int
    taken_on: date
    unit: Currency
    balance_minor: int | None
    balance_on: date | None
    budget: tuple[BudgetRow, ...] | None
    loans: tuple[LoanPart, ...] | None
    plans: tuple[PlanPart, ...] | None
    arrangements: tuple[ArrangementPart, ...] | None


def to_json(case: CaseFile) -> dict[str, Any]:
    """The value as JSON: amounts of a loan and an agreement in their own currency, all others in the case's."""
    found: dict[str, Any] = {"schema": SCHEMA} | plain.write(case, case.unit)
    for name in ("loans", "arrangements"):
        parts = getattr(case, name)
        found[name] = None if parts is None else [plain.write(part, part.unit) for part in parts]
    return found


def json_bytes(case: CaseFile) -> bytes:
    """The JSON file."""
    return json.dumps(to_json(case), ensure_ascii=False, indent=2).encode()


def csv_bytes(case: CaseFile) -> bytes:
    """The same for spreadsheets, one table under the other; what was not shared is missing."""
    return csv_file.write(_rows(case))


def _rows(case: CaseFile) -> Iterator[list[str]]:
    yield [_("Client"), str(case.client)]
    yield [_("Date"), case.taken_on.isoformat()]
    yield [_("Currency"), case.unit.code]
    if case.balance_minor is not None:
        yield [_("Money in hand"), _amount(case.balance_minor, case.unit), _day(case.balance_on)]
    yield from _budget(case)
    for loan in case.loans or ():
        yield from _loan(loan)
    yield from _plans(case)
    for agreed in case.arrangements or ():
        yield from _arrangement(agreed)


def _budget(case: CaseFile) -> Iterator[list[str]]:
    if case.budget is None:
        return
    yield []
    yield [
        _("Budget"),
        _("Kind"),
        _("Category"),
        _("Amount"),
        _("How often"),
        _("From"),
        _("Until"),
        _("A month"),
        _("Note"),
    ]
    for row in case.budget:
        yield [
            row.name, row.necessity or row.kind, row.category, _amount(row.amount_minor, case.unit), row.frequency,
            _day(row.starts_on), _day(row.ends_on), _amount(row.monthly_minor, case.unit), row.note or "",
        ]  # fmt: skip


def _loan(loan: LoanPart) -> Iterator[list[str]]:
    unit = loan.unit
    yield []
    yield [
        _("Loan"),
        loan.name or loan.creditor,
        _("Creditor"),
        loan.creditor,
        _("Contract number"),
        loan.contract_number or "",
    ]
    yield [_("Currency"), unit.code, _("Left to pay"), _amount(loan.left_minor, unit), _("Overdue"),
           _amount(loan.overdue_minor, unit)]  # fmt: skip
    yield [_("Instalment"), _("Due date"), _("Principal"), _("Interest"), _("Fees"), _("Payment"), _("Left to pay")]
    for row in loan.schedule:
        amounts = (row.principal_minor, row.interest_minor, row.fee_minor, row.payment_minor, row.left_minor)
        yield [str(row.n), _day(row.due_on), *(_amount(each, unit) for each in amounts)]
    if loan.payments:
        yield [_("Paid on"), _("Amount"), _("Instalment"), _("Returned on")]
    for paid in loan.payments:
        yield [_day(paid.paid_on), _amount(paid.amount_minor, unit), str(paid.instalment or ""), _day(paid.returned_on)]


def _plans(case: CaseFile) -> Iterator[list[str]]:
    if not case.plans:
        return
    yield []
    width = 3 if case.arrangements is None else 5  # no column says "not answered" of what was not shared
    yield [_("Plan"), _("Creditor"), _("Shared on"), _("Answer"), _("Answered on")][:width]
    for plan in case.plans:
        row = [plan.reference, plan.creditor, _day(plan.shared_on), plan.answer or "", _day(plan.answered_on)]
        yield row[:width]


def _arrangement(agreed: ArrangementPart) -> Iterator[list[str]]:
    yield []
    yield [_("Agreement"), agreed.creditor, _("From"), _day(agreed.from_on), _("Review on"), _day(agreed.review_on),
           _("Ended on"), _day(agreed.ended_on)]  # fmt: skip
    yield [_("Instalment"), _("Due date"), _("Principal"), _("Interest and fees"), _("Payment"), _("Left to pay")]
    for row in agreed.rows:
        amounts = (row.principal_minor, row.interest_minor, row.payment_minor, row.balance_minor)
        yield [str(row.n), _day(row.due_on), *(_amount(each, agreed.unit) for each in amounts)]


def _amount(minor: int, unit: Currency) -> str:
    return format(from_minor(minor, unit), "f")


def _day(on: date | None) -> str:
    return on.isoformat() if on else ""
