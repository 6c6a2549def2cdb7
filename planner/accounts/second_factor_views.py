"""The pages of the second factor: proving one at sign-in and before changes, and setting them up."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user

from ..access import public, signed_in
from ..extensions import db
from ..messages import see_other
from ..models import User
from ..qr import qr
from ..tokens import find_signed, sign
from . import passkeys, proving, second_factor, services
from .sealing import seal, unseal
from .second_factor_forms import WRONG_CODE, WRONG_PASSWORD, WRONG_RECOVERY_CODE, AppForm, ProofForm

bp = Blueprint("second_factor", __name__)
HELD_SECONDS, SHOWN_SECONDS = 60 * 60, 10 * 60
Page = str | tuple[str, int] | Response


# ---- Proving one ----


@bp.get("/sign-in/second")
@public
def prove() -> Page:
    subject = proving.find_subject()
    return to_sign_in() if subject is None else render_proof(subject, ProofForm())


@bp.post("/sign-in/second")
@public
@proving.limit_tries
def prove_post() -> Page:
    subject, form = proving.find_subject(), ProofForm()
    if subject is None:
        return to_sign_in()
    if not form.validate_on_submit() or not _is_proof(subject, form):
        db.session.rollback()  # gives the connection back: counting the try takes one of its own
        return render_proof(subject, form), 422
    answer = proving.let_in(subject, by_password=form.way.data == "password")
    if form.way.data == "recovery":
        left = second_factor.recovery_codes_left(subject)
        flash(ngettext("%(num)d recovery code is left", "%(num)d recovery codes are left", left))
    return answer


@bp.get("/account/second-factor/needed")
@signed_in
def needed() -> Response:
    """Where access.py sends somebody whose session has not proved one: to prove it, or to set one up first."""
    if second_factor.has_second_factor(current_user):
        return see_other(url_for("second_factor.prove", next=request.args.get("next")))
    flash(_("Clients' files need more than a password. Set up a second factor first; it takes a minute"))
    return see_other(url_for("second_factor.index"))


def to_sign_in() -> Response:
    """Nobody is being asked here: the password comes first."""
    if session.pop("pending", None):
        flash(_("More than 10 minutes have passed. Enter your password once more"))
    return see_other(url_for("accounts.sign_in", next=request.args.get("next")))


def render_proof(subject: User, form: ProofForm, *, passkey_refused: bool = False) -> str:
    """The page that asks for whichever second factors the person has; for the password when there is none."""
    return render_template(
        "accounts/prove.html", form=form, passkey_refused=passkey_refused, pending=proving.find_pending() is not None,
        has_app=second_factor.find_app(subject) is not None, has_codes=bool(second_factor.recovery_codes_left(subject)),
        has_passkeys=bool(passkeys.passkeys_of(subject)), by_password=not second_factor.has_second_factor(subject),
    )  # fmt: skip


def _is_proof(subject: User, form: ProofForm) -> bool:
    """Whether what was typed proves it; if not, the form says so beside the field."""
    if form.way.data == "password":
        sound = not second_factor.has_second_factor(subject) and services.is_password_of(
            subject, form.password.data or ""
        )
        field, wrong = "password", WRONG_PASSWORD
    elif form.way.data == "recovery":
        sound = second_factor.take_recovery_code(subject, form.recovery.data or "")
        field, wrong = "recovery", WRONG_RECOVERY_CODE
    else:
        sound = second_factor.take_code(subject, form.code.data or "")
        field, wrong = "code", WRONG_CODE
    if not sound:
        form.refuse(field, wrong)
    return sound


# ---- What is set up ----


@bp.get("/account/second-factor")
@signed_in
def index() -> Page:
    return _index()


def refuse_removal() -> Page:
    """Told when somebody who must have a second factor would remove the last one."""
    db.session.rollback()
    return _index(is_last=True), 422


def _index(**about: Any) -> str:
    if current_user.is_guest:
        return render_template("accounts/second_factor.html", is_last=False)
    known = {
        "app": second_factor.find_app(current_user), "keys": passkeys.passkeys_of(current_user),
        "codes_left": second_factor.recovery_codes_left(current_user), "passkeys_possible": passkeys.are_possible(),
        "is_required": second_factor.is_required_of(current_user), "is_last": False,
    }  # fmt: skip
    return render_template("accounts/second_factor.html", **(known | about))


# ---- Authenticator app ----


@bp.get("/account/second-factor/app")
@signed_in
@proving.confirmed
def app() -> Page:
    return _app_page(AppForm(), second_factor.new_secret())


@bp.post("/account/second-factor/app")
@signed_in
@proving.confirmed
def app_post() -> Page:
    form = AppForm()
    secret = find_signed(_held_for(current_user), form.held.data or "", max_age_seconds=HELD_SECONDS)
    if secret is None:
        form.refuse(
            "code", _("This page was open for too long. Scan the new code below, then enter what the app shows")
        )
        return _app_page(form, second_factor.new_secret()), 422
    if not form.validate_on_submit() or not second_factor.confirm_app(current_user, secret, form.code.data or ""):
        if not form.errors:
            form.refuse("code", WRONG_CODE)
        return _app_page(form, secret), 422
    return finish_setup(_("Your authenticator app is set up"))


@bp.post("/account/second-factor/app/remove")
@signed_in
@proving.confirmed
def remove_app() -> Page:
    try:
        second_factor.remove_app(current_user)
    except second_factor.StillRequired:
        return refuse_removal()
    db.session.commit()
    flash(_("The authenticator app is removed. Delete its entry in the app too"))
    return see_other(url_for("second_factor.index"))


def _app_page(form: AppForm, secret: str) -> str:
    address = second_factor.app_address(current_user, secret)
    groups = " ".join(secret[n : n + 4] for n in range(0, len(secret), 4))
    held = sign(_held_for(current_user), secret)
    return render_template("accounts/app.html", form=form, qr=qr(address), address=address, secret=groups, held=held)


def _held_for(user: User) -> str:
    return f"new authenticator app of {user.id}"


# ---- Recovery codes ----


@bp.get("/account/second-factor/codes")
@signed_in
@proving.confirmed
def codes() -> Page:
    sealed = session.pop("recovery_codes", "")
    shown = unseal(_shown_to(current_user), sealed, max_age_seconds=SHOWN_SECONDS)
    if shown is None:
        flash(_("Recovery codes are shown once. If you have not kept them, make new ones"))
        return see_other(url_for("second_factor.index"))
    return render_template("accounts/codes.html", codes=shown.split())


@bp.post("/account/second-factor/codes")
@signed_in
@proving.confirmed
def new_codes() -> Page:
    if not second_factor.has_second_factor(current_user):
        return see_other(url_for("second_factor.index"))
    _keep_to_show(second_factor.new_recovery_codes(current_user))
    db.session.commit()
    flash(_("These are your new codes. The old ones no longer work"))
    return see_other(url_for("second_factor.codes"))


def finish_setup(told: str) -> Response:
    """A factor was added, and thereby proved here; whoever has no recovery codes yet gets them now."""
    row = services.find_this_device()
    if row is not None:
        services.renew_sign_in(row, second_factor=True)
    db.session.commit()  # before the codes: hashing them takes a second, in which nobody should wait for us to write
    is_first = not second_factor.recovery_codes_left(current_user)
    if is_first:
        _keep_to_show(second_factor.new_recovery_codes(current_user))
        db.session.commit()
    flash(told)
    return see_other(url_for("second_factor.codes" if is_first else "second_factor.index"))


def _keep_to_show(codes: list[str]) -> None:
    """For the next page of this device alone; the session is a cookie that can be read, so they lie in it encrypted."""
    session["recovery_codes"] = seal(_shown_to(current_user), " ".join(codes))


def _shown_to(user: User) -> str:
    return f"recovery codes of {user.id}"
