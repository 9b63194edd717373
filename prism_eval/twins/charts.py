"""Charts as newspapers and statistics offices draw them."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from prism_eval.twins.canvas import readable_on
from prism_eval.twins.chart_data import ChartData, Topic, data_for
from prism_eval.twins.figures import figure, figure_png
from prism_eval.twins.pools import COMPANIES, PALETTES
from prism_eval.twins.questions import Question, number
from prism_eval.twins.scene import Scene

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes


def chart(rng: random.Random, topic: Topic, kind: str) -> Scene:
    """One chart of ``kind`` (of `KINDS`) on ``topic``."""
    data = data_for(rng, topic, kind)
    # Of several sizes, as in a collection drawn by many hands.
    made = figure(rng.choice((760, 800, 840)), rng.choice((500, 540, 560)))
    _draw(made.add_subplot(), data, kind, rng.choice(PALETTES))
    return Scene(figure_png(made), kind, tuple(data.said(rng)))


def dashboard(rng: random.Random, left: Topic, right: Topic) -> Scene:
    """Two charts side by side, one value per entity on the left and several years on the right."""
    kinds = [("bars", "sideways", "pie"), ("grouped", "lines", "stacked")]
    made, palette = figure(1240, 540), rng.choice(PALETTES)
    made.suptitle(f"{rng.choice(COMPANIES)} data report", fontsize=17, fontweight="bold")
    said: list[Question | str] = []
    for place, (topic, choice) in enumerate(zip((left, right), kinds, strict=True), start=1):
        # The last kind of each adds up what it shows, which makes no sense of rents or rates.
        kind = rng.choice(choice if topic.additive else choice[:2])
        data = data_for(rng, topic, kind)
        _draw(made.add_subplot(1, 2, place), data, kind, palette)
        said += data.said(rng)
    # In order, a caption that is cut short would never come to the right-hand chart.
    rng.shuffle(said)
    return Scene(figure_png(made), "dashboard", tuple(said))


def _draw(axes: Axes, data: ChartData, kind: str, palette: Sequence[str]) -> None:
    """Draw ``data`` with title, axes, values and, for several series, a legend."""
    axes.set_title(data.title, fontweight="bold", pad=12)
    if kind == "pie":
        labels = [f"{name}\n{number(value)}%" for name, value in zip(data.categories, data.series[""], strict=True)]
        axes.pie(
            data.series[""], labels=labels, colors=palette, startangle=90, counterclock=False, labeldistance=1.12,
            wedgeprops={"edgecolor": "white", "linewidth": 1.5},
        )  # fmt: skip
        return
    _DRAWN[kind](axes, data, palette)
    # Room for the values beyond the longest bar.
    if kind == "sideways":
        axes.set(xlabel=data.label)
        axes.grid(axis="x")
        axes.margins(x=0.16)
    else:
        axes.set(ylabel=data.label)
        axes.grid(axis="y")
        axes.margins(y=0.16)
        axes.set_xticks(range(len(data.categories)), data.categories)
        # More letters than fit side by side are turned.
        if max(map(len, data.categories)) * len(data.categories) > 60:
            for label in axes.get_xticklabels():
                label.set(rotation=25, horizontalalignment="right", rotation_mode="anchor")
    axes.spines[["top", "right"]].set_visible(False)
    if len(data.series) > 1:
        # Below the axes, for inside it would cover bars.
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=len(data.series), frameon=False)


def _sideways(axes: Axes, data: ChartData, palette: Sequence[str]) -> None:
    bars = axes.barh(data.categories, data.series[""], color=palette[1], height=0.6)
    axes.bar_label(bars, [*map(number, data.series[""])], padding=4)
    axes.invert_yaxis()


def _bars(axes: Axes, data: ChartData, palette: Sequence[str]) -> None:
    count = len(data.series)
    for order, (name, values) in enumerate(data.series.items()):
        places = [index + (order - (count - 1) / 2) * 0.8 / count for index in range(len(values))]
        # The numbers above narrow bars touch each other at the larger size.
        bars = axes.bar(places, values, width=min(0.62, 0.74 / count), label=name, color=palette[order])
        axes.bar_label(bars, [*map(number, values)], padding=3, fontsize=11 if count == 1 else 10)


def _stacked(axes: Axes, data: ChartData, palette: Sequence[str]) -> None:
    base = [0.0] * len(data.categories)
    for (name, values), colour in zip(data.series.items(), palette, strict=False):
        bars = axes.bar(range(len(values)), values, bottom=base, label=name, color=colour, width=0.6)
        axes.bar_label(bars, [*map(number, values)], label_type="center", fontsize=10, color=readable_on(colour))
        base = [low + value for low, value in zip(base, values, strict=True)]


def _lines(axes: Axes, data: ChartData, palette: Sequence[str]) -> None:
    columns = list(zip(*data.series.values(), strict=True))
    for (name, values), colour in zip(data.series.items(), palette, strict=False):
        axes.plot(range(len(values)), values, marker="o", linewidth=2.4, label=name, color=colour)
        for index, value in enumerate(values):
            # Above the upper line and below the lower one, numbers keep clear of the other line.
            above = value == max(columns[index]) or _is_free_peak(values, columns, index)
            axes.annotate(
                number(value), (index, value), (0, 9 if above else -16), textcoords="offset points", ha="center",
                fontsize=10, color=colour,
            )  # fmt: skip
    axes.margins(x=0.08)


def _is_free_peak(values: Sequence[float], columns: Sequence[Sequence[float]], index: int) -> bool:
    """Whether a point is the highest of its neighbours with nothing drawn close above it."""
    spread = max(map(max, columns)) - min(map(min, columns))
    near = values[max(0, index - 1) : index + 2]
    return values[index] == max(near) and max(columns[index]) - values[index] > 0.15 * spread


_DRAWN = {"bars": _bars, "grouped": _bars, "lines": _lines, "sideways": _sideways, "stacked": _stacked}
