"""Differences to one captioner, benchmark by benchmark, as dots with whiskers around a line at zero."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from prism_eval.report.figures.svg import PAPER, QUIET, RULE, SERIES, canvas, inline
from prism_eval.report.scale import scale_of, signed
from prism_eval.statistics import Difference

if TYPE_CHECKING:
    from markupsafe import Markup
    from matplotlib.axes import Axes

SHAPES = ("o", "s", "^", "D", "v", "P")
"""A shape for each of the series, so that none is told by its colour alone."""
_WIDTH, _FOOT, _LEFT = 620, 48, 130
_LETTER, _KEY, _LINE = 6.2, 34, 15
"""Of the legend: width of a letter, of a mark with its gaps, and height of a line, in units of the figure."""
_STEP = 9
"""Room for one dot, in units of the figure."""
_WIDE = 1.0
"""Half of all that a difference may be: an interval that is wider leaves nearly everything possible."""


def difference_dots(
    name: str, benchmarks: Sequence[str], series: Mapping[str, Sequence[Difference | None]], *, reference: str
) -> Markup:
    """A row a benchmark, a dot with its 95 % interval a captioner; hollow and dotted where that says little.

    Args:
        name: What no other figure of the page is called.
        benchmarks: Titles, from the top.
        series: By captioner, its difference on each benchmark; at most `SHAPES` of them.
        reference: Whom they are compared with.
    """
    row = max(26, _STEP * (len(series) + 1))
    across = _in_a_line(series)
    height = 16 + _LINE * -(-len(series) // across) + row * len(benchmarks) + _FOOT
    with canvas(_WIDTH, height) as figure:
        axes = figure.add_axes((_LEFT / _WIDTH, _FOOT / height, 0.97 - _LEFT / _WIDTH, row * len(benchmarks) / height))
        _frame(axes, benchmarks, [one for known in series.values() for one in known if one])
        axes.set_xlabel(f"points more than {reference}")
        for place, (label, differences) in enumerate(series.items()):
            shift = (place - (len(series) - 1) / 2) * _STEP / row
            known = [(number + shift, one) for number, one in enumerate(differences) if one is not None]
            for y, one in known:
                # Whole lines from edge to edge would look like the chart's own.
                line = {"linestyle": (0, (1, 4)), "linewidth": 1.0} if says_little(one) else {"linewidth": 1.3}
                axes.plot([100 * one.low, 100 * one.high], [y, y], color=SERIES[place], **line)
            for little in (False, True):
                shown = [(y, one) for y, one in known if says_little(one) is little]
                axes.plot(
                    [100 * one.value for _, one in shown],
                    [y for y, _ in shown],
                    linestyle="none",
                    marker=SHAPES[place],
                    markersize=6,
                    color=SERIES[place],
                    markerfacecolor=PAPER if little else SERIES[place],
                    label=None if little else label,
                    clip_on=False,
                )
        figure.legend(
            loc="upper left",
            bbox_to_anchor=(0, 1),
            ncols=across,
            frameon=False,
            fontsize=11,
            handletextpad=0.2,
            columnspacing=1.0,
            borderaxespad=0.1,
        )
        said = f"Differences to {reference} by benchmark; the table of scores has the numbers"
        return inline(figure, name, said)


def says_little(difference: Difference) -> bool:
    """Whether a difference's interval is so wide that a chart of it would be all whisker."""
    return difference.high - difference.low > _WIDE


def _in_a_line(labels: Collection[str]) -> int:
    """How many labels the legend has beside each other."""
    widest = _KEY + _LETTER * max(map(len, labels), default=0)
    return max(1, min(3, int(_WIDTH // widest)))


def _frame(axes: Axes, benchmarks: Sequence[str], shown: Sequence[Difference]) -> None:
    scale = scale_of([0.0, *(100 * end for one in shown for end in (one.low, one.high))])
    axes.set_xlim(scale.low, scale.high)
    axes.set_xticks(scale.ticks, map(signed, scale.ticks))
    axes.set_ylim(len(benchmarks) - 0.5, -0.5)
    axes.set_yticks(range(len(benchmarks)), benchmarks)
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=True, axis="x", color=RULE)
    for edge in range(1, len(benchmarks)):
        axes.axhline(edge - 0.5, color=RULE, linewidth=0.8)
    axes.axvline(0, color=QUIET, linewidth=1.2)
    axes.spines["left"].set_visible(False)
