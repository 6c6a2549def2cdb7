"""The agency: its people, and what stands on the plans. Members see it, administrators look after it."""

from __future__ import annotations

from flask import Response, flash, render_template, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import ColumnElement

from ..access import agency
from ..consent import invitations
from ..errors import NotFound
from ..extensions import db, limiter
from ..messages import see_other
from ..models import AgencyMember, AgencyRole, Invitation, InvitationKind
from . import client_views, services
from .blueprint import ADMIN, COUNSELLOR, Page, bp, shown_once
from .forms import ROLE_NOTES, ROLES, AgencyForm, RoleForm

__all__ = ["bp", "client_views"]


@bp.get("")
@agency(COUNSELLOR)
def members(member: AgencyMember) -> Page:
    return render_template(
        "agencies/members.html", member=member, colleagues=services.colleagues(member), counts=services.client_counts(member),
        is_admin=member.role == ADMIN, roles=ROLES, invited=invitations.open_invitations(*_invited(member)),
    )  # fmt: skip


@bp.get("/edit")
@agency(ADMIN)
def edit(member: AgencyMember) -> Page:
    return render_template("agencies/edit.html", form=AgencyForm(obj=member.agency))


@bp.post("/edit")
@agency(ADMIN)
def edit_post(member: AgencyMember) -> Page:
    form = AgencyForm()
    if not form.validate_on_submit():
        return render_template("agencies/edit.html", form=form), 422
    found = member.agency
    found.name, found.phone, found.email = form.name.data or found.name, form.phone.data, form.email.data
    db.session.commit()
    flash(_("Saved"))
    return see_other(url_for("agencies.members"))


@bp.get("/members/invite")
@agency(ADMIN)
def invite_member(member: AgencyMember) -> Page:
    return render_template("agencies/invite_member.html", form=RoleForm(), notes=ROLE_NOTES)


@bp.post("/members/invite")
@agency(ADMIN)
@limiter.limit("20 per hour")
def invite_member_post(member: AgencyMember) -> Page:
    form = RoleForm()
    if not form.validate_on_submit():
        return render_template("agencies/invite_member.html", form=form, notes=ROLE_NOTES), 422
    made = invitations.create(
        InvitationKind.MEMBER, member.user, agency_id=member.agency_id, member_role=AgencyRole(form.role.data)
    )
    db.session.commit()
    return shown_once(made)


@bp.post("/members/invitations/<int:invitation_id>/cancel")
@agency(ADMIN)
def cancel_member(member: AgencyMember, invitation_id: int) -> Page:
    found = invitations.open_invitations(Invitation.id == invitation_id, *_invited(member))
    if not found:
        raise NotFound
    invitations.cancel(found[0])
    db.session.commit()
    flash(_("The invitation no longer works"))
    return see_other(url_for("agencies.members"))


@bp.post("/members/<int:member_id>/role")
@agency(ADMIN)
def role(member: AgencyMember, member_id: int) -> Page:
    colleague, form = services.get_colleague(member, member_id), RoleForm()
    if not form.validate_on_submit():
        raise NotFound
    try:
        services.set_role(colleague, AgencyRole(form.role.data))
    except services.LastAdministrator:
        return _keeps_an_administrator()
    db.session.commit()
    flash(_("Saved"))
    return see_other(url_for("agencies.members"))


@bp.post("/members/<int:member_id>/remove")
@agency(ADMIN)
def remove(member: AgencyMember, member_id: int) -> Page:
    colleague = services.get_colleague(member, member_id)
    try:
        services.remove(colleague, member.user)
    except services.LastAdministrator:
        return _keeps_an_administrator()
    except services.LooksAfterFiles as alone:
        db.session.rollback()
        flash(
            ngettext(
                "They look after %(num)d file that only they can open. It has to be handed over to a colleague first",
                "They look after %(num)d files that only they can open. These have to be handed over to a colleague first",
                alone.count,
            )
        )
        return see_other(url_for("agencies.members"))
    db.session.commit()
    flash(
        _("%(name)s is no longer with the agency, and sees no client", name=colleague.user.name or colleague.user.email)
    )
    return see_other(url_for("today.home") if colleague.id == member.id else url_for("agencies.members"))


def _keeps_an_administrator() -> Response:
    db.session.rollback()
    flash(_("An agency keeps at least one administrator. Make somebody else one first"))
    return see_other(url_for("agencies.members"))


def _invited(member: AgencyMember) -> tuple[ColumnElement[bool], ...]:
    """What the agency's open invitations to colleagues are found by."""
    return (Invitation.agency_id == member.agency_id, Invitation.kind == InvitationKind.MEMBER)
