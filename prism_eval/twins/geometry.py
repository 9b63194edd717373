"""Plane figures and solids with marked sizes, and what can be worked out from them."""

from __future__ import annotations

import functools
import math
import random
import statistics
from collections.abc import Iterable, Sequence

from prism_eval.twins.canvas import BLUE, INK, RED, Point, Sketch, around, between, beyond
from prism_eval.twins.pools import tag
from prism_eval.twins.questions import ask, upper
from prism_eval.twins.scene import Said, drawn

_NAMES = "ABCDEFGHKLMNPQRSTUVW"  # without O, the centre, and the letters that look like digits
# Whole sides all three, so that no answer is a root.
_RIGHT = ((3, 4, 5), (5, 12, 13), (8, 15, 17), (7, 24, 25), (20, 21, 29))

_degrees = functools.partial(ask, unit="°", step=5)


@drawn("Plane Geometry", 480, 380)
def triangle(sketch: Sketch, rng: random.Random) -> Said:
    """Two angles of a triangle and the extension of a side."""
    (a, b, c, d), alpha, beta = rng.sample(_NAMES, 4), rng.randint(35, 75), rng.randint(38, 70)
    side = 260 * math.sin(math.radians(beta)) / math.sin(math.radians(alpha + beta))
    corners = (70, 310), (330, 310), around(70, 310, side, alpha)
    sketch.line(corners[1], (430, 310))
    sketch.text(446, 310, d, size=18, serif=True)
    angles = f"{alpha}°", "", f"{180 - alpha - beta}°"
    # The names are pushed away from above the second corner, so that its own does not lie on the extended side.
    name = _polygon(sketch, "triangle", a + b + c, corners, angles=angles, centre=(330, 250))
    yield _degrees(f"sum of angle {c + a + b} and angle {a + c + b} in {name}", 180 - beta, kind="Addition of Angles")
    yield _degrees(f"measure of angle {a + b + c} in {name}", beta, kind="Sum of the Angles of a Triangle")
    yield _degrees(f"exterior angle {c + b + d} of {name}", 180 - beta, kind="Exterior Angles of a Triangle")


@drawn("Plane Geometry", 480, 380)
def right_triangle(sketch: Sketch, rng: random.Random) -> Said:
    """The two legs of a right triangle."""
    (a, b, c), scale = rng.sample(_NAMES, 3), rng.randint(1, 4)
    short, long, slope = (scale * side for side in rng.choice(_RIGHT))
    # Flatter than this, the short side has no room for its size: then the drawing is not to scale.
    corners = (80, 310), (400, 310), (80, 310 - 255 * max(0.45, short / long))
    sides = f"{long} cm", "", f"{short} cm"
    name = _polygon(sketch, "right triangle", a + b + c, corners, sides=sides, fill="#eaf1fb")
    sketch.box(80, 290, 20, 20, edge=INK, width=1.5)
    yield ask(f"area in cm² of {name}", short * long / 2, step=short, kind="Area of Triangles")
    yield ask(f"length in cm of hypotenuse {b + c} of {name}", slope, kind="Pythagorean Theorem")
    yield ask(f"perimeter in cm of {name}", short + long + slope, step=2, kind="Perimeter of Triangles")
    yield ask(f"difference in cm of sides {a + b} and {a + c} of {name}", long - short, kind="Comparison of Lengths")


@drawn("Plane Geometry", 490, 370)
def parallelogram(sketch: Sketch, rng: random.Random) -> Said:
    """Base, slanted side and height of a parallelogram."""
    (a, b, c, d, foot), height = rng.sample(_NAMES, 5), rng.randint(4, 11)
    # A slanted side is longer than the height.
    side, base = height + rng.randint(1, 4), height + rng.randint(6, 14)
    corners, sides = ((60, 300), (340, 300), (430, 110), (150, 110)), (f"{base} cm", "", "", f"{side} cm")
    name = _polygon(sketch, "parallelogram", a + b + c + d, corners, sides=sides, fill="#eef7ee")
    sketch.dashed((150, 110), (150, 300))
    sketch.box(150, 286, 14, 14, edge=RED, width=1.5)
    sketch.text(190, 205, f"{height} cm", size=16, colour=RED)
    sketch.text(140, 318, foot, size=18, serif=True)
    area = base * height
    yield ask(f"sum in cm of sides {a + b} and {a + d} of {name}", base + side, kind="Addition of Lengths")
    yield ask(f"perimeter in cm of {name}", 2 * (base + side), step=2, kind="Perimeter of Parallelograms")
    yield ask(f"area in cm² of {name}", area, step=height, kind="Area of Parallelograms")
    yield ask(f"area in cm² of triangle {a + b + d} inside {name}", area / 2, step=height, kind="Area of Triangles")


