"""The household's pages about access: who has it and how, what they did, inviting, changing and ending it."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from flask import Blueprint, Response, flash, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_login import current_user
from markupsafe import Markup

from .. import clock
from ..access import Permission, get_row, needs
from ..errors import NotFound
from ..extensions import db, limiter
from ..messages import absolute_url, see_other
from ..models import Case, Consent, Invitation, InvitationKind, Part, User
from ..qr import qr
from . import accepting, invitations, log, services, words
from .forms import InviteForm, TermsForm, first_values

bp = Blueprint("consent", __name__, url_prefix="/c/<int:case_id>/access")
Page = str | tuple[str, int] | Response
NEW = "new_invitation"


@bp.get("")
@needs(Permission.VIEW, Part.OWN)
def index(case: Case) -> Page:
    everyone, now, zone = services.all_consents(case), clock.now(), ZoneInfo(case.timezone)
    asked = (Invitation.case_id == case.id, Invitation.kind == InvitationKind.HANDOVER)
    questions = [
        (each, old, db.session.get_one(User, each.to_user_id))
        for each in invitations.open_invitations(*asked)
        if (old := accepting.consent_behind(case, each))
    ]
    return render_template(
        "consent/index.html", now_open=[each for each in everyone if each.is_open(now)], questions=questions, words=words,
        ended=[each for each in everyone if not each.is_open(now)], new=new_invitation(), notes=services.shared_notes(case),
        recorded_by=services.recorders(everyone), last=log.newest(case, 3),
        last_day=lambda consent: services.terms_of(case, consent).until, on=lambda moment: moment.astimezone(zone).date(),
        invited=invitations.open_invitations(Invitation.case_id == case.id, Invitation.kind == InvitationKind.COUNSELLOR),
    )  # fmt: skip


@bp.get("/log", endpoint="log")
@needs(Permission.VIEW, Part.OWN)
def log_page(case: Case) -> Page:
    return render_template("consent/log.html", log=log.read(case, request.args.get("page", 1, type=int)))


@bp.get("/invite")
@needs(Permission.MANAGE, Part.OWN)
def invite(case: Case) -> Page:
    ticked = {Part.BUDGET: True, Part.LOANS: True, Part.PLANS: True, "name": current_user.name}
    return _invite_page(InviteForm(data=ticked).prepare(clock.today(case.timezone)))


@bp.post("/invite")
@needs(Permission.MANAGE, Part.OWN)
@limiter.limit("20 per hour")
def invite_post(case: Case) -> Page:
    form = InviteForm().prepare(clock.today(case.timezone))
    if not form.validate_on_submit():
        return _invite_page(form), 422
    if not current_user.name and form.name.data:
        current_user.name = form.name.data
    made = invitations.create(InvitationKind.COUNSELLOR, current_user, terms=form.terms, case=case)
    db.session.commit()
    keep_new(made)
    return see_other(url_for("consent.index"))


@bp.post("/invitations/<int:invitation_id>/cancel")
@needs(Permission.MANAGE, Part.OWN)
def cancel(case: Case, invitation_id: int) -> Page:
    invitations.cancel(_own_invitation(case, invitation_id, InvitationKind.COUNSELLOR))
    db.session.commit()
    flash(_("The invitation no longer works"))
    return see_other(url_for("consent.index"))


@bp.post("/questions/<int:invitation_id>")
@needs(Permission.MANAGE, Part.OWN)
def answer(case: Case, invitation_id: int) -> Page:
    """Whether a colleague of the counsellor may go on."""
    question = _own_invitation(case, invitation_id, InvitationKind.HANDOVER)
    if request.form.get("answer") == "yes":
        new = accepting.accept_handover(case, question, current_user)
        flash(_("%(name)s has access now, and their colleague no longer", name=words.who(new)))
    else:
        invitations.cancel(question)
        flash(_("Declined. Nothing changed"))
    db.session.commit()
    return see_other(url_for("consent.index"))


@bp.post("/<int:consent_id>/end")
@needs(Permission.MANAGE, Part.OWN)
def end(case: Case, consent_id: int) -> Page:
    consent = get_row(Consent, consent_id, case)
    services.end(consent, current_user)
    db.session.commit()
    flash(_("%(name)s no longer has access. They were let out at once", name=words.who(consent)))
    return see_other(url_for("consent.index"))


@bp.get("/<int:consent_id>")
@needs(Permission.MANAGE, Part.OWN)
def edit(case: Case, consent_id: int) -> Page:
    consent = _open_consent(case, consent_id)
    form = TermsForm(data=first_values(services.terms_of(case, consent))).prepare(clock.today(case.timezone))
    return _edit_page(form, consent)


@bp.post("/<int:consent_id>")
@needs(Permission.MANAGE, Part.OWN)
def edit_post(case: Case, consent_id: int) -> Page:
    consent = _open_consent(case, consent_id)
    form = TermsForm().prepare(clock.today(case.timezone))
    if not form.validate_on_submit():
        return _edit_page(form, consent), 422
    services.change(case, consent, form.terms)
    db.session.commit()
    flash(_("Saved. It holds from now on"))
    return see_other(url_for("consent.index"))


@bp.post("/<int:consent_id>/reminders")
@needs(Permission.MANAGE, Part.OWN)
def reminders(case: Case, consent_id: int) -> Page:
    consent, is_on = _open_consent(case, consent_id), bool(request.form.get("on"))
    services.sign_reminders(case, consent, is_on=is_on)
    db.session.commit()
    name = words.who(consent)
    flash(
        _("Reminders are signed by %(name)s", name=name)
        if is_on
        else _("Reminders are no longer signed by %(name)s", name=name)
    )
    return see_other(url_for("consent.index"))


def keep_new(made: tuple[Invitation, str, str]) -> None:
    """Carry link and code to the next page, which shows them once; they are not stored."""
    _invitation, token, code = made
    session[NEW] = [absolute_url("invitations.detail", token=token), invitations.grouped(code)]


def new_invitation() -> tuple[str, str, Markup, str] | None:
    """Link, code and picture of an invitation that was just made, and where to type the code; a second look shows none."""
    kept = session.pop(NEW, None)
    if kept is None:
        return None
    typed_at = absolute_url("invitations.index").partition("://")[2]
    return kept[0], kept[1], qr(kept[0]), typed_at


def _invite_page(form: InviteForm) -> str:
    return render_template("consent/invite.html", form=form, words=words)


def _edit_page(form: TermsForm, consent: Consent) -> str:
    return render_template("consent/edit.html", form=form, given=consent, words=words)


def _open_consent(case: Case, consent_id: int) -> Consent:
    """One that counts now. Raises NotFound for one that is over, as for none."""
    consent = get_row(Consent, consent_id, case)
    if not consent.is_open(clock.now()):
        raise NotFound
    return consent


def _own_invitation(case: Case, invitation_id: int, kind: InvitationKind) -> Invitation:
    mine = (Invitation.id == invitation_id, Invitation.case_id == case.id, Invitation.kind == kind)
    found = invitations.open_invitations(*mine)
    if not found:
        raise NotFound
    return found[0]
