"""The lender answers on the page: read once more, stored once, told to the borrower."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from planner.extensions import db
from planner.models import Response
from tests.factories import Household
from tests.lender import Plan, answer_at_once, share_plan, visitor
from tests.pages import get, post, words

ACCEPT = {"kind": "accept", "person": "Li Wei, claims", "reference": "HF-77"}
COUNTER = {"kind": "counter", "amount": "1,300", "count": "9", "person": "Li Wei, claims", "text": "We could do this."}


@pytest.fixture
def shared(app: Flask, household: Household) -> Plan:
    """A plan shared with the consumer lender."""
    with app.app_context():
        return share_plan(household)


@pytest.fixture
def lender(app: Flask, shared: Plan) -> FlaskClient:
    """A lender who has opened it."""
    reader = visitor(app)
    get(reader, shared.link)
    return reader


def stored(app: Flask) -> list[Response]:
    with app.app_context():
        return list(db.session.scalars(select(Response)))


def answer(lender: FlaskClient, plan: Plan, form: dict[str, Any], step: str, status: int) -> str:
    return post(lender, f"{plan.link}/answer", form | {"step": step}, status=status)


def test_an_answer_is_looked_at_once_more_and_then_stored(app: Flask, shared: Plan, lender: FlaskClient) -> None:
    check = words(answer(lender, shared, COUNTER, "check", 200))
    for said in (
        "Check your answer",
        "Counter-offer",
        "¥1,300",
        "Number of instalments: 9",
        "Li Wei, claims",
        "We could do this.",
    ):
        assert said in check
    assert stored(app) == []
    answer(lender, shared, COUNTER, "send", 303)
    [row] = stored(app)
    assert (row.kind, row.source, row.person, row.item_id, row.share_id) == (
        "counter", "link", "Li Wei, claims", shared.item_id, shared.share_id,
    )  # fmt: skip
    assert row.terms == {"kind": "counter", "amount": "1300.00", "count": 9}
    assert row.seen_at is None
    assert "You have answered" in words(get(lender, shared.link))


def test_it_can_be_changed_before_it_is_sent(shared: Plan, lender: FlaskClient) -> None:
    page = answer(lender, shared, COUNTER, "change", 200)
    assert 'value="1,300"' in page
    assert "We could do this." in page


def test_a_second_answer_is_told_what_the_first_was(app: Flask, shared: Plan, lender: FlaskClient) -> None:
    answer(lender, shared, ACCEPT, "send", 303)
    text = words(answer(lender, shared, COUNTER, "send", 409))
    for said in ("Answered already", "Accepted", "Li Wei, claims", "HF-77", "9 Dec 08:12"):
        assert said in text
    assert [row.kind for row in stored(app)] == ["accept"]


def test_of_two_at_once_one_is_stored(app: Flask, shared: Plan) -> None:
    statuses = answer_at_once(app, shared, ACCEPT | {"step": "send"}, 8)
    assert sorted(statuses) == [303] + [409] * 7
    assert len(stored(app)) == 1


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"kind": "maybe"}, "Choose one of the options"),
        ({"person": ""}, "Enter your name and role"),
        ({"kind": "counter"}, "Enter what you would agree to"),
        ({"kind": "counter", "amount": "some"}, "Use numbers only"),
        ({"kind": "counter", "amount": "0"}, "Enter an amount above zero"),
        ({"kind": "counter", "first_on": "2020-01-01"}, "Enter a date between"),
        ({"kind": "counter", "count": "0"}, "Enter a whole number from 1 to 600"),
        ({"kind": "counter", "annual_rate": "101"}, "Enter a rate between 0 and 100 per cent"),
        ({"kind": "ask"}, "Write your question"),
        ({"kind": "decline"}, "Write the reason"),
        ({"text": "x" * 2001}, "Use at most 2000 characters"),
    ],
)
@pytest.mark.parametrize("step", ["check", "send"])
def test_bad_input_says_what_to_type_and_stores_nothing(
    app: Flask, shared: Plan, lender: FlaskClient, step: str, change: dict[str, str], sentence: str
) -> None:
    assert sentence in words(answer(lender, shared, ACCEPT | change, step, 422))
    assert stored(app) == []


@pytest.mark.parametrize("kind", ["ask", "decline"])
def test_questions_and_refusals_are_kept_in_their_words(
    app: Flask, shared: Plan, lender: FlaskClient, kind: str
) -> None:
    answer(lender, shared, {"kind": kind, "person": "Li", "text": "Payslips? <b>&"}, "send", 303)
    [row] = stored(app)
    assert (row.kind, row.text, row.terms) == (kind, "Payslips? <b>&", None)
    assert "Payslips? &lt;b&gt;&amp;" in get(lender, shared.link)


def test_who_has_not_opened_the_link_cannot_answer(app: Flask, shared: Plan) -> None:
    answer(visitor(app), shared, ACCEPT, "send", 303)
    assert stored(app) == []


def test_extra_fields_change_nothing_else(app: Flask, shared: Plan, lender: FlaskClient) -> None:
    answer(
        lender,
        shared,
        ACCEPT | {"case_id": "999", "item_id": "999", "seen_at": "2026-01-01", "source": "phone"},
        "send",
        303,
    )
    [row] = stored(app)
    assert (row.item_id, row.source, row.seen_at) == (shared.item_id, "link", None)


def test_the_borrower_is_told(
    app: Flask, household: Household, borrower: FlaskClient, shared: Plan, lender: FlaskClient
) -> None:
    answer(lender, shared, COUNTER, "send", 303)
    case = f"/c/{household.case_id}"
    today = words(get(borrower, f"{case}/"))
    assert "海尔消费金融 has answered" in today
    assert "new answer" in words(get(borrower, f"{case}/talks"))
    post(borrower, f"{case}/talks/{shared.item_id}/seen", {}, status=303)
    assert "has answered" not in words(get(borrower, f"{case}/"))
    with app.app_context():
        assert db.session.scalar(select(func.count()).where(Response.seen_at.is_(None))) == 0


def test_answers_need_the_forms_token(app: Flask, shared: Plan, lender: FlaskClient) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    answer(lender, shared, ACCEPT, "send", 403)
    assert stored(app) == []
