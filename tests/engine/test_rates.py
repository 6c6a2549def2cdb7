"""Rates: what a loan costs a year by each convention, against pyxirr, numpy-financial and published figures."""

from datetime import date, timedelta
from decimal import Decimal

import numpy_financial
import pytest
import pyxirr
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from planner.engine.amortisation import build_schedule
from planner.engine.annual_cost import cost_of, irr_per_period, schedule_cost
from planner.engine.appendix_j import PeriodUnit, UnitPeriod, us_apr
from planner.engine.dates import Frequency, Unit
from planner.engine.decode import decode
from planner.engine.errors import NoRate, SeveralRates, TermsError
from planner.engine.flows import Flow, Offset, Time, effective_rate, whole_months_back, years_between
from planner.engine.loan import Fee, LoanTerms, Method
from planner.engine.money import Currency

CNY = Currency("CNY", 2)


def test_one_rate_none_or_several() -> None:
    assert irr_per_period([100, -110]) == pytest.approx(0.1, abs=1e-14)
    for flows in ([100, 50], [-1], [], [0, 0]):
        with pytest.raises(NoRate):
            irr_per_period(flows)
    with pytest.raises(SeveralRates):
        irr_per_period([-100, 230, -132])
    with pytest.raises(NoRate):
        irr_per_period([100, -100, 100])
    assert irr_per_period([100, -50]) == pytest.approx(-0.5, abs=1e-12), "less came back than went out"
    assert irr_per_period([60, 40, -55, -55]) == pytest.approx(pyxirr.irr([60, 40, -55, -55]), abs=1e-12)


def test_a_second_payout_between_payments_leaves_one_rate() -> None:
    flows = [1000, -300, 500, -700, -650]
    assert irr_per_period(flows) == pytest.approx(pyxirr.irr(flows), abs=1e-12)


@given(st.integers(10_000, 10**9), st.lists(st.integers(0, 10**8), min_size=1, max_size=120))
@settings(max_examples=200, deadline=None)
def test_the_rate_balances_the_flows(received: int, payments: list[int]) -> None:
    assume(any(payments))
    flows = [received, *(-payment for payment in payments)]
    rate = irr_per_period(flows)
    assert rate > -1
    factor = 1 / (1 + rate)
    value = sum(flow * factor**n for n, flow in enumerate(flows))
    size = sum(abs(flow) * factor**n for n, flow in enumerate(flows))
    assert abs(value) <= 1e-9 * size


@given(st.floats(0.0001, 0.05), st.integers(1, 360))
@settings(max_examples=100, deadline=None)
def test_level_payments_give_back_their_rate(rate: float, count: int) -> None:
    """Second oracle: numpy-financial's payment, whose rate must come out, and pyxirr's rate of the same flows."""
    payment = -float(numpy_financial.pmt(rate, count, 1e6))
    flows = [1e6, *[-payment] * count]
    assert irr_per_period(flows) == pytest.approx(rate, rel=1e-9)
    assert irr_per_period(flows) == pytest.approx(pyxirr.irr(flows), rel=1e-9)


@given(
    st.lists(st.tuples(st.integers(60, 3_000), st.integers(1, 100)), min_size=1, max_size=30),
    st.integers(10_000, 10**8),
    st.floats(0.7, 2.5),
)
@settings(max_examples=100, deadline=None)
def test_dated_flows_agree_with_xirr(shares: list[tuple[int, int]], received: int, back: float) -> None:
    """Payments of a loan in random shares on random days, together between 70 % and 250 % of what was received."""
    start, whole = date(2024, 1, 31), sum(share for _days, share in shares)
    flows = [Flow(Decimal(received), start)]
    flows += [Flow(-Decimal(round(received * back * s / whole)), start + timedelta(days=d)) for d, s in shares]
    ours = effective_rate(flows, Time.ACT_365)
    factor = (1 + ours) ** (-1 / 365)
    value = sum(float(flow.amount) * factor ** (flow.when - start).days for flow in flows)  # type: ignore[operator]
    assert abs(value) <= 1e-9 * received
    theirs = pyxirr.xirr([flow.when for flow in flows], [float(flow.amount) for flow in flows])
    assert theirs is None or ours == pytest.approx(theirs, rel=1e-6, abs=1e-9)


def test_months_are_counted_back_and_a_month_end_is_a_month_end() -> None:
    assert whole_months_back(date(2013, 1, 12), date(2013, 2, 15)) == (1, date(2013, 1, 15))
    assert whole_months_back(date(2024, 1, 31), date(2024, 4, 30)) == (3, date(2024, 1, 31))
    assert whole_months_back(date(2024, 1, 15), date(2024, 2, 14)) == (0, date(2024, 2, 14))
    assert float(years_between(date(2013, 1, 12), date(2013, 2, 15), Time.EU)) == pytest.approx(1 / 12 + 3 / 366), (
        "the year that ends on 15 January 2013 holds a 29 February"
    )
    assert years_between(date(2024, 3, 1), date(2024, 2, 1), Time.ACT_365) == -years_between(
        date(2024, 2, 1), date(2024, 3, 1), Time.ACT_365
    )
    assert Offset(months=1, weeks=2, days=3, days_in_year=Decimal(366)).years == pytest.approx(
        1 / 12 + 2 / 52 + 3 / 366
    )


