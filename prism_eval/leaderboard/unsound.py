"""Runs that contradict themselves, as far as a leaderboard has the time to see."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from prism_eval.errors import NotThere
from prism_eval.leaderboard.runs import Runs
from prism_eval.run.folder import RunFolder
from prism_eval.run.manifest import FORMAT
from prism_eval.run.reading import Manifest, Table
from prism_eval.run.verification import Finding, at_a_glance, verify

_MOST = 5_000
"""Answers of a run that are scored again before it is shown: some seconds, and a minute where it is mathematics."""


def unsound(runs: Runs, *, thoroughly: bool) -> Iterator[str]:
    """One sentence for each run whose tables are not its manifest's, or whose verdicts cannot be so.

    Args:
        runs: The runs.
        thoroughly: Whether one of up to 5,000 answers is held against itself as a whole.

    Raises:
        RunError: A table cannot be read.
    """
    for folder, manifest in zip(runs.folders, runs.manifests, strict=True):
        first = next(at_a_glance(RunFolder(folder), manifest), None)
        if first is None and thoroughly:
            first = _first(folder, manifest)
        if first:
            yield f"The run {folder.name} contradicts itself: {first}. prism-eval verify {folder.name} tells all of it."


def _first(folder: Path, manifest: Manifest) -> Finding | None:
    # Older runs have been told less, and their answers may be elsewhere.
    if manifest.get("format") != FORMAT or not RunFolder(folder).table("answers").exists():
        return None
    if Table(folder, "answers").size > _MOST:
        return None
    try:
        return next(iter(verify(folder).findings), None)
    except NotThere:
        return None
