"""The proposal as one frozen value: everything that is offered to all creditors at once. All copies are made from it.

The whole value is the borrower's. A creditor's copy (`copy_for`) addresses one of them and holds only what was ticked: what is
not ticked is gone from the value, not hidden in the page.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass, fields, replace
from datetime import date
from decimal import Decimal
from typing import Any

from ..engine.asked import Asked as Asked
from ..engine.money import Currency
from . import plain

SCHEMA = "planner-proposal/2"
# What the borrower may tick, in the order of the page. Everything else on a copy is the request itself.
PARTS = ("name", "contact", "contract_number", "cause", "budget", "other_creditors", "other_names", "evidence")
# What a plan needs to be believed; how to reach the borrower, and whom else they owe by name, is theirs to add.
SHOWN_AT_FIRST = frozenset({"name", "contract_number", "cause", "budget", "other_creditors"})


@dataclass(frozen=True, slots=True)
class Cause:
    """Why the borrower asks: a code (see proposals/forms.py), since when, until when, and in their own words."""

    code: str
    since: date | None
    until: date | None
    text: str | None


@dataclass(frozen=True, slots=True)
class BudgetItem:
    """One line of the statement as a monthly amount; `group` is income, essential, flexible or savings.

    `heading` is its category in packs/categories_*.toml; `note` explains it to whoever reads the statement.
    """

    name: str
    group: str
    monthly_minor: int
    heading: str
    note: str | None = None


@dataclass(frozen=True, slots=True)
class BudgetStatement:
    """The household's month in minor units: available = income - essential - flexible - savings, for all creditors together.

    `priority_minor` is what priority debts take of it. None: not shown to this reader.
    """

    income_minor: int
    essential_minor: int
    flexible_minor: int
    savings_minor: int
    available_minor: int | None
    priority_minor: int | None
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
    """One instalment in minor units; `interest_minor` holds fees too."""

    n: int
    due_on: date
    principal_minor: int
    interest_minor: int
    payment_minor: int
    balance_minor: int


@dataclass(frozen=True, slots=True)
class CreditorShare:
    """One creditor's place in the fair-share table, numbered from 1; amounts a month where not said otherwise.

    `owed_minor` weighs the share, `contract_minor` is what the contract asks, `offered_minor` what is offered while the plan
    runs. `creditor` and `contract_number` are None where this reader is not told.
    """

    n: int
    creditor: str | None
    contract_number: str | None
    owed_minor: int
    contract_minor: int
    offered_minor: int
    is_priority: bool
    is_token: bool


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of creditor `n`, and what follows: the remaining instalments by contract and as asked.

    `opening_minor` is what is owed when it begins, `forgiven_minor` what the creditor would give up, `resumes_on` the first date
    with the contract's normal payment again (None: there is no such date), `arrears_minor` what is overdue now.
    """

    n: int
    asked: Asked
    opening_minor: int
    arrears_minor: int
    forgiven_minor: int
    resumes_on: date | None
    contract: Side
    offer: Side
    contract_rows: tuple[OfferRow, ...]
    rows: tuple[OfferRow, ...]


@dataclass(frozen=True, slots=True)
class EvidenceItem:
    """A file that supports the proposal: its name, what it is, its size in bytes and its fingerprint."""

    name: str
    kind: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Agency:
    """Who helped to draw it up; `case_reference` is theirs."""

    name: str
    contact: str | None
    case_reference: str | None


