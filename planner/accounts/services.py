"""Who somebody is: guests, registration, sign-in, and the devices that are signed in."""

from __future__ import annotations

import threading
import unicodedata
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import Type, hash_secret_raw
from flask import g, session
from flask_login import login_user, logout_user
from flask_wtf.csrf import generate_csrf
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from .. import clock
from ..errors import PlannerError
from ..extensions import db
from ..models import BudgetLine, Case, Loan, Membership, Role, SignIn, User
from ..tokens import find_signed, new_token, sign, token_hash

ABSOLUTE_LIMIT = timedelta(days=180)
SAME_OPENING = timedelta(minutes=10)
KNOWN_DEVICE_SECONDS = 365 * 24 * 3600
MIN_PASSWORD, MAX_PASSWORD = 8, 200
# OWASP password storage: argon2id with at least 19 MiB and two passes.
_PASSES, _KIBIBYTES = 2, 32 * 1024
_hasher = PasswordHasher(time_cost=_PASSES, memory_cost=_KIBIBYTES, parallelism=1)
# A hash takes 32 MiB and a core for a moment: more at once would let a flood of sign-ins starve everybody else.
_hashing = threading.BoundedSemaphore(2)
_DUMMY = _hasher.hash("nobody has this password")


class EmailTaken(PlannerError):
    """Another account got this address first."""


def hash_password(password: str) -> str:
    """The argon2id hash to store."""
    with _hashing:
        return _hasher.hash(_composed(password))


def is_password_of(user: User | None, password: str) -> bool:
    """Whether this is the person's password. Takes as long for nobody as for somebody."""
    stored = user.password_hash if user is not None and user.password_hash else _DUMMY
    return is_hashed(stored, password) and stored is not _DUMMY


def is_hashed(stored: str, password: str) -> bool:
    """Whether a stored hash is that of this password."""
    with _hashing:
        try:
            return _hasher.verify(stored, _composed(password))
        except (VerificationError, InvalidHashError):
            return False


def salted_hash(text: str, salt: str) -> str:
    """What is stored of a code too short for a plain hash: argon2id in hexadecimal, the same for the same salt."""
    with _hashing:
        return hash_secret_raw(text.encode(), salt.encode(), _PASSES, _KIBIBYTES, 1, 32, Type.ID).hex()


def find_user_by_email(email: str) -> User | None:
    """The account with this address, written in whatever case."""
    return db.session.scalars(select(User).where(User.email == normal_email(email))).one_or_none()


def normal_email(email: str) -> str:
    """The form in which addresses are stored and compared; ＠ and 。 are what a Chinese keyboard types for @ and a dot."""
    return unicodedata.normalize("NFKC", email).replace("。", ".").strip().casefold()


def known_device_proof(email: str) -> str:
    """What a device keeps to show later that this account was open on it once. It names nobody."""
    return sign(f"device {normal_email(email)}", new_token())


def find_known_device(proof: str | None, email: str) -> str | None:
    """The random mark of a device on which this account was open before; None for any other device.

    Wrong passwords from such a device are counted apart, so that somebody who tries the account from elsewhere cannot use
    up the owner's tries (OWASP: device cookies).
    """
    if not proof:
        return None
    return find_signed(f"device {normal_email(email)}", proof, max_age_seconds=KNOWN_DEVICE_SECONDS)


def find_user_by_token(token: str) -> User | None:
    """The person whose device holds this token; None once it was signed out or is too old. Reads only."""
    row = db.session.scalars(select(SignIn).where(SignIn.token_hash == token_hash(token))).one_or_none()
    if row is None or clock.now() - row.created_at >= ABSOLUTE_LIMIT:
        return None
    row.user.token, row.user.second_factor_at = token, row.second_factor_at
    return row.user


def start_guest(locale: str, client: str) -> User:
    """A person without an account, with an empty case of their own, signed in on this device."""
    user = _new_user(locale)
    sign_in(user, client)
    return user


def register(email: str, password: str, name: str | None, locale: str, client: str, guest: User | None) -> User:
    """An account. A guest becomes it and keeps everything; anyone else starts with an empty case.

    The device gets a new token, so that one planted before registration opens nothing. Raises EmailTaken when somebody
    else registered the address since the form was checked; the session must then be rolled back.
    """
    user = guest or _new_user(locale)
    user.email, user.password_hash, user.name = normal_email(email), hash_password(password), name
    user.locale = locale
    try:
        db.session.flush()
    except IntegrityError:
        raise EmailTaken from None
    sign_in(user, client)
    return user