@drawn("Plane Geometry", 480, 370)
def trapezoid(sketch: Sketch, rng: random.Random) -> Said:
    """The parallel sides and the height of a trapezoid."""
    # An even height keeps the area whole.
    (a, b, c, d), top, height = rng.sample(_NAMES, 4), rng.randint(4, 9), 2 * rng.randint(2, 6)
    bottom = top + rng.randint(4, 11)
    corners, sides = ((60, 300), (420, 300), (340, 120), (140, 120)), (f"{bottom} cm", "", f"{top} cm")
    name = _polygon(sketch, "trapezoid", a + b + c + d, corners, sides=sides, fill="#fdf3e3")
    sketch.dashed((200, 120), (200, 300))
    sketch.text(236, 215, f"{height} cm", size=16, colour=RED)
    yield ask(f"sum in cm of bases {a + b} and {c + d} of {name}", top + bottom, kind="Addition of Lengths")
    yield ask(f"midsegment in cm of {name}", (top + bottom) / 2, step=0.5, kind="Midsegment of Trapezoids")
    yield ask(f"area in cm² of {name}", (top + bottom) * height / 2, step=height / 2, kind="Area of Trapezoids")


@drawn("Plane Geometry", 480, 400)
def parallels(sketch: Sketch, rng: random.Random) -> Said:
    """Two parallel lines cut by a third."""
    # At 60 degrees the difference of the two angles would be an angle that is marked.
    (a, b, c, d), angle = rng.sample(_NAMES, 4), rng.choice([value for value in range(41, 80) if value != 60])
    crossed, below = (270.0, 130.0), around(270, 130, -170 / math.sin(math.radians(angle)), angle)
    for y, first, second in ((crossed[1], a, b), (below[1], c, d)):
        sketch.line((50, y), (430, y))
        sketch.labels((30, y, first), (450, y, second), size=18, serif=True)
    sketch.line(around(*crossed, 90, angle), around(*below, -70, angle))
    sketch.angle(crossed, (430, crossed[1]), around(*crossed, 50, angle), f"{angle}°")
    for mark, half in (("1", angle / 2), ("2", 90 + angle / 2)):
        sketch.text(*around(*below, 32, half), mark, size=16, bold=True)
    where = f"where a transversal cuts parallel lines {a + b} and {c + d}"
    yield _degrees(f"measure of angle 1 {where}", angle, kind="Corresponding Angles")
    yield _degrees(f"measure of angle 2 {where}", 180 - angle, kind="Supplementary Angles")
    yield _degrees(f"difference of angle 1 and angle 2 {where}", 180 - 2 * angle, kind="Comparison of Angles")


@drawn("Plane Geometry", 460, 410)
def inscribed(sketch: Sketch, rng: random.Random) -> Said:
    """A central angle and the inscribed angle on the same arc."""
    # Even, for half of it is asked for.
    (a, b, c), central = rng.sample(_NAMES, 3), 2 * rng.randint(30, 62)
    centre = (230.0, 200.0)
    turns = 270 - central / 2, 270 + central / 2, rng.randint(70, 110)
    one, two, top = (around(*centre, 150, turn) for turn in turns)
    sketch.disc(*centre, 150)
    sketch.line(one, centre, two)
    sketch.line(one, top, two, colour=BLUE)
    sketch.disc(*centre, 4, fill=INK)
    sketch.angle(centre, one, two, f"{central}°")
    sketch.text(230, 184, "O", size=18, serif=True)
    _corners(sketch, a + b + c, (one, two, top), centre)
    yield _degrees(f"sum of angle O{a + b} and angle O{b + a} in circle O", 180 - central, kind="Isosceles Triangles")
    yield _degrees(f"measure of angle O{a + b} in circle O", 90 - central / 2, kind="Angles at the Base")
    yield _degrees(f"measure of inscribed angle {a + c + b} in circle O", central / 2, kind="Inscribed Angles")


