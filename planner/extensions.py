"""The libraries' objects that the whole app shares; app.create_app wires each to one app."""

from __future__ import annotations

import sqlite3
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

from flask import Flask, Response, request
from flask.globals import app_ctx
from flask_babel import Babel
from flask_compress import Compress
from flask_limiter import Limiter
from flask_login import LoginManager
from flask_wtf import CSRFProtect
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, scoped_session, sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry


def make_engine(url: str) -> Engine:
    """An engine for `url`; on SQLite with foreign keys enforced, a write-ahead log, and writers that wait for each other."""
    if not url.startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True)
    engine = create_engine(url, connect_args={"timeout": 15})
    event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: ConnectionPoolEntry) -> None:
    for pragma in ("foreign_keys=ON", "journal_mode=WAL", "synchronous=FULL", "busy_timeout=15000"):
        connection.execute(f"PRAGMA {pragma}")


def _context_key() -> int:
    """Which app context this is; each has a session of its own."""
    return id(app_ctx._get_current_object())  # type: ignore[attr-defined]  # the proxy's documented way to its target


class Database:
    """One engine an app and one session an app context, closed with it. Whoever answers the request commits."""

    session: scoped_session[Session]

    def init_app(self, app: Flask) -> None:
        """Bind to the app's DATABASE_URL; also used again with another app in tests."""
        engine = make_engine(app.config["SETTINGS"].database_url)
        app.extensions["planner_engine"] = engine
        factory = sessionmaker(engine, expire_on_commit=False)
        self.session = scoped_session(factory, scopefunc=_context_key)
        app.teardown_appcontext(self._close)

    def _close(self, _error: BaseException | None) -> None:
        self.session.remove()


def client_network() -> str:
    """Who is counted for a rate limit: the address, for IPv6 its /64, of which one household has all 2^64."""
    try:
        address = ip_address(request.remote_addr or "")
    except ValueError:
        return "unknown"
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return str(ip_network((address, 64), strict=False))
    return str(getattr(address, "ipv4_mapped", None) or address)


class CompressAll(Compress):
    """Refusals too: a form with its errors (422) and a page that is not there (404) are whole pages with their styles."""

    def after_request(self, response: Response | None) -> Response:
        """Flask-Compress passes over every status but 2xx; for it alone a refusal looks like one."""
        if response is None:
            raise TypeError("there is an answer after every request")
        status = response.status
        if response.status_code >= 400:
            response.status_code = 200
        answer: Response = super().after_request(response)
        answer.status = status
        return answer


db = Database()


# The largest key a row can have, in both databases.
MOST_KEY = 2**63 - 1


def insert_for(model: Any, engine: Engine | Any = None) -> Any:
    """An INSERT that knows ON CONFLICT, which both databases have and SQLAlchemy words apart; without `engine`, our own's."""
    dialect = (engine or db.session.get_bind()).dialect.name
    return (postgresql if dialect == "postgresql" else sqlite).insert(model)


login_manager: Any = LoginManager()
# It would rewrite the cookie of everybody who is not signed in: a slow answer from before a sign-in (the service worker's, say)
# would then bring that cookie back and sign the person out. Our sessions are rows, ended on the server.
login_manager.session_protection = None
csrf = CSRFProtect()
babel = Babel()
compress = CompressAll()
limiter = Limiter(client_network, headers_enabled=False)
