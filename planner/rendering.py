"""What templates may call, and how a page gets its styles: inside the page the first time, from the cache after that."""

from __future__ import annotations

import hashlib
import re
from functools import cache
from pathlib import Path

from flask import Flask, Response, current_app, g, request, send_from_directory, url_for
from flask_babel import get_locale
from flask_login import current_user
from jinja2 import StrictUndefined
from markupsafe import Markup
from sqlalchemy import select

from . import charts, formatting, i18n, icons
from .access import Permission, can_open, find_agency_member, may, may_see
from .clock import now
from .config import PROJECT
from .extensions import db
from .i18n import html_lang
from .models import Client, Consent, Membership, Part
from .security import csp_nonce, device_mark

STATIC = PROJECT / "static"
CRITICAL = ("css/tokens.css", "css/base.css", "css/components.css")
BUNDLE = "css/app.css"
SHEETS = ("css/print.css", "css/desk.css", "css/doc.css")
IMMUTABLE = "public, max-age=31536000, immutable"
_FORMATS = ("money", "percent", "day", "local_day", "clock_time", "moment", "amount_input", "symbol", "listed")


def init_app(app: Flask) -> None:
    """Give templates their functions and serve static/ under an address that changes with its content."""
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update({name: getattr(formatting, name) for name in _FORMATS})
    app.jinja_env.globals.update(
        icon=icon,
        sprite=sprite,
        static_url=static_url,
        static_version=static_version,
        critical_css=critical_css,
        style_link=style_link,
        csp_nonce=csp_nonce,
        device_mark=device_mark,
        charts=charts,
        may=may,
        may_see=may_see,
        can_open=can_open,
        Permission=Permission,
        Part=Part,
        consent=lambda: g.get("consent"),
        agency_member=find_agency_member,
        client_at_hand=find_client,
        own_case=find_own_case_id,
        now=now,
        home_url=home_url,
        lang=lambda: html_lang(str(get_locale())),
        LOCALES=i18n.LOCALES,
        current_locale=lambda: str(get_locale()),
        case=lambda: g.get("case"),
        NBSP=formatting.NBSP,
    )
    app.add_url_rule("/static/<version>/<path:filename>", "static", _static)
    app.url_defaults(_add_case)


def icon(name: str, small: bool = False) -> Markup:
    """An icon; remembers that this page's sprite needs it."""
    if "icons" not in g:
        g.icons = {}
    g.icons[name] = True
    return icons.use(name, small)


def sprite() -> Markup:
    """The shapes of all icons this page used; stands at the end of the body."""
    return icons.sprite(tuple(g.get("icons", {})))


def static_url(filename: str) -> str:
    """The address of a file in static/, good for ever: it holds the hash of all of them."""
    return url_for("static", version=static_version(), filename=filename)


@cache
def static_version() -> str:
    """One hash over every file in static/."""
    digest = hashlib.sha256()
    for path in sorted(STATIC.rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(STATIC).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


@cache
def critical_css() -> Markup:
    """The styles every page needs, to stand inside the page."""
    return Markup("".join(map(_small_css, CRITICAL)))  # noqa: S704  # our own files, no input in them


@cache
def _small_css(name: str) -> str:
    """A style sheet without comments and needless white space. Its strings must hold none of {};,> beside a space."""
    text = re.sub(r"/\*.*?\*/", "", (STATIC / name).read_text("utf-8"), flags=re.DOTALL)
    text = re.sub(r"\s*([{};,>])\s*", r"\1", re.sub(r"\s+", " ", text))
    return re.sub(r":\s", ":", text).replace(";}", "}").strip()


def style_link() -> bool:
    """Whether this browser has the current styles in its cache: app.js fetched them and left this cookie."""
    return request.cookies.get("css") == static_version()


def home_url() -> str:
    """Where the Today tab leads: the start address for one's own case, the case's own address for another."""
    away = g.get("case") is not None and (g.get("consent") is not None or not g.get("at_home", True))
    return url_for("today.index") if away else url_for("today.home")


def find_client() -> Client | None:
    """For templates: the case at hand as the agency's list has it; None unless it is opened by consent."""
    consent: Consent | None = g.get("consent")
    if consent is None:
        return None
    mine = select(Client).where(Client.agency_id == consent.agency_id, Client.case_id == consent.case_id)
    return db.session.scalars(mine).one_or_none()


def find_own_case_id() -> int | None:
    """For templates: the file a counsellor has as a borrower, like everybody who registered."""
    mine = select(Membership.case_id).where(Membership.user_id == current_user.id)
    return db.session.scalar(mine.order_by(Membership.role, Membership.id).limit(1))


def _static(version: str, filename: str) -> Response:
    if filename == BUNDLE:
        answer = Response(critical_css(), mimetype="text/css")
    elif filename in SHEETS:
        answer = Response(_small_css(filename), mimetype="text/css")
    else:
        answer = send_from_directory(STATIC, filename)
    answer.headers["Cache-Control"] = IMMUTABLE if version == static_version() else "no-cache"
    return answer


def _add_case(endpoint: str, values: dict[str, object]) -> None:
    """Keep links inside the case at hand, so that no feature has to say which case it is in."""
    case = g.get("case")
    if case is not None and "case_id" not in values and current_app.url_map.is_endpoint_expecting(endpoint, "case_id"):
        values["case_id"] = case.id


def template_folder() -> Path:
    """templates/ stands at the top level of the project."""
    return PROJECT / "templates"
