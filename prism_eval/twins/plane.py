"""Plane geometry: figures with named points and marked sizes, and what can be worked out from them."""

from __future__ import annotations

import math
import random

from prism_eval.twins.canvas import Point, Sketch, around, between, beyond
from prism_eval.twins.scene import Question, Scene, asked

_NAMES = "ABCDEFGHKLMNPQRSTUVW"
_RIGHT = ((3, 4, 5), (5, 12, 13), (8, 15, 17), (7, 24, 25), (20, 21, 29))


def triangle(rng: random.Random) -> Scene:
    """Two angles of a triangle and the extension of a side."""
    a, b, c, d = rng.sample(_NAMES, 4)
    alpha, beta = rng.randint(35, 75), rng.randint(38, 70)
    left, right = (70.0, 310.0), (330.0, 310.0)
    top = _apex(left, right, alpha, beta)
    sketch = Sketch(480, 380)
    sketch.polygon(left, right, top)
    sketch.line(right, (430, 310))
    _marked_angle(sketch, left, right, top, f"{alpha}°")
    _marked_angle(sketch, top, left, right, f"{180 - alpha - beta}°")
    for name, (x, y) in {a: (62, 330), b: (332, 332), c: (top[0], top[1] - 18), d: (446, 310)}.items():
        sketch.text(x, y, name, size=18, serif=True)
    return _figure(sketch, "Plane Geometry", (
        asked(rng, f"sum of angle {c + a + b} and angle {a + c + b} in triangle {a + b + c}", 180 - beta, unit="°",
              step=5,
              kind="Addition of Angles"),
        asked(rng, f"measure of angle {a + b + c} in triangle {a + b + c}", beta, unit="°", step=5,
              kind="Sum of the Angles of a Triangle"),
        asked(rng, f"measure of exterior angle {c + b + d} at vertex {b} of triangle {a + b + c}", 180 - beta, unit="°",
              step=5,
              kind="Exterior Angles of a Triangle"),
    ))  # fmt: skip


def right_triangle(rng: random.Random) -> Scene:
    """The two legs of a right triangle."""
    a, b, c = rng.sample(_NAMES, 3)
    short, long, hypotenuse = _legs(rng)
    corner, across, up = (80.0, 310.0), (80 + 320.0, 310.0), (80.0, 310 - 255 * max(0.45, short / long))
    sketch = Sketch(480, 380)
    sketch.polygon(corner, across, up, fill="#eaf1fb")
    sketch.box(80, 290, 20, 20, edge="#1d2733", width=1.5)
    sketch.text(240, 332, f"{long} cm", size=16)
    sketch.text(44, (corner[1] + up[1]) / 2, f"{short} cm", size=16)
    _point_names(sketch, {a: corner, b: across, c: up})
    name = f"right triangle {a + b + c}"
    return _figure(sketch, "Plane Geometry", (
        asked(rng, f"area of {name} in square centimetres", short * long / 2, step=short, kind="Area of Triangles"),
        asked(rng, f"length of hypotenuse {b + c} in {name} in centimetres", hypotenuse, step=1,
              kind="Pythagorean Theorem"),
        asked(rng, f"perimeter of {name} in centimetres", short + long + hypotenuse, step=2,
              kind="Perimeter of Triangles"),
        asked(rng, f"difference between sides {a + b} and {a + c} of {name} in centimetres", long - short, step=1,
              kind="Comparison of Lengths"),
    ))  # fmt: skip


def _legs(rng: random.Random) -> tuple[int, int, int]:
    short, long, hypotenuse = rng.choice(_RIGHT)
    scale = rng.randint(1, 4)
    return short * scale, long * scale, hypotenuse * scale


