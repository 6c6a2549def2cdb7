"""The borrower's side of a link: what is ticked, the preview of exactly that, the links made, and when they were opened."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint, Response, flash, render_template, request, session, url_for
from flask_babel import force_locale
from flask_babel import gettext as _
from flask_login import current_user
from markupsafe import Markup

from .. import clock
from ..access import Permission, get_row, may, needs
from ..delivery import DeliveryError
from ..documents.proposal import PARTS, SHOWN_AT_FIRST, ProposalDocument
from ..errors import NotApproved, NotFound
from ..extensions import db, limiter
from ..i18n import DEFAULT, LOCALES
from ..messages import absolute_url, see_other
from ..models import Case, Part, Proposal, ProposalItem, Share
from ..proposals import services as proposals
from ..proposals.blueprint import is_own_draft
from ..qr import qr
from . import checking, copies, mailing, services
from .forms import ShareForm
from .shown import facts, part_list

bp = Blueprint("sharing", __name__)
Page = str | tuple[str, int] | Response


@bp.get("/c/<int:case_id>/plans/<int:proposal_id>/preview")
@needs(Permission.DRAFT, Part.PLANS)
def preview(case: Case, proposal_id: int) -> Page:
    sheet = _find_sheet(case, get_row(Proposal, proposal_id, case), request.args.get("n", type=int))
    if sheet is None:
        return see_other(url_for("proposals.offer", proposal_id=proposal_id))
    form = ShareForm(request.args) if "days" in request.args else ShareForm(data=_first_values(case, sheet.proposal))
    return _preview_page(sheet, form)


@bp.post("/c/<int:case_id>/plans/<int:proposal_id>/links")
@needs(Permission.SHARE, Part.PLANS)
@limiter.limit("40 per hour; 120 per day")
def create(case: Case, proposal_id: int) -> Page:
    form = ShareForm()
    sheet = _find_sheet(case, _approved(case, proposal_id), request.form.get("n", type=int))
    if sheet is None:
        return see_other(url_for("proposals.offer", proposal_id=proposal_id))
    if form.version.data and form.version.data != sheet.mark:
        return _preview_page(sheet, form, is_changed=True), 409
    if not _is_sound(form):
        return _preview_page(sheet, form), 422
    if form.email.data:
        _count_letter()
    proposal = sheet.proposal
    proposal.borrower_name, proposal.borrower_contact = form.borrower_name.data, form.borrower_contact.data
    version = proposals.freeze(proposal, clock.today(case.timezone), clock.now())
    share, token = services.create(version, sheet.item, _wishes(form), clock.now())
    db.session.commit()
    # The token is not stored; the signed session carries it to the next page, which shows it once.
    session["new_link"] = absolute_url("lender.plan", token=token)
    if form.email.data:
        _mail(form.email.data, share, session["new_link"])
    return see_other(url_for("sharing.index", proposal_id=proposal_id))


@bp.get("/c/<int:case_id>/plans/<int:proposal_id>/links")
@needs(Permission.VIEW, Part.PLANS)
def index(case: Case, proposal_id: int) -> Page:
    proposal = get_row(Proposal, proposal_id, case)
    address = session.pop("new_link", "")
    own = proposals.build_document(proposal, clock.today(case.timezone))
    return render_template(
        "sharing/index.html", proposal=proposal, shares=services.list_shares(proposal), part_list=part_list,
        creditor_name=services.creditor_name, address=address,
        copies=copies.offered(own) if own.requests and not proposals.is_unapproved(proposal) else (),
        is_draft=not checking.is_known(own),
        qr=qr(address) if address else "", is_confirmed=proposals.is_confirmed(proposal),
        links=proposals.count_links(proposal, clock.now()), may_remove=may(Permission.RECORD) or is_own_draft(proposal),
    )  # fmt: skip


@bp.get("/c/<int:case_id>/plans/<int:proposal_id>/document.<extension>")
@needs(Permission.VIEW, Part.PLANS)
def document(case: Case, proposal_id: int, extension: str) -> Page:
    value = proposals.build_document(_approved(case, proposal_id), clock.today(case.timezone))
    n = request.args.get("creditor", type=int)
    if not value.requests:
        raise NotFound
    try:
        value = value if n is None else value.copy_for(n, PARTS)
        value = value if checking.is_known(value) else value.as_draft()
        made = copies.make(value, extension, absolute_url("today.home"))
    except KeyError:
        raise NotFound from None
    return copies.download(made)


@bp.post("/c/<int:case_id>/links/<int:share_id>/revoke")
@needs(Permission.SHARE, Part.PLANS)
def revoke(case: Case, share_id: int) -> Page:
    share = get_row(Share, share_id, case)
    services.revoke(share, clock.now())
    db.session.commit()
    flash(_("The link no longer opens"))
    return see_other(url_for("sharing.index", proposal_id=share.version.proposal_id))


def _approved(case: Case, proposal_id: int) -> Proposal:
    """A plan that may leave the app. Raises NotApproved for a counsellor's draft that the borrower has not approved."""
    proposal = get_row(Proposal, proposal_id, case)
    if proposals.is_unapproved(proposal):
        raise NotApproved
    return proposal


