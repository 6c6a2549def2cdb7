"""The budget in the form counsellors and lenders know: monthly figures by heading, with notes, debts and guidelines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from flask_babel import get_locale

from ..access import select_rows
from ..engine.budget import Kind, MonthSummary
from ..extensions import db
from ..loans import services as loans
from ..loans.services import LoanPosition
from ..models import Case, Guideline, Loan
from ..packs import find_heading, headings
from .services import MonthView, Row, lines, month_view


class Heading(NamedTuple):
    """One heading with its lines, in minor units a month; `guideline` is what the owner was told is usual."""

    key: str
    label: str
    monthly_minor: int
    rows: tuple[Row, ...]
    guideline: Guideline | None

    @property
    def over_minor(self) -> int:
        """How far it goes beyond the guideline; 0 when it does not, or there is none."""
        return max(self.monthly_minor - self.guideline.amount_minor, 0) if self.guideline else 0


class Debt(NamedTuple):
    """One debt: what is due in the month, what is left, and what of it is overdue."""

    position: LoanPosition
    monthly_minor: int
    left_minor: int
    overdue_minor: int

    @property
    def loan(self) -> Loan:
        """The contract's row."""
        return self.position.loan


@dataclass(frozen=True, slots=True)
class Statement:
    """One household's month. Sums are those of the month view; debts in other currencies are listed, but in no sum."""

    month: MonthView
    summary: MonthSummary
    income: tuple[Heading, ...]
    fixed: tuple[Heading, ...]
    flexible: tuple[Heading, ...]
    savings: tuple[Heading, ...]
    priority: tuple[Debt, ...]
    others: tuple[Debt, ...]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show."""
        return not (self.income or self.fixed or self.flexible or self.savings or self.priority or self.others)


def statement_of(case: Case, today: date, *, has_debts: bool = True) -> Statement:
    """The statement of the present month; without debts for a reader whom no loan is shared with."""
    found = [p for p in loans.positions(case, today) if not p.is_paid_off] if has_debts else []
    month = month_view(case, today.replace(day=1), today, found, has_debts=has_debts)
    told = guidelines_of(case)
    due: dict[int, int] = defaultdict(int)
    for item in (*month.instalments, *month.foreign):
        due[item.loan_id] += item.amount_minor
    debts = [Debt(p, due[p.loan.id], p.left_minor, _overdue(p)) for p in found]
    return Statement(
        month, month.summary, _by_heading(case, month.income, told), _by_heading(case, month.essential, told),
        _by_heading(case, month.flexible, told), _by_heading(case, month.savings, told),
        tuple(d for d in debts if d.loan.is_priority), tuple(d for d in debts if not d.loan.is_priority),
    )  # fmt: skip


def guidelines_of(case: Case) -> dict[str, Guideline]:
    """The guideline figures the owner gave, by heading."""
    return {row.category: row for row in db.session.scalars(select_rows(Guideline, case))}


def guideline_keys(case: Case) -> list[str]:
    """The headings that may have a guideline: those of the country, and any that lines use, expenses only."""
    used = [line.category for line in lines(case) if line.kind == Kind.EXPENSE]
    own = [key for key, heading in headings(case.currency).items() if heading.kind == Kind.EXPENSE]
    return list(dict.fromkeys([*(key for key in own if key in used), *used, *own, *guidelines_of(case)]))


def set_guidelines(case: Case, values: Mapping[str, tuple[int | None, str | None]]) -> None:
    """Keep the figures of these headings; None takes one away."""
    stored = guidelines_of(case)
    for key, (amount, source) in values.items():
        row = stored.get(key)
        if amount is None:
            if row is not None:
                db.session.delete(row)
            continue
        if row is None:
            row = Guideline(case_id=case.id, category=key)
            db.session.add(row)
        row.amount_minor, row.source = amount, source
    db.session.flush()


def heading_label(key: str, currency: str) -> str:
    """A heading in the reader's language; its key where no set knows it."""
    heading = find_heading(key, currency)
    return heading.label(str(get_locale())) if heading else key


def _by_heading(case: Case, rows: Sequence[Row], told: Mapping[str, Guideline]) -> tuple[Heading, ...]:
    order = list(headings(case.currency))
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row.line.category].append(row)
    keys = sorted(groups, key=lambda key: (order.index(key) if key in order else len(order), key))
    return tuple(
        Heading(key, heading_label(key, case.currency), sum(r.monthly_minor for r in groups[key]), tuple(groups[key]),
                told.get(key) if groups[key][0].line.kind == Kind.EXPENSE else None)
        for key in keys
    )  # fmt: skip


def _overdue(p: LoanPosition) -> int:
    return sum(
        row.left_minor + row.late_left_minor
        for row in p.ledger.rows
        if row.instalment.due_date < p.ledger.as_of and not row.is_paid
    )


__all__ = ["Statement", "guideline_keys", "guidelines_of", "heading_label", "set_guidelines", "statement_of"]
