"""How sure a rule of a pack is, in words: what kind of text it rests on, and whether we read it."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

STATUSES = {
    "law": _l("law"),
    "regulation": _l("regulation"),
    "guidance": _l("guidance"),
    "court practice": _l("court practice"),
    "reported": _l("reported"),
}
CONFIDENCES = {
    "seen-text": _l("We read the text itself."),
    "seen-2nd": _l("We read about it, not the text itself."),
    "general": _l("General knowledge; please check before you rely on it."),
    "inferred": _l("Our reading; please check before you rely on it."),
}
