"""What is kept of a photo and of a PDF, and what of them is refused."""

from __future__ import annotations

import re
import time
import zlib
from io import BytesIO

import pytest
from PIL import Image

from planner.evidence.kinds import Refused
from planner.evidence.papers import blank_places
from planner.evidence.papers import clean as clean_pdf
from planner.evidence.pictures import clean as clean_picture
from tests.evidence import PLANTED, packed_pdf, pdf, photo, png_of_size, screenshot, stream

SCRIPT = b"<< /S /JavaScript /JS (app.alert(1)) >>"
RED, GREEN = (220, 0, 0), (0, 160, 0)


def near(seen: object, wanted: tuple[int, int, int]) -> bool:
    assert isinstance(seen, tuple)
    return all(abs(a - b) < 40 for a, b in zip(seen, wanted, strict=True))


# ---- What is kept of a picture ----


@pytest.mark.parametrize(
    ("data", "kind"),
    [(photo(), "image/jpeg"), (screenshot(), "image/png"), (photo(form="WEBP"), "image/jpeg")],
    ids=["jpeg", "png", "webp"],
)
def test_no_place_and_no_note_of_a_picture_survives(data: bytes, kind: str) -> None:
    there = [mark for mark in PLANTED if mark in data or mark.decode("latin1") in repr(Image.open(BytesIO(data)).info)]
    assert len(there) >= 3, "the test plants what it looks for"
    assert Image.open(BytesIO(data)).getexif().get_ifd(0x8825), "a place"
    made, kept = clean_picture(data)
    assert made == kind
    picture = Image.open(BytesIO(kept))
    picture.load()
    assert not picture.getexif()
    assert not {"exif", "xmp", "icc_profile", "comment", "Comment"} & set(picture.info)
    assert not [mark for mark in PLANTED if mark in kept]
    assert b"GPS" not in kept
    assert near(picture.convert("RGB").getpixel((5, 5)), RED)


@pytest.mark.parametrize(("orientation", "corner"), [(1, (0, 0)), (2, (1, 0)), (3, (1, 1)), (4, (0, 1)), (5, (0, 0)),
                                                     (6, (1, 0)), (7, (1, 1)), (8, (0, 1))])  # fmt: skip
