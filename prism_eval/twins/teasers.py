"""Brain-teasers in pictures, as in mathematics competitions for the young."""

from __future__ import annotations

import random

from prism_eval.twins.canvas import BLUE, INK, RED, Sketch, around
from prism_eval.twins.pools import PEOPLE
from prism_eval.twins.questions import ask
from prism_eval.twins.scene import Said, drawn

_PIPS = {1: "e", 2: "ai", 3: "aei", 4: "acgi", 5: "acegi", 6: "acdfgi"}  # of a 3 x 3 grid read from a to i


@drawn("metric geometry - time", 380, 400)
def clock(sketch: Sketch, rng: random.Random) -> Said:
    """A clock face; how long until a given time."""
    owner, shown, later = rng.choice(PEOPLE), 60 * rng.randint(1, 11) + 5 * rng.randint(1, 11), 5 * rng.randint(3, 17)
    sketch.disc(190, 190, 150, fill="#fffdf5", width=5)
    for hour in range(1, 13):
        sketch.text(*around(190, 190, 124, 90 - 30 * hour), str(hour), size=20, bold=True)
    sketch.line((190, 190), around(190, 190, 72, 90 - shown / 2), width=8)
    sketch.line((190, 190), around(190, 190, 108, 90 - 6 * shown), width=4, colour=RED)
    sketch.disc(190, 190, 8, fill=INK)
    sketch.caption(f"{owner}'s clock", bold=False)
    # From 1:00 to 12:55: a clock face does not show half past zero.
    times = {minute: f"{minute // 60}:{minute % 60:02d}" for minute in range(60, 780, 5)}
    ended = times[(shown + later - 60) % 720 + 60]
    yield ask(f"time shown by the clock of {owner}", times[shown], times.values())
    yield ask(f"time {later} minutes after the one the clock of {owner} shows", ended, times.values())


@drawn("algebra", 460, 330)
def pyramid(sketch: Sketch, rng: random.Random) -> Said:
    """A number pyramid: each brick is the sum of the two below it; three are hidden behind letters."""
    owner, rows = rng.choice(PEOPLE), [[rng.randint(1, 9) for _ in range(4)]]
    while len(rows[-1]) > 1:
        rows.append([one + two for one, two in zip(rows[-1], rows[-1][1:], strict=False)])
    hidden = {(3, 0): "X", (2, 1): "Y", (1, 0): "Z"}
    for level, row in enumerate(rows):
        for index, value in enumerate(row):
            letter, place = hidden.get((level, index)), (30 + level * 50 + index * 100, 220 - level * 62, 100, 62)
            fill = "#f4d9c6" if letter else "#fdf3ea"
            sketch.box(*place, letter or str(value), fill=fill, edge=INK, size=22, bold=letter is not None)
    sketch.caption(f"{owner}'s pyramid", bold=False)
    for (level, index), letter in hidden.items():
        yield ask(f"number at brick {letter} in the number pyramid of {owner}", rows[level][index])


@drawn("counting", 444, 390)
def tiling(sketch: Sketch, rng: random.Random) -> Said:
    """A floor with some tiles shaded."""
    owner, wide, high = rng.choice(PEOPLE), rng.randint(5, 8), rng.randint(4, 6)
    cells = [(x, y) for x in range(wide) for y in range(high)]
    # At least six of each colour are to be counted.
    shaded = rng.sample(cells, rng.randint(6, wide * high - 6))
    for x, y in cells:
        place = 222 + (x - wide / 2) * 48, 172 + (y - high / 2) * 48, 48, 48
        sketch.box(*place, fill="#5b8bd0" if (x, y) in shaded else "white", edge=INK)
    sketch.caption(f"{owner}'s floor", bold=False)
    dark, white = len(shaded), len(cells) - len(shaded)
    yield ask(f"number of shaded tiles on the floor of {owner}", dark)
    yield ask(f"number of white tiles on the floor of {owner}", white)
    yield ask(f"difference between shaded and white tiles on the floor of {owner}", abs(dark - white), step=2)


