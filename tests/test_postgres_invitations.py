"""What many do with one invitation at once, on a real PostgreSQL."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import true

from planner.consent import invitations
from planner.extensions import db
from tests.agency import make_desk
from tests.consenting import race
from tests.factories import make_household

pytestmark = pytest.mark.postgres


@pytest.fixture
def app(on_postgres: Flask) -> Flask:
    """The mock-ups' household and an agency in it."""
    with on_postgres.app_context():
        make_household()
        make_desk()
        db.session.commit()
    return on_postgres


def test_of_thirty_at_once_one_is_let_in(app: Flask) -> None:
    assert race(app, 30) == 1


def test_without_the_condition_more_would_be_let_in(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invitations, "_may_use", lambda: (true(),))
    assert race(app, 8) > 1
