"""A street with houses, trees and a vehicle: a plain everyday picture."""

from __future__ import annotations

import random

from prism_eval.twins.canvas import INK, Sketch
from prism_eval.twins.pools import CITIES, COLOURS, PLACES
from prism_eval.twins.questions import ask
from prism_eval.twins.scene import Said, drawn

_SKIES = {"sunny": "#bfe3ff", "cloudy": "#cdd5dc", "starry": "#1b2a4a", "rainy": "#9fb1c0"}
_DARK = "#222222"
# The boxes of each one's body, the one on the wheels first, and of its windows: x from its back, y, width, height.
_VEHICLES = {
    "bus": ([(0, 356, 190, 64)], [(10 + 36 * window, 366, 28, 22) for window in range(5)]),
    "car": ([(0, 394, 110, 26), (22, 370, 66, 28)], [(28, 376, 24, 16), (58, 376, 24, 16)]),
    "truck": ([(0, 400, 160, 20), (0, 356, 114, 64), (116, 376, 44, 44)], [(130, 382, 24, 16)]),
}


@drawn("street", 720, 460)
def street(sketch: Sketch, rng: random.Random) -> Said:
    """Three or five houses, so that there is one in the middle for the sign."""
    name, weather, sign = f"{rng.choice(CITIES)} Street", rng.choice(list(_SKIES)), rng.choice(PLACES)
    # One colour more than there are houses: the vehicle's, which no house has.
    paint, *houses = rng.sample(list(COLOURS), rng.choice((4, 6)))
    trees, vehicle, width = rng.randint(1, 5), rng.choice(list(_VEHICLES)), 640 / len(houses)
    _sky(sketch, weather)
    sketch.box(0, 310, 720, 60, fill="#9bbf7a")
    sketch.box(0, 370, 720, 90, fill="#5b616a")
    for x in range(20, 720, 90):
        sketch.box(x, 412, 46, 6, fill="white")
    for index, colour in enumerate(houses):
        _house(sketch, 40 + index * width, width * 0.72, COLOURS[colour], sign if index == len(houses) // 2 else "")
    for index in range(trees):
        x = 70 + index * 580 // (trees - 1) if trees > 1 else 360
        sketch.box(x - 5, 322, 10, 44, fill="#7a4f2a")
        sketch.disc(x, 310, 26, fill="#3f8f4a", edge="#2c6b36")
    _vehicle(sketch, vehicle, COLOURS[paint], rng.randint(20, 260))
    sketch.box(490, 436, 220, 22, name, fill="#1f4e8c", round_by=5, bold=True, colour="white")
    yield f"The picture shows {name} with {'three' if len(houses) == 3 else 'five'} houses."
    yield ask(f"colour of the {vehicle} on {name}", paint, COLOURS)
    yield ask(f"weather on {name}", weather, _SKIES)
    yield ask(f"number of trees on {name}", trees)
    yield ask(f"colour of the leftmost house on {name}", houses[0], COLOURS)
    yield ask(f"word on the sign of the middle house on {name}", sign, PLACES)
    yield ask(f"colour of the rightmost house on {name}", houses[-1], COLOURS)


def _sky(sketch: Sketch, weather: str) -> None:
    # Over the paper, whose colour is chosen before the weather is.
    sketch.box(0, 0, 720, 310, fill=_SKIES[weather])
    # Steps that share no factor with the width scatter stars and drops without a random number.
    stars = [(30 + index * 29 % 690, 20 + index * 53 % 120, 2) for index in range(24)]
    clouds = [(x + a, y, r) for x, y in ((110, 60), (330, 44), (560, 66)) for a, r in ((0, 26), (30, 34), (62, 24))]
    fill, discs = {
        "sunny": ("#ffd23f", [(640, 66, 38)]), "starry": ("#f5f0d8", [(640, 66, 26), *stars]),
        "cloudy": ("#f4f6f8", clouds), "rainy": ("#6c7a88", clouds),
    }[weather]  # fmt: skip
    for x, y, radius in discs:
        sketch.disc(x, y, radius, fill=fill, edge=None)
    for index in range(40 if weather == "rainy" else 0):
        x, y = 12 + index * 67 % 700, 100 + index * 41 % 190
        sketch.line((x, y), (x - 5, y + 15), colour="#e4eef6", width=1.5)


def _house(sketch: Sketch, x: float, width: float, colour: str, sign: str) -> None:
    sketch.box(x, 190, width, 150, fill=colour, edge=INK)
    sketch.polygon((x - 12, 190), (x + width / 2, 122), (x + width + 12, 190), fill="#6d4c41")
    sketch.box(x + width * 0.4, 276, width * 0.2, 64, fill="#f2e6d0", edge=INK)
    for across in (0.12, 0.68):
        sketch.box(x + width * across, 246, width * 0.2, 34, fill="#e6f2fa", edge=INK)
    if sign:
        sketch.box(x + 6, 202, width - 12, 30, sign.upper(), fill="white", edge=INK, size=15, bold=True)


def _vehicle(sketch: Sketch, vehicle: str, colour: str, x: float) -> None:
    bodies, windows = _VEHICLES[vehicle]
    for across, y, wide, high in bodies:
        sketch.box(x + across, y, wide, high, fill=colour, edge=_DARK, round_by=8)
    for across, y, wide, high in windows:
        sketch.box(x + across, y, wide, high, fill="#dceaf5", edge=_DARK, width=1)
    for wheel in (x + 28, x + bodies[0][2] - 26):
        sketch.disc(wheel, 422, 13, fill=_DARK)
        sketch.disc(wheel, 422, 5, fill="#bbbbbb", edge=None)
