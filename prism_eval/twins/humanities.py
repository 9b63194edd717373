"""Figures from economics, the arts, history and geography courses."""

from __future__ import annotations

import itertools
import math
import random

from prism_eval.twins.canvas import Sketch
from prism_eval.twins.figures import figure, figure_png
from prism_eval.twins.pools import CITIES, COLOURS, COMPANIES, CROPS, PEOPLE
from prism_eval.twins.scene import Scene, asked, named

_PITCHES = ("C", "D", "E", "F", "G", "A", "B")


def market(rng: random.Random) -> Scene:
    """Supply and demand."""
    good = rng.choice(CROPS)
    price, quantity = rng.randint(8, 30), 10 * rng.randint(4, 13)
    rise, fall = rng.choice((0.1, 0.15)), rng.choice((0.1, 0.12))
    made = figure(540, 460)
    axes = made.add_subplot()
    xs = (10, 2 * quantity - 10)
    reach = quantity - 10
    axes.plot(xs, (price + fall * reach, price - fall * reach), color="#2f6fc4", linewidth=2.4)
    axes.plot(xs, (price - rise * reach, price + rise * reach), color="#d23b3b", linewidth=2.4)
    axes.text(xs[1], price - fall * reach, " D", fontsize=14, color="#2f6fc4", va="center")
    axes.text(xs[1], price + rise * reach, " S", fontsize=14, color="#d23b3b", va="center")
    axes.plot((quantity, quantity, 0), (price - 1.4 * rise * reach, price, price), color="#777777", linestyle=":")
    axes.set_xticks([quantity], [str(quantity)], fontsize=13)
    axes.set_yticks([price], [str(price)], fontsize=13)
    axes.set_xlim(0, 2 * quantity + 6)
    axes.set_ylim(price - 1.4 * rise * reach, price + 1.4 * rise * reach)
    axes.set_xlabel("Quantity (tonnes)", fontsize=12)
    axes.set_ylabel("Price (dollars)", fontsize=12)
    axes.set_title(f"Market for {good}", fontsize=15)
    return Scene(png=figure_png(made), subject="Economics", questions=(
        asked(rng, f"equilibrium price in dollars in the market for {good}", price, step=2),
        asked(rng, f"equilibrium quantity in tonnes in the market for {good}", quantity, step=10),
        asked(rng, f"total revenue in dollars at equilibrium in the market for {good}", price * quantity, step=price),
    ))  # fmt: skip


def ledger(rng: random.Random) -> Scene:
    """An income statement."""
    firm = rng.choice(COMPANIES)
    sales = 10 * rng.randint(60, 99)
    costs = {
        "Cost of goods sold": 10 * rng.randint(15, 30), "Wages": 10 * rng.randint(5, 12),
        "Rent": 10 * rng.randint(1, 5), "Depreciation": 10 * rng.randint(1, 4),
    }  # fmt: skip
    page = Sketch(560, 360)
    page.box(20, 16, 520, 46, fill="#264653")
    page.text(280, 39, f"{firm}: income statement (thousand $)", size=17, bold=True, colour="white", room=500)
    for row, (name, value) in enumerate([("Sales", sales), *costs.items()]):
        y = 92 + row * 46
        page.box(20, y - 23, 520, 46, fill="#f1f4f6" if row % 2 else "white")
        page.text(40, y, name, size=17, anchor="lm")
        page.text(520, y, str(value), size=17, anchor="rm")
    page.line((20, 302), (540, 302), width=3)
    page.text(40, 328, "Net income", size=17, bold=True, anchor="lm")
    page.text(520, 328, "?", size=17, bold=True, anchor="rm")
    goods = costs["Cost of goods sold"]
    return Scene(png=page.png(), subject="Accounting", questions=(
        asked(rng, f"net income of {firm} in thousand dollars", sales - sum(costs.values()), step=10),
        asked(rng, f"gross profit of {firm} in thousand dollars", sales - goods, step=10),
        asked(rng, f"sum of wages and rent at {firm} in thousand dollars", costs["Wages"] + costs["Rent"], step=10),
    ))  # fmt: skip


def staff(rng: random.Random) -> Scene:
    """A melody on a treble staff."""
    composer = rng.choice(PEOPLE)
    steps = [rng.randint(0, 8) for _ in range(8)]
    while steps.count(max(steps)) > 1:
        steps[rng.randrange(8)] = rng.randint(0, 8)
    page = Sketch(640, 270)
    page.text(320, 34, f"Melody by {composer}", size=19, bold=True, serif=True)
    for line in range(5):
        page.line((30, 100 + line * 20), (610, 100 + line * 20), width=1.5)
    page.text(60, 138, "G", size=56, serif=True, bold=True)
    page.text(104, 121, "4", size=34, serif=True, bold=True)
    page.text(104, 160, "4", size=34, serif=True, bold=True)
    for index, step in enumerate(steps):
        x, y = 160 + index * 55, 180 - step * 10
        page.disc(x, y, 10, fill="#1d2733")
        page.line((x + 9, y), (x + 9, y - 56) if step < 4 else (x + 9, y), width=2.5)
        page.line((x - 9, y), (x - 9, y + 56) if step >= 4 else (x - 9, y), width=2.5)
        page.text(x, 252, str(index + 1), size=13, colour="#6b7480")
    page.line((352, 100), (352, 180), width=1.5)
    page.line((606, 100), (606, 180), width=3)
    pitches = [_PITCHES[(step + 2) % 7] for step in steps]
    pick, top = rng.randrange(8), steps.index(max(steps))
    while pick == top:
        pick = rng.randrange(8)
    numbers = [f"Note {index}" for index in range(1, 11)]
    return Scene(png=page.png(), subject="Music", questions=(
        named(f"pitch name of note number {pick + 1} in the melody by {composer}", pitches[pick], _PITCHES),
        named(f"highest note in the melody by {composer}", f"Note {top + 1}", numbers),
    ))  # fmt: skip


