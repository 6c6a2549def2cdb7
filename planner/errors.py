"""What can go wrong, said in our words, and the one place where each becomes a status and a page."""

from __future__ import annotations

from flask import Flask, Response, make_response, render_template, request
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException, InternalServerError

from .extensions import db


class PlannerError(Exception):
    """A problem the reader can be told about."""


class NotFound(PlannerError):
    """No such row for this person; whether it exists for others is not said."""


class AccessEnded(NotFound):
    """A consent that counted when the page was opened and no longer does; what was typed is shown, nothing was stored."""


class NotAllowed(PlannerError):
    """A member whose role may look but not do this."""


class NotShared(NotAllowed):
    """A part of the case that its borrower keeps to themselves."""


class NotApproved(NotAllowed):
    """A counsellor's draft that its borrower has not approved: nothing of it leaves the app."""


class SecondFactorNeeded(PlannerError):
    """Signed in by password alone where more is asked for."""


class TooManyTries(PlannerError):
    """More tries than somebody who means well needs."""


class Conflict(PlannerError):
    """The row was changed by somebody else since the form was opened."""


class InForce(Conflict):
    """A plan that a lender confirmed in writing: it is the proof, and the loan's schedule hangs on it."""


class Gone(PlannerError):
    """A link that is unknown, expired or revoked; which of these is not said."""


def init_app(app: Flask) -> None:
    """Register the one translation of errors to pages."""
    for error, status in ((NotFound, 404), (NotAllowed, 403), (Conflict, 409), (Gone, 404), (TooManyTries, 429)):
        app.register_error_handler(error, lambda e, status=status: page(status, type(e).__name__))
    app.register_error_handler(StaleDataError, lambda e: page(409, "Conflict"))
    app.register_error_handler(CSRFError, lambda e: page(403, "CSRFError"))
    app.register_error_handler(OperationalError, lambda e: page(503, "Busy"))
    app.register_error_handler(DBAPIError, _unstorable)
    app.register_error_handler(HTTPException, _http_error)


def _http_error(error: HTTPException) -> Response:
    if isinstance(error, InternalServerError) or error.code is None or error.code < 400:
        return page(500, "InternalServerError") if (error.code or 0) >= 500 else make_response(error.get_response())
    answer = page(error.code, type(error).__name__)
    if error.code == 405:
        answer.headers.update({k: v for k, v in error.get_headers() if k == "Allow"})
    return answer


def _unstorable(error: DBAPIError) -> Response:
    """Text that no column takes (a NUL character, say) is the sender's mistake; anything else is ours."""
    bad_value = type(error).__name__ in ("DataError", "StatementError")
    return page(400, "BadRequest") if bad_value else page(500, "InternalServerError")


def page(status: int, kind: str) -> Response:
    """The page for an error: what happened, and the way on. Nothing half written stays in the session."""
    db.session.rollback()
    title, text = _words(status, kind)
    typed = _typed() if kind in ("AccessEnded", "NotShared", "NotAllowed", "Conflict") else []
    body = render_template("errors/error.html", status=status, title=title, text=text, typed=typed)
    answer = make_response(body, status)
    if request.path.startswith(("/s/", "/r/", "/calendar/", "/desk/feed/")):
        answer.headers["X-Robots-Tag"] = "noindex"
    return answer


def _typed() -> list[str]:
    """What somebody wrote into the form that could not be taken, to be copied; marks and choices are not worth that."""
    texts = [value.strip() for name, value in request.form.items(multi=True) if name != "csrf_token"]
    return [text for text in texts if len(text) > 1]


def _words(status: int, kind: str) -> tuple[str, str]:
    if kind == "Gone":
        return _("This link does not open"), _(
            "It may have expired or been withdrawn. Ask the person who sent it for a new one."
        )
    if kind == "CSRFError":
        return _("Please send the form again"), _(
            "The page was open for too long. Go back, reload the page and send it again."
        )
    if kind == "AccessEnded":
        return _("You no longer have access to this file"), _(
            "Nothing was saved. Your client ended the consent, or its time was over."
        )
    if kind == "NotShared":
        return _("Not shared with you"), _("Your client keeps this part to themselves. They can share it at any time.")
    if kind == "NotApproved":
        return _("Not approved yet"), _(
            "This plan is a counsellor's draft. Nothing of it is sent, linked or exported before the borrower approves it."
        )
    if kind == "InForce":
        return _("This plan stays"), _(
            "A lender has confirmed it in writing, and the agreed instalments hang on it. Nothing was deleted."
        )
    return {
        400: (_("That could not be read"), _("Go back, check what you entered and send it again.")),
        403: (_("You may look at this but not change it"), _("Ask the person whose file this is to make the change.")),
        404: (_("There is no such page here"), _("Check the address, or go on from Today.")),
        405: (_("There is no such page here"), _("Check the address, or go on from Today.")),
        409: (
            _("Someone changed this in the meantime"),
            _("Nothing of yours was saved over it. Go back, copy your text, reload and enter it again."),
        ),
        413: (_("That is too large"), _("Send less text or a smaller file.")),
        429: (_("Too many tries"), _("Wait a few minutes and try again. Nothing is lost.")),
        503: (_("Not saved: the app is busy"), _("Nothing was changed. Wait a moment and send it again.")),
    }.get(status, (_("Something broke on our side"), _("Nothing was saved. Try again; if it stays, come back later.")))
