"""Where a browser asks for our key, and adds or removes itself as a device that takes notifications. Spoken in JSON."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request
from flask_login import current_user
from flask_wtf.csrf import generate_csrf

from .. import clock
from ..access import signed_in
from ..accounts.services import find_this_device
from ..delivery import web_push
from ..errors import NotFound
from ..extensions import db, limiter
from . import push

bp = Blueprint("push", __name__)
Answer = Response | tuple[Response, int]


def _person() -> str:
    """Counted by person, not by address: a whole mobile network may share one."""
    return f"push {current_user.id if current_user.is_authenticated else ''}"


@bp.get("/push/key")
@signed_in
def key() -> Answer:
    """Our public key, and the token for what is posted next: the service worker has no page to read one from."""
    return jsonify(key=web_push.public_key(current_app.config["SETTINGS"]), token=generate_csrf())


@bp.post("/push/subscribe")
@limiter.limit("60 per hour; 200 per day", key_func=_person)
@signed_in
def subscribe() -> Answer:
    device = find_this_device()
    if device is None:
        raise NotFound
    try:
        push.subscribe(push.read(_given()), device, current_app.config["SETTINGS"], clock.now())
    except push.BadSubscription as error:
        db.session.rollback()
        return jsonify(message=str(error)), 422
    db.session.commit()
    return jsonify(ok=True)


@bp.post("/push/unsubscribe")
@signed_in
def unsubscribe() -> Answer:
    given = _given()
    push.unsubscribe(str(given.get("endpoint", "")), current_user)
    db.session.commit()
    return jsonify(ok=True)


def _given() -> dict[str, Any]:
    """The subscription posted: as the browser writes it, or as the fields of a form."""
    if request.is_json:
        try:
            body = request.get_json(silent=True)
        except RecursionError:  # brackets within brackets within brackets
            body = None
        return body if isinstance(body, dict) else {}
    form = request.form
    return {"endpoint": form.get("endpoint"), "keys": {name: form.get(name) for name in ("p256dh", "auth")}}
