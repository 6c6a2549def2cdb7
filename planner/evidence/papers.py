"""A PDF as it is kept: byte for byte, so that a bank's electronic seal stays valid. Runs in a process of its own (apart.py).

Refused is what acts by itself or carries other files: scripts, launched programs, forms that send, attachments. They are looked
for twice: in every object as pypdf reads them (packed ones too), and in the bytes between streams, where readers that repair a
file find objects the table does not name. Going to a page when opened is harmless, and office programs write it into every file.
Photos inside keep no place: their notes are blanked where they stand, unless the file is signed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, NullObject, StreamObject

from . import apart
from .kinds import PDF, Refused

_HARMLESS = {"/GoTo", "/Named"}
_BAD_ACTIONS = {
    "/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/GoToE", "/Rendition", "/RichMediaExecute", "/Movie", "/Sound",
}  # fmt: skip
_BAD_KEYS = {"/JavaScript", "/JS", "/EmbeddedFiles", "/EF", "/XFA", "/RichMediaContent"}
_BAD_NAMES = re.compile(
    rb"/(?:JavaScript|JS|Launch|SubmitForm|ImportData|GoToE|EmbeddedFiles?|XFA|RichMedia\w*|Encrypt)(?=[\s/<>\[\]()%]|$)"
)
_STREAM = re.compile(rb"\bstream\r?\n.*?\bendstream", re.DOTALL)
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")
_JPEG_NOTE = re.compile(rb"\xff\xe1(..)(?=Exif\0\0|http://ns\.adobe\.com/)", re.DOTALL)
_PLACE = re.compile(rb"(?<=exif:GPS)(\w+\s*(?:=\s*[\"']|>))([^\"'<]*)")


def clean(data: bytes) -> tuple[str, bytes]:
    """The media type and the bytes to keep. Raises Refused, and whatever pypdf raises for a damaged file."""
    end = data.rfind(b"%%EOF")
    if not data.startswith(b"%PDF-") or end < 0:
        raise Refused("damaged")
    kept = data[: end + 5] + re.match(rb"\s*", data[end + 5 :]).group()  # type: ignore[union-attr]  # matches always
    reader = PdfReader(BytesIO(kept))
    if reader.is_encrypted:
        raise Refused("locked")
    if not reader.pages or reader.pages[0].mediabox is None:
        raise Refused("damaged")
    _check_bytes(kept)
    signed = b"/ByteRange" in kept
    for found in _objects(reader):
        _check(found, signed=signed)
    return PDF, kept if signed else blank_places(kept)


def blank_places(data: bytes) -> bytes:
    """The same file, as long as before, with the notes of photos in it and the places in its own notes overwritten."""
    made = bytearray(data)
    for note in _JPEG_NOTE.finditer(data):
        first = data.index(b"\0", note.end()) + 1
        last = min(note.start() + 2 + int.from_bytes(note[1], "big"), len(data))
        made[first:last] = bytes(max(last - first, 0))
    return _PLACE.sub(lambda place: place[1] + b" " * len(place[2]), bytes(made))


def _check_bytes(data: bytes) -> None:
    between = _ESCAPED.sub(lambda escape: bytes([int(escape[1], 16)]), _STREAM.sub(b"", data))
    found = _BAD_NAMES.search(between)
    if found:
        raise Refused("locked" if found.group() == b"/Encrypt" else "active")


def _objects(reader: PdfReader) -> Iterator[Any]:
    """Everything the file's table names, and what is inside of it."""
    numbers = {(number, generation) for generation, rows in reader.xref.items() for number in rows}
    numbers |= {(number, 0) for number in reader.xref_objStm}
    waiting: list[Any] = [reader.trailer]
    waiting += [
        reader.get_object(IndirectObject(number, generation, reader)) for number, generation in numbers if number
    ]
    while waiting:
        found = waiting.pop()
        if isinstance(found, DictionaryObject):
            yield found
            waiting.extend(found.values())
        elif isinstance(found, ArrayObject):
            waiting.extend(found)


def _check(found: DictionaryObject, *, signed: bool) -> None:
    acts = _BAD_KEYS & set(map(str, found)) or _named(found, "/S") in _BAD_ACTIONS
    if acts or _named(found, "/Type") == "/EmbeddedFile" or not _opens_quietly(found):
        raise Refused("active")
    if isinstance(found, StreamObject) and not signed and _hides_a_place(found):
        raise Refused("place")


def _opens_quietly(found: DictionaryObject) -> bool:
    """Whether nothing happens by itself but turning to a page: no address is called, which would tell who reads when."""
    alone = [_resolved(found.get("/OpenAction"))]
    more = _resolved(found.get("/AA"))
    alone += [_resolved(each) for each in more.values()] if isinstance(more, DictionaryObject) else []
    actions = [each for each in alone if isinstance(each, DictionaryObject) and "/S" in each]
    return all(str(_resolved(each["/S"])) in _HARMLESS and "/Next" not in each for each in actions)


def _named(found: DictionaryObject, key: str) -> str:
    return str(_resolved(found.get(key)))


def _resolved(found: Any) -> Any:
    return found.get_object() if isinstance(found, IndirectObject) else found or NullObject()


def _hides_a_place(found: StreamObject) -> bool:
    """Whether a packed photo, or packed notes, name a place that cannot be blanked where it stands."""
    filters = _resolved(found.get("/Filter"))
    packed = [str(each) for each in filters] if isinstance(filters, ArrayObject) else [str(filters)]
    if len(packed) > 1 and packed[-1] in ("/DCTDecode", "/DCT"):
        return b"Exif\0\0" in found.get_data()
    return _named(found, "/Type") == "/Metadata" and packed[0].startswith("/") and b"exif:GPS" in found.get_data()


if __name__ == "__main__":
    apart.answer(clean)
