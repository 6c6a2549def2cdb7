"""Settings read from the environment once at start and checked there: a wrong one stops the start with a plain sentence."""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

PROJECT = Path(__file__).resolve().parent.parent
MIN_SECRET_CHARACTERS = 32
_WEAK_SECRETS = ("change", "secret", "password", "example", "dev")
_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_HERE = ("127.0.0.1", "localhost", "::1")


class ConfigError(Exception):
    """A setting that would make the app unsafe or unable to start; the message says which and what to do."""


@dataclass(frozen=True, slots=True)
class Smtp:
    """Where e-mail is handed over. `security` is "plain", "starttls" or "tls"."""

    host: str
    port: int
    username: str | None
    password: str | None
    security: str


@dataclass(frozen=True, slots=True)
class Push:
    """How web push is signed (RFC 8292): a raw P-256 key in base64url, and whom a push service may write to.

    `test_hosts` are "host:port" that may be on this machine, believed by the certificates in the file `test_ca`; both for tests.
    """

    private_key: str
    subject: str
    test_hosts: frozenset[str] = frozenset()
    test_ca: Path | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the environment decides. Built by `load`; nothing else reads the environment."""

    secret_key: str
    database_url: str
    instance: Path
    production: bool
    base_url: str
    smtp: Smtp | None
    mail_from: str
    push: Push
    trusted_proxies: int
    queue_url: str | None
    fixed_now: datetime | None

    @property
    def https(self) -> bool:
        """Whether people reach the app by https; decides Secure cookies and their __Host- names."""
        return self.base_url.startswith("https://")


def load(env: Mapping[str, str], *, base_url: str | None = None) -> Settings:
    """Read and check the environment.

    Raises ConfigError with one sentence that names the variable and what to set it to.
    """
    production = _choice(env, "PLANNER_ENV", ("local", "production")) == "production"
    instance = Path(env.get("PLANNER_INSTANCE") or PROJECT / "instance").absolute()
    instance.mkdir(parents=True, exist_ok=True, mode=0o700)
    address = (env.get("BASE_URL") or base_url or "http://127.0.0.1:8000").rstrip("/")
    _check_address(address, production)
    mail_from = env.get("MAIL_FROM", f"Steady <no-reply@{urlsplit(address).hostname}>")
    return Settings(
        secret_key=_secret(env, production, instance),
        database_url=database_url(env.get("DATABASE_URL"), instance),
        instance=instance,
        production=production,
        base_url=address,
        smtp=_smtp(env.get("SMTP_URL")),
        mail_from=mail_from,
        push=_push(env, production, instance, mail_from),
        trusted_proxies=_whole_number(env, "TRUSTED_PROXIES", 0),
        queue_url=_queue_url(env.get("QUEUE_URL")),
        fixed_now=_fixed_now(env.get("PLANNER_NOW"), production),
    )


def database_url(given: str | None, instance: Path) -> str:
    """The SQLAlchemy address: the given one with psycopg 3 as driver, or a SQLite file in the instance folder."""
    if not given:
        return f"sqlite:///{instance / 'planner.sqlite3'}"
    scheme, colon, rest = given.partition("://")
    if not colon or scheme.split("+")[0] not in ("postgres", "postgresql", "sqlite"):
        raise ConfigError("DATABASE_URL must start with postgresql:// or sqlite:///; for a local start leave it out.")
    return f"postgresql+psycopg://{rest}" if scheme in ("postgres", "postgresql") else given


def _choice(env: Mapping[str, str], name: str, allowed: tuple[str, ...]) -> str:
    value = env.get(name) or allowed[0]
    if value not in allowed:
        raise ConfigError(f"{name} is {value!r}; set it to one of {', '.join(allowed)}.")
    return value


def _whole_number(env: Mapping[str, str], name: str, default: int) -> int:
    value = env.get(name) or str(default)
    if not value.isdecimal():
        raise ConfigError(f"{name} must be a whole number, not {value!r}.")
    return int(value)


def _check_address(address: str, production: bool) -> None:
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigError("BASE_URL must be the address people open, such as https://plan.example.org.")
    if production and parts.scheme != "https" and parts.hostname not in _HERE:
        raise ConfigError("BASE_URL must start with https:// in production: cookies and share links travel on it.")


def _secret(env: Mapping[str, str], production: bool, instance: Path) -> str:
    given = env.get("SECRET_KEY", "")
    if given or production:
        return _checked_secret(given)
    return _stored(instance / "secret_key", secrets.token_hex(32))


def _stored(path: Path, fresh: str) -> str:
    """What the private file holds; `fresh` is put there when there is none."""
    if not path.exists():
        _write_private(path, fresh)
    return path.read_text("ascii").strip()


def _write_private(path: Path, text: str) -> None:
    """Create the file readable by its owner only; of two processes that start together the first one wins."""
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    part.touch(mode=0o600)
    part.write_text(text, "ascii")
    try:
        path.hardlink_to(part)
    except FileExistsError:
        pass
    finally:
        part.unlink()


def _checked_secret(secret: str) -> str:
    advice = 'Make one with: python3 -c "import secrets; print(secrets.token_hex(32))"'
    if not secret:
        raise ConfigError(f"SECRET_KEY is missing. It signs sessions and links. {advice}")
    too_plain = len(set(secret)) < 10 or any(word in secret.lower() for word in _WEAK_SECRETS)
    if len(secret) < MIN_SECRET_CHARACTERS or too_plain:
        raise ConfigError(f"SECRET_KEY is too weak: use at least {MIN_SECRET_CHARACTERS} random characters. {advice}")
    return secret


def _smtp(url: str | None) -> Smtp | None:
    if not url:
        return None
    parts = urlsplit(url)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise ConfigError(
            "SMTP_URL must look like smtp://user:password@host:587?security=starttls or smtps://host:465."
        )
    default = "tls" if parts.scheme == "smtps" else "plain" if parts.hostname in _HERE else "starttls"
    security = parse_qs(parts.query).get("security", [default])[0]
    if security not in ("plain", "starttls", "tls"):
        raise ConfigError(f"SMTP_URL: security is {security!r}; use plain, starttls or tls.")
    port = parts.port or {"tls": 465, "starttls": 587, "plain": 25}[security]
    user, password = (unquote(part) if part else None for part in (parts.username, parts.password))
    return Smtp(parts.hostname, port, user, password, security)


def new_vapid_key() -> str:
    """A fresh private key for VAPID_PRIVATE_KEY: a random number below the order of P-256, raw in base64url."""
    number = secrets.randbelow(_P256_ORDER - 1) + 1
    return base64.urlsafe_b64encode(number.to_bytes(32, "big")).decode("ascii").rstrip("=")


def _push(env: Mapping[str, str], production: bool, instance: Path, mail_from: str) -> Push:
    for name in ("PUSH_TEST_HOSTS", "PUSH_TEST_CA"):
        if production and env.get(name):
            raise ConfigError(f"{name} lets push messages reach this machine for tests; remove it in production.")
    hosts = frozenset(host.strip() for host in env.get("PUSH_TEST_HOSTS", "").split(",") if host.strip())
    authority = env.get("PUSH_TEST_CA")
    return Push(
        _vapid_key(env.get("VAPID_PRIVATE_KEY"), instance),
        _vapid_subject(env.get("VAPID_SUBJECT"), mail_from, production),
        hosts,
        Path(authority) if authority else None,
    )


def _vapid_key(given: str | None, instance: Path) -> str:
    """The given key, else the one of this folder, made at the first start. Another key silences every device."""
    place = "VAPID_PRIVATE_KEY" if given else str(instance / "vapid_key")
    key = given or _stored(instance / "vapid_key", new_vapid_key())
    raw = base64.urlsafe_b64decode(f"{key}=") if re.fullmatch(r"[A-Za-z0-9_-]{43}", key) else b""
    if not 0 < int.from_bytes(raw, "big") < _P256_ORDER:
        raise ConfigError(
            f"{place} is no P-256 private key (43 letters, digits, - and _). Make one with: planner vapid"
        )
    return key


def _vapid_subject(given: str | None, mail_from: str, production: bool) -> str:
    """Whom a push service writes to when something is wrong; some refuse messages without a real one."""
    address = parseaddr(mail_from)[1]
    subject = given or f"mailto:{address}"
    is_real = re.fullmatch(r"(mailto:[^@\s]+@|https://)[\w-]+(\.[\w-]+)*\.[a-z][\w-]+(/\S*)?", subject, re.IGNORECASE)
    # An app that only this machine can open has no real address, and needs none.
    if not is_real and (given or (production and address.rpartition("@")[2] not in _HERE)):
        raise ConfigError(
            f"VAPID_SUBJECT is {subject!r}; set it to an address at which you read mail, such as mailto:admin@plan.example.org."
        )
    return subject


def _queue_url(url: str | None) -> str | None:
    if url and urlsplit(url).scheme not in ("redis", "rediss", "unix"):
        raise ConfigError("QUEUE_URL must start with redis://; without it the worker's turns are kept in the database.")
    return url or None


def _fixed_now(text: str | None, production: bool) -> datetime | None:
    if not text:
        return None
    if production:
        raise ConfigError("PLANNER_NOW stops the clock for tests and pictures; remove it in production.")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise ConfigError("PLANNER_NOW must be an instant with its zone, such as 2026-12-09T08:12+08:00.")
    return moment
