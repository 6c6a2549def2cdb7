"""The radar in the app: the balance, the red days, the ways out and what they promise; other people, a weaker role.

The mock-ups' household on 9 December 2026 with 1,703.09 in hand: the wage of 6,800 comes on the 10th, the rent of 4,800 goes on
the 15th, and on the 18th the instalment of 1,816.67 does not fit until 2,400 come on the 21st.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from planner.engine.cashflow import Projection
from planner.extensions import db
from planner.formatting import money
from planner.models import BudgetLine, Case, CashChange, Proposal
from planner.radar import services
from tests.conftest import NOW
from tests.everyday import leave_everyday_gap
from tests.factories import Household, sign_in_as
from tests.pages import assert_sound, get, post, words

TODAY = date(2026, 12, 9)


@pytest.fixture
def page(household: Household, borrower: FlaskClient) -> str:
    """The radar of the household, with its balance entered."""
    where = f"/c/{household.case_id}/radar"
    post(borrower, f"{where}/balance", {"balance": "1,703.09", "has_today": "y"})
    return where


def look(app: Flask, household: Household) -> services.Radar:
    with app.app_context():
        found = services.look(db.session.get_one(Case, household.case_id), TODAY)
        assert found is not None
        return found


def test_the_first_visit_asks_for_the_balance_and_nothing_else(household: Household, borrower: FlaskClient) -> None:
    html = get(borrower, f"/c/{household.case_id}/radar")
    assert_sound(html)
    assert "How much do you have now?" in words(html)
    assert "Lowest point" not in words(html)


def test_the_red_day_is_named_with_its_gap(app: Flask, household: Household, borrower: FlaskClient, page: str) -> None:
    """1,703.09 - 535.42 + 6,800 - 98 - 180 - 4,800 - 800 - 1,816.67 and nine days of 1,740 a month: 522.00."""
    radar = look(app, household)
    red = radar.projection.red_days[0]
    short = 170_309 - 53_542 + 680_000 - 9_800 - 18_000 - 480_000 - 80_000 - 181_667 - 52_200
    assert (red.on, red.short_minor, red.recovers_on) == (date(2026, 12, 18), -short, date(2026, 12, 21))
    html = get(borrower, page)
    assert_sound(html)
    text = words(html)
    for part in ("18 Dec", "海尔分期", "¥249 short", "in 9 days", "From 21 Dec", "See what would help"):
        assert part in text, part
    assert "Bad month" not in text


def test_every_day_is_opening_plus_all_in_less_all_out(app: Flask, household: Household, page: str) -> None:
    projection: Projection = look(app, household).projection
    balance = projection.opening_minor
    for came, went, evening in zip(projection.ins, projection.outs, projection.balances, strict=True):
        balance += came - went
        assert balance == evening
    assert projection.last == TODAY + timedelta(days=365)


def test_the_cheapest_way_out_is_done_here_and_does_what_its_card_said(
    app: Flask, household: Household, borrower: FlaskClient, page: str
) -> None:
    html = get(borrower, f"{page}/2026-12-18")
    assert_sound(html)
    text = words(html)
    assert "Pay 给爸妈, ¥800, on 22 Dec instead you decide this yourself" in text
    radar = look(app, household)
    red = radar.projection.red_days[0]
    with app.app_context():
        fix = services.fixes_of(radar, red)[0]
    assert (fix.cost_minor, fix.covers) == (0, True)
    key = re.search(r'name="kind" value="move_line"><input type="hidden" name="key" value="([^"]+)"', html)
    assert key
    answer = get(borrower, post(borrower, f"{page}/2026-12-18/apply", {"kind": "move_line", "key": key[1]}))
    assert "Done: the radar counts with it" in words(answer)
    after = look(app, household).projection
    assert red.on not in [day.on for day in after.red_days]
    assert after.lowest == fix.lowest
    undo = re.search(r'action="([^"]+/undo)"', answer)
    assert undo
    post(borrower, undo[1], {})
    assert look(app, household).projection == radar.projection


def test_the_other_ways_ask_the_lender_and_name_their_price(
    household: Household, borrower: FlaskClient, page: str
) -> None:
    text = words(get(borrower, f"{page}/2026-12-18"))
    for part in ("Ask 海尔分期 to postpone one instalment", "the interest is waived", "the interest joins the debt",
                 "Ask 海尔分期 for 6 more instalments", "Find ¥", "not a loan", "Talk to the lender"):  # fmt: skip
        assert part in text, part
    assert "Borrowing to repay is never among" in text


def test_asking_a_lender_begins_a_plan_for_that_loan(
    app: Flask, household: Household, borrower: FlaskClient, page: str
) -> None:
    html = get(borrower, f"{page}/2026-12-18")
    asked = re.search(r"Ask 海尔分期 to postpone.*?<form[^>]*action=\"([^\"]+)\"", html, re.DOTALL)
    assert asked
    where = post(borrower, asked[1].replace("&amp;", "&"), {})
    get(borrower, where)
    with app.app_context():
        (proposal,) = db.session.query(Proposal).all()
        asked_of = [item.loan_id for item in proposal.items if item.is_included]
        assert (asked_of, proposal.case_id) == ([household.loan_ids["haier"]], household.case_id)
        assert asked_for(proposal) == {"kind": "postpone", "from_on": "2026-12-18", "count": 1, "interest": "waived"}
    assert f"/plans/{proposal.id}/cause" in where


def asked_for(proposal: Proposal) -> dict[str, Any] | None:
    """What the one lender that is asked is asked for."""
    [item] = [item for item in proposal.items if item.is_included]
    return item.asked and {name: value for name, value in item.asked.items() if value is not None}


@pytest.mark.parametrize(
    ("way", "asks"),
    [
        ("for 6 more instalments", {"kind": "longer", "from_on": "2026-12-18", "instalments": 6}),
        ("for another due day", {"kind": "move_due", "from_on": "2026-12-18", "day": 22}),
    ],
)
def test_the_way_that_was_chosen_is_what_the_plan_asks_for(
    app: Flask, borrower: FlaskClient, page: str, way: str, asks: dict[str, Any]
) -> None:
    html = get(borrower, f"{page}/2026-12-18")
    asked = re.search(rf"Ask 海尔分期 {way}.*?<form[^>]*action=\"([^\"]+)\"", html, re.DOTALL)
    assert asked
    post(borrower, asked[1].replace("&amp;", "&"), {})
    with app.app_context():
        [proposal] = db.session.query(Proposal).all()
        assert asked_for(proposal) == asks


@pytest.mark.parametrize(
    "odd",
    ["kind=postpone&count=0&from_on=2026-12-18&interest=waived", "kind=x", "kind=longer&more=6&from_on=2020-01-01"],
)
def test_what_cannot_be_asked_is_left_to_the_steps(
    app: Flask, household: Household, borrower: FlaskClient, odd: str
) -> None:
    post(borrower, f"/c/{household.case_id}/plans?loan_id={household.loan_ids['haier']}&{odd}", {})
    with app.app_context():
        [proposal] = db.session.query(Proposal).all()
        assert asked_for(proposal) is None


def test_a_way_that_is_enough_that_day_only_says_until_when(borrower: FlaskClient, page: str) -> None:
    post(borrower, f"{page}/balance", {"balance": "0", "has_today": "y"})
    text = words(get(borrower, f"{page}/2026-12-16"))
    assert "enough that day; by 20 Dec ¥2,033.09 short" in text
    assert "still ¥0 short" not in text


def test_a_payment_moved_twice_keeps_one_change(
    app: Flask, household: Household, borrower: FlaskClient, page: str
) -> None:
    key = _elders(app)
    post(borrower, f"{page}/2026-12-18/apply", {"kind": "move_line", "key": key})
    post(borrower, f"{page}/balance", {"balance": "900"})  # now the 18th is short again
    reds = look(app, household).projection.red_days
    again = borrower.post(f"{page}/{reds[0].on}/apply", data={"kind": "move_line", "key": key})
    assert again.status_code in (302, 404)
    with app.app_context():
        changes = db.session.query(CashChange).all()
    assert len(changes) == 1
    assert changes[0].on == date(2026, 12, 16)


@pytest.mark.parametrize(
    ("kind", "key"),
    [("move_line", "line-9999"), ("move_date", "loan-1"), ("", ""), ("defer", "loan-1"), ("cut", "line-x")],
)
def test_what_is_not_offered_cannot_be_done(app: Flask, borrower: FlaskClient, page: str, kind: str, key: str) -> None:
    post(borrower, f"{page}/2026-12-18/apply", {"kind": kind, "key": key}, 404)
    with app.app_context():
        assert db.session.query(CashChange).count() == 0


def test_a_day_that_fits_says_so_and_an_address_that_is_no_day_is_not_found(borrower: FlaskClient, page: str) -> None:
    assert "Nothing is missing on" in words(get(borrower, f"{page}/2026-12-17"))
    get(borrower, f"{page}/tomorrow", 404)
    post(borrower, f"{page}/2026-12-17/apply", {"kind": "cut", "key": "line-1"}, 404)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "Enter what you have now"),
        ("lots", "Use numbers only"),
        ("-5", "Enter an amount above zero"),
        ("\u3000", "Enter what you"),
    ],
)
def test_a_balance_that_cannot_be_gets_a_sentence(
    app: Flask, household: Household, borrower: FlaskClient, typed: str, sentence: str
) -> None:
    html = post(borrower, f"/c/{household.case_id}/radar/balance", {"balance": typed}, 422)
    assert sentence in words(html)
    with app.app_context():
        assert db.session.get_one(Case, household.case_id).balance_minor is None


def test_what_comes_and_goes_today_is_in_the_balance_unless_one_says_otherwise(
    app: Flask, household: Household, borrower: FlaskClient
) -> None:
    """3,000 come and 2,000 go on the 9th itself; 4,000 in hand, and 58 of everyday spending a day."""
    page = f"/c/{household.case_id}/radar"
    html = get(borrower, page)
    assert_sound(html)
    assert "What comes and goes today is in it already" in words(html)
    assert re.search(r'name="has_today" value="y" checked', html)
    with app.app_context():
        own = {"case_id": household.case_id, "frequency": "monthly", "day_of_month": 9, "starts_on": date(2026, 1, 1),
               "created_at": NOW, "shift": "none"}  # fmt: skip
        db.session.add(BudgetLine(kind="income", name="W", category="wage", amount_minor=300_000, **own))
        rent = {"kind": "expense", "name": "R", "category": "rent", "necessity": "essential", "amount_minor": 200_000}
        db.session.add(BudgetLine(**own, **rent))
        db.session.commit()
    for ticked, opening, evening in (({"has_today": "y"}, 400_000, 346_458), ({}, 394_200, 394_200 + 100_000 - 53_542)):
        post(borrower, f"{page}/balance", {"balance": "4000"} | ticked)
        found = look(app, household)
        assert (found.opening_minor, found.projection.at(TODAY)) == (opening, evening)  # 535.42 are overdue
        assert re.search(r'name="has_today" value="y" checked', get(borrower, page))
        assert found.projection.at(date(2027, 1, 9)) - found.projection.at(date(2027, 1, 8)) == 100_000 - 5_800
    html = post(borrower, f"{page}/balance", {"balance": "x"}, 422)
    assert re.search(r'name="has_today" value="y">', html), "what was chosen is kept"


def test_with_enough_everything_fits(borrower: FlaskClient, page: str) -> None:
    post(borrower, f"{page}/balance", {"balance": "900000"})
    text = words(get(borrower, page))
    assert "Everything fits" in text
    assert "for the whole year" in text


def test_money_that_runs_out_with_nothing_due_is_named_and_has_its_ways_out(
    app: Flask, household: Household, borrower: FlaskClient
) -> None:
    page = f"/c/{household.case_id}/radar"
    with app.app_context():
        leave_everyday_gap(db.session.get_one(Case, household.case_id))
    text = words(get(borrower, page))
    assert "14 Dec everyday spending in 5 days ¥700 short From 28 Dec there is enough again." in text
    assert "The money lasts 5 days" in text
    assert "Everything fits" not in text
    html = get(borrower, f"{page}/2026-12-14")
    assert_sound(html)
    text = words(html)
    assert "everyday spending ¥700 due" in text
    assert "Find ¥700 more by then" in text
    assert "enough; lowest point then ¥0 (13 Dec)" in text
    assert "Nothing is missing on" in words(get(borrower, f"{page}/2026-12-15"))


def test_an_old_balance_is_carried_forward_and_says_so(
    app: Flask, household: Household, borrower: FlaskClient, page: str
) -> None:
    with app.app_context():
        case = db.session.get_one(Case, household.case_id)
        case.balance_on = date(2026, 12, 2)
        db.session.commit()
    radar = look(app, household)
    # since the 2nd: the film club's 30.00 of the 3rd, and seven days of everyday spending, 406.00
    assert radar.opening_minor == 170_309 - 3_000 - 40_600
    assert "was entered 7 days ago" in words(get(borrower, page))


def test_a_bad_month_has_its_own_line(app: Flask, household: Household, borrower: FlaskClient, page: str) -> None:
    with app.app_context():
        wage = db.session.query(BudgetLine).filter_by(category="wage").one().id
    form = {"name": "Wage", "amount": "6800", "frequency": "monthly", "day_of_month": "10", "category": "wage", "version": "1",
            "low": "7000", "shift": "none", "working_day": "0"}  # fmt: skip
    budget = f"/c/{household.case_id}/budget/{wage}"
    assert "A bad month brings less" in words(post(borrower, budget, form, 422))
    post(borrower, budget, form | {"low": "5000", "shift": "earlier"})
    text = words(get(borrower, page))
    assert "If every month were a bad one" in text
    assert "A usual month" in text
    radar = look(app, household)
    assert radar.low is not None
    assert radar.low.at(date(2027, 1, 10)) == radar.projection.at(date(2027, 1, 10)) - 2 * 180_000
    assert f"bad months: {money(radar.low.at(date(2026, 12, 10)), 'CNY')}" in text
    assert 'class="l2"' in get(borrower, page)
    with app.app_context():
        line = db.session.get_one(BudgetLine, wage)
        assert (line.low_minor, line.shift) == (500_000, "earlier")
    html = get(borrower, budget)
    assert 'value="5,000"' in html or 'value="5000"' in html


def test_a_wage_due_on_a_holiday_comes_before_it(
    app: Flask, household: Household, borrower: FlaskClient, page: str
) -> None:
    """10 January 2027 is a Sunday: paid on Friday the 8th."""
    with app.app_context():
        line = db.session.query(BudgetLine).filter_by(category="wage").one()
        line.shift = "earlier"
        db.session.commit()
        key = f"line-{line.id}"
    days = [flow.on for flow in look(app, household).flows if flow.key == key]
    assert days[:2] == [date(2026, 12, 10), date(2027, 1, 8)]


@pytest.mark.parametrize("days", ["32", "91", "365", "7", "x"])
def test_each_span_has_its_chart_and_table(borrower: FlaskClient, page: str, days: str) -> None:
    assert_sound(get(borrower, f"{page}?days={days}"))
    answer = borrower.get(f"{page}?days={days}", headers={"Accept-Encoding": "br"})
    assert len(answer.data) < 14_000


@pytest.mark.parametrize("where", ["", "/2026-12-18", "?days=365"])
def test_chinese_is_complete(borrower: FlaskClient, page: str, where: str) -> None:
    get(borrower, page)  # takes the message of the last change away
    text = words(get(borrower, f"{page}{where}{'&' if '?' in where else '?'}lang=zh"))
    assert not set(re.findall(r"[A-Za-z]{4,}", text)) - {"English", "Steady"}


def test_a_stranger_finds_nothing_and_a_viewer_only_looks(
    app: Flask, household: Household, stranger: FlaskClient, page: str
) -> None:
    viewer = sign_in_as(app, household.viewer_id)
    for where in ("", "/2026-12-18"):
        get(stranger, page + where, 404)
        text = words(get(viewer, page + where))
        assert "Do this" not in text
        assert "Talk to the lender" not in text
    for where in ("/balance", "/2026-12-18/apply", "/changes/1/undo"):
        post(stranger, page + where, {"balance": "1"}, 404)
        post(viewer, page + where, {"balance": "1"}, 403)


def test_a_change_of_another_case_is_not_found(
    app: Flask, household: Household, borrower: FlaskClient, page: str, stranger: FlaskClient
) -> None:
    post(borrower, f"{page}/2026-12-18/apply", {"kind": "move_line", "key": _elders(app)})
    with app.app_context():
        change = db.session.query(CashChange).one().id
    post(stranger, f"/c/{household.stranger_case_id}/radar/changes/{change}/undo", {}, 404)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 1_200_000))
def test_every_own_choice_does_what_its_card_said(
    app: Flask, household: Household, borrower: FlaskClient, page: str, balance: int
) -> None:
    post(borrower, f"{page}/balance", {"balance": str(Decimal(balance) / 100)})
    with app.app_context():
        radar = services.look(db.session.get_one(Case, household.case_id), TODAY)
        assert radar is not None
        for red in radar.projection.red_days[:2]:
            for fix in services.fixes_of(radar, red):
                after = services.with_fix(radar, fix)
                assert after.lowest == fix.lowest
                if fix.covers:
                    assert red.on not in [day.on for day in after.red_days]


def _elders(app: Flask) -> str:
    with app.app_context():
        return f"line-{db.session.query(BudgetLine).filter_by(category='elders').one().id}"