def test_a_picture_stands_as_the_camera_was_held(orientation: int, corner: tuple[int, int]) -> None:
    picture = Image.open(BytesIO(clean_picture(photo(160, 80, orientation=orientation))[1]))
    assert picture.size == ((160, 80) if orientation < 5 else (80, 160))
    for x, y in ((0, 0), (1, 0), (0, 1), (1, 1)):
        seen = picture.getpixel((x * picture.width * 3 // 4 + 8, y * picture.height * 3 // 4 + 8))
        assert near(seen, RED if (x, y) == corner else GREEN), (x, y)


def test_a_large_photo_is_scaled_down_and_a_small_one_is_not() -> None:
    large = Image.open(BytesIO(clean_picture(photo(5120, 1000))[1]))
    assert large.size == (2560, 500)
    assert Image.open(BytesIO(clean_picture(photo(2560, 30))[1])).size == (2560, 30)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_kind_of_png_keeps_its_looks(mode: str) -> None:
    if mode == "I;16":
        source, wanted = Image.new("I;16", (700, 600), 0x8000), (128, 128, 128)
    elif mode == "RGBA":
        source, wanted = Image.new("RGBA", (700, 600), (0, 0, 0, 0)), (255, 255, 255)
    else:
        source = Image.new("RGB", (700, 600), "white").convert(mode)
        wanted = (255, 255, 255)
    kind, kept = clean_picture(screenshot(source))
    seen = Image.open(BytesIO(kept))
    assert (kind, seen.size) == ("image/png", (700, 600))
    assert near(seen.convert("RGB").getpixel((300, 590)), wanted)


def test_a_photo_kept_as_png_becomes_a_jpeg() -> None:
    out = BytesIO()
    Image.merge("RGB", [Image.effect_noise((1400, 1000), 80) for _ in range(3)]).save(out, "PNG")
    assert clean_picture(out.getvalue())[0] == "image/jpeg"


def test_a_picture_that_claims_more_than_40_megapixels_is_refused_unopened() -> None:
    for size in ((6400, 6251), (60_000, 60_000)):
        began = time.monotonic()
        with pytest.raises(Refused, match="pixels"):
            clean_picture(png_of_size(*size))
        assert time.monotonic() - began < 1
    with pytest.raises(OSError, match=r"[Tt]runcated|broken"):
        clean_picture(png_of_size(6400, 6250))  # allowed by its size, and then empty


# ---- What is kept of a PDF ----


def test_a_pdf_is_kept_byte_for_byte_without_what_hangs_behind_it() -> None:
    data = pdf(trailer="/Info << /Author (Sun) >>")
    assert clean_pdf(data) == ("application/pdf", data)
    zipped = b"PK\x03\x04" + bytes(40) + b"PK\x05\x06" + bytes(18)
    assert clean_pdf(data + zipped)[1] == data


@pytest.mark.parametrize(
    ("catalog", "objects"),
    [
        ("/OpenAction 5 0 R", {5: SCRIPT}),
        ("/OpenAction 5 0 R", {5: b"<< /S /#4aava#53cript /#4a#53 (x) >>"}),
        ("", {5: b"<< /S /Launch /F (calc.exe) >>"}),
        ("/OpenAction << /S /URI /URI (https://example.org/seen) >>", {}),
        ("/AA << /WC << /S /URI /URI (https://example.org) >> >>", {}),
        ("/OpenAction << /S /GoTo /D [3 0 R /Fit] /Next << /S /URI /URI (x:y) >> >>", {}),
        ("/Names << /EmbeddedFiles << /Names [(a) 5 0 R] >> >>", {5: b"<< /Type /Filespec /F (a) >>"}),
        ("", {5: stream(b"MZ", "/Type /EmbeddedFile")}),
        ("/AcroForm << /XFA 5 0 R >>", {5: stream(b"<xdp/>")}),
        ("", {5: b"<< /S /SubmitForm /F (https://example.org) >>"}),
    ],
)
def test_a_pdf_that_acts_or_carries_files_is_refused(catalog: str, objects: dict[int, bytes]) -> None:
    with pytest.raises(Refused, match="active"):
        clean_pdf(pdf(catalog, objects))


def test_a_script_is_found_in_packed_objects_and_in_objects_no_table_names() -> None:
    assert clean_pdf(packed_pdf(b"<< /Kind /Harmless >>"))[0] == "application/pdf"
    assert b"JavaScript" not in packed_pdf(SCRIPT), "no search through the bytes would find it"
    with pytest.raises(Refused, match="active"):
        clean_pdf(packed_pdf(SCRIPT))
    hidden = b"9 0 obj\n" + SCRIPT + b"\nendobj\n"
    head, table, tail = re.fullmatch(rb"(.*)(xref\n0 .*startxref\n)\d+(\n.*)", pdf(), re.DOTALL).groups()  # type: ignore[union-attr]
    unnamed = head + hidden + table + b"%d" % len(head + hidden) + tail
    assert clean_pdf(unnamed.replace(SCRIPT, b" " * len(SCRIPT)))[0] == "application/pdf"
    with pytest.raises(Refused, match="active"):
        clean_pdf(unnamed)


@pytest.mark.parametrize(
    "catalog",
    ["/OpenAction [3 0 R /XYZ null null 0]", "/OpenAction << /S /GoTo /D [3 0 R /Fit] >>",
     "/PageLabels << /Nums [0 << /S /D >>] >>"],
)  # fmt: skip
def test_what_office_programs_write_is_no_action(catalog: str) -> None:
    assert clean_pdf(pdf(catalog))[0] == "application/pdf"


def test_a_locked_pdf_is_refused() -> None:
    locked = pdf(trailer="/Encrypt 5 0 R /ID [<00> <00>]", objects={
        5: b"<< /Filter /Standard /V 1 /R 2 /O <" + b"00" * 32 + b"> /U <" + b"00" * 32 + b"> /P -4 >>"})  # fmt: skip
    with pytest.raises(Refused, match="locked"):
        clean_pdf(locked)


def test_a_place_in_a_photo_inside_a_pdf_is_blanked_where_it_stands() -> None:
    picture = photo().removesuffix(b"PLANTED-TAIL")
    image = "/Type /XObject /Subtype /Image /Width 60 /Height 40 /ColorSpace /DeviceRGB /BitsPerComponent 8 /Filter /DCTDecode"
    notes = stream(
        b'<rdf exif:GPSLatitude="31,13.5N"><exif:GPSLongitude>121,28E</exif:GPSLongitude>', "/Type /Metadata"
    )
    data = pdf(objects={5: stream(picture, image), 6: notes})
    kept = clean_pdf(data)[1]
    assert len(kept) == len(data)
    for mark in (b"PLANTED-MAKE", b"PLANTED-XMP", b"31,13.5N", b"121,28E"):
        assert mark in data
        assert mark not in kept
    inside = Image.open(BytesIO(kept[kept.index(b"\xff\xd8\xff") :]))
    assert near(inside.convert("RGB").getpixel((5, 5)), RED)
    assert not inside.getexif().get_ifd(0x8825)
    twice = image.replace("/DCTDecode", "[/FlateDecode /DCTDecode]")
    with pytest.raises(Refused, match="place"):
        clean_pdf(pdf(objects={5: stream(zlib.compress(picture), twice)}))
    with pytest.raises(Refused, match="place"):
        clean_pdf(pdf(objects={5: stream(zlib.compress(b"exif:GPSLatitude"), "/Type /Metadata /Filter /FlateDecode")}))
    signed = pdf("/Seal << /Type /Sig /ByteRange [0 1 2 3] >>", {5: stream(picture, image)})
    assert clean_pdf(signed)[1] == signed, "a seal covers every byte"
    assert blank_places(b"\xff\xe1\xff\xffExif\0\0abc") == b"\xff\xe1\xff\xffExif\0\0\0\0\0", "a length past the end"
