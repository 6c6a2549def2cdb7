"""The talks: the list, where one stands, an answer logged, a counter-offer tested, the written word, the end of an agreement."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, flash, render_template, url_for
from flask_babel import gettext as _

from .. import clock
from ..access import Permission, get_row, may_see, needs, select_rows
from ..documents.letters import letter_for
from ..engine.dates import add_months
from ..engine.errors import EngineError
from ..errors import Conflict, NotFound
from ..extensions import db
from ..loans import agreed
from ..messages import see_other
from ..models import Arrangement, Case, Evidence, Part, ProposalItem
from . import agreeing, services, testing, words
from .forms import ConfirmForm, EndForm, LogForm
from .services import Talk

bp = Blueprint("negotiation", __name__, url_prefix="/c/<int:case_id>")
Page = str | tuple[str, int] | Response
REVIEW_MONTHS = 3


@bp.get("/talks")
@needs(Permission.VIEW, Part.CONTACTS)
def index(case: Case) -> Page:
    return render_template("negotiation/index.html", talks=services.talks(case, clock.now()), words=words)


@bp.get("/talks/<int:item_id>")
@needs(Permission.VIEW, Part.CONTACTS)
def detail(case: Case, item_id: int) -> Page:
    found = _talk(case, item_id)
    tells = may_see(
        Part.PLANS, Part.BUDGET, Part.LOANS
    )  # whether it fits is said of the plan, by the money and the loan
    return render_template(
        "negotiation/detail.html", t=found, offer=services.offer_of(found), entries=services.timeline(found),
        test=testing.test_counter(case, found, clock.today(case.timezone)) if tells else None, words=words,
        due_before=testing.due_before, letter_for=letter_for,
    )  # fmt: skip


@bp.post("/talks/<int:item_id>/seen")
@needs(Permission.RECORD, Part.CONTACTS)
def seen(case: Case, item_id: int) -> Page:
    services.mark_seen(_talk(case, item_id).unread, clock.now())
    db.session.commit()
    return see_other(url_for("negotiation.detail", item_id=item_id))


@bp.get("/talks/<int:item_id>/answer")
@needs(Permission.RECORD, Part.CONTACTS)
def log(case: Case, item_id: int) -> Page:
    return _log_page(case, _talk(case, item_id), LogForm(data={"said_on": clock.today(case.timezone)}))


@bp.post("/talks/<int:item_id>/answer")
@needs(Permission.RECORD, Part.CONTACTS)
def log_post(case: Case, item_id: int) -> Page:
    found, form, now = _talk(case, item_id), LogForm(), clock.now()
    form.prepare(found.item.loan.currency, clock.today(case.timezone))
    sound = form.validate_on_submit()
    links = [share.created_at for share in found.shares]
    said_at = form.said_at(ZoneInfo(case.timezone), now, links) if form.said_on.data else now
    if form.said_on.data and said_at > now + timedelta(days=1):
        form.refuse("said_on", _("This day is still to come"))
    if not sound or form.errors:
        return _log_page(case, found, form), 422
    services.log_answer(found.item, form, min(said_at, now), now)
    db.session.commit()
    flash(_("Kept"))
    return see_other(url_for("negotiation.detail", item_id=item_id))


@bp.post("/talks/<int:item_id>/counter-offer")
@needs(Permission.RECORD, Part.CONTACTS, Part.PLANS)
def take_counter(case: Case, item_id: int) -> Page:
    """Make the lender's terms the request of a new draft, to be shared as the next version."""
    found = _talk(case, item_id)
    if found.counter is None:
        raise Conflict
    try:
        testing.take_over(found, clock.today(case.timezone), clock.now())
    except testing.Stuck as stuck:
        flash(words.trouble_words(stuck.trouble))
        return see_other(url_for("negotiation.detail", item_id=item_id))
    db.session.commit()
    flash(_("Their terms are your offer now. Look at it and share it"))
    return see_other(url_for("sharing.preview", proposal_id=found.item.proposal_id, n=found.item.n))


@bp.get("/talks/<int:item_id>/confirmation")
@needs(Permission.RECORD, Part.CONTACTS, Part.LOANS)
def confirm(case: Case, item_id: int) -> Page:
    found, today = _talk(case, item_id), clock.today(case.timezone)
    last = found.last_response
    start = {
        "basis": "counter" if found.counter is not None else "offer", "received_on": today,
        "reference": last.reference if last else None, "review_on": add_months(today, REVIEW_MONTHS),
        "version": found.item.version,
    }  # fmt: skip
    return _confirm_page(case, found, ConfirmForm(data=start))


