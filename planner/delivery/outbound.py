"""HTTPS to addresses that strangers name: public ones only, the very address that was checked, and never for long.

A name is resolved once; the connection goes to what that gave, so that a second answer of the same name server leads nowhere
(DNS rebinding). TLS still proves the name. No proxy of the environment is asked and no redirect followed.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

CONNECT_SECONDS, ANSWER_SECONDS = 5.0, 10.0
MOST_ANSWER_BYTES = 4096
MOST_CHARACTERS = 2048
# IANA special-purpose registries; of IPv6 only what is ordinary global unicast is left.
_NOT_PUBLIC_4 = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
            "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
            "224.0.0.0/3",
        ),
    )
)  # fmt: skip
_UNICAST_6 = ip_network("2000::/3")
_NOT_PUBLIC_6 = tuple(map(ip_network, ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")))


class Refused(Exception):
    """An address we do not send to: not https, or not on the public internet."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the status, the headers, and the first few kilobytes."""

    status: int
    headers: http.client.HTTPMessage
    text: str


@dataclass(frozen=True, slots=True)
class Target:
    """A host that may be sent to, and where it was found."""

    host: str
    port: int
    places: tuple[tuple[socket.AddressFamily, Any], ...]


def origin(url: str) -> str:
    """Scheme, host and port of an https address, as the other side knows itself. Raises Refused."""
    parts = split(url)
    return f"https://{parts.hostname}" if parts.port in (None, 443) else f"https://{parts.hostname}:{parts.port}"


def split(url: str) -> SplitResult:
    """The parts of an https address with a name in it. Raises Refused for anything else, such as a bare IP address."""
    try:
        parts = urlsplit(url)
        port_is_whole = parts.port != 0
    except ValueError as error:
        raise Refused("not an address") from error
    plain = url.isascii() and url.isprintable() and " " not in url and len(url) <= MOST_CHARACTERS
    if not plain or not port_is_whole or parts.scheme != "https" or not parts.hostname or "@" in parts.netloc:
        raise Refused("not an https address")
    if _is_number(parts.hostname):
        raise Refused("not a name")
    return parts


def find(url: str, *, also_private: frozenset[str] = frozenset()) -> Target:
    """Resolve the host of an https address and check each address it has.

    `also_private` are "host:port" that need not be public. Raises Refused; OSError when the name cannot be resolved now.
    """
    parts = split(url)
    host, port = parts.hostname or "", parts.port or 443
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:
        raise Refused("not a host name") from error
    places = tuple((family, place) for family, _type, _protocol, _name, place in found)
    if f"{host}:{port}" not in also_private and not all(is_public(str(place[0])) for _family, place in places):
        raise Refused(f"{host} is not on the public internet")
    return Target(host, port, places)


def path(url: str) -> str:
    """What is asked for at the host."""
    parts = split(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def is_public(text: str) -> bool:
    """Whether this is an ordinary address of the public internet: no private, local, shared, multicast or translated one."""
    try:
        address: IPv4Address | IPv6Address = ip_address(text)
    except ValueError:
        return False
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC_4)
    return address in _UNICAST_6 and not any(address in network for network in _NOT_PUBLIC_6)


def _is_number(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


class Connection:
    """A connection to where the host was found; several requests may go over it."""

    def __init__(self, target: Target, authority: Path | None) -> None:
        self._target, self._authority = target, authority
        self._socket: _Timed | None = None
        self.is_used = False

    def post(self, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        """Post and read the beginning of the answer. Raises OSError or http.client.HTTPException."""
        if self._socket is None:
            self._socket, self.is_used = self._connect(), False
        self._socket.end = time.monotonic() + ANSWER_SECONDS
        self._socket.settimeout(ANSWER_SECONDS)
        # In one piece: a packet for the head and one for the body would take twice as long.
        self._socket.sendall(_head(path, self._target, {**headers, "Content-Length": str(len(body))}) + body)
        response = http.client.HTTPResponse(self._socket, method="POST")
        response.begin()
        text = response.read(MOST_ANSWER_BYTES)
        self.is_used = True
        if response.will_close or not response.isclosed():
            self.close()  # nothing more comes, or more than anybody needs
        return Answer(response.status, response.headers, text.decode("utf-8", "replace"))

    def close(self) -> None:
        """Hang up."""
        if self._socket is not None:
            self._socket.close()
        self._socket = None

    def _connect(self) -> _Timed:
        """Connect to one of the checked addresses and prove the name by TLS. Raises OSError."""
        end, failed = time.monotonic() + CONNECT_SECONDS, OSError("no address")
        for family, place in self._target.places:
            try:
                return self._open(family, place, end)
            except OSError as error:
                failed = error
        raise failed

    def _open(self, family: socket.AddressFamily, place: Any, end: float) -> _Timed:
        plain = socket.socket(family, socket.SOCK_STREAM)
        try:
            plain.settimeout(_left(end))
            plain.connect(place)
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            plain.settimeout(_left(end))
            secure = _context(self._authority).wrap_socket(plain, server_hostname=self._target.host)
        except BaseException:
            plain.close()
            raise
        assert isinstance(secure, _Timed)
        return secure


def _head(path: str, target: Target, headers: dict[str, str]) -> bytes:
    """The request up to its body. Path and host hold no blank and no line break: `split` saw to it; the headers are ours."""
    host = target.host if target.port == 443 else f"{target.host}:{target.port}"
    lines = [f"POST {path} HTTP/1.1", f"Host: {host}", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii")


class _Timed(ssl.SSLSocket):
    """A socket whose answer must be complete at `end`: one that drips a byte a second does not hold us up."""

    end = float("inf")

    def recv_into(self, *arguments: Any, **named: Any) -> int:
        self.settimeout(_left(self.end))
        return super().recv_into(*arguments, **named)


@cache
def _context(authority: Path | None) -> ssl.SSLContext:
    """The rules of TLS, read once: the system's authorities, or those of the one file."""
    context = ssl.create_default_context(cafile=str(authority) if authority else None)
    context.sslsocket_class = _Timed
    return context


def _left(end: float) -> float:
    """Seconds until `end`, for a socket. Raises TimeoutError when there are none."""
    left = end - time.monotonic()
    if left <= 0:
        raise TimeoutError("it took too long")
    return min(left, ANSWER_SECONDS)
