"""A push service of our own on this machine: HTTPS, strict about signatures, and able to answer as real ones do.

It checks the VAPID signature (RFC 8292) and decrypts each body (RFC 8291) by its own reading of the standards, from the
primitives of `cryptography` and `hmac`: nothing here is shared with the code it tests.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import ssl
import struct
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from email.message import Message as Headers
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import trustme
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from planner.config import Settings

DAY_SECONDS = 24 * 3600
DRIPS = 50


def encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Device:
    """A browser's subscription, with the private half that only the browser has."""

    endpoint: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    auth: bytes = field(default_factory=lambda: os.urandom(16))

    @property
    def point(self) -> bytes:
        return self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def as_dict(self) -> dict[str, Any]:
        """What PushSubscription.toJSON gives."""
        keys = {"p256dh": encode(self.point), "auth": encode(self.auth)}
        return {"endpoint": self.endpoint, "expirationTime": None, "keys": keys}

    def as_json(self) -> str:
        return json.dumps(self.as_dict())

    def decrypt(self, body: bytes) -> bytes:
        """RFC 8188 header, RFC 8291 key derivation, one record."""
        salt, size, length = body[:16], struct.unpack("!L", body[16:20])[0], body[20]
        sender, sealed = body[21 : 21 + length], body[21 + length :]
        assert length == 65, "the sender's key stands in the header"
        assert len(body) <= 4096, "more than a push service takes"
        assert len(sealed) <= size, "one record"
        shared = self.key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender))
        secret = _hkdf(self.auth, shared, b"WebPush: info\0" + self.point + sender, 32)
        key = _hkdf(salt, secret, b"Content-Encoding: aes128gcm\0", 16)
        nonce = _hkdf(salt, secret, b"Content-Encoding: nonce\0", 12)
        padded = AESGCM(key).decrypt(nonce, sealed, None).rstrip(b"\0")
        assert padded.endswith(b"\x02"), "the last record ends with 2"
        return padded[:-1]


@dataclass(frozen=True)
class Pushed:
    """One message that arrived whole: signed by the right sender, and readable."""

    path: str
    headers: Headers
    message: dict[str, Any]
    claims: dict[str, Any]
    size: int
    peer: int


@dataclass(frozen=True)
class Reply:
    """How to answer: what a test lays down for the next requests. `drip` sends a byte of the body at a time."""

    status: int = 201
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0
    body: bytes = b""
    hang_up: bool = False
    drip: bool = False


class PushService:
    """The service. `pushed` is what it took; `faults` what it refused and why; `replies` what it answers next.

    Then it answers what stands for the path in `standing`, or 201.
    """

    def __init__(self, folder: Path, *names: str) -> None:
        authority = trustme.CA()
        self.ca_file = folder / "push-ca.pem"
        authority.cert_pem.write_to_path(str(self.ca_file))
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(*(names or ("localhost",))).configure_cert(self.context)
        self.devices: dict[str, Device] = {}
        self.pushed: list[Pushed] = []
        self.faults: list[str] = []
        self.replies: deque[Reply] = deque()
        self.standing: dict[str, Reply] = {}
        self.accept_key: str | None = None
        self.requests = 0
        self.closing = threading.Event()
        self.server = _server(self)

    @property
    def port(self) -> int:
        return int(self.server.server_address[1])

    def origin(self, host: str = "localhost") -> str:
        return f"https://{host}:{self.port}"

    def device(self, host: str = "localhost") -> Device:
        """A new subscription at this service."""
        path = f"/send/{len(self.devices) + 1}"
        self.devices[path] = Device(self.origin(host) + path)
        return self.devices[path]

    def settings(self, settings: Settings, *hosts: str) -> Settings:
        """The settings with this service allowed although it is on this machine."""
        allowed = frozenset(f"{host}:{self.port}" for host in hosts or ("localhost",))
        return replace(settings, push=replace(settings.push, test_hosts=allowed, test_ca=self.ca_file))

    def take(self, path: str, headers: Headers, body: bytes, peer: int) -> str:
        """Check and keep a message; returns why it is refused, or ''."""
        try:
            claims = self._claims(headers)
            assert headers["Content-Encoding"] == "aes128gcm", "another encoding"
            assert headers["TTL"].isdecimal(), "no TTL"
            message = json.loads(self.devices[path].decrypt(body))
        except (AssertionError, InvalidSignature, InvalidTag, ValueError, KeyError, TypeError, AttributeError) as error:
            self.faults.append(f"{type(error).__name__}: {error}")
            return self.faults[-1]
        self.pushed.append(Pushed(path, headers, message, claims, len(body), peer))
        return ""

    def _claims(self, headers: Headers) -> dict[str, Any]:
        scheme, _, rest = headers["Authorization"].partition(" ")
        assert scheme == "vapid", "not VAPID"
        parts = dict(part.strip().split("=", 1) for part in rest.split(","))
        assert self.accept_key in (None, parts["k"]), "another sender than the device subscribed to"
        signed, _, signature = parts["t"].rpartition(".")
        header, claims = (json.loads(decode(part)) for part in signed.split("."))
        assert header == {"typ": "JWT", "alg": "ES256"}, "another signature"
        raw = decode(signature)
        assert len(raw) == 64, "not r and s"
        sender = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), decode(parts["k"]))
        pair = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
        sender.verify(pair, signed.encode(), ec.ECDSA(hashes.SHA256()))
        assert claims["aud"] == f"https://{headers['Host']}", "signed for another service"
        assert 0 < claims["exp"] - time.time() <= DAY_SECONDS, "expired, or good for more than a day"
        assert claims["sub"].startswith(("mailto:", "https:")), "nobody to write to"
        return dict(claims)


@contextmanager
def running(folder: Path, *names: str) -> Iterator[PushService]:
    """A push service for as long as a test needs it, under a certificate for these names."""
    service = PushService(folder, *names)
    threading.Thread(target=service.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield service
    service.closing.set()
    service.server.shutdown()
    service.server.server_close()


def _hkdf(salt: bytes, secret: bytes, info: bytes, length: int) -> bytes:
    """RFC 5869 for at most 32 bytes."""
    extracted = hmac.new(salt, secret, hashlib.sha256).digest()
    return hmac.new(extracted, info + b"\x01", hashlib.sha256).digest()[:length]


def _server(service: PushService) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:  # the base class's name
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            service.requests += 1
            reply = service.replies.popleft() if service.replies else service.standing.get(self.path, Reply())
            service.closing.wait(reply.seconds)
            if reply.hang_up:
                self.close_connection = True
                return
            fault = service.take(self.path, self.headers, body, self.client_address[1]) if reply.status == 201 else ""
            self._answer(replace(reply, status=403, body=fault.encode()) if fault else reply)

        def do_GET(self) -> None:  # the base class's name; only a redirect that was followed comes here
            service.faults.append(f"GET {self.path}")
            self._answer(Reply(200))

        def _answer(self, reply: Reply) -> None:
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "1000000" if reply.drip else str(len(reply.body)))
            self.end_headers()
            for _ in range(DRIPS if reply.drip else 0):
                service.closing.wait(0.1)
                self.wfile.write(b".")
                self.wfile.flush()
            self.wfile.write(reply.body)

        def handle(self) -> None:
            try:
                self.request.do_handshake()
                super().handle()
            except OSError:
                pass  # the other side had enough

        def log_message(self, *_arguments: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads, server.block_on_close = True, False
    # Each connection shakes hands in its own thread, so that a silent one holds nobody up.
    server.socket = service.context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    return server
