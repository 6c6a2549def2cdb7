"""What several pages' tests start with."""

from __future__ import annotations

import pytest
from flask import Flask

from planner.accounts import services
from planner.extensions import db
from tests.factories import Household
from tests.lender import Plan, make_plan, share_plan
from tests.proving import give_app


@pytest.fixture
def cheap_codes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashing ten recovery codes as dearly as in earnest takes a second a test."""
    monkeypatch.setattr(services, "_KIBIBYTES", 64)


@pytest.fixture
def secret(app: Flask, household: Household) -> str:
    """The secret in the borrower's authenticator app, confirmed a while ago."""
    return give_app(app, household.user_id)


@pytest.fixture
def shared(app: Flask, household: Household) -> Plan:
    """A plan shared with the consumer lender."""
    with app.app_context():
        return share_plan(household)


@pytest.fixture
def talk(household: Household, shared: Plan) -> str:
    """The address of its ledger."""
    return f"/c/{household.case_id}/talks/{shared.item_id}"


@pytest.fixture
def plan(app: Flask, household: Household) -> str:
    """The address of a finished plan that is not shared."""
    with app.app_context():
        key = make_plan(household).id
        db.session.commit()
    return f"/c/{household.case_id}/plans/{key}"
