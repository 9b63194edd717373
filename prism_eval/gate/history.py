"""Scores over runs in the order in which they were made, and the first that fell below the best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from prism_eval.errors import UsageError
from prism_eval.gate.pairs import Pairs
from prism_eval.gate.side import Side, sides_of_run, tied
from prism_eval.leaderboard.history import History, Point
from prism_eval.run.belonging import check_belonging
from prism_eval.run.comparable import check_alike
from prism_eval.run.folder import RunFolder
from prism_eval.run.reading import read_manifest
from prism_eval.statistics import Estimate, clustered_mean, spent


def histories(folders: Sequence[Path], entry: str | None = None) -> tuple[History, ...]:
    """The history of an entry, or of every entry, over run folders.

    Each run is compared with the best before it, paired and clustered, at the levels of `prism_eval.statistics.spent`:
    however many runs there will be, in all of them noise is called a fall in one history of twenty at most.

    Args:
        folders: Run folders, and folders that hold run folders, in any order.
        entry: The entry's label, or a part of it; ``None`` for every one.

    Raises:
        NotThere: A folder neither is a run folder nor holds one.
        UsageError: Two runs were not asked alike, a folder is there twice, or no run has such an entry.
        RunError: A run cannot be read.
    """
    runs = [run for folder in folders for run in _runs_in(folder)]
    if len({run.resolve() for run in runs}) < len(runs):
        raise UsageError("a run folder is given twice: leave one out")
    found: dict[str, list[tuple[Point, Side]]] = {}
    for folder in runs:
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


def _runs_in(folder: Path) -> Sequence[Path]:
    """The folder, if it is a run's or none; else the runs that it holds."""
    held = [] if RunFolder(folder).plan_file.exists() else sorted(folder.glob("*/plan.toml"))
    return [file.parent for file in held] or [folder]


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
