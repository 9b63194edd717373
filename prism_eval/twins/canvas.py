"""A drawing in pixels: lines, shapes and text, smoothed."""

from __future__ import annotations

import io
import math
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, Unpack

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFont import FreeTypeFont

Point = tuple[float, float]
INK, RED, BLUE = "#1d2733", "#b3261e", "#2f6fc4"
# Pillow's lines have hard edges: drawn at twice the size and averaged, they are smooth.
_SCALE = 2


class Style(TypedDict, total=False):
    """How text looks: anchors are Pillow's; wider than ``room`` it is made smaller."""

    size: int
    colour: str
    anchor: str
    bold: bool
    serif: bool
    room: float


@cache
def _font(size: int, face: str) -> FreeTypeFont:
    import matplotlib as mpl
    from PIL import ImageFont

    # Matplotlib carries these fonts with it, so the text looks the same on every machine.
    return ImageFont.truetype(str(Path(mpl.get_data_path(), "fonts", "ttf", f"DejaVu{face}.ttf")), size)


class Sketch:
    """A drawing in pixel coordinates from the top left; ``edge`` and ``fill`` are colours, or ``None`` for none."""

    def __init__(self, width: int, height: int, *, paper: str = "white") -> None:
        from PIL import Image, ImageDraw

        self.width, self.height = width, height
        self._image = Image.new("RGB", (width * _SCALE, height * _SCALE), paper)
        self._pen = ImageDraw.Draw(self._image)

    def line(self, *points: Point, colour: str = INK, width: float = 2) -> None:
        """A path through ``points``."""
        # Without the joint, wide lines have notches at their corners.
        self._pen.line(_scaled(points), fill=colour, width=round(width * _SCALE), joint="curve")

    def dashed(self, start: Point, end: Point, *, colour: str = RED, width: float = 2) -> None:
        """A dashed line."""
        pieces = max(1, round(math.dist(start, end) / 7))
        for piece in range(0, pieces, 2):
            ends = (between(start, end, share / pieces) for share in (piece, min(pieces, piece + 1)))
            self.line(*ends, colour=colour, width=width)

    def arrow(self, start: Point, end: Point, *, colour: str = INK, width: float = 2, head: float = 10) -> None:
        """A line with a filled head at ``end``."""
        self.line(start, end, colour=colour, width=width)
        angle = math.atan2(end[1] - start[1], end[0] - start[0])
        corners = [(end[0] - head * math.cos(angle + s), end[1] - head * math.sin(angle + s)) for s in (0.45, -0.45)]
        self.polygon(end, *corners, fill=colour, edge=None)

    def polygon(self, *points: Point, fill: str | None = None, edge: str | None = INK, width: float = 2) -> None:
        """A closed outline."""
        if fill is not None:
            self._pen.polygon(_scaled(points), fill=fill)
        if edge is not None:
            # Past the start once more, so that the last corner is joined like the others.
            self.line(*points, points[0], points[1], colour=edge, width=width)

    def box(
        self, x: float, y: float, w: float, h: float, text: str = "", *, fill: str | None = None,
        edge: str | None = None, width: float = 2, round_by: float = 0, **style: Unpack[Style],
    ) -> None:  # fmt: skip
        """A rectangle from its top left corner, with rounded corners if asked, and ``text`` in its middle."""
        frame = _scaled(((x, y), (x + w, y + h)))
        self._pen.rounded_rectangle(frame, round_by * _SCALE, fill=fill, outline=edge, width=round(width * _SCALE))
        style.setdefault("room", w - 10)
        self.text(x + w / 2, y + h / 2, text, **style)

    def disc(
        self, x: float, y: float, radius: float, text: str = "", *, fill: str | None = None, edge: str | None = INK,
        width: float = 2, flat: float = 1, **style: Unpack[Style],
    ) -> None:  # fmt: skip
        """A circle around a point, its height ``flat`` times its width, and ``text`` in its middle."""
        frame = _scaled(((x - radius, y - radius * flat), (x + radius, y + radius * flat)))
        self._pen.ellipse(frame, fill=fill, outline=edge, width=round(width * _SCALE) if edge else 0)
        self.text(x, y, text, **style)

    def wedge(self, x: float, y: float, radius: float, share: float, *, fill: str) -> None:
        """A slice of a disc from its top, clockwise."""
        self._pen.pieslice(_scaled(((x - radius, y - radius), (x + radius, y + radius))), -90, 360 * share - 90, fill)

    def angle(self, at: Point, one: Point, two: Point, label: str = "", *, radius: float = 26) -> None:
        """The arc that marks the angle at ``at`` between the directions to ``one`` and ``two``, and its label."""
        first, second = (math.degrees(math.atan2(p[1] - at[1], p[0] - at[0])) for p in (one, two))
        # Pillow draws clockwise from the first to the second: the smaller of the two arcs is meant.
        if (second - first) % 360 > 180:
            first, second = second, first
        frame = _scaled(((at[0] - radius, at[1] - radius), (at[0] + radius, at[1] + radius)))
        self._pen.arc(frame, first, second, fill=RED, width=2 * _SCALE)
        self.text(*around(*at, 2 * radius, -first - (second - first) % 360 / 2), label, size=15)

    def text(self, x: float, y: float, text: str, **style: Unpack[Style]) -> None:
        """One line of text."""
        face = f"{'Serif' if style.get('serif') else 'Sans'}{'-Bold' if style.get('bold') else ''}"
        size, room = style.get("size", 14), style.get("room", math.inf) * _SCALE
        font = _font(size * _SCALE, face)
        if font.getlength(text) > room:
            # Below nine pixels nobody reads it: then rather too wide.
            font = _font(max(9, int(size * room / font.getlength(text))) * _SCALE, face)
        anchor, colour = style.get("anchor", "mm"), style.get("colour", INK)
        self._pen.text((x * _SCALE, y * _SCALE), text, fill=colour, font=font, anchor=anchor)

    def labels(self, *labels: tuple[float, float, str], **style: Unpack[Style]) -> None:
        """Several texts in one style."""
        for x, y, text in labels:
            self.text(x, y, text, **style)

    def caption(self, text: str, *, serif: bool = False, bold: bool = True) -> None:
        """What the drawing is, below it."""
        self.text(self.width / 2, self.height - 22, text, size=16, bold=bold, serif=serif, room=self.width - 30)

    def paste(self, image: Image, x: int, y: int) -> None:
        """Another picture with its top left corner at a point."""
        from PIL.Image import Resampling

        larger = image.resize((image.width * _SCALE, image.height * _SCALE), Resampling.LANCZOS)
        self._image.paste(larger, (x * _SCALE, y * _SCALE))

    def png(self) -> bytes:
        """The finished drawing at its own size."""
        return encoded(self._image.reduce(_SCALE))


