"""What every answer carries so that a browser keeps it private, and the rules of the session cookie."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, g, request
from flask.sessions import SecureCookieSessionInterface
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter, Map

from .clock import now
from .config import Settings
from .extensions import MOST_KEY

IDLE_LIMIT = timedelta(days=30)
MAX_BODY_BYTES = 1024 * 1024
MAX_FORM_PARTS = 400
_FIXED_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=()",
}


class PageSessions(SecureCookieSessionInterface):
    """Flask's signed cookie, sent only when it changed: the day's first page renews it, which is what the idle limit counts."""

    def save_session(self, app: Flask, session: Any, response: Any) -> None:
        """Never with a static file: those are kept by caches for everybody, and must not vary with a cookie."""
        if request.endpoint == "static":
            return
        today = now().date().isoformat()
        if session.permanent and session.get("day") != today:
            session["day"] = today
        super().save_session(app, session, response)


class RowKey(IntegerConverter):
    """A whole number in an address that a database key can be; a larger one is a page that is not there."""

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, max=MOST_KEY)


def init_app(app: Flask, settings: Settings) -> None:
    """Set the cookie rules, the size limits and the headers."""
    app.session_interface = PageSessions()
    app.url_map.converters["int"] = RowKey
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SESSION_COOKIE_NAME="__Host-planner" if settings.https else "planner",
        SESSION_COOKIE_SECURE=settings.https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=IDLE_LIMIT,
        SESSION_REFRESH_EACH_REQUEST=False,  # a slow answer from before a sign-in must not bring the old cookie back
        MAX_CONTENT_LENGTH=MAX_BODY_BYTES,
        MAX_FORM_MEMORY_SIZE=MAX_BODY_BYTES,
        MAX_FORM_PARTS=MAX_FORM_PARTS,
        WTF_CSRF_TIME_LIMIT=None,  # a form left open overnight must still save; the token dies with the session
        WTF_CSRF_SSL_STRICT=False,  # it refuses whoever sends no Referer, as browsers do not from a lender's page
    )
    app.before_request(_refuse_other_sites)
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]  # Flask's own way
    app.after_request(lambda answer: _add_headers(answer, settings))


def _refuse_other_sites() -> None:
    """A form sent from another site's page is refused, whatever token it has. Raises CSRFError.

    Pages that may not tell where they are (no-referrer) send neither Referer nor a readable Origin; the token speaks for them.
    """
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return
    said = (request.headers.get("Origin"), request.referrer)
    strange = [
        address for address in said if address and address != "null" and urlsplit(address).netloc != request.host
    ]
    if strange or request.headers.get("Sec-Fetch-Site") == "cross-site":
        raise CSRFError("sent from another site")


def csp_nonce() -> str:
    """This answer's nonce, made when first asked for: an early refusal (CSRF) renders pages too."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return str(g.csp_nonce)


def user_mark() -> str:
    """An opaque mark of who is signed in, so that the service worker drops one person's pages before another's."""
    if not current_user.is_authenticated:
        return ""
    return hashlib.sha256(f"user:{current_user.id}:{current_user.created_at}".encode()).hexdigest()[:16]


def device_mark() -> str:
    """Marks of who is signed in and of this sign-in, for the page script: it announces the device again when either changed.

    A guest has no mark of their own: what a guest switched on stays on when they register or sign in.
    """
    if not current_user.is_authenticated:
        return ""
    sign_in = hashlib.sha256(f"device:{current_user.get_id()}".encode()).hexdigest()[:8]
    return f"{'guest' if current_user.is_guest else user_mark()}.{sign_in}"


def _add_headers(answer: Response, settings: Settings) -> Response:
    for name, value in _FIXED_HEADERS.items():
        answer.headers.setdefault(name, value)
    answer.headers.setdefault("Content-Security-Policy", _policy(settings))
    if settings.https:
        answer.headers["Strict-Transport-Security"] = "max-age=63072000; includeSubDomains"
    if request.endpoint != "static" and "Cache-Control" not in answer.headers:
        answer.headers["Cache-Control"] = "no-store"
    if answer.mimetype == "text/html":
        answer.headers["X-User"] = user_mark()
    return answer


def _policy(settings: Settings) -> str:
    parts = [
        "default-src 'none'",
        "script-src 'self'",
        f"style-src 'self' 'nonce-{csp_nonce()}'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "manifest-src 'self'",
        "worker-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    ]
    return "; ".join([*parts, "upgrade-insecure-requests"] if settings.https else parts)
