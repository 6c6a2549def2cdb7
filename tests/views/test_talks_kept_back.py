"""The talks belong to one part of a case: what a counsellor without it is not told, and what one with it alone cannot write."""

from __future__ import annotations

import json

import jsonschema
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from planner.caseload import figures
from planner.extensions import db
from planner.models import Arrangement, Client, Part, ProposalItem
from tests.agency import Desk, give_consent
from tests.conftest import NOW
from tests.factories import Household, sign_in_as
from tests.lender import Plan
from tests.pages import get, post, words
from tests.views.test_caseload_files import schema
from tests.views.test_negotiation import CONFIRM, LOGGED, answered

B, L, P, C = Part.BUDGET, Part.LOANS, Part.PLANS, Part.CONTACTS


def counsellor(app: Flask, household: Household, desk: Desk, *parts: Part) -> FlaskClient:
    """Lin, who may change things in these parts; the figures of the list are kept."""
    with app.app_context():
        give_consent(household.case_id, desk, desk.lin_id, parts=parts)
        db.session.commit()
        figures.refresh([household.case_id], NOW)
    return sign_in_as(app, desk.lin_id, second_factor=True)


def asked(app: Flask, plan: Plan) -> tuple[object, ...]:
    with app.app_context():
        item = db.session.get_one(ProposalItem, plan.item_id)
        return item.asked, item.offered_minor, item.version


def agreements(app: Flask) -> int:
    with app.app_context():
        return len(db.session.scalars(select(Arrangement)).all())


@pytest.mark.parametrize(("parts", "tells"), [((B, L, P), False), ((B, L, P, C), True)], ids=["plans", "talks too"])
def test_answers_and_agreements_are_told_to_whom_the_talks_are_shared(
    app: Flask,
    household: Household,
    desk: Desk,
    borrower: FlaskClient,
    shared: Plan,
    talk: str,
    parts: tuple[Part, ...],
    tells: bool,
) -> None:
    answered(app, shared, kind="accept")
    lin = counsellor(app, household, desk, *parts)
    with app.app_context():
        client = db.session.scalars(select(Client.id)).one()
    panel, listed = words(get(lin, f"/desk/clients/{client}")), get(lin, "/desk?show=answer")
    assert ("answer of a lender has not been read" in panel) is tells
    assert (f'data-open="/desk/clients/{client}"' in listed) is tells
    [row] = json.loads(lin.post("/desk/export.json").data)["clients"]
    assert row["answers"] == (1 if tells else None)
    assert ("海尔消费金融 accepted" in words(get(lin, f"/c/{household.case_id}/plans"))) is tells
    post(borrower, f"{talk}/confirmation", CONFIRM, status=303)
    assert agreements(app) == 1
    case = f"/desk/clients/{client}/case"
    found = json.loads(lin.get(f"{case}.json").data)
    jsonschema.validate(found, schema("case"), format_checker=jsonschema.FormatChecker())
    assert [each["answer"] for each in found["plans"] if each["shared_on"]] == ["accept" if tells else None]
    assert (found["arrangements"] is not None) is tells
    table = lin.get(f"{case}.csv").data.decode("utf-8-sig")
    assert "Shared on" in table
    assert ("Answered on" in table) is ("Agreement," in table) is tells
    loan = get(lin, f"/c/{household.case_id}/loans/{household.loan_ids['haier']}")
    assert ("How it was agreed" in loan) is ("Look at it again on" in loan) is ("It no longer holds" in loan) is tells
    assert "As agreed on" in loan


def test_with_the_talks_alone_no_plan_and_no_schedule_is_written(
    app: Flask,
    household: Household,
    desk: Desk,
    shared: Plan,
    talk: str,
) -> None:
    answered(app, shared, kind="counter", amount="1300")
    lin, before = counsellor(app, household, desk, C), asked(app, shared)
    page = get(lin, talk)
    for kept in ("It fits your money", "more in all than your offer", 'counter-offer"', "/confirmation", "/preview"):
        assert kept not in page, kept
    post(lin, f"{talk}/counter-offer", {}, 403)
    get(lin, f"{talk}/confirmation", 403)
    post(lin, f"{talk}/confirmation", CONFIRM | {"basis": "counter"}, 403)
    assert (asked(app, shared), agreements(app)) == (before, 0)
    post(lin, f"{talk}/answer", LOGGED, status=303)


def test_with_the_loans_the_word_is_recorded_and_still_no_plan_shown(
    app: Flask,
    household: Household,
    desk: Desk,
    shared: Plan,
    talk: str,
) -> None:
    answered(app, shared, kind="counter", amount="1300")
    lin = counsellor(app, household, desk, C, L)
    assert "It fits your money" not in get(lin, talk)
    page = get(lin, f"{talk}/confirmation")
    assert 'data-show-when="basis=counter"' in page
    assert 'data-show-when="basis=offer"' not in page
    post(lin, f"{talk}/counter-offer", {}, 403)
    post(lin, f"{talk}/confirmation", CONFIRM | {"basis": "counter"}, status=303)
    assert agreements(app) == 1


def test_an_agreement_is_ended_by_who_may_see_the_loan(
    app: Flask,
    household: Household,
    desk: Desk,
    borrower: FlaskClient,
    shared: Plan,
    talk: str,
) -> None:
    answered(app, shared, kind="accept")
    post(borrower, f"{talk}/confirmation", CONFIRM, status=303)
    with app.app_context():
        key = db.session.scalars(select(Arrangement.id)).one()
    lin, end = counsellor(app, household, desk, C), f"/c/{household.case_id}/agreements/{key}/end"
    assert end not in get(lin, talk)
    get(lin, end, 403)
    post(lin, end, {"reason": "broken"}, 403)
    with app.app_context():
        assert db.session.get_one(Arrangement, key).ended_on is None


def test_with_the_plans_too_the_counter_offer_is_tried_and_taken(
    app: Flask,
    household: Household,
    desk: Desk,
    shared: Plan,
    talk: str,
) -> None:
    answered(app, shared, kind="counter", amount="1300")
    lin, before = counsellor(app, household, desk, B, L, P, C), asked(app, shared)
    assert f'action="{talk}/counter-offer"' in get(lin, talk)
    post(lin, f"{talk}/counter-offer", {}, status=303)
    assert asked(app, shared) != before
