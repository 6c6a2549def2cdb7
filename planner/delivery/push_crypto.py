"""What makes a push message private and ours: encryption for one device (RFC 8291) and the sender's signature (RFC 8292).

Imported when the first message is sent or the first device joins: the libraries take longer to load than a page to make.
"""

from __future__ import annotations

import base64
import binascii
import time
from functools import lru_cache

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid02

AUTH_BYTES = 16
# A signature is good until the end of the next period: between 6 and 12 hours; RFC 8292 allows 24.
PERIOD_SECONDS = 6 * 3600


def public_key(private_key: str) -> str:
    """What a browser is told to accept messages from: the uncompressed point in base64url."""
    return encoded(_point(_vapid(private_key).private_key))


def authorization(private_key: str, subject: str, origin: str) -> str:
    """The Authorization header for a push service. It counts by the real clock, because it is compared with one."""
    return _signed(private_key, subject, origin, int(time.time()) // PERIOD_SECONDS)


def encrypt(content: bytes, p256dh: str, auth: str) -> bytes:
    """The content in aes128gcm, which only the device with these keys can read. Raises ValueError for keys that are none."""
    point, secret = keys(p256dh, auth)
    once = ec.generate_private_key(ec.SECP256R1())
    sealed: bytes = http_ece.encrypt(content, private_key=once, dh=point, auth_secret=secret, version="aes128gcm")
    return sealed


def keys(p256dh: str, auth: str) -> tuple[bytes, bytes]:
    """A device's public key and secret as bytes. Raises ValueError unless it is a point of P-256 and 16 bytes."""
    point, secret = decoded(p256dh), decoded(auth)
    if len(point) != 65 or len(secret) != AUTH_BYTES:
        raise ValueError("keys of the wrong length")
    ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    return point, secret


def encoded(raw: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(raw).decode("ascii").rstrip("=")


def decoded(text: str) -> bytes:
    """The bytes of base64url, padded or not. Raises ValueError for anything else."""
    plain = text.rstrip("=")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("not base64url") from error


@lru_cache(maxsize=256)
def _signed(private_key: str, subject: str, origin: str, period: int) -> str:
    claims = {"aud": origin, "sub": subject, "exp": (period + 2) * PERIOD_SECONDS}
    header: str = _vapid(private_key).sign(claims)["Authorization"]
    return header


@lru_cache(maxsize=2)
def _vapid(private_key: str) -> Vapid02:
    vapid = Vapid02.from_raw(private_key.encode("ascii"))
    vapid.conf = {"no-strict": True}  # config.py has checked the subject, more strictly
    return vapid


def _point(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
