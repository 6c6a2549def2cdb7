"""What happened on a loan: payments by part, returned ones, what being late costs, and what ends it on a day.

Today is 2026-12-09. The micro loan's last instalment, 535.42 with 524.96 principal and 10.46 interest, was due on the 5th.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from planner.extensions import db
from planner.models import Loan, Payment
from tests.factories import Household, sign_in_as
from tests.pages import get, post, words
from tests.views.test_loans import base, count, one, stored

LATE = {
    "how": "rate", "rate": "18", "per": "year", "base": "overdue_principal", "compounding": "none", "days_in_year": "360",
    "grace_days": "", "late_fee": "20", "order": "penalty_first", "pause_first": "", "pause_last": "", "version": "1",
}  # fmt: skip


def pay(client: FlaskClient, household: Household, name: str, **values: str) -> str:
    typed = {"amount": "200", "paid_on": "2026-12-08", "purpose": "instalment"} | values
    return words(get(client, post(client, f"{one(household, name)}/pay", typed)))


def test_a_late_payment_shows_what_it_paid(app: Flask, household: Household, borrower: FlaskClient) -> None:
    """To the 8th: 3 nights of 0.05 % on the principal, about 0.79, and the fee of 20.00."""
    page = words(get(borrower, post(borrower, f"{one(household, 'micro')}/late", LATE)))
    assert "Penalty rate: 18% a year" in page
    assert stored(app, household.loan_ids["micro"]).late_rules is not None
    before = words(get(borrower, one(household, "micro")))
    assert "Being late has added ¥21.05 so far: ¥556.47 in all." in before  # 4 nights: 1.05
    text = pay(borrower, household, "micro")
    assert "penalty ¥0.79, fees ¥20, interest ¥10.46, principal ¥168.75" in text
    assert "Being late has added" in text


def test_on_record_an_overdue_loan_stands_with_its_sources(household: Household, borrower: FlaskClient) -> None:
    text = words(get(borrower, one(household, "micro")))
    assert "Credit record, monthly status 1–30 days overdue 1" in text
    assert "M1" in text
    assert "Source: " in text
    assert "How this stands on record" not in words(get(borrower, one(household, "haier")))


def test_principal_paid_at_once_shortens_or_lowers(household: Household, borrower: FlaskClient) -> None:
    text = pay(borrower, household, "card", purpose="principal_shorter", amount="1,000", paid_on="2026-12-09")
    assert "principal, at once" in text
    assert "¥6,860.00" in text  # the balance: 7,860 less 1,000
    what_if = words(get(borrower, f"{one(household, 'card')}/what-if?kind=extra&extra=100"))
    assert "¥400.00" in what_if


@pytest.mark.parametrize(
    ("name", "values", "sentence"),
    [
        ("card", {"purpose": "principal_lower", "amount": "9,000"}, "This is more than was owed on that day"),
        ("haier", {"paid_on": "2026-06-01"}, "The loan began on 2026-06-18"),
        ("haier", {"purpose": "gift"}, "Choose one of the options"),
        ("haier", {"paid_on": "2027-01-01"}, "This day is still to come"),
    ],
)
def test_a_payment_that_cannot_be_is_not_recorded(
    app: Flask, household: Household, borrower: FlaskClient, name: str, values: dict[str, str], sentence: str
) -> None:
    typed = {"amount": "200", "paid_on": "2026-12-08", "purpose": "instalment"} | values
    html = post(borrower, f"{one(household, name)}/pay", typed, 422)
    assert sentence in words(html)
    assert count(app, Payment) == 0


def test_a_loan_of_listed_payments_takes_all_money_for_its_instalments(
    app: Flask, household: Household, borrower: FlaskClient
) -> None:
    post(borrower, f"{base(household)}/new", {
        "creditor": "X", "method": "payment_plan", "principal": "1000", "payment": "350", "instalments": "3",
        "start_date": "2026-12-01", "paid_before": "0", "frequency": "monthly"})  # fmt: skip
    with app.app_context():
        new = max(db.session.scalars(select(Loan.id)))
    assert 'name="purpose"' not in get(borrower, f"{base(household)}/{new}")
    post(
        borrower,
        f"{base(household)}/{new}/pay",
        {"amount": "50", "paid_on": "2026-12-08", "purpose": "principal_lower"},
    )
    with app.app_context():
        assert [p.purpose for p in db.session.scalars(select(Payment))] == ["instalment"]


def test_a_returned_payment_stays_on_the_list_and_pays_nothing(household: Household, borrower: FlaskClient) -> None:
    html = get(
        borrower, post(borrower, f"{one(household, 'micro')}/pay", {"amount": "535.42", "paid_on": "2026-12-05"})
    )
    assert "Nothing is left to pay here" in words(html)
    link = re.search(r'href="([^"]+/returned)"', html)
    assert link
    assert "counts as not paid" in words(get(borrower, link[1]))
    wrong = post(borrower, link[1], {"returned_on": "2026-12-04"}, 422)
    assert "Enter a day from 5 Dec 2026" in words(wrong) or "Enter a day from Dec 5, 2026" in words(wrong)
    assert "2026-12-04" in wrong
    assert "Enter the day the bank returned it" in words(post(borrower, link[1], {"returned_on": ""}, 422))
    html = get(borrower, post(borrower, link[1], {"returned_on": "2026-12-08"}))
    assert "returned by the bank on" in words(html)
    assert "4 days past due" in words(html)
    restore = re.search(r'action="([^"]+/restore)"', html)
    assert restore
    assert "Nothing is left to pay here" in words(get(borrower, post(borrower, restore[1], {})))


def test_marking_a_late_instalment_as_paid_counts_what_was_added(
    app: Flask, household: Household, borrower: FlaskClient
) -> None:
    post(borrower, f"{one(household, 'micro')}/late", LATE)
    text = words(get(borrower, post(borrower, f"{one(household, 'micro')}/instalments/6/paid", {})))
    assert "Nothing is left to pay here" in text
    with app.app_context():
        assert db.session.scalars(select(Payment.amount_minor)).all() == [53_542 + 2_000 + 105]


def test_the_rules_come_back_as_typed_and_can_be_forgotten(
    app: Flask, household: Household, borrower: FlaskClient
) -> None:
    page = f"{one(household, 'haier')}/late"
    assert "Not known yet" in words(get(borrower, page))
    typed = LATE | {
        "how": "uplift", "uplift": "50", "rate": "", "base": "balance", "compounding": "daily", "order": "by_part",
        "days_in_year": "365", "grace_days": "3", "pause_first": "2026-12-20", "pause_last": "2027-01-20",
    }  # fmt: skip
    post(borrower, page, typed)
    html = get(borrower, page)
    for name in ("uplift", "grace_days", "late_fee", "pause_first", "pause_last"):
        value = re.search(rf'name="{name}"[^>]*value="([^"]*)"', html)
        assert value, name
        assert value[1] == typed[name], name
    for chosen in ("uplift", "by_part"):
        assert re.search(rf'value="{chosen}" checked', html), chosen
    for chosen in ("balance", "daily", "365"):
        assert re.search(rf'value="{chosen}" selected', html), chosen
    assert "13.5% a year" in words(html)  # 9 % and half of it
    post(borrower, f"{page}/forget", {})
    assert stored(app, household.loan_ids["haier"]).late_rules is None
    assert "Not known yet" in words(get(borrower, page))


def test_a_daily_rate_is_taken_by_the_year_and_a_high_one_is_named(household: Household, borrower: FlaskClient) -> None:
    page = f"{one(household, 'haier')}/late"
    text = words(get(borrower, post(borrower, page, LATE | {"rate": "0.05", "per": "day", "late_fee": ""})))
    assert "Penalty rate: 18% a year" in text
    assert "it may fall outside the guideline" in text  # the contract says 9 %: up to 13.5 % is usual
    assert "银发〔2003〕251 号" in text
    # 10 days on the principal of an instalment, 1,666.67
    assert "paid 10 days late, that would add about ¥8.33" in text
    text = words(get(borrower, post(borrower, page, LATE | {"rate": "13.5", "version": "2"})))
    assert "outside the guideline" not in text


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"rate": ""}, "Enter the rate, such as 18"), ({"rate": "x"}, "Enter the rate in per cent"),
        ({"rate": "5", "per": "day"}, "more than 1,000 per cent a year"),
        ({"how": "uplift", "uplift": ""}, "Enter how much is added"),
        ({"how": "uplift", "uplift": "400"}, "Enter a rate between 0 and 300"), ({"how": "magic"}, "Choose one of the options"),
        ({"grace_days": "61"}, "Enter a whole number from 0 to 60"), ({"late_fee": "-1"}, "Enter an amount above zero"),
        ({"pause_first": "2026-12-20"}, "Enter both days of the pause"), ({"order": "random"}, "Choose one of the options"),
        ({"pause_first": "2026-12-20", "pause_last": "2026-12-20"}, "The pause ends before it begins"),
        ({"pause_first": "soon", "pause_last": "2026-12-20"}, "Enter a date such as"),
        ({"base": "x"}, "Choose one of the options"),
        ({"days_in_year": "364"}, "Choose one of the options"), ({"rate": "\u3000"}, "Enter the rate, such as 18"),
    ],
)  # fmt: skip
def test_rules_that_cannot_be_get_a_sentence_and_are_kept(
    app: Flask, household: Household, borrower: FlaskClient, values: dict[str, str], sentence: str
) -> None:
    html = post(borrower, f"{one(household, 'haier')}/late", LATE | {"late_fee": "31"} | values, 422)
    assert sentence in words(html)
    assert 'value="31"' in html or "late_fee" in values
    assert stored(app, household.loan_ids["haier"]).late_rules is None


def test_a_contract_without_a_rate_cannot_be_raised(household: Household, borrower: FlaskClient) -> None:
    """Each of the household's contracts names one; a plan of listed payments does not."""
    where = post(borrower, f"{base(household)}/new", {
        "creditor": "X", "method": "payment_plan", "principal": "1000", "payment": "350", "instalments": "3",
        "start_date": "2026-12-01", "paid_before": "0", "frequency": "monthly"})  # fmt: skip
    html = post(borrower, f"{where}/late", LATE | {"how": "uplift", "uplift": "50"}, 422)
    assert "names no rate to add to" in words(html)


