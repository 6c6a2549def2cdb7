"""Second factors for tests: an app and recovery codes given to somebody, and the forms in which they are proved."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pyotp
from flask import Flask
from flask.testing import FlaskClient

from planner.accounts import second_factor
from planner.extensions import db
from planner.models import User
from tests.conftest import NOW

PASSWORD = "correct horse battery"
RIGHT = {"email": "sun@example.org", "password": PASSWORD}
INDEX, APP, CODES = "/account/second-factor", "/account/second-factor/app", "/account/second-factor/codes"
PROVE = "/sign-in/second"


def give_app(app: Flask, user_id: int) -> str:
    made = second_factor.new_secret()
    with app.app_context():
        user = db.session.get(User, user_id)
        assert user
        assert second_factor.confirm_app(user, made, pyotp.TOTP(made).at(NOW - timedelta(seconds=30)))
        db.session.commit()
    return made


def give_codes(app: Flask, user_id: int) -> list[str]:
    with app.app_context():
        user = db.session.get(User, user_id)
        assert user
        made = second_factor.new_recovery_codes(user)
        db.session.commit()
    return made


def later(app: Flask, minutes: float) -> None:
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], fixed_now=NOW + timedelta(minutes=minutes))


def code(secret: str, steps: int = 0) -> dict[str, str]:
    """The form with the code the app shows, some half-minutes from the stopped clock's time."""
    return {"way": "code", "code": pyotp.TOTP(secret).at(NOW + timedelta(seconds=30 * steps))}


WRONG = {"way": "code", "code": "000000"}


def is_in(client: FlaskClient) -> bool:
    return 'class="tabs"' in client.get("/").get_data(as_text=True)


def cookie_of(client: FlaskClient) -> str:
    found = client.get_cookie("planner")
    assert found
    return found.value


def copy_of(app: Flask, value: str) -> FlaskClient:
    client = app.test_client()
    client.set_cookie("planner", value)
    return client


def guess(client: FlaskClient, address: str = "198.51.100.1", data: dict[str, str] = WRONG) -> int:
    return client.post(PROVE, data=data, environ_base={"REMOTE_ADDR": address}).status_code
