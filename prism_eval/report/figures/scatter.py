"""Scores against what a caption costs: its length, or the size of the model that wrote it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from prism_eval.report.figures.svg import INK, PAPER, QUIET, RULE, SERIES, canvas, inline
from prism_eval.report.scale import scale_of
from prism_eval.statistics import Estimate

if TYPE_CHECKING:
    from markupsafe import Markup
    from matplotlib.axes import Axes

_WIDTH, _HEIGHT = 560, 380
_LETTER, _LINE, _GAP = 6.3, 13.0, 8.0
"""Width of a letter and height of a line of a label, and its distance from its mark, in units of the figure."""
_MOST_LINES, _PIECES = 9, 24
"""How many lines up or down a label may go to be alone, and how finely a curve is looked at."""
_FAR, _LEFT, _BOTTOM = 1.5 * _LINE, 0.1 * _WIDTH, 0.14 * _HEIGHT
"""From where on a label needs a line to its mark, and where the axes stand."""

_Box = tuple[float, float, float, float]
"""Left, bottom, right and top of a label."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One captioner in a plot.

    Attributes:
        label: Its name.
        x: What is across: words, tokens, billions of parameters.
        score: What is up.
        control: Whether it is a control, which is drawn as a cross.
    """

    label: str
    x: float
    score: Estimate
    control: bool = False


def score_against(
    name: str, marks: Sequence[Mark], *, across: str, curves: Sequence[Sequence[Mark]] = (), logarithmic: bool = False
) -> Markup:
    """A scatter plot of scores with their intervals.

    Args:
        name: What no other figure of the page is called.
        marks: All captioners, those of the curves too.
        across: The title of the horizontal axis, with its unit.
        curves: Captioners that differ in ``x`` alone, each joined by a line in the order given.
        logarithmic: Whether equal distances across are equal ratios.
    """
    with canvas(_WIDTH, _HEIGHT) as figure:
        axes = figure.add_axes((_LEFT / _WIDTH, _BOTTOM / _HEIGHT, 0.87, 0.83))
        _scales(axes, marks, logarithmic=logarithmic)
        axes.set_xlabel(across)
        axes.set_ylabel("score, points out of 100")
        for curve in curves:
            axes.plot(
                [mark.x for mark in curve], [100 * mark.score.value for mark in curve], color=SERIES[0], linewidth=1.4
            )
        for mark in marks:
            _draw(axes, mark, on_curve=any(mark in curve for curve in curves))
        for mark, (x, y, side) in zip(marks, _places(axes, marks, curves), strict=True):
            _write(axes, mark, x, y, side)
        return inline(figure, name, f"Score against {across}; the table beside it has the numbers")


def _scales(axes: Axes, marks: Sequence[Mark], *, logarithmic: bool) -> None:
    up = scale_of(end for mark in marks for end in (100 * mark.score.low, 100 * mark.score.high))
    axes.set_ylim(up.low, up.high)
    axes.set_yticks(up.ticks, [f"{tick:g}" for tick in up.ticks])
    if logarithmic:
        axes.set_xscale("log", base=2)
        # Sizes of models are few and uneven: ticks stand where there is one, not at powers of two.
        known = sorted({mark.x for mark in marks})
        axes.set_xlim(known[0] / 1.6, known[-1] * 1.6)
        axes.set_xticks(known, [f"{tick:g}" for tick in known])
        axes.set_xticks([], minor=True)
    else:
        wide = scale_of([0.0, *(mark.x for mark in marks)])
        axes.set_xlim(wide.low, wide.high)
        axes.set_xticks(wide.ticks, [f"{tick:,g}" for tick in wide.ticks])
    axes.grid(visible=True, color=RULE)


def _draw(axes: Axes, mark: Mark, *, on_curve: bool) -> None:
    score, colour = mark.score, QUIET if mark.control else SERIES[0]
    axes.plot([mark.x, mark.x], [100 * score.low, 100 * score.high], color=colour, linewidth=1.3)
    # A control is a cross and a point of a curve is hollow, so that neither hangs on its colour.
    axes.plot(
        [mark.x],
        [100 * score.value],
        marker="x" if mark.control else "o",
        markersize=7,
        color=colour,
        markerfacecolor=PAPER if on_curve else colour,
        markeredgewidth=1.6,
        clip_on=False,
    )


def _write(axes: Axes, mark: Mark, x: float, y: float, side: str) -> None:
    """A mark's label, with a thin line to the mark where another's label had to be let through."""
    across, up = axes.transData.transform((mark.x, 100 * mark.score.value))
    if abs(y - up) > _FAR:
        axes.annotate(
            "",
            (x, y),
            xytext=(across, up),
            xycoords="figure pixels",
            textcoords="figure pixels",
            arrowprops={"arrowstyle": "-", "color": QUIET, "linewidth": 0.7, "shrinkA": 5, "shrinkB": 2},
        )
    axes.annotate(mark.label, (x, y), xycoords="figure pixels", ha=side, va="center", fontsize=11, color=INK)


def _places(axes: Axes, marks: Sequence[Mark], curves: Sequence[Sequence[Mark]]) -> Iterator[tuple[float, float, str]]:
    """Where each label stands and which of its sides is there: near its mark, where least is in its way."""
    dots = [axes.transData.transform((mark.x, 100 * mark.score.value)) for mark in marks]
    taken = [(x - 5, y - 5, x + 5, y + 5) for x, y in dots]
    taken += [box for curve in curves for ends in pairwise(curve) for box in _along(axes, *ends)]
    for mark, (x, y) in zip(marks, dots, strict=True):
        width = len(mark.label) * _LETTER
        candidates = [
            ("left", x + _GAP, y),
            ("right", x - _GAP, y),
            *(
                (side, x + shift * max(1, lines / 2), y + up * lines * _LINE)
                for lines in range(1, _MOST_LINES)
                for up in (1, -1)
                for side, shift in (("left", _GAP), ("right", -_GAP))
            ),
        ]
        boxes = [_box(*candidate, width) for candidate in candidates]
        hidden = [_outside(box) + sum(_overlap(box, other) for other in taken) for box in boxes]
        # Of equally free places the first, so that equal marks are labelled alike and pages are byte for byte equal.
        best = min(range(len(boxes)), key=lambda place: (hidden[place], place))
        taken.append(boxes[best])
        side, left, up = candidates[best]
        yield left, up, side


def _along(axes: Axes, first: Mark, last: Mark) -> Iterator[_Box]:
    """Small boxes on the line between two marks, so that a label on it is in the way of something."""
    start, end = (axes.transData.transform((mark.x, 100 * mark.score.value)) for mark in (first, last))
    for part in range(1, _PIECES):
        x, y = start + (end - start) * part / _PIECES
        yield x - 3, y - 3, x + 3, y + 3


def _box(side: str, x: float, y: float, width: float) -> _Box:
    left = x if side == "left" else x - width
    return left, y - _LINE / 2, left + width, y + _LINE / 2


def _overlap(box: _Box, other: _Box) -> float:
    across = min(box[2], other[2]) - max(box[0], other[0])
    up = min(box[3], other[3]) - max(box[1], other[1])
    return max(0.0, across) * max(0.0, up)


def _outside(box: _Box) -> float:
    """How much of a box lies on the axes or beyond the figure."""
    beyond = (box[2] - _WIDTH, _LEFT - box[0], box[3] - _HEIGHT, _BOTTOM - box[1])
    return _LINE * sum(max(0.0, side) for side in beyond)
