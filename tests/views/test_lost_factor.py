"""`planner lost-factor`: who lost every factor gets in by password again, and whoever was in is out."""

from __future__ import annotations

import io

import pytest
from flask import Flask
from flask.testing import FlaskClient

from planner.accounts import command
from tests.agency import Desk
from tests.factories import Household, sign_in_as
from tests.pages import post
from tests.proving import INDEX, PROVE, RIGHT, give_app, give_codes, is_in

pytestmark = pytest.mark.usefixtures("cheap_codes")


def lose(app: Flask, email: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    with app.app_context():
        return command.run(email, out=out, err=err), out.getvalue(), err.getvalue()


def test_the_password_alone_opens_the_account_again_and_every_device_is_signed_out(
    app: Flask, household: Household, client: FlaskClient, secret: str
) -> None:
    codes = give_codes(app, household.user_id)
    thief = sign_in_as(app, household.user_id)
    assert is_in(thief)
    assert PROVE in post(client, "/sign-in", RIGHT), "it is asked for"

    status, says, wrong = lose(app, " Sun@Example.org")
    assert (status, wrong) == (0, "")
    assert "signs in by password alone" in says
    assert not is_in(thief)
    assert not is_in(client)
    assert post(client, PROVE, {"way": "recovery", "recovery": codes[0]}) == "/sign-in", "what was begun is over"
    assert post(client, "/sign-in", RIGHT) == "/"
    assert is_in(client)


@pytest.mark.usefixtures("household")
@pytest.mark.parametrize("email", ["nobody@example.org", "sun@example.org", ""])
def test_an_account_without_one_is_left_alone(app: Flask, email: str) -> None:
    status, says, wrong = lose(app, email)
    assert (status, says) == (2, "")
    assert f"there is no account {email} with a second factor" in wrong


def test_a_counsellor_comes_back_to_clients_only_with_another(app: Flask, desk: Desk, client: FlaskClient) -> None:
    give_app(app, desk.lin_id)
    status, says, _wrong = lose(app, "lin@harbour.example")
    assert status == 0
    assert "once they have set up a new second factor" in says
    post(client, "/sign-in", RIGHT | {"email": "lin@harbour.example"})
    answer = client.get("/desk")
    assert answer.location.startswith(f"{INDEX}/needed")