def parallelogram(rng: random.Random) -> Scene:
    """Base, slanted side and height of a parallelogram."""
    a, b, c, d, foot = rng.sample(_NAMES, 5)
    height = rng.randint(4, 11)
    side, base = height + rng.randint(1, 4), height + rng.randint(6, 14)
    left, right = (60.0, 300.0), (340.0, 300.0)
    high_left, high_right = (150.0, 110.0), (430.0, 110.0)
    sketch = Sketch(490, 370)
    sketch.polygon(left, right, high_right, high_left, fill="#eef7ee")
    sketch.dashed(high_left, (150, 300), colour="#b3261e")
    sketch.box(150, 286, 14, 14, edge="#b3261e", width=1.5)
    sketch.text(205, 322, f"{base} cm", size=16)
    sketch.text(74, 198, f"{side} cm", size=16)
    sketch.text(190, 205, f"{height} cm", size=16, colour="#b3261e")
    _point_names(sketch, {a: left, b: right, c: high_right, d: high_left})
    sketch.text(150, 322, foot, size=18, serif=True)
    name = f"parallelogram {a + b + c + d}"
    return _figure(sketch, "Plane Geometry", (
        asked(rng, f"sum of sides {a + b} and {a + d} of {name} in centimetres", base + side,
              kind="Addition of Lengths"),
        asked(rng, f"perimeter of {name} in centimetres", 2 * (base + side), step=2,
              kind="Perimeter of Parallelograms"),
        asked(rng, f"area of {name} in square centimetres", base * height, step=height, kind="Area of Parallelograms"),
        asked(rng, f"area of triangle {a + b + d} inside {name} in square centimetres", base * height / 2, step=height,
              kind="Area of Triangles"),
    ))  # fmt: skip


def trapezoid(rng: random.Random) -> Scene:
    """The parallel sides and the height of a trapezoid."""
    a, b, c, d = rng.sample(_NAMES, 4)
    top, height = rng.randint(4, 9), 2 * rng.randint(2, 6)
    bottom = top + rng.randint(4, 11)
    corners = [(60.0, 300.0), (420.0, 300.0), (340.0, 120.0), (140.0, 120.0)]
    sketch = Sketch(480, 370)
    sketch.polygon(*corners, fill="#fdf3e3")
    sketch.dashed((200, 120), (200, 300), colour="#b3261e")
    sketch.text(240, 320, f"{bottom} cm", size=16)
    sketch.text(240, 102, f"{top} cm", size=16)
    sketch.text(236, 215, f"{height} cm", size=16, colour="#b3261e")
    _point_names(sketch, dict(zip((a, b, c, d), corners, strict=True)))
    name = f"trapezoid {a + b + c + d}"
    return _figure(sketch, "Plane Geometry", (
        asked(rng, f"sum of bases {a + b} and {c + d} of {name} in centimetres", top + bottom,
              kind="Addition of Lengths"),
        asked(rng, f"length of the midsegment of {name} in centimetres", (top + bottom) / 2, step=0.5,
              kind="Midsegment of Trapezoids"),
        asked(rng, f"area of {name} in square centimetres", (top + bottom) * height / 2, step=height / 2,
              kind="Area of Trapezoids"),
    ))  # fmt: skip


def parallels(rng: random.Random) -> Scene:
    """Two parallel lines cut by a third."""
    a, b, c, d = rng.sample(_NAMES, 4)
    angle = rng.choice([value for value in range(41, 80) if value != 60])
    upper, lower = (270.0, 130.0), around(270, 130, -170 / math.sin(math.radians(angle)), angle)
    sketch = Sketch(480, 400)
    for x, y, first, second in ((0, upper[1], a, b), (0, lower[1], c, d)):
        sketch.line((x + 50, y), (430, y))
        _point_names(sketch, {first: (50, y), second: (430, y)}, centre=(240, y))
    sketch.line(around(*upper, 90, angle), around(*lower, -70, angle))
    sketch.angle(upper, (430, upper[1]), around(*upper, 50, angle))
    sketch.text(*around(*upper, 56, angle / 2), f"{angle}°", size=15)
    sketch.text(*around(*lower, 32, angle / 2), "1", size=16, bold=True)
    sketch.text(*around(*lower, 32, 90 + angle / 2), "2", size=16, bold=True)
    lines = f"where a transversal cuts parallel lines {a + b} and {c + d}"
    return _figure(sketch, "Plane Geometry", (
        asked(rng, f"measure of angle 1 {lines}", angle, unit="°", step=5, kind="Corresponding Angles"),
        asked(rng, f"measure of angle 2 {lines}", 180 - angle, unit="°", step=5, kind="Supplementary Angles"),
        asked(rng, f"difference of angle 1 and angle 2 {lines}", 180 - 2 * angle, unit="°", step=4,
              kind="Comparison of Angles"),
    ))  # fmt: skip


