"""One run's verdicts, ranked with uncertainty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from prism_eval.errors import RunError
from prism_eval.files.folders import user_path
from prism_eval.leaderboard.board import Leaderboard
from prism_eval.leaderboard.caveats import caveats
from prism_eval.leaderboard.columns import COLUMNS, benchmark_column, from_outside
from prism_eval.leaderboard.imported import imported_columns
from prism_eval.leaderboard.lengths import CaptionLengths, caption_lengths
from prism_eval.leaderboard.measured import failures, measured
from prism_eval.leaderboard.own import own_numbers
from prism_eval.leaderboard.positions import position_biases
from prism_eval.leaderboard.rows import Cell, PositionBias, Row
from prism_eval.leaderboard.verdicts import OUTCOMES, Verdicts, read_verdicts
from prism_eval.run.reading import of_reasoner, read_manifest
from prism_eval.schema import Outcome
from prism_eval.statistics import Comparison, Estimate, RankRange, clustered_mean, compare_all, rank_ranges

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def build(folder: Path, reasoner: str | None = None) -> Leaderboard:
    """Rank the captioners of a run folder.

    A benchmark's score is the mean over items of the mean over an item's samples and orders. Failed verdicts are no
    scores: they are left out and counted. Abstained, unparsed, refused and truncated ones score 0, counted apart.

    Args:
        folder: The run folder.
        reasoner: The label of the reasoner whose verdicts count, where there are several; by default the plan's first.

    Raises:
        UsageError: The run has no such reasoner.
        RunError: The folder's manifest or verdicts cannot be read, or hold more reasoners than the manifest names.
    """
    folder = user_path(folder)
    manifest = of_reasoner(read_manifest(folder), reasoner)
    verdicts = read_verdicts(folder, manifest["reasoner"]["label"] if manifest.get("reasoners") else None)
    if len(verdicts.reasoners) > 1:
        listing = ", ".join(sorted(verdicts.reasoners))
        raise RunError(f"{folder}: verdicts of several reasoners ({listing}); a leaderboard has one")
    # A benchmark the manifest names keeps its column though nothing of it was scored: a missing column hides a failure.
    titles = {entry["name"]: entry.get("title") or entry["name"] for entry in manifest["benchmarks"]}
    benchmarks = tuple(dict.fromkeys([*titles, *verdicts.benchmarks]))
    rows, comparisons = _rank(verdicts, benchmarks)
    others, problems = from_outside(rows)
    return Leaderboard(
        rows=rows,
        benchmarks=benchmarks,
        scores=tuple(benchmark_column(name, titles.get(name, name)) for name in benchmarks),
        columns=COLUMNS + imported_columns(manifest) + others,
        comparisons=comparisons,
        measured=measured(manifest),
        failed=failures(rows),
        warnings=(*caveats(rows, _scored(verdicts), manifest), *problems),
        own=own_numbers(manifest, [row.captioner for row in rows]),
        manifest=manifest,
        verdicts=verdicts,
    )


def _scored(verdicts: Verdicts) -> int:
    """How many items any captioner has a score on."""
    import numpy as np

    return int(np.count_nonzero(~np.isnan(verdicts.matrix).all(axis=0)))


def _rank(verdicts: Verdicts, benchmarks: Sequence[str]) -> tuple[tuple[Row, ...], tuple[Comparison, ...]]:
    lengths, positions = caption_lengths(verdicts), position_biases(verdicts)
    rows = [_row(verdicts, number, benchmarks, *own) for number, own in enumerate(zip(lengths, positions, strict=True))]
    order = sorted(range(len(rows)), key=lambda number: _place(rows[number]))
    # Compared in the order of the rows, so that a comparison's indices are places on the leaderboard.
    comparisons = compare_all(verdicts.matrix[order], verdicts.items.cluster, verdicts.items.benchmark)
    ranges = rank_ranges(len(rows), comparisons)
    return tuple(replace(rows[number], rank=ranges[place]) for place, number in enumerate(order)), comparisons


def _place(row: Row) -> tuple[bool, float, str]:
    # A mean over fewer benchmarks is no rival of the others': it may just have left out the hard ones.
    return not row.complete, -row.mean.value if row.mean else 1.0, row.captioner


def _row(
    verdicts: Verdicts,
    number: int,
    benchmarks: Sequence[str],
    lengths: CaptionLengths,
    positions: PositionBias | None,
) -> Row:
    import numpy as np

    scores = verdicts.matrix[number]
    known = np.flatnonzero(~np.isnan(scores))
    cells = {name: _cell(verdicts, number, name, known) for name in benchmarks}
    outcomes = dict(zip(OUTCOMES, verdicts.outcomes[number].sum(axis=0).tolist(), strict=True))
    return Row(
        captioner=verdicts.captioners[number],
        # Every place, until the comparisons with the other rows have narrowed it.
        rank=RankRange(1, len(verdicts.captioners)),
        mean=_estimate(verdicts, scores, known, strata=verdicts.items.benchmark[known]),
        complete=all(cell.estimate is not None for cell in cells.values()),
        cells=cells,
        items=known.size,
        answers=sum(outcomes.values()),
        outcomes=outcomes,
        captions=lengths.captions,
        truncated=lengths.truncated,
        empty=lengths.empty,
        words_median=lengths.median,
        words_mean=lengths.mean,
        positions=positions,
    )


def _cell(verdicts: Verdicts, number: int, benchmark: str, known: NDArray[np.intp]) -> Cell:
    # Named by the manifest, and not one verdict: the column stands, empty.
    if benchmark not in verdicts.benchmarks:
        return Cell(estimate=None, outcomes=dict.fromkeys(Outcome, 0))
    place = verdicts.benchmarks.index(benchmark)
    own = known[verdicts.items.benchmark[known] == place]
    return Cell(
        estimate=_estimate(verdicts, verdicts.matrix[number], own),
        outcomes=dict(zip(OUTCOMES, verdicts.outcomes[number, place].tolist(), strict=True)),
    )


def _estimate(
    verdicts: Verdicts, scores: NDArray[np.float64], items: NDArray[np.intp], strata: NDArray[np.int64] | None = None
) -> Estimate | None:
    return clustered_mean(scores[items], verdicts.items.cluster[items], strata) if items.size else None
