"""Migrations on both databases: up, down and up again, and the result is what the models say."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect, select, text
from sqlalchemy.orm import Session

from planner.database import downgrade, is_current, upgrade
from planner.extensions import make_engine
from planner.models import Base, Case, Membership, Role, User


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty database of each kind."""
    if request.param == "sqlite":
        made = make_engine(f"sqlite:///{tmp_path / 'empty.sqlite3'}")
    else:
        made = make_engine(request.getfixturevalue("postgres_server"))
        with made.begin() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
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
