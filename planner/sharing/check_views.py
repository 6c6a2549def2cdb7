"""The public page that says whether a copy with a fingerprint exists, for whoever holds a paper and wonders."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, render_template, request, url_for

from ..access import public
from ..extensions import limiter
from ..messages import see_other
from . import checking
from .forms import CheckForm

bp = Blueprint("check", __name__, url_prefix="/check")


@bp.get("")
@public
@limiter.limit("60 per 10 minutes")
def index() -> Response:
    form = CheckForm(request.args if "mark" in request.args else None)
    if "mark" not in request.args:
        return _page(form, None, "")
    if not form.validate():
        return _page(form, None, "", 422)
    return see_other(url_for("check.copy", mark=checking.clean(form.mark.data or "")[:64] or "-"))


@bp.get("/<mark>")
@public
@limiter.limit("60 per 10 minutes")
def copy(mark: str) -> Response:
    found = checking.find_copy(checking.clean(mark))
    return _page(CheckForm(data={"mark": mark[:64]}), found, mark, 200 if found else 404)


def _page(form: CheckForm, found: checking.Found | None, mark: str, status: int = 200) -> Response:
    answer = make_response(render_template("sharing/check.html", form=form, found=found, mark=mark), status)
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer
