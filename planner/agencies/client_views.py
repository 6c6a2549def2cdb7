"""How a household becomes a client: asked for consent, or by word of mouth; how it takes its file over, or gets a colleague."""

from __future__ import annotations

from flask import flash, render_template, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from .. import clock
from ..access import agency
from ..consent import accepting, invitations, words
from ..consent.clients import (
    add_client,
    get_own_client,
    get_unowned_client,
    has_borrower,
    listed_clients,
    pass_listed_on,
)
from ..consent.forms import SpokenForm, first_values
from ..consent.services import Spoken, all_consents, grant, terms_of
from ..errors import NotFound
from ..extensions import db, limiter
from ..messages import see_other
from ..models import AgencyMember, Case, Client, Consent, ConsentHow, Invitation, InvitationKind
from . import services
from .blueprint import COUNSELLOR, Page, bp, shown_once
from .forms import ClientForm, HandOverForm, ListedHandOverForm, SpokenHandOverForm, VerbalForm

_TICKED = {"budget": True, "loans": True, "plans": True}


@bp.get("/invite")
@agency(COUNSELLOR)
def invite_client(member: AgencyMember) -> Page:
    return _invite_page(member, ClientForm(data=_TICKED).prepare(clock.now().date()))


@bp.post("/invite")
@agency(COUNSELLOR)
@limiter.limit("120 per hour")
def invite_client_post(member: AgencyMember) -> Page:
    form = ClientForm().prepare(clock.now().date())
    if not form.validate_on_submit():
        return _invite_page(member, form, 422)
    client = add_client(member, form.name.data, place=form.place.data, contact=form.contact.data)
    made = invitations.create(
        InvitationKind.CLIENT, member.user, terms=form.terms, agency_id=member.agency_id, client=client
    )
    db.session.commit()
    return shown_once(made)


@bp.post("/invitations/<int:invitation_id>/cancel")
@agency(COUNSELLOR)
def cancel_client(member: AgencyMember, invitation_id: int) -> Page:
    found = [each for each in _asked(member) if each.id == invitation_id]
    if not found:
        raise NotFound
    invitations.cancel(found[0])
    db.session.commit()
    flash(_("The invitation no longer works"))
    return see_other(url_for("agencies.invite_client"))


@bp.get("/verbal")
@agency(COUNSELLOR)
def verbal(member: AgencyMember) -> Page:
    return _verbal_page(VerbalForm(data=_TICKED).prepare(clock.now().date()))


@bp.post("/verbal")
@agency(COUNSELLOR)
@limiter.limit("60 per hour")
def verbal_post(member: AgencyMember) -> Page:
    form = VerbalForm().prepare(clock.now().date())
    if not form.validate_on_submit():
        return _verbal_page(form), 422
    case = Case(
        currency=form.currency.data, timezone=form.timezone.data, locale=form.locale.data, created_at=clock.now()
    )
    db.session.add(case)
    db.session.flush()
    grant(case, member, form.terms, ConsentHow.VERBAL, None, _spoken(form, member))
    client = add_client(member, form.name.data, place=form.place.data, contact=form.contact.data, case_id=case.id)
    db.session.commit()
    flash(_("The file is made. Give the client a code when they want to take it over"))
    return see_other(url_for("caseload.detail", client_id=client.id))


@bp.post("/clients/<int:client_id>/claim")
@agency(COUNSELLOR)
@limiter.limit("60 per hour")
def claim_code(member: AgencyMember, client_id: int) -> Page:
    """A new code for a client who takes their file over; an older one stops working."""
    client, case = get_unowned_client(member, client_id)
    older = (Invitation.case_id == case.id, Invitation.kind == InvitationKind.CLAIM)
    for each in invitations.open_invitations(*older):
        invitations.cancel(each)
    made = invitations.create(InvitationKind.CLAIM, member.user, case=case, agency_id=member.agency_id, client=client)
    db.session.commit()
    return shown_once(made)


@bp.get("/clients/<int:client_id>/verbal-again")
@agency(COUNSELLOR)
def verbal_again(member: AgencyMember, client_id: int) -> Page:
    """Nobody can invite a counsellor into a file without an owner: what was said is written down anew."""
    client, case = get_unowned_client(member, client_id)
    last = next((each for each in all_consents(case) if each.agency_id == member.agency_id), None)
    first = first_values(terms_of(case, last)) | {"until": None} if last else {}
    return _again_page(client, _again_form(case, first | {"spoken_by": client.name}))


@bp.post("/clients/<int:client_id>/verbal-again")
@agency(COUNSELLOR)
@limiter.limit("60 per hour")
def verbal_again_post(member: AgencyMember, client_id: int) -> Page:
    client, case = get_unowned_client(member, client_id)
    form = _again_form(case)
    if not form.validate_on_submit():
        return _again_page(client, form), 422
    grant(case, member, form.terms, ConsentHow.VERBAL, None, _spoken(form, member))
    db.session.commit()
    flash(_("Written down. The file is open to you again"))
    return see_other(url_for("caseload.detail", client_id=client.id))


