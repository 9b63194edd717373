"""Brain-teasers in pictures, as in mathematics competitions for the young."""

from __future__ import annotations

import random

from prism_eval.twins.canvas import Point, Sketch, around
from prism_eval.twins.pools import PEOPLE
from prism_eval.twins.scene import Question, Scene, asked


def clock(rng: random.Random) -> Scene:
    """A clock face; how long until a given time."""
    owner = rng.choice(PEOPLE)
    hour, minute = rng.randint(1, 11), 5 * rng.randint(1, 11)
    later = 5 * rng.randint(3, 17)
    sketch = Sketch(380, 400)
    sketch.disc(190, 190, 150, fill="#fffdf5", width=5)
    for mark in range(1, 13):
        sketch.text(*around(190, 190, 124, 90 - 30 * mark), str(mark), size=20, bold=True)
    sketch.line((190, 190), around(190, 190, 72, 90 - 30 * hour - minute / 2), width=8)
    sketch.line((190, 190), around(190, 190, 108, 90 - 6 * minute), width=4, colour="#b3261e")
    sketch.disc(190, 190, 8, fill="#1d2733")
    sketch.text(190, 376, f"{owner}'s clock", size=16)
    ended = (hour * 60 + minute + later - 60) % 720 + 60
    return _scene(sketch, "metric geometry - time", (
        _timed(rng, f"time shown by the clock of {owner}", hour * 60 + minute),
        _timed(rng, f"time {later} minutes after the one the clock of {owner} shows", ended),
    ))  # fmt: skip


def _timed(rng: random.Random, what: str, minutes: int) -> Question:
    wrong = [value for value in range(60, 780, 5) if value != minutes and abs(value - minutes) % 60 in (0, 5, 30, 55)]
    return Question(
        text=f"What is the {what}?", answer=_time(minutes), fact=f"The {what} is {_time(minutes)}.",
        wrong=tuple(_time(value) for value in rng.sample(wrong, 9)),
    )  # fmt: skip


def _time(minutes: int) -> str:
    return f"{minutes // 60}:{minutes % 60:02d}"


def pyramid(rng: random.Random) -> Scene:
    """A number pyramid: each brick is the sum of the two below it; the top and one more are missing."""
    owner = rng.choice(PEOPLE)
    rows = [[rng.randint(1, 9) for _ in range(4)]]
    while len(rows[-1]) > 1:
        rows.append([one + two for one, two in zip(rows[-1], rows[-1][1:], strict=False)])
    hidden = {(3, 0): "X", (2, 1): "Y", (1, 0): "Z"}
    sketch = Sketch(460, 330)
    for level, row in enumerate(rows):
        for index, value in enumerate(row):
            x, y = 30 + level * 50 + index * 100, 220 - level * 62
            sketch.box(x, y, 100, 62, fill="#f4d9c6" if (level, index) in hidden else "#fdf3ea", edge="#1d2733")
            sketch.text(x + 50, y + 31, hidden.get((level, index), str(value)), size=22, bold=(level, index) in hidden)
    sketch.text(230, 312, f"{owner}'s pyramid", size=16)
    wall = f"in the number pyramid of {owner}"
    return _scene(sketch, "algebra", (
        asked(rng, f"number at brick X {wall}", rows[3][0], step=1),
        asked(rng, f"number at brick Y {wall}", rows[2][1], step=1),
        asked(rng, f"number at brick Z {wall}", rows[1][0], step=1),
    ))  # fmt: skip


def tiling(rng: random.Random) -> Scene:
    """A grid with some cells shaded."""
    owner, wide, high = rng.choice(PEOPLE), rng.randint(5, 8), rng.randint(4, 6)
    shaded = set(rng.sample([(x, y) for x in range(wide) for y in range(high)], rng.randint(6, wide * high - 6)))
    sketch = Sketch(60 + wide * 48, 90 + high * 48)
    for x in range(wide):
        for y in range(high):
            fill = "#5b8bd0" if (x, y) in shaded else "white"
            sketch.box(30 + x * 48, 24 + y * 48, 48, 48, fill=fill, edge="#1d2733")
    sketch.text(30 + wide * 24, 60 + high * 48, f"{owner}'s floor", size=16)
    floor = f"the floor of {owner}"
    white = wide * high - len(shaded)
    return _scene(sketch, "counting", (
        asked(rng, f"number of shaded tiles on {floor}", len(shaded)),
        asked(rng, f"number of white tiles on {floor}", white),
        asked(rng, f"difference between shaded and white tiles on {floor}", abs(len(shaded) - white), step=2),
    ))  # fmt: skip


