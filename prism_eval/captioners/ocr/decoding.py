"""Encoded image bytes to upright RGB pixels on white, whatever the file holds."""

from __future__ import annotations

import io
import struct
import zlib
from typing import TYPE_CHECKING, cast

from prism_eval.errors import PermanentError
from prism_eval.files.warning_filters import warnings_as
from prism_eval.schema import Image

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

# Length to width. Scaled by its short side, a line of one pixel would become a picture of gigabytes.
_MOST_ELONGATED = 8
# Pillow's parsers trust a header until something gives, and then raise whatever that was.
_PARSE_ERRORS = (ValueError, TypeError, LookupError, ArithmeticError, SyntaxError, struct.error, zlib.error)
_BROKEN = (OSError, EOFError, *_PARSE_ERRORS)


def decode(image: Image, *, max_pixels: int) -> Picture:
    """The picture in RGB, turned as its EXIF data say, transparency over white, scaled down to ``max_pixels``.

    Very narrow pictures are given white margins: what reads them may scale by the short side.

    Raises:
        PermanentError: The bytes are no image, a broken one, or one that would decode to more pixels than Pillow holds
            for safe (about 90 million); that is seen in the header, before anything is decoded.
    """
    from PIL import ImageOps

    try:
        picture = _header(image)
        # A phone stores the picture as its sensor lay and writes into EXIF how to turn it; unturned, text is noise.
        upright = ImageOps.exif_transpose(picture)
        return _scaled(_with_margins(_flat(upright)), max_pixels)
    except _BROKEN as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise PermanentError(f"image {image.label} cannot be decoded: {reason}") from error


def _header(image: Image) -> Picture:
    from PIL import Image as Pillow
    from PIL import UnidentifiedImageError

    try:
        # Between its limit and twice that, Pillow only warns, and then decodes.
        with warnings_as("error", Pillow.DecompressionBombWarning):
            return Pillow.open(io.BytesIO(image.data))
    except (Pillow.DecompressionBombWarning, Pillow.DecompressionBombError) as error:
        raise PermanentError(
            f"image {image.label} is too large to decode safely: over {Pillow.MAX_IMAGE_PIXELS} pixels"
        ) from error
    except UnidentifiedImageError as error:
        raise OSError(f"{len(image.data)} bytes in no image format that Pillow knows") from error


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
    # Charts on a clear ground are drawn for a white page: over black, black letters would be gone.
    solid = picture.convert("RGBA")
    white = Pillow.new("RGBA", solid.size, "white")
    return Pillow.alpha_composite(white, solid).convert("RGB")


def _with_margins(picture: Picture) -> Picture:
    from PIL import Image as Pillow

    least = max(picture.size) // _MOST_ELONGATED
    if min(picture.size) >= least:
        return picture
    canvas = Pillow.new("RGB", (max(picture.width, least), max(picture.height, least)), "white")
    canvas.paste(picture)
    return canvas


def _scaled(picture: Picture, max_pixels: int) -> Picture:
    factor = (max_pixels / (picture.width * picture.height)) ** 0.5
    if factor >= 1:
        return picture
    return picture.resize((max(1, int(picture.width * factor)), max(1, int(picture.height * factor))))
