"""Scores over runs in the order in which they were made, with a cross where an entry fell below its best."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from prism_eval.leaderboard.history import History
from prism_eval.report.figures.dots import SHAPES
from prism_eval.report.figures.svg import INK, RULE, SERIES, canvas, inline
from prism_eval.report.text import one_line

if TYPE_CHECKING:
    from markupsafe import Markup
    from matplotlib.axes import Axes

_WIDTH, _HEIGHT = 760, 340
_LABELS = 12
"""As many runs as have their days beside each other."""
_NAME = 24
_SIDE = 0.07
"""How far the marks of two entries of one run stand apart, of the way to the next run."""


def score_history(name: str, histories: Sequence[History]) -> Markup:
    """A line an entry.

    Args:
        name: What no other figure of the page is called.
        histories: At most `SHAPES` of them.
    """
    with canvas(_WIDTH, _HEIGHT) as figure:
        axes = figure.add_axes((0.075, 0.24, 0.905, 0.66))
        draw_timeline(axes, histories, colours=SERIES, cross=INK)
        axes.grid(visible=True, axis="y", color=RULE)
        return inline(figure, name, "Scores over the runs with their intervals; the tables have the numbers")


def draw_timeline(axes: Axes, histories: Sequence[History], *, colours: Sequence[str], cross: str) -> None:
    """Draw scores with their 95 % intervals over the runs.

    Args:
        axes: Where.
        histories: Any number of them.
        colours: For one after another, and again from the first.
        cross: The colour of what marks the first run that fell.
    """
    points = {point.where: point for one in histories for point in one.points}
    runs = sorted(points.values(), key=lambda point: (point.created, point.where))
    places = {point.where: number for number, point in enumerate(runs)}
    for number, one in enumerate(histories):
        shift = (number - (len(histories) - 1) / 2) * _SIDE
        scored = [(places[point.where] + shift, point.score) for point in one.points if point.score]
        colour = colours[number % len(colours)]
        axes.errorbar(
            [place for place, _ in scored],
            [100 * score.value for _, score in scored],
            [
                [100 * (score.value - score.low) for _, score in scored],
                [100 * (score.high - score.value) for _, score in scored],
            ],
            marker=SHAPES[number % len(SHAPES)],
            markersize=6,
            linewidth=1.3,
            elinewidth=1.0,
            color=colour,
            label=one_line(one.label, _NAME),
        )
        if (fell := one.first_below) and fell.score:
            place = places[fell.where] + shift
            axes.plot(place, 100 * fell.score.value, "x", color=cross, markersize=14, markeredgewidth=2)
    # Counted from the newest, which is the one that is looked for.
    shown = runs[:: -max(1, -(-len(runs) // _LABELS))]
    ticks = [point.day or one_line(Path(point.where).name, _NAME) for point in shown]
    axes.set_xticks([places[point.where] for point in shown], ticks, rotation=30, ha="right")
    axes.set_xlim(-0.5, max(len(runs) - 0.5, 0.5))
    axes.set_ylabel("score, 95 % interval")
    axes.legend(frameon=False, ncols=3, loc="lower left", bbox_to_anchor=(-0.01, 1.0), fontsize=11, borderaxespad=0.1)
