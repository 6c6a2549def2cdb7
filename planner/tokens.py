"""Secrets that travel: random tokens of which only the hash is stored, and signed links that serve one purpose."""

from __future__ import annotations

import hashlib
import secrets
from functools import lru_cache
from typing import Any

from flask import current_app
from itsdangerous import BadSignature, Signer, URLSafeTimedSerializer
from itsdangerous.encoding import base64_encode

TOKEN_BYTES = 16
SMALL = 10**9


def new_token() -> str:
    """A random token of 128 bits, safe in an address."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def token_hash(token: str) -> str:
    """What is stored of a token: SHA-256 in hexadecimal. The token has 128 random bits, so no salt is needed."""
    return hashlib.sha256(token.encode()).hexdigest()


def sign(purpose: str, value: Any) -> str:
    """A link text that only this app can make and that is valid for `purpose` alone."""
    return _serializer(current_app.config["SECRET_KEY"], purpose).dumps(value)


def find_signed(purpose: str, text: str, *, max_age_seconds: int) -> Any | None:
    """What was signed, or None when the text was forged, made for another purpose, or is too old."""
    try:
        return _serializer(current_app.config["SECRET_KEY"], purpose).loads(text, max_age=max_age_seconds)
    except BadSignature:
        return None


class _OneSigner(URLSafeTimedSerializer):
    """Signs as its library does, without what takes half of the time: a new signer for each, and squeezing numbers."""

    def __init__(self, secret_key: str, salt: str) -> None:
        super().__init__(secret_key, salt=salt)
        self._kept = super().make_signer(salt)

    def make_signer(self, salt: str | bytes | None = None) -> Signer:
        """The one for its own salt; nobody here asks for another."""
        return self._kept

    def dump_payload(self, obj: Any) -> bytes:
        """What is signed. No number of this size gets shorter, so that none is tried."""
        if type(obj) is int and 0 <= obj < SMALL:
            return base64_encode(str(obj))
        return super().dump_payload(obj)


@lru_cache(maxsize=64)
def _serializer(secret_key: str, purpose: str) -> _OneSigner:
    return _OneSigner(secret_key, f"planner.{purpose}")
