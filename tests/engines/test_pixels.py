"""Images that are sent smaller, or in another format, than they came."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image as Pillow

from prism_eval.captioners import CAPTIONER
from prism_eval.engines.pixels import refitted, scaled
from prism_eval.errors import PermanentError, UsageError
from prism_eval.plugins import Spec, build
from prism_eval.schema import Image
from tests.server.fault_server import _images
from tests.server.threaded import ThreadedServer

BLUE, RED = (0, 0, 255), (255, 0, 0)


def encoded(picture: Pillow.Image, form: str, **options: Any) -> Image:
    file = io.BytesIO()
    picture.save(file, form, **options)
    return Image(file.getvalue(), "chart", ("a fact",))


def decoded(image: Image) -> Pillow.Image:
    return Pillow.open(io.BytesIO(image.data))


def picture(mode: str = "RGB", size: tuple[int, int] = (40, 20)) -> Pillow.Image:
    return Pillow.new("RGB", size, BLUE).convert(mode)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF", "TIFF", "BMP"])
def test_what_is_within_the_bounds_goes_as_it_came(form: str) -> None:
    image = encoded(picture(), form)
    assert refitted(image, max_pixels=800, image_format=None) is image
    if form in ("PNG", "JPEG"):
        assert refitted(image, max_pixels=None, image_format=form.lower()) is image  # type: ignore[arg-type]
        assert refitted(image, max_pixels=800, image_format=form.lower()) is image  # type: ignore[arg-type]


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF", "TIFF", "BMP"])
@pytest.mark.parametrize("wanted", ["jpeg", "png"])
def test_every_format_becomes_the_one_that_is_asked_for(form: str, wanted: Any) -> None:
    image = encoded(picture(), form)
    sent = refitted(image, max_pixels=None, image_format=wanted)
    assert sent.media_type == f"image/{wanted}"
    assert decoded(sent).size == (40, 20)
    assert max(abs(a - b) for a, b in zip(decoded(sent).convert("RGB").getpixel((5, 5)), BLUE, strict=True)) < 5
    assert (sent.name, sent.facts) == (image.name, image.facts)
    assert refitted(image, max_pixels=None, image_format=wanted).data == sent.data


@pytest.mark.parametrize("mode", ["1", "L", "P", "CMYK", "I;16", "F", "LA", "RGBA"])
@pytest.mark.parametrize("wanted", ["jpeg", "png"])
def test_every_mode_can_be_sent(mode: str, wanted: Any) -> None:
    image = encoded(Pillow.new(mode, (40, 20)), "TIFF")
    assert decoded(refitted(image, max_pixels=200, image_format=wanted)).size == (20, 10)


@pytest.mark.parametrize(("form", "media_type"), [("JPEG", "image/jpeg"), ("WEBP", "image/png"), ("GIF", "image/png")])
def test_what_is_only_too_large_keeps_to_jpeg_or_becomes_png(form: str, media_type: str) -> None:
    assert refitted(encoded(picture(), form), max_pixels=200, image_format=None).media_type == media_type


@pytest.mark.parametrize("size", [(40, 20), (41, 23), (1, 3000), (3000, 1), (7, 1000), (9999, 3), (2, 2)])
@pytest.mark.parametrize("most", [1, 3, 100, 1999])
def test_no_shape_exceeds_the_bound(size: tuple[int, int], most: int) -> None:
    small = scaled(Pillow.new("L", size), most)
    assert 1 <= small.width * small.height <= max(1, most)


@pytest.mark.parametrize("turn", range(1, 9))
def test_a_picture_keeps_the_way_up_that_its_file_says(turn: int) -> None:
    exif = Pillow.Exif()
    exif[0x0112] = turn
    image = encoded(picture(), "JPEG", exif=exif)
    sent = decoded(refitted(image, max_pixels=None, image_format="png"))
    assert sent.size == ((20, 40) if turn > 4 else (40, 20))
    assert 0x0112 not in sent.getexif()
    assert refitted(image, max_pixels=800, image_format=None) is image


@pytest.mark.parametrize("wanted", ["jpeg", "png"])
def test_clear_pixels_are_white(wanted: Any) -> None:
    image = encoded(Pillow.new("RGBA", (8, 8), (*RED, 0)), "WEBP", lossless=True)
    assert min(decoded(refitted(image, max_pixels=None, image_format=wanted)).getpixel((4, 4))) > 250


def test_an_animation_is_its_first_frame() -> None:
    image = encoded(picture(), "GIF", save_all=True, append_images=[Pillow.new("RGB", (40, 20), RED)])
    assert decoded(refitted(image, max_pixels=None, image_format="png")).getpixel((3, 3)) == BLUE


def test_sixteen_bits_keep_their_contrast() -> None:
    deep = Pillow.new("I;16", (2, 1))
    deep.putpixel((1, 0), 65_535)
    sent = decoded(refitted(encoded(deep, "TIFF"), max_pixels=None, image_format="png"))
    assert (sent.getpixel((0, 0)), sent.getpixel((1, 0))) == ((0, 0, 0), (255, 255, 255))


def bomb() -> bytes:
    body = b"IHDR" + struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body)) + b"\0\0\0\x0aIDAT"


@pytest.mark.parametrize("data", [b"", b"\x89PNG\r\n\x1a\n", bomb(), b"\xff\xd8\xff" + bytes(50), b"RIFF....WEBPVP8 "])
def test_what_cannot_be_decoded_fails_its_own_item(data: bytes) -> None:
    with pytest.raises(PermanentError, match="image chart") as caught:
        refitted(Image(data, "chart"), max_pixels=100, image_format="png")
    assert "\n" not in str(caught.value)


async def test_a_captioner_sends_what_was_made_and_is_stored_under_what_came(
    serve: Callable[..., ThreadedServer],
) -> None:
    server, image = serve(), encoded(picture(), "WEBP")
    made = {}
    for options in ("", "&max_pixels=200", "&max_pixels=200&image_format=jpeg", "&image_format=none"):
        spec = Spec.parse(f"openai:model?base_url={server.url}{options}")
        captioner = build(CAPTIONER, spec, {"prompt": "Describe."})
        await captioner.caption([image, image], sample=0)
        await captioner.close()
        made[options] = captioner.call([image], sample=0).key
        assert captioner.seen([image]) == [image.digest]
    sent = [_images(body)[1] for body in server.server.bodies]
    assert sent[0] == sent[3] == image.data
    assert [Image(data).media_type for data in sent[1:3]] == ["image/png", "image/jpeg"]
    assert len(set(made.values())) == 3
    assert made[""] == made["&image_format=none"]


@pytest.mark.parametrize("options", ["max_pixels=0", "max_pixels=many", "image_format=webp"])
def test_bounds_that_cannot_be_are_usage_errors(options: str) -> None:
    with pytest.raises(UsageError, match=options.partition("=")[0]):
        build(CAPTIONER, Spec.parse(f"openai:m?{options}"), {"prompt": "p"})