@bp.post("/talks/<int:item_id>/confirmation")
@needs(Permission.RECORD, Part.CONTACTS, Part.LOANS)
def confirm_post(case: Case, item_id: int) -> Page:
    found, form = _talk(case, item_id), ConfirmForm()
    if form.is_stale(found.item.version):
        form.version.data = str(found.item.version)
        return _confirm_page(case, found, form, stale=True), 409
    if not found.can_confirm or found.position is None:
        raise Conflict
    _prepare(case, found, form)
    if not form.validate_on_submit() or not _confirmed(case, found, form):
        return _confirm_page(case, found, form), 422
    services.mark_seen(found.unread, clock.now())
    db.session.commit()
    flash(_("The agreement is recorded. Its instalments and reminders take over"))
    return see_other(url_for("negotiation.detail", item_id=item_id))


@bp.get("/agreements/<int:arrangement_id>/end")
@needs(Permission.RECORD, Part.CONTACTS, Part.LOANS)
def end(case: Case, arrangement_id: int) -> Page:
    return _end_page(_running(case, arrangement_id), EndForm())


@bp.post("/agreements/<int:arrangement_id>/end")
@needs(Permission.RECORD, Part.CONTACTS, Part.LOANS)
def end_post(case: Case, arrangement_id: int) -> Page:
    row, form = _running(case, arrangement_id), EndForm()
    if not form.validate_on_submit():
        return _end_page(row, form), 422
    agreed.end(row, clock.today(case.timezone), form.reason.data)
    db.session.commit()
    flash(_("Recorded. The contract's own instalments are back"))
    if row.item_id is None:
        return see_other(url_for("loans.detail", loan_id=row.loan_id))
    return see_other(url_for("negotiation.detail", item_id=row.item_id))


def _talk(case: Case, item_id: int) -> Talk:
    return services.talk(case, get_row(ProposalItem, item_id, case), clock.now())


def _running(case: Case, arrangement_id: int) -> Arrangement:
    row = get_row(Arrangement, arrangement_id, case)
    if row.ended_on is not None:
        raise NotFound
    return row


def _log_page(case: Case, found: Talk, form: LogForm) -> str:
    form.prepare(found.item.loan.currency, clock.today(case.timezone))
    return render_template("negotiation/log.html", t=found, form=form)


def _prepare(case: Case, found: Talk, form: ConfirmForm) -> None:
    """The other versions and the files of the case as choices, unless those are kept back; days that can be."""
    numbers = testing.other_versions(found)
    form.set_versions([(f"{testing.VERSION}{number}", _("Version %(number)d", number=number)) for number in numbers])
    rows = db.session.scalars(select_rows(Evidence, case).order_by(Evidence.id.desc())).all()
    form.set_files([(str(row.id), row.name) for row in rows if may_see(Part.FILES)])
    today = clock.today(case.timezone)
    form.received_on.least, form.received_on.most = date(2000, 1, 1), today
    form.review_on.least = today


def _confirmed(case: Case, found: Talk, form: ConfirmForm) -> bool:
    """Record the word of a sound form; False, with the reason in the form, when no schedule comes of it."""
    today, now = clock.today(case.timezone), clock.now()
    evidence = get_row(Evidence, int(form.evidence.data), case) if form.evidence.data else None
    word = agreeing.Word(
        form.received_on.data or today,
        form.terms,
        evidence,
        form.reference.data,
        found.last_response,
        form.review_on.data,
    )
    try:
        what = testing.agreed_on(found, form.basis.data)
        if what is None or found.position is None:
            form.refuse("basis", _("There is no such offer. Note what was agreed as their counter-offer first"))
            return False
        agreeing.confirm(case, found.item, found.position, what, word, now)
    except EngineError as error:
        form.refuse("basis", words.refusal_words(testing.trouble_of(error)))
        return False
    return True


def _confirm_page(case: Case, found: Talk, form: ConfirmForm, stale: bool = False) -> str:
    _prepare(case, found, form)
    bases: dict[str, Any] = {name: testing.find_agreed_on(found, name) for name, _label in form.basis.choices}
    return render_template(
        "negotiation/confirm.html",
        t=found,
        form=form,
        bases=bases,
        stale=stale,
        offer=services.offer_of(found),
        trouble=testing.counter_trouble(found),
        due_before=testing.due_before,
        words=words,
    )


def _end_page(row: Arrangement, form: EndForm) -> str:
    return render_template("negotiation/end.html", row=row, form=form)
