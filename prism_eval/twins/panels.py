"""Figures as papers print them: one or more panels of curves with axes, ticks and a legend."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from prism_eval.twins.figures import figure, figure_png
from prism_eval.twins.pools import PALETTES
from prism_eval.twins.scene import Question, Scene, number, others

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

_METHODS = ("Ours", "Baseline", "ResNet", "GraphFlow", "SparseNet", "DeepTree", "KRR", "TabMix", "NoPrior", "Adapter")
SETS = (
    "Cora", "Citeseer", "Iris-X", "MetroFlow", "Reef", "Glacier", "Tundra", "Orchid", "Basalt", "Lagoon", "Mistral",
    "Savanna", "Fjord", "Quartz", "Saffron", "Cobalt", "Juniper", "Meadow", "Nimbus", "Onyx",
)  # fmt: skip
_X = ("Epoch", "Training steps", "Noise level", "Batch size", "Depth", "Time (ms)", "Temperature (K)", "Rank")
_Y = ("Accuracy (%)", "Validation loss", "F1 score", "Reward", "Energy (eV)", "Error rate", "Recall", "Regret")
_MARKERS = "osD^vP"


@dataclass(frozen=True, slots=True)
class Panel:
    """One set of axes: its words, its ticks and its curves' values at the x ticks."""

    title: str
    x_label: str
    y_label: str
    x_ticks: tuple[float, ...]
    y_ticks: tuple[float, ...]
    curves: dict[str, tuple[float, ...]]


def paper_figure(rng: random.Random, panels: int, sets: Sequence[str]) -> tuple[Scene, dict[int, Question]]:
    """A figure of ``panels`` panels titled by ``sets``; the scene's questions reason on the first panel.

    Returns:
        The scene, and the questions on the first panel by number of the CharXiv template they answer.
    """
    columns = min(panels, 2)
    rows = math.ceil(panels / columns)
    drawn = [_panel(rng, title) for title in sets[:panels]]
    made = figure(460 * columns + (160 if columns == 1 else 0), 380 * rows)
    palette = rng.choice(PALETTES)
    for index, panel in enumerate(drawn):
        _draw(made.add_subplot(rows, columns, index + 1), panel, palette)
    first = drawn[0]
    where = f"the plot titled {first.title}"
    asides = tuple(f"Another plot in the figure is titled {panel.title}." for panel in drawn[1:])
    templates = _templates(first, rows, columns, panels)
    reasoning = tuple(_reasoning(rng, first, where))
    return Scene(png=figure_png(made), subject=first.title, questions=reasoning, asides=asides), templates


def _panel(rng: random.Random, title: str) -> Panel:
    x_step, y_step = rng.choice((5, 10, 20, 25, 50)), rng.choice((0.1, 0.2, 0.5, 2, 5, 10))
    x_ticks = tuple(x_step * index for index in range(rng.randint(1, 3), rng.randint(7, 9)))
    y_first = rng.randint(0, 4)
    y_ticks = tuple(round(y_step * (y_first + index), 6) for index in range(rng.randint(5, 7)))
    low, high = y_ticks[0], y_ticks[-1]
    curves = {
        name: tuple(round(low + (high - low) * share, 6) for share in _walk(rng, len(x_ticks)))
        for name in rng.sample(_METHODS, rng.randint(3, 4))
    }
    return Panel(title, rng.choice(_X), rng.choice(_Y), x_ticks, y_ticks, curves)


def _walk(rng: random.Random, steps: int) -> list[float]:
    start, end, bend = rng.uniform(0.05, 0.95), rng.uniform(0.05, 0.95), rng.uniform(0.5, 2.2)
    return [
        min(0.97, max(0.03, start + (end - start) * (index / (steps - 1)) ** bend + rng.uniform(-0.03, 0.03)))
        for index in range(steps)
    ]


