"""Contracts for the engine's tests: one plain loan in the words of FORMAT.md, and random ones for the properties."""

from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from planner.engine.amortisation import build_schedule
from planner.engine.contract import terms_from_dict
from planner.engine.dates import Frequency, MonthEndRule, Unit
from planner.engine.day_counts import DayCount
from planner.engine.loan import LoanTerms, Method
from planner.engine.money import Currency, Rounding, RoundingMode
from planner.engine.parts import Roundings
from planner.engine.schedule import Schedule

EUR = Currency("EUR", 2)


def rounding(step: str = "0.01", mode: str = "half_even") -> dict[str, str]:
    return {"step": step, "mode": mode}


def contract(**changes: Any) -> dict[str, Any]:
    """100.00 at 7 % over six months from 1 January 2024, as Apache Fineract's examples have it; changed as asked."""
    return {
        "currency": {"code": "EUR", "minor_digits": 2}, "start_date": "2024-01-01",
        "disbursements": [{"date": "2024-01-01", "amount": "100"}], "nominal_annual_rate_pct": "7", "method": "annuity",
        "installments": 6, "frequency": {"unit": "month", "every": 1}, "month_end_rule": "clamp",
        "day_count": "30/360-PERIOD", "rounding": {"interest": rounding(), "installment": rounding()},
        "installment_adjustment": "none", "final_installment": "clears_balance", **changes,
    }  # fmt: skip


def scheduled(**changes: Any) -> Schedule:
    return build_schedule(terms_from_dict(contract(**changes)))


def column(schedule: Schedule, name: str) -> list[str]:
    """One column of a schedule as decimal strings."""
    return [str(Decimal(units).scaleb(-schedule.digits)) for units in getattr(schedule, name)]


RATES = st.decimals(min_value=0, max_value="0.36", places=4)
STARTS = st.dates(date(2020, 1, 1), date(2028, 12, 31))


@st.composite
def plain_terms(draw: st.DrawFn, methods: tuple[Method, ...] = (Method.ANNUITY, Method.EQUAL_PRINCIPAL)) -> LoanTerms:
    """A contract of one payout at one rate: any day count, frequency, month end, and rounding of an everyday kind."""
    unit = draw(st.sampled_from(list(Unit)))
    modes = st.sampled_from(list(RoundingMode))
    return LoanTerms(
        method=draw(st.sampled_from(methods)),
        currency=EUR,
        principal_minor=draw(st.integers(50_000, 10**9)),
        annual_rate=draw(RATES),
        instalments=draw(st.integers(1, 24)),
        start_date=draw(STARTS),
        frequency=Frequency(unit, draw(st.integers(1, 2))),
        month_end_rule=draw(st.sampled_from(list(MonthEndRule))),
        day_count=draw(st.sampled_from(list(DayCount))),
        rounding=draw(
            st.builds(
                Roundings, st.builds(Rounding, st.just(Decimal("0.01")), modes),
                st.builds(Rounding, st.sampled_from([Decimal("0.01"), Decimal("0.05"), Decimal(1)]), modes), st.none(),
            )
        ),
        in_advance=draw(st.booleans()),
    )  # fmt: skip
