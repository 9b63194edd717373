"""Figures of courses, as university exams show them."""

from __future__ import annotations

import functools
import itertools
import random

from prism_eval.twins.canvas import INK, RED, Point, Sketch, around
from prism_eval.twins.pools import CITIES, COLOURS, COMPANIES, PEOPLE, tag
from prism_eval.twins.questions import ask
from prism_eval.twins.scene import Said, drawn

_GROUPS = ("OH", "NH2", "Cl", "Br", "F", "CHO", "COOH", "SH", "NO2", "CN", "I", "OCH3")


@drawn("Electronics", 560, 370)
def circuit(sketch: Sketch, rng: random.Random) -> Said:
    """Three resistors in series with a battery."""
    name, ohms, current = tag(rng), rng.sample(range(2, 28), 3), rng.randint(2, 9)
    sketch.polygon((80, 90), (480, 90), (480, 290), (80, 290))
    for index, resistance in enumerate(ohms):
        x = 120 + index * 120
        sketch.box(x, 74, 72, 32, fill="white")
        # A zigzag that starts and ends on the wire.
        sketch.line(*((x + 9 * step, 90 + up) for step, up in enumerate((0, 14, -14, 14, -14, 14, -14, 14, 0))))
        sketch.text(x + 36, 58, f"R{index + 1} = {resistance} Ω", size=15)
    sketch.box(262, 276, 36, 28, fill="white")
    sketch.line((264, 262), (264, 318), width=3)
    sketch.line((296, 276), (296, 304), width=7)
    sketch.arrow((480, 160), (480, 226), colour=RED, width=3, head=14)
    sketch.text(446, 190, f"{current} A", size=16, colour=RED, anchor="rm")
    sketch.caption(f"Circuit {name}")
    volts = functools.partial(ask, step=current, unit=" V")
    yield ask(f"total resistance of the series circuit {name}", sum(ohms), step=2, unit=" Ω")
    yield volts(f"voltage of the battery in circuit {name}", sum(ohms) * current)
    yield volts(f"voltage drop across resistor R2 of circuit {name}", ohms[1] * current)


@drawn("Music", 640, 270)
def staff(page: Sketch, rng: random.Random) -> Said:
    """A melody on a treble staff."""
    composer, steps = rng.choice(PEOPLE), [rng.randint(0, 7) for _ in range(8)]
    highest, picked = rng.sample(range(8), 2)
    steps[highest] = 8  # higher than the rest, so that there is one highest note
    page.text(320, 34, f"Melody by {composer}", size=19, bold=True, serif=True)
    for line in range(5):
        page.line((30, 100 + line * 20), (610, 100 + line * 20), width=1.5)
    for x, y, sign, size in ((60, 138, "G", 56), (104, 121, "4", 34), (104, 160, "4", 34)):
        page.text(x, y, sign, size=size, serif=True, bold=True)
    for index, step in enumerate(steps):
        # From the middle line upwards, stems hang down on the left.
        x, y, up = 160 + index * 55, 180 - step * 10, 1 if step < 4 else -1
        page.disc(x, y, 10, fill=INK)
        page.line((x + 9 * up, y), (x + 9 * up, y - 56 * up), width=2.5)
        page.text(x, 252, str(index + 1), size=13, colour="#6b7480")
    page.line((352, 100), (352, 180), width=1.5)
    page.line((606, 100), (606, 180), width=3)
    # The lines and spaces of a treble staff from the lowest line on.
    pitches = "EFGABCDEF"[steps[picked]]
    yield ask(f"pitch name of note number {picked + 1} in the melody by {composer}", pitches, "CDEFGAB")
    yield ask(f"number of the highest note in the melody by {composer}", highest + 1)


@drawn("Chemistry", 460, 420)
def molecule(sketch: Sketch, rng: random.Random) -> Said:
    """A ring of six with chains on it, as a chemist draws them."""
    name, groups, spots = tag(rng), rng.sample(_GROUPS, 3), sorted(rng.sample(range(6), 3))
    outer, inner = ([around(230, 200, radius, 90 - 60 * index) for index in range(6)] for radius in (88, 70))
    sketch.polygon(*outer, width=2.5)
    # Every second bond is double.
    for index in (0, 2, 4):
        sketch.line(inner[index], inner[index + 1], width=2.5)
    for index in range(6):
        sketch.text(*around(230, 200, 52, 90 - 60 * index), str(index + 1), colour="#6b7480")
    for spot, group in zip(spots, groups, strict=True):
        sketch.line(outer[spot], around(230, 200, 128, 90 - 60 * spot), width=2.5)
        sketch.text(*around(230, 200, 152, 90 - 60 * spot), group, size=19, bold=True, colour="#8a2be2")
    sketch.caption(f"Compound {name}")
    yield ask(f"substituent at carbon {spots[0] + 1} of compound {name}", groups[0], _GROUPS)
    yield ask(f"substituent at carbon {spots[2] + 1} of compound {name}", groups[2], _GROUPS)
    yield ask(f"number of the carbon that carries {groups[1]} in compound {name}", str(spots[1] + 1), "123456")


