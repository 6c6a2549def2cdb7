"""The page the lender opens, and the answer they give on it: no account, no script, nothing but what was ticked."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from flask import Blueprint, Response, make_response, render_template, request, url_for
from flask_babel import force_locale, get_locale
from flask_babel import gettext as _

from .. import clock
from ..access import is_member, public
from ..errors import NotFound
from ..evidence import services as evidence
from ..extensions import db, limiter
from ..i18n import find_locale, html_lang
from ..messages import absolute_url, client_words, see_other
from ..models import Share
from . import answering, copies, opening, services
from .answering import AlreadyAnswered
from .forms import AnswerForm, CodeForm
from .shown import answer_words, facts, term_words

bp = Blueprint("lender", __name__, url_prefix="/s/<token>")
# Wrong links of one address, whichever page of theirs is tried.
guesses = limiter.shared_limit("60 per 10 minutes", scope="links", deduct_when=lambda answer: answer.status_code == 404)
codes = limiter.limit("30 per hour", deduct_when=lambda answer: answer.status_code in (422, 429))


@bp.get("")
@public
@guesses
def plan(token: str) -> Response:
    share = opening.find_share(token, clock.now())
    if not _enters(share):
        return _answer(share, "sharing/cover.html", token=token, form=CodeForm())
    return _plan_page(share, token, AnswerForm())


@bp.post("/open")
@public
@guesses
@codes
def enter(token: str) -> Response:
    share, form = opening.find_share(token, clock.now()), CodeForm()
    db.session.commit()  # gives the connection back: counting tries takes one of its own
    try:
        if form.validate_on_submit():
            opening.check_code(share, form.code.data or "")
    except opening.WrongCode:
        form.refuse("code", _("This is not the code. The borrower can tell you"))
    except opening.TooManyCodes:
        form.refuse("code", _("Too many wrong codes. Try again in an hour"))
    if form.errors:
        db.session.commit()
        return _answer(share, "sharing/cover.html", 422, token=token, form=form)
    _count(share)
    return see_other(url_for("lender.plan", token=token, lang=request.args.get("lang")))


@bp.get("/plan.<name>")
@public
@guesses
def file(token: str, name: str) -> Response:
    share = opening.find_share(token, clock.now())
    if not _enters(share):
        return see_other(url_for("lender.plan", token=token))
    try:
        with _in_language(share):
            return copies.download(
                copies.make(services.document(share), name, absolute_url("lender.plan", token=token))
            )
    except KeyError:
        raise NotFound from None


@bp.get("/files/<int:n>")
@public
@guesses
def evidence_file(token: str, n: int) -> Response:
    share = opening.find_share(token, clock.now())
    if not _enters(share):
        return see_other(url_for("lender.plan", token=token))
    return copies.stored(evidence.open_file(services.find_evidence(share, n)))


@bp.post("/answer")
@public
@guesses
@limiter.limit("60 per hour")
def answer(token: str) -> Response:
    share = opening.find_share(token, clock.now())
    if not opening.is_visiting(share, clock.now()):
        return see_other(url_for("lender.plan", token=token))
    form = _answer_form(share)
    with _in_language(share):
        sound = form.validate_on_submit()
    if not sound or form.step.data not in ("send", "check"):
        return _plan_page(share, token, form, 200 if form.step.data == "change" else 422)
    if form.step.data == "check":
        terms = answering.said(form)["terms"]
        return _answer(share, "sharing/confirm.html", token=token, form=form, terms=terms, d=services.document(share))
    return _store(share, token, form)


def _store(share: Share, token: str, form: AnswerForm) -> Response:
    try:
        answering.answer(share, form, clock.now())
        db.session.commit()
    except AlreadyAnswered as found:
        return _answer(
            share, "sharing/answered.html", 409, token=token, answer=found.answer, d=services.document(share)
        )
    return see_other(url_for("lender.plan", token=token, lang=request.args.get("lang"), _anchor="answer"))


def _enters(share: Share) -> bool:
    """Whether this reader may see the plan now; whoever comes without a code to type is counted in."""
    now = clock.now()
    if opening.is_visiting(share, now) or is_member(share.case_id):
        return True  # the household itself looks at its own plan
    if opening.is_fetcher(request) or share.passcode_hash is not None:
        return False
    _count(share)
    return True


def _count(share: Share) -> None:
    """Count the opening before a word of the plan is shown."""
    opening.open_now(share, client_words(), clock.now())
    db.session.commit()


def _answer_form(share: Share) -> AnswerForm:
    unit = services.document(share).unit
    return AnswerForm().prepare(unit.code, clock.today("UTC"))


def _plan_page(share: Share, token: str, form: AnswerForm, status: int = 200) -> Response:
    copy = services.document(share)
    form.prepare(copy.unit.code, clock.today("UTC"))
    return _answer(
        share, "sharing/plan.html", status, token=token, form=form, answer=answering.find_answer(share),
        is_own=is_member(share.case_id), **_facts(share, copy),
    )  # fmt: skip


def _facts(share: Share, copy: Any) -> dict[str, Any]:
    with _in_language(share):
        return facts(copy) | {"copies": copies.offered(copy)}


def _answer(share: Share, template: str, status: int = 200, **about: Any) -> Response:
    with _in_language(share):
        about |= {"share": share, "lang_args": _lang_args(), "zone": services.zone_of(share)}
        about["is_outdated"] = services.is_outdated(share)
        page = render_template(template, answer_words=answer_words, term_words=term_words, **about)
        return make_response(page, status)


def _in_language(share: Share) -> AbstractContextManager[None]:
    """The language the borrower chose for the link, unless the reader asks for another."""
    found: AbstractContextManager[None] = force_locale(find_locale(request.args.get("lang")) or share.lang)
    return found


def _lang_args() -> dict[str, str]:
    """Keeps the reader's choice of language on the way through the pages."""
    return {"lang": html_lang(str(get_locale()))[:2]} if "lang" in request.args else {}


@bp.after_request
def _keep_private(answer: Response) -> Response:
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    return answer
