"""Secrets that travel: random tokens of which only the hash is stored, and signed links that serve one purpose."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

from flask import current_app
from itsdangerous import BadSignature, URLSafeTimedSerializer

TOKEN_BYTES = 16


def new_token() -> str:
    """A random token of 128 bits, safe in an address."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def token_hash(token: str) -> str:
    """What is stored of a token: SHA-256 in hexadecimal. The token has 128 random bits, so no salt is needed."""
    return hashlib.sha256(token.encode()).hexdigest()


def sign(purpose: str, value: Any) -> str:
    """A link text that only this app can make and that is valid for `purpose` alone."""
    return _serializer(purpose).dumps(value)


def find_signed(purpose: str, text: str, *, max_age_seconds: int) -> Any | None:
    """What was signed, or None when the text was forged, made for another purpose, or is too old."""
    try:
        return _serializer(purpose).loads(text, max_age=max_age_seconds)
    except BadSignature:
        return None


def _serializer(purpose: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt=f"planner.{purpose}")