@dataclass(frozen=True, slots=True)
class ProposalDocument:
    """One version of a proposal, complete in itself. `to` is the creditor this copy is for, None for the borrower's own."""

    reference: str
    number: int
    created_on: date
    reply_by: date
    review_on: date | None
    unit: Currency
    to: int | None
    borrower_name: str | None
    borrower_contact: str | None
    agency: Agency | None
    cause: Cause | None
    budget: BudgetStatement | None
    creditors: tuple[CreditorShare, ...]
    requests: tuple[Request, ...]
    evidence: tuple[EvidenceItem, ...]

    def copy_for(self, n: int, shown: Collection[str]) -> ProposalDocument:
        """Creditor `n`'s copy with only the ticked parts. Raises KeyError when nothing is asked of that creditor."""
        keep = set(shown)
        own = [request for request in self.requests if request.n == n]
        if not own:
            raise KeyError(n)
        return replace(
            self,
            to=n,
            borrower_name=self.borrower_name if "name" in keep else None,
            borrower_contact=self.borrower_contact if "contact" in keep else None,
            cause=self.cause if "cause" in keep else None,
            budget=self._budget_shown(keep),
            creditors=tuple(self._creditor_shown(each, n, keep) for each in self.creditors
                            if each.n == n or "other_creditors" in keep),
            requests=tuple(own),
            evidence=self.evidence if "evidence" in keep else (),
        )  # fmt: skip

    def creditor(self, n: int) -> CreditorShare:
        """The creditor of this number. Raises KeyError."""
        found = next((each for each in self.creditors if each.n == n), None)
        if found is None:
            raise KeyError(n)
        return found

    def request(self, n: int) -> Request:
        """What is asked of creditor `n`. Raises KeyError."""
        found = next((each for each in self.requests if each.n == n), None)
        if found is None:
            raise KeyError(n)
        return found

    @property
    def addressee(self) -> CreditorShare:
        """The creditor this copy is for. Raises KeyError for the borrower's own copy."""
        return self.creditor(self.to or 0)

    @property
    def main(self) -> Request:
        """The one request of a creditor's copy. Raises KeyError for the borrower's own."""
        return self.request(self.to or 0)

    @property
    def offered_minor(self) -> int:
        """All offers together, a month."""
        return sum(each.offered_minor for each in self.creditors)

    @property
    def sha256(self) -> str:
        """The fingerprint of this copy: SHA-256 over its canonical JSON."""
        canonical = json.dumps(to_json(self), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(canonical.encode()).hexdigest()

    @property
    def fingerprint(self) -> str | None:
        """What a copy prints to be checked by; None on a draft."""
        return self.sha256

    def as_draft(self) -> DraftDocument:
        """The same as a copy of something no lender was sent."""
        return DraftDocument(**{field.name: getattr(self, field.name) for field in fields(self)})

    def _budget_shown(self, keep: set[str]) -> BudgetStatement | None:
        """Without the other creditors, what is left for all of them says too much about what they get."""
        if "budget" not in keep or self.budget is None:
            return None
        if "other_creditors" in keep:
            return self.budget
        return replace(self.budget, available_minor=None, priority_minor=None)

    def _creditor_shown(self, each: CreditorShare, n: int, keep: set[str]) -> CreditorShare:
        if each.n == n:
            return each if "contract_number" in keep else replace(each, contract_number=None)
        return replace(each, contract_number=None, creditor=each.creditor if "other_names" in keep else None)


@dataclass(frozen=True, slots=True)
class DraftDocument(ProposalDocument):
    """A copy of what no link holds: it says so, and carries no fingerprint, for a check of it would find nothing."""

    @property
    def fingerprint(self) -> str | None:
        """There is nothing to check it against."""
        return None


def to_json(document: ProposalDocument) -> dict[str, Any]:
    """The value as JSON (planner/documents/proposal.schema.json): amounts as decimal strings, dates in ISO form."""
    found = plain.write(document, document.unit)
    return {"schema": SCHEMA} | found


def from_json(found: dict[str, Any]) -> ProposalDocument:
    """The value again. Raises KeyError or ValueError for what `to_json` did not write."""
    if found["schema"] != SCHEMA:
        raise ValueError("another schema")
    unit = plain.read_unit(found["unit"])
    value: ProposalDocument = plain.read(ProposalDocument, found, unit)
    return value
