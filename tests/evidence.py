"""Photos and PDFs made for tests: with places, notes and hidden parts planted in them, and PDFs written by hand."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from typing import Any

from PIL import Image
from PIL.PngImagePlugin import PngInfo

# Each of these stands somewhere around the pixels of `photo` and `screenshot`; none may come out again.
PLANTED = (
    b"PLANTED-MAKE",
    b"PLANTED-XMP",
    b"PLANTED-COMMENT",
    b"PLANTED-ICC",
    b"PLANTED-TAIL",
    b"PLANTED-TEXT",
    b"Exif\0\0",
)
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/">PLANTED-XMP<exif:GPSLatitude>31,13.5N</exif:GPSLatitude></x:xmpmeta>'


def exif(orientation: int = 1) -> Image.Exif:
    """The notes a phone writes: how it was held, its make, and the place."""
    made = Image.Exif()
    made[0x0112], made[0x010F] = orientation, "PLANTED-MAKE"
    made.get_ifd(0x8825).update({1: "N", 2: (31.0, 13.0, 30.0), 3: "E", 4: (121.0, 28.0, 12.0)})
    return made


def drawn(width: int = 60, height: int = 40) -> Image.Image:
    """Green, with a red corner above on the left by which a turn is seen."""
    made = Image.new("RGB", (width, height), (0, 160, 0))
    made.paste((220, 0, 0), (0, 0, width // 2, height // 2))
    return made


def photo(width: int = 60, height: int = 40, *, orientation: int = 1, form: str = "JPEG") -> bytes:
    """A photo with everything a phone and an editor put around one, and a tail behind it."""
    out = BytesIO()
    extra: dict[str, Any] = {"comment": b"PLANTED-COMMENT"} if form == "JPEG" else {}
    drawn(width, height).save(
        out, form, quality=95, exif=exif(orientation), icc_profile=b"PLANTED-ICC" * 20, xmp=XMP, **extra
    )
    return out.getvalue() + b"PLANTED-TAIL"


def screenshot(picture: Image.Image | None = None) -> bytes:
    """A PNG with text, notes and a profile, and a tail."""
    out, text = BytesIO(), PngInfo()
    text.add_text("Comment", "PLANTED-TEXT")
    text.add_itxt("XML:com.adobe.xmp", XMP.decode())
    (picture or drawn()).save(out, "PNG", pnginfo=text, exif=exif(), icc_profile=b"PLANTED-ICC" * 20)
    return out.getvalue() + b"PLANTED-TAIL"


def png_of_size(width: int, height: int) -> bytes:
    """A PNG that claims a size and is nearly nothing inside."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def heic() -> bytes:
    """The first boxes of an iPhone's photo."""
    return b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(200)


def pdf(
    catalog: str = "", objects: dict[int, bytes] | None = None, trailer: str = "", *, text: str = "Payslip"
) -> bytes:
    """A PDF of one page. `catalog` is added to its catalog, `objects` (from number 5) to its objects."""
    page = f"BT /F1 12 Tf 20 100 Td ({text}) Tj ET".encode()
    parts: dict[int, bytes] = {
        1: f"<< /Type /Catalog /Pages 2 0 R {catalog} >>".encode(),
        2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] /Contents 4 0 R >>",
        4: stream(page),
    } | (objects or {})
    out, places = bytearray(b"%PDF-1.7\n"), dict[int, int]()
    for number, body in sorted(parts.items()):
        places[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(out)
    count = max(parts) + 1
    out += b"xref\n0 %d\n0000000000 65535 f \n" % count
    for number in range(1, count):
        out += b"%010d 00000 n \n" % places[number] if number in places else b"0000000000 00000 f \n"
    return bytes(out) + f"trailer\n<< /Size {count} /Root 1 0 R {trailer} >>\nstartxref\n{table}\n%%EOF\n".encode()


def stream(data: bytes, entries: str = "") -> bytes:
    """A stream object with its length."""
    return f"<< /Length {len(data)} {entries} >>\nstream\n".encode() + data + b"\nendstream"


def packed_pdf(hidden: bytes) -> bytes:
    """A PDF whose object 5 stands in a compressed stream of objects, where no search through the bytes finds it."""
    inner = b"5 0 " + hidden
    body = zlib.compress(inner)
    objects = {
        1: b"<< /Type /Catalog /Pages 2 0 R /Extra 5 0 R >>",
        2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] >>",
        4: stream(body, "/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode"),
    }
    out, rows = bytearray(b"%PDF-1.7\n"), [b"\0" + bytes(4) + b"\xff"]
    for number, content in objects.items():
        rows.append(b"\1" + struct.pack(">I", len(out)) + b"\0")
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    rows += [b"\2" + struct.pack(">I", 4) + b"\0", b"\1" + struct.pack(">I", len(out)) + b"\0"]
    table = stream(b"".join(rows), "/Type /XRef /Size 7 /W [1 4 1] /Root 1 0 R")
    place = len(out)
    return bytes(out) + b"6 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n" % (table, place)
