"""Solids and graphs of functions: the other half of a mathematics paper."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

from prism_eval.twins.canvas import Sketch
from prism_eval.twins.figures import figure, figure_png
from prism_eval.twins.scene import Question, Scene, asked, number

_NAMES = "ABCDEFGHKLMNPQRSTUVW"


def cuboid(rng: random.Random) -> Scene:
    """A box with its three edges."""
    name = rng.choice(_NAMES) + str(rng.randint(1, 9))
    length, height, depth = rng.randint(7, 14), rng.randint(3, 9), rng.randint(2, 6)
    w, h, d = 26 * length, 20 * height, 16 * depth
    x, y = 60, 110 + h
    front = [(x, y), (x + w, y), (x + w, y - h), (x, y - h)]
    sketch = Sketch(w + d + 170, y + 60)
    sketch.polygon(*front, fill="#dfe9f7")
    sketch.polygon(front[3], front[2], (x + w + d, y - h - d * 0.7), (x + d, y - h - d * 0.7), fill="#f0f5fc")
    sketch.polygon(front[1], (x + w + d, y - d * 0.7), (x + w + d, y - h - d * 0.7), front[2], fill="#c3d5ee")
    sketch.text(x + w / 2, y + 22, f"{length} cm", size=16)
    sketch.text(x + w + d / 2 + 36, y - d * 0.35 + 14, f"{depth} cm", size=16)
    sketch.text(x + w + d + 36, y - h / 2 - d * 0.7, f"{height} cm", size=16)
    sketch.text(x + w / 2, y - h / 2, name, size=22, serif=True)
    sides = length * height + length * depth + height * depth
    box = f"cuboid {name}"
    return Scene(png=sketch.png(), subject="Solid Geometry", questions=(
        asked(rng, f"area of the base of {box} in square centimetres", length * depth, step=2,
              kind="Area of Rectangles"),
        asked(rng, f"volume of {box} in cubic centimetres", length * depth * height, step=length,
              kind="Volume of Cuboids"),
        asked(rng, f"total length of all edges of {box} in centimetres", 4 * (length + depth + height), step=4,
              kind="Edges of Cuboids"),
        asked(rng, f"surface area of {box} in square centimetres", 2 * sides, step=6, kind="Surface Area of Cuboids"),
    ))  # fmt: skip


def cylinder(rng: random.Random) -> Scene:
    """A cylinder with radius and height."""
    name = rng.choice(_NAMES) + str(rng.randint(1, 9))
    radius, height = rng.randint(2, 9), rng.randint(4, 15)
    from_top, wide = 90, 130
    sketch = Sketch(400, 420)
    sketch.box(200 - wide, from_top, 2 * wide, 240, fill="#f7eadf")
    for y, fill in ((from_top + 240, "#f7eadf"), (from_top, "#fdf6ef")):
        points = [
            (200 + wide * math.cos(math.radians(step)), y + 36 * math.sin(math.radians(step)))
            for step in range(0, 360, 6)
        ]
        sketch.polygon(*points, fill=fill, edge="#1d2733" if y == from_top else None)
    sketch.line(
        *[
            (200 + wide * math.cos(math.radians(step)), from_top + 240 + 36 * math.sin(math.radians(step)))
            for step in range(0, 181, 6)
        ]
    )
    sketch.line((200 - wide, from_top), (200 - wide, from_top + 240))
    sketch.line((200 + wide, from_top), (200 + wide, from_top + 240))
    sketch.line((200, from_top), (200 + wide, from_top), colour="#b3261e")
    sketch.text(262, from_top - 13, f"{radius} cm", size=15, colour="#b3261e")
    sketch.text(366, from_top + 130, f"{height} cm", size=15)
    sketch.text(200, from_top + 140, name, size=22, serif=True)
    solid = f"cylinder {name}"
    return Scene(png=sketch.png(), subject="Solid Geometry", questions=(
        asked(rng, f"diameter of {solid} in centimetres", 2 * radius, step=2, kind="Diameters"),
        asked(rng, f"area of the base of {solid} as a multiple of π", radius**2, unit="π", step=radius,
              kind="Area of Circles"),
        asked(rng, f"volume of {solid} as a multiple of π", radius**2 * height, unit="π", step=radius,
              kind="Volume of Cylinders"),
    ))  # fmt: skip


def cubes(rng: random.Random) -> Scene:
    """Towers of unit cubes side by side."""
    name = rng.choice(_NAMES) + str(rng.randint(1, 9))
    towers = [rng.randint(1, 5) for _ in range(rng.randint(4, 6))]
    sketch = Sketch(460, 424)
    for column, tall in enumerate(towers):
        for level in range(tall):
            _cube(sketch, 50 + column * 58, 310 - level * 58)
    sketch.text(230, 398, f"Stack {name}", size=18, serif=True)
    stack = f"stack {name}"
    return Scene(png=sketch.png(), subject="Solid Geometry", questions=(
        asked(rng, f"number of cubes in the tallest tower of {stack}", max(towers), kind="Observing Objects"),
        asked(rng, f"total number of cubes in {stack}", sum(towers), kind="Counting Cubes"),
        asked(rng, f"number of cubes missing to make every tower of {stack} as tall as its tallest",
              max(towers) * len(towers) - sum(towers), kind="Combining Solids"),
    ))  # fmt: skip


def _cube(sketch: Sketch, x: float, y: float, *, edge: float = 58, lean: float = 18) -> None:
    top, right = y - lean, x + edge + lean
    sketch.polygon((x, y), (x + edge, y), (right, top), (x + lean, top), fill="#fff3d6")
    sketch.polygon((x + edge, y), (right, top), (right, top + edge), (x + edge, y + edge), fill="#d9ae57")
    sketch.box(x, y, edge, edge, fill="#f0cd83", edge="#1d2733")


def straight_line(rng: random.Random) -> Scene:
    """The graph of a linear function through two marked grid points."""
    slope = rng.choice((-3, -2, -1, 1, 2, 3))
    start = rng.choice([value for value in range(-4, 5) if value != 0])
    at = rng.choice((-1, 1, 2))
    line = f"line {rng.choice(_NAMES)}{rng.randint(11, 99)}"
    marked = [(0, start), (at, slope * at + start)]
    png = _graph(lambda x: slope * x + start, marked, f"Line {line.split()[1]}", below=slope > 0)
    return Scene(png=png, subject="Functions", questions=(
        _signed(rng, f"slope of {line}", slope, "Slope of a Line"),
        _signed(rng, f"y-intercept of {line}", start, "Intercepts"),
        _signed(rng, f"value of y at x = {at + 4} on {line}", slope * (at + 4) + start, "Values of Functions"),
    ))  # fmt: skip


def parabola(rng: random.Random) -> Scene:
    """The graph of a quadratic function with its vertex marked."""
    across, up, bend = rng.randint(-3, 3), rng.randint(-4, 4), rng.choice((-1, 1))
    curve = f"parabola {rng.choice(_NAMES)}{rng.randint(11, 99)}"
    png = _graph(
        lambda x: bend * (x - across) ** 2 + up, [(across, up)], f"Parabola {curve.split()[1]}", below=bend > 0
    )
    extreme = "minimum" if bend > 0 else "maximum"
    return Scene(png=png, subject="Functions", questions=(
        _signed(rng, f"x-coordinate of the vertex of {curve}", across, "Vertex of a Parabola"),
        _signed(rng, f"{extreme} value of y on {curve}", up, "Extreme Values"),
        _signed(rng, f"value of y at x = {across + 3} on {curve}", bend * 9 + up, "Values of Functions"),
    ))  # fmt: skip


def _signed(rng: random.Random, what: str, value: int, kind: str) -> Question:
    wrong = rng.sample([number(other) for other in range(value - 8, value + 9) if other != value], 9)
    return Question(
        text=f"What is the {what}?", answer=number(value), fact=f"The {what} is {number(value)}.", wrong=tuple(wrong),
        kind=kind,
    )  # fmt: skip


def _graph(function: Callable[[float], float], marked: list[tuple[int, int]], title: str, *, below: bool) -> bytes:
    made = figure(460, 460)
    axes = made.add_subplot()
    xs = [step / 20 for step in range(-160, 161)]
    inside = [(x, function(x)) for x in xs if -8 <= function(x) <= 8]
    axes.plot([x for x, _ in inside], [y for _, y in inside], color="#2f6fc4", linewidth=2.4)
    for x, y in marked:
        axes.plot([x], [y], "o", color="#b3261e", markersize=7)
        axes.annotate(f"({x}, {y})", (x, y), (9, -17 if below else 6), textcoords="offset points",
                      fontsize=13, color="#b3261e",
                      bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.9, "pad": 1})  # fmt: skip
    axes.set_title(title, fontsize=14)
    axes.set_xlim(-8, 8)
    axes.set_ylim(-8, 8)
    axes.set_xticks(range(-8, 9, 2))
    axes.set_yticks(range(-8, 9, 2))
    axes.grid(color="#dfe3e8")
    axes.axhline(0, color="#1d2733", linewidth=1.2)
    axes.axvline(0, color="#1d2733", linewidth=1.2)
    axes.spines[["top", "right"]].set_visible(False)
    return figure_png(made)
