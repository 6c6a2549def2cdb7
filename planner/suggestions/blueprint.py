"""What the pages of suggestions share."""

from __future__ import annotations

from flask import Blueprint, Response

bp = Blueprint("suggestions", __name__, url_prefix="/c/<int:case_id>")
Page = str | tuple[str, int] | Response
