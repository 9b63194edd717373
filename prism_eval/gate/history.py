"""Scores over runs in the order in which they were made, and the first that fell below the best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from prism_eval.errors import UsageError
from prism_eval.gate.pairs import Pairs
from prism_eval.gate.side import Side, side_of_run
from prism_eval.leaderboard.numbering import label_numbers
from prism_eval.leaderboard.tables import clusters
from prism_eval.run.belonging import check_belonging
from prism_eval.run.comparable import check_alike
from prism_eval.run.folder import RunFolder
from prism_eval.run.reading import read_manifest
from prism_eval.statistics import Difference, Estimate, clustered_mean, spent


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


def histories(folders: Sequence[Path], entry: str | None = None) -> tuple[History, ...]:
    """The history of an entry, or of every entry, over run folders.

    Each run is compared with the best before it, paired and clustered, at the levels of `prism_eval.statistics.spent`:
    however many runs there will be, in all of them noise is called a fall in one history of twenty at most.

    Args:
        folders: The run folders, in any order.
        entry: The entry's label, or a part of it; ``None`` for every one.

    Raises:
        UsageError: Two runs were not asked alike, a folder is there twice, or no run has such an entry.
        RunError: A run cannot be read.
    """
    if len({folder.resolve() for folder in folders}) < len(folders):
        raise UsageError("a run folder is given twice: leave one out")
    found: dict[str, list[tuple[str, Path, Side]]] = {}
    for folder in folders:
        check_belonging(RunFolder.open(folder), "score", manifest=True)
        created = str(read_manifest(folder).get("created") or "")
        for label in [entry] if entry else labels_of(folder):
            side = side_of_run(folder, label)
            found.setdefault(side.label, []).append((created, folder, side))
    return tuple(_history(label, sorted(runs, key=lambda run: run[0])) for label, runs in found.items())


def labels_of(folder: Path) -> list[str]:
    """The labels of a run's entries and controls, as its manifest names them."""
    return [str(one["label"]) for one in read_manifest(folder).get("captioners") or []]


def _history(label: str, runs: Sequence[tuple[str, Path, Side]]) -> History:
    points: list[Point] = []
    sides: list[Side] = []
    for created, folder, side in runs:
        commit = str(read_manifest(folder).get("git_commit") or "")
        point = Point(where=str(folder), created=created, commit=commit, score=_score(side))
        scored = [number for number, one in enumerate(points) if one.score]
        if scored and point.score:
            best = max(scored, key=lambda number: _value(points[number]))
            point = _compared(point, side, sides[best], number=len(scored), rivals=len(scored))
        points.append(point)
        sides.append(side)
    return History(label=label, points=tuple(points))


def _compared(point: Point, side: Side, best: Side, *, number: int, rivals: int) -> Point:
    check_alike(best.where, best.fields, side.where, side.fields)
    pairs, level = Pairs.of(best, side), spent(number, rivals=rivals)
    difference = pairs.difference(pairs.scored, level=1 - level)
    below = difference is not None and difference.value < 0 and difference.p < level
    return replace(point, best=best.where, difference=difference, below=below)


def _value(point: Point) -> float:
    return point.score.value if point.score else 0.0


def _score(side: Side) -> Estimate | None:
    items = side.items.filter(side.items["score"].is_valid())
    if not items.num_rows:
        return None
    benchmark = label_numbers(items["benchmark"].combine_chunks())
    tied = clusters(benchmark, *(items[column].combine_chunks() for column in ("cluster", "images")))
    return clustered_mean(items["score"].to_numpy(), tied, benchmark)