@drawn("Accounting", 560, 360)
def ledger(page: Sketch, rng: random.Random) -> Said:
    """An income statement."""
    firm = rng.choice(COMPANIES)
    limits = ("Sales", 60, 99), ("Cost of goods sold", 15, 30), ("Wages", 5, 12), ("Rent", 1, 5), ("Depreciation", 1, 4)
    entries = {name: 10 * rng.randint(low, high) for name, low, high in limits}
    sales, goods, wages, rent, _ = entries.values()
    title = f"{firm}: income statement (thousand $)"
    page.box(20, 16, 520, 46, title, fill="#264653", size=17, bold=True, colour="white")
    for row, (name, value) in enumerate((*entries.items(), ("Net income", "?"))):
        y, is_last = 92 + row * 46, row == len(entries)
        page.box(20, y - 23, 520, 46, fill="white" if is_last or row % 2 == 0 else "#f1f4f6")
        page.text(40, y, name, size=17, anchor="lm", bold=is_last)
        page.text(520, y, str(value), size=17, anchor="rm", bold=is_last)
    page.line((20, 299), (540, 299), width=3)
    amount = functools.partial(ask, step=10)
    # The sum of the entries holds the sales once, too.
    yield amount(f"net income of {firm} in thousand dollars", 2 * sales - sum(entries.values()))
    yield amount(f"gross profit of {firm} in thousand dollars", sales - goods)
    yield amount(f"sum of wages and rent at {firm} in thousand dollars", wages + rent)


@drawn("Computer_Science", 560, 340)
def tree(sketch: Sketch, rng: random.Random) -> Said:
    """A binary search tree."""
    name, numbers = tag(rng), rng.sample(range(11, 99), 10)
    # In order from left to right, so the index of a key is its rank; three more are not in the tree.
    keys, pool = sorted(numbers[:7]), [str(key) for key in sorted(numbers)]
    places = ((80, 250), (150, 160), (220, 250), (280, 70), (340, 250), (410, 160), (480, 250))
    for parent, child in ((3, 1), (3, 5), (1, 0), (1, 2), (5, 4), (5, 6)):
        sketch.line(places[parent], places[child])
    for key, (x, y) in zip(keys, places, strict=True):
        sketch.disc(x, y, 27, str(key), fill="#e5eefb", width=2.5, size=18, bold=True)
    sketch.caption(f"Search tree {name}")
    yield ask(f"root key of search tree {name}", str(keys[3]), pool)
    # The root, its left child, that one's left child, then its right one.
    yield ask(f"fourth key in a pre-order traversal of search tree {name}", str(keys[2]), pool)
    yield ask(f"right child of the right child of the root of search tree {name}", str(keys[6]), pool)


@drawn("Geography", 560, 470, paper="#f4f7ea")
def contours(page: Sketch, rng: random.Random) -> Said:
    """A contour map of a hill with two marked spots."""
    hill, base, step = rng.choice(CITIES), 100 * rng.randint(1, 9), rng.choice((20, 25, 50))
    heights, spots = [base + ring * step for ring in range(5)], rng.sample(range(5), 2)
    page.text(280, 26, f"Contour map: {hill} hill (metres)", size=17, bold=True)
    for ring, height in enumerate(heights):
        # Each ring a little to the right, so that one slope of the hill is steeper.
        x, wide = 280 + ring * 8, 240 - ring * 44
        page.disc(x, 248, wide, flat=0.75, edge="#9a6b3a")
        # The number interrupts its line, as on a map.
        page.box(x - 20, 238 + 0.75 * wide, 40, 19, f"{height}", fill="#f4f7ea", size=13, bold=True, colour="#7a4a1c")
    for letter, side, ring in zip("PQ", (-1, 1), spots, strict=True):
        x = 280 + ring * 8 + side * (240 - ring * 44)
        page.disc(x, 248, 6, fill=RED)
        page.text(x + 2, 228, letter, size=17, bold=True, colour=RED)
    page.text(280, 452, "P and Q lie on contour lines", size=13)
    p, q = (heights[ring] for ring in spots)
    yield ask(f"contour interval in metres on the map of {hill} hill", step, step=5)
    yield ask(f"height difference in metres between P and Q on {hill} hill", abs(p - q), step=step)
    yield ask(f"height in metres of point P on {hill} hill", p, step=step)


@drawn("Mechanical_Engineering", 420, 420)
def pulley(sketch: Sketch, rng: random.Random) -> Said:
    """Two weights over a pulley."""
    name, light, more = tag(rng), rng.randint(2, 9), rng.randint(2, 9)
    sketch.box(60, 20, 300, 18, fill="#8b8f96")
    sketch.line((210, 38), (210, 100), width=4)
    sketch.disc(210, 110, 52, fill="#e9dcc3", width=3)
    sketch.disc(210, 110, 7, fill=INK)
    # The second is always the heavier one, and so hangs lower and is larger.
    for x, y, label, size in ((158, 230, "m1", 56), (262, 290, "m2", 78)):
        sketch.line((x, 110), (x, y), width=2.5)
        sketch.box(x - size / 2, y, size, size, label, fill="#9fb9d9", edge=INK, size=17, bold=True)
    sketch.text(120, 258, f"{light} kg", size=17, anchor="rm")
    sketch.text(311, 329, f"{light + more} kg", size=17, anchor="lm")
    sketch.caption(f"Apparatus {name}")
    newtons = functools.partial(ask, step=10, unit=" N")
    yield ask(f"total mass hanging from the pulley of apparatus {name}", 2 * light + more, unit=" kg")
    yield newtons(f"net driving force in apparatus {name} with g = 10 m/s²", 10 * more)
    yield newtons(f"weight of mass m2 in apparatus {name} with g = 10 m/s²", 10 * (light + more))


