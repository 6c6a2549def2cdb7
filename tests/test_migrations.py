"""Migrations on both databases: up, down and up again, and the result is what the models say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect, select, text
from sqlalchemy.orm import Session

from planner.database import downgrade, is_current, upgrade
from planner.documents import plain
from planner.documents.proposal import Asked, from_json, to_json
from planner.engine.money import currency
from planner.extensions import make_engine
from planner.models import Base, Case, Membership, Proposal, ProposalVersion, Role, Share, ShareView, User
from tests.conftest import empty


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty database of each kind."""
    if request.param == "sqlite":
        made = make_engine(f"sqlite:///{tmp_path / 'empty.sqlite3'}")
    else:
        made = make_engine(request.getfixturevalue("postgres_server"))
        empty(made)
    yield made
    made.dispose()


def test_the_migrated_schema_is_that_of_the_models(engine: Engine) -> None:
    upgrade(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
    assert is_current(engine)


def test_down_and_up_again_gives_the_same_tables(engine: Engine) -> None:
    upgrade(engine)
    tables = set(inspect(engine).get_table_names())
    downgrade(engine, "base")
    assert set(inspect(engine).get_table_names()) <= {"alembic_version"}
    assert not is_current(engine)
    upgrade(engine)
    assert set(inspect(engine).get_table_names()) == tables


def test_upgrading_twice_keeps_what_is_there(engine: Engine) -> None:
    upgrade(engine)
    now = datetime(2026, 12, 9, tzinfo=UTC)
    with Session(engine) as session:
        case = Case(created_at=now)
        case.members.append(Membership(user=User(created_at=now), role=Role.BORROWER, created_at=now))
        session.add(case)
        session.commit()
    upgrade(engine)
    with Session(engine) as session:
        kept = session.scalars(select(Case)).one()
        assert kept.created_at == now
        assert kept.members[0].role == Role.BORROWER


OLD_VALUE = {
    "schema": "planner-proposal/1", "reference": "RP-2026-1209-4F7KQ", "version": 1, "created_on": "2026-12-09",
    "reply_by": "2026-12-23", "currency": {"code": "CNY", "minor_digits": 2}, "creditor": "海尔消费金融",
    "contract_number": "7731",
    "borrower": {"name": "孙倩", "contact": "138"},
    "cause": {"code": "income", "since": "2027-01-01", "until": None, "text": "取消加班"},
    "budget": {
        "income": "6400.00", "essential": "4208.00", "flexible": "420.00", "savings": "0.00", "other_instalments": "400.00",
        "available": "1372.00", "items": [{"name": "房租", "group": "essential", "monthly": "1600.00"}],
    },
    "opening_amount": "10402.46",
    "contract": {"payment": "1816.67", "count": 6, "first_due": "2027-01-18", "last_due": "2027-06-18", "total": "10899.98",
                 "annual_cost": "0.162163"},
    "offer": {"payment": "1240.00", "count": 2, "first_due": "2027-01-18", "last_due": "2027-02-18", "total": "2480.00",
              "annual_cost": None},
    "instalments": [
        {"n": 1, "due_on": "2027-01-18", "principal": "1099.42", "interest": "140.58", "payment": "1240.00",
         "balance": "9303.04"},
        {"n": 2, "due_on": "2027-02-18", "principal": "9303.04", "interest": "0.00", "payment": "9303.04",
         "balance": "0.00"},
    ],
}  # fmt: skip
SHOWN = [["name", "budget"], ["name", "contact", "contract_number", "cause", "budget", "other_creditors"]]


def _fill_old_proposals(engine: Engine) -> None:
    """A case with two proposals as they were before: one shared twice and read, one only begun."""
    now, instant = "2026-12-09 00:00:00+00:00", "TIMESTAMP" if engine.dialect.name == "sqlite" else "TIMESTAMPTZ"
    value, terms = json.dumps(OLD_VALUE), "{}"
    rows = [
        "INSERT INTO cases (id, currency, timezone, locale, created_at)"
        f" VALUES (1, 'CNY', 'Asia/Shanghai', 'zh', {instant} '{now}')",
        "INSERT INTO loans (id, case_id, creditor, currency, terms, paid_before, is_priority, created_at, version)"
        f" VALUES (7, 1, '海尔消费金融', 'CNY', '{terms}', 5, true, {instant} '{now}', 1)",
        "INSERT INTO proposals (id, case_id, loan_id, reference, cause, offered_minor, first_due, created_at, updated_at,"
        f" version) VALUES (3, 1, 7, 'RP-2026-1209-4F7KQ', 'income', 124000, '2027-01-18', {instant} '{now}',"
        f" {instant} '{now}', 4)",
        "INSERT INTO proposals (id, case_id, loan_id, reference, created_at, updated_at, version)"
        f" VALUES (5, 1, 7, 'RP-2026-1209-AAAAA', {instant} '{now}', {instant} '{now}', 1)",
        "INSERT INTO proposal_versions (id, case_id, proposal_id, number, value, sha256, created_at)"
        f" VALUES (11, 1, 3, 1, '{value}', 'old', {instant} '{now}')",
    ]
    for key, shown in enumerate(SHOWN, 21):
        rows.append(
            "INSERT INTO shares (id, case_id, version_id, token_hash, shown, created_at, expires_at)"
            f" VALUES ({key}, 1, 11, 'hash{key}', '{json.dumps(shown)}', {instant} '{now}', {instant} '{now}')"
        )
    rows.append(f"INSERT INTO share_views (id, share_id, at, client) VALUES (31, 22, {instant} '{now}', 'phone')")
    with engine.begin() as connection:
        for row in rows:
            connection.exec_driver_sql(row if engine.dialect.name == "postgresql" else row.replace("TIMESTAMP '", "'"))


def test_old_proposals_ask_their_one_creditor_and_their_links_still_open(engine: Engine) -> None:
    upgrade(engine, "0007")
    _fill_old_proposals(engine)
    upgrade(engine)
    with Session(engine) as session:
        shared, begun = session.scalars(select(Proposal).order_by(Proposal.id)).all()
        [item] = shared.items
        assert (item.loan_id, item.n, item.is_included, item.offered_minor) == (7, 1, True, 124_000)
        asked = plain.read(Asked, item.asked, currency("CNY"))
        assert asked == Asked("reduce", 124_000, date(2027, 1, 18))
        assert [each.asked for each in begun.items] == [None]
        assert shared.checked == {}
        version = session.scalars(select(ProposalVersion)).one()
        value = from_json(version.value)
        assert to_json(value) == version.value
        assert version.sha256 == value.sha256
        assert (value.request(1).asked, value.request(1).opening_minor) == (asked, 1_040_246)
        assert value.budget is not None
        assert (value.budget.available_minor, value.offered_minor) == (177_200, 164_000)
        assert value.creditor(1).is_priority
        for share in session.scalars(select(Share)):
            assert (share.creditor_n, share.item_id) == (1, item.id)
            assert share.sha256 == value.copy_for(1, share.shown).sha256
        assert session.scalars(select(ShareView)).one().share_id == 22


def test_proposals_go_back_to_one_creditor_where_they_can(engine: Engine) -> None:
    upgrade(engine, "0007")
    _fill_old_proposals(engine)
    upgrade(engine)
    now = datetime(2026, 12, 9, tzinfo=UTC)
    with Session(engine) as session:
        session.add(Proposal(case_id=1, reference="RP-NOBODY", checked={}, created_at=now, updated_at=now))
        session.commit()
    downgrade(engine, "0007")
    with engine.connect() as connection:
        kept = connection.execute(text("SELECT loan_id, offered_minor, first_due FROM proposals ORDER BY id")).all()
        assert [(row[0], row[1], str(row[2]) if row[2] else None) for row in kept] == [
            (7, 124_000, "2027-01-18"), (7, None, None),
        ]  # fmt: skip
        value = connection.scalar(text("SELECT value FROM proposal_versions"))
        assert (json.loads(value) if isinstance(value, str) else value) == OLD_VALUE
        assert connection.scalar(text("SELECT count(*) FROM share_views")) == 1
    upgrade(engine)
    with Session(engine) as session:
        assert len(session.scalars(select(Share)).all()) == 2
