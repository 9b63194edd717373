"""The numbers that a benchmark's own aggregation makes of a run, where it has one: that of lmms-eval's tasks."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from prism_eval.benchmarks import Benchmark
from prism_eval.benchmarks.lmms import LmmsScorer
from prism_eval.runs.tables import read_rows
from prism_eval.schema import Outcome

_COLUMNS = ["captioner", "benchmark", "item", "sample", "outcome", "extracted"]


def aggregates(benchmarks: Sequence[Benchmark], verdicts: Path) -> list[dict[str, Any]]:
    """What each task of lmms-eval makes of its answers.

    Args:
        benchmarks: The run's benchmarks.
        verdicts: The run's table of verdicts.

    Returns:
        For each task, captioner and sample: ``benchmark``, ``captioner``, ``sample``, ``answers`` (how many were
        graded), ``failed`` (how many were not, and are in no number) and ``metrics``, by name.
    """
    scorers = {benchmark.name: benchmark.scorer for benchmark in benchmarks if isinstance(benchmark.scorer, LmmsScorer)}
    if not scorers:
        return []
    graded: dict[tuple[str, str, int], list[tuple[int, str]]] = defaultdict(list)
    failed: dict[tuple[str, str, int], int] = defaultdict(int)
    for row in read_rows(verdicts, _COLUMNS):
        place = (row["benchmark"], row["captioner"], row["sample"])
        if row["benchmark"] not in scorers:
            continue
        if row["outcome"] == Outcome.FAILED:
            failed[place] += 1
        else:
            graded[place].append((int(row["item"]), row["extracted"] or ""))
    return [
        {
            "benchmark": benchmark,
            "captioner": captioner,
            "sample": sample,
            "answers": len(graded[place]),
            "failed": failed[place],
            "metrics": _plain(scorers[benchmark].aggregates(graded[place])),
        }
        for place in sorted({*graded, *failed})
        for benchmark, captioner, sample in [place]
    ]


def _plain(value: Any) -> Any:
    """The value if JSON can say it; numpy's numbers become Python's, anything else its text."""
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    item = getattr(value, "item", None)
    if callable(item) and getattr(value, "ndim", None) == 0:
        value = item()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, str | int) else str(value)
