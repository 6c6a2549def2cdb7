"""Codes of authenticator apps and recovery codes: what is taken, that each is taken once, and what a database gives away."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pyotp
import pytest
from flask import Flask
from sqlalchemy import delete, select, true, update

from planner import clock
from planner.accounts import sealing, second_factor, services
from planner.extensions import db
from planner.models import AuthenticatorApp, Passkey, RecoveryCode, SignIn, User
from tests.conftest import NOW
from tests.factories import CREATED, make_user

AT_ONCE = 100
# RFC 6238, appendix B: the SHA-1 column, of whose eight digits an app shows the last six.
RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
RFC_CODES = [
    (59, "94287082"), (1111111109, "07081804"), (1111111111, "14050471"), (1234567890, "89005924"),
    (2000000000, "69279037"), (20000000000, "65353130"),
]  # fmt: skip


@pytest.fixture
def user(context: Flask) -> User:
    made = make_user("sun@example.org")
    db.session.commit()
    return made


@pytest.fixture
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashing that costs little; what it costs in earnest has a test of its own."""
    monkeypatch.setattr(services, "_KIBIBYTES", 64)


def set_clock(app: Flask, at: datetime) -> None:
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], fixed_now=at)


def code_at(secret: str, steps: int = 0) -> str:
    """The code an app shows `steps` half-minutes from now."""
    return pyotp.TOTP(secret).at(NOW + timedelta(seconds=30 * steps))


def set_up(user: User, steps: int = -1) -> str:
    """Give the person an app, confirmed with a code from before; the secret it holds."""
    secret = second_factor.new_secret()
    assert second_factor.confirm_app(user, secret, code_at(secret, steps))
    db.session.commit()
    return secret


# ---- The app's codes ----


@pytest.mark.parametrize(("seconds", "code"), RFC_CODES)
def test_codes_are_those_of_the_standard(context: Flask, user: User, seconds: int, code: str) -> None:
    set_clock(context, datetime.fromtimestamp(seconds, tz=NOW.tzinfo))
    assert second_factor.confirm_app(user, RFC_SECRET, code[2:])


def test_a_secret_has_160_random_bits(context: Flask) -> None:
    secrets = {second_factor.new_secret() for _ in range(50)}
    assert len(secrets) == 50
    assert all(len(secret) == 32 for secret in secrets)


def test_an_app_counts_only_when_a_first_code_was_right(user: User) -> None:
    secret = second_factor.new_secret()
    wrong = f"{(int(code_at(secret)) + 1) % 10**6:06}"
    assert not second_factor.confirm_app(user, secret, wrong)
    assert not second_factor.has_second_factor(user)
    assert second_factor.confirm_app(user, secret, code_at(secret))
    assert second_factor.has_second_factor(user)


