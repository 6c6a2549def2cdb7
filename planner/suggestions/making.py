"""What a counsellor puts before the borrower beside changed rows: a plan, a letter as edited, a what-if."""

from __future__ import annotations

from flask import flash, request, url_for
from flask_babel import gettext as _

from .. import clock
from ..access import Permission, get_row, needs
from ..errors import NotFound
from ..extensions import db
from ..letters import services as letters
from ..letters import views as letter_views
from ..letters.forms import TextForm, WishesForm
from ..messages import see_other
from ..models import Case, Loan, Part, Suggestion, SuggestionKind
from ..proposals.blueprint import load_own_draft
from . import plans, scenarios, services
from .blueprint import Page, bp


@bp.post("/plans/<int:proposal_id>/suggest")
@needs(Permission.DRAFT, Part.PLANS)
def plan(case: Case, proposal_id: int) -> Page:
    draft = load_own_draft(case, proposal_id)
    if not draft.is_ready:
        flash(_("Not every request works out yet: change the ones that are marked"))
        return see_other(url_for("proposals.offer", proposal_id=proposal_id))
    for earlier in services.waiting(case):
        if earlier.proposal_id == proposal_id:
            services.withdraw(earlier, clock.now())
    items = plans.items_of(draft)
    about = {"reference": draft.proposal.reference, "plan": plans.written(draft.proposal)}
    return _made(services.make(case, SuggestionKind.PLAN, about, items, proposal_id=proposal_id))


@bp.post(f"/letters{letter_views.ONE}/suggest")
@needs(Permission.DRAFT, Part.PLANS)
def letter(case: Case, letter: str) -> Page:
    """The text as edited, beside what the app fills in for the same ticks."""
    subject, form, text = letter_views.find(case, letter), WishesForm(), TextForm()
    if subject is None:
        raise NotFound
    contacts = letter_views.contact_forms()
    if not (letter_views.are_sound(subject, form, contacts, text) and text.validate()):
        return letter_views.letter_page(subject, form, contacts, text), 422
    facts = tuple(each.fact() for each in contacts if not each.is_empty)
    about = {
        "letter": letter, "item": subject.item.id if subject.item else None, "loan": subject.loan.id,
        "loan_title": subject.loan.title, "language": form.language.data, "text": text.text.data,
        "before": letters.write(subject, form.wishes(subject.parts, facts)).strip(),
    }  # fmt: skip
    return _made(services.make(case, SuggestionKind.LETTER, about))


@bp.post("/loans/<int:loan_id>/what-if/suggest")
@needs(Permission.DRAFT, Part.LOANS)
def scenario(case: Case, loan_id: int) -> Page:
    """The what-if of this address; its figures are kept only to notice later that they changed."""
    loan, query = get_row(Loan, loan_id, case), request.query_string.decode("utf-8", "replace")
    found = scenarios.work_out(loan, query, case) if len(query) <= scenarios.LONGEST else None
    if found is None or found.outcome is None:
        flash(_("This cannot be worked out, so there is nothing to suggest"))
        return see_other(url_for("loans.what_if", loan_id=loan_id))
    about = {"loan_id": loan_id, "query": query} | scenarios.kept(found, found.outcome)
    return _made(services.make(case, SuggestionKind.SCENARIO, about))


def _made(suggestion: Suggestion) -> Page:
    db.session.commit()
    flash(_("Your client sees it on their first page. Add a note that says why"))
    return see_other(url_for("suggestions.detail", suggestion_id=suggestion.id))
