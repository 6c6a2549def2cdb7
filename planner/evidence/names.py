"""Names of files as they may be shown and offered for saving. They are never part of a path."""

from __future__ import annotations

import re
import unicodedata

from .kinds import SUFFIX

MOST = 100
_KNOWN_ENDS = re.compile(r"\.(jpe?g|jfif|png|webp|pdf)$", re.IGNORECASE)
_NOT_IN_NAMES = re.compile(r'[<>:"|?*%#]')


def plain_name(given: str) -> str:
    """The last part of a name without invisible, turning and reserved characters; empty where nothing is left."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", given))[-1]
    seen = "".join(char for char in last if unicodedata.category(char)[0] != "C")
    return " ".join(_NOT_IN_NAMES.sub(" ", seen).split())[:MOST].strip()


def stem_of(name: str) -> str:
    """A name without the ending of a kind of ours."""
    return _KNOWN_ENDS.sub("", name).strip(" .")


def shown_name(given: str, kind: str) -> str:
    """A name that may be shown and saved under, ending as its content demands."""
    return (stem_of(plain_name(given)) or "file") + SUFFIX[kind]
