"""`planner agency NAME EMAIL`: an agency and its first administrator, whose account must exist."""

from __future__ import annotations

from typing import TextIO

from ..accounts.services import find_user_by_email
from ..errors import NotFound
from ..extensions import db
from .services import create_agency

LONGEST_NAME = 120


def run(name: str, email: str, *, out: TextIO, err: TextIO) -> int:
    """Make it and say so; 2 for a name or an account that cannot be."""
    name = " ".join(name.split())
    admin = find_user_by_email(email)
    if not name or len(name) > LONGEST_NAME:
        err.write(f"planner: the name of an agency has 1 to {LONGEST_NAME} characters\n")
        return 2
    if admin is None:
        err.write(f"planner: there is no account {email}; register it first\n")
        return 2
    try:
        create_agency(name, admin)
    except NotFound:
        err.write(f"planner: {email} belongs to an agency already\n")
        return 2
    db.session.commit()
    out.write(f"{name} is made. {email} administers it at /agency, with a second factor.\n")
    return 0
