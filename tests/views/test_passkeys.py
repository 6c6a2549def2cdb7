"""Passkeys added, used and removed, with an authenticator of our own that can also answer wrongly."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from planner.accounts import passkeys, second_factor, services
from planner.extensions import db
from planner.models import Passkey, SignIn
from tests.authenticator import PRESENT, Authenticator, data, text
from tests.conftest import NOW
from tests.factories import Household, make_user, sign_in_as
from tests.pages import get, post, words

ADD, PROVE = "/account/passkeys/new", "/sign-in/passkey"
RIGHT = {"email": "sun@example.org", "password": "correct horse battery"}


def ask(client: FlaskClient, address: str) -> dict[str, Any]:
    """The options the page's script fetches."""
    answer = client.post(address)
    assert answer.status_code == 200, answer.location
    options: dict[str, Any] = answer.get_json()
    return options


def add(client: FlaskClient, key: Authenticator, status: int = 302, **changed: Any) -> str:
    """Add the passkey as the page would."""
    options = ask(client, "/account/passkeys/options")
    return post(client, ADD, {"name": "my phone", "credential": key.make(options, **changed)}, status)


def prove(client: FlaskClient, key: Authenticator, status: int = 302, **changed: Any) -> str:
    """Answer the sign-in's question with the passkey."""
    options = ask(client, "/sign-in/passkey/options")
    return post(client, PROVE, {"credential": key.sign(options, **changed)}, status)


def is_in(client: FlaskClient) -> bool:
    return 'class="tabs"' in client.get("/").get_data(as_text=True)


@pytest.fixture(autouse=True)
def _cheap_codes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashing ten recovery codes as dearly as in earnest takes a second a test."""
    monkeypatch.setattr(services, "_KIBIBYTES", 64)


@pytest.fixture
def key(borrower: FlaskClient) -> Authenticator:
    """A passkey of the borrower's."""
    made = Authenticator()
    assert add(borrower, made) == "/account/second-factor/codes"
    return made


def keys_of(app: Flask, user_id: int) -> list[Passkey]:
    with app.app_context():
        return list(db.session.scalars(select(Passkey).where(Passkey.user_id == user_id)))


# ---- Adding ----


def test_a_passkey_is_added_and_listed_and_recovery_codes_are_shown(
    app: Flask, household: Household, borrower: FlaskClient, key: Authenticator
) -> None:
    [row] = keys_of(app, household.user_id)
    assert (row.name, row.credential_id, row.sign_count) == ("my phone", text(key.credential_id), 0)
    assert (row.created_at, row.last_used_at) == (NOW, None)
    page = get(borrower, "/account/second-factor/codes")
    assert page.count('<li class="nb">') == second_factor.RECOVERY_CODES
    listed = words(get(borrower, "/account/second-factor"))
    assert "my phone added 9 Dec 2026, not used yet" in listed
    assert "10 codes are left" in listed


def test_the_browser_is_asked_for_a_verified_key_of_this_person_and_not_one_they_have(
    borrower: FlaskClient, viewer: FlaskClient, key: Authenticator
) -> None:
    options = ask(borrower, "/account/passkeys/options")
    assert options["rp"] == {"id": "localhost", "name": "Steady"}
    assert options["authenticatorSelection"]["userVerification"] == "required"
    assert options["attestation"] == "none"
    assert options["user"]["name"] == "sun@example.org"
    assert "sun" not in data(options["user"]["id"]).decode("latin-1")
    assert [each["id"] for each in options["excludeCredentials"]] == [text(key.credential_id)]
    other = ask(viewer, "/account/passkeys/options")
    assert other["user"]["id"] != options["user"]["id"]
    assert other["challenge"] != options["challenge"]


@pytest.mark.parametrize(
    ("wrong", "changed"),
    [
        ({"origin": "https://evil.example"}, {}),
        ({"origin": "http://localhost:81"}, {}),
        ({"origin": "https://localhost"}, {}),
        ({"rp_id": "evil.example"}, {}),
        ({"flags": PRESENT}, {}),
        ({"flags": 0}, {}),
        ({}, {"challenge": text(b"another challenge")}),
        ({}, {"type": "webauthn.get"}),
    ],
)
def test_a_wrong_registration_adds_nothing(
    app: Flask, household: Household, borrower: FlaskClient, wrong: dict[str, Any], changed: dict[str, Any]
) -> None:
    page = add(borrower, replace(Authenticator(), **wrong), 422, **changed)
    assert "The passkey was not added" in page
    assert 'value="my phone"' in page, "what was typed is kept"
    assert keys_of(app, household.user_id) == []


