"""Adding and removing passkeys, proving a second factor with one, and signing in with one alone. The browser's side is
static/js/modules/passkeys.js: it fetches the options and sends what the passkey answered in a form."""

from __future__ import annotations

from flask import Blueprint, Response, flash, jsonify, render_template, url_for
from flask_babel import gettext as _
from flask_login import current_user

from .. import clock
from ..access import public, signed_in
from ..extensions import client_network, db, limiter
from ..messages import client_words, see_other
from . import entering, passkeys, proving, second_factor
from .forms import SignInForm
from .second_factor_forms import PasskeyForm, PasskeyProofForm, ProofForm
from .second_factor_views import finish_setup, refuse_removal, render_proof
from .views import render_sign_in

bp = Blueprint("passkeys", __name__)
Page = str | tuple[str, int] | Response


@bp.get("/account/passkeys/new")
@signed_in
@proving.confirmed
def create() -> Page:
    return render_template("accounts/passkey.html", form=PasskeyForm(name=client_words()))


@bp.post("/account/passkeys/options")
@signed_in
@proving.confirmed
def creation_options() -> Response:
    return jsonify(passkeys.creation_options(current_user))


@bp.post("/account/passkeys/new")
@signed_in
@proving.confirmed
def create_post() -> Page:
    form = PasskeyForm()
    if not form.validate_on_submit():
        return render_template("accounts/passkey.html", form=form), 422
    try:
        passkeys.add(current_user, form.name.data or "", form.credential.data or "")
    except passkeys.BadPasskey:
        db.session.rollback()
        form.refuse("", _("The passkey was not added. Try once more; it may be in your list already"))
        return render_template("accounts/passkey.html", form=form), 422
    return finish_setup(_("The passkey is added"))


@bp.post("/account/passkeys/<int:passkey_id>/remove")
@signed_in
@proving.confirmed
def remove(passkey_id: int) -> Page:
    try:
        name = passkeys.remove(current_user, passkey_id)
    except second_factor.StillRequired:
        return refuse_removal()
    db.session.commit()
    flash(_("%(name)s is removed and opens nothing any more", name=name))
    return see_other(url_for("second_factor.index"))


@bp.post("/sign-in/passkey/options")
@public
def request_options() -> Response:
    return jsonify(passkeys.request_options(proving.find_subject()))


@bp.post("/sign-in/passkey")
@public
@proving.limit_tries
@limiter.limit("60 per hour", key_func=client_network, deduct_when=entering.is_refused)
def prove() -> Page:
    subject, form = proving.find_subject(), PasskeyProofForm()
    try:
        owner = passkeys.prove(form.credential.data or "", subject)
    except passkeys.BadPasskey:
        db.session.rollback()
        return _refused()
    if subject is not None:
        return proving.let_in(owner)
    entering.enter(owner, clock.now())
    return entering.remember_device(see_other(entering.next_path()), owner.email or "")


def _refused() -> Page:
    subject = proving.find_subject()
    if subject is not None:
        return render_proof(subject, ProofForm(formdata=None), passkey_refused=True), 422
    return render_sign_in(SignInForm(formdata=None), refused="passkey"), 422
