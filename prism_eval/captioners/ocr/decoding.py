"""Encoded image bytes to pixels that text can be found in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prism_eval.engines.pixels import decoding, opened, scaled, upright
from prism_eval.schema import Image

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

# Length to width. Scaled by its short side, a line of one pixel would become a picture of gigabytes.
_MOST_ELONGATED = 8


def decode(image: Image, *, max_pixels: int) -> Picture:
    """The picture upright, in RGB on white, scaled down to ``max_pixels``.

    Very narrow pictures are given white margins: what reads them may scale by the short side.

    Raises:
        PermanentError: As `decoding` says.
    """
    with decoding(image):
        return scaled(_with_margins(_with_room(upright(opened(image)), max_pixels)), max_pixels)


def _with_room(picture: Picture, max_pixels: int) -> Picture:
    """The picture so small that its margins do not take it over the bound: a line of pixels may be very long."""
    (width, height), least = picture.size, max(picture.size) // _MOST_ELONGATED
    factor = (max_pixels / (max(width, least) * max(height, least))) ** 0.5
    if min(width, height) >= least or factor >= 1:
        return picture
    # With a gap: weights for every pixel of a very long line would take more than the line.
    return picture.resize((max(1, int(width * factor)), max(1, int(height * factor))), reducing_gap=3.0)


def _with_margins(picture: Picture) -> Picture:
    from PIL import Image as Pillow

    least = max(picture.size) // _MOST_ELONGATED
    if min(picture.size) >= least:
        return picture
    canvas = Pillow.new("RGB", (max(picture.width, least), max(picture.height, least)), "white")
    canvas.paste(picture)
    return canvas