@pytest.mark.parametrize(("steps", "taken"), [(-3, False), (-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_code_may_be_one_step_off(context: Flask, user: User, steps: int, taken: bool) -> None:
    set_clock(context, NOW - timedelta(hours=1))
    secret = second_factor.new_secret()
    second_factor.confirm_app(user, secret, code_at(secret, -120))
    set_clock(context, NOW)
    assert second_factor.take_code(user, code_at(secret, steps)) is taken


def test_a_code_is_taken_once_and_none_before_it_after_it(user: User) -> None:
    secret = set_up(user)
    assert not second_factor.take_code(user, code_at(secret, -1)), "it was used to set up"
    assert second_factor.take_code(user, code_at(secret, 1))
    assert not second_factor.take_code(user, code_at(secret, 1))
    assert not second_factor.take_code(user, code_at(secret, 0)), "an older one, seen over a shoulder"


@pytest.mark.parametrize("write", [
    lambda code: f"{code[:3]} {code[3:]}", lambda code: f" {code}\n", lambda code: f"{code[:3]}-{code[3:]}",
    lambda code: code.translate({ord("0") + n: ord("０") + n for n in range(10)}),
])  # fmt: skip
def test_a_code_may_be_typed_as_people_type(user: User, write: Callable[[str], str]) -> None:
    secret = set_up(user)
    assert second_factor.take_code(user, write(code_at(secret)))


@pytest.mark.parametrize("typed", ["", " ", "12345", "1234567", "é", "一二三四五六", "\0", "0" * 40])
def test_what_is_no_code_is_none(user: User, typed: str) -> None:
    set_up(user)
    assert not second_factor.take_code(user, typed)


def test_a_code_is_good_for_its_own_account_alone(user: User) -> None:
    secret, other = set_up(user), make_user("other@example.org")
    set_up(other)
    assert not second_factor.take_code(other, code_at(secret))
    assert not second_factor.take_code(make_user("third@example.org"), code_at(secret))
    assert second_factor.take_code(user, code_at(secret))


def test_a_new_app_takes_the_place_of_the_old(user: User) -> None:
    old = set_up(user)
    new = set_up(user)
    db.session.expire_all()
    assert not second_factor.take_code(user, code_at(old))
    assert second_factor.take_code(user, code_at(new))
    assert len(db.session.scalars(select(AuthenticatorApp)).all()) == 1


def test_the_address_for_the_app_names_the_account_and_us(user: User) -> None:
    read = pyotp.parse_uri(second_factor.app_address(user, RFC_SECRET))
    assert isinstance(read, pyotp.TOTP)
    assert (read.secret, read.name, read.issuer) == (RFC_SECRET, "sun@example.org", "稳步")
    assert (read.digits, read.interval, read.digest().name) == (6, 30, "sha1")


# ---- What a copy of the database gives away ----


def test_the_secret_is_not_in_the_database_and_opens_only_with_our_key(context: Flask, user: User) -> None:
    secret = set_up(user)
    stored = db.session.scalars(select(AuthenticatorApp.sealed_secret)).one()
    assert secret not in stored
    assert sealing.unseal("authenticator app", stored) == secret
    assert sealing.unseal("another purpose", stored) is None
    context.config["SECRET_KEY"] = "0123456789abcdef" * 4
    assert sealing.unseal("authenticator app", stored) is None
    assert not second_factor.take_code(user, code_at(secret)), "a changed key is a wrong code, not a fault"
    assert second_factor.has_second_factor(user), "and opens nothing"


def test_the_same_text_is_sealed_differently_each_time_and_a_changed_one_is_refused(context: Flask) -> None:
    one, two = (sealing.seal("a", "text") for _ in range(2))
    assert one != two
    assert sealing.unseal("a", one[:-2] + ("A=" if one[-2] != "A" else "B=")) is None
    assert sealing.unseal("a", "") is None
    assert sealing.unseal("a", "é") is None


def test_recovery_codes_are_stored_hashed_like_passwords(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    costs: list[tuple[int, int]] = []
    real = services.hash_secret_raw

    def watched(text: bytes, salt: bytes, passes: int, kibibytes: int, *more: object) -> bytes:
        costs.append((passes, kibibytes))
        return real(text, salt, 1, 64, *more)  # type: ignore[arg-type]  # handed on as they come

    monkeypatch.setattr(services, "hash_secret_raw", watched)
    codes = second_factor.new_recovery_codes(user)
    assert all(passes >= 2 and kibibytes >= 19 * 1024 for passes, kibibytes in costs), "OWASP's least for passwords"
    rows = db.session.scalars(select(RecoveryCode)).all()
    assert len(rows) == len({row.code_hash for row in rows}) == 10
    assert not {code.replace("-", "") for code in codes} & {row.code_hash for row in rows}
    assert len({row.salt for row in rows}) == 1
    second_factor.new_recovery_codes(user)
    assert db.session.scalars(select(RecoveryCode.salt)).first() != rows[0].salt


# ---- Recovery codes ----


@pytest.mark.usefixtures("cheap")
def test_ten_codes_each_work_once(user: User) -> None:
    codes = second_factor.new_recovery_codes(user)
    assert len(set(codes)) == 10
    for n, code in enumerate(codes, 1):
        assert second_factor.take_recovery_code(user, code)
        assert not second_factor.take_recovery_code(user, code)
        assert second_factor.recovery_codes_left(user) == 10 - n


@pytest.mark.usefixtures("cheap")
def test_a_new_set_replaces_the_old(user: User) -> None:
    old, new = second_factor.new_recovery_codes(user), second_factor.new_recovery_codes(user)
    assert not any(second_factor.take_recovery_code(user, code) for code in old)
    assert second_factor.take_recovery_code(user, new[3])


@pytest.mark.usefixtures("cheap")
def test_a_recovery_code_may_be_typed_as_people_type_and_is_ones_own(user: User) -> None:
    codes, other = second_factor.new_recovery_codes(user), make_user("other@example.org")
    second_factor.new_recovery_codes(other)
    assert not second_factor.take_recovery_code(other, codes[0])
    assert not second_factor.take_recovery_code(make_user("third@example.org"), codes[0])
    assert second_factor.take_recovery_code(user, f" {codes[0].upper().replace('-', ' ')} ")
    assert not second_factor.take_recovery_code(user, "")


@pytest.mark.usefixtures("cheap")
def test_codes_have_no_letters_that_look_alike(user: User) -> None:
    letters = set("".join(second_factor.new_recovery_codes(user) + second_factor.new_recovery_codes(user)))
    assert not letters & set("01oil")
    assert len(second_factor._LETTERS) ** 10 > 2**48


# ---- What counts ----


def add_passkey(user: User) -> None:
    db.session.add(
        Passkey(
            user_id=user.id, name="k", credential_id=f"k{user.id}", public_key=b"", sign_count=0, created_at=CREATED
        )
    )
    db.session.flush()


@pytest.mark.usefixtures("cheap")
def test_an_app_or_a_passkey_counts_and_recovery_codes_alone_do_not(user: User) -> None:
    other = make_user("other@example.org")
    assert not second_factor.has_second_factor(user)
    second_factor.new_recovery_codes(user)
    assert not second_factor.has_second_factor(user)
    add_passkey(user)
    set_up(other)
    assert second_factor.has_second_factor(user)
    assert second_factor.has_second_factor(other)


@pytest.mark.usefixtures("cheap")
def test_removing_the_last_one_takes_codes_and_proofs_along(context: Flask, user: User) -> None:
    set_up(user)
    add_passkey(user)
    second_factor.new_recovery_codes(user)
    row = SignIn(user_id=user.id, token_hash="x", client="c", created_at=NOW, seen_at=NOW, second_factor_at=NOW)
    db.session.add(row)
    db.session.flush()
    second_factor.remove_app(user)
    assert second_factor.recovery_codes_left(user) == 10, "a passkey is left"
    db.session.execute(delete(Passkey))
    second_factor.settle_removal(user)
    assert second_factor.recovery_codes_left(user) == 0
    assert db.session.scalars(select(SignIn.second_factor_at)).all() == [None]


def test_nobody_must_have_one_yet_and_who_must_keeps_the_last(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not second_factor.is_required_of(user)
    set_up(user)
    monkeypatch.setattr(second_factor, "is_required_of", lambda user: True)
    with pytest.raises(second_factor.StillRequired):
        second_factor.remove_app(user)
    db.session.rollback()
    assert second_factor.has_second_factor(user)


def test_the_person_loaded_from_a_session_says_when_it_proved_a_factor(context: Flask, user: User) -> None:
    with context.test_request_context():
        services.sign_in(user, "phone")
        assert user.token
        found = services.find_user_by_token(user.token)
        assert found is not None
        assert found.second_factor_at is None
        services.sign_in(user, "phone", clock.now())
        loaded = services.find_user_by_token(user.token)
        assert loaded is not None
        assert loaded.second_factor_at == NOW


# ---- A hundred at once ----


def at_once(app: Flask, take: Callable[[User], bool], user_id: int) -> int:
    """How many of a hundred that start together are let in."""
    barrier, let_in = threading.Barrier(AT_ONCE), list[bool]()

    def run() -> None:
        with app.app_context():
            user = db.session.get(User, user_id)
            assert user
            db.session.rollback()  # gives the connection back: there are fewer than threads
            barrier.wait(60)
            let_in.append(take(user))
            db.session.commit()

    threads = [threading.Thread(target=run) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(let_in) == AT_ONCE, "none failed for another reason"
    return sum(let_in)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def busy(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """The app on each database, where what is read beforehand is the same for all."""
    monkeypatch.setattr(services, "_KIBIBYTES", 64)
    made: Flask = request.getfixturevalue("app" if request.param == "sqlite" else "on_postgres")
    return made


def test_one_code_lets_in_one_of_a_hundred(busy: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    with busy.app_context():
        user = make_user("sun@example.org")
        key, secret = user.id, set_up(user)
    assert at_once(busy, lambda user: second_factor.take_code(user, code_at(secret)), key) == 1
    monkeypatch.setattr(second_factor, "_is_before", lambda step: true())
    with busy.app_context():
        db.session.execute(update(AuthenticatorApp).values(last_step=0))
        db.session.commit()
    let_in = at_once(busy, lambda user: second_factor.take_code(user, code_at(secret)), key)
    assert let_in == AT_ONCE, "the control: without the condition all get in"


def test_one_recovery_code_lets_in_one_of_a_hundred(busy: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    with busy.app_context():
        user = make_user("sun@example.org")
        key, codes = user.id, second_factor.new_recovery_codes(user)
        db.session.commit()
    assert at_once(busy, lambda user: second_factor.take_recovery_code(user, codes[0]), key) == 1
    monkeypatch.setattr(second_factor, "_is_unused", true)
    let_in = at_once(busy, lambda user: second_factor.take_recovery_code(user, codes[1]), key)
    assert let_in == AT_ONCE, "the control: without the condition all get in"
