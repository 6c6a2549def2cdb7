"""The list of suggestions, one of them with what it would do, and the borrower's decision."""

from __future__ import annotations

from typing import Any

from flask import flash, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from .. import clock
from ..access import Permission, may_see, needs
from ..errors import Conflict
from ..extensions import db
from ..messages import see_other
from ..models import Case, Part, Suggestion, SuggestionKind
from . import effects, making, plans, scenarios, services, words
from .blueprint import Page, bp
from .forms import DecideForm, NoteForm

__all__ = ["bp", "making"]
ONE = "/suggestions/<int:suggestion_id>"


@bp.get("/suggestions")
@needs(Permission.VIEW)
def index(case: Case) -> Page:
    found = services.list_suggestions(case)
    titles = words.titles(found, case)
    return render_template(
        "suggestions/index.html", suggestions=found, titles=titles, words=words, is_open=services.is_open
    )


@bp.get(ONE)
@needs(Permission.VIEW)
def detail(case: Case, suggestion_id: int) -> Page:
    return _detail_page(case, services.get_suggestion(case, suggestion_id))


@bp.post(f"{ONE}/decide")
@needs(Permission.MANAGE)
def decide(case: Case, suggestion_id: int) -> Page:
    suggestion, form = services.get_suggestion(case, suggestion_id), DecideForm()
    if form.is_stale(suggestion.version) or not services.is_open(suggestion):
        raise Conflict
    ticked = {int(n) for n in request.form.getlist("item") if n.isascii() and n.isdecimal() and len(n) < 6}
    says_no = request.form.get("say") == "decline"
    if suggestion.items and not says_no and not ticked & {item.n for item in suggestion.items}:
        return _detail_page(case, suggestion, fault=_("Tick what you approve, or decline all of it")), 422
    if says_no:
        services.decline(suggestion, current_user, clock.now())
    elif suggestion.items:
        services.decide(suggestion, ticked, case, current_user, clock.now())
    else:
        services.accept(suggestion, case, current_user, clock.now())
    db.session.commit()
    _say(suggestion)
    return see_other(url_for("suggestions.detail", suggestion_id=suggestion.id))


@bp.post(f"{ONE}/note")
@needs(Permission.DRAFT)
def note(case: Case, suggestion_id: int) -> Page:
    suggestion, form = services.get_own(case, suggestion_id), NoteForm()
    if form.is_stale(suggestion.version) or not services.is_open(suggestion):
        raise Conflict
    if not form.validate_on_submit():
        return _detail_page(case, suggestion, form=form), 422
    suggestion.note = form.note.data
    db.session.commit()
    flash(_("Saved"))
    return see_other(url_for("suggestions.detail", suggestion_id=suggestion.id))


@bp.post(f"{ONE}/withdraw")
@needs(Permission.DRAFT)
def withdraw(case: Case, suggestion_id: int) -> Page:
    suggestion = services.get_own(case, suggestion_id)
    services.withdraw(suggestion, clock.now())
    db.session.commit()
    flash(_("The suggestion is withdrawn"))
    return see_other(url_for("suggestions.index"))


def _say(suggestion: Suggestion) -> None:
    stale = sum(item.decision == services.STALE for item in suggestion.items)
    if stale:
        flash(_("What had changed meanwhile was left as it is"))
    elif any(item.decision == services.APPROVED for item in suggestion.items):
        flash(_("Done: what you approved is in your file"))
    elif suggestion.about.get("approved"):
        flash(_("Approved"))
    else:
        flash(_("Declined. Nothing was changed"))


def _detail_page(case: Case, suggestion: Suggestion, *, fault: str = "", form: NoteForm | None = None) -> str:
    today, is_open = clock.today(case.timezone), services.is_open(suggestion)
    whole = may_see(Part.BUDGET, Part.LOANS)
    effect = effects.effect_of(suggestion, case, today) if is_open and whole else None
    consent = services.reader_consent()
    more: dict[str, Any] = {
        "is_own": consent is not None and consent.user_id == suggestion.user_id,
        "scenario": scenarios.of_suggestion(suggestion, case) if suggestion.kind == SuggestionKind.SCENARIO else None,
        "plan": words.plan_of(suggestion, case),
        "plan_changed": is_open and suggestion.kind == SuggestionKind.PLAN and plans.has_changed(suggestion),
    }
    return render_template(
        "suggestions/detail.html", s=suggestion, shown=words.shown_items(suggestion, case), effect=effect, words=words,
        fault=fault, form=form or NoteForm(formdata=None, data={"note": suggestion.note, "version": suggestion.version}),
        is_open=is_open, scenarios=scenarios, **more,
    )  # fmt: skip