@dataclass(frozen=True, slots=True)
class Sheet:
    """What could be shared now: the whole value, the creditor it is looked at for, and all who are asked something."""

    proposal: Proposal
    whole: ProposalDocument
    item: ProposalItem
    asked: list[ProposalItem]

    @property
    def mark(self) -> str:
        """The fingerprint of what can change under a preview; name and contact are typed into its own form."""
        return replace(self.whole, borrower_name=None, borrower_contact=None).sha256


def _find_sheet(case: Case, proposal: Proposal, n: int | None) -> Sheet | None:
    """For the creditor of this number, else the first who is asked anything; None where nobody is."""
    whole = proposals.build_document(proposal, clock.today(case.timezone))
    numbers = {each.n for each in whole.requests}
    asked = [item for item in proposal.items if item.n in numbers]
    return Sheet(proposal, whole, next((item for item in asked if item.n == n), asked[0]), asked) if asked else None


def _first_values(case: Case, proposal: Proposal) -> dict[str, Any]:
    ticked = {part: part in SHOWN_AT_FIRST for part in PARTS}
    named = {
        "borrower_name": proposal.borrower_name or (current_user.name if may(Permission.MANAGE) else None),
        "borrower_contact": proposal.borrower_contact,
    }
    return ticked | named | {"days": str(services.DEFAULT_DAYS), "lang": case.locale}


def _wishes(form: ShareForm) -> services.Wishes:
    shown = [part for part in PARTS if form[part].data]
    return services.Wishes(shown, int(form.days.data), form.lang.data, form.passcode.data, form.most_views.data)


def _is_sound(form: ShareForm) -> bool:
    if form.validate_on_submit() and form.email.data and not _may_mail():
        form.refuse("email", _("Make an account first: e-mail is sent only for people who can be answered"))
    return not form.errors


def _preview_page(sheet: Sheet, form: ShareForm, *, is_changed: bool = False) -> str:
    """What the lender would see now. The form carries the fingerprint of that: the link shows what was looked at."""
    form.version.data = sheet.mark
    whole = replace(sheet.whole, borrower_name=form.borrower_name.data, borrower_contact=form.borrower_contact.data)
    copy = whole.copy_for(sheet.item.n, services.Wishes([part for part in PARTS if form[part].data]).parts)
    return render_template(
        "sharing/preview.html", form=form, proposal=sheet.proposal, item=sheet.item, step=4, can_mail=mailing.can_send(),
        seen=_seen(copy, form), asked=sheet.asked, is_own_draft=is_own_draft(sheet.proposal),
        is_unapproved=proposals.is_unapproved(sheet.proposal), is_changed=is_changed,
    )  # fmt: skip


def _seen(copy: ProposalDocument, form: ShareForm) -> Markup:
    """The plan itself, in the language the lender will read: the very template of their page."""
    with force_locale(form.lang.data if form.lang.data in LOCALES else DEFAULT):
        return Markup(render_template("sharing/_seen.html", **facts(copy)))  # noqa: S704  # our own escaped template


def _may_mail() -> bool:
    return mailing.can_send() and not current_user.is_guest


@limiter.limit("5 per hour; 20 per day", key_func=lambda: f"mail-{current_user.id}")
def _count_letter() -> None:
    """Nobody sends many letters from here; said before a link is made, so that none is lost."""


def _mail(to: str, share: Share, address: str) -> None:
    """Send the letter and say plainly whether it went."""
    copy, now = services.document(share), clock.now()
    try:
        with force_locale(share.lang):
            mailing.send(to, share, copy, address, copies.make(copy, "pdf", address), now)
    except DeliveryError as error:
        flash(_("Not sent to %(address)s. %(reason)s", address=to, reason=mailing.reason_words(error)))
    else:
        flash(_("Sent to %(address)s", address=to))
