"""Where an invitation leads: by its link, or by the code typed in. Looking changes nothing; accepting works once."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, make_response, render_template, session, url_for
from flask_babel import gettext as _
from flask_login import current_user

from .. import clock
from ..access import find_agency_member, public, signed_in
from ..accounts import services as accounts
from ..errors import NotAllowed, NotFound
from ..extensions import db, limiter
from ..formatting import local_day
from ..i18n import choose_locale
from ..messages import client_words, see_other
from ..models import Case, Invitation, InvitationKind
from . import accepting, invitations, words
from .accepting import Missing
from .forms import AcceptForm, CodeForm, first_values

bp = Blueprint("invitations", __name__, url_prefix="/i")
Page = str | tuple[str, int] | Response
# Wrong links and codes of one network.
wrong_links = limiter.limit("60 per 10 minutes", deduct_when=lambda answer: answer.status_code == 404)
wrong_codes = limiter.limit("10 per 15 minutes", deduct_when=lambda answer: answer.status_code == 404)


@bp.get("")
@public
def index() -> Response:
    return _private(render_template("consent/code.html", form=CodeForm()))


@bp.post("")
@public
@wrong_codes
def index_post() -> Response:
    form = CodeForm()
    code = invitations.clean_code(form.code.data or "")
    if form.validate_on_submit() and code is None:
        form.refuse("code", _("A code has 12 letters and digits, such as 7K3M 9QXV 2B4D"))
    if form.errors or code is None:
        return _private(render_template("consent/code.html", form=form), 422)
    found = invitations.find_by_code(code)
    if found is None:
        form.refuse(
            "code", _("This code opens nothing. It may be used already or older than 7 days; ask for a new one")
        )
        return _private(render_template("consent/code.html", form=form), 404)
    return see_other(url_for("invitations.detail", token=invitations.address_token(found)))


@bp.get("/<token>")
@public
@wrong_links
def detail(token: str) -> Response:
    return _page(invitations.get_by_token(token), token)


@bp.post("/<token>/start")
@public
@wrong_links
@limiter.limit("120 per hour")
def start(token: str) -> Response:
    """Somebody without an account, who wants to answer: a guest, who comes back to the question."""
    invitations.get_by_token(token)
    if not current_user.is_authenticated:
        accounts.start_guest(choose_locale(), client_words())
        db.session.commit()
    return see_other(url_for("invitations.detail", token=token))


@bp.post("/<token>/accept")
@signed_in
@wrong_links
def accept(token: str) -> Response:
    invitation = invitations.get_by_token(token)
    if accepting.find_missing(invitation, current_user) is not None:
        return _page(invitation, token, status=403)
    if invitation.kind == InvitationKind.CLIENT:
        return _accept_client(invitation, token)
    accepted = {
        InvitationKind.COUNSELLOR: _accept_counsellor, InvitationKind.CLAIM: _accept_claim,
        InvitationKind.MEMBER: _accept_member,
    }  # fmt: skip
    return accepted[InvitationKind(invitation.kind)](invitation)


def _accept_counsellor(invitation: Invitation) -> Response:
    member = find_agency_member()
    if member is None:
        raise NotAllowed
    client = accepting.accept_counsellor(invitation, member)
    db.session.commit()
    flash(_("You have access now"))
    return see_other(url_for("caseload.detail", client_id=client.id))


def _accept_client(invitation: Invitation, token: str) -> Response:
    form = _form(invitation)
    if not form.validate_on_submit():
        return _page(invitation, token, form, 422)
    chosen = form.case.data if "case" in form else _cases()[0].id
    case = accepting.get_own_case(current_user, chosen)
    consent = accepting.accept_client(invitation, case, form.terms, current_user)
    db.session.commit()
    flash(_("%(name)s has access now. You can end it here at any time", name=words.who(consent)))
    return see_other(url_for("consent.index", case_id=case.id))


def _accept_claim(invitation: Invitation) -> Response:
    case = accepting.accept_claim(invitation, current_user)
    db.session.commit()
    session["case_id"] = case.id
    flash(_("This file is yours now. You see here who has access, and can end it"))
    return see_other(url_for("consent.index", case_id=case.id))


def _accept_member(invitation: Invitation) -> Response:
    member = accepting.accept_member(invitation, current_user)
    db.session.commit()
    flash(_("You belong to %(agency)s now", agency=member.agency.name))
    return see_other(url_for("agencies.members"))


def _form(invitation: Invitation) -> AcceptForm:
    """What the client may agree to: the terms asked for, or less, for one of their own files."""
    asked = accepting.terms_asked(invitation)
    form = AcceptForm(data=first_values(asked)).prepare(clock.now().date()).limit(asked)
    cases = [
        (case.id, _("File of %(day)s", day=local_day(case.created_at, case.timezone, "full"))) for case in _cases()
    ]
    offered: AcceptForm = form.offer(cases)
    return offered


def _cases() -> list[Case]:
    """The reader's own files, the one they come home to first. Raises NotFound for somebody without any."""
    mine = accepting.own_cases(current_user)
    if not mine:
        raise NotFound
    home = session.get("case_id")
    return sorted(mine, key=lambda case: case.id != home)


def _page(invitation: Invitation, token: str, form: AcceptForm | None = None, status: int = 200) -> Response:
    known = current_user.is_authenticated
    lacks = accepting.find_missing(invitation, current_user) if known else None
    asks = known and lacks is None and invitation.kind == InvitationKind.CLIENT
    body = render_template(
        "consent/invitation.html", invitation=invitation, token=token, lacks=lacks, known=known, Missing=Missing, words=words,
        form=form or (_form(invitation) if asks else None), kind=invitation.kind,
        by=invitation.created_by.name or invitation.created_by.email,
    )  # fmt: skip
    return _private(body, status)


def _private(body: Any, status: int = 200) -> Response:
    """A page for one reader, which no search engine keeps. Other sites never see its address (security.py: same-origin)."""
    answer = make_response(body, status)
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    return answer