def test_a_registration_without_a_question_and_a_second_answer_add_nothing(
    app: Flask, household: Household, borrower: FlaskClient
) -> None:
    made = Authenticator()
    unasked = made.make({"challenge": text(b"0" * 64)})
    post(borrower, ADD, {"name": "a", "credential": unasked}, 422)
    options = ask(borrower, "/account/passkeys/options")
    copied = borrower.get_cookie("planner")
    assert copied
    post(borrower, ADD, {"name": "a", "credential": made.make(options)})
    again = sign_in_as(app, household.user_id)
    again.set_cookie("planner", copied.value)
    assert again.post(ADD, data={"name": "b", "credential": Authenticator().make(options)}).status_code != 200
    assert len(keys_of(app, household.user_id)) == 1


def test_the_same_passkey_is_not_added_twice_nor_by_somebody_else(
    app: Flask, household: Household, borrower: FlaskClient, stranger: FlaskClient, key: Authenticator
) -> None:
    add(borrower, key, 422)
    add(stranger, key, 422)
    assert len(keys_of(app, household.user_id)) == 1
    assert keys_of(app, household.stranger_id) == []


def test_at_most_twenty_passkeys(
    app: Flask, household: Household, borrower: FlaskClient, key: Authenticator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passkeys, "MOST_PASSKEYS", 2)
    add(borrower, Authenticator())
    add(borrower, Authenticator(), 422)
    assert len(keys_of(app, household.user_id)) == 2


@pytest.mark.parametrize(("name", "told"), [("", "Enter a name"), ("n" * 41, "Use at most 40 characters")])
def test_a_passkey_needs_a_name(borrower: FlaskClient, name: str, told: str) -> None:
    options = ask(borrower, "/account/passkeys/options")
    page = post(borrower, ADD, {"name": name, "credential": Authenticator().make(options)}, 422)
    assert words(page).count(told) == 2, "in the summary and beside the field"


def test_the_page_proposes_the_browsers_name(borrower: FlaskClient) -> None:
    agent = {"User-Agent": "Mozilla/5.0 (Linux; Android 14) Chrome/130.0 Mobile"}
    assert 'value="Chrome Android"' in get(borrower, ADD, headers=agent)


# ---- Signing in ----


def test_after_the_password_a_passkey_opens_the_session(
    app: Flask, household: Household, client: FlaskClient, key: Authenticator
) -> None:
    asked = f"/c/{household.case_id}/loans"
    to_proof = post(client, f"/sign-in?next={asked}", RIGHT)
    assert to_proof == f"/sign-in/second?next={asked}"
    assert not is_in(client)
    page = get(client, to_proof)
    assert f'action="/sign-in/passkey?next={asked}"' in page
    options = ask(client, "/sign-in/passkey/options")
    assert [each["id"] for each in options["allowCredentials"]] == [text(key.credential_id)]
    assert options["userVerification"] == "required"
    credential = {"credential": key.sign(options)}
    assert post(client, f"/sign-in/passkey?next={asked}", credential) == asked
    assert is_in(client)
    [row] = keys_of(app, household.user_id)
    assert (row.sign_count, row.last_used_at) == (1, NOW)
    with app.app_context():
        newest = db.session.scalars(select(SignIn).order_by(SignIn.id.desc())).first()
        assert newest
        assert newest.second_factor_at == NOW


def test_a_passkey_alone_signs_in(app: Flask, household: Household, client: FlaskClient, key: Authenticator) -> None:
    assert "Sign in with a passkey" in get(client, "/sign-in?lang=en")
    options = ask(client, "/sign-in/passkey/options")
    assert options.get("allowCredentials", []) == [], "nothing is said of whose passkeys there are"
    assert post(client, PROVE, {"credential": key.sign(options)}) == "/"
    assert "海尔" in get(client, f"/c/{household.case_id}/loans")
    assert client.get_cookie("known") is not None


