"""What several pages' tests start with."""

from __future__ import annotations

import pytest
from flask import Flask

from planner.accounts import services
from tests.factories import Household
from tests.proving import give_app


@pytest.fixture
def cheap_codes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashing ten recovery codes as dearly as in earnest takes a second a test."""
    monkeypatch.setattr(services, "_KIBIBYTES", 64)


@pytest.fixture
def secret(app: Flask, household: Household) -> str:
    """The secret in the borrower's authenticator app, confirmed a while ago."""
    return give_app(app, household.user_id)
