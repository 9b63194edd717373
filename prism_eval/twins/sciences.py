"""Figures from science and engineering courses."""

from __future__ import annotations

import random

from prism_eval.twins.canvas import Point, Sketch, around
from prism_eval.twins.figures import figure, figure_png
from prism_eval.twins.pools import PALETTES, PEOPLE
from prism_eval.twins.scene import Scene, asked, named


def circuit(rng: random.Random) -> Scene:
    """Three resistors in series with a battery."""
    name = _tag(rng)
    parts = rng.sample(range(2, 28), 3)
    current = rng.randint(2, 9)
    sketch = Sketch(560, 370)
    sketch.line((80, 90), (480, 90), (480, 290), (80, 290), (80, 90))
    for index, ohms in enumerate(parts):
        x = 120 + index * 120
        points = [(x + step * 9, 90 + (0 if step in (0, 8) else 14 if step % 2 else -14)) for step in range(9)]
        sketch.box(x, 74, 72, 32, fill="white")
        sketch.line(*points)
        sketch.text(x + 36, 58, f"R{index + 1} = {ohms} Ω", size=15)
    sketch.box(262, 276, 36, 28, fill="white")
    sketch.line((264, 262), (264, 318), width=3)
    sketch.line((296, 276), (296, 304), width=7)
    sketch.text(280, 338, f"Circuit {name}", size=16, bold=True)
    sketch.arrow((480, 160), (480, 226), colour="#b3261e", width=3, head=14)
    sketch.text(446, 190, f"{current} A", size=16, colour="#b3261e", anchor="rm")
    total = sum(parts)
    return Scene(png=sketch.png(), subject="Electronics", questions=(
        asked(rng, f"total resistance of the series circuit {name}", total, unit=" Ω", step=2),
        asked(rng, f"voltage of the battery in circuit {name}", total * current, unit=" V", step=current),
        asked(rng, f"voltage drop across resistor R2 of circuit {name}", parts[1] * current, unit=" V", step=current),
    ))  # fmt: skip


def molecule(rng: random.Random) -> Scene:
    """A ring of six with chains on it, as a chemist draws them."""
    name = _tag(rng)
    groups = rng.sample(("OH", "NH2", "Cl", "Br", "F", "CHO", "COOH", "SH", "NO2", "CN", "I", "OCH3"), 3)
    spots = sorted(rng.sample(range(6), 3))
    sketch = Sketch(460, 420)
    ring = [around(230, 200, 88, 90 - 60 * index) for index in range(6)]
    inner = [around(230, 200, 70, 90 - 60 * index) for index in range(6)]
    sketch.polygon(*ring, width=2.5)
    for index in (0, 2, 4):
        sketch.line(inner[index], inner[index + 1], width=2.5)
    for spot, group in zip(spots, groups, strict=True):
        sketch.line(ring[spot], around(230, 200, 128, 90 - 60 * spot), width=2.5)
        sketch.text(*around(230, 200, 152, 90 - 60 * spot), group, size=19, bold=True, colour="#8a2be2")
    for index in range(6):
        sketch.text(*around(230, 200, 52, 90 - 60 * index), str(index + 1), size=14, colour="#6b7480")
    sketch.text(230, 396, f"Compound {name}", size=16, bold=True)
    pool = ("OH", "NH2", "Cl", "Br", "F", "CHO", "COOH", "SH", "NO2", "CN", "I", "OCH3")
    positions = ("1", "2", "3", "4", "5", "6")
    return Scene(png=sketch.png(), subject="Chemistry", questions=(
        named(f"substituent at carbon {spots[0] + 1} of compound {name}", groups[0], pool),
        named(f"substituent at carbon {spots[2] + 1} of compound {name}", groups[2], pool),
        named(f"number of the carbon that carries {groups[1]} in compound {name}", str(spots[1] + 1), positions),
    ))  # fmt: skip


def tree(rng: random.Random) -> Scene:
    """A binary search tree."""
    name, keys = _tag(rng), sorted(rng.sample(range(11, 99), 7))
    places = {3: (280, 70), 1: (150, 160), 5: (410, 160), 0: (80, 250), 2: (220, 250), 4: (340, 250), 6: (480, 250)}
    sketch = Sketch(560, 340)
    for parent, children in ((3, (1, 5)), (1, (0, 2)), (5, (4, 6))):
        for child in children:
            sketch.line(places[parent], places[child])
    for index, (x, y) in places.items():
        sketch.disc(x, y, 27, fill="#e5eefb", width=2.5)
        sketch.text(x, y, str(keys[index]), size=18, bold=True)
    sketch.text(280, 318, f"Search tree {name}", size=16, bold=True)
    pool = [str(key) for key in rng.sample([key for key in range(11, 99) if key not in keys], 3)]
    pool += [str(key) for key in keys]
    pre = [keys[index] for index in (3, 1, 0, 2, 5, 4, 6)]
    return Scene(png=sketch.png(), subject="Computer_Science", questions=(
        named(f"root key of search tree {name}", str(keys[3]), pool),
        named(f"fourth key in a pre-order traversal of search tree {name}", str(pre[3]), pool),
        named(f"right child of the right child of the root of search tree {name}", str(keys[6]), pool),
    ))  # fmt: skip


