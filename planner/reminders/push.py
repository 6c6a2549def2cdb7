"""The devices that take notifications: which belong to whom, how they join and leave, and a test that says what happened.

A device belongs to the sign-in it was added under and goes with it. Whoever holds a browser's push address now has it.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Select, delete, select

from ..accounts.services import ABSOLUTE_LIMIT
from ..config import Settings
from ..delivery import DeliveryError, Message, web_push
from ..errors import PlannerError
from ..extensions import db, insert_for
from ..models import Case, Membership, PushSubscription, Role, SignIn, User
from ..tokens import new_token
from .noticing import plan_next

MOST_DEVICES = 10
KEY_BITS = 62  # a whole number of 64 bits with a sign
TEST_LIFE = timedelta(minutes=10)
PUSH_REASONS: dict[str, Any] = {
    "gone": _l("this device no longer takes notifications; switch them on there again"),
    "endpoint_refused": _l("the address its browser gave for notifications is not one we send to"),
    "redirected": _l("its notification service sent us elsewhere, where we do not follow"),
    "push_refused": _l("its notification service refused the message; switch notifications off and on again there"),
    "push_busy": _l("its notification service asked us to wait"),
    "push_unavailable": _l("its notification service does not work at the moment"),
    "push_unreachable": _l("its notification service could not be reached"),
    "push_slow": _l("its notification service did not answer in time"),
}


class BadSubscription(PlannerError):
    """What the browser sent is not a subscription we can use; the message says why."""


@dataclass(frozen=True, slots=True)
class Offered:
    """A subscription as a browser gives it: where to send, and the keys to encrypt for it."""

    endpoint: str
    p256dh: str
    auth: str


def read(given: Any) -> Offered:
    """A browser's PushSubscription as JSON. Raises BadSubscription."""
    try:
        offered = Offered(given["endpoint"], given["keys"]["p256dh"], given["keys"]["auth"])
        web_push.check_keys(offered.p256dh, offered.auth)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BadSubscription(_("Your browser gave no usable address. Reload the page and try again.")) from None
    if not isinstance(offered.endpoint, str) or len(offered.p256dh) > 120 or len(offered.auth) > 40:
        raise BadSubscription(_("Your browser gave no usable address. Reload the page and try again."))
    return offered


def subscribe(offered: Offered, device: SignIn, settings: Settings, now: datetime) -> None:
    """Let this device take notifications for its person, or note that it still does.

    An address that another person had goes to the one who holds it now, as a new row: what waits for the other finds nobody.
    Beyond ten devices the one not seen for longest goes. Raises BadSubscription for an address we do not send to.
    """
    try:
        web_push.check_endpoint(offered.endpoint, settings)
    except DeliveryError as error:
        raise BadSubscription(_refusal(error)) from error
    key = _hash(offered.endpoint)
    others = PushSubscription.endpoint_hash == key, PushSubscription.user_id != device.user_id
    db.session.execute(delete(PushSubscription).where(*others))
    is_new = db.session.scalar(select(PushSubscription.id).where(PushSubscription.endpoint_hash == key)) is None
    _upsert(offered, key, device, now)
    _drop_oldest(device.user_id)
    if is_new:  # what is planned already names the devices of that time
        plan_next(db.session(), db.session.scalars(_cases_of(device.user_id)).all(), now)


def unsubscribe(endpoint: str, user: User) -> None:
    """End notifications at this address, if it is this person's."""
    mine = PushSubscription.endpoint_hash == _hash(endpoint), PushSubscription.user_id == user.id
    db.session.execute(delete(PushSubscription).where(*mine))


def subscriptions_of(case: Case, now: datetime) -> list[PushSubscription]:
    """The devices that take notifications for this case: those of its borrowers."""
    borrowers = select(Membership.user_id).where(Membership.case_id == case.id, Membership.role == Role.BORROWER)
    return _live(PushSubscription.user_id.in_(borrowers), now)


def reachable(keys: Iterable[int], now: datetime) -> dict[tuple[int, str], PushSubscription]:
    """Those of these devices that take messages, by case and key as text: their person is a borrower of that case by now."""
    chosen = (
        select(Membership.case_id, PushSubscription).join(Membership, Membership.user_id == PushSubscription.user_id)
        .join(SignIn, SignIn.id == PushSubscription.sign_in_id)
        .where(PushSubscription.id.in_(keys), Membership.role == Role.BORROWER, SignIn.created_at > now - ABSOLUTE_LIMIT)
    )  # fmt: skip
    return {(case_id, str(device.id)): device for case_id, device in db.session.execute(chosen)}


