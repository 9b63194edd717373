"""Encoded image bytes to upright RGB pixels on white, whatever the file holds, and back into a file."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from typing import TYPE_CHECKING, Literal, cast

from prism_eval.errors import Cause, PermanentError
from prism_eval.files.budgets import MAX_PIXELS, most_pixels
from prism_eval.files.warning_filters import warnings_as
from prism_eval.schema import Image

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

ImageFormat = Literal["jpeg", "png"]
# Pillow's parsers trust a header until something gives, and then raise whatever that was.
_PARSE_ERRORS = (
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    SyntaxError,
    struct.error,
    zlib.error,
)
_PIECE = 2**20
"""Pixels that are laid on white at once."""
_BROKEN = (MemoryError, OSError, EOFError, *_PARSE_ERRORS)


def refitted(image: Image, *, max_pixels: int | None, image_format: ImageFormat | None) -> Image:
    """The image within a number of pixels and in a format; the very same where it is so already.

    What is written anew is upright RGB on white: EXIF data, which say how to turn a picture, do not outlive it.
    Animations become their first frame. A picture that is only too large keeps to JPEG if it is one, else becomes PNG.

    Raises:
        PermanentError: As `decoding` says.
    """
    right_format = image_format is None or image.media_type == f"image/{image_format}"
    most = float("inf") if max_pixels is None else max_pixels
    with decoding(image):
        picture = opened(image)
        if right_format and picture.width * picture.height <= most:
            return image
        form = image_format or ("jpeg" if image.media_type == "image/jpeg" else "png")
        # Whole colours, for charts: halved ones would blur thin coloured lines.
        how = {"quality": 95, "subsampling": 0} if form == "jpeg" else {}
        return _written(scaled(upright(picture), most), image, form, **how)


def redrawn(image: Image, *, max_pixels: int | None) -> Image:
    """The image as a PNG of upright RGB on white, within a number of pixels: for readers that know little of files.

    Raises:
        PermanentError: As `decoding` says.
    """
    most = float("inf") if max_pixels is None else max_pixels
    with decoding(image):
        # Read in this process and thrown away: smaller would only take longer.
        return _written(scaled(upright(opened(image)), most), image, "png", compress_level=1)


@contextmanager
def decoding(image: Image) -> Iterator[None]:
    """Says of whatever Pillow raises inside the block which image it is about.

    Raises:
        PermanentError: The bytes are no image, a broken one, or one that would decode to more pixels than are held
            for safe (`most_pixels`); that is seen in the header, before anything is decoded.
    """
    try:
        yield
    except _BROKEN as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise PermanentError(f"image {image.label} cannot be decoded: {reason}", cause=Cause.UNUSABLE) from error


def opened(image: Image) -> Picture:
    """The picture, its header read and nothing decoded; to be used inside `decoding`."""
    from PIL import Image as Pillow
    from PIL import UnidentifiedImageError

    try:
        # Pillow has a limit of its own, which is larger, and up to twice of which it only warns.
        with warnings_as("error", Pillow.DecompressionBombWarning):
            picture = Pillow.open(io.BytesIO(image.data))
    except (Pillow.DecompressionBombWarning, Pillow.DecompressionBombError):
        picture = None
    except UnidentifiedImageError as error:
        raise OSError(f"{len(image.data)} bytes in no image format that Pillow knows") from error
    most = most_pixels(picture.format, picture.mode, picture.height) if picture else MAX_PIXELS
    if picture is None or picture.width * picture.height > most:
        much = f"image {image.label} is too large to decode safely: over {most} pixels"
        raise PermanentError(much, cause=Cause.UNUSABLE)
    return picture


def upright(picture: Picture) -> Picture:
    """The picture in RGB, turned as its EXIF data say, transparency over white; the one given is used up."""
    from PIL import ImageOps

    # A phone stores the picture as its sensor lay and writes into EXIF how to turn it; unturned, text is noise.
    # In place: a copy would be a second picture of this size.
    ImageOps.exif_transpose(picture, in_place=True)
    return _flat(picture)


def scaled(picture: Picture, max_pixels: float) -> Picture:
    """The picture scaled down to so many pixels; as it is where it has no more."""
    factor = (max_pixels / (picture.width * picture.height)) ** 0.5
    if factor >= 1:
        return picture
    width, height = (max(1, int(side * factor)) for side in picture.size)
    # A line of pixels cannot become thinner: what its width is over the bound, its length gives.
    return picture.resize((max(1, min(width, int(max_pixels / height))), max(1, min(height, int(max_pixels / width)))))


def _written(picture: Picture, image: Image, form: ImageFormat, **how: int) -> Image:
    """A picture in place of an image's own bytes."""
    file = io.BytesIO()
    picture.save(file, form, **how)
    return Image(file.getvalue(), image.name, image.facts, image.other)


def _flat(picture: Picture) -> Picture:
    from PIL import Image as Pillow

    if picture.mode.startswith(("I", "F")):
        # Cut to eight bits, sixteen would be white all over: they are measured by their brightest pixel.
        _, brightest = cast("tuple[float, float]", picture.getextrema())
        factor = 255 / max(brightest, 255)
        # For these modes Pillow takes a function only in this form: a factor and an offset.
        return picture.convert("F").point(lambda value: value * factor + 0).convert("L").convert("RGB")
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    # Charts on a clear ground are drawn for a white page: over black, black letters would be gone. Piece by piece, for
    # four whole pictures of this size at once would take gigabytes.
    canvas = Pillow.new("RGB", picture.size)
    wide = min(picture.width, _PIECE)
    high = max(1, _PIECE // wide)
    for left, top in product(range(0, picture.width, wide), range(0, picture.height, high)):
        box = (left, top, min(left + wide, picture.width), min(top + high, picture.height))
        solid = picture.crop(box).convert("RGBA")
        white = Pillow.new("RGBA", solid.size, "white")
        canvas.paste(Pillow.alpha_composite(white, solid).convert("RGB"), (left, top))
    return canvas
