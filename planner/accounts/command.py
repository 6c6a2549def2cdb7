"""`planner lost-factor EMAIL`: lets somebody in by password again who lost their phone, passkeys and recovery codes."""

from __future__ import annotations

from typing import TextIO

from ..extensions import db
from . import second_factor
from .services import find_user_by_email


def run(email: str, *, out: TextIO, err: TextIO) -> int:
    """Take the account's second factor away and say so; 2 for an account that is not there or has none."""
    user = find_user_by_email(email)
    if user is None or not second_factor.has_second_factor(user):
        err.write(f"planner: there is no account {email} with a second factor\n")
        return 2
    is_required = second_factor.is_required_of(user)
    second_factor.forget_all(user)
    db.session.commit()
    out.write(f"{email} is signed out everywhere and signs in by password alone.\n")
    if is_required:
        out.write("They belong to an agency: its clients open again once they have set up a new second factor.\n")
    return 0
