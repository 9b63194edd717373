"""One run's verdicts, ranked with uncertainty."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean, median
from typing import Any

from prism_eval.errors import RunError
from prism_eval.leaderboard.board import Cell, Leaderboard, Row
from prism_eval.leaderboard.caveats import caveats
from prism_eval.leaderboard.verdicts import Ledger, read_ledger
from prism_eval.schema import Outcome
from prism_eval.statistics import Comparison, Estimate, RankRange, clustered_mean, compare_all, rank_ranges

MANIFEST = "manifest.json"


def build(folder: Path) -> Leaderboard:
    """Rank the captioners of a run folder.

    A benchmark's score is the mean over items of the mean over an item's samples and orders. Failed verdicts are no
    scores: they are left out and counted. Abstained, unparsed, refused and truncated ones score 0, counted apart.

    Raises:
        RunError: The folder's manifest or verdicts cannot be read, or hold more than one reasoner.
    """
    manifest = read_manifest(folder)
    ledger = read_ledger(folder)
    if len(ledger.reasoners) > 1:
        listing = ", ".join(sorted(ledger.reasoners))
        raise RunError(f"{folder}: verdicts of several reasoners ({listing}); a leaderboard has one")
    named = [entry["name"] for entry in manifest["benchmarks"]]
    benchmarks = tuple(dict.fromkeys([*named, *(benchmark for benchmark, _ in ledger.items)]))
    rows, comparisons = _rank(ledger, benchmarks)
    return Leaderboard(
        rows=rows,
        benchmarks=benchmarks,
        comparisons=comparisons,
        warnings=caveats(rows, len(ledger.items), manifest),
        finished=bool(manifest.get("finished")),
        manifest=manifest,
    )


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a run folder.

    Raises:
        RunError: It is missing, or not a run's manifest.
    """
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise RunError(f"{path} does not exist: {folder} is not a run folder") from error
    except (OSError, ValueError) as error:
        raise RunError(f"{path} cannot be read: {error}") from error
    entries = manifest.get("benchmarks") if isinstance(manifest, dict) else None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) and "name" in entry for entry in entries):
        raise RunError(f"{path}: no list of named benchmarks; is this the manifest of a prism-eval run?")
    return dict(manifest)


@dataclass(frozen=True, slots=True)
class _Scored:
    """The items one captioner has a score for."""

    values: list[float]
    clusters: list[int]
    strata: list[str]

    def estimate(self, benchmark: str | None = None) -> Estimate | None:
        """Mean over one benchmark's items, or over benchmarks that weigh the same."""
        if benchmark is None:
            return clustered_mean(self.values, self.clusters, self.strata) if self.values else None
        own = [index for index, stratum in enumerate(self.strata) if stratum == benchmark]
        if not own:
            return None
        return clustered_mean([self.values[index] for index in own], [self.clusters[index] for index in own])


def _rank(ledger: Ledger, benchmarks: Sequence[str]) -> tuple[tuple[Row, ...], tuple[Comparison, ...]]:
    matrix, clusters = ledger.matrix(), ledger.clusters()
    strata = [benchmark for benchmark, _ in ledger.items]
    rows = []
    for captioner, scores in zip(ledger.captioners, matrix.tolist(), strict=True):
        known = [index for index, score in enumerate(scores) if not math.isnan(score)]
        scored = _Scored(
            values=[scores[index] for index in known],
            clusters=[clusters[index] for index in known],
            strata=[strata[index] for index in known],
        )
        rows.append(_row(ledger, captioner, scored, benchmarks))
    order = sorted(range(len(rows)), key=lambda index: _place(rows[index]))
    comparisons = compare_all(matrix[order], clusters, strata)
    ranges = rank_ranges(len(rows), comparisons)
    return tuple(replace(rows[index], rank=ranges[place]) for place, index in enumerate(order)), comparisons


def _place(row: Row) -> tuple[bool, float, str]:
    return not row.complete, -row.mean.value if row.mean else 1.0, row.captioner


def _row(ledger: Ledger, captioner: str, scored: _Scored, benchmarks: Sequence[str]) -> Row:
    cells = {
        benchmark: Cell(
            estimate=scored.estimate(benchmark),
            outcomes={outcome: ledger.outcomes[captioner, benchmark, outcome] for outcome in Outcome},
        )
        for benchmark in benchmarks
    }
    outcomes = {outcome: sum(cell.outcomes[outcome] for cell in cells.values()) for outcome in Outcome}
    lengths = ledger.captioners[captioner]
    words = list(lengths.words.values())
    return Row(
        captioner=captioner,
        rank=RankRange(1, len(ledger.captioners)),
        mean=scored.estimate(),
        complete=all(cell.estimate is not None for cell in cells.values()),
        cells=cells,
        items=len(scored.values),
        answers=sum(outcomes.values()),
        outcomes=outcomes,
        captions=len(words),
        truncated=lengths.truncated,
        words_median=median(words) if words else None,
        words_mean=fmean(words) if words else None,
        positions=ledger.positions[captioner].bias(),
    )
