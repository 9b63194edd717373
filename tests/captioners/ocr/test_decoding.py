"""Any image file becomes RGB on white, or one clear error."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from PIL import Image as Pillow

from prism_eval.captioners.ocr.decoding import decode
from prism_eval.errors import PermanentError
from prism_eval.schema import Image


def encoded(picture: Pillow.Image, form: str = "PNG") -> Image:
    """An image file in memory."""
    buffer = io.BytesIO()
    picture.save(buffer, form)
    return Image(buffer.getvalue(), "chart.png")


def png_header(width: int, height: int) -> bytes:
    """The first bytes of a PNG that claims a size."""
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body)) + b"\0\0\0\x0aIDAT"


@pytest.mark.parametrize("mode", ["RGB", "L", "1", "P", "CMYK", "LA", "RGBA", "I;16", "F"])
def test_every_mode_decodes_to_rgb(mode: str) -> None:
    picture = Pillow.new(mode, (20, 10))
    assert decode(encoded(picture, "TIFF"), max_pixels=10_000).mode == "RGB"


def test_transparent_pixels_show_white() -> None:
    clear = Pillow.new("RGBA", (4, 4), (200, 0, 0, 0))
    assert decode(encoded(clear), max_pixels=100).getpixel((1, 1)) == (255, 255, 255)


def test_a_transparent_palette_entry_shows_white() -> None:
    picture = Pillow.new("P", (4, 4), 0)
    picture.putpalette([10, 20, 30])
    picture.info["transparency"] = 0
    assert decode(encoded(picture), max_pixels=100).getpixel((0, 0)) == (255, 255, 255)


def test_sixteen_bits_keep_their_contrast() -> None:
    picture = Pillow.new("I;16", (2, 1))
    picture.putpixel((1, 0), 65_535)
    decoded = decode(encoded(picture), max_pixels=100)
    assert (decoded.getpixel((0, 0)), decoded.getpixel((1, 0))) == ((0, 0, 0), (255, 255, 255))


def test_large_pictures_are_scaled_down() -> None:
    decoded = decode(encoded(Pillow.new("RGB", (400, 200))), max_pixels=20_000)
    assert decoded.size == (200, 100)


def test_narrow_pictures_get_margins() -> None:
    assert decode(encoded(Pillow.new("RGB", (1, 800))), max_pixels=10**6).size == (100, 800)


def test_a_bomb_is_refused_by_its_header() -> None:
    with pytest.raises(PermanentError, match=r"bomb\.png is too large to decode"):
        decode(Image(png_header(60_000, 60_000), "bomb.png"), max_pixels=100)


@pytest.mark.parametrize("size", [0, 10, 40, 60])
def test_a_truncated_file_is_named(size: int) -> None:
    whole = encoded(Pillow.effect_noise((64, 64), 50)).data
    with pytest.raises(PermanentError, match=r"image cut\.png cannot be decoded"):
        decode(Image(whole[:size], "cut.png"), max_pixels=100)


def test_text_is_no_image() -> None:
    with pytest.raises(PermanentError, match="no image format"):
        decode(Image(b"<html>not found</html>", "page.png"), max_pixels=100)