@drawn("Plane Geometry", 440, 420)
def ring(sketch: Sketch, rng: random.Random) -> Said:
    """Two circles around one centre, with their radii."""
    # Never so small that the centre's name does not fit into the inner circle.
    name, inner, outer = rng.choice(_NAMES), rng.randint(4, 7), rng.randint(9, 13)
    small = 170 * inner / outer
    for radius, fill in ((170, "#cfe3d4"), (small, "white")):
        sketch.disc(220, 205, radius, fill=fill)
    sketch.line((220, 205), (390, 205), colour=RED)
    sketch.line((220, 205), around(220, 205, small, 120), colour=BLUE)
    sketch.disc(220, 205, 4, fill=INK)
    sketch.text(305 + small / 2, 190, f"{outer} cm", size=15, colour=RED)
    sketch.text(*around(220, 205, small + 20, 120), f"{inner} cm", size=15, colour=BLUE)
    sketch.text(220, 224, name, size=18, serif=True)
    about = f"ring around centre {name}"
    yield ask(f"width in cm of the {about}", outer - inner, kind="Circles and Radii")
    yield ask(f"diameter in cm of the outer circle of the {about}", 2 * outer, step=2, kind="Diameters")
    area = f"area in cm² of the {about} as a multiple of π"
    yield ask(area, outer**2 - inner**2, unit="π", step=3, kind="Area of Rings")


@drawn("Solid Geometry", 640, 330)
def cuboid(sketch: Sketch, rng: random.Random) -> Said:
    """A box with its three edges."""
    name, length, height, depth = tag(rng), rng.randint(7, 14), rng.randint(3, 9), rng.randint(2, 6)
    # The depth goes back shortened and at an angle of 35 degrees.
    w, h, d, rise = 26 * length, 20 * height, 16 * depth, 11.2 * depth
    x, y = 300 - (w + d) / 2, 165 + (h + rise) / 2
    _block(sketch, (x, y - h), (w, h), (d, rise), ("#dfe9f7", "#f0f5fc", "#c3d5ee"))
    back = x + w + d
    sketch.labels((x + w / 2, y + 22, f"{length} cm"), (back + 36, y - h / 2 - rise, f"{height} cm"), size=16)
    sketch.text(back - d / 2 + 36, y - rise / 2 + 14, f"{depth} cm", size=16)
    sketch.text(x + w / 2, y - h / 2, name, size=22, serif=True)
    base, sides, edges = length * depth, 2 * height * (length + depth), 4 * (length + depth + height)
    yield ask(f"area in cm² of the base of cuboid {name}", base, step=2, kind="Area of Rectangles")
    yield ask(f"volume in cm³ of cuboid {name}", base * height, step=length, kind="Volume of Cuboids")
    yield ask(f"total length in cm of all edges of cuboid {name}", edges, step=4, kind="Edges of Cuboids")
    yield ask(f"surface area in cm² of cuboid {name}", 2 * base + sides, step=6, kind="Surface Area of Cuboids")


