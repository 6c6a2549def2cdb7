"""Proposal values to make documents of: any kinds, any currency, any size, every amount told apart from every other."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from planner.documents.proposal import (
    Agency,
    Asked,
    BudgetItem,
    BudgetStatement,
    Cause,
    CreditorShare,
    EvidenceItem,
    OfferRow,
    ProposalDocument,
    Request,
    Side,
)
from planner.engine.money import currency

NAMES = ("海尔消费金融", "Northern Bank", "招商银行信用卡", "Council Tax Office", "借呗")
ASKED = {
    "reduce": Asked("reduce", amount_minor=124000, from_on=date(2027, 1, 18)),
    "reduce_until": Asked("reduce_until", amount_minor=90000, from_on=date(2027, 1, 18), until=date(2027, 12, 18)),
    "postpone": Asked("postpone", from_on=date(2027, 1, 18), until=date(2027, 3, 18), count=3, interest="capitalised"),
    "rate": Asked("rate", annual_rate=Decimal("0.0845"), from_on=date(2027, 1, 18)),
    "freeze": Asked("freeze", from_on=date(2027, 1, 18), until=date(2027, 6, 18)),
    "longer": Asked("longer", instalments=12, from_on=date(2027, 1, 18)),
    "move_due": Asked("move_due", day=25, from_on=date(2027, 1, 18)),
    "settle": Asked("settle", amount_minor=4200000, on=date(2027, 1, 28)),
}
ITEMS = (
    BudgetItem("工资", "income", 560000, "wage"),
    BudgetItem("Rent", "essential", 160000, "rent", "Two rooms, the cheapest near work"),
    BudgetItem("Food", "flexible", 135000, "food"),
    BudgetItem("Savings", "savings", 20000, "savings"),
)


def due(n: int, day: int = 18) -> date:
    """The n-th month's due date from January 2027 on, n from 0."""
    return date(2027 + n // 12, n % 12 + 1, day)


def owed_of(n: int, count: int) -> int:
    """What creditor `n` is owed: about 1,000 an instalment, so that every payment is above its principal."""
    return 100000 * count + 1000 * (n - 1)


def rows_of(count: int, payment: int, *, start: int = 0, day: int = 18, opening: int = 6000000) -> tuple[OfferRow, ...]:
    """Instalments of `payment` each (the last differs), a quarter of it interest, until `opening` is repaid."""
    found, left = [], opening
    for k in range(count):
        principal = left if k == count - 1 else opening // count
        left -= principal
        interest = max(payment - principal, 0)
        found.append(OfferRow(k + 1, due(start + k, day), principal, interest, principal + interest, left))
    return tuple(found)


def side_of(rows: tuple[OfferRow, ...]) -> Side:
    """The summary of instalments."""
    total = sum(row.payment_minor for row in rows)
    return Side(rows[0].payment_minor, len(rows), rows[0].due_on, rows[-1].due_on, total, Decimal("0.162165"))


def request_of(n: int, kind: str, count: int = 60) -> Request:
    """What is asked of creditor `n`: rows in the manner of its kind."""
    opening = owed_of(n, count)
    before = rows_of(count, 181667 + n, opening=opening)
    asked, paid = ASKED[kind], opening * 7 // 10
    if kind == "settle":
        asked = replace(asked, amount_minor=paid)
        after = (OfferRow(1, date(2027, 1, 28), paid, 0, paid, 0),)
    elif kind == "postpone":
        after = rows_of(count, 191667 + n, start=3, opening=opening)
    else:
        after = rows_of(count, 124000 + n, day=25 if kind == "move_due" else 18, opening=opening)
    resumes = date(2028, 1, 18) if kind == "reduce_until" and count > 12 else None
    forgiven = opening - paid if kind == "settle" else 0
    return Request(n, asked, opening, 1234 * n if n > 1 else 0, forgiven, resumes,
                   side_of(before), side_of(after), before, after)  # fmt: skip


def make(
    kinds: tuple[str, ...] = ("reduce",), *, count: int = 60, code: str = "CNY", **change: Any
) -> ProposalDocument:
    """A proposal with one request per kind, and one more creditor (a priority debt) that is paid as agreed."""
    shares = tuple(
        CreditorShare(k + 1, NAMES[k % 5], f"77{k}1", owed_of(k + 1, count), 181667, 124000 + k, False, False)
        for k in range(len(kinds))
    )
    last = CreditorShare(len(kinds) + 1, "Landlord 房东", "R-9", 300000, 50000, 50000, True, False)
    budget = BudgetStatement(560000, 160000, 135000, 20000, 245000, 50000, ITEMS)
    values: dict[str, Any] = {
        "reference": "RP-2026-1209-4F7K2", "number": 1, "created_on": date(2026, 12, 9), "reply_by": date(2026, 12, 23),
        "review_on": date(2027, 6, 9), "unit": currency(code), "to": None, "borrower_name": "孙倩",
        "borrower_contact": "138 0000 0000", "agency": Agency("Advice Centre", "advice@example.org", "C-17"),
        "cause": Cause("income", date(2027, 1, 1), None, "取消加班\n第二行"), "budget": budget,
        "creditors": (*shares, last), "requests": tuple(request_of(k + 1, kind, count) for k, kind in enumerate(kinds)),
        "evidence": (EvidenceItem("payslip.pdf", "application/pdf", 81234, "ab" * 32),
                     EvidenceItem("notice.jpg", "image/jpeg", 2181234, "cd" * 32)),
    }  # fmt: skip
    return ProposalDocument(**(values | change))
