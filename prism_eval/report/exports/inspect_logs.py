"""A run's items as logs of inspect_ai: one for each captioner and benchmark, which ``inspect view`` opens."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from prism_eval._version import __version__
from prism_eval.errors import MissingExtra, RunError
from prism_eval.leaderboard import Leaderboard, Row
from prism_eval.leaderboard.verdicts import Verdicts
from prism_eval.plugins.identity import digest_of
from prism_eval.report.exports.inspect_samples import COLUMNS, Asked, Telling, sample_of
from prism_eval.report.exports.sheet import kind_of
from prism_eval.report.thumbnails import thumbnails_in

if TYPE_CHECKING:
    from inspect_ai.log import EvalLog, EvalResults, EvalSample, EvalSpec

_EPOCH = "1970-01-01T00:00:00+00:00"
"""Where a manifest does not say when the run was: inspect wants a time, and the time of the export would be a lie."""


def write_inspect_logs(board: Leaderboard, path: Path, *, images: bool = True) -> None:
    """Write a log for each captioner and benchmark into a folder; those of the same run replace each other.

    Args:
        board: The leaderboard.
        path: The folder, which is made where it is not there.
        images: Whether the small pictures that the run folders keep are shown.

    Raises:
        MissingExtra: inspect_ai is not installed.
        RunError: The folder cannot be written, or the run's verdicts cannot be read.
    """
    try:
        from inspect_ai.log import write_eval_log
    except ImportError as error:
        raise MissingExtra("--format inspect", "inspect") from error
    try:
        path.mkdir(parents=True, exist_ok=True)
        for log in _logs(board, images=images):
            write_eval_log(log, str(path / _file_name(log.eval)))
    except OSError as error:
        raise RunError(f"cannot write {path}: {error.strerror or error}") from error


def _logs(board: Leaderboard, *, images: bool) -> Iterator[EvalLog]:
    for row in board.everyone:
        for benchmark in board.verdicts.benchmarks:
            if rows := _rows(board.verdicts, row.captioner, benchmark):
                yield _log(board, row, benchmark, rows, images=images)


def _rows(verdicts: Verdicts, captioner: str, benchmark: str) -> list[Asked]:
    import numpy as np

    own = verdicts.captioner == verdicts.captioners.index(captioner)
    asked = verdicts.items.benchmark[verdicts.item] == verdicts.benchmarks.index(benchmark)
    rows: list[Asked] = verdicts.table.take(np.flatnonzero(own & asked), COLUMNS).to_pylist()
    return rows


def _log(board: Leaderboard, row: Row, benchmark: str, rows: Sequence[Asked], *, images: bool) -> EvalLog:
    from inspect_ai.log import EvalLog, EvalStats

    facts = next((entry for entry in board.manifest["benchmarks"] if entry["name"] == benchmark), {})
    digests = {digest for asked in rows for digest in asked["images"] or []}
    table = board.verdicts.table
    telling = Telling.of(
        board.manifest,
        partial(table.texts, row=int(table.starts[row.run])),
        scorer=str(facts.get("scorer") or "score"),
        pictures=dict(thumbnails_in(board, digests)) if images else {},
    )
    samples = [sample_of(asked, telling, epoch) for asked, epoch in zip(rows, _epochs(rows), strict=True)]
    spec = _spec(board, row, benchmark, samples)
    return EvalLog(
        status="success",
        eval=spec,
        results=_results(row, benchmark, telling.scorer, samples),
        stats=EvalStats(started_at=spec.created, completed_at=spec.created),
        samples=samples,
    )


def _epochs(rows: Sequence[Asked]) -> list[int]:
    """Of each row, how often its item was asked before, from 1: over samples and over orders."""
    turns = sorted({(asked["sample"], asked["order"]) for asked in rows})
    number = {turn: place for place, turn in enumerate(turns, 1)}
    return [number[asked["sample"], asked["order"]] for asked in rows]


def _spec(board: Leaderboard, row: Row, benchmark: str, samples: Sequence[EvalSample]) -> EvalSpec:
    from inspect_ai.log import EvalConfig, EvalDataset, EvalSpec

    manifest, captioner = board.manifests[row.run], row.captioner
    created = str(manifest.get("created") or _EPOCH)
    run = str(manifest.get("plan_digest") or created)
    protocol, reasoner = manifest.get("protocol") or {}, manifest.get("reasoner") or {}
    ids = list(dict.fromkeys(str(sample.id) for sample in samples))
    return EvalSpec(
        created=created,
        task=benchmark,
        # Made from what they stand for: exported again, a run replaces its logs and adds none.
        run_id=_id(run),
        task_id=_id(run, benchmark, captioner),
        eval_id=_id(run, benchmark, captioner, "eval"),
        model=captioner,
        dataset=EvalDataset(name=benchmark, samples=len(ids), sample_ids=ids),
        config=EvalConfig(epochs=max(sample.epoch for sample in samples)),
        packages={"prism-eval": __version__},
        metadata={
            "captioner": captioner,
            "kind": kind_of(row),
            "reasoner": reasoner.get("label"),
            "protocol": protocol.get("name"),
            "edition": protocol.get("edition"),
            "measured": list(board.measured),
            "caveats": [*filter(None, [board.unscored]), *board.warnings],
        },
    )


def _results(row: Row, benchmark: str, scorer: str, samples: Sequence[EvalSample]) -> EvalResults:
    from inspect_ai.log import EvalMetric, EvalResults, EvalScore

    scored = sum(sample.error is None for sample in samples)
    estimate = row.cells[benchmark].estimate
    numbers = {"mean": estimate.value, "low": estimate.low, "high": estimate.high} if estimate else {}
    metrics = {name: EvalMetric(name=name, value=value) for name, value in numbers.items()}
    score = EvalScore(
        name=scorer,
        scorer=scorer,
        scored_samples=scored,
        unscored_samples=len(samples) - scored,
        metrics=metrics,
        metadata={"interval": "95 %, clustered on images"},
    )
    return EvalResults(total_samples=len(samples), completed_samples=scored, scores=[score])


def _id(*parts: str) -> str:
    # As long as inspect's own, which its commands know by their length.
    return digest_of(parts)[:22]


def _file_name(spec: EvalSpec) -> str:
    # As inspect names its logs: `inspect log list` reads task and id off the name.
    time = re.sub(r"[^\w+-]", "-", spec.created)
    return f"{time}_{re.sub(r'[^A-Za-z0-9]+', '-', spec.task)}_{spec.task_id}.eval"
