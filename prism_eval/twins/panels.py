"""Figures as papers print them: one or more panels of curves with axes, ticks and a legend."""

from __future__ import annotations

import itertools
import random
from typing import TYPE_CHECKING, NamedTuple

from prism_eval.twins.figures import figure, figure_png
from prism_eval.twins.pools import PALETTES
from prism_eval.twins.questions import Question, ask, number, which
from prism_eval.twins.scene import Scene

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from matplotlib.axes import Axes

_METHODS = ("Ours", "Baseline", "ResNet", "GraphFlow", "SparseNet", "DeepTree", "KRR", "TabMix", "NoPrior", "Adapter")
SETS = (
    "Cora", "Citeseer", "Iris-X", "MetroFlow", "Reef", "Glacier", "Tundra", "Orchid", "Basalt", "Lagoon", "Mistral",
    "Savanna", "Fjord", "Quartz", "Saffron", "Cobalt", "Juniper", "Meadow", "Nimbus", "Onyx",
)  # fmt: skip
_X = ("Epoch", "Training steps", "Noise level", "Batch size", "Depth", "Time (ms)", "Temperature (K)", "Rank")
_Y = ("Accuracy (%)", "Validation loss", "F1 score", "Reward", "Energy (eV)", "Error rate", "Recall", "Regret")


class _Panel(NamedTuple):
    """A plot's labels and ticks, and its curves: values at the x ticks by method."""

    title: str
    x_label: str
    y_label: str
    x_ticks: list[float]
    y_ticks: list[float]
    curves: dict[str, list[float]]


