"""Every page a counsellor is answered with is a look that the household can read of: a form refused, and the list of clients."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm.exc import StaleDataError

from planner.budget import services as budget
from planner.extensions import db
from planner.models import AuditAct, AuditEntry, CaseFigures, Client, Consent, Part, Scope
from tests.agency import Desk
from tests.conftest import NOW
from tests.factories import Household, sign_in_as
from tests.lender import share_plan
from tests.pages import get, post, words
from tests.suggesting import BANK, RENT, Place, make_place
from tests.views.test_caseload import add

LIST = "caseload.index"


@pytest.fixture
def place(app: Flask, household: Household) -> Place:
    """The household's case, its balance known, and an agency."""
    return make_place(app, household)


def looks(place: Place) -> list[str]:
    return [each.endpoint for each in place.entries(AuditAct.LOOK)]


def told(app: Flask) -> dict[int, int]:
    """How many lines about the list each case has."""
    with app.app_context():
        rows = db.session.scalars(select(AuditEntry.case_id).where(AuditEntry.endpoint == LIST)).all()
    return {key: rows.count(key) for key in rows}


@pytest.mark.parametrize("scope", [Scope.PROPOSE, Scope.EDIT])
@pytest.mark.parametrize(
    ("rest", "data", "status", "endpoint"),
    [
        ("loans/{micro}/pay", {"amount": "x"}, 422, "payments.record"),
        ("budget/new?kind=expense", RENT | {"amount": "-3"}, 422, "budget.create_post"),
        ("budget/{line}", RENT | {"version": "0"}, 409, "budget.edit_post"),
        ("radar/balance", {"balance": "a lot"}, 422, "radar.balance"),
        ("loans/{micro}/late", {"rate": "x"}, 422, "payments.late_post"),
        ("loans/{micro}/edit", BANK | {"version": "0"}, 409, "loans.edit_post"),
    ],
)
def test_a_form_that_is_refused_shows_its_page_and_that_is_told(
    place: Place, scope: Scope, rest: str, data: dict[str, str], status: int, endpoint: str
) -> None:
    lin = place.counsellor(scope)
    where, before = rest.format(line=place.line().id, **place.household.loan_ids), place.stored()
    post(lin, place.path(where), data, status)
    assert looks(place) == [endpoint]
    assert place.stored() == before
    assert not place.entries(AuditAct.CHANGE)


