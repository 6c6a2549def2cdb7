"""Rows for tests, made through the app's own services so that they are what the pages would have made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from planner.extensions import db
from planner.models import Case, Membership, Role, SignIn, User
from planner.tokens import new_token, token_hash

CREATED = datetime(2026, 12, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Household:
    """Keys of the mock-ups' household and of two other people."""

    case_id: int
    user_id: int
    viewer_id: int
    stranger_id: int
    stranger_case_id: int
    loan_ids: dict[str, int]


def make_user(email: str | None, *, locale: str = "en") -> User:
    """A person; without an e-mail a guest. The password is "correct horse battery"."""
    user = User(email=email, locale=locale, created_at=CREATED)
    user.password_hash = _hashed() if email else None
    db.session.add(user)
    db.session.flush()
    return user


@cache
def _hashed() -> str:
    """The hash of everybody's password, made once: it takes a core a tenth of a second, by design."""
    from planner.accounts.services import hash_password

    return hash_password("correct horse battery")


def make_case(user: User) -> Case:
    """An empty case of which `user` is the borrower."""
    case = Case(currency="CNY", timezone="Asia/Shanghai", locale="zh_Hans_CN", created_at=CREATED)
    db.session.add(case)
    db.session.flush()
    add_member(case, user, Role.BORROWER)
    return case


def add_member(case: Case, user: User, role: Role) -> Membership:
    """Let `user` into `case`."""
    membership = Membership(case_id=case.id, user_id=user.id, role=role, created_at=CREATED)
    db.session.add(membership)
    db.session.flush()
    return membership


def make_household() -> Household:
    """The mock-ups' household (planner/demo.py), a viewer of it, and a stranger with an empty case."""
    from planner.demo import fill_case

    owner, viewer, stranger = (make_user(f"{name}@example.org") for name in ("sun", "viewer", "stranger"))
    case, other = make_case(owner), make_case(stranger)
    add_member(case, viewer, Role.VIEWER)
    loans = fill_case(case, today=datetime(2026, 12, 9, tzinfo=UTC).date(), now=CREATED)
    db.session.flush()
    keys = {name: loan.id for name, loan in loans.items()}
    return Household(case.id, owner.id, viewer.id, stranger.id, other.id, keys)


def sign_in_as(app: Flask, user_id: int, *, second_factor: bool = False) -> FlaskClient:
    """A browser in which this person is signed in, by password alone or with a second factor."""
    token = new_token()
    with app.app_context():
        user = db.session.scalar(select(User).where(User.id == user_id))
        now = app.config["SETTINGS"].fixed_now or datetime.now(UTC)
        db.session.add(
            SignIn(user_id=user.id, token_hash=token_hash(token), client="test", created_at=now, seen_at=now,
                   second_factor_at=now if second_factor else None)
        )  # fmt: skip
        db.session.commit()
    client = app.test_client()
    with client.session_transaction() as session:
        session["_user_id"] = token
        session["_fresh"] = True
        session.permanent = True
    return client