@drawn("History", 760, 260)
def timeline(page: Sketch, rng: random.Random) -> Said:
    """A dynasty on a time line."""
    # All of different length, so that one reign is the longest.
    realm, rulers, reigns = rng.choice(CITIES), rng.sample(PEOPLE, 5), rng.sample(range(9, 49), 5)
    years, picked = list(itertools.accumulate(reigns, initial=rng.randint(1210, 1590))), rng.randrange(5)
    page.text(380, 32, f"Rulers of the house of {realm}", size=19, bold=True, serif=True)
    page.arrow((30, 150), (740, 150), width=4, head=18)
    for index, year in enumerate(years):
        page.line((60 + index * 126, 136), (60 + index * 126, 164), width=3)
        page.text(60 + index * 126, 184, str(year), size=16, bold=True)
    for index, (ruler, colour) in enumerate(zip(rulers, COLOURS.values(), strict=False)):
        page.box(68 + index * 126, 92, 110, 38, ruler, fill=colour, round_by=8, size=15, bold=True, colour="white")
    longest = rulers[reigns.index(max(reigns))]
    yield ask(f"number of years that {rulers[picked]} of the house of {realm} ruled", reigns[picked], step=3)
    yield ask(f"third ruler of the house of {realm}", rulers[2], PEOPLE)
    yield ask(f"ruler of the house of {realm} with the longest reign", longest, PEOPLE)


@drawn("Biology", 500, 380)
def pedigree(sketch: Sketch, rng: random.Random) -> Said:
    """Three generations; filled symbols are affected."""
    family = rng.choice(PEOPLE)
    places: tuple[Point, ...] = (
        (150, 70), (250, 70), (90, 180), (190, 180), (310, 180), (410, 180), (310, 290), (410, 290),
    )  # fmt: skip
    # Neither hardly anybody nor nearly everybody.
    affected, males = set(rng.sample(places, rng.randint(2, 6))), set(rng.sample(places, 4))
    for across, down, children in ((150, 70, (90, 190, 310)), (310, 180, (310, 410))):
        sketch.line((across, down), (across + 100, down))
        sketch.line((across + 50, down), (across + 50, down + 55))
        sketch.line((children[0], down + 55), (children[-1], down + 55))
        for child in children:
            sketch.line((child, down + 55), (child, down + 110))
    for person, (x, y) in enumerate(places, start=1):
        fill, colour = (INK, "white") if (x, y) in affected else ("white", INK)
        if (x, y) in males:
            sketch.box(x - 22, y - 22, 44, 44, fill=fill, edge=INK)
        else:
            sketch.disc(x, y, 23, fill=fill)
        sketch.text(x, y, str(person), size=15, bold=True, colour=colour)
    sketch.caption(f"Pedigree of the {family} family (filled: affected)")
    filled = f"number of squares, which stand for males, in the {family} pedigree that are filled"
    yield ask(f"number of affected people in the pedigree of the {family} family", len(affected))
    yield ask(filled, len(affected & males))
    yield ask(f"number of unaffected people drawn as symbols in the {family} family tree", 8 - len(affected))


@drawn("Design", 620, 340)
def swatches(page: Sketch, rng: random.Random) -> Said:
    """A designer's colour plan."""
    owner, colours, areas = rng.choice(PEOPLE), rng.sample(list(COLOURS), 5), rng.sample(range(6, 38), 5)
    parts, (one, two) = ("wall", "floor", "ceiling", "door", "curtain"), rng.sample(range(5), 2)
    page.text(310, 32, f"Colour plan for {owner}'s studio", size=19, bold=True)
    for x, part, colour, area in zip(range(24, 604, 116), parts, colours, areas, strict=True):
        page.box(x, 64, 106, 150, fill=COLOURS[colour], edge=INK, width=1.5, round_by=8)
        page.text(x + 53, 238, part, size=16, bold=True)
        page.text(x + 53, 266, f"{area} m²", size=16)
    yield ask(f"colour of the {parts[one]} in the studio of {owner}", colours[one], COLOURS)
    yield ask(f"area of the {parts[two]} in the studio of {owner}", areas[two], step=2, unit=" m²")
    yield ask(f"total painted area in the studio of {owner}", sum(areas), step=3, unit=" m²")


FIGURES = (circuit, staff, molecule, ledger, tree, contours, pulley, timeline, pedigree, swatches)