@bp.get("/clients/<int:client_id>/hand-over")
@agency(COUNSELLOR)
def hand_over(member: AgencyMember, client_id: int) -> Page:
    listed = _find_listed(member, client_id)
    if listed is not None:
        return _hand_over_page(listed, ListedHandOverForm().offer(_others(member)))
    client, consent = get_own_client(member, client_id)
    case = db.session.get_one(Case, consent.case_id)
    first = first_values(terms_of(case, consent)) | {"spoken_by": client.name}
    return _hand_over_page(client, _hand_over_form(member, consent, first))


@bp.post("/clients/<int:client_id>/hand-over")
@agency(COUNSELLOR)
@limiter.limit("60 per hour")
def hand_over_post(member: AgencyMember, client_id: int) -> Page:
    listed = _find_listed(member, client_id)
    if listed is not None:
        return _hand_listed_on(member, listed)
    client, consent = get_own_client(member, client_id)
    form = _hand_over_form(member, consent)
    if not form.validate_on_submit():
        return _hand_over_page(client, form), 422
    to = services.get_colleague(member, form.colleague.data)
    case, name = db.session.get_one(Case, consent.case_id), to.user.name or to.user.email
    if isinstance(form, SpokenForm):
        accepting.pass_on(case, consent, to, form.terms, ConsentHow.VERBAL, None, _spoken(form, member))
        flash(_("%(name)s looks after this client now", name=name))
    else:
        _ask_client(member, client, consent, to)
        flash(_("The client is asked on their own phone. Until they agree, nothing changes"))
    db.session.commit()
    return see_other(url_for("caseload.index"))


def _find_listed(member: AgencyMember, client_id: int) -> Client | None:
    return next((each for each in listed_clients(member) if each.id == client_id), None)


def _hand_listed_on(member: AgencyMember, client: Client) -> Page:
    """Nobody is asked about a client without a file: the agency alone knows of them."""
    form = ListedHandOverForm().offer(_others(member))
    if not form.validate_on_submit():
        return _hand_over_page(client, form), 422
    to = services.get_colleague(member, form.colleague.data)
    chosen = listed_clients(member) if form.all_listed.data else [client]
    pass_listed_on(chosen, to)
    db.session.commit()
    name = to.user.name or to.user.email
    flash(ngettext("%(name)s looks after %(num)d client more now", "%(name)s looks after %(num)d clients more now",
                   len(chosen), name=name))  # fmt: skip
    return see_other(url_for("caseload.index"))


def _others(member: AgencyMember) -> list[AgencyMember]:
    return [each for each in services.colleagues(member) if each.id != member.id]


def _ask_client(member: AgencyMember, client: Client, consent: Consent, to: AgencyMember) -> None:
    """Put the question to the household; an earlier one about the same counsellor is dropped."""
    earlier = (Invitation.case_id == consent.case_id, Invitation.kind == InvitationKind.HANDOVER)
    for each in invitations.open_invitations(*earlier, Invitation.created_by_id == member.user_id):
        invitations.cancel(each)
    case = db.session.get_one(Case, consent.case_id)
    invitations.create(
        InvitationKind.HANDOVER, member.user, terms=terms_of(case, consent), case=case, agency_id=member.agency_id,
        client=client, to=to,
    )  # fmt: skip


def _hand_over_form(member: AgencyMember, consent: Consent, first: dict[str, object] | None = None) -> HandOverForm:
    """A household that can be asked is asked; for one without a phone, what was said is written down again."""
    others = _others(member)
    if has_borrower(consent.case_id):
        asked: HandOverForm = HandOverForm().offer(others)
        return asked
    case = db.session.get_one(Case, consent.case_id)
    form: HandOverForm = SpokenHandOverForm(data=first).prepare(clock.today(case.timezone), case.timezone).offer(others)
    return form


def _again_form(case: Case, first: dict[str, object] | None = None) -> SpokenForm:
    form: SpokenForm = SpokenForm(data=first).prepare(clock.today(case.timezone), case.timezone)
    form.scope.label.text = _("What may you do?")
    return form


def _again_page(client: Client, form: SpokenForm) -> str:
    return render_template(
        "agencies/verbal_again.html", form=form, words=words, client=client, named=services.client_named(client)
    )


def _spoken(form: SpokenForm, member: AgencyMember) -> Spoken:
    if form.spoken_at is None or not form.spoken_by.data:
        raise ValueError("an invalid form was taken")
    return Spoken(form.spoken_by.data, form.spoken_at, form.spoken_how.data, member.user)


def _asked(member: AgencyMember) -> list[Invitation]:
    """Those whom this counsellor asked and who have not answered."""
    mine = (Invitation.agency_id == member.agency_id, Invitation.created_by_id == member.user_id)
    return list(invitations.open_invitations(*mine, Invitation.kind == InvitationKind.CLIENT))


def _invite_page(member: AgencyMember, form: ClientForm, status: int = 200) -> tuple[str, int]:
    asked = [(each, db.session.get_one(Client, each.client_id)) for each in _asked(member)]
    return render_template("agencies/invite_client.html", form=form, words=words, asked=asked), status


def _verbal_page(form: VerbalForm) -> str:
    return render_template("agencies/verbal.html", form=form, words=words)


def _hand_over_page(client: Client, form: HandOverForm) -> str:
    return render_template(
        "agencies/hand_over.html", form=form, words=words, client=client, named=services.client_named(client)
    )
