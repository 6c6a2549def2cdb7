"""What the buttons of a message do: each signed address does one thing to one reminder, after asking once more."""

from __future__ import annotations

from flask import Blueprint

from ..access import public

bp = Blueprint("reminder_acts", __name__)


@bp.get("/r/<any(paid, later):what>/<signed>")
@public
def ask(what: str, signed: str) -> str:
    return ""
