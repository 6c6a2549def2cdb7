"""A photo as it is kept: its pixels alone, upright, at most 2,560 on the long side. Runs in a process of its own (apart.py).

Nothing but pixels crosses over, so places, names, thumbnails, colour profiles, comments and whatever is hidden behind the
picture stay behind. HEIC is refused: Pillow does not read it, and its decoders have been the way into many phones.
"""

from __future__ import annotations

import contextlib
from io import BytesIO

from PIL import Image

from . import apart
from .kinds import JPEG, LONGEST_SIDE, MOST_BYTES, MOST_PIXELS, PNG, Refused, kind_of

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE, 8: Image.Transpose.ROTATE_90,
}  # fmt: skip
_ORIENTATION = 0x0112
_QUALITY = 88
_STRIP = 256  # lines
_MOST_AS_PNG = 3 * 1024 * 1024  # a screenshot is smaller; a photo as PNG would fill the case for nothing


def clean(data: bytes) -> tuple[str, bytes]:
    """The media type and the bytes to keep. Raises Refused, and whatever Pillow raises for a damaged picture."""
    try:
        with Image.open(BytesIO(data), formats=("JPEG", "PNG", "WEBP")) as picture:
            # Known from the header: nothing is unpacked before this line has passed.
            if picture.width * picture.height > MOST_PIXELS:
                raise Refused("pixels")
            pixels = _upright(picture)
    except Image.DecompressionBombError:
        raise Refused("pixels") from None
    return _packed(pixels, kind_of(data))


def _upright(picture: Image.Image) -> Image.Image:
    """The pixels with nothing around them: on white where they let through, scaled down, turned as the camera was held."""
    plain = _flat(picture)
    # On JPEG this also decodes at a half, a quarter or an eighth of the size.
    plain.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    plain = plain if plain.mode == "L" else plain.convert("RGB")
    turn = _TURNS.get(_orientation(picture))
    plain = plain.transpose(turn) if turn is not None else plain
    return Image.frombytes(plain.mode, plain.size, plain.tobytes())


def _flat(picture: Image.Image) -> Image.Image:
    """A picture that can be scaled: one with a palette, 16 bits or transparency is redrawn in strips, to keep memory small."""
    if picture.mode in ("L", "RGB", "CMYK") and "transparency" not in picture.info:
        return picture
    ground = Image.new("L" if picture.mode[0] in "1IF" else "RGB", picture.size)
    for top in range(0, picture.height, _STRIP):
        strip = picture.crop((0, top, picture.width, min(top + _STRIP, picture.height)))
        ground.paste(_shallow(strip) if ground.mode == "L" else _on_white(strip), (0, top))
    return ground


def _shallow(strip: Image.Image) -> Image.Image:
    """Shades of 8 bits."""
    return strip.convert("L") if strip.mode == "1" else strip.convert("I").point(lambda v: v * (1 / 256)).convert("L")


def _on_white(strip: Image.Image) -> Image.Image:
    seen = strip.convert("RGBA")
    ground = Image.new("RGB", seen.size, "white")
    ground.paste(seen, mask=seen.getchannel("A"))
    return ground


def _orientation(picture: Image.Image) -> int:
    # A photo whose notes are broken is still a photo.
    with contextlib.suppress(Exception):
        return int(picture.getexif().get(_ORIENTATION, 1))
    return 1


def _packed(pixels: Image.Image, kind: str) -> tuple[str, bytes]:
    if kind == PNG:
        made = BytesIO()
        pixels.save(made, "PNG", optimize=True)
        if made.tell() <= _MOST_AS_PNG:
            return PNG, made.getvalue()
    made = BytesIO()
    pixels.save(made, "JPEG", quality=_QUALITY, optimize=True)
    if made.tell() > MOST_BYTES:
        raise Refused("large")
    return JPEG, made.getvalue()


if __name__ == "__main__":
    apart.answer(clean)
