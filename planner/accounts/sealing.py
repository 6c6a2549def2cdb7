"""What must be read again but is worth nothing to somebody with a copy of the database alone: encrypted under SECRET_KEY."""

from __future__ import annotations

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import current_app


def seal(purpose: str, text: str) -> str:
    """`text` encrypted and signed; only `unseal` with the same purpose gives it back."""
    return _cipher(purpose).encrypt(text.encode()).decode("ascii")


def unseal(purpose: str, sealed: str, *, max_age_seconds: int | None = None) -> str | None:
    """What was sealed; None when it was forged, sealed for another purpose or under another key, or is too old."""
    try:
        return _cipher(purpose).decrypt(sealed.encode(), ttl=max_age_seconds).decode()
    except InvalidToken:
        return None


def _cipher(purpose: str) -> Fernet:
    secret: str = current_app.config["SECRET_KEY"]
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"planner.{purpose}".encode()).derive(secret.encode())
    return Fernet(base64.urlsafe_b64encode(key))
