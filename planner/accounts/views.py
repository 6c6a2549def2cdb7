"""Welcome, registration, sign-in, sign-out, language, and the devices that are signed in."""

from __future__ import annotations

from flask import (
    Blueprint,
    Response,
    flash,
    make_response,
    render_template,
    request,
    url_for,
)
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_login import current_user

from ..access import public, signed_in
from ..errors import NotFound
from ..extensions import client_network, db, limiter
from ..i18n import COOKIE, choose_locale, find_locale
from ..messages import client_words, see_other
from ..models import User
from . import passkeys, proving, second_factor, services
from .entering import by_device, enter, find_account, is_refused, next_path, own_path, remember_device, set_cookie
from .forms import EMAIL_TAKEN, RegisterForm, SignInForm

bp = Blueprint("accounts", __name__)
YEAR_SECONDS = 365 * 24 * 3600
Page = str | tuple[str, int] | Response


def _typed_email() -> str:
    return services.normal_email(request.form.get("email", ""))[:254]


def render_welcome() -> str:
    """The first page for somebody the app does not know."""
    return render_template("accounts/welcome.html")


@bp.get("/welcome")
@public
def welcome() -> str:
    return render_welcome()


@bp.post("/start")
@public
@limiter.limit("120 per hour")
def start() -> Page:
    if not current_user.is_authenticated:
        services.start_guest(choose_locale(), client_words())
        db.session.commit()
    return see_other(url_for("today.home"))


@bp.get("/register")
@public
def register() -> Page:
    if find_account() is not None:
        return see_other(url_for("today.home"))
    return render_template("accounts/register.html", form=RegisterForm())


@bp.post("/register")
@public
@limiter.limit("60 per hour")
def register_post() -> Page:
    form = RegisterForm()
    if find_account() is not None:
        return see_other(url_for("today.home"))
    if not form.validate_on_submit():
        return render_template("accounts/register.html", form=form), 422
    guest = db.session.get(User, current_user.id) if current_user.is_authenticated else None
    entered = (form.email.data or "", form.password.data or "", form.name.data)
    try:
        services.register(*entered, choose_locale(), client_words(), guest)
    except services.EmailTaken:
        db.session.rollback()
        form.refuse("email", EMAIL_TAKEN)
        return render_template("accounts/register.html", form=form), 422
    db.session.commit()
    flash(_("Your account is ready. Everything you entered is in it."))
    return remember_device(see_other(url_for("today.home")), entered[0])


@bp.get("/sign-in")
@public
def sign_in() -> Page:
    if find_account() is not None:
        return see_other(next_path())
    return render_sign_in(SignInForm())


def render_sign_in(form: SignInForm, *, refused: str = "") -> str:
    """The page for signing in; `refused` says what was wrong: "password", "passkey" or nothing."""
    return render_template(
        "accounts/sign_in.html", form=form, refused=refused, passkeys_possible=passkeys.are_possible()
    )


@bp.post("/sign-in")
@public
@limiter.limit("60 per hour", key_func=by_device(_typed_email, client_network), deduct_when=is_refused)
@limiter.limit(
    "10 per 15 minutes",
    key_func=by_device(_typed_email, lambda: f"{client_network()} {_typed_email()}"),
    deduct_when=is_refused,
)
@limiter.limit("30 per hour; 100 per day", key_func=by_device(_typed_email, _typed_email), deduct_when=is_refused)
def sign_in_post() -> Page:
    form = SignInForm()
    if not form.validate_on_submit():
        return render_sign_in(form), 422
    account = services.find_user_by_email(form.email.data or "")
    if not services.is_password_of(account, form.password.data or "") or account is None:
        return render_sign_in(form, refused="password"), 422
    if second_factor.has_second_factor(account):
        proving.hold(account)
        return see_other(url_for("second_factor.prove", next=request.args.get("next")))
    enter(account)
    return remember_device(see_other(next_path()), _typed_email())


@bp.post("/sign-out")
@public
def sign_out() -> Page:
    services.sign_out()
    db.session.commit()
    answer = make_response(see_other(url_for("accounts.welcome")))
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    answer.headers["X-Signed-Out"] = "1"
    return answer


@bp.post("/language")
@public
def language() -> Page:
    locale = find_locale(request.form.get("lang")) or str(get_locale())
    if current_user.is_authenticated:
        current_user.locale = locale
        db.session.commit()
    answer = make_response(see_other(own_path(request.form.get("next"))))
    set_cookie(answer, COOKIE, locale, YEAR_SECONDS)
    return answer


@bp.get("/account")
@signed_in
def devices() -> Page:
    rows = [(row, services.is_this_device(row)) for row in services.devices(current_user)]
    has_second = not current_user.is_guest and second_factor.has_second_factor(current_user)
    return render_template("accounts/devices.html", devices=rows, has_second_factor=has_second)


@bp.post("/account/opened")
@signed_in
def opened() -> tuple[str, int]:
    services.note_opened()
    db.session.commit()
    return "", 204


@bp.post("/account/devices/<int:sign_in_id>/end")
@signed_in
def end_device(sign_in_id: int) -> Page:
    row = next((row for row in services.devices(current_user) if row.id == sign_in_id), None)
    if row is None:
        raise NotFound
    db.session.delete(row)
    db.session.commit()
    flash(_("That device is signed out"))
    return see_other(url_for("accounts.devices"))
