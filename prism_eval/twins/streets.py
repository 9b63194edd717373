"""A street with houses, trees and a vehicle: a plain everyday picture."""

from __future__ import annotations

import random
from dataclasses import dataclass

from prism_eval.twins.canvas import Sketch
from prism_eval.twins.pools import CITIES, COLOURS, PLACES
from prism_eval.twins.scene import Question, Scene, asked, named

_COUNTS = ("one", "two", "three", "four", "five", "six")
_SKIES = {"sunny": "#bfe3ff", "cloudy": "#cdd5dc", "starry": "#1b2a4a", "rainy": "#9fb1c0"}
_VEHICLES = ("bus", "car", "truck")


@dataclass(frozen=True, slots=True)
class _Street:
    name: str
    sky: str
    houses: tuple[str, ...]
    sign: str
    trees: int
    vehicle: str
    paint: str
    kerb: int


def street(rng: random.Random) -> Scene:
    """One street scene with six questions."""
    houses = tuple(rng.sample(list(COLOURS), rng.choice((3, 5))))
    seen = _Street(
        name=f"{rng.choice(CITIES)} Street",
        sky=rng.choice(list(_SKIES)),
        houses=houses,
        sign=rng.choice(PLACES),
        trees=rng.randint(1, 5),
        vehicle=rng.choice(_VEHICLES),
        paint=rng.choice([colour for colour in COLOURS if colour not in houses]),
        kerb=rng.randint(20, 260),
    )
    asides = (f"The picture shows {seen.name} with {_COUNTS[len(houses) - 1]} houses.",)
    return Scene(png=_picture(seen), subject="street", questions=tuple(_questions(rng, seen)), asides=asides)


def _questions(rng: random.Random, seen: _Street) -> list[Question]:
    colours, where = tuple(COLOURS), f"on {seen.name}"
    return [
        named(f"colour of the {seen.vehicle} {where}", seen.paint, colours, kind="fine-grained perception"),
        named(f"weather {where}", seen.sky, tuple(_SKIES), kind="coarse perception"),
        asked(rng, f"number of trees {where}", seen.trees, kind="instance reasoning"),
        named(f"colour of the leftmost house {where}", seen.houses[0], colours, kind="fine-grained perception"),
        named(f"word on the sign of the middle house {where}", seen.sign, PLACES, kind="fine-grained perception"),
        named(f"colour of the rightmost house {where}", seen.houses[-1], colours, kind="instance reasoning"),
    ]


def _picture(seen: _Street) -> bytes:
    sketch = Sketch(720, 460, paper=_SKIES[seen.sky])
    _sky(sketch, seen.sky)
    sketch.box(0, 310, 720, 60, fill="#9bbf7a")
    sketch.box(0, 370, 720, 90, fill="#5b616a")
    for x in range(20, 720, 90):
        sketch.box(x, 412, 46, 6, fill="white")
    width = 640 / len(seen.houses)
    for index, colour in enumerate(seen.houses):
        middle = index == len(seen.houses) // 2
        _house(sketch, 40 + index * width, width * 0.72, COLOURS[colour], seen.sign if middle else None)
    for index in range(seen.trees):
        _tree(sketch, 70 + index * 580 / max(1, seen.trees - 1) if seen.trees > 1 else 360)
    _vehicle(sketch, seen.vehicle, COLOURS[seen.paint], seen.kerb)
    sketch.box(490, 436, 220, 22, fill="#1f4e8c", round_by=5)
    sketch.text(600, 447, seen.name, size=14, bold=True, colour="white", room=200)
    return sketch.png()


def _sky(sketch: Sketch, sky: str) -> None:
    if sky == "sunny":
        sketch.disc(640, 66, 38, fill="#ffd23f", edge=None)
    if sky == "starry":
        sketch.disc(640, 66, 26, fill="#f5f0d8", edge=None)
        for index in range(24):
            sketch.disc(30 + index * 29 % 690, 20 + index * 53 % 120, 2, fill="white", edge=None)
    if sky in ("cloudy", "rainy"):
        for x, y in ((110, 60), (330, 44), (560, 66)):
            for across, radius in ((0, 26), (30, 34), (62, 24)):
                sketch.disc(x + across, y, radius, fill="#f4f6f8" if sky == "cloudy" else "#6c7a88", edge=None)
    if sky == "rainy":
        for index in range(40):
            x, y = 12 + index * 67 % 700, 100 + index * 41 % 190
            sketch.line((x, y), (x - 5, y + 15), colour="#e4eef6", width=1.5)


def _house(sketch: Sketch, x: float, width: float, colour: str, sign: str | None) -> None:
    sketch.box(x, 190, width, 150, fill=colour, edge="#2b2b2b")
    sketch.polygon((x - 12, 190), (x + width / 2, 122), (x + width + 12, 190), fill="#6d4c41")
    sketch.box(x + width * 0.4, 276, width * 0.2, 64, fill="#f2e6d0", edge="#2b2b2b")
    for across in (0.12, 0.68):
        sketch.box(x + width * across, 246, width * 0.2, 34, fill="#e6f2fa", edge="#2b2b2b")
    if sign is not None:
        sketch.box(x + 6, 202, width - 12, 30, fill="white", edge="#2b2b2b")
        sketch.text(x + width / 2, 217, sign.upper(), size=15, bold=True, room=width - 22)


def _tree(sketch: Sketch, x: float) -> None:
    sketch.box(x - 5, 322, 10, 44, fill="#7a4f2a")
    sketch.disc(x, 310, 26, fill="#3f8f4a", edge="#2c6b36")


def _vehicle(sketch: Sketch, vehicle: str, colour: str, x: float) -> None:
    length = {"bus": 190, "truck": 160, "car": 110}[vehicle]
    if vehicle == "car":
        sketch.polygon((x + 22, 396), (x + 38, 372), (x + 80, 372), (x + 96, 396), fill="#dceaf5")
        sketch.box(x, 394, length, 26, fill=colour, edge="#222222", round_by=8)
    elif vehicle == "bus":
        sketch.box(x, 356, length, 64, fill=colour, edge="#222222", round_by=8)
        for window in range(5):
            sketch.box(x + 10 + window * 36, 366, 28, 22, fill="#dceaf5", edge="#222222", width=1)
    else:
        sketch.box(x, 356, length - 46, 64, fill=colour, edge="#222222")
        sketch.box(x + length - 44, 376, 44, 44, fill=colour, edge="#222222", round_by=6)
        sketch.box(x + length - 30, 382, 24, 16, fill="#dceaf5", edge="#222222", width=1)
    for wheel in (x + 28, x + length - 26):
        sketch.disc(wheel, 422, 13, fill="#222222")
        sketch.disc(wheel, 422, 5, fill="#bbbbbb", edge=None)
