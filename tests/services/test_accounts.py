"""Who somebody is: passwords, devices, guests that become accounts."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask_login import logout_user
from sqlalchemy import func, select

from planner import clock
from planner.accounts import services
from planner.accounts.forms import common_passwords
from planner.extensions import db
from planner.models import Case, Membership, SignIn, User
from planner.tokens import token_hash
from tests.factories import make_case, make_household, make_user

PASSWORD = "correct horse battery"


def count(model: type[Any]) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_passwords_are_stored_as_argon2id_of_at_least_19_mib_and_two_passes(context: Flask) -> None:
    _, kind, _version, figures, *_ = services.hash_password(PASSWORD).split("$")
    cost = dict(part.split("=") for part in figures.split(","))
    assert kind == "argon2id"
    assert int(cost["m"]) >= 19 * 1024
    assert int(cost["t"]) >= 2
    assert services.hash_password(PASSWORD) != services.hash_password(PASSWORD)


@pytest.mark.parametrize("length", [64, 128, services.MAX_PASSWORD])
def test_long_passwords_count_to_their_last_character(context: Flask, length: int) -> None:
    user = User(password_hash=services.hash_password("长" * (length - 1) + "a"))
    assert services.is_password_of(user, "长" * (length - 1) + "a")
    assert not services.is_password_of(user, "长" * (length - 1) + "b")
    assert not services.is_password_of(user, "长" * (length - 1))


def test_a_password_is_the_same_on_a_keyboard_that_types_wide_digits(context: Flask) -> None:
    user = User(password_hash=services.hash_password("steady-２０２６"))
    assert services.is_password_of(user, "steady-2026")


def test_nobody_and_a_guest_have_no_password_and_take_as_many_hashes(
    context: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []

    class Counting:
        def verify(self, stored: str, password: str) -> bool:
            hashed.append(stored)
            return services_hasher.verify(stored, password)

    services_hasher = services._hasher
    account = User(password_hash=services.hash_password(PASSWORD))
    monkeypatch.setattr(services, "_hasher", Counting())
    assert services.is_password_of(account, PASSWORD)
    for user in (account, None, User()):
        for password in ("wrong", "", "nobody has this password"):
            assert not services.is_password_of(user, password)
    assert len(hashed) == 10
    assert len({tuple(stored.split("$")[:4]) for stored in hashed}) == 1, "the dummy must cost what a real hash costs"


def test_at_most_two_passwords_are_hashed_at_once(context: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    running, most, lock = 0, 0, threading.Lock()

    class Slow:
        def hash(self, password: str) -> str:
            nonlocal running, most
            with lock:
                running += 1
                most = max(most, running)
            time.sleep(0.02)
            with lock:
                running -= 1
            return password

    monkeypatch.setattr(services, "_hasher", Slow())
    threads = [threading.Thread(target=services.hash_password, args=("x",)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 2


def test_the_commonest_passwords_are_known() -> None:
    assert len(common_passwords()) >= 3000
    assert {"password", "12345678", "qq123456", "woaini1314", "1qaz2wsx"} <= common_passwords()


@pytest.mark.parametrize("typed", ["Sun@Example.ORG", " sun@example.org ", "sun＠example。org", "ＳＵＮ@example.org"])
def test_an_address_is_found_however_it_is_typed(context: Flask, typed: str) -> None:
    user = make_user("sun@example.org")
    assert services.find_user_by_email(typed) is user


def test_a_token_opens_until_it_is_180_days_old(app: Flask) -> None:
    with app.test_request_context():
        user = services.start_guest("en", "test")
        token = user.get_id() or ""
        row = db.session.scalars(select(SignIn)).one()
        assert row.token_hash == token_hash(token) != token, "only the hash is stored"
        row.created_at = clock.now() - timedelta(days=180) + timedelta(seconds=1)
        assert services.find_user_by_token(token) is user
        row.created_at = clock.now() - timedelta(days=180)
        assert services.find_user_by_token(token) is None
        assert services.devices(user) == [], "what opens nothing any more is not listed as signed in"
        assert services.find_user_by_token("another") is None


def test_finding_somebody_by_token_is_one_query_and_writes_nothing(
    app: Flask, count_queries: Callable[[], int]
) -> None:
    with app.test_request_context():
        token = services.start_guest("en", "test").get_id() or ""
        db.session.commit()
        db.session.remove()
        before = count_queries()
        user = services.find_user_by_token(token)
        assert user is not None
        assert user.is_guest
        assert count_queries() == before + 1
        assert not db.session.dirty


def test_signing_in_ends_the_session_that_was_open_and_forgets_dead_ones(app: Flask) -> None:
    with app.test_request_context():
        user = services.start_guest("en", "old phone")
        first = user.get_id() or ""
        dead = SignIn(user_id=user.id, token_hash="0" * 64, client="", created_at=clock.now(), seen_at=clock.now())
        dead.created_at -= timedelta(days=181)
        db.session.add(dead)
        services.sign_in(user, "this phone")
        assert services.find_user_by_token(first) is None
        assert [row.client for row in db.session.scalars(select(SignIn))] == ["this phone"]


def test_a_guest_who_registers_stays_the_same_person_with_the_same_case(app: Flask) -> None:
    with app.test_request_context():
        guest = services.start_guest("en", "test")
        key, case_id = guest.id, db.session.scalars(select(Case.id)).one()
        account = services.register("Sun@Example.org", PASSWORD, "Sun", "zh_Hans_CN", "test", guest)
        assert (account.id, account.email, account.name, account.locale) == (
            key,
            "sun@example.org",
            "Sun",
            "zh_Hans_CN",
        )
        assert not account.is_guest
        assert services.is_password_of(account, PASSWORD)
        assert db.session.scalars(select(Membership.case_id)).all() == [case_id]
        assert count(User) == 1


def test_registering_without_having_started_makes_one_empty_case(app: Flask) -> None:
    with app.test_request_context():
        services.register("sun@example.org", PASSWORD, None, "en", "test", None)
        assert (count(User), count(Case), count(Membership), count(SignIn)) == (1, 1, 1, 1)


def test_of_two_who_register_an_address_at_once_the_second_is_told(app: Flask) -> None:
    with app.test_request_context():
        make_user("sun@example.org")
        with pytest.raises(services.EmailTaken):
            services.register("SUN@example.org", PASSWORD, None, "en", "test", None)


def test_a_guests_filled_case_joins_the_account_and_the_guest_goes(app: Flask) -> None:
    with app.test_request_context():
        made = make_household()
        filled, guest = db.session.get(User, made.user_id), None
        assert filled is not None
        filled.email, guest = None, filled
        account = make_user("other@example.org")
        own = make_case(account)
        joined = services.adopt_guest(guest, account)
        assert joined is not None
        assert joined.id == made.case_id
        mine = select(Membership.case_id).where(Membership.user_id == account.id).order_by(Membership.case_id)
        assert db.session.scalars(mine).all() == sorted([made.case_id, own.id])
        assert db.session.get(User, made.user_id) is None


def test_a_guests_empty_case_goes_with_the_guest(app: Flask) -> None:
    with app.test_request_context():
        guest = services.start_guest("en", "test")
        account = make_user("sun@example.org")
        own = make_case(account)
        logout_user()
        assert services.adopt_guest(guest, account) is None
        assert db.session.scalars(select(Case.id)).all() == [own.id]
        assert (count(User), count(SignIn)) == (1, 0)


def test_a_known_device_is_known_for_its_account_and_for_a_year(context: Flask) -> None:
    proof = services.known_device_proof("sun@example.org")
    mark = services.find_known_device(proof, "Sun@example.org ")
    assert mark
    assert mark != services.find_known_device(services.known_device_proof("sun@example.org"), "sun@example.org")
    for forged, email in ((proof, "other@example.org"), (proof[:-2], "sun@example.org"), ("", "sun@example.org")):
        assert services.find_known_device(forged, email) is None
    with time_machine.travel(time.time() + services.KNOWN_DEVICE_SECONDS + 2, tick=False):
        assert services.find_known_device(proof, "sun@example.org") is None
