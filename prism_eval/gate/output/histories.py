"""Histories in words, in JSON and as a figure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from prism_eval.errors import UsageError
from prism_eval.files.jsonable import Json, jsonable
from prism_eval.gate.history import History, Point
from prism_eval.gate.output.sheet import Grid, Row, Sheet
from prism_eval.leaderboard.writing import ABSENT, counted, signed, signed_ends, with_ends

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_METHOD = (
    "Each run is held to the best before it; all these intervals together hold in 95 % of histories, however long they "
    "get (a confidence sequence by the union of levels 6 x 5 % / (pi k)^2)."
)
_COMMIT = 12
"""Digits of a commit that tell it from others."""


def shown(histories: Sequence[History]) -> Sheet:
    """What to tell people."""
    fallen = [(one.label, point) for one in histories if (point := one.first_below)]
    runs = max(len(one.points) for one in histories)
    answer = (
        "; ".join(f"{label} fell below its best with {_named(point)}" for label, point in fallen)
        if fallen
        else f"No run of {counted(runs, 'run')} is shown to be below the best before it"
    )
    headings = ("run", "made", "commit", "score", "against the best before")
    return Sheet(
        answer=answer,
        lines=[],
        grids=[Grid(one.label, headings, list(map(_row, one.points))) for one in histories],
        notes=[_METHOD] if runs > 1 else [],
    )


def document(histories: Sequence[History]) -> dict[str, Json]:
    """All of it, in JSON's own types."""
    return {
        "histories": [
            {"label": one.label, "points": [jsonable(asdict(point)) for point in one.points]} for one in histories
        ]
    }


def write_figure(histories: Sequence[History], path: Path) -> None:
    """Draw scores with their intervals over the runs, and a cross where an entry fell below its best.

    Args:
        histories: What to draw.
        path: The file; its ending says of which kind: ``.svg``, ``.png`` or ``.pdf``.

    Raises:
        UsageError: The ending is none of these.
        RunError: The file cannot be written.
    """
    import io

    from matplotlib.figure import Figure

    from prism_eval.files.whole import replacing

    kind = path.suffix.removeprefix(".").lower()
    if kind not in ("svg", "png", "pdf"):
        raise UsageError(f"{path}: a figure is .svg, .png or .pdf")
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    _draw(figure.subplots(), histories)
    drawn = io.BytesIO()
    # Without the date, so that the same history is the same file.
    figure.savefig(drawn, format=kind, dpi=150, metadata={"Date": None} if kind == "svg" else None)
    with replacing(path) as file:
        file.write(drawn.getvalue())


def _draw(axes: Axes, histories: Sequence[History]) -> None:
    names = sorted({(point.created, point.where) for one in histories for point in one.points})
    places = {where: number for number, (_, where) in enumerate(names)}
    for one in histories:
        points = [(places[point.where], point.score) for point in one.points if point.score]
        across = [place for place, _ in points]
        scores = [100 * score.value for _, score in points]
        ends = [[100 * (s.value - s.low) for _, s in points], [100 * (s.high - s.value) for _, s in points]]
        # A label may hold what matplotlib takes for mathematics.
        axes.errorbar(across, scores, ends, marker="o", capsize=3, label=one.label.replace("$", r"\$"))
        if (fell := one.first_below) and fell.score:
            axes.plot(places[fell.where], 100 * fell.score.value, "kx", markersize=14, markeredgewidth=2)
    made = {point.where: _day(point) or Path(point.where).name for one in histories for point in one.points}
    ticks = [made[where].replace("$", r"\$") for where in places]
    axes.set_xticks(list(places.values()), ticks, rotation=30, ha="right")
    axes.set_ylabel("score, 95 % interval")
    axes.legend()


def _row(point: Point) -> Row:
    found = point.difference
    against = f"{signed(found.value)} {signed_ends(found.low, found.high)}" if found else ABSENT
    return point.where, _day(point), point.commit[:_COMMIT], with_ends(point.score), " ".join(_marked(against, point))


def _marked(against: str, point: Point) -> Iterator[str]:
    yield against
    if point.below:
        yield "below"


def _named(point: Point) -> str:
    return " ".join(filter(None, (point.where, _day(point), point.commit[:_COMMIT])))


def _day(point: Point) -> str:
    try:
        return datetime.fromisoformat(point.created).strftime("%Y-%m-%d %H:%M")
    except ValueError:
        return ""
