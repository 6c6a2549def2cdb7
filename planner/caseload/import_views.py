"""Taking a list of clients over: choose a file, look at what it would add, correct the columns, confirm."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, flash, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_wtf.file import FileField

from ..access import agency
from ..extensions import db, limiter
from ..forms import Choice, Form, HiddenField, options
from ..imports.forms import ORDERS
from ..imports.words import refusal_words
from ..messages import see_other
from ..models import AgencyMember, AgencyRole
from ..statements.values import MAX_BYTES, Unreadable
from . import importing
from .importing import FIELDS, Columns, ReadList

bp = Blueprint("client_import", __name__, url_prefix="/desk/import")
Page = str | tuple[str, int] | Response
_ROOM = 64 * 1024
HEAD = {"yes": _l("The names of the columns"), "no": _l("A client")}


class ListForm(Form):
    """A file with a list of clients."""

    file = FileField(_l("List of clients"))


class ColumnsForm(Form):
    """Which column holds what. `list` is what was read, signed."""

    list = HiddenField()
    name = Choice(_l("Name"), coerce=int)
    place = Choice(_l("Place"), coerce=int)
    contact = Choice(_l("Contact"), coerce=int)
    next_step = Choice(_l("Next step"), coerce=int)
    next_on = Choice(_l("Next date"), coerce=int)
    head = Choice(_l("The first row holds"), choices=HEAD.items(), default="yes")
    order = Choice(_l("Dates"), choices=ORDERS.items(), default="")

    def prepare(self, found: ReadList) -> ColumnsForm:
        """Offer the file's columns."""
        pairs = [(-1, _("None")), *enumerate(found.names)]
        for field in FIELDS:
            self[field].choices = options(pairs)
        return self


@bp.url_value_preprocessor
def _allow_a_file(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Only here may a body be larger than a form; before anything reads it."""
    if endpoint == "client_import.upload":
        request.max_content_length = MAX_BYTES + _ROOM


@bp.get("")
@agency(AgencyRole.COUNSELLOR)
def index(member: AgencyMember) -> Page:
    return render_template("caseload/import.html", form=ListForm())


@bp.post("")
@limiter.limit("60 per hour")
@agency(AgencyRole.COUNSELLOR)
def upload(member: AgencyMember) -> Page:
    form = ListForm()
    file = form.file.data
    if not form.validate_on_submit() or not file or not file.filename:
        return _refused(form, _("Choose the file with your clients"))
    try:
        found = importing.read_list(file.read(MAX_BYTES + 1))
        return _preview_page(member, found)
    except Unreadable as refused:
        return _refused(form, _why(refused))


@bp.post("/look")
@agency(AgencyRole.COUNSELLOR)
def look(member: AgencyMember) -> Page:
    form = ColumnsForm()
    found = importing.find_packed(member, form.list.data or "")
    if found is None:
        return _too_old()
    if not form.prepare(found).validate_on_submit():
        return _preview_page(member, found, form), 422
    if form.name.data < 0:
        form.refuse("name", _("Choose the column with the names"))
        return _preview_page(member, found, form), 422
    chosen = Columns(tuple(form[field].data for field in FIELDS), form.head.data == "yes", form.order.data)
    return _preview_page(member, replace(found, columns=chosen))


@bp.post("/confirm")
@agency(AgencyRole.COUNSELLOR)
def confirm(member: AgencyMember) -> Page:
    found = importing.find_packed(member, request.form.get("list", ""))
    if found is None:
        return _too_old()
    count = importing.confirm(member, found)
    db.session.commit()
    if not count:
        flash(_("Nothing was added: all of them are on the list already"))
        return see_other(url_for("caseload.index"))
    flash(ngettext("%(num)d client added. Next: invite them", "%(num)d clients added. Next: invite them", count))
    return see_other(url_for("caseload.index"))


def _preview_page(member: AgencyMember, found: ReadList, form: ColumnsForm | None = None) -> str:
    if form is None:
        columns = found.columns
        values: dict[str, Any] = dict(zip(FIELDS, columns.at, strict=True))
        values = values | {"head": "yes" if columns.has_head else "no", "order": columns.order}
        form = ColumnsForm(formdata=None, data=values).prepare(found)
    seen = importing.preview(member, found)
    return render_template(
        "caseload/import_preview.html", form=form, p=seen, packed=importing.pack(member, found), fields=FIELDS,
        why=importing.WHY,
    )  # fmt: skip


def _too_old() -> Page:
    return _refused(ListForm(formdata=None), _("The list was open for too long. Choose the file again"))


def _refused(form: ListForm, message: str) -> Page:
    form.refuse("file", message)
    return render_template("caseload/import.html", form=form), 422


def _why(refused: Unreadable) -> str:
    if refused.code == "too_many_rows":
        return _("Take at most %(most)d clients at once: split the file", most=importing.MOST_ROWS)
    if refused.code == "too_large":
        return _("The file is larger than %(most)d MB: split it", most=MAX_BYTES // 1024**2)
    if refused.code in ("workbook", "empty"):
        return refusal_words(refused)
    return _("There is no table in this file. Save the list as CSV or XLSX")