def timeline(rng: random.Random) -> Scene:
    """A dynasty on a time line."""
    realm = rng.choice(CITIES)
    rulers, first = rng.sample(PEOPLE, 5), rng.randint(1210, 1590)
    years = [first]
    for _ in range(5):
        years.append(years[-1] + rng.randint(9, 48))
    page = Sketch(760, 260)
    page.text(380, 32, f"Rulers of the house of {realm}", size=19, bold=True, serif=True)
    page.arrow((30, 150), (740, 150), width=4, head=18)
    for index, year in enumerate(years):
        x = 60 + index * 126
        page.line((x, 136), (x, 164), width=3)
        page.text(x, 184, str(year), size=16, bold=True)
        if index < 5:
            page.box(x + 8, 92, 110, 38, fill=list(COLOURS.values())[index], round_by=8)
            page.text(x + 63, 111, rulers[index], size=15, bold=True, colour="white", room=100)
    reigns = [later - earlier for earlier, later in itertools.pairwise(years)]
    pick = rng.randrange(5)
    longest = rulers[reigns.index(max(reigns))]
    return Scene(png=page.png(), subject="History", questions=(
        asked(rng, f"number of years that {rulers[pick]} of the house of {realm} ruled", reigns[pick], step=3),
        named(f"third ruler of the house of {realm}", rulers[2], PEOPLE),
        named(f"ruler of the house of {realm} with the longest reign", longest, PEOPLE)
        if reigns.count(max(reigns)) == 1
        else asked(rng, f"year in which the house of {realm} ended", years[-1], step=9),
    ))  # fmt: skip


def contours(rng: random.Random) -> Scene:
    """A contour map of a hill with a few marked spots."""
    hill = rng.choice(CITIES)
    base, step = 100 * rng.randint(1, 9), rng.choice((20, 25, 50))
    page = Sketch(560, 470, paper="#f4f7ea")
    page.text(280, 26, f"Contour map: {hill} hill (metres)", size=17, bold=True)
    rings = 5
    for ring in range(rings):
        wide, high = 240 - ring * 44, 180 - ring * 33
        page.polygon(*_oval(280 + ring * 8, 248, wide, high), edge="#9a6b3a", fill=None, width=2)
        height = str(base + ring * step)
        page.box(280 + ring * 8 - 20, 248 + high - 10, 40, 19, fill="#f4f7ea")
        page.text(280 + ring * 8, 248 + high, height, size=13, bold=True, colour="#7a4a1c")
    spots = rng.sample(range(rings), 2)
    for letter, ring in zip("PQ", spots, strict=True):
        x = 280 + ring * 8 + (240 - ring * 44) * (-1 if letter == "P" else 1)
        page.disc(x, 248, 6, fill="#b3261e")
        page.text(x + 2, 228, letter, size=17, bold=True, colour="#b3261e")
    page.text(280, 452, "P and Q lie on contour lines", size=13)
    p, q = (base + ring * step for ring in spots)
    return Scene(png=page.png(), subject="Geography", questions=(
        asked(rng, f"contour interval in metres on the map of {hill} hill", step, step=5),
        asked(rng, f"height difference in metres between P and Q on {hill} hill", abs(p - q), step=step),
        asked(rng, f"height in metres of point P on {hill} hill", p, step=step),
    ))  # fmt: skip


def _oval(x: float, y: float, wide: float, high: float) -> list[tuple[float, float]]:
    angles = [math.radians(angle) for angle in range(0, 360, 5)]
    return [(x + wide * math.cos(angle), y + high * math.sin(angle)) for angle in angles]


def swatches(rng: random.Random) -> Scene:
    """A designer's colour plan."""
    room = rng.choice(PEOPLE)
    parts = ("wall", "floor", "ceiling", "door", "curtain")
    colours = rng.sample(list(COLOURS), 5)
    shares = rng.sample(range(6, 38), 5)
    page = Sketch(620, 340)
    page.text(310, 32, f"Colour plan for {room}'s studio", size=19, bold=True)
    for index, (part, colour, share) in enumerate(zip(parts, colours, shares, strict=True)):
        x = 24 + index * 116
        page.box(x, 64, 106, 150, fill=COLOURS[colour], edge="#1d2733", width=1.5, round_by=8)
        page.text(x + 53, 238, part, size=16, bold=True)
        page.text(x + 53, 266, f"{share} m²", size=16)
    pick, other = rng.sample(range(5), 2)
    return Scene(png=page.png(), subject="Design", questions=(
        named(f"colour of the {parts[pick]} in the studio of {room}", colours[pick], tuple(COLOURS)),
        asked(rng, f"area of the {parts[other]} in the studio of {room}", shares[other], unit=" m²", step=2),
        asked(rng, f"total painted area in the studio of {room}", sum(shares), unit=" m²", step=3),
    ))  # fmt: skip
