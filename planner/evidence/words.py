"""Why a file was not kept, and what to do; sizes as people read them."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from babel.numbers import format_decimal
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from .kinds import MB

KINDS = {"image/jpeg": _l("Photo"), "image/png": _l("Picture"), "application/pdf": _l("PDF")}
REFUSALS = {
    "empty": _l("the file is empty. Choose it again"),
    "large": _l("larger than 10 MB. Send a smaller photo, or the PDF in parts"),
    "pixels": _l("more than 40 megapixels. Take it again with a smaller picture size, or send a screenshot of it"),
    "heic": _l(
        "HEIC and AVIF photos cannot be read here. Send it as JPEG: on an iPhone choose Settings, Camera, Formats, "
        "Most Compatible and take it again, or send a screenshot of it"
    ),
    "unknown": _l("neither a photo (JPEG, PNG, WebP) nor a PDF. Send a photo or a screenshot of it"),
    "damaged": _l("it cannot be opened. Save it again, or send a screenshot of it"),
    "heavy": _l("it takes too much to be checked. Send a screenshot of it, or photos of its pages"),
    "locked": _l("the PDF is locked, so it cannot be checked. Print it to a new PDF, or send photos of its pages"),
    "active": _l("the PDF holds scripts, attachments or actions. Print it to a new PDF, or send photos of its pages"),
    "place": _l("a photo inside the PDF says where it was taken. Send the photo itself: the place is removed then"),
    "known": _l("it is here already"),
    "count": _l("the case holds 100 files. Remove one that is no longer needed"),
    "full": _l("it does not fit in the 100 MB of the case. Remove a file that is no longer needed"),
}


def refusal(name: str, code: str) -> str:
    """One sentence for one file."""
    return _("%(name)s: %(reason)s", name=name, reason=REFUSALS[code])


def size(count: int, locale: str) -> str:
    """1.4 MB for 1,468,006 bytes; kB below a tenth of that."""
    unit, divisor, step = ("MB", MB, "0.1") if count >= MB // 10 or count == 0 else ("kB", 1024, "1")
    value = (Decimal(count) / divisor).quantize(Decimal(step), ROUND_HALF_UP)
    return f"{format_decimal(max(value, Decimal(bool(count) and step)), locale=locale)}\u00a0{unit}"
