"""The Loans tab: success, bad input, another user, a weaker role; no JavaScript is ever involved here."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from planner.extensions import db
from planner.models import Case, Loan, Payment
from tests.factories import Household
from tests.pages import assert_sound, get, post, words

RECEIVED = {
    "creditor": "海尔消费金融", "method": "payment_plan", "principal": "20,000", "payment": "1,816.67", "instalments": "12",
    "start_date": "2026-06-18", "paid_before": "5", "advertised_rate": "9", "frequency": "monthly",
}  # fmt: skip
CONTRACTS = {
    "annuity": {"annual_rate": "12", "instalments": "12"},
    "equal_principal": {"annual_rate": "12", "instalments": "12"},
    "interest_only": {"annual_rate": "12", "instalments": "12"},
    "flat": {"period_rate": "0.6", "instalments": "12"},
    "fixed_payment": {"annual_rate": "18.25", "payment": "1,000"},
}


def base(household: Household) -> str:
    return f"/c/{household.case_id}/loans"


def one(household: Household, name: str) -> str:
    return f"{base(household)}/{household.loan_ids[name]}"


def stored(app: Flask, loan_id: int) -> Loan:
    with app.app_context():
        return db.session.get_one(Loan, loan_id)


def count(app: Flask, table: type[Loan] | type[Payment]) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(table)) or 0


def newest(app: Flask) -> Loan:
    with app.app_context():
        return db.session.scalars(select(Loan).order_by(Loan.id.desc())).first()  # type: ignore[return-value]  # just made


def test_the_list_shows_the_mock_ups_figures(household: Household, borrower: FlaskClient) -> None:
    text = words(get(borrower, base(household)))
    for figure in (
        "¥21,112.07",
        "¥2,752.09",
        "¥12,716.65",
        "16.2%",
        "¥7,860",
        "¥535.42",
        "23.9%",
        "4 days past due",
        "next 18 Dec",
    ):
        assert figure in text


def test_the_loan_shows_the_mock_ups_figures(household: Household, borrower: FlaskClient) -> None:
    text = words(get(borrower, one(household, "haier")))
    for figure in ("7 instalments left", "¥12,716.65", "in 9 days", "5 of 12 instalments paid", "16.2%", "0.75%", "9% a year",
                   "about 1.8 times", "¥21,800", "¥1,800", "12. 18 Jun ¥1,816.63", "¥11,666.65", "17.48%"):  # fmt: skip
        assert figure in text


@pytest.mark.parametrize("page", ["", "/1", "/2", "/3", "/new", "/1/edit", "/1/what-if", "/decode", "/1/delete"])
def test_chinese_is_complete_on_every_page(household: Household, borrower: FlaskClient, page: str) -> None:
    text = words(get(borrower, base(household) + page + "?lang=zh"))
    left_over = set(re.findall(r"[A-Za-z]{4,}", text)) - {"English", "Steady"}
    assert not left_over


def test_a_loan_is_entered_by_what_was_received_and_what_is_paid(
    app: Flask, household: Household, borrower: FlaskClient
) -> None:
    address = post(borrower, f"{base(household)}/new", RECEIVED)
    text = words(get(borrower, address))
    for figure in ("16.2%", "You were told 9% a year", "¥1,816.67", "7 instalments left", "¥12,716.69", "18 Dec"):
        assert figure in text
    assert newest(app).advertised_rate == Decimal("0.09")


@pytest.mark.parametrize(
    ("method", "figures"),
    [
        ("annuity", ("¥1,066.19", "¥794.23")), ("equal_principal", ("¥1,120.00", "¥1,010.00", "¥780")),
        ("interest_only", ("¥120.00", "¥12,120.00", "¥1,440")), ("flat", ("¥1,072.00", "13.0%", "13.84%")),
        ("fixed_payment", ("¥1,000.00", "¥182.50")),
    ],
)  # fmt: skip
def test_a_loan_is_entered_by_its_contract(
    household: Household, borrower: FlaskClient, method: str, figures: tuple[str, ...]
) -> None:
    form = {
        "creditor": "Bank",
        "method": method,
        "principal": "12000",
        "start_date": "2026-12-01",
        "frequency": "monthly",
    }
    text = words(get(borrower, post(borrower, f"{base(household)}/new", form | CONTRACTS[method])))
    for figure in figures:
        assert figure in text


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"creditor": ""}, "Enter the lender"),
        ({"creditor": "x" * 81}, "Use at most 80 characters"),
        ({"creditor": "🏦" * 81}, "Use at most 80 characters"),
        ({"principal": ""}, "Enter the amount you borrowed"),
        ({"principal": "-5"}, "Enter an amount above zero"),
        ({"principal": "1e9"}, "Use numbers only"),
        ({"principal": "NaN"}, "Use numbers only"),
        ({"principal": "1" + "0" * 20}, "Enter an amount of at most"),
        ({"principal": "1.234"}, "Use at most 2 decimals"),
        ({"payment": ""}, "Enter what you pay each time"),
        ({"payment": "1000"}, "All instalments together are less than what you received"),
        ({"payment": "9999999"}, "above 1,000 per cent"),
        ({"instalments": "0"}, "Enter a whole number from 1 to 600"),
        ({"instalments": "1000"}, "Enter a whole number from 1 to 600"),
        ({"instalments": "1.5"}, "Enter a whole number from 1 to 600"),
        ({"instalments": ""}, "Enter how many instalments there are"),
        ({"start_date": "1900-01-01"}, "Enter a date between 1970-01-01 and 2100-12-31"),
        ({"start_date": "2200-01-01"}, "Enter a date between 1970-01-01 and 2100-12-31"),
        ({"start_date": "2026-02-30"}, "Enter a date such as 2026-12-18"),
        ({"start_date": ""}, "Enter the day the money was paid out"),
        ({"first_due_date": "2026-06-17"}, "The first due date is before the money was paid out"),
        ({"paid_before": ""}, "5 instalments were due before today"),
        ({"paid_before": "13"}, "There are only 12 instalments"),
        ({"upfront_fee": "20000"}, "The fee is as large as the loan itself"),
        ({"method": "barter"}, "Choose one of the options"),
        ({"frequency": "hourly"}, "Choose one of the options"),
        ({"advertised_rate": "1001"}, "Enter a rate between 0 and 1000 per cent"),
        ({"method": "annuity", "annual_rate": ""}, "Enter the yearly rate"),
        ({"method": "flat", "period_rate": "90"}, "above 1,000 per cent"),
        ({"method": "fixed_payment", "annual_rate": "18.25", "payment": "300"}, "The interest alone is ¥304.17 each time"),
        ({"method": "fixed_payment", "annual_rate": "18.25", "payment": "304.17"}, "The interest alone is ¥304.17 each time"),
    ],
)  # fmt: skip
def test_bad_input_gets_a_sentence_and_is_kept(
    app: Flask, household: Household, borrower: FlaskClient, change: dict[str, str], sentence: str
) -> None:
    before = count(app, Loan)
    html = post(borrower, f"{base(household)}/new", RECEIVED | {"name": "🚗 my own"} | change, 422)
    assert sentence in words(html)
    assert "data-errors" in html
    assert 'value="🚗 my own"' in html
    for value in change.values():
        if value and value not in ("barter", "hourly", "annuity", "flat", "fixed_payment"):
            assert f'value="{value}"' in html
    assert count(app, Loan) == before


def test_fields_of_another_method_are_not_held_against_anyone(
    app: Flask, household: Household, borrower: FlaskClient
) -> None:
    post(borrower, f"{base(household)}/new", RECEIVED | {"annual_rate": "lots", "period_rate": "-1"})
    assert newest(app).terms["method"] == "payment_plan"


def test_a_form_with_nothing_in_it_asks_for_what_it_needs(household: Household, borrower: FlaskClient) -> None:
    text = words(post(borrower, f"{base(household)}/new", {}, 422))
    assert "Enter the lender" in text
    assert text.index("Enter the lender") < text.index("Enter the amount you borrowed")


def test_weekly_with_fees_shows_its_true_cost(household: Household, borrower: FlaskClient) -> None:
    form = RECEIVED | {"principal": "5000", "payment": "450", "frequency": "weekly", "upfront_fee": "300", "instalment_fee": "10",
                       "start_date": "2026-12-08", "paid_before": "0", "last_payment": "400"}  # fmt: skip
    text = words(get(borrower, post(borrower, f"{base(household)}/new", form)))
    for figure in ("¥4,700", "15 Dec", "Interest and fees", "¥460.00", "¥410.00", "Fees count too"):
        assert figure in text


def test_a_loan_is_changed_and_its_payments_stay(app: Flask, household: Household, borrower: FlaskClient) -> None:
    post(borrower, f"{one(household, 'haier')}/instalments/6/paid", {})
    html = get(borrower, f"{one(household, 'haier')}/edit")
    assert 'value="0.75"' in html
    assert 'value="20000"' in html
    assert 'value="海尔消费金融"' in html
    form = {"creditor": "Haier", "method": "flat", "principal": "20000", "period_rate": "0.75", "instalments": "12",
            "start_date": "2026-06-18", "paid_before": "5", "frequency": "monthly", "version": "1"}  # fmt: skip
    post(borrower, f"{one(household, 'haier')}/edit", form)
    text = words(get(borrower, one(household, "haier")))
    assert "Haier" in text
    assert "6 of 12 instalments paid" in text


def test_a_form_opened_before_somebody_saved_shows_both(
    app: Flask, household: Household, borrower: FlaskClient
) -> None:
    form = RECEIVED | {"creditor": "Mine", "version": "99"}
    html = post(borrower, f"{one(household, 'haier')}/edit", form, 409)
    assert "Someone changed this in the meantime" in words(html)
    assert "海尔分期" in words(html)
    assert 'value="Mine"' in html
    assert stored(app, household.loan_ids["haier"]).creditor == "海尔消费金融"


def test_marking_as_paid_and_undoing(app: Flask, household: Household, borrower: FlaskClient) -> None:
    address = post(borrower, f"{one(household, 'haier')}/instalments/6/paid", {})
    html = get(borrower, address)
    assert "Instalment 6 marked as paid" in words(html)
    assert "6 of 12 instalments paid" in words(html)
    undo = re.search(r'action="([^"]+/undo)"', html)
    assert undo
    html = get(borrower, post(borrower, undo[1], {}))
    assert "5 of 12 instalments paid" in words(html)
    restore = re.search(r'action="([^"]+/restore)"', html)
    assert restore
    assert "6 of 12 instalments paid" in words(get(borrower, post(borrower, restore[1], {})))
    assert count(app, Payment) == 1


def test_marking_twice_pays_once(app: Flask, household: Household, borrower: FlaskClient) -> None:
    for _time in range(2):
        address = post(borrower, f"{one(household, 'haier')}/instalments/6/paid", {})
    assert "marked as paid already" in words(get(borrower, address))
    assert count(app, Payment) == 1


def test_an_instalment_that_does_not_exist_is_not_found(household: Household, borrower: FlaskClient) -> None:
    post(borrower, f"{one(household, 'haier')}/instalments/13/paid", {}, 404)
    post(borrower, f"{one(household, 'haier')}/instalments/0/paid", {}, 404)


def test_a_part_payment_is_recorded(household: Household, borrower: FlaskClient) -> None:
    address = post(borrower, f"{one(household, 'micro')}/pay", {"amount": "200", "paid_on": "2026-12-08"})
    text = words(get(borrower, address))
    assert "¥200 recorded" in text
    assert "¥335.42 left" in text
    assert "4 days past due" in text


def test_the_last_payment_pays_the_loan_off_and_more_is_named(household: Household, borrower: FlaskClient) -> None:
    address = post(borrower, f"{one(household, 'micro')}/pay", {"amount": "600", "paid_on": "2026-12-08"})
    text = words(get(borrower, address))
    assert "Paid off" in text
    assert "Nothing is left to pay here" in text
    assert "¥64.58 was paid beyond" in text
    assert "Paid off" in words(get(borrower, base(household)))
    assert "Nothing is left to pay here" in words(get(borrower, f"{one(household, 'micro')}/what-if"))


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"amount": "", "paid_on": "2026-12-08"}, "Enter the amount you paid"),
        ({"amount": "0", "paid_on": "2026-12-08"}, "Enter an amount above zero"),
        ({"amount": "5", "paid_on": "2026-12-10"}, "This day is still to come"),
        ({"amount": "5", "paid_on": "1900-01-01"}, "Enter a date between"),
    ],
)
def test_a_bad_payment_is_not_recorded(
    app: Flask, household: Household, borrower: FlaskClient, form: dict[str, str], sentence: str
) -> None:
    html = post(borrower, f"{one(household, 'haier')}/pay", form, 422)
    assert sentence in words(html)
    assert re.search(r"<details open><summary>Record", html)
    assert count(app, Payment) == 0


def test_a_payment_of_another_loan_is_not_found(household: Household, borrower: FlaskClient) -> None:
    html = get(borrower, post(borrower, f"{one(household, 'haier')}/instalments/6/paid", {}))
    undo = re.search(r'/(\d+)/undo"', html)
    assert undo
    post(borrower, f"{one(household, 'card')}/payments/{undo[1]}/undo", {}, 404)


def test_closing_and_opening_again(household: Household, borrower: FlaskClient) -> None:
    address = post(borrower, f"{one(household, 'card')}/close", {})
    assert "You closed this loan on 9 Dec 2026" in words(get(borrower, address))
    assert "¥13,252.07" in words(get(borrower, base(household)))
    post(borrower, f"{one(household, 'card')}/close", {})
    assert "¥21,112.07" in words(get(borrower, base(household)))


def test_removing_asks_first_and_takes_the_payments_along(
    app: Flask, household: Household, borrower: FlaskClient
) -> None:
    post(borrower, f"{one(household, 'haier')}/instalments/6/paid", {})
    assert "This cannot be undone" in words(get(borrower, f"{one(household, 'haier')}/delete"))
    post(borrower, f"{one(household, 'haier')}/delete", {})
    get(borrower, one(household, "haier"), 404)
    assert (count(app, Loan), count(app, Payment)) == (2, 0)


def test_amounts_are_read_in_the_cases_currency(app: Flask, household: Household, stranger: FlaskClient) -> None:
    with app.app_context():
        db.session.get_one(Case, household.stranger_case_id).currency = "JPY"
        db.session.commit()
    form = RECEIVED | {"principal": "200000", "payment": "18167"}
    text = words(get(stranger, post(stranger, f"/c/{household.stranger_case_id}/loans/new", form)))
    assert "￥200,000" in text
    assert newest(app).terms["disbursements"][0]["amount"] == "200000"
    post(stranger, f"/c/{household.stranger_case_id}/loans/new", form | {"payment": "18167.5"}, 422)


def test_an_empty_case_is_invited_to_begin(household: Household, stranger: FlaskClient) -> None:
    assert "See what a loan truly costs" in words(get(stranger, f"/c/{household.stranger_case_id}/loans"))


def test_another_persons_loan_is_not_found(household: Household, stranger: FlaskClient) -> None:
    theirs = f"/c/{household.stranger_case_id}/loans/{household.loan_ids['haier']}"
    for page in ("", "/edit", "/what-if", "/delete"):
        get(stranger, theirs + page, 404)
    for page in ("/edit", "/delete", "/close", "/pay", "/instalments/6/paid"):
        post(stranger, theirs + page, {"amount": "5", "paid_on": "2026-12-08"}, 404)


def test_a_viewer_may_look_and_try_but_not_change(app: Flask, household: Household, viewer: FlaskClient) -> None:
    html = get(viewer, one(household, "haier"))
    assert "Mark instalment" not in words(html)
    assert "Record another payment" not in words(html)
    get(viewer, f"{one(household, 'haier')}/what-if")
    assert "Add a loan" not in get(viewer, base(household))
    for page in ("/new", "/1/edit", "/1/delete"):
        get(viewer, base(household) + page, 403)
    for page in ("/new", "/1/edit", "/1/delete", "/1/close", "/1/pay", "/1/instalments/6/paid"):
        post(viewer, base(household) + page, dict[str, Any](RECEIVED), 403)
    assert (count(app, Loan), count(app, Payment)) == (3, 0)


def test_a_guest_uses_it_without_an_account(client: FlaskClient, app: Flask) -> None:
    assert client.post("/start").status_code in (302, 303)
    home = client.get("/").get_data(as_text=True)
    case = re.search(r"/c/(\d+)/loans", home)
    assert case
    answer = client.post(f"/c/{case[1]}/loans/new", data=RECEIVED)
    assert answer.status_code == 302
    page = client.get(answer.location).get_data(as_text=True)
    assert_sound(page)
    assert "16.2%" in words(page)


def test_a_long_loan_has_pages_and_a_down_payment_its_name(
    app: Flask, household: Household, borrower: FlaskClient
) -> None:
    """600 weeks: the page of the loan stays small, the others go on from it."""
    post(borrower, f"{base(household)}/new", {
        "creditor": "Long", "method": "annuity", "principal": "60000", "annual_rate": "6", "instalments": "600",
        "start_date": "2026-12-08", "paid_before": "0", "frequency": "weekly", "down_payment": "20"})  # fmt: skip
    one_loan = f"{base(household)}/{newest(app).id}"
    html = get(borrower, one_loan)
    assert len(borrower.get(one_loan, headers={"Accept-Encoding": "br"}).data) < 14_000
    assert "600 instalments" in words(html)
    link = re.search(r'href="([^"]+/schedule[^"]*)"', html)
    assert link
    first = get(borrower, f"{one_loan}/schedule")
    assert "down payment" in words(first)
    assert first.count("<tr>") == 62
    later = get(borrower, f"{one_loan}/schedule?first=601")
    assert "601." in words(later)
    assert "Earlier" in words(later)
    for odd in ("-5", "9999999", "x"):
        get(borrower, f"{one_loan}/schedule?first={odd}")
    viewer_sees_no_more = get(borrower, f"{one(household, 'haier')}/schedule")
    assert "Later" not in words(viewer_sees_no_more)


def test_a_cost_beyond_all_measure_is_still_a_page(household: Household, borrower: FlaskClient) -> None:
    where = post(borrower, f"{base(household)}/new", {
        "creditor": "X", "method": "annuity", "principal": "12000", "annual_rate": "12", "instalments": "12",
        "start_date": "2026-12-09", "frequency": "monthly", "instalment_fee": "99999999999"})  # fmt: skip
    assert "1,000,000% a period" in words(get(borrower, where))
