"""The advanced part of the loan form and the decoder's lines: what is said, what is refused where, and that nothing breaks."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from planner.engine.contract import terms_to_dict
from planner.engine.errors import EngineError, NeverPaysOff, NoRate, TermsError
from planner.engine.loan import LoanTerms
from planner.extensions import db
from planner.loans import refusals
from planner.loans.advanced import APPLIES
from planner.loans.forms import LoanForm
from planner.loans.shown import terms_values
from planner.models import Loan
from tests.factories import Household
from tests.pages import get, post, words
from tests.services.test_contracts import HIDDEN, plain
from tests.views.test_loans import RECEIVED, base, count, newest, stored

BANK = {
    "creditor": "Bank", "method": "annuity", "principal": "12000", "annual_rate": "12", "instalments": "12",
    "start_date": "2026-12-09", "frequency": "monthly",
}  # fmt: skip
EVERY_366_YEARS = {"frequency": "other", "every_count": "366", "every_unit": "year"}
CARD = {"creditor": "Card", "method": "pct_of_balance", "principal": "10000", "annual_rate": "18", "minimum_rate": "10",
        "minimum_amount": "100", "start_date": "2026-12-09", "frequency": "monthly"}  # fmt: skip


def saved(borrower: FlaskClient, household: Household, form: dict[str, str]) -> str:
    return words(get(borrower, post(borrower, f"{base(household)}/new", form)))


@pytest.mark.parametrize(
    ("change", "figures"),
    [
        # 12,000 / ((1 - 1.01^-12) / 0.01) = 1,066.19; in advance it is that / 1.01.
        ({"in_advance": "y"}, ("¥1,055.63", "9 Dec")),
        # Rounded up to whole yuan.
        ({"instalment_step": "1", "instalment_mode": "up"}, ("¥1,067.00",)),
        # Interest by days: 22 days from 9 to 31 December, 12,000 x 12 % x 22/365 = 86.79.
        ({"day_count": "ACT/365", "first_due_date": "2026-12-31", "anchor_day": "31"}, ("31 Dec", "¥86.79", "28 Feb", "31 Mar")),
        # Interest alone for two months, then 10 instalments: 12,000 x 0.01 / (1 - 1.01^-10) = 1,266.98.
        ({"grace_principal": "2"}, ("¥120.00", "¥1,266.98")),
        # 20 % down: 2,400 at once, then 9,600 over 12: 852.95.
        ({"down_payment": "20"}, ("¥2,400.00", "¥852.95")),
        # 3,000 left for the end: (12,000 - 3,000 x 1.01^-12) x 0.01 / (1 - 1.01^-12) = 829.64; the last one 3,829 and some.
        ({"balloon": "3000"}, ("¥829.64", "¥3,829.")),
        # 1 % of each instalment of 1,066.19 is 10.66.
        ({"fee_rate": "1"}, ("¥1,076.85",)),
        # A single fee of 50 with the third one.
        ({"extra_fee": "50", "extra_fee_n": "3"}, ("¥1,116.19",)),
        # No interest in the first two months, nothing else changed: 12,000 over 12 with free nights.
        ({"pauses": "2026-12-09 2027-02-09"}, ("¥0.00",)),
        # The rate falls to nothing after six rows: 1,066.19 stays the instalment, the debt is cleared earlier.
        ({"rate_changes": "2027-06-09 0 ="}, ("¥1,066.19",)),
        # Half on the first day, half a month later: first interest 60.
        ({"tranches": "2026-12-09 6,000\n2027-01-09 6,000"}, ("¥60.00",)),
        # Every 10 days, rates by period: 12 % x 10/365 of 12,000 = 39.45.
        ({"frequency": "other", "every_count": "10", "every_unit": "day"}, ("¥39.45", "19 Dec")),
    ],
)  # fmt: skip
def test_what_few_contracts_say_is_reckoned_with(
    household: Household, borrower: FlaskClient, change: dict[str, str], figures: tuple[str, ...]
) -> None:
    text = saved(borrower, household, BANK | change)
    for figure in figures:
        assert figure in text


def test_a_cards_minimum_falls_with_the_debt(household: Household, borrower: FlaskClient) -> None:
    # 10 % of (10,000 + 1.5 % interest 150) = 1,015, of which 865 repays; then 10 % of (9,135 + 137.03) = 927.20.
    text = saved(borrower, household, CARD)
    for figure in ("Minimum payment, 10.0% of what you owe", "¥1,015.00", "¥927.20"):
        assert figure in text
    get(borrower, f"{base(household)}")


def test_a_list_of_payments_is_kept_to_the_day(app: Flask, household: Household, borrower: FlaskClient) -> None:
    form = RECEIVED | {
        "plan": "2027年1月5日 8,000\n2027/3/9：7000\n\n2027-06-30 6,500.50",
        "paid_before": "0",
        "payment": "",
        "instalments": "",
    }
    text = saved(borrower, household, form)
    for figure in ("5 Jan", "¥8,000.00", "9 Mar", "¥7,000.00", "30 Jun", "¥6,500.50", "¥1,500.50"):
        assert figure in text
    html = get(borrower, f"{base(household)}/{newest(app).id}/edit")
    assert "2027-01-05 8000\n2027-03-09 7000\n2027-06-30 6500.50" in html


def test_the_loan_may_be_in_another_currency(app: Flask, household: Household, borrower: FlaskClient) -> None:
    for code, amount, wanted in (("JPY", "1200000", "1200000"), ("KWD", "1200.125", "1200.125")):
        saved(borrower, household, BANK | {"currency": code, "principal": amount})
        assert newest(app).currency == code
        assert newest(app).terms["disbursements"][0]["amount"] == wanted
    post(borrower, f"{base(household)}/new", BANK | {"currency": "JPY", "principal": "1200.5"}, 422)


def test_recorded_payments_hold_the_currency(app: Flask, household: Household, borrower: FlaskClient) -> None:
    address = post(borrower, f"{base(household)}/new", BANK)
    post(borrower, f"{address}/pay", {"amount": "10", "paid_on": "2026-12-09"})
    html = post(borrower, f"{address}/edit", BANK | {"currency": "JPY"}, 422)
    assert "Payments are recorded in CNY" in words(html)
    assert newest(app).currency == "CNY"


@pytest.mark.parametrize(
    ("field", "change", "sentence"),
    [
        ("plan", {"plan": "2027-01-05 8000\nsoon 5"}, "Line 2: Write a date and an amount"),
        ("plan", {"plan": "2027-02-30 8000"}, "Line 1: Enter a date such as"),
        ("plan", {"plan": "1900-01-01 8000"}, "Line 1: Enter a date between"),
        ("plan", {"plan": "2027-01-05 8000.555"}, "Line 1: Use at most 2 decimals"),
        ("plan", {"plan": "2027-01-05 0"}, "Line 1: Enter an amount above zero"),
        ("plan", {"plan": "2027-01-05 1" + "0" * 20}, "Line 1: Enter an amount of at most"),
        ("plan", {"plan": "2027-01-05 8000"}, "All instalments together are less"),
        ("plan", {"plan": "2026-06-17 30000"}, "The first payment is before the money"),
        ("plan", {"plan": "2027-02-05 20000\n2027-01-05 20000"}, "Put the dates in order, each day once"),
        ("plan", {"plan": "2027-01-05 20000\n2027-01-05 20000"}, "Put the dates in order, each day once"),
        ("plan", {"plan": "2026-06-19 9999999"}, "above 1,000 per cent"),
        ("plan", {"plan": "2027-01-05 1\n" * 601}, "Enter at most 600 lines"),
        ("every_count", {"frequency": "other"}, "Enter a number, such as 10"),
        ("rate_changes", BANK | {"rate_changes": "2027-01-01"}, "Line 1: Write a date and the new yearly rate"),
        ("rate_changes", BANK | {"rate_changes": "2027-01-01 1001"}, "Line 1: Enter a rate between"),
        ("rate_changes", BANK | {"rate_changes": "2027-01-01 1\n2026-12-31 2"}, "the earliest first"),
        ("pauses", BANK | {"pauses": "2027-01-01"}, "Line 1: Write two dates"),
        ("pauses", BANK | {"pauses": "2027-02-01 2027-01-01"}, "The second date is before the first"),
        ("tranches", BANK | {"tranches": "2026-12-09 5000"}, "make both equal"),
        ("tranches", BANK | {"tranches": "2026-12-01 12000"}, "before the day of the payout"),
        ("tranches", BANK | {"tranches": "2027-01-01 6000\n2026-12-10 6000"}, "the earliest first"),
        ("tranches", BANK | {"tranches": "2026-12-09 6000\n2029-01-01 6000"}, "after the last instalment"),
        ("anchor_day", BANK | {"anchor_day": "32"}, "Enter a whole number from 1 to 31"),
        ("grace_principal", BANK | {"grace_principal": "12"}, "That leaves no instalment"),
        ("balloon", BANK | {"balloon": "12000.01"}, "Enter at most the amount borrowed"),
        ("interest_step", BANK | {"currency": "JPY", "interest_step": "0.1"}, "no such small unit"),
        ("extra_fee_n", BANK | {"extra_fee": "5"}, "Enter which instalment"),
        ("extra_fee_n", BANK | {"extra_fee": "5", "extra_fee_n": "13"}, "no instalment with this number"),
        ("fee_rate", BANK | {"fee_rate": "1001"}, "Enter a rate between 0 and 1000"),
        ("instalments", BANK | {"instalments": "99", **EVERY_366_YEARS}, "enter fewer"),
        ("negative", BANK | {"rate_changes": "2027-02-09 500 ="}, "the debt would grow"),
        ("minimum_rate", CARD | {"minimum_rate": ""}, "Enter the share in the card"),
        ("minimum_amount", CARD | {"minimum_rate": "1"}, "With this minimum the debt is never cleared"),
        ("currency", BANK | {"currency": "XYZ"}, "Choose one of the options"),
        ("day_count", BANK | {"day_count": "ACT/1"}, "Choose one of the options"),
    ],
)  # fmt: skip
def test_a_bad_value_is_named_beside_its_field(
    app: Flask, household: Household, borrower: FlaskClient, field: str, change: dict[str, str], sentence: str
) -> None:
    before = count(app, Loan)
    form = (change if "creditor" in change else RECEIVED | change) | {"name": "🚗 kept"}
    html = post(borrower, f"{base(household)}/new", form, 422)
    told = re.search(
        rf'<p class="error"[^>]*>(?:(?!</p>).)*{re.escape(sentence)}', html.replace("&#39;", "'"), re.DOTALL
    )
    assert told, words(html)[:500]
    assert f'href="#{field}"' in html
    assert sentence in words(html)
    assert 'value="🚗 kept"' in html
    assert count(app, Loan) == before


def test_every_refusal_of_the_engine_has_a_field_of_the_form(app: Flask) -> None:
    with app.test_request_context():
        for field, code in refusals._SENTENCE:
            for method in APPLIES:
                form = LoanForm(data=terms_values(plain()) | {"method": method}, formdata=None).prepare("CNY", method)
                refusals.refuse(form, TermsError(field, code), form.data, "CNY")
                assert not form.form_errors, (field, code)
        unknown: list[EngineError] = [TermsError("extra_principal", "x"), NoRate(), NeverPaysOff()]
        for error in unknown:
            form = LoanForm(data=terms_values(plain()), formdata=None).prepare("CNY")
            refusals.refuse(form, error, form.data, "CNY")
            assert form.errors


@pytest.mark.parametrize("name", HIDDEN)
def test_an_edit_keeps_and_says_what_the_form_cannot_show(
    app: Flask, household: Household, borrower: FlaskClient, name: str
) -> None:
    terms: LoanTerms = HIDDEN[name]
    loan_id = household.loan_ids["haier"]
    with app.app_context():
        loan = db.session.get_one(Loan, loan_id)
        loan.terms, loan.paid_before = terms_to_dict(terms), 0
        db.session.commit()
    html = get(borrower, f"{base(household)}/{loan_id}/edit")
    assert "This contract says more than this form shows" in words(html)
    post(borrower, f"{base(household)}/{loan_id}/edit", filled(html) | {"creditor": "Renamed", "paid_before": "0"})
    assert stored(app, loan_id).creditor == "Renamed"
    assert stored(app, loan_id).terms == terms_to_dict(terms)


def filled(html: str) -> dict[str, str]:
    """What a browser without scripts sends when nothing is changed on the page."""
    found = {n: v for n, v in re.findall(r'<input id="\w+" name="(\w+)" type="\w+" value="([^"]*)"', html) if v}
    found |= dict(re.findall(r'(?s)<textarea id="\w+" name="(\w+)"[^>]*>(.*?)</textarea>', html))
    found |= dict(re.findall(r'type="radio" name="(\w+)" value="([^"]*)" checked', html))
    found |= dict.fromkeys(re.findall(r'type="checkbox"[^>]* name="(\w+)" value="y" checked', html), "y")
    for name, options in re.findall(r'(?s)<select id="\w+" name="(\w+)"[^>]*>(.*?)</select>', html):
        chosen = re.search(r'value="([^"]*)" selected', options) or re.search(r'value="([^"]*)"', options)
        found[name] = chosen[1] if chosen else ""
    return found


JUNK = st.sampled_from(
    ["", "0", "1", "-1", "12", "100", "1e9", "NaN", "٣", "９", "600", "99999999999", "0.00000001", "1000", "2026-12-09",
     "2027-01-09", "9999-99-99", "2027-01-01 5", "2027-01-01 5 =\n2027-06-01 500", "2026-12-09 6000\n2027-03-01 6000",
     "2026-12-20 2027-03-01", "y", "unit", "10", "0.1", "up", "ACT/365", "30U/360", "day", "week", "other", "interest",
     "keeps_balance", "next_month_first", "JPY", "KWD", "annuity", "flat", "pct_of_balance", "fixed_payment", "\0", "🏦" * 50]
)  # fmt: skip
NAMES = sorted({name for names in APPLIES.values() for name in names} | {
    "method", "currency", "principal", "payment", "instalments", "annual_rate", "period_rate", "frequency", "start_date",
    "first_due_date", "paid_before", "upfront_fee", "instalment_fee", "last_payment", "advertised_rate",
})  # fmt: skip


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    start=st.sampled_from([BANK, RECEIVED, CARD]),
    junk=st.dictionaries(st.sampled_from(NAMES), JUNK, min_size=1, max_size=6),
)
def test_nothing_that_is_typed_breaks_the_form_or_leaves_half_a_loan(
    app: Flask, household: Household, borrower: FlaskClient, start: dict[str, str], junk: dict[str, str]
) -> None:
    before = count(app, Loan)
    answer = borrower.post(f"{base(household)}/new", data=start | junk)
    assert answer.status_code in (302, 422)
    assert count(app, Loan) == before + (answer.status_code == 302)
    if answer.status_code == 302:
        get(borrower, answer.location)
        edit = get(borrower, f"{answer.location}/edit")
        terms = newest(app).terms
        post(borrower, f"{answer.location}/edit", filled(edit) | {"paid_before": "0"})
        assert newest(app).terms == terms


@pytest.mark.parametrize("name", ["base", "advanced"])
def test_others_may_not(household: Household, viewer: FlaskClient, stranger: FlaskClient, name: str) -> None:
    form: dict[str, Any] = BANK | ({"plan": "2027-01-05 8000"} if name == "advanced" else {})
    post(viewer, f"{base(household)}/new", form, 403)
    post(viewer, f"{base(household)}/1/edit", form, 403)
    post(stranger, f"{base(household)}/new", form, 404)
    post(stranger, f"{base(household)}/1/edit", form, 404)
    get(stranger, f"{base(household)}/decode?principal=20000&payment=1816.67&instalments=12", 404)
    assert "16.2%" in words(get(viewer, f"{base(household)}/decode?principal=20000&payment=1816.67&instalments=12"))


def test_the_everyday_form_is_short(household: Household, borrower: FlaskClient) -> None:
    html = get(borrower, f"{base(household)}/new")
    assert html.count("<details>") >= 3
    assert not re.search(r"<details open><summary>(Advanced|Other)", html)
    html = post(borrower, f"{base(household)}/new", BANK | {"anchor_day": "77"}, 422)
    assert re.search(r"<details open><summary>Advanced", html)


CONTRACTS = {
    "card": CARD, "long card": CARD | {"minimum_rate": "2", "minimum_amount": "50"}, "advance": BANK | {"in_advance": "y"},
    "down": BANK | {"down_payment": "20"}, "rest": BANK | {"final": "keeps_balance", "rate_changes": "2027-02-09 30 ="},
    "list": RECEIVED | {"plan": "2027-01-05 8000\n2027-03-09 7000\n2027-06-30 6500", "paid_before": "0"},
    "parts": BANK | {"tranches": "2026-12-09 6000\n2027-03-09 6000"}, "yen": BANK | {"currency": "JPY"},
    "growing": BANK | {"negative": "y", "rate_changes": "2027-02-09 500 ="}, "long": BANK | {"instalments": "360"},
    "grace": BANK | {"grace_interest_free": "3", "grace_interest_payment": "2"},
    "flat": BANK | {"method": "flat", "period_rate": "0.6", "grace_principal": "2"},
    "daily": BANK | {"frequency": "other", "every_count": "1", "every_unit": "day", "instalments": "100"},
}  # fmt: skip


@pytest.mark.parametrize("name", CONTRACTS)
def test_every_page_can_show_every_contract(household: Household, borrower: FlaskClient, name: str) -> None:
    address = post(borrower, f"{base(household)}/new", CONTRACTS[name])
    get(borrower, f"{address}/edit")
    for page in (address, f"{address}/what-if", base(household), f"/c/{household.case_id}/"):
        get(borrower, page)
    assert borrower.get(f"{address}/what-if?kind=extra&extra=50").status_code in (200, 422)
    post(borrower, f"{address}/instalments/1/paid", {})
    get(borrower, address)


def test_what_stays_or_grows_is_said_plainly(household: Household, borrower: FlaskClient) -> None:
    assert "After the last instalment ¥981.57 is still owed" in saved(borrower, household, CONTRACTS["rest"])
    assert "so the debt grows first" in saved(borrower, household, CONTRACTS["growing"])
    assert "the true cost is lower" in saved(borrower, household, CONTRACTS["grace"])


def test_a_schedule_nobody_could_read_is_refused(app: Flask, household: Household, borrower: FlaskClient) -> None:
    # 10,000 at nothing, repaid by 5 a day: 2,000 rows.
    daily = {"method": "fixed_payment", "annual_rate": "0", "payment": "5", "frequency": "other", "every_count": "1",
             "every_unit": "day"}  # fmt: skip
    html = post(borrower, f"{base(household)}/new", CARD | daily, 422)
    assert "more than 1,200 instalments" in words(html)
