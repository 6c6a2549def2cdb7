"""The proposal as one frozen value. PDF, CSV, JSON and the lender's page are all made from it, so their figures agree."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from ..engine.money import Currency, currency, from_minor, to_minor

SCHEMA = "planner-proposal/1"
# What the borrower may tick, in the order of the page. Everything else on the document is the request itself.
PARTS = ("name", "contact", "contract_number", "cause", "budget", "other_creditors")


@dataclass(frozen=True, slots=True)
class Cause:
    """Why the borrower asks: a code (see proposals/forms.py), since when, until when, and in their own words."""

    code: str
    since: date | None
    until: date | None
    text: str | None


@dataclass(frozen=True, slots=True)
class BudgetItem:
    """One line of the statement as a monthly amount; `group` is income, essential, flexible or savings."""

    name: str
    group: str
    monthly_minor: int


@dataclass(frozen=True, slots=True)
class BudgetStatement:
    """The household's month in minor units. `available_minor` is what this loan can be paid from.

    `other_instalments_minor` is None when the borrower does not show what other creditors get; nor then is `available_minor`.
    """

    income_minor: int
    essential_minor: int
    flexible_minor: int
    savings_minor: int
    other_instalments_minor: int | None
    available_minor: int | None
    items: tuple[BudgetItem, ...]


@dataclass(frozen=True, slots=True)
class Side:
    """One side of the comparison: what is still to be paid, in minor units, and its yearly cost as a fraction."""

    payment_minor: int
    count: int
    first_due: date
    last_due: date
    total_minor: int
    annual_cost: Decimal | None


@dataclass(frozen=True, slots=True)
class OfferRow:
    """One offered instalment in minor units."""

    n: int
    due_on: date
    principal_minor: int
    interest_minor: int
    payment_minor: int
    balance_minor: int


@dataclass(frozen=True, slots=True)
class ProposalDocument:
    """One version of a proposal to one creditor, complete in itself."""

    reference: str
    number: int
    created_on: date
    reply_by: date
    unit: Currency
    creditor: str
    contract_number: str | None
    borrower_name: str | None
    borrower_contact: str | None
    cause: Cause | None
    budget: BudgetStatement | None
    opening_minor: int
    contract: Side
    offer: Side
    rows: tuple[OfferRow, ...]

    def redacted(self, shown: Collection[str]) -> ProposalDocument:
        """The same proposal with only the ticked parts; what is not ticked is gone, not hidden."""
        keep = set(shown)
        return replace(
            self,
            borrower_name=self.borrower_name if "name" in keep else None,
            borrower_contact=self.borrower_contact if "contact" in keep else None,
            contract_number=self.contract_number if "contract_number" in keep else None,
            cause=self.cause if "cause" in keep else None,
            budget=self._budget_shown(keep),
        )

    def _budget_shown(self, keep: set[str]) -> BudgetStatement | None:
        if "budget" not in keep or self.budget is None:
            return None
        if "other_creditors" in keep:
            return self.budget
        return replace(self.budget, other_instalments_minor=None, available_minor=None)

    @property
    def sha256(self) -> str:
        """The fingerprint of this value: SHA-256 over its canonical JSON."""
        canonical = json.dumps(to_json(self), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(canonical.encode()).hexdigest()


def to_json(document: ProposalDocument) -> dict[str, Any]:
    """The value as JSON (planner/documents/proposal.schema.json): amounts as decimal strings, dates in ISO form."""
    unit = document.unit

    def amount(minor: int | None) -> str | None:
        return None if minor is None else format(from_minor(minor, unit), "f")

    return {
        "schema": SCHEMA,
        "reference": document.reference,
        "version": document.number,
        "created_on": document.created_on.isoformat(),
        "reply_by": document.reply_by.isoformat(),
        "currency": {"code": unit.code, "minor_digits": unit.minor_digits},
        "creditor": document.creditor,
        "contract_number": document.contract_number,
        "borrower": {"name": document.borrower_name, "contact": document.borrower_contact},
        "cause": document.cause and _cause_json(document.cause),
        "budget": document.budget and {
            **{name: amount(getattr(document.budget, f"{name}_minor")) for name in _BUDGET_FIELDS},
            "items": [
                {"name": item.name, "group": item.group, "monthly": amount(item.monthly_minor)} for item in document.budget.items
            ],
        },
        "opening_amount": amount(document.opening_minor),
        "contract": _side_json(document.contract, amount),
        "offer": _side_json(document.offer, amount),
        "instalments": [
            {"n": row.n, "due_on": row.due_on.isoformat()} | {name: amount(getattr(row, f"{name}_minor")) for name in _ROW_FIELDS}
            for row in document.rows
        ],
    }  # fmt: skip


def from_json(found: dict[str, Any]) -> ProposalDocument:
    """The value again. Raises KeyError or ValueError for what `to_json` did not write."""
    unit = Currency(found["currency"]["code"], found["currency"]["minor_digits"])
    if currency(unit.code) != unit:
        raise ValueError("the currency's decimals do not belong to its code")

    def minor(text: str | None) -> int | None:
        return None if text is None else to_minor(text, unit)

    def side(values: dict[str, Any]) -> Side:
        cost = values["annual_cost"]
        return Side(
            to_minor(values["payment"], unit), values["count"], date.fromisoformat(values["first_due"]),
            date.fromisoformat(values["last_due"]), to_minor(values["total"], unit), None if cost is None else Decimal(cost),
        )  # fmt: skip

    return ProposalDocument(
        reference=found["reference"],
        number=found["version"],
        created_on=date.fromisoformat(found["created_on"]),
        reply_by=date.fromisoformat(found["reply_by"]),
        unit=unit,
        creditor=found["creditor"],
        contract_number=found["contract_number"],
        borrower_name=found["borrower"]["name"],
        borrower_contact=found["borrower"]["contact"],
        cause=found["cause"] and Cause(found["cause"]["code"], _day(found["cause"]["since"]), _day(found["cause"]["until"]),
                                       found["cause"]["text"]),
        budget=found["budget"] and _budget_from_json(found["budget"], minor),
        opening_minor=to_minor(found["opening_amount"], unit),
        contract=side(found["contract"]),
        offer=side(found["offer"]),
        rows=tuple(
            OfferRow(row["n"], date.fromisoformat(row["due_on"]), *(to_minor(row[name], unit) for name in _ROW_FIELDS))
            for row in found["instalments"]
        ),
    )  # fmt: skip


_BUDGET_FIELDS = ("income", "essential", "flexible", "savings", "other_instalments", "available")
_ROW_FIELDS = ("principal", "interest", "payment", "balance")


def _budget_from_json(found: dict[str, Any], minor: Any) -> BudgetStatement:
    items = tuple(BudgetItem(item["name"], item["group"], minor(item["monthly"])) for item in found["items"])
    return BudgetStatement(**{f"{name}_minor": minor(found[name]) for name in _BUDGET_FIELDS}, items=items)


def _cause_json(cause: Cause) -> dict[str, Any]:
    return {
        "code": cause.code,
        "since": cause.since and cause.since.isoformat(),
        "until": cause.until and cause.until.isoformat(),
        "text": cause.text,
    }


def _side_json(side: Side, amount: Any) -> dict[str, Any]:
    return {
        "payment": amount(side.payment_minor),
        "count": side.count,
        "first_due": side.first_due.isoformat(),
        "last_due": side.last_due.isoformat(),
        "total": amount(side.total_minor),
        "annual_cost": None if side.annual_cost is None else format(round(side.annual_cost, 6), "f"),
    }


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
