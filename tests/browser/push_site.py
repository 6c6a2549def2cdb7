"""The app behind a real address, with a push service of its own."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

from flask import Flask
from sqlalchemy import select
from werkzeug.serving import make_server

from planner.app import create_app
from planner.config import Settings
from planner.extensions import db
from planner.models import PushSubscription
from tests.browser.looking import Window
from tests.delivery.push_service import PushService
from tests.factories import sign_in_as


class Site:
    """The app behind a real address, and the push service its messages go to."""

    def __init__(self, settings: Settings, push_service: PushService) -> None:
        self.service = push_service
        self.referrers: list[str | None] = []
        self.server = make_server("127.0.0.1", 0, self._dispatch, threaded=True)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.settings = push_service.settings(replace(settings, base_url=self.url))
        self.app: Flask = create_app(self.settings)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def _dispatch(self, environ: Any, start_response: Any) -> Any:
        if environ["PATH_INFO"].startswith("/push/") and environ["REQUEST_METHOD"] == "POST":
            self.referrers.append(environ.get("HTTP_REFERER"))
        return self.app(environ, start_response)

    def devices(self) -> list[PushSubscription]:
        with self.app.app_context():
            return list(db.session.scalars(select(PushSubscription)))

    def sign_in(self, window: Window, user_id: int) -> None:
        """As somebody who signed in on this browser."""
        cookie = sign_in_as(self.app, user_id).get_cookie("planner")
        assert cookie is not None
        window.context.add_cookies([{"name": "planner", "value": cookie.value, "url": self.url}])

    def close(self) -> None:
        self.server.shutdown()
        self.app.extensions["planner_engine"].dispose()