def sign_in(user: User, client: str, second_factor_at: datetime | None = None) -> None:
    """Open a session for the person on this device, under a new token, and end the one that was open.

    `second_factor_at` is when a second factor was proved for it.
    """
    sign_out()
    now, token = clock.now(), new_token()
    db.session.execute(delete(SignIn).where(SignIn.user_id == user.id, SignIn.created_at <= now - ABSOLUTE_LIMIT))
    row = SignIn(user_id=user.id, token_hash=token_hash(token), client=client, created_at=now, seen_at=now)
    row.second_factor_at = second_factor_at
    db.session.add(row)
    db.session.flush()
    user.token, user.second_factor_at = token, second_factor_at
    session.permanent = True
    _begin_forms()
    login_user(user)


def _begin_forms() -> None:
    """Make the session's form token with the session.

    Two answers that are on their way together would each make one otherwise (a page and what its script asks for), and the forms
    of the one that came first would be refused.
    """
    g.pop("csrf_token", None)
    generate_csrf()


def renew_sign_in(row: SignIn, *, second_factor: bool) -> None:
    """Note that this device's person proved again who they are: by a second factor, else by the password.

    The token is new, so that a copy of the session taken before is not raised with it.
    """
    now, token = clock.now(), new_token()
    row.token_hash = token_hash(token)
    if second_factor:
        row.second_factor_at = now
    else:
        row.created_at = now
    db.session.flush()
    row.user.token, row.user.second_factor_at = token, row.second_factor_at
    login_user(row.user)


def sign_out() -> None:
    """End this device's session: its row goes, so that a copied cookie is worth nothing."""
    row = find_this_device()
    if row is not None:
        db.session.delete(row)
        db.session.flush()
    logout_user()
    session.clear()


def adopt_guest(guest: User, account: User) -> Case | None:
    """Let what was entered without an account join the account, as a case of its own; returns that case.

    A guest's case in which nothing was entered goes with the guest.
    """
    kept = None
    for membership in db.session.scalars(select(Membership).where(Membership.user_id == guest.id)):
        if _is_empty(membership.case):
            db.session.delete(membership.case)
        else:
            membership.user_id, kept = account.id, membership.case
    db.session.flush()
    db.session.delete(guest)
    db.session.flush()
    return kept


def devices(user: User) -> list[SignIn]:
    """Where the person is signed in, the newest first."""
    open_rows = select(SignIn).where(SignIn.user_id == user.id, SignIn.created_at > clock.now() - ABSOLUTE_LIMIT)
    return list(db.session.scalars(open_rows.order_by(SignIn.created_at.desc(), SignIn.id.desc())))


def find_this_device() -> SignIn | None:
    """The sign-in of the device that asks."""
    token = session.get("_user_id")
    if not token:
        return None
    return db.session.scalars(select(SignIn).where(SignIn.token_hash == token_hash(token))).one_or_none()


def note_opened() -> None:
    """Keep that the app was opened on this device; openings soon after each other count once."""
    row, now = find_this_device(), clock.now()
    if row is not None and now - row.seen_at > SAME_OPENING:
        row.seen_at = now
        db.session.flush()


def is_this_device(row: SignIn) -> bool:
    """Whether this is the device that asks."""
    return row.token_hash == token_hash(session.get("_user_id", ""))


def _composed(password: str) -> str:
    """One form for the same characters typed on different keyboards (NIST SP 800-63B, 5.1.1.2)."""
    return unicodedata.normalize("NFKC", password)


def _is_empty(case: Case) -> bool:
    """Whether nothing was entered in the case."""
    rows = (select(model.id).where(model.case_id == case.id).limit(1) for model in (BudgetLine, Loan))
    return all(db.session.scalar(row) is None for row in rows)


def _new_user(locale: str) -> User:
    now: datetime = clock.now()
    user = User(locale=locale, created_at=now)
    case = Case(locale=locale, created_at=now)
    case.members.append(Membership(user=user, role=Role.BORROWER, created_at=now))
    db.session.add_all([user, case])
    db.session.flush()
    return user
