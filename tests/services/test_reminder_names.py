"""Reminders in the name of a counsellor: while the consent counts, and not a message longer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from aiosmtpd.controller import Controller
from flask import Flask

from planner.config import Smtp
from planner.consent import services as consents
from planner.extensions import db
from planner.models import Case, Consent
from planner.reminders.wishes import settings_to_change, wishes_of_many
from tests.agency import give_consent, make_desk
from tests.delivery.test_email import Sink, free_port
from tests.factories import Household, make_case, make_user
from tests.services.test_reminders import BASE, DUE_MORNING, only_haier, run_at

ASKED = DUE_MORNING - timedelta(days=3)


@pytest.fixture
def sink(app: Flask) -> Iterator[Sink]:
    """A real SMTP server that the app's settings name."""
    handler = Sink()
    controller = Controller(handler, hostname="127.0.0.1", port=free_port())
    controller.start()
    smtp = Smtp("127.0.0.1", controller.port, None, None, "plain")
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], smtp=smtp, base_url=BASE)
    yield handler
    controller.stop()


@pytest.fixture
def consent_id(app: Flask, household: Household) -> int:
    """Lin signs the reminders; what the borrower's page keeps in the settings is there too."""
    only_haier(app, household)
    with app.app_context():
        desk = make_desk()
        consent = give_consent(household.case_id, desk, desk.lin_id, days=30)
        consent.signs_reminders = True
        settings = settings_to_change(db.session.get_one(Case, household.case_id))
        settings.signed_by, settings.reply_to = "Lin Yan", "lin@harbour.example"
        db.session.commit()
        return consent.id


def end(app: Flask, consent_id: int) -> None:
    with app.test_request_context(base_url=BASE):
        consents.end(db.session.get_one(Consent, consent_id), None)
        db.session.commit()


def run_out(app: Flask, consent_id: int) -> None:
    with app.app_context():
        db.session.get_one(Consent, consent_id).expires_at = DUE_MORNING - timedelta(hours=1)
        db.session.commit()


@pytest.mark.parametrize("stop", [end, run_out])
def test_an_e_mail_carries_the_counsellors_name_until_the_consent_is_over(
    app: Flask, consent_id: int, sink: Sink, stop: Callable[[Flask, int], None]
) -> None:
    run_at(app, ASKED)
    stop(app, consent_id)
    run_at(app, DUE_MORNING)
    before, after = sink.messages
    assert "Lin Yan" in before["From"]
    assert before["Reply-To"] == "lin@harbour.example"
    assert "Lin Yan" in before.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "Lin" not in after["From"]
    assert "harbour" not in after["Reply-To"]
    assert "Lin Yan" not in after.get_body(("plain",)).get_content()  # type: ignore[union-attr]


def test_a_name_the_borrower_typed_stays_when_a_consent_is_over(
    app: Flask, household: Household, consent_id: int
) -> None:
    run_out(app, consent_id)
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], fixed_now=DUE_MORNING)
    with app.app_context():
        case = db.session.get_one(Case, household.case_id)
        settings = settings_to_change(case)
        settings.signed_by, settings.reply_to = "王老师", "wang@agency.example"
        db.session.commit()
        wishes = wishes_of_many([case])[case.id]
        assert (wishes.signed_by, wishes.reply_to) == ("王老师", "wang@agency.example")


@pytest.mark.parametrize(
    "change", [{"email": "new@harbour.example"}, {"email": "new@harbour.example", "name": "Lin Chen"}]
)
def test_who_changed_name_or_address_signs_no_longer_than_the_consent(
    app: Flask, household: Household, consent_id: int, change: dict[str, str]
) -> None:
    with app.test_request_context(base_url=BASE):
        consent = db.session.get_one(Consent, consent_id)
        consents.sign_reminders(db.session.get_one(Case, household.case_id), consent, is_on=True)
        for name, value in change.items():
            setattr(consent.user, name, value)
        db.session.commit()
    run_out(app, consent_id)
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], fixed_now=DUE_MORNING)
    with app.app_context():
        case = db.session.get_one(Case, household.case_id)
        wishes = wishes_of_many([case])[case.id]
        assert (wishes.signed_by, wishes.reply_to) == (None, None)


def test_a_batch_asks_once_for_all_its_consents(
    app: Flask, household: Household, consent_id: int, count_queries: Callable[[], int]
) -> None:
    with app.app_context():
        first = db.session.get_one(Consent, consent_id)
        cases, asked = [db.session.get_one(Case, household.case_id)], []
        for n in range(5):
            cases.append(make_case(make_user(f"more{n}@example.org")))
            db.session.add(Consent(
                case_id=cases[-1].id, agency_id=first.agency_id, user_id=first.user_id, scope=first.scope, parts=[],
                how=first.how, given_at=first.given_at, expires_at=first.expires_at, signs_reminders=True,
            ))  # fmt: skip
        db.session.commit()
        for some in (cases[:1], cases):
            before = count_queries()
            assert all(wish.signed_by == "Lin Yan" for wish in wishes_of_many(some).values())
            asked.append(count_queries() - before)
    assert asked[1] <= asked[0] + 1  # the addresses of those who saved nothing


def test_nobody_signs_without_having_been_asked(app: Flask, household: Household) -> None:
    with app.app_context():
        desk = make_desk()
        give_consent(household.case_id, desk, desk.lin_id)
        db.session.commit()
        case = db.session.get_one(Case, household.case_id)
        assert wishes_of_many([case])[case.id].signed_by is None
