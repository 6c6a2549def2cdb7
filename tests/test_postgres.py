"""The road once more on a real PostgreSQL: pages, stale saves, reminders claimed by many workers, counted guesses."""

from __future__ import annotations

import re
import threading
from dataclasses import replace

import pytest
from aiosmtpd.controller import Controller
from flask import Flask
from flask.testing import FlaskClient

from planner.config import Smtp
from planner.evidence import services as evidence
from planner.extensions import db, limiter
from planner.reminders import services
from tests.delivery.test_email import Sink, free_port
from tests.factories import Household, make_household, sign_in_as
from tests.pages import get, post, words
from tests.services.test_evidence import race
from tests.services.test_reminders import BASE, DUE_MORNING

pytestmark = pytest.mark.postgres


@pytest.fixture
def app(on_postgres: Flask) -> Flask:
    """The app on an empty PostgreSQL database."""
    return on_postgres


@pytest.fixture
def household(app: Flask) -> Household:
    """The mock-ups' household in it."""
    with app.app_context():
        made = make_household()
        db.session.commit()
    return made


@pytest.fixture
def borrower(app: Flask, household: Household) -> FlaskClient:
    """Its borrower, signed in."""
    return sign_in_as(app, household.user_id)


def test_every_tab_shows_the_same_figures_as_on_sqlite(household: Household, borrower: FlaskClient) -> None:
    case, haier = f"/c/{household.case_id}", household.loan_ids["haier"]
    for path, figure in (("/", "¥2,972"), (f"{case}/budget?month=2026-12", "¥219.91"), (f"{case}/loans", "¥21,112.07"),
                         (f"{case}/loans/{haier}", "16.2%"), (f"{case}/reminders", "11 Dec 09:00")):  # fmt: skip
        assert figure in words(get(borrower, path))


def test_a_plan_reaches_the_lender(app: Flask, household: Household, borrower: FlaskClient) -> None:
    plan = post(borrower, f"/c/{household.case_id}/plans", {"loan_id": str(household.loan_ids["haier"])}).removesuffix(
        "/cause"
    )
    post(borrower, f"{plan}/cause", {"cause": "income", "new_income": "6400"})
    post(borrower, f"{plan}/offer", {"n1-is_included": "y", "n1-offered": "1240"})
    post(borrower, f"{plan}/links", {"days": "14", "budget": "y"})
    link = re.search(r"/s/[\w-]{22}", get(borrower, f"{plan}/links")).group()  # type: ignore[union-attr]
    assert "¥11,115.57" in words(get(app.test_client(), link))


def test_an_odd_text_is_a_sentence_not_a_fault(household: Household, borrower: FlaskClient) -> None:
    form = {"name": "a\x00b", "amount": "5", "frequency": "monthly", "necessity": "flexible", "category": "other"}
    post(borrower, f"/c/{household.case_id}/budget/new?kind=expense", form)
    assert "ab" in get(borrower, f"/c/{household.case_id}/budget")


def test_eight_workers_at_once_send_each_reminder_once(app: Flask, household: Household) -> None:
    handler = Sink()
    controller = Controller(handler, hostname="127.0.0.1", port=free_port())
    controller.start()
    smtp = Smtp("127.0.0.1", controller.port, None, None, "plain")
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], smtp=smtp, base_url=BASE, fixed_now=DUE_MORNING)

    def work() -> None:
        with app.test_request_context(base_url=BASE):
            services.run_once()

    workers = [threading.Thread(target=work) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    controller.stop()
    keys = [str(message["Message-ID"]) for message in handler.messages]
    assert keys
    assert len(keys) == len(set(keys))


def test_guesses_are_counted_in_the_database(app: Flask, household: Household) -> None:
    limiter.enabled = True
    try:
        guesser = app.test_client()
        answers = [guesser.get(f"/s/{n:022d}").status_code for n in range(70)]
    finally:
        limiter.enabled = False
    assert (answers[0], answers[-1]) == (404, 429)


def test_uploads_at_once_cannot_pass_the_limit_of_a_case(
    app: Flask, household: Household, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evidence, "MOST_IN_CASE", 250)  # two of them fit
    kept = race(app, household.case_id, 6)
    assert (len(kept), sum(kept)) == (6, 2)
