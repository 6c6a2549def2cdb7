"""LoanTerms as JSON and back (vectors/FORMAT.md, "Contract"): how a contract is stored, exchanged and asked about.

Money in decimal strings, dates in ISO form. Our own additions: the method `payment_plan` with its `payments`,
fees `upfront`, `carried_interest` (of earlier times, due with the first rows), `regular_due_dates` (those listed count as whole
periods), and `finer` (decimals beyond the minor unit); each is written only where a contract has it.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from .contract_writing import terms_to_dict
from .dates import Frequency, MonthEndRule, Unit
from .day_counts import DayCount
from .errors import TermsError
from .loan import LoanTerms
from .money import Currency, Rounding, RoundingMode
from .parts import (
    Adjustment,
    Basis,
    Disbursement,
    ExtraEffect,
    ExtraPrincipal,
    Fee,
    FeeBase,
    Final,
    FlatBase,
    Grace,
    Method,
    PercentBase,
    PercentOfBalance,
    RateChange,
    Roundings,
    Span,
    half_up,
)
from .reading import Fields, as_day, as_number

__all__ = ["read_currency", "read_frequency", "read_rounding", "read_terms", "terms_from_dict", "terms_to_dict"]

# Decimals added where a contract never rounds: the rest of each row is carried in these instead of being rounded away.
_UNROUNDED_DIGITS = 12


def terms_from_dict(found: Any) -> LoanTerms:
    """The contract in JSON values. Raises TermsError naming the field that is missing, of the wrong type or impossible."""
    return read_terms(Fields(found))


def read_terms(fields: Fields, *, strict: bool = False) -> LoanTerms:
    """The contract in an object that may lie inside another one.

    A stored contract of the app leaves the usual day count and rounding out; `strict` wants them said.
    """
    unit = read_currency(fields)
    for name in ("day_count", "rounding"):
        if strict and not fields.has(name):
            raise TermsError(fields.at(name), "missing")
    amounts = _Amounts(unit, _finer(fields, unit))
    start, tranches = fields.day("start_date"), _tranches(fields, amounts)
    alone_at_start = len(tranches) == 1 and tranches[0].on == start
    method = fields.choice("method", Method)
    down = fields.find_child("down_payment")
    return LoanTerms(
        method=method,
        currency=unit,
        principal_minor=sum(tranche.amount_minor for tranche in tranches),
        annual_rate=fields.number("nominal_annual_rate_pct").scaleb(-2),
        instalments=fields.whole("installments", None, most=10**9),
        start_date=start,
        first_due_date=fields.day("first_due_date", None),
        frequency=read_frequency(fields),
        month_end_rule=fields.choice("month_end_rule", MonthEndRule, MonthEndRule.CLAMP),
        fixed_instalment_minor=amounts.find(fields, "fixed_installment"),
        payments_minor=amounts.all(fields, "payments"),
        fees=tuple(_fee(fee, amounts) for fee in fields.children("fees")),
        day_count=fields.choice("day_count", DayCount, DayCount.PERIOD),
        rounding=_roundings(fields, unit),
        finer=amounts.finer,
        disbursements=() if alone_at_start else tranches,
        rate_changes=tuple(_rate_change(change) for change in fields.children("rate_changes")),
        interest_pauses=_spans(fields, "interest_pauses"),
        due_dates=tuple(fields.items("due_dates", as_day)),
        anchor_day=fields.whole("anchor_day", None, least=1, most=31),
        basis=fields.choice("installment_basis", Basis, Basis.EXACT),
        adjustment=fields.choice("installment_adjustment", Adjustment, Adjustment.NONE),
        final=fields.choice("final_installment", Final, Final.CLEARS_BALANCE),
        down_payment_rate=down.number("pct").scaleb(-2) if down else Decimal(0),
        flat_interest_on=fields.choice("flat_interest_on", FlatBase, FlatBase.ORIGINAL),
        grace=_grace(fields),
        interest_holidays=_spans(fields, "interest_payment_holidays"),
        extra_principal=tuple(_extra(extra, amounts) for extra in fields.children("extra_principal")),
        balloon_minor=amounts.find(fields, "balloon") or 0,
        principal_plan=amounts.all(fields, "principal_plan"),
        percent=_percent(fields, amounts),
        weights=tuple(fields.items("installment_weights", as_number)),
        in_advance=fields.flag("installments_in_advance", False),
        allow_negative_amortisation=fields.flag("allow_negative_amortization", False),
        carried_minor=amounts.all(fields, "carried_interest"),
        regular_due_dates=fields.flag("regular_due_dates", False),
    )


def read_currency(fields: Fields) -> Currency:
    """`currency {code, minor_digits}` of an object."""
    found = fields.child("currency")
    code = found.text("code")
    if len(code) != 3 or not (code.isascii() and code.isalpha() and code.isupper()):
        raise TermsError(found.at("code"), "unknown_currency")
    return Currency(code, found.whole("minor_digits", most=4))


def read_frequency(fields: Fields) -> Frequency:
    """`frequency {unit, every}` of an object."""
    found = fields.child("frequency")
    return Frequency(found.choice("unit", Unit), found.whole("every", least=1, most=366))


def read_rounding(fields: Fields) -> Rounding:
    """`{step, mode}`, step 0 meaning never."""
    return Rounding(fields.number("step", least=0, most=10**9), fields.choice("mode", RoundingMode))


class _Amounts:
    """Decimal strings to whole units."""

    def __init__(self, unit: Currency, finer: int) -> None:
        self.digits, self.finer = unit.minor_digits + finer, finer

    def units(self, value: Any, path: str) -> int:
        """One amount. `finer` was chosen so that every amount is whole."""
        scaled = as_number(value, path).scaleb(self.digits)
        if scaled != scaled.to_integral_value():
            raise TermsError(path, "too_many_decimals", most=self.digits)
        return int(scaled)

    def find(self, fields: Fields, name: str) -> int | None:
        """An amount that need not be given."""
        return self.units(fields.number(name), fields.at(name)) if fields.has(name) else None

    def get(self, fields: Fields, name: str) -> int:
        """An amount that must be given."""
        return self.units(fields.number(name), fields.at(name))

    def all(self, fields: Fields, name: str) -> tuple[int, ...]:
        """A list of amounts."""
        return tuple(fields.items(name, self.units))


def _finer(fields: Fields, unit: Currency) -> int:
    """How many decimals beyond the minor unit this contract needs: those of its amounts and steps, and more to never round."""
    if fields.has("finer"):
        return fields.whole("finer", most=40)
    steps = [rounding.step for rounding in _given_roundings(fields)]
    amounts = [part.number("amount") for name in ("disbursements", "extra_principal", "fees")
               for part in fields.children(name) if part.has("amount")]  # fmt: skip
    amounts += [fields.number(name) for name in ("fixed_installment", "balloon") if fields.has(name)]
    amounts += [
        *fields.items("principal_plan", as_number),
        *fields.items("payments", as_number),
        *fields.items("carried_interest", as_number),
    ]
    decimals = max((-int(n.normalize().as_tuple().exponent) for n in (*amounts, *steps) if n), default=0)
    needed = max(decimals - unit.minor_digits, 0)
    return needed + _UNROUNDED_DIGITS if any(step == 0 for step in steps) else needed


def _given_roundings(fields: Fields) -> list[Rounding]:
    found = fields.find_child("rounding")
    names = ("interest", "installment", "principal")
    return [read_rounding(found.child(name)) for name in names if found.has(name)] if found else []


def _roundings(fields: Fields, unit: Currency) -> Roundings | None:
    found = fields.find_child("rounding")
    if found is None:
        return None
    principal = read_rounding(found.child("principal")) if found.has("principal") else None
    given = Roundings(read_rounding(found.child("interest")), read_rounding(found.child("installment")), principal)
    return None if given == half_up(unit.minor_digits) else given


def _tranches(fields: Fields, amounts: _Amounts) -> tuple[Disbursement, ...]:
    found = fields.children("disbursements")
    if not found:
        raise TermsError(fields.at("disbursements"), "missing")
    return tuple(Disbursement(part.day("date"), amounts.get(part, "amount")) for part in found)


def _fee(fields: Fields, amounts: _Amounts) -> Fee:
    when = fields.text("when")
    if when not in ("each_installment", "installment", "upfront"):
        raise TermsError(fields.at("when"), "not_one_of", choices="each_installment, installment, upfront")
    rate = fields.number("pct").scaleb(-2) if fields.has("pct") else None
    return Fee(
        amount_minor=amounts.get(fields, "amount") if rate is None else amounts.find(fields, "amount") or 0,
        upfront=when == "upfront",
        n=fields.whole("n", least=1) if when == "installment" else None,
        rate=rate,
        of=fields.choice("of", FeeBase, FeeBase.PAYMENT),
    )


def _rate_change(fields: Fields) -> RateChange:
    rate = fields.number("nominal_annual_rate_pct").scaleb(-2)
    return RateChange(fields.day("effective"), rate, fields.flag("resolve", True))


def _spans(fields: Fields, name: str) -> tuple[Span, ...]:
    return tuple(Span(part.day("from"), part.day("to")) for part in fields.children(name))


def _grace(fields: Fields) -> Grace:
    found = fields.find_child("grace")
    return Grace(*(found.whole(name, 0, most=40_000) for name in Grace._fields)) if found else Grace()


def _extra(fields: Fields, amounts: _Amounts) -> ExtraPrincipal:
    effect = fields.choice("effect", ExtraEffect, ExtraEffect.REDUCE_TERM)
    return ExtraPrincipal(fields.day("date"), amounts.get(fields, "amount"), effect)


def _percent(fields: Fields, amounts: _Amounts) -> PercentOfBalance | None:
    found = fields.find_child("pct_of_balance")
    if found is None:
        return None
    base = found.choice("base", PercentBase, PercentBase.BALANCE)
    return PercentOfBalance(found.number("pct").scaleb(-2), amounts.find(found, "minimum") or 0, base)
