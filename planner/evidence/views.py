"""Evidence: what is there, adding files, opening one, renaming, attaching and removing it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, flash, render_template, request, send_file, url_for
from flask_babel import get_locale, ngettext
from flask_babel import gettext as _
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response

from ..access import Permission, get_row, needs
from ..extensions import db, limiter
from ..messages import see_other
from ..models import Case, Evidence, Part
from . import services, words
from .forms import EvidenceForm, UploadForm, evidence_form
from .kinds import MOST_BYTES

bp = Blueprint("evidence", __name__, url_prefix="/c/<int:case_id>/evidence")
Page = str | tuple[str, int] | Response
MOST_AT_ONCE = 5 * MOST_BYTES
_ROOM = 64 * 1024  # for the other fields and the frame of the upload
# Whatever a file turns out to be, a browser that shows it all the same gives it no script, no origin and no connection.
_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"


@bp.url_value_preprocessor
def _allow_files(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Only here may a body be larger than a form; before anything reads it. Larger files go to the disk as they arrive."""
    if endpoint == "evidence.upload":
        request.max_content_length = MOST_AT_ONCE + _ROOM


@bp.errorhandler(RequestEntityTooLarge)
def _too_large(_error: RequestEntityTooLarge) -> Response:
    flash(_("Nothing was added: send at most 50 MB at a time, and at most 10 MB a file"))
    return see_other(url_for("evidence.index", **(request.view_args or {})))


@bp.get("")
@needs(Permission.VIEW, Part.FILES)
def index(case: Case) -> Page:
    return _index_page(case, _upload_form(case))


@bp.post("")
@limiter.limit("60 per 10 minutes")
@needs(Permission.RECORD, Part.FILES)
def upload(case: Case) -> Page:
    form = _upload_form(case)
    chosen = [file for file in form.files.data or () if file and file.filename]
    if not form.validate_on_submit() or not chosen:
        form.refuse("files", _("Choose a photo or a PDF"))
        return _index_page(case, form), 422
    outcome = services.keep(case, [(file.filename, file.stream) for file in chosen], form.proposal_id)
    db.session.commit()
    if outcome.kept:
        flash(ngettext("%(num)d file added", "%(num)d files added", len(outcome.kept)))
    if outcome.refused:
        return _index_page(case, form, [words.refusal(name, code) for name, code in outcome.refused]), 422
    return see_other(url_for("evidence.index"))


@bp.get("/<int:evidence_id>")
@needs(Permission.RECORD, Part.FILES)
def edit(case: Case, evidence_id: int) -> Page:
    row = get_row(Evidence, evidence_id, case)
    return _edit_page(row, evidence_form(row, services.find_proposals(case)))


@bp.post("/<int:evidence_id>")
@needs(Permission.RECORD, Part.FILES)
def edit_post(case: Case, evidence_id: int) -> Page:
    row = get_row(Evidence, evidence_id, case)
    form = evidence_form(row, services.find_proposals(case))
    if not form.validate_on_submit():
        return _edit_page(row, form), 422
    services.change(row, form.data["name"], form.data["note"])
    services.attach(row, form.proposal_id)
    db.session.commit()
    flash(_("Saved"))
    return see_other(url_for("evidence.index"))


@bp.get("/<int:evidence_id>/<name>")
@needs(Permission.VIEW, Part.FILES)
def download(case: Case, evidence_id: int, name: str) -> Response:
    file = services.open_file(get_row(Evidence, evidence_id, case))
    answer = send_file(file.path, file.kind, as_attachment=True, download_name=file.name, conditional=False, etag=False)
    answer.headers["Content-Security-Policy"] = _POLICY
    answer.headers["Cache-Control"] = "no-store"
    return answer


@bp.get("/<int:evidence_id>/delete")
@needs(Permission.RECORD, Part.FILES)
def delete(case: Case, evidence_id: int) -> Page:
    row = get_row(Evidence, evidence_id, case)
    return render_template("evidence/delete.html", row=row, proves=services.find_confirmation(row))


@bp.post("/<int:evidence_id>/delete")
@needs(Permission.RECORD, Part.FILES)
def delete_post(case: Case, evidence_id: int) -> Page:
    row = get_row(Evidence, evidence_id, case)
    services.remove(row)
    db.session.commit()
    services.erase(row)
    flash(_("%(name)s removed", name=row.name))
    return see_other(url_for("evidence.index"))


def _upload_form(case: Case) -> UploadForm:
    form = UploadForm(data={"proposal": request.args.get("proposal", 0, type=int)})
    form.offer(services.find_proposals(case))
    return form


def _index_page(case: Case, form: UploadForm, refused: Sequence[str] = ()) -> str:
    names = {each.id: each.reference for each in services.find_proposals(case)}
    return render_template(
        "evidence/index.html", form=form, rows=services.evidence_of(case), usage=services.usage(case), names=names,
        refused=refused, most=services.MOST_IN_CASE, most_files=services.MOST_FILES, size=_size, kinds=words.KINDS,
    )  # fmt: skip


def _edit_page(row: Evidence, form: EvidenceForm) -> str:
    return render_template("evidence/edit.html", row=row, form=form, size=_size, kinds=words.KINDS)


def _size(count: int) -> str:
    return words.size(count, str(get_locale()))