def _draw(axes: Axes, panel: Panel, palette: Sequence[str]) -> None:
    for order, (name, values) in enumerate(panel.curves.items()):
        axes.plot(panel.x_ticks, values, marker=_MARKERS[order], color=palette[order], label=name, linewidth=1.8)
    axes.set_title(panel.title, fontsize=14)
    axes.set_xlabel(panel.x_label, fontsize=12)
    axes.set_ylabel(panel.y_label, fontsize=12)
    axes.set_xticks(panel.x_ticks, [number(tick) for tick in panel.x_ticks])
    axes.set_yticks(panel.y_ticks, [number(tick) for tick in panel.y_ticks])
    # Room for the legend above the highest tick.
    axes.set_ylim(panel.y_ticks[0], panel.y_ticks[-1] + 0.28 * (panel.y_ticks[-1] - panel.y_ticks[0]))
    axes.grid(color="#d7dae0", linestyle=":")
    axes.legend(loc="upper center", ncols=2, fontsize=10, framealpha=1)


def _crossings(panel: Panel) -> bool:
    curves = list(panel.curves.values())
    return any(
        (one[index] - two[index]) * (one[index + 1] - two[index + 1]) <= 0
        for order, one in enumerate(curves)
        for two in curves[order + 1 :]
        for index in range(len(one) - 1)
    )


def _templates(panel: Panel, rows: int, columns: int, panels: int) -> dict[int, Question]:
    here = "the current plot" if panels == 1 else "the subplot at row 1 and column 1"
    names = ", ".join(panel.curves)
    answers = {
        1: ("title", panel.title),
        2: ("label of the x-axis", panel.x_label),
        3: ("label of the y-axis", panel.y_label),
        4: ("leftmost labeled tick on the x-axis", number(panel.x_ticks[0])),
        5: ("rightmost labeled tick on the x-axis", number(panel.x_ticks[-1])),
        6: ("spatially lowest labeled tick on the y-axis", number(panel.y_ticks[0])),
        7: ("spatially highest labeled tick on the y-axis", number(panel.y_ticks[-1])),
        8: ("difference between consecutive numerical tick values on the x-axis", _step(panel.x_ticks)),
        9: ("difference between consecutive numerical tick values on the y-axis", _step(panel.y_ticks)),
        10: ("number of lines there are", str(len(panel.curves))),
        11: ("answer to whether any lines intersect", "Yes" if _crossings(panel) else "No"),
        12: ("number of discrete labels there are in the legend", str(len(panel.curves))),
        13: ("list of names of the labels in the legend", names),
        17: ("total number of explicitly labeled ticks across all axes", str(len(panel.x_ticks) + len(panel.y_ticks))),
        18: ("layout of the subplots", f"{rows} by {columns}"),
        19: ("number of subplots", str(panels)),
    }
    return {
        key: Question(text="", answer=answer, fact=f"For {here}, the {what} is {answer}.")
        for key, (what, answer) in answers.items()
    }


def _step(ticks: Sequence[float]) -> str:
    return number(ticks[1] - ticks[0])


def _reasoning(rng: random.Random, panel: Panel, where: str) -> list[Question]:
    last = panel.x_ticks[-1]
    tick = rng.choice(panel.x_ticks[1:-1])
    index = panel.x_ticks.index(tick)
    best_last = max(panel.curves, key=lambda name: panel.curves[name][-1])
    low_here = min(panel.curves, key=lambda name: panel.curves[name][index])
    change = max(panel.curves, key=lambda name: abs(panel.curves[name][-1] - panel.curves[name][0]))
    at_last, at_tick = (f"{panel.y_label} at {panel.x_label} {number(value)}" for value in (last, tick))
    asked = [
        ("reaches the highest", at_last, best_last),
        ("has the lowest", at_tick, low_here),
        ("shows the greatest change", f"in {panel.y_label} from left to right", change),
    ]
    return [
        Question(
            text=f"In {where}, which method {does} {what}?",
            answer=answer,
            fact=f"In {where}, the method that {does} {what} is {answer}.",
            wrong=others(tuple(panel.curves), answer),
        )
        for does, what, answer in rng.sample(asked, len(asked))
    ]
