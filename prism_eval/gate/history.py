"""Scores over runs in the order in which they were made, and the first that fell below the best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from prism_eval.errors import UsageError
from prism_eval.gate.pairs import Pairs
from prism_eval.gate.side import Side, sides_of_run, tied
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
    found: dict[str, list[tuple[Point, Side]]] = {}
    for folder in folders:
        check_belonging(RunFolder.open(folder), "score", manifest=True)
        manifest = read_manifest(folder)
        created, commit = (str(manifest.get(name) or "") for name in ("created", "git_commit"))
        labels = [entry] if entry else [str(one["label"]) for one in manifest.get("captioners") or []]
        for side in sides_of_run(folder, labels):
            point = Point(where=str(folder), created=created, commit=commit, score=_score(side))
            found.setdefault(side.label, []).append((point, side))
    return tuple(history(label, sorted(runs, key=lambda run: run[0].created)) for label, runs in found.items())


def history(label: str, runs: Sequence[tuple[Point, Side]]) -> History:
    """The history of an entry.

    Args:
        label: Its label.
        runs: Its runs, the oldest first, each with what it scored, and compared with none so far.

    Raises:
        UsageError: Two runs were not asked alike.
    """
    points: list[Point] = []
    best: tuple[float, Side] | None = None
    scored = 0
    for point, side in runs:
        points.append(_compared(point, side, best[1], earlier=scored) if best and point.score else point)
        if point.score:
            scored += 1
            # Of equals the first: what came later has not risen above it.
            if best is None or point.score.value > best[0]:
                best = point.score.value, side
    return History(label=label, points=tuple(points))


def _compared(point: Point, side: Side, best: Side, *, earlier: int) -> Point:
    check_alike(best.where, best.fields, side.where, side.fields)
    pairs, level = Pairs.of(best, side), spent(earlier, rivals=earlier)
    difference = pairs.difference(pairs.scored, level=1 - level)
    below = difference is not None and difference.value < 0 and difference.p < level
    return replace(point, best=best.where, difference=difference, below=below)


def _score(side: Side) -> Estimate | None:
    items = side.scored
    if not items.num_rows:
        return None
    names = items["benchmark"].cast("string").to_numpy()
    return clustered_mean(items["score"].to_numpy(), tied(items), names)
