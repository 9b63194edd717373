"""A drawing in pixels: lines, shapes and text, smoothed."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFont import FreeTypeFont

Point = tuple[float, float]
INK = "#1d2733"
_SCALE = 2


@cache
def _font(size: int, weight: str) -> FreeTypeFont:
    import matplotlib as mpl
    from PIL import ImageFont

    return ImageFont.truetype(str(Path(mpl.get_data_path(), "fonts", "ttf", f"DejaVu{weight}.ttf")), size)


class Sketch:
    """A drawing in pixel coordinates from the top left, smoothed by drawing at twice its size."""

    def __init__(self, width: int, height: int, *, paper: str = "white") -> None:
        from PIL import Image, ImageDraw

        self.width, self.height = width, height
        self._image = Image.new("RGB", (width * _SCALE, height * _SCALE), paper)
        self._pen = ImageDraw.Draw(self._image)

    def line(self, *points: Point, colour: str = INK, width: float = 2) -> None:
        """A path through ``points``."""
        self._pen.line(_scaled(points), fill=colour, width=round(width * _SCALE), joint="curve")

    def dashed(self, start: Point, end: Point, *, colour: str = INK, width: float = 2, dash: float = 7) -> None:
        """A dashed line."""
        pieces = max(1, round(math.dist(start, end) / dash))
        for piece in range(0, pieces, 2):
            ends = (between(start, end, piece / pieces), between(start, end, min(1, (piece + 1) / pieces)))
            self.line(*ends, colour=colour, width=width)

    def arrow(self, start: Point, end: Point, *, colour: str = INK, width: float = 2, head: float = 10) -> None:
        """A line with a filled head at ``end``."""
        self.line(start, end, colour=colour, width=width)
        angle = math.atan2(end[1] - start[1], end[0] - start[0])
        corners = [(end[0] - head * math.cos(angle + s), end[1] - head * math.sin(angle + s)) for s in (0.45, -0.45)]
        self.polygon(end, *corners, fill=colour, edge=None)

    def polygon(self, *points: Point, fill: str | None = None, edge: str | None = INK, width: float = 2) -> None:
        """A closed outline, filled or not."""
        if fill is not None:
            self._pen.polygon(_scaled(points), fill=fill)
        if edge is not None:
            self.line(*points, points[0], points[1], colour=edge, width=width)

    def box(
        self, x: float, y: float, w: float, h: float, *, fill: str | None = None, edge: str | None = None,
        width: float = 2, round_by: float = 0,
    ) -> None:  # fmt: skip
        """A rectangle from its top left corner, with rounded corners if asked."""
        frame = _scaled(((x, y), (x + w, y + h)))
        self._pen.rounded_rectangle(frame, round_by * _SCALE, fill=fill, outline=edge, width=round(width * _SCALE))

    def disc(
        self, x: float, y: float, radius: float, *, fill: str | None = None, edge: str | None = INK, width: float = 2
    ) -> None:
        """A circle around a point."""
        frame = _scaled(((x - radius, y - radius), (x + radius, y + radius)))
        self._pen.ellipse(frame, fill=fill, outline=edge, width=round(width * _SCALE) if edge else 0)

    def wedge(self, x: float, y: float, radius: float, start: float, end: float, *, fill: str) -> None:
        """A slice of a disc, in degrees clockwise from the right."""
        self._pen.pieslice(_scaled(((x - radius, y - radius), (x + radius, y + radius))), start, end, fill=fill)

    def angle(self, at: Point, one: Point, two: Point, *, radius: float = 26, colour: str = "#b3261e") -> None:
        """The arc that marks the angle at ``at`` between the directions to ``one`` and ``two``."""
        first, second = (math.degrees(math.atan2(p[1] - at[1], p[0] - at[0])) for p in (one, two))
        if (second - first) % 360 > 180:
            first, second = second, first
        frame = _scaled(((at[0] - radius, at[1] - radius), (at[0] + radius, at[1] + radius)))
        self._pen.arc(frame, first, second, fill=colour, width=2 * _SCALE)

    def text(
        self, x: float, y: float, text: str, *, size: int = 14, colour: str = INK, anchor: str = "mm",
        bold: bool = False, serif: bool = False, room: float | None = None,
    ) -> None:  # fmt: skip
        """One line of text, made smaller if it is wider than ``room``; anchors are Pillow's."""
        weight = {(0, 0): "Sans", (1, 0): "Sans-Bold", (0, 1): "Serif", (1, 1): "Serif-Bold"}[bold, serif]
        font = _font(size * _SCALE, weight)
        if room is not None and font.getlength(text) > room * _SCALE:
            font = _font(max(9, int(size * room * _SCALE / font.getlength(text))) * _SCALE, weight)
        self._pen.text((x * _SCALE, y * _SCALE), text, fill=colour, font=font, anchor=anchor)

    def paragraph(self, x: float, y: float, text: str, *, room: float, size: int = 14, colour: str = INK) -> float:
        """Text broken into lines no wider than ``room``; returns the y below the last line."""
        for line in wrapped(text, room=room, size=size):
            self.text(x, y, line, size=size, colour=colour, anchor="lt")
            y += size * 1.45
        return y

    def paste(self, png: bytes, x: int, y: int) -> None:
        """Another picture with its top left corner at a point."""
        from PIL import Image

        with Image.open(io.BytesIO(png)) as inset:
            self._image.paste(
                inset.resize((inset.width * _SCALE, inset.height * _SCALE), Image.Resampling.LANCZOS),
                (x * _SCALE, y * _SCALE),
            )

    def png(self) -> bytes:
        """The finished drawing at its own size."""
        from PIL import Image

        return encoded(self._image.resize((self.width, self.height), Image.Resampling.BOX))


def wrapped(text: str, *, room: float, size: int) -> list[str]:
    """The lines ``text`` takes in ``room`` pixels."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and _font(size * _SCALE, "Sans").getlength(longer) <= room * _SCALE:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def encoded(image: Image) -> bytes:
    """A Pillow image as PNG."""
    stream = io.BytesIO()
    image.save(stream, format="PNG")
    return stream.getvalue()


def readable_on(colour: str) -> str:
    """Black or white ink, whichever reads better on a ``#rrggbb`` colour."""
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return INK if 0.3 * red + 0.59 * green + 0.11 * blue > 150 else "#ffffff"


def between(start: Point, end: Point, share: float) -> Point:
    """The point ``share`` of the way from ``start`` to ``end``."""
    return start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share


def around(x: float, y: float, radius: float, degrees: float) -> Point:
    """The point at ``radius`` from (x, y), ``degrees`` counter-clockwise from the right as seen on the page."""
    return x + radius * math.cos(math.radians(degrees)), y - radius * math.sin(math.radians(degrees))


def beyond(point: Point, centre: Point, distance: float) -> Point:
    """``distance`` further out from ``centre`` than ``point``: where the point's label goes."""
    length = math.dist(point, centre) or 1
    return between(centre, point, 1 + distance / length)


def _scaled(points: Sequence[Point]) -> list[Point]:
    return [(x * _SCALE, y * _SCALE) for x, y in points]
