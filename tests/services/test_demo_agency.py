"""The demonstration's agency: forty clients with different stories, all of which can be worked out, the same each time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from planner import clock, config, demo, demo_agency
from planner.app import create_app
from planner.caseload.figures import refresh_due
from planner.database import upgrade
from planner.demo_stories import CLIENTS, Story
from planner.extensions import db, limiter
from planner.loans import services as loans
from planner.loans.services import terms_of
from planner.models import (
    Agency,
    AgencyMember,
    AgencyRole,
    Appointment,
    AuditEntry,
    Case,
    CaseFigures,
    Client,
    ClientNote,
    ClientTask,
    Consent,
    ConsentHow,
    Loan,
    Membership,
    Response,
    Suggestion,
    User,
)
from planner.negotiation import services as negotiation
from planner.radar import services as radar
from tests.conftest import NOW


def loaded(folder: Path, now: datetime) -> Flask:
    """An app with the demo loaded at this instant."""
    env = {
        "PLANNER_INSTANCE": str(folder),
        "DATABASE_URL": f"sqlite:///{folder}/demo.sqlite3",
        "BASE_URL": "http://localhost",
    }
    limiter.enabled = True
    app = create_app(replace(config.load(env), fixed_now=now))
    limiter.enabled = False
    upgrade(app.extensions["planner_engine"])
    with app.app_context():
        demo.load()
        refresh_due(clock.now())
    return app


@pytest.fixture(scope="module")
def demo_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    app = loaded(tmp_path_factory.mktemp("demo"), NOW)
    yield app
    app.extensions["planner_engine"].dispose()


@pytest.fixture
def inside(demo_app: Flask) -> Iterator[None]:
    db.init_app(demo_app)  # another test's app may have been bound since
    with demo_app.app_context():
        yield


def clients() -> list[Client]:
    return list(db.session.scalars(select(Client).order_by(Client.number)))


def test_an_agency_with_two_counsellors_an_administrator_and_forty_clients(inside: None) -> None:
    assert Counter(member.role for member in db.session.scalars(select(AgencyMember))) == {
        AgencyRole.COUNSELLOR: 2, AgencyRole.ADMIN: 1,
    }  # fmt: skip
    assert [client.number for client in clients()] == list(range(1, 41))
    assert min(Counter(client.counsellor_id for client in clients()).values()) >= 15
    assert any(client.name == "孙倩" for client in clients())


def test_loading_again_adds_nothing_and_says_how_to_sign_in(inside: None) -> None:
    def rows() -> list[int]:
        tables = (User, Agency, Client, Case, Loan, Consent, AuditEntry, Suggestion)
        return [db.session.scalar(select(func.count()).select_from(table)) or 0 for table in tables]

    before = rows()
    said = demo.load()
    assert rows() == before
    assert demo.EMAIL in said
    assert demo_agency.ADMIN in said
    assert "second factor" in said


def test_an_older_demo_gets_the_agency(app: Flask) -> None:
    with app.app_context():
        demo._household(clock.now())
        demo.load()
        assert db.session.scalar(select(func.count()).select_from(User).where(User.email == demo.EMAIL)) == 1
        assert db.session.scalar(select(func.count()).select_from(Client)) == 40


def test_nobody_but_the_agency_and_the_demo_household_can_sign_in(inside: None) -> None:
    known = {demo.EMAIL, demo_agency.ADMIN, *demo_agency.COUNSELLORS}
    assert set(db.session.scalars(select(User.email).where(User.password_hash.is_not(None)))) == known
    assert not db.session.scalars(select(User).where(User.email.is_not(None), User.email.not_in(known))).all()


def test_the_stories_differ(inside: None) -> None:
    assert Counter(person.story for person in CLIENTS).keys() == set(Story)
    assert Counter(case.currency for case in db.session.scalars(select(Case))).keys() == {"CNY", "GBP", "USD"}
    methods = {str(terms_of(loan).method) for loan in db.session.scalars(select(Loan))}
    assert methods == {"annuity", "equal_principal", "interest_only", "flat", "fixed_payment"}
    assert any(loan.is_priority for loan in db.session.scalars(select(Loan)))
    assert {response.kind for response in db.session.scalars(select(Response))} == {
        "accept",
        "counter",
        "ask",
        "decline",
    }
    for table, least in ((ClientNote, 5), (ClientTask, 5), (Appointment, 4)):
        assert (db.session.scalar(select(func.count()).select_from(table)) or 0) >= least


def test_consents_of_every_scope_ending_withdrawn_expired_and_spoken(inside: None) -> None:
    rows, now = list(db.session.scalars(select(Consent))), clock.now()
    assert {row.scope for row in rows if row.is_open(now)} == {"view", "propose", "edit"}
    assert sum(timedelta() < row.expires_at - now < timedelta(days=7) for row in rows) == 2
    [withdrawn] = [row for row in rows if row.ended_at is not None]
    [gone] = [client for client in clients() if client.case_id == withdrawn.case_id]
    assert gone.name is gone.place is gone.contact is None
    assert sum(row.ended_at is None and row.expires_at < now for row in rows) == 1
    [spoken] = [row for row in rows if row.how == ConsentHow.VERBAL]
    assert spoken.spoken_by
    assert spoken.spoken_at
    assert not db.session.scalars(select(Membership).where(Membership.case_id == spoken.case_id)).all()
    assert any(set(row.parts) == {"budget"} for row in rows)
    assert sum(client.case_id is None for client in clients()) == 1


def test_every_client_s_radar_loans_and_talks_can_be_worked_out(inside: None) -> None:
    soon = later = never = 0
    for client in clients():
        if client.case is None:
            continue
        today = clock.today(client.case.timezone)
        places = loans.positions(client.case, today)
        assert all(place.ledger.rows for place in places)
        negotiation.talks(client.case, clock.now())
        seen = radar.look(client.case, today, places)
        red = seen.projection.red_days[0].on if seen and seen.projection.red_days else None
        soon += red is not None and (red - today).days <= 7
        later += red is not None and 7 < (red - today).days <= 31
        never += seen is not None and red is None
    assert soon >= 8
    assert later >= 4
    assert never >= 8


def test_the_caseload_has_figures_and_overdue_of_different_ages(inside: None) -> None:
    figures = list(db.session.scalars(select(CaseFigures)))
    assert len(figures) == 37, "not of the withdrawn, the expired and the one without a case"
    assert not any(row.is_stale for row in figures)
    ages = [row.overdue_days for row in figures if row.overdue_days]
    assert [sum(low <= age < high for age in ages) for low, high in ((1, 8), (8, 31), (31, 91), (91, 400))] >= [
        1,
        1,
        2,
        2,
    ]
    assert sum(row.reply_on is not None for row in figures) >= 4
    assert sum(row.review_on is not None for row in figures) == 2
    assert sum(row.answers for row in figures) == 4


def test_a_suggestion_waits_for_the_demo_household(inside: None) -> None:
    [waiting] = db.session.scalars(select(Suggestion)).all()
    owner = db.session.scalars(select(User).where(User.email == demo.EMAIL)).one()
    assert db.session.scalar(select(Membership.case_id).where(Membership.user_id == owner.id)) == waiting.case_id
    assert waiting.decided_at is None
    [item] = waiting.items
    assert item.after["amount_minor"] < item.before["amount_minor"]


def picture(folder: Path, on: str) -> list[Any]:
    """The caseload's figures of a demo loaded on this day."""
    folder.mkdir()
    app = loaded(folder, datetime.fromisoformat(f"{on}T03:00").replace(tzinfo=UTC))
    with app.app_context():
        kept = select(Client.number, Client.name, CaseFigures.short_on, CaseFigures.short_minor, CaseFigures.owed_minor,
                      CaseFigures.overdue_days, CaseFigures.reply_on)  # fmt: skip
        found = list(db.session.execute(kept.outerjoin(CaseFigures, CaseFigures.case_id == Client.case_id)))
    app.extensions["planner_engine"].dispose()
    return found


def test_it_can_be_loaded_on_any_day_and_is_the_same_on_the_same(tmp_path: Path) -> None:
    leap = picture(tmp_path / "leap", "2028-02-29")
    first, second = (picture(tmp_path / name, "2026-12-31") for name in ("first", "second"))
    assert first == second
    assert len(leap) == len(first) == 40
    assert all(row.short_on is None or row.short_on >= date(2026, 12, 30) for row in first)
