"""From a filled-in form to a contract. The way back is shown.py; the sentences for what no contract can have, refusals.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

from ..engine.amortisation import Schedule, build_schedule
from ..engine.annual_cost import AnnualCost, as_decimal, cost_of, schedule_cost
from ..engine.dates import Frequency, MonthEndRule, Unit
from ..engine.day_counts import PERIODS_A_YEAR, DayCount
from ..engine.errors import EngineError, NoRate, SeveralRates, TermsError
from ..engine.fees import upfront_fees
from ..engine.flows import Time, rate_at_times, years_between
from ..engine.loan import MAX_RATE, Fee, LoanTerms, Method
from ..engine.money import Currency, Rounding, RoundingMode, currency
from ..engine.parts import Disbursement, FeeBase, Final, Grace, PercentBase, PercentOfBalance, Roundings, half_up
from .advanced import APPLIES, OTHER, UNIT

FREQUENCY = {
    "monthly": Frequency(Unit.MONTH, 1),
    "weekly": Frequency(Unit.WEEK, 1),
    "fortnightly": Frequency(Unit.WEEK, 2),
    "four_weekly": Frequency(Unit.WEEK, 4),
    "quarterly": Frequency(Unit.MONTH, 3),
    "yearly": Frequency(Unit.YEAR, 1),
}
# What one method alone can have: not carried over when a stored contract becomes one of another method.
_OF_ONE_METHOD = ("weights", "principal_plan", "fixed_instalment_minor", "payments_minor", "due_dates", "percent")
MOST_ROWS = 1_200  # of one schedule: a hundred years of months; more could neither be read nor shown
_RATE_DECIMALS = 16  # of a yearly rate made from another one: far beyond a cent, and short enough to be stored
_OF_THE_CALENDAR = ("frequency", "first_due_date", "anchor_day", "month_end_rule", "in_advance")


def build_terms(values: Mapping[str, Any], code: str, today: date, stored: LoanTerms | None = None,
                before: Mapping[str, Any] | None = None) -> LoanTerms:  # fmt: skip
    """The contract in the validated values of a LoanForm.

    With `stored`, and `before` being the form's values for it, whatever the form did not change stays as it is stored, so
    that parts which the form cannot show are not lost. Raises TermsError for what no contract can have, NeverPaysOff for a
    payment that the interest eats up.
    """
    parts = contract_parts(values, code, today)
    terms = LoanTerms(**parts) if stored is None else _changed(stored, parts, before or {}, today)
    if len(build_schedule(terms).due) > MOST_ROWS:
        raise TermsError("fixed_instalment_minor", "too_many_rows")
    return terms


def contract_parts(values: Mapping[str, Any], code: str, today: date) -> dict[str, Any]:
    """The arguments of LoanTerms that a form says. Raises TermsError."""
    method = Method(values.get("method") or Method.PAYMENT_PLAN)
    given = _Given(values, method)
    start, plan = values.get("start_date") or today, given.find("plan") or ()
    payments = tuple(part.amount_minor for part in plan) if plan else given.payments()
    dates, frequency, unit = tuple(part.on for part in plan), given.frequency(), currency(code)
    rate = _annual_rate(method, values, frequency, payments, (start, *dates) if plan else ())
    tranches = tuple(given.find("tranches") or ())
    return {
        "method": method, "currency": unit, "principal_minor": values["principal"], "annual_rate": rate,
        "instalments": len(payments) or given.count(), "start_date": start,
        "first_due_date": None if plan else values.get("first_due_date"), "frequency": frequency,
        "month_end_rule": MonthEndRule(given.find("month_end_rule") or MonthEndRule.CLAMP),
        "anchor_day": given.find("anchor_day"),
        "fixed_instalment_minor": values["payment"] if method == Method.FIXED_PAYMENT else None,
        "payments_minor": payments, "due_dates": dates, "fees": given.fees(), "percent": given.percent(),
        "day_count": DayCount.ACT_365 if plan else DayCount(given.find("day_count") or DayCount.PERIOD),
        "rounding": given.rounding(unit), "rate_changes": tuple(given.find("rate_changes") or ()),
        "disbursements": () if tranches == (Disbursement(start, values["principal"]),) else tranches,
        "interest_pauses": tuple(given.find("pauses") or ()), "grace": given.grace(),
        "final": Final(given.find("final") or Final.CLEARS_BALANCE), "balloon_minor": given.find("balloon") or 0,
        "down_payment_rate": given.find("down_payment") or Decimal(0), "in_advance": bool(given.find("in_advance")),
        "allow_negative_amortisation": bool(given.find("negative")),
    }  # fmt: skip


def find_cost(terms: LoanTerms, received_minor: int | None = None) -> AnnualCost | None:
    """The annual cost of a contract, or None where no single rate can honestly be named.

    By periods, as Chinese practice has it; by dates (actual / 365) where money is paid out in parts, or rows do not lie one
    period apart. A rest that stays after the last row counts as owed on that day.
    """
    try:
        made = build_schedule(terms)
        if terms.due_dates or terms.disbursements or terms.down_payment_rate or made.rows[-1].balance_minor:
            return _dated_cost(terms, made, received_minor)
        return schedule_cost(terms, made, received_minor)
    except (NoRate, SeveralRates):
        return None


class _Given:
    """What a form says, without the fields that do not count for the method chosen."""

    def __init__(self, values: Mapping[str, Any], method: Method) -> None:
        self.values, self.method, self.applies = values, method, APPLIES[method]

    def find(self, name: str) -> Any:
        """The value of an advanced field; None when it is empty or does not count."""
        return self.values.get(name) if name in self.applies else None

    def count(self) -> int | None:
        """How many instalments; a card has no fixed number."""
        open_ended = (Method.FIXED_PAYMENT, Method.PCT_OF_BALANCE)
        return None if self.method in open_ended else self.values["instalments"]

    def frequency(self) -> Frequency:
        """By its name, or in numbers."""
        name = self.values["frequency"]
        return (
            Frequency(Unit(self.values["every_unit"]), self.values["every_count"]) if name == OTHER else FREQUENCY[name]
        )

    def payments(self) -> tuple[int, ...]:
        """Equal payments, but for the last where it differs."""
        return payments_of(self.values) if self.method == Method.PAYMENT_PLAN else ()

    def fees(self) -> tuple[Fee, ...]:
        """At the start, with every instalment as an amount and as a share, and with one of them."""
        upfront, each = self.values.get("upfront_fee") or 0, self.values.get("instalment_fee") or 0
        if upfront >= self.values["principal"]:
            raise TermsError("fees", "more_than_received")
        rate, single, n = self.find("fee_rate"), self.find("extra_fee") or 0, self.find("extra_fee_n")
        if single and n is not None and n > (self.count() or n):
            raise TermsError("fees", "no_such_instalment")
        made = [Fee(upfront, upfront=True), Fee(each), Fee(single, n=n)]
        shares = [Fee(rate=rate, of=FeeBase(self.find("fee_of") or FeeBase.PAYMENT))] if rate else []
        return (*(fee for fee in made if fee.amount_minor), *shares)

    def percent(self) -> PercentOfBalance | None:
        """A card's minimum payment."""
        if self.method != Method.PCT_OF_BALANCE:
            return None
        base = PercentBase(self.find("minimum_base") or PercentBase.BALANCE_PLUS_INTEREST)
        return PercentOfBalance(self.values["minimum_rate"], self.find("minimum_amount") or 0, base)

    def rounding(self, unit: Currency) -> Roundings | None:
        """None for the usual one: half up to the minor unit."""
        made = Roundings(self._rounding("interest", unit), self._rounding("instalment", unit))
        return None if made == half_up(unit.minor_digits) else made

    def _rounding(self, of: str, unit: Currency) -> Rounding:
        step = self.find(f"{of}_step") or UNIT
        mode = RoundingMode(self.find(f"{of}_mode") or RoundingMode.HALF_UP)
        return Rounding(Decimal(1).scaleb(-unit.minor_digits) if step == UNIT else Decimal(step), mode)

    def grace(self) -> Grace:
        """The first instalments that ask for less."""
        names = ("grace_principal", "grace_interest_payment", "grace_interest_free")
        return Grace(*(self.find(name) or 0 for name in names))