def encoded(image: Image) -> bytes:
    """A Pillow image as PNG."""
    stream = io.BytesIO()
    image.save(stream, format="PNG")
    return stream.getvalue()


def readable_on(colour: str) -> str:
    """Black or white ink, whichever reads better on a ``#rrggbb`` colour."""
    red, green, blue = bytes.fromhex(colour[1:])
    # How bright the eye finds red, green and blue (ITU-R BT.601).
    return INK if 0.3 * red + 0.59 * green + 0.11 * blue > 150 else "#ffffff"


def between(start: Point, end: Point, share: float = 0.5) -> Point:
    """The point ``share`` of the way from ``start`` to ``end``."""
    return start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share


def around(x: float, y: float, radius: float, degrees: float) -> Point:
    """The point at ``radius`` from (x, y), ``degrees`` counter-clockwise from the right as seen on the page."""
    return x + radius * math.cos(math.radians(degrees)), y - radius * math.sin(math.radians(degrees))


def beyond(point: Point, centre: Point, distance: float) -> Point:
    """``distance`` further out from ``centre`` than ``point``: where the point's label goes."""
    # A point in the centre has no outside: its label stays where it is.
    return between(centre, point, 1 + distance / (math.dist(point, centre) or 1))


def _scaled(points: Iterable[Point]) -> list[Point]:
    return [(x * _SCALE, y * _SCALE) for x, y in points]