def test_two_people_changing_the_rules_see_each_other(household: Household, borrower: FlaskClient) -> None:
    page = f"{one(household, 'haier')}/late"
    post(borrower, page, LATE)
    html = post(borrower, page, LATE | {"rate": "12"}, 409)
    assert "Someone changed this in the meantime" in words(html)
    assert 'value="12"' in html


@pytest.mark.parametrize(
    ("name", "query", "figures"),
    [
        # paid through 18 Nov: 7 x 1,666.67 less rounding, and 21 of 30 days of 150.00
        ("haier", "", ("¥11,771.65", "¥11,666.65", "¥105.00", "they take only the time used")),
        ("micro", "", ("¥535.42", "What being late costs is not known")),
        ("card", "?on=2026-12-25", ("Interest to that day",)),
    ],
)
def test_what_ends_the_loan(
    household: Household, borrower: FlaskClient, name: str, query: str, figures: tuple[str, ...]
) -> None:
    text = words(get(borrower, f"{one(household, name)}/payoff{query}"))
    for figure in (*figures, "Ask the lender for a binding figure"):
        assert figure in text


@pytest.mark.parametrize(
    ("on", "sentence"),
    [
        ("2026-12-08", "Enter today or a later day"),
        ("tomorrow", "Enter a date such as"),
        ("1900-01-01", "Enter a date between"),
    ],
)
def test_a_day_that_cannot_be_gets_a_sentence(
    household: Household, borrower: FlaskClient, on: str, sentence: str
) -> None:
    assert sentence in words(get(borrower, f"{one(household, 'haier')}/payoff?on={on}", 422))


