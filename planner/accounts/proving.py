"""Proving more than a password: who is being asked, for how long a proof counts, and how many tries there are."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from flask import Response, request, session, url_for
from flask_login import current_user

from .. import clock
from ..errors import NotFound
from ..extensions import client_network, db, limiter
from ..messages import see_other
from ..models import User
from ..tokens import find_signed, sign, token_hash
from . import entering, second_factor, services

P = ParamSpec("P")
R = TypeVar("R")
PENDING_SECONDS = 10 * 60
FRESH = timedelta(minutes=15)
_PURPOSE = "second factor"


def hold(account: User) -> None:
    """Remember on this device that the account's password was right; nothing opens before a second factor is proved."""
    session["pending"] = sign(_PURPOSE, [account.id, _password_mark(account)])


def find_pending() -> User | None:
    """The account whose password was right here a moment ago, if it still has this password and a second factor."""
    held = find_signed(_PURPOSE, session.get("pending", ""), max_age_seconds=PENDING_SECONDS)
    account = db.session.get(User, held[0]) if held else None
    if account is None or held is None or held[1] != _password_mark(account):
        return None
    return account if second_factor.has_second_factor(account) else None


def find_subject() -> User | None:
    """Who is to prove a second factor here: the account being signed in to, else the one that is signed in."""
    return find_pending() or entering.find_account()


def let_in(subject: User, *, by_password: bool = False) -> Response:
    """The subject proved it: open the session, or note it in the one that is open, and go where they wanted to."""
    if entering.find_account() is None or find_pending() is not None:
        entering.enter(subject, clock.now())
    else:
        row = services.find_this_device()
        if row is None:
            raise NotFound
        services.renew_sign_in(row, second_factor=not by_password)
        db.session.commit()
    return entering.remember_device(see_other(entering.next_path()), subject.email or "")


def is_fresh() -> bool:
    """Whether this device's person showed within 15 minutes who they are: by the second factor, without one by signing in."""
    row = services.find_this_device()
    if row is None:
        return False
    proved_at = row.second_factor_at if second_factor.has_second_factor(row.user) else row.created_at
    return proved_at is not None and proved_at > clock.now() - FRESH


def confirmed(view: Callable[P, Any]) -> Callable[P, Any]:
    """State, below @signed_in, that a view changes how somebody signs in: for accounts, and only after a fresh proof."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> Any:
        index = url_for("second_factor.index")
        if current_user.is_guest:
            return see_other(index)
        if is_fresh():
            return view(*args, **kwargs)
        session.pop("pending", None)
        return see_other(url_for("second_factor.prove", next=request.path if request.method == "GET" else index))

    return guarded


def limit_tries(view: Callable[P, R]) -> Callable[P, R]:
    """At most 10 wrong answers in 15 minutes for an account, wherever they come from, and for one sign-in.

    A device that had the account open before counts by itself: who knows the password cannot lock the owner out there.
    """
    return _tries_of_account(_tries_of_sign_in(view))


def _account_key() -> str:
    subject = find_subject()
    return client_network() if subject is None else f"account {subject.id}"


def _subject_email() -> str:
    subject = find_subject()
    return (subject.email if subject is not None else None) or ""


def _sign_in_key() -> str:
    return token_hash(f"{session.get('pending') or session.get('_user_id') or client_network()}")


def _password_mark(account: User) -> str:
    return token_hash(account.password_hash or "")[:16]


_tries_of_account: Any = limiter.shared_limit(
    "10 per 15 minutes; 100 per day", scope="second factor", key_func=entering.by_device(_subject_email, _account_key),
    deduct_when=entering.is_refused,
)  # fmt: skip
_tries_of_sign_in: Any = limiter.shared_limit(
    "10 per 15 minutes", scope="second factor of a sign-in", key_func=_sign_in_key, deduct_when=entering.is_refused
)
