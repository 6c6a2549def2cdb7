"""Small things views say and ask: messages for the next page, and who is reading."""

from __future__ import annotations

from typing import Any

from flask import Response, current_app, flash, redirect, request, url_for


def flash_undo(text: str, undo_url: str) -> None:
    """Say what was done, with a button that posts to `undo_url` and takes it back."""
    message: Any = {"text": text, "undo": undo_url}
    flash(message, "undo")


def client_words() -> str:
    """The reader's browser in two words, such as "WeChat Android": enough to recognise it, too little to identify."""
    agent = request.user_agent.string
    apps = {"MicroMessenger": "WeChat", "Edg": "Edge", "Firefox": "Firefox", "Chrome": "Chrome", "Safari": "Safari"}
    app = next((word for mark, word in apps.items() if mark in agent), "")
    system = next((name for name in ("iPhone", "iPad", "Android", "Windows", "Mac", "Linux") if name in agent), "")
    return " ".join(part for part in (app, system) if part) or "?"


def absolute_url(endpoint: str, **values: Any) -> str:
    """A whole address for e-mails, links and QR codes: on BASE_URL in production, whatever a request claims to be for."""
    settings = current_app.config["SETTINGS"]
    base: str = settings.base_url if settings.production else request.host_url.rstrip("/")
    return base + url_for(endpoint, **values)


def see_other(address: str) -> Response:
    """After a form has done its work: on to a page that reloading or going back does not send again (303)."""
    answer: Response = redirect(address, 303)  # type: ignore[assignment]  # Flask's redirect gives its own response class
    return answer