@pytest.mark.parametrize("page", ["/late", "/payoff"])
def test_another_person_finds_nothing_and_a_viewer_only_looks(
    app: Flask, household: Household, stranger: FlaskClient, page: str
) -> None:
    get(stranger, one(household, "haier") + page, 404)
    viewer = sign_in_as(app, household.viewer_id)
    assert "<button" not in re.sub(
        r"<(header|nav).*?</\1>", "", get(viewer, one(household, "haier") + "/late"), flags=re.S
    )
    get(viewer, one(household, "haier") + page)


@pytest.mark.parametrize(
    "address", ["/late", "/late/forget", "/payments/1/returned", "/payments/1/undo", "/payments/1/restore"]
)
def test_changes_need_the_right_person(
    app: Flask, household: Household, borrower: FlaskClient, stranger: FlaskClient, address: str
) -> None:
    pay(borrower, household, "haier")
    values: dict[str, Any] = LATE | {"returned_on": "2026-12-08"}
    post(stranger, one(household, "haier") + address, values, 404)
    post(sign_in_as(app, household.viewer_id), one(household, "haier") + address, values, 403)
    with app.app_context():
        payment = db.session.get_one(Payment, 1)
        assert (payment.reversed_on, payment.returned_on, payment.loan.late_rules) == (None, None, None)
