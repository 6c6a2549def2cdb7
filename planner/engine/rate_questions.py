"""Questions of `planner calc` about rates and about several debts (vectors/FORMAT.md, `apr` and `payoff`)."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Any

from .annual_cost import annual_cost
from .appendix_j import PeriodUnit, UnitPeriod, us_apr
from .contract import read_currency
from .dates import Frequency, Unit
from .day_counts import PERIODS_A_YEAR
from .errors import TermsError
from .flows import Flow, Offset, Time, check_kind, effective_rate, later, whole_months_back
from .money import Currency, to_minor
from .payoff import Debt, Order, PayoffResult, Promo, RankRate, Rules, TieBreak, simulate
from .reading import Fields, as_number

Answer = dict[str, Any]
_MOST_FLOWS = 40_000
_SHOWN_MONTHS = 120


class Convention(StrEnum):
    """The ways a yearly rate is told."""

    US = "us_reg_z_appendix_j"
    EU = "eu_aprc"
    UK = "uk_apr"
    XIRR = "xirr"
    NOMINAL = "irr_nominal_annual"


def answer_apr(fields: Fields) -> Answer:
    """The yearly rate of cash flows by a convention, in percent."""
    convention, flows = fields.choice("convention", Convention), read_flows(fields)
    if convention == Convention.NOMINAL:
        return _nominal(fields, flows)
    if convention == Convention.US:
        return {"apr_pct": percent_text(us_apr(flows, _unit_period(fields.child("unit_period"))))}
    usual = Time.ACT_365 if convention == Convention.XIRR else Time.EU
    return {"apr_pct": percent_text(effective_rate(flows, fields.choice("time", Time, usual)))}


def percent_text(rate: float) -> str:
    """A fraction as percent, with up to 12 decimals."""
    text = (
        format(Decimal(repr(rate)).scaleb(2).quantize(Decimal("1e-12")), "f")
        if abs(rate) < 1e12
        else f"{rate * 100:.0f}"
    )
    shown = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if shown == "-0" else shown


def read_flows(fields: Fields) -> list[Flow]:
    """The streams of `flows`, advances positive and payments negative."""
    flows = [flow for part in fields.children("flows") for flow in _stream(part)]
    if not flows:
        raise TermsError("flows", "missing")
    if len(flows) > _MOST_FLOWS:
        raise TermsError("flows", "too_many", most=_MOST_FLOWS)
    check_kind(flows)
    return flows


def _stream(fields: Fields) -> list[Flow]:
    kind = fields.text("type")
    if kind not in ("advance", "payment"):
        raise TermsError(fields.at("type"), "not_one_of", choices="advance, payment")
    amounts = fields.items("amounts", as_number)
    count = fields.whole("count", len(amounts) or 1, least=1, most=_MOST_FLOWS)
    if not amounts:
        amounts = [fields.number("amount")] * count
    if len(amounts) != count:
        raise TermsError(fields.at("amounts"), "not_as_many_as_count")
    every = _every(fields) if count > 1 else Frequency(Unit.MONTH, 1)
    sign, first = (1 if kind == "advance" else -1), _first(fields.child("first"))
    return [Flow(sign * amount, later(first, every, k)) for k, amount in enumerate(amounts)]


def _every(fields: Fields) -> Frequency:
    found = fields.child("every")
    return Frequency(found.choice("unit", Unit), found.whole("n", 1, least=1, most=1_000))


def _first(fields: Fields) -> Any:
    if fields.has("date"):
        return fields.day("date")
    limits = {"least": -40_000, "most": 40_000}
    months = 12 * fields.whole("years", 0, **limits) + fields.whole("months", 0, **limits)
    days_in_year = fields.number("days_in_year", Decimal(365), least=360, most=366)
    return Offset(months, fields.whole("weeks", 0, **limits), fields.whole("days", 0, **limits), days_in_year)


def _unit_period(fields: Fields) -> UnitPeriod:
    months = fields.whole("months", None, least=1, most=1_200)
    return UnitPeriod(fields.choice("unit", PeriodUnit), fields.whole("n", 1, least=1, most=366), months)


def _nominal(fields: Fields, flows: list[Flow]) -> Answer:
    """The rate per period, times periods (Chinese practice), and compounded; flows lie on whole periods."""
    found = fields.child("period")
    period = Frequency(found.choice("unit", Unit), found.whole("n", 1, least=1, most=1_200))
    places = [_place(flow, flows[0], period) for flow in flows]
    row = [Decimal(0)] * (max(places) - min(places) + 1)
    for place, flow in zip(places, flows, strict=True):
        row[place - min(places)] += flow.amount
    cost = annual_cost([float(amount) for amount in row], Decimal(PERIODS_A_YEAR[period.unit]) / period.every)
    return {
        "periodic_rate_pct": percent_text(float(cost.periodic)),
        "nominal_annual_pct": percent_text(float(cost.nominal)),
        "effective_annual_pct": percent_text(float(cost.effective)),
    }


def _place(flow: Flow, first: Flow, period: Frequency) -> int:
    """On which period a flow lies. Raises TermsError("flows") when it lies between two."""
    if isinstance(flow.when, Offset):
        months, days = flow.when.months, flow.when.days + 7 * flow.when.weeks
    elif isinstance(first.when, Offset) or flow.when < first.when:
        raise TermsError("flows", "before_the_first_flow")
    elif period.unit in (Unit.MONTH, Unit.YEAR):
        months, reached = whole_months_back(first.when, flow.when)
        days = (reached - first.when).days
    else:
        months, days = 0, (flow.when - first.when).days
    by_months = period.unit in (Unit.MONTH, Unit.YEAR)
    length = period.every * {Unit.DAY: 1, Unit.WEEK: 7, Unit.MONTH: 1, Unit.YEAR: 12}[period.unit]
    place, rest = divmod(months if by_months else days, length)
    if rest or (days if by_months else months):
        raise TermsError("flows", "not_on_a_period")
    if abs(place) > _MOST_FLOWS:
        raise TermsError("flows", "too_many_periods", most=_MOST_FLOWS)
    return place


# --- several debts ----------------------------------------------------------------------------------------------------


def answer_payoff(fields: Fields) -> Answer:
    """When the debts are paid and what they cost; without an end, only what is certain."""
    unit = read_currency(fields)
    debts = [_debt(part, unit) for part in fields.children("debts")]
    if not debts:
        raise TermsError("debts", "missing")
    return _payoff(simulate(debts, _rules(fields, unit), at_least=_SHOWN_MONTHS), unit)


def _debt(fields: Fields, unit: Currency) -> Debt:
    promo = fields.find_child("promo")
    return Debt(
        fields.text("id"), _minor(fields, "balance", unit), fields.number("annual_rate_pct", least=0, most=1000).scaleb(-2),
        _minor(fields, "minimum_payment", unit),
        Promo(promo.whole("months", most=1_200), promo.number("annual_rate_pct", least=0, most=1000).scaleb(-2))
        if promo else None,
    )  # fmt: skip


def _rules(fields: Fields, unit: Currency) -> Rules:
    rules = fields.find_child("rules") or Fields({}, "rules")
    order = fields.choice("strategy", Order)
    if order == Order.CUSTOM:
        raise TermsError("strategy", "not_one_of", choices="avalanche, snowball, minimums")
    budget = _minor(fields, "monthly_budget", unit) if fields.has("monthly_budget") else None
    return Rules(
        order=order,
        extra_minor=_minor(fields, "extra_monthly", unit) if fields.has("extra_monthly") else 0,
        budget_minor=budget,
        rollover=rules.flag("rollover", True),
        minimums_rollover=rules.flag("minimums_rollover", False) or fields.flag("minimums_rollover", False),
        cascade=rules.flag("cascade_same_month", True),
        tie_break=rules.choice("tie_break", TieBreak, TieBreak.INPUT_ORDER),
        rank_rate=rules.choice("rank_rate", RankRate, RankRate.STANDARD),
    )


def _minor(fields: Fields, name: str, unit: Currency) -> int:
    amount = fields.number(name, least=0, most=10**15)
    try:
        return to_minor(amount, unit)
    except TermsError as error:
        raise TermsError(fields.at(name), error.code, **error.params) from None


def _payoff(found: PayoffResult, unit: Currency) -> Answer:
    def text(minor: int) -> str:
        return format(Decimal(minor).scaleb(-unit.minor_digits), "f")

    answer: Answer = {
        "pays_off": found.pays_off,
        "months": found.months,
        "order": list(found.order),
        "payoff_month": found.payoff_month,
        "balances_after": {str(month): text(total) for month, total in enumerate(found.totals_after)},
    }
    if not found.pays_off:
        return answer
    return answer | {
        "total_interest": text(found.interest_minor),
        "total_paid": text(found.paid_minor),
        "last_payment": text(found.last_payment_minor),
        "interest_by_debt": {key: text(minor) for key, minor in found.interest_by_debt.items()},
    }
