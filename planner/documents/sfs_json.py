"""The statement as SFS-compatible JSON: the summary structure of formats.md section 1 (data definition v1.1), with its formulae.

It is compatible with that structure, not issued by its owners. Amounts are monthly multiples of 0.01 in the currency named in the
notes. A line goes to the total its heading names (packs, `Category.sfs`); one without such a heading to the "other" total of its
part. What the structure asks and this value does not know is said in the notes.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from flask_babel import gettext as _

from .. import packs
from ..engine.money import Currency, from_minor
from . import words
from .proposal import BudgetItem, BudgetStatement, CreditorShare, ProposalDocument

INCOME = ("total-earnings", "total-benefits", "total-pensions", "total-other-income")
FIXED = (
    "rent", "mortgage", "secured-loans", "council-tax-rates", "other-home-contents", "gas", "electricity", "other-utilities",
    "total-water", "total-care-health", "total-transport-travel", "total-school", "total-pensions-insurances",
    "total-professional", "total-other-essential",
)  # fmt: skip
FLEXIBLE = ("total-communications-leisure", "total-food-housekeeping", "total-personal")
SAVINGS = "savings-contribution"
# Where a line without a heading of that structure goes, by its part of the statement.
OTHER = {
    "income": "total-other-income",
    "essential": "total-other-essential",
    "flexible": "total-personal",
    "savings": SAVINGS,
}
_CENT = Decimal("0.01")
Totals = dict[str, Decimal]


def to_bytes(document: ProposalDocument) -> bytes:
    """The file. Raises ValueError where `is_possible` is false."""
    return json.dumps(summary(document), ensure_ascii=False, indent=2).encode()


def statement_bytes(document: ProposalDocument, facts: Iterable[tuple[str, str]]) -> bytes:
    """The file of a month of which no proposal is made; `facts` say what it is, as label and value."""
    about = [f"{label}: {value}" for label, value in facts]
    return json.dumps(summary(document, about), ensure_ascii=False, indent=2).encode()


def is_possible(document: ProposalDocument) -> bool:
    """Whether this reader sees the budget and all creditors: the structure says what is left for all of them, and lists them."""
    return document.budget is not None and document.budget.available_minor is not None


def summary(document: ProposalDocument, about: list[str] | None = None) -> dict[str, Any]:
    """The structure as JSON, with what it is `about`, else the proposal's facts, in its notes.

    Raises ValueError where `is_possible` is false.
    """
    if document.budget is None or not is_possible(document):
        raise ValueError("the budget or the other creditors are not shown")
    totals = _totals(document.budget, document.unit)
    income, fixed, flexible = (_part(totals, keys) for keys in (INCOME, FIXED, FLEXIBLE))
    debts = _debts(document)
    return {
        "overview": _overview(totals, sum(income.values()), sum([*fixed.values(), *flexible.values()]), document),
        "monthly-income": _numbers(income | {"total-monthly-income": sum(income.values())}),
        "monthly-outgoings": {
            "fixed-costs": _numbers(fixed | {"total-fixed-costs": sum(fixed.values())}),
            "flexible-costs": _numbers(flexible | {"total-flexible-costs": sum(flexible.values())}),
            "total-monthly-outgoings": _number(sum([*fixed.values(), *flexible.values()])),
        },
        "confirmations": {"asset-use-considered": False, "savings-contribution-considered": bool(totals[SAVINGS])},
        "debts": debts,
        "notes": _notes(document, document.budget, about),
    }


def heading(item: BudgetItem, unit: Currency) -> str:
    """The total of that structure which a line belongs to."""
    allowed = (*INCOME,) if item.group == "income" else (SAVINGS,) if item.group == "savings" else (*FIXED, *FLEXIBLE)
    found = packs.find_heading(item.heading, unit.code)
    if found and found.sfs and found.sfs in allowed:
        return found.sfs
    return OTHER[item.group]


def _totals(budget: BudgetStatement, unit: Currency) -> Totals:
    """Every total from its lines, each rounded first, so that what is added up is what is shown."""
    totals: Totals = defaultdict(Decimal)
    for item in budget.items:
        totals[heading(item, unit)] += _cents(item.monthly_minor, unit)
    for group, other in OTHER.items():
        totals[other] += _cents(words.unlisted_minor(budget, group), unit)
    return totals


def _overview(totals: Totals, income: Decimal | int, out: Decimal | int, document: ProposalDocument) -> dict[str, Any]:
    for_priority = income - out - totals[SAVINGS]
    offered = sum(_cents(each.offered_minor, document.unit) for each in document.creditors
                  if each.is_priority and not each.is_token)  # fmt: skip
    return _numbers({
        "total-monthly-income": income,
        "total-monthly-outgoings": out,
        SAVINGS: totals[SAVINGS],
        "debt-admin-fee": Decimal(0),
        "total-available-for-priority-debts": for_priority,
        "total-available-for-non-priority-debts": for_priority - offered,
    })  # fmt: skip


def _debts(document: ProposalDocument) -> dict[str, Any]:
    unit = document.unit

    def debt(each: CreditorShare) -> dict[str, Any]:
        name, owed = words.creditor_name(document, each.n), _number(_cents(each.owed_minor, unit))
        found = {"creditor": name, "amount-owed": owed, "repayment-offer": _number(_cents(each.offered_minor, unit))}
        return found if each.is_priority else found | {"ccj": False}

    def owed_to(group: list[CreditorShare]) -> int | float:
        return _number(sum(_cents(each.owed_minor, unit) for each in group))

    first = [each for each in document.creditors if each.is_priority]
    others = [each for each in document.creditors if not each.is_priority]
    tokens = sum(_cents(each.offered_minor, unit) for each in document.creditors if each.is_token)
    return {
        "priority-debts": [debt(each) for each in first],
        "total-priority-debts": owed_to(first),
        "non-priority-debts": [debt(each) for each in others],
        "total-non-priority-debts": owed_to(others),
        "token-payments": _number(tokens),
    }


def _notes(document: ProposalDocument, budget: BudgetStatement, about: list[str] | None) -> list[str]:
    notes = [f"{label}: {value}" for label, value in words.facts(document)] if about is None else list(about)
    notes.append(_("All amounts are monthly and in %(code)s.", code=document.unit.code))
    if document.unit.minor_digits > 2:
        notes.append(_("Amounts are rounded to 0.01 here."))
    notes.append(
        _("Use of assets and court judgments (ccj) are not recorded here: false says only that nothing is known.")
    )
    notes += [f"{item.name}: {item.note}" for item in budget.items if item.note]
    return notes + _elsewhere(budget, document.unit)


def _elsewhere(budget: BudgetStatement, unit: Currency) -> list[str]:
    """Which lines went to an "other" total for want of a heading, so that nobody has to guess."""
    found = defaultdict(list)
    for item in budget.items:
        category = packs.find_heading(item.heading, unit.code)
        if not (category and category.sfs):
            found[heading(item, unit)].append(item.name)
    return [_("%(total)s holds: %(lines)s", total=total, lines=", ".join(names)) for total, names in found.items()]


def _part(totals: Totals, keys: tuple[str, ...]) -> Totals:
    return {key: totals[key] for key in keys}


def _cents(minor: int, unit: Currency) -> Decimal:
    return from_minor(minor, unit).quantize(_CENT, ROUND_HALF_UP)


def _numbers(values: dict[str, Any]) -> dict[str, Any]:
    return {key: _number(value) for key, value in values.items()}


def _number(value: Decimal | int) -> int | float:
    """A JSON number: whole where it is whole."""
    return int(value) if value == int(value) else float(value)