@drawn("Solid Geometry", 400, 420)
def cylinder(sketch: Sketch, rng: random.Random) -> Said:
    """A cylinder with radius and height."""
    name, radius, height = tag(rng), rng.randint(2, 9), rng.randint(4, 15)
    # The body is drawn over the bottom's far edge, which is out of sight.
    sketch.disc(200, 330, 130, flat=0.28, fill="#f7eadf")
    sketch.box(70, 90, 260, 240, fill="#f7eadf")
    sketch.line((70, 90), (70, 330))
    sketch.line((330, 90), (330, 330))
    sketch.disc(200, 90, 130, flat=0.28, fill="#fdf6ef")
    sketch.line((200, 90), (330, 90), colour=RED)
    sketch.text(262, 77, f"{radius} cm", size=15, colour=RED)
    sketch.text(366, 220, f"{height} cm", size=15)
    sketch.text(200, 230, name, size=22, serif=True)
    multiple = functools.partial(ask, unit="π", step=radius)
    yield ask(f"diameter in cm of cylinder {name}", 2 * radius, step=2, kind="Diameters")
    yield multiple(f"area of the base of cylinder {name} as a multiple of π", radius**2, kind="Area of Circles")
    yield multiple(f"volume of cylinder {name} as a multiple of π", radius**2 * height, kind="Volume of Cylinders")


@drawn("Solid Geometry", 460, 424)
def cubes(sketch: Sketch, rng: random.Random) -> Said:
    """Towers of unit cubes side by side."""
    stack = f"stack {tag(rng)}"
    towers = [rng.randint(1, 5) for _ in range(rng.randint(4, 6))]
    # From the left and from the ground, so that each cube covers what is behind it.
    for column, tall in enumerate(towers):
        for level in range(tall):
            corner = 222 + (column - len(towers) / 2) * 58, 310 - level * 58
            _block(sketch, corner, (58, 58), (18, 18), ("#f0cd83", "#fff3d6", "#d9ae57"))
    sketch.caption(upper(stack), serif=True, bold=False)
    tallest, total = max(towers), sum(towers)
    missing = f"number of cubes missing to make every tower of {stack} as tall as its tallest"
    yield ask(f"number of cubes in the tallest tower of {stack}", tallest, kind="Observing Objects")
    yield ask(f"total number of cubes in {stack}", total, kind="Counting Cubes")
    yield ask(missing, tallest * len(towers) - total, kind="Combining Solids")


def _block(sketch: Sketch, corner: Point, size: Point, depth: Point, fills: Sequence[str]) -> None:
    """A box seen from the front, with its top and right side, from the front's top left corner."""
    (x, y), (w, h), (d, rise) = corner, size, depth
    front, top, side = fills
    sketch.polygon((x, y), (x + w, y), (x + w, y + h), (x, y + h), fill=front)
    sketch.polygon((x, y), (x + w, y), (x + w + d, y - rise), (x + d, y - rise), fill=top)
    sketch.polygon((x + w, y), (x + w + d, y - rise), (x + w + d, y + h - rise), (x + w, y + h), fill=side)


def _polygon(
    sketch: Sketch, word: str, names: str, corners: Sequence[Point], *, sides: Sequence[str] = (),
    angles: Sequence[str] = (), fill: str | None = None, centre: Point | None = None,
) -> str:  # fmt: skip
    """A polygon with its corners named, and sizes at some of its sides and angles, "" at the others; its name."""
    centre = centre or (statistics.fmean(x for x, _ in corners), statistics.fmean(y for _, y in corners))
    sketch.polygon(*corners, fill=fill)
    for index, (corner, following) in enumerate(zip(corners, (*corners[1:], corners[0]), strict=True)):
        if any(angles[index : index + 1]):
            sketch.angle(corner, corners[index - 1], following, angles[index])
        if any(sides[index : index + 1]):
            middle = between(corner, following)
            # Beside a side, a size needs more room than above or below it.
            reach = 22 + 16 * abs(middle[0] - centre[0]) / math.dist(middle, centre)
            sketch.text(*beyond(middle, centre, reach), sides[index], size=16)
    _corners(sketch, names, corners, centre)
    return f"{word} {names}"


def _corners(sketch: Sketch, names: str, corners: Iterable[Point], centre: Point) -> None:
    for name, corner in zip(names, corners, strict=True):
        sketch.text(*beyond(corner, centre, 20), name, size=18, serif=True)


FIGURES = (
    triangle, cuboid, parallels, parallelogram, cylinder, inscribed, right_triangle, trapezoid, cubes, ring,
)  # fmt: skip
