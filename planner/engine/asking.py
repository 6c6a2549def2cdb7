"""The questions of `planner calc` (vectors/FORMAT.md) about contracts, answered by the engine the pages use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

from .amortisation import build_schedule
from .checks import MOST_ROWS
from .contract import read_frequency, read_rounding, read_terms
from .dates import MonthEndRule, Unit, due_dates
from .day_counts import DayCount, year_fraction
from .errors import NeverPaysOff, TermsError
from .loan import LoanTerms
from .money import Rounding, round_ratio
from .parts import Method
from .rate_questions import answer_apr
from .reading import Fields, as_day
from .schedule import Schedule
from .settlement import settle
from .walk import Walk

Answer = dict[str, Any]


def answer_schedule(fields: Fields) -> Answer:
    """All rows, their count, totals, and whether the loan pays off; a loan that never does has no rows to show."""
    terms = read_terms(fields, strict=True)
    try:
        schedule = build_schedule(terms)
    except NeverPaysOff:
        return {"pays_off": False, "rows": [], "row_count": None, "totals": None}
    return _schedule(schedule)


def answer_corner(fields: Fields) -> Answer:
    """One small question, named by `question`."""
    name = fields.text("question")
    if name not in _CORNERS:
        raise TermsError("question", "not_one_of", choices=", ".join(_CORNERS))
    return _CORNERS[name](fields)


def money_text(units: int, digits: int) -> str:
    """Units of 10^-digits as a decimal string."""
    sign, whole = ("-" if units < 0 else ""), str(abs(units)).rjust(digits + 1, "0")
    return f"{sign}{whole[:-digits]}.{whole[-digits:]}" if digits else sign + whole


def _schedule(schedule: Schedule) -> Answer:
    def text(units: int) -> str:
        return money_text(units, schedule.digits)

    rows = [
        {
            "n": row.n, "due_date": row.due_date.isoformat(), "days": row.days, "principal": text(row.principal_minor),
            "interest": text(row.interest_minor), "fee": text(row.fee_minor), "payment": text(row.payment_minor),
            "balance": text(row.balance_minor),
        }
        for row in schedule.rows
    ]  # fmt: skip
    totals = {
        "principal": text(schedule.principal_minor), "interest": text(schedule.interest_minor),
        "fee": text(schedule.fee_minor), "payment": text(schedule.payment_minor),
    }  # fmt: skip
    return {"rows": rows, "row_count": len(rows), "totals": totals, "pays_off": schedule.pays_off}


def _corner_schedule(fields: Fields) -> Answer:
    """The schedule of `loan`, with its payments in a row and the unrounded level instalment where there is one."""
    loan = fields.child("loan")
    found = answer_schedule(loan)
    if found["row_count"] is None:
        return found
    extra: Answer = {"payments": [row["payment"] for row in found["rows"]]}
    installment = _level(read_terms(loan))
    return found | extra | ({} if installment is None else {"installment": installment})


def _level(terms: LoanTerms) -> str | None:
    """The first level instalment before it is rounded."""
    if terms.method not in (Method.ANNUITY, Method.WEIGHTED):
        return None
    if terms.fixed_instalment_minor is not None:
        return money_text(terms.fixed_instalment_minor, terms.digits)
    machine = Walk(terms)
    for _row in machine.run():
        if machine.first_exact is not None:
            return decimal_text(Fraction(machine.first_exact) / 10**terms.digits)
    return None


def _due_dates(fields: Fields) -> Answer:
    frequency = read_frequency(fields)
    dates = due_dates(
        fields.day("start_date"), frequency, fields.whole("count", least=1, most=MOST_ROWS[Unit.DAY]),
        fields.choice("month_end_rule", MonthEndRule, MonthEndRule.CLAMP), fields.day("first_due_date", None),
        fields.whole("anchor_day", None, least=1, most=31),
    )  # fmt: skip
    return {"due_dates": [day.isoformat() for day in dates]}


def _year_fraction(fields: Fields) -> Answer:
    day_count = fields.choice("day_count", DayCount)
    frequency = read_frequency(fields) if fields.has("frequency") else None
    pairs = fields.items("pairs", _as_pair)
    return {"year_fractions": [decimal_text(year_fraction(*pair, day_count, frequency)) for pair in pairs]}


def _as_pair(value: Any, path: str) -> tuple[date, date]:
    if not isinstance(value, list) or len(value) != 2:
        raise TermsError(path, "not_a_pair")
    first, last = (as_day(day, f"{path}[{n}]") for n, day in enumerate(value))
    if last < first:
        raise TermsError(path, "end_before_start")
    return first, last


def _accrual(fields: Fields) -> Answer:
    """Simple interest of a balance between two dates, rounded once."""
    first, last = fields.day("from"), fields.day("to")
    if last < first:
        raise TermsError("to", "before_from")
    frequency = read_frequency(fields) if fields.has("frequency") else None
    years = year_fraction(first, last, fields.choice("day_count", DayCount), frequency)
    rate = fields.number("nominal_annual_rate_pct", least=0, most=1000).scaleb(-2)
    interest = Fraction(fields.number("balance")) * Fraction(rate) * years
    return {"interest": _rounded_text(interest, read_rounding(fields.child("rounding")))}


def _round(fields: Fields) -> Answer:
    return {"result": _rounded_text(Fraction(fields.number("value")), read_rounding(fields))}


def _settlement(fields: Fields) -> Answer:
    terms = read_terms(fields.child("loan"), strict=True)
    found = settle(terms, fields.whole("paid_installments", most=MOST_ROWS[Unit.DAY]), fields.day("settlement_date"))
    parts = {
        "interest": found.interest_minor,
        "principal": found.principal_minor,
        "settlement_amount": found.amount_minor,
    }
    return {name: money_text(units, terms.digits) for name, units in parts.items()}


def _rounded_text(value: Fraction, rounding: Rounding) -> str:
    """A multiple of the step, written with the decimals of the step; unrounded for step 0."""
    if rounding.step == 0:
        return decimal_text(value)
    step = Fraction(rounding.step)
    steps = round_ratio(value.numerator * step.denominator, value.denominator * step.numerator, rounding.mode)
    digits = max(-int(rounding.step.as_tuple().exponent), 0)
    return money_text(int(steps * step * 10**digits), digits)


def decimal_text(value: Fraction) -> str:
    """An exact number with up to 20 decimals, rounded half even, without idle zeros."""
    with localcontext() as context:
        context.prec = 80
        text = format((Decimal(value.numerator) / value.denominator).quantize(Decimal("1e-20")), "f")
    return text.rstrip("0").rstrip(".")


_CORNERS: Mapping[str, Callable[[Fields], Answer]] = {
    "due_dates": _due_dates,
    "year_fraction": _year_fraction,
    "accrual": _accrual,
    "round": _round,
    "irr": answer_apr,
    "settlement": _settlement,
    "schedule": _corner_schedule,
}