def test_a_guests_entries_join_the_account_that_signs_in_by_passkey(client: FlaskClient, key: Authenticator) -> None:
    post(client, "/start", {})
    prove(client, key)
    assert "proved a second factor" in words(get(client, "/account?lang=en"))


WRONG_PROOFS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"origin": "https://evil.example"}, {}),
    ({"rp_id": "evil.example"}, {}),
    ({"flags": PRESENT}, {}),
    ({"flags": 0}, {}),
    ({"count": -1, "counts": False}, {}),
    ({"key": Authenticator().key}, {}),
    ({"credential_id": b"nobody's"}, {}),
    ({}, {"challenge": text(b"another challenge")}),
    ({}, {"type": "webauthn.create"}),
]


@pytest.mark.parametrize(("wrong", "changed"), WRONG_PROOFS)
@pytest.mark.parametrize("with_password", [True, False])
def test_a_wrong_answer_opens_nothing(
    client: FlaskClient, key: Authenticator, wrong: dict[str, Any], changed: dict[str, Any], with_password: bool
) -> None:
    prove(client, key)
    post(client, "/sign-out", {})
    if with_password:
        post(client, "/sign-in", RIGHT)
    liar = replace(key, **(wrong | ({"count": 1} if "counts" in wrong else {})))
    page = prove(client, liar, 422, **changed)
    assert 'role="alert"' in page
    assert not is_in(client)
    prove(client, key)
    assert is_in(client), "the right one does"


def test_somebody_elses_passkey_does_not_stand_in(
    app: Flask, household: Household, stranger: FlaskClient, client: FlaskClient, key: Authenticator
) -> None:
    theirs = Authenticator()
    add(stranger, theirs)
    post(client, "/sign-in", RIGHT)
    page = prove(client, theirs, 422)
    assert "does not open the account" in page or "打不开" in page
    assert not is_in(client)


@pytest.mark.parametrize("counts", [True, False], ids=["counting", "never counting"])
def test_a_recorded_answer_opens_nothing_the_second_time(
    app: Flask, household: Household, client: FlaskClient, key: Authenticator, counts: bool
) -> None:
    """With a copy of the cookie too: passkeys that several devices share do not count, so the counter cannot be all."""
    key.counts = counts
    options = ask(client, "/sign-in/passkey/options")
    recorded = {"credential": key.sign(options)}
    cookie = client.get_cookie("planner")
    assert cookie
    thief = app.test_client()
    thief.set_cookie("planner", cookie.value)
    post(client, PROVE, recorded)
    post(thief, PROVE, recorded, 422)
    assert not is_in(thief)
    post(client, "/sign-out", {})
    post(client, PROVE, recorded, 422)


