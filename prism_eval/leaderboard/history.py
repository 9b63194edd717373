"""Scores of an entry over its runs, as they are shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from prism_eval.leaderboard.writing import counted
from prism_eval.statistics import Difference, Estimate

METHOD = (
    "Each run is held to the best before it; all these intervals together hold in 95 % of histories, however long they "
    "get (a confidence sequence by the union of levels 6 x 5 % / (pi k)^2)."
)
_COMMIT = 12
"""Digits of a commit that tell it from others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One run.

    Attributes:
        where: Its folder.
        created: When it was made, as its manifest says; empty where it does not.
        commit: The commit that it was made at; empty where it is not known.
        score: Its mean over the benchmarks, each weighing the same; ``None`` where every answer failed.
        best: The folder of the best run before it; empty for the first.
        difference: It minus that one, with the interval of the confidence sequence; ``None`` for the first.
        below: Whether it is shown to be below it.
    """

    where: str
    created: str
    commit: str
    score: Estimate | None
    best: str = ""
    difference: Difference | None = None
    below: bool = False

    @property
    def day(self) -> str:
        """When it was made, to the minute; empty where it is not known."""
        try:
            return datetime.fromisoformat(self.created).strftime("%Y-%m-%d %H:%M")
        except ValueError:
            return ""

    @property
    def revision(self) -> str:
        """The start of its commit."""
        return self.commit[:_COMMIT]

    @property
    def name(self) -> str:
        """What tells it from the other runs."""
        return " ".join(filter(None, (self.where, self.day, self.revision)))


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The runs of one entry.

    Attributes:
        label: The entry.
        points: Its runs, the oldest first.
    """

    label: str
    points: tuple[Point, ...]

    @property
    def first_below(self) -> Point | None:
        """The first run that is shown to be below the best before it."""
        return next((point for point in self.points if point.below), None)


def answer_of(histories: Sequence[History]) -> str:
    """Which entries fell, and with which run."""
    fallen = [f"{one.label} fell below its best with {one.first_below.name}" for one in histories if one.first_below]
    runs = max(len(one.points) for one in histories)
    return "; ".join(fallen) or f"No run of {counted(runs, 'run')} is shown to be below the best before it"
