"""What counsellors wrote down for the household to read, and the times to meet."""

from __future__ import annotations

from flask import Blueprint, render_template

from .. import clock
from ..access import Permission, needs
from ..models import Case, Part
from . import notes
from .showing import for_templates

bp = Blueprint("caseload_shared", __name__, url_prefix="/c/<int:case_id>/from-counsellors")
for_templates(bp)


@bp.get("")
@needs(Permission.VIEW, Part.OWN)
def index(case: Case) -> str:
    meetings = notes.appointments_with(case, clock.now())
    return render_template("caseload/shared.html", notes=notes.shared_with(case), appointments=meetings)