def balance(rng: random.Random) -> Scene:
    """Scales in balance: balls on one side, a weight on the other."""
    owner, balls, each = rng.choice(PEOPLE), rng.randint(2, 5), rng.randint(3, 17)
    more = balls + rng.randint(2, 6)
    sketch = Sketch(480, 330)
    sketch.polygon((240, 120), (200, 290), (280, 290), fill="#c9b79c")
    sketch.line((60, 120), (420, 120), width=7)
    for x in (100, 380):
        sketch.line((x, 120), (x - 60, 200), (x + 60, 200), (x, 120), width=2)
        sketch.box(x - 70, 200, 140, 12, fill="#7d8794", round_by=5)
    for ball in range(balls):
        sketch.disc(100 + (ball - (balls - 1) / 2) * 26, 187, 12, fill="#d23b3b")
    sketch.box(342, 142, 76, 58, fill="#56606d", round_by=8)
    sketch.text(380, 172, f"{balls * each} g", size=20, bold=True, colour="white")
    sketch.text(240, 312, f"{owner}'s scales", size=16)
    scales = f"on the scales of {owner}"
    return _scene(sketch, "algebra", (
        asked(rng, f"weight in grams of one red ball {scales}", each),
        asked(rng, f"weight in grams of {more} red balls {scales}", more * each, step=each),
    ))  # fmt: skip


def dice(rng: random.Random) -> Scene:
    """A few dice, their tops seen from above; opposite faces add to seven."""
    owner, tops = rng.choice(PEOPLE), [rng.randint(1, 6) for _ in range(rng.randint(4, 6))]
    sketch = Sketch(40 + len(tops) * 96, 190)
    for index, top in enumerate(tops):
        x = 30 + index * 96
        sketch.box(x, 36, 80, 80, fill="#fffdf5", edge="#1d2733", round_by=14, width=3)
        for across, down in _PIPS[top]:
            sketch.disc(x + 40 + across * 22, 76 + down * 22, 8, fill="#1d2733")
    sketch.text(20 + len(tops) * 48, 158, f"{owner}'s dice", size=16)
    thrown = f"the dice thrown by {owner}"
    return _scene(sketch, "arithmetic", (
        asked(rng, f"sum of the dots on top of {thrown}", sum(tops)),
        asked(rng, f"sum of the dots at the bottom of {thrown}", 7 * len(tops) - sum(tops)),
    ))  # fmt: skip


_PIPS: dict[int, tuple[Point, ...]] = {
    1: ((0, 0),),
    2: ((-1, -1), (1, 1)),
    3: ((-1, -1), (0, 0), (1, 1)),
    4: ((-1, -1), (1, -1), (-1, 1), (1, 1)),
    5: ((-1, -1), (1, -1), (0, 0), (-1, 1), (1, 1)),
    6: ((-1, -1), (1, -1), (-1, 0), (1, 0), (-1, 1), (1, 1)),
}


def ruler(rng: random.Random) -> Scene:
    """Pencils above a ruler that does not start at them."""
    owner, (one, two) = rng.choice(PEOPLE), rng.sample(range(4, 12), 2)
    starts = (rng.randint(1, 3), rng.randint(1, 3))
    sketch = Sketch(640, 270)
    sketch.box(20, 160, 600, 60, fill="#fbe9a9", edge="#1d2733")
    for mark in range(15):
        x = 40 + mark * 40
        sketch.line((x, 160), (x, 184), width=2)
        sketch.text(x, 202, str(mark), size=15)
    for y, start, length, colour in ((60, starts[0], one, "#2f6fc4"), (115, starts[1], two, "#d23b3b")):
        left, right = 40 + start * 40, 40 + (start + length) * 40
        sketch.box(left, y, right - left - 26, 26, fill=colour, edge="#1d2733")
        sketch.polygon((right - 26, y), (right, y + 13), (right - 26, y + 26), fill="#f0d2a8")
        for end in (left, right):
            sketch.dashed((end, y + 26), (end, 160), colour="#8b8f96", width=1)
    sketch.text(320, 248, f"{owner}'s pencils", size=16)
    return _scene(sketch, "metric geometry - length", (
        asked(rng, f"length in centimetres of the blue pencil of {owner}", one),
        asked(rng, f"length in centimetres of the red pencil of {owner}", two),
        asked(rng, f"difference in centimetres between the pencils of {owner}", abs(one - two)),
    ))  # fmt: skip


def _scene(sketch: Sketch, subject: str, questions: tuple[Question, ...]) -> Scene:
    return Scene(png=sketch.png(), subject=subject, questions=questions)


TEASERS = (clock, pyramid, tiling, balance, dice, ruler)