def pulley(rng: random.Random) -> Scene:
    """Two weights over a pulley."""
    name = _tag(rng)
    light = rng.randint(2, 9)
    heavy = light + rng.randint(2, 9)
    sketch = Sketch(420, 420)
    sketch.box(60, 20, 300, 18, fill="#8b8f96")
    sketch.line((210, 38), (210, 100), width=4)
    sketch.disc(210, 110, 52, fill="#e9dcc3", width=3)
    sketch.disc(210, 110, 7, fill="#1d2733")
    for x, bottom, mass, label, size in ((158, 230, light, "m1", 56), (262, 290, heavy, "m2", 78)):
        sketch.line((x, 110), (x, bottom), width=2.5)
        sketch.box(x - size / 2, bottom, size, size, fill="#9fb9d9", edge="#1d2733")
        sketch.text(x, bottom + size / 2, label, size=17, bold=True)
        sketch.text(x + (-size / 2 - 10 if x < 200 else size / 2 + 10), bottom + size / 2, f"{mass} kg", size=17,
                    anchor="rm" if x < 200 else "lm")  # fmt: skip
    sketch.text(210, 398, f"Apparatus {name}", size=16, bold=True)
    return Scene(png=sketch.png(), subject="Mechanical_Engineering", questions=(
        asked(rng, f"total mass hanging from the pulley of apparatus {name}", light + heavy, unit=" kg"),
        asked(rng, f"net driving force in apparatus {name} with g = 10 m/s²", 10 * (heavy - light), unit=" N", step=10),
        asked(rng, f"weight of mass m2 in apparatus {name} with g = 10 m/s²", 10 * heavy, unit=" N", step=10),
    ))  # fmt: skip


def pedigree(rng: random.Random) -> Scene:
    """Three generations; filled symbols are affected."""
    family = rng.choice(PEOPLE)
    places: dict[int, Point] = {
        1: (150, 70), 2: (250, 70), 3: (90, 180), 4: (190, 180), 5: (310, 180), 6: (410, 180), 7: (310, 290),
        8: (410, 290),
    }  # fmt: skip
    affected = set(rng.sample(list(places), rng.randint(2, 6)))
    square = set(rng.sample(list(places), 4))
    sketch = Sketch(500, 380)
    sketch.line((150, 70), (250, 70))
    sketch.line((200, 70), (200, 125))
    sketch.line((90, 125), (310, 125))
    for x in (90, 190, 310):
        sketch.line((x, 125), (x, 180))
    sketch.line((310, 180), (410, 180))
    sketch.line((360, 180), (360, 235))
    sketch.line((310, 235), (410, 235))
    for x in (310, 410):
        sketch.line((x, 235), (x, 290))
    for person, (across, down) in places.items():
        fill = "#1d2733" if person in affected else "white"
        if person in square:
            sketch.box(across - 22, down - 22, 44, 44, fill=fill, edge="#1d2733")
        else:
            sketch.disc(across, down, 23, fill=fill)
        sketch.text(across, down, str(person), size=15, bold=True, colour="white" if person in affected else "#1d2733")
    sketch.text(250, 356, f"Pedigree of the {family} family (filled: affected)", size=14, bold=True, room=470)
    men = len(affected & square)
    return Scene(png=sketch.png(), subject="Biology", questions=(
        asked(rng, f"number of affected people in the pedigree of the {family} family", len(affected)),
        asked(rng, f"number of squares, which stand for males, in the {family} pedigree that are filled", men),
        asked(rng, f"number of unaffected people drawn as symbols in the {family} family tree", 8 - len(affected)),
    ))  # fmt: skip


def vitals(rng: random.Random) -> Scene:
    """A patient's temperature chart."""
    patient, palette = rng.choice(PEOPLE), rng.choice(PALETTES)
    days = 7
    readings = [value / 10 for value in rng.sample(range(362, 402), days)]
    made = figure(700, 420)
    axes = made.add_subplot()
    axes.plot(range(1, days + 1), readings, "o-", color=palette[0], linewidth=2)
    for day, value in enumerate(readings, start=1):
        axes.annotate(f"{value}", (day, value), (0, 9), textcoords="offset points", ha="center", fontsize=11)
    axes.axhline(38, color="#b3261e", linestyle="--", linewidth=1.2)
    axes.set_title(f"Temperature chart, patient {patient}", fontsize=14)
    axes.set_xlabel("Day", fontsize=12)
    axes.set_ylabel("Body temperature (°C)", fontsize=12)
    axes.set_ylim(36, 40.6)
    axes.grid(color="#e1e4e8")
    peak = readings.index(max(readings)) + 1
    fever = sum(value > 38 for value in readings)
    pick = rng.choice([day for day in range(1, days + 1) if day != peak])
    return Scene(png=figure_png(made), subject="Clinical_Medicine", questions=(
        named(f"day on which the temperature of patient {patient} peaks", f"Day {peak}",
              [f"Day {day}" for day in range(1, 11)]),
        asked(rng, f"temperature of patient {patient} on day {pick}", readings[pick - 1], unit=" °C", step=0.3),
        asked(rng, f"number of days patient {patient} spent above the dashed line", fever),
    ))  # fmt: skip


def _tag(rng: random.Random) -> str:
    return f"{rng.choice('BCDFGHJKLMNPQRSTVWXZ')}{rng.randint(11, 99)}"