def devices_of(user: User, now: datetime) -> list[PushSubscription]:
    """The devices on which this person takes notifications."""
    return _live(PushSubscription.user_id == user.id, now)


def address_of(subscription: PushSubscription) -> str:
    """The device as `Message.to`."""
    keys = {"p256dh": subscription.p256dh, "auth": subscription.auth}
    return json.dumps({"endpoint": subscription.endpoint, "keys": keys})


def forget(subscription: PushSubscription) -> None:
    """Drop a device that will never take a message again."""
    db.session.delete(subscription)
    db.session.flush()


def note_fault(subscription: PushSubscription, reason: str | None) -> None:
    """Remember why the last message did not arrive there; None when it did."""
    subscription.fault = reason[:200] if reason else None
    db.session.flush()


def send_test(user: User, settings: Settings, now: datetime) -> list[tuple[PushSubscription, DeliveryError | None]]:
    """Send this person's devices a message that says it is a test; for each, why it was not handed over, or None.

    A device that is gone for good is forgotten.
    """
    with web_push.connect(settings) as pusher:
        found = [(device, _send_test(pusher, device, now)) for device in devices_of(user, now)]
    for device, error in found:  # only now: writing between two sends would hold the database while we wait
        note_outcome(device, error)
    return found


def note_outcome(subscription: PushSubscription, error: DeliveryError | None) -> None:
    """Remember how the last message to a device went; one that is gone is forgotten."""
    if error is not None and error.gone:
        forget(subscription)
    else:
        note_fault(subscription, error.reason if error else None)


def _send_test(pusher: web_push.Pusher, device: PushSubscription, now: datetime) -> DeliveryError | None:
    title, text = _("Steady: a test"), _("This is a test: notifications reach this device.")
    message = Message(
        address_of(device), title, text, f"test-{new_token()}", is_urgent=True, expires_at=now + TEST_LIFE
    )
    try:
        pusher.send(message, now)
    except DeliveryError as error:
        return error
    return None


def _refusal(error: DeliveryError) -> str:
    if error.passing:
        return _("Your browser's notification service could not be reached. Try again in a moment.")
    return _("Your browser gave an address for notifications that we do not send to.")


def _hash(endpoint: str) -> str:
    return hashlib.sha256(endpoint.encode("utf-8", "replace")).hexdigest()


def _cases_of(user_id: int) -> Select[int]:
    return select(Membership.case_id).where(Membership.user_id == user_id, Membership.role == Role.BORROWER)


def _live(whose: ColumnElement[bool], now: datetime) -> list[PushSubscription]:
    chosen = select(PushSubscription).join(SignIn).where(whose, SignIn.created_at > now - ABSOLUTE_LIMIT)
    return list(db.session.scalars(chosen.order_by(PushSubscription.created_at, PushSubscription.id)))


def _upsert(offered: Offered, key: str, device: SignIn, now: datetime) -> None:
    """Write the row in one statement: two windows of one browser may announce themselves at once."""
    kept = {
        "user_id": device.user_id, "sign_in_id": device.id, "p256dh": offered.p256dh, "auth": offered.auth,
        "client": device.client, "seen_at": now, "fault": None,
    }  # fmt: skip
    insert = insert_for(PushSubscription, db.session.get_bind())
    # Never a key that was used before, as SQLite's own may be: messages that wait for a device name it by its key.
    new = secrets.randbits(KEY_BITS)
    row = insert.values(id=new, endpoint=offered.endpoint, endpoint_hash=key, created_at=now, **kept)
    db.session.execute(row.on_conflict_do_update(index_elements=["endpoint_hash"], set_=kept))


def _drop_oldest(user_id: int) -> None:
    mine = select(PushSubscription.id).where(PushSubscription.user_id == user_id)
    extra = mine.order_by(PushSubscription.seen_at.desc(), PushSubscription.id.desc()).offset(MOST_DEVICES)
    keys: Sequence[int] = db.session.scalars(extra).all()
    db.session.execute(delete(PushSubscription).where(PushSubscription.id.in_(keys)))