def paper_figure(rng: random.Random, titles: Sequence[str]) -> tuple[Scene, dict[int, Question]]:
    """A figure with a panel for each of ``titles``; the scene's questions reason on the first panel.

    Returns:
        The scene, and the questions on the first panel by number of the CharXiv template they answer.
    """
    columns = min(len(titles), 2)
    rows = -(-len(titles) // columns)
    panels, palette = [_panel(rng, title) for title in titles], rng.choice(PALETTES)
    made = figure(460 * columns + (160 if columns == 1 else 0), 380 * rows)
    for place, panel in enumerate(panels, start=1):
        _draw(made.add_subplot(rows, columns, place), panel, palette)
    others = [f"Another plot in the figure is titled {title}." for title in titles[1:]]
    # CharXiv's own words for which plot is meant.
    here = "For the current plot, " if len(titles) == 1 else "For the subplot at row 1 and column 1, "
    whole = {18: ("layout of the subplots", f"{rows} by {columns}"), 19: ("number of subplots", str(len(titles)))}
    asked = {**_templates(panels[0]), **whole}
    templates = {key: ask(what, answer, lead=here) for key, (what, answer) in asked.items()}
    facts = (question.fact for question in templates.values())
    return Scene(figure_png(made), titles[0], (*others, *_reasoning(rng, panels[0]), *facts)), templates


def _panel(rng: random.Random, title: str) -> _Panel:
    # No multiple of a step is 1: of "row 1 and column 1", a reader would not take a 1 for the answer.
    x_step, y_step = rng.choice((5, 10, 20, 25, 50)), rng.choice((0.15, 0.3, 0.4, 2, 5, 10))
    x_ticks = [float(x_step * index) for index in range(rng.randint(1, 3), rng.randint(7, 9))]
    first, count = rng.randint(0, 4), rng.randint(5, 7)
    y_ticks = [round(y_step * index, 6) for index in range(first, first + count)]
    curves = {name: _walk(rng, y_ticks, len(x_ticks)) for name in rng.sample(_METHODS, rng.randint(3, 4))}
    return _Panel(title, rng.choice(_X), rng.choice(_Y), x_ticks, y_ticks, curves)


def _walk(rng: random.Random, y_ticks: Sequence[float], steps: int) -> list[float]:
    """A curve from one height to another, bent and a little rough, within the ticks."""
    start, end, bend = rng.uniform(0.05, 0.95), rng.uniform(0.05, 0.95), rng.uniform(0.5, 2.2)
    heights = (start + (end - start) * (i / (steps - 1)) ** bend + rng.uniform(-0.03, 0.03) for i in range(steps))
    low, reach = y_ticks[0], y_ticks[-1] - y_ticks[0]
    # Not on the frame, which would cut markers in half.
    return [round(low + reach * min(0.97, max(0.03, height)), 6) for height in heights]


def _draw(axes: Axes, panel: _Panel, palette: Sequence[str]) -> None:
    for (name, values), marker, colour in zip(panel.curves.items(), "osD^", palette, strict=False):
        axes.plot(panel.x_ticks, values, marker=marker, color=colour, label=name, linewidth=1.8)
    axes.set(title=panel.title, xlabel=panel.x_label, ylabel=panel.y_label)
    axes.set_xticks(panel.x_ticks, [*map(number, panel.x_ticks)])
    axes.set_yticks(panel.y_ticks, [*map(number, panel.y_ticks)])
    # Room for the legend above the highest tick.
    axes.set_ylim(panel.y_ticks[0], panel.y_ticks[-1] + 0.28 * (panel.y_ticks[-1] - panel.y_ticks[0]))
    axes.grid(linestyle=":")
    axes.legend(loc="upper center", ncols=2, framealpha=1)


def _templates(panel: _Panel) -> dict[int, tuple[str, str]]:
    """What is asked and the answer, by the numbers that CharXiv gives its templates."""
    x, y, count = panel.x_ticks, panel.y_ticks, str(len(panel.curves))
    # Left out are 14 and 15, on colour bars, and 16, on the trend, where several curves have several.
    meet = any(_intersect(one, two) for one, two in itertools.combinations(panel.curves.values(), 2))
    return {
        1: ("title", panel.title),
        2: ("label of the x-axis", panel.x_label),
        3: ("label of the y-axis", panel.y_label),
        4: ("leftmost labeled tick on the x-axis", number(x[0])),
        5: ("rightmost labeled tick on the x-axis", number(x[-1])),
        6: ("spatially lowest labeled tick on the y-axis", number(y[0])),
        7: ("spatially highest labeled tick on the y-axis", number(y[-1])),
        8: ("difference between consecutive numerical tick values on the x-axis", number(x[1] - x[0])),
        9: ("difference between consecutive numerical tick values on the y-axis", number(y[1] - y[0])),
        10: ("number of lines there are", count),
        11: ("answer to whether any lines intersect", "Yes" if meet else "No"),
        12: ("number of discrete labels there are in the legend", count),
        13: ("list of names of the labels in the legend", ", ".join(panel.curves)),
        17: ("total number of explicitly labeled ticks across all axes", str(len(x) + len(y))),
    }


def _intersect(one: Sequence[float], two: Sequence[float]) -> bool:
    gaps = (a - b for a, b in zip(one, two, strict=True))
    # To touch is to intersect: on paper the two look alike.
    return any(before * after <= 0 for before, after in itertools.pairwise(gaps))


def _reasoning(rng: random.Random, panel: _Panel) -> Iterator[Question]:
    place, curves = rng.randrange(1, len(panel.x_ticks) - 1), panel.curves
    last, there = (f"{panel.y_label} at {panel.x_label} {number(panel.x_ticks[at])}" for at in (-1, place))
    asked: list[tuple[str, Callable[[str], float]]] = [
        (f"reaches the highest {last}", lambda name: curves[name][-1]),
        (f"has the lowest {there}", lambda name: -curves[name][place]),
        (f"changes most in {panel.y_label} from left to right", lambda name: abs(curves[name][-1] - curves[name][0])),
    ]
    for does, measure in rng.sample(asked, len(asked)):
        yield which("method", does, max(curves, key=measure), curves, lead=f"In the plot titled {panel.title}, ")