def inscribed(rng: random.Random) -> Scene:
    """A central angle and the inscribed angle on the same arc."""
    a, b, c = rng.sample([name for name in _NAMES if name != "O"], 3)
    central = 2 * rng.randint(30, 62)
    centre = (230.0, 200.0)
    one, two = around(*centre, 150, 270 - central / 2), around(*centre, 150, 270 + central / 2)
    top = around(*centre, 150, rng.randint(70, 110))
    sketch = Sketch(460, 410)
    sketch.disc(*centre, 150)
    sketch.line(one, centre, two)
    sketch.line(one, top, two, colour="#2f6fc4")
    sketch.disc(*centre, 4, fill="#1d2733")
    sketch.angle(centre, one, two)
    sketch.text(centre[0], centre[1] + 44, f"{central}°", size=16, colour="#b3261e")
    sketch.text(centre[0], centre[1] - 16, "O", size=18, serif=True)
    _point_names(sketch, {a: one, b: two, c: top}, centre=centre)
    return _figure(sketch, "Plane Geometry", (
        asked(rng, f"sum of angle O{a + b} and angle O{b + a} in circle O", 180 - central, unit="°", step=4,
              kind="Isosceles Triangles"),
        asked(rng, f"measure of angle O{a + b} in circle O", 90 - central / 2, unit="°", step=3,
              kind="Angles at the Base"),
        asked(rng, f"measure of inscribed angle {a + c + b} in circle O", central / 2, unit="°", step=4,
              kind="Inscribed Angles"),
    ))  # fmt: skip


def ring(rng: random.Random) -> Scene:
    """Two circles around one centre, with their radii."""
    name = rng.choice(_NAMES)
    inner, outer = rng.randint(2, 6), rng.randint(9, 13)
    sketch = Sketch(440, 420)
    small = 170 * inner / outer
    sketch.disc(220, 205, 170, fill="#cfe3d4")
    sketch.disc(220, 205, small, fill="white")
    sketch.line((220, 205), (390, 205), colour="#b3261e")
    sketch.line((220, 205), around(220, 205, small, 120), colour="#2f6fc4")
    sketch.disc(220, 205, 4, fill="#1d2733")
    sketch.text(220 + (170 + small) / 2, 190, f"{outer} cm", size=15, colour="#b3261e")
    sketch.text(*around(220, 205, small + 20, 120), f"{inner} cm", size=15, colour="#2f6fc4")
    sketch.text(220, 224, name, size=18, serif=True)
    about = f"ring around centre {name}"
    return _figure(sketch, "Plane Geometry", (
        asked(rng, f"width of the {about} in centimetres", outer - inner, kind="Circles and Radii"),
        asked(rng, f"diameter of the outer circle of the {about} in centimetres", 2 * outer, step=2, kind="Diameters"),
        asked(rng, f"area of the {about} as a multiple of π in square centimetres", outer**2 - inner**2, unit="π",
              step=3,
              kind="Area of Rings"),
    ))  # fmt: skip


def _figure(sketch: Sketch, subject: str, questions: tuple[Question, ...]) -> Scene:
    return Scene(png=sketch.png(), subject=subject, questions=questions)


def _apex(left: Point, right: Point, alpha: float, beta: float) -> Point:
    across = right[0] - left[0]
    reach = across * math.sin(math.radians(beta)) / math.sin(math.radians(alpha + beta))
    return around(*left, reach, alpha)


def _marked_angle(sketch: Sketch, at: Point, one: Point, two: Point, label: str) -> None:
    sketch.angle(at, one, two)
    middle = between(between(at, one, 60 / math.dist(at, one)), between(at, two, 60 / math.dist(at, two)), 0.5)
    sketch.text(*middle, label, size=15)


def _point_names(sketch: Sketch, points: dict[str, Point], *, centre: Point | None = None) -> None:
    if centre is None:
        centre = (sum(x for x, _ in points.values()) / len(points), sum(y for _, y in points.values()) / len(points))
    for name, point in points.items():
        sketch.text(*beyond(point, centre, 20), name, size=18, serif=True)
