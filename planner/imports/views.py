"""Importing statements: choose a file, look at what was read, confirm, undo; and the rows that were stored."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from werkzeug.wrappers import Response

from .. import clock
from ..access import Permission, get_row, may_see, needs
from ..budget.statement import heading_label
from ..errors import Conflict, NotFound, NotShared
from ..extensions import db
from ..messages import flash_undo
from ..models import Case, Part, StatementImport, Transaction
from ..statements.values import MAX_BYTES, Direction, Unreadable, known_currency
from . import repayments, services, sorting, words
from .forms import FileForm, LookForm
from .sorting import What

bp = Blueprint("imports", __name__, url_prefix="/c/<int:case_id>/imports")
Page = str | tuple[str, int] | Response
WHAT = {What.OWN: _l("own money"), What.REPAYMENT: _l("repayment"), What.REFUND: _l("money back")}
_ROOM = 64 * 1024  # for the other fields and the frame of the upload


@bp.url_value_preprocessor
def _allow_a_file(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Only here may a body be larger than a form; before anything reads it."""
    if endpoint == "imports.upload":
        request.max_content_length = MAX_BYTES + _ROOM


@bp.get("")
@needs(Permission.VIEW, Part.BUDGET)
def index(case: Case) -> Page:
    return _index_page(case, FileForm())


@bp.post("")
@needs(Permission.RECORD, Part.BUDGET)
def upload(case: Case) -> Page:
    form = FileForm()
    file = form.file.data
    if not form.validate_on_submit() or not file or not file.filename:
        form.refuse("file", _("Choose the file you exported"))
        return _index_page(case, form), 422
    try:
        waiting = services.keep_file(case, file.filename, file.read(MAX_BYTES + 1))
    except Unreadable as refused:
        db.session.rollback()
        form.refuse("file", words.refusal_words(refused))
        return _index_page(case, form), 422
    db.session.commit()
    return redirect(url_for("imports.look", import_id=waiting.id))


@bp.get("/<int:import_id>")
@needs(Permission.VIEW, Part.BUDGET)
def look(case: Case, import_id: int) -> Page:
    row = get_row(StatementImport, import_id, case)
    if row.confirmed_at is not None:
        return render_template("imports/done.html", row=row, is_kept=repayments.is_kept(case, row.id))
    return _look_page(case, row)


@bp.post("/<int:import_id>")
@needs(Permission.RECORD, Part.BUDGET)
def look_again(case: Case, import_id: int) -> Page:
    row = _waiting(case, import_id)
    seen = services.preview(case, row)
    form = LookForm().prepare(seen.mapping, seen.columns)
    if not form.validate_on_submit():
        return _look_page(case, row, form), 422
    code = (form.currency.data or "").upper() or None
    if code is not None and known_currency(code) is None:
        form.refuse("currency", _("Enter three letters, such as CNY"))
        return _look_page(case, row, form), 422
    try:
        services.look_again(case, row, form.change(seen.mapping) if seen.mapping else None, code)
    except Unreadable as refused:
        form.refuse("date", words.refusal_words(refused))
        return _look_page(case, row, form), 422
    db.session.commit()
    return redirect(url_for("imports.look", import_id=row.id))


@bp.post("/<int:import_id>/confirm")
@needs(Permission.RECORD, Part.BUDGET)
def confirm(case: Case, import_id: int) -> Page:
    row = get_row(StatementImport, import_id, case)
    try:
        count = services.confirm(case, row)
        repaid = repayments.record(case, clock.today(case.timezone))
    except services.ReadOtherwise:
        db.session.rollback()
        return _look_page(case, row), 409
    except Conflict:
        db.session.rollback()
        flash(_("Nothing was added: it was confirmed before, or nothing in it is new"))
        return redirect(url_for("imports.look", import_id=import_id))
    db.session.commit()
    flash_undo(_added(count, repaid), url_for("imports.undo", import_id=import_id))
    return redirect(url_for("imports.look", import_id=import_id))


@bp.post("/<int:import_id>/undo")
@needs(Permission.RECORD, Part.BUDGET)
def undo(case: Case, import_id: int) -> Page:
    row = get_row(StatementImport, import_id, case)
    if repayments.is_kept(case, row.id):
        raise NotShared
    was_stored, back = row.confirmed_at is not None, request.args.get("back", type=int)
    waiting = _waiting(case, back) if back is not None else None
    services.undo(row)
    db.session.commit()
    flash(_("The import was taken back") if was_stored else _("The file was put away; nothing was added"))
    return redirect(url_for("imports.look", import_id=waiting.id) if waiting else url_for("imports.index"))


@bp.get("/transactions")
@needs(Permission.VIEW, Part.BUDGET)
def transactions(case: Case) -> Page:
    wanted = " ".join(request.args.get("q", "").replace("\0", "").split())[:80]
    rows, count = services.transactions(case, wanted)
    rules = sorting.Rules(case)
    shown = [(row, _heading(case, rules, row)) for row in rows]
    return render_template("imports/transactions.html", rows=shown, count=count, wanted=wanted)


def _added(count: int, repaid: int) -> str:
    text = ngettext("%(num)d row added", "%(num)d rows added", count)
    if repaid:
        text += _(", ") + ngettext(
            "%(num)d payment recorded on your loans", "%(num)d payments recorded on your loans", repaid
        )
    return text


def _heading(case: Case, rules: sorting.Rules, row: Transaction) -> str:
    """What a row counts as, in a word or two; empty where it counts as nothing."""
    if row.direction == Direction.NEUTRAL or row.currency != case.currency:
        return ""
    found = sorting.sort_row(case, rules, row)
    if found.what == What.REPAYMENT and not may_see(Part.LOANS):
        return ""
    if found.what in WHAT:
        return str(WHAT[found.what])
    return heading_label(found.category, case.currency) if found.category else _("not sorted yet")


def _index_page(case: Case, form: FileForm) -> str:
    return render_template("imports/index.html", form=form, rows=services.imports(case))


def _look_page(case: Case, row: StatementImport, form: LookForm | None = None) -> str:
    found = services.preview(case, row)
    if form is None:
        form = LookForm(data={"currency": row.account_currency}).prepare(found.mapping, found.columns)
    return render_template("imports/look.html", row=row, p=found, form=form, words=words, clean=services.clean)


def _waiting(case: Case, import_id: int) -> StatementImport:
    row = get_row(StatementImport, import_id, case)
    if row.confirmed_at is not None:
        raise NotFound
    return row
