"""Runs that contradict themselves, as far as a leaderboard has the time to see."""

from __future__ import annotations

from collections.abc import Iterator

from prism_eval.leaderboard.runs import Runs
from prism_eval.run.folder import RunFolder
from prism_eval.run.verification import at_a_glance


def unsound(runs: Runs) -> Iterator[str]:
    """One sentence for each run whose tables are not its manifest's, or whose verdicts cannot be so."""
    for folder, manifest in zip(runs.folders, runs.manifests, strict=True):
        if first := next(at_a_glance(RunFolder(folder), manifest), None):
            yield f"The run {folder.name} contradicts itself: {first}. prism-eval verify {folder.name} tells all of it."
