"""The decoder: I received X and pay Y x n. What does that cost a year, and what would the advertised rate have cost?

The arithmetic is engine/decode.py; here are the form, the reference lines of the country, and the way on to a loan.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict

from ..engine import decode as engine
from ..engine.errors import EngineError, NoRate, TermsError
from ..engine.loan import MAX_RATE
from ..models import Case
from ..packs.rates import RateLine, rate_lines
from .contracts import FREQUENCY, payments_of
from .forms import DecodeForm
from .refusals import refuse

LENDERS = {
    "licensed": _l("A bank or consumer-finance company lends"),
    "facilitated": _l("Through a platform, a bank lends"),
    "micro": _l("A micro-loan company lends"),
    "private": _l("A private person or an unlicensed firm lends"),
    "short_term": _l("A dear loan for a short time"),
    "military": _l("For service members and their families"),
    "credit_union": _l("A federal credit union lends"),
}
_TAKEN_OVER = (
    "principal",
    "payment",
    "instalments",
    "frequency",
    "upfront_fee",
    "instalment_fee",
    "advertised_rate",
    "last_payment",
    "start_date",
    "first_due_date",
)


@dataclass(frozen=True, slots=True)
class Compared:
    """A reference line beside the offer: `value` is what the line is compared with, a rate or a share of what was
    received, and `bound` where the line lies in that measure."""

    line: RateLine
    value: Decimal
    bound: Decimal

    @property
    def is_above(self) -> bool:
        """Whether the offer lies above the line."""
        return self.value > self.bound


@dataclass(frozen=True, slots=True)
class Answer:
    """What an offer truly is (engine/decode.py), what was advertised, and the lines it is compared with."""

    offer: engine.Decoded
    advertised: Decimal | None
    by_dates: bool
    compared: tuple[Compared, ...]


def read(case: Case, given: MultiDict[str, str]) -> DecodeForm:
    """The decoder's form with what the address holds; empty when it holds nothing."""
    form = DecodeForm(formdata=given if is_asked(given) else None)
    if "frequency" not in given:
        form.frequency.data = "monthly"
    return form.prepare(case.currency)


def is_asked(given: MultiDict[str, str]) -> bool:
    """Whether the address asks for anything to be worked out."""
    return any(name in given for name in _TAKEN_OVER)


def find_answer(form: DecodeForm, code: str, today: date) -> Answer | None:
    """What the form's numbers mean; None, with the reason beside a field, when they cannot be."""
    if not form.validate():
        return None
    values = form.data
    try:
        offer = _decode(values)
    except EngineError as error:
        refuse(form, error, values, code)
        return None
    by_dates = bool(values["start_date"] and values["first_due_date"])
    lines = rate_lines(code, values["start_date"] or today)
    return Answer(offer, values["advertised_rate"], by_dates, tuple(_compare(offer, lines)))


def address_values(given: MultiDict[str, str]) -> dict[str, str]:
    """What a link to the new loan's form carries on."""
    return {name: given[name] for name in _TAKEN_OVER if given.get(name)}


def taken_over(case: Case, given: MultiDict[str, str]) -> Mapping[str, Any]:
    """What a new loan's form starts with when it comes from the decoder; nothing for an address that cannot be read."""
    form = read(case, given)
    if not is_asked(given) or not form.validate():
        return {}
    return {name: form[name].data for name in _TAKEN_OVER if form[name].data is not None}


def _decode(values: Mapping[str, Any]) -> engine.Decoded:
    """The engine's answer. Raises TermsError also for an offer that no loan could be saved from."""
    payments = payments_of(values)
    if sum(payments) < values["principal"]:
        raise TermsError("payments_minor", "less_than_received")
    if values["start_date"] and values["first_due_date"] and values["first_due_date"] < values["start_date"]:
        raise TermsError("first_due_date", "before_start")
    try:
        offer = engine.decode(
            values["principal"], payments, frequency=FREQUENCY[values["frequency"]],
            upfront_fee_minor=values["upfront_fee"] or 0, instalment_fee_minor=values["instalment_fee"] or 0,
            received_on=values["start_date"], first_due=values["first_due_date"], advertised_rate=values["advertised_rate"],
        )  # fmt: skip
    except NoRate:
        raise TermsError("annual_rate", "out_of_range") from None
    if offer.cost.nominal > MAX_RATE:
        raise TermsError("annual_rate", "out_of_range")
    return offer


def _compare(offer: engine.Decoded, lines: list[RateLine]) -> list[Compared]:
    """The lines that are about offers like this one; one for dear loans alone is left out below its rate."""
    share = Decimal(offer.cost_minor) / offer.received_minor
    about = [line for line in lines if line.effective_from is None or offer.cost.effective >= line.effective_from]
    rates = [Compared(line, offer.cost.nominal, line.annual_rate) for line in about if line.annual_rate is not None]
    return rates + [Compared(line, share, line.total_cost) for line in about if line.total_cost is not None]
