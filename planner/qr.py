"""An address as a picture to scan from another screen."""

from __future__ import annotations

import segno
from markupsafe import Markup


def qr(address: str) -> Markup:
    """The code as inline SVG, for an address of our own making."""
    drawn = segno.make(address, error="m").svg_inline(omitsize=True, border=2, svgclass="qr", lineclass=None)
    return Markup(drawn)  # noqa: S704  # drawn by segno, which escapes; nothing of anybody's is in it
