"""Suggestions on PostgreSQL, where writers do not wait for each other by themselves."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from planner.extensions import db
from planner.models import AuditAct, Loan, Scope, Suggestion
from tests.factories import make_household, sign_in_as
from tests.pages import get, post, words
from tests.suggesting import BANK, RENT, Place, make_place
from tests.views.test_suggestions import line_form

pytestmark = pytest.mark.postgres


@pytest.fixture
def place(on_postgres: Flask) -> Place:
    with on_postgres.app_context():
        household = make_household()
        db.session.commit()
    return make_place(on_postgres, household)


def test_nothing_is_stored_until_it_is_approved_and_then_once(place: Place) -> None:
    lin, before = place.counsellor(), place.stored()
    assert lin.post(place.path("loans/new"), data=BANK).status_code == 303
    assert place.stored() == before | {"consents": place.stored()["consents"], "clients": place.stored()["clients"]}
    key, found = place.suggestion().id, list[int]()
    people = [sign_in_as(place.app, place.household.user_id) for _n in range(6)]
    assert "Left in" in words(get(people[0], place.path(f"suggestions/{key}")))
    start = threading.Barrier(len(people))

    def send(n: int) -> None:
        start.wait()
        answer = people[n].post(place.path(f"suggestions/{key}/decide"), data={"say": "approve", "item": "1"})
        found.append(answer.status_code)

    threads = [threading.Thread(target=send, args=(n,)) for n in range(len(people))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [303, 409, 409, 409, 409, 409]
    with place.app.app_context():
        assert len(db.session.scalars(select(Loan).where(Loan.creditor == "Bank")).all()) == 1


@pytest.mark.parametrize("scope", [Scope.PROPOSE, Scope.EDIT])
def test_a_consent_that_ends_while_the_form_is_stored_lets_nothing_through(place: Place, scope: Scope) -> None:
    lin, ended = place.counsellor(scope), list[str]()

    def end_now(*_flush: Any) -> None:
        if not ended:
            ended.append("now")
            place.end()

    event.listen(Session, "before_flush", end_now)
    page = words(post(lin, place.path("budget/new?kind=expense"), RENT | {"name": "Garage by the sea"}, 404))
    event.remove(Session, "before_flush", end_now)
    assert "Garage by the sea" in page
    assert not place.entries(AuditAct.CHANGE)
    with place.app.app_context():
        assert db.session.scalar(select(Suggestion)) is None


def test_a_consent_cannot_end_between_the_check_and_the_commit(place: Place) -> None:
    """Whoever ends it waits for what was let through; the log then has the change before the end."""
    lin, waited = place.counsellor(Scope.EDIT), list[bool]()
    ender = threading.Thread(target=place.end)

    def checked(session: Session, _context: Any) -> None:
        if any(type(row).__name__ == "AuditEntry" for row in session.new) and not waited:
            ender.start()
            ender.join(0.5)
            waited.append(ender.is_alive())

    event.listen(Session, "after_flush", checked)
    address, form = line_form(place, amount="500")
    answer = lin.post(address, data=form)
    event.remove(Session, "after_flush", checked)
    ender.join()
    assert answer.status_code == 302
    assert waited == [True]
    assert place.line().amount_minor == 50000
    assert len(place.entries(AuditAct.CHANGE)) == 1
