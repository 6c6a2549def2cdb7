"""The link and the PDF by e-mail to a lender, when the borrower asks for it."""

from __future__ import annotations

from datetime import datetime

from flask import current_app, render_template
from flask_babel import gettext as _

from ..delivery import Attachment, DeliveryError, Message
from ..delivery.email import connect
from ..documents.files import File
from ..documents.proposal import ProposalDocument
from ..formatting import day, local_day
from ..models import Share
from ..tokens import new_token
from . import services


def can_send() -> bool:
    """Whether an SMTP server is set up."""
    return current_app.config["SETTINGS"].smtp is not None


def send(to: str, share: Share, copy: ProposalDocument, address: str, pdf: File, now: datetime) -> None:
    """Hand the letter over. The borrower signs it, and is answered to, only as far as the copy names them.

    Raises DeliveryError.
    """
    with connect(current_app.config["SETTINGS"]) as mailer:
        mailer.send(_message(to, share, copy, address, pdf), now)


def reason_words(error: DeliveryError) -> str:
    """Why it was not sent, and what to do."""
    said = {
        "address_refused": _("The address was refused. Check it and try again"),
        "not_configured": _("E-mail is not set up here. Copy the link and send it yourself"),
    }
    return said.get(error.reason) or _("The mail server could not be reached. Copy the link and send it yourself")


def _message(to: str, share: Share, copy: ProposalDocument, address: str, pdf: File) -> Message:
    title = _("Proposed repayment plan %(reference)s", reference=copy.reference)
    about = {
        "d": copy, "address": address, "until": local_day(share.expires_at, services.zone_of(share), "full"),
        "reply_by": day(copy.reply_by, "full"), "has_code": share.passcode_hash is not None,
    }  # fmt: skip
    contact = copy.borrower_contact or ""
    return Message(
        to=to, title=title, text=render_template("emails/plan.txt", **about), key=f"plan-{share.id}-{new_token()}",
        html=render_template("emails/plan.html", **about), sender_name=copy.borrower_name,
        reply_to=contact if "@" in contact and " " not in contact else None,
        attachments=(Attachment(pdf.name, pdf.mimetype, pdf.content),),
    )  # fmt: skip