def payments_of(values: Mapping[str, Any]) -> tuple[int, ...]:
    """The payments of "I pay Y x n", in minor units, with a last one that may differ."""
    last = values.get("last_payment") or values["payment"]
    return (*(values["payment"],) * (values["instalments"] - 1), last)


def _changed(stored: LoanTerms, parts: dict[str, Any], before: Mapping[str, Any], today: date) -> LoanTerms:
    """The stored contract with what the form says differently now."""
    try:
        old = contract_parts(before, stored.currency.code, today)
    except EngineError:
        old = {}
    new = {name: value for name, value in parts.items() if name not in old or value != old[name]}
    dropped = set(_OF_ONE_METHOD) if "method" in new else set()
    if any(name in new for name in _OF_THE_CALENDAR):
        dropped.add("due_dates")
    if "currency" in new:
        new = {**parts, **new}
    scale = 10**stored.finer
    kept = {f.name: getattr(stored, f.name) for f in fields(LoanTerms) if f.name not in dropped}
    return LoanTerms(**{**{name: parts[name] for name in dropped if name in parts}, **kept, **_finer(new, scale)})


def _finer(parts: dict[str, Any], scale: int) -> dict[str, Any]:
    """The form's minor units in the finer units of a contract that never rounds."""
    if scale == 1:
        return parts
    whole = {"principal_minor", "fixed_instalment_minor", "balloon_minor"}
    made = {name: value * scale if name in whole and value else value for name, value in parts.items()}
    for name in {"fees", "disbursements"} & made.keys():
        made[name] = tuple(part._replace(amount_minor=part.amount_minor * scale) for part in made[name])
    if "payments_minor" in made:
        made["payments_minor"] = tuple(amount * scale for amount in made["payments_minor"])
    if made.get("percent"):
        made["percent"] = made["percent"]._replace(minimum_minor=made["percent"].minimum_minor * scale)
    return made


