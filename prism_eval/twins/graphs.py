"""Curves on axes: the graphs of functions, a market, a patient's temperature."""

from __future__ import annotations

import functools
import math
import random
from collections.abc import Callable, Iterable

from prism_eval.twins.canvas import BLUE, INK, RED, Point, Sketch
from prism_eval.twins.pools import CROPS, PALETTES, PEOPLE, tag
from prism_eval.twins.questions import ask, upper
from prism_eval.twins.scene import Said, drawn

_GRID = "#dde1e6"
# Numbers on a graph may be negative, so the wrong ones may be too.
_signed = functools.partial(ask, least=-math.inf)


@drawn("Functions", 460, 460)
def straight_line(sketch: Sketch, rng: random.Random) -> Said:
    """The graph of a linear function through two marked grid points."""
    slopes, starts = (-3, -2, -1, 1, 2, 3), (-4, -3, -2, -1, 1, 2, 3, 4)
    slope, start, at = rng.choice(slopes), rng.choice(starts), rng.choice((-1, 1, 2))
    line = f"line {tag(rng)}"
    _graph(sketch, line, lambda x: slope * x + start, (0, at), below=slope > 0)
    yield _signed(f"slope of {line}", slope, kind="Slope of a Line")
    yield _signed(f"y-intercept of {line}", start, kind="Intercepts")
    yield _signed(f"value of y at x = {at + 4} on {line}", slope * (at + 4) + start, kind="Values of Functions")


@drawn("Functions", 460, 460)
def parabola(sketch: Sketch, rng: random.Random) -> Said:
    """The graph of a quadratic function with its vertex marked."""
    across, up, bend = rng.randint(-3, 3), rng.randint(-4, 4), rng.choice((-1, 1))
    curve = f"parabola {tag(rng)}"
    _graph(sketch, curve, lambda x: bend * (x - across) ** 2 + up, (across,), below=bend > 0)
    extreme = "minimum" if bend > 0 else "maximum"
    yield _signed(f"x-coordinate of the vertex of {curve}", across, kind="Vertex of a Parabola")
    yield _signed(f"{extreme} value of y on {curve}", up, kind="Extreme Values")
    yield _signed(f"value of y at x = {across + 3} on {curve}", bend * 9 + up, kind="Values of Functions")


@drawn("Economics", 540, 460)
def market(sketch: Sketch, rng: random.Random) -> Said:
    """Supply and demand."""
    good, price, quantity = rng.choice(CROPS), rng.randint(8, 30), 10 * rng.randint(4, 13)
    rise, fall = (rng.choice(slopes) * (quantity - 10) for slopes in ((0.1, 0.15), (0.1, 0.12)))
    at = _axes(sketch, f"Market for {good}", (0, 2 * quantity + 6), (price - 1.4 * rise, price + 1.4 * rise))
    sketch.dashed(at(quantity, price - 1.4 * rise), at(quantity, price), colour="#777777")
    sketch.dashed(at(0, price), at(quantity, price), colour="#777777")
    for name, colour, up in (("D", BLUE, -fall), ("S", "#d23b3b", rise)):
        sketch.line(at(10, price - up), at(2 * quantity - 10, price + up), colour=colour, width=3)
        sketch.text(*at(2 * quantity - 4, price + up), name, size=18, colour=colour, anchor="lm")
    sketch.text(*at(quantity, price - 1.5 * rise), str(quantity), size=18)
    sketch.text(*at(-0.05 * quantity, price), str(price), size=18, anchor="rm")
    sketch.labels((290, 440, "Quantity (tonnes)"), (66, 38, "Price (dollars)"), size=16)
    yield ask(f"equilibrium price in dollars in the market for {good}", price, step=2)
    yield ask(f"equilibrium quantity in tonnes in the market for {good}", quantity, step=10)
    yield ask(f"total revenue in dollars at equilibrium in the market for {good}", price * quantity, step=price)


@drawn("Clinical_Medicine", 700, 420)
def vitals(sketch: Sketch, rng: random.Random) -> Said:
    """A patient's temperature chart."""
    patient, readings = rng.choice(PEOPLE), [tenths / 10 for tenths in rng.sample(range(362, 402), 7)]
    days, peak = range(1, 8), readings.index(max(readings)) + 1
    # Not the peak: its temperature would be another question's answer.
    picked, colour = rng.choice([day for day in days if day != peak]), rng.choice(PALETTES)[0]
    at = _axes(sketch, f"Body temperature (°C) by day, patient {patient}", (0.6, 7.4), (36, 40.6))
    for tick in range(36, 41):
        sketch.line(at(0.6, tick), at(7.4, tick), colour=_GRID, width=1)
        sketch.text(*at(0.5, tick), str(tick), anchor="rm")
    sketch.dashed(at(0.6, 38), at(7.4, 38), width=1.5)
    sketch.line(*map(at, days, readings), colour=colour, width=2.5)
    for day, value in zip(days, readings, strict=True):
        x, y = at(day, value)
        sketch.disc(x, y, 4, fill=colour, edge=None)
        # On white, for the line may pass behind the number.
        sketch.box(x - 20, y - 27, 40, 18, f"{value}", fill="white", size=15)
        sketch.text(*at(day, 35.7), str(day), size=15)
    fever = sum(value > 38 for value in readings)
    yield ask(f"number of the day on which the temperature of patient {patient} peaks", peak)
    yield ask(f"temperature of patient {patient} on day {picked}", readings[picked - 1], step=0.3, unit=" °C")
    yield ask(f"number of days patient {patient} spent above the dashed line", fever)


def _axes(sketch: Sketch, title: str, xs: Point, ys: Point) -> Callable[[float, float], Point]:
    """Draw a frame under a title; what comes back places values from ``xs[0]`` to ``xs[1]`` and likewise in it."""
    wide, high = sketch.width - 90, sketch.height - 110
    sketch.text(sketch.width / 2, 24, title, size=19)
    sketch.box(60, 55, wide, high, edge=INK, width=1.5)
    return lambda x, y: (60 + (x - xs[0]) / (xs[1] - xs[0]) * wide, 55 + (ys[1] - y) / (ys[1] - ys[0]) * high)


def _graph(
    sketch: Sketch, title: str, function: Callable[[float], float], marked: Iterable[int], *, below: bool
) -> None:
    at = _axes(sketch, upper(title), (-8, 8), (-8, 8))
    for tick in range(-8, 9, 2):
        look, width = (_GRID, 1) if tick else (INK, 2)
        sketch.line(at(tick, -8), at(tick, 8), colour=look, width=width)
        sketch.line(at(-8, tick), at(8, tick), colour=look, width=width)
        sketch.labels((*at(tick, -8.6), str(tick)), (*at(-8.7, tick), str(tick)))
    inside = [x for x in (step / 20 for step in range(-160, 161)) if -8 <= function(x) <= 8]
    sketch.line(*(at(x, function(x)) for x in inside), colour=BLUE, width=3)
    for mark in marked:
        x, y = at(mark, function(mark))
        sketch.disc(x, y, 5, fill=RED, edge=None)
        label = f"({mark}, {function(mark)})"
        # Beside the curve, on the side that it does not turn to.
        sketch.box(x + 9, y + (6 if below else -26), 10 * len(label), 20, label, fill="white", size=17, colour=RED)
