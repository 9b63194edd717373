"""Charts as newspapers and statistics offices draw them."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from prism_eval.twins.canvas import readable_on
from prism_eval.twins.chart_data import (
    TOPICS,
    ChartData,
    Topic,
    one_series,
    over_years,
    questions_on,
    shares,
)
from prism_eval.twins.figures import figure, figure_png
from prism_eval.twins.pools import COMPANIES, PALETTES
from prism_eval.twins.scene import Scene, number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

KINDS = ("bars", "grouped", "lines", "pie", "sideways", "stacked")


def chart(rng: random.Random, topic: Topic, kind: str) -> Scene:
    """One chart of ``kind`` (of `KINDS`) on ``topic``."""
    data = data_for(rng, topic, kind)
    made = figure(rng.choice((760, 800, 840)), rng.choice((500, 540, 560)))
    axes = made.add_subplot()
    draw(axes, data, kind, rng.choice(PALETTES))
    return Scene(png=figure_png(made), subject=kind, questions=tuple(questions_on(rng, data)), asides=tuple(data.about))


def dashboard(rng: random.Random, left: Topic, right: Topic) -> Scene:
    """Two charts side by side, one value per entity on the left and several years on the right."""
    kinds = (
        rng.choice(("bars", "sideways", "pie") if left.additive else ("bars", "sideways")),
        rng.choice(("grouped", "lines", "stacked") if right.additive else ("grouped", "lines")),
    )
    drawn = [data_for(rng, topic, kind) for topic, kind in zip((left, right), kinds, strict=True)]
    made = figure(1240, 540)
    made.suptitle(f"{rng.choice(COMPANIES)} data report", fontsize=17, fontweight="bold")
    palette = rng.choice(PALETTES)
    for index, (data, kind) in enumerate(zip(drawn, kinds, strict=True), start=1):
        draw(made.add_subplot(1, 2, index), data, kind, palette)
    questions = [question for data in drawn for question in questions_on(rng, data)]
    rng.shuffle(questions)
    asides = tuple(fact for data in drawn for fact in data.about)
    return Scene(png=figure_png(made), subject="dashboard", questions=tuple(questions), asides=asides)


def topics_for(rng: random.Random, kinds: Sequence[str]) -> list[Topic]:
    """A topic of its own for each chart; only what adds up is piled up or cut into shares."""
    left = rng.sample(TOPICS, len(TOPICS))
    chosen = []
    for kind in kinds:
        topic = next(topic for topic in left if topic.additive or kind not in ("pie", "stacked"))
        left.remove(topic)
        chosen.append(topic)
    return chosen


def data_for(rng: random.Random, topic: Topic, kind: str) -> ChartData:
    """Numbers of the shape a chart of ``kind`` shows."""
    if kind == "pie":
        return shares(rng, topic, size=rng.randint(4, 6))
    if kind in ("bars", "sideways"):
        return one_series(rng, topic, size=rng.randint(5, 7))
    # The values of three lines would be written over each other.
    entities = 2 if kind == "lines" else rng.randint(2, 3)
    return over_years(rng, topic, entities=entities, years=rng.randint(3, 5))


def draw(axes: Axes, data: ChartData, kind: str, palette: Sequence[str]) -> None:
    """Draw ``data`` on ``axes`` with title, axes, values and, for several series, a legend."""
    axes.set_title(data.title, fontsize=14, fontweight="bold", pad=12)
    if kind == "pie":
        _pie(axes, data, palette)
        return
    sideways = kind == "sideways"
    _frame(axes, data, sideways=sideways)
    _DRAWN[kind](axes, data, palette)
    if sideways:
        axes.margins(x=0.16)
    else:
        axes.margins(y=0.16)
    if len(data.series) > 1:
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=len(data.series), frameon=False, fontsize=11)


def _frame(axes: Axes, data: ChartData, *, sideways: bool) -> None:
    if sideways:
        axes.set_xlabel(data.label, fontsize=11)
    else:
        axes.set_ylabel(data.label, fontsize=11)
    axes.grid(axis="x" if sideways else "y", color="#d9dde2", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=11)


def _name_ticks(axes: Axes, data: ChartData) -> None:
    turned = max(map(len, data.categories)) * len(data.categories) > 60
    axes.set_xticks(range(len(data.categories)), data.categories, rotation=25 if turned else 0)
    if turned:
        for label in axes.get_xticklabels():
            label.set_horizontalalignment("right")


def _bars(axes: Axes, data: ChartData, palette: Sequence[str]) -> None:
    bars = axes.bar(range(len(data.categories)), data.series[""], color=palette[0], width=0.62)
    axes.bar_label(bars, [number(value) for value in data.series[""]], padding=3, fontsize=11)
    _name_ticks(axes, data)


def _sideways(axes: Axes, data: ChartData, palette: Sequence[str]) -> None:
    bars = axes.barh(range(len(data.categories)), data.series[""], color=palette[1], height=0.6)
    axes.bar_label(bars, [number(value) for value in data.series[""]], padding=4, fontsize=11)
    axes.set_yticks(range(len(data.categories)), data.categories)
    axes.invert_yaxis()


def _grouped(axes: Axes, data: ChartData, palette: Sequence[str]) -> None:
    width = 0.8 / len(data.series)
    for order, (name, values) in enumerate(data.series.items()):
        places = [index + (order - (len(data.series) - 1) / 2) * width for index in range(len(values))]
        bars = axes.bar(places, values, width=width * 0.92, label=name, color=palette[order])
        axes.bar_label(bars, [number(value) for value in values], padding=2, fontsize=10)
    _name_ticks(axes, data)


def _stacked(axes: Axes, data: ChartData, palette: Sequence[str]) -> None:
    base = [0.0] * len(data.categories)
    for order, (name, values) in enumerate(data.series.items()):
        bars = axes.bar(range(len(values)), values, bottom=base, label=name, color=palette[order], width=0.6)
        axes.bar_label(
            bars, [number(value) for value in values], label_type="center", fontsize=10,
            color=readable_on(palette[order]),
        )  # fmt: skip
        base = [low + value for low, value in zip(base, values, strict=True)]
    _name_ticks(axes, data)


def _lines(axes: Axes, data: ChartData, palette: Sequence[str]) -> None:
    columns = list(zip(*data.series.values(), strict=True))
    for order, (name, values) in enumerate(data.series.items()):
        axes.plot(range(len(values)), values, marker="o", linewidth=2.4, label=name, color=palette[order])
        for index, value in enumerate(values):
            above = value == max(columns[index]) or _is_free_peak(values, columns, index)
            axes.annotate(
                number(value), (index, value), (0, 9 if above else -16),
                textcoords="offset points", ha="center", fontsize=10, color=palette[order],
            )  # fmt: skip
    axes.margins(x=0.08)
    _name_ticks(axes, data)


def _is_free_peak(values: Sequence[float], columns: Sequence[Sequence[float]], index: int) -> bool:
    """Whether a point is the highest of its neighbours with nothing drawn close above it."""
    spread = max(map(max, columns)) - min(map(min, columns))
    near = values[max(0, index - 1) : index + 2]
    return values[index] == max(near) and max(columns[index]) - values[index] > 0.15 * spread


def _pie(axes: Axes, data: ChartData, palette: Sequence[str]) -> None:
    labels = [f"{name}\n{number(value)}%" for name, value in zip(data.categories, data.series[""], strict=True)]
    axes.pie(
        data.series[""], labels=labels, colors=list(palette), startangle=90, counterclock=False, labeldistance=1.12,
        wedgeprops={"edgecolor": "white", "linewidth": 1.5}, textprops={"fontsize": 11},
    )  # fmt: skip


_DRAWN = {"bars": _bars, "sideways": _sideways, "grouped": _grouped, "stacked": _stacked, "lines": _lines}