def _annual_rate(method: Method, values: Mapping[str, Any], frequency: Frequency, payments: Sequence[int],
                 dates: Sequence[date]) -> Decimal:  # fmt: skip
    """The yearly rate: named, from the rate of an instalment, or solved from the payments; fees come on top of it."""
    per_year = Decimal(PERIODS_A_YEAR[frequency.unit]) / frequency.every
    if method == Method.FLAT:
        return round(Decimal(values["period_rate"]) * per_year, _RATE_DECIMALS)
    if method != Method.PAYMENT_PLAN:
        return Decimal(values["annual_rate"])
    if sum(payments) < values["principal"]:
        raise TermsError("payments_minor", "less_than_received")
    if dates:
        return _simple_rate(values["principal"], payments, dates)
    try:
        return cost_of(values["principal"], payments, per_year).nominal
    except NoRate:
        raise TermsError("annual_rate", "out_of_range") from None


def _simple_rate(principal: int, payments: Sequence[int], dates: Sequence[date]) -> Decimal:
    """The yearly rate, interest by days (actual / 365) added at each payment, at which dated payments end at zero.

    `dates` begins with the payout. By halving: the rest grows with the rate. Raises TermsError above 1,000 per cent, or for
    days that do not follow each other.
    """
    if any(b < a for a, b in pairwise(dates)):
        raise TermsError("due_dates", "before_start" if dates[1] < dates[0] else "not_ascending")
    years = [(b - a).days / 365 for a, b in pairwise(dates)]

    def rest(rate: float) -> float:
        owed = float(principal)
        for share, payment in zip(years, payments, strict=True):
            owed = owed * (1 + rate * share) - payment
        return owed

    low, high = 0.0, float(MAX_RATE)
    if rest(high) < 0:
        raise TermsError("annual_rate", "out_of_range")
    for _step in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if rest(middle) < 0 else (low, middle)
    return round(as_decimal(low), 12)


def _dated_cost(terms: LoanTerms, made: Schedule, received_minor: int | None) -> AnnualCost:
    """The effective rate by dates, and the periodic one that compounds to it. Raises NoRate, SeveralRates."""
    fees = upfront_fees(terms.fees, terms.principal_minor, terms.digits)
    less = fees if received_minor is None else terms.principal_minor - received_minor
    flows: dict[date, int] = {terms.start_date: -less}
    for tranche in terms.tranches:
        flows[tranche.on] = flows.get(tranche.on, 0) + tranche.amount_minor
    for row in made.rows:
        flows[row.due_date] = flows.get(row.due_date, 0) - row.payment_minor
    last = made.rows[-1]
    flows[last.due_date] -= last.balance_minor
    points = [
        (float(years_between(terms.start_date, on, Time.ACT_365)), float(flows[on]))
        for on in sorted(flows)
        if flows[on]
    ]
    effective = as_decimal(rate_at_times(points))
    periodic = as_decimal(float(1 + effective) ** (1 / float(terms.periods_per_year)) - 1)
    return AnnualCost(periodic, periodic * terms.periods_per_year, effective)
