"""The door: what every way of signing in ends with, and where it leads."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flask import Response, current_app, request, session, url_for
from flask_login import current_user

from ..extensions import db
from ..messages import client_words
from ..models import User
from . import services


def enter(account: User, second_factor_at: datetime | None = None) -> None:
    """Sign the account in; what a guest entered on this device before goes with it and is opened."""
    guest = db.session.get(User, current_user.id) if current_user.is_authenticated and current_user.is_guest else None
    services.sign_in(account, client_words(), second_factor_at)
    case = services.adopt_guest(guest, account) if guest is not None else None
    if case is not None:
        session["case_id"] = case.id
    db.session.commit()


def find_account() -> User | None:
    """The registered person at hand; None for a guest as for nobody."""
    return current_user if current_user.is_authenticated and not current_user.is_guest else None


def remember_device(answer: Response, email: str) -> Response:
    """Let this device show later that the account was open on it. Only for a sign-in that is complete."""
    set_cookie(answer, _device_cookie(), services.known_device_proof(email), services.KNOWN_DEVICE_SECONDS)
    return answer


def by_device(email: Callable[[], str], key: Callable[[], str]) -> Callable[[], str]:
    """Count by `key`, except on a device that had the account of `email` open before: that one counts by itself."""
    return lambda: services.find_known_device(request.cookies.get(_device_cookie()), email()) or key()


def is_refused(answer: Response) -> bool:
    """What counts as a wrong try."""
    return answer.status_code == 422


def set_cookie(answer: Response, name: str, value: str, seconds: int) -> None:
    """A cookie of ours, out of reach of scripts."""
    secure = bool(current_app.config["SESSION_COOKIE_SECURE"])
    answer.set_cookie(name, value, max_age=seconds, samesite="Lax", secure=secure, httponly=True)


def next_path() -> str:
    """Where the person wanted to go."""
    return own_path(request.args.get("next"))


def own_path(text: str | None) -> str:
    """`text` when it is a path of this app; the start address for anything that could lead elsewhere."""
    path = text or ""
    safe = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
    return path if safe else url_for("today.home")


def _device_cookie() -> str:
    return "__Host-known" if current_app.config["SESSION_COOKIE_SECURE"] else "known"
