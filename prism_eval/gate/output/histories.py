"""Histories in words, in JSON and as a figure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from prism_eval.errors import UsageError
from prism_eval.files.jsonable import Json, jsonable
from prism_eval.leaderboard.history import METHOD, History, Point, answer_of
from prism_eval.leaderboard.writing import ABSENT, signed, signed_ends, with_ends
from prism_eval.report.figures import draw_timeline
from prism_eval.sheets.sheet import Grid, Row, Sheet

_COLOURS = [f"C{number}" for number in range(10)]
"""Matplotlib's own."""


def shown(histories: Sequence[History]) -> Sheet:
    """What to tell people."""
    headings = ("run", "made", "commit", "score", "against the best before")
    return Sheet(
        answer=answer_of(histories),
        lines=[],
        grids=[Grid(one.label, headings, list(map(_row, one.points))) for one in histories],
        notes=[METHOD] if any(len(one.points) > 1 for one in histories) else [],
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

    import matplotlib as mpl
    from matplotlib.figure import Figure

    from prism_eval.files.whole import replacing

    kind = path.suffix.removeprefix(".").lower()
    if kind not in ("svg", "png", "pdf"):
        raise UsageError(f"{path}: a figure is .svg, .png or .pdf")
    drawn = io.BytesIO()
    # A label may hold what matplotlib takes for mathematics; the rest, so that the same history is the same file.
    with mpl.rc_context({"text.parse_math": False, "svg.hashsalt": "prism-eval"}):
        figure = Figure(figsize=(8, 4.5), layout="constrained")
        draw_timeline(figure.subplots(), histories, colours=_COLOURS, cross="black")
        figure.savefig(drawn, format=kind, dpi=150, metadata={"Date": None} if kind == "svg" else None)
    with replacing(path) as file:
        file.write(drawn.getvalue())


def _row(point: Point) -> Row:
    found = point.difference
    against = f"{signed(found.value)} {signed_ends(found.low, found.high)}" if found else ABSENT
    return point.where, point.day, point.revision, with_ends(point.score), " ".join(_marked(against, point))


def _marked(against: str, point: Point) -> Iterator[str]:
    yield against
    if point.below:
        yield "below"