@pytest.mark.parametrize("place", ["app", pytest.param("on_postgres", marks=pytest.mark.postgres)])
def test_one_answer_sent_twenty_times_at_once_opens_one_session(request: pytest.FixtureRequest, place: str) -> None:
    app: Flask = request.getfixturevalue(place)
    with app.app_context():
        user_id = make_user("sun@example.org").id
        db.session.commit()
    key, client = Authenticator(counts=False), app.test_client()
    add(sign_in_as(app, user_id), key)
    recorded = {"credential": key.sign(ask(client, "/sign-in/passkey/options"))}
    cookie = client.get_cookie("planner")
    assert cookie
    barrier, answers = threading.Barrier(20), list[int]()

    def send() -> None:
        copy = app.test_client()
        copy.set_cookie("planner", cookie.value)
        barrier.wait(20)
        answers.append(copy.post(PROVE, data=recorded).status_code)

    threads = [threading.Thread(target=send) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [303] + [422] * 19


def test_a_question_is_answered_within_five_minutes(client: FlaskClient, key: Authenticator) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        options = ask(client, "/sign-in/passkey/options")
        clock.shift(timedelta(minutes=5, seconds=1))
        post(client, PROVE, {"credential": key.sign(options)}, 422)


@pytest.mark.parametrize(
    "answer",
    ["", "null", "[]", "{}", "1", "x" * 5000, '{"id": 1}', '{"id": "' + "a" * 2000 + '"}', "[" * 50000, '{"id": "a\\u0000"}'],
)  # fmt: skip
def test_nonsense_is_refused_and_nothing_breaks(borrower: FlaskClient, key: Authenticator, answer: str) -> None:
    ask(borrower, "/sign-in/passkey/options")
    post(borrower, PROVE, {"credential": answer}, 422)
    ask(borrower, "/account/passkeys/options")
    post(borrower, ADD, {"name": "a", "credential": answer}, 422)


def test_a_broken_answer_is_refused_wherever_it_is_broken(borrower: FlaskClient, key: Authenticator) -> None:
    """Every part left out, emptied, cut or replaced by something else, in both ceremonies."""
    tried = 0
    for address, target, answer in (
        ("/sign-in/passkey/options", PROVE, key.sign), ("/account/passkeys/options", ADD, Authenticator().make),
    ):  # fmt: skip
        names = [("id",), ("rawId",), ("type",), ("response",)]
        names += [("response", name) for name in json.loads(answer({"challenge": "AAAA"}))["response"]]
        for name in names:
            for value in (None, "", "AAAA", 7, {}, [], "é", "cut"):
                whole = json.loads(answer(ask(borrower, address)))
                holder = whole if len(name) == 1 else whole["response"]
                holder[name[-1]] = holder[name[-1]][:-8] if value == "cut" and name != ("response",) else value
                post(borrower, target, {"name": "a", "credential": json.dumps(whole)}, 422)
                tried += 1
    assert tried == 8 * (4 + 3 + 4 + 2)


# ---- Removing ----


def test_a_removed_passkey_opens_nothing(
    app: Flask, household: Household, borrower: FlaskClient, client: FlaskClient, key: Authenticator
) -> None:
    [row] = keys_of(app, household.user_id)
    assert post(borrower, f"/account/passkeys/{row.id}/remove", {}) == "/account/second-factor"
    assert "my phone is removed" in get(borrower, "/account/second-factor")
    prove(client, key, 422)
    assert post(client, "/sign-in", RIGHT) == "/", "the password alone opens the account again"
    with app.app_context():
        assert db.session.scalars(select(SignIn.second_factor_at)).all() == [None] * 2


def test_nobody_removes_somebody_elses(
    app: Flask, household: Household, borrower: FlaskClient, stranger: FlaskClient, key: Authenticator
) -> None:
    [row] = keys_of(app, household.user_id)
    post(stranger, f"/account/passkeys/{row.id}/remove", {}, 404)
    post(borrower, "/account/passkeys/987654321/remove", {}, 404)
    assert len(keys_of(app, household.user_id)) == 1


def test_the_last_one_of_somebody_who_must_have_one_stays(
    app: Flask, household: Household, borrower: FlaskClient, key: Authenticator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(second_factor, "is_required_of", lambda user: True)
    [row] = keys_of(app, household.user_id)
    page = post(borrower, f"/account/passkeys/{row.id}/remove", {}, 422)
    assert "Set up another first, then remove this one" in words(page)
    assert len(keys_of(app, household.user_id)) == 1
    add(borrower, Authenticator())
    post(borrower, f"/account/passkeys/{row.id}/remove", {})
    assert len(keys_of(app, household.user_id)) == 1


@pytest.mark.parametrize(
    ("base_url", "possible"),
    [("https://plan.example.org", True), ("http://localhost:8000", True), ("http://127.0.0.1:8000", False),
     ("http://[::1]:8000", False)],
)  # fmt: skip
def test_passkeys_are_offered_where_browsers_allow_them(
    app: Flask, borrower: FlaskClient, client: FlaskClient, base_url: str, possible: bool
) -> None:
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], base_url=base_url)
    assert ("/account/passkeys/new" in get(borrower, "/account/second-factor")) is possible
    assert ("/sign-in/passkey" in get(client, "/sign-in")) is possible


@pytest.mark.parametrize(
    ("base_url", "origin"),
    [("https://Plan.example.org:443", "https://plan.example.org"), ("http://localhost:8000/", "http://localhost:8000")],
)
def test_the_origin_is_that_of_the_base_address(app: Flask, household: Household, base_url: str, origin: str) -> None:
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], base_url=base_url.rstrip("/"))
    client = sign_in_as(app, household.user_id)
    add(client, Authenticator(origin=origin, rp_id=origin.split("/")[2].split(":")[0]))
    assert len(keys_of(app, household.user_id)) == 1