def term(amount: str, start: date, paid: str, end: date, months: int | None = None) -> float:
    return us_apr([Flow(Decimal(amount), start), Flow(-Decimal(paid), end)], UnitPeriod(PeriodUnit.TERM, months=months))


def test_a_single_payment_within_a_year_bears_simple_interest() -> None:
    """Regulation Z, appendix J (c)(5)(i) and (ii): 255 days, and three whole months."""
    assert term("1000", date(1978, 1, 3), "1080", date(1978, 9, 15)) * 100 == pytest.approx(11.45, abs=0.005)
    assert term("1000", date(1978, 7, 15), "1044", date(1978, 10, 15)) * 100 == pytest.approx(17.60, abs=0.005)
    assert term("1000", date(1978, 7, 15), "1044", date(1978, 10, 15), 3) == pytest.approx(0.176)
    with pytest.raises(TermsError):
        us_apr([Flow(Decimal(100), date(2024, 1, 1)), Flow(Decimal(-60), date(2024, 2, 1)), Flow(Decimal(-60), date(2024, 3, 1))],
               UnitPeriod(PeriodUnit.TERM))  # fmt: skip


def test_offsets_count_like_dates() -> None:
    monthly = UnitPeriod(PeriodUnit.MONTH)
    dated = [Flow(Decimal(5000), date(1978, 1, 10))] + [
        Flow(Decimal(-230), date(1978 + (m // 12), m % 12 + 1, 10)) for m in range(1, 25)
    ]
    offset = [Flow(Decimal(5000), Offset())] + [Flow(Decimal(-230), Offset(months=m)) for m in range(1, 25)]
    assert us_apr(dated, monthly) == pytest.approx(us_apr(offset, monthly), abs=1e-12)
    with pytest.raises(NoRate):
        us_apr([Flow(Decimal(-1), Offset())], monthly)


def flat(**changes: object) -> LoanTerms:
    """20,000 over 12 months at 9 % flat: 1,816.67 a month (../shared/design/src/example.py)."""
    return LoanTerms.simple(method=Method.FLAT, principal_minor=2_000_000, currency=CNY, annual_rate=Decimal("0.09"),
                            instalments=12, start_date=date(2026, 6, 18), **changes)  # fmt: skip


def test_fees_raise_the_cost_of_a_contract() -> None:
    plain, upfront, each = (
        schedule_cost(terms, build_schedule(terms))
        for terms in (flat(), flat(fees=[Fee(40_000, upfront=True)]), flat(fees=[Fee(1_000)]))
    )
    assert round(plain.nominal, 4) == Decimal("0.1622")
    assert plain.effective > plain.nominal
    assert upfront.nominal > plain.nominal < each.nominal
    percent = flat(fees=[Fee(rate=Decimal("0.02"), upfront=True)])
    assert schedule_cost(percent, build_schedule(percent)) == upfront


def test_the_decoder_names_what_was_not_said() -> None:
    lines = {"lpr_4": Decimal("0.124"), "ceiling": Decimal("0.24")}
    found = decode(2_000_000, (181_667, 12), counted=True, advertised_rate=Decimal("0.09"), reference_lines=lines)
    assert round(found.cost.nominal, 3) == Decimal("0.162")
    assert found.cost_minor == 12 * 181_667 - 2_000_000
    assert found.fair_minor == 12 * 174_903
    assert found.hidden_minor == 12 * (181_667 - 174_903)
    assert found.hidden_share == Decimal(found.hidden_minor) / found.cost_minor
    assert [line.above > 0 for line in found.lines] == [True, False]
    with_fees = decode(2_000_000, [181_667] * 12, upfront_fee_minor=40_000, instalment_fee_minor=500)
    assert with_fees.fees_minor == 46_000
    assert with_fees.cost.nominal > found.cost.nominal
    assert (with_fees.hidden_minor, with_fees.hidden_share) == (None, None)


def test_the_decoder_counts_days_once_the_dates_are_known() -> None:
    usual = decode(1_000_000, (90_000, 12), counted=True)
    late = decode(1_000_000, (90_000, 12), counted=True, received_on=date(2026, 1, 1), first_due=date(2026, 4, 1))
    assert late.cost.effective < usual.cost.effective
    weekly = decode(1_000_000, (21_000, 52), counted=True, frequency=Frequency(Unit.WEEK))
    assert weekly.cost.nominal == weekly.cost.periodic * 52
    honest = decode(1_200_000, (106_619, 12), counted=True, advertised_rate=Decimal("0.12"))
    assert honest.hidden_minor == 0


@pytest.mark.parametrize(
    ("received", "payments", "fees", "field"),
    [
        (0, [1], 0, "received_minor"),
        (100, [], 0, "payments_minor"),
        (100, [60, 60], 100, "fees"),
        (100, [-1], 0, "payments_minor"),
    ],
)
def test_the_decoder_refuses_what_no_offer_can_be(received: int, payments: list[int], fees: int, field: str) -> None:
    with pytest.raises(TermsError) as raised:
        decode(received, payments, upfront_fee_minor=fees)
    assert raised.value.field == field


def test_a_free_loan_costs_nothing() -> None:
    assert cost_of(120_000, [10_000] * 12, Decimal(12)).nominal == 0
    with pytest.raises(NoRate):
        cost_of(0, [10_000], Decimal(12))
