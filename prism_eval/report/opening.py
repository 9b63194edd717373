"""The first screen: the answer, and each captioner's place on one scale."""

from __future__ import annotations

from dataclasses import dataclass

from prism_eval.leaderboard import Leaderboard, writing
from prism_eval.report.scale import Scale, scale_of
from prism_eval.statistics import Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A row of the first screen.

    Attributes:
        captioner: Its label.
        place: Its rank range as it is written.
        kind: How it is drawn: ``baseline``, ``better``, ``worse``, ``par``, ``unknown`` or ``plain``.
        mean: Its score; ``None`` if nothing could be scored.
        against: What is said of it beside the baseline.
        size: Its size as it is written.
        words: Median words of its captions.
    """

    captioner: str
    place: str
    kind: str
    mean: Estimate | None
    against: str
    size: str
    words: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What the first screen is made of."""

    headline: str
    qualified: tuple[str, ...]
    facts: tuple[str, ...]
    lines: tuple[Line, ...]
    scale: Scale
    level: float | None
    controls: tuple[float, ...]


def opening_of(board: Leaderboard) -> Opening:
    """The first screen of a leaderboard."""
    lines = tuple(
        Line(
            captioner=row.captioner,
            place=writing.place(row.rank) if row.rank else writing.ABSENT,
            kind="plain",
            mean=row.mean,
            against="",
            size="",
            words=row.words_median,
        )
        for row in board.rows
    )
    return Opening(
        headline=board.answer,
        qualified=(),
        facts=(
            writing.counted(len(board.rows), "captioner"),
            writing.counted(len(board.benchmarks), "benchmark"),
            str(board.manifest.get("created", ""))[:10],
        ),
        lines=lines,
        scale=scale_of(end for line in lines if line.mean for end in (line.mean.low, line.mean.high)),
        level=None,
        controls=(),
    )