def test_a_conflict_that_is_raised_is_told_too(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    with place.app.app_context():
        plan = share_plan(place.household)
    lin = place.counsellor(Scope.EDIT)
    post(lin, place.path(f"talks/{plan.item_id}/counter-offer"), {}, 409)
    assert looks(place) == ["negotiation.take_counter"]

    def too_late(*_given: Any) -> None:
        raise StaleDataError("changed by another")

    monkeypatch.setattr(budget, "create_line", too_late)
    post(lin, place.path("budget/new?kind=expense"), RENT, 409)
    assert looks(place) == ["negotiation.take_counter", "budget.create_post"]


def test_a_form_that_is_stored_and_one_that_is_not_there_are_no_looks(place: Place) -> None:
    lin = place.counsellor(Scope.EDIT)
    post(lin, place.path("budget/new?kind=expense"), RENT)
    post(lin, place.path("loans/987/pay"), {"amount": "x"}, 404)
    assert looks(place) == []


def test_opening_a_form_and_being_refused_is_one_line(place: Place, borrower: FlaskClient) -> None:
    lin, line = place.counsellor(Scope.EDIT), place.path(f"budget/{place.line().id}")
    get(lin, line)
    for _each in range(2):
        post(lin, line, RENT | {"amount": "-3", "version": str(place.line().version)}, 422)
    text = words(get(borrower, place.path("access/log")))
    assert "Looked at a budget line 3 times" in text
    assert text.count("Looked at") == 1


def test_the_list_is_a_look_a_day_at_each_whose_figures_it_showed(app: Flask, desk: Desk, lin: FlaskClient) -> None:
    with app.app_context():
        keys = {name: add(desk, name, parts=parts).case_id for name, parts in (
            ("Money", (Part.BUDGET, Part.LOANS)), ("Debts", (Part.LOANS,)), ("Talks", (Part.CONTACTS,)),
            ("Files", (Part.FILES,)), ("Gone", (Part.BUDGET, Part.LOANS)))}  # fmt: skip
        gone = db.session.scalars(select(Consent).where(Consent.case_id == keys["Gone"])).one()
        gone.ended_at = NOW
        db.session.commit()
    shown = {keys[name]: 1 for name in ("Money", "Debts", "Talks")}
    get(lin, "/desk?q=Money")
    assert told(app) == {keys["Money"]: 1}, "only who is on the page"
    for address in ("/desk", "/desk?sort=client", "/desk?show=short"):
        get(lin, address)
        assert told(app) == shown
    with app.app_context():
        entry = db.session.scalars(select(AuditEntry).where(AuditEntry.case_id == keys["Debts"])).one()
        assert (entry.act, entry.who, entry.user_id, entry.agency_id, entry.at) == (
            "look", "Lin Yan, Harbour Debt Advice", desk.lin_id, desk.agency_id, NOW)  # fmt: skip
        entry.at = NOW - timedelta(hours=8, minutes=13)  # 23:59 of the day before, where the household is
        db.session.commit()
    get(lin, "/desk")
    assert told(app) == shown | {keys["Debts"]: 2}


def test_each_counsellor_has_a_line_of_their_own(app: Flask, desk: Desk, lin: FlaskClient, chen: FlaskClient) -> None:
    with app.app_context():
        key = add(desk, "Money").case_id
        db.session.commit()
    get(lin, "/desk")
    get(chen, "/desk")
    assert told(app) == {key: 1}, "not on Chen's list"
    with app.app_context():
        db.session.scalars(select(Client)).one().counsellor_id = desk.chen_id
        mine = db.session.scalars(select(Consent)).one()
        mine.user_id = desk.chen_id
        db.session.commit()
    get(chen, "/desk")
    assert told(app) == {key: 2}


def test_a_refused_view_shows_the_list_too(app: Flask, desk: Desk, lin: FlaskClient) -> None:
    with app.app_context():
        key = add(desk, "Money").case_id
        db.session.commit()
    post(lin, "/desk/views", {"name": ""}, 422)
    assert told(app) == {key: 1}


def test_the_lines_of_a_page_are_one_statement_and_none_once_they_are_there(
    app: Flask, desk: Desk, lin: FlaskClient, count_queries: Callable[[], int]
) -> None:
    with app.app_context():
        for n in range(60):
            add(desk, f"P{n:02}", owed_minor=n)
        db.session.commit()
    get(lin, "/desk?q=nobody")
    sent = []
    for _each in range(2):
        before = count_queries()
        get(lin, "/desk?sort=client")
        sent.append(count_queries() - before)
        assert len(told(app)) == 50
    assert sent[0] == sent[1] + 1
    assert sent[1] <= 6


def test_the_household_reads_that_the_list_was_looked_at(app: Flask, place: Place, borrower: FlaskClient) -> None:
    lin = place.counsellor(Scope.VIEW)
    with app.app_context():
        db.session.add(CaseFigures(case_id=place.household.case_id, is_stale=True, chart=[]))
        db.session.commit()
    get(lin, "/desk")
    assert looks(place) == [LIST]
    assert "08:12, Lin Yan, Harbour Debt Advice" in words(get(borrower, place.path("access/log")))
    assert "Looked at the list of clients" in words(get(borrower, place.path("access/log")))


def test_the_administrator_sees_no_list_and_leaves_no_line(app: Flask, desk: Desk) -> None:
    with app.app_context():
        add(desk, "Money")
        db.session.commit()
    get(sign_in_as(app, desk.admin_id, second_factor=True), "/desk")
    assert told(app) == {}
