"""The decoder: I received X and pay Y x n. What does that cost a year, and what would the advertised rate have cost?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from werkzeug.datastructures import MultiDict

from ..engine.amortisation import Schedule, build_schedule, level_instalment
from ..engine.annual_cost import AnnualCost
from ..engine.errors import EngineError
from ..engine.loan import LoanTerms
from ..models import Case
from . import contracts
from .forms import DecodeForm

_TAKEN_OVER = (
    "principal",
    "payment",
    "instalments",
    "frequency",
    "upfront_fee",
    "instalment_fee",
    "advertised_rate",
    "last_payment",
)


@dataclass(frozen=True, slots=True)
class Decoded:
    """What an offer truly is. Amounts in minor units; `advertised` is a rate a year, if one was given."""

    terms: LoanTerms
    schedule: Schedule
    cost: AnnualCost | None
    advertised: Decimal | None

    @property
    def received_minor(self) -> int:
        """What reaches the borrower after the fee at the start."""
        return self.terms.principal_minor - sum(fee.amount_minor for fee in self.terms.fees if fee.upfront)

    @property
    def cost_minor(self) -> int:
        """Everything paid less what was received."""
        return self.schedule.payment_minor - self.received_minor

    @property
    def fair_total_minor(self) -> int | None:
        """What level payments at the advertised rate on the money received would come to."""
        if self.advertised is None:
            return None
        count = len(self.schedule.rows)
        return count * level_instalment(self.received_minor, self.advertised / self.terms.periods_per_year, count)

    @property
    def hidden_minor(self) -> int | None:
        """What is paid beyond the advertised rate; None without one, or when nothing is."""
        if self.fair_total_minor is None or self.schedule.payment_minor <= self.fair_total_minor:
            return None
        return self.schedule.payment_minor - self.fair_total_minor


def read(case: Case, given: MultiDict[str, str]) -> DecodeForm:
    """The decoder's form with what the address holds; empty when it holds nothing."""
    form = DecodeForm(formdata=given if is_asked(given) else None)
    if "frequency" not in given:
        form.frequency.data = "monthly"
    return form.prepare(case.currency)


def is_asked(given: MultiDict[str, str]) -> bool:
    """Whether the address asks for anything to be worked out."""
    return any(name in given for name in _TAKEN_OVER)


def find_decoded(form: DecodeForm, code: str, today: date) -> Decoded | None:
    """What the form's numbers mean; None, with the reason beside a field, when they cannot be."""
    if not form.validate():
        return None
    try:
        terms = contracts.build_terms(form.data, code, today)
    except EngineError as error:
        contracts.refuse(form, error, form.data, code)
        return None
    cost = contracts.find_cost(terms)
    return Decoded(terms, build_schedule(terms), cost, form.advertised_rate.data)


def address_values(given: MultiDict[str, str]) -> dict[str, str]:
    """What a link to the new loan's form carries on."""
    return {name: given[name] for name in _TAKEN_OVER if given.get(name)}


def taken_over(case: Case, given: MultiDict[str, str]) -> Mapping[str, Any]:
    """What a new loan's form starts with when it comes from the decoder; nothing for an address that cannot be read."""
    form = read(case, given)
    if not is_asked(given) or not form.validate():
        return {}
    return {name: form[name].data for name in _TAKEN_OVER}
