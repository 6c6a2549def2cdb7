"""The manifest, the service worker and the page that stands in when there is no network."""

from __future__ import annotations

import json

from flask import Blueprint, Response, jsonify, render_template, url_for
from flask_babel import get_locale
from flask_babel import gettext as _

from ..access import public
from ..i18n import html_lang
from ..rendering import BUNDLE, STATIC, static_url, static_version

bp = Blueprint("pwa", __name__)
SHELL_FILES = (BUNDLE, "js/app.js", "icons/icon.svg")


@bp.get("/manifest.webmanifest")
@public
def manifest() -> Response:
    icons = [
        {"src": static_url(f"icons/{name}.png"), "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
        for name, size, purpose in (
            ("icon-192", 192, "any"),
            ("icon-512", 512, "any"),
            ("maskable-512", 512, "maskable"),
        )
    ]
    answer = jsonify(
        id="/",
        name=_("Steady"),
        short_name=_("Steady"),
        description=_("See what is due, what it costs, and what would help."),
        lang=html_lang(str(get_locale())),
        dir="ltr",
        start_url=url_for("today.home"),
        scope="/",
        display="standalone",
        background_color="#f2f5f4",
        theme_color="#0a6a5d",
        icons=icons,
    )
    answer.mimetype = "application/manifest+json"
    answer.headers["Cache-Control"] = "no-cache"
    return answer


@bp.get("/sw.js")
@public
def service_worker() -> Response:
    shell = [url_for("pwa.offline"), *(static_url(name) for name in SHELL_FILES)]
    source = (STATIC / "js" / "sw.js").read_text("utf-8")
    filled = source.replace("__VERSION__", static_version()).replace("__SHELL__", json.dumps(shell))
    headers = {"Cache-Control": "no-cache", "Service-Worker-Allowed": "/"}
    return Response(filled, mimetype="text/javascript", headers=headers)


@bp.get("/offline")
@public
def offline() -> Response:
    """Kept by the service worker for everybody who uses the phone, so it holds nothing of anybody."""
    return Response(render_template("pwa/offline.html"), headers={"Cache-Control": "no-cache"})


@bp.get("/favicon.ico")
@public
def favicon() -> Response:
    return Response(
        (STATIC / "icons" / "icon-192.png").read_bytes(),
        mimetype="image/png",
        headers={"Cache-Control": "max-age=86400"},
    )