@drawn("algebra", 480, 330)
def balance(sketch: Sketch, rng: random.Random) -> Said:
    """Scales in balance: balls on one side, a weight on the other."""
    # More balls than lie on the scales, so that their weight is not the one that is read.
    owner, balls, each, more = rng.choice(PEOPLE), rng.randint(2, 5), rng.randint(3, 17), rng.randint(2, 6)
    sketch.polygon((240, 120), (200, 290), (280, 290), fill="#c9b79c")
    sketch.line((60, 120), (420, 120), width=7)
    for x in (100, 380):
        sketch.line((x, 120), (x - 60, 200), (x + 60, 200), (x, 120))
        sketch.box(x - 70, 200, 140, 12, fill="#7d8794", round_by=5)
    for ball in range(balls):
        sketch.disc(113 + (ball - balls / 2) * 26, 187, 12, fill="#d23b3b")
    sketch.box(342, 142, 76, 58, f"{balls * each} g", fill="#56606d", round_by=8, size=20, bold=True, colour="white")
    sketch.caption(f"{owner}'s scales", bold=False)
    yield ask(f"weight in grams of a single ball on the scales of {owner}", each)
    more += balls
    yield ask(f"total weight in grams of {more} such balls on the scales of {owner}", more * each, step=each)


@drawn("arithmetic", 616, 190)
def dice(sketch: Sketch, rng: random.Random) -> Said:
    """A few dice, their tops seen from above; opposite faces add to seven."""
    owner, tops = rng.choice(PEOPLE), [rng.randint(1, 6) for _ in range(rng.randint(4, 6))]
    for index, top in enumerate(tops):
        x = 316 + (index - len(tops) / 2) * 96
        sketch.box(x, 36, 80, 80, fill="#fffdf5", edge=INK, round_by=14, width=3)
        for place in map("abcdefghi".index, _PIPS[top]):
            sketch.disc(x + 18 + place % 3 * 22, 54 + place // 3 * 22, 8, fill=INK)
    sketch.caption(f"{owner}'s dice", bold=False)
    yield ask(f"sum of the dots on top of the dice thrown by {owner}", sum(tops))
    yield ask(f"sum of the dots at the bottom of the dice thrown by {owner}", 7 * len(tops) - sum(tops))


@drawn("metric geometry - length", 640, 270)
def ruler(sketch: Sketch, rng: random.Random) -> Said:
    """Pencils above a ruler that does not start at them."""
    owner, lengths = rng.choice(PEOPLE), rng.sample(range(4, 12), 2)
    sketch.box(20, 160, 600, 60, fill="#fbe9a9", edge=INK)
    for mark in range(15):
        sketch.line((40 + mark * 40, 160), (40 + mark * 40, 184))
        sketch.text(40 + mark * 40, 202, str(mark), size=15)
    for y, length, colour in zip((60, 115), lengths, (BLUE, "#d23b3b"), strict=True):
        # Never at zero: a length is a difference of two readings.
        left = 40 + rng.randint(1, 3) * 40
        tip = left + length * 40
        sketch.box(left, y, length * 40 - 26, 26, fill=colour, edge=INK)
        sketch.polygon((tip - 26, y), (tip, y + 13), (tip - 26, y + 26), fill="#f0d2a8")
        for end in (left, tip):
            sketch.dashed((end, y + 26), (end, 160), colour="#8b8f96", width=1)
    sketch.caption(f"{owner}'s pencils", bold=False)
    yield ask(f"length in centimetres of the blue pencil of {owner}", lengths[0])
    yield ask(f"length in centimetres of the red pencil of {owner}", lengths[1])
    yield ask(f"difference in centimetres between the pencils of {owner}", abs(lengths[0] - lengths[1]))


TEASERS = (clock, pyramid, tiling, balance, dice, ruler)
