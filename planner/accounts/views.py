"""Welcome, registration, sign-in, sign-out, language, and the devices that are signed in."""

from __future__ import annotations

from collections.abc import Callable

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    make_response,
    render_template,
    request,
    session,
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
from . import services
from .forms import EMAIL_TAKEN, RegisterForm, SignInForm

bp = Blueprint("accounts", __name__)
YEAR_SECONDS = 365 * 24 * 3600
Page = str | tuple[str, int] | Response


def _by_device(key: Callable[[], str]) -> Callable[[], str]:
    """Count by `key`, except on a device that had the typed account open before: that one counts by itself."""
    return lambda: services.find_known_device(request.cookies.get(_device_cookie()), _typed_email()) or key()


def _refused(answer: Response) -> bool:
    return answer.status_code == 422


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
    if _account() is not None:
        return see_other(url_for("today.home"))
    return render_template("accounts/register.html", form=RegisterForm())


@bp.post("/register")
@public
@limiter.limit("60 per hour")
def register_post() -> Page:
    form = RegisterForm()
    if _account() is not None:
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
    return _remember_device(see_other(url_for("today.home")), entered[0])


@bp.get("/sign-in")
@public
def sign_in() -> Page:
    if _account() is not None:
        return see_other(_next())
    return render_template("accounts/sign_in.html", form=SignInForm(), refused=False)


@bp.post("/sign-in")
@public
@limiter.limit("60 per hour", key_func=_by_device(client_network), deduct_when=_refused)
@limiter.limit(
    "10 per 15 minutes", key_func=_by_device(lambda: f"{client_network()} {_typed_email()}"), deduct_when=_refused
)
@limiter.limit("30 per hour; 100 per day", key_func=_by_device(lambda: _typed_email()), deduct_when=_refused)
def sign_in_post() -> Page:
    form = SignInForm()
    if not form.validate_on_submit():
        return render_template("accounts/sign_in.html", form=form, refused=False), 422
    account = services.find_user_by_email(form.email.data or "")
    if not services.is_password_of(account, form.password.data or "") or account is None:
        return render_template("accounts/sign_in.html", form=form, refused=True), 422
    _enter(account)
    return _remember_device(see_other(_next()), _typed_email())


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
    answer = make_response(see_other(_own_path(request.form.get("next"))))
    _set_cookie(answer, COOKIE, locale, YEAR_SECONDS)
    return answer


@bp.get("/account")
@signed_in
def devices() -> Page:
    rows = [(row, services.is_this_device(row)) for row in services.devices(current_user)]
    return render_template("accounts/devices.html", devices=rows)


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


def _enter(account: User) -> None:
    """Sign the account in; what a guest entered on this device before goes with it and is opened."""
    guest = db.session.get(User, current_user.id) if current_user.is_authenticated and current_user.is_guest else None
    services.sign_in(account, client_words())
    case = services.adopt_guest(guest, account) if guest is not None else None
    if case is not None:
        session["case_id"] = case.id
    db.session.commit()


def _account() -> User | None:
    """The registered person at hand; None for a guest as for nobody."""
    return current_user if current_user.is_authenticated and not current_user.is_guest else None


def _remember_device(answer: Response, email: str) -> Response:
    _set_cookie(answer, _device_cookie(), services.known_device_proof(email), services.KNOWN_DEVICE_SECONDS)
    return answer


def _device_cookie() -> str:
    return "__Host-known" if current_app.config["SESSION_COOKIE_SECURE"] else "known"


def _set_cookie(answer: Response, name: str, value: str, seconds: int) -> None:
    secure = bool(current_app.config["SESSION_COOKIE_SECURE"])
    answer.set_cookie(name, value, max_age=seconds, samesite="Lax", secure=secure, httponly=True)


def _next() -> str:
    return _own_path(request.args.get("next"))


def _own_path(text: str | None) -> str:
    """`text` when it is a path of this app; the start address for anything that could lead elsewhere."""
    path = text or ""
    safe = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
    return path if safe else url_for("today.home")


def _typed_email() -> str:
    return services.normal_email(request.form.get("email", ""))[:254]
