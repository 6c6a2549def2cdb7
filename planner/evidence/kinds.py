"""What may be kept, told by its first bytes alone, and the ways in which a file can be refused. Imports nothing heavy."""

from __future__ import annotations

JPEG, PNG, WEBP, PDF = "image/jpeg", "image/png", "image/webp", "application/pdf"
SUFFIX = {JPEG: ".jpg", PNG: ".png", PDF: ".pdf"}
MB = 1024 * 1024
MOST_BYTES = 10 * MB
MOST_PIXELS = 40_000_000
LONGEST_SIDE = 2560
# Brands of the ISO boxes in which phones keep HEIC and AVIF photos.
_HEIF = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif", b"avis"}


class Refused(Exception):
    """A file that is not kept. `code` says why; evidence/words.py has its sentence."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def kind_of(data: bytes) -> str:
    """The media type of a file's content. Raises Refused for an empty, a larger and an unknown one."""
    if not data:
        raise Refused("empty")
    if len(data) > MOST_BYTES:
        raise Refused("large")
    if data.startswith(b"\xff\xd8\xff"):
        return JPEG
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return WEBP
    if data.startswith(b"%PDF-"):
        return PDF
    raise Refused("heic" if data[4:8] == b"ftyp" and data[8:12] in _HEIF else "unknown")
